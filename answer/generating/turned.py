"""Does a sentence say of its lines what they say, and not the opposite? Directions, denials, plans, はい and いいえ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from answer.asking.cues import SUPERLATIVE_SAID
from answer.generating.bound import told_in
from answer.generating.figures_said import covers, same, steps
from answer.generating.opposites import GROWN, PAIRS, SHRUNK, turning
from answer.generating.said import Said, Unit, said
from answer.generating.source import Source, has_word
from answer.reading.told import tell
from ingest.japanese import fold

_PLANNED = re.compile(
    r"予定|見込|計画|目標|目指|方針|検討|案|予想|見通し|予算|ましょう|まいります|していきます|する(?:こと|もの)"
)
_SAYS_PLAN = re.compile(r"予定|見込|見通し")
_DONE = re.compile(r"(?:まし)?た(?=[。、」）)]|$)|済み?|実績|完了")
_RANKED = re.compile(rf"{SUPERLATIVE_SAID.pattern}|ピーク|過去最|限度|以内")
_CHANGE = re.compile(r"増減|差引|比較|前年度?[比差]|対比")
_SAME = re.compile(
    r"違い(?:は|が)?(?:な|あり?ませ)|同じ(?=です|で(?!は)|く|。|、|水準|額)|同額|変わら|変わりは?(?:な|あり?ませ)|等し"
)
_DIFFERENT = re.compile(r"違い(?:は|が)?あ(?!り?ませ)|異な|違い?ます|違って")
_THAN = re.compile(
    r"(?P<than>[^、。]{1,40}?)(?:より(?:も)?(?!良|よ)|と比べて?|に比べて?|を(?=上回|下回))(?P<rest>[^。]*)"
)
_TIMES = re.compile(r"前年|昨年|前回|前期|前月|去年|年前|年度|先月|従来|これまで")
_MORE = re.compile(r"多[いくか]|高[いくか]|大き[いく]|長[いくか]|上回|増")
_LESS = re.compile(r"少な[いくか]|低[いくか]|小さ[いく]|短[いくか]|安[いくか]|下回|減")
_CONTRAST = re.compile(r"で(?:は)?なく")
_MOST = 0.8  # how much of a line that denies a sentence must say to be about it
_ALIKE = 0.5  # how much of what a predicate says another one must have, for them to be about one thing


def turned(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield the words that turn a sentence away from what its lines say."""
    told = turning(fold(claim.text))
    held = turning(fold("\n".join(s.text + "\n" + s.heading for s in sources)))
    for one, other in PAIRS:
        word = one.search(told)
        if word is None or other.search(told):
            continue
        if one in (GROWN, SHRUNK) and _steps_agree(claim, sources, one is GROWN):
            continue
        if one.search(held) is None:
            if other.search(held) is not None or one in (GROWN, SHRUNK):
                yield f"「{word[0]}」が行と逆です" if other.search(held) else f"「{word[0]}」が行にありません"
        elif other.search(held) is not None and _is_turned_there(claim, sources, one, other):
            yield f"「{word[0]}」が行と逆です"
    if GROWN.search(told) is not None or SHRUNK.search(told) is not None:
        ways = {step > 0 for step in steps(claim)}
        if (
            ways
            and (GROWN.search(told) is not None) != (SHRUNK.search(told) is not None)
            and (GROWN.search(told) is not None) not in ways
        ):
            yield "増減の向きが数字と合いません"
    yield from _ways(claim, sources)
    if _SAYS_PLAN.search(told) and not _PLANNED.search(held):
        yield "「予定」が行にありません"
    if _SAYS_PLAN.search(held) and not _PLANNED.search(told) and _DONE.search(told) and not _DONE.search(held):
        yield "行では予定です"
    if SUPERLATIVE_SAID.search(told) and not _RANKED.search(held):
        yield "順位が行にありません"
    repeats = _repeats(claim, sources)
    if (_SAME.search(told) and not repeats and not _SAME.search(held)) or (_DIFFERENT.search(told) and repeats):
        yield "同じかどうかが行から確かめられません"


def _repeats(claim: Said, sources: Sequence[Source]) -> bool:
    """Say whether a figure that is told stands twice in the lines."""
    held = [q for s in sources for q in s.own.quantities]
    return any(sum(same(q, one) for one in held) > 1 for q in claim.quantities)


def _steps_agree(claim: Said, sources: Sequence[Source], grown: bool) -> bool:
    """Say whether figures show a growth that no word of the lines says: by their order, or a sign."""
    if any((step > 0) == grown for step in steps(claim)):
        return True
    for source in sources:
        for told in told_in(source.text):
            text = told.value.text
            sign = -1 if text[:1] in "△▲▼-" else 1 if text[:1] == "+" or _CHANGE.search(told.own) else 0
            if sign == (1 if grown else -1) and any(
                told.value.kind == v.kind and told.value.value == v.value for v in claim.values
            ):
                return True
    return _dated_steps(claim, sources, grown)


