"""What is asked for: the kind of answer, the unit, the period, the places and the topic of a Japanese question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answer.answer import QuestionError, QuestionType
from ingest.dates import Period, find_periods, parse_code
from ingest.japanese import Morph, fold, morphs

# Units that may stand for one another in an answer. A question that asks 何名 is answered by 65人.
UNIT_GROUPS: tuple[frozenset[str], ...] = tuple(
    frozenset(group.split())
    for group in (
        "人 名 方 者 千人 万人 人員",
        "社 企業 企業・団体 事業者 事業所 団体 法人 者 会員 店 店舗",
        "市町村 自治体 団体 市 町 村 市町 町村 区 都道府県 県 府県 か国 カ国",
        "件 箇所 か所",
        "円 千円 万円 百万円 億円 兆円 千万円 十億円",
        "% 割 ポイント 分 倍 パーセント 厘",
        "位 番目 番",
        "校 学校 園 大学 高校",
        "か所 箇所 カ所 ヶ所 ケ所 個所 地点 地区 会場 施設 拠点 圏域 地域",
        "回 度 次",
        "便 往復便 往復",
        "年 年間 か年 カ年 ヵ年 歳 ヶ月 か月 カ月 箇月 月",
        "日 日間 泊",
        "時間 分 分間 秒 時",
        "m3 立方メートル トン t 千m3 万m3 リットル l",
        "kg キロ g グラム トン t",
        "km キロ m メートル cm",
        "ha m2 平方メートル ヘクタール 平方キロ km2 坪",
        "台 両 車 基 機",
        "戸 世帯 棟 軒 室 部屋 件 家族 組",
        "本 個 点 つ 種 種類 冊 枚 通 部 品目 項目 事業 プロジェクト テーマ メニュー 分野 業種",
        "teu 個 トン",
        "言語 か国語 カ国語",
        "床 ベッド",
        "歳 才",
        "部会 部 課 室 局",
    )
)
MONEY = UNIT_GROUPS[4]
PEOPLE = UNIT_GROUPS[0]
RATE = UNIT_GROUPS[5]

# A noun that names a measure, and the units in which such a measure is given.
MEASURES: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = tuple(
    (re.compile(pattern), units)
    for pattern, units in (
        (
            r"(?:予算|金額|費用|経費|事業費|価格|値段|料金|運賃|授業料|家賃|賃金|給与|時給|年収|所得|単価"
            r"|補助額|助成額|交付額|配分額|輸出額|売上|税収|総額|残高|投資額|[^定]額)$",
            MONEY,
        ),
        (
            r"(?:人数|者数|人口|員数|定員|会員数|名数|利用者|来場者|参加者|登録者|移住者|受講者)$",
            PEOPLE | UNIT_GROUPS[1],
        ),
        (r"(?:割合|[^効]率|比率|構成比|シェア|達成度|パーセント)$", RATE),
        (r"(?:件数)$", UNIT_GROUPS[3]),
        (r"(?:順位|ランキング)$", UNIT_GROUPS[6]),
        (r"(?:校数)$", UNIT_GROUPS[7]),
        (r"(?:社数|企業数|団体数|事業者数|事業所数|会員数)$", UNIT_GROUPS[1] | PEOPLE),
        (r"(?:市町村数|自治体数)$", UNIT_GROUPS[2]),
        (r"(?:面積|広さ)$", UNIT_GROUPS[17]),
        (r"(?:長さ|延長|距離|高さ)$", UNIT_GROUPS[16]),
        (r"(?:重さ|重量)$", UNIT_GROUPS[15]),
        (r"(?:台数)$", UNIT_GROUPS[18]),
        (r"(?:戸数|世帯数|棟数)$", UNIT_GROUPS[19]),
        (r"(?:数字|数値|実績値|見込み?|目標値|量|本数|個数|枚数|数|倍率|倍数|面数|床数|日数|件)$", frozenset()),
    )
)
# 例: いくつの会社, 自治体はいくつ → the noun that is counted
COUNTED: tuple[tuple[str, frozenset[str]], ...] = (
    (r"会社|企業|業者|事業所|法人|店", UNIT_GROUPS[1]),
    (r"自治体|市町村|市区町村|市や町", UNIT_GROUPS[2]),
    (r"人(?!口)|名|社員|学生|生徒|児童|住民|職員", PEOPLE),
    (r"学校|高校|大学|小学校|中学校", UNIT_GROUPS[7]),
    (r"地域|地区|会場|施設|場所|箇所", UNIT_GROUPS[8]),
    (r"団体|組織", UNIT_GROUPS[1]),
)

_WHICH = r"(?:何|なん|幾)"
_COUNTER = re.compile(
    _WHICH + r"(人|名|件|社|校|円|位|便|回|台|枚|本|個|戸|棟|世帯|店舗|市町村|市|町|村|団体|自治体|か所|箇所|カ所"
    r"|ヶ所|%|パーセント|割|倍|歳|才|トン|キロ|kg|km|m2|m3|ha|ヘクタール|平方メートル|立方メートル|事業所"
    r"|事業者|事業|企業|言語|か国語|ヶ国語|か国|カ国|種類|品目|項目|日間|泊|時間|分間|分|ヶ月|か月|カ月"
    r"|年間|年度間|組|部会|課|室|局|床|区域|地域|地区|施設|ポイント|万人|万円|億円|千円|百万円|者|点|冊|基"
    r"|teu|つ|代|日(?=縮|短|かか|以内|必要|くらい|ぐらい|程度|延)"
    r"|(?!年|月|日|時|曜|か|で|と|の|が|を|に|も|故|処|という|て|度"
    r"|ら)[一-龠ァ-ヶ]{1,2}(?=[をがはにもまでぐくほぶ、。?]|$|です|あ|い))"
)
_AMOUNT = re.compile(r"(?:お)?いくら|幾ら|何円|金額は")
_HOW_MUCH = re.compile(r"いくつ|どれ(?:くらい|ぐらい|だけ|ほど)|どの(?:くらい|ぐらい|程度)|何個|なん個|どれほど")
_WHEN = re.compile(
    r"いつ(?!も|か(?!ら))|何年何月|何月何日|何年度|何年(?!間|ぐらい|くらい|程度|後|生|連続|ぶり)|何月"
    r"|何日(?!間|縮|短|かか|分|以内|必要|くらい|ぐらい|程度|延)|何時(?!間)|何曜日|日付|日程|日時|時期|開催日"
    r"|期日|期限|年月日|設立年|開始日|開始時期|締め切り|締切"
    r"|(?<![\d一二三四五六七八九十毎休平祝半当初同])日(?:は(?!何)|を|って|$|[?]|です|と)"
)
_WHERE = re.compile(
    r"(?<!の方)はどちら(?:に|です|でしょ|$|\?)|どこ|何処|どちらで|どちらに(?:あ|所在)|どの(?:市町村|市|町|村"
    r"|県|国|地域|地区|都市|場所|会場|港|空港|駅|エリア|圏域)|何(?:市|町|村|県)(?!町村)|場所|会場|開催地"
    r"|所在地|行き先|派遣先(?!は何)"
)
_WHO = re.compile(
    r"誰|だれ|どなた|何という(?:人|方)|どんな(?:人|方)"
    r"|(?:[たるの](?:人|方)|選手|講師|講演者|登壇者|創業者|社長|館長|校長|会長|代表者?|司会者?|理事長"
    r"|審査員)(?:は)?(?:[?。]|$)"
    r"|(?:氏名|人の名前|講師名|知事名|社長(?:さん)?の名前|(?:人|方|者|講師|社長|選手|代表|知事|ゲスト|館長"
    r"|校長|会長|委員長|座長)の(?:お)?名前)"
)
_WHICH_ORG = re.compile(
    r"(?:どの|何という|なんという|どちらの|担当する|所管する|所管の|担当の)(?:部署|部局|部会|課|部|局|室|会社"
    r"|企業|団体|機関|組織|大学|学校|銀行|省庁|省|業者|事業者|法人)"
    r"|担当課|所管課|事務局はどこ|主催者|主催は|委託先|受託者|運営主体|実施主体|どの(?:部|課|局|会社|企業|団体"
    r"|大学)|何課|何部(?!会)"
)
_NAME = re.compile(
    r"何という|なんという|何て(?:いう|呼)|なんて(?:いう|名)|名前|名称|愛称|通称|呼び名|呼称|何と呼|どんな名"
    r"|何でしょう|なんでしょう|何ですか|なんですか|何か(?:。|$|教|お)|とは何を|何の|どの|何が|何を|何に|何と"
)
_DEFINITION = re.compile(
    r"(?<!こ)とは(?:$|[?。、]|何(?!を|が|名|人|件|で[あ-ん]*定)|なん|どう(?:い|ゆ)|どの(?:よう|ような)|どん"
    r"|いかなる|具体的)|って(?:何(?!と)|なん(?!と)|どう(?:い|ゆ)|どんな)|という(?:の|もの)は(?:何|どん|どう)"
    r"|の(?:意味|定義|概要|内容)(?:は|を|$|って|について)|どう(?:い|ゆ)う(?:意味|もの|こと|制度|仕組み|事業"
    r"|取組|組織)|どんな(?:もの|制度|仕組み|事業|組織|取り?組み?|サービス|こと|内容|施設|場所|計画|会議|団体"
    r"|道)|どのような(?:もの|制度|仕組み|事業|組織|取り?組み?|サービス|こと|内容|施設|計画|会議|団体|特区)"
    r"|何を(?:する|指す|意味)|(?:を)?説明して"
)
_REASON = re.compile(
    r"なぜ|何故|なんで(?!しょう|す)|どうして(?!いる|い|おり|も)|理由|原因|要因|わけ(?:は|を|$|で)|背景|ねらい"
    r"|狙い|趣旨|目的|何のため|何がきっかけ|きっかけ|契機|何があったから|どういう経緯|経緯"
)
_HOWTO = re.compile(
    r"どう(?:すれば|したら|やって|やれば|いう手順|申請|申し込)|どのように(?:して|すれば|申|利用|手続|予約|使"
    r"|登録|行)|方法|やり方|手順|手続き?(?:は|を|$|に)|仕方|何をすれば|何が必要|どこに(?:申|相談|連絡"
    r"|問い合わせ)|使い方|流れ(?:は|を|$)|ステップ"
)
_LIST = re.compile(
    r"列挙|すべて|全て|(?<!保)全部(?!会|門|署|品|局)|一覧|リスト|挙げて|あげて|順に|順番|それぞれ|どこどこ"
    r"|何と何|誰と誰|だれとだれ|どことどこ|どこと(?:どこ)?|全校|全社|全員|ずつ|メンバー(?:は|を|$)|構成員"
    r"|[2-9二三四五六七八九十]つ(?:を|教|挙|あげ|は|の|$|とも|$)|\d+(?:つ|団体|市町村|か所|社|校|事業|項目"
    r"|本柱|本の柱|点)(?:を|は|とは|の名|$|教|挙)|どんな(?:もの|取り?組み?|事業|メニュー|項目|分野|業種|企業"
    r"|会社|市町村|言語|漢字|内容|種類|支援|機能|効果|課題|対策|サービス)が(?:あ|含|挙)|どのような(?:もの"
    r"|取り?組み?|事業|メニュー|項目|分野|業種|企業|支援|機能|効果|課題|対策|方針|柱)が|(?:部会|市町村|企業"
    r"|団体|国|学校|業界|分野|言語|項目|メニュー|柱|方針|テーマ|コース|種類|構成|内訳|対象(?:の)?(?:業界|分野"
    r"|業種|者))は(?:$|[?。]|どこ|何(?!人|件|社|校|年|で開)|どれ)"
)
_COMPARE = re.compile(
    r"どちら(?:が|の(?:方|ほう)が|も|は)|どっち|比べ|比較|より(?:も)?(?:どれ|どの|何|いくら|多|少|高|低|増|減)"
    r"|(?:いくら|いくつ|どれ(?:だけ|くらい|ほど)|どの(?:くらい|程度)|何\S{1,3}?|ほど|くらい)(?:ほど|くらい"
    r"|ぐらい)?(?:、)?(?:増え|減[っり少]|増加|減少|増(?!や)|多[いく]|少な[いく]|伸び|上が|下が|上回|下回|縮"
    r"|延び|拡大|違)|差(?:は|を|額|$|が|し引)|目標[^。]*(?:足り|届か)|何\S{1,3}?(?:多|少な)|縮ま|違い"
    r"|ちが[いうっ]|上積み|上乗せ|プラス|マイナス|違う"
    r"|違っ|変わった|変化"
)
_TREND = re.compile(
    r"推移|移り変わり|経年|年度ごと|年ごと|どう(?:変わ|変化|推移|移)|どのように(?:変わ|変化|推移|増|減)"
    r"|増えて(?:い|き)|減って(?:い|き)|時系列|これまでの"
)
_YESNO = re.compile(
    r"(?:ます|ました|です|でした|でしょう|のでしょう|んです|のです|ている|あり|られる|れる|せる|できる|できた"
    r"|ない|った|した|する|たの|るの|いの|のか)(?:か|かね|の)?(?:[?。]|$)|か(?:どうか|否か)|(?:本当|本当に)"
)
_WH = re.compile(
    r"何|なん(?!ら|と(?:か|も))|いつ(?!も|か(?!ら))|どこ|どの|どれ|だれ|誰|どちら|どなた|どう|どん|いくら"
    r"|いくつ|なぜ|幾"
)
_TOTAL = re.compile(r"合計|合わせ|全部で|全体|総数|総額|トータル|のべ|全国計|あわせて|総計|通算")
# Things that are only found where they stand as such.
_PATTERNS = (
    (r"電話|tel|ファックス|fax番号|連絡先の番号", r"0\d{1,4}[-(（ー―‐]\d{1,4}[-)）ー―‐]\d{3,4}|\d{3}-\d{4}-\d{4}"),
    (r"メールアドレス|eメール", r"[\w.+-]+@[\w.-]+"),
    (r"url|アドレス(?!.*メール)|ホームページの住所", r"https?://|www\."),
    (r"郵便番号", r"〒?\d{3}-\d{4}"),
)
_TELL = re.compile(r"教え|知りたい|示し|述べ|お答え|答え|伺|うかが|挙げ|あげて|お願い|願います|ください|下さい")

LATEST = re.compile(r"今(?!後|年|回|月|日|般)|現在|最新|直近|いま(?!す|し|せ)|足元|足下|現時点")
_RELATIVE_FY = {
    "今年度": 0,
    "本年度": 0,
    "昨年度": -1,
    "前年度": -1,
    "来年度": 1,
    "翌年度": 1,
    "一昨年度": -2,
    "次年度": 1,
}
_RELATIVE_YEAR = {
    "今年": 0,
    "本年": 0,
    "昨年": -1,
    "去年": -1,
    "前年": -1,
    "来年": 1,
    "翌年": 1,
    "一昨年": -2,
    "おととし": -2,
}
_MEETING_TAIL = re.compile(
    r"^(?:の|における|時点の|に(?:開かれた|行われた)|)?(?:第?\d*回?)?(?:定例|臨時)?(?:\S{0,8}?)(?:議会|定例会"
    r"|委員会|会見|説明資料|資料|説明(?!会)|報告)"
)

# Words of a question that carry no topic: asking, politeness, and the frame "according to the papers".
_STOP = frozenset(
    """
    教える 知る くださる 下さる 願う 答える お答え 示す 伺う 言う いう 呼ぶ 何 なに どこ どの どれ
    だれ 誰 どちら どなた どう どんな いくら いくつ なぜ いつ 幾つ 幾ら 有る ある 居る いる 為る
    する 成る なる 出来る できる こと 事 もの 物 の よう 様 方 ため 為 人 年 年度 月 日 時点
    現在 今 最新 直近 資料 記載 説明 場合 御座る ござる です ます だ 頂く いただく 貰う もらう
    聞く みる 見る 見せる 挙げる 列挙 全て 全部 順 順番 それぞれ 其々 各々 具体 的 名前 名称
    くらい ぐらい 位 程 ほど 分かる 数字 数 値 時 頃 ころ ほう 私 あなた 皆 さん 氏 以上 以下
    うち 内 及び および また とき 他 ほか これ それ あれ この その あの ここ そこ これまで 本 当
    同 つ 個 件 回 名 社 校 円 割 % 番目 代 目 末 中 上 下 前 後 間 際 点 際し 関する
    於く おく つく 就く よる 因る 対する 伴う とる 取る 気 話 ください かた 箇所 か所 度 ずつ 宛
    程度 多い 少ない 増える 減る 増加 減少 比べる 比較 違う 違い 変わる 変化 差 推移 理由 意味
    定義 内容 概要 年月 西暦 和暦 日付 町役場 御 呉れる 為さる 合わせる あわせる 新しい 一番 プラス マイナス 上げる 所
    者
    良い いい 及 共 も です。 だけ まで から より では なさる 致す いたす おる 申す 存じる 思う
    考える 実際 例えば 何か しまう 仕舞う 来る くる 行く いく やる 遣る ちょうど
    """.split()
)


@dataclass(frozen=True)
class Term:
    """A word or compound of the question's topic; ``parts`` are the lemmas of a compound's pieces."""

    text: str  # folded surface
    lemma: str
    parts: tuple[str, ...] = ()
    quoted: bool = False
    proper: frozenset[str] = frozenset()  # the parts that name a place, person or body
    ordinal: bool = False  # 第2回, 20～24歳: a number that tells one thing from its neighbours


@dataclass(frozen=True)
class Question:
    """A question as it was read. ``units`` are the units the answer may carry; empty means any."""

    text: str
    folded: str
    kind: QuestionType
    terms: tuple[Term, ...]
    units: frozenset[str] = frozenset()
    counter: str | None = None  # the counter as asked: 何名 → 名
    focus: tuple[str, ...] = ()  # lemmas of what is asked about, next to the interrogative
    periods: tuple[Period, ...] = ()  # the times that the answer must hold for
    meetings: tuple[Period, ...] = ()  # the dates of documents that are named
    alternatives: tuple[str, ...] = ()  # folded: 「AとBではどちらが」
    wants_latest: bool = False
    wants_difference: bool = False
    wants_series: bool = False
    wants_list: bool = False
    wants_number: bool = False
    wants_total: bool = False
    is_terse: bool = False  # keywords without a verb
    pattern: str | None = None  # what the answer must look like: 電話番号 → digits and hyphens
    count: int | None = None  # how many items a list must have, when the question says so
    suffixes: tuple[str, ...] = ()  # どの町 → 町: what the name or place ends with


def validate(text: str, limit: int = 500) -> str:
    """Return the question without surrounding white space, or raise ``QuestionError`` saying what is wrong with it."""
    stripped = text.strip()
    if not stripped:
        raise QuestionError("empty", "質問が空です。知りたいことを文で入力してください。", "the question is empty")
    if len(stripped) > limit:
        raise QuestionError(
            "too_long",
            f"質問が長すぎます（{len(stripped):,}文字）。{limit:,}文字以内にしてください。",
            f"the question has {len(stripped)} characters; the limit is {limit}",
        )
    if not re.search(r"\w", stripped):
        raise QuestionError(
            "symbols_only",
            "記号だけでは質問として読めません。ことばで入力してください。",
            "the question holds no letters or digits",
        )
    # A lone acronym such as TSMC or KPI is a keyword; a sentence without kana and kanji is another language.
    if not re.search(r"[ぁ-んァ-ヶ一-龠々〆ｦ-ﾟ]", stripped) and len(re.findall(r"[^\W\d_]{2,}", stripped)) > 2:
        raise QuestionError(
            "not_japanese",
            "日本語の質問にだけお答えできます。日本語で入力してください。",
            "the question is not in Japanese",
        )
    return stripped


def read_question(text: str, today: str | None = None) -> Question:
    """Return how a question is understood; ``today`` (ISO) is the date that 昨年度 and 今年 are counted from.

    例: 「令和5年度の移住相談は何件？」 → number, units 件, period FY2023, terms 移住相談
    """
    folded = fold(text)
    periods, meetings = _read_periods(text, today)
    kind, flags = _read_kind(folded, len(periods), len(meetings))
    units, counter = _read_units(folded)
    terms, focus = _read_terms(text)
    question = Question(
        text=text,
        folded=folded,
        kind=kind,
        terms=terms,
        units=units,
        counter=counter,
        focus=focus,
        periods=periods,
        meetings=meetings,
        alternatives=_read_alternatives(folded),
        wants_latest=bool(LATEST.search(folded)),
        wants_total=bool(_TOTAL.search(folded)),
        pattern=_read_pattern(folded),
        is_terse=not re.search(r"ます|です|でし|ください|教え|[かの]\?|何|どう|どこ|いつ|だれ|誰", folded),
        suffixes=_read_suffixes(folded),
        count=_read_count(folded),
    )
    return replace(question, **flags)  # type: ignore[arg-type]


def _read_kind(folded: str, periods: int, meetings: int) -> tuple[QuestionType, dict[str, bool]]:
    """Return the kind of answer and the flags that go with it, from the clause that asks where there is one."""
    kind, flags = _kind_of(folded, periods, meetings)
    asking = re.split(r"[、。]", folded.rstrip("。?! "))[-1]
    if asking != folded.rstrip("。?! ") and kind not in ("comparison", "temporal", "yesno") and _WH.search(asking):
        own, _ = _kind_of(asking, 0, 0)
        # 例: …の使い方を相談できる拠点をつくる事業、担当はどの課? asks for a name, not for a way to do something.
        kind = own if own not in ("text", "yesno", "list", "comparison", "temporal") else kind
    return kind, flags


def _kind_of(folded: str, periods: int, meetings: int) -> tuple[QuestionType, dict[str, bool]]:
    tail = folded[-60:]
    # 何課, 何町 ask for a name, not for how many.
    counted = re.sub(r"何(?:課|室|局|部(?!会|署|数)|市(?!町村)|町(?!村)|村|県)", "どれ", folded)
    number = bool(_COUNTER.search(counted) or _AMOUNT.search(folded) or _HOW_MUCH.search(folded))
    measure = _last_measure(folded) is not None
    compare = bool(_COMPARE.search(folded))
    trend = bool(_TREND.search(folded))
    listing = bool(_LIST.search(folded))
    which = bool(re.search(r"どちら(?:が|の(?:方|ほう)が|も)|どっちが", folded))
    several = periods > 1 or meetings > 1
    flags = {
        "wants_difference": compare and not which,
        "wants_series": trend,
        "wants_list": listing,
        "wants_number": number or measure,
    }
    if which and (number or measure or compare):
        return "comparison", flags
    if trend and (measure or number or several or re.search(r"推移|移り変わり|経年", folded)):
        return "temporal", flags
    if several and (number or measure or compare or listing):
        return "comparison" if compare else "temporal", flags
    if compare and (number or measure):
        return "comparison", flags
    if _REASON.search(folded) and not number:
        return "reason", flags
    if _DEFINITION.search(folded) and not number and not _WHEN.search(folded):
        return "definition", flags
    if number and not re.search(r"どこですか|誰ですか|いつですか", tail):
        return "number", flags
    if _HOWTO.search(folded) and not listing:
        return "howto", flags
    if listing or re.search(r"(?:市町村|国・地域|団体|地域|高校|学校|企業)(?:は|が)(?:どこ|どちら(?!が))", folded):
        return "list", flags
    if _WHO.search(folded):
        return "name", flags
    if _WHEN.search(folded):
        return "date", flags
    if _WHICH_ORG.search(folded):
        return "name", flags
    if _WHERE.search(folded):
        return "place", flags
    if measure and (_TELL.search(tail) or not _WH.search(folded)) and not _yes_no(folded):
        return "number", flags
    if not _WH.search(folded) and _yes_no(folded):
        return "yesno", flags
    if _NAME.search(folded):
        return "name", flags
    if compare:
        return "comparison", flags
    return "text", flags


def _yes_no(folded: str) -> bool:
    """Tell whether the last asking sentence wants はい or いいえ. 例: 達成できたんですか? 実績も教えてください。"""
    sentences = [s for s in re.split(r"(?<=[。?!])", folded) if s.strip()]
    return any(_YESNO.search(s.strip()) and not _WH.search(s) and not _TELL.search(s) for s in sentences)


def _last_measure(folded: str) -> frozenset[str] | None:
    """Return the units of the measure noun that the question ends in. 例: …の会員数は? → 人, 社, …"""
    for period in reversed(find_periods(folded)):
        folded = folded[: period.at[0]] + folded[period.at[1] :]
    folded = re.sub(r"\([^)]*\)", "", folded.rstrip("。?! "))
    body = re.sub(
        r"(?:です|でした|でしょう|教えて|お教え|知りたい|ください|下さい|ますか|か|は|を|って|の|、|。|\?|!|に"
        r"|ついて|お願いします|だった|だと|では|なら|どう|なり|何|いくつ|示して|\s)+$",
        "",
        folded,
    )
    for pattern, units in MEASURES:
        if pattern.search(body):
            return units
    return None


def _read_units(folded: str) -> tuple[frozenset[str], str | None]:
    counted = re.sub(r"何(?:課|室|局|部(?!会|署|数)|市(?!町村)|町(?!村)|村|県)", "どれ", folded)
    match = [*_COUNTER.finditer(counted)][-1] if _COUNTER.search(counted) else None
    if match:
        counter = match.group(1)
        groups = [group for group in UNIT_GROUPS if counter in group]
        return frozenset().union(*groups) | {counter}, counter
    if _AMOUNT.search(folded):
        return MONEY, "円"
    match = _HOW_MUCH.search(folded)
    if match:
        noun = re.match(r"の([一-龠ァ-ヶ]{2,8})", folded[match.end() :])
        if noun and not any(re.search(pattern, noun.group(1)) for pattern, _ in COUNTED):
            return frozenset({noun.group(1)}), noun.group(1)
        around = folded[match.end() : match.end() + 8] + "|" + folded[max(0, match.start() - 14) : match.start()]
        for pattern, units in COUNTED:
            if re.search(pattern, around):
                return units, None
        return frozenset(), None
    measure = _last_measure(folded)
    if measure is not None:
        return measure, None
    for measured, units in MEASURES[:-1]:
        if re.search(measured.pattern.removesuffix("$") + r"(?:は|を|が|の|、|と|も)", folded):
            return units, None
    return frozenset(), None


def _read_periods(text: str, today: str | None) -> tuple[tuple[Period, ...], tuple[Period, ...]]:
    """Return the periods asked about, and those that only name a document by its meeting's date."""
    periods: list[Period] = []
    meetings: list[Period] = []
    folded = fold(text)
    text = _with_years(text)
    found = find_periods(text)
    # 例: 令和6年度の…、10月末の時点と1月末の時点: months without a year lie in the year that was named.
    named = [p for p in found if p.kind in ("fiscal_year", "year")] or [parse_code(p.start[:4]) for p in found[:1]]
    if named:
        found = find_periods(text, named[0])
    for period in found:
        tail = fold(text[period.at[1] : period.at[1] + 24])
        (meetings if _MEETING_TAIL.search(tail) else periods).append(period)
    periods += _one_year_on(folded, periods)
    if today is not None:
        anchor = max(periods, key=lambda p: p.at[0], default=None)
        periods += _relative_periods(text, today, anchor)
    unique: dict[str, Period] = {}
    for period in periods:
        unique.setdefault(period.code, period)
    kept = [p for p in unique.values() if not any(_only_names_the_year_of(p, q) for q in unique.values() if q is not p)]
    return tuple(kept), tuple(meetings)


