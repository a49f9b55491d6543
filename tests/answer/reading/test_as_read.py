"""What the reader is given of a statement says what stands around it, and of a long row what was asked for."""

import pytest

from answer.assistant import Assistant
from answer.reading.as_read import MOST, SEEN, as_read, value_odds
from answer.reading.evidence import Reading, read_whole
from index.reader import Read, text_under
from tests.answer.papers import assistant_over, reader_of, reading_all

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
    return read_whole(snapshot.document(found), sorted(snapshot.facts(found), key=lambda fact: fact.start))


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


class Likes:
    """A reader that finds texts likely that hold a word, and keeps what it was given."""

    def __init__(self, word: str, *, likely: float = 2.2):
        self.given: list[list[str]] = []
        self._reads = reader_of(lambda text: likely if word in text else -4.0)

    def __call__(self, question: str, texts: list[str]) -> list[Read]:
        self.given.append(list(texts))
        return list(self._reads(question, texts))


def test_a_question_is_read_once_and_without_a_reader_words_alone_decide(assistant):
    question, reads = "会館の予約は何日前までですか", Likes("３日前")

    assert assistant.ask(question).status == "answered"
    assert reading_all(assistant, reads).ask(question).status == "answered"
    assert len(reads.given) == 1


def test_what_the_reader_finds_likeliest_is_looked_at_first(assistant):
    by_words = assistant.trace("会館の予約").scene
    assert "誰でも" not in by_words.statements[0].statement.text
    assert not by_words.odds

    likes = Likes("誰でも")
    read_too = reading_all(assistant, likes).trace("会館の予約").scene
    assert "誰でも" in read_too.statements[0].statement.text
    assert len(likes.given[-1]) <= SEEN


HALL = "# みほ野市 会館の手引\n\n## 会館の予約\n\n" + "".join(
    f"- 会館の予約は{who}の窓口が受け付けます。\n"
    for who in ("東", "西", "南", "北", "中央", "港", "山手", "川町", "原町", "新町", "元町", "本町", "浜町")
)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("会館の予約は４月１日からです。", "会館の予約はいつからですか"),
        ("会館の予約は年に３００件です。", "会館の予約は年に何件ですか"),
        ("会館の予約を取消す人は電話をください。", "会館の予約の取りやめや取消しの電話"),
    ],
)
def test_of_lines_that_meet_the_same_words_what_is_asked_for_is_among_the_first_read(tmp_path, line, asked):
    likes = Likes("どこにもない語")
    lines = HALL.splitlines(keepends=True)
    paper = "".join([*lines[:10], f"- {line}\n", *lines[10:]])
    reading_all(assistant_over(tmp_path, {"hall.md": paper}), likes).ask(asked)

    assert any(line in text for text in likes.given[-1][:3])


def test_a_reader_that_finds_all_alike_changes_no_order(assistant):
    by_words = assistant.trace("会館の予約は何日前までですか").scene
    read_too = reading_all(assistant, Likes("どこにもない語")).trace("会館の予約は何日前までですか")

    def order(statements):
        return [(s.statement.document.id, s.index) for s in statements[:SEEN]]

    assert order(read_too.scene.statements) == order(by_words.statements)


def test_what_the_reader_says_stands_in_the_row_of_features(assistant):
    question = "会館の予約は何日前までですか"
    unread = assistant.trace(question).outcome.judged
    read_too = reading_all(assistant, Likes("３日前")).trace(question)

    assert all((one.row.read, one.row.read_best, one.row.unread) == (0, 0, 0) for one in unread)
    by_text = {"３日前" in one.draft.text or "3日前" in one.draft.text: one.row for one in read_too.outcome.judged}
    assert by_text[True].read > 0 > by_text[False].read
    assert by_text[True].read_lead > 0 > by_text[False].read_lead
    assert by_text[True].read_best == by_text[False].read_best


@pytest.mark.parametrize("odds", [-50.0, 50.0])
def test_a_reader_that_is_certain_is_taken_at_its_word_and_no_further(assistant, odds):
    reads = reader_of(lambda text: odds if "３日前" in text else -4.0, lambda value: odds)
    rows = [one.row for one in reading_all(assistant, reads).trace("会館の予約は何日前までですか").outcome.judged]
    assert all(-1 <= x <= 1 for row in rows for x in (row.read, row.read_lead, row.value, row.value_lead))


def test_what_the_reader_says_of_a_value_stands_in_its_row_and_of_a_whole_line_it_says_nothing(assistant):
    asked = "会館の予約は何日前までですか"
    reads = reader_of(lambda text: 2.0 if "３日前" in text else -4.0, lambda value: 3.0 if "３日" in value else -3.0)
    judged = reading_all(assistant, reads).trace(asked).outcome.judged

    values = [one for one in judged if one.draft.sort != "line" and "3日" in one.draft.text]
    assert values
    assert all((one.row.value, one.row.no_value) == (0.5, 0) and one.row.value_lead > 0 for one in values)
    lines = [one.row for one in judged if one.draft.sort == "line"]
    assert lines
    assert all((row.value, row.value_lead, row.no_value) == (0, 0, 1) for row in lines)
    unread = [one.row for one in assistant.trace(asked).outcome.judged]
    assert all((row.value, row.value_lead, row.no_value) == (0, 0, 0) for row in unread)


@pytest.mark.parametrize(
    ("text", "value", "characters"),
    [
        ("予約\n３日前までに", "3日前", "３日前"),
        ("費用\n民生費 | 令和6年度: １，２０４ 百万円", "1204百万円", "１，２０４ 百万円"),
        ("12人\n定員は12人です", "12人", "12人"),
    ],
)
def test_a_value_is_found_below_its_headings_however_it_is_written(text, value, characters):
    seen = []
    read = Read(text, 0.0, lambda start, stop: seen.append((start, text[start:stop])) or 1.5)

    assert value_odds(read, value) == 1.5
    assert [said for _, said in seen] == [characters]
    assert all(start > text.index("\n") for start, _ in seen)


def test_a_value_that_is_not_written_there_or_was_cut_off_has_no_odds():
    assert value_odds(Read("定員は12人です", 0.0, lambda start, stop: 1.0), "30人") is None
    assert value_odds(Read("定員は12人です", 0.0), "12人") is None
    assert value_odds(Read("定員は12人です", 0.0, lambda start, stop: 1.0), "") is None


def test_the_passage_with_the_likeliest_statement_comes_first(assistant):
    by_words = assistant.ask("会館の電話番号").passages
    assert by_words[0].citation.file == "places.csv"

    read_too = reading_all(assistant, Likes("誰でも", likely=7.0))
    assert read_too.ask("会館の電話番号").passages[0].citation.file == "talk.md"


def test_what_several_papers_say_in_the_same_words_is_read_once(tmp_path):
    paper = "# みほ野市 施設の手引（{}）\n\n会館の予約は３日前までにしてください。\n\n会館は月曜日に休みます（{}）。\n"
    twice = assistant_over(tmp_path, {f"r{year}.md": paper.format(f"令和{year}年", year) for year in (4, 5)})
    likes = Likes("３日前")
    scene = reading_all(twice, likes).trace("会館の予約は何日前までですか").scene

    (given,) = likes.given
    assert sum("３日前" in text for text in given) == 1
    assert {s.statement.document.file for s in scene.statements[:2] if "３日前" in s.statement.text} == {
        "r4.md",
        "r5.md",
    }
