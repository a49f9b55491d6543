"""Lists: all items of the list that is asked for, and only those."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from answer.asking.question import Question
from answer.asking.thesaurus import synonyms
from answer.candidates.names import LOOKED_AT, clean, ends_with, overlap, text_facts, when_fit
from answer.draft import Draft, Support
from answer.reading.evidence import Statement, katakana
from answer.reading.scene import Region, Scene, Scored
from answer.reading.signals import Signals, read_signals
from ingest.dates import Period, find_periods, parse_code
from ingest.document import Fact, Table
from ingest.japanese import Morph, fold, morphs

_LIMIT = 590  # characters of a list; the contract allows 600


@dataclass(frozen=True)
class Items:
    """A list found in the text: its items and the spans that it stands on."""

    items: tuple[str, ...]
    supports: tuple[Support, ...]
    score: float
    where: str
    source: Scored
    fit: float
    said: bool = False  # the text calls the items what the question calls them


@dataclass(frozen=True)
class Row:
    """Items that stand in one sentence, with the words before and after them. 例: 出資者は | A、B、C | の3社"""

    items: tuple[str, ...]
    lead: str
    tail: str
    inside: bool = False  # in brackets: what one of the sentence's things consists of


def answer_list(scene: Scene) -> Draft:
    """Return all items of the list that is asked for, and only those."""
    lists = find_lists(scene)
    if not lists:
        return Draft("list", why=("近くに列挙がない",))
    draft = _draft(scene, lists)
    firms = _FIRMS & set(scene.question.suffixes)
    if firms and not lists[0].said and lists[0].fit < 0 and draft.signals is not None:
        # 例: 請け負う会社はどこ: 書類、手数料 are no 会社.
        return replace(draft, signals=replace(draft.signals, needed=scene.question.suffixes))
    return draft


_FIRMS = frozenset(("会社", "企業", "業者", "事業者"))  # kinds that show in a name, as those of a 会場 do not


def find_lists(scene: Scene) -> list[Items]:
    """Return the lists near the hits, best first."""
    found = [
        *_in_sentences(scene),
        *_under_leads(scene),
        *_rows_in_cells(scene),
        *_columns(scene),
    ]
    found = sorted((f for f in found if f.items), key=lambda f: -f.score)
    return sorted((replace(f, score=f.score + _fuller(f, found[:8])) for f in found), key=lambda f: -f.score)


def _fuller(one: Items, others: Sequence[Items]) -> float:
    """Return what a list gains for holding all of another that is as good, and more. 例: A、B、C beside A、B"""
    mine = {katakana(item) for item in one.items}
    smaller = (o for o in others if {katakana(i) for i in o.items} < mine and one.said >= o.said)
    return 0.1 * any(o.score - one.score < 0.1 for o in smaller)


def _draft(scene: Scene, lists: Sequence[Items]) -> Draft:
    best = lists[0]
    kept: list[str] = []
    for item in dict.fromkeys(best.items):
        if sum(map(len, kept)) + len(kept) + len(item) <= _LIMIT:
            kept.append(item)
    return Draft(
        kind="list",
        text="、".join(kept),
        supports=best.supports,
        score=best.score,
        signals=_signals(scene, best, best.score - next((f.score for f in lists if f.items != best.items), 0.0)),
        why=tuple(f"列挙 {f.score:.2f} {f.fit:.2f} {f.where} {'、'.join(f.items)[:80]}" for f in lists[:4]),
    )


def _signals(scene: Scene, found: Items, lead: float) -> Signals:
    """Return the signals of a list: a word of the question may be met at any of its items."""
    region = found.source.region
    places = {found.source.index} | {
        region.reading.at(s.start) for s in found.supports if s.document_id == region.reading.document.id
    }
    columns = [i - region.low for i in places if region.low <= i < region.high]
    return read_signals(
        scene.atoms,
        region.coverage.zones[:, columns].max(axis=1),
        region.coverage.own[:, columns].max(axis=1),
        lead=lead,
        fit=found.fit,
        period=when_fit(found.source.statement, scene.question),
        prior=max(region.prior[i] for i in columns),
    )


# --- where lists stand -----------------------------------------------------------------------------------------------


def _in_sentences(scene: Scene) -> Iterator[Items]:
    """Yield the rows of items inside sentences. 例: 出資者は、A、B及びC"""
    question = scene.question
    for scored in scene.statements[:LOOKED_AT]:
        whole = _whole_sentence(scored)
        heading = whole[0].headings[-1] if whole[0].headings else ""
        for row in rows_in("".join(s.text.strip() if len(whole) > 1 else s.text for s in whole), _kinds(question)):
            fit, said = _fit(row.items, question, row.lead, heading, row.tail)
            fit -= 0.06 * (row.inside and not said)
            keyed = find_periods(row.lead.split("｜")[-1][-8:]) if question.periods else []
            when = when_fit(scored.statement, question)
            if keyed:  # 例: R4年度：A町、B村 R5年度：C市
                when = 0.15 if any(_same_time(p, asked) for p in keyed for asked in question.periods) else -0.4
            yield Items(
                row.items,
                tuple(Support(s.document.id, s.start, s.end) for s in whole),
                scored.score + fit + when,
                f"row in: {scored.statement.flat[:30]}",
                scored,
                fit,
                said,
            )


def _same_time(key: Period, asked: Period) -> bool:
    """Tell whether a key such as R4 is the time that is asked for; beside fiscal years it is one itself."""
    if asked.kind == "fiscal_year" and key.kind in ("year", "fiscal_year"):
        return key.start[:4] == asked.start[:4]
    return overlap(key, asked)


def _whole_sentence(scored: Scored) -> list[Statement]:
    """Return the statement with the one it goes on in, when its line ends in mid-sentence. 例: 「A」と / 「B」を整備"""
    statement = scored.statement
    following = scored.region.reading.statements[scored.index + 1 : scored.index + 2]
    if following and re.search(r"[とやのをにがは、]$", statement.flat) and following[0].headings == statement.headings:
        return [statement, following[0]] if following[0].kind not in ("heading", "table", "bullet") else [statement]
    return [statement]


def _under_leads(scene: Scene) -> Iterator[Items]:
    """Yield the bullets or lines that stand under a heading, a label or a sentence that leads up to them."""
    question = scene.question
    seen: set[tuple[str, int]] = set()
    for scored in scene.statements[:LOOKED_AT]:
        members = _followers(scored)
        key = (scored.statement.document.id, members[0].start if members else 0)
        if len(members) < 2 or key in seen:
            continue
        seen.add(key)
        items = tuple(item for m in members for item in _items_of(m) if item)
        heading = "｜".join(scored.statement.headings[-1:])
        fit, said = _fit(items, question, scored.statement.flat, heading, in_head=True)
        yield Items(
            items,
            tuple(Support(m.document.id, m.start, m.end) for m in members),
            max(0.0, _lead_score(scored)) + fit - 0.02,
            f"under: {scored.statement.flat[:30]}",
            scored,
            fit,
            said,
        )


def _followers(scored: Scored) -> list[Statement]:
    statements = scored.region.reading.statements
    head = scored.statement
    members: list[Statement] = []
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
    # 例: （タレント） below each name says something about it; ©… is no item
    return [m for m in members if not re.fullmatch(r"[（(].*[)）]|[©Ⓒ].*", m.flat)]


_MARK = re.compile(r"^[\s　*]*(?:(?:-[\s　]*)?([・●○■□◆◇‣•➤➡⇒✓*\-])|([①-⑳])|([（(]\d+[)）])|(\d+[.．)）]))")


def _mark(statement: Statement) -> str:
    match = _MARK.search(statement.text)
    if not match:
        return "label" if statement.kind == "label" else ""
    return next(
        name for name, group in zip(("bullet", "circle", "paren", "number"), match.groups(), strict=True) if group
    )


def _items_of(statement: Statement) -> list[str]:
    plain = clean(_MARK.sub("", statement.flat)).lstrip("・ ")
    return [clean(part) for part in plain.split("/")] if re.search(r"[^\d/]／[^\d/]", statement.flat) else [plain]


def _lead_score(scored: Scored) -> float:
    """Return the score of the line that a list stands under, by its own words and headings only."""
    region = scored.region
    i = scored.index - region.low
    zones = np.maximum(region.coverage.own[:, i], region.coverage.headings[:, i])
    return 0.5 * scored.score + 0.5 * region.coverage.score(zones)


def _rows_in_cells(scene: Scene) -> Iterator[Items]:
    """Yield the items of cells that hold several. 例: 令和4年度 | 大津町、高森町、南阿蘇村"""
    question = scene.question
    for scored, fact in text_facts(scene):
        for row in rows_in(fact.value, _kinds(question)):
            support = Support(fact.document_id, scored.statement.start, scored.statement.end)
            fit, said = _fit(row.items, question, fact.label + "｜" + row.lead, "", row.tail)
            score = scored.score + fit + _fact_when(fact, question) + 0.05
            yield Items(row.items, (support,), score, f"cell {fact.label[:30]}", scored, fit, said)


def _fact_when(fact: Fact, question: Question) -> float:
    if not question.periods or fact.as_of is None or fact.as_of_from == "document":
        return 0.0
    held = parse_code(fact.as_of)
    return 0.1 if any(overlap(held, asked) for asked in question.periods) else -0.3


def _columns(scene: Scene) -> Iterator[Items]:
    """Yield the columns of tables, down the rows that the question names. 例: the 担当課 of the rows of 令和6年度"""
    lines = {(s.region.reading.document.id, s.index): s for s in scene.statements}
    for region in scene.regions:
        document = region.reading.document
        if region.low >= region.high:
            continue
        first, last = region.reading.statements[region.low].start, region.reading.statements[region.high - 1].end
        for table in document.tables:
            if table.start < last and first < table.end:
                yield from _columns_of(scene, region, table, lines)


def _columns_of(scene: Scene, region: Region, table: Table, lines: dict[tuple[str, int], Scored]) -> Iterator[Items]:
    question = scene.question
    text = region.reading.document.text
    rows: dict[int, dict[int, tuple[int, int]]] = {}
    headers: dict[int, str] = {}
    # A table whose cells are all words shows no headings; its first row names the columns all the same.
    for cell in table.cells:
        if cell.row < max(1, table.header_rows):
            for column in range(cell.column, cell.column + cell.column_span):
                headers[column] = headers.get(column, "") + clean(text[cell.start : cell.end])
        elif cell.start < cell.end and cell.column_span == 1:
            for row in range(cell.row, cell.row + cell.row_span):
                rows.setdefault(row, {})[cell.column] = (cell.start, cell.end)
    named = _named_rows(scene, text, rows)
    for column, header in headers.items():
        places = [rows[r][column] for r in sorted(named) if column in rows[r]]
        values = [clean(text[a:b]) for a, b in places]
        if len(set(values)) < 2 or any(re.fullmatch(r"[-－–\d,.%()△▲約]*", v) for v in values):
            continue
        items = tuple(dict.fromkeys(re.split(r"[(（]", v)[0] if v[:1] not in "(（" else v for v in values))
        fit, said = _fit(items, question, header if _is_column_of(header, _kinds(question)) else "", in_head=True)
        if not said and not any(a.match(frozenset(), katakana(header)) for a in scene.atoms):
            continue
        indexes = [region.reading.at(start) for start, _ in places]
        indexes.append(region.reading.at(table.start))
        scoreds = [lines[key] for i in indexes if (key := (region.reading.document.id, i)) in lines]
        if not scoreds:
            continue
        best = max(scoreds, key=lambda s: s.score)
        supports = [region.reading.statements[i] for i in dict.fromkeys(indexes[:-1])]
        yield Items(
            items,
            tuple(Support(s.document.id, s.start, s.end) for s in supports),
            best.score + fit,
            f"column {header[:20]}",
            best,
            fit,
            said,
        )


def _is_column_of(header: str, kinds: Sequence[str]) -> bool:
    """Tell whether a heading names what its column holds: 委託先の会社, 会場（予定）; not 会社の売上."""
    words = "|".join(re.escape(word) for kind in kinds for word in (kind, *synonyms(kind)))
    return bool(words) and re.search(rf"(?:{words})(?:名|等)?(?:[(（].*)?$", fold(header)) is not None


def _named_rows(scene: Scene, text: str, rows: dict[int, dict[int, tuple[int, int]]]) -> list[int]:
    """Return the rows that the question names by a name, an ordinal or a period, or else describes; all without any."""
    met: dict[int, int] = {}
    keys: dict[int, str] = {}
    for row, cells in rows.items():
        whole = " ".join(text[a:b] for a, b in cells.values())
        keys[row] = key = katakana(whole)
        exact = {katakana(text[a:b]) for a, b in cells.values()}
        named = sum(
            ((a.proper or a.strict) and a.match(frozenset(), key) > 0) or a.surface in exact for a in scene.atoms
        )
        periods = find_periods(whole)
        held = any(overlap(p, asked) for p in periods for asked in scene.question.periods)
        met[row] = named + (held or -bool(periods and scene.question.periods))
    most = max(met.values(), default=0)
    return [row for row, count in met.items() if count == most]


# --- is it the list that was asked for? ------------------------------------------------------------------------------


def _kinds(question: Question) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*question.things, *question.suffixes)))


def _fit(
    items: Sequence[str], question: Question, lead: str, heading: str = "", tail: str = "", in_head: bool = False
) -> tuple[float, bool]:
    """Return how well items look like what is asked for, and whether the words about them call them that."""
    kinds = _kinds(question)
    around = lead[-24:] + "｜" + tail[:12]
    said = any(_calls(lead, kind) if in_head else _calls_items(lead, tail, kind) for kind in kinds)
    named = any(_calls(heading, kind) for kind in kinds)
    fit = 0.25 if said else 0.1 * named
    endings = [k for k in kinds if k not in ("人", "方", "者")]
    alike = sum(any(ends_with(fold(item), kind) for kind in endings) for item in items) / len(items) if items else 0.0
    fit += 0.2 * alike
    if kinds and not said and not named and not alike:
        fit -= 0.12
    if question.count is not None:
        fit += 0.2 if len(items) == question.count else -0.12
    stated = re.search(r"(\d+)(?!年|月|日|時|%|円|万|億|回|[.,\d])[つ一-龠]", fold(around))
    fit += 0.1 * (stated is not None and int(stated[1]) == len(items))
    if re.search(r"社|企業|団体|事業者|銀行|学校|高校", "".join(kinds)):
        fit -= 0.3 * sum(_OF_A_PERSON.search(item) is not None for item in items) / max(1, len(items))
    asked = katakana(question.text)
    fit -= 0.25 * sum(katakana(item) in asked for item in items) / len(items) if items else 0.0
    ends = {fold(item)[-1] for item in items}
    fit += 0.1 * (len(items) > 2 and len(ends) == 1)  # 上地区、中地区、下地区 are of one kind
    # The items of a list are things; pieces with verbs in them are a sentence that was cut at its commas.
    fit -= 0.1 * (sum(map(len, items)) / max(1, len(items)) > 30)
    fit -= 0.5 * sum(len(item) > 60 or _CLAUSE.search(item) is not None for item in items) / max(1, len(items))
    fit -= 0.3 * sum(re.fullmatch(r"\S*?\d+\S{1,3}", item) is not None for item in items) / max(1, len(items))
    return fit, said


def _calls_items(lead: str, tail: str, kind: str) -> bool:
    """Tell whether a sentence calls its items so. 例: 対象の施設（A、B）, 協力した企業は、A、B; A、Bの2つの高校"""
    words = "|".join(re.escape(word) for word in (kind, *synonyms(kind)) if len(word) > 1 or word == kind)
    before = rf"(?:{words})(?:名|等|数)?(?:に対応|を対象)?(?:とは|として|には|は|が|に|を|の|[:：｜、\s])*(?:$|｜)"
    after = rf"^(?:など|等)?の?(?:\d+|[二三四五六七八九]|各|両)?(?:つの)?[一-龠]{{0,4}}(?:{words})"
    return re.search(before, fold(lead)) is not None or re.search(after, fold(tail)) is not None


def _calls(text: str, kind: str) -> bool:
    key = katakana(text)
    if kind in ("人", "方", "者"):
        return re.search(r"皆サン|メンバー|氏名|委員|[者員](?!ノ)(?![一-龠])|人(?:$|[（(|｜])", key) is not None
    if len(kind) == 1:
        return re.search(rf"{re.escape(katakana(kind))}(?:名|[｜|:ハ]|$)", key) is not None
    words = "|".join(re.escape(katakana(word)) for word in (kind, *synonyms(kind)) if len(word) > 1)
    # 例: 対象の産業 calls its items 産業; 産業団地 and 産業の振興 do not
    return (
        bool(words)
        and re.search(
            rf"(?:{words})(?:名|等)?(?![一-龠々a-z]|[ァ-ヶー](?<![ハガヲデニヘトノ])|ノ(?!\d|名|[一二三四五六七八九]))",
            key,
        )
        is not None
    )


_OF_A_PERSON = re.compile(r"(?:氏|さん|知事|大臣|社長|会長|選手|教授|CEO)ら?$")
_CLAUSE = re.compile(
    r"[ぁ-ん](?:し|って|んで|て|ながら|つつ)$|を[一-龠ァ-ヶぁ-ん]{2,}|(?:する|した|れる|いる|ある|ため"
    r"|よう)(?:$|[ぁ-ん一-龠])|^(?:から|まで|より|など)"
)


@lru_cache(maxsize=8192)
def _morphs(part: str) -> tuple[Morph, ...]:
    return tuple(morphs(part))


# --- rows in a sentence ----------------------------------------------------------------------------------------------

_AND = r"及び|および|並びに|ならびに|又は|または|もしくは"
_BOUNDARY = re.compile(r"[。;；\t\n【】→⇒➡＝=！!？?：]|(?<!\d):|(?<=R\d):|※|[\s　](?=[^\s　：:、。]{1,8}[：:](?!\d\d))")
_AFTER_ITEM = re.compile(
    r"(?:などの?|等(?!学|専|級|価)の?|ほか|を|が|は|で(?=[ぁ-ん一-龠、])|に(?=[ぁ-ん一-龠、])"
    r"|の(?=\d|各|いずれ|うち|[一二三四五六七八九十]つ|両)|から|へ|も(?=[ぁ-ん一-龠、])|と(?=[ぁ-ん一-龠]))"
)
_FIGURE_AFTER = re.compile(
    r"(?:[\s　]+(?:約|計|延べ)?|約|延べ)[\d,.]+(?:\.\d+)?(?:%|％|人|名|社|件|円|千円|百万円|校|か所|回)?$"
)
_QUOTE = re.compile(r"[「『“]([^「」『』“”]{1,60})[」』”]")
_GLOSS = re.compile(r"[（(〔［\[<＜]([^（）()〔〕［］\[\]<>＜＞]*)[）)〕］\]>＞]")
_DATES = re.compile(
    r"(?:(?:令和|平成|[RH])?\d{1,4}[年.])?\d{1,2}[月.]\d{1,2}日?(?:[、・～~-]\s*(?:\d{1,2}月)?\d{1,2}日)*"
)
_FIGURES = re.compile(r"(?:令和|平成|[RHrh])?[約\d][\d,.年月日()~～-]*[^\d一-龠]?")
_TOPIC = re.compile(r"[ぁ-ん一-龠ァ-ヶー](?:は|が|では|には)[^ぁ-ん]")
_HELD = 0xE000  # private characters stand for quoted names while a sentence is cut


def rows_in(text: str, kinds: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the rows of items in a statement. 例: （うちR6：御船高校、八代東高校、甲佐高校） → the three schools"""
    flat = re.sub(r"[ \t　]*\n\s*", "", text.strip())
    pairs = re.findall(r"([^\s:：　、，「」]{1,14})[:：]([^\s:：　]+)", flat)
    if len(pairs) >= 3:
        yield Row(tuple(clean(re.sub(r"^.*は", "", key)) for key, _ in pairs), "", "")
    names: list[str] = []

    def hold(match: re.Match[str]) -> str:
        names.append(match[1])
        return chr(_HELD + len(names) - 1)

    held = _QUOTE.sub(hold, flat)
    plain = held
    while _GLOSS.search(plain):  # 例: 10言語（英語、中国語（簡体字・繁体字）、…）: the inner ones first
        for match in _GLOSS.finditer(plain):
            for row in _rows_of(match[1], plain[: match.start()], names, kinds):
                yield replace(row, inside=True)
        plain = _GLOSS.sub("", plain)
    yield from _rows_of(plain, "", names, kinds)
    dated = [clean(p) for p in _DATES.split(plain)]
    if len(dated) >= 3 and not dated[0] and all(dated[1:]) and not any(re.search(r"[、。：:]", p) for p in dated):
        yield Row(tuple(dated[1:]), "", "")
    numbered = re.split(r"[①-⑳]", flat)
    if len(numbered) >= 3:
        yield Row(tuple(clean(p).rstrip("、。") for p in numbered[1:] if clean(p)), numbered[0], "")


