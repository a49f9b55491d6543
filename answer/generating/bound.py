"""Does a figure belong to what a sentence says it of? Figures of a line stand with words; so do those that are told.

A figure is another's where a rival of its kind, in any line that was given, has all the words that the sentence tells
with it, and has one of them closer: 定員は60人 of a place whose row says 90人.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from answer.generating.figures_said import covers
from answer.generating.opposites import GROWN, SHRUNK
from answer.generating.said import Said, Value, said
from answer.generating.source import Source, has_word
from answer.reading.evidence import katakana
from answer.reading.told import tell
from ingest.dates import Period
from ingest.japanese import Morph, fold
from ingest.numbers import Quantity

_OWN, _AROUND = 2, 1  # a word stands with the figure itself, or in its row, its sentence or its heading
_CHANGED = "増減"  # stands for any word of a direction


@dataclass(frozen=True)
class Told:
    """A figure with the text that it stands in most closely, and with all that stands around it."""

    value: Value
    own: str
    around: str
    cell: str = ""
    group: int = 0  # where the row of figures begins that it stands in. 例: 9:00~17:00

    @cached_property
    def close(self) -> Said:
        return said(self.own)

    @property
    def head(self) -> str:
        found = _HEADED.match(self.cell)
        return found[0] if found else ""

    @property
    def is_bound(self) -> bool:
        return re.match(r"以[上下内]|未満|超", self.cell[self.value.at[1] :]) is not None

    @property
    def names_row(self) -> bool:
        return self.cell != self.around and self.cell == self.value.text

    @cached_property
    def beside(self) -> Said:
        """The other cells of its row without their heads: what they say holds for all figures of the cell."""
        cells = [c.partition(": ")[2] or c for c in self.around.split(" | ")] if self.cell != self.around else []
        return said(" | ".join(c for c in cells if c not in self.cell))

    def level(self, word: _Word, heading: Said) -> int:
        """Return how closely a word stands with the figure; what a heading says holds for all below it."""
        if word.stands_in(self.close) or word.stands_in(heading):
            return _OWN
        return _AROUND if word.stands_in(said(self.around)) else 0


@dataclass(frozen=True)
class _Word:
    """What a sentence tells with a figure: a word, a date, or a figure of another kind."""

    lemma: str
    key: str
    period: Period | None = None

    def stands_in(self, text: Said) -> bool:
        if self.period is not None:
            return any(covers(self.period, one) for one in text.periods)
        if self.lemma == _CHANGED:
            return _turns(text.text)
        return has_word(self.lemma, self.key, text.lemmas, text.key)


def others_figures(claim: Said, cited: Sequence[Source], worked: Sequence[Quantity]) -> Iterator[str]:
    """Yield the figures of a sentence that the lines have of something else."""
    claim = said(_EACH.sub(lambda m: " " * len(m[0]), claim.text))
    held = "\n".join(s.own.key for s in cited)
    for value, own in _told(claim.text, claim.values, dated=False):
        words = _words(own, value, held)
        if not words or any(q.text == value.text for q in worked):
            continue
        mine = [(t, s) for s in cited for t in told_in(s.text) if _same(t.value, value)]
        if any(t.names_row or (value.kind in _LABELS and value.text in t.head) for t, _ in mine):
            continue  # the name of the row, or the heading of a column
        if not mine or (value.kind in _DATED and _is_over(claim, value, cited)):
            continue
        rivals = [
            (t, s) for s in cited for t in told_in(s.text) if t.value.kind == value.kind and not _same(t.value, value)
        ]
        if all(_is_beaten(one, source, words, rivals, cited) for one, source in mine):
            yield f"「{value.text}」が別のものの数字です"


def others_cells(claim: Said, cited: Sequence[Source]) -> Iterator[str]:
    """Yield what a sentence tells of the heading of a column that stands in another cell of the row. 例: 経度は34.8"""
    cells = [(m["head"], m["value"]) for s in cited for c in s.own.text.split(" | ") if (m := _CELL.fullmatch(c))]
    for match in _TELLS.finditer(claim.text):
        label = _bare(match["label"])
        head = max((h for h, _ in cells if label.endswith(_bare(h))), key=len, default="")
        told = said(match["value"])
        if not head or not (told.content or told.values or told.runs):
            continue
        mine = [said(value) for h, value in cells if _bare(h) == _bare(head)]
        if any(_shares(told, one) for one in mine):
            continue
        if any(_stands_in(told, said(value)) for h, value in cells if _bare(h) != _bare(head)):
            yield f"「{match['value']}」が別の欄のものです"


def others_names(claim: Said, cited: Sequence[Source], question: Said) -> Iterator[str]:
    """Yield the names of a sentence in whose place a line has another of its kind.

    That is one in a part of the line that says all that the sentence says around the name, and more of it than the
    parts do that have the name itself. 例: 井笠バス for 両備バス, where 整理券 stands with the first alone
    """
    over = "\n".join(s.over.key for s in cited)
    for sentence in map(said, claim.text.split("。")):
        for run in sentence.runs_of_nouns:
            name = katakana(sentence.of(run))
            if len(name) < _NAME or name in over:
                continue
            parts = [(said(part), s) for s in cited for part in _PART.split(s.own.text)]
            here = [part for part, _ in parts if name in part.key]
            if any(name in katakana(cell) for s in cited for cell in _naming(s.own.text)):
                continue  # the name of a row
            if not here and name not in question.key:
                continue
            around = [(w, k) for w, k, _ in sentence.content if k not in name and not has_word(w, k, frozenset(), over)]
            mine = set().union(*(_met(part, around, sentence) for part in here))
            for part, source in parts:
                if name in part.key or (here and name not in source.own.key):
                    continue
                rival = next(
                    (r for r in part.runs_of_nouns if _is_rival(katakana(part.of(r)), name, run, r, claim)), None
                )
                if rival is not None and _met(part, around, sentence) > mine:
                    yield f"「{sentence.of(run)}」は行では「{part.of(rival)}」です"
                    break


_NAME = 3  # characters of a name; shorter ones are hardly of a kind
_PART = re.compile(r"[。◇◆■○●\n]| \| ")


def _is_rival(other: str, name: str, run: Sequence[Morph], theirs: Sequence[Morph], claim: Said) -> bool:
    """Say whether a name is another of the same kind, which the sentence does not have."""
    is_like = theirs[-1].surface == run[-1].surface and len(other) >= _NAME
    # 例: 災害時食料 is 災害時用食料
    return (
        is_like
        and other not in claim.key
        and other not in name
        and not re.search(".*?".join(map(re.escape, name)), other)
    )


def _met(part: Said, words: Sequence[tuple[str, str]], claim: Said) -> set[object]:
    figures = {(v.kind, v.value) for v in part.values}
    met: set[object] = {key for word, key in words if has_word(word, key, part.lemmas, part.key)}
    return met | (figures & {(v.kind, v.value) for v in claim.values})


def _bare(head: str) -> str:
    """Return a heading or what is said for it without the word for its count. 例: 陽性者数※3 → 陽性者"""
    return re.sub(r"(?<=..)(?:総数|人数|件数|数|額)?(?:※\d*|\(.*\))*$", "", katakana(head))


def _shares(told: Said, held: Said) -> bool:
    """Say whether two texts have a word or a figure in common, or one holds the other."""
    figures = {(v.kind, v.value) for v in held.values}
    return (
        told.key in held.key
        or held.key in told.key
        or any((v.kind, v.value) in figures for v in told.values)
        or any(figure in katakana(held.text) for figure, _, _ in told.runs)
        or any(has_word(lemma, key, held.lemmas, held.key) for lemma, key, _ in told.content)
    )


def _stands_in(told: Said, held: Said) -> bool:
    """Say whether a cell has all that is told."""
    figures = {(v.kind, v.value) for v in held.values}
    return told.key in held.key or (
        all((v.kind, v.value) in figures for v in told.values)
        and all(figure in held.key for figure, _, _ in told.runs)
        and all(has_word(lemma, key, held.lemmas, held.key) for lemma, key, _ in told.content)
    )


_CELL = re.compile(r"(?P<head>[^:|]{2,60}): (?P<value>.+)")
_TELLS = re.compile(
    r"(?P<label>[^、。はがも]{2,40})[はがも]、?(?P<value>[^、。]+?)(?=です|で、|である|であり|となっ|になっ|あり|。|、|$)"
)


def _is_beaten(
    one: Told, source: Source, words: Sequence[_Word], rivals: Sequence[tuple[Told, Source]], cited: Sequence[Source]
) -> bool:
    mine = [one.level(word, source.over) for word in words]
    anywhere = [max(n, any(word.stands_in(s.own) for s in cited)) for n, word in zip(mine, words, strict=True)]
    for rival, other in rivals:
        if rival.is_bound and not one.is_bound:
            continue  # a threshold. 例: 使用率50%以上
        theirs = [rival.level(word, other.over) for word in words]
        if other in cited and _is_of_another_time(one, rival, words):
            return True
        if rival.cell == one.cell and rival.around == one.around:
            if rival.group == one.group and _RANGED.search(
                one.cell[slice(*sorted((one.value.at[0], rival.value.at[0])))]
            ):
                continue
            theirs = [
                min(a, b) if word.stands_in(one.beside) else b for a, b, word in zip(mine, theirs, words, strict=True)
            ]
        if any(a > b for a, b in zip(mine, theirs, strict=True)):
            continue
        # a line that was not pointed to has it only where those that were do not say the word at all
        closest = mine if other in cited else anywhere
        closer = [a for a, b in zip(closest, theirs, strict=True) if b > a and (b == _OWN or not a)]
        if closer and (other in cited or 0 in closer):
            return True
    return False


def _is_of_another_time(one: Told, rival: Told, words: Sequence[_Word]) -> bool:
    """Say whether the rival stands with a date that is told, and the figure with another one of its kind."""
    for period in (word.period for word in words if word.period is not None):
        mine = [p for p in one.close.periods if p.kind == period.kind]
        if mine and not any(covers(period, p) for p in mine) and any(covers(period, p) for p in rival.close.periods):
            return True
    return False


def _is_over(claim: Said, value: Value, cited: Sequence[Source]) -> bool:
    """Say whether a heading has a date, which then holds for all below it."""
    told = [p for p in claim.periods if p.at == value.at]
    return any(covers(p, over) for p in told for s in cited for over in s.over.periods)


def _same(one: Value, other: Value) -> bool:
    """Say whether two values are one; a day without its year is any year's. 例: 昭和20年6月22日, 6月22日"""
    if one.kind != other.kind:
        return False
    if one.kind == "day" and isinstance(one.value, str) != isinstance(other.value, str):
        dated, bare = (one, other) if isinstance(one.value, str) else (other, one)
        return said(dated.text).calendar >= {bare.value}
    return one.value == other.value


