"""How high do rankings put the places that hold the answer?

MRR is the mean reciprocal rank of Voorhees (TREC-8 question answering track, 1999), nDCG the discounted cumulative gain
of Järvelin & Kekäläinen (ACM TOIS, 2002), both by ir-measures (MacAvaney et al., ECIR 2022).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import ir_measures

from eval.dataset import Evidence, Question


@dataclass(frozen=True)
class Place:
    """Where a ranked chunk or a citation stands, and what it says (the place itself in a file without pages)."""

    chunk_id: str
    file: str
    lines: tuple[int, int] | None
    page: int | None
    text: str = ""

    def shows(self, place: Evidence) -> bool:
        """Say whether a citation here shows a gold place."""
        return place.is_cited_by(self.file, self.lines, self.page, self.text)

    def holds(self, place: Evidence) -> bool:
        """Say whether a passage here holds any of a gold place."""
        return place.overlaps(self.file, self.lines, self.page, self.text)


def recall_at(question: Question, ranking: Sequence[Place], k: int) -> float:
    """Return the share of the needed documents whose gold places the first ``k`` chunks reach.

    Most questions need one document, so this is 0 or 1: is the evidence among the first k. A place where the same
    value is said again (``alt_evidence``) does as well. It is recall over documents, not over chunks: how a text is cut
    must not change what can be reached.
    """
    reached = {place.file for place in question.places if any(hit.holds(place) for hit in ranking[:k])}
    return min(1.0, len(reached) / len(question.documents))


def measure_rankings(
    questions: Sequence[Question], rankings: Mapping[str, Sequence[Place]], chunks: Collection[Place]
) -> dict[str, dict[str, float]]:
    """Return recall@1/5/10, MRR and nDCG@10 of every answerable question by its id; without a ranking they are 0.

    For MRR and nDCG a chunk is relevant (gain 1) when it overlaps a gold place; ``chunks`` are all that could be found.
    """
    asked = [question for question in questions if question.answerable]
    qrels = {q.id: {c.chunk_id: 1 for c in chunks if any(map(c.holds, q.places))} for q in asked}
    # Ranks as scores: equal scores would be put into another order by their ids.
    run = {q.id: {hit.chunk_id: float(-n) for n, hit in enumerate(rankings.get(q.id, ()))} for q in asked}
    # Not by their names: those are parsed with what Python 3.14 has no more.
    names = {ir_measures.RR: "mrr", ir_measures.nDCG @ 10: "ndcg@10"}
    measured = {
        q.id: {f"recall@{k}": recall_at(q, rankings.get(q.id, ()), k) for k in (1, 5, 10)}
        | {"mrr": 0.0, "ndcg@10": 0.0}
        for q in asked
    }
    for one in measured.values():
        one.update(dict.fromkeys(names.values(), 0.0))
    for metric in ir_measures.iter_calc(list(names), {q: r for q, r in qrels.items() if r}, run):
        measured[metric.query_id][names[metric.measure]] = metric.value
    return measured


def mean_measures(measured: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each measure over the questions of ``measure_rankings``; zeros for no question."""
    names = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10")
    return {name: sum(one[name] for one in measured.values()) / max(1, len(measured)) for name in names}
