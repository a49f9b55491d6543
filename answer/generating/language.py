"""Whether a model has answered in Japanese, and its sentences freed of what is not text."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

_KANA = re.compile(r"[ぁ-ゖァ-ヺー]")
_LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
_LETTER = re.compile(r"[^\W\d_]")
_SHORT = 12  # letters that may stand without kana. 例: 令和6年度予算額
_MOST_LATIN = 0.5

_FENCE = re.compile(r"```[^`]*```|`")
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()]*\)|!\[[^\[\]]*\]")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_URL = re.compile(r"(?:https?|ftp|file|data|javascript):[^\s、。）)」』]*|www\.[^\s、。）)」』]+", re.I)
_TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]{0,300}>")
_POINTER = re.compile(
    r"[\[［【〔(（]{1,2}\s*[LＬ]?\s*\d{1,3}(?:\s*[,、，・]\s*[LＬ]?\s*\d{1,3})*\s*[\]］】〕]{1,2}|[（(]\s*[LＬ]\d{1,3}(?:\s*[,、，・]\s*[LＬ]?\d{1,3})*\s*[)）]"
)
_MARKS = re.compile(r"\*\*|__|^\s*(?:[-*•・#>]+|\d{1,2}[.)](?=\s))\s*")
_LABEL = re.compile(r"^(?:回答|返事|答え|答)\s*[:：]\s*")

_NOTHING = re.compile(
    r"(?:資料|文書|情報|本文|上記|与えられた|記載)[^。]{0,30}?"
    r"(?:あり|見当たり|見つかり|含まれ(?:てい)?|書かれてい|示されてい|記され(?:てい)?|読み取れ|分かり|わかり)ません"
    r"|(?:資料|文書|本文)[^。]{0,20}(?:記載|記述|言及)[^。]{0,4}(?:ない|なし)"
)


def is_japanese(text: str) -> bool:
    """Say whether a sentence is Japanese: kana in it, no character of simplified Chinese alone, few Latin letters."""
    letters = _LETTER.findall(text)
    if not letters or any(is_simplified(character) for character in set(letters)):
        return False
    if len(_LATIN.findall(text)) > _MOST_LATIN * len(letters):
        return False
    return _KANA.search(text) is not None or len(letters) <= _SHORT


@lru_cache(maxsize=4096)
def is_simplified(character: str) -> bool:
    """Say whether a character is written in simplified Chinese and never in Japanese. 例: 时, not 国"""

    def is_in(encoding: str) -> bool:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            return False
        return True

    return character >= "一" and is_in("gb2312") and not is_in("euc_jisx0213")


def says_nothing_is_written(text: str) -> bool:
    """Say whether a sentence is the reply 「資料に記載がありません」, in whatever words."""
    return _NOTHING.search(text) is not None


def cleaned(text: str) -> str:
    """Return a model's sentence as it may be shown: without links, HTML, pictures, pointers and marks of Markdown.

    What a link or a tag was around stays; addresses go. 例: **57件** [L3]（https://…） → 57件
    """
    text = unicodedata.normalize("NFC", html.unescape(text))
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cf", "Cc", "Co", "Cn", "Cs"))
    for _ in range(3):  # a link around a picture
        text = _LINK.sub(r"\1", _IMAGE.sub("", text))
    text = _TAG.sub("", _POINTER.sub("", _FENCE.sub("", text)))
    text = re.sub(r"[（(<＜]\s*[)）>＞]", "", _URL.sub("", text))
    return re.sub(r"\s+", " ", _LABEL.sub("", _MARKS.sub("", text).strip())).strip().replace(" 。", "。")
