"""What is left of a model's sentences, beside the answer that the rules give."""

from collections.abc import Generator, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answer.answer import Answer, Citation
from answer.draft import Support
from answer.generating.compose import Composition
from answer.generating.contract import Claim, Evidence, Mode, Option, Written
from tests.answer.generating.claims import EVIDENCE, TRUE
from tests.answer.papers import assistant_over, check_contract

END = Written(Mode.SCHEMA, "moji-3b")


def cite(place: Support, n: int) -> Citation:
    quote = next(line.text for b in EVIDENCE.blocks for line in b.lines if line.support == place)
    return Citation(
        n, place.document_id, "a.txt", "題", None, None, None, None, False, (), quote, None, place.start, place.end
    )


def answered(text: str = "57件", kind: str = "number") -> Answer:
    return Answer("空き家バンクの登録件数は？", "answered", text, kind, citations=(cite(_place("L3"), 1),))


def compose(said: Iterable[Claim], answer: Answer | None = None, end: Written = END, limit: int = 600):
    """Return what is left of what was said, and how it ended."""
    composition = Composition(replace(EVIDENCE, limit=limit), answer or answered(), cite)
    for claim in said:
        composition.add(claim)
    return composition.end(end)


def _place(id_: str) -> Support:
    line = EVIDENCE.line(id_)
    assert line is not None
    return line.support


def _unique(evidence: Evidence) -> Evidence:
    """Give each line a place of its own, as real evidence has."""
    blocks = []
    for block in evidence.blocks:
        made = tuple(
            replace(line, support=Support(block.document_id, 100 * n, 100 * n + len(line.text)))
            for n, line in enumerate(block.lines)
        )
        blocks.append(replace(block, lines=made))
    return replace(evidence, blocks=tuple(blocks))


EVIDENCE = _unique(EVIDENCE)


def test_what_does_not_stand_is_dropped_counted_and_not_told():
    claims = [
        Claim("空き家バンクの登録件数は57件です。", ("L3",)),
        Claim("空き家バンクの登録件数は75件です。", ("L3",)),
        Claim("空き家バンクの登録件数は57件です。", ("L3",)),
    ]
    left, writing = compose(claims)
    assert left is not None
    assert left.text == "空き家バンクの登録件数は57件です。"
    assert (writing.model, writing.asked_for, writing.ended) == ("moji-3b", "schema", "kept")
    assert [d.kind for d in writing.dropped] == ["unsupported", "repeated"]
    assert "75件" in writing.dropped[0].reason


def test_nothing_left_is_none_and_the_record_says_why():
    left, writing = compose([Claim("登録は75件です。", ("L3",))])
    assert (left, writing.ended) == (None, "dropped")
    left, writing = compose([])
    assert (left, writing.ended) == (None, "declined")


def test_of_a_reply_that_broke_off_nothing_is_left():
    left, writing = compose([TRUE[4].claim], end=replace(END, error="途中で切れました。"))
    assert left is None
    assert (writing.ended, writing.error) == ("failed", "途中で切れました。")


def test_citations_are_numbered_by_first_use_one_for_each_line():
    claims = [
        Claim("所有者の同意がない物件は登録できません。", ("L5",)),
        Claim("登録件数は、令和5年11月末現在で57件です。", ("L3",)),
        Claim("所有者の同意がない物件は空き家バンクに登録できません。", ("L5", "L3")),
    ]
    left, _ = compose(claims, answered(kind="howto"))
    assert left is not None
    assert [s.citations for s in left.sentences] == [(1,), (2,), (1, 2)]
    assert [c.n for c in left.citations] == [1, 2]
    assert left.citations[0].quote == "所有者の同意がない物件は登録できません。"


def test_a_sentence_is_cited_from_the_line_that_supports_it():
    left, _ = compose([Claim("空き家バンクの登録件数は57件です。", ("L9",))])
    assert left is not None
    assert left.repointed == 1
    assert left.citations[0].quote.startswith("空き家バンクの登録件数は")


def test_another_figure_than_the_picked_one_is_told_with_both_places():
    left, _ = compose([Claim("登録件数は57件です。", ("L3",))], answered("66件（令和6年5月末現在）"))
    assert left is not None
    (found,) = left.disagreements
    assert (found.value, found.citation, found.generated_value, found.generated_citation) == ("66件", 1, "57件", 1)


@pytest.mark.parametrize("picked", ["57件", "約57件（令和5年11月末現在）"])
def test_the_same_figure_is_no_disagreement(picked):
    left, _ = compose([Claim("登録件数は57件です。", ("L3",))], answered(picked))
    assert left is not None
    assert left.disagreements == ()


def test_what_a_small_model_picked_contradicts_nobody():
    left, _ = compose([Claim("", ("L3",))], end=Written(Mode.PICK, "moji-1b"))
    assert (left.is_answer, left.disagreements) == (False, ())


def test_another_date_is_a_disagreement_and_a_finer_one_is_not():
    claim = Claim("給食センターは令和8年4月に供用を開始する予定です。", ("L7",))
    other, _ = compose([claim], answered("令和7年10月", "date"))
    same, _ = compose([claim], answered("令和8年", "date"))
    assert other is not None
    assert same is not None
    assert [d.value for d in other.disagreements] == ["令和7年10月"]
    assert same.disagreements == ()


