"""Spans: the date, the name, the place or the items of a list, cut out of the statements that meet the question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from answer.cues import UNIT_GROUPS
from answer.draft import Draft, Support
from answer.evidence import Statement, katakana
from answer.question import Question
from answer.scene import PRIOR, Scene, Scored
from answer.signals import NEAR
from ingest.dates import Period
from ingest.document import Fact
from ingest.japanese import Morph, fold, morphs
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


def strict_gap(scored: Scored) -> float:
    """Return what a statement loses for each ordinal of the question that it does not meet: 第1回 is not 第2回."""
    coverage = scored.region.coverage
    zones = coverage.zones[:, scored.index - scored.region.low]
    return -0.25 * sum(bool(a.strict and zone < NEAR) for a, zone in zip(coverage.atoms, zones, strict=True))


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


_QUOTED = re.compile(r"[「『“\"]([^「」『』“”\"\n]{2,40})[」』”\"]")


# A person's name stands before a title. 例: モリー・ハント氏, 島田 一 選手, 同社の南雲教授
_PERSON = re.compile(
    r"((?:[ァ-ヶー]+[・＝=])+[ァ-ヶー]+|[A-Z][A-Za-z.'’-]*(?:[ 　][A-Z][A-Za-z.'’-]*){1,3}"
    r"|[ァ-ヶー]{3,}|(?<![一-龠々])[一-龠々]{1,4}[ 　]?[一-龠々ぁ-んァ-ヶ]{1,4}?)"
    r"[ 　]?"
    r"(?:(?:名誉|副|前|元|代表取締役)?(?:氏|さん|選手|知事|会長|社長|教授|(?<![仕同多模異])様|先生"
    r"|(?:市長|町長|村長|館長|校長|理事長)(?![一-龠々])|監督|CEO|ＣＥＯ))"
)
# … or behind it, in forms and signatures. 例: 代表取締役 星野 太一, 花畑町長　森 はな
_SIGNED = re.compile(
    r"(?:代表取締役(?:社長)?|代表理事|代表者|取締役|理事長?|監事|[一-龠]{1,6}長|[一-龠]{0,4}委員|氏名|講師|担当者?)"
    r"(?:[ 　:：]+|[ 　]*[\t]+)"
    r"((?:[一-龠々ヶ]{1,3}[ 　][一-龠々ぁ-んァ-ヶー]{1,3}|[一-龠々ぁ-んァ-ヶー](?:[ 　][一-龠々ぁ-んァ-ヶー]){2,5}"
    r"|[一-龠々]{3,5}))"
    r"(?=[\s（(、。]|氏|さん|$)"
)


_PLACE_KEY = re.compile(
    r"(?:場\s*所|会\s*場|開催地|所\s*在\s*地|開催場所|派遣先|訪問先|行き先|位置|住所)"
    r"(?:\s*[:：】]|[\t 　]|は、?)\s*([^、。\n】]{2,30})"
)


# 例: 本町ホールで開催, （令和7年1月29日、東京）
_HELD_AT = re.compile(r"([^、。\s（(「」はがをに：:]{2,20})(?:で|にて|において)、?(?:開催|開か|行わ|行い|実施|挙行)")
# 例: 川の河川敷におきまして、訓練を…: only what is a place to the eye
_HELD_IN = re.compile(
    r"([^、。\t 　（(「」はがをに：:\d]{2,20}"
    r"(?:敷|場|館|室|堂|前|庁舎|学校|公園|ホール|センター|プラザ|会館|団地|地区|地内))"
    r"(?:に\s*お\s*い\s*て|に\s*お\s*き\s*ま\s*し\s*て|を会場に|を会場として)"
)
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


_ORG_END = re.compile(
    r"(?:課|部|局|室|庁|省|会|社|大学|高校|学校|銀行|組合|機構|協会|財団|団体|センター|連合会|協議会|本部"
    r"|株式会社|法人|コンソーシアム|研究所|館|事務所)$"
)


# 例: 株式会社ホシノ, （有）花畑工業, 星見建設 株式会社
_CORPORATE = r"(?:株式会社|有限会社|合同会社|合資会社|[（(][株有]{1}[）)]|㈱|㈲)"
_OF_NAMES = "[一-龠々ァ-ヶーA-Za-zＡ-Ｚａ-ｚ・&＆]"
_COMPANY = re.compile(rf"{_CORPORATE}[ 　]?{_OF_NAMES}{{2,20}}|{_OF_NAMES}{{2,20}}[ 　]?{_CORPORATE}")
_COMPANIES = frozenset(("会社", "企業", "業者", "事業者", "法人"))
_CONTRACTS = re.compile(r"請負|請け負|契約|落札|受注|委託|納[めい入]|発注|相手方|締結")
# 例: 花畑クラブ of 花畑クラブ創立30周年記念事業
_BODY = re.compile(
    rf"{_OF_NAMES}{{2,20}}?(?:クラブ|協会|連合会|協議会|組合|財団|会議所|同盟|連盟|振興会|実行委員会|NPO法人)"
)
_BODIES = frozenset(("団体", "組織", "機関", "法人"))


def answer_name(scene: Scene) -> Draft:
    """Return the name or place that is asked for; names that stand in one row come together."""
    question = scene.question
    spans = sorted([*_name_spans(scene), *_named_by_label(scene)], key=lambda s: -s.score)
    if not spans:
        return Draft(question.kind, missing=question.suffixes, why=("近くに名前がない",))
    spans = [s for s in spans if s.fit >= _OF_DEED] or spans
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
        score=best.score,
        signals=best.source.signals(
            scene,
            lead=best.score - next((s.score for s in spans if s.text != best.text), 0.0),
            fit=best.fit,
            period=when_fit(best.source.statement, question),
        ),
        why=tuple(f"語句 {s.score:.2f} {s.text}: {s.source.statement.flat[:50]}" for s in spans[:5]),
    )


def answer_counted(scene: Scene) -> Draft | None:
    """Return the figure that stands with the counter itself, for counters of one trade; None for the common ones.

    例: 何食分 → 1,800食分; 第何期 → 第12期
    """
    question = scene.question
    counter = question.counter
    ordinal = re.search(r"第何([一-龠々]{1,6})(?=[^一-龠々]|$)", question.folded)
    several = re.search(r"([一-龠々ァ-ヶー]{1,8})(?:は|が|って)(?:、|全部で|全体で)*いくつ", question.folded)
    if several and not question.units:
        # 例: 原則はいくつ → 10の原則
        noun = re.escape(katakana(several[1]))
        heads = [
            re.escape(a.lemma) for a in scene.atoms if len(a.lemma) > 1 and re.search(f"{katakana(a.lemma)}$", noun)
        ]
        nouns = "|".join(sorted({re.escape(several[1]), *heads}, key=len, reverse=True))
        pattern = re.compile(rf"(?<![\d０-９.,第])[\d０-９]+[\s　]*(?:つ|個|項目)?[\s　]*の[\s　]*(?:{nouns})")
    elif ordinal:
        pattern = re.compile(rf"第[\s　]*([\d０-９一二三四五六七八九十]+)[\s　]*{ordinal[1][:4]}")
    elif counter and not any(fold(fact.unit or "") in question.units for _, fact in scene.facts()):
        if counter.isascii() or any(counter in group for group in UNIT_GROUPS):
            return None
        unit = re.escape(counter.removesuffix("分") or counter)
        pattern = re.compile(rf"[\d０-９][\d０-９,，.．]*[\s　]*万?{unit}分?")
    else:
        return None
    best: tuple[float, Scored, str] | None = None
    for scored in scene.statements[: LOOKED_AT * 2]:
        for match in pattern.finditer(scored.statement.text):
            score = scored.score + nearness(scored, match.span(), scene) + when_fit(scored.statement, question)
            if best is None or score > best[0]:
                best = (score, scored, clean(match[0]).replace(" ", ""))
    if best is None:
        return None
    score, scored, text = best
    statement = scored.statement
    return Draft(
        kind=question.kind,
        text=text,
        supports=(Support(statement.document.id, statement.start, statement.end),),
        score=score,
        signals=scored.signals(scene, lead=0.2, fit=0.3, period=when_fit(statement, question)),
        why=(f"数 {score:.2f} {text}: {statement.flat[:50]}",),
    )


def _may_be_several(question: Question) -> bool:
    return bool(re.search(r"どの\S+?とどの|どことどこ|誰と誰|どの(?:地域|部|市町村|国|圏域)|どこどこ", question.folded))


_LEAST_FIT = 0.05  # a place must look like one, and どの課 must be a 課


_ELSEWHERE = re.compile(r"(?:次|下記|以下|別表|別紙|左記)の(?:とおり|通り|表)")  # says where the answer stands


def _name_spans(scene: Scene) -> Iterator[Span]:
    question = scene.question
    asked = katakana(question.text)
    # Persons are few: they are looked for further down.
    person = asks_person(question)
    cells = _other_cells(scene) if question.kind == "place" else {}
    for order, scored in enumerate(scene.statements[: LOOKED_AT * 3]):
        statement = scored.statement
        near = _candidates(statement, question) if order < LOOKED_AT or person else ()
        for start, end, fit in (*near, *(() if person else _under_its_label(statement, question))):
            at = statement.start + start
            if _ELSEWHERE.match(statement.text[start:end].strip(_TRIM)):
                continue
            if any(a <= at < b for a, b in cells.get(statement.document.id, ())):
                continue
            text = statement.text[start:end].strip(_TRIM)
            folded = katakana(text)
            if not folded or folded in asked or (fit < _LEAST_FIT and (question.kind == "place" or question.suffixes)):
                continue
            opens = fit > 0 and not statement.text[:start].strip(_TRIM)
            fit += 0.4 * (opens and _opens_under_key(scored, question))
            score = scored.score + fit + nearness(scored, (start, end), scene) + when_fit(statement, question)
            score += strict_gap(scored)
            yield Span(scored, statement.start + start, statement.start + end, clean(text), score, fit)


_NO_KEY = re.compile(r"[\s　【】\[\]<>＜＞■□●○◆◇・:：]|^[\s　(（]*[\d０-９①-⑳]{1,2}[\s　.．)）]*")


def _bears_key(label: str, question: Question) -> float:
    """Return what a label is worth that is the noun a keyword question ends in. 例: 新庁舎　工事場所 | ２ 工事場所"""
    key = katakana(_NO_KEY.sub("", label))
    asked = katakana(question.text.rstrip("?？。 　"))
    ended = re.split(r"[\s　、]", fold(question.text).rstrip("?。 "))[-1]
    if not question.is_terse or len(key) < 2 or not asked.endswith(key):
        return 0.0
    return 0.3 if key in (katakana(ended), katakana(ended.split("の")[-1])) else 0.0


def _opens_under_key(scored: Scored, question: Question) -> bool:
    """Tell whether a line comes first under the key that a keyword question ends in; a signature may come below."""
    before = scored.region.reading.statements[max(0, scored.index - 1) : scored.index]
    return bool(before) and before[0].kind == "heading" and _bears_key(before[0].flat, question) > 0


def _other_cells(scene: Scene) -> dict[str, list[tuple[int, int]]]:
    """Return, by document, the spans of cells that hold no place: those under 主な話題 are what was talked about."""
    found: dict[str, list[tuple[int, int]]] = {}
    for _, fact in scene.facts():
        label = fold(fact.column or "")
        if fact.table is not None and label and not _PLACE_LABEL.search(label) and not _REMARK.search(label):
            found.setdefault(fact.document_id, []).append((fact.value_start, fact.value_end))
    return found


_REMARK = re.compile(r"備考|概要|内容|摘要|詳細")


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
    person = asks_person(question)
    labels = _PLACE_LABEL if question.kind == "place" else _NAME_LABEL
    for scored, fact in text_facts(scene):
        value = clean(fact.value)
        if re.fullmatch(r"[\d.,\-()%△▲年月日令和平成]+", fold(value)):
            continue  # an account's number and a date are no names
        if person and not (_PERSON_LABEL.search(fold(fact.label)) or _PERSON.search(fact.value)):
            continue
        if not value or katakana(value) in asked or len(value) > 60 or "\t" in value:
            continue
        if fact.kind == "key_value" and _describes(value, question) and len(fact.label) <= 30:
            # 例: 「みなとナビ」：港の仕事を伝えるサイト, asked for the name of the サイト
            yield Span(
                scored, fact.start, fact.value_start, clean(fact.label).strip("「」『』"), scored.score + 0.35, 0.3
            )
            continue
        said = fold(" ".join(filter(None, (fact.column, fact.label))))
        if re.match(r"[のをがはに][^ぁ-ん]", value):
            continue
        if question.kind == "place" and fact.table is not None:
            row = fact.row if fact.row and len(fact.row) <= 10 else None  # what a long row is about names no place
            said = fold(" ".join(filter(None, (fact.column, row))) or fact.label)
        held = fact.column is not None and when_fit(scored.statement, question)
        # 例: 就任者, asked who 就任した: no list of members says it
        deed = any(len(part) > 1 and f"{part}者" in said for t in question.terms for part in (t.lemma, *t.parts))
        if person and fact.table is not None:
            if not (deed and _PERSON_NAME.fullmatch(value)) and not _PERSON_LABEL.search(fold(fact.column or "")):
                continue
            if _is_town(value, "", scored.statement, "市"):
                continue
        fit = _OF_DEED * bool(person and deed and fact.table is not None) + (held or 0.0)
        fit += 0.15 * bool(labels.search(said)) + 0.15 * any(ends_with(fold(value), x) for x in question.suffixes)
        if question.kind == "place" and not _could_be(value, question):
            continue
        fit += 0.15 * any(x in said for x in question.suffixes) + _bears_key(fact.label, question)
        fit += 0.1 * (
            question.kind == "place" and _names_freely(question) and _PLACE_END.search(fold(value)) is not None
        )
        if fit and not (question.kind == "place" and _NO_PLACE.fullmatch(fold(value))):
            yield Span(scored, fact.value_start, fact.value_end, value, scored.score + fit, fit)


_OF_DEED = 0.6  # more than all else that can be said for a name
_DIVISIONS = frozenset(("市", "町", "村", "区", "県", "都市", "市町村"))


def _could_be(value: str, question: Question) -> bool:
    """Tell whether a place can be what is asked for: 何市の何町 is answered only by what holds one of them."""
    divisions = _DIVISIONS & set(question.suffixes)
    return not divisions or (re.search("[市町村区県都]", value) is not None and not _COMPANY.search(value))


def _describes(value: str, question: Question) -> bool:
    """Tell whether a value says what the named thing is, so that its key is the name."""
    asks = re.search(r"名前|名称|何という|何と呼|なんという|愛称", question.folded) is not None
    kinds = "|".join(re.escape(kind) for kind in (*question.things, *question.suffixes) if len(kind) > 1)
    return asks and bool(kinds) and re.search(rf"(?:{kinds})(?:。|$)", fold(value)) is not None


_PERSON_LABEL = re.compile(
    r"氏名|講師|講演|登壇|出席|館長|会長|社長|代表|司会|ゲスト|委員|選手|(?:就任|辞任|退任|担当|受賞|任命|推薦)者"
)
_PERSON_NAME = re.compile(r"[一-龠々ぁ-んァ-ヶー]{1,5}[ 　]?[一-龠々ぁ-んァ-ヶー]{1,5}")


_PLACE_LABEL = re.compile(
    r"場\s*所|会場|開催地|所在|都市(?![計再整開政基交])|位置|住所|相手(?!方)|派遣先|行き先|訪問先|実施地|設置場所"
)


_NAME_LABEL = re.compile(
    r"名称|名前|相手方|請負|受注|落札者|氏名|講師|登壇|出席|事務局|担当|所管|主催|共催|委託|愛称|通称|テーマ|題|名$"
)


def _candidates(statement: Statement, question: Question) -> Iterator[tuple[int, int, float]]:
    """Yield (start, end, how well the kind fits) of the pieces of a statement that may be a name."""
    text = statement.text
    kind = question.kind
    if kind == "name" and _ASKS_PERSON.search(question.folded):
        yield from _signed(statement, question)
        role = _ROLE.search(question.folded)
        for match in _PERSON.finditer(text):
            # 会長は誰 is answered only where a 会長 is named; 株式会社…の社長 is no name.
            if (role is None or re.search(_holds(role.group()), fold(text))) and not (
                _NO_PERSON.search(match.group(1)) or _is_town(match.group(1), text[match.end(1) :], statement)
            ):
                yield match.start(1), match.end(1), 0.25 + _introduced(text, match, question)
        return
    if _COMPANIES & set(question.suffixes):
        for match in _COMPANY.finditer(text):
            yield match.start(), match.end(), 0.35 + 0.1 * (_CONTRACTS.search(text[match.end() :]) is not None)
    if _BODIES & set(question.suffixes):
        for match in _BODY.finditer(text):
            yield match.start(), match.end(), 0.3
    free = _names_freely(question)
    for match in _QUOTED.finditer(text) if free or kind == "name" else ():
        if not free and not any(ends_with(fold(match[1]), suffix) for suffix in question.suffixes):
            continue
        yield match.start(1), match.end(1), 0.18 if kind == "name" and not question.suffixes else 0.05
    if kind == "place":
        for match in (*_PLACE_KEY.finditer(text), *_HELD_AT.finditer(text), *_AFTER_DATE.finditer(text)):
            yield match.start(1), match.end(1), 0.25 + 0.15 * (_ADDRESS.search(match[1]) is not None)
        for match in _HELD_IN.finditer(text):
            yield match.start(1) + _after_verb(match[1]), match.end(1), 0.25
        yield from _before_asked(text, question)
        if _ASKS_ADDRESS.search(question.folded):
            owner = re.search(r"([^、。\s()のがは]{3,})の(?:住所|所在地|地番|番地)", question.folded)
            said = katakana(" ".join((statement.text, *statement.headings)))
            # The address of one of many in a list is that of the line that names it.
            for match in _WRITTEN_ADDRESS.finditer(text) if not owner or katakana(owner[1]) in said else ():
                yield match.start(), match.end(), 0.5
    for start, end in noun_runs(text):
        piece = fold(clean(text[start:end]))
        if (
            len(piece) < 2
            or re.match(r"[のをがはに]", piece)
            or re.fullmatch(r"[ぁ-ん]{1,3}|.{0,2}(?:こと|もの|ため|よう|など|ところ|とき)", piece)
        ):
            continue
        if piece in _GENERIC:
            continue
        if re.fullmatch(r"以[下上]|上記|下記|左記|右記|前述|本件|当該", piece) or (
            kind == "place" and _NO_PLACE.fullmatch(piece)
        ):
            continue
        city = re.match(r"[^\s市町村県]{1,5}(?:市|町|村|県)", text[start:end])
        if city and city.end() < end - start and any(ends_with(city[0], suffix) for suffix in question.suffixes):
            yield start, start + city.end(), 0.2  # 例: 東川市民ホール of どの市
        if question.suffixes and any(ends_with(piece, suffix) for suffix in question.suffixes):
            yield start, end, 0.3
        elif re.fullmatch(r"[\d年月日時分~\-:./()令和平成昭和rh]+", piece):
            continue  # a date is no name
        elif kind == "place" and (_PLACE_END.search(piece) or _is_venue(piece, text[end : end + 3], question)):
            # A prefecture is where everything is; どの都市 is not answered by a hall.
            vague = statement.kind == "heading" or not _names_freely(question)
            vague = vague or re.search(r"県$", piece) is not None or (_is_wide(piece) and _asks_venue(question))
            vague = vague or _is_town(piece[:-1], "", statement, piece[-1])
            yield start, end, 0.0 if vague else 0.15
        elif kind == "name" and _ORG_END.search(piece) and not asks_office(question):
            yield (
                start,
                end,
                0.12 if re.search(r"課|部|局|会社|企業|団体|機関|組織|どこ|業者|主催|事務局", question.folded) else 0.0,
            )
        else:
            yield start, end, -0.12 if question.suffixes else -0.06


_GENERIC = frozenset(("株式会社", "有限会社", "会社", "業者", "事業者", "団体", "企業", "地区", "組織"))
_ASKS_ADDRESS = re.compile(r"地番|番地|住所|所在地")
# 例: 星見市花畑甲2117番地, 花畑町1丁目10番30号
_WRITTEN_ADDRESS = re.compile(
    r"[一-龠々ァ-ヶぁ-ん]{1,12}?[都道府県市区町村郡][一-龠々ァ-ヶぁ-ん]{1,20}\d+(?:丁目|番地|番|号|[-－−ー‐]|(?<=[番地目号－−ー‐-])\d+)*"
)
_ADDRESS = re.compile(r"[市区町村郡].{0,12}?(?:\d|[０-９]|丁目|番地|字)")


def _signed(statement: Statement, question: Question) -> Iterator[tuple[int, int, float]]:
    """Yield the names that stand behind a role which the question names. 例: 代表取締役 星野 太一"""
    text = statement.text
    for match in _SIGNED.finditer(text):
        role = fold(text[match.start() : match.start(1)]).strip(" \t:")
        office = _ROLE.search(question.folded)
        if office and not re.search(rf"(?<![副前元]){office[0]}$", role):
            continue  # asked for the 理事長, neither a 理事 nor the 副理事長
        named = role in question.folded or any(
            len(t.text) > 1 and role.endswith(t.text) for t in question.terms if not t.text.isdigit()
        )
        if named and not _NO_PERSON.search(match[1]):
            yield match.start(1), match.end(1), 0.4


def _is_town(name: str, after: str, statement: Statement, kind: str = "") -> bool:
    """Tell whether a name is the town's whose paper this is. 例: 花畑町長 森 はな: 花畑 is nobody"""
    kind = kind or after[:1]
    if kind not in tuple("市町村県") or not name:
        return False
    signed = bool(after) and re.match(rf"{kind}長[ 　]+[一-龠々]", after) is not None
    return signed or f"{name}{kind}長" in statement.document.text


