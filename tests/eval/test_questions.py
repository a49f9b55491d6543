"""Our own question sets: enough of every kind, each answer where it is said to stand, no sentence of the seeds."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from eval.dataset import TYPES, read_questions

ROOT = Path(__file__).resolve().parents[2]
SETS = sorted((ROOT / "eval" / "questions").glob("*.jsonl"))
SHARED = ROOT.parent / "shared"
SEEDS = SHARED / "seeds"
needs_seeds = pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is not at hand: 0 questions were compared")
LONGEST_COMMON = 24  # characters: names of projects are that long, sentences are longer


def squeeze(text):
    return re.sub(r"[\s,、]", "", unicodedata.normalize("NFKC", text)).lower()


@pytest.fixture(scope="module")
def seeds():
    paths = sorted(SEEDS.glob("*.txt"))
    assert paths, "the folder of the seeds is empty"
    return {path.name: path.read_text(encoding="utf-8").split("\n") for path in paths}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
class TestEverySet:
    def test_all_types_are_asked(self, path):
        assert {question.type for question in read_questions(path)} == set(TYPES)

    def test_at_least_15_of_100_questions_have_no_answer(self, path):
        questions = read_questions(path)
        assert sum(not question.answerable for question in questions) >= 0.15 * len(questions)

    def test_at_least_10_of_100_questions_need_two_documents(self, path):
        questions = read_questions(path)
        assert sum(len(question.documents) > 1 for question in questions) >= 0.10 * len(questions)

    def test_no_question_is_asked_twice(self, path):
        counts = Counter(squeeze(question.question) for question in read_questions(path))
        assert [text for text, count in counts.items() if count > 1] == []

    def test_the_gold_answer_itself_would_be_right(self, path):
        wrong = []
        for question in read_questions(path):
            answer = squeeze(question.answer)
            said = [squeeze(text) in answer for text in question.accept_all or question.accept]
            if question.answerable and not (all(said) if question.accept_all else any(said)):
                wrong.append(question.id)
        assert wrong == []

    def test_the_question_does_not_give_its_answer_away(self, path):
        """Except where one of two is asked for, and where yes or no is said in the question's own words."""
        given = [
            question.id
            for question in read_questions(path)
            if question.type not in ("comparison", "yesno")
            and any(squeeze(text) in squeeze(question.question) for text in question.accept)
        ]
        assert given == []


def test_our_sets_are_as_large_as_they_should_be():
    sizes = {path.stem: len(read_questions(path)) for path in SETS}
    assert sizes["seeds"] >= 80
    assert sizes.get("sample", 120) >= 120


def test_the_ids_of_all_sets_differ():
    counts = Counter(question.id for path in SETS for question in read_questions(path))
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_seed_is_asked_about():
    questions = read_questions(ROOT / "eval" / "questions" / "seeds.jsonl")
    counts = Counter(file for question in questions for file in question.documents)
    assert len(counts) == 5
    assert min(counts.values()) >= 10


def test_questions_over_the_seeds_point_to_lines_and_carry_no_quotes():
    """The sentences of the seeds stay out of the repository."""
    text = (ROOT / "eval" / "questions" / "seeds.jsonl").read_text(encoding="utf-8")
    assert '"quote"' not in text


@needs_seeds
def test_an_accepted_answer_stands_at_the_evidence_or_is_said_to_be_derived(seeds):
    lost = []
    for question in read_questions(ROOT / "eval" / "questions" / "seeds.jsonl"):
        if not question.answerable or "派生" in question.note:
            continue
        lines = [line for place in question.evidence for line in seeds[place.file][place.lines[0] - 1 : place.lines[1]]]
        said = [squeeze(text) in squeeze("".join(lines)) for text in question.accept_all or question.accept]
        if not (all(said) if question.accept_all else any(said)):
            lost.append((question.id, question.accept, lines))
    assert lost == []


@needs_seeds
def test_evidence_lies_inside_its_file(seeds):
    for question in read_questions(ROOT / "eval" / "questions" / "seeds.jsonl"):
        for place in question.places:
            assert place.lines[1] <= len(seeds[place.file]), question.id


@needs_seeds
def test_no_question_and_no_answer_copies_a_sentence_of_the_seeds(seeds):
    text = squeeze("\n".join("\n".join(lines) for lines in seeds.values()))
    size = LONGEST_COMMON + 1
    copied = [
        (question.id, part[start : start + size])
        for path in SETS
        for question in read_questions(path)
        for part in (squeeze(question.question), squeeze(question.answer))
        for start in range(len(part) - size + 1)
        if part[start : start + size] in text
    ]
    assert copied == []


@needs_seeds
def test_our_questions_are_not_those_of_the_shared_set():
    theirs = {squeeze(q.question) for q in read_questions(SHARED / "eval" / "questions-dev.jsonl")}
    assert [q.id for path in SETS for q in read_questions(path) if squeeze(q.question) in theirs] == []
