"""The fictitious papers unpack into what every command of the evaluation takes."""

import re

import pytest

from eval.dataset import read_questions
from eval.fictitious import main, names, unpack
from eval.measures.texts import normalise
from eval.sets import find_sets


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("fictitious")
    assert main([str(made)]) == 0
    return made


def test_every_set_is_asked_over_all_of_its_papers_and_no_others(folder):
    files = [folder / f"{name}.jsonl" for name in names()]
    sets, absent = find_sets(files, [folder])

    assert not absent
    assert [one.name for one in sets] == names()
    assert all({p.name for p in one.documents} == {p.name for p in (folder / one.name).iterdir()} for one in sets)
    ids = [question.id for one in sets for question in one.questions]
    assert len(ids) == len(set(ids)) > 7000


def test_a_gold_place_is_a_line_of_its_paper_that_says_something_and_is_no_heading(folder):
    for name in names():
        for question in read_questions(folder / f"{name}.jsonl"):
            assert question.answerable == bool(question.evidence)
            for place in question.places:
                lines = (folder / name / place.file).read_text(encoding="utf-8").splitlines()
                line = lines[place.lines[0] - 1]
                assert re.match(r"(?!#).*\w", line), (question.id, line)


def test_what_is_accepted_of_a_figure_stands_at_its_place_mostly(folder):
    """Not always: 1,204百万円 is accepted as 12億400万円, too, and what is worked out stands nowhere."""
    held = []
    for name in names():
        for question in read_questions(folder / f"{name}.jsonl"):
            if question.type in ("number", "table_cell") and question.accept:
                text = {p.file: (folder / name / p.file).read_text(encoding="utf-8") for p in question.places}
                held.append(any(normalise(a) in normalise(t) for a in question.accept for t in text.values()))
    assert sum(held) > 0.9 * len(held) > 2000


def test_an_unknown_name_is_told_with_those_that_there_are(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main([str(tmp_path), "welfare", "wellfare"])
    assert "no such sets: wellfare; there are" in capsys.readouterr().err
    assert not any(tmp_path.iterdir())


def test_unpacking_again_writes_the_same(folder, tmp_path):
    unpack("welfare", tmp_path)
    unpack("welfare", tmp_path)
    again = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    assert again == {p: (folder / p).read_bytes() for p in again}
    assert len(again) == 76
