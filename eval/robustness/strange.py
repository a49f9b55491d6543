"""A question about something else: one thing it is about is replaced by a thing that no document names.

What is asked then stands nowhere, and to decline is the only right answer. Which thing is replaced, and by what, hangs
on the question and on the documents alone, not on how they are searched: the derived questions stay the same while the
answers get better.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from answer.asking.question import Term, read_question
from answer.asking.thesaurus import synonyms
from eval.dataset import Question
from eval.measures.texts import normalise
from index.snapshot import Snapshot
from ingest.japanese import fold, words

NAME = "strange"
# Ordinary things, each one word of the dictionary, from fields that briefings seldom touch.
NOUNS = tuple(
    "うなぎ バレエ 金魚 人工衛星 ピアノ 相撲 オーロラ 羊毛 漆器 砂丘 忍者 マンゴー マラソン 競馬 能楽 陶芸 灯台 "
    "落語 盆栽 将棋 囲碁 オルガン 気球 ペンギン パイナップル 紅茶 眼鏡 香水 宝石 潜水艦 ボウリング 剣道 花火 風鈴 "
    "和紙 彫刻 版画 オペラ 床屋 切手 古墳 珊瑚 真珠 蜂蜜 ヨット 絵本 帽子 靴下".split()
)
# Words with a cosine of .45 or more are mostly about the same thing (see answer.assistant): 剣道 beside 武道.
LIKE = 0.45
# No thing, but what is wanted of one: a measure, or the kind of answer. 例: 登録件数, 予算額, 設置目的
_WANTED = re.compile(
    r".*(?:数|額|率|量|費|値|日|先|名|者|割合|比率|面積|理由|目的|場所|所在地|時期|期間|期限|内容|内訳|合計|総数|"
    r"規模|状況|目標|実績|予定|見込み|推移|違い|差|順位|最新|現在|以上|以下|最大|最小|最低|全部|全体)"
)
# What stands next to the interrogative is what is wanted, not what it is wanted of. 例: どの会場, 会員は何人, 跡地は？
_ASKED_FOR = re.compile(r"(?:どの|どんな|どれだけの|どういう|どういった|いくつの|何の|なんの|[何十百千万億])$")
_IS_WHAT = re.compile(
    r"(?:は|が|って|とは|も)?[、\s]*(?:何|なに|なん|いくら|いくつ|どこ|いつ|だれ|誰|ど[れのんう]|どちら|どなた|なぜ|[？?。]?$)"
)
# Nor is a deed a thing, nor what is said of all the others. 例: 助成する, いくらの見込みか
_SAID_OF_ALL = re.compile(r"する|し[たてなまよ]|さ[れせ]|せ|でき|か(?:[。？?]|$)|です|でし|だ")
_ASIDE = re.compile(r"（[^）]*）|\([^)]*\)")
_IN_WORD = "[一-鿿々ァ-ヴーA-Za-z]"
_NAMES_A_THING = re.compile(r"[一-鿿ァ-ヶA-Za-z]")


class Strange(NamedTuple):
    """A question that no document answers, and the thing in it that none names."""

    question: Question
    thing: str


def absent_nouns(snapshot: Snapshot, nouns: Sequence[str] = NOUNS) -> tuple[str, ...]:
    """Return the nouns that no document names: by themselves, by a piece, a synonym or a word of like meaning."""
    texts = [fold(snapshot.document(info.id).text) for info in snapshot.documents()]
    absent = [
        noun
        for noun in nouns
        if not any(name in text for name in {noun, *synonyms(noun)} for text in texts)
        and not any(snapshot.frequency(word) for word in words(noun))
    ]
    like = snapshot.neighbours(absent, LIKE)
    return tuple(noun for noun in absent if not like.get(noun))


def estranged(question: Question, frequency: Callable[[str], float], nouns: Sequence[str]) -> Strange | None:
    """Return the question about one of the nouns instead; None where there is nothing to replace.

    ``frequency`` is the share of the collection that holds a word: the rarest thing of the question is what it is
    about. Of a compound the front alone may be replaced, as the question's id decides.
    例: 空き家バンクの登録は何件 → 金魚の登録は何件, or 金魚バンクの登録は何件
    """
    term = _thing(question.question, frequency)
    draw = random.Random(f"{question.id}:{NAME}")
    told = normalise("\n".join((question.question, *question.accept, *question.accept_all)))
    free = [noun for noun in nouns if normalise(noun) not in told]
    if term is None or not free:
        return None
    thing = new = draw.choice(free)
    head = term.parts[-1]
    if len(term.parts) > 1 and len(head) > 1 and term.text.endswith(head) and draw.random() < 0.5:
        new = thing + head
    text = _whole(term.text).sub(new, question.question)
    return Strange(
        replace(
            question,
            id=f"{question.id}-{NAME}",
            question=text,
            type="unanswerable",
            accept=(),
            accept_all=(),
            evidence=(),
            alt_evidence=(),
            answerable=False,
        ),
        thing,
    )


def _thing(text: str, frequency: Callable[[str], float]) -> Term | None:
    """Return the rarest thing of a question that the collection holds, the first of several; None without any.

    No thing are verbs, numbers, measures, asides, and what stands next to the interrogative: the answer, not its
    subject.
    """
    asides = [aside.span() for aside in _ASIDE.finditer(text)]
    found: list[tuple[float, Term]] = []
    for term in read_question(text).terms:
        plain = not (term.ordinal or term.says_how or re.search(r"\d", term.text) or _WANTED.fullmatch(term.text))
        if not plain or not _NAMES_A_THING.search(term.text):
            continue
        place = _whole(term.text).search(text)
        shares = [max(map(frequency, {part, *words(part)[-1:]})) for part in term.parts]
        held = [share for share in shares if share > 0]
        if place is None or not held or any(a <= place.start() < b for a, b in asides):
            continue
        before, after = text[: place.start()], text[place.end() :]
        if not (_ASKED_FOR.search(before) or _IS_WHAT.match(after) or _SAID_OF_ALL.match(after)):
            found.append((min(held), term))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _whole(term: str) -> re.Pattern[str]:
    """Return where a term, in large or small letters, is no piece of a longer word. 例: プロ, but not プロジェクト"""
    return re.compile(rf"(?<!{_IN_WORD}){re.escape(term)}(?!{_IN_WORD})", re.IGNORECASE)


def names(missing: Sequence[str], thing: str) -> bool:
    """Say whether an answer's missing words name a thing: alone, in a compound, or as the dictionary has it. 例: 鰻"""
    forms = [normalise(form) for form in (thing, *words(thing)[-1:])]
    return any(form in normalise(word) for form in forms for word in missing)