def _rows_of(text: str, before: str, names: Sequence[str], kinds: Sequence[str]) -> Iterator[Row]:
    at = 0
    lead = before
    for piece in [*_BOUNDARY.finditer(text), None]:
        end = piece.start() if piece is not None else len(text)
        segment = text[at:end]
        yield from _rows_of_segment(segment, lead, names, kinds)
        lead = segment if piece is not None and piece.group() not in "。;；" else ""
        at = piece.end() if piece is not None else end


def _rows_of_segment(segment: str, lead: str, names: Sequence[str], kinds: Sequence[str]) -> Iterator[Row]:
    whole = [p for p in _split_items(segment) if p.strip(" 　")]
    if len(whole) < 2:
        return
    parts = [_FIGURE_AFTER.sub("", p) for p in whole]
    if sum(a != b for a, b in zip(whole, parts, strict=True)) > 1:  # 例: 製造業 43、市町村26: each has its figure
        parts = [re.sub(r"(?<=[^\d\s])\d+(?:[\s　]*等)?$", "", p.strip()) for p in parts]
    run: list[str] = []
    said = lead

    def finish(tail: str) -> Iterator[Row]:
        items = tuple(item for item in (_spoken(p, names) for p in run) if item)
        if (
            len(items) >= 2
            and len(items) == len(run)
            and not re.match(r"[のをがはにで]", items[0])
            and not any(_FIGURES.fullmatch(i) for i in items)
        ):
            yield Row(items, _spoken(said, names), _spoken(tail, names))
        run.clear()

    for part in parts:
        nominal = _ends_in_noun(part)
        if not run:
            if nominal:
                said, first = _first_item(part, lead)
                # 例: 実現に向けた取組み、地下水の保全、…: where all items are phrases, the first is one too
                if (
                    not lead
                    and part is parts[0]
                    and sum(map(len, parts[1:])) > 8 * len(parts[1:])
                    and not _TOPIC.search(part)
                ):
                    said, first = lead, part.strip()
                run = [first] if first else []
            lead = part
            continue
        item, tail = _last_item(part, kinds)
        if nominal and tail.startswith(("は", "では", "には")):  # 例: 5年度はA校、6年度はB校、C校: B opens a new row
            yield from finish("")
            said, first = _first_item(part, lead)
            run = [first] if first else []
            lead = part
        elif tail or not nominal:
            if item and _ends_in_noun(item):
                run.append(item)
            yield from finish(tail)
            lead = part
        else:
            run.append(part)
    yield from finish("")