def _with_years(text: str) -> str:
    """Return the text with years that lean on the one before written out.

    例: 令和6年10月末…翌年1月末 → 令和6年10月末…2025年1月末; 令和3年度から5年度 → 令和3年度から令和5年度
    """
    text = re.sub(
        r"(令和|平成|[RrＲHhＨ])([0-9０-９]{1,2})(年度|年)?(から|と|、|・|～|~)([0-9０-９]{1,2}年度?)",
        r"\1\2\3\4\1\5",
        text,
    )
    for word, offset in (("翌年", 1), ("同年", 0)):
        for match in reversed(list(re.finditer(word + r"(?=(?:の)?\d|[１-９])", text))):
            before = find_periods(text[: match.start()])
            if before:
                text = f"{text[: match.start()]}{int(before[-1].start[:4]) + offset}年{text[match.end() :]}"
    return text


def _one_year_on(folded: str, periods: Sequence[Period]) -> list[Period]:
    """Return the end of 「2023年6月から1年で」: the same point a year (or n years) later."""
    match = re.search(r"から(?:の)?(\d+|一)年(?:間)?(?:で|の間|後)", folded)
    if len(periods) != 1 or match is None or periods[0].kind == "range":
        return []
    years = 1 if match.group(1) == "一" else int(match.group(1))
    start = periods[0]
    later = re.sub(r"\d{4}", lambda m: str(int(m.group()) + years), start.code, count=1)
    try:
        return [replace(parse_code(later), at=(start.at[1], start.at[1]))]
    except ValueError:
        return []  # 29 February