def _dated_steps(claim: Said, sources: Sequence[Source], grown: bool) -> bool:
    """Say whether figures of a sentence, in the order of their dates, go the way that is said."""
    dated: dict[str, dict[str, float]] = {}
    for source in sources:
        for told in told_in(source.text):
            kind, value = told.value.kind, told.value.value
            if isinstance(value, float) and any(kind == v.kind and value == v.value for v in claim.values):
                periods = said(told.own).periods or source.own.periods[:1]
                if periods:
                    dated.setdefault(kind, {})[periods[-1].start] = value
    for values in dated.values():
        ordered = [value for _, value in sorted(values.items())]
        if len(ordered) > 1 and ordered[-1] != ordered[-2]:
            return (ordered[-1] > ordered[-2]) == grown
    return False


def _is_turned_there(claim: Said, sources: Sequence[Source], one: re.Pattern[str], other: re.Pattern[str]) -> bool:
    """Say whether the clause of the lines that is about the same thing has the opposite word."""
    pool = [c for s in sources for c in s.own.clauses]
    for clause in claim.clauses:
        if one.search(turning(fold(clause.text))) is None:
            continue
        most = max((_shared(clause, c) for c in pool), default=0.0)
        best = [turning(fold(c.text)) for c in pool if _shared(clause, c) == most > 0]
        if any(other.search(text) for text in best) and not any(one.search(text) for text in best):
            return True
    return False


def _shared(one: Said, other: Said) -> float:
    """Return how much two clauses have in common; a figure tells more than a word."""
    numbers = sum(2.0 for a in one.quantities if any(same(a, b) for b in other.quantities))
    numbers += sum(2.0 for a in one.periods if any(covers(a, b) for b in other.periods))
    return numbers + sum(w for lemma, key, w in one.content if has_word(lemma, key, other.lemmas, other.key))


