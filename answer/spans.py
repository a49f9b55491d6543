"""Spans: the date, the name, the place or the items of a list, cut out of the statements that meet the question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from answer.draft import Draft, Support
from answer.evidence import Statement, katakana
from answer.question import Question
from answer.scene import PRIOR, Scene, Scored
from ingest.dates import Period, describe, find_periods, parse_code
from ingest.document import Fact
from ingest.japanese import Morph, fold, morphs

_LOOKED_AT = 24  # the best statements that spans are cut from
_ITEM = r"[^、，,。;；\n\t]"
_SPLIT = re.compile(r"[、，,・;；/／]|(?<=[^\s])\s{2,}|\t|(?<=.)(?:と|や|及び|および|並びに|ならびに|又は|または)(?=.)")
_TRIM = " 　・-—‐➡→⇒:：,，、。\t*"


@dataclass(frozen=True)
class Span:
    """A piece of a statement as an answer: ``document.text[start:end]``."""

    source: Scored
    start: int
    end: int
    text: str
    score: float
    fit: float  # how well it looks like what is asked for


# --- dates -----------------------------------------------------------------------------------------------------------


def answer_date(scene: Scene) -> Draft:
    """Return the date that is asked for, in era and western years."""
    question = scene.question
    wants = _precision(question)
    best: tuple[float, Scored, Period] | None = None
    second = 0.0  # the best score of another date
    asked = {p.code for p in question.periods}
    for score, scored, period in _dates_in_cells(scene):
        if period.code not in asked and (best is None or score > best[0]):
            second = best[0] if best is not None and best[2].code != period.code else second
            best = (score, scored, period)
    for scored in _with_dates(scene):
        for period in _dated(scored.statement):
            if period.code in asked or (period.kind in ("year", "fiscal_year") and wants in ("day", "month")):
                continue
            score = _event_score(scored) + _nearness(scored, period.at, scene) + _fits_precision(period, wants)
            if any(not _overlap(period, other) for other in question.periods):
                score -= 0.15
            if best is None or score > best[0]:
                second = best[0] if best is not None and best[2].code != period.code else second
                best = (score, scored, period)
            elif period.code != best[2].code:
                second = max(second, score)
    if best is None:
        return Draft("date", missing=("日付",), why=("no date near the hits",))
    score, scored, period = best
    start, end = scored.statement.start + period.at[0], scored.statement.start + period.at[1]
    printed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", scored.region.reading.document.text[start:end]))
    written = write_date(period, printed)
    return Draft(
        kind="date",
        text=written,
        how=f"{printed} ＝ {written}",
        operands=1,
        supports=(Support(scored.region.reading.document.id, scored.statement.start, scored.statement.end),),
        as_of=period.code,
        score=scored.score,
        signals=scored.signals(
            scene, lead=score - second, fit=_fits_precision(period, wants), period=when_fit(scored.statement, question)
        ),
        why=(f"date {period.code} score {score:.2f} in: {scored.statement.flat[:60]}",),
    )


def text_facts(scene: Scene) -> Iterator[tuple[Scored, Fact]]:
    """Yield the facts whose value is words, as scored statements: a cell under 会場, what follows 担当課："""
    for region, fact in scene.facts():
        if fact.number is not None:
            continue
        index = region.reading.at(fact.start)
        if region.low <= index < region.high:
            coverage = region.coverage.score(scene.fact_zones(region, fact, index))
            at = index - region.low
            score = coverage + PRIOR * region.prior[at]
            yield Scored(region, index, score, coverage), fact


_DATE_LABEL = re.compile(r"日$|時期|期間|年月|日程|日時|いつ|年度$|開始|設置|開催")


def _dates_in_cells(scene: Scene) -> Iterator[tuple[float, Scored, Period]]:
    for scored, fact in text_facts(scene):
        document = scored.region.reading.document
        default = parse_code(document.published) if document.published else None
        at = fact.value_start - scored.statement.start
        for period in find_periods(fact.value, default)[:1]:
            fit = _fits_precision(period, _precision(scene.question)) + 0.1 * bool(_DATE_LABEL.search(fold(fact.label)))
            placed = replace(period, at=(at + period.at[0], at + period.at[1]))
            yield scored.score + fit, scored, placed


def _event_score(scored: Scored) -> float:
    """Return a statement's score; a line that is only a date dates the line below it. 例: 令和7年1月 / 運用を開始"""
    statement, region = scored.statement, scored.region
    rest = re.sub(r"[\d\s年月日.～~\-（）()火水木金土日月曜令和平成RHr:：]", "", statement.flat)
    if rest or scored.index + 1 >= region.high:
        return scored.score
    following = scored.index + 1 - region.low
    own = float(
        region.coverage.score(np.maximum(region.coverage.own[:, following], region.coverage.headings[:, following]))
    )
    return 0.4 * scored.score + 0.6 * (own + PRIOR * region.prior[following]) + 0.1


