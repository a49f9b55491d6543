"""Our scorecard against the independent scorer that lies beside the repository."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eval.dataset import read_questions
from eval.measures.retrieval import Place
from eval.measures.scorecard import judge, summarise

SHARED = Path(__file__).resolve().parents[3] / "shared"
QUESTIONS = SHARED / "eval" / "questions-dev.jsonl"

pytestmark = pytest.mark.skipif(
    not QUESTIONS.is_file(), reason="../shared/eval is not at hand: our scorecard was not compared with its scorer"
)


def answers(questions):
    """Return answers of every fate: gold, gold from elsewhere, a row, a part, two too long, declined, another's."""
    for number, (question, other) in enumerate(zip(questions, (*questions[1:], questions[0]), strict=True)):
        place = question.evidence[0] if question.evidence else None
        where = {"file": place.file, "lines": [place.lines[0] - 1, place.lines[1]]} if place else {}
        away = where | {"lines": [place.lines[1] + 40, place.lines[1] + 41]} if place else {}
        gold = "、".join(question.accept_all) or (question.accept or ("はい",))[0]
        text, status, cited = [
            (gold, "answered", where),
            (question.answer, "answered", away),
            (f"{gold}、11、22、33、44、55、66、77", "answered", where),
            (gold[: len(gold) // 2 + 1], "answered", where),
            (gold + "あ" * 150, "answered", where),
            (gold + "あ" * 700, "answered", where),
            ("資料に記載がありません", "not_found", {}),
            (other.answer, "answered", where),
        ][number * 5 % 8]
        yield {
            "id": question.id,
            "status": status,
            "answer": text,
            "citations": [cited | {"quote": "x"}] if cited else [],
            "timings_ms": {"total": float(number * 37 % 100)},
        }


def lucky(questions):
    """Return answers that hold what is accepted and say something else, beside gold ones."""
    for number, question in enumerate(questions):
        place = question.evidence[0] if question.evidence else None
        gold = "、".join(question.accept_all) or (question.accept or ("はい",))[0]
        text = [gold, f"9{gold}", f"{gold}9", f"{gold}ではない", f"{gold}万円", f"1～{gold}", f"はい。{gold}"][
            number % 7
        ]
        cited = {"file": place.file, "lines": list(place.lines), "quote": "x"} if place else None
        yield {"id": question.id, "status": "answered", "answer": text, "citations": [cited] if cited else []}


def scored(given, folder):
    """Return what the shared scorer says: its result, and its record of every question by id."""
    path = folder / "answers.jsonl"
    path.write_text("\n".join(json.dumps(answer, ensure_ascii=False) for answer in given), encoding="utf-8")
    command = [sys.executable, SHARED / "eval" / "score.py", QUESTIONS, path, SHARED / "seeds"]
    subprocess.run([*command, "--json", folder / "out.json"], check=True, capture_output=True)
    out = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return out["result"], {record["id"]: record for record in out["records"]}


def judged(questions, given):
    return [
        judge(
            question,
            answered=answer["status"] == "answered",
            text=answer["answer"],
            citations=[Place("", c["file"], tuple(c["lines"]), None) for c in answer["citations"]],
            confidence=0.5,
            ms=answer.get("timings_ms", {}).get("total", 0.0),
        )
        for question, answer in zip(questions, given, strict=True)
    ]


def test_the_shared_measures_agree(tmp_path):
    questions = read_questions(QUESTIONS)
    given = list(answers(questions))
    theirs, records = scored(given, tmp_path)
    verdicts = judged(questions, given)
    assert {one.id: (one.right, one.cited) for one in verdicts} == {
        name: (record["ok"], record["cited"]) for name, record in records.items()
    }

    ours = summarise(verdicts)
    names = {
        "accuracy": "answer_accuracy",
        "cited_accuracy": "cited_accuracy",
        "refusal_recall": "refusal_recall",
        "refusal_precision": "refusal_precision",
        "false_refusal": "false_refusal",
        "too_long": "too_long",
    }
    assert {k: round(100 * ours[k], 1) for k in names} == {k: theirs[name] for k, name in names.items()}
    assert (ours["p50_ms"], ours["p95_ms"]) == (theirs["p50_ms"], theirs["p95_ms"])
    assert (ours["questions"], ours["quotes"]) == (theirs["questions"], theirs["quotes"])
    assert 0 < ours["cited_accuracy"] < ours["accuracy"] < 1  # the answers put every branch to use


def test_ours_is_never_more_lenient_and_names_why_it_is_stricter(tmp_path):
    questions = read_questions(QUESTIONS)
    given = list(lucky(questions))
    _, records = scored(given, tmp_path)
    verdicts = judged(questions, given)
    assert [one.id for one in verdicts if one.right and not records[one.id]["ok"]] == []
    assert [one.id for one in verdicts if one.cited and not records[one.id]["cited"]] == []
    assert [one.id for one in verdicts if records[one.id]["ok"] and not one.right and one.luck is None] == []
    stricter = {one.luck for one in verdicts if records[one.id]["ok"] and not one.right}
    assert {"figure", "denied", "value", "range"} <= stricter
