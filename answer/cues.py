"""The words by which a question shows what it wants: tables, each a list of patterns with no state.

What is looked for in a question is a ``Cue``: a pattern that is not found inside a longer word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.japanese import Morph, morphs

# Words that hold a cue and are none, though the dictionary cuts them where the cue begins or ends.
_LONGER = re.compile(
    r"合計特殊出生率|全体(?:会(?!計)|構想|計画|方針|研修)|多目的|目的税|総合計|一番(?:街|館|星|搾|丁)|最(?:大|高|小)級|比較的"
    r"|(?:いつ|どこ|だれ|誰|なん|何|どれ|どちら|どなた)でも(?![うちっらりろ])"
)
_KATAKANA = re.compile(r"[ァ-ヶー]")


class Cue:
    """A pattern over folded questions that is met only where it stands as words of its own.

    例: マイナス is met in マイナスになった, and not in マイナスイオン; 差は in 男女の差は, and not in 段差は
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first place at which the pattern is met."""
        return next(self.finditer(text), None)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        at = 0
        while match := self._pattern.search(text, at):
            whole = match.end() == match.start() or not _cuts_a_word(text, *match.span())
            if whole:
                yield match
            at = max(match.end(), match.start() + 1) if whole else match.start() + 1

    def match(self, text: str) -> re.Match[str] | None:
        """Return the pattern's place where the text begins with it."""
        found = self.search(text)
        return found if found is not None and found.start() == 0 else None


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Tell whether a span begins or ends inside a word: a noun, a run of katakana, or one of a few longer names."""
    for at in (start, end):
        if 0 < at < len(text) and _KATAKANA.match(text[at - 1]) and _KATAKANA.match(text[at]):
            return True
    for a, b, is_noun in _words(text):
        if a < start < b:
            return True
        # What is left of a noun may be its ending: 差し引|き. A longer word is どう|ぶつ.
        ending = re.match(r"[ぁ-ん]+$", text[end:b]) and not re.match("[ぁ-ん]", text[end - 1])
        if is_noun and start <= a < end < b and not ending:
            return True
    return False


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[tuple[int, int, bool], ...]:
    """Return the spans of a text's words that are never inflected, and of the longer ones; whether each is a noun."""
    kept = ("名詞", "代名詞", "副詞", "助詞", "感動詞")
    return (
        *((*m.span(), True) for m in _LONGER.finditer(text)),
        *((m.start, m.end, _is_noun(m)) for m in morphs(text) if m.pos in kept and m.end - m.start > 1),
    )


def _is_noun(morph: Morph) -> bool:
    return morph.pos == "名詞" and not morph.surface.startswith("何")  # 例: 何千, 何曜 ask with their 何


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
            r"(?:会員数|参加者数?|出展者数?|登録者数?|利用者数?|応募者数?|申請者数?)$",
            PEOPLE | UNIT_GROUPS[1],
        ),
        (
            r"(?:人数|者数|人口|員数|定員|名数|人の数|方の数|来場者|移住者|受講者|生徒の数|職員の数)$",
            PEOPLE,
        ),
        (r"(?:割合|[^効]率|比率|構成比|シェア|達成度|パーセント)$", RATE),
        (r"(?:件数)$", UNIT_GROUPS[3]),
        (r"(?:順位|ランキング)$", UNIT_GROUPS[6]),
        (r"(?:校数)$", UNIT_GROUPS[7]),
        (
            r"(?:社数|企業数|団体数|事業者数|事業所数|出展数|(?:会社|企業|団体|事業者|事業所)の数)$",
            UNIT_GROUPS[1] | PEOPLE,
        ),
        (r"(?:市町村数|自治体数|(?:市町村|自治体|町村|市|町|村)の数)$", UNIT_GROUPS[2]),
        (r"(?:面積|広さ)$", UNIT_GROUPS[17]),
        (r"(?:長さ|延長|距離|高さ)$", UNIT_GROUPS[16]),
        (r"(?:重さ|重量)$", UNIT_GROUPS[15]),
        (r"(?:台数)$", UNIT_GROUPS[18]),
        (r"(?:戸数|世帯数|棟数)$", UNIT_GROUPS[19]),
        # An amount of things is no amount of money: 給水量, ごみの量
        (
            r"(?<![数金質])量$",
            UNIT_GROUPS[14]
            | UNIT_GROUPS[15]
            | UNIT_GROUPS[18]
            | UNIT_GROUPS[20]
            | UNIT_GROUPS[21]
            | {"kwh", "kw", "mw", "ml", "kl", "食", "袋", "箱", "俵"},
        ),
        (r"[たるの](?:方|人|者)の(?:累計|合計|総計|総数)$", PEOPLE),
        (r"(?:累計|合計|総計|総数)$", frozenset()),
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


