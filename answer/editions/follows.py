"""Follows: figures and questions that somebody wants to hear of when a new paper changes them.

They stand in a file beside the index: where there are accounts, everybody's in a file of their own.
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
    documents: tuple[str, ...] = ()  # that say what was known last

    def within(self, visible: frozenset[str] | None) -> Follow | None:
        """Return it for a reader who sees these documents alone (None: all); None where it is not there for them.

        A question is the reader's own; of what a hidden paper answered, nothing is known.
        """
        if visible is None or visible.issuperset(self.documents):
            return self
        return replace(self, last=None, documents=()) if self.spot is None else None


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
    documents: tuple[str, ...] = ()  # that say what was and what is


@dataclass(frozen=True)
class Held:
    follows: tuple[Follow, ...] = ()
    alerts: tuple[Alert, ...] = ()  # newest first
    checked: str | None = None  # the snapshot that was looked at last

    def within(self, visible: frozenset[str] | None) -> Held:
        """Return what there is for a reader who sees these documents alone; all of it for one who sees all (None)."""
        if visible is None:
            return self
        follows = (follow.within(visible) for follow in self.follows)
        alerts = (alert for alert in self.alerts if visible.issuperset(alert.documents))
        return replace(self, follows=tuple(f for f in follows if f is not None), alerts=tuple(alerts))


Send = Callable[[Alert], tuple[tuple[str, str], ...]]


class Follows:
    """The follows and alerts of the index at ``folder``. Safe to use from several threads and processes.

    ``owner`` is whose they are where there are accounts: an id. ``visible`` of each method are the documents that
    exist for them; None where all do.
    """

    def __init__(self, folder: Path, owner: str | None = None) -> None:
        self.path = folder / (FILE if owner is None else f"follows-{owner}.json")

    def held(self, visible: frozenset[str] | None = None) -> Held:
        """Return what is stored; nothing where there is no file. Raise FollowsDamaged."""
        return self._stored().within(visible)

    def _stored(self) -> Held:
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

    def follow_question(self, assistant: Assistant, question: str, visible: frozenset[str] | None = None) -> Follow:
        """Follow the answer to a question, from what it is now on. Raise QuestionError for what is none."""
        answer = assistant.ask(question, visible=visible)
        known = tuple(info.id for info in assistant.collection.snapshot().only(visible).documents())
        last, cited = (answer.answer, _cited(answer)) if answer.status == "answered" else (None, ())
        return self._add(Follow(_id(), "question", question, _now(), question, None, last, known, cited))

    def follow_figure(self, label: str, spot: Spot) -> Follow:
        """Follow a figure that a paper gives, from the edition after it on."""
        return self._add(Follow(_id(), "figure", label, _now(), None, spot, spot.text, (), (spot.document_id,)))

    def _add(self, follow: Follow) -> Follow:
        with self._writing() as held:
            same = next((f for f in held.follows if (f.question, f.spot) == (follow.question, follow.spot)), None)
            if same is not None:
                return same
            if len(held.follows) >= MOST:
                raise ValueError(f"{MOST} follows are there already")
            self._write(replace(held, follows=(*held.follows, follow)))
        return follow

    def drop(self, follow_id: str, visible: frozenset[str] | None = None) -> None:
        """Follow something no longer; its alerts stay. KeyError if there is no such follow."""
        with self._writing() as held:
            if all(f.id != follow_id for f in held.within(visible).follows):
                raise KeyError(follow_id)
            self._write(replace(held, follows=tuple(f for f in held.follows if f.id != follow_id)))

    def see(self, visible: frozenset[str] | None = None) -> None:
        """Mark all alerts as seen."""
        with self._writing() as held:
            shown = {alert.id for alert in held.within(visible).alerts}
            self._write(replace(held, alerts=tuple(replace(a, seen=a.seen or a.id in shown) for a in held.alerts)))

    def check(
        self, assistant: Assistant, send: Send | None = None, visible: frozenset[str] | None = None
    ) -> tuple[Alert, ...]:
        """Look whether new papers changed what is followed; return the new alerts, each told by ``send`` once.

        An index that was looked at before is not looked at again.
        """
        if not self.held().follows:
            return ()
        snapshot = assistant.collection.snapshot().only(visible)
        with self._writing() as held:
            if held.checked == snapshot.id:
                return ()
            follows: list[Follow] = []
            new: list[Alert] = []
            for follow in held.follows:
                known = follow.within(visible)
                moved, alert = (follow, None) if known is None else _looked_at(known, assistant, snapshot, visible)
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
        with FileLock(self.path.with_name(f"{self.path.name}.lock")):
            yield self._stored()

    def _write(self, held: Held) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(asdict(held), ensure_ascii=False, indent=1) + "\n", "utf-8")
        os.replace(new, self.path)


def _looked_at(
    follow: Follow, assistant: Assistant, snapshot: Snapshot, visible: frozenset[str] | None
) -> tuple[Follow, Alert | None]:
    """Return a follow as it goes on, and the alert where a new paper changed it."""
    if follow.question is not None:
        return _asked_again(follow, assistant, snapshot, visible)
    return _compared(follow, assistant, snapshot)


def _asked_again(
    follow: Follow, assistant: Assistant, snapshot: Snapshot, visible: frozenset[str] | None
) -> tuple[Follow, Alert | None]:
    assert follow.question is not None
    try:
        answer = assistant.ask(follow.question, visible=visible)
    except QuestionError as error:  # the rules of what can be asked have changed
        log.info("a followed question cannot be asked: %s", error)
        return follow, None
    known = tuple(info.id for info in snapshot.documents())
    if answer.status != "answered":
        return replace(follow, known=known), None
    is_new = any(c.document_id not in follow.known for c in answer.citations)
    moved = replace(follow, known=known, last=answer.answer, documents=_cited(answer))
    if not is_new or (follow.last is not None and fold(follow.last) == fold(answer.answer)):
        return moved, None
    return moved, _alert_of(follow, answer)


def _alert_of(follow: Follow, answer: Answer) -> Alert:
    cited = next(c for c in answer.citations if c.document_id not in follow.known)
    spot = Spot(cited.document_id, cited.start, cited.end, answer.answer)
    both = tuple(dict.fromkeys((*follow.documents, *_cited(answer))))
    return Alert(_id(), follow.id, follow.label, _now(), follow.last, answer.answer, None, None, spot, documents=both)


def _cited(answer: Answer) -> tuple[str, ...]:
    """Return the documents that an answer stands on."""
    return tuple(dict.fromkeys(citation.document_id for citation in answer.citations))


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
    moved = replace(follow, spot=now, last=now.text, documents=(now.document_id,))
    both, told = (spot.document_id, now.document_id), (spot.text, now.text, change.difference)
    return moved, Alert(_id(), follow.id, follow.label, _now(), *told, spot, now, documents=both)


def _is_at(change: Change, spot: Spot) -> bool:
    then = change.then
    return then is not None and (then.start, then.end, then.text) == (spot.start, spot.end, spot.text)


def _follow(row: dict[str, Any]) -> Follow:
    spot = Spot(**row["spot"]) if row.get("spot") else None
    listed = {name: tuple(row.get(name, ())) for name in ("known", "documents")}
    return Follow(**{**row, "spot": spot, **listed})


def _alert(row: dict[str, Any]) -> Alert:
    spots = {name: Spot(**row[name]) if row.get(name) else None for name in ("then_spot", "now_spot")}
    sent = tuple((way, fault) for way, fault in row.get("sent", ()))
    return Alert(**{**row, **spots, "sent": sent, "documents": tuple(row.get("documents", ()))})


def _id() -> str:
    return uuid.uuid4().hex[:12]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
