"""Questions with their gold answers and gold places, read from JSONL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TYPES = (
    "number",
    "date",
    "name",
    "place",
    "list",
    "table_cell",
    "definition",
    "reason",
    "howto",
    "yesno",
    "comparison",
    "temporal",
    "paraphrase",
    "unanswerable",
)
# What a question may hold; anything else is a slip of the pen, such as "acept".
KEYS = {
    "id",
    "question",
    "type",
    "answer",
    "accept",
    "accept_all",
    "evidence",
    "alt_evidence",
    "answerable",
    "note",
}


class DatasetError(ValueError):
    """A question file cannot be read. The text names the file, the line and what is wrong."""


@dataclass(frozen=True)
class Evidence:
    """A gold place: lines of a text file (1-based, both included) or a page of a PDF (from 1)."""

    file: str  # base name
    lines: tuple[int, int] | None = None
    page: int | None = None
    quote: str | None = None  # what stands there, for a person who compares; no measure reads it

    def overlaps(self, file: str, lines: tuple[int, int] | None, page: int | None) -> bool:
        """Say whether a passage at these lines or on this page holds any of the place."""
        if file != self.file:
            return False
        if self.lines is not None:
            return lines is not None and lines[0] <= self.lines[1] and self.lines[0] <= lines[1]
        return page == self.page

    def is_cited_by(self, file: str, lines: tuple[int, int] | None, page: int | None) -> bool:
        """Say whether a citation shows the place: the first line of it, give or take one, or its page."""
        if file != self.file:
            return False
        if self.lines is not None:
            return lines is not None and lines[0] - 1 <= self.lines[0] <= lines[1] + 1
        return page == self.page


@dataclass(frozen=True)
class Question:
    """A question with what counts as right (``accept``: any one; ``accept_all``: every one) and where it stands."""

    id: str
    question: str
    type: str
    answer: str
    accept: tuple[str, ...]
    accept_all: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    alt_evidence: tuple[Evidence, ...]  # the same value said elsewhere
    answerable: bool
    note: str = ""

    @property
    def places(self) -> tuple[Evidence, ...]:
        return self.evidence + self.alt_evidence

    @property
    def documents(self) -> frozenset[str]:
        """The files that are needed to answer; more than one for a question across documents."""
        return frozenset(place.file for place in self.evidence)


def read_questions(path: Path) -> tuple[Question, ...]:
    """Return the questions of a JSONL file in their order; an empty line is skipped."""
    questions: list[Question] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            question = _question(json.loads(line))
            if question.id in seen:
                raise DatasetError(f"id {question.id!r} already stands on line {seen[question.id]}")
        except json.JSONDecodeError as error:
            raise DatasetError(f"{path}:{number}: not JSON: {error}") from error
        except DatasetError as error:
            raise DatasetError(f"{path}:{number}: {error}") from error
        seen[question.id] = number
        questions.append(question)
    if not questions:
        raise DatasetError(f"{path}: no question in the file")
    return tuple(questions)


def _question(data: Any) -> Question:
    if not isinstance(data, dict):
        raise DatasetError(f"expected an object, got {type(data).__name__}")
    unknown = sorted(data.keys() - KEYS)
    if unknown:
        raise DatasetError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
    for key in ("id", "question", "type", "answer"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise DatasetError(f"{key!r} must be a text that is not empty, got {data.get(key)!r}")
    if data["type"] not in TYPES:
        raise DatasetError(f"unknown type {data['type']!r}; known are {', '.join(TYPES)}")
    if not isinstance(data.get("answerable"), bool):
        raise DatasetError(f"'answerable' must be true or false, got {data.get('answerable')!r}")
    question = Question(
        id=data["id"],
        question=data["question"],
        type=data["type"],
        answer=data["answer"],
        accept=_texts(data, "accept"),
        accept_all=_texts(data, "accept_all"),
        evidence=_places(data, "evidence"),
        alt_evidence=_places(data, "alt_evidence"),
        answerable=data["answerable"],
        note=str(data.get("note") or ""),
    )
    if question.answerable != (question.type != "unanswerable"):
        raise DatasetError(f"type {question.type!r} does not go with answerable: {question.answerable}")
    if question.answerable and not (question.accept or question.accept_all):
        raise DatasetError("an answerable question needs 'accept' or 'accept_all'")
    if question.answerable and not question.evidence:
        raise DatasetError("an answerable question needs 'evidence'")
    if not question.answerable and question.evidence:
        raise DatasetError("an unanswerable question has no 'evidence'")
    return question


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise DatasetError(f"{key!r} must be a list of texts, got {value!r}")
    return tuple(value)


def _places(data: Mapping[str, Any], key: str) -> tuple[Evidence, ...]:
    value = data.get(key) or []
    if not isinstance(value, list):
        raise DatasetError(f"{key!r} must be a list, got {value!r}")
    return tuple(_place(item, key) for item in value)


def _place(item: Any, key: str) -> Evidence:
    if not isinstance(item, dict) or not isinstance(item.get("file"), str):
        raise DatasetError(f"{key!r}: expected an object with 'file', got {item!r}")
    lines, page, quote = item.get("lines"), item.get("page"), item.get("quote") or None
    if (lines is None) == (page is None):
        raise DatasetError(f"{key!r}: give 'lines' or 'page', one of them: {item!r}")
    if page is not None:
        if not _is_number(page):
            raise DatasetError(f"{key!r}: 'page' counts from 1, got {page!r}")
        return Evidence(item["file"], page=page, quote=quote)
    if not isinstance(lines, list) or len(lines) != 2 or not all(map(_is_number, lines)) or lines[0] > lines[1]:
        raise DatasetError(f"{key!r}: 'lines' are [first, last], counted from 1, got {lines!r}")
    return Evidence(item["file"], lines=(lines[0], lines[1]), quote=quote)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
