"""A follow-up becomes the whole question that it stands for: では令和4年度は？ after a question about another year.

A question that names a topic of its own is whole, and so are keywords without a particle or a question mark, which
are typed to begin something new. What leans on the question before is made only of words that belong to some thing
(予算額, 担当課, いつから), points back (その, それ), names a period alone, or is one name that takes another's place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from answer.answer import QuestionError
from answer.asking.cues import COMPARE, LEAD, OPPOSITES, ORDINAL, RELATIVE_FY, RELATIVE_YEAR, TELL, TOTAL, TREND, WH
from answer.asking.question import Question, Term, read_question, validate
from answer.asking.summary import read_summary
from index.vocabulary import contrast
from ingest.dates import Period, describe, find_periods, parse_code
from ingest.japanese import Morph, fold, morphs, noun_runs

# Words that say nothing without the thing that they belong to. 例: 予算額, 担当課, 開始時期, 参加者数
_BELONGS = frozenset(
    """
    担当 所管 課 部 局 室 係 部署 部局 窓口 問い合わせ 連絡 先 連絡先 電話 番号 住所 所在 所在地 予算 予算額 当初 補正
    決算 額 金額 総額 費用 経費 事業費 財源 国費 一般財源 内訳 単価 価格 料 料金 値段 使途 使い道 執行 事業 件数 人数
    個数 台数 戸数 回数 社数 校数 本数 量 数量 割合 率 比率 比 構成 構成比 合計 総 総数 総計 計 平均 最大 最小 累計
    目標 目標値 目標額 実績 実績値 見込み 見込む 計画 計画値 予定 予測 進捗 状況 現状 今後 将来 方針 方向 性 課題 問題
    効果 成果 結果 影響 評価 メリット デメリット 特徴 目的 狙い 狙う 趣旨 背景 理由 原因 要因 きっかけ 切っ掛け 経緯
    根拠 条件 要件 対象 者 資格 期間 期限 時期 時間 日時 日程 開始 終了 完了 完成 開催 実施 設置 設立 創設 開設 開所
    開館 供用 着工 着手 場所 会場 地域 範囲 方法 手順 手続き 手続く 仕方 流れ 申し込み 申し込む 申込 申請 締め切り
    締切 受け付け 受付 利用 参加 登録 会員 来場 来館 入場 応募 受講 加入 職員 委託 受託 請負 受注 落札 業者 事業者
    業務 主催 共催 後援 協賛 主体 運営 代表 責任 会長 委員長 委員 メンバー 構成員 名称 名前 名 正式 略称 愛称 通称
    推移 傾向 増減 増減率 増加率 減少率 伸び 伸び率 差額 前年比 減少 増加 変化 変動 比較 詳細 詳しい 具体 例 規模 面積
    種類 数字 数値 データ 情報 順位 出典 年 月 日 費 員 予約 整備 建設 支給 配布 交付 支払い 支払う 導入 変更 改正
    延期 中止 廃止 再開 発表 公表 発生 達成 予想 想定 必要 可能 主 説明 年間 毎年 当時 全部 実際
    """.split()
)
# What a thing that is pointed at may be called, whatever it is named. 例: この事業, その施設
_KIND_OF_THING = re.compile(
    r"事業|制度|計画|施設|団体|会議|条例|規則|協議会|サービス|アプリ|取り?組み?|工事|調査|補助金?|交付金|イベント|大会|会社|企業"
    r"|法人|組織|センター|学校|場所|プロジェクト|システム|サイト|方針|プラン|支援|対策|訓練|研修|講座|祭り?|路線|道路|橋|病院"
)
_FIGURE = re.compile(r"数字|数値|値|数|金額|額|データ|割合|率|人数|件数")
# The frame of a follow-up around its one word. 例: では…の場合はどうですか
_EMPTY = re.compile(
    r"(?:の?(?:場合|時点|現在|数字|数値|値|とき|ほう|方|データ|分)|について(?:は)?|に関して(?:は)?|に関する|における|なら|だと|だったら"
    r"|では|でも|には|とは|は|が|を|も|の|で|に|って|どう(?:です|でした|でしょう|だった|なって(?:い)?(?:ます|る|た|ました)?"
    r"|なり(?:ます|ました)|なる|なの)?|いかが(?:です|でした|でしょう)?|か|ね|お?教えて|お?答えて|知りたい|(?:くだ|下)さい|お願いします|です"
    r"|でした|(?:の?(?:定例)?(?:議会|定例会|委員会|会見|説明資料|資料|説明|報告))|[、,。？?!！\s　])*"
)
_ENDS = re.compile(r"(?:では|は|なら|だと|も|の場合(?:は)?|について(?:は)?)?(?:どう.{0,8}|いかが.{0,5})?[。？?\s]*$")
# Nobody types these to begin something new.
_MARKED = re.compile(
    r"[？?]\s*$|(?:は|では|なら|だと|の場合|どうです(?:か)?|どう|いかがですか|でしょうか|ですか)[。？?\s]*$"
)

_AHEAD = r"(?!.{0,2}(?:と比べ|に比べ|と比較|に対|より|比|から|との?差|増|減|並))"
_SHIFT = re.compile(
    r"(?:その|それ|この)?(?:さらに|もう)?(?:一つ|1つ)?の?"
    rf"(?:(?P<far>前々|前|翌々|翌|次)の?(?P<unit>年度|年|月)(?!間)|(?P<n>[0-9０-９一二三四五六七八九十]{{1,2}})年(?:度)?(?P<way>前|後))度?{_AHEAD}"
    r"|その(?P<bare>前|次|後)(?=は|では|も|[？?]|$)"
)
_FAR = {"前々": -2, "前": -1, "翌々": 2, "翌": 1, "次": 1, "後": 1}
_NEWEST = re.compile(r"(?:最新|直近|現在|今|いま|最近)(?=の|は|では|なら|だと|[？?]|$)")
_TODAY = re.compile(
    "|".join(
        sorted(
            (f"{w}(?!度)" if w in RELATIVE_YEAR else w for w in (*RELATIVE_FY, *RELATIVE_YEAR)), key=len, reverse=True
        )
    )
)
_SHORT_YEAR = re.compile(
    r"(?<![\d０-９元一-龠])([0-9０-９]{1,2}|元)(年度|年)(?=$|[？?。、]|は|では|の|なら|だと|も|に)"
)

_POINTS = re.compile(
    r"(?:[そこあ]の|同じ?(?=[一-龠ァ-ヶ]))(?!他|ほか|後|際|ため|場(?!所)|よう|たび|度|辺|頃|ころ|もの|うち|なか|中(?!学)|まま|通り|とおり|前|次|[\d０-９]|[一二三]|時|資料|文書|表)"
    r"|(?:それ|これ)(?!ぞれ|まで|から|らの|に対|以|だけ|では、|じゃ|を踏)|(?:そこ|そちら|こちら)(?!で、)"
)
_OUT_OF_IT = re.compile(r"^(?:そのうち|このうち|うち)(?:の)?、?")
_CHANGES = re.compile(r"増え|増加|伸び|減[っりる]|減少|上が|下が")
_WHEN_HELD = re.compile(r"いつの?(?:時点|数字|数値|データ|値|情報|もの|調査)|いつ現在")
_WHOLE_SUBJECT = re.compile(r"推移|内訳|増減|前年|平均|目標|実績|見込|伸び|傾向|割合|率|順位|出典|達成|いつの|内容")

# Words that take a part out of a count. 例: 女性, 県外, 65歳以上
_PART = re.compile(
    r"(?:男性|女性|男子|女子|男|女|外国人|日本人|高齢者|若者|若年層|子ども|こども|子供|大人|正規|非正規|[国県市町村都府道区]内|[県市町村都府道区]外"
    r"|国外|海外|国内|個人|法人|新規|継続|平日|休日|午前|午後|[0-9０-９]+(?:歳|代).*|全体|平均|当初|うち.+)"
)
_WIDE = re.compile(r"全国|国|県|県全体|市全体|町全体|全県|県内全体|九州|東北|関東|近畿|四国|中国地方|中部|北海道")
_PLACE = re.compile(r".*[^\W\d_ぁ-ん](?:都|道|府|県|市|町|村|区|郡|島|地方|地区|校区|地域|圏)")
_KIND_SUFFIX = frozenset("費税課局部室係線港校院館園所駅署川山島橋道権法科区市町村県祭杯賞条号")
_MEASURE_ONLY = frozenset("数 額 率 量 件数 人数 割合 金額 総額 者 者数 比 計 費用 会 の".split())


@dataclass(frozen=True)
class _Before:
    """The question before, taken apart: ``text[start:end]`` is what it is about, ``parts`` its の-chain."""

    text: str
    read: Question
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]

    def said(self, part: tuple[int, int]) -> str:
        return self.text[part[0] : part[1]]

    @property
    def body(self) -> list[tuple[int, int]]:
        """The parts that are more than a period."""
        return [p for p in self.parts if not _is_period(self.said(p))] or list(self.parts)

    @property
    def topic(self) -> tuple[int, int]:
        """The thing without what is asked of it. 例: 防災DX推進事業の担当課 → 防災DX推進事業"""
        body = self.body
        while len(body) > 1 and not _own_words(self.said(body[-1])):
            body = body[:-1]
        return body[0][0], body[-1][1]

    @property
    def subject(self) -> tuple[int, int]:
        """The thing with what is asked of it. 例: コンソーシアムの会員数"""
        return self.body[0][0], self.body[-1][1]

    @property
    def lead(self) -> str:
        """What comes before the thing: mostly when. 例: 令和6年1月末の時点で、"""
        return self.text[self.start : self.body[0][0]]


def resolve(question: str, before: str) -> str | None:
    """Return the whole question that a follow-up stands for after the question ``before``.

    None: it is whole by itself. 例: 「前年度は？」 after 「令和5年度の相談は何件ですか」 → 令和4年度の相談は何件ですか
    """
    asked, base = LEAD.sub("", question.strip()), before.strip()
    if not re.search(r"\w", asked) or not re.search(r"\w", base):
        return None
    try:
        validate(base, len(base))
    except QuestionError:
        return None
    known = _taken_apart(base)
    if known is None:
        return None
    summary = read_summary(asked)
    if summary is not None and not summary.question:
        return f"{known.said(known.topic)}について{asked}"  # 例: 3行でまとめて
    found = _out_of_it(asked, known) or _pointing_back(asked, known) or _leaning(asked, known)
    return found if found and found != question.strip() else None


def of_its_row(question: str, before: str) -> tuple[str, str, str] | None:
    """Return a column's name asked alone as a question of the thing before, with that thing and the column.

    Whether the papers have such a column of it is for the caller to see.
    例: 「定員は？」 after 「星見市の保育所数は？」 → (星見市の定員は？, 星見市, 定員)
    """
    asked = LEAD.sub("", question.strip())
    named = re.fullmatch(r"([^、。?？\s]+?)(?:は|って)?(?:何.{1,4}|いくつ|いくら|どう)?(?:です)?か?[?？。]*", asked)
    known = _taken_apart(before.strip()) if re.search(r"\w", before) else None
    if named is None or known is None or not _MARKED.search(asked) or not _is_noun(named[1]):
        return None
    read = read_question(asked)
    owner = known.body[:-1] if len(known.body) > 1 else []
    if not owner or any(t.proper or t.quoted for t in read.terms) or fold(named[1]) in fold(before):
        return None
    thing = known.text[owner[0][0] : owner[-1][1]]
    return f"{known.lead}{thing}の{asked}", thing, named[1]


def leans(question: str) -> bool:
    """Say whether a question is likely to be none without the one before it, though no rule made a whole one of both.

    It is short, and points back or names no topic of its own; behind まだ or ほかに one has its は, が or を.
    例: 同じことは法人でもできますか, その次はどうなりますか, ほかには？
    """
    asked = LEAD.sub("", question.strip())
    if len(asked) > _SHORT:
        return False
    points = _POINTS.search(asked) or _SHIFT.match(asked)
    if points is not None and not _own_words(asked[: points.start()]):
        return True
    if not any(m.pos in _SAYING for m in morphs(asked)):
        return False
    if not (_MARKED.search(asked) or _is_sentence(asked) or TELL.search(asked)):
        return False
    goes_on = _GOES_ON.match(asked)
    topic = next((m.start for m in morphs(asked) if _is_topic(m, asked)), 0) if goes_on else len(asked)
    return not _own_words(asked[goes_on.end() if goes_on else 0 : topic])


_SHORT = 40  # characters: what is longer tells what it is about
_GOES_ON = re.compile(
    r"まだ|もう(?!少し)|(?:ほか|他)[には]|なぜ|何故|どうして|なんで|さらに|やはり|やっぱり|逆に|同じ(?:こと|もの|よう)"
)
_SAYING = ("名詞", "動詞", "形容詞", "形状詞", "代名詞", "副詞")


# --- the kinds of follow-up ------------------------------------------------------------------------------------------


def _out_of_it(asked: str, before: _Before) -> str | None:
    """例: そのうち女性は？ → …の会員数のうち女性は？"""
    match = _OUT_OF_IT.match(asked)
    return f"{before.lead}{before.said(before.subject)}のうち{asked[match.end() :]}" if match else None


def _pointing_back(asked: str, before: _Before) -> str | None:
    """Put what a pronoun points at in its place. 例: この事業の目的は何ですか, それはいつの数字ですか"""
    if _SHIFT.match(asked):
        return None
    match = _POINTS.search(asked)
    if match is None or _own_words(asked[: match.start()]):
        return None
    rest = asked[match.end() :]
    if match[0][:2] in ("それ", "これ", "そこ", "そち", "こち"):
        if _own_words(rest) and not rest.startswith("の"):
            return f"{asked[: match.start()]}{before.said(before.topic)}{rest}"
        return _about(re.sub(r"^(?:には|では|とは|は|が|を|って|の|で|に|も)、?", "", rest), before)
    if re.match(r"年度?|時点|月|日", rest):
        period = _last_period(before.text)
        said = before.text[slice(*period.at)] if period else None
        return said and f"{asked[: match.start()]}{said}{re.sub(r'^(?:年度?|時点|月|日)', '', rest)}"
    run = next((rest[a:b] for a, b in noun_runs(rest) if a == 0), "")
    if not run:
        return None
    if _FIGURE.fullmatch(run):
        return _about(re.sub(r"^(?:は|が|を|って|の|も)、?", "", rest[len(run) :]), before, figure=True)
    thing = before.said(before.topic)
    if not _own_words(run) and not _KIND_OF_THING.fullmatch(run):
        return _about(rest, before)
    named = next((n for n in _nouns(before.text) if run in n), None)
    if fold(run) in fold(before.text) or _KIND_OF_THING.fullmatch(run) or _same_kind_in(before.text, run):
        place = re.fullmatch(r"[都道府県市町村区]", run)
        thing = named if place and named and named != run else thing
        return f"{asked[: match.start()]}{thing}{rest[len(run) :]}"
    return None


def _leaning(asked: str, before: _Before) -> str | None:
    """Return the question for words that need the thing before, for a period alone, or for a name alone."""
    spans, whole = _with_time_of(asked, before)
    rest = _without(asked, spans)
    if _EMPTY.fullmatch(rest):
        return whole.text if spans and whole is not None else None
    read = read_question(rest)
    if since := re.match(r"(から|まで|以降)の?", rest):
        named = asked[spans[0][0] : spans[0][1]] if len(spans) == 1 else ""
        ends = _EMPTY.fullmatch(rest[since.end() :])
        return f"{named}{since[1]}の{_at_time(before.text, '', 'range')}" if named and ends else None
    if not [t for t in read.terms if not _belongs(t)]:
        if not any(m.pos in _SAYING for m in morphs(rest)):
            return None  # 例: こんにちは
        if not _MARKED.search(asked) and not _is_sentence(asked) and not TELL.search(asked):
            return None  # 例: 予算額: keywords
        base = whole or before
        if spans and _asks_the_same(read, rest, base.read):
            return base.text
        if spans and spans[0][0] == 0:
            rest = re.sub(r"^(?:では|には|は|が|を|の|で|に|も|、)+", "", rest)
        return _about(rest, base)
    if not _MARKED.search(asked):
        return None
    return _other_name(rest, read, whole or before)


def _other_name(rest: str, read: Question, before: _Before) -> str | None:
    """Let a name stand for the one of its kind in the question before, else add it. 例: 大阪は？, 農業費は"""
    match = re.match(
        r"(?:の)?(?P<name>.+?)(?P<tail>(?:では|には|なら|だと|の場合(?:は|、)?|について(?:は)?|は|も(?=[、？?]|$|どう)|[？?]|$).*)$",
        rest,
    )
    if match is None:
        return None
    name, tail = match["name"].strip(" 　、"), match["tail"]
    pieces = [name[a:b] for a, b in _chain(name, 0, len(name))]
    if len(pieces) > 2 or not all(_is_noun(piece) for piece in pieces):
        return None
    asks = not _EMPTY.fullmatch(tail)
    if len(pieces) == 2:
        if _PART.fullmatch(pieces[0]) and not _own_words(pieces[1]):
            return f"{before.lead}{before.said(before.subject)}のうち{rest}"
        return None
    if asks and not _asks_the_same(read, tail, before.read):
        return None
    place = _same_kind_in(before.text[: before.end], name) or _alternative(before, name)
    if place is not None:
        found = before.text[slice(*place)]
        return None if fold(found) == fold(name) else _put(before.text, place, name)
    if fold(name) in fold(before.text):
        return None
    if _PART.fullmatch(name) or _WIDE.fullmatch(name):
        return _put(before.text, (_counted_at(before),) * 2, f"{name}の")
    if _is_place(name):
        return _put(before.text, (before.topic[0],) * 2, f"{name}の")
    if asks or read.kind not in ("text", "name", "place", "list"):
        return None  # 例: 県債残高は？ names a figure of its own
    return _put(before.text, _thing(before), name)


def _about(rest: str, before: _Before, *, figure: bool = False) -> str | None:
    """Ask the rest of the thing before. 例: 予算額はいくらですか → 防災DX推進事業の予算額はいくらですか"""
    if not re.search(r"\w", rest):
        return None
    read = read_question(rest)
    if _WHEN_HELD.search(rest) or (figure and read.kind == "date"):
        return before.text  # its answer says for when it holds
    change = COMPARE.search(rest) or TREND.search(rest) or TOTAL.search(rest) or _WHOLE_SUBJECT.search(rest)
    full = figure or bool(change) or read.kind in ("reason", "yesno", "comparison", "temporal")
    thing = before.said(before.subject if full and before.read.kind in _COUNTS else before.topic)
    owner = before.body[:-1]
    if not full and owner and read.kind == "number" and _measures(before.said(before.body[-1])):
        thing = before.text[owner[0][0] : owner[-1][1]]  # 例: 蔵書数は？ and then 職員数は？
    thing = re.sub(r"の?(?:実績|目標|見込み?|計画|予定)値?$", "", thing) if change and _PLANNED.match(rest) else thing
    thing = _counted(thing, before.read) if change and before.read.kind == "number" else thing
    lead = before.lead if read.kind not in ("date", "definition") else ""
    moved = _CHANGES.search(before.text[before.end :])
    if read.kind == "reason" and moved and not _own_words(rest):
        way = "増えた" if re.match("増|伸|上", moved[0]) else "減った"
        asked = rest if re.match("理由|原因|要因|背景", rest) else "理由は何ですか"
        return f"{lead}{thing}が{way}{asked}"
    if re.match(r"もっと|もう少し|詳し|具体的に|さらに", rest):
        return f"{lead}{thing}について{rest}"
    return f"{lead}{thing}{_joint(rest)}{rest}"


_PLANNED = re.compile(r"実績|目標|見込|計画|予定")
_COUNTS = ("number", "comparison", "temporal", "yesno")


def _joint(rest: str) -> str:
    """Return the particle between a thing and what is asked of it."""
    found = morphs(rest)
    if re.match(rf"(?:{_TODAY.pattern}|前の?(?:年度?|月|回)).{{0,2}}(?:と|に|より|から)", rest):
        return "は"  # 例: 前年度と比べて
    for morph, after in pairwise(found):
        if morph.pos in ("名詞", "接尾辞", "接頭辞", "形状詞") and not WH.match(rest[morph.start :]):
            if after.pos in ("名詞", "接尾辞"):
                continue
            return "を" if after.base in ("為る", "する") else "の"
        break
    if found and found[0].pos == "動詞" and re.search(r"(?:た|る|い)(?:の|理由|原因|要因|時期|人|場所)", rest):
        return "が"
    return "の" if len(found) == 1 and found[0].pos == "名詞" and not WH.match(rest) else "は"


# --- time ------------------------------------------------------------------------------------------------------------


def _with_time_of(asked: str, before: _Before) -> tuple[list[tuple[int, int]], _Before | None]:
    """Return the spans of the periods that a follow-up names, and the question before with them instead of its own."""
    old = _last_period(before.text)
    named: list[tuple[tuple[int, int], str | None, str]] = []  # span, what is said instead, kind
    for period in find_periods(asked, old):
        named.append((period.at, _as_said(asked, period), period.kind))
    for match in _SHORT_YEAR.finditer(asked):
        era = re.match(r"令和|平成|昭和", before.text[old.at[0] :]) if old else None
        if not _inside(match.span(), named):
            kind = "fiscal_year" if match[2] == "年度" else "year"
            named.append((match.span(), f"{era[0] if era else '令和'}{match[0]}", kind))
    for match in _SHIFT.finditer(asked):
        if not _inside(match.span(), named):
            named.append((match.span(), *_shifted(match, before.text, old)))
    for match in (*_TODAY.finditer(asked), *_NEWEST.finditer(asked)):
        after = asked[match.end() : match.end() + 4]
        if not _inside(match.span(), named) and not re.match(r".{0,2}(?:比|より|から)|との?差", after):
            kind = "fiscal_year" if match[0].endswith("度") else "year"
            named.append((match.span(), "" if _NEWEST.match(match[0]) else match[0], kind))
    spans = sorted(span for span, *_ in named)
    text = before.text
    for _, said, kind in sorted(named):
        if said is None:
            return spans, None
        text = _at_time(text, said, kind)
    return spans, _taken_apart(text) if named else None


def _inside(span: tuple[int, int], named: Sequence[tuple[tuple[int, int], str | None, str]]) -> bool:
    return any(a < span[1] and span[0] < b for (a, b), *_ in named)


def _as_said(asked: str, period: Period) -> str:
    """Return a period with its year, in the follow-up's own words where it says one. 例: 5月末 → 令和6年5月末"""
    said = asked[slice(*period.at)]
    return said if find_periods(said) else describe(period.code).removesuffix("現在")


