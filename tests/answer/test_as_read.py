"""What the reader is given of a statement says what stands around it, and of a long row what was asked for."""

import pytest

from answer.as_read import MOST, as_read
from answer.assistant import Assistant
from answer.evidence import Reading
from index.reader import text_under
from tests.answer.papers import assistant_over

PLACES = "番号,名称,所在地,緯度,経度,設置場所,電話番号,利用できる日,写真\n" + "".join(
    f"{n:04d},みほ野第{n}会館,みほ野市川町{n}-2-3,35.1234{n},139.5678{n},{floor}階の受付の横,(000)111-222{n},"
    f"月曜日から土曜日まで（祝日と年末年始を除く）,https://example.jp/photos/of/this/place/{n}\n"
    for n, floor in ((1, 2), (2, 3), (3, 1))
)
TALK = """# みほ野市 施設の手引

## 使う人へ

会館は誰でも使えます。予約は３日前までにしてください。
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("places"), {"places.csv": PLACES, "talk.md": TALK})


def reading(assistant: Assistant, file: str) -> Reading:
    snapshot = assistant.collection.snapshot()
    (found,) = (info.id for info in snapshot.documents() if info.file == file)
    return Reading(snapshot.document(found), sorted(snapshot.facts(found), key=lambda fact: fact.start))


def read(assistant: Assistant, file: str, holding: str, asked: str) -> str:
    paper = reading(assistant, file)
    (statement,) = (s for s in paper.statements if holding in s.text)
    return as_read(paper, statement, asked)


def test_a_sentence_is_read_under_its_title_and_headings(assistant):
    text = read(assistant, "talk.md", "予約", "予約はいつまで？")

    *path, said = text.split("\n")
    assert said == "予約は３日前までにしてください。"
    assert path == ["みほ野市 施設の手引 / みほ野市 施設の手引 / 使う人へ"]


def test_a_cell_of_a_row_is_read_with_its_column(assistant):
    text = read(assistant, "places.csv", "みほ野第2会館", "みほ野第2会館のAEDの設置場所")

    assert "名称: みほ野第2会館" in text
    assert "設置場所: 3階の受付の横" in text
    assert text.index("名称") < text.index("設置場所")


def test_of_a_long_row_what_the_question_names_is_kept(assistant):
    by_phone = read(assistant, "places.csv", "みほ野第2会館", "みほ野第2会館の電話番号は？")
    by_day = read(assistant, "places.csv", "みほ野第2会館", "みほ野第2会館を利用できる日はいつですか")

    assert "電話番号: (000)111-2222" in by_phone
    assert "利用できる日: 月曜日から土曜日まで" in by_day
    assert "https" not in by_phone + by_day
    assert max(map(len, (by_phone, by_day))) <= MOST


def test_a_row_whose_columns_are_not_known_is_read_as_it_stands(assistant):
    paper = reading(assistant, "places.csv")
    header = paper.statements[0]

    assert as_read(paper, header, "電話番号") == text_under(header.flat, paper.document.title, header.headings)
