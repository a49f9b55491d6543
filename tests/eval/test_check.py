"""`tenkyo eval check`: every problem of a question file in one go, each with its line and its field."""

import json

import pytest

from eval import check
from eval.dataset import Evidence
from tests.eval.papers import write_pdf

PAPER = """\
星ヶ原町議会　令和7年3月　説明資料
図書館の利用者数は１２，３４５人（令和6年12月末現在）
前年は11,000人

新しい体育館は令和7年4月1日に
開館する
"""
GOOD = {
    "id": "q1",
    "question": "星ヶ原町の図書館は何人が使いましたか",
    "type": "number",
    "answer": "12,345人（令和6年12月末）",
    "accept": ["12345"],
    "evidence": [{"file": "hoshi.txt", "lines": [2, 2], "quote": "利用者数は12,345人"}],
    "answerable": True,
}
NONE = {
    "id": "q2",
    "question": "図書館の館長は誰",
    "type": "unanswerable",
    "answer": "資料に記載なし",
    "answerable": False,
}


@pytest.fixture
def folder(tmp_path):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "hoshi.txt").write_text(PAPER, encoding="utf-8")
    return documents


@pytest.fixture
def run(tmp_path, folder, capsys, monkeypatch):
    """Check questions, given as one list a file; return the exit status and the lines that were printed."""
    monkeypatch.chdir(tmp_path)

    def run(*files, documents=folder):
        names = []
        for n, questions in enumerate(files, 1):
            names.append(f"{n}.jsonl")
            lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in questions]
            (tmp_path / names[-1]).write_text("\n".join(lines), encoding="utf-8")
        more = ["--documents", str(documents)] if documents else []
        status = check.main([*names, *more], index=tmp_path / "index", embedding_model="none")
        return status, capsys.readouterr().out.splitlines()

    return run


def test_a_clean_file_is_said_to_be_clean(run):
    assert run([GOOD, NONE]) == (0, ["2問、問題なし"])


def test_all_problems_are_told_at_once(run):
    status, said = run([GOOD | {"answer": "", "type": "figure"}, "{", NONE | {"evidence": GOOD["evidence"]}])
    assert status == 1
    assert [line.split(": ")[:2] for line in said[:-1]] == [
        ["1.jsonl:1", "type"],
        ["1.jsonl:1", "answer"],
        ["1.jsonl:2", "JSONとして読めません"],
        ["1.jsonl:3", "evidence"],
    ]
    assert said[-1] == "3問、問題 4件"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"accept": ["図書館", "12345"]},
            "accept[0]: 「図書館」は質問の中にあり、質問をくり返すだけで正解になります。",
        ),
        ({"accept": ["１２３４６"]}, "answer: この答え自身が正解になりません（accept のどれかを含むこと）。"),
        (
            {"accept": [], "accept_all": ["12345", "11000"]},
            "answer: この答え自身が正解になりません（accept_all のすべてを含むこと）。",
        ),
        ({"answer": "12345人" + "です" * 40}, "answer: 正解として長すぎます（この種類は80字まで）。"),
        (
            {"evidence": [{"file": "hoshi.txt", "lines": [7, 9]}]},
            "evidence[0].lines: 7行までの文書です（9行目を指しています）。",
        ),
        ({"evidence": [{"file": "hoshi.txt", "lines": [4, 4]}]}, "evidence[0].lines: そこには何も書かれていません。"),
        (
            {"evidence": [{"file": "hoshi.txt", "page": 1}]},
            "evidence[0].page: ページがない文書です（1ページを指しています）。",
        ),
        (
            {"evidence": [{"file": "hoshi.txt", "lines": [3, 3], "quote": "利用者数"}]},
            "evidence[0].quote: そこに「利用者数」とは書かれていません。",
        ),
        (
            {"alt_evidence": [{"file": "hosi.txt", "lines": [1, 1]}]},
            "alt_evidence[0].file: hosi.txt という文書が見つかりません。",
        ),
    ],
)
def test_each_problem_is_told_with_its_field(run, change, says):
    assert run([GOOD | change]) == (1, [f"1.jsonl:1: {says}", "1問、問題 1件"])


def test_which_of_two_may_be_named_in_the_question(run):
    change = {
        "question": "図書館と体育館では、どちらが先ですか",
        "type": "comparison",
        "answer": "図書館",
        "accept": ["図書館"],
    }
    assert run([GOOD | change])[0] == 0


