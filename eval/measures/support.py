"""Does every figure of an answer stand where it may stand?"""

from __future__ import annotations

import re
import unicodedata

from eval.measures.texts import figures, western_years
from ingest.kanji_figures import kanji_value
from ingest.numbers import find_quantities

# 例: 令和6年1月末、2024年度、R6.1.31、10月25日、2024-01-31; not the S 20 of FES 2024
_DATE = re.compile(
    r"(?:令和|平成|昭和|(?<![A-Za-z])[RHS])\s*(?:\d{1,2}(?!\d)|元)(?:年度?)?(?:[./]\s?\d{1,2}(?!\d)){0,2}"
    r"|\d{4}年度?|(?:19|20)\d\d[-/.]\d{1,2}(?:[-/.]\d{1,2})?(?!\d)|\d{1,2}月|\d{1,2}日(?!間|程)"
)
_POINT = re.compile("([〇一二三四五六七八九十百千]+)・([〇一二三四五六七八九]+)")  # 八・七兆円
_DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")
_SIGNS = {"−": "-", "－": "-", "—": "-", "×": "*", "÷": "/", "△": "-", "▲": "-"}
_OPERATION = re.compile(r"\d+(?:\.\d+)?|[-+*/=]")


def unsupported_figures(
    answer: str, question: str, quotes: str, surroundings: str, how: str | None = None
) -> list[str]:
    """Return the figures of an answer that stand nowhere they may stand.

    A value must stand in the cited quotes or in the question. A date may also stand around the quotes (headings,
    title, the lines next to them), in era or western years. With ``how``, the answer is worked out: then its figures
    may stand there, if the operands stand in the quotes and the sum is right.
    """
    text = unicodedata.normalize("NFKC", answer)
    have = _known(quotes) | _known(question)
    if how is not None and not faults_of_derivation(how, quotes):
        have |= set(figures(how))
    around = have | _known(surroundings)
    loose = [value for value in figures(_DATE.sub(" ", text)) if not {value, value.lstrip("0")} & have]
    for date in _DATE.findall(text):
        for place, figure in enumerate(re.findall(r"\d+", date)):
            same = {figure, figure.lstrip("0")} | (western_years(date) if place == 0 else set())
            loose += [] if same & around else [figure]
    return loose


# Digits with commas between thousands, and Japanese figures that are counted. 例: 1,067,267; 四十三兆円, 八割
_THOUSANDS = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_KANJI = re.compile(r"[〇一二三四五六七八九十百千]+(?=[割兆億万円人件台回名社校か箇条項%年月日時分歳])")


def _known(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKC", text)
    found = figures(plain)
    found += re.findall(r"\d+(?:\.\d+)?", _THOUSANDS.sub(" ", plain))  # 例: 事業費,1067,267 are two cells of a row
    found += [str(value) for run in _KANJI.findall(plain) if (value := kanji_value(run)) is not None]
    found += [f"{kanji_value(whole) or 0}.{after.translate(_DIGITS)}" for whole, after in _POINT.findall(plain)]
    for date in _DATE.findall(plain):  # 例: R6.1 is no decimal
        found += re.findall(r"\d+", date)
    return set(found) | {figure.lstrip("0") for figure in found} | western_years(text)


def faults_of_derivation(how: str, quotes: str) -> list[str]:
    """Return what is wrong with a calculation such as 648 − 507 = 141: operands that nobody cited, a wrong result.

    Powers of ten that turn one unit into another (千円 → 円) need no citation, and an operand may be written out:
    例: 122億4千万円 as 12,240,000,000.
    """
    text = unicodedata.normalize("NFKC", how).replace(",", "")
    text = "".join(_SIGNS.get(character, character) for character in text)
    left, equals, right = text.rpartition("=")
    operands = figures(left if equals else text)
    known = _known(quotes) | {f"{quantity.value:.15g}" for quantity in find_quantities(quotes)}
    faults = [x for x in operands if x not in known and not re.fullmatch(r"10+", x)]
    if equals and not re.search(r"[億万千百割]", text):
        value, result = _calculate(left), figures(right)
        if value is not None and result and abs(abs(value) - float(result[0])) > _rounding(result[0]):
            faults.append(f"{left.strip()} = {value:g}, not {result[0]}")
    return faults


def _rounding(figure: str) -> float:
    """Return half of the last place of a printed figure: 0.05 for 1.7, and next to nothing for a whole number."""
    return 0.5 * 10 ** -len(figure.partition(".")[2]) + 1e-9 if "." in figure else 1e-6


def _calculate(text: str) -> float | None:
    """Return the value of a plain sum or product from left to right; None for anything that is not one."""
    tokens = _OPERATION.findall(text)
    mixed = {"+", "-"} & set(tokens) and {"*", "/"} & set(tokens)
    if len(tokens) < 3 or len(tokens) % 2 == 0 or mixed:
        return None
    if not all((token[0].isdigit()) == (place % 2 == 0) for place, token in enumerate(tokens)):
        return None
    value = float(tokens[0])
    for operator, token in zip(tokens[1::2], tokens[2::2], strict=True):
        operand = float(token)
        if operator == "+":
            value += operand
        elif operator == "-":
            value -= operand
        elif operator == "*":
            value *= operand
        elif operator == "/" and operand:
            value /= operand
        else:
            return None
    return value
