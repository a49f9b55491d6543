"""What a sentence says about one of its figures in time: that it is an earlier value, or the change of another.

例: 31.4%で、5年前より2.6ポイント上昇; 4,120件（前年4,305件）; 81.5%から83.0%に; 前年度比4.2%増の9,876人
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from answer.asking.cues import CHANGE_HEADING, RATE
from ingest.document import Fact
from ingest.japanese import fold
from ingest.writing import same_width

Role = Literal["now", "before", "change", "index"]

_WAY = (
    r"(?P<up>増加?|上昇|向上|改善|伸び|伸|上が|上回|引き?上げ|値上げ|拡大|延長|プラス|アップ|多[いく]|高[いく])"
    r"|(?P<down>減少?|低下|下落|悪化|下が|下回|引き?下げ|値下げ|縮小|短縮|マイナス|ダウン|少な[いく]|低[いく])"
)
# Right behind a figure that is the change itself. 例: 4.2%増の9,876人, 120人(3.1%)減
CHANGED = re.compile(rf"\s*(?:\([^()]*\))?[)]?\s*(?:の|も|ほど|程度|余り|分)?(?:大幅[なに]|微|純)?(?:{_WAY})")
TIME = (
    r"[\d一二三四五六七八九十]+年前|前々?年度?(?:同期|同月)?|一?昨年度?|去年|前回(?:の?調査)?|前期|前月|先月"
    r"|(?:令和|平成)[\d元]{1,2}年度?|(?:19|20)\d\d年度?"
)
_REVISED = r"(?:改定|改正|改訂|変更|見直し|引き?上げ|引き?下げ|値上げ|値下げ)前|従来|現行|旧|これまで"
_SINCE = re.compile(
    rf"({TIME})(?:同期|同月|末|時点)?(?:に?比べ|に?比|より|から|と比|に対|[のはがで:、(\s]*(?=約?[\d△▲+]))"
)
_WAS = re.compile(rf"(?P<since>{TIME}|{_REVISED})(?:実績|値|調査|時点|末)?[のはがで:、(\s]*約?$")
_INDEX = re.compile(rf"対?(?:{TIME})(?:同期|同月)?比(?:率)?[はでが:、(\s]*約?$")
_LEADS = re.compile(r"\s*(?:から|を|→|⇒|➡)\s*(?:[^、。\d]{0,12}?)約?\s*(?=\d)")
_MOVED = re.compile(rf"に|へ|→|⇒|➡|{_WAY}|改定|変更|なり|なっ|見直|改め")


@dataclass(frozen=True)
class Told:
    """``role``: a value of now or of before, a change, or this value as a percentage of the earlier one.

    ``way`` is 1 for more and −1 for less, 0 where it is not said; ``since`` when the earlier value held.
    """

    role: Role = "now"
    way: int = 0
    since: str = ""


@lru_cache(maxsize=8192)
def tell(text: str, start: int, end: int, unit: str | None) -> Told:
    """Return what a sentence says of the figure at ``text[start:end]``."""
    text = same_width(text)
    before, after = re.split(r"。", text[:start])[-1], text[end:]
    since = [m[1] for m in _SINCE.finditer(f"{before}{text[start:end]}")][-1:]
    reference = since[0] if since else ""
    changed = CHANGED.match(after)
    if changed is not None:
        return Told("change", 1 if changed["up"] else -1, reference)
    index = _INDEX.search(before)
    if index is not None and unit and fold(unit) in RATE:
        sign = text[start]
        if sign in "△▲+-":
            return Told("change", 1 if sign == "+" else -1, reference)
        return Told("index", 0, reference)
    was = _WAS.search(before)
    if was is not None and "比" not in before[was.end("since") :]:
        return Told("before", 0, was["since"])
    leads = _LEADS.match(after)
    if leads is not None:
        rest = re.split(r"[。、]", re.sub(r"^[\d,.]+\S?", "", after[leads.end() :]))[0]
        if _MOVED.search(rest) or not leads[0].strip().startswith(("から", "を")):
            return Told("before", 0, reference)
    return Told("now", 0, reference)


def told_of(fact: Fact, text: str, start: int) -> Told:
    """Return what is said of a figure by its sentence, ``text`` from ``start`` on, or the heading of its cell."""
    if fact.table is not None:
        heads = fold(" ".join(filter(None, (fact.column, fact.row))))
        if CHANGE_HEADING.search(heads):
            number = fact.number or 0.0
            is_index = re.search(r"比(?!較)", heads) and number >= _LEAST_INDEX and "増減" not in heads
            return Told("index" if is_index else "change", (number > 0) - (number < 0))
        return Told("before" if re.search(_REVISED, heads) else "now")
    return tell(text, fact.value_start - start, fact.value_end - start, fact.unit)


_LEAST_INDEX = 50  # 前年比108.3% is an index, 前年比8.3% a change
