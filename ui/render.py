"""What the API says, as safe HTML: pure functions.

Titles, headings and quotes come out of files that anyone may have written, so every one of them is escaped here,
and nothing of a document is ever handed to Markdown.
"""

from __future__ import annotations

import html
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from ui.quote import brief, line_html, quote_html

Json = dict[str, Any]

ERAS = ((2019, 5, "令和"), (1989, 1, "平成"), (1926, 12, "昭和"), (1912, 7, "大正"), (1868, 9, "明治"))
# Questions whose answer is worth little without its date.
DATED_TYPES = {"number", "comparison", "temporal"}
SIZES = (("short", 40), ("medium", 80))  # characters up to which an answer is set in large type
CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
NEAREST = 3  # passages that are shown first where there is neither an answer nor a candidate
TIP = 90  # characters of a quote that show when a marker is pointed at
# The least share of right answers that a word of confidence promises; answer/judging/confidence.py has the same.
HIGH, MIDDLE = 0.95, 0.80
JAPAN = timezone(timedelta(hours=9))


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

    例: FY2023 → 令和5年度（2023年度）, 2024-01-31 → 令和6年1月31日（2024年）,
    2025-02-20/2025-02-21 → 令和7年2月20日から21日まで（2025年）
    """
    if not code:
        return None
    if re.fullmatch(r"(?:FY)?\d{4}[\d-]*/(?:FY)?\d{4}[\d-]*", code):
        return _span_words(*code.split("/"))
    if match := re.fullmatch(r"FY(\d{4})", code):
        year = int(match[1])
        # 2019年度 is called 令和元年度 for the most part: an era name stands for the year in which it ends.
        return f"{era(year, 12)}度（{year}年度）"
    if match := re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", code):
        year, month, day = (int(part) if part else 0 for part in match.groups())
        rest = (f"{month}月" if month else "") + (f"{day}日" if day else "")
        return f"{era(year, month or 12)}{rest}（{year}年）"
    return code


def _span_words(first: str, last: str) -> str:
    """Return a span of time in words; what both ends share is said once."""
    (begin, year), (end, last_year) = ((when(code) or "").rstrip("）").partition("（")[::2] for code in (first, last))
    if first == last:
        return when(first) or first
    # 令和7年2月20日 and 令和7年2月21日: 令和7年2月; a fiscal year shares nothing with the next one.
    shared = next((s for unit in "月年" if (s := begin[: begin.find(unit) + 1]) and end.startswith(s) and end != s), "")
    years = year if year == last_year else f"{year}から{last_year}"
    return f"{begin}から{end[len(shared) :]}まで（{years}）"


def moment(iso: str | None) -> str | None:
    """Return a moment by Japan's clock. 例: 2026-11-23T08:37:18+00:00 → 2026/11/23 17:37"""
    return datetime.fromisoformat(iso).astimezone(JAPAN).strftime("%Y/%m/%d %H:%M") if iso else None


def moment_of(seconds: float) -> str:
    """Return a moment, given in seconds since 1970, by Japan's clock."""
    return datetime.fromtimestamp(seconds, JAPAN).strftime("%Y/%m/%d %H:%M")


def confidence(value: float) -> str:
    return "高" if value >= HIGH else "中" if value >= MIDDLE else "低"


def promise(value: float) -> str:
    """Return what the word of a confidence promises, in a sentence."""
    least = HIGH if value >= HIGH else MIDDLE
    if value >= MIDDLE:
        return f"この確度の答えは、初めて見る資料でも、100件中{least * 100:.0f}件以上が正しい見込みです。"
    return f"この確度の答えは、正しいものが100件中{least * 100:.0f}件に満たない見込みです。出典で必ず確かめてください。"


def place(citation: Json) -> str:
    """Return where a quote stands. 例: p.12（印刷ページ 24）, p.3（推定）・120–124行"""
    parts: list[str] = []
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
    return _pieces([*_issue(citation), place(citation)])


def _issue(citation: Json) -> list[str]:
    """Return the meeting and the date of a citation's document."""
    date = when(citation.get("published"))
    guessed = "（推定）" if date and citation.get("published_guessed") else ""
    return [citation.get("meeting") or "", f"{date or ''}{guessed}"]


