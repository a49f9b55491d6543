"""Replies that somebody wrote beforehand, given by a server on this machine as a language model's would be.

    python -m eval.replies WRITTEN.jsonl REPLIES.jsonl

makes the file that ``tenkyo eval --llm-replies`` reads from one whose rows hold, beside ``id`` and ``sentences``, the
``evidence`` that was read: blocks of lines, each with its ``id`` and ``text``. Kept of a line are its id and a
fingerprint of its text, so that the file holds none of the papers' sentences. A row of it:

    {"id": "q1", "sentences": [{"lines": ["L3"], "text": "…"}], "lines": {"L3": "5f1d0c7a2b9e"}}

A row may name the ``question`` itself in place of an ``id``. Where the evidence has changed since, a sentence points to
today's line of the same text, and to none where that is no longer given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import SequenceMatcher
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from answer.generating.abilities import Abilities, AbilityStore, Identity
from answer.generating.contract import Claim, Evidence, Mode, Writer, Written
from answer.generating.server import Connection
from answer.generating.writer import ServerWriter
from eval.dataset import Question
from eval.measures.texts import normalise
from eval.sets import EvaluationError

_KEPT_AS = "replies"
_WINDOW = 100_000  # tokens: all of the evidence is shown
_OWN = 40  # characters in a row that a sentence of one's own shares with no line, unless it lists names


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sentence(_Strict):
    lines: tuple[str, ...]
    text: str = Field(min_length=1)


class Reply(_Strict):
    """What is replied to a question; of each line that a sentence points to, the fingerprint of its text."""

    id: str = ""
    question: str = ""
    sentences: tuple[Sentence, ...]
    lines: Mapping[str, str]

    @model_validator(mode="after")
    def _is_of_a_question(self) -> Reply:
        if not (self.id or self.question):
            raise ValueError("id か question が要ります")
        return self


def fingerprint(text: str) -> str:
    """Return what is kept of a line's text; white space, width and commas are no difference."""
    return hashlib.sha256(normalise(text).encode()).hexdigest()[:12]


def read_replies(path: Path) -> Callable[[Question], Reply | None]:
    """Return what gives the reply to a question, None where there is none. EvaluationError names what is wrong."""
    by_id: dict[str, Reply] = {}
    by_question: dict[str, Reply] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise EvaluationError(f"返事のファイルを読めません: {path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            reply = Reply.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise EvaluationError(f"{path}:{number}: {field}: 返事の形が違います（{first['msg']}）。") from error
        if reply.id:
            by_id[reply.id] = reply
        else:
            by_question[reply.question] = reply
    return lambda question: by_id.get(question.id) or by_question.get(question.question)


def as_given(reply: Reply, evidence: Evidence) -> str:
    """Return the reply in mode SCHEMA's form, its sentences pointing to the lines of today's evidence."""
    places: dict[str, list[str]] = {}
    for block in evidence.blocks:
        for line in block.lines:
            places.setdefault(fingerprint(line.text), []).append(line.id)

    def today(id_: str) -> str | None:
        """Return the line of the same text; where several have it, the one whose number is nearest."""
        return min(
            places.get(reply.lines.get(id_, ""), ()), key=lambda other: abs(_number(other) - _number(id_)), default=None
        )

    sentences = [
        {"lines": list(dict.fromkeys(filter(None, map(today, one.lines)))), "text": one.text} for one in reply.sentences
    ]
    return json.dumps({"sentences": sentences}, ensure_ascii=False)


def _number(id_: str) -> int:
    return int("".join(filter(str.isdecimal, id_)) or 0)


class _Replaying:
    """A ``Writer`` that has the server say a reply, whatever it is asked."""

    def __init__(self, server: _Server, writer: ServerWriter, reply: Reply):
        self._server, self._writer, self._reply = server, writer, reply

    def write(self, evidence: Evidence) -> Generator[Claim | Written | None, None, None]:
        self._server.says = as_given(self._reply, evidence)
        yield from self._writer.write(evidence)

    def terms(self, question: str) -> tuple[str, ...]:
        return ()  # nobody wrote any

    def rewritten(self, question: str, before: str) -> str | None:
        return None


@contextmanager
def replaying(model: str) -> Iterator[Callable[[Reply], Writer]]:
    """Serve replies under this name of a model, for as long as the block lasts; return the writer of a reply."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.model = model
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "servers.json"
        able = Abilities(mode=Mode.SCHEMA, writes=True, enforces=True, picks=True)
        AbilityStore(kept).put(Identity(_KEPT_AS, model), able)  # what it can do is no question
        url = f"http://127.0.0.1:{server.server_port}/v1"
        writer = ServerWriter(Connection(url, window=_WINDOW, kept_as=_KEPT_AS), kept)
        try:
            yield lambda reply: _Replaying(server, writer, reply)
        finally:
            writer.close()
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    model = ""
    says = ""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        known = self.path == "/v1/models"
        self._send(200 if known else 404, {"data": [{"id": self.server.model}]} if known else {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        # A form that is not kept is asked for once more, and then without it.
        content = self.server.says if "response_format" in asked else ""
        self._send(200, {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})

    def _send(self, status: int, body: Mapping[str, Any]) -> None:
        said = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)


def kept(row: Mapping[str, Any]) -> Reply:
    """Return what may be kept of a written row: sentences, and fingerprints of the lines that they point to."""
    texts = {line["id"]: line["text"] for block in row["evidence"]["blocks"] for line in block["lines"]}
    pointed = dict.fromkeys(id_ for sentence in row["sentences"] for id_ in sentence["lines"])
    return Reply(
        id=row.get("id") or "",
        question="" if row.get("id") else row["question"],
        sentences=tuple(Sentence(lines=tuple(one["lines"]), text=one["text"]) for one in row["sentences"]),
        lines={id_: fingerprint(texts[id_]) for id_ in pointed if id_ in texts},
    )


def copied(row: Mapping[str, Any]) -> list[str]:
    """Return the sentences of a row that share a long run of characters with a line: they may be a paper's own."""
    lines = [normalise(line["text"]) for block in row["evidence"]["blocks"] for line in block["lines"]]
    return [one["text"] for one in row["sentences"] if any(_shares(normalise(one["text"]), line) for line in lines)]


def _shares(text: str, line: str) -> bool:
    return SequenceMatcher(None, text, line, autojunk=False).find_longest_match().size >= _OWN


def write_replies(rows: Iterable[Mapping[str, Any]], to: Path) -> int:
    """Write the file of the replies of rows; return how many."""
    lines = [kept(row).model_dump_json(exclude_defaults=True) for row in rows]
    to.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return len(lines)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("written", type=Path, metavar="WRITTEN.jsonl")
    parser.add_argument("replies", type=Path, metavar="REPLIES.jsonl")
    given = parser.parse_args(arguments)
    rows = [json.loads(line) for line in given.written.read_text(encoding="utf-8").split("\n") if line.strip()]
    for row in rows:
        for text in copied(row):
            print(f"{row.get('id') or row['question']}: {_OWN} characters of a line or more: {text}", file=sys.stderr)
    print(f"{write_replies(rows, given.replies)} replies: {given.replies}")


if __name__ == "__main__":
    main()
