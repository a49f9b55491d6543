"""What the reader learns from our own papers: for each question, the statements that answer it and those that do not.

    python -m eval.reader_pool POOL --documents DIR… [--pairs DIR] [--index INDEX] [--questions FILE… | NAME…]

Asks the product's own pipeline (the sets of the bank, those of these collections, or question files such as those of
``eval.fictitious``; sealed ones never) and writes POOL/<collection>.jsonl, an example a line: {collection, id,
question, kind, answerable, right, values, yes, near, far, scene}. A collection whose file is there is not asked again.
Texts are written as the product reads them (``answer.reading.as_read``). ``scene`` holds the first ``SEEN`` statements
of the scene with their scores, best first. The files hold sentences of papers: they are not for the repository.

Of a question of the bank, right are the statements at a gold place that hold an accepted text, as far as they meet
question and answer about as well as the best of them. Where the answer is worked out or only yes or no, it is what
stands at a small gold place, or the one statement of a page that clearly meets question and answer best; a question
for which neither is clear is left out. Of a pair of ``--pairs`` (rows {question, wordings, answer, file, right, wrong,
value, yes}, where right and wrong are beginnings of lines, those of other files as "file :: beginning"), these say it.
``values`` are, for each right text, the places of what alone says the answer: none where it is worked out, yes or no or
all of the text, and null where it is not known. Of a pair that is its ``value``, a list; where it has none it is not.
``yes`` is whether they say yes to a question of yes or no, and null of any other. Other wordings of a question make
examples of their own, with its texts.
``near`` are the wrong lines of a pair, and then the scene's best statements; ``far`` its next ones and a few of
anywhere. What may be right as well is in neither: what holds the accepted text elsewhere, or says the same.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from answer.answer import QuestionError
from answer.assistant import Assistant
from answer.draft import says_yes
from answer.reading.as_read import as_read
from answer.reading.evidence import Reading, Statement, read_whole
from answer.reading.values import Place, possible_values
from eval.dataset import DERIVED, Evidence, Question
from eval.measures.answers import SHORT_TYPES, is_short_enough, says_it
from eval.measures.luck import luck_of_text
from eval.measures.texts import figures, normalise
from eval.reader_examples import bigrams, places_of
from eval.sets import QuestionSet, bank_files, find_sets, open_set
from index.files import shown_name

SEEN = 24  # statements of a scene
NEAR = 12
ANYWHERE = 4
AS_GOOD = 0.6  # of what the best one meets: as much makes another statement at the place right, too
CLEAR = 1.25  # times the second best
ENOUGH = 0.3  # of all that is met at the place is met by the best one
SMALL = 3  # statements at a gold place, all of which are right
_IN_PARTS = ("list", "howto", "reason", "definition", "comparison", "yesno")
INDEX = Path("build/bank/index")


@dataclass(frozen=True)
class Asked:
    """A question with what is known of its answer; ``wrong`` and ``right`` are beginnings of lines of a pair."""

    id: str
    text: str
    kind: str
    answer: str
    question: Question | None = None
    file: str = ""
    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    value: tuple[str, ...] | None = None  # what alone says the answer of a pair; None where that is not known
    yes: bool | None = None  # the answer to a question of yes or no; None of any other
    wordings: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return self.question.answerable if self.question is not None else bool(self.right)


class Labelled(NamedTuple):
    """The statements that answer, those that are known not to, and those of which it is not known."""

    right: list[Statement]
    wrong: list[Statement]
    unknown: list[Statement]


@dataclass
class Papers:
    """The documents of a collection, read as the product reads them."""

    assistant: Assistant
    by_file: dict[str, list[str]] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for info in self.assistant.collection.snapshot().documents():
            self.by_file.setdefault(shown_name(info.file), []).append(info.id)

    def reading(self, document_id: str) -> Reading:
        if document_id not in self.readings:
            snapshot = self.assistant.collection.snapshot()
            facts = sorted(snapshot.facts(document_id), key=lambda fact: fact.start)
            self.readings[document_id] = read_whole(snapshot.document(document_id), facts)
        return self.readings[document_id]

    def of(self, file: str) -> list[Reading]:
        return [self.reading(id_) for id_ in self.by_file.get(shown_name(file), [])]

    def text(self, statement: Statement, asked: str) -> str:
        return as_read(self.reading(statement.document.id), statement, asked)


# --- which statements answer


def label(asked: Asked, papers: Papers) -> Labelled | None:
    """Return what is known of the statements; None where it is not clear which one answers."""
    if asked.question is not None:
        return _by_places(asked.question, papers)
    return _by_beginnings(asked, papers)


def _by_places(question: Question, papers: Papers) -> Labelled | None:
    if not question.answerable:
        return Labelled([], [], [])
    here = [s for file in {p.file for p in question.places} for s in _at_places(question, file, papers)]
    here = [s for s in here if s.kind != "heading"] or here
    wanted = " ".join((question.question, question.answer, *(place.quote or "" for place in question.places)))
    worth = _worths(wanted, here)
    said = [] if question.type == "yesno" else [*question.accept, *question.accept_all]
    holding = [[s for s in here if says(question, accepted, cells_apart(s))] for accepted in said]
    if question.accept_all or not any(holding):
        groups = [group for group in holding if group]
    else:
        groups = [list({id(s): s for group in holding for s in group}.values())]
    right = {id(s): s for group in groups for s in _as_good(group, worth)}
    if not right:
        right = {id(s): s for s in _clear(question, here, worth, ENOUGH * worth[_ALL])}
    if not right:
        return None
    in_parts = question.type in _IN_PARTS or bool(question.accept_all) or DERIVED in question.note or not groups
    has_lines = all(place.lines is not None for place in question.evidence)
    unknown = [s for s in here if id(s) not in right and in_parts and (has_lines or not groups)]
    return Labelled(list(right.values()), [], unknown)


def _at_places(question: Question, file: str, papers: Papers) -> Iterator[Statement]:
    for reading in papers.of(file):
        document = reading.document
        for statement in reading.statements:
            lines = document.lines(statement.start, statement.end) if document.lines_are_source else None
            page = document.page_at(statement.start).number if document.paging != "none" else None
            if any(_stands_at(place, file, lines, page, statement.flat) for place in question.places):
                yield statement


def _stands_at(place: Evidence, file: str, lines: tuple[int, int] | None, page: int | None, text: str) -> bool:
    return shown_name(place.file) == shown_name(file) and place.overlaps(place.file, lines, page, text)


def says(question: Question, accepted: str, text: str) -> bool:
    """Say whether a text holds an accepted one, and not as a piece of another figure or word."""
    return normalise(accepted) in normalise(text) and luck_of_text(question, accepted, text) is None


def cells_apart(statement: Statement) -> str:
    """Return a statement on one line, with a bar between the cells of a row: 812 and 640 are not 812,640."""
    text = statement.document.cells_apart(statement.start, statement.end)
    return re.sub(r"[ \u3000]*\n\s*", "", re.sub(r"\t+", " | ", text))


def _worths(wanted: str, statements: Sequence[Statement]) -> dict[int, float]:
    """Return what each statement has in common with a text, in character pairs, the rare ones counting more.

    Under ``_ALL`` is what all of them together have.
    """
    grams = {id(s): bigrams(s.flat) for s in statements}
    held = Counter(gram for own in grams.values() for gram in own)
    asked = bigrams(wanted)
    weight = {gram: math.log((len(statements) + 1) / held[gram]) + 0.2 for gram in asked if held[gram]}
    found = {key: sum(weight[gram] for gram in own & weight.keys()) for key, own in grams.items()}
    return found | {_ALL: sum(weight.values())}


_ALL = 0  # no statement's id


def _as_good(statements: Sequence[Statement], worth: dict[int, float]) -> list[Statement]:
    best = max(worth[id(s)] for s in statements)
    return [s for s in statements if worth[id(s)] >= AS_GOOD * best]


def _clear(question: Question, here: Sequence[Statement], worth: dict[int, float], enough: float) -> list[Statement]:
    """Return what answers though it does not hold the answer: all of a small place, or what is clearly the best."""
    if len(here) <= SMALL and all(place.page is None for place in question.evidence):
        return list(here)
    ranked = sorted(here, key=lambda s: -worth[id(s)])
    # Of two that stand there with the same words, as of a table that is read twice, both are right.
    same = [s for s in ranked if s.key == ranked[0].key]
    others = [s for s in ranked if s.key != ranked[0].key]
    best, second = (worth[id(some[0])] if some else 0.0 for some in (ranked, others))
    return same if best > enough and best >= CLEAR * second else []


def _by_beginnings(asked: Asked, papers: Papers) -> Labelled | None:
    right = [s for beginning in asked.right for s in find(beginning, asked.file, papers)]
    wrong = [s for beginning in asked.wrong for s in find(beginning, asked.file, papers)]
    if asked.right and not right:
        return None
    places = {(s.document.id, s.order) for s in right}
    return Labelled(right, [s for s in wrong if (s.document.id, s.order) not in places], [])


def find(beginning: str, file: str, papers: Papers) -> list[Statement]:
    """Return the statements that begin so, or else that it stands in, of a file or of the one it names itself."""
    named, parted, rest = beginning.partition("::")
    readings = papers.of(named.strip()) if parted and papers.of(named.strip()) else papers.of(file)
    wanted = _bare(rest if parted and papers.of(named.strip()) else beginning)
    found: list[tuple[int, Statement]] = []
    for reading in readings:
        text, places = _bare_with_places(reading.document.text)
        at = text.find(wanted)
        while wanted and at >= 0:
            statement = reading.statements[reading.at(places[at])]
            if statement.start <= places[at] < statement.end:
                found.append((len(_bare(reading.document.text[statement.start : places[at]])), statement))
            at = text.find(wanted, at + 1)
    first = min((before for before, _ in found), default=0)
    close = [s for before, s in found if before <= max(first, _MARKS)]
    return list({(s.document.id, s.order): s for s in close}.values())


_MARKS = 4  # characters that may stand before a line, such as ・, (1) and **


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=512)
def _bare_with_places(text: str) -> tuple[str, list[int]]:
    """Return a text in NFKC without white space, and where each of its characters comes from."""
    parts: list[str] = []
    places: list[int] = []
    for i, character in enumerate(text):
        plain = _bare(character)
        parts.append(plain)
        places += [i] * len(plain)
    return "".join(parts), places


# --- examples


def example(asked: Asked, papers: Papers, rng: random.Random) -> dict[str, Any] | None:
    """Return what is learned from a question; None where it cannot be asked, or where it is not clear what answers."""
    known = label(asked, papers)
    if known is None:
        return None
    try:
        scene = papers.assistant.scene(asked.text)
    except QuestionError:
        return None
    right = _texts(known.right, asked, papers)
    said = {s.key for s in known.right}
    put_aside = {(s.document.id, s.order) for s in (*known.right, *known.unknown)}
    wrong = [s for s in known.wrong if s.key not in said]
    shown = {(s.document.id, s.order) for s in wrong}
    seen = [scored.statement for scored in scene.statements[:SEEN]]
    others = [
        s
        for s in seen
        if (s.document.id, s.order) not in put_aside | shown and s.key not in said and not _may_say(asked, s)
    ]
    anywhere = [
        s
        for reading in rng.sample(list(papers.readings.values()), min(ANYWHERE, len(papers.readings)))
        for s in rng.sample(reading.statements, min(1, len(reading.statements)))
        if s.key not in said and (s.document.id, s.order) not in put_aside and not _may_say(asked, s)
    ]
    near = _texts([*wrong, *others[:NEAR]], asked, papers, without=right)
    return {
        "id": asked.id,
        "question": asked.text,
        "kind": asked.kind,
        "answerable": asked.answerable,
        "right": right,
        "values": [values(asked, text) for text in right],
        "yes": asked.yes if right else None,
        "near": near,
        "far": _texts([*others[NEAR:], *anywhere], asked, papers, without=[*right, *near]),
        "scene": [(papers.text(s.statement, asked.text), round(s.score, 4)) for s in scene.statements[:SEEN]],
    }


def examples(asked: Asked, papers: Papers, rng: random.Random) -> Iterator[dict[str, Any]]:
    """Yield what is learned from a question, and the same under each of its other wordings; nothing as ``example``."""
    found = example(asked, papers, rng)
    if found is not None:
        yield found
        yield from ({**found, "question": wording} for wording in asked.wordings)


def values(asked: Asked, text: str) -> list[Place] | None:
    """Return the places of what alone says the answer to a question.

    None, not known, for a pair without a value, and where one is asked for and none alone says it. 例: a cell with 5,
    for 5基
    """
    question = asked.question
    if question is None:
        return None if asked.value is None else list(places_of(text, asked.value)) or ([] if not asked.value else None)
    if question.type == "yesno" or DERIVED in question.note:
        return []
    alone = [(place, text[slice(*place)]) for place in possible_values(text)]
    found = [place for place, value in alone if says_it(question, value) and is_short_enough(question, value)]
    return found or (None if question.type in SHORT_TYPES else [])


def _texts(statements: Iterable[Statement], asked: Asked, papers: Papers, without: Sequence[str] = ()) -> list[str]:
    texts = dict.fromkeys(papers.text(s, asked.text) for s in statements)
    return [text for text in texts if text not in without]


def _may_say(asked: Asked, statement: Statement) -> bool:
    """Say whether a statement of which nothing is known holds the answer."""
    if not asked.answerable:
        return False
    question = asked.question
    if question is not None:
        if question.type == "yesno":
            return False
        accepted = (*question.accept, *question.accept_all)
        return any(says(question, each, cells_apart(statement)) for each in accepted)
    core = re.split(r"[（(。、]", asked.answer)[0]
    is_name = 2 <= len(core) <= 20 and says_yes(core) is None
    wanted = set(figures(core)) - set(figures(asked.text))
    held = set(figures(cells_apart(statement)))
    return (is_name and normalise(core) in normalise(statement.flat)) or bool(wanted and wanted <= held)


def of_bank(one: QuestionSet) -> Iterator[Asked]:
    for question in one.questions:
        yes = says_yes(question.answer) if question.type == "yesno" else None
        own = question.wordings
        yield Asked(question.id, question.question, question.type, question.answer, question, yes=yes, wordings=own)


def of_pairs(path: Path) -> Iterator[Asked]:
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        right, wrong = tuple(row["right"]), tuple(row["wrong"])
        value = tuple(row["value"]) if "value" in row else None
        yes, wordings = row.get("yes"), tuple(row.get("wordings", ()))
        named = (f"pair-{n}", row["question"], "pair", row["answer"], None, row["file"])
        yield Asked(*named, right, wrong, value, yes, wordings)


def write_pool(batches: Sequence[QuestionSet], pairs: Path | None, index: Path, folder: Path) -> str:
    """Write the examples of a collection, of all its batches of questions, and return how many there are."""
    name = collection_of(batches[0])
    papers = Papers(open_set(batches[0], index, "default", reader=None))  # the order that is read
    asked = [each for one in batches for each in of_bank(one)]
    if pairs is not None and (pairs / f"{name}.jsonl").exists():
        asked += of_pairs(pairs / f"{name}.jsonl")
    rng = random.Random(name)
    unfinished = folder / f".{name}.jsonl.new"
    counts: Counter[str] = Counter()
    with unfinished.open("w", encoding="utf-8") as file:
        for each in tqdm(asked, desc=name, file=sys.stderr, disable=None):
            found = list(examples(each, papers, rng))
            counts["none" if not found else "answerable" if each.answerable else "unanswerable"] += 1
            file.writelines(json.dumps({"collection": name, **row}, ensure_ascii=False) + "\n" for row in found)
    unfinished.replace(folder / f"{name}.jsonl")
    return (
        f"{name:32s} {len(asked):4d} asked: {counts['answerable']} with an answer,"
        f" {counts['unanswerable']} without, {counts['none']} left out"
    )


def collection_of(one: QuestionSet) -> str:
    return one.name.partition(".")[0]


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.reader_pool", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pool", type=Path, metavar="POOL")
    parser.add_argument("names", nargs="*", metavar="NAME", help="sets of the bank, such as yaizu_opendata.1")
    parser.add_argument("--documents", nargs="+", type=Path, default=[])
    parser.add_argument("--questions", nargs="+", type=Path, default=[], metavar="FILE")
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--index", type=Path, default=INDEX)
    given = parser.parse_args(argv)
    given.pool.mkdir(parents=True, exist_ok=True)
    sets, absent = find_sets(given.questions or bank_files(given.names), given.documents)
    print(*absent, sep="\n", file=sys.stderr)
    for name, batches in groupby(sorted(sets, key=collection_of), key=collection_of):
        if not (given.pool / f"{name}.jsonl").exists():
            print(write_pool(list(batches), given.pairs, given.index, given.pool), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