def _after_verb(text: str) -> int:
    """Return where the name of a place begins behind the words that lead up to it. 例: 昨年改修した川沿いの広場"""
    verbs = re.finditer(r"(?:した|する|いる|ある|った|れた|れる)(?=[一-龠ァ-ヶ])", text)
    return max((m.end() for m in verbs), default=0)


def _before_asked(text: str, question: Question) -> Iterator[tuple[int, int, float]]:
    """Yield places that a word of the question follows in one compound. 例: 星見団地 of 星見団地街灯設置工事費"""
    for term in question.terms:
        for word in (term.text, *term.parts[:1]):
            if len(word) < 2:
                continue
            for match in re.finditer(
                rf"([一-龠々ァ-ヶー]{{2,14}}(?:団地|地区|公園|広場|学校|小|中|会館|センター|公民館|駅|港|団地内|町|通り))(?={re.escape(word)})",
                text,
            ):
                if not any(match[1] in t.text for t in question.terms):
                    yield match.start(1), match.end(1), 0.35


def _introduced(text: str, match: re.Match[str], question: Question) -> float:
    """Return what the words beside a name say for it: the role and the body that the question names.

    例: 甲社の創業者 is 丙 in 甲社創業者の丙氏や、乙社の丁社長
    """
    start = max(text.rfind(mark, 0, match.start()) for mark in "、。（(\t") + 1
    beside = fold(text[start : match.start(1)] + text[match.end(1) : match.end()])
    return 0.1 * min(
        3, sum(len(part) > 1 and part in beside for t in question.terms for part in (t.text, *t.parts[-1:]))
    )