def _pieces(parts: Sequence[str | None]) -> str:
    return " ".join(f"<span>{escape(part)}</span>" for part in parts if part)


# --- the answer ---------------------------------------------------------------------------------------------------


def question_html(question: str) -> str:
    return f'<div class="tk-question"><span class="tk-tag">質問</span><h2>{escape(question)}</h2></div>'


def answer_html(answer: Json, turn: int = 0) -> str:
    """Return the answer, large, with its date, how sure it is, and how it was worked out.

    The markers ①② press the button of their citation, whose key starts with the number of the ``turn``.
    """
    text = str(answer["answer"])
    size = "long" if "\n" in text else next((name for name, most in SIZES if len(text) <= most), "long")
    badges = []
    if as_of := when(answer.get("as_of")):
        badges.append(f'<span class="tk-badge tk-date">いつの数字か　{escape(as_of)}</span>')
    elif answer.get("type") in DATED_TYPES:
        badges.append('<span class="tk-badge">時点の記載なし</span>')
    derived = answer.get("derived")
    if derived:
        badges.append(
            f'<span class="tk-badge tk-derived">{"日付の読み替え" if rewritten(derived) else "計算による"}</span>'
        )
    badges.append(confidence_html(answer.get("confidence", 0.0)))
    how = ""
    if derived:
        operands = "・".join(str(n) for n in derived["operands"])
        done = "の日付を読み替え" if rewritten(derived) else "の数値から計算"
        source = f"<span>出典 {escape(operands)} {done}</span>" if operands else ""
        how = f'<div class="tk-how"><code>{escape(derived["how"])}</code>{source}</div>'
    citations = {citation["n"]: citation for citation in answer["citations"]}
    value = "".join(
        escape(piece) + "".join(marker_html(citations[n], turn) for n in numbers) for piece, numbers in marked(answer)
    )
    return (
        f'<div class="tk-answer"><p class="tk-value tk-{size}">{value}</p>'
        f'<p class="tk-badges">{"".join(badges)}</p>{how}</div>'
    )


def confidence_html(value: float) -> str:
    """Return the word of a confidence, with what it promises for who points at it."""
    said = f"確度　{confidence(value)}"
    return (
        f'<button type="button" class="tk-badge tk-sure">{said}'
        f'<span class="tk-tip" role="tooltip"><b>{said}</b>{escape(promise(value))}</span></button>'
    )


def rewritten(derived: Json) -> bool:
    """Tell whether nothing was computed: a date was written otherwise. 例: 1月20日 ＝ 令和7年1月20日"""
    return "＝" in derived["how"] and not re.search(r"[=＋+−×÷]", derived["how"])


def understood_by(answer: Json) -> str:
    """Return what a question that is not as typed is called, by who made it so."""
    return "AIが補った質問" if answer.get("is_rewritten") else "読み取り"


def understood_html(answer: Json) -> str:
    """Return what a question was taken for: a follow-up made whole, misspelt words put right."""
    tag = understood_by(answer)
    return f'<p class="tk-understood"><span class="tk-tag">{tag}</span> {escape(answer["understood"])}</p>'


def marker_html(
    citation: Json, turn: int, candidate: int | None = None, *, name: str | None = None, number: int | None = None
) -> str:
    """Return ① as a button that shows the citation's page, with the quote for who points at it.

    The number is that of the citation, or of the ``candidate`` that stands on it; of a model's words ``name`` and
    ``number`` are those of the place.
    """
    number = number or candidate or citation["n"]
    sign = circled(number)
    quote = " ".join(str(citation["quote"]).split())
    tip = quote if len(quote) <= TIP else f"{quote[:TIP]}…"
    named = f"{'候補' if candidate else '出典'}{number}：{citation.get('title') or citation['file']} {place(citation)}"
    name = name or f"c{citation['n']}"
    return (
        f'<button type="button" class="tk-marker" data-show="show-{turn}-{name}" '
        f'aria-label="{escape(named)}">{sign}'
        f'<span class="tk-tip" role="tooltip"><b>{escape(named)}</b>{escape(tip)}</span></button>'
    )