WHICH = r"(?:何|なん|幾)"


# 何日もらえる, 何日前 count days; 何日に, 何日から ask for one.
DAYS_COUNTED = (
    r"日(?=間|縮|短|かか|以[内上]|必要|くらい|ぐらい|程度|ほど|延|分|前|後|取|休|付与|残|もら|たて|たっ|経"
    r"|ある|あり|いる|いり)"
)


COUNTER = Cue(
    WHICH + r"((?![区部自成水塩身当処年月日時])[一-龠ァ-ヶ]{1,3}?分"
    r"|万?人泊|人|名|件|社|校|円|位|便|回|台|枚|本|個|戸|棟|世帯|店舗|市町村|市|町|村|団体|自治体|か所|箇所|カ所"
    r"|ヶ所|%|パーセント|割|倍|歳|才|トン|キロ|kg|km|m2|m3|ha|ヘクタール|平方メートル|立方メートル|事業所"
    r"|事業者|事業|企業|言語|か国語|ヶ国語|か国|カ国|種類|品目|項目|日間|泊|時間|分間|分|ヶ月|か月|カ月"
    r"|年間|年度間|組|部会|課|室|局|床|区域|地域|地区|施設|ポイント|万人|万円|億円|千円|百万円|者|点|冊|基"
    r"|teu|つ|代|" + DAYS_COUNTED + r"|年(?=くらい|ぐらい|程度|ほど|以上|かか|もつ|続|たて|たっ|経)"
    # 例: 何食分つけた, 何体分の: whatever is counted in shares
    r"|[一-龠ァ-ヶ]{1,2}分(?![野類析割団担科布散岐譲校室])|(?:食|体|匹|頭|羽|隻|脚|着|足|艇)(?![一-龠])"
    r"|(?!年|月|日|時|曜|か|で|と|の|が|を|に|も|故|処|という|て|度"
    r"|ら)[一-龠ァ-ヶ]{1,2}(?=[をがはにもまでぐくほぶ、。?]|$|です|あ|い))"
)


AMOUNT = Cue(r"(?:お)?いくら|幾ら|何円|金額は")


# Nouns that name an amount: a figure in the right unit answers only where the paper calls it so.
NAMED_AMOUNT = (
    r"定員|人口|世帯数|生徒数|児童数|職員数|運賃|料金|授業料|入場料|受講料|手数料|使用料|利用料|会費|建設費|運用費"
    r"|年収|給与|家賃|面積|身長|体重"
)


HOW_MUCH = Cue(r"いくつ|どれ(?:くらい|ぐらい|だけ|ほど)|どの(?:くらい|ぐらい|程度)|何個|なん個|どれほど")


WHEN = Cue(
    r"いつ(?!も|か(?!ら))|何年何月|何月何日|何年度|何年(?!間|ぐらい|くらい|程度|ほど|後|生|連続|ぶり|以上|かか|もつ|続|たて|たっ|経|目)|何月"
    r"|何(?!" + DAYS_COUNTED + r")日|何時(?!間)|何曜日|日付|日程|日時(?!点)|時期|開催日"
    r"|期日|期限|年月日|設立年|開始日|開始時期|締め切り|締切"
    r"|(?<![\d一二三四五六七八九十毎休平祝半当初同])日(?:は(?!何)|を|って|$|[?]|です|と)"
)


WHERE = Cue(
    r"(?<!の方)はどちら(?:に|です|でしょ|$|\?)|どこ(?!まで.{1,12}(?:いい|よい|良い|できる|られる))|何処|どちらで|どちらに(?:あ|所在)|どの(?:市町村|市|町|村"
    r"|県|国|地域|地区|都市|場所|会場|港|空港|駅|エリア|圏域)|何(?:市|町|村|県)(?!町村)|場所|会場|開催地"
    r"|所在地|(?:住所|地番|番地)(?:は|って|を(?:教|お|知)|$|[?。])|行き先|派遣先(?!は何)"
)


