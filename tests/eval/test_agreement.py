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
            (f"{gold} 11 22 33 44 55 66 77", "answered", where),
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


def test_the_shared_measures_agree(tmp_path):
    questions = read_questions(QUESTIONS)
    given = list(answers(questions))
    path = tmp_path / "answers.jsonl"
    path.write_text("\n".join(json.dumps(answer, ensure_ascii=False) for answer in given), encoding="utf-8")
    command = [sys.executable, SHARED / "eval" / "score.py", QUESTIONS, path, SHARED / "seeds"]
    subprocess.run([*command, "--json", tmp_path / "out.json"], check=True, capture_output=True)
    scored = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    theirs = scored["result"]

    judged = [
        judge(
            question,
            answered=answer["status"] == "answered",
            text=answer["answer"],
            citations=[Place("", c["file"], tuple(c["lines"]), None) for c in answer["citations"]],
            confidence=0.5,
            ms=answer["timings_ms"]["total"],
        )
        for question, answer in zip(questions, given, strict=True)
    ]
    assert {one.id: (one.right, one.cited) for one in judged} == {
        r["id"]: (r["ok"], r["cited"]) for r in scored["records"]
    }

    ours = summarise(judged)
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
