"""What the API says, as safe HTML: pure functions.

Titles, headings and quotes come out of files that anyone may have written, so every one of them is escaped here,
and nothing of a document is ever handed to Markdown.
"""

from __future__ import annotations

import html
import re
import string
from datetime import datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

ERAS = ((2019, 5, "令和"), (1989, 1, "平成"), (1926, 12, "昭和"), (1912, 7, "大正"), (1868, 9, "明治"))
# Questions whose answer is worth little without its date.
DATED_TYPES = {"number", "comparison", "temporal"}
SIZES = (("short", 40), ("medium", 80))  # characters up to which an answer is set in large type
JAPAN = timezone(timedelta(hours=9))
CONTEXT_LINES = 12  # lines of a text file shown above and below its quote


def escape(text: object) -> str:
    """Return ``text`` for use inside HTML elements and attributes."""
    return html.escape(str(text), quote=True)


def label(text: str) -> str:
    """Return ``text`` on one line for a Streamlit label, so that its Markdown shows the characters themselves.

    Backslashes do not stop ``:smile:`` from becoming a picture, nor an address from becoming a link: those get an
    invisible joiner.
    """
    joined = re.sub(r"(?<=:)(?=[\w/])|(?<=@)|(?<=www)(?=\.)", "\u2060", " ".join(text.split()))
    return "".join("\\" + c if c in string.punctuation else c for c in joined)


# --- words for codes ---------------------------------------------------------------------------------------------


def era(year: int, month: int) -> str:
    """Return the Japanese year. 例: (2024, 1) → 令和6年, (2019, 5) → 令和元年"""
    for first, first_month, name in ERAS:
        if (year, month) >= (first, first_month):
            return f"{name}{'元' if year == first else year - first + 1}年"
    return f"{year}年"


def when(code: str | None) -> str | None:
    """Return an as-of or published code in words.

    例: FY2023 → 令和5年度（2023年度）, 2024-01-31 → 令和6年1月31日（2024年）
    """
    if not code:
        return None
    if match := re.fullmatch(r"FY(\d{4})", code):
        year = int(match[1])
        # 2019年度 is called 令和元年度 for the most part: an era name stands for the year in which it ends.
        return f"{era(year, 12)}度（{year}年度）"
    if match := re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", code):
        year, month, day = (int(part) if part else 0 for part in match.groups())
        rest = (f"{month}月" if month else "") + (f"{day}日" if day else "")
        return f"{era(year, month or 12)}{rest}（{year}年）"
    return code


def moment(iso: str | None) -> str | None:
    """Return a moment by Japan's clock. 例: 2026-11-23T08:37:18+00:00 → 2026/11/23 17:37"""
    return datetime.fromisoformat(iso).astimezone(JAPAN).strftime("%Y/%m/%d %H:%M") if iso else None


def confidence(value: float) -> str:
    return "高" if value >= 0.75 else "中" if value >= 0.45 else "低"


def place(citation: Json) -> str:
    """Return where a quote stands. 例: p.12（印刷ページ 24）, p.3（推定）・120–124行"""
    parts = []
    page, printed = citation.get("page"), citation.get("page_label")
    ocr = ["文字認識（OCR）"] if citation.get("read_by") == "ocr" else []
    if named := citation.get("place"):
        parts.append(named + (f"（{ocr[0]}）" if ocr else ""))
    elif page is not None:
        notes = []
        if printed is not None and str(printed) != str(page):
            notes.append(f"印刷ページ {printed}")
        if citation.get("page_guessed"):
            notes.append("推定")
        notes += ocr
        parts.append(f"p.{page}" + (f"（{'、'.join(notes)}）" if notes else ""))
    if lines := citation.get("lines"):
        first, last = lines
        parts.append(f"{first}行" if first == last else f"{first}–{last}行")
    return "・".join(parts)


def origin_html(citation: Json) -> str:
    """Return meeting, date and place of a citation; a line breaks between them only."""
    date = when(citation.get("published"))
    guessed = "（推定）" if date and citation.get("published_guessed") else ""
    parts = [citation.get("meeting"), f"{date or ''}{guessed}", place(citation)]
    return " ".join(f"<span>{escape(part)}</span>" for part in parts if part)