def _with_dates(scene: Scene) -> Iterator[Scored]:
    """Yield the best statements that hold a date."""
    left = _LOOKED_AT
    for scored in scene.statements:
        if left == 0:
            return
        if re.search(r"\d|元年", fold(scored.statement.text)) and _dated(scored.statement):
            left -= 1
            yield scored


def _dated(statement: Statement) -> list[Period]:
    published = statement.document.published
    default = None
    for heading in (*reversed(statement.headings), published or ""):
        found = find_periods(heading) if heading != published else [parse_code(heading)] if heading else []
        if found:
            default = found[0]
            break
    return find_periods(statement.text, default)


def _precision(question: Question) -> str:
    folded = question.folded
    if re.search(r"何月何日|何日|日付|[催設始終了成]日|期日|年月日|[たる]日(?:は|を|$)", folded):
        return "day"
    if re.search(r"何年何月|何月|年月", folded):
        return "month"
    if "何年度" in folded:
        return "fiscal_year"
    if re.search(r"何年", folded):
        return "year"
    return ""


def _fits_precision(period: Period, wanted: str) -> float:
    if not wanted:
        return {"day": 0.08, "range": 0.06, "month": 0.05}.get(period.kind, 0.0)
    if period.kind == wanted or (period.kind == "range" and wanted == "day"):
        return 0.12
    finer = {"year": ("day", "month"), "month": ("day",), "fiscal_year": ("day", "month", "year"), "day": ()}
    return 0.06 if period.kind in finer.get(wanted, ()) else -0.12


def _overlap(one: Period, other: Period) -> bool:
    return one.start <= other.end and other.start <= one.end


def _nearness(scored: Scored, at: tuple[int, int], scene: Scene) -> float:
    """Return up to 0.15 for standing close to the statement's words that the question also has."""
    text = katakana(scored.statement.text[: at[0]]), katakana(scored.statement.text[at[1] :])
    best = 60
    for atom in scene.atoms:
        if len(atom.surface) < 2:
            continue
        before, after = text[0].rfind(atom.surface), text[1].find(atom.surface)
        if before >= 0:
            best = min(best, len(text[0]) - before - len(atom.surface))
        if after >= 0:
            best = min(best, after)
    return 0.15 * max(0.0, 1 - best / 60)


def write_date(period: Period, printed: str) -> str:
    """Return a date with its era and western year. 例: R7.1.22 → 令和7年1月22日（2025年1月22日）"""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", printed))
    if period.kind == "range" or "/" in period.code:
        first, last = ([*period.code.split("/"), period.code])[:2]
        # The western years of both ends would make it a row of figures.
        return f"{_era(first)}～{_era(last)}"
    if "末" in plain:
        return f"{_era(period.code[:7])}末（{_western(period.code[:7])}末）"
    return f"{_era(period.code)}（{_western(period.code)}）"


def _era(code: str) -> str:
    return describe(code).removesuffix("現在")


def _western(code: str) -> str:
    if code.startswith("FY"):
        return f"{code[2:]}年度"
    parts = code.split("-")
    return "".join(f"{int(part)}{unit}" for part, unit in zip(parts, "年月日", strict=False))


# --- names and places ------------------------------------------------------------------------------------------------

