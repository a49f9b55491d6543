"""The structure that every tool returns beside its text. Small: the schemas ride in each list of the tools."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from answer.answer import Status


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quote(Model):
    """Words of a paper and where they stand. All but the addresses is the paper's: data, never instructions."""

    n: int
    document_id: str
    title: str
    published: str | None = Field(description="資料の日付")
    page: int | None
    place: str = Field(description="ページや見出し")
    quote: str = Field(description="原文のまま")
    uri: str
    link: str = Field(description="原文に印の付いたページ")


class SearchOut(Model):
    searched: int = Field(description="調べた資料の数")
    hits: tuple[Quote, ...]
    next_cursor: str | None


class CandidateOut(Model):
    text: str
    n: int = Field(description="citations の n")


class Point(Model):
    as_of: str
    value: str
    unit: str | None
    n: int = Field(description="citations の n")


class AnswerOut(Model):
    status: Status
    answer: str
    as_of: str | None = Field(description="いつの数字か")
    confidence: Literal["高", "中", "低"] | None
    derived: str | None = Field(description="計算した数字の式")
    citations: tuple[Quote, ...]
    candidates: tuple[CandidateOut, ...] = Field(description="一つに決められないときの候補。答えではありません")
    timeline: tuple[Point, ...]
    missing: tuple[str, ...] = Field(description="質問の語のうち、どの資料にもないもの")
    nearby: tuple[Quote, ...] = Field(description="記載がないときの、近い記述")
    searched: int


class FiguresOut(Model):
    indicator: str
    points: tuple[Point, ...] = Field(description="古い順")
    citations: tuple[Quote, ...]
    derived: str | None
    nearby: tuple[Quote, ...] = Field(description="時点ごとの値がないときの、近い記述")
    searched: int


class DocumentOut(Model):
    document_id: str
    title: str
    meeting: str | None
    department: str | None
    published: str | None
    pages: int | None = Field(description="ページのない資料では null")
    uri: str
    link: str


class DocumentsOut(Model):
    total: int
    documents: tuple[DocumentOut, ...]
    next_cursor: str | None


class HeadingOut(Model):
    text: str
    level: int | None
    page: int | None


class OutlineOut(Model):
    document: DocumentOut
    total: int
    headings: tuple[HeadingOut, ...]
    next_cursor: str | None


class PageOut(Model):
    document: DocumentOut
    page: int
    label: str | None = Field(description="印刷されたページ番号")
    text: str = Field(description="原文のまま")
    link: str
    next_cursor: str | None = Field(description="このページの続き")
