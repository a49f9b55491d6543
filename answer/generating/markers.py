"""Marks by which a model points to lines, found in text that comes in pieces: [L3] 【3】 ［Ｌ３］ [[3]] [1, 2]."""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import normalize

_OPENING, _CLOSING = "[【［", "]】］"
_WITHIN = frozenset("0123456789０１２３４５６７８９LlＬｌ ,、，;；・&-–〜~ 　行")
_LONGEST = 48  # characters of a mark; what is longer is text
_WIDEST = 10  # lines that a range of marks may span
_ID = re.compile(r"(?<![0-9])l?\s*([0-9]{1,3})(?![0-9])")
_RANGE = re.compile(r"l?\s*([0-9]{1,3})\s*[-–〜~]\s*l?\s*([0-9]{1,3})")


class Mark(NamedTuple):
    """Ids that a mark names, each once, in its order. 例: ("L1", "L2")"""

    ids: tuple[str, ...]


class MarkScanner:
    """Cuts text into plain pieces and marks; each character is looked at once, wherever the pieces are cut."""

    def __init__(self) -> None:
        self._held = ""
        self._opened = self._closed = 0

    def feed(self, piece: str) -> list[str | Mark]:
        """Return what is complete by now: plain text and marks, in order."""
        out: list[str | Mark] = []
        plain: list[str] = []

        def end() -> None:
            if plain:
                out.append("".join(plain))
                plain.clear()

        def release() -> None:
            held, mark = self._release()
            if mark is not None:
                end()
                out.append(mark)
            else:
                plain.append(held)

        for character in piece:
            if self._held:
                is_end = character in _CLOSING and self._closed < self._opened
                is_start = character in _OPENING and len(self._held) == self._opened
                is_part = character in _WITHIN and not self._closed and len(self._held) < _LONGEST
                if is_end or is_start or is_part:
                    self._held += character
                    self._closed += is_end
                    self._opened += is_start
                    if self._closed == self._opened:
                        release()
                    continue
                release()
            if character in _OPENING:
                self._held, self._opened, self._closed = character, 1, 0
            else:
                plain.append(character)
        end()
        return out

    def finish(self) -> list[str | Mark]:
        """Return what was held back because it could have become a mark."""
        if not self._held:
            return []
        held, mark = self._release()
        return [held if mark is None else mark]

    def _release(self) -> tuple[str, Mark | None]:
        held, closed = self._held, self._closed
        self._held, self._opened, self._closed = "", 0, 0
        ids = named_ids(held) if closed else ()
        return held, Mark(ids) if ids else None


def named_ids(text: str) -> tuple[str, ...]:
    """Return the ids of lines that a mark's text names, each once. 例: ("L1", "L2", "L3") for 「L1〜L3」"""
    folded = normalize("NFKC", text).lower()
    found: list[str] = []
    for match in re.finditer(f"{_RANGE.pattern}|{_ID.pattern}", folded):
        first, last, single = match.groups()
        if single is not None:
            found.append(f"L{int(single)}")
        elif 0 <= int(last) - int(first) <= _WIDEST:
            found += [f"L{n}" for n in range(int(first), int(last) + 1)]
        else:
            found += [f"L{int(first)}", f"L{int(last)}"]
    return tuple(dict.fromkeys(found))
