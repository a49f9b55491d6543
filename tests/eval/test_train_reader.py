"""Learning the reader: what a step sees, what its loss says, and that a stopped run goes on as if it never stopped."""

import json
import math
import os
import random
import signal
from types import SimpleNamespace

import pytest
import torch

from eval import train_reader
from eval.bench_reader import Choice, fixed_choices, measures, value_is_right
from eval.reader_examples import Example, places_of
from eval.train_reader import (
    BEFORE,
    FROM_POOL,
    FROM_SETS,
    POOL,
    QUESTIONS,
    Run,
    Source,
    begin_with,
    drawn,
    gradients,
    loss_of,
    of_values,
)
from index import reader
from index.pair_network import PairNetwork
from index.reader import FROZEN, Pairs, Read, Reader, ReaderMismatch, read_weights, write_weights
from tests.tiny_model import TinyModel, write_rows

POOLS = {
    "jaquad_train": [
        Example(
            f"人口{n}は何人ですか？",
            (f"人口{n}: {n}人",),
            (places_of(f"人口{n}: {n}人", [f"{n}人"]),),
            (f"予算{n}", f"歳入{n}"),
            (f"歳出{n}: {n}円", f"件数{n}", f"川{n}"),
        )
        for n in range(30)
    ],
    "nankoku_budget_2022": [Example("歳入は？", ("歳入: 2円",), (((4, 6),),), (), ("歳出: 3円", "予算: 4円"))],
}
RIGHT = {text for pool in POOLS.values() for example in pool for text in example.right}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return TinyModel(tmp_path_factory.mktemp("model"))


def begun(model, plan=FROM_SETS):
    torch.manual_seed(7)
    network = PairNetwork(model.bert.config, FROZEN)
    network.start_from(model.bert)
    return Run(network, plan, seed=3)


def take(run, model, steps):
    pairs = Pairs(model.folder)
    losses = []
    for _ in range(steps):
        loss, found = gradients(run.network, model.bert, pairs, drawn(POOLS, FROM_SETS, 3, run.step), FROM_SETS)
        run.learn(found, 1000)
        losses.append(loss)
    return losses


def test_a_step_sees_the_same_whenever_it_is_taken():
    assert drawn(POOLS, FROM_SETS, 3, 8) == drawn(POOLS, FROM_SETS, 3, 8)
    assert drawn(POOLS, FROM_SETS, 3, 8) != drawn(POOLS, FROM_SETS, 3, 9)
    assert drawn(POOLS, FROM_SETS, 3, 8) != drawn(POOLS, FROM_SETS, 4, 8)


def test_right_texts_come_first_and_a_fifth_of_the_questions_have_none():
    choices = [choice for step in range(100) for choice in drawn(POOLS, FROM_SETS, 3, step)]

    assert len(choices) == 100 * QUESTIONS
    for choice in choices:
        assert [text in RIGHT for text in choice.texts] == [i < choice.right for i in range(len(choice.texts))]
        assert len(set(choice.texts)) == len(choice.texts)
    assert 0.14 < sum(choice.right == 0 for choice in choices) / len(choices) < 0.26


def test_of_our_own_papers_a_question_without_an_answer_has_only_wrong_texts():
    own = [Example("町長は誰ですか？", (), (), ("町長は欠席した。",), tuple(f"市{n}" for n in range(9)))]
    sets = dict.fromkeys(("jaquad_train", "jsquad_valid", "u4_tables_valid"), POOLS["jaquad_train"])
    choices = [choice for step in range(50) for choice in drawn({POOL: own, **sets}, FROM_POOL, 3, step)]
    ours = [choice for choice in choices if "町長" in choice.question]

    assert 0.56 < len(ours) / len(choices) < 0.76
    assert all(choice.right == 0 and len(choice.texts) == FROM_POOL.negatives + 1 for choice in ours)


def test_half_of_the_wrong_texts_answer_other_questions():
    near, far = (tuple(f"{word}{n}" for n in range(30)) for word in ("近", "遠"))
    example = Example("人口は？", ("人口: 9人",), (None,), near, far, asked=(near[9], *(f"別{n}" for n in range(20))))
    taken = [text for seed in range(200) for text in train_reader._wrong(example, 5, random.Random(seed))]

    assert len(taken) == 5 * 200
    assert 0.4 < sum(text in example.asked for text in taken) / len(taken) < 0.6
    assert all(len(set(taken[at : at + 5])) == 5 for at in range(0, len(taken), 5))