def _shifted(match: re.Match[str], text: str, old: Period | None) -> tuple[str | None, str]:
    """Return what 前年度 or その前 means after a question, and its kind; None where that cannot be said."""
    unit = match["unit"] or ""
    relative = _TODAY.search(text) if old is None else None
    steps = _FAR.get(match["far"] or match["bare"] or "", 0)
    if match["n"]:
        digits = fold(match["n"])
        years = int(digits) if digits.isdecimal() else "〇一二三四五六七八九十".find(digits)
        steps = years if match["way"] == "後" else -years
    if relative is not None:
        table = RELATIVE_FY if relative[0] in RELATIVE_FY else RELATIVE_YEAR
        wanted = table[relative[0]] + steps
        word = next((w for w, n in table.items() if n == wanted and w[0] not in "前翌次"), None)
        return word, "fiscal_year" if table is RELATIVE_FY else "year"
    if old is None:
        return (match[0] if match["far"] else None), "fiscal_year" if "度" in match[0] else "year"
    code = old.code
    if unit == "月" or (match["bare"] and old.kind == "month"):
        code = _months_on(old, steps)
    else:
        code = re.sub(r"\d{4}", lambda m: f"{int(m[0]) + steps:04}", code)
    try:
        shifted = parse_code(code)
    except ValueError:
        return None, old.kind
    said = text[slice(*old.at)]
    western = re.match(r"\d{4}", fold(said))
    if western and old.kind in ("year", "fiscal_year"):
        return f"{shifted.start[:4]}{fold(said)[4:]}", old.kind
    return describe(shifted.code).removesuffix("現在"), old.kind


