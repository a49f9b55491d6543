"""The tools that look for something: search, ask, figures_over_time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from mcp.types import CallToolResult
from pydantic import Field

from answer.answer import Answer
from answer.events import Done
from api.mcp import cursors, told
from api.mcp.desk import Desk
from api.mcp.result import result
from api.mcp.schemas import AnswerOut, CandidateOut, FiguresOut, Quote, SearchOut
from api.mcp.visits import visiting
from index.scope import Scope
from ingest.dates import describe

MOST_HITS = 10  # at once
DEEPEST = 50  # hits that can be paged through
NEARBY = 3  # passages shown where there is no answer

Documents = Annotated[tuple[str, ...], Field(description="この資料だけ（list_documents の ID）", max_length=100)]
Groups = Annotated[
    tuple[str, ...], Field(description="自分のこのグループの資料だけ（サインインのあるとき、名前か ID）", max_length=20)
]
Meetings = Annotated[tuple[str, ...], Field(description="この会議の資料だけ", max_length=20)]
Departments = Annotated[tuple[str, ...], Field(description="この部署の資料だけ", max_length=20)]
Since = Annotated[str | None, Field(description="この日以降の資料（例: 2024-06、令和6年6月4日）", max_length=40)]
Until = Annotated[str | None, Field(description="この日までの資料", max_length=40)]
Cursor = Annotated[str | None, Field(description="続きを見るとき、前の結果の next_cursor", max_length=200)]

# documents, groups, meetings, departments, since, until
Narrowing = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], str | None, str | None]


class Asking:
    def __init__(self, desk: Desk):
        self.desk = desk

    async def search(
        self,
        question: Annotated[str, Field(description="探すことばか質問（日本語）", max_length=2000)],
        limit: Annotated[int, Field(ge=1, le=MOST_HITS, description="件数")] = 5,
        documents: Documents = (),
        groups: Groups = (),
        meetings: Meetings = (),
        departments: Departments = (),
        since: Since = None,
        until: Until = None,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, SearchOut]:
        """Return the passages nearest to a question, best first."""
        narrowing = (documents, groups, meetings, departments, since, until)
        return await self.desk.does(partial(self._search, question, limit, narrowing, cursor), turn=True)

    def _search(
        self,
        question: str,
        limit: int,
        narrowing: Narrowing,
        cursor: str | None,
    ) -> CallToolResult:
        snapshot, infos, scope = self._within(narrowing)
        asked = ("search", question, narrowing, snapshot)
        start = cursors.offset(cursor, *asked)
        end = start + limit
        # As deep each time: how far two legs are looked through decides the order in which they are fused.
        found = self.desk.papers.search(visiting().caller, question, DEEPEST, "fused", scope)
        hits = [told.quote_of(passage.citation, self.desk.page_url) for passage in found[start:end]]
        more = cursors.after(end, *asked) if len(found) > end else None
        self.desk.note("search", question=question, documents=[hit.document_id for hit in hits])
        if not hits:
            text = f"近い記述は見つかりませんでした（調べた資料 {infos} 件）。見つからなかったと伝えてください。"
        else:
            counted = f"近い記述 {start + 1}〜{start + len(hits)} 件目です（調べた資料 {infos} 件）。"
            goes_on = f"\n続きは cursor に {more} を渡してください。" if more else ""
            text = f"{counted}\n{told.block(told.quoted(hits))}{goes_on}"
        return result(text, SearchOut(searched=infos, hits=tuple(hits), next_cursor=more))

    async def ask(
        self,
        question: Annotated[str, Field(description="質問（日本語、1つの文で）", max_length=2000)],
        documents: Documents = (),
        groups: Groups = (),
        meetings: Meetings = (),
        departments: Departments = (),
        since: Since = None,
        until: Until = None,
    ) -> Annotated[CallToolResult, AnswerOut]:
        """Return one checked answer, the candidates for one, or that no paper says it."""
        narrowing = (documents, groups, meetings, departments, since, until)
        return await self.desk.does(partial(self._ask, question, narrowing), turn=True)

    def _ask(
        self,
        question: str,
        narrowing: Narrowing,
    ) -> CallToolResult:
        answer = self._answered("ask", question, narrowing)
        citations = self._quotes(answer)
        nearby = self._nearby(answer) if answer.status == "not_found" else ()
        told_of = AnswerOut(
            status=answer.status,
            answer=answer.answer,
            as_of=answer.as_of,
            confidence=told.sure(answer),
            derived=answer.derived.how if answer.derived else None,
            citations=citations,
            candidates=tuple(CandidateOut(text=c.text, n=c.citation) for c in answer.candidates),
            timeline=told.points_of(answer),
            missing=answer.missing,
            nearby=nearby,
            searched=answer.searched,
        )
        return result(answer_text(answer, told_of), told_of)

    async def figures_over_time(
        self,
        indicator: Annotated[str, Field(description="指標の名前（例: 特殊詐欺の認知件数）", max_length=200)],
        documents: Documents = (),
        groups: Groups = (),
        meetings: Meetings = (),
        departments: Departments = (),
        since: Since = None,
        until: Until = None,
    ) -> Annotated[CallToolResult, FiguresOut]:
        """Return what an indicator was at different dates, oldest first, each value with its quote."""
        narrowing = (documents, groups, meetings, departments, since, until)
        return await self.desk.does(partial(self._figures, indicator, narrowing), turn=True)

    def _figures(
        self,
        indicator: str,
        narrowing: Narrowing,
    ) -> CallToolResult:
        # What is said of a trend, and else what stands beside the newest value: both are checked in the same way.
        trend, newest = (f"{indicator.strip()}{end}" for end in ("の推移は？", "は？"))
        answer = self._answered("figures_over_time", trend, narrowing)
        if not answer.timeline:
            beside = self._answered("figures_over_time", newest, narrowing)
            answer = beside if beside.timeline else answer
        points = told.points_of(answer)
        citations = self._quotes(answer) if points else ()
        nearby = () if points else self._nearby(answer)
        told_of = FiguresOut(
            indicator=indicator,
            points=points,
            citations=citations,
            derived=answer.derived.how if answer.derived and points else None,
            nearby=nearby,
            searched=answer.searched,
        )
        if points:
            worked_out = [f"計算: {told_of.derived}"] if told_of.derived else []
            lines = [*told.pointed(points), *worked_out, *told.quoted(citations)]
            return result(f"時点ごとの値 {len(points)} 件です（古い順）。\n{told.block(lines)}", told_of)
        said = f"時点ごとの値は見つかりませんでした（調べた資料 {answer.searched} 件）。そのとおりに伝えてください。"
        return result(f"{said}{near_text(nearby)}", told_of)

    def _within(self, narrowing: Narrowing) -> tuple[str, int, Scope | None]:
        """Return the snapshot's id, how many papers are looked through, and what they are narrowed to."""
        snapshot = self.desk.snapshot()
        infos = snapshot.documents()
        scope = self.desk.scope(infos, *narrowing)
        return snapshot.id, sum(scope.covers(info) for info in infos) if scope else len(infos), scope

    def _answered(
        self,
        tool: str,
        question: str,
        narrowing: Narrowing,
    ) -> Answer:
        self.desk.note(tool, question=question)
        _, _, scope = self._within(narrowing)
        *_, last = self.desk.papers.tell(visiting().caller, question, scope=scope)
        assert isinstance(last, Done)
        answer = last.answer
        shown = (*answer.citations, *(passage.citation for passage in answer.passages[:NEARBY]))
        documents = [citation.document_id for citation in shown]
        self.desk.note(tool, documents=documents, index=answer.index, outcome=answer.status, how=answer.answerer)
        return answer

    def _quotes(self, answer: Answer) -> tuple[Quote, ...]:
        return tuple(told.quote_of(citation, self.desk.page_url) for citation in answer.citations)

    def _nearby(self, answer: Answer) -> tuple[Quote, ...]:
        return tuple(told.quote_of(p.citation, self.desk.page_url) for p in answer.passages[:NEARBY])


