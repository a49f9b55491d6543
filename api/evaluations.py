"""The scorecards that ``tenkyo eval`` has written. Their files belong to the evaluation: here is only what is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from fastapi import APIRouter
from fastapi import Path as InPath

from api import schemas
from api.access.caller import Caller, Reader
from api.access.papers import Papers
from api.problems import Problem

RunId = Annotated[str, InPath(description="From GET /v1/evaluations.", examples=["baseline"])]


class Runs(Protocol):
    """The evaluations that were kept, each as a mapping with the fields of ``RunOut``."""

    def all(self) -> Sequence[Mapping[str, Any]]:
        """Return every run, newest first; the baseline last."""
        ...

    def get(self, id: str) -> Mapping[str, Any]:  # noqa: A002 - the contract's name for it
        """Return one run with its wrong answers, the fields of ``RunDetail``; KeyError without it."""
        ...


def evaluations_router(runs: Runs | None, papers: Papers) -> APIRouter:
    """Return the routes over ``runs``; without any, the list is empty.

    A scorecard speaks of the whole collection: whoever does not see all of it sees none.
    """
    router = APIRouter(prefix="/v1/evaluations", tags=["evaluations"])

    def seen_by(who: Caller) -> Runs | None:
        return runs if papers.sees_all(who) else None

    @router.get("")
    def listed(who: Reader) -> schemas.RunsOut:
        """List the scorecards, newest first, the committed baseline last."""
        seen = seen_by(who)
        return schemas.RunsOut(runs=tuple(map(schemas.RunOut.model_validate, seen.all() if seen else ())))

    @router.get("/{run_id}")
    def run(run_id: RunId, who: Reader) -> schemas.RunDetail:
        """Return one scorecard with every answer that was not right beside what was expected."""
        try:
            seen = seen_by(who)
            if seen is None:
                raise KeyError(run_id)
            return schemas.RunDetail.model_validate(seen.get(run_id))
        except KeyError:
            title = "その評価は見つかりません。一覧を読み込み直してください。"
            raise Problem(404, "run-unknown", title, f"no evaluation has the id {run_id[:80]!r}") from None

    return router