WHO = Cue(
    r"誰|だれ|どなた|何という(?:人|方)|どんな(?:人|方)"
    r"|(?:[たるの](?:人|方)|選手|講師|講演者|登壇者|創業者|社長|館長|校長|会長|代表者?|司会者?|理事長"
    r"|審査員)(?:は)?(?:[?。]|$)"
    r"|(?:氏名|人の名前|講師名|知事名|社長(?:さん)?の名前|(?:人|方|者|講師|社長|選手|代表|知事|ゲスト|館長"
    r"|校長|会長|委員長|座長)の(?:お)?名前)"
)


# 例: 工事を請け負った会社名, 相手の町は
NAME_OF = re.compile(
    r"(相手方|請負者|受注者|落札者|会社|企業|業者|事業者|団体|法人|組織|機関|学校|大学|施設|店|銀行|課|部署|地区"
    r"|市町村|市|町|村)"
    r"(?:名(?:は|を(?:教え|お?答え|示し|知り).*)?|(?<=地区)|(?<=相手方)|(?<=[負注札]者)|は)[?。]?$"
)


WHICH_ORG = Cue(
    r"(?:どの|どこの|何という|なんという|どちらの|担当する|所管する|所管の|担当の)(?:部署|部局|部会|課|部|局|室|会社"
    r"|企業|団体|機関|組織|大学|学校|銀行|省庁|省|業者|事業者|法人)"
    r"|担当課|所管課|事務局はどこ|主催者|(?:主催|共催|後援|協賛)は|委託先|受託者|運営主体|実施主体|どの(?:部|課|局|会社|企業|団体"
    r"|大学)|何課|何部(?!会)"
)


NAME = Cue(
    r"何という|なんという|何て(?:いう|呼)|なんて(?:いう|名)|名前|名称|愛称|通称|呼び名|呼称|何と呼|どんな名"
    r"|何でしょう|なんでしょう|何ですか|なんですか|何か(?:。|$|教|お)|とは何を|何の|どの|何が|何を|何に|何と"
)


DEFINITION = Cue(
    r"(?<!こ)とは(?:$|[?。、]|何(?!と|を|が|名|人|件|で[あ-ん]*定)|なん|どう(?:い|ゆ)|どの(?:よう|ような)|どん"
    r"|いかなる|具体的)|って(?:何(?![とが])|なん(?!と)|どう(?:い|ゆ)|どんな)|という(?:の|もの)は(?:何|どん|どう)"
    r"|の(?:意味|定義|概要|内容)(?:は|を|$|って|について)|どう(?:い|ゆ)う(?:意味|もの|こと|制度|仕組み|事業"
    r"|取組|組織)|どんな(?:もの|制度|仕組み|事業|組織|取り?組み?|サービス|こと|内容|施設|場所|計画|会議|団体"
    r"|道)(?![がを])|どのような(?:もの|制度|仕組み|事業|組織|取り?組み?|サービス|こと|内容|施設|計画|会議|団体"
    r"|特区)(?![がを])"
    r"|何を(?:する|指す|意味)|(?:を)?説明して"
)


# What a question ends in, whatever else it speaks of. 例: 前年より減った主な要因
REASON_ASKED = Cue(
    r"(?:理由|原因|要因|背景)(?:は|を|って|とは|が)?(?:、)?(?:何|なん|どう|教え|お?答え|示し|知り|お?聞|です|でしょ|$|[?。])"
)


REASON = Cue(
    r"なぜ|何故|なんで(?!しょう|す)|どうして(?!いる|い|おり|も)|理由|原因|要因|わけ(?:は|を|$|で)|背景|ねらい"
    r"|狙い|趣旨|目的(?!別)|何のため|何がきっかけ|きっかけ|契機|何があったから|どういう経緯|経緯"
    r"|何[がに](?:影響|響い)|何に(?:困|悩)|[るたい](?:から|ため)(?:です|なの|なん)?(?:か)?(?:\?|$)"
)


# 例: 申し込みたい会社は何をすればよいですか, どんな書類を添えて出せばいいでしょうか
HOWTO_ASKED = Cue(
    r"(?:どう|何を)(?:すれば|したら|やれば)|(?:どこに|どこへ|誰に|いつまでに).*(?:どんな|どの|何).*(?:れば|たら)(?:いい|よい|良い|よろし)"
)


HOWTO = Cue(
    r"どう(?:すれば|したら|やって(?!いる|い)|やれば|処理(?!した|され)|扱(?:う|えば)|申請|申し込|進(?!捗)|対応|対処|支援|相談|連絡|使え|手続)"
    r"|どのように(?:して|すれば|申|利用|手続|予約|使|登録|行|相談|連絡|進(?!捗)|対応|対処|支援|防|守)|手順|方法|やり方|手続き?(?:は|を|$|に)|仕方|何をすれば|何が必要|どこに(?:申|相談|連絡"
    r"|問い合わせ)|使い方|流れ(?:は|を|$)|ステップ"
)


