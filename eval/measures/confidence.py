"""Does an answer know how sure it may be?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float | None:
    """Return the expected calibration error: how far confidence and share of right ones lie apart, on average.

    Equal bins of confidence, each weighed by how many answers fall into it.
    """
    groups: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, ok in zip(confidences, right, strict=True):
        groups[min(int(confidence * bins), bins - 1)].append((confidence, ok))
    if not groups:
        return None
    gaps = (abs(sum(c for c, _ in group) - sum(ok for _, ok in group)) for group in groups.values())
    return sum(gaps) / len(confidences)
