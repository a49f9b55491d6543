"""A question that wants a thing summed up: what it asks without that wish, and how many sentences it wants."""

from __future__ import annotations

import re
from dataclasses import dataclass

from answer.answer import A_LINE
from ingest.kanji_figures import kanji_value

USUAL_LINES, MOST_LINES = 3, 5

_PLEASE = (
    r"(?:て(?:(?:くだ|下)さい(?:ませんか)?|(?:ほ|欲)しい(?:です)?|(?:もらえ|いただけ|頂け|くれ)(?:ます|ません)か|くれ|[ねよ])?|たい(?:です)?|よ)"
    r"[。.！!？?\s]*$"
)
_NUMBER = r"(?P<{}>[0-9０-９]{{1,4}}|[〇一二三四五六七八九十百]{{1,4}})"
_ABOUT = r"\s*(?:程度|くらい|ぐらい|ほど|以内)?の?(?:文章|文)?[にで][、\s]*"
_LENGTH = rf"{_NUMBER.format('lines')}\s*(?:行|文(?!字)){_ABOUT}|{_NUMBER.format('characters')}\s*(?:文字|字){_ABOUT}"
_COUNT = rf"{_NUMBER.format('points')}\s*(?:点|つ|項目){_ABOUT}"
# 要約 asks for it by itself, まとめて where no values are asked for, 説明して and 教えて only in one of the ways below.
_ASKS = re.compile(
    rf"(?:(?P<sums>要約[しせ])|(?P<gathers>まとめ)|(?P<explains>説明し|解説し|紹介し|述べ|書い)|(?P<tells>教え|示し)){_PLEASE}"
    rf"|(?<=[のてでを\s])(?P<sum>要約|サマリー)(?:[をは]?(?:お願い(?:し|いたし|致し)ます)?|を(?:し|作っ|作成し|書い|教え|見せ|示し){_PLEASE})[。.！!？?\s]*$"
)
_WAY = re.compile(
    rf"(?:{_LENGTH}|{_COUNT}|(?P<briefly>(?:簡単|簡潔|手短|端的|大まか|おおまか)に|短く|ざっくりと?|かいつまんで)[、\s]*"
    r"|(?P<gist>の?(?:要点|要旨|ポイント)を)[、\s]*|(?P<sums>要約して)|まとめて)$"
)
_LENGTH_FIRST = re.compile(rf"^(?:{_LENGTH})")
_JOINT = re.compile(r"(?:について(?:の|は)?|に関して|を|の|は)?[、\s]*$")


@dataclass(frozen=True)
class Summary:
    """``question`` is what is left without the wish, empty where nothing is; ``lines`` how many sentences it wants.

    ``is_certain`` is False for words that may ask for values together: 件数と予算額をまとめて.
    """

    question: str
    lines: int
    is_certain: bool


def read_summary(text: str) -> Summary | None:
    """Return the wish for a summary that a question ends in; None where there is none.

    例: 空き家バンクについて3行でまとめて → 空き家バンクについて教えてください, 3
    """
    asks = _ASKS.search(text)
    if asks is None:
        return None
    head, ways = text[: asks.start()], list[re.Match[str]]()
    while way := _WAY.search(head):
        head, ways = head[: way.start()], [*ways, way]
    if first := _LENGTH_FIRST.match(head):
        head, ways = head[first.end() :], [*ways, first]
    told = {name: value for way in (asks, *ways) for name, value in way.groupdict().items() if value}
    is_certain = bool(told.keys() & {"sums", "sum", "gist", "lines", "points", "characters"})
    if not is_certain and "gathers" not in told and not {"explains", "briefly"} <= told.keys():
        return None
    joint = _JOINT.search(head)
    assert joint is not None
    topic = head[: joint.start()]
    by = "を" if joint[0].startswith("を") and "gist" not in told else "について"
    verb = "説明して" if "explains" in told else "教えて"
    return Summary(f"{topic}{by}{verb}ください" if re.search(r"\w", topic) else "", _lines(told), is_certain)


def _lines(told: dict[str, str]) -> int:
    """Return how many sentences are wanted: as said, by the length that is said, else as usual."""
    said = told.get("lines") or told.get("points") or told.get("characters") or str(USUAL_LINES)
    number = int(said) if said.isdecimal() else kanji_value(said) or USUAL_LINES
    return min(max(number // A_LINE if "characters" in told else number, 1), MOST_LINES)
