"""Follows: figures and questions that somebody wants to hear of when a new paper changes them.

They stand in a file beside the index.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from filelock import FileLock

from answer.answer import Answer, QuestionError
from answer.editions.differences import Change
from index.snapshot import Snapshot
from ingest.japanese import fold

if TYPE_CHECKING:
    from answer.assistant import Assistant

FILE = "follows.json"
MOST = 200  # follows
ALERTS_KEPT = 500
log = logging.getLogger(__name__)


class FollowsDamaged(ValueError):  # noqa: N818 - a state
    """The file cannot be read. ``str(error)`` names it; ``message`` says in Japanese what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be read: {why}")
        self.message = (
            f"お知らせの登録 {path} を読み取れません。ファイルを直すか、削除してください（登録し直しになります）。"
        )


@dataclass(frozen=True)
class Spot:
    """Where a value stands: ``text`` in the line ``start`` to ``end`` of a document."""

    document_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Follow:
    """What is followed: ``question``, or the figure at ``spot``. ``last`` is what was known of it when last looked."""

    id: str
    kind: Literal["figure", "question"]
    label: str
    made: str  # ISO time, UTC
    question: str | None = None
    spot: Spot | None = None
    last: str | None = None
    known: tuple[str, ...] = ()  # documents that were there when a question was last asked


@dataclass(frozen=True)
class Alert:
    """A new paper has changed what is followed. ``sent`` says, by way, how telling it elsewhere ended."""

    id: str
    follow_id: str
    label: str
    time: str  # ISO time, UTC
    then: str | None
    now: str
    difference: str | None
    then_spot: Spot | None
    now_spot: Spot | None
    seen: bool = False
    sent: tuple[tuple[str, str], ...] = ()  # (webhook or mail, "" or what went wrong)


@dataclass(frozen=True)
class Held:
    follows: tuple[Follow, ...] = ()
    alerts: tuple[Alert, ...] = ()  # newest first
    checked: str | None = None  # the snapshot that was looked at last


Send = Callable[[Alert], tuple[tuple[str, str], ...]]


class Follows:
    """The follows and alerts of the index at ``folder``. Safe to use from several threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def held(self) -> Held:
        """Return all that is stored; nothing where there is no file. Raise FollowsDamaged."""
        try:
            body = json.loads(self.path.read_text("utf-8"))
            return Held(
                tuple(_follow(row) for row in body["follows"]),
                tuple(_alert(row) for row in body["alerts"]),
                body.get("checked"),
            )
        except FileNotFoundError:
            return Held()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FollowsDamaged(self.path, str(error)) from error

    def follow_question(self, assistant: Assistant, question: str) -> Follow:
        """Follow the answer to a question, from what it is now on. Raise QuestionError for what is none."""
        answer = assistant.ask(question)
        known = tuple(info.id for info in assistant.collection.snapshot().documents())
        last = answer.answer if answer.status == "answered" else None
        return self._add(Follow(_id(), "question", question, _now(), question, None, last, known))

    def follow_figure(self, label: str, spot: Spot) -> Follow:
        """Follow a figure that a paper gives, from the edition after it on."""
        return self._add(Follow(_id(), "figure", label, _now(), None, spot, spot.text))

    def _add(self, follow: Follow) -> Follow:
        with self._writing() as held:
            same = next((f for f in held.follows if (f.question, f.spot) == (follow.question, follow.spot)), None)
            if same is not None:
                return same
            if len(held.follows) >= MOST:
                raise ValueError(f"{MOST} follows are there already")
            self._write(replace(held, follows=(*held.follows, follow)))
        return follow

    def drop(self, follow_id: str) -> None:
        """Follow something no longer; its alerts stay. KeyError if there is no such follow."""
        with self._writing() as held:
            kept = tuple(f for f in held.follows if f.id != follow_id)
            if len(kept) == len(held.follows):
                raise KeyError(follow_id)
            self._write(replace(held, follows=kept))

    def see(self) -> None:
        """Mark all alerts as seen."""
        with self._writing() as held:
            self._write(replace(held, alerts=tuple(replace(a, seen=True) for a in held.alerts)))

    def check(self, assistant: Assistant, send: Send | None = None) -> tuple[Alert, ...]:
        """Look whether new papers changed what is followed; return the new alerts, each told by ``send`` once.

        An index that was looked at before is not looked at again.
        """
        if not self.held().follows:
            return ()
        snapshot = assistant.collection.snapshot()
        with self._writing() as held:
            if held.checked == snapshot.id:
                return ()
            follows: list[Follow] = []
            new: list[Alert] = []
            for follow in held.follows:
                moved, alert = _looked_at(follow, assistant, snapshot)
                follows.append(moved)
                if alert is not None:
                    new.append(alert)
            # What is found is kept before it is told: a server that does not answer takes nothing back.
            alerts = (*new, *held.alerts)[:ALERTS_KEPT]
            held = Held(tuple(follows), alerts, snapshot.id)
            self._write(held)
            if send is not None and new:
                told = {alert.id: replace(alert, sent=send(alert)) for alert in new}
                self._write(replace(held, alerts=tuple(told.get(a.id, a) for a in alerts)))
                new = [told[alert.id] for alert in new]
        return tuple(new)

    @contextmanager
    def _writing(self) -> Iterator[Held]:
        """Hold the store while it is changed."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f"{FILE}.lock")):
            yield self.held()

    def _write(self, held: Held) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(asdict(held), ensure_ascii=False, indent=1) + "\n", "utf-8")
        os.replace(new, self.path)


