"""Cells that lean on the cell before them: years and months that go on short, and marks that say "as above"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.dates import ERAS
from ingest.kanji_figures import kanji_value
from ingest.writing import read_form

_ERA = "|".join(name for kanji, letter, _ in ERAS[:3] for name in (kanji, letter))
_FULL = re.compile(
    rf"(?:(?P<era>{_ERA})(?P<n>元|[0-9]{{1,2}})|(?P<west>(?:19|20)[0-9]{{2}}))(?P<tail>年度|年|)|(?P<month>1?[0-9])月"
)
_SHORT = re.compile(r"(?P<n>元|[0-9]{1,2})(?P<tail>年度|年|月|)")
_IN_KANJI = re.compile(rf"(?P<era>(?:{_ERA})?)(?P<n>[〇一二三四五六七八九十]{{1,4}})(?P<tail>年度|年|月|)")
_LAST_YEARS = {"平成": ("令和", 31), "H": ("R", 31), "昭和": ("平成", 64), "S": ("H", 64)}
_FIGURE = re.compile(r"[△▲+-]?[0-9][0-9,.]*[^0-9]{0,3}")
_CENSUS = 5  # years between two
_DITTO = re.compile(r"[〃″“”\"゛]+|同上|同|仝|々")


def is_ditto(cell: str) -> bool:
    """Say whether a cell only says that it holds what the cell before it holds. 例: 〃, 同上, 同"""
    return _DITTO.fullmatch(re.sub(r"\s", "", cell)) is not None


def written_out(cells: Sequence[str], beside: Sequence[Sequence[str]] = ()) -> list[str]:
    """Return headings with those that go on short in full; the others as they are.

    A run begins with a whole year or month, and each further cell is a bare number that goes on by one; another number
    behind it makes all of them figures. Two short ones are sure, one is where something stands in ``beside``, the
    cells under them. Years stand there no more than by chance, or the run is a row of figures behind a year.
    例: 令和2年度, 3, 4 → 令和2年度, 令和3年度, 令和4年度; 平成30, 元, 2 → 平成30, 令和元, 令和2; 2019, 20 → …, 2020年;
    2019, 2020 over figures → 2019年, 2020年;
    平成2年, 7, 12 → 平成2年, 平成7年, 平成12年: a census is every five years
    """
    plain = list(map(_plain, cells))
    meant = list(cells)
    at = 0
    while at < len(plain):
        names = _run(plain[at:])
        end = at + max(1, len(names))
        goes_on = end < len(plain) and re.fullmatch(r"[0-9][0-9,.]*", plain[end]) is not None
        if len(names) > 1 and not goes_on:
            under = [_plain(cell) for row in beside for cell in row[at:end] if cell.strip()]
            years = sum(_FULL.fullmatch(cell) is not None for cell in under)
            figures = sum(_FIGURE.fullmatch(cell) is not None for cell in under)
            # Whole numbers that go on by one are years where they head figures; beside words they are codes.
            whole = len(names) > 1 and plain[at + 1].isdecimal() and len(plain[at + 1]) == 4
            if len(names) > (1 if under else 2) and years * 2 <= len(under) and (figures * 2 > len(under) or not whole):
                meant[at:end] = names
        at = end
    return meant


def grid_written_out(rows: Sequence[Sequence[str]], heads: int = 3, labels: int = 2) -> list[list[str]]:
    """Return the cells of a table with the headings that go on short in full: in its first rows and columns.

    A mark of repetition is the cell above it, or in the first row the one before it.
    """
    meant = [list(row) for row in rows]
    for r, row in enumerate(meant):
        for c, cell in enumerate(row):
            if is_ditto(cell) and (r or c):
                row[c] = meant[r - 1][c] if r else row[c - 1]
    for r in range(min(heads, len(meant) - 1)):
        filled = [c for c in range(1, len(meant[r])) if meant[r][c]]  # a merged heading leaves empty cells behind it
        names = written_out([meant[r][c] for c in filled], [[row[c] for c in filled] for row in meant[r + 1 :]])
        for c, name in zip(filled, names, strict=True):
            meant[r][c] = name
    width = min(map(len, meant), default=0)
    for c in range(min(labels, width - 1)):
        filled = [r for r in range(len(meant)) if meant[r][c]]
        names = written_out([meant[r][c] for r in filled], [[meant[r][k] for r in filled] for k in range(c + 1, width)])
        for r, name in zip(filled, names, strict=True):
            meant[r][c] = name
    return meant


def _plain(cell: str) -> str:
    """Return a cell as years are read in it. 例: 令和 二年度 → 令和2年度, 三 → 3"""
    plain = read_form(re.sub(r"\s", "", cell))[0]
    kanji = _IN_KANJI.fullmatch(plain)
    value = kanji_value(kanji["n"]) if kanji is not None else None
    return plain if kanji is None or value is None else f"{kanji['era']}{value}{kanji['tail']}"


def _run(cells: Sequence[str]) -> list[str]:
    """Return the full names of the cells of a run that begins with the first one; nothing where none begins."""
    first = _FULL.fullmatch(cells[0])
    if first is None:
        return []
    if first["month"]:
        month, names = int(first["month"]), [cells[0]]
        for cell in cells[1:]:
            short = _SHORT.fullmatch(cell)
            month = month % 12 + 1
            if short is None or short["n"] != str(month) or short["tail"] not in ("", "月"):
                break
            names.append(f"{month}月")
        return names
    era, tail = first["era"] or "", first["tail"]
    year = int(first["west"] or (1 if first["n"] == "元" else first["n"]))
    names = [cells[0] if era or tail else f"{cells[0]}年"]
    second = _SHORT.fullmatch(cells[1]) if len(cells) > 1 else None
    step = _CENSUS if tail and second and second["n"] == str(year % (100 if not era else 1000) + _CENSUS) else 1
    for cell in cells[1:]:
        if not tail and cell == str(year + step) and not era:
            year += step  # 例: 2019, 2020: years, though nothing calls them so
            names.append(f"{year}年")
            continue
        short = _SHORT.fullmatch(cell)
        if short is None or (short["tail"] and tail and short["tail"] != tail) or short["tail"] == "月":
            break
        following, last = _LAST_YEARS.get(era, ("", 0))
        if short["n"] == "元" or (year == last and short["n"] == "2"):
            if not following or year not in (last - 1, last):
                break
            era, year = following, 1 if short["n"] == "元" else 2
        elif int(short["n"]) == (year + step if era else (year + step) % 100) and (era or len(short["n"]) == 2):
            year += step
        else:
            break
        names.append(f"{era}{'元' if era and year == 1 else year}{tail or ('' if era else '年')}")
    return names
