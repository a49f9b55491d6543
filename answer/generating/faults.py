"""What of a sentence does not stand in the lines that it is said of. Pure functions.

Each figure, date and name must stand in one of the lines or in the heading of its block; a figure must be that of the
thing it is said of; what the lines say must not be turned round. Of the other words most must be found: none of them
alone makes a sentence false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from answer.generating.bound import others_cells, others_figures, others_names
from answer.generating.figures_said import absent_dates, absent_figures, parted_ranges, worked_out
from answer.generating.said import FRAME, TELLS_APART, Said, said
from answer.generating.source import Source, has_word
from answer.generating.turned import answered, compared, denials, turned
from answer.reading.evidence import katakana
from ingest.japanese import Morph, fold
from ingest.numbers import UNITS

# The share of a sentence's words that must stand in its lines, their headings or the question; and of those that the
# question does not have, in the lines and headings alone. Fitted on true sentences and on what they are not.
LEAST_COVER = 0.5
LEAST_NEW = 0.35
FEW = 2.0  # what the lines may lack in any case: a verb or two that the sentence has of its own

_YES = re.compile(r"^\s*(はい|いいえ|ええ|いえ)(?=[、。,.\s])[、。,.\s]*")
_QUOTED = re.compile(r"[「『“]([^「」『』“”]{2,60})[」』”]")
_KATAKANA_UNITS = frozenset(katakana(unit) for unit in UNITS if re.fullmatch("[ァ-ヶー]+", unit))
_KATAKANA = re.compile(r"[ァ-ヶー]{3,}")
_PLACES = "都道府県市町村区郡"
_LATIN = re.compile(r"[A-Za-z][\w&.+\-]*(?: [A-Za-z][\w&.+\-]*)+", re.ASCII)
_NOTHING = said("")


def faults(
    text: str, sources: Sequence[Source], given: Sequence[Source], question: str = "", *, strict: bool = False
) -> Iterator[str]:
    """Yield, in Japanese, what of a sentence the lines do not say; nothing where they say it all.

    ``given`` are all lines of the evidence, in which a figure may have a rival. ``strict`` is for lines that the
    sentence does not point to: then the question and the sentences around them say nothing for them.
    """
    if not sources:
        yield "示された行がありません"
        return
    answer = _YES.match(text)
    claim = said(text[answer.end() :] if answer else text)
    asked = said(question)
    if answer is not None:
        yield from answered(answer[1], claim, asked)
    context = _NOTHING if strict else asked
    if strict and not all(_is_of_row(claim, source) for source in sources):
        yield "別の行のことです"
    worked, wrong = worked_out(claim.text, sources)
    if wrong:
        yield f"計算が確かめられません（{wrong}）"
    yield from absent_figures(claim, sources, worked, context)
    yield from parted_ranges(claim, sources)
    yield from absent_dates(claim, sources, context)
    yield from _absent_names(claim, sources, given, context)
    yield from turned(claim, sources)
    yield from denials(said(text), sources, asked)
    yield from compared(claim, sources)
    yield from others_figures(claim, sources, worked)
    yield from others_cells(claim, sources)
    yield from others_names(claim, sources, context)
    cover, new = covered(claim, sources, context)
    if strict and not all(any(s.has_word(lemma, key) for s in sources) for lemma, key, _ in claim.content):
        yield "行にない語があります"
    if cover < LEAST_COVER or new < LEAST_NEW:
        yield f"行にない語が多すぎます（一致 {cover:.2f}）"


def _is_of_row(claim: Said, source: Source) -> bool:
    """Say whether a sentence names the row that a line is; any sentence may be of a line that is no row."""
    cells = source.own.text.split(" | ")
    if len(cells) < 2:
        return True
    named = next((c.partition(": ")[2] or c for c in cells[:2] if said(c.partition(": ")[2] or c).content), "")
    return covered(said(named), [Source(claim.text, "")], _NOTHING)[0] >= LEAST_COVER


def covered(claim: Said, sources: Sequence[Source], question: Said) -> tuple[float, float]:
    """Return the weighted shares of a sentence's words that are found; 1 where it has only figures.

    First of all words, in the lines or the question; then of those that the question does not have, in the lines.
    """
    total = met = total_new = met_new = 0.0
    for lemma, key, weight in claim.content:
        here = any(source.has_word(lemma, key) for source in sources)
        is_asked = has_word(lemma, key, question.lemmas, question.key)
        total += weight
        met += weight * (here or is_asked)
        total_new += weight * (not is_asked)
        met_new += weight * (here and not is_asked)
    has_figures = bool(claim.values or claim.runs)
    whole = 1.0 if has_figures and total - met <= FEW else met / total if total else 0.0
    return whole, met_new / total_new if total_new - met_new > FEW else 1.0


def _absent_names(claim: Said, sources: Sequence[Source], given: Sequence[Source], question: Said) -> Iterator[str]:
    """Yield the names that neither the lines nor their headings have.

    The question may name what the lines are about, but not where a line itself names another of its kind.
    """
    held = "\n".join(s.key for s in sources)
    for match in _QUOTED.finditer(claim.text):
        if katakana(match[1]) not in held + question.key:
            yield f"「{match[1]}」が行にありません"
    for match in _LATIN.finditer(claim.text):
        words = [katakana(word) for word in match[0].split()]
        if katakana(match[0]) not in held + question.key and all(word in held for word in words):
            yield f"「{match[0]}」が行にありません"
    for run in claim.runs_of_nouns:
        whole = katakana(claim.of(run))
        if whole in held or whole in _KATAKANA_UNITS:
            continue
        missing = [m for n, m in enumerate(run) if not _stands(run, n, sources)]
        is_name = run in claim.names
        is_elsewhere = (len(run) > 1 or _KATAKANA.fullmatch(whole)) and any(whole in s.own.key for s in given)
        # pieces that stand apart in the lines make another thing where they stand together elsewhere
        if not missing and not is_name and not (is_elsewhere and _says_two(run)):
            continue
        sibling = _sibling(run, missing, claim, sources)
        if sibling:
            yield f"「{claim.of(run)}」は行では「{sibling}」です"
        elif whole in question.key or (missing and all(katakana(m.surface) in question.key for m in missing)):
            continue
        elif is_elsewhere and (missing or _says_two(run)):
            yield f"「{claim.of(run)}」は別の行のものです"
        elif (is_name or _KATAKANA.fullmatch(claim.of(run))) and any(
            m.base not in FRAME or m.surface in TELLS_APART for m in missing
        ):
            yield f"「{claim.of(run)}」が行にありません"


def _says_two(run: Sequence[Morph]) -> bool:
    """Say whether two pieces of a compound say something. 例: 電話番号 says one thing"""
    return sum(m.base not in FRAME and m.pos != "接尾辞" for m in run) > 1


def _stands(run: Sequence[Morph], n: int, sources: Sequence[Source]) -> bool:
    """Say whether a piece of a compound stands in the lines; one that tells two things apart, beside its neighbour."""
    morph = run[n]
    key = katakana(morph.surface)
    if morph.surface in TELLS_APART and n + 1 < len(run):
        return any(key + katakana(run[n + 1].surface) in s.key for s in sources)
    if n and run[n - 1].pos2 == "固有名詞" and key in _PLACES:  # 例: 高知市, of which a line says 高知県
        name = katakana(run[n - 1].surface)
        return all(name + key in s.key or not re.search(f"{name}[{_PLACES}]", s.key) for s in sources)
    if {morph.base, fold(morph.surface)} & FRAME or (morph.pos == "接尾辞" and n):
        return True
    return any(s.has_word(morph.base, key) or _shortens(morph.surface, s) for s in sources)


def _shortens(word: str, source: Source) -> bool:
    """Say whether a word is made of the first characters of a compound's pieces. 例: 国保 of 国民健康保険"""
    if not re.fullmatch("[一-龠々]{2,4}", word):
        return False
    firsts = ("".join(m.surface[0] for m in run) for side in (source.own, source.over) for run in side.runs_of_nouns)
    return any(re.search(".?".join(word), first) for first in firsts)