def _looked_at(follow: Follow, assistant: Assistant, snapshot: Snapshot) -> tuple[Follow, Alert | None]:
    """Return a follow as it goes on, and the alert where a new paper changed it."""
    if follow.question is not None:
        return _asked_again(follow, assistant, snapshot)
    return _compared(follow, assistant, snapshot)


def _asked_again(follow: Follow, assistant: Assistant, snapshot: Snapshot) -> tuple[Follow, Alert | None]:
    assert follow.question is not None
    try:
        answer = assistant.ask(follow.question)
    except QuestionError as error:  # the rules of what can be asked have changed
        log.info("a followed question cannot be asked: %s", error)
        return follow, None
    known = tuple(info.id for info in snapshot.documents())
    if answer.status != "answered":
        return replace(follow, known=known), None
    is_new = any(c.document_id not in follow.known for c in answer.citations)
    moved = replace(follow, known=known, last=answer.answer)
    if not is_new or (follow.last is not None and fold(follow.last) == fold(answer.answer)):
        return moved, None
    return moved, _alert_of(follow, answer)


def _alert_of(follow: Follow, answer: Answer) -> Alert:
    cited = next(c for c in answer.citations if c.document_id not in follow.known)
    spot = Spot(cited.document_id, cited.start, cited.end, answer.answer)
    return Alert(_id(), follow.id, follow.label, _now(), follow.last, answer.answer, None, None, spot)


def _compared(follow: Follow, assistant: Assistant, snapshot: Snapshot) -> tuple[Follow, Alert | None]:
    spot = follow.spot
    assert spot is not None
    if all(info.id != spot.document_id for info in snapshot.documents()):
        return follow, None  # the paper was taken out
    newest = assistant.editions.of(snapshot, spot.document_id)[-1]
    if newest.id == spot.document_id:
        return follow, None
    changes = assistant.editions.compare(snapshot, newest.id, spot.document_id).changes
    change = next((c for c in changes if c.kind == "figure" and _is_at(c, spot)), None)
    if change is None or change.now is None:
        return follow, None
    now = Spot(newest.id, change.now.start, change.now.end, change.now.text)
    moved = replace(follow, spot=now, last=now.text)
    return moved, Alert(_id(), follow.id, follow.label, _now(), spot.text, now.text, change.difference, spot, now)


def _is_at(change: Change, spot: Spot) -> bool:
    then = change.then
    return then is not None and (then.start, then.end, then.text) == (spot.start, spot.end, spot.text)


def _follow(row: dict[str, Any]) -> Follow:
    spot = Spot(**row["spot"]) if row.get("spot") else None
    return Follow(**{**row, "spot": spot, "known": tuple(row.get("known", ()))})


def _alert(row: dict[str, Any]) -> Alert:
    spots = {name: Spot(**row[name]) if row.get(name) else None for name in ("then_spot", "now_spot")}
    return Alert(**{**row, **spots, "sent": tuple((way, fault) for way, fault in row.get("sent", ()))})


def _id() -> str:
    return uuid.uuid4().hex[:12]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
