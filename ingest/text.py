"""Bytes of a text file as text, and its pages: form feeds, or page numbers that were printed and can be followed."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Page, Paging
from ingest.japanese import begins_item, fold, may_continue

# --- bytes -----------------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class NotTextError(ValueError):
    """The bytes are not text in an encoding that is known."""


def decode(data: bytes) -> str:
    """Return the text of ``data`` with line ends as ``\\n``; raise ``NotTextError`` for anything that is not text.

    UTF-8 and UTF-16 (with or without mark), ISO-2022-JP (JIS), CP932 (Shift_JIS) and EUC-JP are recognised, each
    strictly; bytes that could be either of the last two are refused, and so is text that was once read wrongly.
    """
    text = _decoded(data)
    if _is_misread(text):
        raise NotTextError("letters of another encoding: the text was read wrongly before it was saved")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return _plain(data[len(mark) :], encoding)
    # Without a mark UTF-16 shows by its zero bytes, which no other text encoding has.
    if b"\0" in data[:4096]:
        big = data[:4096:2].count(0)
        little = data[1:4096:2].count(0)
        text = _plain(data, "utf-16-be" if big > little else "utf-16-le")
        # Almost any bytes are some UTF-16: it must be characters that Japanese papers use.
        if len(_USUAL.findall(text)) < 0.95 * len(text):
            raise NotTextError("zero bytes, and not UTF-16 text")
        return text
    if _SHIFT.search(data) and data.isascii():
        return _from_jis(data)
    try:
        return _plain(data, "utf-8")
    except NotTextError:
        pass
    euc = _from_euc(data)
    try:
        text = _plain(data, "cp932")
    except NotTextError as error:
        if euc is None:
            raise NotTextError("neither UTF-8, UTF-16, ISO-2022-JP, CP932 nor EUC-JP") from error
        return euc
    # Few bytes are both: those of two-byte letters of EUC-JP are half-width kana of CP932.
    if euc is None or 2 * len(_HALF_WIDTH.findall(text)) < len(_WIDE.findall(text)):
        return text
    if 10 * len(_KANA.findall(euc)) >= len(_WIDE.findall(euc)):
        return euc
    raise NotTextError("either CP932 or EUC-JP")


_HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
_WIDE = re.compile(r"[^\x00-\x7f]")
_KANA = re.compile(r"[ぁ-ヶ]")
_SHIFT = re.compile(rb"\x1b(?:\$[@B]|\([BJI]|\$\([DOQ])")


def _from_jis(data: bytes) -> str:
    """Return the text of ISO-2022-JP, with the signs that Windows adds to it (例: ①, ㈱)."""
    parts: list[bytes] = []
    mode, at = b"(B", 0
    for shift in [*_SHIFT.finditer(data), None]:
        piece = data[at : shift.start() if shift else len(data)]
        if mode in (b"$B", b"$@"):
            rows = re.split(rb"([\x00-\x20]+)", piece)  # line ends stand in any mode
            parts += [row if i % 2 else _two_bytes(row) for i, row in enumerate(rows)]
        elif mode == b"(I":
            parts.append(bytes(byte + 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece))
        elif mode in (b"(B", b"(J"):
            parts.append(piece)
        else:
            raise NotTextError(f"a set of letters of ISO-2022-JP that is not read: {mode!r}")
        if shift:
            mode, at = shift[0][1:], shift.end()
    return _plain(b"".join(parts), "cp932")


def _two_bytes(letters: bytes) -> bytes:
    """Return letters of JIS X 0208, two bytes each, as CP932 holds them."""
    if len(letters) % 2:
        raise NotTextError("half a letter of ISO-2022-JP")
    found = bytearray()
    for first, second in zip(letters[::2], letters[1::2], strict=True):
        found.append(((first + 1) >> 1) + (0x70 if first < 0x5F else 0xB0))
        found.append(second + (0x1F if second < 0x60 else 0x20) if first % 2 else second + 0x7E)
    return bytes(found)


_EUC = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2})*")


def _from_euc(data: bytes) -> str | None:
    try:
        return from_euc(data) if _EUC.fullmatch(data) else None
    except (UnicodeDecodeError, NotTextError):
        return None


def from_euc(data: bytes) -> str:
    """Return the text of EUC-JP, with the signs that Windows adds to it; raise ``UnicodeDecodeError``."""
    parts: list[str] = []
    for piece in re.finditer(rb"[\x00-\x7f]+|(?:[\xa1-\xfe]{2})+|\x8e[\xa1-\xdf]|.[^\x00-\x7f]*", data, re.S):
        if piece[0][0] >= 0xA1 and len(piece[0]) % 2 == 0:
            parts.append(_two_bytes(bytes(byte - 0x80 for byte in piece[0])).decode("cp932"))
        else:
            parts.append(piece[0].decode("euc_jp"))
    return _plain("".join(parts).encode(), "utf-8")


_WESTERN = re.compile(r"[\u0080-\u00ff\u0152-\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122\ufffd]")
_NO_LETTER = re.compile(r"[\uff61-\uff9f\ufffd\ue000-\uf8ff\x80-\x9f]")


def _is_misread(text: str) -> bool:
    """Say whether a text is Japanese that was read in a wrong encoding.

    UTF-8 taken for Shift_JIS is full of rare 漢字 and half-width kana; taken for a western encoding, it is nothing
    but accents and signs. 例: 縺ゅ＞縺 or ã‚\x81 for あ
    """
    wide = _WIDE.findall(text[:_LOOKED_AT])
    if len(wide) < _LEAST_WIDE:
        return False
    lost = sum(_NO_LETTER.fullmatch(c) is not None for c in wide)
    rare = sum(len(code := c.encode("cp932", "ignore")) == 2 and 0xE0 <= code[0] <= 0xEA for c in wide)
    western = sum(_WESTERN.fullmatch(c) is not None for c in wide)
    return (5 * rare > len(wide) and 20 * lost > len(wide)) or (
        10 * western > 9 * len(wide) and 4 * western > len(text[:_LOOKED_AT])
    )


_LOOKED_AT = 100_000  # characters
_LEAST_WIDE = 20


def _plain(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotTextError(f"not {encoding}: {error.reason} at byte {error.start}") from error
    # A few stray control characters come from office exports; many mean that this is no text.
    if len(_CONTROL.findall(text)) > len(text) // 200:
        raise NotTextError(f"control characters: not text in {encoding}")
    return text


_USUAL = re.compile(
    r"[\s -~\u00a0\u00a7\u00b0\u00b1\u00b6\u00d7\u00f7\u2000-\u27bf\u3000-\u30ff\u3200-\u33ff"
    r"\u4e00-\u9fff\uff00-\uff9f\uffe0-\uffe6]"
)


def is_usual(character: str) -> bool:
    """Say whether a character is one that Japanese papers use."""
    return _USUAL.fullmatch(character) is not None


# --- pages -----------------------------------------------------------------------------------------------------------


def split_pages(text: str) -> tuple[tuple[Page, ...], Paging]:
    """Return the pages that ``text`` shows, and how they were found; one page over all where there are none."""
    if "\f" in text.strip("\f\n "):
        return _split_at_form_feeds(text), "physical"
    starts = _guess_page_starts(text)
    if starts is None:
        return (Page(1, 0, len(text)),), "none"
    ends = [start for _, start, _ in starts[1:]] + [len(text)]
    return tuple(
        Page(number, start, end, label) for (number, start, label), end in zip(starts, ends, strict=True)
    ), "guessed"


def _split_at_form_feeds(text: str) -> tuple[Page, ...]:
    """Return the pages between form feeds; a form feed belongs to the page it ends."""
    spans: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        feed = text.find("\f", start)
        end = len(text) if feed < 0 else feed + 1
        if feed < 0 and spans and not text[start:].strip():
            spans[-1] = (spans[-1][0], end)  # what follows the last form feed is no page
        else:
            spans.append((start, end))
        start = end
    labels = printed_labels([text[a:b] for a, b in spans])
    return tuple(Page(number, a, b, label) for number, ((a, b), label) in enumerate(zip(spans, labels, strict=True), 1))


def printed_labels(pages: Sequence[str]) -> list[str | None]:
    """Return the number printed at the foot or head of each page, where most of those found count up with the pages."""
    numbers = [_lone_at_edge(page) for page in pages]
    distances = Counter(n - i for i, n in enumerate(numbers) if n is not None)
    if not distances:
        return [None] * len(pages)
    usual, count = distances.most_common(1)[0]
    if count < 2 or count * 2 < sum(distances.values()):
        return [None] * len(pages)
    return [str(n) if n is not None and n - i == usual else None for i, n in enumerate(numbers)]


def _lone_at_edge(page: str) -> int | None:
    """Return the number alone on a page's last or first line. 例: 12, - 12 -, ～３～, P.4, 3/20"""
    lines = [line.strip() for line in page.split("\n") if line.strip()]
    for line in lines[:-3:-1] + lines[:1]:
        match = re.fullmatch(r"(?:p\.?\s?)?[-~]?\s*(\d{1,4})\s*[-~]?(?:\s?/\s?\d+)?(?:ページ|頁)?", fold(line))
        match = match or re.fullmatch(r"[-~]\s*(\d{1,4})\s*[-~]\s*\S{1,10}", fold(line))  # 例: ― 2 ― 一般会計
        if match:
            return int(match.group(1))
    return None