def answer_text(answer: Answer, out: AnswerOut) -> str:
    """Return an answer in words; what is no answer is never said like one."""
    if answer.status == "answered":
        lines = [f"答え: {answer.answer}"]
        if answer.understood:
            lines.append(f"質問の読み取り: {answer.understood}")
        if answer.as_of:
            lines.append(f"時点: {describe(answer.as_of)}")
        if answer.derived:
            lines.append(f"計算: {answer.derived.how} {''.join(f'[{n}]' for n in answer.derived.operands)}")
        if out.timeline:
            lines.append(f"推移: {'、'.join(told.pointed(out.timeline))}")
        half = "二つのことを聞かれていますが、これはその一方の答えです。\n" if answer.is_half else ""
        head = f"資料に答えがありました（確度 {out.confidence}）。資料名・ページ・時点・リンクを添えて伝えてください。"
        return f"{head}\n{half}{told.block([*lines, *told.quoted(out.citations)])}"
    missing = "、".join(f"「{word}」" for word in answer.missing)
    if answer.status == "unsure":
        lines = [f"候補{number}: {c.text} [{c.n}]" for number, c in enumerate(out.candidates, 1)]
        head = (
            "答えを一つに決められませんでした。次の候補は答えではありません。原文を確かめ、そのとおりに伝えてください。"
        )
        unknown = f"\n資料に見当たらない語: {missing}" if missing else ""
        return f"{head}{unknown}\n{told.block([*lines, *told.quoted(out.citations)])}"
    nowhere = f"{missing}という語は、調べた資料 {out.searched} 件のどこにもありません。" if missing else ""
    return f"資料に記載がありません。{nowhere}そのとおりに伝えてください。{near_text(out.nearby)}"


def near_text(nearby: Sequence[Quote]) -> str:
    """Return what is near but no answer; nothing where there is none."""
    return f"\n近い記述（答えではありません）:\n{told.block(told.quoted(nearby))}" if nearby else ""