def _only_names_the_year_of(period: Period, other: Period) -> bool:
    """例: 平成31年度（令和元年度） is one period, and so are 令和6年度 and the 10月末 that follows in it."""
    return period.start == other.start and period.end == other.end and period.at[0] > other.at[0]


def _relative_periods(text: str, today: str, anchor: Period | None) -> list[Period]:
    year, month = int(today[:4]), int(today[5:7]) if len(today) >= 7 else 4
    fiscal = year if month >= 4 else year - 1
    made: list[Period] = []
    for word, offset in sorted((_RELATIVE_FY | _RELATIVE_YEAR).items(), key=lambda item: -len(item[0])):
        at = text.find(word)
        if at < 0 or any(p.at[0] <= at < p.at[1] for p in made):
            continue
        is_fiscal = word in _RELATIVE_FY
        if word in ("前年度", "翌年度", "前年", "翌年") and anchor is not None:
            base = int(anchor.start[:4])
        else:
            base = fiscal if is_fiscal else year
        code = f"FY{base + offset}" if is_fiscal else f"{base + offset}"
        made.append(replace(parse_code(code), at=(at, at + len(word))))
    if anchor is not None and re.search(r"前の年度?|前年度?比", text) and not made:
        base = int(anchor.start[:4]) - 1
        at = text.find("前の年") if "前の年" in text else text.find("前年")
        code = f"FY{base}" if anchor.kind == "fiscal_year" else f"{base}"
        made.append(replace(parse_code(code), at=(at, at + 3)))
    return made


