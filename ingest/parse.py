"""Files become documents: the parser for each kind of file, and what a document says of itself on its first pages."""

from __future__ import annotations

import hashlib
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from ingest.dates import find_periods
from ingest.document import Block, Document, Source, Table
from ingest.japanese import fold
from ingest.marks import said_in_markdown, struck_notice
from ingest.office.read import OFFICE, OLD, read_office
from ingest.structure import find_blocks
from ingest.text import NotTextError, decode, split_pages


class ParseError(Exception):
    """A file that cannot be read. ``message`` is Japanese and says what to do; ``str(error)`` is exact English."""

    def __init__(self, path: Path, message: str, detail: str, page: int | None = None):
        where = f"{path}, page {page}" if page is not None else str(path)
        super().__init__(f"{where}: {detail}")
        self.path = path
        self.message = message
        self.detail = detail
        self.page = page


PageProgress = Callable[[int, int], None]


def parse(path: Path, progress: PageProgress | None = None, *, name: str | None = None) -> Document:
    """Return the document in a file, with its blocks, tables, title, meeting and date; raise ``ParseError``.

    The content decides what a file is; the suffix only says which kinds are wanted. ``progress`` hears how many pages
    have been read, and of how many. ``name`` is the file's own, where the path has another one: a paper without a
    title is called by it.
    """
    name = name or path.name
    suffix = path.suffix.lower()
    if suffix in OLD:
        raise ParseError(
            path, f"古い形式のファイルは読めません。{OLD[suffix]} で保存し直してください。", f"a {suffix} file"
        )
    if suffix not in SUFFIXES:
        kinds = "、".join(sorted(SUFFIXES))
        raise ParseError(
            path, f"この形式のファイルは読めません。読める形式は {kinds} です。", f"unknown suffix {suffix!r}"
        )
    data = path.read_bytes()
    if not data.strip():
        raise ParseError(path, "ファイルが空です。内容のあるファイルを指定してください。", "the file is empty")
    # A PDF may have a few bytes of junk before its header.
    if suffix == ".pdf" or data[:1024].lstrip().startswith(b"%PDF-"):
        from ingest.pdf.read import read_pdf  # heavy libraries, and only PDFs need them

        document = read_pdf(path, data, progress)
    elif suffix in OFFICE:
        document = read_office(path, data, OFFICE[suffix])
    else:
        document = _parse_text(path, data)
    return _described(replace(document, file=name))


def _parse_text(path: Path, data: bytes) -> Document:
    try:
        text = decode(data)
    except NotTextError as error:
        raise ParseError(
            path,
            "文字コードが分からないか、文字化けしているため読めません。UTF-8 か Shift_JIS で保存し直してください。",
            f"not a text file: {error}",
        ) from error
    if not text.strip():
        raise ParseError(path, "ファイルに文字がありません。内容のあるファイルを指定してください。", "no text")
    is_markdown = path.suffix.lower() in (".md", ".markdown") or _looks_like_markdown(text)
    text, struck = said_in_markdown(text) if is_markdown else (text, [])
    pages, paging = split_pages(text)
    digest = hashlib.sha256(data).hexdigest()
    document = Document(
        id=digest[:16],
        source=str(path),
        file=path.name,
        sha256=digest,
        kind="markdown" if is_markdown else "text",
        text=text,
        pages=pages,
        paging=paging,
        warnings=(struck_notice(struck),) if struck else (),
    )
    from ingest.tables import read_tables  # reads documents, as this module makes them

    return replace(document, tables=read_tables(document))


def _looks_like_markdown(text: str) -> bool:
    return len(re.findall(r"^#{1,6} \S|^- \S|\*\*\S", text, re.M)) >= 5


SUFFIXES: frozenset[str] = frozenset({".txt", ".text", ".md", ".markdown", ".pdf", *OFFICE})


# --- what a document says of itself ----------------------------------------------------------------------------------


