"""How sure an answer is: a logistic model over what can be seen of its evidence.

The weights are fitted by ``eval/fit_confidence.py``, right answers against wrong ones and against questions that the
documents do not answer: on the committed question sets, on others over the same papers, and on 250 questions over
council papers that the rules were not made for. So a confidence of 0.7 means right about seven times in ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from answer.evidence import Atom

Array = npt.NDArray[np.float64]
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
# Intercept, then one weight per signal in the order of ``Signals``.
WEIGHTS: dict[str, tuple[float, ...]] = {
    "date": (-0.30, 0.87, 1.78, 0.00, -1.53, 0.00, 0.14, 2.23, 0.15, 0.77, 0.00),
    "figure": (-2.94, 1.32, 1.21, 2.22, -1.47, 0.00, 0.85, 2.96, 0.00, 2.02, 0.00),
    "figures": (-0.01, 0.00, 1.16, 0.00, -0.53, 0.22, 0.00, 0.12, 0.00, 2.17, 0.00),
    "prose": (1.07, 1.16, 0.96, 0.17, -0.95, 0.00, 0.00, 0.19, 0.00, 1.11, 0.00),
    "span": (-3.83, 1.66, 0.53, 0.00, -0.95, 0.00, 1.69, 1.66, 4.39, 2.59, -0.52),
    "text": (-1.95, 1.24, 3.31, 0.38, -1.33, 0.34, 0.75, 0.36, 0.48, 0.00, -0.62),
}
ACCEPT = 0.34  # below this, saying nothing is the better answer


def confidence(kind: str, signals: Signals) -> float:
    """Return the probability that an answer of this kind with these signals is right: 0 to 1."""
    intercept, *weights = WEIGHTS[GROUPS[kind]]
    activation = intercept + sum(w * s for w, s in zip(weights, signals.vector(), strict=True))
    return 1 / (1 + math.exp(-activation))