# --- the answer ---------------------------------------------------------------------------------------------------


def question_html(question: str) -> str:
    return f'<div class="tk-question"><span class="tk-tag">質問</span><h2>{escape(question)}</h2></div>'


def answer_html(answer: Json) -> str:
    """Return the answer, large, with its date, how sure it is, and how it was worked out."""
    text = str(answer["answer"])
    size = "long" if "\n" in text else next((name for name, most in SIZES if len(text) <= most), "long")
    badges = []
    if as_of := when(answer.get("as_of")):
        badges.append(f'<span class="tk-badge tk-date">時点　{escape(as_of)}</span>')
    elif answer.get("type") in DATED_TYPES:
        badges.append('<span class="tk-badge">時点の記載なし</span>')
    derived = answer.get("derived")
    if derived:
        badges.append('<span class="tk-badge tk-derived">計算による</span>')
    badges.append(f'<span class="tk-badge">確度　{confidence(answer.get("confidence", 0.0))}</span>')
    how = ""
    if derived:
        operands = "・".join(str(n) for n in derived["operands"])
        source = f"<span>出典 {escape(operands)} の数値から計算</span>" if operands else ""
        how = f'<div class="tk-how"><code>{escape(derived["how"])}</code>{source}</div>'
    return (
        f'<div class="tk-answer"><p class="tk-value tk-{size}">{escape(text)}</p>'
        f'<p class="tk-badges">{"".join(badges)}</p>{how}</div>'
    )


