"""How sure an answer is: a logistic model over what can be seen of its evidence.

The weights are fitted by ``eval/fit_confidence.py``, right answers against wrong ones, against questions that the
documents do not answer, and against what is answered once the right page is taken away: on the committed question sets,
on others over the same papers, and on 250 questions over council papers that the rules were not made for. So a
confidence of 0.7 means right about seven times in ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from answer.evidence import Atom

Array = npt.NDArray[np.float64]
HIGH, MIDDLE = 0.95, 0.80  # the least share of right answers that 確度 高 and 中 promise
NEAR = 0.45  # an atom that counts less than this at the answer is not met there
# In the order of the weights.
SIGNALS = ("coverage", "focus", "own", "unmet", "unit", "period", "lead", "fit", "prior", "unknown")
AGAINST = ("unmet", "unknown")  # these speak against an answer, all others for it


@dataclass(frozen=True)
class Signals:
    """What can be seen of an answer's evidence, each about 0 to 1.

    ``coverage``: share of the topic met; ``focus``: the same for the words next to the interrogative; ``own``: share
    met in the quoted text itself; ``unmet``: share of the topic's rare words that are nowhere near; ``unit`` and
    ``period``: fit of unit and date; ``lead``: how far the answer is ahead of the next different one; ``fit``: how
    well the answer looks like what was asked for (a person, a place, items of one kind); ``prior``: how well its
    passage was found; ``unknown``: share of the topic's words for things that no document of the collection names.
    """

    coverage: float
    focus: float
    own: float
    unmet: float
    unit: float = 0.0
    period: float = 0.0
    lead: float = 0.0
    fit: float = 0.0
    prior: float = 0.0
    unknown: float = 0.0
    needed: tuple[str, ...] = ()  # words without which the answer is about something else: 第2回, an unknown name
    strange: tuple[str, ...] = ()  # things that the question names and no document does
    others: tuple[str, ...] = ()  # names of which another's of the kind is met: 環境保全部会 for 環境整備部会

    def vector(self) -> tuple[float, ...]:
        """Return the signals in the order of the weights."""
        return tuple(float(getattr(self, name)) for name in SIGNALS)


def weakest(signals: Sequence[Signals]) -> Signals:
    """Return the signals of an answer that stands on several values: each as it is at the value for which it is worst.

    A comparison is as right as the less right of its values.
    """
    worst = {name: (max if name in AGAINST else min)(getattr(s, name) for s in signals) for name in SIGNALS}
    return replace(
        signals[0],
        **worst,
        needed=tuple(dict.fromkeys(word for s in signals for word in s.needed)),
        strange=tuple(dict.fromkeys(word for s in signals for word in s.strange)),
        others=tuple(dict.fromkeys(word for s in signals for word in s.others)),
    )


def read_signals(
    atoms: Sequence[Atom],
    zones: Array,
    own: Array,
    *,
    unit: float = 0.0,
    period: float = 0.0,
    lead: float = 0.0,
    fit: float = 0.0,
    prior: float = 0.0,
) -> Signals:
    """Return the signals for an answer at which the atoms count ``zones``, and ``own`` in the quoted text itself."""
    weights = np.array([atom.weight for atom in atoms], dtype=float)
    focus = np.array([atom.focus for atom in atoms], dtype=bool)
    total = float(weights.sum()) or 1.0
    focused = float(weights[focus].sum())
    coverage = float(weights @ zones) / total
    return Signals(
        coverage=coverage,
        focus=float(weights[focus] @ zones[focus]) / focused if focused else coverage,
        own=float(weights @ own) / total,
        unmet=float(weights[zones < NEAR].sum()) / total,
        unit=unit,
        period=period,
        lead=min(1.0, max(0.0, lead)),
        fit=fit,
        prior=prior,
        unknown=_share([atom.weight for atom in atoms if atom.is_strange], [a.weight for a in atoms if not a.compound]),
        needed=tuple(
            atom.lemma
            for atom, zone in zip(atoms, zones, strict=True)
            # A strange piece makes a compound another thing's name. 例: 宇宙 of 宇宙コンソーシアム
            if zone < NEAR and (atom.strict or (atom.is_strange and (atom.proper or atom.whole is not None)))
        ),
        strange=tuple(atom.lemma for atom, zone in zip(atoms, zones, strict=True) if zone < NEAR and atom.is_strange),
        others=_partly_met(atoms, zones),
    )


def _partly_met(atoms: Sequence[Atom], zones: Array) -> tuple[str, ...]:
    """Return the compounds that are not met as such, and of which a piece before the last is not met either."""
    met = {atom.lemma: bool(zone >= NEAR) for atom, zone in zip(atoms, zones, strict=True)}
    pieces: dict[str, list[str]] = {}
    for atom in atoms:
        if atom.whole is not None:
            pieces.setdefault(atom.whole, []).append(atom.lemma)
    return tuple(
        whole
        for whole, parts in pieces.items()
        if not met.get(whole, True) and not all(met[part] for part in parts[:-1]) and met[parts[-1]]
    )


def _share(some: Sequence[float], all_: Sequence[float]) -> float:
    return sum(some) / (sum(all_) or 1.0)


GROUPS = {
    "number": "figure",
    "comparison": "figures",
    "temporal": "figures",
    "date": "date",
    "name": "span",
    "place": "span",
    "list": "span",
    "definition": "prose",
    "reason": "prose",
    "howto": "prose",
    "yesno": "prose",
    "text": "text",
}
# Intercept, then one weight per signal in the order of ``SIGNALS``.
WEIGHTS: dict[str, tuple[float, ...]] = {
    "date": (-3.21, 1.09, 3.30, 0.00, -1.94, 0.00, 2.15, 2.03, 2.28, 2.05, 0.00),
    "figure": (-3.44, 3.12, 0.78, 1.84, -1.14, 0.38, 0.81, 3.27, 0.00, 1.20, 0.00),
    "figures": (-0.65, 1.70, 0.00, 0.00, -1.21, 1.00, 0.30, 0.45, 0.26, 1.32, -0.59),
    "prose": (0.50, 1.62, 1.16, 0.65, -1.04, 0.00, 0.00, 0.42, 0.43, 0.45, -0.56),
    # Fitted on whole collections alone: what names and lists look like once their page is away taught these nothing.
    "span": (-3.83, 1.66, 0.53, 0.00, -0.95, 0.00, 1.69, 1.66, 4.39, 2.59, -0.52),
    "text": (-3.63, 2.21, 5.63, 0.41, -1.47, 1.03, 2.19, 0.35, 1.41, 0.00, -1.76),
}
# Below this, saying nothing is the better answer. Highest where what is left when the right page is away looks most
# like an answer: any two figures can be compared, any sentence on a topic told.
ACCEPT = {"date": 0.30, "figure": 0.31, "figures": 0.56, "prose": 0.58, "span": 0.34, "text": 0.21}


def confidence(kind: str, signals: Signals) -> float:
    """Return the probability that an answer of this kind with these signals is right: 0 to 1."""
    intercept, *weights = WEIGHTS[GROUPS[kind]]
    activation = intercept + sum(w * s for w, s in zip(weights, signals.vector(), strict=True))
    return 1 / (1 + math.exp(-activation))


def least(kind: str) -> float:
    """Return the least confidence at which an answer of this kind is given."""
    return ACCEPT[GROUPS[kind]]