def test_collections_that_are_left_out_are_measured_by_and_not_learned_from(tmp_path, monkeypatch):
    monkeypatch.setattr(train_reader, "pools_of", lambda qa, names: dict.fromkeys(names, POOLS["jaquad_train"]))
    monkeypatch.setattr(train_reader, "held_out", lambda qa: {})
    for name in ("mihono", "kawamachi"):
        row = {"question": f"{name}の人口は？", "right": ["人口: 9人"], "values": [[[4, 6]]]}
        row |= {"near": ["歳入: 9円"], "far": ["川"]}
        unanswerable = {**row, "question": f"{name}の面積は？", "right": [], "values": []}
        write_rows(tmp_path / f"{name}.jsonl", [row, unanswerable])
    plan, pools, measured = Source(tmp_path, tmp_path, ("mihono",)).read()

    assert plan == FROM_POOL
    assert [example.question for example in pools[POOL]] == ["kawamachiの人口は？", "kawamachiの面積は？"]
    assert pools.keys() == FROM_POOL.shares.keys()
    assert measured["left_out"] == [Choice("mihonoの人口は？", ("人口: 9人", "歳入: 9円", "川"), 1, (((4, 6),),))]
    with pytest.raises(ValueError, match="yamamachi"):
        Source(tmp_path, tmp_path, ("yamamachi",)).read()


def test_the_loss_falls_as_the_right_text_rises_and_where_there_is_none_as_all_fall():
    answerable, not_answerable = [True, False, False], [False, False]

    def loss(right, *logits):
        return loss_of(torch.tensor(logits), torch.tensor(right), 0.5).item()

    assert loss(answerable, 2.0, 0.0, 0.0) < loss(answerable, 0.0, 0.0, 0.0) < loss(answerable, 0.0, 2.0, 0.0)
    assert loss(not_answerable, -2.0, -2.0) < loss(not_answerable, 0.0, 0.0) < loss(not_answerable, 2.0, 2.0)
    assert loss(answerable, 0.0, 0.0, 0.0) == pytest.approx(math.log(3) + 0.5 * math.log(2))


ROW = "人口 | 令和5年: 20人 | 令和6年: 30人"
ASKED = Choice("令和6年の人口は何人ですか？", (ROW, "件数: 4件"), 1, (places_of(ROW, ["30人"]),))


def told(model, network, choice):
    pairs = Pairs(model.folder).of(choice.question, choice.texts)
    return of_values(network, choice, pairs, network.read(model.bert, pairs))


def test_all_values_of_a_question_are_told_the_right_ones_first(model):
    network = begun(model).network
    logits, right = told(model, network, ASKED)
    values = [ASKED.texts[n][start:stop] for n, (start, stop), _ in ASKED.places()]

    assert right.tolist() == [True] + [False] * (len(logits) - 1)
    assert values[0] == "30人"
    assert {"20人", "4件", "人口"} <= set(values[1:])


def test_of_a_text_whose_values_are_not_known_none_is_asked_and_with_none_that_answers_all_are_wrong(model):
    network = begun(model).network

    assert {n for n, *_ in ASKED._replace(values=(None,)).places()} == {1}
    assert not told(model, network, ASKED._replace(values=((),)))[1].any()
    assert "30人" in [ROW[a:b] for n, (a, b), _ in ASKED._replace(values=((),)).places() if n == 0]


def test_a_value_that_was_cut_off_is_not_asked(model):
    long = f"{'歳入、' * 60}人口: 30人"
    _, right = told(model, begun(model).network, Choice("人口は？", (long,), 1, (places_of(long, ["30人"]),)))

    assert len(right)
    assert not right.any()


def test_a_step_lowers_the_loss_of_values_alone(model):
    """Of one text that is always right, so that nothing is to be learned of texts."""
    plan = FROM_SETS._replace(rate=1e-3, warm_up=1, binary=0.0)
    choice = ASKED._replace(texts=(ROW,))
    run, pairs = begun(model, plan), Pairs(model.folder)
    before, found = gradients(run.network, model.bert, pairs, [choice], plan)
    run.learn(found, 1000)
    after, _ = gradients(run.network, model.bert, pairs, [choice], plan)
    unasked, flat = gradients(run.network, model.bert, pairs, [choice._replace(values=(None,))], plan)

    assert after < before
    assert unasked == pytest.approx(0, abs=1e-6)
    assert not any(gradient.any() for gradient in flat)


def test_a_step_lowers_the_loss_of_yes_or_no_which_no_other_question_has(model):
    plan = FROM_SETS._replace(rate=1e-3, warm_up=1, binary=0.0)
    asked = Choice("人口は増えましたか？", (ROW,), 1, (None,))
    pairs = Pairs(model.folder)
    for yes in (True, False):
        run = begun(model, plan)
        before, found = gradients(run.network, model.bert, pairs, [asked._replace(yes=yes)], plan)
        run.learn(found, 1000)
        after, _ = gradients(run.network, model.bert, pairs, [asked._replace(yes=yes)], plan)
        assert after < before
    unasked, _ = gradients(run.network, model.bert, pairs, [asked], plan)
    assert unasked == pytest.approx(0, abs=1e-6)