LIST = Cue(
    r"のは(?:、)?(?:どんな|どのような)[一-龠ァ-ヶ]|列挙|すべて|全て|(?<!保)全部(?!会|門|署|品|局)|一覧|リスト|挙げて|あげて|順に|順番|それぞれ|どこどこ"
    r"|何と何|誰と誰|だれとだれ|どことどこ|どこと(?=$|[?。、で])|何が(?:ある|あり|含ま|入って|挙げ)|全校|全社|全員|ずつ|メンバー(?:は|を|$)|構成員"
    r"|[2-9二三四五六七八九十]つ(?:を|教|挙|あげ|は|の|$|とも|$)|\d+(?:つ|団体|市町村|か所|社|校|事業|項目|言語|か国|高校|大学|部会|銀行|企業|分野|業種|地区|地域"
    r"|本柱|本の柱|点)(?:を|は|とは|の名|$|教|挙)|どんな(?:もの|こと|取り?組み?|事業|メニュー|項目|分野|業種|企業"
    r"|会社|市町村|言語|漢字|内容|種類|支援|機能|効果|課題|対策|サービス|話題|意見|議論)[がを]|どのような(?:もの"
    r"|こと|取り?組み?|事業|メニュー|項目|分野|業種|企業|支援|機能|効果|課題|対策|方針|柱|話題|意見|議論)[がを]|(?:部会|市町村|企業"
    r"|団体|国|学校|高校|大学|銀行|会社|産業|品目|機材|業界|分野|言語|項目|メニュー|柱|方針|テーマ|コース|種類|構成|内訳|対象(?:の)?(?:業界|分野"
    r"|業種|者))は(?:$|[?。]|どこ|何(?!人|件|社|校|年|で開)|どれ)"
)


COMPARE = Cue(
    r"どちら(?:が|の(?:方|ほう)が|も|は)|どっち|比べ|比較|より(?:も)?(?:どれ|どの|何|いくら|多|少|高|低|増|減)"
    r"|(?:いくら|いくつ|どれ(?:だけ|くらい|ほど)|どの(?:くらい|程度)|何\S{1,4}?|ほど|くらい)(?:ほど|くらい"
    r"|ぐらい)?(?:、)?(?:増え|減[っり少]|増加|減少|増(?!や)|多[いく]|少な[いく]|伸び|上が|下が|上回|下回|縮"
    r"|延び|拡大|違)|差(?:は|を|額|$|が|し引)|目標[^。]*(?:足り|届か)|何\S{1,3}?(?:多|少な)|縮ま|違い"
    r"|ちが[いうっ]|上積み|上乗せ|プラス|マイナス|違う"
    r"|違っ|変わった|変化|[安高]くな|値[上下]が|値[上下]げ|引き?[上下]げ"
)


# Words of a question that may have to do with how something changed.
SPEAKS_OF_CHANGE = Cue(r"増|プラス|減|変|差|比")


TREND = Cue(
    r"推移|移り変わり|経年|年度ごと|年ごと|どう(?:変わ|変化|推移|移)|どのように(?:変わ|変化|推移|増|減)"
    r"|増えて(?:い|き)|減って(?:い|き)|時系列|これまでの"
)


# 例: 最も多い, 一番大きかった, 増え方が一番大きい, 売上が最大の
SUPERLATIVE = Cue(
    r"(?:最も|もっとも|一番|いちばん|1番)(?:に|(?P<what>[^、。は?]{1,8})が)?(?P<how>多|少な|大き|小さ|高|低|長|短|広|狭|重|軽|安|増え|増加|伸び|減)\S{0,5}?"
    r"(?=[^いかくすたなつてっきえりび]|$)"
    r"|(?P<bare>最多|最大|最高|最長|最少|最小|最低|最短)(?:だった|である|となった|な|の|は|が|$)"
    r"|(?P<top>トップ|上位|ベスト|ワースト|下位)(?P<count>\d{1,2})"
)
# Words beside a figure that say it is itself a difference.
TELLS_CHANGE = re.compile(r"増|減|差|上回|下回|上昇|低下|短縮|拡大|伸び|比べ|縮|[安高多少]く|ポイント|[+△▲]")
LITTLE = re.compile(r"少|小|低|短|狭|軽|安|ワースト|下位")
# What a paper says where it ranks things itself.
SUPERLATIVE_SAID = re.compile(
    r"最も|もっとも|一番|いちばん|最多|最大|最少|最小|最高|最低|最長|トップ|首位|1位|第1位|多い順"
)
# The heading of a column of differences.
CHANGE_HEADING = re.compile(r"増減|比較|差引|増加|減少|伸び?率|伸び|前年(?:度)?(?:比|差)|対前年")


