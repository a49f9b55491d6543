"""Which papers are editions of one series: pure functions of what is known of the documents, and what a person says.

A paper says what it is in its title, its meeting and its headings. Dates, counts and ordinals change from edition to
edition, so they are put aside; what is left must be the same. In doubt two papers are no editions: a person can join
them, and part what was joined wrongly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import PurePath

from answer.editions.decisions import Decisions
from answer.editions.paper import dateless, topic_of
from index.documents import DocumentInfo
from ingest.document import Document
from ingest.japanese import fold

TITLE = 6  # letters of a title that says enough by itself, once dates and ordinals are put aside
HEADINGS = 0.25  # of the headings of the paper that has fewer: in both, where the title says less
_STATE = re.compile(
    r"[(（【\[](?:案|改訂版?|改定版?|修正版?|訂正版?|抜粋|速報値?|確定値?|最新版?)[)）】\]]|速報値?|確定値?"
)
Headings = Callable[[str], frozenset[str]]


def series_name(title: str) -> str:
    """Return a title as editions share it. 例: 令和6年6月議会 第2回 説明資料（案） → 議会#説明資料"""
    return re.sub(r"[@\s]|(?:[0-9]+月)?(?:補正|当初)(?=$|予算)", "", dateless(_STATE.sub("", title)))


def is_edition(one: DocumentInfo, other: DocumentInfo, headings: Headings) -> bool:
    """Tell whether two papers are editions of one series; ``headings`` gives those of a document, by its id.

    例: 地域活力の創生に関する説明資料 of 令和6年2月議会 and 令和6年6月議会 → True; 資料1 of two committees → False
    """
    if one.id == other.id or _meeting(one) != _meeting(other):
        return False
    titles = series_name(one.title), series_name(other.title)
    if titles[0] and titles[0] == titles[1] and not _is_file_name(one):
        letters = len(re.findall(r"[^\W\d_]", titles[0]))
        if letters >= TITLE and (one.meeting or letters >= 2 * TITLE):
            return True
        if one.published == other.published:
            return False  # a short title on two papers of one day names their occasion
        return _common(headings(one.id), headings(other.id)) >= HEADINGS
    if _file(one) and _file(one) == _file(other):
        return _common(headings(one.id), headings(other.id)) >= HEADINGS
    return False


def _meeting(info: DocumentInfo) -> str:
    return series_name(info.meeting or "")


def _is_file_name(info: DocumentInfo) -> bool:
    return info.taken_from.get("title") == "file_name"


def _file(info: DocumentInfo) -> str:
    """Return a file's name without figures and what parts them; empty for one that says little. 例: kouhou"""
    stem = re.sub(r"[0-9_\-. 　]+", "", fold(PurePath(info.file).stem))
    return stem if len(stem) > 3 else ""


def headings_of(document: Document) -> frozenset[str]:
    """Return the headings of a document, dates and numbers put aside."""
    text = document.text
    found = (text[b.start : b.end] for b in document.blocks if b.kind in ("heading", "label"))
    return frozenset(name for name in map(dateless, found) if topic_of(name))


def _common(one: Collection[str], other: Collection[str]) -> float:
    shorter = min(len(one), len(other))
    return len(set(one) & set(other)) / shorter if shorter else 0.0


def editions_of(
    document_id: str, documents: Sequence[DocumentInfo], headings: Headings, decisions: Decisions
) -> list[DocumentInfo]:
    """Return all editions of a paper's series, itself among them, oldest first; KeyError if it is not there.

    An edition of an edition is one, too; what a person parted stays apart from the paper that is asked about.
    """
    by_id = {info.id: info for info in documents}
    found, open_ = {document_id: by_id[document_id]}, [by_id[document_id]]
    while open_:
        one = open_.pop()
        for other in documents:
            if other.id in found or decisions.says(document_id, other.id) == "parted":
                continue
            said = decisions.says(one.id, other.id)
            if said == "joined" or (said is None and is_edition(one, other, headings)):
                found[other.id] = other
                open_.append(other)
    order = {info.id: n for n, info in enumerate(documents)}
    return sorted(found.values(), key=lambda info: (info.published or _dated(info), order[info.id]))


def _dated(info: DocumentInfo) -> str:
    """Return what the file's name says of a paper without a date, so that 01 comes before 02."""
    figures = re.findall(r"[0-9]+", info.file)
    return "9999" + "".join(figure.zfill(8) for figure in figures)


def edition_before(editions: Sequence[DocumentInfo], document_id: str) -> DocumentInfo | None:
    """Return the edition before a paper; None for the first."""
    at = next(n for n, info in enumerate(editions) if info.id == document_id)
    return editions[at - 1] if at else None
