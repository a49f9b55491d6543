"""Wording that changed where it binds: dates moved, plans carried out, conditions put in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from answer.editions.aligning import Alignment
from answer.editions.differences import Change, Kind, Side, label_of, section_of, side_of
from answer.editions.lines import Line, LinePair
from answer.editions.paper import Paper, dateless, pack
from ingest.dates import Period, find_periods
from ingest.japanese import fold

# What a paper says will be, and what it says has been.
_PLANNED = re.compile(r"予定|見込|検討|計画中|目指す|（案）|\(案\)|仮称|試行|準備中|調整中|協議中")
_DONE = re.compile(
    r"(?:開[催校始設]|実施|策定|設置|締結|決定|完了|成立|運用|就航|導入|採択|認定)(?:し(?:た|て)|され|済|$|。|\(|（)|した(?:。|$)|実績"
)
# Words by which a line binds somebody, or says who, how much and until when.
_BINDS = re.compile(
    r"期限|締め?切|〆切|必着|まで(?:に|と)?|以内|以上|以下|未満|上限|下限|対象|要件|条件|必要|必須|義務|できません|できない|できる"
    r"|不可|ください|なければ|こと。|こととする|禁止|廃止|改正|改定|変更|休止|再開|終了|中止|延長|補助率|負担|手数料|料金|使用料|無料|有料"
    r"|限度|限る|除く|含む|提出|記載|添付|参照|届出|申請|公募要領|第[0-9]+条"
)
_HELD_AT = re.compile(r"\s*(?:現在|時点|末|[)）]?\s*(?:現在|時点)|公表|発表|調査|実績|作成|号|版)")
_LONGEST = 60  # characters of what is shown of a line
_AROUND = 6  # characters shown on each side of what differs


def wording_changes(alignment: Alignment, then: Paper, now: Paper, told: set[int]) -> Iterator[Change]:
    """Yield what is said otherwise; ``told`` are the starts of lines whose figures are told already."""
    for one, other in alignment.texts:
        of_cell: Kind = "date" if find_periods(one.value) and find_periods(other.value) else "wording"
        yield Change(of_cell, label_of(now, other), section_of(now, other), side_of(then, one), side_of(now, other))
    for pair in alignment.lines:
        kind = _kind_of(pair, pair.now.start in told)
        if kind is None or (kind == "date" and _dates_paper(pair.then, then) and _dates_paper(pair.now, now)):
            continue
        texts = _dates(pair) if kind == "date" else _parts(pair)
        sides = _side(then, pair.then, texts[0]), _side(now, pair.now, texts[1])
        yield Change(kind, _label(pair.now), pair.now.headings, *sides, sure=pair.likeness)


def _kind_of(pair: LinePair, is_told: bool) -> Kind | None:
    """Return what kind of wording changed; None for what binds nobody, or is only written otherwise."""
    if pair.then.is_heading or pair.now.is_heading or is_told:
        return None
    one, other = fold(pair.then.flat), fold(pair.now.flat)
    planned, done = ([bool(sign.search(text)) for text in (one, other)] for sign in (_PLANNED, _DONE))
    if planned[0] != planned[1] and any(done) and pair.likeness < 1.0:
        return "status"
    dates = [_binding_dates(line) for line in (pair.then, pair.now)]
    if dates[0] and len(dates[0]) == len(dates[1]) and [p.code for p in dates[0]] != [p.code for p in dates[1]]:
        return "date"
    if _said(one) == _said(other):
        return None
    is_value = bool(pair.then.key) and pair.then.key == pair.now.key and max(len(one), len(other)) <= _LONGEST
    return "wording" if is_value or all(_BINDS.search(fold(part)) for part in _parts(pair)) else None


def _said(text: str) -> str:
    """Return what a line says, without what may be written either way. 例: 及び and および, 記載 and ご記載"""
    for one, other in (("及び", ""), ("又は", "または"), ("係る", ""), ("第三", "第3"), ("第二", "第2")):
        text = text.replace(one, other)
    return re.sub(r"(?!また)[ぁ-ん]|[\W_]", "", pack(text))


def _binding_dates(line: Line) -> list[Period]:
    """Return the days and months that a line gives, but for those that only date its figures. 例: R6.1月末現在"""
    found = [p for p in find_periods(line.flat) if p.kind in ("day", "month", "range")]
    return [p for p in found if not _HELD_AT.match(line.flat[p.at[1] :])]


def _dates_paper(line: Line, paper: Paper) -> bool:
    """Tell whether a line gives no date but that of the paper itself. 例: 令和6年6月議会 商工課"""
    published = paper.document.published or "-"
    return all(p.code.startswith(published) or published.startswith(p.code) for p in _binding_dates(line))


def _dates(pair: LinePair) -> tuple[str, str]:
    """Return the first dates that differ, as printed."""
    both = zip(_binding_dates(pair.then), _binding_dates(pair.now), strict=True)
    one, other = next((a, b) for a, b in both if a.code != b.code)
    return pair.then.flat[slice(*one.at)], pair.now.flat[slice(*other.at)]


def _parts(pair: LinePair) -> tuple[str, str]:
    """Return the part of each line that differs, with some characters around it."""
    one, other = pair.then.flat, pair.now.flat
    blocks = [b for b in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if b[0] != "equal"]
    if not blocks:
        return one, other
    return _cut(one, blocks[0][1], blocks[-1][2]), _cut(other, blocks[0][3], blocks[-1][4])


def _cut(text: str, start: int, end: int) -> str:
    start = max(0, start - _AROUND)
    end = min(len(text), max(end + _AROUND, start + 2 * _AROUND), start + _LONGEST)
    while start > 0 and text[start - 1].isdigit():  # no figure is shown in part
        start -= 1
    while end < len(text) and text[end].isdigit() and text[end - 1].isdigit():
        end += 1
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _side(paper: Paper, line: Line, text: str) -> Side:
    return Side(paper.document.id, text, line.start, line.end, line.headings)


def _label(line: Line) -> str:
    """Return what a line is about: its key, or its first words."""
    key = re.split(r"[:：]|(?<=[^\W\d_])は(?=、|令和|[0-9０-９RＲ])", re.sub(r"^[\s#◇◆○●◎■・\-*※]+", "", line.flat))[0]
    if 2 <= len(key) <= 24 and key != line.flat:
        return key
    return dateless(line.flat).strip("@#<>")[:24]