YESNO = Cue(
    r"(?:ます|ました|です|でした|でしょう|のでしょう|んです|のです|ている|あり|られる|れる|せる|できる|できた"
    r"|ない|った|した|する|たの|るの|いの|のか)(?:か|かね|の)?(?:[?。]|$)|[うくすつぬぶむる](?:の)?\?|か(?:どうか|否か)|(?:本当|本当に)"
)


# 何か事業をした, どこかで: no more than "some".
WH = Cue(
    r"何(?!か(?!所|国|月|年|条|村|町|[?。]|$|教|お|、))|なん(?!ら|と(?:か|も))|いつ(?!も|か(?!ら))|どこ(?!か(?![?。]|$|ら))|どの|どれ|だれ|誰(?!か(?![?。]|$|ら))|どちら|どなた|どう|どん"
    r"|いくら|いくつ|なぜ|幾"
)


# 数字もあわせて教えて asks for two things, not for their sum.
TOTAL = Cue(
    r"合計|(?:合わせ|あわせ)(?!て(?:、)?(?:教|お|答|示|ご|知|うかが|伺|[。?]|$))|全部で|全体|総数|総額|トータル|のべ|全国計|総計|通算"
)


# The row or column of totals.
TOTAL_HEADING = re.compile(
    r"(?:.*[^\S\n])?\S{1,6}の合?計|(?:全国の?|県全体の?|全)?(?:合\s*計|総\s*計|総\s*数|全\s*体|計|総額)(?:\s*[(（].*)?"
)


# Things that are only found where they stand as such.
PATTERNS = (
    (r"電話|tel|ファックス|fax番号|連絡先の番号", r"0\d{1,4}[-(（ー―‐]\d{1,4}[-)）ー―‐]\d{3,4}|\d{3}-\d{4}-\d{4}"),
    (r"メールアドレス|eメール", r"[\w.+-]+@[\w.-]+"),
    (r"url|アドレス(?!.*メール)|ホームページの住所", r"https?://|www\."),
    (r"郵便番号", r"〒?\d{3}-\d{4}"),
)


TELL = Cue(r"教え|知りたい|示し|述べ|お答え|答え|伺|うかが|挙げ|あげて|お願い|願います|ください|下さい")


RELATIVE_FY = {
    "今年度": 0,
    "本年度": 0,
    "昨年度": -1,
    "前年度": -1,
    "来年度": 1,
    "翌年度": 1,
    "一昨年度": -2,
    "次年度": 1,
}