@lru_cache(maxsize=4096)
def told_in(text: str) -> tuple[Told, ...]:
    """Return the figures of a line, each with its own words: of its cell and row, or of its part of a sentence."""
    line = said(text)
    cells = line.text.split(" | ")
    named = " ".join(_naming(line.text))
    heads = [cell.partition(": ")[0] for cell in cells]
    found = []
    for at, cell in enumerate(cells):
        # a head that comes again has its name before it. 例: 県: 東京 | 成長率: 2.8% | 県: 滋賀 | 成長率: 3.3%
        repeated = at > 0 and _HEADED.match(cell) and heads.count(heads[at]) > 1 and heads[at] != heads[at - 1]
        beside = cells[at - 1] if repeated else named
        here = said(cell)
        values = here.values
        group = 0
        for n, (value, own) in enumerate(_told(cell, values, dated=True)):
            if n == 0 or not _GAP.fullmatch(cell[values[n - 1].at[1] : value.at[0]]):
                group = value.at[0]
            found.append(Told(value, f"{beside if _HEADED.match(cell) else ''} {own}", line.text, cell, group))
    return tuple(found)


def _naming(text: str) -> list[str]:
    """Return the cells of a row that have no heading: they name the row."""
    cells = text.split(" | ")
    return [cell for cell in cells if not _HEADED.match(cell)] if len(cells) > 1 else []


