"""How sure an answer is: a logistic model over what can be seen of its evidence.

The weights are fitted by ``eval/fit_confidence.py`` on the committed question sets, right answers against wrong ones
and against questions that the documents do not answer; so a confidence of 0.7 means right about seven times in ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

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
    "figure": (-5.0, 4.0, 2.0, 0.5, -1.0, 1.0, 1.0, 1.0, 0.0),
    "figures": (-5.0, 4.0, 2.0, 0.5, -1.0, 1.0, 1.0, 1.0, 0.0),
    "date": (-4.0, 4.0, 1.5, 0.5, -1.0, 0.0, 0.5, 1.0, 1.0),
    "name": (-4.0, 4.0, 1.5, 0.5, -1.0, 0.0, 0.5, 1.0, 2.0),
    "list": (-4.0, 4.0, 1.5, 0.5, -1.0, 0.0, 0.5, 1.0, 2.0),
    "prose": (-3.5, 4.0, 1.5, 0.5, -1.0, 0.0, 0.5, 1.0, 0.0),
    "text": (-4.0, 4.0, 1.5, 0.5, -1.0, 0.0, 0.5, 1.0, 0.0),
}
ACCEPT = 0.4  # below this, saying nothing is the better answer


def confidence(kind: str, signals: Signals) -> float:
    """Return the probability that an answer of this kind with these signals is right: 0 to 1."""
    intercept, *weights = WEIGHTS[GROUPS[kind]]
    activation = intercept + sum(w * s for w, s in zip(weights, astuple(signals), strict=True))
    return 1 / (1 + math.exp(-activation))
