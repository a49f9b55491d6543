"""BM25 over Japanese words and compounds. Only this module knows bm25s, and only it decides what a word index holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from index.protocols import Rows, Scored
from ingest.document import Chunk, Fact
from ingest.japanese import words

# What can change when the analyzer does: eras, commas, width, compounds, one-character words, dashes, old characters,
# radicals, voicing marks apart, marks of notes, ケ and か, figures in kanji.
PROBE = (
    "令和６年１月末現在の人口は1,624人（前年比▲0.5%）、R5年度の資金決済法に係る社会増減は２億１，４００万円です。"
    "税のマイナンバーカード交付率、髙﨑市長、10時～12時、くまもとDX推進、取組み・取り組みを行った。"
    "龍ヶ崎市⺠のテ゛ータは87²件、３ヶ月で三億五千二百万円（令和六年度補正予算第三号）、霞が関、曾根、サ－ビス。"
)
# Short passages under long headings: a word's second mention says little, and length a little less than usual. Against
# bm25s's own 1.5 and 0.75, and counting each word of a question once, nDCG@10 of this leg went from .932 to .944 on
# JaQuAD, .738 to .766 on U4's tables and .941 to .945 on JSQuAD (eval/bench_retrieval.py).
K1 = 0.9
B = 0.5


@lru_cache(maxsize=1)
def analyzer() -> str:
    """Return a name for what ``words`` does now; an index made by another analyzer would miss its own words."""
    return "words-" + hashlib.sha256("\n".join(words(PROBE)).encode()).hexdigest()[:12]


def chunk_words(chunk: Chunk) -> list[str]:
    """Return the words a chunk is found by: its title's, its headings' and its own."""
    return [*_label_words(chunk.title), *(w for h in chunk.headings for w in _label_words(h)), *words(chunk.text)]


def fact_words(fact: Fact, title: str) -> list[str]:
    """Return the words a fact is found by: what it measures, where it stands, and when it holds."""
    parts = (fact.label, fact.scope or "", *fact.headings, fact.unit or "", title)
    return [w for part in dict.fromkeys(parts) for w in _label_words(part)]


@lru_cache(maxsize=8192)
def _label_words(text: str) -> tuple[str, ...]:
    """Titles and headings stand over many chunks and facts; each is analysed once."""
    return tuple(words(text)) if text else ()


class Bm25Keywords:
    """A ``KeywordIndex`` over tokens that were made beforehand."""

    def __init__(self, ids: Sequence[str], model: Any):
        self.ids = list(ids)
        self._model = model  # None: there is no word at all

    @classmethod
    def build(cls, ids: Sequence[str], tokens: Sequence[Sequence[str]]) -> Bm25Keywords:
        """Return an index of one token list for each id."""
        import bm25s

        if len(ids) != len(tokens):
            raise ValueError(f"not the same number of ids and token lists: {len(ids)} != {len(tokens)}")
        if not any(tokens):
            return cls(ids, None)
        model = bm25s.BM25(method="lucene", k1=K1, b=B)
        model.index([list(t) for t in tokens], create_empty_token=False, show_progress=False)
        return cls(ids, model)

    @classmethod
    def load(cls, folder: Path, ids: Sequence[str]) -> Bm25Keywords:
        """Return what ``save`` wrote; ValueError when it is for another number of ids."""
        import bm25s

        if not (folder / "params.index.json").exists():
            return cls(ids, None)
        model = bm25s.BM25.load(folder, load_corpus=False, show_progress=False)
        if model.scores["num_docs"] != len(ids):
            raise ValueError(
                f"{folder}: not the same number of ids and entries: {len(ids)} != {model.scores['num_docs']}"
            )
        return cls(ids, model)

    def save(self, folder: Path) -> None:
        """Write JSON and plain arrays, never a pickle. An index without a word is an empty folder."""
        folder.mkdir()
        if self._model is not None:
            self._model.save(folder, show_progress=False)

    def search(self, questions: Sequence[str], k: int, rows: Rows | None = None) -> list[Scored]:
        """Return, for each question, at most ``k`` (id, BM25 score > 0) pairs, best first; ties in index order."""
        return [self._best(words(question), k, rows) for question in questions]

    def _best(self, tokens: list[str], k: int, rows: Rows | None = None) -> Scored:
        if self._model is None:
            return []
        known = [token for token in dict.fromkeys(tokens) if token in self._model.vocab_dict]
        if not known or k < 1:
            return []
        scores = self._model.get_scores(known, weight_mask=rows)
        order = np.argsort(-scores, kind="stable")[:k]
        return [(self.ids[i], float(scores[i])) for i in order if scores[i] > 0]

    def frequency(self, word: str, rows: Rows | None = None) -> int:
        """Return how many entries, or how many of those in ``rows``, hold a word as ``words`` writes it."""
        token = None if self._model is None else self._model.vocab_dict.get(word)
        if token is None:
            return 0
        starts = self._model.scores["indptr"]
        if rows is None:
            return int(starts[token + 1] - starts[token])
        return int(rows[self._model.scores["indices"][starts[token] : starts[token + 1]]].sum())

    def frequencies(self, rows: Rows | None = None) -> dict[str, int]:
        """Return every word with the number of entries, or of those in ``rows``, that hold it; none that 0 hold."""
        if self._model is None:
            return {}
        starts = np.asarray(self._model.scores["indptr"])
        if rows is not None:
            starts = np.concatenate([[0], np.cumsum(rows[self._model.scores["indices"]])])[starts]
        held = np.diff(starts)
        return {word: int(held[token]) for word, token in self._model.vocab_dict.items() if word and held[token]}

    def __len__(self) -> int:
        return len(self.ids)
