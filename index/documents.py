"""What is said of a document without its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.document import Document, Source


@dataclass(frozen=True)
class DocumentInfo:
    """What a list of documents shows: everything but the text. ``pages``, ``chunks`` and ``facts`` are counts."""

    id: str
    file: str
    title: str
    meeting: str | None
    published: str | None
    department: str | None
    kind: str
    paging: str
    pages: int
    chunks: int
    facts: int
    source: str
    warnings: tuple[str, ...] = ()
    taken_from: dict[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Original:
    """The kept copy of a document's file; the index can be made again from these alone."""

    id: str
    source: str
    file: str
    sha256: str
    copy: str  # its name among the kept originals
    given: dict[str, str] = field(default_factory=dict)  # what a person has said of it: title, published, …
    lacks_ocr: bool = False  # it is read again once there is an engine for its pictures


def info_of(document: Document, chunks: int, facts: int) -> DocumentInfo:
    """Return what a list shows of a document that has so many chunks and facts."""
    return DocumentInfo(
        id=document.id,
        file=document.file,
        title=document.title,
        meeting=document.meeting,
        published=document.published,
        department=document.department,
        kind=document.kind,
        paging=document.paging,
        pages=len(document.pages),
        chunks=chunks,
        facts=facts,
        source=document.source,
        warnings=document.warnings,
        taken_from=document.taken_from,
    )
