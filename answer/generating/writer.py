"""Words an answer over evidence through a server: the writer that asks whatever language model is connected."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from answer.generating.abilities import (
    SMALLEST_WINDOW,
    TOKENS_A_CHARACTER,
    Abilities,
    AbilityStore,
    Identity,
    identify,
)
from answer.generating.contract import Claim, Evidence, Mode, Written
from answer.generating.models import ModelError
from answer.generating.probe import probe
from answer.generating.prompts import REPLY_TOKENS, Prompt, prompt, rewriting_prompt, schema, terms_prompt
from answer.generating.replies import Reader, read_terms, reader
from answer.generating.server import HEARTBEAT, Chat, Connection, Message, Reply, Server, ServerError

_STRIKES = 3  # questions in a row that a mode failed, until less is asked
_WELL_UNDER = 0.6  # of the tokens that a prompt should count: fewer, and a part of it was never read
_FEWEST_A_CHARACTER = 0.3  # tokens that a character of Japanese comes to with any model
_SPARE = 64  # tokens of a template
_READING_SHARE = 0.8  # of the time until the first token that reading the prompt may take
_SMALLEST_LEARNT = 1024  # tokens: a window found out is never taken for smaller
_NEAR = 0.2  # of a measure: what is nearer is no news
_LEAST_ROOM = 1200  # tokens of a prompt that are tried, however slow the reading
_LEAST_LEFT = 0.1  # of the whole deadline, that another try needs
_SLOWER = 0.7  # of the least speed that would have been in time
_QUICK = 3.0  # seconds that search terms, or a follow-up made whole, may take
_TERM_TOKENS = 60
_QUESTION_TOKENS = 80
_PROBING = "言語モデルを準備しています。少し待ってから、もう一度お試しください。"
_CUT = "言語モデルが、渡した資料の一部を読んでいません（窓の長さで切られました）。"


@dataclass
class _Attempt:
    """One request of a writing: what came of it."""

    prompt: Prompt
    reading: Reader
    count: int = 0
    fault: str | None = None
    reply: Reply | None = None


@dataclass
class _Cost:
    """What a writing took, all requests together; None where the server does not count."""

    prompt: int | None = None
    completion: int | None = None
    raw: list[str] = field(default_factory=list)

    def add(self, reply: Reply) -> None:
        self.raw.append(reply.raw)
        if reply.prompt_tokens is not None:
            self.prompt = (self.prompt or 0) + reply.prompt_tokens
        if reply.completion_tokens is not None:
            self.completion = (self.completion or 0) + reply.completion_tokens


class ServerWriter:
    """A ``Writer`` over one server. Safe to call from several threads; ``close`` ends what is under way.

    Where a ``Written`` tells of an error, what was yielded before it is not to be kept: the reply broke off.
    """

    def __init__(self, connection: Connection, kept: Path, ready: Callable[[], None] | None = None):
        """``kept`` is the file of what servers were found able to do; ``ready`` waits for one that is being started."""
        self.server = Server(connection)
        self._store = AbilityStore(kept)
        self._ready = ready
        self._lock = threading.Lock()
        self._known: tuple[Identity, Abilities] | None = None
        self._is_sure = False  # that it is still so: a server that went away may come back as another
        self._looking: Future[tuple[Identity, Abilities]] | None = None
        self._strikes = 0
        self._fault_of_last: str | None = None

    def close(self) -> None:
        self.server.close()

    @property
    def model(self) -> str:
        """Return the name of the model as far as it is known."""
        return self._known[0].model if self._known else self.server.connection.model or ""

    def known(self, *, fresh: bool = False, wait: float | None = None) -> tuple[Identity, Abilities]:
        """Return which model answers and what it can do; probed where that is unknown, and again when ``fresh``.

        Raises ServerError where the server fails, and after ``wait`` seconds: the probe goes on by itself.
        """
        with self._lock:
            if self._known is not None and self._is_sure and not fresh:
                return self._known
            if self._looking is None:
                self._looking = Future()
                threading.Thread(target=self._look, args=(self._looking, fresh), name="llm-probe", daemon=True).start()
            looking = self._looking
        try:
            return looking.result(wait)
        except TimeoutError:
            raise ServerError("queue", _PROBING) from None

    def connected(self) -> tuple[Identity, Abilities | None]:
        """Return which model answers, and what is kept of it; asks it nothing. Raises ServerError."""
        identity = identify(self.server)
        return identity, self._store.get(identity)

    def _look(self, looking: Future[tuple[Identity, Abilities]], fresh: bool) -> None:
        try:
            self._wait_ready()
            identity = identify(self.server)
            abilities = None if fresh else self._store.get(identity)
            if abilities is None:
                abilities = probe(self.server, identity)
                self._store.put(identity, abilities)
        except Exception as error:  # handed on to whoever waits
            with self._lock:
                self._looking = None
            looking.set_exception(error)
        else:
            with self._lock:
                self._known, self._is_sure, self._looking, self._strikes = (identity, abilities), True, None, 0
            looking.set_result((identity, abilities))

    def _wait_ready(self) -> None:
        if self._ready is not None:
            try:
                self._ready()
            except ModelError as error:
                raise ServerError("away", error.message) from error

    def prepare(self) -> None:
        """Find out what the model can do, however long that takes; what keeps it from answering shows in a writing."""
        try:
            self.known()
        except ServerError as error:
            self._fault_of_last = error.message

    def write(self, evidence: Evidence) -> Generator[Claim | Written | None, None, None]:
        """Yield claims as they are complete, then one ``Written``; closing it cancels the request."""
        whole = self.server.connection.deadlines.whole
        until = time.monotonic() + whole
        cost = _Cost()
        mode, asked = Mode.NONE, ""
        try:
            abilities = yield from self._known_soon()
            fault = abilities.note if abilities.mode is Mode.NONE else None
            steps = _steps(abilities.mode)
            for n, (mode, again) in enumerate(steps):
                if n and until - time.monotonic() < _LEAST_LEFT * whole:
                    break
                attempt = self._attempt(evidence, mode, again=again)
                asked = attempt.prompt.text
                try:
                    yield from self._run(attempt, mode, until)
                finally:
                    if attempt.reply is not None:
                        cost.add(attempt.reply)
                fault = attempt.fault
                if fault is None or attempt.count:  # what was said cannot be said again
                    break
            self._judged(abilities, mode, fault)
        except ServerError as error:
            fault = error.message
            if error.kind in ("away", "model", "refused"):
                self._is_sure = False
        self._fault_of_last = fault
        yield Written(
            mode=mode,
            model=self.model,
            error=fault or None,
            prompt_tokens=cost.prompt,
            completion_tokens=cost.completion,
            prompt=asked,
            raw=tuple(cost.raw),
        )

    def terms(self, question: str) -> tuple[str, ...]:
        """Return words that papers may use for what is asked, where the model writes, and fast enough for that."""
        said, is_whole = self._said_quickly(terms_prompt(question), _TERM_TOKENS)
        if not is_whole:
            said, _, _ = said.rpartition("\n")  # its last term may be half a word
        return read_terms(said, question)

    def rewritten(self, question: str, before: str) -> str | None:
        """Return a follow-up as a whole question, where the model writes, and fast enough for that; else None."""
        said, is_whole = self._said_quickly(rewriting_prompt(question, before), _QUESTION_TOKENS)
        return said.strip() or None if is_whole else None

    def _said_quickly(self, messages: tuple[Message, ...], tokens: int) -> tuple[str, bool]:
        """Return what the model says to a small thing within a few seconds, and whether that is all it has to say.

        Nothing where it is not known yet, only picks, is known to be too slow for this, or fails: it is never waited
        for longer than ``_QUICK``.
        """
        if self._known is None or not self._is_sure or self._known[1].mode <= Mode.PICK:
            return "", False
        identity, abilities = self._known
        chat = Chat(
            identity.model,
            messages,
            tokens,
            quiet=abilities.quiet,
            bare=abilities.bare,
            thinks_first=abilities.thinks_first,
        )
        if not abilities.reads or not abilities.writes_tokens:
            return "", False
        reading = chat.characters * (abilities.tokens_a_character or TOKENS_A_CHARACTER) / abilities.reads
        if reading + tokens / abilities.writes_tokens > _QUICK:
            return "", False
        until = time.monotonic() + _QUICK
        said = ""
        # Closing the request in time is no failure of the server's, as a deadline is.
        with closing(self.server.chat(chat)) as chatting:
            try:
                while time.monotonic() <= until:
                    said += next(chatting)
            except StopIteration as end:
                return said, end.value.finish == "stop" and not end.value.leaked
            except ServerError:
                return "", False
        return said, False

    @property
    def state(self) -> tuple[str, Abilities | None, str | None]:
        """Return the model's name as far as known, what it can do, and why it last failed; asks it nothing."""
        known = self._known
        return self.model, known[1] if known else None, self._fault_of_last

    def _known_soon(self) -> Generator[None, None, Abilities]:
        """Return what the model can do, yielding while that is found out; ServerError where it takes too long."""
        until = time.monotonic() + self.server.connection.deadlines.first
        while True:
            try:
                return self.known(wait=HEARTBEAT)[1]
            except ServerError as error:
                if error.message != _PROBING or time.monotonic() > until:
                    raise
                yield None

    @property
    def _at_hand(self) -> tuple[Identity, Abilities]:
        """Return what was known when this writing began, without ever waiting for it."""
        assert self._known is not None
        return self._known

    def _attempt(self, evidence: Evidence, mode: Mode, *, again: bool) -> _Attempt:
        abilities = self._at_hand[1]
        tokens = abilities.tokens_a_character or TOKENS_A_CHARACTER
        room = self.window - REPLY_TOKENS[mode] - _SPARE
        if abilities.reads is not None:
            in_time = abilities.reads * self.server.connection.deadlines.first * _READING_SHARE
            room = min(room, max(_LEAST_ROOM, int(in_time)))
        said = prompt(evidence, mode, most=int(room / tokens), again=again, bare=abilities.bare)
        if not said.ids:
            raise ServerError("window", "言語モデルの一度に読める長さが短いか、読むのが遅く、資料を渡せませんでした。")
        return _Attempt(said, reader(mode, said.ids))

    @property
    def window(self) -> int:
        """Return the tokens of a prompt and its reply: as set, as the server says, or what is safe."""
        return self.window_of(*self._at_hand)

    def window_of(self, identity: Identity, abilities: Abilities) -> int:
        """Return the same of a model that is known by now."""
        told = self.server.connection.window or identity.window or SMALLEST_WINDOW
        return min(told, abilities.window or told)

    def _run(self, attempt: _Attempt, mode: Mode, until: float) -> Generator[Claim | None, None, None]:
        """Yield the claims of one request and note in ``attempt`` what came of it."""
        identity, abilities = self._at_hand
        chat = Chat(
            model=identity.model,
            messages=attempt.prompt.messages,
            max_tokens=REPLY_TOKENS[mode],
            schema=schema(attempt.prompt.ids) if mode is Mode.SCHEMA else None,
            quiet=abilities.quiet,
            bare=abilities.bare,
            thinks_first=abilities.thinks_first,
        )
        chatting = self.server.chat(chat, until)
        is_heard = False
        try:
            while True:
                try:
                    piece = next(chatting)
                except StopIteration as end:
                    attempt.reply = end.value
                    break
                is_heard |= bool(piece)
                if not piece:
                    yield None
                for claim in attempt.reading.feed(piece):
                    attempt.count += 1
                    yield claim
        except ServerError as error:
            if error.kind == "slow" and not is_heard:
                self._learn(reads=self._slower(chat))
            if error.kind != "window" or attempt.count:
                raise
            self._learn(window=int(min(self.window, chat.characters * TOKENS_A_CHARACTER) * 0.75))
            attempt.fault = error.message
            return
        finally:
            chatting.close()
        assert attempt.reply is not None
        attempt.fault = self._fault(attempt.reply, chat)
        if attempt.fault is not None:
            return
        for claim in attempt.reading.finish():
            attempt.count += 1
            yield claim
        attempt.fault = attempt.reading.fault

    def _fault(self, reply: Reply, chat: Chat) -> str | None:
        """Return why a whole reply cannot be used, in Japanese; None where it can."""
        if reply.leaked:
            return "言語モデルの考えの途中が返事に混じりました。"
        used = reply.prompt_tokens
        if used is not None:
            whole = used + (reply.completion_tokens or 0)
            if _is_cut(used, whole, self.window) or used < self._least(chat):
                self._learn(window=max(_SMALLEST_LEARNT, min(whole, self.window)))
                return _CUT
            self._calibrate(reply, chat)
        if reply.finish == "length":
            return "言語モデルの返事が長すぎて、途中で切れました。"
        if reply.finish != "stop":
            return "言語モデルの返事が途中で終わりました。"
        return None

    def _slower(self, chat: Chat) -> float:
        """Return how fast a server reads that did not begin to reply in time: slower than that, so it is given less."""
        known = self._at_hand[1]
        tokens = chat.characters * (known.tokens_a_character or TOKENS_A_CHARACTER)
        return min(known.reads or math.inf, _SLOWER * tokens / self.server.connection.deadlines.first)

    def _least(self, chat: Chat) -> float:
        """Return the tokens that a prompt counts at least, if all of it was read."""
        known = self._at_hand[1].tokens_a_character
        return chat.characters * (known * _WELL_UNDER if known else _FEWEST_A_CHARACTER)

    def _calibrate(self, reply: Reply, chat: Chat) -> None:
        """Come nearer to what a reply shows: tokens a character, and how fast they are read."""
        assert reply.prompt_tokens is not None
        abilities = self._at_hand[1]
        found = {
            "tokens_a_character": reply.prompt_tokens / chat.characters,
            "reads": reply.prompt_tokens / max(reply.first, 1e-3),
        }
        nearer = {}
        for name, value in found.items():
            before = getattr(abilities, name)
            if before is None or abs(value - before) > _NEAR * before:
                nearer[name] = value if before is None else (value + before) / 2
        if nearer:
            self._learn(**nearer)

    def _learn(self, **found: object) -> None:
        """Keep what a reply has shown of the server."""
        identity, abilities = self._at_hand
        abilities = abilities.model_copy(update=found)
        self._known = (identity, abilities)
        self._store.put(identity, abilities)

    def _judged(self, abilities: Abilities, mode: Mode, fault: str | None) -> None:
        """Ask less from now on, where what was asked has failed for several questions in a row."""
        if abilities.mode is Mode.NONE:
            return
        if fault is None and mode is abilities.mode:
            self._strikes = 0
            return
        self._strikes += 1
        if self._strikes >= _STRIKES:
            self._strikes = 0
            lower = Mode(abilities.mode - 1)
            self._learn(mode=lower, note=f"返事の形が{_STRIKES}回続けて守られなかったため、頼むことを減らしました。")


def _steps(mode: Mode) -> tuple[tuple[Mode, bool], ...]:
    """Return the requests that a mode begins: once, once more, then asking less. The flag says 「once more」."""
    if mode is Mode.NONE:
        return ()
    again = ((mode, False), (mode, True))
    return again if mode is Mode.PICK else (*again, (Mode(mode - 1), False))


def _is_cut(prompt_tokens: int, whole: int, window: int) -> bool:
    """Say whether a server has run into a window, its own or one that it has not told of."""

    def is_full(tokens: int) -> bool:
        return tokens >= window or (tokens >= 2048 and tokens & (tokens - 1) == 0)

    return is_full(prompt_tokens) or is_full(whole)
