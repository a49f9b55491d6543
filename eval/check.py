"""``tenkyo eval check``: everything that is wrong with question files, field by field, before anything is measured."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from eval.arguments import Parser
from eval.dataset import DERIVED, DatasetError, Evidence, Fault, Line, Question, read_lines
from eval.measures.answers import is_short_enough, length_limit, says_it
from eval.measures.texts import figures, normalise
from eval.sets import QUESTIONS, SAMPLE, EvaluationError
from ingest.document import Document
from ingest.parse import ParseError, parse

# One of two is asked for by its name, and yes or no is said in the question's own words.
GIVEN_AWAY_BY_NATURE = ("comparison", "yesno")
CLEAN, PROBLEMS, UNREADABLE = 0, 1, 2


class Papers:
    """The documents at hand, by base name; each is read when it is first asked for."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._read: dict[str, Document | ParseError] = {}

    @cached_property
    def _paths(self) -> Mapping[str, Path]:
        found: dict[str, Path] = {}
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    found.setdefault(path.name, path)
        return found

    def __contains__(self, file: str) -> bool:
        return file in self._paths

    def get(self, file: str) -> Document | ParseError | None:
        """Return the document, or why it cannot be read; None when it is not at hand."""
        if file in self._paths and file not in self._read:
            try:
                self._read[file] = parse(self._paths[file])
            except ParseError as error:
                self._read[file] = error
        return self._read.get(file)


def main(argv: Sequence[str], *, index: Path, embedding_model: str) -> int:
    """Print every problem; return 0 without any, 1 with some, 2 when a file cannot be read.

    ``index`` and ``embedding_model`` are what every command of the evaluation is given; this one needs neither.
    """
    del index, embedding_model
    arguments = _parser().parse_args(argv)
    try:
        files = {path: read_lines(path) for path in arguments.files or sorted(QUESTIONS.glob("*.jsonl"))}
        missing = [folder for folder in arguments.documents if not folder.is_dir()]
        if missing:
            raise EvaluationError(f"文書のフォルダがありません: {missing[0]}")
    except (DatasetError, EvaluationError) as error:
        print(f"確かめられません: {error}", file=sys.stderr)
        return UNREADABLE
    except OSError as error:
        print(f"確かめられません: {error.filename}: {error.strerror}", file=sys.stderr)
        return UNREADABLE
    papers = Papers([*arguments.documents, SAMPLE])
    problems = [*_problems_over_files(files), *(p for path in files for p in _problems_of_file(path, files[path]))]
    problems += [p for path in files for p in _problems_of_places(path, files[path], papers)]
    wrong = {(path, number) for path, number, _ in problems}
    warnings = [w for path in files for w in _warnings(path, files[path], papers) if w[:2] not in wrong]
    order = {path: n for n, path in enumerate(files)}
    for path, number, fault in sorted(problems, key=lambda found: (order[found[0]], found[1])):
        print(fault.at(path, number))
    for path, number, fault in warnings:
        print(f"注意: {fault.at(path, number)}")
    for path, lines in files.items():
        needed = _documents(lines)
        if needed and not any(file in papers for file in needed):
            print(f"注意: {path}: 文書が手元にないため、典拠の場所は確かめていません（--documents で指定できます）。")
    count = sum(map(len, files.values()))
    print(f"{count}問、" + (f"問題 {len(problems)}件" if problems else "問題なし"))
    return PROBLEMS if problems else CLEAN


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "tenkyo eval check",
        description="質問集の形式と中身を確かめます。問題があれば終了コード1です。",
        allow_abbrev=False,
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="F.jsonl", help="質問集（既定: eval/questions のすべて）"
    )
    parser.add_argument(
        "--documents", nargs="+", type=Path, default=[], metavar="DIR", help="文書のフォルダ（sample は常に見ます）"
    )
    return parser


Found = tuple[Path, int, Fault]
Files = Mapping[Path, Sequence[Line]]


def _problems_over_files(files: Files) -> Iterator[Found]:
    """Yield the ids that two files use: records and baselines go by them."""
    seen: dict[str, Path] = {}
    for path, lines in files.items():
        for line in lines:
            if line.question and seen.setdefault(line.question.id, path) != path:
                yield path, line.number, Fault("id", f"{line.question.id!r} は {seen[line.question.id]} にもあります。")


def _problems_of_file(path: Path, lines: Sequence[Line]) -> Iterator[Found]:
    if not lines:
        yield path, 1, Fault("", "質問が一つもありません。")
    asked: dict[str, int] = {}
    for line in lines:
        yield from ((path, line.number, fault) for fault in line.faults)
        if line.question:
            first = asked.setdefault(normalise(line.question.question), line.number)
            if first != line.number:
                yield path, line.number, Fault("question", f"{first}行目と同じ質問です。")
            yield from ((path, line.number, fault) for fault in faults_of_meaning(line.question))


