"""The judge is fitted so that what it promises holds on papers that it was not fitted on."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from answer.draft import Draft
from answer.judging.confidence import the_judge
from answer.judging.features import Features
from eval import fit_confidence
from eval.dataset import Evidence, Question
from eval.fit_confidence import Row, learn, main, most_of, observe, scale, sigmoid, with_share
from eval.sets import QuestionSet
from tests.answer.papers import assistant_over

N = len(Features._fields)
MET = Features._fields.index("coverage")


def rows(kind="number", collections=6, each=120, *, tells=True, right=0.5, seed=1):
    """Return rows of which ``coverage`` tells which are right, or nothing does."""
    rng = np.random.default_rng(seed)
    found = []
    for c in range(collections):
        for n in range(each):
            is_right = bool(rng.random() < right)
            features = rng.normal(0.0, 0.05, N)
            features[MET] = 0.5 + (0.3 * (is_right - 0.5) if tells else 0.0) + rng.normal(0.0, 0.2)
            found.append(Row(f"c{c}", f"{kind}-{n}", kind, "line", tuple(features), is_right, False, True))
    return found


def test_a_probability_is_of_a_collection_left_out_and_holds_there():
    given = rows()
    *_, told = learn(given)
    right = np.array([row.right for row in given], float)

    surer = told > np.median(told)
    assert right[surer].mean() > right[~surer].mean() + 0.2
    assert abs(told[surer].mean() - right[surer].mean()) < 0.05


def test_yes_and_no_have_a_scale_of_their_own():
    """What tells whether a figure is right says nothing of them here, of which a third are right."""
    of_figures, of_words = rows(), rows("yesno", tells=False, right=1 / 3, seed=2)
    *_, scales, told = learn([*of_figures, *of_words])
    words = told[len(of_figures) :]

    assert set(scales) == {"yesno"}
    assert words.max() < 0.45
    assert abs(words.mean() - 1 / 3) < 0.03
    assert told[: len(of_figures)].max() > 0.7


def test_a_scale_never_turns_the_order_round():
    rng = np.random.default_rng(3)
    activation = np.linspace(-2, 2, 400)
    right = (rng.random(400) < sigmoid(-activation)).astype(float)

    factor, offset = scale(activation, right, least=0.0)
    assert factor == 0.0
    assert sigmoid(np.array([offset]))[0] == pytest.approx(right.mean(), abs=0.01)
    assert scale(activation, right)[0] < 0


def test_questions_without_an_answer_are_repeated_up_to_their_share_and_not_those_that_were_seen():
    asked = rows(collections=1, each=90)
    none = [replace(row, id=f"n{n}", answerable=False, right=False) for n, row in enumerate(asked[:10])]
    known = [replace(row, collection="seen") for row in none]
    given = with_share([*asked, *none, *known], 0.2, ["seen"])

    assert len(given) == 90 + 20 + 10
    assert len({(row.collection, row.id) for row in given}) == len(given)
    assert with_share(asked, 0.2) == asked


def test_a_probability_as_high_as_a_promise_is_told_only_where_every_collection_left_out_bears_it_out():
    def told(*right: int):
        """Of ten answers of each collection at .97 so many are right; one of another at .5."""
        given = [
            replace(row, collection=name, id=f"{name}{n}", right=n < count)
            for name, count in zip("ab", right, strict=True)
            for n, row in enumerate(rows(collections=1, each=10))
        ]
        return most_of(np.full(len(given), 0.97), given)

    assert told(10, 10) == 0.97
    assert told(10, 9) == pytest.approx(0.949)
    assert most_of(np.array([0.97, 0.6]), rows(collections=1, each=2)) == 0.97  # too few to say


def test_what_was_fitted_is_what_the_judge_says(tmp_path):
    given = [*rows(), *rows("yesno", tells=False, right=1 / 3, seed=2)]
    kept, out = tmp_path / "rows.jsonl", tmp_path / "confidence.json"
    kept.write_text("".join(json.dumps(vars(row)) + "\n" for row in given), encoding="utf-8")

    assert main(["--rows", str(kept), "--least", "0.5", "--out", str(out)]) == 0
    judge = the_judge(out)
    model, factor, offset, scales, _ = learn(given)
    for row in (given[0], given[-1]):
        group = [float(fit_confidence.GROUPS[row.kind] == name) for name in fit_confidence.NAMES]
        expected = factor * model.activation(np.array([*row.features, *group])) + offset
        own, more = scales.get(fit_confidence.GROUPS[row.kind], (1.0, 0.0))
        likely = judge.probability(Draft(row.kind, "x", sort="line"), Features(*row.features))
        assert likely == pytest.approx(min(judge.most, sigmoid(own * expected + more)), abs=1e-3)


def test_a_yes_beside_a_line_of_another_place_is_not_right(tmp_path, monkeypatch):
    text = "木津川町　会館の利用案内\n\n１　利用の申込み\n会館の利用料は、町内の学校が使うときは免除します。\n"
    assistant = assistant_over(tmp_path, {"hall.txt": text})
    monkeypatch.setattr(fit_confidence, "open_set", lambda *given, **more: assistant)
    asked = "町内の学校が使うとき、会館の利用料はかかりますか"

    def right_at(line):
        place = Evidence("hall.txt", lines=(line, line))
        question = Question("q", asked, "yesno", "はい", ("はい",), (), (place,), (), True)
        one = QuestionSet("hall", Path(), (question,), ())
        return [row.right for row in observe(one, tmp_path, "default", None) if row.sort == "picked"]

    assert assistant.trace(asked).picked.text.startswith("はい。会館")
    assert right_at(4) == [True]
    assert right_at(1) == [False]