def test_a_quote_may_run_over_lines_and_be_written_in_another_width(run):
    place = {"file": "hoshi.txt", "lines": [5, 6], "quote": "令和７年４月１日に開館"}
    assert run([GOOD | {"alt_evidence": [place]}])[0] == 0


def test_a_page_of_a_pdf_is_looked_up(run, folder):
    write_pdf(folder / "two.pdf", [["figures 12345"], ["other things"]])
    places = [{"file": "two.pdf", "page": page, "quote": "12345"} for page in (1, 2, 3)]
    assert run([GOOD | {"evidence": [*places, {"file": "two.pdf", "lines": [1, 1]}]}])[1][:-1] == [
        "1.jsonl:1: evidence[1].quote: そこに「12345」とは書かれていません。",
        "1.jsonl:1: evidence[2].page: 2ページまでの文書です（3ページを指しています）。",
        "1.jsonl:1: evidence[3].lines: 行では示せない文書です。ページ（page）で示してください。",
    ]


def test_a_document_that_cannot_be_read_is_a_problem(run, folder):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 and nothing more")
    status, said = run([GOOD | {"evidence": [{"file": "broken.pdf", "page": 1}]}])
    assert status == 1
    assert said[0].startswith("1.jsonl:1: evidence[0].file: broken.pdf を読み取れません: ")


def test_twins_within_a_file_and_ids_over_all_files_are_problems(run):
    twin = GOOD | {"id": "q3", "question": "星ヶ原町の 図書館は、何人が使いましたか"}
    assert run([GOOD, twin], [GOOD])[1] == [
        "1.jsonl:2: question: 1行目と同じ質問です。",
        "2.jsonl:1: id: 'q1' は 1.jsonl にもあります。",
        "3問、問題 2件",
    ]


def test_an_answer_that_stands_at_no_place_is_only_a_warning(run):
    worked_out = GOOD | {"answer": "1,345人増", "accept": ["1345"]}
    note = "（計算や言い換えなら note に「派生」と）。"
    says = [f"注意: 1.jsonl:1: accept: 「1345」は典拠の場所に書かれていません{note}", "1問、問題なし"]
    assert run([worked_out]) == (0, says)
    assert run([worked_out | {"note": "派生: 12345 − 11000"}]) == (0, ["1問、問題なし"])


def test_a_unit_may_stand_elsewhere(run):
    """It stands above the table: the figure alone is in the row."""
    assert run([GOOD | {"answer": "12345名", "accept": ["12345名"]}]) == (0, ["1問、問題なし"])


def test_documents_that_are_not_at_hand_are_said_not_to_be_compared(run):
    status, said = run([GOOD], documents=None)
    assert status == 0
    assert said[0].startswith("注意: 1.jsonl: 文書が手元にないため、典拠の場所は確かめていません")


def test_an_empty_file_is_a_problem(run):
    assert run([]) == (1, ["1.jsonl:1: 質問が一つもありません。", "0問、問題 1件"])


@pytest.mark.parametrize(
    ("argv", "says"),
    [(["none.jsonl"], "none.jsonl: No such file"), (["--documents", "nowhere"], "文書のフォルダがありません: nowhere")],
)
def test_what_cannot_be_read_is_named(argv, says, tmp_path, capsys):
    assert check.main(argv, index=tmp_path, embedding_model="none") == 2
    assert says in capsys.readouterr().err


def test_lines_of_a_file_are_those_between_line_ends(folder):
    document = check.Papers([folder]).get("hoshi.txt")
    assert check.text_at(Evidence("hoshi.txt", lines=(3, 4)), document) == "前年は11,000人\n"
    assert check.text_at(Evidence("hoshi.txt", lines=(8, 8)), document) is None


def test_words_alone_must_stand_somewhere_in_their_document(run, folder):
    (folder / "annai.html").write_text("<h1>窓口</h1><p>受付は平日の午前9時から午後4時まで</p>", encoding="utf-8")
    asked = {"question": "受付は何時まで", "type": "date", "answer": "午後4時", "accept": ["午後4時"]}
    good = GOOD | asked | {"evidence": [{"file": "annai.html", "quote": "午前９時から午後４時まで"}]}
    assert run([good]) == (0, ["1問、問題なし"])
    status, (said, _) = run([good | {"evidence": [{"file": "annai.html", "quote": "午後5時まで"}]}])
    assert status == 1
    assert "evidence[0].quote: そこに「午後5時まで」とは書かれていません。" in said