def _under_its_label(statement: Statement, question: Question) -> Iterator[tuple[int, int, float]]:
    """Yield a short line that stands under a heading that asks for it. 例: 【場所】 / 町民会館2階"""
    labels = _PLACE_LABEL if question.kind == "place" else _NAME_LABEL
    heading = _NO_KEY.sub("", statement.headings[-1]) if statement.headings else ""
    if statement.kind == "heading" or len(heading) > 8 or len(statement.flat) > 40 or "。" in statement.flat:
        return
    if labels.search(heading) and (question.kind != "place" or _could_be(statement.flat, question)):
        start = len(statement.text) - len(statement.text.lstrip(_TRIM))
        yield start, len(statement.text), 0.3


def _is_venue(piece: str, after: str, question: Question) -> bool:
    """例: 会場はどこ → グランパレス星見 (a name in katakana)"""
    held = re.match(r"で|にて|にお|[）)]", after) is not None
    return (
        _asks_venue(question) and held and re.search(r"[ァ-ヶー]{4,}", piece) is not None and not _EVENT.search(piece)
    )


_EVENT = re.compile(
    r"イベント|セミナー|フォーラム|サミット|プロジェクト|フェア|フェス|ツアー|センター構想|インバウンド"
    r"|サービス|システム|プログラム|コンソーシアム|エキスポ|マルシェ"
)