@dataclass(frozen=True)
class _Candidate:
    """A line that may begin a page. ``score`` says how much it looks it; 1 and more is likely."""

    line: int  # from 0
    score: float


@dataclass(frozen=True)
class _Anchor:
    """A number standing alone on a line, which may be the page's own."""

    line: int
    number: int


_LEAST_ANCHORS = 3
_MOST_FIRST_PAGE = 4  # a file may have lost its cover and contents, not more
_TITLE_LENGTH = 48


def _guess_page_starts(text: str) -> list[tuple[int, int, str | None]] | None:
    """Return (page number, offset, printed label) of each page, or None where nothing confirms them.

    Text extracted from a PDF marks a page by a form feed; where white space was cleaned, it became one space before
    the page's first line. Such lines are candidates only: lone printed numbers must count up with them.
    """
    lines = text.split("\n")
    candidates = _candidates(lines)
    anchors = _follow(_lone_numbers(lines), candidates)
    if anchors is None:
        return None
    first, chosen = _choose(candidates, anchors, len(lines))
    if chosen is None:
        return None
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    printed = {anchor.number for anchor in anchors}
    pages = [(first, 0, str(first) if first in printed else None)]
    for at in chosen:
        number = pages[-1][0] + 1
        pages.append((number, offsets[at], str(number) if number in printed else None))
    return pages


