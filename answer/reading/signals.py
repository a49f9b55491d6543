"""What can be seen of an answer's evidence: how far it meets the question that was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from answer.reading.evidence import Atom

Array = npt.NDArray[np.float64]
NEAR = 0.45  # an atom that counts less than this at the answer is not met there
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
