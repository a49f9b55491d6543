"""Learn the reader's weights (``index.reader``) on this machine, without a GPU: hours, in the background.

    nice -n 19 python -m eval.train_reader QA_FOLDER FOLDER [--resume] [--steps N] [--seed N]
        [--start WEIGHTS…] [--pool POOL [--leave-out COLLECTION…]]

QA_FOLDER holds the question sets ``jaquad_train``, ``jsquad_valid``, ``u4_tables_valid`` and ``nankoku_budget_2022``
(see FROM_SETS), and ``jaquad_dev`` to measure by. Into FOLDER go ``state.safetensors``, from which ``--resume`` goes
on, ``reader.safetensors``, the weights, and ``train.jsonl``, a line each PRINT steps and for each validation. Whatever
ends the run costs the steps since the last checkpoint: what a step learns from follows from the seed and its number.
``--start`` begins with the weights of another run, or the mean of several runs, instead of the embedding model's own
upper layers; where those of one are of a format before, the heads that they lack begin anew. ``--pool`` learns from our
own papers (``eval.reader_pool``), all but those collections that are left out, and from the sets, so that it does not
forget them.

A step asks QUESTIONS questions, each with one right text and several wrong ones, as a ``Plan`` says; of some the right
text is taken away. The loss of a question is the listwise cross-entropy of its texts, where one is right, a share of
the binary cross-entropy of all of them, and the same of all that could be a value in them; of a right text of a
question of yes or no also the binary cross-entropy of which it says. Weights are averaged over about the last 500
steps, and the average is what is stored.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate, islice
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from eval.bench_reader import HELD_OUT, Choice, fixed_choices, held_out, measures
from eval.reader_examples import Example, from_budgets, from_passages, from_tables, read_pool, reworded
from index.default_model import SOURCE_SHA256, prepare
from index.embedder import cache_folder, has_fast_bytes, load_default, round_weights
from index.pair_network import PairNetwork, PairRead, single_threads
from index.reader import FROZEN, Pair, Pairs, read_weights, write_weights

QUESTIONS = 6
# Of the wrong texts, those that answer other questions; of the rest, those from where the right one stands. Lines that
# have been asked about are few, and other questions of the same papers are about the same ones: with few of them among
# the wrong texts, that may be learned instead of reading. Alone, half of them brought nothing that could be measured.
ASKED = 0.5
NEAR = 0.6


class Plan(NamedTuple):
    """What is learned from, and how. The rates are usual ones for small encoders; they were not searched for."""

    shares: Mapping[str, float]  # how often a question is taken from each set
    negatives: int  # wrong texts of a question
    taken_away: float  # how often the right text is
    reworded: float  # how often the question is put in another style
    binary: float  # what the binary loss of texts counts beside the listwise one
    rate: float
    warm_up: int  # steps
    values: float = 1.0  # what the losses of values count beside those of texts
    values_binary: float = 0.5  # what the binary one of these counts beside the listwise one
    yes: float = 3.0  # what the loss of yes or no counts beside those: the head that learns it begins anew


POOL = "pool"
# JaQuAD has 30,000 questions, the tables some 9,000 (of ten companies: they repeat each other), the budgets 90.
FROM_SETS = Plan(
    {"jaquad_train": 0.5, "jsquad_valid": 0.1, "u4_tables_valid": 0.35, "nankoku_budget_2022": 0.05},
    negatives=3,
    taken_away=0.2,
    reworded=1.0,
    binary=0.5,
    rate=1e-4,
    warm_up=200,
)
# A fifth of the pool's questions have no answer, and people have worded them; of those only the binary loss speaks. Of
# each passage of JaQuAD it is known which value answers, so of the sets it has the largest share.
FROM_POOL = Plan(
    {POOL: 0.66, "jaquad_train": 0.18, "jsquad_valid": 0.06, "u4_tables_valid": 0.1},
    negatives=5,
    taken_away=0.08,
    reworded=0.0,
    binary=1.0,
    rate=8e-5,
    warm_up=30,
)
DECAY = 0.01
AVERAGE = 0.998
CLIP = 1.0
PRINT = 50
# One thread for each half of a step: two threads that share each sum took 23 s a step where one took 5 s, with other
# programs busy. Sums in bfloat16, where the processor has them, take two thirds of the time; weights stay in float32.
WORKERS = 2
HAS_HALVES = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
CHECKPOINT_SECONDS = 600
VALIDATION_SECONDS = 1800


def drawn(pools: Mapping[str, Sequence[Example]], plan: Plan, seed: int, step: int) -> list[Choice]:
    """Return what a step learns from; the same for the same seed and step."""
    rng = random.Random(f"{seed} {step}")
    shares = {name: plan.shares[name] for name in pools}
    choices: list[Choice] = []
    while len(choices) < QUESTIONS:
        pool = pools[rng.choices(list(shares), list(shares.values()))[0]]
        example = pool[rng.randrange(len(pool))]
        answerable = bool(example.right) and rng.random() >= plan.taken_away
        wrong = _wrong(example, plan.negatives + (not answerable), rng)
        if wrong:
            right = [rng.choice(list(zip(example.right, example.values, strict=True)))] if answerable else []
            question = reworded(example.question, rng) if rng.random() < plan.reworded else example.question
            texts = (*(text for text, _ in right), *wrong)
            yes = example.yes if right else None
            choices.append(Choice(question, texts, len(right), tuple(values for _, values in right), yes))
    return choices


def _wrong(example: Example, count: int, rng: random.Random) -> list[str]:
    """Return ``count`` different wrong texts, or as many as there are; the most alike are taken most often."""
    asked, near, far = list(example.asked), list(example.near), list(example.far)
    taken: dict[str, None] = {}  # what is asked elsewhere stands near or far, too
    while len(taken) < count and (asked or near or far):
        if asked and (not (near or far) or rng.random() < ASKED):
            pool = asked
        else:
            pool = near if near and (not far or rng.random() < NEAR) else far
        taken.setdefault(pool.pop(int(len(pool) * rng.random() ** 2)))
    return list(taken)


def loss_of(logits: Tensor, right: Tensor, binary: float) -> Tensor:
    """Return the loss of what a question is asked of: the listwise one where something is right, and the binary one."""
    loss = binary * functional.binary_cross_entropy_with_logits(logits, right.float())
    return loss + torch.logsumexp(logits, 0) - torch.logsumexp(logits[right], 0) if right.any() else loss


def of_texts(choice: Choice, made: Sequence[PairRead]) -> tuple[Tensor, Tensor]:
    """Return the logits of a choice's texts, and which of these are right."""
    return torch.stack([one.logit for one in made]).float(), torch.arange(len(made)) < choice.right


