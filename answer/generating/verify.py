"""Does what a model wrote stand in the lines that it points to? Pure functions: no model, no index."""

from __future__ import annotations

import re
import unicodedata
from itertools import combinations

from answer.generating.contract import Claim, Evidence, EvidenceLine, Verdict
from answer.generating.faults import faults
from answer.generating.language import cleaned, is_simplified
from answer.generating.said import said
from answer.generating.source import Source
from ingest.japanese import fold

MOST_LATIN = 0.3  # of the letters, those in Latin words that no line has
_LONGEST = 400  # characters of one sentence: a longer one is none
_ENOUGH = 3  # words that tell which line a sentence is of
_POINTLESS = "示された行がありません"
_NEEDED = 12  # lines among which two are looked for that say together what none says alone

_KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
_HAN = re.compile(r"[一-鿿㐀-䶿]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’\-]*")
_LETTER = re.compile(r"[^\W\d_]")


def verify(claim: Claim, evidence: Evidence) -> Verdict:
    """Return what checking found of a claim, and the lines that support it. It never raises.

    A claim without a text (mode PICK) only points: its lines speak for themselves, as far as they were given, and an
    option is a text of ours that was held against its places.
    """
    sources = _sources(evidence)
    cited = tuple(dict.fromkeys(id_ for id_ in claim.lines if id_ in sources))
    text = cleaned(claim.text)
    if not claim.text.strip():
        pointed = tuple(dict.fromkeys(id_ for id_ in claim.lines if evidence.places(id_)))
        return Verdict(claim, "supported", pointed) if pointed else Verdict(claim, "unsupported", (), _POINTLESS)
    foreign = _foreign(text, " ".join(s.text + s.heading for s in sources.values()))
    if foreign:
        return Verdict(claim, "unsupported", (), foreign)
    given = list(sources.values())
    wrong = list(faults(text, [sources[id_] for id_ in cited], given, evidence.question))
    if not wrong:
        return Verdict(claim, "supported", cited)
    reason = "、".join(dict.fromkeys(wrong))
    if not _tells(text):
        return Verdict(claim, "unsupported", (), reason)

    def says(*ids: str) -> bool:
        found = faults(text, [sources[id_] for id_ in ids], given, evidence.question, strict=True)
        return next(found, None) is None

    able = [id_ for id_ in sources if id_ not in cited and says(id_)]
    if able:
        return Verdict(claim, "repointed", (_nearest(able, cited, evidence),), reason)
    for pair in combinations(_likeliest(text, sources, cited), 2):
        if says(*pair):
            return Verdict(claim, "stitched", pair, reason)
    return Verdict(claim, "unsupported", (), reason)


def _tells(text: str) -> bool:
    """Say whether a sentence says enough for a line to be found by it."""
    return len({key for _, key, _ in said(text).content}) >= _ENOUGH


def _sources(evidence: Evidence) -> dict[str, Source]:
    return {line.id: Source(line.text, block.heading, line.period) for block in evidence.blocks for line in block.lines}


def _nearest(able: list[str], cited: tuple[str, ...], evidence: Evidence) -> str:
    """Return of the lines that support a claim the one in the document that it points to, or the first."""
    pointed = {line.support.document_id for id_ in cited if (line := evidence.line(id_)) is not None}

    def is_elsewhere(id_: str) -> bool:
        line: EvidenceLine | None = evidence.line(id_)
        return line is None or line.support.document_id not in pointed

    return min(able, key=is_elsewhere)


def _likeliest(text: str, sources: dict[str, Source], cited: tuple[str, ...]) -> list[str]:
    """Return the lines that have most of a sentence, those that it points to first."""
    content = said(text).content
    met = {
        id_: sum(weight for lemma, key, weight in content if source.has_word(lemma, key))
        for id_, source in sources.items()
    }
    others = sorted((id_ for id_ in sources if id_ not in cited), key=lambda id_: -met[id_])
    return [*cited, *others][:_NEEDED]


def _foreign(text: str, given: str) -> str:
    """Return why a sentence is none in Japanese, or no sentence; empty where it is one."""
    if not _LETTER.search(text) and not re.search(r"\d", text):
        return "文がありません"
    if len(text) > _LONGEST:
        return "一文が長すぎます"
    plain = fold(text)
    if any(is_simplified(c) for c in set(text) - set(given)):
        return "日本語ではない漢字があります"
    # 例: 人口48,210人 has no kana and is Japanese where the lines have its words
    if not _KANA.search(text) and not all(c in given for c in _HAN.findall(text)):
        return "日本語の文ではありません"
    held = {word.lower() for word in _LATIN.findall(unicodedata.normalize("NFKC", given))}
    strange = sum(len(word) for word in _LATIN.findall(plain) if word.lower() not in held)
    letters = len(_LETTER.findall(plain))
    if letters and strange / letters > MOST_LATIN:
        return "日本語の文ではありません"
    return ""
