"""How styles and properties of a Word file set its text: headings, lists, what is hidden, struck through or raised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.marks import Run

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Styles:
    """What the styles of a document say: headings, hidden text, numbering. Styles are based on others."""

    def __init__(self, element: Any) -> None:
        self._by_id = {style.get(W + "styleId"): style for style in element.iter(W + "style")}
        self._looks: dict[str | None, Look] = {}
        self.usual = look_of(element.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))
        self.normal = next((id_ for id_, s in self._by_id.items() if _is_usual(s)), None)

    def chain(self, style_id: str | None) -> Iterator[Any]:
        """Yield a style and those it is based on."""
        seen: set[str | None] = set()
        while style_id in self._by_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id[style_id]
            yield style
            based = style.find(W + "basedOn")
            style_id = based.get(W + "val") if based is not None else None

    def name(self, style_id: str | None) -> str:
        style = self._by_id.get(style_id)
        name = style.find(W + "name") if style is not None else None
        return (name.get(W + "val") or "").lower() if name is not None else ""

    def level(self, style_id: str | None) -> int:
        """Return the level that a paragraph's style makes it a heading of, 0 for none. 例: heading 2, 見出し 2 → 2"""
        for style in self.chain(style_id):
            level = outline_level(style.find(W + "pPr"))
            if level is not None:
                return level
            name = self.name(style.get(W + "styleId"))
            if name in ("title", "表題"):
                return 1
            match = re.fullmatch(r"(?:heading|見出し)\s?([1-9])", name)
            if match:
                return int(match[1])
        return 0

    def look(self, style_id: str | None) -> Look:
        """Return how a style sets its text, as far as it and those it is based on say so."""
        if style_id not in self._looks:
            look = Look()
            for style in self.chain(style_id):
                look = look.over(look_of(style.find(W + "rPr")))
            self._looks[style_id] = look
        return self._looks[style_id]

    def numbered(self, style_id: str | None) -> tuple[str | None, int]:
        """Return the list (and the level in it) that a style puts its paragraphs into."""
        for style in self.chain(style_id):
            found = numbering_of(style.find(W + "pPr"))
            if found[0] is not None:
                return found[0], found[1] or 0
        return None, 0


def value_of(parent: Any, name: str) -> str | None:
    child = parent.find(W + name) if parent is not None else None
    value = child.get(W + "val") if child is not None else None
    return str(value) if value is not None else None


def outline_level(properties: Any) -> int | None:
    """Return 1 to 9 for a heading, 0 for what is said to be none, None where nothing is said."""
    value = value_of(properties, "outlineLvl")
    if value is None or not value.isdecimal():
        return None
    return int(value) + 1 if int(value) < 9 else 0


def numbering_of(properties: Any) -> tuple[str | None, int | None]:
    numbering = properties.find(W + "numPr") if properties is not None else None
    level = value_of(numbering, "ilvl")
    return value_of(numbering, "numId"), int(level) if level and level.isdecimal() else None


def _is_usual(style: Any) -> bool:
    return style.get(W + "type") == "paragraph" and style.get(W + "default") in ("1", "true", "on")


@dataclass(frozen=True)
class Look:
    """How text is set; None where nothing is said of it."""

    hidden: bool | None = None
    struck: bool | None = None
    struck_twice: bool | None = None
    level: str | None = None  # superscript, subscript or baseline
    lifted: int | None = None  # half points
    size: int | None = None  # half points

    def over(self, other: Look) -> Look:
        """Return this look, filled up with what another says."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__)
        return Look(*(own if own is not None else others for own, others in pairs))

    def run(self, text: str, around: Look) -> Run:
        """Return a text of this look, in a paragraph of the look ``around``."""
        raised = self.level == "superscript"
        if (self.lifted or 0) >= _LEAST_LIFT and self.size and around.size:
            raised = raised or self.size <= _SMALLER * around.size
        return Run(text, bool(self.struck or self.struck_twice), raised)


_LEAST_LIFT = 4  # half points
_SMALLER = 0.8  # times the type around it


def switch(parent: Any, name: str) -> bool | None:
    sign = parent.find(W + name)
    return None if sign is None else sign.get(W + "val") not in ("0", "false", "off", "none")


def look_of(properties: Any) -> Look:
    if properties is None:
        return Look()

    def number(name: str) -> int | None:
        value = re.fullmatch(r"(-?\d+)(?:\.\d+)?(pt)?", value_of(properties, name) or "")
        return int(value[1]) * (2 if value[2] else 1) if value else None

    return Look(
        switch(properties, "vanish"),
        switch(properties, "strike"),
        switch(properties, "dstrike"),
        value_of(properties, "vertAlign"),
        number("position"),
        number("sz"),
    )