def test_of_a_question_whose_right_text_is_taken_away_neither_yes_nor_no_is_known():
    pool = {"jaquad_train": [Example("人口は増えましたか？", (ROW,), ((),), (), ("川", "山", "海", "空"), True)]}
    choices = [c for step in range(40) for c in drawn(pool, FROM_SETS._replace(shares={"jaquad_train": 1.0}), 3, step)]

    assert {(choice.right, choice.yes) for choice in choices} == {(1, True), (0, None)}


def test_it_learns_which_text_answers(model):
    """At a pace for which few steps do."""
    run = begun(model, FROM_SETS._replace(rate=10 * FROM_SETS.rate, warm_up=10))
    losses = take(run, model, 60)

    assert sum(losses[-20:]) < 0.8 * sum(losses[:20])


def test_a_run_that_was_stopped_goes_on_as_one_that_was_not(model, tmp_path):
    whole, stopped, resumed = begun(model), begun(model), begun(model)
    take(whole, model, 5)
    take(stopped, model, 3)
    stopped.save(tmp_path / "state.safetensors")
    resumed.load(tmp_path / "state.safetensors")
    take(resumed, model, 2)

    assert resumed.step == 5
    assert not (tmp_path / ".state.safetensors.new").exists()
    for (name, expected), (_, found) in zip(
        whole.network.named_parameters(), resumed.network.named_parameters(), strict=True
    ):
        torch.testing.assert_close(found, expected, msg=name)
        torch.testing.assert_close(resumed.average[name], whole.average[name], msg=name)


def test_a_checkpoint_of_another_seed_is_refused(model, tmp_path):
    run = begun(model)
    run.save(tmp_path / "state.safetensors")
    run.seed = 4

    with pytest.raises(ValueError, match="seed 3, not 4"):
        run.load(tmp_path / "state.safetensors")


def test_the_lower_layers_are_not_learned(model):
    before = {name: value.clone() for name, value in model.bert.named_parameters()}
    take(begun(model), model, 3)

    assert all(torch.equal(before[name], value) for name, value in model.bert.named_parameters())


