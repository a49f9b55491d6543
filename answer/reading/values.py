"""What in a text could be the value that answers a question, and which of these the learned reader finds likeliest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from index.reader import Read
from ingest.japanese import fold_with_offsets, noun_runs

Place = tuple[int, int]  # where some characters of a text begin and end

MOST = 40  # values of a text that are looked at, and as many of several together
LONGEST = 80  # characters of a value

_AMOUNT = re.compile(r"[△▲]?\d[\d,.]*(?:[兆億万千百]\d*[\d,.]*)*(?:\s*(?:%|k?m[23]?|[一-龠ァ-ヶー]{1,4}))?")
_WORD = re.compile(r"\w")
_HAS_CELLS = re.compile(r" \| |^[^。]{1,60}: ")
# What may stand between two parts of one value. 例: 水曜日〜日曜日, 1週間から10日, 市民の声
_BETWEEN = re.compile(r"[ \u3000]*(?:[〜～~・、／/\-－―–と]|から|より|及び|および|又は|または|の)[ \u3000]*")
# A longer one is taken whose log-odds are less by no more than this: no part of a right value was ever called wrong, so
# 5,220,000 may be likelier than 5,220,000㎥. Of 107 lines that answer, by weights that had not seen the questions, the
# value was right for 79, for 73 by the likeliest alone; 1 is too little, 3 the same.
_NO_LESS = 2.0


@lru_cache(maxsize=1 << 15)
def possible_values(text: str) -> tuple[Place, ...]:
    """Return the places of what could be a value: cells, figures with their counter, runs of nouns, and two of these.

    At most ``MOST``, and as many of two together. What stands above the last line of a text, its title and headings, is
    no value of it.
    例: 歳出⏎民生費 | 令和6年度: 1,204百万円 → 民生費, 1,204百万円, 6年度, 令和6年度
    """
    above = text.rfind("\n") + 1
    body = text[above:]
    folded, offsets = fold_with_offsets(body)
    amounts = [(offsets[match.start()], offsets[match.end()]) for match in _AMOUNT.finditer(folded)]
    found = dict.fromkeys([*_cells_of(body), *amounts, *noun_runs(body)])
    alone = [(above + a, above + b) for a, b in found if b - a <= LONGEST and _WORD.search(body, a, b)][:MOST]
    together = (place for place in _joined(text, alone) if place not in alone)
    return (*alone, *islice(dict.fromkeys(together), MOST))


def _cells_of(body: str) -> Iterator[Place]:
    """Yield where the cells of a row stand, each without its heading; nothing of a sentence."""
    end = 0
    for cell in body.split(" | ") if _HAS_CELLS.search(body) else ():
        end += len(cell)
        yield end - len(cell.split(": ", 1)[-1]), end
        end += len(" | ")


def _joined(text: str, places: list[Place]) -> Iterator[Place]:
    """Yield what two neighbours make with the word between them."""
    ordered = sorted(places)
    for start, end in ordered:
        for later, last in ordered:
            if later > end and last - start <= LONGEST and _BETWEEN.fullmatch(text, end, later):
                yield start, last


def likeliest_value(read: Read) -> str | None:
    """Return the value of a text that the reader finds likeliest; None where it saw none.

    Of several that hold the likeliest the longest that is hardly less likely.
    """
    odds = {place: read.value_odds(*place) for place in possible_values(read.text)}
    seen = {place: value for place, value in odds.items() if value is not None}
    if not seen:
        return None
    best = max(seen, key=lambda place: seen[place])
    around = [p for p in seen if p[0] <= best[0] and best[1] <= p[1] and seen[p] >= seen[best] - _NO_LESS]
    start, end = max(around, key=lambda place: place[1] - place[0])
    return read.text[start:end]