_QUOTED = re.compile(r"[「『“\"]([^「」『』“”\"\n]{2,40})[」』”\"]")
_PERSON = re.compile(
    r"([一-龠々ァ-ヶー]{1,6}[ 　]?[一-龠々ァ-ヶーぁ-ん]{1,6})[ 　]?(?:氏|さん|選手|知事|会長|社長|教授|様|先生)"
)
_PLACE_KEY = re.compile(
    r"(?:場\s*所|会\s*場|開催地|所在地|開催場所|派遣先|訪問先|行き先)\s*[:：】]?\s*([^、。\n】]{2,30})"
)
_PLACE_END = re.compile(
    r"(?:市|町|村|県|府|都|区|港|空港|駅|ホール|館|センター|会館|公園|広場|店|百貨店|大学|国|島|地域|圏|ロビー"
    r"|メッセ|ドーム|スタジアム|プラザ|パーク)$"
)
_PLACE_SUFFIXES = frozenset(
    ["市町村", "市", "町", "村", "県", "国", "地域", "地区", "圏域", "港", "空港", "駅", "会場", "施設"]
)
_ORG_END = re.compile(
    r"(?:課|部|局|室|庁|省|会|社|大学|高校|学校|銀行|組合|機構|協会|財団|団体|センター|連合会|協議会|本部"
    r"|株式会社|法人|コンソーシアム|研究所|館|事務所)$"
)


def answer_name(scene: Scene) -> Draft:
    """Return the name or place that is asked for; names that stand in one row come together."""
    question = scene.question
    spans = sorted([*_name_spans(scene), *_named_by_label(scene)], key=lambda s: -s.score)
    if not spans:
        return Draft(question.kind, missing=question.suffixes, why=("no name near the hits",))
    best = spans[0]
    several = question.wants_list or not question.suffixes or _may_be_several(question)
    group = _row_of(best, spans) if several else [best]
    if len(group) == 1 and (several or _ASKS_PERSON.search(question.folded)):
        group = _beside(best, spans)
    text = "、".join(dict.fromkeys(s.text for s in group))
    quotes = {s.source.statement.start: s.source.statement for s in group}.values()
    return Draft(
        kind=question.kind,
        text=text,
        supports=tuple(Support(q.document.id, q.start, q.end) for q in quotes),
        score=best.source.score,
        signals=best.source.signals(
            scene,
            lead=best.score - next((s.score for s in spans if s.text != best.text), 0.0),
            fit=best.fit,
            period=when_fit(best.source.statement, question),
        ),
        why=tuple(f"span {s.score:.2f} {s.text} in: {s.source.statement.flat[:50]}" for s in spans[:5]),
    )


def _may_be_several(question: Question) -> bool:
    return bool(re.search(r"どの\S+?とどの|どことどこ|誰と誰|どの(?:地域|部|市町村|国|圏域)|どこどこ", question.folded))


_LEAST_FIT = 0.05  # a place must look like one, and どの課 must be a 課


def _name_spans(scene: Scene) -> Iterator[Span]:
    question = scene.question
    asked = katakana(question.text)
    for scored in scene.statements[:_LOOKED_AT]:
        statement = scored.statement
        for start, end, fit in _candidates(statement, question):
            text = statement.text[start:end].strip(_TRIM)
            folded = katakana(text)
            if not folded or folded in asked or (fit < _LEAST_FIT and (question.kind == "place" or question.suffixes)):
                continue
            score = scored.score + fit + _nearness(scored, (start, end), scene) + when_fit(statement, question)
            yield Span(scored, statement.start + start, statement.start + end, _clean(text), score, fit)


def when_fit(statement: Statement, question: Question) -> float:
    """Return what a statement's dates say for or against it, when the question names a period.

    例: asked for 令和6年度, a line that says （令和5年度） is about another year
    """
    if not question.periods or not statement.periods:
        return 0.0
    met = any(_overlap(held, asked) for held in statement.periods for asked in question.periods)
    return 0.08 if met else -0.25


def _named_by_label(scene: Scene) -> Iterator[Span]:
    """Yield what stands under a label that names the thing asked for. 例: 会場 | 花畑広場, 事務局：デジタル推進課"""
    question = scene.question
    asked = katakana(question.text)
    person = question.kind == "name" and _ASKS_PERSON.search(question.folded) is not None
    labels = _PLACE_LABEL if question.kind == "place" else _NAME_LABEL
    for scored, fact in text_facts(scene):
        value = _clean(fact.value)
        if person and not (_PERSON_LABEL.search(fold(fact.label)) or _PERSON.search(fact.value)):
            continue
        if not value or katakana(value) in asked or len(value) > 60:
            continue
        said = fold(" ".join(filter(None, (fact.column, fact.label))))
        fit = 0.15 * bool(labels.search(said)) + 0.15 * any(_ends_with(fold(value), x) for x in question.suffixes)
        fit += 0.15 * any(x in said for x in question.suffixes)
        fit += 0.1 * (question.kind == "place" and _PLACE_END.search(fold(value)) is not None)
        if fit:
            yield Span(scored, fact.value_start, fact.value_end, value, scored.score + fit, fit)


