"""Words that turn a sentence round: what says the one does not say the other; and the ways to deny."""

from __future__ import annotations

import re

from answer.asking.cues import OPPOSITES

# Each pair as patterns over folded text. A word that holds both (増減, 入退院) is neither: see ``_BOTH``.
_WORDS: tuple[tuple[str, str], ...] = (
    *OPPOSITES,
    (
        r"増(?![税強設築刊])|上昇|上が[りるっ]|伸び|拡大|プラス|向上|値上げ|引き?上げ|改善",
        r"減(?![税免災])|低下|下落|下が[りるっ]|縮小|マイナス|値下げ|引き?下げ|悪化",
    ),
    (r"以上|を超え", r"未満|以下|以内"),
    (r"上回|を?超え", r"下回"),
    (r"有料", r"無料"),
    (r"黒字", r"赤字"),
    (r"午前", r"午後"),
    (r"最(?:大|多|高|長)|最も(?:多|大き|高|長)", r"最(?:小|少|低|短)|最も(?:少な|小さ|低|短)"),
    (r"多[いくかけ]", r"少な[いくかけ]"),
    (r"高[いくかけ]|高額", r"低[いくかけ]|安[いくかけ]|低額"),
    (r"大き[いくな]", r"小さ[いくな]"),
    (r"長[いくか]|延長", r"短[いくか]|短縮"),
    (r"早[いくまめ]|早期", r"遅[いくれ]"),
    (r"開[始館庁園店所会演]|始ま|始め|オープン", r"終了|閉[館庁園店所会]|終わ|廃止"),
    (r"新設|開設|設置", r"廃止|撤去|閉鎖"),
    (r"開[館庁園店所場]|運行|営業|診療|受け?付け?", r"休[館業園診止]|閉[館庁園店所場]|運休|定休"),
    (r"再開|継続", r"休止|中止|停止|終了"),
    (r"可決|賛成|採択|承認", r"否決|反対|不採択|不承認"),
    (r"以前|より前", r"以後|以降|より後"),
    (r"上限", r"下限"),
    (r"屋内|室内", r"屋外"),
    (r"国内", r"国外|海外"),
    (r"[市町村県区]内", r"[市町村県区]外"),
    (r"[市町村区]内", r"[都道府県]内"),
    (r"要介護", r"要支援"),
    *((season, f"[{'春夏秋冬'.replace(season, '')}]") for season in "春夏"),
    (r"秋", r"冬"),
    (r"平日", r"休日|祝日|土日"),
    (r"男", r"女"),
    (r"公立|町立|市立|村立|県立", r"私立|民営|民間"),
    (r"義務|しなければ", r"任意|努める"),
    (r"同額|据え?置|変わらず", r"値上げ|値下げ|引き?[上下]げ|改定"),
)
_BOTH = re.compile(
    r"増減|上下|入退|高低|多少|大小|長短|早遅|有無|可否|男女|公私|国内外|[市町村県区]内外|開閉|新旧|前後|要否|過不足"
)
PAIRS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(one), re.compile(other)) for a, b in _WORDS for one, other in ((a, b), (b, a))
)
# Pairs of a direction: that something grew must be said, or shown by its figures, before it is repeated.
GROWN, SHRUNK = PAIRS[2 * len(OPPOSITES)]

# Ways to say that something is not, need not be or must not be, each as one denial: what is left is ない by itself.
_NOT = r"(?:な[いくし]|無[いくし]|あり?ませ?ん|ございません)"
DENIALS = re.compile(
    rf"(?:の|する)?必要(?:は|が|も|では)?{_NOT}|不要(?:である)?|を?要し(?:ない|ません)"
    r"|(?:なくて|ないで)も?(?:良い|よい|いい|よく|構い?ませ?ん|かまい?ませ?ん|構わない|かまわない|差し支え(?:ない|ありません)|大丈夫)"
    r"|ては(?:なら|いけ)(?:ない|ません|ず)|(?:を|は|が)?禁止|(?:を|は|が)?禁じ|不可能?|不適切?|(?:が|は)?でき(?:ない|ません|ず)"
    r"|(?P<kept>対象|範囲|区域|期間|時間|適用|目的|規格|管轄|所管|想定|資格)外(?!勤務|労働|手当|割増|保育|診療)|[非不](?P<bare>対象|適用|該当|公開|公表|課税|掲載)|以外|(?:を|は)?除[くきい]"
    r"|(?:(?<=[一-龠々ァ-ヶー0-9])(?:が|は)?なし|無し)(?!と)|お断り|免除"
)
# 例: 受けなければならない says that something is, not that it is not
NO_DENIAL = re.compile(
    r"(?:なければ|ないと|なくては|ねば)(?:な(?:ら|り)(?:ない|ません|ず)|いけ(?:ない|ません))|(?:に|も)かかわらず|ほかな(?:ら|り)(?:ない|ません)"
    r"|だけで(?:は)?なく|のみならず|かもしれ(?:ない|ません)|ざるを得な|とは限らな|では?ないか(?:と|。|$)|少なくと|まもなく|間もなく"
    r"|(?:過ぎ|すぎ)(?:ない|ません)"
)


def turning(text: str) -> str:
    """Return folded text without the words that name both sides. 例: 社会増減は → 社会は"""
    return _BOTH.sub("", text)
