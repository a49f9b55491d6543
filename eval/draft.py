"""``tenkyo eval new``: one more line of a question file, from a page or a reader's feedback, for a person to finish.

What is not known yet is left empty: ``tenkyo eval check`` names it, and no evaluation reads the file until it is there.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.arguments import Parser
from eval.check import faults_of_meaning, faults_of_place, text_at
from eval.dataset import KEYS, TYPES, DatasetError, Evidence, read_lines
from ingest.japanese import fold, fold_with_offsets
from ingest.parse import ParseError, parse

# Where drafts from feedback come from: whoever keeps the feedback hands them in, each as a record of a question file.
Drafts = Callable[[], Sequence[Mapping[str, Any]]]
FEEDBACK = "feedback-"  # what the ids of those drafts begin with
_IGNORED = re.compile(r"[\s,、*]")
WRITTEN, REFUSED = 0, 2


class DraftError(Exception):
    """Why nothing was written, in Japanese, for the person at the terminal."""


def main(argv: Sequence[str], *, index: Path, embedding_model: str, drafts: Drafts = tuple) -> int:
    """Write one draft, or list those that feedback offers; return 0, or 2 when nothing could be written.

    ``index`` and ``embedding_model`` are what every command of the evaluation is given; this one needs neither.
    """
    del index, embedding_model
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        if arguments.feedback == "":
            _list(drafts(), _known(arguments.to))
            return WRITTEN
        if arguments.to is None:
            parser.error("--to で質問集のファイルを指定してください。")
        record = _from_feedback(drafts(), arguments) if arguments.feedback else _from_page(arguments)
        _append(arguments.to, record)
    except (DraftError, DatasetError) as error:
        print(f"下書きを作れません: {error}", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"下書きを作れません: {error.filename}: {error.strerror}", file=sys.stderr)
        return REFUSED
    return WRITTEN


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "tenkyo eval new",
        description="質問の下書きを質問集に1行足します。空いた項目は、ファイルを開いて書き足してください。",
        allow_abbrev=False,
    )
    parser.add_argument("--to", type=Path, metavar="F.jsonl", help="書き足す質問集（なければ作ります）")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--document", type=Path, metavar="FILE", help="典拠の文書")
    source.add_argument(
        "--feedback", nargs="?", const="", metavar="ID", help="画面で付いた低い評価から作ります（IDなしは一覧）"
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--page", type=int, metavar="N", help="典拠のページ")
    place.add_argument("--lines", type=_lines, metavar="A-B", help="典拠の行（文字のファイル）")
    parser.add_argument("--question", default="", metavar="質問")
    parser.add_argument("--answer", default="", metavar="答え")
    parser.add_argument("--accept", action="append", metavar="書き方", help="正解とする書き方（既定: 答えそのもの）")
    parser.add_argument("--type", choices=TYPES, default="", help="種類")
    return parser


def _lines(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]):
        raise argparse.ArgumentTypeError(f"行は 12 か 12-15 の形で書いてください: {text}")
    return int(match[1]), int(match[2] or match[1])


# --- from a page ------------------------------------------------------------------------------------------------------


def _from_page(arguments: argparse.Namespace) -> dict[str, Any]:
    answer: str = arguments.answer
    if arguments.type == "unanswerable":
        if arguments.document or arguments.accept:
            raise DraftError("資料に記載のない質問に、--document と --accept は使えません。")
        return {"question": arguments.question, "type": "unanswerable", "answer": answer, "answerable": False}
    accept: list[str] = arguments.accept or ([answer] if answer else [])
    if arguments.document is None:
        raise DraftError("--document、--feedback、--type unanswerable のどれかを指定してください。")
    if arguments.page is None and arguments.lines is None:
        raise DraftError("--page か --lines で、典拠の場所を指定してください。")
    return {
        "question": arguments.question,
        "type": arguments.type,
        "answer": answer,
        "accept": accept,
        "evidence": [_evidence(arguments.document, arguments.page, arguments.lines, accept)],
        "answerable": True,
    }


def _evidence(
    path: Path, page: int | None, lines: tuple[int, int] | None, accept: Sequence[str]
) -> dict[str, str | int | list[int]]:
    """Return the gold place with what stands there, verbatim: the lines that say the answer, or all given ones."""
    try:
        document = parse(path)
    except ParseError as error:
        raise DraftError(f"{path}: {error.message}") from error
    place = Evidence(path.name, lines=lines, page=page)
    faults = list(faults_of_place(place, document))
    if faults:
        raise DraftError(f"{path}: {faults[0].what}")
    text = text_at(place, document) or ""
    quote = quote_of(text, accept)
    if quote is None and accept:
        print(f"注意: 「{accept[0]}」は、そこには書かれていません。", file=sys.stderr)
    if quote is None and lines is not None:
        quote = text.strip()  # a person has chosen them
    where: dict[str, str | int | list[int]] = {"lines": list(lines)} if lines else {"page": page or 0}
    return {"file": path.name, **where} | ({"quote": quote} if quote else {})


def quote_of(text: str, wanted: Iterable[str]) -> str | None:
    """Return the lines of a text that say the first of the wanted things it holds; None when it holds none.

    Width, white space and commas do not matter, and a figure is found only whole: 12 does not stand in 312.
    """
    folded, offsets = fold_with_offsets(text)
    kept = [n for n, character in enumerate(folded) if not _IGNORED.match(character)]
    plain = "".join(folded[n] for n in kept)
    for want in wanted:
        sought = re.escape(_IGNORED.sub("", fold(want)))
        match = re.search(rf"(?<!\d)(?<!\d\.){sought}(?!\.?\d)" if sought[-1:].isdigit() else sought, plain)
        if match and match[0]:
            start, end = offsets[kept[match.start()]], offsets[kept[match.end() - 1]] + 1
            last = text.find("\n", end)
            return text[text.rfind("\n", 0, start) + 1 : last if last >= 0 else len(text)].strip()
    return None


# --- from feedback ----------------------------------------------------------------------------------------------------


def _from_feedback(drafts: Sequence[Mapping[str, Any]], arguments: argparse.Namespace) -> dict[str, Any]:
    wanted = arguments.feedback.removeprefix(FEEDBACK)
    for draft in drafts:
        if _name(draft) == wanted:
            if wanted in _taken(_known(arguments.to)):
                raise DraftError(f"意見 {wanted} は、もう {arguments.to} にあります。")
            said = {"question": arguments.question, "type": arguments.type, "answer": arguments.answer}
            accept = {"accept": arguments.accept} if arguments.accept else {}
            return {**draft, **{key: value for key, value in said.items() if value}, **accept}
    raise DraftError(f"意見 {wanted} は見つかりません。--feedback だけで一覧を出せます。")


def _list(drafts: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> None:
    taken = _taken(known)
    left = [draft for draft in drafts if _name(draft) not in taken]
    for draft in left:
        print(f"{_name(draft)}  {draft['question']}  → {draft['answer'] or '（正しい答えは未記入）'}")
    print(f"質問にしていない意見 {len(left)}件")


def _name(draft: Mapping[str, Any]) -> str:
    return str(draft["id"]).removeprefix(FEEDBACK)


def _taken(known: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the feedback that questions of a file were made from: their notes name it."""
    return {name for record in known for name in re.findall(r"意見 ([0-9a-z-]+)", str(record.get("note") or ""))}