def _sibling(run: Sequence[Morph], missing: Sequence[Morph], claim: Said, sources: Sequence[Source]) -> str:
    """Return what the lines have in the place of a compound that they lack, and the sentence does not have.

    That is one with the same piece behind another one: 就労証明書 for 戸籍証明書. Of a compound whose pieces all stand
    in the lines, it is one with all of its pieces but one.
    """
    first = min((n for n, m in enumerate(run) if m in missing), default=len(run))
    # 会 of 映画会 is all that it has behind; 病 of 生活習慣病サポーター is a part of what is lacking
    behind = {
        katakana(m.surface) for m in run[first:] if m not in missing and (m.pos != "接尾辞" or len(run) - first == 2)
    }
    mine = {katakana(m.surface) for m in run}
    sides = [side for s in sources for side in (s.own, s.over)]
    for side, other in ((one, compound) for one in sides for compound in one.runs_of_nouns):
        theirs = [katakana(m.surface) for m in other]
        strange = {piece for piece in theirs if piece not in claim.key}
        last = len(other) - 1 - (other[-1].pos == "接尾辞" and theirs[-1] not in behind)
        if theirs[last] in behind and strange & {*theirs[:last]}:
            return side.of(other)
        is_like = len(run) > 1 and len(other) > 1 and other[-1].surface == run[-1].surface
        if strange and not missing and is_like and len(mine - {*theirs}) == len({*theirs} - mine) == 1:
            return side.of(other)
    return ""
