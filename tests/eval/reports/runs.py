"""A run over an invented town's papers, as its files hold it, and pages that need no document."""

import io
from dataclasses import replace
from typing import Any

from PIL import Image

from eval.compare import Change, Comparison, Failure, Paired
from eval.reports.pages import Picture

CONFIG = {
    "time": "2026-11-23T15:22:20+00:00",
    "commit": "f5c1c5940930",
    "python": "3.11.7",
    "platform": "Linux",
    "packages": {"numpy": "2.4.6"},
    "embedding_model": "default",
    "seed": 20261123,
    "sets": {},
    "not_run": ["yama: 実行していません。"],
}


def counts(questions: int, right: int, cited: int, declined: int = 0, unsure: int = 0) -> dict[str, int]:
    said = {"questions": questions, "right": right, "cited": cited, "declined": declined, "too_long": 0}
    return said | {"unsure": unsure, "absent": declined - unsure, "candidate": right, "in_passages": right}


def older(scores: dict[str, Any]) -> dict[str, Any]:
    """Return a scorecard as it was when there was nothing between an answer and 「記載なし」."""
    later = ("promises", "unsure", "false_absence", "unsure_shown", "in_passages", "on_page", "candidate_recall")
    kinds = {
        kind: {key: counts[key] for key in ("questions", "right", "cited", "declined", "too_long")}
        for kind, counts in scores["types"].items()
    }
    return {key: value for key, value in scores.items() if key not in (*later, "right_of_answered")} | {"types": kinds}


def scores(**changes: Any) -> dict[str, Any]:
    """Return a scorecard: 7 of 10 answered rightly, 6 of them from the right place, 3 of 4 traps declined.

    Of the other three, one was not settled on, one is said to be absent, and one answer is wrong.
    """
    return {
        "questions": 14,
        "answerable": 10,
        "accuracy": 0.7,
        "cited_accuracy": 0.6,
        "refusal_recall": 0.75,
        "unsupported_answers": 0,
        "quotes": 20,
        "quotes_not_verbatim": 0,
        "errors": 0,
        "calibration_error": 0.042,
        "p50_ms": 47.6,
        "p95_ms": 101.9,
        "retrieve_p50_ms": 24.4,
        "retrieve_p95_ms": 31.0,
        "right_of_answered": 7 / 9,
        "promises": [
            {"word": "高", "share": 1.0, "count": 3, "least": 0.95, "kept": True},
            {"word": "中", "share": 0.5, "count": 4, "least": 0.8, "kept": None},
            {"word": "低", "share": 1.0, "count": 2, "least": None, "kept": None},
        ],
        "unsure": 0.1,
        "false_absence": 0.1,
        "unsure_shown": 1.0,
        "candidate_recall": 0.7,
        "in_passages": 0.8,
        "on_page": 0.9,
        "aurc": 0.123,
        "types": {"unanswerable": counts(4, 3, 3, 3), "number": counts(8, 6, 5, 2, 1), "date": counts(2, 1, 1)},
        "files": {"hoshi.pdf": counts(9, 6, 5, 2, 1), "hoshi.txt": counts(2, 1, 1)},
        "reliability": [{"confidence": 0.55, "share": 0.5, "count": 4}, {"confidence": 0.95, "share": 1.0, "count": 5}],
        "risk_coverage": [
            {"confidence": 0.9, "coverage": 0.5, "accuracy": 1.0},
            {"confidence": 0.5, "coverage": 1.0, "accuracy": 0.7},
        ],
        "retrieval": {
            "keyword": {"recall@1": 0.8, "recall@5": 0.9, "recall@10": 1.0, "mrr": 0.85, "ndcg@10": 0.8},
            "fused": {"recall@1": 0.9, "recall@5": 0.9, "recall@10": 1.0, "mrr": 0.8, "ndcg@10": 0.9},
        },
        "documents": 2,
        "chunks": 30,
        "snapshot": "000001-abcdef12",
        "questions_sha256": "0123456789abcdef" * 4,
    } | changes


def metrics(**sets: Any) -> dict[str, Any]:
    return {"sets": sets or {"hoshi": scores()}, "peak_memory_mib": 1205.0}


def record(id_: str = "h1", *, expected: Any = None, verdict: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a wrong answer from page 2, whose right one stands on page 3."""
    question = {
        "id": id_,
        "question": "図書館の利用者は何人ですか",
        "type": "number",
        "answer": "12,345人",
        "evidence": [{"file": "hoshi.pdf", "lines": None, "page": 3, "quote": "利用者数は12,345人"}],
        "answerable": True,
        "note": "",
    } | (expected or {})
    judged = {
        "answerable": question["answerable"],
        "answered": True,
        "right": False,
        "cited": False,
        "too_long": False,
        "covered": False,
        "unsupported": [],
        "bad_quotes": 0,
        "confidence": 0.61,
        "error": None,
    } | (verdict or {})
    citation = {
        "file": "hoshi.pdf",
        "page": 2,
        "page_label": "1",
        "quote": "前年は11,000人",
        "lines": None,
        "boxes": [[60.0, 100.0, 160.0, 112.0]],
    }
    return {
        "id": id_,
        "set": "hoshi",
        "question": question["question"],
        "answer": "11,000人",
        "citations": [citation],
        "expected": question,
        "verdict": judged,
        "first_relevant": {"fused": 3, "reranked": 2},
    } | changes


RIGHT = record("h9", verdict={"right": True, "cited": True, "covered": True})


def change(id_: str = "h1", what: Any = "broken", **more: Any) -> Change:
    return replace(Change("hoshi", id_, "number", "図書館の利用者は何人ですか", what, "12,345人", "11,000人"), **more)


def pair(measure: str = "right", **more: Any) -> Paired:
    """Return a test: 9 of 10 right before, 7 now, one better and three worse."""
    return replace(Paired("hoshi", measure, 10, 0.9, 0.7, -0.5, 0.1, 1, 3, 0.3125, False), **more)


def comparison(**more: Any) -> Comparison:
    return replace(Comparison((change(),), (pair(),), (), {}, (), ()), **more)


DROP = Failure("drop", "hoshi", "right", 0.9, 0.7)
INVENTED = Failure("unsupported_answers", "hoshi", None, None, 2)


def png(width: int = 20, height: int = 30) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(data, "PNG")
    return data.getvalue()


class FakePages:
    """Every PDF has every page, 400 by 600 points; a gold quote stands on its third line."""

    def __init__(self, bytes_a_page: int | None = None):
        self.png = png() if bytes_a_page is None else b"\0" * bytes_a_page

    def picture(self, set_name, file, page):
        return Picture(f"{file.partition('.')[0]}-{page}", 400.0, 600.0, self.png) if file.endswith(".pdf") else None

    def boxes(self, set_name, file, page, quote):
        return ((50.0, 300.0, 150.0, 312.0),)

    def lines(self, set_name, file, first, last):
        return [(n, f"{n}行目の文") for n in range(max(1, first - 3), last + 4)]
