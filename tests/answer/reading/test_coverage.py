"""What is worked out quickly for a scene is what the plain way gives, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.asking.question import read_question
from answer.candidates.figures import WEIGHTS, rank_figures
from answer.reading.evidence import Atom, Coverage, read_whole
from answer.reading.scene import Region, Scene
from ingest.facts import read_facts
from ingest.kana import katakana
from ingest.parse import parse

WORDS = ("水道", "下水道", "図書館", "来館者", "交通", "きっぷ", "第2回", "料金")
LINES = st.lists(
    st.sampled_from([*(f"{word}は{n}件でした。" for n, word in enumerate(WORDS, 10)), "１　料金"]), max_size=9
)


@st.composite
def atoms(draw):
    found = []
    for word in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True)):
        others = draw(st.lists(st.sampled_from(WORDS), max_size=3, unique=True))
        like = tuple((other, katakana(other), 0.8) for other in others)
        found.append(Atom(word, katakana(word), draw(st.sampled_from([0.5, 1.0, 2.3])), like, strict=word == "第2回"))
    return tuple(found)


def reading_of(lines, tmp_path):
    path = tmp_path / "r.txt"
    path.write_text("\n".join(["星見市の報告", "令和6年6月4日", "", *lines]), encoding="utf-8")
    document = parse(path)
    return read_whole(document, read_facts(document))


@settings(max_examples=30, deadline=None)
@given(LINES, atoms())
def test_what_a_word_counts_in_a_statement_is_what_it_counts_in_its_text(tmp_path_factory, lines, atoms):
    reading = reading_of(lines, tmp_path_factory.mktemp("papers"))
    coverage = Coverage(reading, atoms, 0, len(reading.statements))
    wanted = [[atom.match(s.lemmas, s.key) for s in reading.statements] for atom in atoms]
    assert coverage.own.tolist() == wanted
    rows = coverage.zones.T
    assert coverage.scores_of(rows).tolist() == [coverage.score(row) for row in rows]


def test_coverages_that_share_what_their_headings_say_are_the_same_as_alone(tmp_path):
    reading = reading_of(["１　水道", "料金は20円です。", "２　図書館", "来館者は30人です。"], tmp_path)
    words = tuple(Atom(word, katakana(word), 1.0) for word in WORDS)
    shared: dict[str, np.ndarray] = {}
    for low, high in ((0, 2), (1, len(reading.statements))):
        together, alone = Coverage(reading, words, low, high, shared), Coverage(reading, words, low, high)
        assert np.array_equal(together.zones, alone.zones)
        assert np.array_equal(together.headings, alone.headings)


@pytest.fixture
def scene(tmp_path):
    reading = reading_of(
        ["水道の料金は20円です。", "令和5年度の水道の料金は18円です。", "図書館の来館者は30人です。"], tmp_path
    )
    words = tuple(Atom(word, katakana(word), 1.0) for word in ("水道", "料金"))
    coverage = Coverage(reading, words, 0, len(reading.statements))
    question = read_question("水道の料金はいくらですか。", None)
    return Scene(question, words, (Region(reading, coverage, (0.5,) * len(reading.statements)),))


def test_a_figures_score_is_the_sum_of_its_weighted_clues(scene):
    figures = rank_figures(scene, ())
    assert {figure.fact.value for figure in figures} == {"20円", "18円"}
    for figure in figures:
        assert figure.score == sum(weight * clue for weight, clue in zip(WEIGHTS, figure.clues, strict=True))


def test_who_changes_the_figures_that_were_ranked_does_not_change_what_is_ranked_next(scene):
    first = rank_figures(scene, ())
    first.clear()
    assert rank_figures(scene, ())
