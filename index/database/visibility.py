"""What a transaction is told of its reader, and what PostgreSQL then shows it: rows of those versions, of no others.

Row-level security stands behind the masks that every query bears: a query without one finds no more than its reader
may see. The policies are made by the migration ``v0004``; SQLite, which knows none, is one person's or one server's
file.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

SETTING = "tenkyo.visible"
EVERYTHING = "all"  # said by whoever takes papers in, counts, checks or backs up, and where there are no accounts
NOTHING = ""  # as a transaction is that has been told nothing

_SHOW = text(f"SELECT set_config('{SETTING}', :visible, true)")


def of_versions(numbers: npt.NDArray[np.int64]) -> str:
    """Return the versions of these numbers as PostgreSQL reads them: a bit for each number, from 0. 例: [1, 3] → x50"""
    if not len(numbers):
        return NOTHING
    bits = np.zeros(int(numbers.max()) + 1, np.bool_)
    bits[numbers] = True
    return f"x{np.packbits(bits).tobytes().hex()}"


def show(connection: Connection, visible: str) -> None:
    """Let a transaction of PostgreSQL see these rows until its end, and whoever has its connection next see none."""
    if visible:
        connection.execute(_SHOW, {"visible": visible})