def _described(document: Document) -> Document:
    """Return the document with blocks, headings of tables, title, meeting, date and department."""
    spans = [(table.start, table.end) for table in document.tables]
    apart = document.kind in ("slides", "sheet")
    # Rows of a sheet may break a sentence; paragraphs never do.
    begins = {place.start for place in document.places if document.kind != "sheet"}
    blocks = find_blocks(document.text, document.pages, spans, document.marked_headings, begins=begins, apart=apart)
    under = {(block.start, block.end): block.headings for block in blocks}
    tables = tuple(_with_headings(table, under, blocks) for table in document.tables)
    document = replace(document, blocks=blocks, tables=tables)
    cover = _cover(document)
    meeting = _first(cover, _meeting)
    department = _first(cover, _department)
    title, title_from = _first_given(
        ("cover", _mended(_title(document, cover, meeting), document, cover)),
        ("properties", _title_of_properties(document)),
        ("file_name", _title_of_name(document)),
    )
    published, published_from = _first_given(
        ("cover", _published(document, cover) or _signed(document)),
        ("text", _latest_as_of(document)),
        ("file_name", _date_of_name(document.file)),
        ("properties", document.published),
    )
    taken_from = {"title": title_from, "published": published_from}
    taken_from |= {"meeting": "cover"} if meeting else {}
    taken_from |= {"department": "cover"} if department else {}
    return replace(
        document,
        title=title or "",
        meeting=meeting,
        published=published,
        department=department,
        taken_from={name: source for name, source in taken_from.items() if source is not None},
    )


def _first_given(*candidates: tuple[Source, str | None]) -> tuple[str | None, Source | None]:
    """Return the first value that there is, and where it is from."""
    return next(((value, source) for source, value in candidates if value), (None, None))


def _with_headings(table: Table, under: dict[tuple[int, int], tuple[str, ...]], blocks: Sequence[Block]) -> Table:
    found = under.get((table.start, table.end))
    if found is None:
        found = next((b.headings for b in blocks if b.start <= table.start < b.end), ())
    return replace(table, headings=found)


_COVER_LINES = 24


def _cover(document: Document) -> list[str]:
    """Return the first lines, without marks, each as a reader sees it."""
    lines = [
        re.sub(r"^\s*(?:#{1,6}\s+|[-*+]\s+)|\*\*", "", line).strip() for line in document.text.split("\n", 200)[:200]
    ]
    return [line for line in lines if line][:_COVER_LINES]


def _first(lines: Sequence[str], read: Callable[[str], str | None]) -> str | None:
    return next((found for line in lines if (found := read(line))), None)


_MEETING = re.compile(
    r"(?:(?:令和|平成|昭和)?\s?[0-9元]+年\s?)?(?:[^\s、。（(「【]{0,12}?第?\s?[0-9]+回?\s?月?\s?)?"
    r"(?:[^\s、。（(「」【】]{0,14}?)"
    r"(?:定例会見|記者会見|定例会議?|臨時会|(?<=月)議会|県議会|市議会|町議会|村議会|特別委員会|常任委員会|審議会|協議会|検討会議?|懇談会)"
)


def _meeting(line: str) -> str | None:
    """Return the name of the meeting that a cover line gives. 例: 令和6年2月議会, 市長定例記者会見, 第3回環境審議会"""
    folded = fold(line)
    if len(line) > 40 or re.search(r"[。、]", line) or line.endswith("について"):
        return None
    match = _MEETING.search(folded)
    # The printed form, where folding kept every character's place.
    if not match:
        return None
    return line[match.start() : match.end()].strip() if len(folded) == len(line) else match.group().strip()


_TITLE = re.compile(
    r"(?:資料|概要|計画|報告書?|ビジョン|戦略|指針|要綱|白書|予算書?|議案|説明書|について|発表項目|コメント)(?:[（(].*[）)])?】?$"
)


def _title(document: Document, cover: Sequence[str], meeting: str | None) -> str:
    """Return the title: a cover line that names a document, else the first heading."""
    bill = _bill(document)
    if bill:
        return bill
    marked = _marked_title(document, cover)
    if marked:
        return marked
    for line in cover[:12]:
        text = _unwrapped(line)
        if (
            _TITLE.search(line)
            and ("\t" not in line or document.lines_are_source)  # else the row of a table
            and not _numbered(line)
            and len(text) <= 60
            and text != meeting
            and not re.search(r"[。：:]", text)
            and not _names_nothing(text)
        ):
            return re.sub(r"\s+", " ", text)
    if meeting is not None and any(meeting in line for line in cover[:3]):
        return meeting
    first = document.pages[0].number
    heading = next((block for block in document.blocks if block.kind == "heading" and block.page == first), None)
    if heading is None:
        return _lone_first_line(document) or _largest_line(document)
    text = re.sub(r"^\s*#+\s*|\*\*", "", document.text[heading.start : heading.end])
    title = _unwrapped(re.sub(r"\s+", "" if "\n" in text else " ", text))[:_LONGEST_HEADING]
    return title if document.lines_are_source or not _names_nothing(title) else _largest_line(document)


