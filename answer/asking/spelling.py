"""Misspelt words of a question, read as the word of the papers that they can only be meant for.

People type in a hurry: two characters change places (コンソシーアム), one is left out (セミナ) or typed
twice (移住住相談), and a word stays in kana (くみすう for 組数). What is typed is strange only if neither the
papers nor the dictionary have it as one word: オーストリア is a word, whatever the papers say of オーストラリア.
And it is put right only if one word, and no other, is a single slip away (Damerau, A technique for computer
detection and correction of spelling errors, 1964: four fifths of all misspellings are one such slip).

Figures, dates and what stands in quotation marks are never touched.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from threading import Lock

from rapidfuzz import process
from rapidfuzz.distance import OSA

from answer.asking.cues import QUOTED, STOP, TYPED_IN_KANA
from ingest.dates import find_periods
from ingest.japanese import Morph, fold, morphs, reading

Span = tuple[int, int]

_KATAKANA_RUN = re.compile(r"[ァ-ヴー]{3,}")
_LATIN_RUN = re.compile(r"(?<![A-Za-zＡ-Ｚａ-ｚ0-9０-９])[A-Za-zＡ-Ｚａ-ｚ]{4,}(?![A-Za-zＡ-Ｚａ-ｚ0-9０-９])")
# Kanji numerals, units of time and what asks are no letters of a word.
_KANJI = r"(?:(?![一二三四五六七八九十百千万億兆何年月日時])[一-鿿々])"
_KANJI_RUN = re.compile(_KANJI + r"{3,}")
_HIRAGANA_RUN = re.compile(r"[ぁ-んー]{3,}")
_TO_KATAKANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
_SMALL = dict(zip("ァィゥェォッャュョ", "アイウエオツヤユヨ", strict=True))

_LEAST = 4  # characters of a word in katakana or letters: shorter ones are a slip away from too many others
_LEAST_KANJI = 3
_LEAST_KANA = 3
_LONGEST_KANA = 20
_ACRONYM = 5  # letters from which one may be missing: below, KPI and KPIs are two
_BY_FAR = 3  # times as many passages as the next word of the same reading
_LONGEST = 8  # characters of such a word, but for those in katakana alone
_WRITTEN = re.compile(rf"[一-鿿々ァ-ヴー]{{2,{_LONGEST}}}|[ァ-ヴー]+")  # words that can be meant by kana


class Speller:
    """The words of a collection, to be found by what was typed for them. Safe from threads."""

    def __init__(self, frequencies: Mapping[str, int], passages: Callable[[str], Sequence[str]]) -> None:
        """``frequencies`` are the words of the papers as ``ingest.japanese.words`` writes them, with their counts.

        ``passages`` returns the best passages for some words, as they stand in the papers.
        """
        self._frequencies = frequencies
        self._passages = passages
        self._lock = Lock()
        self._read: dict[int, dict[str, list[str]]] = {}  # by length of word, then by reading

    def corrected(self, text: str) -> str | None:
        """Return the question with its misspelt words put right; None when nothing is misspelt, or nothing is sure."""
        whole = text
        for right in (self._slips, self._kanji, self._kana):
            whole = right(whole)
        if whole == text:
            return None
        # Of two slips within one compound, each needs the other put right. It ends: each makes fewer words than before.
        return self.corrected(whole) or whole

    # --- katakana and letters ---

    def _slips(self, text: str) -> str:
        for start, end in reversed(_free(text, (_KATAKANA_RUN, _LATIN_RUN))):
            meant = self._meant(text[start:end])
            if meant is not None:
                text = text[:start] + meant + text[end:]
        return text

    def _meant(self, typed: str) -> str | None:
        """Return the one word of the papers that a word in katakana or letters is a slip away from."""
        folded = fold(typed)
        if folded in self._names or self._is_word(folded):
            return None
        whole = set(self._near(folded))
        # 例: オンラインセミナ of papers that have オンライン and セミナー, but not the two together
        for cut in range(3, len(folded) - 2) if not whole and not folded.isascii() else ():
            head, tail = folded[:cut], folded[cut:]
            if head in self._names:
                whole.update(head + near for near in self._near(tail))
            if tail in self._names:
                whole.update(near + tail for near in self._near(head))
        if len(whole) != 1:
            return None
        found = whole.pop()
        return found.upper() if typed.isupper() else found

    def _is_word(self, folded: str) -> bool:
        """Say whether the dictionary has it, as one word or as words of the papers or of three characters or more.

        Shorter pieces show nothing: the dictionary cuts オランイン into オラン and イン.
        """
        pieces = morphs(folded)
        return all(
            m.reading
            and (len(pieces) == 1 or fold(m.base) in self._frequencies or (len(m.surface) > 2 and m.pos2 == "普通名詞"))
            for m in pieces
        )

    def _near(self, folded: str) -> Iterator[str]:
        of_kind = [name for name in self._names if name.isascii() == folded.isascii()]
        for name, _, _ in process.extract(folded, of_kind, scorer=OSA.distance, score_cutoff=1, limit=None):
            if len(name) >= _LEAST and _is_slip(folded, name):
                yield name

    @cached_property
    def _names(self) -> frozenset[str]:
        """The words in katakana and those in letters, also those inside a compound. 例: デジタル of デジタル化"""
        return frozenset(name for word in self._frequencies for name in _names_in(word))

    # --- kanji ---

    def _kanji(self, text: str) -> str:
        """Put characters of a compound right that changed places or were typed twice.

        It must make a word of the papers, and fewer words than before: 部長会 is no misspelt 部会長, nor 社長 of
        会社社長 a 長.
        """
        for start, end in reversed(_free(text, (_KANJI_RUN,))):
            run = text[start:end]
            options = {right for right, at, places in _kanji_slips(run) if self._is_better(run, right, at, places)}
            lengths = {option: len(morphs(option)) for option in options}
            fewest = [option for option in options if lengths[option] == min(lengths.values())]
            if len(fewest) == 1 and lengths[fewest[0]] < len(morphs(run)):
                text = text[:start] + fewest[0] + text[end:]
        return text

    def _is_better(self, run: str, right: str, at: int, places: Sequence[int]) -> bool:
        """Say whether the papers have a word over one of ``places`` of ``right``, and none over ``at`` of ``run``."""
        if self._holds(run, at, 2):
            return False
        alone = {at, at + 1} <= {m.start for m in morphs(run) if len(m.surface) == 1}
        least = 2 if alone or len(right) < len(run) else _LEAST_KANJI
        return any(self._holds(right, place, least) for place in places)

    def _holds(self, run: str, at: int, least: int) -> bool:
        """Say whether a word of the papers stands in ``run`` over the characters at ``at`` and behind it."""
        return any(
            run[a:b] in self._frequencies for a in range(at + 1) for b in range(max(at + 2, a + least), len(run) + 1)
        )

    # --- kana ---

    def _kana(self, text: str) -> str:
        """Write words of kana as the papers do, the longest first, and of these the first: くみすう before すう."""
        for run_start, run_end in reversed(_free(text, (_HIRAGANA_RUN,))):
            found = morphs(text)
            spans = [
                (start, end)
                for start in range(run_start, run_end - _LEAST_KANA + 1)
                for end in range(start + _LEAST_KANA, min(run_end, start + _LONGEST_KANA) + 1)
            ]
            done: list[tuple[Span, str]] = []
            for span in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
                if any(span[0] < end and start < span[1] for (start, end), _ in done):
                    continue
                word = self._spelt(text, span, found)
                meant = self._in_papers(text, span, word) if word is not None else None
                if meant is not None and _stands(text, span, meant, found):
                    done.append((span, meant))
            for (start, end), meant in sorted(done, reverse=True):
                text = text[:start] + meant + text[end:]
        return text

    def _in_papers(self, text: str, span: Span, word: str) -> str | None:
        """Return a word as the papers write it; None where they write it in kana, as it was typed.

        The dictionary's form is another for some: 竣功 of 竣工, 熊 of くま.
        """
        if word in _asking().values():
            return word
        typed = text[span[0] : span[1]]
        if any(typed in passage for passage in self._passages(text)):
            return None
        passages = self._passages(word)
        if any(word in passage for passage in passages):
            return word
        forms = (m.surface for passage in passages for m in morphs(passage) if m.base == word and not _is_kana(m))
        return next(forms, None)

    def _spelt(self, text: str, span: Span, found: Sequence[Morph]) -> str | None:
        """Return the word that a span of kana spells: one that asks or, for a strange span, one of the papers."""
        start, end = span
        spelt = text[start:end].translate(_TO_KATAKANA)
        if spelt in _asking():
            return _asking()[spelt]
        pieces = [m for m in found if m.start < end and start < m.end]
        if not self._is_strange(pieces, span):
            return None
        words = sorted(self._by_reading(spelt), key=lambda word: -self._frequencies[word])
        if not words or (len(words) > 1 and self._frequencies[words[0]] < _BY_FAR * self._frequencies[words[1]]):
            return None
        return words[0]

    def _is_strange(self, pieces: Sequence[Morph], span: Span) -> bool:
        """Say whether kana are no words that a question or the papers use.

        A verb or adjective is what it is (暮らす is no クラス); a noun is strange if the papers lack it (後悔,
        where they have 公開); several pieces are if one of them is.
        """
        if len(pieces) == 1 and (pieces[0].start, pieces[0].end) == span:
            return pieces[0].pos == "名詞" and not self._knows(pieces[0])
        return all(map(_is_kana, pieces)) and not all(map(self._knows, pieces))

    def _knows(self, morph: Morph) -> bool:
        base = fold(morph.base)
        if morph.pos in ("感動詞", "記号", "副詞") and len(morph.surface) < 4:
            return base in STOP  # 例: ぶら, い, ぎょう: what the dictionary makes of a word that it cannot read
        if morph.pos in ("助詞", "助動詞", "代名詞", "連体詞", "接続詞", "補助記号"):
            return True
        return base in STOP or self._frequencies.get(base, 0) > 0 or morph.pos2 == "非自立可能"

    def _by_reading(self, spelt: str) -> Sequence[str]:
        """Return the words of the papers that are read so: one to three kana or so for a character."""
        with self._lock:
            for length in range(-(-len(spelt) // 3), len(spelt) + 1):
                if length not in self._read:
                    table = self._read[length] = defaultdict[str, list[str]](list)
                    for word in self._writable.get(length, ()):
                        table[_reading(word)].append(word)
            return [word for read in self._read.values() for word in read.get(spelt, ())]

    @cached_property
    def _writable(self) -> Mapping[int, Sequence[str]]:
        """The words that can be meant by kana, by their length: to read all of them takes a while."""
        found = defaultdict[int, list[str]](list)
        for word in self._frequencies:
            if _is_writable(word):
                found[len(word)].append(word)
        return found


# A new paper brings few words that no paper had: of the others it is known.
_KNOWN = 1 << 17


@lru_cache(_KNOWN)
def _names_in(word: str) -> tuple[str, ...]:
    """Return the words in katakana inside a word, and the word itself if it is one in letters."""
    return (*_KATAKANA_RUN.findall(word), *([word] if _LATIN.fullmatch(word) else []))


_LATIN = re.compile(r"[a-z]{2,}")


@lru_cache(_KNOWN)
def _is_writable(word: str) -> bool:
    return _WRITTEN.fullmatch(word) is not None


@lru_cache(_KNOWN)
def _reading(word: str) -> str:
    return word if _KATAKANA_RUN.fullmatch(word) else reading(word)


@cache
def _asking() -> Mapping[str, str]:
    """Return the words that questions ask by, by their readings. 例: ワリアイ → 割合"""
    return {reading(word): word for word in TYPED_IN_KANA}


def _free(text: str, patterns: Iterable[re.Pattern[str]]) -> list[Span]:
    """Return the runs that may be put right, in order: no dates, and nothing in quotation marks."""
    fixed = [match.span() for match in QUOTED.finditer(text)] + [period.at for period in find_periods(text)]
    runs = sorted(match.span() for pattern in patterns for match in pattern.finditer(text))
    return [(a, b) for a, b in runs if not any(a < end and start < b for start, end in fixed)]


def _is_slip(typed: str, word: str) -> bool:
    """Say how two words at a distance of one differ: by a slip of the fingers, not by another letter.

    例: コンソシーアム, セミナ, ママッチング, ベット for ベッド; not メール for モール, nor ライン for オンライン
    """
    if len(typed) == len(word):
        unlike = [(a, b) for a, b in zip(typed, word, strict=True) if a != b]
        return len(unlike) == 2 or (not word.isascii() and all(_plain(a) == _plain(b) for a, b in unlike))
    if word.isascii() and len(word) < _ACRONYM:
        return False
    if len(typed) < len(word):
        return typed[0] == word[0]
    return typed[0] == word[0] or typed[0] == typed[1]


def _plain(kana: str) -> str:
    """Return a katakana without voicing and in its large form. 例: ッ → ツ, バ → ハ"""
    return unicodedata.normalize("NFD", _SMALL.get(kana, kana))[0]


def _kanji_slips(run: str) -> Iterator[tuple[str, int, Sequence[int]]]:
    """Yield what a run may be meant for, where it was put right, and the pairs of characters that this makes."""
    for at, (one, other) in enumerate(pairwise(run)):
        if one != other:
            yield run[:at] + other + one + run[at + 2 :], at, (at,)
        else:
            yield run[:at] + run[at + 1 :], at, tuple(n for n in (at - 1, at) if 0 <= n < len(run) - 2)


# What may stand beside a word within kana: the rest of the sentence, no piece of another word.
_BESIDE = frozenset({"助詞", "助動詞", "代名詞", "連体詞", "接続詞", "補助記号", "接尾辞", "接頭辞"})


def _stands(text: str, span: Span, word: str, found: Sequence[Morph]) -> bool:
    """Say whether ``word``, written for a span of ``text``, leaves whole words on both sides.

    A verb before it must be one also as it was typed: of 使っていじゅうした, ていじゅう is no word.
    """
    start, end = span
    stop = start + len(word)
    written = morphs(text[:start] + word + text[end:])
    if any(m.start < edge < m.end for m in written for edge in (start, stop)):
        return False
    before = next((m for m in written if m.end == start), None)
    after = next((m for m in written if m.start == stop), None)
    if before is not None and before.pos in ("動詞", "形容詞", "助動詞"):
        typed = [m for m in found if m.end == start or m.start == start]
        if len(typed) < 2 or typed[0].surface != before.surface or typed[1].pos == "助詞":
            return False
    elif before is not None and _is_kana(before) and before.pos not in _BESIDE:
        return False
    if after is None or after.pos in _BESIDE or after.pos2 == "非自立可能":
        return True
    # 例: だいたい何年 is no 代替何年, but でじたる庁 is デジタル庁
    return not _is_kana(after) and _KATAKANA_RUN.search(word) is not None


def _is_kana(morph: Morph) -> bool:
    return _HIRAGANA.fullmatch(morph.surface) is not None


_HIRAGANA = re.compile(r"[ぁ-んー]+")
