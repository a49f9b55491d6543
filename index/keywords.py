"""What a word index holds: the Japanese words and compounds of passages and figures, and what they are worth."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from ingest.document import Chunk, Fact
from ingest.instructions import RULES
from ingest.japanese import split_sentences, words
from ingest.kana import katakana

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
    """Return a name for how text is read now; an index made by another analyzer would miss its own words.

    It covers words, the letters that are looked for, sentences, and what is taken for an order to the reader.
    """
    sentences = [PROBE[start:end] for start, end in split_sentences(PROBE)]
    read = "\n".join((*words(PROBE), katakana(PROBE), *sentences, *RULES))
    return "words-" + hashlib.sha256(read.encode()).hexdigest()[:12]


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
