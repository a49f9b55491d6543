"""Many rows at once."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table, insert

from index.database.engine import Database
from index.database.records import Values
from index.database.schema import vector_text


def insert_rows(connection: Connection, database: Database, table: Table, rows: Iterable[Values]) -> None:
    """Insert many rows; by COPY where there is one, which takes a third of the time."""
    values = list(rows)
    if not values:
        return
    if database.kind == "sqlite":
        connection.execute(insert(table), values)
        return
    names = list(values[0])
    quoted = ", ".join(f'"{name}"' for name in names)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({quoted}) FROM STDIN") as copy:
        for row in values:
            copy.write_row([vector_text(row[n]) if n == "vector" else row[n] for n in names])
