"""Signs of type that change what a text says: what is struck through is not said, what is raised is in no figure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that is set in one way."""

    text: str
    struck: bool = False
    raised: bool = False


def said(runs: Iterable[Run], struck: list[str]) -> str:
    """Return what runs of a text say; what is struck through is put into ``struck`` instead."""
    parts: list[str] = []
    for (is_struck, is_raised), group in groupby(runs, key=lambda run: (run.struck, run.raised)):
        text = "".join(run.text for run in group)
        if is_struck:
            struck.extend(filter(None, [" ".join(text.split())]))
        else:
            parts.append(raised(text) if is_raised else text)
    return "".join(parts)


_MARK = re.compile(r"(?:[\s()（）\[\]［］〔〕注※＊*†‡#＃,、，・~～\-‐–]|[0-9０-９]{1,3}(?![0-9０-９]))+")
RAISED = str.maketrans("0123456789０１２３４５６７８９()（）[]［］", "⁰¹²³⁴⁵⁶⁷⁸⁹" * 2 + "⁽⁾" * 4)


def raised(text: str) -> str:
    """Return a raised text with superscript digits, as long, where it is a mark of a note or an exponent.

    例: 3 → ³, 注１ → 注¹, [4] → ⁽⁴⁾; （令和5年度） is words set small, and stays
    """
    return text.translate(RAISED) if is_mark(text) else text


def is_mark(text: str) -> bool:
    return _MARK.fullmatch(text) is not None and any(map(str.isdecimal, text))


_IN_MARKDOWN = re.compile(
    r"(?P<code>^(?P<fence>```|~~~)[^\n]*\n.*?^(?P=fence)|`[^`\n]+`)"
    r"|~~(?=[^\s~])(?P<tilde>[^\n]+?)(?<=[^\s~])~~(?!~)"
    r"|<(?P<tag>s|del|strike)>(?P<tagged>(?:(?!\n[ \t]*\n).)*?)</(?P=tag)>"
    r"|<sup>(?P<sup>[^<\n]*)</sup>|(?<=[^\s\[])\[\^(?P<note>[0-9]{1,3})\](?!:)",
    re.M | re.S | re.I,
)


def said_in_markdown(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a text of Markdown without what is struck through (and that, with its line), with raised digits as such.

    Its lines stay what they are. 例: 定員は~~36人~~48人 → 定員は48人, 87件[^3] → 87件³
    """
    struck: list[tuple[str, str]] = []

    def plain(match: re.Match[str]) -> str:
        gone = match["tilde"] or match["tagged"]
        around = text[max(0, match.start() - 1) : match.end() + 1]
        if match["tilde"] and all(a.isdecimal() and b.isdecimal() for a, b in _ends(around, gone)):
            return match[0]  # 例: 10~~12、13~~15 are ranges
        if gone is not None:
            struck.append((f"{text.count(chr(10), 0, match.start()) + 1}行目", " ".join(gone.split())))
            return "\n" * gone.count("\n")
        if match["sup"] is not None:
            return raised(match["sup"])
        return match["note"].translate(RAISED) if match["note"] else match[0]

    return _IN_MARKDOWN.sub(plain, text), [(place, words) for place, words in struck if words]


def _ends(around: str, within: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (around[0], within[0]), (within[-1], around[-1])


_MOST_NAMED = 5
_LONGEST_NAMED = 24


def struck_notice(struck: Sequence[tuple[str, str]]) -> str:
    """Return what people are told of texts that are struck through, each given with its place."""
    named = [f"{place}「{_shortened(text)}」" for place, text in struck[:_MOST_NAMED]]
    more = "など" if len(struck) > _MOST_NAMED else ""
    return f"取り消し線で消された文字は除きました（{len(struck)}か所）：{'、'.join(named)}{more}。"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_NAMED else text[: _LONGEST_NAMED - 1] + "…"
