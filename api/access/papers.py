"""The one way from a route to what stands in the papers: nothing is read, searched or asked without a Caller."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from answer.answer import Answer, Passage
from answer.assistant import Assistant
from answer.events import Event
from api.access.caller import Caller
from api.access.state import Holdings
from api.problems import Problem
from api.schemas import ScopeBody
from index.documents import DocumentInfo
from index.protocols import IndexMissing
from index.retriever import Leg
from index.scope import Group, Scope
from index.snapshot import Snapshot
from ingest.document import Document


class Papers:
    """An assistant's collection, as far as whoever asks may see it."""

    def __init__(self, assistant: Assistant, holdings: Holdings):
        self.assistant = assistant
        self.holdings = holdings

    def snapshot(self, who: Caller) -> Snapshot:
        """Return the newest snapshot, in which no other documents exist; IndexMissing where nothing is indexed."""
        return self.assistant.collection.snapshot().only(who.visible)

    def catch_up(self, who: Caller, seen: str) -> None:
        """Answer nothing older from now on than the ``index`` of an answer that the caller has had."""
        try:
            if self.snapshot(who).id != seen:
                self.assistant.collection.catch_up(seen)
        except IndexMissing:
            return

    def documents(self, who: Caller) -> list[DocumentInfo]:
        """Return what the caller may see; nothing where nothing is indexed."""
        try:
            return self.snapshot(who).documents()
        except IndexMissing:
            return []

    def scope(self, who: Caller, body: ScopeBody | None) -> Scope | None:
        """Return what a body narrows the collection to, None where it narrows nothing; a Problem as ``group`` has."""
        if body is None:
            return None
        groups = tuple(self.group(who, name) for name in body.groups)
        return Scope(**{**body.model_dump(), "groups": groups}) or None

    def group(self, who: Caller, name: str) -> Group:
        """Return what the caller's group of this id or name holds.

        A Problem of status 404 where they are in none: whether others are is not told.
        """
        held = self.holdings.named(who, name)
        if held is None:
            title = "そのグループはありません。自分の入っているグループを選んでください。"
            raise Problem(404, "group-unknown", title, f"the caller is in no group {name[:80]!r}")
        return Group(name, held)

    def sees_all(self, who: Caller) -> bool:
        """Tell whether nothing of the collection is hidden from the caller."""
        if who.visible is None:
            return True
        try:
            return all(who.sees(info.id) for info in self.assistant.collection.snapshot().documents())
        except IndexMissing:
            return True

    def document(self, who: Caller, document_id: str) -> tuple[Snapshot, Document]:
        """Return a document with its snapshot; a Problem of status 404 if it is not there for the caller."""
        snapshot = self.snapshot(who)
        try:
            return snapshot, snapshot.document(document_id)
        except KeyError:
            raise unknown_document(document_id) from None

    def tell(self, who: Caller, question: str, **how: Any) -> Generator[Event, None, None]:
        """Yield what ``Assistant.tell`` does over what the caller may see."""
        return self.assistant.tell(question, visible=who.visible, **how)

    def whole(self, who: Caller, questions: Sequence[str]) -> str | None:
        """Return the last of some questions as a whole one, each read after the one before."""
        return self.assistant.whole(questions, visible=who.visible)

    def ask(self, who: Caller, question: str) -> Answer:
        return self.assistant.ask(question, visible=who.visible)

    def search(self, who: Caller, question: str, k: int, leg: Leg, scope: Scope | None) -> tuple[Passage, ...]:
        return self.assistant.search(question, k=k, leg=leg, scope=scope, visible=who.visible)


def unknown_document(document_id: str) -> Problem:
    """Return the one answer for a document that is hidden, was removed, or never was."""
    title = "その文書は見つかりません。取り除かれたか、新しい版に置き換わった可能性があります。"
    return Problem(404, "document-unknown", title, f"no document has the id {document_id[:80]!r}")