def _split_items(segment: str) -> list[str]:
    """Return a segment cut at 、 ／ 及び, and at と and や between nouns."""
    parts = [p for rough in re.split(r"(?<!\d)[,]|[、，／]|,(?!\d)", segment) for p in re.split(_AND, rough)]
    out: list[str] = []
    for part in parts:
        if not re.search(r"[とや]", part):
            out.append(part)
            continue
        found = _morphs(part)
        at = 0
        for i, morph in enumerate(found):
            joins = morph.surface in ("と", "や") and morph.pos == "助詞" and 0 < i < len(found) - 1
            if (
                joins
                and _is_noun(found[i - 1].surface, found[i - 1].pos)
                and (
                    _is_noun(found[i + 1].surface, found[i + 1].pos)
                    and not re.match(r"連携|協力|共同|の", part[morph.end :])
                )
            ):
                out.append(part[at : morph.start])
                at = morph.end
        out.append(part[at:])
    return out


def _is_noun(surface: str, pos: str) -> bool:
    held = ord(surface[-1]) >= _HELD and ord(surface[-1]) < _HELD + 0x1000
    return held or pos in ("名詞", "接尾辞", "接頭辞", "形状詞", "代名詞", "記号")


def _ends_in_noun(part: str) -> bool:
    found = _morphs(part)
    if not found:
        return False
    last = found[-1]
    return _is_noun(last.surface, last.pos) or last.surface in "・ー)）%％"


