"""How sure an answer is: a logistic model over what can be seen of its evidence.

The weights are fitted by ``eval/fit_confidence.py`` on the committed question sets, right answers against wrong ones
and against questions that the documents do not answer; so a confidence of 0.7 means right about seven times in ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from answer.evidence import Atom

Array = npt.NDArray[np.float64]
NEAR = 0.45  # an atom that counts less than this at the answer is not met there


@dataclass(frozen=True)
class Signals:
    """What can be seen of an answer's evidence, each about 0 to 1.

    ``coverage``: share of the topic met; ``focus``: the same for the words next to the interrogative; ``own``: share
    met in the quoted text itself; ``unmet``: share of the topic's rare words that are nowhere near; ``unit`` and
    ``period``: fit of unit and date; ``lead``: how far the answer is ahead of the next different one; ``fit``: how
    well the answer looks like what was asked for (a person, a place, items of one kind).
    """

    coverage: float
    focus: float
    own: float
    unmet: float
    unit: float = 0.0
    period: float = 0.0
    lead: float = 0.0
    fit: float = 0.0
    needed: tuple[str, ...] = ()  # words without which the answer is about something else: 第2回, an unknown name

    def vector(self) -> tuple[float, ...]:
        """Return the signals in the order of the weights."""
        return (
            self.coverage,
            self.focus,
            self.own,
            self.unmet,
            self.unit,
            self.period,
            self.lead,
            self.fit,
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
        needed=tuple(
            atom.lemma
            for atom, zone in zip(atoms, zones, strict=True)
            if zone < NEAR and (atom.strict or (atom.proper and not atom.known))
        ),
    )


GROUPS = {
    "number": "figure",
    "comparison": "figures",
    "temporal": "figures",
    "date": "date",
    "name": "name",
    "place": "name",
    "list": "list",
    "definition": "prose",
    "reason": "prose",
    "howto": "prose",
    "yesno": "prose",
    "text": "text",
}
# Intercept, then one weight per signal in the order of ``Signals``.
WEIGHTS: dict[str, tuple[float, ...]] = {
    "date": (-0.66, 0.39, 0.68, 0.17, -0.63, 0.00, -0.13, 0.96, 0.13),
    "figure": (-1.62, 0.95, 1.35, 1.70, -0.38, -0.54, 0.44, 1.17, -0.02),
    "figures": (-1.02, -0.54, 0.31, -0.37, 0.26, 1.28, 1.15, 0.26, -0.24),
    "list": (-0.46, 0.37, 0.66, -0.24, -0.30, 0.00, -0.04, 0.29, 0.13),
    "name": (-1.60, 0.76, 0.79, 0.11, -0.59, 0.00, 0.12, 0.84, 1.58),
    "prose": (0.83, -0.20, 0.54, -0.05, 0.22, 0.00, 0.10, -0.34, 0.89),
    "text": (-0.91, 0.12, 0.98, 0.17, -0.12, -0.04, 0.12, 0.24, -0.38),
}
ACCEPT = 0.3  # below this, saying nothing is the better answer


def confidence(kind: str, signals: Signals) -> float:
    """Return the probability that an answer of this kind with these signals is right: 0 to 1."""
    intercept, *weights = WEIGHTS[GROUPS[kind]]
    activation = intercept + sum(w * s for w, s in zip(weights, signals.vector(), strict=True))
    return 1 / (1 + math.exp(-activation))
