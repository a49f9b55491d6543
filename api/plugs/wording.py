"""An answer as the text of a chat message: numbers after what they belong to, and the sources under it.

Clients draw such a text as Markdown, and what stands in papers may be anything: it is set so that nothing of it is
markup, a link or a formula there, and reads the same where it is not drawn at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from answer.answer import Answer, Citation, Sentence, Status, TimelinePoint
from ingest.dates import describe
from ingest.japanese import fold

QUOTE = 120  # characters of a quote that are shown
NEAR = 3  # passages that are shown where nothing is answered
_WIDE = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "\\`*_[]<>|#$~@"})
_ADDRESS = re.compile(r":(?=//)|(?<=[0-9A-Za-z])\.(?=[A-Za-z])")  # what a client would make a link of
_BREAK = "  \n"  # a new line also where a single one is only a space
DECLINED = "AIは、見つけた箇所に答えが書かれていないとしています。"
TAKEN_BACK = "AIの文章は途中で終わったので、上の文を取り消します"


@dataclass(frozen=True)
class Source:
    """A place that the text refers to as ``[n]``."""

    n: int
    citation: Citation
    url: str  # of the page that shows it; it gives no right to see it

    @property
    def title(self) -> str:
        """Return document, page and quote: clients show the title alone. 例: 環境課資料 p.3「…」"""
        return f"{heading(self.citation)}「{cut(self.citation.quote)}」"

    @property
    def line(self) -> str:
        """Return the line of the sources that says where it stands."""
        said = plain(f"{heading(self.citation)}{dated(self.citation)}「{cut(self.citation.quote)}」")
        return f"出典 [{self.n}] {said} {link(self.url)}"


class Wording:
    """Words an answer piece by piece as it is told; its text is the pieces, joined."""

    def __init__(self, url: Callable[[Citation], str]):
        """``url`` returns where a quote is shown on its page."""
        self._url = url
        self._pieces: list[str] = []
        self._sources: dict[tuple[str, int, int], Source] = {}
        self._written: dict[int, Citation] = {}  # citations of a model's words, by their own number
        self._has_told = False

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The places referred to, by number."""
        return tuple(self._sources.values())

    def found(self, answer: Answer) -> str:
        """Word the answer in the papers' own words."""
        return self._add("\n\n".join(self._outcome(answer)))

    def worded(self, sentence: Sentence, citations: Sequence[Citation], status: Status) -> str:
        """Word a sentence of a model, checked, with the citations that are new with it."""
        self._written |= {citation.n: citation for citation in citations}
        head = "" if self._has_told else f"\n\n{_heading_of_model(status, is_quote=sentence.is_quote)}\n"
        self._has_told = True
        said = plain(f"「{sentence.text}」" if sentence.is_quote else sentence.text)
        return self._add(f"{head}\n- {said}{self._marks([self._written[n] for n in sentence.citations])}")

    def ended(self, answer: Answer) -> str:
        """Word what a model's writing ended with, and the places of everything."""
        parts = [*self._ending(answer), *self._near(answer)]
        if self.sources:
            parts += ["---", _BREAK.join(source.line for source in self.sources)]
        return self._add("".join(f"\n\n{part}" for part in parts))

    def whole(self, answer: Answer) -> str:
        """Word an answer that is whole by now."""
        self.found(answer)
        for sentence in answer.generated.sentences if answer.generated else ():
            self.worded(sentence, answer.generated.citations if answer.generated else (), answer.status)
        self.ended(answer)
        return self.text

    def annotations(self) -> list[dict[str, Any]]:
        """Return OpenAI's annotations: of each source, where its number first stands, in code points."""
        text = self.text
        return [
            {
                "type": "url_citation",
                "url_citation": {
                    "url": source.url,
                    "title": source.title,
                    "start_index": (start := text.index(f"[{source.n}]")),
                    "end_index": start + len(f"[{source.n}]"),
                },
            }
            for source in self.sources
        ]

    def _add(self, piece: str) -> str:
        self._pieces.append(piece)
        return piece

    def _mark(self, citation: Citation) -> str:
        """Return the number of a place, which it keeps."""
        key = citation.document_id, citation.start, citation.end
        if key not in self._sources:
            self._sources[key] = Source(len(self._sources) + 1, citation, self._url(citation))
        return f"[{self._sources[key].n}]"

    def _marks(self, citations: Sequence[Citation]) -> str:
        return "".join(dict.fromkeys(self._mark(citation) for citation in citations))

    def _outcome(self, answer: Answer) -> Iterator[str]:
        """Yield the paragraphs of an answer."""
        by_number = {citation.n: citation for citation in answer.citations}
        if answer.understood:
            yield f"{'AIが補った質問' if answer.is_rewritten else '読み取り'}: {plain(answer.understood)}"
        if answer.status == "answered":
            lines = marked(answer)
            yield _BREAK.join(f"{plain(line)}{self._marks(citations)}" for line, citations in lines)
        else:
            yield plain(answer.answer)
        for number, candidate in enumerate(answer.candidates, 1):
            later = [other.citation for other in answer.candidates[number:]]
            of_it = [c for c in answer.citations if candidate.citation <= c.n < (later[0] if later else c.n + 1)]
            yield f"候補{number}: {plain(candidate.text)}{self._marks(of_it)}"
        if answer.as_of:
            yield f"時点: {describe(answer.as_of)}"
        if answer.derived:
            operands = self._marks([by_number[n] for n in answer.derived.operands])
            yield f"計算: {plain(answer.derived.how)}{operands}"
        if answer.timeline:
            points = (
                f"{describe(p.as_of)} {plain(_measured(p))}{self._mark(by_number[p.citation])}" for p in answer.timeline
            )
            yield f"推移: {'、'.join(points)}"
        if answer.is_half:
            yield "二つのことを聞かれていますが、この答えはその一方です。もう一方は出典で確かめてください。"
        if words := "".join(f"「{plain(word)}」" for word in answer.missing):
            yield (
                f"{words}という言葉は、調べた資料 {answer.searched} 件のどこにもありません。"
                if answer.status == "not_found"
                else f"資料に見当たらない語: {words}"
            )

    def _ending(self, answer: Answer) -> Iterator[str]:
        """Yield the lines that say how a model's writing ended, where that is not its text alone."""
        writing, generated = answer.writing, answer.generated
        if writing is None:
            return
        if writing.ended == "failed":
            yield f"{TAKEN_BACK if self._has_told else 'AIの文章はありません'}: {plain(writing.error or '')}"
        elif writing.ended == "declined":
            yield DECLINED
        if writing.dropped:
            yield f"資料と照らして見せなかった文: {len(writing.dropped)} 件"
        for one in generated.disagreements if generated else ():
            ours = next(c for c in answer.citations if c.n == one.citation)
            theirs = self._written[one.generated_citation]
            yield (
                f"答えとAIの文章で、値が違います: {plain(one.value)}{self._mark(ours)}、"
                f"{plain(one.generated_value)}{self._mark(theirs)}"
            )

    def _near(self, answer: Answer) -> Iterator[str]:
        """Yield what stands near where nothing is answered; it is no source of anything that is said."""
        near = [passage.citation for passage in answer.passages[:NEAR]]
        if near and answer.status != "answered" and not answer.citations and not answer.generated:
            lines = (plain(f"・{heading(c)}{dated(c)}「{cut(c.quote)}」") + f" {link(self._url(c))}" for c in near)
            yield _BREAK.join(["近い記述（答えではありません）:", *lines])


