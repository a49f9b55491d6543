"""Parts of papers, read when they are asked for and kept as far as memory allows: a version never changes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, select

from index.cache import Cache
from index.database import schema
from index.database.engine import Database
from index.database.parameters import as_parameter, listed
from index.database.records import block_of, fact_bodies, fact_of, fields, inflate, page_of, tables_of, unpack_paths
from index.database.stretches import Outline, Stretch, unpack_outline, unpack_stretch
from index.database.visibility import EVERYTHING
from index.protocols import GenerationGone
from ingest.document import Block, Fact, Page
from ingest.document import Table as PaperTable

# Bytes that are kept of each kind.
TEXTS, OUTLINES, OTHERS = 32 << 20, 24 << 20, 32 << 20
SIGNATURES = 256 << 20  # 8 KiB each; all are looked at when something is in none
FAR = 1 << 31  # behind the end of every text


@dataclass(frozen=True)
class _Outlined:
    """A version's outline, with the id of its document and the paths of its headings."""

    id: str
    outline: Outline
    paths: tuple[tuple[str, ...], ...]


class Parts:
    """The parts of a database's papers, by the number of the version. Safe from threads."""

    def __init__(self, database: Database):
        self.database = database
        self._visible = EVERYTHING
        self._texts = Cache[int, str](TEXTS, lambda text: 2 * len(text) + 100)
        self._outlines = Cache[int, _Outlined](
            OUTLINES, lambda held: 8 * len(held.outline) + 200 * len(held.paths) + 300
        )
        self._signatures = Cache[int, bytes](SIGNATURES, len)
        self._others = Cache[tuple[str, int], tuple[Any, int]](OTHERS, lambda held: held[1])

    def only(self, visible: str) -> Parts:
        """Return these for a reader: what is read, is read as theirs, see ``visibility``; what is kept, is for all."""
        found = copy(self)
        found._visible = visible
        return found

    def texts(self, numbers: Iterable[int]) -> dict[int, str]:
        """Return whole texts."""

        def read(missing: Sequence[int]) -> dict[int, str]:
            pieces: dict[int, list[str]] = {number: [] for number in missing}
            for row in self._rows(schema.texts, missing, "start"):
                pieces[row.document].append(inflate(row.body))
            if not all(pieces.values()):
                raise _gone()
            return {number: "".join(some) for number, some in pieces.items()}

        return self._texts.all(numbers, read)

    def outlines(self, numbers: Iterable[int]) -> dict[int, Outline]:
        return {number: held.outline for number, held in self._outlined(numbers).items()}

    def signatures(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """Return what tells of versions that they do not hold a text, see ``ingest.kana.signature``."""

        def read(missing: Sequence[int]) -> dict[int, bytes]:
            documents = schema.documents
            wanted = listed(self.database.kind, "papers", document=int)
            query = select(documents.c.number, documents.c.signature)
            query = query.join_from(wanted, documents, documents.c.number == wanted.c.document)
            with self.database.reading(self._visible) as connection:
                rows = connection.execute(query, {"papers": as_parameter((number,) for number in missing)}).all()
            if len(rows) < len(missing):
                raise _gone()
            return {row.number: zlib.decompress(row.signature) for row in rows}

        return self._signatures.all(numbers, read)

    def paths(self, numbers: Iterable[int]) -> dict[int, tuple[tuple[str, ...], ...]]:
        """Return the paths of headings of versions."""
        return {number: held.paths for number, held in self._outlined(numbers).items()}

    def stretches(self, keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Stretch]:
        """Return stretches by (version, ordinal): three queries at most, however many there are."""
        wanted = sorted(set(keys))
        outlined = self._outlined(number for number, _ in wanted)
        areas = {key: outlined[key[0]].outline.area(key[1]) for key in wanted}
        stretches, facts = schema.stretches, schema.facts
        keyed = listed(self.database.kind, "keys", document=int, ordinal=int)
        same = (stretches.c.document == keyed.c.document) & (stretches.c.ordinal == keyed.c.ordinal)
        area = listed(self.database.kind, "areas", document=int, ordinal=int, low=int, high=int)
        inside = (facts.c.document == area.c.document) & (facts.c.start >= area.c.low) & (facts.c.start < area.c.high)
        of_stretch = select(area.c.ordinal.label("stretch"), facts).join_from(area, facts, inside)
        places = as_parameter((n, at, low, FAR if high is None else high) for (n, at), (low, high) in areas.items())
        with self.database.reading(self._visible) as connection:
            bodies = connection.execute(
                select(stretches).join_from(keyed, stretches, same), {"keys": as_parameter(wanted)}
            ).all()
            rows = connection.execute(of_stretch, {"areas": places}).all()
        held: dict[tuple[int, int], list[tuple[Row[Any], Any]]] = {}
        for row, body in zip(rows, fact_bodies(rows), strict=True):
            held.setdefault((row.document, row.stretch), []).append((row, body))
        found: dict[tuple[int, int], Stretch] = {}
        for row in bodies:
            number, key = row.document, (row.document, row.ordinal)
            paths, id_ = outlined[number].paths, outlined[number].id
            low, statements = unpack_stretch(row.body, paths)
            mine = sorted(held.get(key, ()), key=lambda fact: (fact[0].start, fact[0].ordinal))
            facts_of = tuple(fact_of(fact, body, id_, paths[fact.path]) for fact, body in mine)
            found[key] = Stretch(low, statements, facts_of)
        if len(found) < len(wanted):
            raise _gone()
        return found

    def facts(self, number: int) -> list[Fact]:
        """Return all facts of a version in order."""

        def read() -> tuple[list[Fact], int]:
            held = self._outlined([number])[number]
            rows = self._rows(schema.facts, [number], "ordinal")
            bodies = fact_bodies(rows)
            found = [fact_of(row, b, held.id, held.paths[row.path]) for row, b in zip(rows, bodies, strict=True)]
            return found, 1500 * len(found) + 100

        return list(self._kept("facts", number, read))

    def body(self, number: int) -> Mapping[str, Any]:
        """Return the fields of a document that have no place of their own."""

        def read() -> tuple[Mapping[str, Any], int]:
            body = inflate(self._cell(schema.documents.c.body, number))
            return fields(body), 4 * len(body) + 500

        found: Mapping[str, Any] = self._kept("body", number, read)
        return found

    def tables(self, number: int) -> tuple[PaperTable, ...]:
        def read() -> tuple[tuple[PaperTable, ...], int]:
            found = tables_of(self._cell(schema.documents.c.tables, number))
            return found, 200 * sum(len(table.cells) for table in found) + 300 * len(found) + 100

        found: tuple[PaperTable, ...] = self._kept("tables", number, read)
        return found

    def blocks(self, number: int) -> tuple[Block, ...]:
        def read() -> tuple[tuple[Block, ...], int]:
            paths = self._outlined([number])[number].paths
            rows = self._rows(schema.blocks, [number], "ordinal")
            found = tuple(block_of(row, paths[row.path]) for row in rows)
            return found, 300 * len(found) + 100

        found: tuple[Block, ...] = self._kept("blocks", number, read)
        return found

    def headings_at(self, number: int, offset: int) -> tuple[str, ...]:
        """Return the headings of the block that holds a place; none where there is none."""
        blocks = schema.blocks
        query = (
            select(blocks.c.path, blocks.c.stop)
            .where(blocks.c.document == number, blocks.c.start <= offset, blocks.c.stop > offset)
            .order_by(blocks.c.ordinal)
            .limit(1)
        )
        with self.database.reading(self._visible) as connection:
            row = connection.execute(query).first()
        return self._outlined([number])[number].paths[row.path] if row is not None else ()

    def pages(self, number: int) -> tuple[Page, ...]:
        """Return the pages without the places of their characters."""

        def read() -> tuple[tuple[Page, ...], int]:
            pages = schema.pages
            columns = [column for column in pages.c if column.name != "boxes"]
            with self.database.reading(self._visible) as connection:
                query = select(*columns).where(pages.c.document == number).order_by(pages.c.number)
                found = tuple(page_of(row, None) for row in connection.execute(query))
            return found, 400 * len(found) + 100

        found: tuple[Page, ...] = self._kept("pages", number, read)
        return found

    def boxes(self, number: int, page: int) -> bytes | None:
        """Return the places of a page's characters, see ``Page``."""

        def read() -> tuple[bytes | None, int]:
            pages = schema.pages
            query = select(pages.c.boxes).where(pages.c.document == number, pages.c.number == page)
            with self.database.reading(self._visible) as connection:
                held = connection.scalar(query)
            found = None if held is None else zlib.decompress(held)
            return found, len(found or b"") + 100

        found: bytes | None = self._kept(f"boxes {page}", number, read)
        return found

    def _outlined(self, numbers: Iterable[int]) -> dict[int, _Outlined]:

        def read(missing: Sequence[int]) -> dict[int, _Outlined]:
            documents = schema.documents
            wanted = listed(self.database.kind, "papers", document=int)
            query = select(*(documents.c[name] for name in ("number", "id", "starts", "orders", "paths")))
            query = query.join_from(wanted, documents, documents.c.number == wanted.c.document)
            with self.database.reading(self._visible) as connection:
                rows = connection.execute(query, {"papers": as_parameter((number,) for number in missing)}).all()
            if len(rows) < len(missing):
                raise _gone()
            return {
                row.number: _Outlined(row.id, unpack_outline(row.starts, row.orders), unpack_paths(row.paths))
                for row in rows
            }

        return self._outlines.all(numbers, read)

    def _kept(self, name: str, number: int, read: Any) -> Any:
        return self._others.get((name, number), read)[0]

    def _cell(self, column: Any, number: int) -> bytes:
        with self.database.reading(self._visible) as connection:
            found = connection.scalar(select(column).where(schema.documents.c.number == number))
        if found is None:
            raise _gone()
        return bytes(found)

    def _rows(self, table: Table, numbers: Sequence[int], order: str) -> Sequence[Row[Any]]:
        wanted = listed(self.database.kind, "papers", document=int)
        query = select(table).join_from(wanted, table, table.c.document == wanted.c.document)
        query = query.order_by(table.c.document, table.c[order])
        with self.database.reading(self._visible) as connection:
            return connection.execute(query, {"papers": as_parameter((number,) for number in numbers)}).all()


def _gone() -> GenerationGone:
    return GenerationGone(
        "a paper has been replaced and cleared away while it was read: look again",
        "読んでいる間に資料が差し替えられました。もう一度お試しください。",
    )
