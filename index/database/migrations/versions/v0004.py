"""Row-level security in PostgreSQL: a transaction sees the rows of the versions that it was told of, and no others."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

_TOLD = "(SELECT current_setting('tenkyo.visible', true))"
_BITS = "(SELECT nullif(current_setting('tenkyo.visible', true), 'all')::varbit)"
_OF_VERSION = ("chunk_postings", "fact_postings", "chunk_vectors", "facts", "stretches", "chunks", "blocks", "pages")
_BY_NUMBER = {"documents": "number", **dict.fromkeys((*_OF_VERSION, "texts"), "document")}
_ELSE = {
    **{
        # Beyond the last bit there is none, which is no error. To be greater, and not equal, makes the planner expect
        # some of the rows, not next to none of them: then it would no longer take the graph of the vectors.
        table: f"substring({_BITS} FROM {column} + 1 FOR 1) > B'0'"
        for table, column in _BY_NUMBER.items()
    },
    # Each is seen by whoever sees what it is of: the tables that are asked here have policies of their own. OFFSET 0
    # keeps the planner from reading all postings at once for the few words that are looked up.
    "originals": "EXISTS (SELECT FROM documents WHERE documents.sha256 = originals.sha256)",
    **{
        table: f"EXISTS (SELECT FROM chunk_postings WHERE term = {table}.{column} OFFSET 0) "
        f"OR EXISTS (SELECT FROM fact_postings WHERE term = {table}.{column} OFFSET 0)"
        for table, column in {"terms": "number", "vocabulary": "term"}.items()
    },
    # No question is put to these: they are looked through for whoever asks.
    **dict.fromkeys(("jobs", "job_files", "feedback", "notes"), "false"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, seen in _ELSE.items():
        op.execute(f"CREATE POLICY seen ON {table} USING (CASE {_TOLD} WHEN 'all' THEN true ELSE {seen} END)")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")  # for the owner too, whose role the program has
