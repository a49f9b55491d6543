"""Which documents of a collection a question is about."""

from __future__ import annotations

from dataclasses import dataclass

from index.documents import DocumentInfo


@dataclass(frozen=True)
class Group:
    """Whose papers: the name that whoever asks gave to some people, and the ids of the documents that are theirs."""

    name: str
    documents: frozenset[str]


@dataclass(frozen=True)
class Scope:
    """What a person narrowed the collection to; a field left empty narrows nothing.

    ``since`` and ``until`` bound the date of the document, both included, and may be given by year, month or day
    (例: 2024, 2024-02, 2024-02-29). A document without a date lies in no period.
    """

    documents: tuple[str, ...] = ()  # ids
    groups: tuple[Group, ...] = ()
    meetings: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is narrowed at all."""
        return self != Scope()

    def covers(self, document: DocumentInfo) -> bool:
        """Tell whether a document lies within."""
        published = document.published
        # Of two dates of unequal precision no more is compared than both say: 2024-02 may be 2024-02-29.
        return (
            (not self.documents or document.id in self.documents)
            and (not self.groups or any(document.id in group.documents for group in self.groups))
            and (not self.meetings or document.meeting in self.meetings)
            and (not self.departments or document.department in self.departments)
            and (
                not self.since or (published is not None and _cut(published, self.since) >= _cut(self.since, published))
            )
            and (
                not self.until or (published is not None and _cut(published, self.until) <= _cut(self.until, published))
            )
        )


def _cut(date: str, other: str) -> str:
    """Return an ISO date no finer than the other one. 例: 2024-02-29 beside 2024-02 → 2024-02"""
    return date[: len(other)]
