"""What a server's model can do, found by asking: it is told one thing and held to another."""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from unicodedata import normalize

from answer.draft import Support
from answer.generating.abilities import Abilities, Identity
from answer.generating.contract import Claim, Evidence, EvidenceBlock, EvidenceLine, Mode
from answer.generating.prompts import REPLY_TOKENS, closed, prompt
from answer.generating.replies import reader
from answer.generating.server import Chat, Message, Reply, Server, ServerError

_SMALL = 3.2  # thousand millions of parameters: a model below only picks
_FEWEST_TOKENS = 8.0  # a second: a slower one only picks

_PLACE = "施設のあらまし > 公民館"
_LINES = (
    "みなと公民館の開館時間は、午前9時から午後8時までです。",
    "みなと公民館の会議室は、全部で4室あります。",
    "みなと公民館の駐車場は、23台分あります。",
)
_ASKED, _ANSWER, _LINE = "みなと公民館の駐車場は何台分ありますか。", "23", "L3"
_UNWRITTEN = "みなと公民館の館長の名前は何ですか。"
_GREETING = Message("user", "「はい」とだけ答えてください。")


@dataclass(frozen=True)
class Heard:
    """A reply read to its end."""

    claims: tuple[Claim, ...]
    fault: str | None
    reply: Reply


def sample(question: str = _ASKED) -> Evidence:
    """Return the built-in evidence, and a question that it answers."""
    nowhere = Support("", 0, 0)
    lines = tuple(EvidenceLine(f"L{n}", text, nowhere) for n, text in enumerate(_LINES, 1))
    return Evidence(question, (EvidenceBlock("", _PLACE, lines),))


def probe(server: Server, identity: Identity) -> Abilities:
    """Return what a model can do. Raises ServerError where the server fails, which says nothing of the model."""
    probing = _Probing(server, identity)
    probing.greet()
    writing = probing.ask(Mode.MARKED, _ASKED)
    writes = _is_right(writing) and _is_nothing(probing.ask(Mode.MARKED, _UNWRITTEN))
    picks = writes or _is_picked(probing.ask(Mode.PICK, _ASKED))
    enforces = writes and not probing.way.bare and probing.enforces()
    mode, note = Mode.NONE, "行の番号を答えられませんでした。"
    if picks:
        mode, note = Mode.PICK, "文に正しい行の番号を付けられないか、資料にないことを「ない」と答えられませんでした。"
    if writes:
        mode, note = (Mode.SCHEMA, "") if enforces else (Mode.MARKED, "サーバーが返事の形を守らせません。")
    if mode > Mode.PICK and identity.parameters is not None and identity.parameters <= _SMALL:
        mode, note = Mode.PICK, f"小さなモデル（{identity.parameters:.1f}B）には、行を選ぶことだけを頼みます。"
    if mode > Mode.PICK and (speed := probing.writes_tokens) is not None and speed < _FEWEST_TOKENS:
        mode, note = Mode.PICK, f"書くのが遅いため（毎秒{speed:.1f}トークン）、行を選ぶことだけを頼みます。"
    return probing.way.model_copy(
        update={
            "mode": mode,
            "note": note,
            "writes": writes,
            "enforces": enforces,
            "picks": picks,
            "tokens_a_character": probing.tokens_a_character,
            "reads": probing.reads,
            "writes_tokens": probing.writes_tokens,
            "at": datetime.now(UTC).date().isoformat(),
        }
    )


class _Probing:
    """Asks, and learns from every reply how this model wants to be asked."""

    def __init__(self, server: Server, identity: Identity):
        self._server = server
        self._model = identity.model
        self.way = Abilities(mode=Mode.NONE)
        self.tokens_a_character: float | None = None
        self.reads: float | None = None
        self.writes_tokens: float | None = None

    def greet(self) -> None:
        """Find out what may be sent, and have the model loaded: many servers do that when it is first asked."""
        try:
            reply = self._greet()
        except ServerError as error:
            if error.kind != "refused":
                raise
            self._change(bare=True)
            reply = self._greet()
        if not reply.thought or self.way.bare:
            return
        self._change(quiet=True)
        try:
            is_quiet = not self._greet().thought
        except ServerError as error:
            if error.kind != "refused":
                raise
            is_quiet = False
        self._change(quiet=is_quiet)

    def ask(self, mode: Mode, question: str) -> Heard:
        """Ask as answers are asked for."""
        said = prompt(sample(question), mode, bare=self.way.bare)
        reply = self._hear(said.messages, REPLY_TOKENS[mode])
        if reply.leaked and not self.way.thinks_first:
            self._change(thinks_first=True)
            reply = self._hear(said.messages, REPLY_TOKENS[mode])
        reading = reader(mode, said.ids)
        claims = (*reading.feed(reply.text), *reading.finish())
        return Heard(claims, reading.fault if reply.finish == "stop" else "途中で切れました。", reply)

    def enforces(self) -> bool:
        """Say whether the server holds a model to a schema that forbids what it is told to write."""
        only = f"k{secrets.token_hex(3)}"
        form = closed({"word": {"type": "string", "enum": [only]}})
        asked = 'wordを「あお」としたJSONを書いてください。ほかの言葉は書きません。例: {"word": "あお"}'
        try:
            reply = self._hear((Message("user", asked),), 60, form)
        except ServerError as error:
            if error.kind == "refused":
                return False
            raise
        try:
            return bool(json.loads(reply.text) == {"word": only}) and reply.finish == "stop"
        except ValueError:
            return False

    def _greet(self) -> Reply:
        chat = Chat(self._model, (_GREETING,), 40, quiet=self.way.quiet, bare=self.way.bare)
        return to_the_end(self._server.chat(chat))

    def _change(self, **found: object) -> None:
        self.way = self.way.model_copy(update=found)

    def _hear(self, messages: tuple[Message, ...], most: int, form: dict[str, object] | None = None) -> Reply:
        way = self.way
        chat = Chat(self._model, messages, most, form, way.quiet, way.bare, way.thinks_first)
        reply = to_the_end(self._server.chat(chat))
        if reply.prompt_tokens:
            counted = reply.prompt_tokens / chat.characters
            self.tokens_a_character = max(self.tokens_a_character or 0.0, counted)
            # What was read before is not read again: the first reading is the true one.
            self.reads = self.reads or reply.prompt_tokens / max(reply.first, 1e-3)
        if reply.completion_tokens and reply.completion_tokens > 5 and not reply.thought:
            speed = reply.completion_tokens / max(reply.seconds - reply.first, 1e-3)
            self.writes_tokens = max(self.writes_tokens or 0.0, speed)
        return reply


def to_the_end(chatting: Generator[str, None, Reply]) -> Reply:
    """Return the reply that a request ends with."""
    while True:
        try:
            next(chatting)
        except StopIteration as end:
            reply: Reply = end.value
            return reply


def _is_right(heard: Heard) -> bool:
    return heard.fault is None and any(
        _LINE in claim.lines and _ANSWER in normalize("NFKC", claim.text) for claim in heard.claims
    )


def _is_nothing(heard: Heard) -> bool:
    return heard.fault is None and not heard.claims


def _is_picked(heard: Heard) -> bool:
    return heard.fault is None and any(_LINE in claim.lines for claim in heard.claims[:2])
