"""Small files of JSON beside the index, each of one machine: what it watches, and what it has fetched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def replace_json(path: Path, body: Any) -> None:
    """Put this in place of what a file held: the whole of it or, if that fails, nothing. Its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(body, file, separators=(",", ":"))  # in ASCII: the name of a file may be no text at all
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
