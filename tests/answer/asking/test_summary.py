"""What asks for a summary, how long it shall be, and what is looked for then."""

import pytest

from answer.asking.followup import resolve
from answer.asking.question import read_question
from answer.asking.summary import read_summary
from tests.answer.papers import assistant_over


@pytest.mark.parametrize(
    ("asked", "lines", "plain"),
    [
        ("空き家バンクについて3行でまとめて", 3, "空き家バンクについて教えてください"),
        ("空き家バンクについてまとめてください。", 3, "空き家バンクについて教えてください"),
        ("空き家バンクの概要を要約して", 3, "空き家バンクの概要を教えてください"),
        ("空き家バンクを簡単に説明して", 3, "空き家バンクを説明してください"),
        ("空き家バンクを１行で教えてください。", 1, "空き家バンクを教えてください"),
        ("空き家バンクの要点を２つにまとめてもらえますか？", 2, "空き家バンクについて教えてください"),
        ("空き家バンクについて、五つの文でまとめてほしい", 5, "空き家バンクについて教えてください"),
        ("空き家バンクを200字以内で要約してください", 2, "空き家バンクを教えてください"),
        ("空き家バンクを三百字程度で要約してください", 3, "空き家バンクを教えてください"),
        ("9行以内で空き家バンクを説明して", 5, "空き家バンクを説明してください"),
        ("空き家バンクを0行でまとめて", 1, "空き家バンクを教えてください"),
        ("空き家バンクを3行で要約", 3, "空き家バンクを教えてください"),
        ("空き家バンクの要約", 3, "空き家バンクについて教えてください"),
        ("空き家バンクについて要約をお願いします", 3, "空き家バンクについて教えてください"),
        ("では、空き家バンクの要点をまとめて教えて", 3, "空き家バンクについて教えてください"),
        ("空き家バンクの目的を簡潔に説明してください", 3, "空き家バンクの目的を説明してください"),
    ],
)
def test_the_wish_for_a_summary_is_read_and_not_searched_for(asked, lines, plain):
    question = read_question(asked)
    assert (question.lines, question.text) == (lines, plain)
    assert question == read_question(plain).__class__(**{**vars(read_question(plain)), "lines": lines})


@pytest.mark.parametrize(
    "asked",
    [
        "空き家バンクについて教えてください",
        "空き家バンクとは何か説明してください",
        "令和5年度の予算額をまとめて",
        "令和4年度と令和5年度の件数をまとめてください",
        "担当課と予算額をまとめて教えてください",
        "申請方法を簡単に教えて",
        "事業のポイントを3点教えてください",
        "計画をまとめたのは誰ですか",
        "要約筆記の派遣は何件ですか",
        "ごみをまとめて出す日はいつですか",
        "提言はどの会議でまとめられましたか",
        "3点で優勝したチームを教えて",
    ],
)
def test_what_asks_for_a_value_or_a_list_is_no_wish_for_a_summary(asked):
    question = read_question(asked)
    assert (question.lines, question.text) == (0, asked)


def test_a_wish_without_a_thing_is_one_for_the_thing_before():
    assert read_summary("3行でまとめて").question == ""
    before = "空き家バンクの登録件数は何件ですか"
    assert resolve("3行でまとめて", before) == "空き家バンクについて3行でまとめて"
    assert read_question(resolve("それを2行で要約して", before)).lines == 2


BANK = [f"空き家の登録は{n}番の窓口で受け付け、{n}日以内に現地を調べます。" for n in range(1, 21)]
PAPER = "\n\n".join(
    [
        "あけぼの町　令和6年9月定例会　住宅課資料",
        "令和6年9月2日",
        "1　空き家バンク",
        "空き家バンクは、使われていない家を町が紹介する制度です。",
        *BANK[:10],
        "(1)　利用の条件",
        *BANK[10:],
        "2　耐震診断",
        "耐震診断は、昭和56年5月以前の木造の家を対象に無料で行います。",
    ]
)
# Papers that speak of the same thing in passing, which a search finds as well.
OTHERS = {
    f"報告{n}.txt": f"行政報告 その{n}\n\n1　経過\n\n空き家バンクについて、第{n}回の会議で報告がありました。\n"
    for n in range(8)
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("summary"), {"住まい.txt": PAPER, **OTHERS})


def test_the_whole_section_is_read_before_all_other_passages(assistant):
    evidence = assistant.evidence("空き家バンクについて3行でまとめて")
    section = [block for block in evidence.blocks if "1 空き家バンク" in block.heading]
    assert list(evidence.blocks[: len(section)]) == section
    lines = [line.text for block in section for line in block.lines]
    assert lines == ["空き家バンクは、使われていない家を町が紹介する制度です。", *BANK]
    assert (evidence.sentences, evidence.limit) == (3, 300)
    assert assistant.evidence("空き家バンクについて5行でまとめて").limit == 500


def test_a_paper_whose_title_is_asked_for_is_read_whole(assistant):
    evidence = assistant.evidence("あけぼの町の住宅課資料を要約して")
    paper = [block for block in evidence.blocks if "住宅課資料" in block.heading]
    assert list(evidence.blocks[: len(paper)]) == paper
    assert {*BANK, "耐震診断は、昭和56年5月以前の木造の家を対象に無料で行います。"} <= {
        line.text for block in paper for line in block.lines
    }


def test_a_section_that_is_longer_than_a_model_is_given_is_cut_at_its_end(tmp_path):
    rules = [f"空き家バンクの決まりの{n}番は、町長が別に定める様式に{n}回まで記入することです。" for n in range(1, 200)]
    long = assistant_over(tmp_path, {"決まり.txt": "\n\n".join(["規則集", "1　空き家バンク", *rules])})
    evidence = long.evidence("空き家バンクを要約して")
    told = " ".join(line.text for block in evidence.blocks for line in block.lines)
    assert sum(len(line.text) for block in evidence.blocks for line in block.lines) <= 3000
    assert all(f"決まりの{n}番" in told for n in range(1, 20))


def test_without_a_model_a_summary_is_answered_as_the_plain_question_is(assistant):
    asked, plain = (assistant.ask(text) for text in ("空き家バンクを簡単に説明して", "空き家バンクを説明してください"))
    assert (asked.status, asked.answer, asked.citations) == (plain.status, plain.answer, plain.citations)
    assert "町が紹介する制度" in " ".join(citation.quote for citation in asked.citations)
    assert asked.understood is None