def circled(n: int) -> str:
    return CIRCLED[n - 1] if n <= len(CIRCLED) else f"({n})"


def marked(answer: Json) -> list[tuple[str, list[int]]]:
    """Return the answer in pieces, each with the citations it is read from; joined they are the answer.

    A piece is a line, or of a single line what stands between 、 and →. It belongs to the first citation that holds
    it, or all of its figures; citations that hold none of the pieces follow the last one. Those of other dates stand
    in the timeline.
    """
    text = str(answer["answer"])
    quotes = {citation["n"]: folded(citation["quote"]) for citation in answer["citations"]}
    pieces = re.split(r"(?<=\n)" if "\n" in text else r"(?<=、)|(?= → )|(?<=。)", text) if len(quotes) > 1 else [text]
    found = [_citation_of(piece, quotes) for piece in pieces]
    numbers = [[n] if n and n != after else [] for n, after in pairwise([*found, None])]
    elsewhere = {point["citation"] for point in answer.get("timeline", ()) if point["as_of"] != answer.get("as_of")}
    operands = set((answer.get("derived") or {}).get("operands", ()))
    numbers[-1] += sorted(quotes.keys() - set(found) - (elsewhere - operands))
    return [(piece, ns) for piece, ns in zip(pieces, numbers, strict=True)]


def _citation_of(piece: str, quotes: Mapping[int, str]) -> int | None:
    said = folded(re.sub(r"[（(].*?[）)]|^[・\-\s]+", "", piece)).rstrip("、。")
    figures = re.findall(r"\d[\d.]+", said)
    for n, quote in quotes.items():
        if (said and said in quote) or (figures and all(figure in quote for figure in figures)):
            return n
    return None


def folded(text: str) -> str:
    """Return a text as texts are compared: width, case, white space and digit commas make no difference."""
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text).casefold())


def notices_html(answer: Json, turn: int = 0) -> str:
    """Return what a reader must not miss: a word no paper has, a newer value, papers that contradict each other."""
    points = answer.get("timeline") or []
    citations = {citation["n"]: citation for citation in answer["citations"]}
    notices = []
    own = {point["value"] for point in points if point["as_of"] == answer.get("as_of")}
    later = _later(points, answer.get("as_of"))
    if own and later and later["value"] not in own and answer.get("type") != "temporal":
        notices.append(("新しい時点の値があります", [later]))
    for early, late in pairwise(points):
        if early["as_of"] == late["as_of"] and folded(early["value"]) != folded(late["value"]):
            notices.append(("同じ時点の値が、資料によって違います", [early, late]))
    strange = answer.get("missing") if answer.get("status") == "answered" else None  # else the card names them itself
    missing = "、".join(f"「{escape(str(word))}」" for word in strange or ())
    unheard = (
        f'<div class="tk-notice" role="note"><b>{missing}は資料に見当たりません</b>'
        "<span>ほかの言葉から見つけた答えです。お尋ねのものの答えかどうか、出典で確かめてください。</span></div>"
    )
    half = (
        '<div class="tk-notice" role="note"><b>二つのことを聞かれていますが、この答えはその一方です</b>'
        "<span>もう一方は、出典と下の関連する箇所で確かめてください。</span></div>"
    )
    return (
        (unheard if missing else "")
        + (half if answer.get("is_half") else "")
        + "".join(
            f'<div class="tk-notice" role="note"><b>{words}</b>'
            + "".join(
                f"<span>{escape(when(point['as_of']))}　<strong>{escape(with_unit(point))}</strong>"
                f"{marker_html(citations[point['citation']], turn)}</span>"
                for point in told
            )
            + "</div>"
            for words, told in notices
        )
    )


def _later(points: Sequence[Json], as_of: str | None) -> Json | None:
    """Return the last point after ``as_of``; a whole year's value is no newer one of a day's, nor the other way."""
    own = next((i for i, point in reversed([*enumerate(points)]) if point["as_of"] == as_of), len(points))
    after = [point for point in points[own + 1 :] if _span_of(point["as_of"]) == _span_of(str(as_of))]
    return after[-1] if after else None