def _months_on(period: Period, steps: int) -> str:
    months = int(period.end[:4]) * 12 + int(period.end[5:7]) - 1 + steps
    return f"{months // 12:04}-{months % 12 + 1:02}"


def _last_period(text: str) -> Period | None:
    found = find_periods(text)
    return found[-1] if found else None


def _at_time(text: str, said: str, kind: str) -> str:
    """Return a question with a period in the place of its own, of the same kind where it has several."""
    held = [(p.at, p.kind) for p in find_periods(text)]
    held += [(m.span(), "fiscal_year" if m[0].endswith("度") else "year") for m in _TODAY.finditer(text)]
    if not held:
        return f"{said}の{text}" if said else text
    (start, end), _ = max((h for h in held if h[1] == kind), default=max(held), key=lambda h: h[0])
    tail = re.match(r"の?(?:時点|現在)(?:の|で、?)?", text[end:])
    if not said:  # the newest: without a period
        drop = tail or re.match(r"(?:まで)?(?:の|に(?:は)?|で(?:は)?|、|は)+", text[end:])
        return text[:start] + text[end + (drop.end() if drop else 0) :]
    if tail and kind in ("year", "fiscal_year"):
        return f"{text[:start]}{said}の{text[end + tail.end() :]}"
    return f"{text[:start]}{said}{text[end:]}"


