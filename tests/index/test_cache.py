"""What is kept is bounded in bytes, and what was used last stays."""

from hypothesis import given
from hypothesis import strategies as st

from index.cache import Cache


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 12))
def test_values_are_right_and_no_more_is_kept_than_fits(keys, limit):
    sizes = {}
    cache: Cache[int, str] = Cache(limit, len)
    for key in keys:
        assert cache.get(key, lambda key=key: "x" * key) == "x" * key
        sizes = {k: len(v) for k, (v, _) in cache._kept.items()}
        assert sum(sizes.values()) <= limit


def test_what_is_missing_is_made_together_and_once():
    made = []

    def make(missing):
        made.append(list(missing))
        return {key: key.upper() for key in missing}

    cache: Cache[str, str] = Cache(2, len)
    assert cache.all(["a", "b", "a"], make) == {"a": "A", "b": "B"}
    assert cache.all(["b", "c"], make) == {"b": "B", "c": "C"}
    assert made == [["a", "b"], ["c"]]
    cache.all(["b", "c"], make)  # both are there; a, which was used before them, is not
    cache.all(["a"], make)
    assert made == [["a", "b"], ["c"], ["a"]]