def faults_of_meaning(question: Question) -> Iterator[Fault]:
    """Yield what makes a question impossible to judge fairly, whatever the documents say.

    An accepted text that stands in the question makes any echo right; a gold answer must be right by its own measure.
    """
    if not question.answerable:
        return
    if question.type not in GIVEN_AWAY_BY_NATURE:
        asked = normalise(question.question)
        for n, text in enumerate(question.accept):
            if normalise(text) in asked:
                yield Fault(f"accept[{n}]", f"「{text}」は質問の中にあり、質問をくり返すだけで正解になります。")
    if not says_it(question, question.answer):
        name = "accept_all のすべて" if question.accept_all else "accept のどれか"
        yield Fault("answer", f"この答え自身が正解になりません（{name}を含むこと）。")
    elif not is_short_enough(question, question.answer):
        yield Fault("answer", f"正解として長すぎます（この種類は{length_limit(question)}字まで）。")


def _problems_of_places(path: Path, lines: Sequence[Line], papers: Papers) -> Iterator[Found]:
    if not any(file in papers for file in _documents(lines)):
        return  # a question file whose documents are elsewhere can be checked in part
    for line in lines:
        for field, place in _places(line):
            for fault in faults_of_place(place, papers.get(place.file)):
                at = f"{field}.{fault.field}" if fault.field else field
                yield path, line.number, Fault(at, fault.what)


def _documents(lines: Sequence[Line]) -> set[str]:
    return {place.file for line in lines for _, place in _places(line)}


def _places(line: Line) -> list[tuple[str, Evidence]]:
    if line.question is None:
        return []
    named = (("evidence", line.question.evidence), ("alt_evidence", line.question.alt_evidence))
    return [(f"{name}[{n}]", place) for name, places in named for n, place in enumerate(places)]


def faults_of_place(place: Evidence, document: Document | ParseError | None) -> Iterator[Fault]:
    """Yield what is wrong with a gold place, compared with its document. The field is the place's own: 例 lines."""
    if document is None:
        yield Fault("file", f"{place.file} という文書が見つかりません。")
        return
    if isinstance(document, ParseError):
        yield Fault("file", f"{place.file} を読み取れません: {document.message}")
        return
    text = text_at(place, document)
    if text is None:
        yield _no_such_place(place, document)
    elif not text.strip():
        yield Fault("page" if place.page else "lines", "そこには何も書かれていません。")
    elif place.quote and normalise(place.quote) not in normalise(text):
        yield Fault("quote", f"そこに「{place.quote}」とは書かれていません。")


def text_at(place: Evidence, document: Document) -> str | None:
    """Return what stands at a place; None when the document has no such page or lines.

    A quote alone may stand anywhere in its document.
    """
    if place.page is None and place.lines is None:
        return document.text
    if place.page is not None:
        if document.paging == "none":
            return None
        return next((document.text[p.start : p.end] for p in document.pages if p.number == place.page), None)
    assert place.lines is not None
    first, last = place.lines
    if not document.lines_are_source or last > document.text.count("\n") + 1:
        return None
    return document.text[document.line_span(first)[0] : document.line_span(last)[1]]


def _no_such_place(place: Evidence, document: Document) -> Fault:
    if place.page is not None:
        last = document.pages[-1].number
        said = "ページがない文書です" if document.paging == "none" else f"{last}ページまでの文書です"
        return Fault("page", f"{said}（{place.page}ページを指しています）。")
    if not document.lines_are_source:
        return Fault("lines", "行では示せない文書です。ページ（page）で示してください。")
    assert place.lines is not None
    return Fault("lines", f"{document.text.count(chr(10)) + 1}行までの文書です（{place.lines[1]}行目を指しています）。")


def _warnings(path: Path, lines: Sequence[Line], papers: Papers) -> Iterator[Found]:
    """Yield the questions whose accepted text stands at no gold place: worked out, in other words, or a slip."""
    for line in lines:
        question = line.question
        if question is None or not question.answerable or question.type == "yesno" or DERIVED in question.note:
            continue
        places = [(place, papers.get(place.file)) for place in question.places]
        texts = [text_at(place, document) for place, document in places if isinstance(document, Document)]
        if len(texts) < len(places):
            continue
        said = "".join(text or "" for text in texts)
        absent = [text for text in question.accept_all or question.accept if not _stands_in(text, said)]
        if absent and (question.accept_all or len(absent) == len(question.accept)):
            field = "accept_all" if question.accept_all else "accept"
            what = f"「{absent[0]}」は典拠の場所に書かれていません（計算や言い換えなら note に「{DERIVED}」と）。"
            yield path, line.number, Fault(field, what)


def _stands_in(wanted: str, text: str) -> bool:
    """Say whether a text holds what is wanted, or its figures: their unit may stand above a whole table."""
    asked = set(figures(wanted))
    return normalise(wanted) in normalise(text) or (bool(asked) and asked <= set(figures(text)))
