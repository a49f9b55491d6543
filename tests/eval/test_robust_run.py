"""`tenkyo eval robust` from question files to table and records, over the papers of a town that does not exist."""

import json
from dataclasses import replace

import pytest

from answer.answer import Answer
from answer.assistant import Assistant
from eval import check, sets
from eval.measures.scorecard import Judged
from eval.robustness import documents, strange
from eval.robustness import run as robust
from index.collection import Collection
from tests.answer.papers import TrustsThePicker
from tests.conftest import HashingEmbedder

FILE = "令和6年6月定例会_資料.txt"
QUESTIONS = [
    {
        "id": "m1",
        "question": "空き家バンクの登録件数は何件ですか。",
        "type": "number",
        "answer": "66件（令和6年5月末）",
        "accept": ["66件"],
        "evidence": [{"file": FILE, "lines": [9, 9]}],
        "answerable": True,
    },
    {
        "id": "m2",
        "question": "給食センターの総事業費はいくら？",
        "type": "number",
        "answer": "12億3,400万円",
        "accept": ["12億3400万円"],
        "evidence": [{"file": FILE, "lines": [13, 13]}],
        "answerable": True,
    },
    {
        "id": "m3",
        "question": "令和6年5月末の人口は何人ですか。",
        "type": "number",
        "answer": "48,005人",
        "accept": ["48005人"],
        "evidence": [{"file": FILE, "lines": [6, 6]}],
        "answerable": True,
    },
    {
        "id": "m4",
        "question": "水族館の館長は誰ですか。",
        "type": "unanswerable",
        "answer": "記載なし",
        "answerable": False,
    },
]


@pytest.fixture
def evaluate(tmp_path, papers, monkeypatch):
    monkeypatch.setattr("answer.assistant.the_judge", lambda **_: TrustsThePicker())
    monkeypatch.setattr(
        sets, "open_assistant", lambda folder, model, **_: Assistant(Collection(folder, HashingEmbedder()))
    )
    path = tmp_path / "mizuho.jsonl"
    path.write_text("\n".join(json.dumps(q, ensure_ascii=False) for q in QUESTIONS), encoding="utf-8")

    def evaluate(*argv, out="out"):
        more = ["--questions", str(path), "--documents", str(papers), "--out", str(tmp_path / out)]
        status = robust.main([*more, *map(str, argv)], index=tmp_path / "index", embedding_model="hashing")
        return status, tmp_path / out

    return evaluate


def read(out):
    records = [json.loads(line) for line in (out / "outputs.jsonl").read_text(encoding="utf-8").splitlines()]
    return records, json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def test_every_rule_is_asked_and_counted(evaluate, capsys):
    status, out = evaluate("--rules", "full", "terse", "order")
    records, metrics = read(out)
    assert status == 0
    assert list(metrics["rules"]) == ["full", "terse", "order"]
    assert metrics["sets"] == {"mizuho": metrics["rules"]}
    # "何件ですか。", "何人ですか。" and "誰ですか。" have a plain form; only m3 holds figures.
    assert [record["id"] for record in records if record["rule"] == "terse"] == ["m1", "m3", "m4"]
    assert [record["asked"] for record in records if record["rule"] == "full"] == ["令和６年５月末の人口は何人ですか。"]
    assert metrics["rules"]["order"] | {"notes": None} == {
        "questions": 4,
        "before": 4,
        "after": 4,
        "stayed": 1.0,
        "wrong": 0,
        "declined": 0,
        "gained": 0,
        "notes": None,
    }
    shown = capsys.readouterr().out
    assert "全角の英数字" in shown
    assert "100.0%" in shown
    assert f"記録: {out}" in shown


def test_without_the_right_lines_the_value_is_nowhere_to_be_found(evaluate):
    _, out = evaluate("--rules", "removed")
    records, _ = read(out)
    assert {record["id"] for record in records} == {"m1", "m2", "m3"}  # those with an answer
    assert all(record["accept"][0] not in record["after"] for record in records)
    assert all((record["outcome"] == "kept") == (record["note"] == "断った") for record in records)


TOLD = "答えたが、資料にない語だと断った"


@pytest.mark.parametrize(
    ("status", "missing", "outcome", "note"),
    [
        ("not_found", ("金魚",), "kept", ""),
        ("not_found", (), "kept", ""),
        ("answered", ("登録", "金魚センター"), "wrong", TOLD),
        ("answered", ("登録",), "wrong", ""),
        ("answered", (), "wrong", ""),
    ],
)
def test_of_a_thing_that_no_document_names_only_to_decline_is_right(
    evaluate, monkeypatch, capsys, status, missing, outcome, note
):
    """m3 asks for nothing but what is next to the interrogative, and m4 has no answer to begin with."""
    monkeypatch.setattr(strange, "absent_nouns", lambda snapshot: ("金魚",))
    ask = Assistant.ask

    def asked(self, question, **named):
        answer = ask(self, question, **named)
        return replace(answer, status=status, answer="66件", missing=missing) if "金魚" in question else answer

    monkeypatch.setattr(Assistant, "ask", asked)
    _, out = evaluate("--rules", "strange")
    records, metrics = read(out)
    assert [(record["id"], record["outcome"], record["note"]) for record in records] == [
        ("m1", outcome, note),
        ("m2", outcome, note),
    ]
    assert all("金魚" in record["asked"] and "金魚" not in record["question"] for record in records)
    assert metrics["rules"]["strange"]["stayed"] == (1.0 if outcome == "kept" else 0.0)
    assert (f"strange: {TOLD} 2問" in capsys.readouterr().out) == bool(note)