def _candidates(lines: Sequence[str]) -> list[_Candidate]:
    """Return the lines that may begin a page, with how much they look it."""
    marked = [i for i in range(1, len(lines)) if re.match(r" {1,2}\S", lines[i]) and lines[i - 1].strip()]
    heads = Counter(filter(None, (_head(lines[i]) for i in [0, *marked])))
    found: list[_Candidate] = []
    for i in range(1, len(lines)):
        if i in _after_footer(lines, i):
            found.append(_Candidate(i, 4))
    for i in marked:
        score = _score(lines, i, set(marked), heads[_head(lines[i])] > 1)
        found.append(_Candidate(i, score))
    return sorted(found, key=lambda candidate: candidate.line)


def _score(lines: Sequence[str], i: int, marked: set[int], repeated: bool) -> float:
    """Return how much line ``i`` looks like a page's first: 1 for a bare one, more for titles, less for list items."""
    line, above = lines[i], lines[i - 1]
    below = lines[i + 1] if i + 1 < len(lines) else ""
    text = line.strip()
    numbered = _NUMBERED.match(text) is not None
    score = 1.0
    if repeated:
        score += 3  # a running title
    if numbered:
        score += 1.5
    if not below.strip():
        score += 0.5
    divider = re.fullmatch(r"【[^】]+】|[＜〈][^＞〉]+[＞〉]", above.strip()) is not None
    if divider and any(j == 0 or j in marked for j in (i - 1, i - 2, i - 3)):
        score += 3  # what stands above is a page that only names a part. 例: 第２部 / 【移住関係】
    elif len(text) > _TITLE_LENGTH or text.endswith("。"):
        score -= 1
    indented = re.compile(r" {1,2}\S")
    if re.match(r"[・•‣※⇒→]", text) or indented.match(above) or indented.match(below):
        score -= 3  # lists and indented paragraphs
    elif begins_item(text) and not numbered and not divider and begins_item(above):
        score -= 1 if above.lstrip().startswith(("・", "•", "‣", "-")) else 2.5
    elif above.lstrip().startswith(("※", "＊")):
        score -= 1.5  # the rest of a note
    if re.match(r"[はがをにのでともやへ][ぁ-ん一-鿿]", text):
        score -= 1.5  # the rest of a sentence. 例: による支援
    elif may_continue(above, line) and not repeated:
        score -= 0.5 if _TITLE_END.search(text) else 2.5
    if len(text) <= 8 and len(above.strip()) <= 8 and all(re.search(r"\d", fold(x)) for x in (text, above)):
        score -= 1.5  # the scale of a chart. 例: H29 / H30
    if line.startswith("  ") and not repeated:
        score -= 2
    return score


