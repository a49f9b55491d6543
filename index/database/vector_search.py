"""The chunks nearest to a vector: FAISS beside SQLite, pgvector within PostgreSQL."""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import Connection, text

from index.database.catalogue import Visible
from index.database.engine import Database
from index.database.faiss_vectors import FaissVectors
from index.database.keyword_search import Key
from index.database.parameters import as_parameter
from index.database.schema import vector_text
from index.protocols import IndexUnreachable, Vectors

EXACT = 50_000  # visible chunks that are all compared; above that PostgreSQL goes through its graph
WIDER = 4  # times as many are taken out of the graph, which holds half precision, and compared exactly
INDEX = "chunk_vectors_nearest"


class VectorSearch(Protocol):
    def search(
        self, connection: Connection, vectors: Vectors, k: int, visible: Visible
    ) -> list[list[tuple[Key, float]]]:
        """Return, for each row of float32 ``(n, dim)``, at most ``k`` (key, inner product) pairs, best first.

        Only what is ``visible`` is found: as many as that is, or ``k``.
        """
        ...


def open_vectors(database: Database) -> VectorSearch:
    """Return what finds vectors in a database; one for each database and process."""
    return PgVectors() if database.kind == "postgresql" else FaissVectors(database.folder)


class PgVectors:
    """Asks pgvector: exactly where few chunks are visible, by the graph of ``make_graph`` where there are many."""

    def __init__(self, exact: int = EXACT):
        """``exact`` is how many visible chunks are all compared."""
        self._exact = exact

    def search(
        self, connection: Connection, vectors: Vectors, k: int, visible: Visible
    ) -> list[list[tuple[Key, float]]]:
        most = len(visible.chunks)
        wanted = min(k, most)
        if wanted < 1:
            return [[] for _ in vectors]
        by_graph = most > self._exact and _has_graph(connection)
        if by_graph:
            connection.execute(text("SELECT CAST('[0]' AS vector)"))  # loads pgvector, which then checks its settings
            _set(connection, "hnsw.iterative_scan", "strict_order")
            _set(connection, "hnsw.ef_search", str(min(1000, max(100, WIDER * wanted))))
        given = {"papers": as_parameter((int(n),) for n in visible.numbers), "k": wanted}
        found = []
        for vector in vectors:
            asked = {**given, "asked": vector_text(vector)}
            rows = connection.execute(_by_graph(len(vector)), {**asked, "wider": WIDER * wanted}) if by_graph else None
            hits = _hits(rows) if rows is not None else []
            if len(hits) < wanted:  # a graph that is asked for few among many may give up before it has them
                hits = _hits(connection.execute(_EXACTLY, asked))
            if len(hits) != wanted:
                raise IndexUnreachable(
                    f"{len(hits)} vectors were found of {wanted} that are visible: run `tenkyo verify`",
                    f"{wanted}件あるはずのベクトルのうち{len(hits)}件しか見つかりません。"
                    "「tenkyo verify」で確かめてください。",
                )
            found.append(hits)
        return found


def make_graph(connection: Connection, dim: int) -> None:
    """Make PostgreSQL's graph over vectors of that dimension, unless there is one; minutes for a million."""
    connection.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {INDEX} ON chunk_vectors "
            f"USING hnsw ((vector::halfvec({int(dim)})) halfvec_ip_ops)"
        )
    )


_PAPERS = "SELECT CAST(row ->> 0 AS bigint) FROM jsonb_array_elements(CAST(:papers AS jsonb)) AS rows(row)"
_EXACTLY = text(
    "SELECT document, ordinal, -(vector <#> CAST(:asked AS vector)) AS score FROM chunk_vectors "
    f"WHERE document = ANY (ARRAY({_PAPERS})) ORDER BY score DESC, document, ordinal LIMIT :k"
)


def _by_graph(dim: int) -> Any:
    near = f"vector::halfvec({dim}) <#> CAST(:asked AS halfvec({dim}))"
    return text(
        "SELECT document, ordinal, -(vector <#> CAST(:asked AS vector)) AS score FROM ("
        f"SELECT document, ordinal, vector FROM chunk_vectors WHERE document = ANY (ARRAY({_PAPERS})) "
        f"ORDER BY {near} LIMIT :wider) AS near ORDER BY score DESC, document, ordinal LIMIT :k"
    )


def _hits(rows: Any) -> list[tuple[Key, float]]:
    return [((document, ordinal), float(score)) for document, ordinal, score in rows]


def _has_graph(connection: Connection) -> bool:
    there = text("SELECT to_regclass(format('%I.%I', current_schema(), CAST(:name AS text))) IS NOT NULL")
    return bool(connection.scalar(there, {"name": INDEX}))


def _set(connection: Connection, name: str, value: str) -> None:
    """Change a setting for this transaction, and see that it is so: pgvector only warns of a value it does not know."""
    connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
    held = connection.scalar(text("SELECT current_setting(:name)"), {"name": name})
    if held != value:
        raise IndexUnreachable(
            f"PostgreSQL's setting {name} is {held} after it was set to {value}: install pgvector 0.8 or newer",
            f"PostgreSQL の設定 {name} を {value} にできません（{held}）。pgvector を 0.8 以上にしてください。",
        )
