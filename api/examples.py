"""Questions to start with, made from what the collection itself says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

from answer.answer import Answer, QuestionError
from index.snapshot import Snapshot
from ingest.dates import describe
from ingest.document import Fact

MOST_TRIES = 40  # questions asked to find the few that are answered

# What a unit asks for. 例: 152件 → 何件ですか
ASKS = {
    "円": "いくら",
    "人": "何人",
    "名": "何人",
    "件": "何件",
    "社": "何社",
    "校": "何校",
    "戸": "何戸",
    "台": "何台",
    "世帯": "何世帯",
    "団体": "何団体",
    "か所": "何か所",
    "箇所": "何か所",
    "％": "何％",
    "%": "何％",
}
# What a label without a figure asks for. 例: 会場: 町民会館 → 会場はどこですか
PLAIN_ASKS = {
    **dict.fromkeys(("開催日", "開催日時", "日時", "実施日", "期間", "開催期間"), "いつ"),
    **dict.fromkeys(("会場", "場所", "開催場所", "所在地", "主催", "担当課", "所管課"), "どこ"),
}
LETTERS = "一-龠々ぁ-んァ-ヴーＡ-ＺA-Z・"
# A phrase that reads naturally starts with a letter, ends in kanji or katakana, and holds nothing but letters.
# 例: 特殊詐欺の認知件数; not うち国庫, (1) 総額 or R5.1.31
NATURAL = re.compile(rf"[一-龠々ァ-ヴＡ-ＺA-Z][{LETTERS}]{{0,22}}[一-龠々ァ-ヴー]")
# A label that says it is a measure. 例: 待機児童数は何人ですか, but not 台北線の助成は何人ですか
MEASURE = re.compile(r"(数|額|費|率|量|人口|割合|予算|価格|単価|収入|支出)$")
# Labels that name nothing on their own, topic or not. 例: 合計は何人ですか
VAGUE = re.compile(r"(うち|前年|計|合計).*|(合計|総計|小計|総数|総額|件数|増減数|増減率|増減額)")
VAGUE_TOPIC = re.compile(r"(関係|状況|概要|その他|取組み?|予算|について)$")
SHORT = 4  # a label up to this length needs its topic. 例: 予算額 → 橋りょう補修事業の予算額


def question_of(fact: Fact) -> str | None:
    """Return a question that the fact answers, or None where none reads naturally.

    例: label 特殊詐欺の認知件数, 152件, as of 2024-01-31 → 令和6年1月末現在の特殊詐欺の認知件数は何件ですか。
    例: label 会 場 under (3) 防災訓練 → 防災訓練の会場はどこですか。
    """
    label = _closed_up(fact.label)
    if fact.row and fact.column and fact.as_of_from not in ("row", "column"):
        label = f"{_closed_up(fact.row)}の{_closed_up(fact.column)}"  # 牛肉 | 輸出額
    topic = _topic(fact.scope)
    asks = PLAIN_ASKS.get(label)
    if asks is None and fact.number is not None and MEASURE.search(label) and not VAGUE.fullmatch(label):
        asks = ASKS.get(re.sub(r"^(千|百万|億|万|十億)(?=.)", "", fact.unit or ""))
    if asks is None or not NATURAL.fullmatch(label):
        return None
    if len(label) <= SHORT or label in PLAIN_ASKS:
        return f"{topic}の{label}は{asks}ですか。" if topic else None
    when = f"{describe(fact.as_of)}の" if fact.as_of and fact.as_of_from in ("text", "column", "row") else ""
    return f"{when}{label}は{asks}ですか。"


def _closed_up(label: str) -> str:
    """Return a label without the spaces that only fill its column. 例: 会 場 → 会場"""
    return re.sub(r"(?<=[一-龠]) (?=[一-龠])", "", label)


def _topic(scope: str | None) -> str | None:
    """Return what a heading is about, without its number and remarks.

    例: (6) 橋りょうの補修【拡充】 → 橋りょうの補修
    """
    topic = re.sub(r"^[\s■□●○◆◇・]*([(（]?[0-9０-９]+[)）.．]?|[①-⑳])?\s*", "", scope or "")
    topic = re.sub(r"\s*([（(【].*)?$", "", topic)
    return topic if NATURAL.fullmatch(topic) and not VAGUE_TOPIC.search(topic) else None


def candidates(snapshot: Snapshot) -> Iterator[tuple[str, Fact]]:
    """Yield questions with the facts they come from, a different document each time while there are more."""
    per_document = [
        [(question, fact) for fact in snapshot.facts(info.id) if (question := question_of(fact))]
        for info in snapshot.documents()
    ]
    seen: set[str] = set()
    for row in zip_longest(*map(_spread, per_document)):
        for pair in row:
            if pair and pair[0] not in seen:
                seen.add(pair[0])
                yield pair


def _spread(pairs: Sequence[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """Return the pairs so that neighbours in the document, which ask nearly the same, stand far apart."""
    step = max(1, len(pairs) // 5)
    return [pair for first in range(step) for pair in pairs[first::step]]


def kind_of(question: str) -> str:
    """Return what kind of thing a question asks for. 例: …は何件ですか → 何件, …はいつですか → いつ"""
    found = re.search(r"(いくら|いつ|どこ|何[^、。]+?)ですか。$", question)
    return found[1] if found else ""


def example_questions(ask: Callable[[str], Answer], snapshot: Snapshot, count: int) -> tuple[str, ...]:
    """Return at most ``count`` questions that ``ask`` answers with the value of the fact they come from.

    They are spread over papers and kinds of question: what is alike in both comes last, and only to fill up.
    """
    found: list[str] = []
    labels: set[str] = set()
    used: set[str] = set()
    kinds: set[str] = set()
    waiting = list(candidates(snapshot))
    tries = 0
    for alike in range(3):  # in nothing, in one of both, in both
        later = []
        for question, fact in waiting:
            if len(found) == count or tries == MOST_TRIES:
                return tuple(found)
            kind = kind_of(question)
            if fact.label in labels:
                continue
            if (fact.document_id in used) + (kind in kinds) > alike:
                later.append((question, fact))
                continue
            tries += 1
            try:
                answer = ask(question)
            except QuestionError:
                continue
            if answer.status == "answered" and fact.value in answer.answer:
                found.append(question)
                labels.add(fact.label)
                used.add(fact.document_id)
                kinds.add(kind)
        waiting = later
    return tuple(found)
