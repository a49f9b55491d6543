"""Questions with their gold answers and gold places, read from JSONL."""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.measures.texts import normalise

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
# What a question and a place may hold, in the order of the file; anything else is a slip of the pen, such as "acept".
KEYS = (
    *("id", "question", "wordings", "type", "answer", "accept", "accept_all"),
    *("evidence", "alt_evidence", "answerable", "note"),
)
PLACE_KEYS = ("file", "lines", "page", "quote")
DERIVED = "派生"  # a note says so where the answer is worked out, and then stands nowhere
ALIKE = 8  # characters in a row that no two places of a paper share by chance, as a rule
_ORDER = {key: n for n, key in enumerate(KEYS)}


class DatasetError(ValueError):
    """A question file cannot be read. The text names file, line and field, and says in Japanese what is wrong."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field of a question."""

    field: str  # as the file spells it. 例: evidence[1].lines; empty for the line as a whole
    what: str  # Japanese, for the person who wrote it

    def at(self, path: Path, number: int) -> str:
        """Return the fault with its place. 例: F.jsonl:12: evidence[1].lines: …"""
        return ": ".join(filter(None, (f"{path}:{number}", self.field, self.what)))


@dataclass(frozen=True)
class Evidence:
    """A gold place: lines of a text file (1-based, both included), a page (from 1), or words of a file without either.

    ``quote`` is what stands there. Beside lines or a page it is for a person who compares (and ``eval.check``); alone,
    in a Word file or a web page, it is the place.
    """

    file: str  # base name
    lines: tuple[int, int] | None = None
    page: int | None = None
    quote: str | None = None

    def overlaps(self, file: str, lines: tuple[int, int] | None, page: int | None, text: str = "") -> bool:
        """Say whether a passage at these lines, on this page or of this text holds any of the place."""
        if not is_same_file(file, self.file):
            return False
        if self.lines is not None:
            return lines is not None and lines[0] <= self.lines[1] and self.lines[0] <= lines[1]
        return page == self.page if self.page is not None else self._is_quoted(text)

    def is_cited_by(self, file: str, lines: tuple[int, int] | None, page: int | None, text: str = "") -> bool:
        """Say whether a citation shows the place: the first line of it, give or take one, its page, or its words."""
        if not is_same_file(file, self.file):
            return False
        if self.lines is not None:
            return lines is not None and lines[0] - 1 <= self.lines[0] <= lines[1] + 1
        return page == self.page if self.page is not None else self._is_quoted(text)

    def _is_quoted(self, text: str) -> bool:
        """Say whether a text has some of the quote: a run of ``ALIKE`` characters, or all of what is shorter."""
        gold, shown = normalise(self.quote or ""), normalise(text)
        if not gold or not shown:
            return False
        if len(gold) <= ALIKE or len(shown) <= ALIKE:
            return gold in shown or shown in gold
        return any(gold[at : at + ALIKE] in shown for at in range(len(gold) - ALIKE + 1))


def is_same_file(one: str, other: str) -> bool:
    """Say whether two base names are one file's: names are shown with composed letters and plain spaces."""
    return one == other or unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)


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
    wordings: tuple[str, ...] = ()  # others of the same question: they are learned from, never asked

    @property
    def places(self) -> tuple[Evidence, ...]:
        return self.evidence + self.alt_evidence

    @property
    def documents(self) -> frozenset[str]:
        """The files that are needed to answer; more than one for a question across documents."""
        return frozenset(place.file for place in self.evidence)


@dataclass(frozen=True)
class Line:
    """A line of a question file: the question on it, or everything that is wrong with it."""

    number: int  # from 1
    data: Any  # the JSON value; None when there is none
    question: Question | None
    faults: tuple[Fault, ...] = ()


def read_questions(path: Path) -> tuple[Question, ...]:
    """Return the questions of a JSONL file in their order; ``DatasetError`` for the first line that holds none."""
    questions: list[Question] = []
    for line in read_lines(path):
        if line.question is None:
            raise DatasetError(line.faults[0].at(path, line.number))
        questions.append(line.question)
    if not questions:
        raise DatasetError(f"{path}: 質問が一つもありません。")
    return tuple(questions)


