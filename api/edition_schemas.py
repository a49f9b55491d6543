"""What travels over HTTP about editions, their changes, follows and alerts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

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


class SpotBody(Model):
    document_id: str
    start: int = Field(ge=0, description="Of the line, in the document's text: a side's citation.")
    end: int = Field(ge=1)
    text: str = Field(min_length=1, max_length=200, description="The figure, as a side's text has it.")


class FollowBody(Model):
    """Either a question, or a figure with what it is called."""

    question: str | None = Field(None, min_length=1, max_length=500)
    label: str | None = Field(None, min_length=1, max_length=200)
    spot: SpotBody | None = None

    @model_validator(mode="after")
    def _one(self) -> FollowBody:
        if (self.question is None) == (self.spot is None) or (self.spot is not None and self.label is None):
            raise ValueError("either question, or label and spot")
        return self


class FollowOut(Model):
    id: str
    kind: Literal["figure", "question"]
    label: str
    made: str
    last: str | None = Field(description="What was known of it when it was last looked at.")


class SentOut(Model):
    way: str = Field(examples=["webhook", "mail"])
    fault: str = Field(description="Empty where it was sent.")


class AlertOut(Model):
    id: str
    follow_id: str
    label: str
    time: str
    then: str | None
    now: str
    difference: str | None
    then_citation: CitationOut | None
    now_citation: CitationOut | None
    seen: bool
    sent: tuple[SentOut, ...]


class FollowsOut(Model):
    follows: tuple[FollowOut, ...]
    alerts: tuple[AlertOut, ...] = Field(description="Newest first.")
    unseen: int
    sends: tuple[str, ...] = Field(
        description="How alerts are told elsewhere: webhook, mail; nothing where none is set."
    )