def test_what_is_interrupted_or_refused_leaves_no_folder(evaluate, tmp_path, monkeypatch):
    (tmp_path / "derived").mkdir()
    (tmp_path / "derived" / "mizuho-terse.jsonl").write_text("", encoding="utf-8")
    status, out = evaluate("--rules", "terse", "--write", tmp_path / "derived")
    assert (status, out.exists()) == (2, False)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(robust, "ask_all", interrupt)
    with pytest.raises(KeyboardInterrupt):
        evaluate("--rules", "terse")
    assert not out.exists()


def test_a_paper_with_pages_may_lose_its_last_one(evaluate, papers):
    """Then its gold lines lie beyond the end of what is left."""
    path = papers / FILE
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([*lines[:6], "\f", *lines[6:9], "\f" + lines[9], *lines[10:]]), encoding="utf-8")
    status, out = evaluate("--rules", "removed")
    assert status == 0
    assert {record["id"] for record in read(out)[0]} >= {"m2", "m3"}


def test_beside_a_near_duplicate_only_the_unambiguous_is_asked(evaluate, capsys):
    """The copy speaks of 令和5年5月末, a year before m3's, and of nothing in 令和6年."""
    _, out = evaluate("--rules", "copy")
    records, metrics = read(out)
    assert [record["id"] for record in records] == ["m1", "m2", "m3"]
    assert metrics["ambiguous_beside_copies"] == {"mizuho": 0}
    assert "除きました" in capsys.readouterr().out


def test_the_derived_questions_are_a_question_file_that_is_clean(evaluate, tmp_path, papers, capsys):
    evaluate("--rules", "terse", "western", "era", "--write", tmp_path / "derived")
    files = sorted((tmp_path / "derived").iterdir())
    assert [file.name for file in files] == ["mizuho-terse.jsonl", "mizuho-western.jsonl"]  # no western year is asked
    argv = [*map(str, files), "--documents", str(papers)]
    assert check.main(argv, index=tmp_path, embedding_model="none") == 0, capsys.readouterr().out


def test_nothing_is_written_over(evaluate, tmp_path, capsys):
    evaluate("--rules", "terse", "--write", tmp_path / "derived")
    assert evaluate("--rules", "terse")[0] == 2
    assert "out はすでにあります" in capsys.readouterr().err
    assert evaluate("--rules", "terse", "--write", tmp_path / "derived", out="other")[0] == 2
    assert "mizuho-terse.jsonl はすでにあります" in capsys.readouterr().err


def test_a_rule_that_does_not_exist_is_refused(evaluate, capsys):
    with pytest.raises(SystemExit):
        evaluate("--rules", "upside-down")
    assert "upside-down" in capsys.readouterr().err


def judged(right, answered, answerable=True, error=None):
    return Judged(
        *("q1", "number", answerable, answered, right, right, False, right, 0.0, right),
        unsupported=(),
        quotes=0,
        bad_quotes=0,
        confidence=0.5,
        ms=1.0,
        error=error,
    )


@pytest.mark.parametrize(
    ("was", "now", "became"),
    [
        (judged(True, True), judged(True, True), "kept"),
        (judged(True, True), judged(False, True), "wrong"),
        (judged(True, True), judged(False, False), "declined"),
        (judged(True, True), judged(False, False, error="ZeroDivisionError"), "wrong"),
        (judged(False, True), judged(True, True), "gained"),
        (judged(False, True), judged(False, False), "never"),
        (judged(True, False, answerable=False), judged(False, True, answerable=False), "wrong"),
        (judged(True, False, answerable=False), judged(True, False, answerable=False), "kept"),
    ],
)
def test_what_became_of_an_answer(was, now, became):
    assert robust.outcome(was, now) == became


@pytest.mark.parametrize(
    ("now", "how"),
    [
        (judged(False, False), "断った"),
        (judged(True, True), "別のページから正答"),
        (judged(False, True), ""),
        (judged(False, False, error="ZeroDivisionError"), ""),
        (replace(judged(True, True), bad_quotes=1), ""),
    ],
)
def test_without_its_page_an_answer_may_decline_or_be_right_from_elsewhere(now, how):
    assert robust._without_page(now) == how


def test_a_set_of_which_no_page_is_left_is_not_asked(evaluate, papers, monkeypatch):
    monkeypatch.setattr(documents, "AROUND", 99)
    for path in papers.iterdir():
        if path.name != FILE:
            path.unlink()
    status, out = evaluate("--rules", "removed")
    assert (status, read(out)[0]) == (0, [])


def test_a_share_counts_only_what_was_right_before():
    def record(outcome, note=""):
        return robust.Record("full", "s", "q", "number", "?", "?", "a", "b", outcome, ("a",), 0.5, note)

    records = [
        record("kept"),
        record("kept"),
        record("wrong", "x"),
        record("declined"),
        record("gained"),
        record("never"),
    ]
    assert robust.summarise(records)["full"] == {
        "questions": 6,
        "before": 4,
        "after": 3,
        "stayed": 0.5,
        "wrong": 1,
        "declined": 1,
        "gained": 1,
        "notes": {"x": 1},
    }
    assert robust.summarise([record("never")])["full"]["stayed"] is None
    assert "－" in robust.render(robust.summarise([record("never")]))
    assert "full: x 1問" in robust.render(robust.summarise(records))


def test_an_answer_that_crashed_is_shown_by_its_error():
    assert robust._said((judged(False, False, error="Traceback …\nValueError: no\n"), None)) == "（ValueError: no）"
    answer = Answer(question="?", status="answered", answer="507件", type="number")
    assert robust._said((judged(True, True), answer)) == "507件"