def read_lines(path: Path) -> tuple[Line, ...]:
    """Return every line that is not empty, with all of its faults; ``DatasetError`` when the file cannot be read."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: UTF-8の文字として読めません（{error.start}バイト目）。") from error
    lines: list[Line] = []
    seen: dict[str, int] = {}
    # A sentence may hold other line ends than "\n", such as U+2028; to JSON they are characters.
    for number, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            data = json.loads(content)
        except json.JSONDecodeError as error:
            lines.append(Line(number, None, None, (Fault("", f"JSONとして読めません: {error}"),)))
            continue
        faults = faults_of(data)
        if not faults and seen.setdefault(data["id"], number) != number:
            faults = (Fault("id", f"{data['id']!r} は{seen[data['id']]}行目でもう使われています。"),)
        lines.append(Line(number, data, None if faults else _question(data), faults))
    return tuple(lines)


def faults_of(data: Any) -> tuple[Fault, ...]:
    """Return everything that keeps a JSON value from being a question (the format is section 5 of the design)."""
    if not isinstance(data, dict):
        return (Fault("", f"{{…}} の形ではありません: {_shown(data)}"),)
    faults = [Fault(key, f"知らない項目です。使えるのは {'、'.join(KEYS)} です。") for key in data if key not in KEYS]
    faults += _faults_of_texts(data)
    for key in ("evidence", "alt_evidence"):
        faults += _faults_of_places(data.get(key) or [], key)
    faults += _faults_of_answerable(data)
    return tuple(sorted(faults, key=lambda fault: _ORDER.get(fault.field.partition("[")[0], -1)))


def _faults_of_texts(data: Mapping[str, Any]) -> Iterator[Fault]:
    for key in ("id", "question", "type", "answer"):
        value = data.get(key)
        if not isinstance(value, str):
            yield Fault(key, f"文字列を入れてください（いまは {_shown(value)}）。")
        elif not value.strip():
            yield Fault(key, "空です。")
        elif key == "type" and value not in TYPES:
            yield Fault(key, f"{value!r} という種類はありません。使えるのは {'、'.join(TYPES)} です。")
    for key in ("wordings", "accept", "accept_all"):
        values = data.get(key) or []
        if not isinstance(values, list):
            yield Fault(key, f'文字列の並び ["…"] を入れてください（いまは {_shown(values)}）。')
            continue
        for n, value in enumerate(values):
            if not isinstance(value, str) or not value.strip():
                yield Fault(f"{key}[{n}]", f"空でない文字列を入れてください（いまは {_shown(value)}）。")
    if not isinstance(data.get("note") or "", str):
        yield Fault("note", f"文字列を入れてください（いまは {_shown(data['note'])}）。")


def _faults_of_places(places: Any, key: str) -> Iterator[Fault]:
    if not isinstance(places, list):
        yield Fault(key, f"典拠の並び [{{…}}] を入れてください（いまは {_shown(places)}）。")
        return
    for n, place in enumerate(places):
        yield from _faults_of_place(place, f"{key}[{n}]")


def _faults_of_place(place: Any, at: str) -> Iterator[Fault]:
    if not isinstance(place, dict):
        yield Fault(at, f'{{"file": …}} の形ではありません: {_shown(place)}')
        return
    for key in place.keys() - set(PLACE_KEYS):
        yield Fault(f"{at}.{key}", f"知らない項目です。使えるのは {'、'.join(PLACE_KEYS)} です。")
    if not isinstance(place.get("file"), str) or not place["file"].strip():
        yield Fault(f"{at}.file", f"ファイル名を入れてください（いまは {_shown(place.get('file'))}）。")
    if not isinstance(place.get("quote") or "", str):
        yield Fault(f"{at}.quote", f"文字列を入れてください（いまは {_shown(place['quote'])}）。")
    lines, page = place.get("lines"), place.get("page")
    if lines is not None and page is not None:
        yield Fault(at, "行（lines）かページ（page）の、どちらか一方を入れてください。")
    elif lines is None and page is None and not place.get("quote"):
        yield Fault(at, "行（lines）かページ（page）を、どちらもない文書では言葉（quote）を入れてください。")
    elif page is not None and not _is_number(page):
        yield Fault(f"{at}.page", f"ページは1から数えた番号です（いまは {_shown(page)}）。")
    elif lines is not None and not _is_range(lines):
        yield Fault(f"{at}.lines", f"行は1から数えた [最初, 最後] です（いまは {_shown(lines)}）。")


def _faults_of_answerable(data: Mapping[str, Any]) -> Iterator[Fault]:
    answerable = data.get("answerable")
    if not isinstance(answerable, bool):
        yield Fault("answerable", f"true か false を入れてください（いまは {_shown(answerable)}）。")
        return
    kind = data.get("type")
    if kind in TYPES and answerable == (kind == "unanswerable"):
        yield Fault("answerable", f"種類 {kind} とは合いません。unanswerable の質問だけが false です。")
    if answerable and not (data.get("accept") or data.get("accept_all")):
        yield Fault("accept", "答えのある質問には、accept か accept_all が要ります。")
    if answerable and not data.get("evidence"):
        yield Fault("evidence", "答えのある質問には、典拠が要ります。")
    if not answerable and data.get("evidence"):
        yield Fault("evidence", "資料に記載のない質問に、典拠は付けられません。")


def _shown(value: Any) -> str:
    """Return a value as the file spells it, cut to a line; what is missing is said to be."""
    text = "なし" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] <= value[1]


def _question(data: Mapping[str, Any]) -> Question:
    """Return the question of an object without faults."""
    return Question(
        id=data["id"],
        question=data["question"],
        type=data["type"],
        answer=data["answer"],
        accept=tuple(data.get("accept") or ()),
        accept_all=tuple(data.get("accept_all") or ()),
        evidence=tuple(_place(item) for item in data.get("evidence") or ()),
        alt_evidence=tuple(_place(item) for item in data.get("alt_evidence") or ()),
        answerable=data["answerable"],
        note=data.get("note") or "",
        wordings=tuple(data.get("wordings") or ()),
    )


def _place(item: Mapping[str, Any]) -> Evidence:
    lines = item.get("lines")
    return Evidence(
        item["file"],
        lines=(lines[0], lines[1]) if lines else None,
        page=item.get("page"),
        quote=item.get("quote") or None,
    )