def of_yes(choice: Choice, made: Sequence[PairRead]) -> tuple[Tensor, Tensor]:
    """Return the logits of yes of a choice's right texts, and 1 for each that says it."""
    said = torch.stack([one.yes for one in made[: choice.right]]).float()
    return said, torch.full_like(said, float(bool(choice.yes)))


def of_values(
    network: PairNetwork, choice: Choice, pairs: Sequence[Pair], made: Sequence[PairRead]
) -> tuple[Tensor, Tensor]:
    """Return the logits of all values in a choice's texts, and which of these are right; some were not read."""
    asked: dict[tuple[int, int, int], bool] = {}
    for n, place, right in choice.places():
        if tokens := pairs[n].at(*place):
            asked.setdefault((n, *tokens), right)  # right ones come first: of the same tokens, the wrong one is dropped
    if not asked:
        return torch.empty(0), torch.empty(0, dtype=torch.bool)
    starts = [0, *accumulate(len(one.firsts) for one in made)]
    first, last = torch.tensor([(starts[n] + first, starts[n] + last) for n, first, last in asked]).T
    firsts, lasts = torch.cat([one.firsts for one in made])[first], torch.cat([one.lasts for one in made])[last]
    return network.of_values(firsts, lasts).float(), torch.tensor(list(asked.values()))


