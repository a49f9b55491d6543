"""A question to change at will, and places to cite."""

from eval.dataset import Evidence, Question
from eval.measures.retrieval import Place

HERE = (Evidence("a.txt", (5, 6)),)
A5, A9, B1 = (
    Place("a:5", "a.txt", (5, 5), 1),
    Place("a:9", "a.txt", (9, 9), 1),
    Place("b:1", "b.txt", (1, 1), 1),
)


def question(kind="number", accept=("2776",), accept_all=(), evidence=HERE, **more):
    values = {"id": "q", "question": "相談は何件ですか", "answer": "2,776件", "alt_evidence": (), "answerable": True}
    return Question(
        **(values | {"type": kind, "accept": accept, "accept_all": accept_all, "evidence": evidence} | more)
    )


TRICK = question("unanswerable", answerable=False, evidence=(), accept=())