def _ways(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield the figures that are said to go up where a line says that they go down, or the other way."""
    for quantity in claim.quantities:
        way = tell(claim.text, *quantity.at, quantity.unit).way
        if not way or re.match(r"\s*(?:も|ほど|程度)?[上下]回", claim.text[quantity.at[1] :]):
            continue
        ways = set()
        for source in sources:
            for one in source.own.quantities:
                if same(one, quantity):
                    there = tell(source.own.text, *one.at, one.unit).way
                    ways.add(there or (-1 if one.text[:1] in "△▲" else 0))
        if ways and -way in ways and way not in ways:
            yield f"「{quantity.text}」の増減が行と逆です"


# --- denials ----------------------------------------------------------------------------------------------------------


def denials(claim: Said, sources: Sequence[Source], question: Said) -> Iterator[str]:
    """Yield where a sentence says that something is not and its lines that it is, or the other way."""
    pool = [(unit, source.over.lemmas) for source in sources for unit in source.own.units]
    asked = question.lemmas
    units = claim.units
    for unit in units:
        if not unit.words and not unit.ends:
            continue
        like = max((_likeness(unit, v, over) for v, over in pool if v.denied == unit.denied or v.open), default=0.0)
        unlike = max((_likeness(unit, v, over) for v, over in pool if v.denied != unit.denied), default=0.0)
        if not unit.denied:
            theirs = [v for v, over in pool if v.denied and _likeness(unit, v, over) == unlike]
            told = any(u.denied and _share(u.words, v.words) >= _ALIKE for u in units for v in theirs)
            if unit.stated and unlike >= _ALIKE and unlike > like and not told:
                yield "行では打ち消されています"
            continue
        contrasts = not unit.ends and _CONTRAST.search(claim.text) is not None
        if (contrasts or claim.text.startswith(("いいえ", "いえ"))) and _share(unit.words, asked) >= _ALIKE:
            continue  # 例: いいえ、Aではなく、Bです, where A is what was asked
        if not unit.ends and any(v.denied and _likeness(unit, v, frozenset()) >= _ALIKE for v in question.units):
            continue  # 例: A以外の施設では, where that is what was asked about
        if _SAME.search(claim.text) and _repeats(claim, sources):
            continue
        if any(v.denied and v.ends and not v.words and _share(unit.whole, v.whole) >= _ALIKE for v, _ in pool):
            continue  # 例: その必要はありません
        if like < _MOST and (not like or unlike > like):
            yield "打ち消しが行にありません"
    words = frozenset(word for unit in units for word in unit.words)
    if not any(unit.denied for unit in units):
        for v, _ in pool:
            if v.denied and v.ends and len(v.whole) > 2 and _share(v.whole, words) >= _MOST:
                yield "行では打ち消されています"


def _likeness(one: Unit, other: Unit, over: frozenset[str]) -> float:
    """Return how much of a predicate another one has: of its words, its last one above all.

    Predicates without words of their own, at the end of their sentences, are those of the whole sentences. What the
    heading ``over`` the other one says, it need not say again.
    """
    if one.ends and other.ends and not (one.words and other.words):
        return _share(one.whole, other.whole)
    found = _share(one.words - over or one.words, other.words)
    if one.predicate:
        found = (found + _share(frozenset([one.predicate]), other.words)) / 2
    if one.ends and other.ends and not one.denied and not other.denied:
        found = max(found, _share(one.whole, other.whole))
    return found


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    if not one:
        return 0.0
    return sum(a in other or any(len(a) > 1 and a[:2] == b[:2] for b in other) for a in one) / len(one)


def answered(answer: str, claim: Said, question: Said) -> Iterator[str]:
    """Yield why a はい or いいえ does not go with the sentence behind it and the question before it.

    Where that cannot be told, nothing is yielded.
    """
    if not claim.text.strip("。、 "):
        yield "根拠となる文がありません"
        return
    says_no = answer in ("いいえ", "いえ")
    asked, told = turning(fold(question.text)), turning(fold(claim.text))
    opposed = any(
        one.search(told) and other.search(asked) and not one.search(asked) and not other.search(told)
        for one, other in PAIRS
    )
    last = next((unit for unit in reversed(question.units) if unit.words), None)
    alike = [
        unit
        for unit in claim.units
        if last is not None and last.predicate in unit.words and _share(unit.words, last.words) >= _ALIKE
    ]
    if last is None or not (opposed or alike):
        return
    turned_round = opposed or all(unit.denied != last.denied for unit in alike)
    if not says_no and turned_round:
        yield "「はい」と続く文が合いません"
    echoes = any(unit.denied == last.denied and _share(unit.words, last.words) >= _MOST for unit in alike)
    if says_no and not opposed and echoes and not any(unit.denied != last.denied for unit in claim.units):
        yield "「いいえ」と続く文が合いません"


# --- comparisons ------------------------------------------------------------------------------------------------------


def compared(claim: Said, sources: Sequence[Source]) -> Iterator[str]:
    """Yield a comparison whose direction neither the words nor the figures of the lines show."""
    for match in _THAN.finditer(claim.text):
        rest, than = match["rest"], match["than"]
        more, less = _MORE.search(rest), _LESS.search(rest)
        if (more is None) == (less is None) or _TIMES.search(than):
            continue
        if steps(claim):
            if not any((step > 0) == (more is not None) for step in steps(claim)):
                yield f"「{match[0][:20]}」という比較が数字と合いません"
            continue
        topic = re.split(r"(?:のほうが|の方が|[はが])、?", than)
        subject, reference = ("".join(topic[:-1]), topic[-1]) if len(topic) > 1 else ("", topic[0])
        if not subject:
            ahead = re.split(r"[。、]", claim.text[: match.start()].rstrip("、"))[-1]
            subject = re.sub(r"[はが]$", "", ahead)
        wanted = set(said(reference).nouns) - set(said(subject).nouns)
        other = set(said(subject).nouns) - set(said(reference).nouns)
        if not wanted or _said_so(sources, wanted, more is not None):
            continue
        pairs = [
            (a, b)
            for a in _figures_of(sources, other, wanted)
            for b in _figures_of(sources, wanted, other)
            if a[0] == b[0] and a[1] != b[1]
        ]
        if not pairs or not all((a[1] > b[1]) == (more is not None) for a, b in pairs):
            yield f"「{match[0][:20]}」という比較が行から確かめられません"


def _said_so(sources: Sequence[Source], wanted: set[str], more: bool) -> bool:
    """Say whether a line itself compares with the same thing in the same direction."""
    for source in sources:
        for match in _THAN.finditer(source.own.text):
            topic = said(re.split(r"(?:のほうが|の方が|[はが])、?", match["than"])[-1]).key
            way = _MORE.search(match["rest"]) if more else _LESS.search(match["rest"])
            if way and all(word in topic for word in wanted):
                return True
    return False


def _figures_of(sources: Sequence[Source], words: set[str], rivals: set[str]) -> list[tuple[str, float]]:
    """Return the figures that stand with all the words of a thing, and with none that the other has for itself."""
    found = []
    for source in sources:
        for told in told_in(source.text):
            key = told.close.key
            value = told.value.value
            # what the rival has for itself tells it apart; what stands everywhere does not
            apart = [r for r in rivals if not all(r in s.key for s in sources)]
            if not isinstance(value, float) or any(r in key for r in apart) or not any(w in key for w in words):
                continue
            if all(w in key or w in source.own.key for w in words):
                found.append((told.value.kind, value))
    return found
