"""The editions of a collection: which paper follows which, and what changed from one to the other, kept once found."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from threading import Lock

from answer.editions.comparing import compare
from answer.editions.decisions import Decisions, Said, decide, read_decisions
from answer.editions.differences import Change
from answer.editions.pairing import edition_before, editions_of, headings_of
from answer.editions.paper import Paper
from index.database.notes import Notes
from index.documents import DocumentInfo
from index.snapshot import Snapshot

_KEPT = 16  # comparisons
_HEADINGS_KEPT = 4096  # papers


class NoEditionBefore(LookupError):  # noqa: N818 - a state
    """No other paper is known as an earlier edition. ``message`` says in Japanese what to do."""

    def __init__(self, info: DocumentInfo) -> None:
        super().__init__(f"no earlier edition of document {info.id} is known")
        self.message = (
            f"「{info.title}」の前の版とわかる資料がありません。"
            "比べる2つの資料を指定するか、資料のページで同じシリーズとして登録してください。"
        )


@dataclass(frozen=True)
class Comparison:
    """What changed from one edition to the next, the weightiest first."""

    then: DocumentInfo
    now: DocumentInfo
    changes: tuple[Change, ...]


class Editions:
    """The editions of a collection, whose notes say what people decided. Safe to use from several threads."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._kept: OrderedDict[tuple[int, int], Comparison] = OrderedDict()  # by the numbers of both versions
        self._headings: OrderedDict[int, frozenset[str]] = OrderedDict()
        self._lock = Lock()

    def decisions(self) -> Decisions:
        return read_decisions(self._notes)

    def decide(self, one: str, other: str, said: Said | None) -> None:
        """Store what a person says of two documents; None takes it back."""
        decide(self._notes, one, other, said)

    def of(self, snapshot: Snapshot, document_id: str) -> list[DocumentInfo]:
        """Return the editions of a paper's series, itself among them, oldest first; KeyError if it is not there."""
        headings = partial(self._headings_of, snapshot)
        return editions_of(document_id, snapshot.documents(), headings, self.decisions())

    def before(self, snapshot: Snapshot, document_id: str) -> DocumentInfo | None:
        """Return the edition before a paper; None for the first, KeyError if the paper is not there."""
        return edition_before(self.of(snapshot, document_id), document_id)

    def compare(self, snapshot: Snapshot, now: str, then: str | None = None) -> Comparison:
        """Return what changed in ``now`` since ``then``, or since the edition before it.

        Raise KeyError for a document that is not there, NoEditionBefore where none is known.
        """
        infos = {info.id: info for info in snapshot.documents()}
        if then is None:
            before = self.before(snapshot, now)
            if before is None:
                raise NoEditionBefore(infos[now])
            then = before.id
        key = snapshot.version(then), snapshot.version(now)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        papers = (Paper(snapshot.document(id_), tuple(snapshot.facts(id_))) for id_ in (then, now))
        found = Comparison(infos[then], infos[now], compare(*papers))
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _headings_of(self, snapshot: Snapshot, document_id: str) -> frozenset[str]:
        key = snapshot.version(document_id)
        with self._lock:
            if key in self._headings:
                return self._headings[key]
        found = headings_of(snapshot.document(document_id))
        with self._lock:
            self._headings[key] = found
            while len(self._headings) > _HEADINGS_KEPT:
                self._headings.popitem(last=False)
        return found