_KATAKANA_OR_LATIN = re.compile(r"[ァ-ヶー・]{3,}|[A-Za-zＡ-Ｚａ-ｚ][A-Za-zＡ-Ｚａ-ｚ0-9０-９]+")
# A number that tells one thing from its neighbours: 20～24歳, 65歳以上, 50代, 第2回, 第1弾, 3泊, 2年次
_ORDINAL = re.compile(
    r"第[0-9０-９一二三四五六七八九十]+(?:[回弾号次期部章条]|工場|工区|ターミナル)(?:目)?"
    r"|[0-9０-９]+(?:\s*[~～〜\-－]\s*[0-9０-９]+)?(?:歳(?:以上|以下|未満|代)?|代(?=[のでにはがかま、]|$)|泊|年生"
    r"|年次|回目|番目|学年)"
    # A year that belongs to a name: エキスポ2025, FES 2024 in 東京
    r"|(?<=[ァ-ヶーA-Za-zＡ-Ｚａ-ｚ一-龠])[ 　]?(?:19|20|１９|２０)[0-9０-９]{2}(?![0-9０-９]|[ 　]?[年/.／．-])"
)
_QUOTED = re.compile(r"[「『“\"]([^「」『』”\"]{2,30})[」』”\"]")


def _read_terms(text: str) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Return the topic's words: noun compounds with their parts, verbs and adjectives, quoted names whole."""
    dates = [p.at for p in find_periods(text)]
    quoted = [match.span(1) for match in _QUOTED.finditer(text)]
    # Names that the dictionary cuts into adverbs and pronouns (チョイソコ) are names all the same.
    ordinals = [match.span() for match in _ORDINAL.finditer(text)]
    names = [match.span() for match in _KATAKANA_OR_LATIN.finditer(text)] + ordinals
    terms = [Term(fold(text[a:b]), fold(text[a:b]), (fold(text[a:b]),), quoted=True) for a, b in quoted]
    terms += [
        Term(fold(text[a:b]).strip(), fold(text[a:b]).strip(), (fold(text[a:b]).strip(),), ordinal=True)
        for a, b in ordinals
    ]
    run: list[Morph] = []

    def close() -> None:
        pieces = [p for p in _pieces(run, names, text) if p not in _STOP and not p.isdigit()]
        if pieces:
            start, end = run[0].start, run[-1].end
            surface = fold(text[start:end])
            inside = any(a <= start and end <= b for a, b in quoted)
            lemma = pieces[0] if len(run) == 1 else surface
            proper = frozenset(fold(m.base) for m in run if m.pos2 == "固有名詞")
            terms.append(Term(surface, lemma, tuple(pieces), inside, proper))
        run.clear()

    found = morphs(text)
    for i, morph in enumerate(found):
        if any(a <= morph.start < b for a, b in (*dates, *ordinals)) or re.match(
            "何|なん|幾|いく(?!つか)", morph.surface
        ):
            close()
            continue
        nominal = morph.pos in ("名詞", "接頭辞", "接尾辞", "形状詞", "記号") and morph.surface not in "・"
        nominal = nominal or any(a <= morph.start and morph.end <= b for a, b in names) or _is_kana_name(found, i)
        if nominal and morph.pos2 != "助動詞語幹":
            if run and run[-1].end != morph.start:
                close()
            run.append(morph)
            continue
        close()
        if morph.pos in ("動詞", "形容詞") and fold(morph.base) not in _STOP:
            terms.append(Term(fold(morph.surface), fold(morph.base), (fold(morph.base),)))
    close()
    unique = tuple({t.text: t for t in reversed(terms)}.values())[::-1]
    return unique, _read_focus(text, unique)