_HEADED = re.compile(r"[^。:：|]{1,60}[:：] ")


def _told(text: str, values: Sequence[Value], dated: bool) -> Iterator[tuple[Value, str]]:
    """Yield each figure with its part of a text: from the figure of its kind before it up to the next comma.

    The ends of a range, and figures that are counted up, share what stands before the first, in a line that is cited
    with its date. 例: 9:00～17:00
    """
    head = _HEADED.match(text)
    shared: dict[str, str] = {}
    for value in values:
        start, end = value.at
        before = max((v.at[1] for v in values if v.kind == value.kind and v.at[1] <= start), default=0)
        stop = text.rfind("。", 0, start) + 1
        ahead = text[max(before, stop) : start]
        label = _LABELLED.search(ahead)
        if before > stop and _GAP.fullmatch(ahead):
            ahead = shared.get(value.kind, "")
        elif before > stop and re.match(r"\([^()]*$", ahead):  # 例: 返礼品費1,309千円(R3・1,158千円)
            ahead = shared.get(value.kind, "") + ahead
        elif label is not None:
            ahead = label[0]
        elif before > stop:
            cut = re.search(r"(?<![はもが])[、，・◇◆■○●]", ahead) or _LEFT.match(ahead)
            ahead = _behind_predicate(ahead[cut.end() :] if cut else ahead)
        following = min((v.at[0] for v in values if v.kind == value.kind and v.at[0] >= end), default=len(text))
        behind = re.sub(r"^の(?:内訳|うち).*", "", text[end:following])
        if following < len(text) and len(behind) <= _LEADS:
            behind = ""  # 例: 17:00土9:00, where it leads to the next one
        if value.kind in _LABELS:  # 例: 3歳以上の児童は無料、
            behind = behind.split("。")[0]
        elif value.kind == "day" and behind.startswith("、"):  # 例: 6月22日、港に船が着き
            behind = re.split(r"[、。]", behind[1:])[0]
        else:
            behind = re.split(r"[、。，()は・◇◆■○●]|から|より", behind)[0][:_BEHIND]
        shared[value.kind] = ahead if dated else _without_dates(ahead)
        yield value, f"{head[0] if head else ''}{ahead}{value.text}{behind}"