# How a line that names a topic ends. 例: 地域協議会の開催状況について
_TITLE_END = re.compile(r"(?:について|概要|状況|構想|方向性|計画|方針|内容)(?:等|（.*）|\(.*\))?$")
_NUMBERED = re.compile(r"(?:[0-9０-９]{1,2}(?:[．.](?!\d)|[\s　])|第\d|[＜<]参考|[（(][0-9０-９]+[)）])")


def _head(line: str) -> str:
    """Return what makes two page heads the same: how they begin, without numbers and spaces; empty when too little."""
    head = re.sub(r"[\s\d]|\(.*", "", fold(line))[:12]
    return head if len(head) >= 5 else ""


def _after_footer(lines: Sequence[str], i: int) -> tuple[int, ...]:
    """Return ``(i,)`` if line ``i`` follows a printed number and at least three blank lines."""
    if not lines[i].strip() or i < 4 or any(line.strip() for line in lines[i - 3 : i]):
        return ()
    above = [line.strip() for line in lines[max(0, i - 14) : i] if line.strip()][-3:]
    return (i,) if any(re.search(r"(?:^|\s)\d{1,3}$", fold(line)) for line in above) else ()


def _lone_numbers(lines: Sequence[str]) -> list[_Anchor]:
    """Return the numbers that stand alone, or last on a line that ends a page."""
    found: list[_Anchor] = []
    for i, line in enumerate(lines):
        folded = fold(line).strip()
        match = re.fullmatch(r"[-~]?\s*(\d{1,3})\s*[-~]?", folded)
        if not match and len(lines) > i + 3 and not any(rest.strip() for rest in lines[i + 1 : i + 4]):
            match = re.search(r"\s(\d{1,3})$", folded)
        if match and int(match.group(1)) > 0:
            found.append(_Anchor(i, int(match.group(1))))
    return found


def _likely(candidates: Sequence[_Candidate], after: int, upto: int) -> float:
    """Return how many pages probably begin after one line and up to another."""
    return sum(1 / (1 + math.exp(2 - 4 * c.score)) for c in candidates if after < c.line <= upto)