def _is_kana_name(found: Sequence[Morph], i: int) -> bool:
    """Tell whether a morpheme is a piece of a name written in hiragana. 例: ぶらいと企業 (ぶら|いと|企業)"""
    if found[i].pos not in ("副詞", "感動詞"):
        return False
    near = [m for j in (i - 1, i + 1) if 0 <= j < len(found) for m in (found[j],)]
    return any(m.pos in ("副詞", "感動詞") and (m.end == found[i].start or m.start == found[i].end) for m in near)


def _pieces(run: Sequence[Morph], names: Sequence[tuple[int, int]], text: str) -> list[str]:
    """Return the lemmas of a compound's pieces; a name in katakana or letters, and one in kana, is one piece."""
    pieces: list[str] = []
    done = -1
    for i, morph in enumerate(run):
        if morph.start < done:
            continue
        name = next(((a, b) for a, b in names if a <= morph.start < b), None)
        if name is not None and (name[1] - name[0]) > morph.end - morph.start:
            done = name[1]
            pieces.append(fold(text[name[0] : name[1]]))
        elif _is_kana_name(run, i):
            j = i
            while j + 1 < len(run) and _is_kana_name(run, j + 1):
                j += 1
            done = run[j].end
            pieces.append(fold(text[morph.start : done]))
        else:
            pieces.append(fold(morph.base))
    return pieces


