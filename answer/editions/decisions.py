"""What a person says of two papers: editions of one series, or not. A small file beside the index."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from filelock import FileLock

Said = Literal["joined", "parted"]
FILE = "editions.json"


class DecisionsDamaged(ValueError):  # noqa: N818 - a state
    """The file cannot be read. ``str(error)`` names it; ``message`` says in Japanese what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} cannot be read: {why}")
        remedy = "ファイルを直すか、削除してください（自動の判定に戻ります）。"
        self.message = f"版のつながりを記した {path} を読み取れません。{remedy}"


@dataclass(frozen=True)
class Decisions:
    """What was said of pairs of documents, by their ids; of all others the papers themselves decide."""

    said: Mapping[frozenset[str], Said] = field(default_factory=dict)

    def says(self, one: str, other: str) -> Said | None:
        return self.said.get(frozenset((one, other)))


def read_decisions(folder: Path) -> Decisions:
    """Return what is stored beside the index at ``folder``; nothing where there is no file. Raise DecisionsDamaged."""
    path = folder / FILE
    try:
        pairs = json.loads(path.read_text("utf-8"))["pairs"]
        said = {frozenset((pair["one"], pair["other"])): pair["said"] for pair in pairs}
        if not all(value in ("joined", "parted") and len(key) == 2 for key, value in said.items()):
            raise ValueError("a pair is neither joined nor parted")
    except FileNotFoundError:
        return Decisions()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DecisionsDamaged(path, str(error)) from error
    return Decisions(said)


def decide(folder: Path, one: str, other: str, said: Said | None) -> Decisions:
    """Store what a person says of two documents (None takes it back), and return all that is stored now.

    The file is replaced as a whole: whoever reads it meanwhile has the old or the new one. Raise ValueError for a
    document with itself.
    """
    if one == other:
        raise ValueError(f"a document is no edition of itself: {one}")
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{FILE}.lock"):
        pairs = dict(read_decisions(folder).said)
        pairs.pop(frozenset((one, other)), None)
        if said is not None:
            pairs[frozenset((one, other))] = said
        _write(folder / FILE, pairs)
    return Decisions(pairs)


def _write(path: Path, pairs: Mapping[frozenset[str], Said]) -> None:
    rows = [dict(zip(("one", "other"), sorted(key), strict=True)) | {"said": said} for key, said in pairs.items()]
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"pairs": rows}, ensure_ascii=False, indent=1) + "\n", "utf-8")
    os.replace(new, path)
