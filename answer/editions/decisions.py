"""What a person says of two papers: editions of one series, or not. It is kept beside the papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from index.database.notes import Form, Notes

Said = Literal["joined", "parted"]
NAME = "editions"


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


def read_decisions(notes: Notes) -> Decisions:
    """Return what is kept beside the papers. Raise DecisionsDamaged for a file of before there was a place for it."""
    return notes.read(NAME, FORM)


def decide(notes: Notes, one: str, other: str, said: Said | None) -> Decisions:
    """Keep what a person says of two documents (None takes it back), and return all that is kept now.

    Raise ValueError for a document with itself.
    """
    if one == other:
        raise ValueError(f"a document is no edition of itself: {one}")

    def changed(held: Decisions) -> Decisions:
        pairs = {pair: what for pair, what in held.said.items() if pair != frozenset((one, other))}
        return Decisions(pairs if said is None else {**pairs, frozenset((one, other)): said})

    return notes.change(NAME, FORM, changed)


def _read(body: Any) -> Decisions:
    said = {frozenset((pair["one"], pair["other"])): pair["said"] for pair in body["pairs"]}
    if not all(value in ("joined", "parted") and len(key) == 2 for key, value in said.items()):
        raise ValueError("a pair is neither joined nor parted")
    return Decisions(said)


def _written(held: Decisions) -> Any:
    pairs = [dict(zip(("one", "other"), sorted(key), strict=True)) | {"said": said} for key, said in held.said.items()]
    return {"pairs": pairs}


def _merged(held: Decisions, other: Decisions) -> Decisions:
    """Return what both say; where they differ, what is kept already holds for all machines."""
    return Decisions({**other.said, **held.said})


FORM = Form(Decisions(), _read, _written, _merged, DecisionsDamaged)
