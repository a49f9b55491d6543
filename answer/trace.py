"""What lies behind an answer: how the question was read, what each leg found, why it was picked or refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from answer.answer import QuestionType
from answer.asking.question import Question
from answer.draft import Draft
from answer.judging.outcome import Outcome
from answer.reading.scene import Scene
from answer.reading.signals import Signals
from index.protocols import Hit
from index.retriever import Leg
from ingest.dates import describe

_HITS = 5  # of each leg
_STATEMENTS = 5
_GLIMPSE = 60  # characters of a passage
_KINDS: dict[QuestionType, str] = {
    "number": "数値",
    "date": "日付",
    "name": "名称",
    "place": "場所",
    "list": "列挙",
    "definition": "定義",
    "reason": "理由",
    "howto": "手順",
    "yesno": "はい・いいえ",
    "comparison": "比較",
    "temporal": "推移",
    "text": "記述",
}
_LEGS: dict[Leg, str] = {"keyword": "語による検索", "vector": "意味による検索", "fused": "両方を合わせた順位"}
_SIGNALS = {
    "coverage": "話題の一致",
    "focus": "問われた語の一致",
    "own": "引用文そのものの一致",
    "unmet": "満たされない語",
    "unit": "単位",
    "period": "時期",
    "lead": "次点との差",
    "fit": "答えらしさ",
    "prior": "検索順位",
    "unknown": "資料にない語",
}


@dataclass(frozen=True)
class Trace:
    """``picked`` is the best draft that was found, ``outcome`` what became of it."""

    question: Question
    legs: Mapping[Leg, Sequence[Hit]]
    scene: Scene
    picked: Draft
    outcome: Outcome

    def told(self) -> str:
        """Return the trace as it is read at a terminal, in Japanese."""
        return "\n".join([*self._reading(), *self._finding(), *self._picking()])

    def _reading(self) -> Iterator[str]:
        question = self.question
        yield "■ 質問の読み方"
        yield f"  種類: {_KINDS[question.kind]}"
        if question.units or question.counter:
            units = "・".join(sorted(question.units, key=lambda u: (u != question.counter, u))[:6])
            yield f"  単位: {units or question.counter}"
        if question.periods:
            yield f"  時期: {'、'.join(describe(p.code) for p in question.periods)}"
        if question.meetings:
            yield f"  文書の時期: {'、'.join(describe(p.code) for p in question.meetings)}"
        if question.alternatives:
            yield f"  比べるもの: {'、'.join(question.alternatives)}"
        for atom in self.scene.atoms:
            notes = ["" if atom.known else "資料にない語", "問われた語" if atom.focus else ""]
            notes += [f"同義: {'・'.join(lemma for lemma, *_ in atom.others)}" if atom.others else ""]
            said = "、".join(filter(None, notes))
            yield f"  話題: {atom.lemma}  重み {atom.weight:.1f}" + (f"（{said}）" if said else "")

    def _finding(self) -> Iterator[str]:
        for leg, hits in self.legs.items():
            yield f"■ {_LEGS[leg]}"
            for rank, hit in enumerate(hits[:_HITS], 1):
                where = " > ".join(hit.chunk.headings[-2:])
                yield f"  {rank}. {hit.score:.3f} {where}「{_glimpse(hit.chunk.text)}」"
        yield "■ 読んだ文（質問の語をよく満たす順）"
        for scored in self.scene.statements[:_STATEMENTS]:
            document = scored.statement.document
            page = document.page_at(scored.statement.start).number
            where = f"{document.file} {page}ページ" if document.paging != "none" else document.file
            yield f"  {scored.score:.2f} {where}「{_glimpse(scored.statement.flat)}」"

    def _picking(self) -> Iterator[str]:
        yield "■ 選び方"
        for line in self.picked.why:
            yield f"  {line}"
        if not self.picked.text:
            yield f"  候補なし（見当たらないもの: {'、'.join(self.picked.missing) or 'なし'}）"
            return
        yield f"  候補: {_glimpse(self.picked.text)}"
        if self.picked.signals is not None:
            yield f"  手がかり: {_said(self.picked.signals)}"
        sure, needed = self.outcome.draft.probability, self.outcome.least
        if self.outcome.status == "answered":
            yield f"  採用: 確からしさ {sure:.2f}（{needed:.2f} 以上）"
        elif self.outcome.against:
            yield f"  不採用: {'、'.join(self.outcome.against)}"
        else:
            yield f"  不採用: 確からしさ {sure:.2f}（{needed:.2f} 未満）"
        if self.outcome.missing:
            yield f"  どの資料にもない: {'、'.join(self.outcome.missing)}"


def _said(signals: Signals) -> str:
    return "、".join(
        f"{_SIGNALS[field.name]} {getattr(signals, field.name):.2f}"
        for field in fields(signals)
        if field.name in _SIGNALS
    )


def _glimpse(text: str) -> str:
    flat = re.sub(r"\s+", " ", text).strip()
    return flat if len(flat) <= _GLIMPSE else f"{flat[:_GLIMPSE]}…"
