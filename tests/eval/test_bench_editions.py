"""Holding the changes that are told against a list made by hand."""

import pytest

from answer.editions.comparing import compare
from eval.bench_editions import LISTS, PAIRS, Listed, is_found, key_of, read
from tests.answer.editions.papers import NOW, THEN, paper


@pytest.fixture(scope="module")
def papers():
    return paper(THEN), paper(NOW)


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (Listed("1", "figure", ("会員数",), "312社", "378社"), True),
        (Listed("2", "figure", ("会員数",), "312社", "379社"), False),
        (Listed("3", "figure", ("来場者数",), "312社", "378社"), False),
        (Listed("4", "added", ("移動販売車",), "", ""), True),
        (Listed("5", "dropped", ("移動販売車",), "", ""), False),
        (Listed("6", "wording", ("交流会",), "令和5年9月12日", "令和6年10月8日"), True),
    ],
)
def test_a_change_is_found_by_its_kind_words_and_values(papers, listed, found):
    assert is_found(listed, compare(*papers), papers) is found


def test_a_judgement_is_kept_by_what_is_told_and_not_in_its_words(papers):
    told = compare(*papers)
    assert len({key_of(change) for change in told}) == len(told)
    assert not any("会員数" in key_of(change) for change in told)


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_has_a_list_whose_lines_are_well_formed(name):
    rows = read(LISTS / f"{name}.jsonl")
    assert rows
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        one = Listed(row["id"], row["kind"], tuple(row["label"]), row["then"], row["now"])
        assert one.label
        assert one.kind not in ("figure", "new") or one.now
