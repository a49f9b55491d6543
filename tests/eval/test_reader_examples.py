"""What the reader learns from says which text answers and which values in it do, and none of the wrong ones does."""

import random

from hypothesis import given
from hypothesis import strategies as st

from answer.reading.values import possible_values
from eval.reader_examples import (
    from_budgets,
    from_passages,
    from_tables,
    most_alike,
    places_of,
    read_cells,
    reworded,
    wrong_values,
)
from tests.tiny_model import write_rows


def said(text, places):
    return [text[start:stop] for start, stop in places]


def right_values(example):
    """Return the values of an example's right texts, which must have some."""
    assert len(example.values) == len(example.right)
    return [value for text, places in zip(example.right, example.values, strict=True) for value in said(text, places)]


TEXTS = st.lists(
    st.sampled_from(
        ["町の人口は", "1,204人", "令和6年4月1日", "みほ野市", "、", " | ", "歳出: ", "△３.5％", "。", "12億円", "\n"]
    ),
    max_size=12,
).map("".join)


@given(TEXTS, st.data())
def test_a_wrong_value_stands_in_the_last_line_and_shares_no_character_with_a_right_one(text, data):
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted).map(tuple)
    right = data.draw(st.lists(places.filter(lambda place: place[0] < place[1]), max_size=3) if text else st.just([]))
    wrong = wrong_values(text, right)
    rest = set(possible_values(text)) - set(wrong)

    answering = {i for place in right for i in range(*place)}
    assert all("\n" not in value and value for value in said(text, wrong))
    assert all(start > text.rfind("\n") for start, _ in wrong)
    assert all(answering.isdisjoint(range(*place)) for place in wrong)
    assert not any(answering.isdisjoint(range(*place)) for place in rest)


@given(TEXTS, st.lists(st.sampled_from(["人口", "1,204人", "", "204", "市"]), max_size=3))
def test_the_places_of_answers_hold_just_these_as_often_as_the_last_line_does(text, answers):
    found = said(text, places_of(text, answers))

    assert set(found) <= set(answers)
    for answer in set(answers) - {""}:
        assert found.count(answer) == text.rpartition("\n")[2].count(answer)


def test_a_sentence_with_the_answer_is_right_and_others_with_it_are_left_out(tmp_path):
    write_rows(
        tmp_path / "corpus.jsonl",
        [
            {
                "id": "a",
                "title": "みほ野",
                "text": "みほ野は山の町である。町は1889年にできた。役場は1889年に中野へ移った。名物は梨。",
            },
            {"id": "b", "title": "川口", "text": "川口の町は1890年にできた。1889年の洪水で流れた。"},
        ],
    )
    write_rows(
        tmp_path / "questions.jsonl",
        [
            {"question": "みほ野の町ができたのは何年？", "answers": ["1889年"], "positive_ids": ["a"]},
            {"question": "どこにもないもの？", "answers": ["ない"], "positive_ids": ["b"]},
        ],
    )
    (example,) = from_passages(tmp_path)

    assert example.right == ("みほ野\n町は1889年にできた。",)
    assert example.near == ("みほ野\nみほ野は山の町である。", "みほ野\n名物は梨。")
    assert example.far == ("川口\n川口の町は1890年にできた。",)
    assert right_values(example) == ["1889年"]
    assert said(example.right[0], wrong_values(example.right[0], example.values[0])) == ["町"]


def test_the_most_alike_share_rare_words():
    texts = ["梨の出荷額は2億円である。", "町の人口は2万人である。", "町の予算は2億円である。"]

    assert most_alike(["梨の出荷額は？", "町の人口は？"], texts, 1) == [[0], [1]]


TABLE = {
    "id": "R1-01-tab1",
    "title": "みほ野電機株式会社 有価証券報告書 (1)【貸借対照表】",
    "text": " |  | （単位：千円）\n |  | 前期 (2018年3月31日) | 当期 (2019年3月31日)\n資産の部 |  | \n"
    "現金及び預金 | ※1 2,310 | 4,520\n棚卸資産 | 812 | △ 77\n資産合計 | 3,122 | 4,443",
}
SALES = {
    "id": "R1-02-tab2",
    "title": "みほ野電機株式会社 有価証券報告書 (2)【子会社】",
    "text": "回次 | 第8期 | 第9期\n決算年月 | 2018年3月 | 2019年3月\n"
    "現金及び預金 | （百万円） | 61 | 72\n従業員数 | （人） | 40 | 41",
}


