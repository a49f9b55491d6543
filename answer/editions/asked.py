"""Questions of what changed since the edition before: 「前回の資料から何が変わった？」, 「○○は前回から変わった？」"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answer.check import unsupported
from answer.draft import Draft, Support
from answer.editions.differences import Change
from answer.editions.shelf import Comparison, Editions
from answer.editions.told import NAMES, paper_said, told
from index.documents import DocumentInfo
from index.snapshot import Snapshot
from ingest.document import Document
from ingest.japanese import content_words, fold

MOST = 5  # changes that an answer names
LONGEST = 480  # characters of them: where the rest stands must follow
_PAPERS = 12  # newest papers of a collection that are looked at for one with an edition before it
_OF_ONE = 2  # changes of one kind under one heading that come first
WHERE = "ほかの変更は、画面の「変更」か tenkyo changes で一覧できます。"

_SINCE = r"(?:前回|前の(?:版|回|資料)|前版|一つ前|ひとつ前|先回)"
_CHANGED = r"(?:変わ(?:っ|り|る|ら)|変更|違(?:い|う|っ)|変化|改(?:ま|正|定|訂)|差分|増え|減っ)"
_ASKS = re.compile(
    rf"{_SINCE}(?:の?(?:資料|議会|会議|報告|版|説明資料|委員会))?(?:から|より|と比べ(?:て)?|との?|に比べ(?:て)?)"
)
_OF_ALL = re.compile(
    rf"^(?:{_SINCE}.{{0,10}}(?:から|より|と比べて?|との?|に比べて?))?[、\s]*(?:何|なに|どこ|どう|どんな|どの)"
)
_ASIDE = re.compile(
    rf"{_ASKS.pattern}|{_CHANGED}.*$|[?？。、]|何が|なにが|どこが|どう|どのように|ですか|ますか|教えて(?:ください)?|今回の?(?:資料)?"
)


@dataclass(frozen=True)
class Asked:
    """A question about changes: of what, in the question's words, or of the whole paper where ``topic`` is empty."""

    topic: str


def read_asked(question: str) -> Asked | None:
    """Return what of which changes are asked for; None for any other question."""
    text = fold(question)
    if not _ASKS.search(text) or not re.search(_CHANGED, text):
        return None
    topic = re.sub(r"(?:[はがのをに]|について|に関して)+$", "", _ASIDE.sub("", text).strip())
    return Asked("" if not content_words(topic) or _OF_ALL.match(text) else topic.strip())


def answer_asked(
    asked: Asked, editions: Editions, snapshot: Snapshot, documents: Sequence[DocumentInfo]
) -> Draft | None:
    """Return the weightiest changes that are asked for, with the places of both papers; None where there are none.

    Without a topic it is the newest paper with an edition before it that is told of. With one, it is the newest paper
    that speaks of it, and the last one before it that does.
    """
    within = {info.id for info in documents}
    for info in sorted(documents, key=lambda info: info.published or "", reverse=True)[:_PAPERS]:
        series = editions.of(snapshot, info.id)
        # A scope of one paper is asked about that paper; what came before it need not lie within.
        earlier = [e for e in series[: series.index(info)][::-1] if e.id in within or len(within) == 1]
        if not earlier:
            continue
        if not asked.topic:
            comparison = editions.compare(snapshot, info.id, earlier[0].id)
            return _draft(comparison, comparison.changes, snapshot)
        if not _speaks_of(snapshot, info, asked.topic):
            continue
        before = next((e for e in earlier if _speaks_of(snapshot, e, asked.topic)), None)
        if before is None:
            continue
        comparison = editions.compare(snapshot, info.id, before.id)
        found = [c for c in comparison.changes if c.then and c.now and _is_about(c, asked.topic)]
        return _draft(comparison, found, snapshot) if found else None
    return None


def _speaks_of(snapshot: Snapshot, info: DocumentInfo, topic: str) -> bool:
    """Tell whether a paper has every word of a topic."""
    return frozenset(content_words(topic)) <= frozenset(content_words(snapshot.document(info.id).text))


def _is_about(change: Change, topic: str) -> bool:
    """Tell whether a change is of what is asked about: every word of the topic in its label and headings."""
    words = frozenset(content_words(topic))
    held = frozenset(content_words(" ".join((change.label, *change.section, *change.holds))))
    own = frozenset(content_words(" ".join((change.label, *change.section[-1:], *change.holds))))
    return bool(words) and words <= held and bool(words & own)


def _draft(comparison: Comparison, found: Sequence[Change], snapshot: Snapshot) -> Draft | None:
    """Return an answer of the first changes, as many as there is room for; None where not one can be told."""
    lines: list[str] = []
    told_of: list[Change] = []
    for change in _spread(found):
        line = f"・{NAMES[change.kind]} {told(change, dated=False)}"
        if len(lines) == MOST or sum(map(len, lines)) + len(line) > LONGEST:
            break
        if _is_held(line, change, snapshot):
            lines.append(line)
            told_of.append(change)
    if not lines:
        return None
    sides = [[s for s in (c.then, c.now) if s is not None] for c in told_of]
    supports = [Support(s.document_id, s.start, s.end) for both in sides for s in both]
    if all(change.then is None for change in told_of):  # which paper is meant is told, too
        supports.append(_cover(snapshot.document(comparison.then.id)))
    heading = f"前回（{paper_said(comparison.then)}）から変わった点:"
    starts = [sum(map(len, sides[:n])) for n in range(len(sides))]
    worked = [n for n, change in enumerate(told_of) if change.how is not None]
    return Draft(
        kind="list",
        text="\n".join((heading, *lines, WHERE)),
        supports=tuple(supports),
        how="、".join(told_of[n].how or "" for n in worked) or None,
        operands=tuple(starts[n] + k for n in worked for k in range(len(sides[n]))),
        probability=1.0,
    )


def _cover(document: Document) -> Support:
    """Return the first line of a paper."""
    line = re.search(r"\S[^\n]*", document.text)
    return Support(document.id, *line.span()) if line else Support(document.id, 0, len(document.text))


def _is_held(line: str, change: Change, snapshot: Snapshot) -> bool:
    """Tell whether each figure of a line stands in its quotes: the age band of a column's heading may not."""
    quotes = [
        snapshot.document(side.document_id).cells_apart(side.start, side.end)
        for side in (change.then, change.now)
        if side is not None
    ]
    return not unsupported(line, quotes, how=change.how)


def _spread(changes: Sequence[Change]) -> Iterator[Change]:
    """Yield the changes, of a table's many rows the first few: five towns say less than five things."""
    counts: dict[tuple[str, ...], int] = {}
    late: list[Change] = []
    for change in changes:
        key = (change.kind, *change.section[-1:])
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= _OF_ONE:
            yield change
        else:
            late.append(change)
    yield from late