def _marked_title(document: Document, cover: Sequence[str]) -> str:
    """Return the first heading that the file itself marks, where it stands on the cover and names the whole paper."""
    if not document.marked_headings:
        return ""
    if document.kind == "html" and any(document.text[a:b] == document.title for a, b, _ in document.marked_headings):
        return document.title  # the highest heading may name the site
    start, end, level = document.marked_headings[0]
    title = _unwrapped(re.sub(r"\s+", " ", document.text[start:end]))
    outermost = level == min(level for _, _, level in document.marked_headings)
    plain = len(title) <= 60 and not _numbered(title) and not _names_nothing(title)
    return title if outermost and plain and any(title in line for line in cover[:6]) else ""


_BILL = re.compile(
    r"(?:議\s*案|報\s*告|発\s*議|認\s*定|諮\s*問|同\s*意|承\s*認|意見書案)\s*"
    r"第\s*[0-9０-９一二三四五六七八九十]+\s*号"
)


def _bill(document: Document) -> str:
    """Return the number and the name of a paper that is one bill. 例: 議案第１８号 above みどり市手話言語条例"""
    first = document.pages[0].number
    blocks = [block for block in document.blocks if block.page == first][:4]
    texts = [
        re.sub(r"\s+", "" if "\n" in t else " ", t).strip() for t in (document.text[b.start : b.end] for b in blocks)
    ]
    if len(texts) < 2 or not _BILL.fullmatch(texts[0]) or document.lines_are_source:
        return ""
    # The date of its laying may have been joined to it.
    name = re.sub(r"(?:令和|平成)[0-9０-９元]+年.{0,12}提出$", "", texts[1])
    return f"{texts[0]} {name}" if 4 <= len(name) <= 90 and "。" not in name and not find_periods(name) else ""


def _names_nothing(title: str) -> bool:
    """Say whether a heading does not name a paper: a date, a unit, a bare number or word, a part's number."""
    text = fold(title).strip()
    rest = text
    for period in reversed(find_periods(text)):
        rest = rest[: period.at[0]] + rest[period.at[1] :]
    rest = re.sub(r"[^\w]|現在|時点|作成|公表|提出|[0-9]+時", "", rest)
    return (
        len(rest) < 3 or "単位" in text or _numbered(title) or (rest != text and re.search(r"作成$", text) is not None)
    )