_PERSON_LABEL = re.compile(r"氏名|講師|講演|登壇|出席|館長|会長|社長|代表|司会|ゲスト|委員|選手")
_PLACE_LABEL = re.compile(r"場所|会場|開催地|所在|都市|相手|派遣先|行き先|訪問先|実施地|設置場所")
_NAME_LABEL = re.compile(r"名称|名前|氏名|講師|登壇|出席|事務局|担当|所管|主催|共催|委託|愛称|通称|テーマ|題|名$")


def _candidates(statement: Statement, question: Question) -> Iterator[tuple[int, int, float]]:
    """Yield (start, end, how well the kind fits) of the pieces of a statement that may be a name."""
    text = statement.text
    kind = question.kind
    if kind == "name" and _ASKS_PERSON.search(question.folded):
        role = _ROLE.search(question.folded)
        for match in _PERSON.finditer(text):
            # 会長は誰 is answered only where a 会長 is named; 株式会社…の社長 is no name.
            if (role is None or role.group() in fold(text)) and not re.search(r"会社|法人|の$", match.group(1)):
                yield match.start(1), match.end(1), 0.3
        return
    for match in _QUOTED.finditer(text):
        yield match.start(1), match.end(1), 0.18 if kind == "name" and not question.suffixes else 0.05
    if kind == "place":
        for match in _PLACE_KEY.finditer(text):
            yield match.start(1), match.end(1), 0.2
    for start, end in noun_runs(text):
        piece = fold(text[start:end])
        if len(piece) < 2 or re.fullmatch(r"[ぁ-ん]{1,3}|.{0,2}(?:こと|もの|ため|よう|など|ところ|とき)", piece):
            continue
        if question.suffixes and any(_ends_with(piece, suffix) for suffix in question.suffixes):
            yield start, end, 0.3
        elif re.fullmatch(r"[\d年月日時分~\-:./()令和平成昭和rh]+", piece):
            continue  # a date is no name
        elif kind == "place" and (_PLACE_END.search(piece) or _is_venue(piece, question)):
            yield start, end, 0.15
        elif kind == "name" and _ORG_END.search(piece):
            yield (
                start,
                end,
                0.12 if re.search(r"課|部|局|会社|企業|団体|機関|組織|どこ|業者|主催|事務局", question.folded) else 0.0,
            )
        else:
            yield start, end, -0.12 if question.suffixes else -0.06


def _is_venue(piece: str, question: Question) -> bool:
    """例: 会場はどこ → グランパレス星見 (a name in katakana)"""
    asked = re.search(r"会場|場所|どこで", question.folded) is not None
    return asked and re.search(r"[ァ-ヶー]{4,}", piece) is not None and not _EVENT.search(piece)


_EVENT = re.compile(
    r"イベント|セミナー|フォーラム|サミット|プロジェクト|フェア|フェス|ツアー|センター構想|インバウンド"
    r"|サービス|システム|プログラム|コンソーシアム|エキスポ|マルシェ"
)


_ROLE = re.compile(r"会長|館長|校長|理事長|委員長|座長|園長|所長|局長|部長")
_ASKS_PERSON = re.compile(
    r"誰|だれ|どなた|氏名|(?:[たるの](?:人|方)|選手|講師|講演者|登壇者|創業者|社長|館長|校長|会長|代表者?"
    r"|司会者?|理事長)(?:は)?(?:[?。]|$)|(?:人|方|者|講師|社長|選手|代表|知事|ゲスト|会長|委員長"
    r"|座長)(?:さん)?の(?:お)?名前|何という(?:人|方)"
)


def _ends_with(piece: str, suffix: str) -> bool:
    if suffix in ("市町村", "自治体"):
        return bool(re.search(r"[市町村]$", piece))
    if suffix in ("会社", "企業", "業者", "事業者", "銀行"):
        return bool(re.search(r"(?:社|会社|銀行|製作所|工業|商事|グループ)$", piece)) or "株式会社" in piece
    if suffix in ("部署", "部局"):
        return bool(re.search(r"[部局課室]$", piece))
    if suffix in ("学校",):
        return bool(re.search(r"(?:校|大学|学院|中学|高校)$", piece))
    return piece.endswith(suffix) and piece != suffix