# --- the file ---------------------------------------------------------------------------------------------------------


def _known(path: Path | None) -> list[Mapping[str, Any]]:
    """Return the records of a question file, finished or not; a line that is none stops everything."""
    if path is None or not path.exists():
        return []
    records: list[Mapping[str, Any]] = []
    for line in read_lines(path):
        if not isinstance(line.data, dict):
            raise DatasetError(line.faults[0].at(path, line.number))
        records.append(line.data)
    return records


def next_id(taken: Iterable[str], stem: str) -> str:
    """Return the next free id in a file's own style. 例: s001, s014 → s015; the first one of mine.jsonl: mine-001"""
    numbered = [match for name in taken if (match := re.fullmatch(r"(.*?)(\d+)", name))]
    if not numbered:
        return f"{stem}-001"
    prefix, _ = Counter(match[1] for match in numbered).most_common(1)[0]
    last = max((match for match in numbered if match[1] == prefix), key=lambda match: int(match[2]))
    return f"{prefix}{int(last[2]) + 1:0{len(last[2])}d}"


def _append(path: Path, draft: Mapping[str, Any]) -> None:
    """Add a draft to the file in one step, and say what it still lacks."""
    id_ = next_id([str(record.get("id")) for record in _known(path)], path.stem)
    whole = {"accept": [], "evidence": [], "note": "", **draft, "id": id_}
    record = {key: whole[key] for key in KEYS if key in whole}
    old = path.read_bytes() if path.exists() else b""
    line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    half = path.with_name(f".{path.name}.new")
    half.write_bytes(old + (b"" if old.endswith(b"\n") or not old else b"\n") + line)
    os.replace(half, path)
    [written] = [line for line in read_lines(path) if isinstance(line.data, dict) and line.data.get("id") == id_]
    print(f"{path}:{written.number}: {id_} を書き足しました。")
    for fault in [*written.faults, *(faults_of_meaning(written.question) if written.question else ())]:
        print(f"  残り: {fault.field}: {fault.what}")