def _possible(candidates: Sequence[_Candidate], after: int, upto: int) -> int:
    return sum(1 for c in candidates if after < c.line <= upto)


def _agrees(likely: float, possible: int, needed: int) -> bool:
    """Say whether ``needed`` page starts are what the candidates show, give or take a few in a long stretch."""
    return possible >= needed >= 1 and abs(likely - needed) <= max(1, needed // 4)


def _follow(numbers: Sequence[_Anchor], candidates: Sequence[_Candidate]) -> list[_Anchor] | None:
    """Return the longest row of printed numbers that counts up with the candidates; None when it is too short."""
    best: list[list[_Anchor]] = []
    for i, anchor in enumerate(numbers):
        row = [anchor]
        for j in range(i):
            other = best[j]
            if not other or len(other) + 1 <= len(row):
                continue
            last = other[-1]
            likely = _likely(candidates, last.line, anchor.line)
            possible = _possible(candidates, last.line, anchor.line)
            if _agrees(likely, possible, anchor.number - last.number):
                row = [*other, anchor]
        start = row[0]
        if len(row) == 1:
            needed = start.number - 1
            likely = _likely(candidates, 0, start.line)
            possible = _possible(candidates, 0, start.line)
            # The first number must fit the pages before it, but for a lost cover.
            fits = any(
                needed - lost == 0 or _agrees(likely, possible, needed - lost)
                for lost in range(_MOST_FIRST_PAGE)
                if needed - lost >= 0
            )
            row = row if fits else []
        best.append(row)
    longest = max(best, key=len, default=[])
    return longest if len(longest) >= _LEAST_ANCHORS else None


def _choose(candidates: Sequence[_Candidate], anchors: Sequence[_Anchor], length: int) -> tuple[int, list[int] | None]:
    """Return the first page's number and the lines on which the other pages begin."""
    before = [c for c in candidates if c.line <= anchors[0].line]
    likely = _likely(before, 0, anchors[0].line)
    # Of the counts that a lost cover allows, take the one that the candidates show.
    lost = min(range(_MOST_FIRST_PAGE), key=lambda n: (abs(anchors[0].number - 1 - n - likely), n))
    chosen = _best(before, anchors[0].number - 1 - lost, 0, anchors[0].line)
    if chosen is None:
        return 0, None
    for left, right in pairwise(anchors):
        between = [c for c in candidates if left.line < c.line <= right.line]
        part = _best(between, right.number - left.number, left.line, right.line)
        if part is None:
            return 0, None
        chosen += part
    chosen += [c.line for c in candidates if c.line > anchors[-1].line and c.score >= 1]
    return 1 + lost, chosen


def _best(candidates: Sequence[_Candidate], count: int, begin: int, end: int) -> list[int] | None:
    """Return the ``count`` lines that look most like page starts; between equals, pages of like length win."""
    if count <= 0:
        return [] if count == 0 else None
    if len(candidates) < count:
        return None
    mean = max(1.0, (end - begin) / (count + 1))

    def cost(length: int) -> float:
        return 0.3 * (length / mean) ** 2

    # best[k][i]: k pages begun, the last at candidate i
    table: list[dict[int, tuple[float, tuple[int, ...]]]] = [
        {i: (c.score - cost(c.line - begin), (c.line,)) for i, c in enumerate(candidates)}
    ]
    for _ in range(1, count):
        row: dict[int, tuple[float, tuple[int, ...]]] = {}
        for i, candidate in enumerate(candidates):
            options = [
                (value + candidate.score - cost(candidate.line - candidates[j].line), (*lines, candidate.line))
                for j, (value, lines) in table[-1].items()
                if j < i
            ]
            if options:
                row[i] = max(options)
        table.append(row)
    final = [(value - cost(end - candidates[i].line), lines) for i, (value, lines) in table[-1].items()]
    return list(max(final)[1]) if final else None
