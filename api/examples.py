"""Questions to start with, made from what the collection itself says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from answer.answer import QuestionError
from answer.assistant import Assistant
from index.snapshot import Snapshot
from ingest.dates import describe
from ingest.document import Fact

MOST_TRIES = 40  # questions asked to find the few that are answered

# What a unit asks for. 例: 152件 → 何件ですか
ASKS = {
    "円": "いくら",
    "人": "何人",
    "件": "何件",
    "世帯": "何世帯",
    "か所": "何か所",
    "箇所": "何か所",
    "校": "何校",
    "団体": "何団体",
    "戸": "何戸",
    "台": "何台",
    "％": "何％",
    "%": "何％",
}
# A label that reads as a noun phrase: starts and ends in kanji or katakana, nothing but letters between.
# 例: 特殊詐欺の認知件数 reads naturally; 「うち国庫」, 「(1) 総額」 and 「R5.1.31」 do not.
NATURAL = re.compile(r"[一-龠々ァ-ヴーＡ-Ｚ][一-龠々ぁ-んァ-ヴー・Ａ-Ｚ]{1,18}[一-龠々ァ-ヴー]")
# Labels that name no indicator on their own. 例: 合計は何人ですか
VAGUE = re.compile(r"(合計|総計|小計|総数|総額|区分|計|内訳|前年|前年度|比較|増減|備考|その他)$")


def question_of(fact: Fact) -> str | None:
    """Return a question that the fact answers, or None where none reads naturally.

    例: label 特殊詐欺の認知件数, 152件, as of 2024-01-31 → 令和6年1月末現在の特殊詐欺の認知件数は何件ですか。
    """
    unit = (fact.unit or "").removeprefix("千").removeprefix("百万").removeprefix("億").removeprefix("万")
    asks = ASKS.get(unit)
    if fact.number is None or asks is None or not NATURAL.fullmatch(fact.label) or VAGUE.search(fact.label):
        return None
    when = f"{describe(fact.as_of)}の" if fact.as_of and fact.as_of_from in ("text", "column", "row") else ""
    return f"{when}{fact.label}は{asks}ですか。"


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


def example_questions(assistant: Assistant, snapshot: Snapshot, count: int) -> tuple[str, ...]:
    """Return at most ``count`` questions that ``assistant`` answers with the value of the fact they come from."""
    found: list[str] = []
    labels: set[str] = set()
    for tries, (question, fact) in enumerate(candidates(snapshot)):
        if len(found) == count or tries == MOST_TRIES:
            break
        if fact.label in labels:
            continue
        try:
            answer = assistant.ask(question)
        except QuestionError:
            continue
        if answer.status == "answered" and fact.value in answer.answer:
            found.append(question)
            labels.add(fact.label)
    return tuple(found)