def _span_of(code: str) -> str:
    return "year" if re.fullmatch(r"(FY)?\d{4}", code) else "years" if "/" in code else "day"


def with_unit(point: Json) -> str:
    """Return the value of a point in time with its unit, once."""
    value, unit = str(point["value"]).replace("\n", ""), point.get("unit") or ""  # it may go on in the next line
    return f"{value}{'' if value.endswith(unit) else unit}"


def timeline_html(answer: Json, turn: int = 0) -> str:
    """Return the indicator's values over time as a table, latest last and marked; nothing for no points."""
    points = answer.get("timeline") or []
    if not points:
        return ""
    citations = {citation["n"]: citation for citation in answer["citations"]}
    latest = points[-1]["as_of"]
    rows = []
    for point in points:
        new, mark = (' class="tk-latest"', '<span class="tk-new">最新</span>') if point["as_of"] == latest else ("", "")
        rows.append(
            f"<tr{new}><td>{escape(when(point['as_of']))}{mark}</td>"
            f'<td class="tk-figure">{escape(with_unit(point))}</td>'
            f'<td class="tk-ref">{marker_html(citations[point["citation"]], turn)}</td></tr>'
        )
    return (
        '<div class="tk-timeline"><table><thead><tr><th scope="col">時点</th><th scope="col">値</th>'
        f'<th scope="col">出典</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def unsure_html(answer: Json, turn: int = 0, tables: Mapping[int, Sequence[Json]] | None = None) -> str:
    """Return that no answer could be settled on, and the candidates: each the line it stands in, and where.

    No word says how likely one is, and none is set as large as an answer: what a reader needs is the line itself.
    ``tables`` are those that the citations touch, by their n.
    """
    head, _, rest = str(answer["answer"]).partition("。")
    said = f"<b>{escape(head)}。</b>" + (f"<span>{escape(rest)}</span>" if rest else "")
    listed = "".join(
        _offer_html(candidate, answer, number, turn, tables or {})
        for number, candidate in enumerate(candidates(answer), 1)
    )
    hint = (
        "どれも、答えと決まったものではありません。番号を押すと、原文のページが開きます。"
        if listed
        else "関係のありそうな箇所を、下に示します。"
        if answer["passages"]
        else "示せる箇所は見つかりませんでした。言い方を変えて、もう一度質問してください。"
    )
    words = "".join(f"「{escape(str(word))}」" for word in answer.get("missing") or ())
    told = "という言葉は、資料に見当たりません。別の言い方で書かれているかもしれません。"
    unheard = f"<p>{words}{told}</p>" if words else ""
    return (
        f'<div class="tk-answer tk-unsure"><p class="tk-value">{said}</p>'
        f"{f'<ol>{listed}</ol>' if listed else ''}{unheard}<p>{hint}</p></div>"
    )


def _offer_html(candidate: Json, answer: Json, number: int, turn: int, tables: Mapping[int, Sequence[Json]]) -> str:
    """Return a candidate: the line of the document with the candidate marked in it, the heading above it, the place."""
    citation = next(c for c in answer["citations"] if c["n"] == candidate["citation"])
    text = str(candidate["text"])
    line = line_html(citation, text)
    shown = f"<p>{line or escape(text)}</p>"
    if "\t" in str(citation["quote"]).strip():  # a cell says little without the heading above it
        row = quote_html(citation, [brief(table, [text]) for table in tables.get(citation["n"], ())], [text])
        shown = row if line else f"{shown}{row}"
    elif line is None:  # read from more than one line, or completed with what stands elsewhere, such as a unit
        quote = " ".join(str(citation["quote"]).split())
        shown += f'<p class="tk-said-of">{escape(quote if len(quote) <= TIP else f"{quote[:TIP]}…")}</p>'
    heading = (citation.get("section") or [""])[-1]
    under = f'<p class="tk-section">{escape(heading)}</p>' if heading else ""
    return (
        f'<li>{marker_html(citation, turn, number)}<div><div class="tk-offer">{shown}</div>{under}</div>'
        f'<div><p class="tk-title">{_pieces([citation.get("title") or citation["file"], place(citation)])}</p>'
        f'<p class="tk-origin">{_pieces(_issue(citation))}</p></div></li>'
    )


def candidates(answer: Json) -> Sequence[Json]:
    """Return the candidates of an unsure answer; none of any other, nor of what was kept before there were any."""
    listed: Sequence[Json] = answer.get("candidates") or ()
    return listed if answer.get("status") == "unsure" else ()


def candidate_of(answer: Json, n: int) -> int:
    """Return the number, from 1, of the candidate that the citation ``n`` belongs to; 0 where there are none.

    A candidate's citations follow each other, and it names the first of them.
    """
    return sum(candidate["citation"] <= n for candidate in candidates(answer))


def source_name(answer: Json, n: int) -> str:
    """Return what a citation is called. 例: 出典2, of an answer; 候補1, of what may be one"""
    number = candidate_of(answer, n)
    return f"候補{number}" if number else f"出典{n}"


def not_found_html(answer: Json) -> str:
    """Return the honest silence, with the words of the question that no document has."""
    missing = list(answer.get("missing", ()))
    named = "".join(f'<b class="tk-missing">「{escape(word)}」</b>' for word in missing)
    searched = f"調べた資料<b>{answer.get('searched', 0):,}件</b>"
    looked = (
        f'<p class="tk-looked">{named}という言葉は、{"" if len(missing) == 1 else "いずれも、"}'
        f"{searched}のどこにもありません。</p>"
        if missing
        else ""
    )
    how = "全角と半角、ひらがなとカタカナ、元号と西暦の違いも含めて探しました。" if missing else ""
    near = "関係のありそうな箇所を、下に示します。" if answer["passages"] else ""
    return (
        f'<div class="tk-answer tk-none"><p class="tk-value tk-short">{escape(answer["answer"])}</p>{looked}'
        f"<p>{how}{near}言い方を変えるか、時期や地域を確かめると、見つかることもあります。</p></div>"
    )


def welcome_html(documents: Sequence[Json]) -> str:
    """Return what stands on the page before anything was asked."""
    pages = sum(document.get("pages") or 0 for document in documents)
    held = f"<p>いま質問できる資料：<b>{len(documents):,}</b>件、<b>{pages:,}</b>ページ</p>" if documents else ""
    return (
        '<div class="tk-welcome"><p>行政の資料に日本語で質問すると、答えと、いつの数字か、'
        "どの資料の何ページに書いてあるかを示します。一つに決められないときは、書かれていそうな箇所を示します。"
        f"資料にないことは「記載がありません」と答えます。</p>{held}</div>"
    )


def document_name(document: Json) -> str:
    """Return what tells a document from others of its title. 例: 説明資料（令和6年2月議会）"""
    told = document.get("meeting") or when(document.get("published")) or document["file"]
    title = document.get("title") or document["file"]
    return f"{title}（{told}）" if told not in title else str(title)


def scope_words(scope: Json, titles: Mapping[str, str] | None = None) -> str:
    """Return a scope in words; ``titles`` are those of documents and groups, by id.

    例: 総務課・土木課の資料、令和6年2月議会、令和6年2月（2024年）以降の資料
    """
    groups = [(titles or {}).get(group, "ほかのグループ") for group in scope.get("groups") or []]
    named = ["・".join(groups) + "の資料"] if groups else []
    named += [*(scope.get("meetings") or []), *(scope.get("departments") or [])]
    documents = list(scope.get("documents") or [])
    if len(documents) == 1 and titles and documents[0] in titles:
        named.append(f"「{titles[documents[0]]}」")
    elif documents:
        named.append(f"選んだ資料{len(documents)}件")
    if scope.get("since"):
        named.append(f"{when(scope['since'])}以降の資料")
    if scope.get("until"):
        named.append(f"{when(scope['until'])}以前の資料")
    return "、".join(named)


def scope_html(answer: Json, titles: Mapping[str, str]) -> str:
    """Return which documents were asked."""
    words = scope_words(answer["scope"], titles) if answer.get("scope") else "すべての資料"
    return f'<p class="tk-scope">対象：{escape(words)}（{answer.get("searched", 0)}件）</p>'


def titles_html(titles: Sequence[str]) -> str:
    return '<ul class="tk-titles">' + "".join(f"<li>{escape(title)}</li>" for title in titles) + "</ul>"


def copy_html(words: str, text: str) -> str:
    """Return a button that copies ``text``."""
    return f'<button type="button" class="tk-action" data-copy="{escape(text)}">{escape(words)}</button>'


def link_html(words: str, query: Mapping[str, Sequence[str]]) -> str:
    """Return a button that copies the address of this page with ``query``."""
    link = escape(urlencode(query, doseq=True))
    return f'<button type="button" class="tk-action" data-link="?{link}">{escape(words)}</button>'


SKIPS = {"answer": "答えへ", "question": "質問欄へ", "sources": "出典へ戻る"}


def skip_html(where: str) -> str:
    """Return what leads a keyboard past the rest of the page; it is seen once it is reached."""
    return f'<button type="button" class="tk-skip" data-skip="{where}">{SKIPS[where]}</button>'


def citation_html(
    citation: Json,
    *,
    shown: bool = False,
    number: int | None = None,
    tables: Sequence[Json] = (),
    marks: Sequence[str] = (),
) -> str:
    """Return a citation: number, document, meeting, date, page, section path, and the quote, laid out to be read.

    A passage is longer, is cut after some lines, and has no ``number`` that an answer refers to. ``tables`` are those
    that the quote touches, ``marks`` texts that are marked in it.
    """
    passage = number is None
    sign = "" if passage else f'<span class="tk-n">{number}</span>'
    kind = (" tk-passage" if passage else "") + (" tk-shown" if shown else "")
    section = " › ".join(citation.get("section") or ())
    path = f'<p class="tk-section">{escape(section)}</p>' if section else ""
    return (
        f'<div class="tk-citation{kind}">{sign}<div>'
        f'<p class="tk-title">{escape(citation.get("title") or citation["file"])}</p>'
        f'<p class="tk-origin">{origin_html(citation)}</p>{path}'
        f"<blockquote>{quote_html(citation, tables, marks)}</blockquote></div></div>"
    )


def marks_of(answer: Json, place: Json, candidate: int = 0) -> list[str]:
    """Return what is to be marked in a place of an answer: the candidate there, or what is cited out of a passage."""
    if candidate:
        return [str(candidates(answer)[candidate - 1]["text"])]
    start, end = place["start"], place["end"]
    return [
        str(c["quote"])
        for c in answer["citations"]
        if c["document_id"] == place["document_id"] and start <= c["start"] and c["end"] <= end
    ]


# --- a page of a document ------------------------------------------------------------------------------------------


def page_heading_html(citation: Json) -> str:
    """Return the line above a page: which document, which page."""
    title = escape(citation.get("title") or citation["file"])
    return f'<div class="tk-page-heading"><b>{title}</b><span>{escape(place(citation))}</span></div>'


def page_lines_html(lines: list[Json], span: tuple[int, int] | None = None) -> str:
    """Return lines of a page, as GET /v1/documents/…/pages/… gives them, with numbers and with ``span`` marked."""
    rows = []
    for line in lines:
        text, bounds = line["text"], span or (0, 0)
        a, b = (min(max(bound - line["start"], 0), len(text)) for bound in bounds)
        body = escape(text[:a]) + (f"<mark>{escape(text[a:b])}</mark>" if a < b else "") + escape(text[b:])
        number = "" if line["number"] is None else line["number"]
        rows.append(f'<div class="tk-line"><span>{number}</span><code>{body}</code></div>')
    return f'<div class="tk-page-text" tabindex="0" role="region" aria-label="本文">{"".join(rows)}</div>'


# --- the collection, messages --------------------------------------------------------------------------------------


# A date that stands on the cover needs no word.
DATE_FROM = {
    "text": "本文で最も新しい時点",
    "properties": "ファイルの属性から",
    "file_name": "ファイル名から",
    "by_hand": "手で設定",
}


KINDS = {
    "pdf": "PDF",
    "word": "Word",
    "slides": "PowerPoint",
    "sheet": "Excel",
    "csv": "CSV",
    "html": "HTML",
    "markdown": "Markdown",
    "text": "テキスト",
}


def document_html(document: Json, whose: str = "") -> str:
    """Return a document of the collection: what is known of it, where that is from, and what could not be read."""
    taken = document.get("taken_from") or {}
    counted = {"slides": "枚のスライド", "sheet": "枚のシート"}.get(document.get("kind", ""), "ページ")
    pages = f"{document['pages']}{counted}" if document.get("paging") != "none" else "ページ区切りなし"
    facts = [
        document.get("meeting"),
        _with_source(when(document.get("published")), taken.get("published", "")),
        document.get("department"),
        f"{whose}の資料" if whose else None,
    ]
    of_file = [KINDS.get(document.get("kind", "")), pages, file_with_place(document)]
    title = document.get("title") or document["file"]
    if taken.get("title") in ("properties", "file_name", "by_hand"):
        of_file.append(f"題名は{DATE_FROM[taken['title']]}")
    warnings = "".join(f'<p class="tk-warning">⚠ {escape(w)}</p>' for w in document.get("warnings") or ())
    return (
        f'<div class="tk-document"><p class="tk-title">{escape(title)}</p>'
        f"{_spans(facts)}{_spans(of_file)}{warnings}</div>"
    )


def file_with_place(document: Json) -> str:
    """Return the file's name, with the folder that an upload came with. 例: 第1回/資料1.pdf"""
    source = str(document.get("source") or "")
    sent = "/" in source and not re.match(r"/|[A-Za-z]:", source)
    return source if sent else str(document["file"])


def _with_source(date: str | None, source: str) -> str | None:
    """Return a date with where it is from. 例: 令和6年（2024年）【推定: ファイル名から】"""
    if date is None or source not in DATE_FROM:
        return date
    return f"{date}【{'' if source == 'by_hand' else '推定: '}{DATE_FROM[source]}】"


def _spans(parts: list[str | None]) -> str:
    """Return parts as a paragraph whose lines break between them only; nothing for none."""
    spans = _pieces(parts)
    return f'<p class="tk-origin">{spans}</p>' if spans else ""


def counts_html(documents: list[Json]) -> str:
    pages = sum(document.get("pages") or 0 for document in documents)
    return f'<p class="tk-counts"><b>{len(documents):,}</b> 件　<b>{pages:,}</b> ページ</p>'


INTAKE_SIGNS = {"waiting": "・", "running": "▶", "stopping": "▶", "done": "✓", "failed": "✕", "stopped": "－"}
TAKEN_IN = {"added": "取り込みました", "refreshed": "新しい内容に替えました", "skipped": "同じ内容で取り込み済みです"}


def intakes_html(intakes: Sequence[Json]) -> str:
    """Return how far documents on their way in are, or what became of them."""
    failed = sum(_intake_state(one) == "failed" for one in intakes)
    ended = sum(one["ended"] is not None for one in intakes)
    if ended < len(intakes):
        share = sum(1.0 if one["ended"] else one["share"] for one in intakes) / len(intakes)
        now = next(one for one in intakes if not one["ended"])
        many = f"　{ended} / {len(intakes)} ファイル" if len(intakes) > 1 else ""
        # Of files that wait nothing is known yet: then the time is that of the file that is being taken in.
        words = time_left(now.get("seconds_left")) if len(intakes) - ended == 1 else ""
        left = f"　<span>{words}</span>" if words else ""
        head = f"<b>取り込んでいます{many}{left}</b>"
        bar = f'<progress max="1" value="{share:.3f}" aria-label="全体の進み具合"></progress>'
        hint = "<p>この画面を離れても、閉じても、取り込みは続きます。</p>"
    else:
        good = sum(_intake_state(one) == "done" for one in intakes)
        worse = f"　<span>できなかったもの {failed} 件</span>" if failed else ""
        done = f"　<span>{good} 件</span>" if good or failed else ""
        said = "取り込みが終わりました" if good or failed else "取り込みを取りやめました"
        head = f'<b role="status">{said}{done}{worse}</b>'
        bar = hint = ""
    rows = "".join(
        f'<li class="tk-{escape(_intake_state(one))}">'
        f'<span class="tk-sign" aria-hidden="true">{INTAKE_SIGNS[_intake_state(one)]}</span>'
        f"<span>{escape(_sent(one))}</span><span>{escape(intake_words(one))}</span></li>"
        for one in intakes
    )
    return f'<div class="tk-upload">{head}{bar}{hint}<ul>{rows}</ul></div>'


def intake_brief(intakes: Sequence[Json]) -> str:
    """Return in one line how far the intakes are. 例: 資料を取り込んでいます　35%　残り約2分"""
    share = sum(1.0 if one["ended"] else one["share"] for one in intakes) / len(intakes)
    left = next((one.get("seconds_left") for one in intakes if not one["ended"]), None)
    return "　".join(filter(None, ("資料を取り込んでいます", f"{share:.0%}", time_left(left))))


def intake_words(intake: Json) -> str:
    """Return what is being done, or what came of it.

    例: 文書を読み取っています　35 / 148 ページ; 取り込みました（12ページ）; ファイルが空です。
    """
    match intake["state"]:
        case "waiting":
            return "順番を待っています"
        case "stopping":
            return "取りやめています…"
        case "stopped":
            return "取りやめました"
        case "failed":
            return str(intake["problem"]["title"])
        case "running":
            stage, _, unit = str(intake["stage"]).rstrip("）").partition("（")
            counted = f"{intake['done']:,} / {intake['total']:,} {unit}".rstrip() if intake["total"] > 1 else ""
            return "　".join(filter(None, (stage, counted, time_left(intake.get("seconds_left")))))
    return _outcome(intake["report"])


def _outcome(report: Json) -> str:
    parts = []
    notes = {note["document_id"]: note["text"] for note in report["notes"]}
    for kind, words in TAKEN_IN.items():
        documents = report[kind]
        if len(documents) == 1:
            told = notes.get(documents[0]["id"], words)
            parts.append(f"{told}（{documents[0]['pages']}ページ）" if kind != "skipped" else told)
        elif documents:
            parts.append(f"{len(documents)} 件を{words}" if kind != "skipped" else f"{len(documents)} 件は{words}")
    parts += [f"「{twin['same_as']}」と同じ内容です" for twin in report["duplicates"]]
    parts += [f"{failure['file']}: {failure['title']}" for failure in report["failed"]]
    return "、".join(parts) or "変わりはありません"


def _intake_state(intake: Json) -> str:
    report = intake.get("report")
    return "failed" if report and report["failed"] else str(intake["state"])


def _sent(intake: Json) -> str:
    first, *more = intake["files"]
    return f"{first} ほか {len(more)} 件" if more else str(first)


def time_left(seconds: float | None) -> str:
    """Return an estimate in words. 例: 95 → 残り約2分, 34 → 残り約40秒, 3 → まもなく終わります"""
    if seconds is None:
        return ""
    if seconds < 5:
        return "まもなく終わります"
    return f"残り約{-(-seconds // 60):.0f}分" if seconds > 60 else f"残り約{-(-seconds // 10) * 10:.0f}秒"


def steps_html() -> str:
    """Return what to do first, while there are no documents."""
    steps = (
        "「資料を追加」で、説明資料のファイル（PDF など）を選びます。いくつでも一度に選べます。",
        "「取り込む」を押して、読み取りが終わるのを待ちます。",
        "「質問」のページで、知りたいことを日本語で質問します。",
    )
    rows = "".join(f"<li>{step}</li>" for step in steps)
    return f'<div class="tk-steps"><b>まだ資料がありません。はじめに、次の順で進めてください。</b><ol>{rows}</ol></div>'


def message_html(title: str, body: str = "", *, kind: str = "info", command: str = "") -> str:
    """Return a message for the person: what is so, and what to do. ``kind`` is info, error or good."""
    detail = f"<p>{escape(body)}</p>" if body else ""
    typed = f"<pre>{escape(command)}</pre>" if command else ""
    role = "alert" if kind == "error" else "status"
    return f'<div class="tk-message tk-{escape(kind)}" role="{role}"><b>{escape(title)}</b>{detail}{typed}</div>'