def noun_runs(text: str) -> list[tuple[int, int]]:
    """Return the spans of neighbouring nouns: names as they are written. 例: 農林水産部と商工労働部 → two spans"""
    runs: list[tuple[int, int]] = []
    current: tuple[int, int] | None = None
    for morph in morphs(text):
        if _nominal(morph):
            if current is not None and current[1] == morph.start:
                current = (current[0], morph.end)
            else:
                if current is not None:
                    runs.append(current)
                current = (morph.start, morph.end)
        elif current is not None:
            runs.append(current)
            current = None
    if current is not None:
        runs.append(current)
    return runs


def _nominal(morph: Morph) -> bool:
    return morph.pos in ("名詞", "接尾辞", "接頭辞", "形状詞") or (
        morph.pos in ("記号", "補助記号") and morph.surface in "・ー＆&-"
    )


def _row_of(best: Span, spans: Sequence[Span]) -> list[Span]:
    """Return the spans that stand in one row with the best one, joined only by 、 ・ と や 及び."""
    text = best.source.region.reading.document.text
    same = {
        (s.start, s.end): s for s in spans if s.source.statement is best.source.statement and s.score > best.score - 0.3
    }
    ordered = sorted(same.values(), key=lambda s: s.start)
    at = next(i for i, s in enumerate(ordered) if (s.start, s.end) == (best.start, best.end))
    row = [best]
    for step in (1, -1):
        i = at + step
        while 0 <= i < len(ordered):
            one, other = (row[-1], ordered[i]) if step == 1 else (ordered[i], row[0])
            if one.end > other.start:
                i += step
                continue
            if not re.fullmatch(
                r"[\s　]*(?:[、，,・/／]|と|や|及び|および|並びに|,)[\s　]*", text[one.end : other.start]
            ):
                break
            row.append(ordered[i]) if step == 1 else row.insert(0, ordered[i])
            i += step
    return row


def _beside(best: Span, spans: Sequence[Span]) -> list[Span]:
    """Return the names on neighbouring bullets of one list, when each is all its bullet says.

    例: ・島田 選手 / ・乗田 選手, ・半導体関連産業 / ・IT関連産業
    """

    def alone(span: Span) -> bool:
        return len(span.source.statement.flat) <= len(span.text) + 12 and span.source.statement.kind == "bullet"

    near = [
        s
        for s in spans
        if s.source.statement.document is best.source.statement.document
        and abs(s.source.index - best.source.index) <= 4
        and s.source.statement.headings == best.source.statement.headings
        and alone(s)
    ]
    if not alone(best) or not near:
        return [best]
    longest: dict[int, Span] = {}
    for span in (best, *near):
        known = longest.get(span.source.index)
        if known is None or len(span.text) > len(known.text):
            longest[span.source.index] = span
    return [longest[index] for index in sorted(longest)]


def _clean(text: str) -> str:
    flat = re.sub(r"\s*\n\s*", "", unicodedata.normalize("NFKC", text)).strip(_TRIM)
    return re.sub(r"\*\*", "", flat)


# --- lists -----------------------------------------------------------------------------------------------------------


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
    for scored in scene.statements[:_LOOKED_AT]:
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
                name = _clean(statement.text[start:end])
                fits = any(_ends_with(fold(name), suffix) for suffix in question.suffixes)
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
    return 0.1 if any(_overlap(held, asked) for asked in question.periods) else -0.3


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
        matching = sum(any(_ends_with(fold(item), suffix) for suffix in question.suffixes) for item in items)
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
            yield tuple(_clean(key) for key, _ in pairs), start, end
            continue
        for match in re.finditer(rf"{_ITEM}+(?:[、，,]{_ITEM}+)+", piece):
            if start == 0 and end == len(flat) and any(a <= match.start() and match.end() <= b for a, b in spans[:-1]):
                continue
            items = _row_items(match.group())
            clauses = sum(_CLAUSE.search(item) is not None for item in items)
            if len(items) >= 2 and 2 * clauses < len(items):
                yield items, start + match.start(), start + match.end()
        if re.search(r"[①②③]", piece):
            numbered = tuple(_clean(part) for part in re.split(r"[①-⑳]", piece)[1:] if _clean(part))
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
    return tuple(item for item in (_clean(p) for p in joined) if item)


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
    return _clean(_MARK.sub("", statement.flat)).lstrip("・ ")
