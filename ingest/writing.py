"""How characters are written: one form for those that differ in looks only, and what stands in a figure but is no part.

``same_width`` keeps every character's place, ``read_form`` also unfolds signs that stand for several characters and
leaves out the marks of notes. What names are compared by is ``fold`` in ``japanese.py``.
"""

from __future__ import annotations

import re
import unicodedata

# CJK radicals as the characters that they are (Unicode's Equivalent_Unified_Ideograph): PDF fonts name one by the
# other, and NFKC leaves all but two of this block alone. 例: 市⺠, ⻑寿, ⻄部
_RADICALS = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝"
        "⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乛乚乙亻冂𠘨刀刂卜㔾小尐兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爬丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艺艻虎衤覀西见角𧢲讠贝𧾷车辶辷辸邑钅長镸长门𨸏阝雨青韦页风飞食"
        "𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
# The radicals that the Kangxi dictionary counts, and the doubled compatibility characters of older fonts.
_COMPATIBLE = (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFADA))
_RADICALS.update({chr(c): unicodedata.normalize("NFKC", chr(c)) for c in _COMPATIBLE})
RADICALS = {one: other for one, other in _RADICALS.items() if one != other}

# Signs that stand for several characters. 例: ㋿ → 令和, ㌧ → トン, ㎢ → km2, ㏠ → 1日
SQUARES = {
    chr(c): unicodedata.normalize("NFKC", chr(c))
    for c in (0x2103, 0x2109, *range(0x32C0, 0x32D0), 0x32FF, *range(0x3300, 0x3400))
}


def _same_width() -> dict[int, str]:
    """Return a map that folds width and punctuation variants one character to one, so that offsets hold."""
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table[0x3000] = " "
    table.update(dict.fromkeys(map(ord, "〜～∼⁓~"), "~"))
    table.update(dict.fromkeys(map(ord, "‐‑‒–—―−－"), "-"))
    table.update({ord(one): other for one, other in RADICALS.items()})
    return table


_SAME_WIDTH = _same_width()
_RING = re.compile(r"(?<=[〇一二三四五六七八九])[○◯]+(?=[〇一二三四五六七八九年月日人名円件号社校戸台歳%])")


def same_width(text: str) -> str:
    """Return ``text`` with full-width ASCII, dashes, waves and radicals in one form; every character keeps its offset.

    例: １２％ → 12%, ⽉ → 月, 二○二四年 → 二〇二四年
    """
    return rings_as_zeros(text.translate(_SAME_WIDTH))


def rings_as_zeros(text: str) -> str:
    """Return ``text`` with the rings inside a figure of kanji as the zeros that they stand for. 例: 二○二四年"""
    return _RING.sub(lambda rings: "〇" * len(rings[0]), text) if "○" in text or "◯" in text else text


# --- marks of notes ---------------------------------------------------------------------------------------------------

RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
# Raised digits point to a note, but for those of a unit or a power. 例: 1,234²件, 87⁽³⁾件, 20m²⁴; not m², CO², ×10⁶
RAISED_NOTE = (
    rf"(?:(?<![mM{RAISED}])(?<!CO)(?<![×x*]10)|(?<=[mM][²³]))"
    rf"(?:⁽[{RAISED}]+⁾|[{RAISED}]+⁾?)(?:[、,・][{RAISED}]+⁾?)*"
)
_NUMBER = f"[0-9{RAISED}]"
_BRACKETED = rf"[(\[〔⁽](?:※|\*|注|脚注){_NUMBER}{{0,2}}[)\]〕⁾]"
_SIGN = rf"{_BRACKETED}|[※†‡]{_NUMBER}{{0,2}}"
_END = r"[、。,.)\]」』】〕\s|/はがをにのとでもやへ]|$"
# A mark may stand between a figure and its unit, or behind either where the words go on or end.
# 例: 87※3件, 36*1件, 1,234(注2)件, 15,420人※2。 But 5*3 is a product, and in 87件※3月末現在 a note begins.
_NOTE = re.compile(
    rf"{RAISED_NOTE}"
    rf"|(?<=[0-9])(?:{_SIGN}|注{_NUMBER}{{1,2}}[)⁾]?|注[)⁾])(?=[^\W\d_年月日時]|年間|日間|時間|%|{_END})"
    rf"|(?<=[0-9])\*{_NUMBER}{{0,2}}(?=[一-鿿ァ-ヶ%]|か[所月国年])(?!年(?!間)|[月日]|時(?!間))"
    rf"|(?<=[0-9%一-鿿ァ-ヶーA-Za-z])(?:{_SIGN}|\*{_NUMBER}{{0,2}})(?<![0-9]\*[0-9])(?<![0-9]\*[0-9]{{2}})(?={_END})"
)
_MARKED = re.compile(rf"[{RAISED}※†‡*＊]|[0-9０-９(（\[［〔⁽]脚?注")
_SQUARE = re.compile(f"[{''.join(SQUARES)}]")


def read_form(text: str) -> tuple[str, list[int] | None]:
    """Return ``text`` as figures and dates are read in it, and the offset of each of its characters and its end.

    It is ``same_width`` with signs such as ㋿ and ㌧ unfolded and the marks of notes left out; offsets are None where
    nothing was, since every character then keeps its own. 例: ㋿5年度 → 令和5年度, 87※3件 → 87件
    """
    text = same_width(text)
    squares = [(match.start(), match.end(), SQUARES[match[0]]) for match in _SQUARE.finditer(text)]
    marks = [(*match.span(), "") for match in _NOTE.finditer(text)] if _MARKED.search(text) else []
    if not squares and not marks:
        return text, None
    parts: list[str] = []
    offsets: list[int] = []
    position = 0
    for start, end, plain in [*sorted([*squares, *marks]), (len(text), len(text), "")]:
        parts += text[position:start], plain
        offsets += [*range(position, start), *(start for _ in plain)]
        position = end
    return "".join(parts), [*offsets, len(text)]


def without_notes(text: str) -> str:
    """Return ``text`` without the marks of notes in and behind its figures, as it is printed otherwise.

    例: １，２３４²件 → １，２３４件
    """
    if not _MARKED.search(text):
        return text
    folded = same_width(text)
    kept: list[str] = []
    position = 0
    for match in _NOTE.finditer(folded):
        kept.append(text[position : match.start()])
        position = match.end()
    return "".join([*kept, text[position:]])
