"""Which name in a sentence each of its figures stands with. 例: 小学校は4,300円、中学校は5,050円"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from answer.reading.told import tell
from ingest.dates import find_periods
from ingest.document import Fact
from ingest.numbers import base_unit, find_quantities
from ingest.writing import same_width

TOTAL = "合計"  # what the label of the figure for all parts ends in
# What the figure before leaves over, and what joins two clauses.
_DONE_WITH = re.compile(r"を([一-龠]{2,4})(?:し|する|さ)")  # 例: 3億円を追加し、総額を180億円とする
_DONE_BEFORE = re.compile(r"^を[一-龠]{2,4}(?:して?|する|され)[、,，\s]*")
_NAMES_NEXT = re.compile(r"(?:の(?:もの|場合|とき))?(?:が|は)、?\s*約?(?=\d)|[:：]\s*約?(?=\d)")
_REST = re.compile(
    r"^(?:[\s)）」』】、,，。・／/;；:：]|の[増減]|(?:増加?|減少?)(?![一-龠々])|です|でした|であり|でして|となり|となって(?:おり|いる|います)|に加え|のほか|(?:で|と|が)(?=[、\s])"
    r"|及び|および|並びに|また、|で(?=このうち|そのうち|うち))+"
)
_TOTAL = re.compile(
    r"(?:合計|総計|総数|総額|全体|全部|合わせ|併せ|あわせ|(?<![一-龠々])計)"
    r"(?:[てでのがはを、:：]|して)*(?:約|延べ|およそ)?\s*$"
)
_PARTS = re.compile(r"^[\s（(]*(?:この|その)?(?:うち|内訳)")
_EARLIER = re.compile(r"前|昨|旧|従来|比べ|より|から|同期")
_NOUN = re.compile(r"[一-龠々ァ-ヶA-Za-zＡ-Ｚａ-ｚ]")
# What names nothing: a range or a change leads up to the next figure. 例: 30人から40人に; 34人から12人減少し、22人
_LEADS_ON = re.compile(
    r"(?:から|より|[~～〜→⇒➡\s、-]|以上|を|に|へ|約|さらに|増加?|減少?|上昇|低下|引き?上げ|引き?下げ|改定|変更|となり|なり|し|て|え|り|た|して)*"
)
_SPLIT = re.compile(r"(?<=は)、?|[:：]|(?<=について)、?|のうち、?")
_BEHIND = re.compile(r"\s*[（(]\s*([^（()）\d０-９]{1,24})\s*[）)]")
_RESPECTIVELY = re.compile(r"(?:、|は|が|で|に)*(?:それぞれ|順に|各々|おのおの)、?(?:約)?\s*$")
_LISTED = re.compile(r"[、,，・／/と]|及び|および|並びに")


def with_own_names(text: str, start: int, facts: Sequence[Fact]) -> list[Fact]:
    """Return the figures of a sentence, those of one unit each labelled by the name that it stands with.

    ``start`` is where the sentence ``text`` begins in its document. A figure whose name cannot be told from the
    others' is left out; one that is alone in its unit keeps its label.
    """
    told = {f.id: f for f in facts}
    plain = same_width(text)
    units: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.number is not None and fact.table is None and start <= fact.value_start < start + len(text):
            units.setdefault(base_unit(fact.unit) or "", []).append(fact)
    # 例: 口径13ミリが1,150円: a figure that only a particle parts from the next one names it
    ends = sorted(q.at[1] for q in find_quantities(text) if not _NAMES_NEXT.match(plain, q.at[1]))
    for group in units.values():
        if len(group) < 2:
            continue
        group.sort(key=lambda f: f.value_start)
        at = [(f.value_start - start, f.value_end - start) for f in group]
        labels = _labels(plain, at, ends)
        moved = any(tell(text, *place, fact.unit).role != "now" for place, fact in zip(at, group, strict=True))
        whole = None if moved else _whole(group)  # 64台から7台減り57台: what was is no sum
        if whole is not None and labels[whole] is not None and not any((x or "").endswith(TOTAL) for x in labels):
            labels[whole] = f"{labels[whole] or group[whole].label} {TOTAL}"
        for fact, label, (_, end) in zip(group, labels, at, strict=True):
            done = _DONE_WITH.match(plain, end)
            if label is None:
                del told[fact.id]
            else:
                words = _DONE_BEFORE.sub("", label or fact.label)
                told[fact.id] = replace(fact, label=f"{words} {done[1]}" if done is not None else words)
    return list(told.values())


def _whole(group: Sequence[Fact]) -> int | None:
    """Return which of several figures is the sum of the others: the first or the last. 例: 週15便（東12便、西3便）"""
    numbers = [fact.number or 0.0 for fact in group]
    if len(numbers) < 3 or 0.0 in numbers:
        return None
    return next((i for i in (0, -1) if abs(2 * numbers[i] - sum(numbers)) < 1e-6 * abs(numbers[i])), None)


def _labels(text: str, at: Sequence[tuple[int, int]], ends: Sequence[int]) -> list[str | None]:
    """Return the label of each figure of one unit; an empty one leaves it as it is, None says that none is sure."""
    as_they_are: list[str | None] = [""] * len(at)
    between = [text[a[1] : b[0]] for a, b in pairwise(at)]
    said = [text[max((e for e in ends if e <= a), default=0) : a] for a, _ in at]
    listed = all(re.fullmatch(r"\s*(?:[、,，・／/]|と|及び|および)\s*(?:約)?", words) for words in between)
    if listed:
        named = _respectively(said[0], len(at))
        if named or _RESPECTIVELY.search(said[0]):
            return [*named] if named else [None] * len(at)
    behind = [_BEHIND.match(text, b) for _, b in at]
    if all(behind) and not any(_NOUN.search(_BEHIND.sub("", words)) for words in between):
        topic = said[0]
        return [f"{topic} {m[1]}" for m in behind if m is not None]
    labels: list[str | None] = []
    topic = previous = ""
    parts = False
    for i, words in enumerate(said):
        own = _REST.sub("", words)
        if labels and _LEADS_ON.fullmatch(between[i - 1]):
            labels.append(labels[-1])
            continue
        parts = parts or _PARTS.match(own) is not None
        if parts and labels and _PARTS.match(own):
            topic = previous
        total = _TOTAL.search(own)
        own = own[: total.start()] if total is not None else own
        pieces = [piece for piece in _SPLIT.split(own) if piece and _NOUN.search(piece)]
        if len(pieces) > 1 and not _PARTS.match(own):
            topic, own = " ".join(pieces[:-1]), pieces[-1]
        if (words.lstrip().startswith(("（", "(")) and not parts) or (_EARLIER.search(own) and "は" not in own):
            own = f"{previous} {own}"
        if total is None and not _NOUN.search(_without_periods(own)):
            return as_they_are  # 例: R3年：18位 R4年：14位 are one thing at two times
        words_of_it = (
            word.strip(" 　\n\t、（(") for word in (topic, "" if own == "の" else own, TOTAL if total else "")
        )
        labels.append(" ".join(filter(None, words_of_it)))
        if not labels[1:] and total is not None:
            topic = own
        elif total is None and not parts:
            previous = f"{topic} {own}"
            head = re.search(r"(?<!そ)(?<!こ)の([^の]+?)[はが]?、?$", own)
            topic = topic or (head[1] if head is not None and "の" not in "".join(said[1:]) else "")
    if parts and labels[0] and not labels[0].endswith(TOTAL):
        labels[0] = f"{labels[0]} {TOTAL}"
    return labels


def _without_periods(text: str) -> str:
    for period in reversed(find_periods(text)):
        text = text[: period.at[0]] + text[period.at[1] :]
    return re.sub(r"[年月日度末現在時点]", "", text)


def _respectively(words: str, count: int) -> list[str]:
    """Return the names before figures that are told one after the other. 例: A、B、Cの参加者はそれぞれ → three"""
    said = _RESPECTIVELY.sub("", words)
    if said == words and not said.rstrip().endswith(("は", "が")):
        return []
    *before, said = [piece for piece in re.split(r"(?<=は)、?|[:：]", said) if piece.strip()] or [""]
    said = re.sub(r"[はが、\s]+$", "", said)
    names = [name.strip() for name in _LISTED.split(said) if name.strip()]
    if len(names) != count:
        return []
    shared = re.match(r"(.+?)の([^の]+)$", names[-1])
    if shared is not None and not any("の" in name for name in names[:-1]):
        names[-1], before = shared[1], [*before, shared[2]]
    return [" ".join((*before, name)) for name in names]