def marked(answer: Answer) -> list[tuple[str, list[Citation]]]:
    """Return the lines of an answer, each with the citations that hold it; those that hold none follow the last."""
    lines = answer.answer.split("\n")
    points = {point.citation for point in answer.timeline if point.as_of != answer.as_of}
    operands = set(answer.derived.operands) if answer.derived else set()
    left = [citation for citation in answer.citations if citation.n in operands or citation.n not in points]
    if len(lines) == 1:
        return [(lines[0], left)]
    quotes = {citation.n: _packed(citation.quote) for citation in left}
    found = [
        [c for c in left if (said := _packed(line.lstrip("・-　 "))) and said in quotes[c.n]][:1] for line in lines
    ]
    named = {citation.n for citations in found for citation in citations}
    found[-1] += [citation for citation in left if citation.n not in named]
    return list(zip(lines, found, strict=True))


def plain(text: str) -> str:
    """Return text of which no client makes markup, a link or a formula: what could be is set in full width.

    Folded (NFKC) it is the text. 例: [詳細](http://a.example) → ［詳細］(http：//a．example)
    """
    return _ADDRESS.sub(lambda match: chr(ord(match[0]) + 0xFEE0), text.translate(_WIDE))


def link(url: str) -> str:
    """Return a link of our own."""
    return f"[開く]({url})"


def cut(quote: str) -> str:
    """Return the beginning of a quote in one line."""
    line = re.sub(r"[^\S\u3000]+", " ", quote).strip()
    return line if len(line) <= QUOTE else f"{line[:QUOTE].rstrip()}…"


def heading(citation: Citation) -> str:
    """Return the document and where in it a quote stands. 例: 環境課資料 p.3, 歳入.xlsx シート「歳入」 B5"""
    notes = ["推定"] * citation.page_guessed + ["文字認識（OCR）"] * (citation.read_by == "ocr")
    where = citation.place or ("" if citation.page is None else f"p.{citation.page}")
    if not where and citation.lines is not None:
        where = f"{citation.lines[0]}行"
    noted = f"（{'、'.join(notes)}）" if where and notes else ""
    return " ".join(filter(None, (citation.title or citation.file, f"{where}{noted}")))


def dated(citation: Citation) -> str:
    """Return the date of a citation's document in brackets; nothing where there is none. 例: （令和6年2月29日）"""
    if citation.published is None:
        return ""
    day = f"{int(citation.published[8:])}日" if len(citation.published) > 7 else ""
    return f"（{describe(citation.published[:7])}{day}{'、推定' if citation.published_guessed else ''}）"


def _measured(point: TimelinePoint) -> str:
    """Return a value with its unit, which may stand beside the figure or above the whole table."""
    return point.value if point.value.endswith(point.unit or "") else f"{point.value}{point.unit}"


def _heading_of_model(status: Status, *, is_quote: bool) -> str:
    """Return what stands over a model's sentences, by what the rules have found and by whose words they are."""
    what = "AIが選んだ箇所（資料の言葉のまま）" if is_quote else "AIによる文章（原文と照合済み）"
    return f"関連する記載・{what}" if status == "not_found" else what


def _packed(text: str) -> str:
    return re.sub(r"[\s,]", "", fold(text))