def gradients(
    network: PairNetwork, bert: Any, pairs: Pairs, choices: Sequence[Choice], plan: Plan
) -> tuple[float, tuple[Tensor, ...]]:
    """Return the loss of some questions and its gradients, in the order of the network's parameters."""
    read = [pairs.of(choice.question, choice.texts) for choice in choices]
    losses = []
    with torch.autocast("cpu", torch.bfloat16, enabled=HAS_HALVES):
        every = iter(network.read(bert, [pair for own in read for pair in own]))
        made = [list(islice(every, len(own))) for own in read]
        values = [of_values(network, *each) for each in zip(choices, read, made, strict=True)]
    for choice, own, (logits, right) in zip(choices, made, values, strict=True):
        losses.append(loss_of(*of_texts(choice, own), plan.binary))
        if choice.yes is not None:
            said, wanted = of_yes(choice, own)
            losses.append(plan.yes * functional.binary_cross_entropy_with_logits(said, wanted))
        if len(logits):
            losses.append(plan.values * loss_of(logits, right, plan.values_binary))
    loss = torch.stack(losses).sum() / len(choices)
    return loss.item(), torch.autograd.grad(loss, list(network.parameters()), materialize_grads=True)


def scored(
    network: PairNetwork, bert: Any, pairs: Pairs, choice: Choice
) -> tuple[list[float], bool | None, bool | None]:
    """Return the logits of a choice's texts, whether the likeliest value is right, and whether yes or no is.

    None for what isn't known.
    """
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=HAS_HALVES):
        read = pairs.of(choice.question, choice.texts)
        made = network.score(bert, read)
        values, right = of_values(network, choice, read, made)
    logits, _ = of_texts(choice, made)
    says = None if choice.yes is None else bool(((of_yes(choice, made)[0] > 0) == choice.yes).all())
    return logits.tolist(), bool(right[values.argmax()]) if right.any() else None, says


# --- the run