def _read_focus(text: str, terms: Sequence[Term]) -> tuple[str, ...]:
    """Return the lemmas of the words nearest to the interrogative. 例: 実際に契約に至ったのは何件 → 契約, 至る"""
    folded = fold(text)
    match = None
    for pattern in (_COUNTER, _AMOUNT, _HOW_MUCH, _WHEN, _WHERE, _WHO, _WHICH_ORG):
        match = pattern.search(folded)
        if match:
            break
    if match is None:
        nouns = [t for t in terms if t.text in folded]
        return nouns[-1].parts if nouns else ()
    clause_start = max(folded.rfind(mark, 0, match.start()) for mark in "、。?!") + 1
    before = folded[clause_start : match.start()]
    after = folded[match.end() : match.end() + 10]
    near = [t for t in terms if t.text in before][-2:] + [t for t in terms if after.startswith(t.text)]
    return tuple(part for t in near for part in t.parts)


def _read_alternatives(folded: str) -> tuple[str, ...]:
    """Return the things that are compared. 例: いちごと加工食品ではどちらが → いちご, 加工食品"""
    match = re.search(
        r"([^、。,\s?「」()は]{1,24}?)と、?([^、。,\s?「」()]{1,24}?)(?:を比べ[^、。]*、?|の(?:うち|間|中)(?:では"
        r"|で)?|では|とでは|で|は|、)?[、,]?(?:どちら|どっち)",
        folded,
    )
    # 例: 防災事業と福祉事業、予算が多いのはどっち
    match = match or re.match(
        r"([^、。,\s?「」()は]{1,24}?)と([^、。,\s?「」()は]{1,24}?)、.*(?:どちら|どっち)", folded
    )
    if match:
        return (match.group(1).removesuffix("の"), match.group(2).removesuffix("の"))
    match = re.search(r"([^、。,\s?「」()]{1,24}?)(?:と|より)([^、。,\s?「」()はが]{1,24}?)の(?:差|違い|比較)", folded)
    if match:
        return (match.group(1).removesuffix("の"), match.group(2).removesuffix("の"))
    if "目標" in folded and re.search(r"足り|不足|届|差|上回|下回|超え|オーバー|未達", folded):
        return ("実績", "目標")
    match = re.search(r"(転入|流入)(?:者)?(?:と|・|、)(転出|流出)", folded)
    return (match.group(1), match.group(2)) if match else ()


