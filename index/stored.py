"""Documents of which no more is read than is looked at."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from index.database.parts import Parts
from index.database.records import places_of
from index.documents import DocumentInfo
from ingest.document import Block, Document, Page, Place, Table

_OF_INFO = (
    *("id", "source", "file", "kind", "paging", "title", "meeting", "published", "department"),
    *("warnings", "taken_from"),
)


class StoredPage(Page):
    """A page whose characters' places are read when they are looked at."""

    def __init__(self, parts: Parts, number: int, page: Page):
        self.__dict__.update(vars(page), _parts=parts, _version=number)
        del self.__dict__["char_boxes"]

    @property
    def char_boxes(self) -> bytes | None:
        found: bytes | None = self.__dict__["_parts"].boxes(self.__dict__["_version"], self.number)
        return found


class StoredDocument(Document):
    """A document of the index. It holds next to nothing itself: what was read lately is kept in ``Parts``."""

    def __init__(self, parts: Parts, number: int, info: DocumentInfo):
        """``number`` is that of the version, which never changes."""
        self.__dict__.update({name: getattr(info, name) for name in _OF_INFO}, _parts=parts, _number=number)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, StoredDocument)
            and self._number == other._number
            and self._parts.database is other._parts.database
        )

    def __hash__(self) -> int:
        return hash((self.id, self._number))

    def headings_at(self, offset: int) -> tuple[str, ...]:
        return self._parts.headings_at(self._number, offset)

    @property
    def _parts(self) -> Parts:
        found: Parts = self.__dict__["_parts"]
        return found

    @property
    def _number(self) -> int:
        number: int = self.__dict__["_number"]
        return number

    @property
    def text(self) -> str:
        return self._parts.texts([self._number])[self._number]

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        return tuple(StoredPage(self._parts, self._number, page) for page in self._parts.pages(self._number))

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self._parts.blocks(self._number)

    @property
    def tables(self) -> tuple[Table, ...]:
        return self._parts.tables(self._number)

    @property
    def places(self) -> tuple[Place, ...]:
        return places_of(self._of_body("places"))

    @property
    def sha256(self) -> str:
        return str(self._of_body("sha256"))

    @property
    def marked_headings(self) -> tuple[tuple[int, int, int], ...]:
        found: tuple[tuple[int, int, int], ...] = self._of_body("marked_headings")
        return found

    @property
    def lacks_ocr(self) -> bool:
        return bool(self._of_body("lacks_ocr"))

    def _of_body(self, name: str) -> Any:
        return self._parts.body(self._number)[name]