def _is_period(text: str) -> bool:
    spans = [p.at for p in find_periods(text)] + [m.span() for m in _TODAY.finditer(text)]
    return bool(spans) and bool(_EMPTY.fullmatch(re.sub(r"と|から|まで|かけて|にかけ", "", _without(text, spans))))


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


# --- the question before ---------------------------------------------------------------------------------------------


def _taken_apart(text: str) -> _Before | None:
    """Return a question with what it is about; None where it is about nothing."""
    read = read_question(text)
    start, end = _about_what(text)
    parts = _chain(text, start, end)
    if not any(not _is_period(text[a:b]) and re.search(r"\w", text[a:b]) for a, b in parts):
        return None
    return _Before(text, read, start, end, parts)


def _about_what(text: str) -> tuple[int, int]:
    """Return the span up to the particle before the asking word: 会員数 of 会員数は何社ですか.

    Where the asking word comes first, the phrase after it. 例: どの課が空き家バンクを担当していますか → 空き家バンク
    """
    found = morphs(text)
    asks = WH.search(text)
    last = asks.start() if asks else len(text)
    for i in range(len(found) - 1, 0, -1):
        if found[i].start < last and _is_topic(found[i], text):
            back = i - 1 if found[i - 1].pos == "助詞" and found[i - 1].surface in ("で", "に", "と") else i
            return 0, found[back].start
    if asks is None or (asks.start() > 0 and not re.match(r"[\s、]*$", text[: asks.start()])):
        end = re.search(r"[のは]?[。？?\s]*$", text[:last])
        bounds = (0, end.start() if end else last)
        if _own_words(text[slice(*bounds)]):
            return bounds
    start = asks.end() if asks else 0
    for morph in found:
        if morph.start >= start and _is_topic(morph, text):
            phrase = text[start : morph.start]
            if _own_words(phrase):
                return start + len(phrase) - len(re.sub(r"^[のがをにで、]+", "", phrase)), morph.start
            start = morph.end
    return 0, last