def _read_suffixes(folded: str) -> tuple[str, ...]:
    """Return what the asked name ends with. 例: どの町 → 町; どの部とどの部 → 部; 何高校 → 高校"""
    found = re.findall(rf"(?:どの|どこの|何という|なんという|どちらの|どんな)({_THINGS})", folded)
    # 例: 見学した会社はどこ, 対象の業界は?, 委託先の業者は誰
    found += re.findall(rf"({_THINGS})(?:名)?(?:は|が|って)(?:、)?(?:どこ|どちら|どれ|誰|だれ|何|なん|\?|$)", folded)
    found += re.findall(rf"({_THINGS})を(?:\d+つ|全て|すべて|全部|列挙|挙げ|教え)", folded)
    return tuple(dict.fromkeys(found))


_THINGS = (
    "市町村|町村|市|町|村|県|国|地域|地区|圏域|港|空港|駅|部署|部局|部会|課|局|室|会社|企業|団体|機関|組織"
    "|大学|高校|中学校|小学校|学校|銀行"
    "|事業者|業者|事業|計画|制度|サイト|アプリ|システム|会場|施設|推進本部|本部|協議会|会議|イベント|サービス"
    "|センター|部"
)


def _read_pattern(folded: str) -> str | None:
    """Return what the answer must look like. 例: 窓口の電話番号を教えて → a telephone number"""
    for asked, pattern in _PATTERNS:
        if re.search(rf"(?:{asked})(?:番号)?(?:は|を|が|$|\?|って|、)", folded):
            return pattern
    return None


def _read_count(folded: str) -> int | None:
    match = re.search(
        r"(\d+|[二三四五六七八九十])(?:つ|団体|市町村|か所|箇所|社|校|本柱|本の柱|点|項目|地域|人)(?:を|教|挙"
        r"|あげ|は|とは|の名|$|すべて|全て|全部|とも)",
        folded,
    )
    if not match:
        return None
    raw = match.group(1)
    return int(raw) if raw.isdigit() else "一二三四五六七八九十".index(raw) + 1