def _holds(role: str) -> str:
    """Return the pattern by which a text says that somebody holds a role now. 例: 社長 is also 代表取締役"""
    return r"(?<![元前])社長|(?<![元前])代表取締役|ceo" if role == "社長" else re.escape(role)


_NO_PERSON = re.compile(
    r"[県市都府]$|[県市町村国]立|場$|協会|大学|組合|銀行|センター|[課局部室]$|会社|法人|代表|取締|委員|担当|の$|から|まで|より|には|では|など"
)


def _asks_venue(question: Question) -> bool:
    return re.search(r"会場|場所|どこで", question.folded) is not None


def _is_wide(piece: str) -> bool:
    return re.search(r"(?:地域|圏域?|国)$", piece) is not None


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
        said = re.sub(r"[（(][^）)]*[）)]|[・\s-]", "", span.source.statement.flat)
        return len(said) <= len(span.text) + 12 and span.source.statement.kind == "bullet"

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


def asks_person(question: Question) -> bool:
    return question.kind == "name" and _ASKS_PERSON.search(question.folded) is not None


def asks_office(question: Question) -> bool:
    return bool(set(question.suffixes) & _OF_AN_OFFICE)


def clean(text: str) -> str:
    flat = re.sub(r"\s*\n\s*", "", unicodedata.normalize("NFKC", text)).strip(_TRIM)
    return re.sub(r"\*\*", "", flat)