_LABELLED = re.compile(r"[^、。()\s|◇◆■○●:]{1,20}:(?!.*[^\d]:).*$")  # 例: 派遣人数・時間:1回当たり
_LEFT = re.compile(r".{0,3}?(?:から|より|まで|[にでがとし])")  # what still belongs to the figure before


def _behind_predicate(text: str) -> str:
    """Return a text without the predicate that it begins with, which is told of the figure before it."""
    parts = said(text).morphs
    first = next((n for n, m in enumerate(parts[:3]) if m.pos == "動詞"), None)
    if first is None or not re.search(r"[ぁ-ん]", text[: parts[first].end]):
        return text
    rest = next((m for m in parts[first + 1 :] if m.pos not in ("助動詞", "動詞", "助詞")), None)
    return text[rest.start :] if rest is not None else text


_LABELS = ("bound", "year", "fiscal_year")  # what is told of them may follow far behind
_GAP = re.compile(r"(?:\([月火水木金土日祝・]+\)|\s|まで)*(?:から|[~\-・/→]|と|及び|、)?\s*(?:\([^()]{1,4}\))?")
_LEADS = 2
_RANGED = re.compile(r"[~\-]|から")
_BEHIND = 10  # characters behind a figure that are still about it. 例: 642人が転入し


def _without_dates(text: str) -> str:
    here = said(text)
    kept = list(here.text)
    for start, end in (p.at for p in here.periods):
        kept[start:end] = " " * (end - start)
    return "".join(kept)


def _words(text: str, value: Value, held: str) -> list[_Word]:
    here = said(text)
    found = [_Word(lemma, key) for lemma, key, _ in here.content if not _DIRECTION.search(key)]
    if value.kind not in _DATED:
        found += [_Word("", "", period) for period in here.periods]
        before = _BEFORE.search(text[: _place(text, value)[0]])
        found += [_Word(before[1], katakana(before[1]))] if before else []
    found += [
        _Word(v.text, katakana(v.text))
        for v in here.values
        if v.kind not in (value.kind, "year", "fiscal_year", "clock", "bound", "年", "")
        and not (v.kind == "day" and (value.kind in _DATED or katakana(v.text) not in held))
    ]
    if value.kind not in _DATED and tell(here.text, *_place(here.text, value), None).role == "change":
        found.append(_Word(_CHANGED, _CHANGED))
    return found


_BEFORE = re.compile(r"(前年度?|昨年度?|前回|前月)[はがの:]?約?$")
_DATED = ("day", "year", "fiscal_year", "clock")


def _place(text: str, value: Value) -> tuple[int, int]:
    at = max(text.find(value.text), 0)
    return at, at + len(value.text)


def _turns(text: str) -> bool:
    plain = fold(text)
    return (
        GROWN.search(plain) is not None
        or SHRUNK.search(plain) is not None
        or _CHANGE.search(plain) is not None
        or "△" in text
    )


# 例: 人口10万人・1週間あたり is no more than the unit of what follows
_AMOUNT = r"\d[\d,.]*[万億]?[^\d\s]{1,2}?"
_EACH = re.compile(rf"(?:(?:人口)?{_AMOUNT}[・/])?{_AMOUNT}間?(?:あたり|当たり|当り|につき)")
_CHANGE = re.compile(r"増減|差引|比較|前年度?[比差]|対比")
_DIRECTION = re.compile(r"[増減]|上昇|低下")