def test_cells_know_their_row_their_column_and_their_unit():
    cells = {(cell.label, cell.heading): cell.value + cell.unit for cell in read_cells(TABLE) + read_cells(SALES)}

    assert cells[("資産の部 現金及び預金", "当期 (2019年3月31日)")] == "4,520千円"
    assert cells[("資産の部 現金及び預金", "前期 (2018年3月31日)")] == "2,310千円"
    assert cells[("資産の部 棚卸資産", "当期 (2019年3月31日)")] == "△ 77千円"
    assert cells[("従業員数", "第9期 2019年3月")] == "41人"


def test_a_question_for_a_cell_has_its_other_years_its_neighbours_and_other_tables_as_wrong_texts(tmp_path):
    write_rows(tmp_path / "corpus.jsonl", [TABLE, SALES])
    asked = "みほ野電機株式会社の2019年時点の個別決算における「現金及び預金、流動資産」は？"
    row = {"question": asked, "answers": ["4,520", "4520000"], "positive_ids": ["R1-01-tab1"], "doc_id": "R1"}
    write_rows(tmp_path / "questions.jsonl", [{**row, "cell_id": "R1-01-tab1-r4c3", "task": "tqa"}])
    cell, whole, *made = from_tables(tmp_path)["R1"]

    place = "みほ野電機株式会社 有価証券報告書 / (1)【貸借対照表】\n"
    assert cell.question == "2019年の個別の流動資産の現金及び預金はいくらですか？"
    assert cell.right == (f"{place}資産の部 現金及び預金 | 当期 (2019年3月31日): 4,520千円",)
    assert cell.near[:2] == (
        f"{place}資産の部 現金及び預金 | 前期 (2018年3月31日): 2,310千円",
        f"{place}資産の部 棚卸資産 | 当期 (2019年3月31日): △ 77千円",
    )
    assert any("【子会社】\n現金及び預金" in text for text in cell.far)
    assert whole.right == (
        f"{place}資産の部 現金及び預金 | 前期 (2018年3月31日): 2,310千円 | 当期 (2019年3月31日): 4,520千円",
    )
    assert len(made) >= 8  # questions made from cells of both tables
    for example in (cell, whole, *made):
        assert not set(example.right) & {*example.near, *example.far}
        (value,) = right_values(example)
        assert f": {value}" in example.right[0]
    assert right_values(cell) == right_values(whole) == ["4,520千円"]
    assert "2,310千円" in said(whole.right[0], wrong_values(whole.right[0], whole.values[0]))


def test_an_item_of_a_budget_sentence_is_told_from_its_neighbours(tmp_path):
    sentence = "歳入では、市税4,000千円、地方交付税70千円及び寄附金9千円を計上いたしました。"
    rows = [
        {
            "question": f"令和4年度みほ野市一般会計予算(令和4年3月議会提出)の歳入で、{item}はいくらですか。",
            "answer": answer,
            "answers": [answer],
            "item": item,
            "source_sentence": sentence,
        }
        for item, answer in (("市税", "4,000千円"), ("寄附金", "9千円"))
    ]
    write_rows(tmp_path / "questions.jsonl", rows)
    taxes, gifts = from_budgets(tmp_path)

    place = "令和4年度みほ野市一般会計予算 / 令和4年3月議会提出 / 歳入\n"
    assert taxes.right == (f"{place}市税: 4,000千円",)
    assert f"{place}地方交付税: 70千円" in taxes.near
    assert f"{place}寄附金: 9千円" in taxes.near
    assert gifts.right == (f"{place}寄附金: 9千円",)
    assert right_values(taxes) == ["4,000千円"]


def test_a_question_is_asked_in_many_styles_and_keeps_its_words():
    asked = "令和6年度の一般会計予算は総額でいくらですか？"
    styles = {reworded(asked, random.Random(n)) for n in range(200)}

    assert asked in styles
    assert "令和6年度の一般会計予算は総額でいくら" in styles
    assert len(styles) >= 6
    assert all("一般会計予算" in style and "総額" in style for style in styles)