def _is_topic(morph: Morph, text: str) -> bool:
    if morph.pos != "助詞" or morph.surface not in ("は", "が", "を", "って"):
        return False
    return morph.surface != "が" or not re.match(r"、", text[morph.end :])


_CUT = re.compile(r"について(?:は|の|、)*|に関する|に関して(?:は|、)*|における|では、?|で、|に、|、|\s+|の")


def _chain(text: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the parts of a phrase that の and its like join. 例: 令和5年度の/移住相談の/件数"""
    joins = {m.start for m in morphs(text[start:end]) if m.pos == "助詞" and m.surface == "の"}
    spans, at = [], start
    for cut in _CUT.finditer(text, start, end):
        if cut[0] == "の" and cut.start() - start not in joins:
            continue
        spans.append((at, cut.start()))
        at = cut.end()
    spans.append((at, end))
    kept = [(a, b) for a, b in spans if re.search(r"\w", text[a:b])]
    return tuple(_plain(text, span) if span == kept[-1] else span for span in kept) or ((start, end),)


def _plain(text: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return the thing out of a clause about somebody. 例: 空き家バンクを利用したい方 → 空き家バンク"""
    piece = text[slice(*span)]
    found = morphs(piece)
    runs = [(a, b) for a, b in noun_runs(piece) if _own_words(piece[a:b]) and not _is_period(piece[a:b])]
    clause = any(m.pos == "動詞" for m in found)
    if clause and runs and runs[-1][1] < len(piece):
        return span[0] + runs[0][0], span[0] + runs[0][1]
    return span


def _thing(before: _Before) -> tuple[int, int]:
    """Return what a name without a kind takes the place of: the thing next to what is counted.

    Where only a count is named, as in 職員数, the name goes in front of it.
    """
    body = before.body
    for part in reversed(body):
        if _own_words(before.said(part)) and not _measures(before.said(part)):
            return part
    return (body[-1][0],) * 2 if len(body) == 1 else body[-1]


def _counted_at(before: _Before) -> int:
    """Return where a word that takes a part out of a count goes. 例: コンソーシアムの|会員数"""
    return before.body[-1][0]


def _counted(thing: str, read: Question) -> str:
    """Return the thing with what is counted of it. 例: 移住相談 (何件) → 移住相談の件数"""
    counter = {"名": "人"}.get(read.counter or "", read.counter or "")
    return thing if counter not in tuple("件人社戸台校回") or _measures(thing) else f"{thing}の{counter}数"


def _put(text: str, span: tuple[int, int], name: str) -> str:
    """Return the text with a name at a span; a bare one put in front gets its の."""
    start, end = span
    joint = "の" if start == end and not name.endswith("の") else ""
    return f"{text[:start]}{name}{joint}{text[end:]}"


# --- words -----------------------------------------------------------------------------------------------------------


def _belongs(term: Term) -> bool:
    """Tell whether a word says nothing without a thing. 例: 担当課, 開始時期"""
    if term.proper or term.quoted:
        return False
    return term.says_how or all(p in _BELONGS or re.fullmatch(r".?数", p) for p in term.parts)


def _own_words(text: str) -> bool:
    """Tell whether a text names a topic of its own."""
    return any(not _belongs(t) for t in read_question(text).terms)


def _measures(text: str) -> bool:
    return read_question(f"{text}は？").kind == "number"


def _is_sentence(text: str) -> bool:
    return any(m.pos in ("動詞", "助動詞", "形容詞", "代名詞") for m in morphs(text))


def _is_noun(text: str) -> bool:
    """Tell whether a text is one name or compound; みのり市場 begins with what looks like a verb."""
    found = morphs(text)
    inner = ("名詞", "接尾辞", "接頭辞", "形状詞", "記号", "補助記号", "動詞", "副詞", "感動詞")
    return bool(found) and found[-1].pos in inner[:4] and all(m.pos in inner and m.surface not in "、。" for m in found)


def _nouns(text: str) -> list[str]:
    return [text[a:b] for a, b in noun_runs(text)]


def _asks_the_same(read: Question, rest: str, before: Question) -> bool:
    """Tell whether a follow-up asks with the same word as the question before. 例: 令和4年度は何件ですか"""
    asks = bool(WH.search(rest)) and read.kind == before.kind
    return asks and not read.amount and (not read.units or not before.units or bool(read.units & before.units))


def _is_place(text: str) -> bool:
    """Tell whether a noun names a place or somebody, and nothing else. 例: 大阪, 益城町"""
    if _WIDE.fullmatch(text):
        return True
    found = morphs(text)
    proper = [m for m in found if m.pos2 == "固有名詞" and not re.fullmatch(r"令和|平成|昭和", m.surface)]
    return bool(proper) and (len(proper) == len(found) or (_PLACE.fullmatch(text) is not None and len(found) <= 3))


def _same_kind_in(text: str, name: str) -> tuple[int, int] | None:
    """Return the span of the noun that a name is of one kind with. 例: 教育費 for 農業費, 益城町 for 大津町"""
    times = [p.at for p in find_periods(text)]
    ordinals = [m.span() for m in ORDINAL.finditer(text)]
    runs = [span for span in (*noun_runs(text), *_chain(text, 0, len(text))) if _is_noun(text[slice(*span)])]
    runs = [(a, b) for a, b in runs if not any(a < d and c < b for c, d in times)]
    best: tuple[int, tuple[int, int]] | None = None
    for a, b in (*ordinals, *runs):
        kin = _kinship(text[a:b], name)
        if kin and (best is None or kin >= best[0]):
            best = kin, (a, b)
    return best[1] if best else None


def _kinship(one: str, other: str) -> int:
    """Return how much two nouns are of one kind; 0: not at all."""
    a, b = fold(one), fold(other)
    if a == b:
        return 9
    if a != (same := re.sub(r"\d+|(?<=第)[一二三四五六七八九十]", "#", a)) and same == re.sub(
        r"\d+|(?<=第)[一二三四五六七八九十]", "#", b
    ):
        return 8  # 例: 第1回, 第2回
    if _is_place(one) and _is_place(other):
        return 6 if a[-1] == b[-1] else 5
    if len(a) == len(b) and any(x == y for x, y in zip(a, b, strict=True)) and contrast(a, b):
        return 7  # 例: 転入, 転出
    if any(re.fullmatch(x, a) and re.fullmatch(y, b) for pair in OPPOSITES for x, y in (pair, pair[::-1])):
        return 7
    heads_a, heads_b = _heads(one), _heads(other)
    shared = next((h for h in heads_a if h in heads_b), "")
    if not shared or shared in _MEASURE_ONLY or shared in (a, b):
        return 0
    return (
        4
        if len(shared) > 1 and _own_words(shared)
        else 3
        if shared in _KIND_SUFFIX or _KIND_OF_THING.fullmatch(shared)
        else 0
    )


def _heads(noun: str) -> list[str]:
    """Return what a compound may end in, longest first. 例: 農業DX推進事業 → DX推進事業, 推進事業, 事業"""
    folded = fold(noun)
    ends = [fold(noun[m.start :]) for m in morphs(noun)[1:]]
    return [*ends, folded[-1]] if len(folded) > 1 else ends


def _alternative(before: _Before, name: str) -> tuple[int, int] | None:
    """Return the place of the second of two things that are compared, which another thing is compared instead of."""
    for alternative in before.read.alternatives[1:]:
        at = before.text.find(alternative)
        if at >= 0 and not find_periods(alternative):
            return at, at + len(alternative)
    return None
