"""A follow-up that a model made a whole question of: used only where it says what was asked and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from answer.answer import QuestionError
from answer.asking.cues import TELL, WH
from answer.asking.followup import leans
from answer.asking.question import validate
from answer.generating.language import cleaned, is_japanese
from answer.generating.prompts import clean
from answer.generating.said import said
from answer.reading.evidence import katakana
from ingest.japanese import Morph, fold

# What a question may have of its own, or leave out: it names nothing. By base form: 関する, 就く are verbs.
_FREE = frozenset(
    """
    為る 居る 有る 成る 出来る 言う 御座る 下さる 頂く 教える 知る 就く つく 於く 関する 対する 因る 事 物 訳 の 様
    何 どんな 何の どう 其れ 此れ 其処 此処 其の 此の 同じ 其方 此方
    """.split()
)
_DENIES = frozenset("ない 無い ず ぬ まい".split())  # 受けられない人 is not 受けられる人
_NAMELESS = ("助詞", "助動詞", "補助記号", "空白", "接続詞", "感動詞")
_NOUNS = ("名詞", "接頭辞", "接尾辞", "形状詞", "記号")
# A figure with what makes it this one. 例: 令和6年度, 第3回, △2.5%, 10:30
_FIGURE = re.compile(r"(?:明治|大正|昭和|平成|令和|第|[a-z]+|[△▲+\-])?(?:\d+(?:[.,:/\-~]\d+)*)(?:年度|[^\W\dぁ-ん]|%)?")
_WHY = re.compile("なぜ|何故|どうして|なんで")
_LABEL = re.compile(r"^(?:書き直した)?質問[:：]\s*")


def rewriting(reply: str, question: str, before: str, limit: int) -> str | None:
    """Return the whole question that a model's reply makes of ``question`` after ``before``; None where it is none.

    It is one Japanese question of at most ``limit`` characters that leans on nothing any more. Each word, name, figure
    and date of it stands in one of the two questions, and none of the follow-up's is left out.
    """
    text = _LABEL.sub("", cleaned(clean(reply))).strip(" 「」『』")
    if "\n" in reply.strip() or not is_japanese(text) or not _is_question(text) or leans(text):
        return None
    try:
        validate(text, limit)
    except QuestionError:
        return None
    if any(why not in question + before for why in _WHY.findall(text)):
        return None  # its signs may be read as others behind a か: …できますかなぜ
    whole, asked, known = _Words(text), _Words(question), _Words(before)
    is_of_both = whole.figures <= asked.figures | known.figures and all(
        asked.has(run) or known.has(run) for run in whole.runs
    )
    is_fuller = asked.lacks(whole) and not whole.lacks(asked)
    return text if is_of_both and is_fuller else None


def _is_question(text: str) -> bool:
    """Say whether a text is one question, and nothing before or behind it."""
    if re.search(r"[。？?！!\n].", text):
        return False
    return bool(re.search(r"[？?]$|か。?$|は$", text) or WH.search(text) or TELL.search(text))


@dataclass(frozen=True)
class _Words:
    """What a question says, as it is compared."""

    text: str

    @cached_property
    def figures(self) -> frozenset[str]:
        return frozenset(_FIGURE.findall(re.sub(r"\s", "", fold(said(self.text).text))))

    @cached_property
    def runs(self) -> list[list[Morph]]:
        """The words that say something, those of one compound together; figures and what says nothing part them."""
        found: list[list[Morph]] = []
        end = -1
        for morph in said(self.text).morphs:
            if not _says(morph):
                continue
            if morph.pos in _NOUNS and end == morph.start and found[-1][-1].pos in _NOUNS:
                found[-1].append(morph)
            else:
                found.append([morph])
            end = morph.end
        return found

    def has(self, run: Sequence[Morph]) -> bool:
        """Say whether the words of a compound stand here, in whatever form, side by side."""
        held = said(self.text).morphs
        starts = range(len(held) - len(run) + 1)
        return any(all(map(_is_same, run, held[n : n + len(run)])) for n in starts)

    def lacks(self, other: _Words) -> bool:
        """Say whether there is a word or a figure of another question that this one does not say."""
        return not (other.figures <= self.figures and all(self.has([word]) for run in other.runs for word in run))


def _is_same(one: Morph, other: Morph) -> bool:
    return one.base == other.base or katakana(one.surface) == katakana(other.surface)


def _says(morph: Morph) -> bool:
    """Say whether a word says something that could be wrong."""
    if morph.base in _DENIES:
        return True
    if morph.pos in _NAMELESS or re.search(r"\d", morph.surface):
        return False
    return not {morph.base, morph.surface} & _FREE
