# ruff: noqa: E501 (tables)
"""False sentences made of true ones by rule, each of one kind: what a checker must not let pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from answer.generating.said import said
from answer.reading.evidence import katakana
from ingest.japanese import Morph, morphs

_UNITS = {"人": "件", "件": "人", "円": "人", "千円": "百万円", "万円": "億円", "億円": "万円", "％": "円", "%": "人", "歳": "人",
          "か所": "人", "日": "時間", "回": "人", "トン": "人", "世帯": "人", "社": "人", "分": "時間", "か月": "年"}  # fmt: skip
_TURNED = (
    ("増え", "減っ"), ("増加", "減少"), ("減少", "増加"), ("減っ", "増え"), ("減り", "増え"), ("上がっ", "下がっ"), ("下がっ", "上がっ"),
    ("上回", "下回"), ("下回", "上回"), ("多く", "少なく"), ("値上げ", "値下げ"), ("引き上げ", "引き下げ"), ("有料", "無料"), ("無料", "有料"),
    ("午前", "午後"), ("午後", "午前"), ("以上", "未満"), ("以下", "以上"), ("未満", "以上"), ("以内", "以上"), ("超えて", "下回って"), ("超える", "下回る"),
    ("開始", "終了"), ("最大", "最小"), ("上限", "下限"), ("開館", "閉館"), ("増額", "減額"),
)  # fmt: skip
# What the end of a sentence is turned to; the first that fits is taken.
_NEGATED = (
    ("ではありません", "です"), ("ません", "ます"), ("ありません", "あります"), ("できます", "できません"), ("ではなく", "で"), ("不要", "必要"), ("対象外", "対象"),
    ("ていません", "ています"), ("ています", "ていません"), ("されました", "されませんでした"), ("ました", "ませんでした"),
    ("必要があります", "必要はありません"), ("必要です", "不要です"), ("あります", "ありません"), ("なります", "なりません"),
    ("ます", "ません"), ("でした", "ではありませんでした"), ("です", "ではありません"),
)  # fmt: skip
_PLAIN = re.compile(r"^[一-龠々ァ-ヶーA-Za-zＡ-Ｚａ-ｚ・]+$")


def mutations(text: str, cited: str, others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what a sentence is not, with the kind of the change.

    ``cited`` is what it stands on, with the headings and the question; ``others`` are all the lines that were given.
    """
    yield from _digits(text)
    yield from _dates(text)
    for unit, other in _UNITS.items():
        match = re.search(rf"(?<=\d){unit}(?![内度間])", text)
        if match and not (unit == "日" and "月" in text[max(0, match.start() - 4) : match.start()]):
            yield "unit", text[: match.start()] + other + text[match.end() :]
    for old, new in _TURNED:
        if old in text:
            yield "turned", text.replace(old, new, 1)
    yield from _negated(text)
    yield from _figures(text, others)
    yield from _names(text, cited, others)


def _digits(text: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"\d+", text):
        for at in sorted({match.start(), match.end() - 1}):
            yield "digit", f"{text[:at]}{(int(text[at]) + 3) % 9 + 1}{text[at + 1 :]}"


def _dates(text: str) -> Iterator[tuple[str, str]]:
    for pattern, kind in ((r"\d+(?=年)", "year"), (r"\d+(?=月)", "month")):
        for match in re.finditer(pattern, text):
            number = int(match[0])
            yield kind, text[: match.start()] + str(number - 1 if number > 1 else number + 1) + text[match.end() :]


def _negated(text: str) -> Iterator[tuple[str, str]]:
    if re.search(r"(?:かまい|構い|なり|いけ)ません。?$|ならない", text):
        return
    for old, new in _NEGATED:
        at = text.rfind(old)
        if at >= 0 and (
            len(text) - at - len(old) <= 4 or old in ("ではなく", "不要", "対象外", "ません", "ではありません")
        ):
            yield "negation", text[:at] + new + text[at + len(old) :]
            return


def _figures(text: str, others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence with a figure of its kind from elsewhere, two for each of its figures."""
    here = said(text)
    told = {(q.value, q.base_unit) for q in here.quantities}
    for quantity in here.quantities:
        if not quantity.base_unit:
            continue
        found = {
            q.value: q.text
            for line in others
            for q in said(line).quantities
            if q.base_unit == quantity.base_unit and (q.value, q.base_unit) not in told
        }
        for other in list(found.values())[:2]:
            start, end = quantity.at
            yield "figure", here.text[:start] + other + here.text[end:]


_POINTS = ("当該", "上記", "該当", "各")  # what such a word begins is the thing itself, whichever is spoken of


def _is_fragment(text: str, run: Sequence[Morph]) -> bool:
    """Say whether a run is cut out of a longer name or a counted thing. 例: NET of ASP.NET, 回目接種 of 2回目接種"""
    before, after = text[: run[0].start][-1:], text[run[-1].end :][:1]
    return (
        before.isdigit()
        or (run[0].surface[0].isascii() and before in ".-_")
        or (after.isdigit() or after in ".-_") * (run[-1].surface[-1].isascii() and bool(after))
    )


def _names(text: str, cited: str, others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence with another name of the same kind, by its last piece or its writing, from elsewhere."""
    held: dict[str, dict[str, None]] = {}
    for line in others:
        for kind, name in _named(line):
            held.setdefault(kind, {})[name] = None
    for kind, name in dict.fromkeys(_named(text)):
        alike = [
            o
            for o in held.get(kind, ())
            if o not in text
            and o not in name
            and name not in o
            and not _is_less(o, name)
            and not _are_listed(name, o, cited)
        ]
        for other in alike[:2]:
            yield (
                "name of the line" if katakana(other) in said(cited).key else "name",
                said(text).text.replace(name, other, 1),
            )


def _is_less(other: str, name: str) -> bool:
    """Say whether another name is the same with less said: what it says is no other thing. 例: CIO上席補佐官, CIO補佐官"""
    pieces = iter(m.surface for m in morphs(name))
    return all(m.surface in pieces for m in morphs(other))


def _are_listed(name: str, other: str, cited: str) -> bool:
    """Say whether a name stands only in lists that have the other one, too: what is said of them holds for both."""
    lists = [part for part in re.split(r"[。|:：\n]|[はがもをでに](?=[^ぁ-ん])", said(cited).text) if name in part]
    return bool(lists) and all(
        re.search(rf"(?:{one})(?:[^ぁ-ん。]{{0,30}}(?:、|・|や|及び|又は|と))+(?:{two})", part) is not None
        for part in lists
        for one, two in [
            (re.escape(name), re.escape(other))
            if part.find(name) < part.find(other)
            else (re.escape(other), re.escape(name))
        ]
    )


def _named(text: str) -> Iterator[tuple[str, str]]:
    for run in said(text).runs_of_nouns:
        name = said(text).text[run[0].start : run[-1].end]
        if len(name) < 3 or not _PLAIN.match(name) or name.startswith(_POINTS) or _is_fragment(said(text).text, run):
            continue
        if re.fullmatch(r"[ァ-ヶーA-Za-z・]+", name):
            if any(m.pos2 == "固有名詞" or not m.base for m in run) or re.fullmatch(r"[A-Za-z]+", name):
                yield "latin" if name.isascii() else "katakana", name
        elif len(run) > 1 and run[-1].surface not in ("等", "など"):  # anything is of that kind
            yield run[-1].surface, name
        elif run[0].pos2 == "固有名詞":
            yield "proper", name
