"""What a model says to itself before it answers, taken out of what it says."""

from __future__ import annotations

_NAMES = ("think", "thinking", "thought", "reasoning")
_OPEN = (*(f"<{name}>" for name in _NAMES), "<|channel|>analysis<|message|>")
_CLOSE = (*(f"</{name}>" for name in _NAMES), "<|channel|>final<|message|>")
_LONGEST = max(map(len, (*_OPEN, *_CLOSE)))


class Thinking:
    """Drops ``<think>…</think>``, also without its end, from text that comes in pieces.

    ``starts_inside`` is for servers that show only the end of it: what comes before that is dropped.
    """

    def __init__(self, *, starts_inside: bool = False) -> None:
        self.inside = starts_inside
        self.thought = False  # whether anything was dropped
        self.leaked = False  # its end came without a beginning, after something had been handed on
        self._rest = ""
        self._handed_on = False

    def feed(self, piece: str) -> str:
        """Return what of the text so far is the answer and was not returned before."""
        self._rest += piece
        shown = ""
        while True:
            folded = self._rest.lower()
            at, tag = _first(folded, _CLOSE if self.inside else (*_OPEN, *_CLOSE))
            if tag is None:
                break
            if tag in _OPEN:
                shown += self._rest[:at]
                self.inside = True
            else:
                if not self.inside:  # all before it was thinking, too
                    self.leaked |= self._handed_on
                    shown = ""
                self.inside, self.thought = False, True
            self._rest = self._rest[at + len(tag) :]
        keep = _partial(folded)
        if not self.inside:
            shown += self._rest[:keep]
        self.thought |= self.inside and keep > 0
        self._rest = self._rest[keep:]
        self._handed_on |= bool(shown.strip())
        return shown

    def finish(self) -> str:
        """Return what was held back for a tag that never became whole."""
        rest, self._rest = self._rest, ""
        return "" if self.inside else rest


def _first(text: str, tags: tuple[str, ...]) -> tuple[int, str | None]:
    found = [(at, tag) for tag in tags if (at := text.find(tag)) >= 0]
    return min(found) if found else (len(text), None)


def _partial(text: str) -> int:
    """Return where a tag may begin whose end is still to come; the text's length where none does."""
    start = max(0, len(text) - _LONGEST + 1)
    while (at := text.find("<", start)) >= 0:
        if any(tag.startswith(text[at:]) for tag in (*_OPEN, *_CLOSE)):
            return at
        start = at + 1
    return len(text)
