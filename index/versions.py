"""Whether a paper is a new version of one that is held under the same name: pure functions of two documents.

A name alone says little: every meeting has its 資料1.pdf. What two papers say of themselves decides, and in doubt both
stay, since a paper that is there twice is seen and one that was overwritten is not.
"""

from __future__ import annotations

import re
from collections import Counter

from ingest.document import Document
from ingest.japanese import fold

COVER = 6  # lines at the top that stand for the paper, if they are no sentences
KEPT_OF_SHORTER, KEPT_OF_LONGER = 0.6, 0.4  # of their lines that both have: paragraphs may come and go
KEPT_OF_REDATED = 0.8  # of their other lines, where both are dated to the same month but not to the same day
# What a new version adds to a title, in brackets or at its end: it is still the same paper's.
_STATE = (
    r"(?:第[0-9一二三四五六七八九十]+[版稿]|(?:訂正|改訂|修正|差替え?|差し替え|最新|確定|暫定)版?|最終[案版稿]?|案)"
)
_VERSION = re.compile(rf"[(【\[]{_STATE}[)】\]]|(?:{_STATE}(?<!案))$")
_DAY = re.compile(r"(?:令和|平成|昭和|[a-z])?\s?[0-9元]+[年./-]\s?[0-9]+[月./-]\s?[0-9]+日?")


def is_new_version(new: Document, old: Document) -> bool:
    """Return whether ``new`` is recognisably the paper ``old`` in a later state.

    Both name themselves alike (title, meeting, department, date, and the lines of the cover but for their figures),
    and most of their lines are the same. 例: one figure put right, a paragraph added → True; the same form filled in
    for another month, another school or another meeting → False.
    """
    if any(_differ(new, old, name) for name in ("title", "meeting", "department")) or _cover(new) != _cover(old):
        return False
    kept = _kept(new, old, dated=True)
    if "by_hand" in (new.taken_from.get("published"), old.taken_from.get("published")):
        return kept
    if new.published == old.published:
        return kept
    months = {(document.published or "")[:7] for document in (new, old)}
    return len(months) == 1 and _kept(new, old, dated=False)


def _differ(new: Document, old: Document, name: str) -> bool:
    """Return whether two papers say different things of themselves; what a person said of one is not compared."""
    if "by_hand" in (new.taken_from.get(name), old.taken_from.get(name)):
        return False
    return _plain(getattr(new, name) or "") != _plain(getattr(old, name) or "")


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", _VERSION.sub("", fold(text)))


def _cover(document: Document) -> list[str]:
    """Return the lines at the top before the first sentence, without their figures."""
    top: list[str] = []
    for line in filter(None, map(_plain, document.text[:4000].split("\n"))):
        if len(top) == COVER or "。" in line or len(line) > 60:
            break
        top.append(re.sub(r"[0-9元]+", "0", line))
    return top


def _kept(new: Document, old: Document, *, dated: bool) -> bool:
    """Return whether most lines of both are the same; of two that say but one thing, whether only figures differ."""
    lines, before = (_lines(document, dated=dated) for document in (new, old))
    same = (lines & before).total()
    shorter, longer = sorted((lines.total(), before.total()))
    if not shorter:
        return False
    if dated:
        changed, was = (list((a - b).elements()) for a, b in ((lines, before), (before, lines)))
        if len(changed) == len(was) == 1 and re.sub(r"[0-9]+", "0", changed[0]) == re.sub(r"[0-9]+", "0", was[0]):
            return True
        return same >= KEPT_OF_SHORTER * shorter and same >= KEPT_OF_LONGER * longer
    return same >= KEPT_OF_REDATED * longer


def _lines(document: Document, *, dated: bool) -> Counter[str]:
    """Return the lines that say something, each as it is compared; without those that give a day, unless ``dated``."""
    lines = (line for line in map(_plain, document.text.split("\n")) if re.search(r"\w", line))
    return Counter(line for line in lines if dated or not _DAY.search(line))
