"""What travels over HTTP about editions, their changes, follows and alerts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from answer.editions.differences import Kind
from api.schemas import CitationOut, DocumentOut, Model


class EditionOut(Model):
    document: DocumentOut
    said: Literal["joined", "parted"] | None = Field(description="What a person says of it and the paper asked about.")


class EditionsOut(Model):
    document_id: str
    editions: tuple[EditionOut, ...] = Field(description="The papers of its series, itself among them, oldest first.")
    parted: tuple[EditionOut, ...] = Field(description="Papers that a person says are no editions of it.")
    before: str | None = Field(description="Id of the edition before it.")


class DecisionBody(Model):
    said: Literal["joined", "parted"] | None = Field(
        description='"joined": editions of one series; "parted": they are none; null: the papers decide again.'
    )


class SideOut(Model):
    text: str = Field(description="As printed.", examples=["507企業・団体"])
    as_of: str | None = Field(description="When a figure holds.", examples=["2024-01-31", "FY2023"])
    citation: CitationOut


class ChangeOut(Model):
    kind: Kind
    name: str = Field(description="The kind in Japanese.", examples=["変わった数値"])
    label: str
    section: tuple[str, ...] = Field(description="What it stands under, outermost first.")
    then: SideOut | None
    now: SideOut | None
    difference: str | None = Field(description="Worked out in the figure's unit.", examples=["141企業・団体増"])
    how: str | None = Field(examples=["648 − 507 = 141企業・団体"])
    share: float | None = Field(description="Of the earlier value: 0.1 is a tenth more or less.")
    holds: tuple[str, ...] = Field(description="What came or went with a heading.")
    weight: float = Field(ge=0, le=1)


class ChangesOut(Model):
    then: DocumentOut
    now: DocumentOut
    counts: dict[Kind, int] = Field(description="Of all changes, whatever ``kinds`` and ``limit`` leave.")
    total: int = Field(description="Of the kinds that were asked for.")
    changes: tuple[ChangeOut, ...] = Field(description="The weightiest first.")
