"""Our own question sets: enough of every kind, each answer where it is said to stand, no sentence of the seeds."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from eval import check
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


def test_our_sets_are_as_large_as_they_should_be():
    sizes = {path.stem: len(read_questions(path)) for path in SETS}
    assert sizes["seeds"] >= 80
    assert sizes.get("sample", 120) >= 120


def test_the_sets_are_clean_by_our_own_check(capsys):
    """Ids, twins, gold answers, give-aways and, for the sample, every quote at its place."""
    assert check.main([str(path) for path in SETS], index=ROOT, embedding_model="none") == 0, capsys.readouterr().out


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
def test_the_places_of_the_seeds_exist_and_tell_the_accepted_answers(capsys):
    path = ROOT / "eval" / "questions" / "seeds.jsonl"
    assert check.main([str(path), "--documents", str(SEEDS)], index=ROOT, embedding_model="none") == 0
    assert "注意" not in capsys.readouterr().out


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
