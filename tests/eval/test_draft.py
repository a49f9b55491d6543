"""`tenkyo eval new`: a draft that a person finishes, and that counts for nothing before that."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import check, draft
from eval.dataset import DatasetError, read_questions
from tests.eval.papers import write_pdf

PAPER = """\
星ヶ原町議会　説明資料
バスの利用者は312人
図書館の利用者数は１，２３４人で
前年より12人多い
"""
QUESTION = ["--question", "図書館は何人が使いましたか", "--answer", "1234人", "--type", "number"]


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "hoshi.txt"
    path.write_text(PAPER, encoding="utf-8")
    return path


@pytest.fixture
def to(tmp_path):
    return tmp_path / "mine.jsonl"


@pytest.fixture
def new(tmp_path, to):
    def new(*argv, drafts=()):
        return draft.main(
            ["--to", str(to), *map(str, argv)], index=tmp_path, embedding_model="none", drafts=lambda: drafts
        )

    return new


def records(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_whole_question_can_be_asked_at_once(new, to, paper, capsys):
    assert new("--document", paper, "--lines", "2-4", *QUESTION) == 0
    assert capsys.readouterr().out == f"{to}:1: mine-001 を書き足しました。\n"
    assert records(to) == [
        {
            "id": "mine-001",
            "question": "図書館は何人が使いましたか",
            "type": "number",
            "answer": "1234人",
            "accept": ["1234人"],
            "evidence": [{"file": "hoshi.txt", "lines": [2, 4], "quote": "図書館の利用者数は１，２３４人で"}],
            "answerable": True,
            "note": "",
        }
    ]
    argv = [str(to), "--documents", str(paper.parent)]
    assert check.main(argv, index=paper.parent, embedding_model="none") == 0


def test_a_place_alone_leaves_a_draft_that_is_named_and_refused(new, to, paper, capsys):
    assert new("--document", paper, "--lines", "2-3") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  残り: question: 空です。",
        "  残り: type: 空です。",
        "  残り: answer: 空です。",
        "  残り: accept: 答えのある質問には、accept か accept_all が要ります。",
    ]
    assert records(to)[0]["evidence"][0]["quote"] == "バスの利用者は312人\n図書館の利用者数は１，２３４人で"
    with pytest.raises(DatasetError, match=r"mine\.jsonl:1: question: 空です"):
        read_questions(to)


def test_a_page_of_a_pdf_is_quoted_where_it_says_the_answer(new, to, tmp_path):
    write_pdf(tmp_path / "two.pdf", [["cover"], ["other line", "members 507"]])
    assert new("--document", tmp_path / "two.pdf", "--page", 2, "--answer", "507") == 0
    assert records(to)[0]["evidence"] == [{"file": "two.pdf", "page": 2, "quote": "members 507"}]


def test_an_answer_that_does_not_stand_there_is_said_so(new, to, tmp_path, capsys):
    write_pdf(tmp_path / "two.pdf", [["cover 5071"]])
    assert new("--document", tmp_path / "two.pdf", "--page", 1, "--answer", "507") == 0
    assert "「507」は、そこには書かれていません" in capsys.readouterr().err
    assert records(to)[0]["evidence"] == [{"file": "two.pdf", "page": 1}]


def test_a_question_without_an_answer_needs_no_place(new, to):
    assert new("--type", "unanswerable", "--question", "館長は誰", "--answer", "資料に記載なし") == 0
    assert read_questions(to)[0].answerable is False


def test_ids_go_on_in_the_style_of_the_file(new, to, paper):
    to.write_text('{"id": "s009", "question": ""}\n{"id": "s014"}\n{"id": "x1"}', encoding="utf-8")  # no line end
    new("--document", paper, "--lines", "2")
    new("--document", paper, "--lines", "3")
    assert [record["id"] for record in records(to)] == ["s009", "s014", "x1", "s015", "s016"]


@given(st.lists(st.from_regex(r"[a-z\-]{0,3}[0-9]{0,3}", fullmatch=True)))
def test_a_new_id_is_never_taken(taken):
    assert draft.next_id(taken, "mine") not in taken


def test_a_file_that_holds_something_else_is_left_alone(new, to, paper, capsys):
    to.write_text('{"id": "s001"}\nnot json\n', encoding="utf-8")
    assert new("--document", paper, "--lines", "2") == 2
    assert "mine.jsonl:2: JSONとして読めません" in capsys.readouterr().err
    assert to.read_text(encoding="utf-8") == '{"id": "s001"}\nnot json\n'


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--document", "PAPER", "--page", "2"], "ページがない文書です"),
        (["--document", "PAPER", "--lines", "9"], "行までの文書です（9行目を指しています）"),
        (["--document", "PAPER"], "--page か --lines で"),
        (["--question", "館長は誰"], "--document、--feedback、--type unanswerable のどれか"),
        (["--document", "PAPER", "--lines", "1", "--type", "unanswerable"], "--document と --accept は使えません"),
        (["--document", "none.txt", "--lines", "1"], "none.txt: No such file"),
        (["--feedback", "123"], "意見 123 は見つかりません"),
    ],
)
def test_what_cannot_be_made_is_explained(new, to, paper, argv, says, capsys):
    assert new(*[str(paper) if word == "PAPER" else word for word in argv]) == 2
    assert says in capsys.readouterr().err
    assert not to.exists()


DRAFT = {
    "id": "feedback-20261123-ab12",
    "question": "避難所の数はいくつですか。",
    "type": "number",
    "answer": "",
    "accept": [],
    "accept_all": [],
    "evidence": [{"file": "hoshi.txt", "lines": [2, 2], "quote": "312人"}],
    "answerable": True,
    "note": "意見 20261123-ab12。値が違う",
}


class TestFeedback:
    def test_open_feedback_is_listed_until_it_is_a_question(self, new, capsys):
        new("--feedback", drafts=[DRAFT])
        assert capsys.readouterr().out.splitlines() == [
            "20261123-ab12  避難所の数はいくつですか。  → （正しい答えは未記入）",
            "質問にしていない意見 1件",
        ]
        assert new("--feedback", "20261123-ab12", drafts=[DRAFT]) == 0
        new("--feedback", drafts=[DRAFT])
        assert capsys.readouterr().out.splitlines()[-1] == "質問にしていない意見 0件"

    def test_it_becomes_a_draft_under_the_files_own_ids(self, new, to, capsys):
        assert new("--feedback", "feedback-20261123-ab12", "--answer", "312か所", drafts=[DRAFT]) == 0
        assert records(to) == [DRAFT | {"id": "mine-001", "answer": "312か所"}]
        assert "  残り: accept: 答えのある質問には" in capsys.readouterr().out

    def test_it_is_not_taken_twice(self, new, capsys):
        new("--feedback", "20261123-ab12", drafts=[DRAFT])
        assert new("--feedback", "20261123-ab12", drafts=[DRAFT]) == 2
        assert "意見 20261123-ab12 は、もう" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ("12", "前年より12人多い"),  # not inside 312 and 1234
        ("1,234", "図書館の利用者数は１，２３４人で"),
        ("人で前年", "図書館の利用者数は１，２３４人で\n前年より12人多い"),
        ("館長", None),
    ],
)
def test_the_lines_that_say_something_are_quoted_as_they_stand(wanted, line):
    assert draft.quote_of(PAPER, [wanted]) == line
