"""What a name or a date that is not there may have been meant for, among what the caller may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from api.mcp.refused import Refused
from index.documents import DocumentInfo
from index.scope import Group, Scope
from ingest.dates import date_of
from ingest.japanese import fold

MOST = 5
LEAST = 45.0  # of 100: how alike two names must be for one to be meant for the other
_ID = re.compile(r"[0-9a-f]{12,20}")
_SLIPS = 2


def scope_of(
    infos: Sequence[DocumentInfo],
    documents: Sequence[str],
    groups: Sequence[Group],
    meetings: Sequence[str],
    departments: Sequence[str],
    since: str | None,
    until: str | None,
) -> Scope | None:
    """Return what the papers are narrowed to; None for all of them. ``infos`` are those that exist for the caller.

    Raise Refused, with what is near, for a name or a date that no paper has: a search is never widened in silence.
    """
    for id_ in documents:
        check_document(infos, id_)
    _check("会議", meetings, {info.meeting for info in infos if info.meeting})
    _check("部署", departments, {info.department for info in infos if info.department})
    scope = Scope(tuple(documents), tuple(groups), tuple(meetings), tuple(departments), _date(since), _date(until))
    if not scope:
        return None
    if scope.since and scope.until and not Scope(until=scope.until).covers(_dated(scope.since)):
        raise Refused(f"since（{scope.since}）が until（{scope.until}）より後です。")
    if not any(scope.covers(info) for info in infos):
        raise Refused(f"その範囲の資料はありません。{_dates(infos, scope.since or scope.until)}")
    return scope


def check_document(infos: Sequence[DocumentInfo], document_id: str) -> None:
    """Raise Refused for an id that no paper of the caller's has, whether others have one or nobody."""
    if all(info.id != document_id for info in infos):
        titles = {info.id: f"{info.id}（{info.title}）" for info in infos}
        if _ID.fullmatch(document_id):  # how alike two ids are says nothing, but for a slip of the pen
            found = [id_ for id_ in titles if Levenshtein.distance(id_, document_id) <= _SLIPS]
        else:
            found = _near(document_id, {info.id: f"{info.file} {info.title}" for info in infos})
        near = [titles[id_] for id_ in found]
        raise Refused(
            f"資料 {_shown(document_id)} はありません。{_meant(near, 'list_documents で ID を確かめてください。')}"
        )


def _check(kind: str, wanted: Iterable[str], there: set[str]) -> None:
    for name in wanted:
        if name not in there:
            listed = dict.fromkeys(sorted(there))
            near = _near(name, {one: one for one in listed}) or list(listed)[:MOST]
            raise Refused(
                f"{kind} {_shown(name)} の資料はありません。{_meant(near, f'{kind}名のある資料はありません。')}"
            )


def _near(name: str, there: dict[str, str]) -> list[str]:
    found = process.extract(
        fold(name), there, scorer=fuzz.partial_token_set_ratio, processor=fold, limit=MOST, score_cutoff=LEAST
    )
    return [key for _, _, key in found]


def _meant(near: Sequence[str], otherwise: str) -> str:
    return f"近いもの: {'、'.join(near)}" if near else otherwise


def _date(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return date_of(text)
    except ValueError:
        examples = "2024-06-04、2024-06、2024、令和6年6月4日"
        raise Refused(f"日付 {_shown(text)} を読めません。{examples} のように書いてください。") from None


def _dates(infos: Sequence[DocumentInfo], wanted: str | None) -> str:
    """Return the dates that there are, those next to the one that is wanted first."""
    dates = sorted({info.published for info in infos if info.published})
    if not dates:
        return "日付のある資料はありません。"
    if wanted is None or len(dates) <= MOST:
        return f"資料の日付: {'、'.join(dates[-MOST:])}"
    at = sum(date < wanted for date in dates)
    near = dates[max(0, at - 2) : at + 3]
    return f"近い日付: {'、'.join(near)}（全体は {dates[0]} から {dates[-1]}）"


def _dated(day: str) -> DocumentInfo:
    return DocumentInfo("", "", "", None, day, None, "text", "none", 0, 0, 0, "")


def _shown(text: str) -> str:
    return repr(" ".join(text.split())[:80])
