"""Follows: figures and questions that somebody wants to hear of when a new paper changes them.

They are kept beside the papers: where there are accounts, everybody's for themselves.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from answer.answer import Answer, QuestionError
from answer.editions.differences import Change
from index.database.notes import Form, Notes
from index.snapshot import Snapshot
from ingest.japanese import fold

if TYPE_CHECKING:
    from answer.assistant import Assistant

NAME = "follows"
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
    """The follows and alerts of a collection. Safe to use from several threads and processes.

    ``owner`` is whose they are where there are accounts: an id. ``visible`` of each method are the documents that
    exist for them; None where all do.
    """

    def __init__(self, notes: Notes, owner: str | None = None) -> None:
        self._notes = notes
        self._name = NAME if owner is None else f"{NAME}-{owner}"

    def held(self, visible: frozenset[str] | None = None) -> Held:
        """Return what is kept. Raise FollowsDamaged for a file of before there was a place for it."""
        return self._notes.read(self._name, FORM).within(visible)

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
        def added(held: Held) -> Held:
            if any(_is_same(follow, one) for one in held.follows):
                return held
            if len(held.follows) >= MOST:
                raise ValueError(f"{MOST} follows are there already")
            return replace(held, follows=(*held.follows, follow))

        return next(one for one in self._change(added).follows if _is_same(follow, one))

    def drop(self, follow_id: str, visible: frozenset[str] | None = None) -> None:
        """Follow something no longer; its alerts stay. KeyError if there is no such follow."""

        def dropped(held: Held) -> Held:
            if all(f.id != follow_id for f in held.within(visible).follows):
                raise KeyError(follow_id)
            return replace(held, follows=tuple(f for f in held.follows if f.id != follow_id))

        self._change(dropped)

    def see(self, visible: frozenset[str] | None = None) -> None:
        """Mark all alerts as seen."""

        def seen(held: Held) -> Held:
            shown = {alert.id for alert in held.within(visible).alerts}
            return replace(held, alerts=tuple(replace(a, seen=a.seen or a.id in shown) for a in held.alerts))

        self._change(seen)

    def check(
        self, assistant: Assistant, send: Send | None = None, visible: frozenset[str] | None = None
    ) -> tuple[Alert, ...]:
        """Look whether new papers changed what is followed; return the new alerts, each told by ``send`` once.

        An index that was looked at before is not looked at again.
        """
        before = self.held()
        if not before.follows:
            return ()
        snapshot = assistant.collection.snapshot().only(visible)
        if before.checked == snapshot.id:
            return ()
        # Nobody is kept from writing while this looks.
        looked: dict[Follow, tuple[Follow, Alert | None]] = {}
        for follow in before.follows:
            known = follow.within(visible)
            looked[follow] = (follow, None) if known is None else _looked_at(known, assistant, snapshot, visible)
        new: list[Alert] = []

        def moved(held: Held) -> Held:
            new.clear()
            if held.checked == snapshot.id:  # somebody has looked meanwhile, and told
                return held
            # What was dropped meanwhile is told no more, and what has come is looked at the next time.
            found = [looked.get(follow, (follow, None)) for follow in held.follows]
            new.extend(alert for _, alert in found if alert is not None)
            is_all = all(follow in looked for follow in held.follows)
            alerts = (*new, *held.alerts)[:ALERTS_KEPT]
            return Held(tuple(follow for follow, _ in found), alerts, snapshot.id if is_all else held.checked)

        # What is found is kept before it is told: a server that does not answer takes nothing back.
        self._change(moved)
        if send is None or not new:
            return tuple(new)
        told = {alert.id: replace(alert, sent=send(alert)) for alert in new}
        self._change(lambda held: replace(held, alerts=tuple(_with_sent(a, told) for a in held.alerts)))
        return tuple(told.values())

    def _change(self, do: Callable[[Held], Held]) -> Held:
        return self._notes.change(self._name, FORM, do)


def _is_same(one: Follow, other: Follow) -> bool:
    """Tell whether two follow the same."""
    return (one.question, one.spot) == (other.question, other.spot)


def _with_sent(alert: Alert, told: Mapping[str, Alert]) -> Alert:
    return replace(alert, sent=told[alert.id].sent) if alert.id in told else alert


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


def _read(body: Any) -> Held:
    follows, alerts = tuple(map(_follow, body["follows"])), tuple(map(_alert, body["alerts"]))
    return Held(follows, alerts, body.get("checked"))


def _merged(held: Held, other: Held) -> Held:
    """Return what two machines follow: what both do once, and every alert. All of it is looked at anew."""
    if held == Held():
        return other
    follows = [*held.follows, *(f for f in other.follows if not any(_is_same(f, one) for one in held.follows))]
    alerts = {alert.id: alert for alert in (*other.alerts, *held.alerts)}
    newest = sorted(alerts.values(), key=lambda alert: alert.time, reverse=True)
    return Held(tuple(follows), tuple(newest[:ALERTS_KEPT]))


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


FORM = Form(Held(), _read, asdict, _merged, FollowsDamaged)