def _largest_line(document: Document) -> str:
    """Return the line of a first page that is set larger than all others, and names something."""
    page = document.pages[0]
    if page.char_boxes is None:
        return ""
    boxes = memoryview(page.char_boxes).cast("f") if sys.byteorder == "little" else None
    if boxes is None:
        return ""
    lines: list[tuple[float, int, str]] = []
    at = page.start
    for line in document.text[page.start : page.end].split("\n"):
        sizes = sorted(
            boxes[4 * (at - page.start + i) + 2] - boxes[4 * (at - page.start + i)]
            for i, c in enumerate(line)
            if "\u4e00" <= c <= "\u9fff" and not math.isnan(boxes[4 * (at - page.start + i)])
        )
        if len(sizes) >= 2:
            lines.append((sizes[len(sizes) // 2], -at, line))
        at += len(line) + 1
    if len(lines) < 2:
        return ""
    usual = sorted(size for size, _, _ in lines)[len(lines) // 2]
    larger = [(line, size) for size, _, line in sorted(lines, reverse=True) if size >= 1.15 * usual]
    # Else the first line, unless it is set smaller than the rest.
    for line, size in [*larger, (lines[0][2], lines[0][0])]:
        title = re.sub(r"[\s　]+", " ", re.sub(r"[（(]単位.*?[）)]", "", line)).strip()
        bare = re.sub(r"[（(].*?[）)]", "", title)
        plain = 5 <= len(title) <= 60 and len(bare) >= 4 and not re.search(r"[。、\t]", bare)
        if size >= usual and plain and not _names_nothing(title):
            return title
    return ""


# What programs write as a title by themselves.
_NO_TITLE = re.compile(
    r"Microsoft .*|PowerPoint .*|無題.*|Untitled.*|(?:Slide|スライド|Document|Book|Presentation|文書) ?\d*"
    r"|.*\.(?:docx?|xlsx?|pptx?|xdw|jtdc?|pdf)|\W*",
    re.I,
)


def _title_of_properties(document: Document) -> str:
    """Return the title that a file's properties give, unless a program wrote it by itself."""
    return "" if _NO_TITLE.fullmatch(fold(document.title).strip()) else document.title


def _title_of_name(document: Document) -> str:
    """Return a file's name without a page's number and a date.

    例: Ｐ５~８　繰越事業一覧表.pdf → 繰越事業一覧表; 推進方針_R040224.pdf → 推進方針
    """
    stem = Path(document.file).stem
    name = re.sub(r"^[PpＰｐ][0-9０-９]+(?:[~～\-－][0-9０-９]+)?[\s　_]+", "", stem)
    name = re.sub(r"[_\-\s　]*(?:[RrＲ][0-9]{6}|20[0-9]{6})$", "", name).strip()
    return name if len(name) >= 3 and re.search(r"[^\W\d_a-zA-Z]", name) else stem


def _lone_first_line(document: Document) -> str:
    """Return a text file's first line where a blank line sets it off from the rest and it is no sentence."""
    first, _, rest = document.text.lstrip("\ufeff\n").partition("\n")
    title = re.sub(r"\s+", " ", first).strip()
    alone = document.lines_are_source and rest.startswith("\n") and rest.strip()
    return title if alone and 4 <= len(title) <= _LONGEST_TITLE and not re.search(r"[|\t]|。$", first) else ""


_LONGEST_TITLE = 200
_LONGEST_HEADING = 90


def _unwrapped(line: str) -> str:
    """Return a line without the brackets around all of it. 例: 【総括】 → 総括, but 発表【速報値】 stays"""
    text = line.strip(" 　")
    return text[1:-1].strip(" 　") if re.fullmatch(r"【[^【】]*】", text) else text


# --- titles that are only a part of what stands there ----------------------------------------------------------------

_KANA_KANJI = "一-龠々ぁ-んァ-ヴー０-９0-9"
_SPACED = re.compile(rf"(?<!\S)[{_KANA_KANJI}](?:[ 　]+[{_KANA_KANJI}]){{2,}}(?!\S)")
# What ends so goes on in the next line. 例: 課題と, 情報システムにおける; but マイナンバーとは is whole
_OPEN = re.compile(r"(?:[とのにを・、]|における|に関する|及び|および|ならびに|並びに|又は|または|に係る|に向けた)$")
_GOES_ON = re.compile(r"及び|および|ならびに|並びに|又は|または")
_PART = re.compile(r"第[0-9０-９一二三四五六七八九十]+[章節部編]")
_REMNANT = 8  # characters of a line that is but the end of the line before, which fills its width
_FULL = 25


def _mended(title: str, document: Document, cover: Sequence[str]) -> str:
    """Return a title with the lines that it goes on in, and without the spaces that only spread its characters.

    例: 国 の 予 算 書 → 国の予算書, デジタル技術の課題と above 現状の対応策 → デジタル技術の課題と現状の対応策
    """
    closed = _closed_up(title)
    at = next((i for i, line in enumerate(cover) if _closed_up(_unwrapped(line)).startswith(closed[:40])), None)
    if not title or at is None or document.kind in ("sheet", "csv"):
        return closed
    if closed != title and at:
        closed = _spread_over(closed, cover[:at], document.text[:2000])
    above = cover[at - 1] if at else ""
    if len(closed) <= _REMNANT and len(above) >= _FULL and _goes_on_with(above) and not _names_nothing(above):
        closed = above + closed
    for line in cover[at + 1 : at + 4]:
        if not _is_open(closed) and not (len(closed) >= _REMNANT and _GOES_ON.match(line)):
            break
        if _PART.fullmatch(line):  # set at the side of a title of two lines
            continue
        if not _goes_on_with(line) or _numbered(line) or _names_nothing(line):
            break
        closed += _closed_up(line)
    return closed


def _closed_up(title: str) -> str:
    """Return a title without the spaces between all of its characters. 例: 予 算 書 → 予算書, 環境 計画 stays"""
    return _SPACED.sub(lambda match: re.sub(r"[ 　]+", "", match[0]), title)


def _spread_over(title: str, above: Sequence[str], text: str) -> str:
    """Return a spread title with what was set apart from it: its first character, and the year over it."""
    first = next((line for line in reversed(above[-4:]) if len(line) == 1 and f"{line}{title[:2]}" in text), "")
    year = next((y for y in map(_closed_up, reversed(above[-4:])) if re.fullmatch(r"(?:令和|平成).{1,3}年度", y)), "")
    return f"{year} {first}{title}".strip()


def _is_open(title: str) -> bool:
    """Say whether a title ends in the midst of a phrase or of brackets."""
    brackets = any(title.count(opening) > title.count(closing) for opening, closing in ("（）", "()", "「」", "【】"))
    return brackets or _OPEN.search(title) is not None


def _goes_on_with(line: str) -> bool:
    """Say whether a line may be a part of a title: neither a sentence nor a row."""
    return len(line) <= 60 and not re.search(r"[。\t：:]|^[・○●◆◇■□※]", line)


def _numbered(line: str) -> bool:
    return (
        re.match(r"[0-9０-９]{1,2}[．.、\s　]|[（(][0-9０-９]|[\u2460-\u2473]|第[0-9０-９一-十]+[章節条]", line)
        is not None
    )


_DEPARTMENT = re.compile(r"[^\s、。・（(【「：:]{1,16}(?:部|課|局|室|省|庁|委員会事務局)")


def _department(line: str) -> str | None:
    """Return the department that a cover line names alone. 例: 企画振興部, 担当：環境政策課"""
    text = re.sub(r"^(?:担当(?:課|部署)?|所管|作成)[：:\s]*", "", line).strip("【】（）() 　")
    return text if _DEPARTMENT.fullmatch(text) else None


# Who issued a paper, where that stands on the line of its date. 例: 令和6年6月30日　地域協働課
_ISSUER = re.compile(
    r"(?:[^\s、。・：:()（）0-9０-９]{1,20}"
    r"(?:部|課|局|室|係|省|庁|委員会|協議会|審議会|センター|市|町|村|県|府|都|区)[\s　]*){1,3}"
)


def _published(document: Document, cover: Sequence[str]) -> str | None:
    """Return the date that the cover gives: one standing alone, or that of the meeting. 例: 令和6年2月議会 → 2024-02"""
    for above, line in zip(["", *cover], cover[:14], strict=False):
        if len(line) > 40 or re.search(r"日\s?時|期\s?[日間]|日\s?程|開催", above):
            continue  # when something takes place is not when the paper was issued
        for period in find_periods(line):
            if period.kind not in ("day", "month"):
                continue
            rest = (line[: period.at[0]] + line[period.at[1] :]).strip(" 　()（）【】[]◆●○■発行作成公表提出招集")
            alone = (
                re.fullmatch(
                    r"(?:[月火水木金土日]曜?日?)?|(?:版|修正|更新|[0-9０-９]+時[0-9０-９分]*時?点?(?:現在|時点)?|現在|時点)"
                    r"|(?:最終)?(?:更新|掲載|公開|改定|発行|作成|公表)日?[：:]?",
                    rest,
                )
                or _ISSUER.fullmatch(rest)
            ) is not None
            meeting = _meeting(line) is not None
            if alone or meeting:
                return period.code
        if (
            month := re.search(r"((?:令和|平成)\s?[0-9元]+年)\s?([0-9]+)\s?月(?:定例)?(?:議会|会)", fold(line))
        ) is not None:
            named = find_periods(f"{month.group(1)}{month.group(2)}月")  # the year alone where there is no such month
            if named:
                return named[0].code
    return None


_SIGNED = re.compile(r"[\s　]*(?:提出|作成|公表|発行|策定|発表)[\s　]*")


def _signed(document: Document) -> str | None:
    """Return the day on a line of its own that says when the paper was laid or issued. 例: 令和４年６月１０日提出"""
    end = document.pages[min(2, len(document.pages) - 1)].end
    for line in document.text[:end].split("\n"):
        if not 6 <= len(line) <= 30:
            continue
        for period in find_periods(line):
            if period.kind == "day" and not line[: period.at[0]].strip() and _SIGNED.fullmatch(line[period.at[1] :]):
                return period.code
    return None


_IN_NAME = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<year>20[0-9]{2})|[RrＲ](?P<era>[0-9]{2}))(?P<month>[0-9]{2})(?P<day>[0-9]{2})(?![0-9])"
)


def _date_of_name(name: str) -> str | None:
    """Return the day in a file's name. 例: 20220312.pdf → 2022-03-12, 方針_R040224.pdf → 2022-02-24"""
    for match in _IN_NAME.finditer(name.replace("_", " ")):
        year = int(match["year"]) if match["year"] else 2018 + int(match["era"])
        try:
            return date(year, int(match["month"]), int(match["day"])).isoformat()
        except ValueError:
            continue
    return None


_AS_OF = re.compile(r"\s*[）)]?(?:現在|時点|末現在|末時点)")


def _latest_as_of(document: Document) -> str | None:
    """Return the latest date for which the document gives figures (…現在, …時点): it cannot be older than that."""
    latest: str | None = None
    for period in find_periods(document.text):
        named = document.text[period.at[0] : period.at[1]]
        dated = period.kind in ("day", "month")
        if dated and (named.endswith(("現在", "時点")) or _AS_OF.match(document.text, period.at[1])):
            code = period.end[:7]
            latest = max(latest or code, code)
    return latest