RELATIVE_YEAR = {
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


MEETING_TAIL = re.compile(
    r"^(?:の|における|時点の|に(?:開かれた|行われた)|)?(?:第?\d*回?)?(?:定例|臨時)?(?:\S{0,8}?)(?:議会|定例会"
    r"|委員会|会見|説明資料|資料|説明(?!会)|報告)"
)


# Words of a question that carry no topic: asking, politeness, and the frame "according to the papers".
STOP = frozenset(
    """
    教える 知る くださる 下さる 願う 答える お答え 示す 伺う 言う いう 呼ぶ 何 なに どこ どの どれ
    だれ 誰 どちら どなた どう どんな いくら いくつ なぜ いつ 幾つ 幾ら 有る ある 居る いる 為る
    する 成る なる 出来る できる こと 事 もの 物 の よう 様 方 ため 為 人 年 年度 月 日 時点
    現在 今 今回 前回 次回 最新 直近 資料 記載 説明 場合 御座る ござる です ます だ 頂く いただく 貰う もらう
    聞く みる 見る 見せる 挙げる 列挙 全て 全部 順 順番 それぞれ 其々 各々 具体 的 名前 名称
    くらい ぐらい 位 程 ほど 分かる 数字 数 値 時 頃 ころ ほう 私 あなた 皆 さん 氏 以上 以下
    うち 内 及び および また とき 他 ほか これ それ あれ この その あの ここ そこ これまで 本 当
    同 つ 個 件 回 名 社 校 円 割 % 番目 代 目 末 中 上 下 前 後 間 際 点 際し 関する
    於く おく つく 就く よる 因る 対する 伴う とる 取る 気 話 ください かた 箇所 か所 度 ずつ 宛
    程度 多い 少ない 増える 減る 増加 減少 比べる 比較 違う 違い 変わる 変化 差 推移 理由 意味
    定義 内容 概要 年月 西暦 和暦 日付 御 呉れる 為さる 合わせる あわせる 新しい 一番 プラス マイナス 上げる 所
    者
    良い いい 及 共 も です。 だけ まで から より では なさる 致す いたす おる 申す 存じる 思う
    縮まる 縮む 上積み 差し引く 差し引き 移り変わり 並べる 占める 両方 双方 暦年 通年 年間 通す 付く 含める 達する
    等 考える 実際 例えば 何か しまう 仕舞う 来る くる 行く いく やる 遣る ちょうど
    """.split()
)


KATAKANA_OR_LATIN = re.compile(r"[ァ-ヶー・]{3,}|[A-Za-zＡ-Ｚａ-ｚ][A-Za-zＡ-Ｚａ-ｚ0-9０-９]+")


# A number that tells one thing from its neighbours: 20～24歳, 65歳以上, 50代, 第2回, 第1弾, 3泊, 2年次
ORDINAL = re.compile(
    r"第[0-9０-９一二三四五六七八九十]+(?:[回弾号次期部章条]|工場|工区|ターミナル)(?:目)?"
    r"|[0-9０-９]+歳から[0-9０-９]+歳|[0-9０-９]+級(?![一-龠])|[0-9０-９]+(?:\s*[~～〜\-－]\s*[0-9０-９]+)?(?:歳(?:以上|以下|未満|代)?|代(?=[のでにはがかま、]|$)|泊|年生"
    r"|年次|回目|番目|学年)"
    # A year that belongs to a name: エキスポ2025, FES 2024 in 東京
    r"|(?<=[ァ-ヶーA-Za-zＡ-Ｚａ-ｚ一-龠])[ 　]?(?:19|20|１９|２０)[0-9０-９]{2}(?![0-9０-９]|[ 　]?[年/.／．-])"
)


# A date without a year of its own, or a meeting's name: no topic. 例: 翌年1月末, 年度末, 12月議会
LEANING_DATE = re.compile(
    r"(?:あと|その後)?(?:翌年|同年|同じ年)?(?:の)?[0-9０-９]{1,2}(?:[~～〜-][0-9０-９]{1,2})?月(?:末|[0-9０-９]{1,2}日)?"
    r"(?:の?(?:定例)?(?:議会|定例会|委員会|会見)(?:の?(?:説明|資料))?)?|年度末|[0-9０-９]{1,2}[かカヶヵ]月(?=で|の|間|では)"
    r"|(?<=[年月日度])[(（](?:予定|見込み?|実績|速報値?|確定値?)[)）]"
)


# 例: （市は除く）, 市を除いた
EXCLUDED = re.compile(
    r"[^、。()（）はをの\s]{1,12}(?:は|を)(?:除[くいき]|含ま[ずな]|別(?:で|に|と|$|[)）、]))[^、。)）]{0,3}"
)


QUOTED = re.compile(r"[「『“\"]([^「」『』”\"]{2,80})[」』”\"]")


THINGS = (
    "市町村|町村|都市|市|町|村|県|国|地域|地区|圏域|港|空港|駅|部署|部局|部会|課|局|室|会社|企業|団体|機関|組織"
    "|大学|高校|中学校|小学校|学校|銀行"
    "|事業者|業者|事業|計画|制度|サイト|アプリ|システム|会場|施設|推進本部|本部|協議会|会議|イベント|サービス"
    "|センター|部"
)


# Words that tell two papers or two halves of one paper apart: what is said of the one does not hold for the other.
OPPOSITES: tuple[tuple[str, str], ...] = (
    ("個別|単体", "連結"),
    ("歳入", "歳出"),
    ("収入", "支出"),
    ("転入", "転出"),
)


# Words that say what is asked, which people may type in kana; none has a homophone that papers use.
TYPED_IN_KANA = tuple(
    """
    理由 目的 原因 要因 背景 経緯 場所 会場 住所 名前 名称 割合 件数 人数 社数 金額 総額 予算 目標 推移 比較 合計
    累計 内訳 期限 日付 日程 方法 手順 一覧 種類 会社 団体 地域 学校 定義 概要 最新 定員 料金 人口 全国 西暦
    """.split()
)