def _first_item(part: str, lead: str) -> tuple[str, str]:
    """Return what leads up to the first item, and the item. 例: 令和6年度は御船 → 令和6年度は | 御船"""
    cut = 0
    found = _morphs(part)
    for i, morph in enumerate(found[:-1]):
        if (morph.pos == "助詞" and morph.surface not in ("の", "と", "や", "か")) or morph.pos in ("動詞", "助動詞"):
            cut = found[i].end
    key = re.match(r"^(.*\S)[ 　\t]+(\S+)$", part[cut:].strip())
    if key and not cut:
        return lead + "｜" + key[1], key[2]
    item = re.sub(r"^(?:際|とき|時|ため|場合)の", "", part[cut:].strip())
    return (lead + "｜" + part[:cut] if cut else lead), item


def _last_item(part: str, kinds: Sequence[str]) -> tuple[str, str]:
    """Return the last item of a row and what follows it. 例: 甲佐の4つの高校 → 甲佐 | の4つの高校"""
    called = "|".join(map(re.escape, kinds))
    pattern = rf"の(?=(?:\S{{0,4}}?)(?:{called}))|" + _AFTER_ITEM.pattern if called else _AFTER_ITEM.pattern
    begins = {m.start for m in _morphs(part) if m.pos in ("助詞", "接尾辞", "助動詞", "名詞")}  # 例: こども園 has no も
    for match in re.finditer(pattern, part):
        if match.start() > 0 and match.start() in begins:
            return part[: match.start()].strip(), part[match.start() :]
    return part.strip(), ""


def _spoken(part: str, names: Sequence[str]) -> str:
    """Return a piece with its quoted names put back."""
    put = "".join(names[ord(c) - _HELD] if 0 <= ord(c) - _HELD < len(names) else c for c in part)
    return clean(put)