def timeline_html(points: list[Json]) -> str:
    """Return the indicator's values over time as a table, latest last and marked; nothing for no points."""
    if not points:
        return ""
    rows = []
    for i, point in enumerate(points):
        value = escape(point["value"])
        unit = point.get("unit")
        if unit and not str(point["value"]).endswith(unit):
            value += escape(unit)
        latest = i == len(points) - 1
        rows.append(
            f'<tr class="tk-latest"><td>{escape(when(point["as_of"]))}<span class="tk-new">最新</span></td>'
            if latest
            else f"<tr><td>{escape(when(point['as_of']))}</td>"
        )
        rows.append(f'<td class="tk-figure">{value}</td><td class="tk-ref">{escape(point["citation"])}</td></tr>')
    return (
        '<div class="tk-timeline"><h3>時点ごとの値</h3><table><thead><tr><th>時点</th><th>値</th><th>出典</th></tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def not_found_html(answer: Json) -> str:
    """Return the honest silence, with the words of the question that no document meets."""
    missing = "".join(f'<span class="tk-badge tk-missing">{escape(word)}</span>' for word in answer.get("missing", ()))
    named = f'<p class="tk-badges"><span>資料に見当たらない言葉・条件</span>{missing}</p>' if missing else ""
    return (
        f'<div class="tk-answer tk-none"><p class="tk-value tk-short">{escape(answer["answer"])}</p>{named}'
        "<p>言い方を変えるか、時期や地域を確かめて、もう一度質問してください。"
        "関係のありそうな箇所があれば、下に示します。</p></div>"
    )


def reference(citation: Json) -> str:
    """Return quote and origin as plain text for a report. 例: 「……」（市政の概況、令和6年6月議会、p.3）"""
    parts = [citation.get("title") or citation["file"], citation.get("meeting"), place(citation)]
    return f"「{str(citation['quote']).strip()}」（{'、'.join(part for part in parts if part)}）"


def citation_html(citation: Json, *, shown: bool = False, passage: bool = False) -> str:
    """Return a citation: number, document, meeting, date, page, section path, and the verbatim quote.

    A passage is longer, is cut after some lines, and has no number that an answer refers to.
    """
    number = "" if passage else f'<span class="tk-n">{escape(citation["n"])}</span>'
    kind = (" tk-passage" if passage else "") + (" tk-shown" if shown else "")
    section = " › ".join(citation.get("section") or ())
    path = f'<p class="tk-section">{escape(section)}</p>' if section else ""
    return (
        f'<div class="tk-citation{kind}">{number}<div>'
        f'<p class="tk-title">{escape(citation.get("title") or citation["file"])}</p>'
        f'<p class="tk-origin">{origin_html(citation)}</p>{path}'
        f"<blockquote>{escape(str(citation['quote']).strip())}</blockquote></div></div>"
    )


# --- a page of a document ------------------------------------------------------------------------------------------


def page_heading_html(citation: Json) -> str:
    """Return the line above a page: which document, which page."""
    title = escape(citation.get("title") or citation["file"])
    return f'<div class="tk-page-heading"><b>{title}</b><span>{escape(place(citation))}</span></div>'


def page_text_html(text: str, page_start: int, citation: Json, *, context: int | None = CONTEXT_LINES) -> str:
    """Return a page of a text file with line numbers and the quote marked.

    ``text`` is the page's text, which begins at ``page_start`` of the document; ``context`` limits the lines shown
    above and below the quote. Without line numbers in the citation there are none here.
    """
    start = min(max(citation["start"] - page_start, 0), len(text))
    end = min(max(citation["end"] - page_start, start), len(text))
    first_line = (citation.get("lines") or [None])[0]
    before = text.count("\n", 0, start)
    last = text.count("\n", 0, max(start, end - 1))
    rows: list[str] = []
    offset = 0
    lines = text.split("\n")
    kept = range(len(lines)) if context is None else range(max(0, before - context), last + context + 1)
    for i, line in enumerate(lines):
        if i in kept:
            a, b = (min(max(bound - offset, 0), len(line)) for bound in (start, end))
            body = escape(line[:a]) + (f"<mark>{escape(line[a:b])}</mark>" if a < b else "") + escape(line[b:])
            number = "" if first_line is None else str(first_line - before + i)
            rows.append(f'<div class="tk-line"><span>{number}</span><code>{body.replace(chr(12), "")}</code></div>')
        offset += len(line) + 1
    above = '<p class="tk-cut">（前略）</p>' if kept.start > 0 else ""
    below = '<p class="tk-cut">（後略）</p>' if kept.stop < len(lines) else ""
    return f'<div class="tk-page-text">{above}{"".join(rows)}{below}</div>'


# --- the collection, messages --------------------------------------------------------------------------------------


# A date that stands on the cover needs no word.
DATE_FROM = {
    "text": "本文で最も新しい時点",
    "properties": "ファイルの属性から",
    "file_name": "ファイル名から",
    "by_hand": "手で設定",
}


def document_html(document: Json) -> str:
    """Return a document of the collection: title, meeting, date, pages and what could not be read."""
    counted = {"slides": "枚のスライド", "sheet": "枚のシート"}.get(document.get("kind", ""), "ページ")
    pages = f"{document['pages']}{counted}" if document.get("paging") != "none" else "ページ区切りなし"
    date = when(document.get("published"))
    source = DATE_FROM.get((document.get("taken_from") or {}).get("published", ""))
    facts = "　".join(part for part in (f"{date}（{source}）" if date and source else date, pages) if part)
    meeting = f"<p>{escape(document['meeting'])}</p>" if document.get("meeting") else ""
    warnings = "".join(f'<p class="tk-warning">{escape(w)}</p>' for w in document.get("warnings") or ())
    return (
        f'<div class="tk-document"><p class="tk-title">{escape(document.get("title") or document["file"])}</p>'
        f"{meeting}<p>{escape(facts)}</p>{warnings}</div>"
    )


def counts_html(documents: list[Json]) -> str:
    pages = sum(document.get("pages") or 0 for document in documents)
    return f'<p class="tk-counts"><b>{len(documents):,}</b> 件　<b>{pages:,}</b> ページ</p>'


def message_html(title: str, body: str = "", *, kind: str = "info", command: str = "") -> str:
    """Return a message for the person: what is so, and what to do. ``kind`` is info, error or good."""
    detail = f"<p>{escape(body)}</p>" if body else ""
    typed = f"<pre>{escape(command)}</pre>" if command else ""
    role = "alert" if kind == "error" else "status"
    return f'<div class="tk-message tk-{escape(kind)}" role="{role}"><b>{escape(title)}</b>{detail}{typed}</div>'
