"""Out of the lines that it finds likeliest the reader takes the value that it finds likeliest."""

import pytest

from answer.assistant import Assistant
from answer.candidates.values import answer_values
from tests.answer.papers import assistant_over, reader_of, reading_all

HALL = """# みほ野市 木の館の手引

## 使う人へ

- 会長は川町の星野花子さんです。
- 木の館は令和6年4月1日に、原町の旧みほ野小学校で開きました。
- 令和5年度に木の館を訪れた人は1,204人です。
"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("hall"), {"hall.md": HALL})


def values(hall: Assistant, question: str, line: str, value: str) -> list[tuple[str, str | None]]:
    """Return the values, with their dates, that are drafted where a reader finds a line and a value likeliest."""
    reads = reader_of(lambda text: 4.0 if line in text else -4.0, lambda text: 3.0 if text == value else -3.0)
    return [(draft.text, draft.as_of) for draft in answer_values(reading_all(hall, reads).trace(question).scene)]


@pytest.mark.parametrize(
    ("question", "line", "value", "as_of"),
    [
        ("木の館はもともと何でしたか", "旧みほ野小学校", "旧みほ野小学校", None),
        ("まとめ役は誰ですか", "会長", "星野花子さん", None),
        ("何人が木の館に来ましたか", "訪れた人", "1,204人", "FY2023"),
    ],
)
def test_the_likeliest_value_of_the_likeliest_line_is_drafted_with_its_date(hall, question, line, value, as_of):
    assert values(hall, question, line, value)[0] == (value, as_of)


def test_what_no_single_value_answers_has_none(hall):
    assert values(hall, "木の館を使うにはどうすればよいですか", "使う", "1,204人") == []


def test_without_a_reader_there_is_none(hall):
    assert not list(answer_values(hall.trace("まとめ役は誰ですか").scene))


def test_it_is_no_answer_but_tells_how_far_the_value_of_one_is_ahead(hall):
    def lead(odds_of_another: float) -> float:
        reads = reader_of(
            lambda text: 4.0 if "会長" in text or "訪れた" in text else -4.0,
            lambda text: 3.0 if text == "星野花子さん" else odds_of_another if text == "1,204人" else -5.0,
        )
        judged = reading_all(hall, reads).trace("会長は誰ですか").outcome.judged
        assert not [one for one in judged if one.draft.text == "1,204人"]
        return max(one.row.value_lead for one in judged if one.draft.text.startswith("星野花子"))

    assert lead(2.0) < lead(-2.0)