class Run:
    """The learned weights, their average and the optimiser: what a checkpoint holds."""

    def __init__(self, network: PairNetwork, plan: Plan, seed: int):
        self.network = network
        self.plan = plan
        self.seed = seed
        self.step = 0
        self.average = {name: value.detach().clone() for name, value in network.named_parameters()}
        plain = [p for n, p in network.named_parameters() if p.ndim < 2 or n.startswith("segments")]
        matrices = [p for n, p in network.named_parameters() if not (p.ndim < 2 or n.startswith("segments"))]
        groups = [{"params": matrices, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=plan.rate)

    def learn(self, gradients: Sequence[Tensor], steps: int) -> None:
        """Take one step: the rate rises over the first steps and falls to nothing at ``steps``."""
        rise = min(1.0, (self.step + 1) / self.plan.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.rate * rise * max(0.0, 1 - self.step / steps)
        for value, gradient in zip(self.network.parameters(), gradients, strict=True):
            value.grad = gradient
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimiser.step()
        self.step += 1
        keep = min(AVERAGE, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                self.average[name].lerp_(value, 1 - keep)

    def save(self, path: Path) -> None:
        """Write everything, all at once: whoever is stopped in between leaves the checkpoint before."""
        from safetensors.torch import save_file

        tensors = {}
        for name, value in self.network.named_parameters():
            tensors[f"weight.{name}"] = value.detach()
            tensors[f"average.{name}"] = self.average[name]
            for moment, held in self.optimiser.state.get(value, {}).items():
                tensors[f"{moment}.{name}"] = torch.as_tensor(held)
        unfinished = path.with_name(f".{path.name}.new")
        save_file(tensors, unfinished, metadata={"step": str(self.step), "seed": str(self.seed)})
        unfinished.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint. ValueError when it is one of another seed."""
        from safetensors import safe_open

        with safe_open(path, "pt") as file:
            made = file.metadata()
            if int(made["seed"]) != self.seed:
                raise ValueError(f"{path} was made with seed {made['seed']}, not {self.seed}")
            self.step = int(made["step"])
            names = set(file.keys())
            for name, value in self.network.named_parameters():
                value.data.copy_(file.get_tensor(f"weight.{name}"))
                self.average[name].copy_(file.get_tensor(f"average.{name}"))
                moments = ("step", "exp_avg", "exp_avg_sq")
                if f"step.{name}" in names:
                    self.optimiser.state[value] = {m: file.get_tensor(f"{m}.{name}") for m in moments}

    def averaged(self, config: Any) -> PairNetwork:
        """Return a network with the average of the weights, ready to read."""
        return PairNetwork(config, self.network.frozen).take({n: v.numpy() for n, v in self.average.items()})


def pools_of(folder: Path, names: Collection[str]) -> dict[str, list[Example]]:
    """Return the examples of some of the sets; the report that is measured by is left out."""

    def of(name: str) -> list[Example]:
        if name == "u4_tables_valid":
            tables = from_tables(folder / name)
            return [example for report, found in tables.items() if report != HELD_OUT for example in found]
        return from_budgets(folder / name) if name == "nankoku_budget_2022" else from_passages(folder / name)

    return {name: of(name) for name in names}


class Source(NamedTuple):
    """What is learned from: the sets of a folder, and our own papers where there is a pool of them."""

    qa: Path
    pool: Path | None = None
    leave_out: tuple[str, ...] = ()

    def read(self) -> tuple[Plan, dict[str, list[Example]], dict[str, list[Choice]]]:
        """Return the plan, the examples of each set, and what is measured by."""
        if self.pool is None:
            return FROM_SETS, pools_of(self.qa, FROM_SETS.shares), held_out(self.qa)
        own = read_pool(self.pool)
        if unknown := set(self.leave_out) - own.keys():
            raise ValueError(f"no such collections in {self.pool}: {', '.join(sorted(unknown))}")
        kept = [e for name, examples in own.items() if name not in self.leave_out for e in examples]
        left = [e for name in self.leave_out for e in own[name] if e.right]
        pools = {POOL: kept, **pools_of(self.qa, FROM_POOL.shares.keys() - {POOL})}
        measured = held_out(self.qa) | ({"left_out": fixed_choices(left)} if left else {})
        return FROM_POOL, {name: pools[name] for name in FROM_POOL.shares}, measured


# The formats of weights before, and the heads that have been added since.
BEFORE = {"tenkyo-reader-1": ("span.", "span_out.", "yes.", "yes_out."), "tenkyo-reader-2": ("yes.", "yes_out.")}


def begin_with(network: PairNetwork, weights: Path, *more: Path) -> list[str]:
    """Take the weights of another run, and return the names of what they lack: that stays as it is.

    Only weights of a format before may lack something: the heads that were added. Of several runs of today's format the
    mean is taken (Wortsman et al. 2022, "Model soups"). ReaderMismatch where a file is not what was expected.
    """
    from safetensors import SafetensorError, safe_open

    if more:
        each = [read_weights(path) for path in (weights, *more)]
        network.take({name: np.stack([one[name] for one in each]).astype(np.float32).mean(0) for name in each[0]})
        return []
    with suppress(SafetensorError, FileNotFoundError), safe_open(weights, "numpy") as file:
        made = file.metadata() or {}
        if made.get("format") in BEFORE and made.get("base") == SOURCE_SHA256:
            given = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 # it is no dict
            own = {name: value.numpy() for name, value in network.state_dict().items() if name not in given}
            heads = {name: value for name, value in own.items() if name.startswith(BEFORE[made["format"]])}
            network.take(given | heads)
            return list(heads)
    network.take(read_weights(weights))
    return []


def train(source: Source, folder: Path, *, steps: int, seed: int, resume: bool, start: Sequence[Path] = ()) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    log = Log(folder / "train.jsonl")
    model = prepare(cache_folder())
    bert: Any = load_default(model, exact=True)[0].auto_model
    bert.eval()
    torch.manual_seed(seed)  # of the head
    network = PairNetwork(bert.config, FROZEN).eval()  # nothing is dropped out: it reads little more than once
    network.start_from(bert)
    lacked = begin_with(network, *start) if start else []
    if has_fast_bytes():
        round_weights(bert.encoder)  # as the product has it
    began = time.monotonic()
    plan, pools, measured = source.read()
    run = Run(network, plan, seed)
    state = folder / "state.safetensors"
    if resume and state.exists():
        run.load(state)
    pairs = Pairs(model)
    torch.set_num_threads(1)
    workers = single_threads(WORKERS)
    sizes = {name: len(pool) for name, pool in pools.items()}
    begun = {"start": list(map(str, start)), "begins_anew": lacked} if start else {}
    log.say(step=run.step, **begun, sizes=sizes, prepared_seconds=round(time.monotonic() - began))

    def checkpoint() -> None:
        run.save(state)
        plans = {"sizes": sizes, "left_out": source.leave_out, "plan": plan._asdict()}
        made_from = {**plans, "seed": seed, "step": run.step, "steps": steps}
        write_weights(folder / "reader.safetensors", {n: v.numpy() for n, v in run.average.items()}, made_from)

    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())  # after the step
    saved = validated = since = time.monotonic()
    losses: list[float] = []
    while run.step < steps and not stopped.is_set():
        choices = drawn(pools, plan, seed, run.step)
        halves = [choices[::2], choices[1::2]]
        found = list(workers.map(lambda half: gradients(network, bert, pairs, half, plan), halves))
        run.learn([sum(both) / 2 for both in zip(*(grads for _, grads in found), strict=True)], steps)
        losses.append(sum(loss for loss, _ in found) / 2)
        now = time.monotonic()
        if run.step % PRINT == 0:
            log.say(step=run.step, loss=round(float(np.mean(losses)), 4), seconds=round((now - since) / len(losses), 2))
            losses, since = [], time.monotonic()
        if now - saved > CHECKPOINT_SECONDS:
            checkpoint()
            saved = time.monotonic()
        if now - validated > VALIDATION_SECONDS or run.step == steps:
            _validate(run, bert, pairs, measured, log)
            validated = since = time.monotonic()
            losses = []
    checkpoint()


def _validate(run: Run, bert: Any, pairs: Pairs, measured: Mapping[str, Sequence[Choice]], log: Log) -> None:
    averaged = run.averaged(bert.config)
    for name, choices in measured.items():
        texts, values, yes = zip(*(scored(averaged, bert, pairs, choice) for choice in choices), strict=True)
        found = measures(choices, texts, values, yes)
        log.say(step=run.step, measured=name, **{key: round(value, 4) for key, value in found.items()})


class Log:
    """Writes a line of JSON a time to a file and to the output."""

    def __init__(self, path: Path):
        self._path = path

    def say(self, **values: object) -> None:
        line = json.dumps({"time": time.strftime("%H:%M:%S"), **values}, ensure_ascii=False)
        print(line, flush=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m eval.train_reader", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("qa", type=Path, metavar="QA_FOLDER")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--resume", action="store_true", help="go on from FOLDER's checkpoint, where there is one")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--start", nargs="+", type=Path, default=[], metavar="WEIGHTS")
    parser.add_argument("--pool", type=Path, help="what eval.reader_pool wrote")
    parser.add_argument("--leave-out", nargs="+", default=[], metavar="COLLECTION")
    parser.add_argument("--seed", type=int, default=20261129)
    given = parser.parse_args(arguments)
    source = Source(given.qa, given.pool, tuple(given.leave_out))
    train(source, given.folder, steps=given.steps, seed=given.seed, resume=given.resume, start=given.start)


if __name__ == "__main__":
    main()
