"""BM25 over the postings: the scores that bm25s gives, from what the database has counted.

Each posting's score and each sum of them is a float32, made in the order that bm25s makes it, so that not only the
order of the hits is the same in both engines and there, but every score to its last bit.

A word that stands nearly everywhere has as many entries as there are passages, and says next to nothing. Where the
words of a question have more entries together than are quickly read, the rarest decide which papers are looked at, and
the common ones are read for those only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Integer, func, select, true

from index.database import schema
from index.database.catalogue import Numbers, Places, Visible
from index.database.engine import Kind
from index.database.generations import check_held
from index.database.parameters import as_parameter, listed
from index.database.postings import SIZE, TABLES, Of, unpack
from index.keywords import K1, B
from index.protocols import Vectors

Key = tuple[int, int]  # (number of the version, ordinal in it)

EXACT = 2_000_000  # entries that are all read: some 100 ms
RARE = 200_000  # entries of the rarest words, which decide what is looked at where there are more
FEW = 200  # versions that are named in the query; more are sorted out afterwards


@dataclass(frozen=True)
class _Term:
    number: int
    word: str
    held: int  # by how many chunks or facts


def search(
    connection: Connection,
    kind: Kind,
    visible: Visible,
    tokens: Sequence[str],
    k: int,
    of: Of = "chunks",
    *,
    exact: int = EXACT,
    rare: int = RARE,
) -> list[tuple[Key, float]]:
    """Return at most ``k`` chunks or facts with their BM25 scores > 0, best first; ties in the order of the collection.

    ``tokens`` are words as ``ingest.japanese.words`` writes them; each counts once. Only what is ``visible`` is scored,
    but how rare a word is, and how long a passage, is judged by the whole collection, as far as it exists for whoever
    asks. Raise GenerationGone when what is visible has been cleared away.
    """
    latest = check_held(connection, visible.generation)
    every = visible.contents.visible()
    terms = _terms(connection, kind, dict.fromkeys(tokens), of)
    if not (every.is_all and latest.number == every.generation.number):
        terms = _counted(connection, kind, every, terms, of)
    total, words = _statistics(visible, of)
    if not terms or k < 1 or not total or not len(visible.numbers):
        return []
    rows = _read(connection, kind, visible, terms, of, exact, rare)
    places = _places(visible, of)
    first = places.first
    scores = np.zeros(len(places), np.float32)
    average = np.float64(words / total)
    for term in terms:
        if term.number in rows:
            at, times = rows[term.number]
            norm = K1 * ((1 - B) + B * places.lengths[at] / average)
            scores[at] += (_idf(term.held, total) * (times / (norm + times))).astype(np.float32)
    return [
        ((int(visible.numbers[at]), place - int(first[at])), float(scores[place]))
        for place in _best(scores, k)
        for at in [int(np.searchsorted(first, place, "right")) - 1]
    ]


def frequencies(
    connection: Connection, kind: Kind, visible: Visible, words: Sequence[str], of: Of = "chunks"
) -> dict[str, int]:
    """Return how many of the visible chunks or facts hold each word; 0 for a word that is nowhere."""
    latest = check_held(connection, visible.generation)
    found = dict.fromkeys(words, 0)
    terms = _terms(connection, kind, found, of)
    if not (visible.is_all and latest.number == visible.generation.number):
        terms = _counted(connection, kind, visible, terms, of)
    return found | {term.word: term.held for term in terms}


def _terms(connection: Connection, kind: Kind, words: Mapping[str, object], of: Of) -> list[_Term]:
    """Return what is known of those words that the collection has, in their order."""
    terms = schema.terms
    asked = listed(kind, "words", word=str)
    found = select(terms.c.number, terms.c.word, terms.c[of]).join_from(asked, terms, asked.c.word == terms.c.word)
    parameters = {"words": as_parameter((word,) for word in words)}
    known = {word: _Term(number, word, held) for number, word, held in connection.execute(found, parameters)}
    return [known[word] for word in words if word in known]


def _counted(connection: Connection, kind: Kind, visible: Visible, terms: Sequence[_Term], of: Of) -> list[_Term]:
    """Return the terms with how many of the visible chunks or facts hold them."""
    size = func.length(TABLES[of].c.entries, type_=Integer)
    rows = _postings(connection, kind, terms, of, _named(visible), size)
    _, is_visible = visible.among(np.array([row.document for row in rows], np.int64))
    held = dict.fromkeys((term.number for term in terms), 0)
    for (term, _, entries), seen in zip(rows, is_visible.tolist(), strict=True):
        held[term] += seen * (entries // SIZE)
    return [replace(term, held=held[term.number]) for term in terms]


def _postings(
    connection: Connection, kind: Kind, terms: Iterable[_Term], of: Of, among: Numbers | None, column: Any
) -> Sequence[Any]:
    """Return (term, version, column) of the rows of the terms: of the versions ``among``, or of every one."""
    table, asked = TABLES[of], listed(kind, "terms", term=int)
    parameters = {"terms": as_parameter((term.number,) for term in terms)}
    wanted = select(table.c.term, table.c.document, column)
    if among is None:
        wanted = wanted.join_from(asked, table, asked.c.term == table.c.term)
    else:
        papers = listed(kind, "papers", document=int)
        parameters["papers"] = as_parameter((int(number),) for number in among)
        both = (table.c.term == asked.c.term) & (table.c.document == papers.c.document)
        wanted = wanted.select_from(asked).join(papers, true()).join(table, both)
    return connection.execute(wanted, parameters).all()


def _places(visible: Visible, of: Of) -> Places:
    return visible.chunks if of == "chunks" else visible.facts


def _statistics(visible: Visible, of: Of) -> tuple[int, int]:
    """Return how many there are in the collection, as far as it exists for the reader, and the sum of their lengths."""
    generation = visible.generation
    return (generation.chunks, generation.chunk_words) if of == "chunks" else (generation.facts, generation.fact_words)


# By term: where its entries are among all that is visible, and how often each has the word.
_Rows = dict[int, tuple[Numbers, npt.NDArray[np.float64]]]


def _read(
    connection: Connection, kind: Kind, visible: Visible, terms: Sequence[_Term], of: Of, exact: int, rare: int
) -> _Rows:
    """Return the entries of the terms, by term, that are visible; of common ones perhaps not all, see above."""
    if (named := _named(visible)) is not None:
        return _entries(connection, kind, visible, terms, of, named)
    if sum(term.held for term in terms) <= exact:
        return _entries(connection, kind, visible, terms, of, None)
    by_rarity = sorted(terms, key=lambda term: term.held)
    counted = np.cumsum([term.held for term in by_rarity])
    split = max(1, int(np.searchsorted(counted, rare, "right")))
    rows = _entries(connection, kind, visible, by_rarity[:split], of, None)
    first = _places(visible, of).first
    found = np.concatenate([np.zeros(0, np.int64), *(at for at, _ in rows.values())])
    papers = np.unique(np.searchsorted(first, found, "right") - 1)
    return rows | _entries(connection, kind, visible, by_rarity[split:], of, visible.numbers[papers])


def _named(visible: Visible) -> Numbers | None:
    """Return the versions that are named in the query; None where that is no help."""
    return None if visible.is_all or len(visible.numbers) > FEW else visible.numbers


def _entries(
    connection: Connection, kind: Kind, visible: Visible, terms: Sequence[_Term], of: Of, among: Numbers | None
) -> _Rows:
    """Return the visible entries of the terms: of the versions ``among``, or of every one."""
    found = _postings(connection, kind, terms, of, among, TABLES[of].c.entries)
    if not found:
        return {}
    term_of, document_of, held = (np.array(column, object) for column in zip(*found, strict=True))
    order = np.argsort(term_of.astype(np.int64), kind="stable")
    at, is_visible = visible.among(document_of[order].astype(np.int64))
    order, at = order[is_visible], at[is_visible]
    entries = held[order].tolist()
    ordinals, times = unpack(entries)
    counts = np.fromiter(map(len, entries), np.int64, len(entries)) // SIZE
    places = np.repeat(_places(visible, of).first[at], counts) + ordinals
    numbers, begins = np.unique(term_of[order].astype(np.int64), return_index=True)
    ends = np.cumsum([0, *counts])
    return {
        int(number): (places[ends[begin] : ends[end]], times[ends[begin] : ends[end]].astype(np.float64))
        for number, (begin, end) in zip(numbers, pairwise([*begins, len(order)]), strict=True)
    }


def _idf(held: int, total: int) -> np.float32:
    """Return what finding a word is worth, by Lucene's formula."""
    return np.float32(math.log(1 + (total - held + 0.5) / (held + 0.5)))


def _best(scores: Vectors, k: int) -> list[int]:
    """Return the places of the ``k`` best scores above 0, best first, the earlier of two equal ones first."""
    places = np.flatnonzero(scores > 0)  # a few of very many
    if len(places) > k:
        above = scores[places]
        places = places[above >= np.partition(above, len(above) - k)[len(above) - k]]
    order = np.argsort(-scores[places], kind="stable")[:k]
    return [int(place) for place in places[order]]
