"""Lists: all items of the list that is asked for, and only those."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from answer.draft import Draft, Support
from answer.evidence import Statement, katakana
from answer.question import Question
from answer.scene import Scene, Scored
from answer.spans import ITEM, LOOKED_AT, clean, ends_with, noun_runs, overlap, text_facts, when_fit
from ingest.dates import parse_code
from ingest.document import Fact
from ingest.japanese import fold


@dataclass(frozen=True)
class Items:
    """A list found in the text: its items and the spans that it stands on."""

    items: tuple[str, ...]
    supports: tuple[Support, ...]
    score: float
    where: str
    source: Scored
    fit: float


def answer_list(scene: Scene) -> Draft:
    """Return all items of the list that is asked for, and only those."""
    question = scene.question
    lists = sorted([*_lists(scene), *_rows_in_cells(scene), *_by_suffix(scene)], key=lambda found: -found.score)
    if not lists:
        return Draft("list", why=("no list near the hits",))
    best = lists[0]
    return (
        Draft(
            kind="list",
            text="、".join(best.items),
            supports=best.supports,
            score=best.score,
            signals=best.source.signals(
                scene,
                lead=best.score - next((found.score for found in lists if found.items != best.items), 0.0),
                fit=best.fit,
                period=when_fit(best.source.statement, question),
            ),
            missing=(),
            why=tuple(f"list {found.score:.2f} {found.where} {'、'.join(found.items)[:80]}" for found in lists[:4]),
        )
        if best.items
        else Draft(question.kind)
    )


def _lists(scene: Scene) -> Iterator[Items]:
    question = scene.question
    seen: set[tuple[str, int]] = set()
    for scored in scene.statements[:LOOKED_AT]:
        statement = scored.statement
        document = statement.document
        for items, start, _end in rows_in(statement.text):
            bonus = _list_fit(items, question) + when_fit(statement, question)
            yield Items(
                items,
                (Support(document.id, statement.start, statement.end),),
                scored.score + bonus,
                f"row at {statement.start + start}",
                scored,
                bonus,
            )
        for members, where in _followers(scored):
            key = (document.id, members[0].start)
            if key in seen:
                continue
            seen.add(key)
            items = tuple(_item(m) for m in members)
            lead = max(0.0, _lead_score(scene, scored))
            yield Items(
                items,
                tuple(Support(document.id, m.start, m.end) for m in members),
                lead + _list_fit(items, question) - 0.02,
                where,
                scored,
                _list_fit(items, question),
            )


def _by_suffix(scene: Scene) -> Iterator[Items]:
    """Yield the names of the asked kind that stand together. 例: どの部会 → all lines near the best that end in 部会"""
    question = scene.question
    if not question.suffixes:
        return
    asked = katakana(question.text)
    for head in scene.statements[:6]:
        statements = head.region.reading.statements
        found: dict[str, Statement] = {}
        for statement in statements[max(head.region.low, head.index - 2) : min(head.region.high, head.index + 14)]:
            for start, end in noun_runs(statement.text):
                name = clean(statement.text[start:end])
                fits = any(ends_with(fold(name), suffix) for suffix in question.suffixes)
                if fits and 2 < len(name) <= 25 and katakana(name) not in asked:
                    found.setdefault(name, statement)
        if len(found) >= 2:
            quotes = {s.start: s for s in found.values()}
            items = tuple(found)
            supports = tuple(Support(s.document.id, s.start, s.end) for _, s in sorted(quotes.items()))
            fit = _list_fit(items, question) - 0.05 * (len(quotes) < 2)
            yield Items(items, supports, head.score + fit - 0.1, f"names near: {head.statement.flat[:30]}", head, fit)


def _rows_in_cells(scene: Scene) -> Iterator[Items]:
    """Yield the items of cells that hold several. 例: 令和4年度 | 大津町、高森町、南阿蘇村"""
    for scored, fact in text_facts(scene):
        items = _row_items(fact.value) if re.search(r"[、，]", fact.value) else ()
        if len(items) >= 2:
            support = Support(fact.document_id, scored.statement.start, scored.statement.end)
            fit = _list_fit(items, scene.question) + _fact_when(fact, scene.question)
            yield Items(items, (support,), scored.score + fit + 0.05, f"cell {fact.label[:30]}", scored, fit)


def _fact_when(fact: Fact, question: Question) -> float:
    if not question.periods or fact.as_of is None or fact.as_of_from == "document":
        return 0.0
    held = parse_code(fact.as_of)
    return 0.1 if any(overlap(held, asked) for asked in question.periods) else -0.3


def _lead_score(scene: Scene, scored: Scored) -> float:
    """Return the score of the line that a list stands under, by its own words and headings only."""
    region = scored.region
    i = scored.index - region.low
    zones = np.maximum(region.coverage.own[:, i], region.coverage.headings[:, i])
    return 0.5 * scored.score + 0.5 * region.coverage.score(zones)


def _list_fit(items: Sequence[str], question: Question) -> float:
    bonus = 0.0
    if question.count is not None:
        bonus += 0.2 if len(items) == question.count else -0.12
    if question.suffixes:
        matching = sum(any(ends_with(fold(item), suffix) for suffix in question.suffixes) for item in items)
        bonus += 0.2 * matching / len(items) if matching else -0.12
    asked = katakana(question.text)
    bonus -= 0.25 * sum(katakana(item) in asked for item in items) / len(items)
    endings = {fold(item)[-1] for item in items}
    bonus += 0.1 * (len(items) > 2 and len(endings) == 1)  # 上地区、中地区、下地区 are of one kind
    # The items of a list are things; pieces with verbs in them are a sentence that was cut at its commas.
    bonus -= 0.2 * (sum(map(len, items)) / len(items) > 22)
    bonus -= 0.5 * sum(len(item) > 40 or _CLAUSE.search(item) is not None for item in items) / len(items)
    return bonus


_CLAUSE = re.compile(
    r"[ぁ-ん](?:し|って|んで|て|ながら|つつ)$|を[一-龠ァ-ヶぁ-ん]{2,}|(?:する|した|れる|いる|ある|ため"
    r"|よう)(?:$|[ぁ-ん一-龠])|^(?:から|まで|より|など)"
)


def rows_in(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Yield the rows of items in a statement. 例: （うちR6：御船高校、八代東高校、甲佐高校） → the three schools"""
    flat = re.sub(r"[ \t　]*\n\s*", lambda m: " " * len(m.group()), text)
    spans = [
        (m.start(1), m.end(1))
        for m in re.finditer(r"[（(【〔［\[<＜]([^（）()【】〔〕［］\[\]<>＜＞]{5,})[）)】〕］\]>＞]", flat)
    ]
    spans.append((0, len(flat)))
    for start, end in spans:
        piece = flat[start:end]
        pairs = re.findall(r"([^\s:：　、，]{1,14})[:：]([^\s:：　]+)", piece)
        if len(pairs) >= 3:
            yield tuple(clean(key) for key, _ in pairs), start, end
            continue
        for match in re.finditer(rf"{ITEM}+(?:[、，,]{ITEM}+)+", piece):
            if start == 0 and end == len(flat) and any(a <= match.start() and match.end() <= b for a, b in spans[:-1]):
                continue
            items = _row_items(match.group())
            clauses = sum(_CLAUSE.search(item) is not None for item in items)
            if len(items) >= 2 and 2 * clauses < len(items):
                yield items, start + match.start(), start + match.end()
        if re.search(r"[①②③]", piece):
            numbered = tuple(clean(part) for part in re.split(r"[①-⑳]", piece)[1:] if clean(part))
            if len(numbered) >= 2:
                yield numbered, start, end


