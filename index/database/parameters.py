"""Many values as one parameter of a query, so that its text, and the plan that is made of it, stays the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import CTE, BigInteger, Text, text

from index.database.engine import Kind


def listed(kind: Kind, name: str, **columns: type[int] | type[str]) -> CTE:
    """Return a table of the rows that ``as_parameter`` gives to the parameter ``name``."""
    if kind == "postgresql":
        types = {int: "bigint", str: "text"}
        chosen = ", ".join(f"CAST(row ->> {n} AS {types[of]}) AS {c}" for n, (c, of) in enumerate(columns.items()))
        source = f"jsonb_array_elements(CAST(:{name} AS jsonb)) AS rows(row)"
    else:
        chosen = ", ".join(f"json_extract(value, '$[{n}]') AS {column}" for n, column in enumerate(columns))
        source = f"json_each(:{name})"
    of_ours = {column: BigInteger() if of is int else Text() for column, of in columns.items()}
    rows = text(f"SELECT {chosen} FROM {source}").columns(**of_ours).cte(name)
    # Made first, and by itself: where a table has row-level security, PostgreSQL looks nothing up in an index by what
    # is still to be computed from JSON, which might tell of rows that are hidden.
    return rows.prefix_with("MATERIALIZED", dialect="postgresql")


def as_parameter(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as ``listed`` takes them."""
    return json.dumps([list(row) for row in rows], ensure_ascii=False, separators=(",", ":"))
