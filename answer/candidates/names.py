"""Spans: the date, the name, the place or the items of a list, cut out of the statements that meet the question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answer.asking.question import Question
from answer.draft import Draft, Support
from answer.reading.evidence import Statement, katakana
from answer.reading.scene import PRIOR, Scene, Scored
from ingest.dates import Period
from ingest.document import Fact
from ingest.japanese import fold, noun_runs
from ingest.tables import is_missing

LOOKED_AT = 24  # the best statements that spans are cut from


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


def text_facts(scene: Scene) -> Iterator[tuple[Scored, Fact]]:
    """Yield the facts whose value is words, as scored statements: a cell under 会場, what follows 担当課："""
    for region, fact in scene.facts():
        if fact.number is not None or is_missing(fact.value):
            continue
        index = region.reading.at(fact.start)
        if region.low <= index < region.high:
            coverage = region.coverage.score(scene.fact_zones(region, fact, index))
            at = index - region.low
            score = coverage + PRIOR * region.prior[at] - scene.loss(region, index)
            yield Scored(region, index, score, coverage), fact


def overlap(one: Period, other: Period) -> bool:
    return one.start <= other.end and other.start <= one.end


def nearness(scored: Scored, at: tuple[int, int], scene: Scene) -> float:
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


# A person's name stands before a title. 例: モリー・ハント氏, 島田 一 選手, 同社の南雲教授
_PERSON = re.compile(
    r"((?:[ァ-ヶー]+[・＝=])+[ァ-ヶー]+|[A-Z][A-Za-z.'’-]*(?:[ 　][A-Z][A-Za-z.'’-]*){1,3}"
    r"|[ァ-ヶー]{3,}|(?<![一-龠々])[一-龠々]{1,4}[ 　]?[一-龠々ぁ-んァ-ヶ]{1,4}?)"
    r"[ 　]?"
    r"(?:(?:名誉|副|前|元|代表取締役)?(?:氏|さん|選手|知事|会長|社長|教授|(?<![仕同多模異])様|先生"
    r"|(?:市長|町長|村長|館長|校長|理事長)(?![一-龠々])|監督|CEO|ＣＥＯ))"
)


_PLACE_KEY = re.compile(
    r"(?:場\s*所|会\s*場|開催地|所\s*在\s*地|開催場所|派遣先|訪問先|行き先|位置|住所)"
    r"(?:\s*[:：】]|[\t 　]|は、?)\s*([^、。\n】]{2,30})"
)


# 例: 本町ホールで開催, （令和7年1月29日、東京）
_HELD_AT = re.compile(r"([^、。\s（(「」はがをに：:]{2,20})(?:で|にて|において)、?(?:開催|開か|行わ|行い|実施|挙行)")
_AFTER_DATE = re.compile(
    r"日(?:[（(].[)）])?[、 　]([^、。\d（()）：:\tをがはにで】]{2,20})(?<!式)(?<!会)(?=[)）、。\n]|$)"
)
# Words for places in general, and places that are counted, are no place.
_NO_PLACE = re.compile(
    r"(?:本|当|各|全|同|他|両|県内|町内|市内)?(?:県|市|町|村|国|府|都|区|島|市町村|自治体|都道府県|地域|各地|地区|会場|場所)"
    r"(?:内|外|民|等)?|.*特区|(?:延べ|約|計|全)*[\d,]+\D{1,4}"
)
_PLACE_END = re.compile(
    r"(?:市|町|村|県|府|都|区|港|空港|駅|ホール|館|センター|会館|公園|広場|店|百貨店|大学|国|島|地域|圏|ロビー|団地|地区|河川敷|庁舎|運動場|駐車場"
    r"|メッセ|ドーム|スタジアム|プラザ|パーク)$"
)


_BODIES = frozenset(("団体", "組織", "機関", "法人"))


def answer_name(scene: Scene) -> Draft:
    """Return the name or place that is asked for; names that stand in one row come together."""
    question = scene.question
    spans = sorted([*_name_spans(scene), *_named_by_label(scene)], key=lambda s: -s.score)
    if not spans:
        return Draft(question.kind, missing=question.suffixes, why=("近くに名前がない",))
    best = spans[0]
    several = question.wants_list or not question.suffixes or _may_be_several(question)
    group = _row_of(best, spans) if several else [best]
    quotes = {s.source.statement.start: s.source.statement for s in group}.values()
    return Draft(
        kind=question.kind,
        text="、".join(dict.fromkeys(s.text for s in group)),
        supports=tuple(Support(q.document.id, q.start, q.end) for q in quotes),
        score=best.score,
        signals=best.source.signals(
            scene,
            lead=best.score - next((s.score for s in spans if s.text != best.text), 0.0),
            fit=best.fit,
            period=when_fit(best.source.statement, question),
        ),
        why=tuple(f"語句 {s.score:.2f} {s.text}: {s.source.statement.flat[:50]}" for s in spans[:5]),
    )


def _may_be_several(question: Question) -> bool:
    return bool(re.search(r"どの\S+?とどの|どことどこ|誰と誰|どの(?:地域|部|市町村|国|圏域)|どこどこ", question.folded))


_LEAST_FIT = 0.05  # a place must look like one, and どの課 must be a 課


_ELSEWHERE = re.compile(r"(?:次|下記|以下|別表|別紙|左記)の(?:とおり|通り|表)")  # says where the answer stands


def _name_spans(scene: Scene) -> Iterator[Span]:
    question = scene.question
    asked = katakana(question.text)
    # Persons are few: they are looked for further down.
    for scored in scene.statements[: LOOKED_AT * (3 if asks_person(question) else 1)]:
        statement = scored.statement
        for start, end, fit in _candidates(statement, question):
            text = statement.text[start:end].strip(_TRIM)
            folded = katakana(text)
            if _ELSEWHERE.match(text) or not folded or folded in asked:
                continue
            if fit < _LEAST_FIT and (question.kind == "place" or question.suffixes):
                continue
            score = scored.score + fit + nearness(scored, (start, end), scene) + when_fit(statement, question)
            yield Span(scored, statement.start + start, statement.start + end, clean(text), score, fit)


def when_fit(statement: Statement, question: Question) -> float:
    """Return what a statement's dates say for or against it, when the question names a period.

    例: asked for 令和6年度, a line that says （令和5年度） is about another year
    """
    if not question.periods or not statement.periods:
        return 0.0
    met = any(overlap(held, asked) for held in statement.periods for asked in question.periods)
    return 0.08 if met else -0.25


def _named_by_label(scene: Scene) -> Iterator[Span]:
    """Yield what stands under a label that names the thing asked for. 例: 会場 | 花畑広場, 事務局：デジタル推進課"""
    question = scene.question
    asked = katakana(question.text)
    labels = _PERSON_LABEL if asks_person(question) else _PLACE_LABEL if question.kind == "place" else _NAME_LABEL
    for scored, fact in text_facts(scene):
        value = clean(fact.value)
        if not value or katakana(value) in asked or len(value) > 60 or "\t" in value:
            continue
        if re.fullmatch(r"[\d.,\-()%△▲年月日令和平成]+", fold(value)) or re.match(r"[のをがはに][^ぁ-ん]", value):
            continue  # an account's number and a date are no names
        said = fold(" ".join(filter(None, (fact.column, fact.label))))
        fit = 0.15 * bool(labels.search(said)) + 0.15 * any(ends_with(fold(value), x) for x in question.suffixes)
        fit += 0.15 * any(x in said for x in question.suffixes)
        if fit and not (question.kind == "place" and _NO_PLACE.fullmatch(fold(value))):
            score = scored.score + fit + when_fit(scored.statement, question)
            yield Span(scored, fact.value_start, fact.value_end, value, score, fit)


_PERSON_LABEL = re.compile(
    r"氏名|講師|講演|登壇|出席|館長|会長|社長|代表|司会|ゲスト|委員|選手|(?:就任|辞任|退任|担当|受賞|任命|推薦)者"
)
_PLACE_LABEL = re.compile(
    r"場\s*所|会場|開催地|所在|都市(?![計再整開政基交])|位置|住所|相手(?!方)|派遣先|行き先|訪問先|実施地|設置場所"
)


_NAME_LABEL = re.compile(
    r"名称|名前|相手方|請負|受注|落札者|氏名|講師|登壇|出席|事務局|担当|所管|主催|共催|委託|愛称|通称|テーマ|題|名$"
)


def _candidates(statement: Statement, question: Question) -> Iterator[tuple[int, int, float]]:
    """Yield (start, end, how well the kind fits) of the pieces of a statement that may be a name."""
    text, kind = statement.text, question.kind
    if asks_person(question):
        role = _ROLE.search(question.folded)
        for match in _PERSON.finditer(text):
            # 会長は誰 is answered only where a 会長 is named; 株式会社…の社長 is no name.
            if (role is None or re.search(_holds(role.group()), fold(text))) and not _NO_PERSON.search(match.group(1)):
                yield match.start(1), match.end(1), 0.25
        return
    free = _names_freely(question)
    if kind == "place":
        for match in (*_PLACE_KEY.finditer(text), *_HELD_AT.finditer(text), *_AFTER_DATE.finditer(text)):
            yield match.start(1), match.end(1), 0.25
    for start, end in noun_runs(text):
        piece = fold(clean(text[start:end]))
        if re.match(r"[のをがはに]", piece) or piece in _GENERIC or (kind == "place" and _NO_PLACE.fullmatch(piece)):
            continue
        # Of names that end in nothing that the question says, more than nine in ten were wrong: its clause answers.
        if any(ends_with(piece, suffix) for suffix in question.suffixes):
            yield start, end, 0.3
        elif kind == "place" and free and statement.kind != "heading" and _PLACE_END.search(piece):
            yield start, end, 0.15


_GENERIC = frozenset(("株式会社", "有限会社", "会社", "業者", "事業者", "団体", "企業", "地区", "組織"))


def _holds(role: str) -> str:
    """Return the pattern by which a text says that somebody holds a role now. 例: 社長 is also 代表取締役"""
    return r"(?<![元前])社長|(?<![元前])代表取締役|ceo" if role == "社長" else re.escape(role)


_NO_PERSON = re.compile(
    r"[県市都府]$|[県市町村国]立|場$|協会|大学|組合|銀行|センター|[課局部室]$|会社|法人|代表|取締|委員|担当|の$|から|まで|より|には|では|など"
)


_OF_AN_OFFICE = frozenset(("課", "部", "室", "局", "部会", "部署", "部局"))  # どの課 is not answered by a centre


def _names_freely(question: Question) -> bool:
    """Tell whether what is asked for may end in any word: どの会場, but not どの市."""
    return set(question.suffixes) <= {"会場", "施設", "場所", "地域", "地区", "国", "イベント", "サービス"}


_ROLE = re.compile(r"社長|市長|町長|村長|知事|監督|会長|館長|校長|理事長|委員長|座長|園長|所長|局長|部長")


_ASKS_PERSON = re.compile(
    r"誰|だれ|どなた|氏名|(?:[たるの](?:人|方)|選手|講師|講演者|登壇者|創業者|社長|館長|校長|会長|代表者?"
    r"|司会者?|理事長)(?:は)?(?:[?。]|$)|(?:人|方|(?<![業会施])者|講師|社長|選手|代表|知事|ゲスト|[会館校市町村所部課局園]長"
    r"|委員長|座長|理事長|大使|アドバイザー|監督|理事|監事)(?:さん)?の(?:お)?名前|何という(?:人|方)"
)


def ends_with(piece: str, suffix: str) -> bool:
    if suffix in _BODIES and re.search(
        r"(?:クラブ|協会|連合会|協議会|組合|財団|会議所|同盟|連盟|振興会|実行委員会|法人)$", piece
    ):
        return True
    if suffix == "都市":
        return bool(re.search(r"[市都]$", piece))
    if suffix in ("市町村", "自治体"):
        return bool(re.search(r"[市町村]$", piece))
    if suffix in ("会社", "企業", "業者", "事業者", "銀行"):
        return bool(re.search(r"(?:社|会社|銀行|製作所|工業|商事|グループ)$", piece)) or "株式会社" in piece
    if suffix in ("部署", "部局"):
        return bool(re.search(r"[部局課室]$", piece))
    if suffix in ("学校",):
        return bool(re.search(r"(?:校|大学|学院|中学|高校)$", piece))
    return piece.endswith(suffix) and piece != suffix


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


def asks_person(question: Question) -> bool:
    return question.kind == "name" and _ASKS_PERSON.search(question.folded) is not None


def asks_office(question: Question) -> bool:
    return bool(set(question.suffixes) & _OF_AN_OFFICE)


def clean(text: str) -> str:
    flat = re.sub(r"\s*\n\s*", "", unicodedata.normalize("NFKC", text)).strip(_TRIM)
    return re.sub(r"\*\*", "", flat)