def _row_items(row: str) -> tuple[str, ...]:
    parts = re.split(r"[、，,]", row)
    head = re.split(r"[ 　\t]+", parts[0].strip())[-1]  # 例: 出資者 熊本県、… : the key is no item
    # What leads up to the first item is not part of it: うちR6：御船高校 → 御船高校; 対象は、A
    parts[0] = re.split(r"[:：はがをに]\s*(?=[^:：はがをに]*$)", head)[-1] or head
    last = parts[-1]
    cut = re.split(
        r"(?:の\d+\S{1,4}$|などの?|等の?|を|が|は|で(?=[ぁ-ん一-龠])|に(?=[ぁ-ん一-龠])|の(?=各|いずれ|うち)|から|へ)",
        last,
        maxsplit=1,
    )[0]
    parts[-1] = cut or last
    joined: list[str] = []
    for part in parts:
        joined += list(re.split(r"(?:及び|および|並びに|又は|または)", part))
    return tuple(item for item in (clean(p) for p in joined) if item)


def _followers(scored: Scored) -> Iterator[tuple[list[Statement], str]]:
    """Yield the bullets or lines that stand under a statement as its list."""
    statements = scored.region.reading.statements
    head = scored.statement
    members: list[Statement] = []
    kinds: set[str] = set()
    for follower in statements[scored.index + 1 : scored.index + 26]:
        if follower.kind == "heading" or (members and follower.headings != members[0].headings):
            break
        if head.kind == "heading" and not set(head.flat.split()) & set(" ".join(follower.headings).split()):
            break
        mark = _mark(follower)
        if members and mark != _mark(members[0]):
            break
        if not mark and follower.kind not in ("label", "bullet"):
            break
        members.append(follower)
        kinds.add(follower.kind)
    if len(members) >= 2:
        yield members, f"items under: {head.flat[:30]}"


_MARK = re.compile(r"^[\s　*]*(?:([・●○■□◆◇‣•➤➡⇒✓*\-])|([①-⑳])|([（(]\d+[)）])|(\d+[.．)）]))")


def _mark(statement: Statement) -> str:
    match = _MARK.search(statement.text)
    if not match:
        return "label" if statement.kind == "label" else ""
    return next(
        name for name, group in zip(("bullet", "circle", "paren", "number"), match.groups(), strict=True) if group
    )


def _item(statement: Statement) -> str:
    return clean(_MARK.sub("", statement.flat)).lstrip("・ ")
