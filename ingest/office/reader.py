"""The reader of Office files and web pages: a child process (``python -m ingest.office.reader PATH KIND``).

It says what ``ingest.assemble`` describes. A kind is read by one module with one library.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.child import limit_memory, limit_time, say
from ingest.office.package import MOST_AS_TREE, MOST_STREAMED, RefusedError, open_package

_SECONDS = 20  # of computing: 50,000 rows of eight cells take 9


def main(arguments: Sequence[str]) -> int:
    path, kind = Path(arguments[0]), arguments[1]
    limit_memory()
    limit_time(_SECONDS)
    gc.disable()  # a child is short, its memory is limited, and half a million cells are no garbage
    try:
        head, pages = _read(path, kind)
    except RefusedError as error:
        return say({"error": error.kind, "detail": str(error)})
    except (MemoryError, RecursionError) as error:
        return say({"error": "large", "detail": type(error).__name__})
    except Exception as error:  # libraries raise what they like on files that are not what they should be
        return say({"error": "broken", "detail": f"{type(error).__name__}: {error}"[:300]})
    say({"pages": len(pages), **head})
    for page in pages:
        say(page)
    return 0


def _read(path: Path, kind: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if kind == "html":
        from ingest.office.web import read_web

        return read_web(path)
    package = open_package(path, MOST_STREAMED if kind == "sheet" else MOST_AS_TREE)
    if kind == "word":
        from ingest.office.word import read_word

        return read_word(package)
    if kind == "slides":
        from ingest.office.slides import read_slides

        return read_slides(package)
    from ingest.office.sheets import read_sheets

    return read_sheets(package)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
