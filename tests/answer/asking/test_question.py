"""How questions are read: kind, unit, period, topic. The towns and projects are made up."""

import pytest

from answer.answer import QuestionError
from answer.asking.question import read_question, validate


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("令和5年度の移住相談は何件でしたか", "number"),
        ("星見市の地域バスの利用者数", "number"),
        ("広報アプリの登録者数を教えてください。", "number"),
        ("子育て応援券の予算はおいくらでしょうか", "number"),
        ("デジタル推進室が置かれたのはいつ？", "date"),
        ("オープン式典は何年何月何日に開かれましたか", "date"),
        ("説明会の会場はどこですか", "place"),
        ("職員を派遣したのは県内のどの町ですか", "place"),
        ("基調講演に立った人の名前は？", "name"),
        ("地域通貨を所管するのはどの課ですか", "name"),
        ("連携協定を結んだ4団体を列挙してください", "list"),
        ("セミナーのテーマを順に全部教えて", "list"),
        ("関係人口とは", "definition"),
        ("地域未来ファンドとはどのような制度ですか", "definition"),
        ("乗合バスの路線が減ったのはなぜですか", "reason"),
        ("空き家の補助を受けるにはどうすればいいですか", "howto"),
        ("図書館は日曜日も開いていますか？", "yesno"),
        ("目標は達成できたんですか？実績も教えてください。", "yesno"),
        ("会員は県内と県外ではどちらが多いですか", "comparison"),
        ("会員数は令和5年度と令和6年度でいくつ増えましたか", "comparison"),
        ("移住者数の推移を教えてください", "temporal"),
        ("相談件数は令和6年1月末と令和7年1月末で何件ずつ？", "temporal"),
        ("R3 65歳以上 社会増減 人数", "number"),
    ],
)
def test_the_kind_of_answer_is_read_from_the_question(question, kind):
    assert read_question(question).kind == kind


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("2023年度の件数は？", ["FY2023"]),
        ("令和5年度の件数は？", ["FY2023"]),
        ("Ｒ６年１月末の会員は何人", ["2024-01-31"]),
        ("令和6年度の決定者は、10月末と1月末で何名ですか", ["FY2024", "2024-10-31", "2025-01-31"]),
    ],
)
def test_era_and_western_years_are_one_and_bare_months_lie_in_the_named_year(question, codes):
    assert [p.code for p in read_question(question).periods] == codes


def test_relative_years_count_from_the_newest_paper_and_not_from_the_calendar_on_the_wall():
    read = read_question("昨年度の相談件数は？", today="2025-02")
    assert [p.code for p in read.periods] == ["FY2023"]


def test_a_meeting_names_the_paper_and_not_the_period_of_the_value():
    read = read_question("令和6年2月議会の資料では何位とされていましたか")
    assert read.periods == ()
    assert [p.code for p in read.meetings] == ["2024-02"]


def test_the_unit_that_is_asked_for_admits_its_equivalents():
    read = read_question("講座には何名が参加しましたか")
    assert read.counter == "名"
    assert {"名", "人"} <= read.units
    assert "件" not in read.units


def test_names_in_katakana_and_kana_stay_whole():
    terms = {t.text for t in read_question("ノリノリバスほしみ北の運賃は？ぶらいと企業は何社？").terms}
    assert "ぶらいと企業" in terms
    assert any(text.startswith("ノリノリバス") for text in terms)


def test_alternatives_are_read_apart():
    assert read_question("いちごと加工食品ではどちらが多いですか").alternatives == ("いちご", "加工食品")


@pytest.mark.parametrize(
    ("question", "apart"),
    [
        ("くまもとDX推進コンソーシアムの会員は県内と県外のどちらが多い？", ("県内", "県外")),
        ("くまもとと福岡ではどちらが多い", ("くまもと", "福岡")),
        ("ひとり親世帯とふたり世帯ではどちらが多いですか", ("ひとり親世帯", "ふたり世帯")),
        ("ふるさと納税は、県と市のどちらが多い", ("県", "市")),
    ],
)
def test_a_to_inside_a_word_parts_no_alternatives(question, apart):
    assert read_question(question).alternatives == apart


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("", "empty"),
        ("　 \n", "empty"),
        ("？！…。", "symbols_only"),
        ("あ" * 501, "too_long"),
        ("What is the budget of the town?", "not_japanese"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(question, code):
    with pytest.raises(QuestionError) as caught:
        validate(question)
    assert caught.value.code == code
    assert caught.value.message
    assert str(caught.value).isascii()


@pytest.mark.parametrize("question", ["TSMC", "KPI", "DX 会員数", "R6.1"])
def test_a_lone_acronym_is_a_keyword_and_not_a_foreign_language(question):
    assert validate(question) == question
