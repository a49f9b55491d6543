"""Wording that changed where it binds: dates moved, plans carried out, conditions put in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from answer.editions.differences import Change, Kind, Side
from answer.editions.lines import Line, LinePair
from answer.editions.paper import Paper, dateless, is_item, pack
from ingest.dates import Period, find_periods
from ingest.japanese import fold

# What a paper says will be, and what it says has been.
_PLANNED = re.compile(r"予定|見込|検討|計画中|目指す|（案）|\(案\)|仮称|試行|準備中|調整中|協議中")
_DONE = re.compile(r"(?:開[催校始設]|実施|策定|設置|締結|決定|完了|成立|運用|就航|導入|採択|認定)(?:し(?:た|て)|され|済|$|。|\(|（)|した(?:。|$)|実績")
# Words by which a line binds somebody, or says who, how much and until when.
_BINDS = re.compile(
    r"期限|締め?切|〆切|必着|まで(?:に|と)?|以内|以上|以下|未満|上限|下限|対象|要件|条件|必要|必須|義務|できません|できない|できる"
    r"|不可|ください|なければ|こと。|こととする|禁止|廃止|改正|改定|変更|休止|再開|終了|中止|延長|補助率|負担|手数料|料金|使用料|無料|有料"
    r"|限度|限る|除く|含む|提出|記載|添付|参照|届出|申請"
)
_HELD_AT = re.compile(r"\s*(?:現在|時点|末|[)）]?\s*(?:現在|時点)|公表|発表|調査|実績|作成)")
_LONGEST = 60  # characters of what is shown of a line
_AROUND = 6  # characters shown on each side of what differs


def wording_changes(lines: Sequence[LinePair], then: Paper, now: Paper, told: set[int]) -> Iterator[Change]:
    """Yield what pairs of lines say otherwise; ``told`` are the starts of lines whose figures are told already."""
    for pair in lines:
        kind = _kind_of(pair, pair.now.start in told)
        if kind is None:
            continue
        sides = _dates_shown(pair, then, now) if kind == "date" else _parts_shown(pair, then, now)
        if sides is not None:
            yield Change(kind, _label(pair.now), pair.now.headings, *sides, sure=pair.likeness)


def _kind_of(pair: LinePair, is_told: bool) -> Kind | None:
    """Return what kind of wording changed; None for what binds nobody, or is only written otherwise."""
    one, other = fold(pair.then.flat), fold(pair.now.flat)
    if pair.then.is_heading or pair.now.is_heading:
        return None
    states = [(bool(_PLANNED.search(text)), bool(_DONE.search(text))) for text in (one, other)]
    if states[0][0] != states[1][0] and (states[0][1] or states[1][1]) and pair.likeness < 1.0:
        return "status"
    dates = [_binding_dates(line) for line in (pair.then, pair.now)]
    if dates[0] and len(dates[0]) == len(dates[1]) and [p.code for p in dates[0]] != [p.code for p in dates[1]]:
        return "date"
    if is_told or not (_BINDS.search(one) and _BINDS.search(other)):
        return None
    letters = [re.sub(r"[\W_]", "", pack(text)) for text in (one, other)]
    return "wording" if letters[0] != letters[1] else None


def _binding_dates(line: Line) -> list[Period]:
    """Return the days and months that a line gives, but for those that only date its figures. 例: R6.1月末現在"""
    found = [p for p in find_periods(line.flat) if p.kind in ("day", "month", "range")]
    return [p for p in found if not _HELD_AT.match(line.flat[p.at[1] :])]


def _dates_shown(pair: LinePair, then: Paper, now: Paper) -> tuple[Side, Side] | None:
    """Return the first dates that differ, each with its line."""
    for one, other in zip(*(_binding_dates(line) for line in (pair.then, pair.now)), strict=True):
        if one.code != other.code:
            texts = (pair.then.flat[slice(*one.at)], pair.now.flat[slice(*other.at)])
            return _side(then, pair.then, texts[0]), _side(now, pair.now, texts[1])
    return None


def _parts_shown(pair: LinePair, then: Paper, now: Paper) -> tuple[Side, Side] | None:
    """Return the part of each line that differs, with some characters around it."""
    one, other = pair.then.flat, pair.now.flat
    blocks = [b for b in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if b[0] != "equal"]
    if not blocks:
        return None
    first, last = blocks[0], blocks[-1]
    return (
        _side(then, pair.then, _cut(one, first[1], last[2])),
        _side(now, pair.now, _cut(other, first[3], last[4])),
    )


def _cut(text: str, start: int, end: int) -> str:
    start = max(0, start - _AROUND)
    end = min(len(text), max(end + _AROUND, start + 2 * _AROUND), start + _LONGEST)
    while 0 < start and text[start - 1].isdigit():  # no figure is shown in part
        start -= 1
    while end < len(text) and text[end].isdigit() and text[end - 1].isdigit():
        end += 1
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _side(paper: Paper, line: Line, text: str) -> Side:
    return Side(paper.document.id, text, line.start, line.end, line.headings)


def _label(line: Line) -> str:
    """Return what a line is about: its key, or the heading it stands under."""
    key = re.split(r"[:：]|(?<=[^\W\d_])は、", re.sub(r"^[\s#◇◆○●◎■・\-*※]+", "", line.flat))[0]
    if 2 <= len(key) <= 24 and key != line.flat:
        return key
    named = next((name for name in reversed(line.headings) if is_item(name)), "")
    return named or dateless(line.flat)[:24]
