"""Fields of Word that show what stands in their own code, and have no result: signs in circles, words with a reading.

例: EQ \\o\\ac(○,印) shows 印 in a circle, EQ \\o\\ad(\\s\\up 9(つばき),椿) shows 椿 with its reading
"""

from __future__ import annotations

import re
from typing import Any

from ingest.marks import raised

_SWITCH = re.compile(r'\\\*\s*(?:"[^"]*"|\S+)\s*')  # 例: \* jc2, \* "Font:ＭＳ 明朝"
_COMMAND = re.compile(r"((?:\\[A-Za-z]+\s*-?\d*\s*)+)\(")
_DEEPEST = 20


def shown_by(code: str, form: Any = None) -> str:
    """Return what a field without a result shows; ``form`` is what the file says of a field that is filled in."""
    name, _, rest = code.strip().partition(" ")
    match name.upper():
        case "EQ":
            return _parts(_SWITCH.sub("", rest), 0, 0)[0].strip()
        case "MACROBUTTON" | "GOTOBUTTON":
            return rest.strip().partition(" ")[2].strip()
        case "QUOTE":
            return rest.strip().strip('"“”')
        case "FORMCHECKBOX" if form is not None:
            return "☑" if _is_ticked(form) else "☐"
        case "FORMDROPDOWN" if form is not None:
            return _picked(form)
    return ""


def _parts(code: str, at: int, depth: int) -> tuple[str, int]:
    """Return what the code of an equation shows up to a comma or bracket that ends it, and where that is."""
    shown: list[str] = []
    while at < len(code) and code[at] not in ",)":
        command = _COMMAND.match(code, at)
        if command is not None and depth < _DEEPEST:
            parts, at = [], command.end() - 1
            while at < len(code) and code[at] in "(,":
                begin = at + 1
                text, at = _parts(code, begin, depth + 1)
                parts.append((code[begin:at].strip(), text.strip()))
            at += 1
            shown.append(_set(command[1].lower(), parts))
        elif code[at] == "\\" and at + 1 < len(code):
            shown.append(code[at + 1])
            at += 2
        else:
            shown.append(code[at])
            at += 1
    return "".join(shown), at


def _set(command: str, parts: list[tuple[str, str]]) -> str:
    texts = [text for _, text in parts]
    if command.startswith("\\o"):
        # A reading stands raised over its word.
        texts = [text for code, text in parts if not code.lower().startswith("\\s")]
        if len(texts) == 2 and texts[0] in ("○", "〇", "◯"):
            number = texts[1]
            return chr(0x245F + int(number)) if number.isdecimal() and 1 <= int(number) <= 20 else number
    if command.startswith("\\s") and "\\up" in command:
        return raised("".join(texts))
    return ("/" if command.startswith("\\f") else "").join(texts)


def _value(parent: Any, name: str) -> str | None:
    found = next((child for child in parent.iter("{*}" + name)), None)
    return None if found is None else next((str(v) for k, v in found.items() if k.endswith("val")), "1")


def _is_ticked(form: Any) -> bool:
    checked = _value(form, "checked")
    return (checked if checked is not None else _value(form, "default") or "0") in ("1", "true", "on")


def _picked(form: Any) -> str:
    entries = [v for entry in form.iter("{*}listEntry") for k, v in entry.items() if k.endswith("val")]
    at = _value(form, "result") or _value(form, "default") or "0"
    return entries[int(at)] if at.isdecimal() and int(at) < len(entries) else ""