@pytest.mark.parametrize(
    ("status", "mode", "is_answer"),
    [
        ("answered", Mode.PICK, False),
        ("unsure", Mode.MARKED, True),
        ("unsure", Mode.PICK, False),
        ("not_found", Mode.SCHEMA, False),
    ],
)
def test_sentences_answer_where_the_rules_are_unsure_and_are_related_where_no_paper_says_it(status, mode, is_answer):
    asked = replace(answered(), status=status)
    left, _ = compose([Claim("登録件数は57件です。", ("L3",))], asked, replace(END, mode=mode))
    assert left is not None
    assert left.is_answer is is_answer


def test_the_length_of_an_answer_of_its_kind_is_kept():
    claims = [Claim(row.text, tuple(row.lines.split())) for row in TRUE]
    for limit in (80, 200, 600):
        left, writing = compose(claims, limit=limit)
        assert left is not None
        assert len(left.text) <= limit * 1.2  # commas and spaces do not count
        assert "too_long" in {d.kind for d in writing.dropped}


def test_a_figure_may_be_told_with_its_thing_and_date_however_short_a_bare_value_must_be():
    long, short = TRUE[18].claim, TRUE[4].claim
    left, writing = compose([long, short], limit=30)
    assert left is not None
    assert [s.text for s in left.sentences] == [long.text]
    assert [d.kind for d in writing.dropped] == ["too_long"]


def test_a_claim_that_only_points_is_told_in_the_words_of_its_line():
    left, writing = compose([Claim("", ("L3",))], end=Written(Mode.PICK, "moji-1b"))
    assert left is not None
    assert left.text == "空き家バンクの登録件数は、令和5年11月末現在で57件です。"
    assert writing.asked_for == "pick"


def test_an_option_that_is_picked_is_shown_with_its_own_places():
    evidence = replace(EVIDENCE, options=(Option("A", "57件（令和5年11月末現在）", (_place("L3"), _place("L5"))),))
    composition = Composition(evidence, answered(), cite)
    sentence = composition.add(Claim("", ("A",)))
    assert sentence is not None
    assert (sentence.text, sentence.citations) == ("57件（令和5年11月末現在）", (1, 2))
    assert composition.add(Claim("", ("B",))) is None


@given(st.lists(st.sampled_from(TRUE), max_size=6), st.lists(st.sampled_from(["L1", "L3", "L77"]), max_size=3))
@settings(max_examples=40, deadline=None)
def test_whatever_is_written_citations_are_dense_and_all_are_used(rows, ids):
    claims = [*(row.claim for row in rows), Claim("あおば保育所の定員は91人です。", tuple(ids)), Claim("", tuple(ids))]
    left, _ = compose(claims, answered(kind="list"))
    if left is None:
        return
    assert [c.n for c in left.citations] == list(range(1, len(left.citations) + 1))
    used = [n for s in left.sentences for n in s.citations]
    assert list(dict.fromkeys(used)) == list(range(1, len(left.citations) + 1))
    assert all(s.citations for s in left.sentences)


class Says:
    """A writer that says what it was told to, of the lines that hold a word."""

    def __init__(self, *said: tuple[str, str]) -> None:
        self.said = said
        self.seen: Evidence | None = None

    def write(self, evidence: Evidence) -> Generator[Claim | Written | None, None, None]:
        self.seen = evidence
        lines = [line for block in evidence.blocks for line in block.lines]
        for text, word in self.said:
            yield Claim(text, tuple(line.id for line in lines if word in line.text))
        yield Written(Mode.SCHEMA, "moji-3b")

    def terms(self, question: str) -> tuple[str, ...]:
        return ()

    def rewritten(self, question: str, before: str) -> str | None:
        return None


PAPER = """\
ひなた町　令和5年12月定例会　行政報告

令和5年12月5日

空き家バンクの登録件数は、令和5年11月末現在で57件です。
"""


def test_a_writers_words_stand_beside_the_answer_and_do_not_change_it(tmp_path):
    assistant = assistant_over(tmp_path, {"報告.txt": PAPER})
    question = "空き家バンクの登録件数は何件ですか。"
    alone = assistant.ask(question)
    writer = Says(("登録されている空き家は57件です。", "57件"), ("登録は99件です。", "57件"))
    both = assistant.ask(question, writer=writer)
    check_contract(assistant, both)
    left = both.generated
    assert left is not None
    assert left.text == "登録されている空き家は57件です。"
    assert both.writing is not None
    assert len(both.writing.dropped) == 1
    (citation,) = left.citations
    document = assistant.collection.snapshot().document(citation.document_id)
    assert document.text[citation.start : citation.end] == citation.quote
    assert alone.generated is None
    assert replace(both, generated=None, writing=None, timings_ms=alone.timings_ms) == alone
    assert both.to_dict()["generated"]["sentences"][0]["citations"] == (1,)


def test_a_model_that_makes_everything_up_leaves_the_answer_alone(tmp_path):
    assistant = assistant_over(tmp_path, {"報告.txt": PAPER})
    answer = assistant.ask("空き家バンクの登録件数は何件ですか。", writer=Says(("登録は99件です。", "57件")))
    assert answer.generated is None
    assert "57件" in answer.answer