def test_measures_count_ranks_and_tell_answerable_from_not():
    choices = [Choice("問", ("右", "い", "ろ", "は"), 1, (None,))] * 2
    found = measures(choices, [[0.9, 0.1, 0.2, 0.3], [0.5, 0.6, 0.1, 0.4]])

    assert found["first"] == 0.5
    assert found["first_three"] == 1.0
    assert found["answerable_auc"] == pytest.approx((2 + 1.5) / 4)  # .9 and .6 against .3 and .6
    assert found.keys().isdisjoint({"value", "yes"})
    told = measures(choices, [[0.0] * 4] * 2, [True, None], [None, False])
    assert (told["value"], told["yes"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("odds", "is_right"),
    [({"30人": 2.0}, True), ({"20人": 2.0}, False), ({"4件": 2.0}, False), ({}, False), ({"30人": None}, None)],
)
def test_the_likeliest_value_of_all_texts_is_right_or_not_and_a_tie_is_not(odds, is_right):
    read = [Read(text, 0.0, lambda a, b, text=text: odds.get(text[a:b], 1.0)) for text in ASKED.texts]

    assert value_is_right(ASKED, read) is is_right


def test_what_is_measured_has_one_right_text_and_the_most_alike_wrong_ones():
    wrong = tuple(f"左{n}" for n in range(9))
    (choice,) = fixed_choices([Example("問", ("右",), (((0, 1),),), wrong, tuple(f"下{n}" for n in range(9)))])

    assert choice == Choice("問", ("右", *wrong[:4], "下0", "下1", "下2"), 1, (((0, 1),),))


def write_as_before(model, path, before, monkeypatch):
    """Write weights of a format before, and return those of today that were learned by then."""
    run = begun(model)
    take(run, model, 1)
    weights = {name: value.detach().numpy() for name, value in run.network.named_parameters()}
    kept = {name: value for name, value in weights.items() if not name.startswith(BEFORE[before])}
    with monkeypatch.context() as patch:
        patch.setattr(reader, "FORMAT", before)
        write_weights(path, kept, {})
    return kept


@pytest.mark.parametrize("before", BEFORE)
def test_a_start_from_weights_of_a_format_before_begins_the_heads_that_it_lacks_anew(
    model, tmp_path, monkeypatch, before
):
    kept = write_as_before(model, tmp_path / "old.safetensors", before, monkeypatch)
    network = PairNetwork(model.bert.config, FROZEN)
    fresh = {name: value.clone() for name, value in network.state_dict().items()}

    lacked = begin_with(network, tmp_path / "old.safetensors")
    assert set(lacked) == fresh.keys() - kept.keys() != set()
    for name, value in network.state_dict().items():
        expected = fresh[name] if name in lacked else torch.from_numpy(kept[name])
        torch.testing.assert_close(value, expected, msg=name, rtol=2e-3, atol=1e-3)  # given ones are halves
    with pytest.raises(ReaderMismatch, match=before):  # nobody else reads them
        read_weights(tmp_path / "old.safetensors")


def test_a_start_from_several_runs_takes_their_mean(model, tmp_path):
    weights = {name: value.detach().numpy() for name, value in begun(model).network.named_parameters()}
    for share in (1, 3):
        write_weights(tmp_path / f"{share}.safetensors", {n: v * share for n, v in weights.items()}, {})
    network = PairNetwork(model.bert.config, FROZEN)

    assert begin_with(network, tmp_path / "1.safetensors", tmp_path / "3.safetensors") == []
    for name, value in network.named_parameters():
        torch.testing.assert_close(value, torch.from_numpy(2 * weights[name]), msg=name, rtol=2e-3, atol=1e-3)


def test_a_start_from_weights_of_today_takes_all_and_from_others_is_refused(model, tmp_path, monkeypatch):
    weights = {name: value.detach().numpy() for name, value in begun(model).network.named_parameters()}
    write_weights(tmp_path / "new.safetensors", weights, {})
    network = PairNetwork(model.bert.config, FROZEN)

    assert begin_with(network, tmp_path / "new.safetensors") == []
    torch.testing.assert_close(network.span.weight, torch.from_numpy(weights["span.weight"]), rtol=2e-3, atol=1e-3)

    monkeypatch.setattr(reader, "SOURCE_SHA256", "0" * 64)
    write_weights(tmp_path / "other.safetensors", weights, {})
    monkeypatch.undo()
    (tmp_path / "broken.safetensors").write_bytes(b"none")
    for name in ("other", "broken", "absent"):
        with pytest.raises(ReaderMismatch, match=name):
            begin_with(network, tmp_path / f"{name}.safetensors")


@pytest.fixture
def command(model, monkeypatch):
    """Return the command, with the tiny model and ``POOLS`` in place of the real ones."""
    monkeypatch.setattr(train_reader, "prepare", lambda cache: model.folder)
    monkeypatch.setattr(train_reader, "load_default", lambda folder, exact: [SimpleNamespace(auto_model=model.bert)])
    monkeypatch.setattr(train_reader, "has_fast_bytes", lambda: False)
    monkeypatch.setattr(train_reader, "pools_of", lambda qa, names: POOLS)
    monkeypatch.setattr(train_reader, "held_out", lambda qa: {"dev": fixed_choices(POOLS["jaquad_train"])})
    monkeypatch.setattr(train_reader, "PRINT", 1)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    threads = torch.get_num_threads()
    yield train_reader.main
    torch.set_num_threads(threads)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_the_command_goes_on_where_it_was_stopped_and_writes_weights_that_can_be_read(
    command, model, tmp_path, monkeypatch
):
    asked_to_stop = iter([False, False, True])
    say = train_reader.Log.say

    def say_and_stop(log, **values):
        say(log, **values)
        if "loss" in values and next(asked_to_stop, False):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(train_reader.Log, "say", say_and_stop)
    command(["nowhere", str(tmp_path), "--steps", "5"])
    assert steps(tmp_path) == [0, 1, 2, 3]
    command(["nowhere", str(tmp_path), "--steps", "5", "--resume"])

    assert steps(tmp_path) == [0, 1, 2, 3, 3, 4, 5, 5]  # each start says its own, and the last is measured
    assert 0 <= logged(tmp_path)[-1]["value"] <= 1
    texts = ["人口1: 1人", "川1"]
    read = Reader(tmp_path / "reader.safetensors", model, exact=True).read("人口1は何人ですか？", texts)
    assert [one.text for one in read] == texts
    assert read[0].value_odds(5, 7) is not None


def test_the_command_says_with_what_it_begins(command, model, tmp_path, monkeypatch):
    old = tmp_path / "old.safetensors"
    write_as_before(model, old, "tenkyo-reader-1", monkeypatch)
    command(["nowhere", str(tmp_path), "--steps", "1", "--start", str(old)])
    command(["nowhere", str(tmp_path / "more"), "--steps", "1", "--start", str(tmp_path / "reader.safetensors")])

    assert (logged(tmp_path)[0]["start"], logged(tmp_path)[0]["begins_anew"][0]) == ([str(old)], "span.weight")
    assert logged(tmp_path / "more")[0]["begins_anew"] == []


def logged(folder):
    return [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]


def steps(folder):
    return [line["step"] for line in logged(folder)]


def test_random_is_not_shared():
    random.seed(1)
    expected = random.random()
    random.seed(1)
    drawn(POOLS, FROM_SETS, 3, 1)
    assert random.random() == expected
