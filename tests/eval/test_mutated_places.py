"""The scorer put to the test, second part: gold answers cited from elsewhere, misquoted, or with figures unquoted."""

import re
from dataclasses import replace

from answer.answer import Answer, Derived
from eval.measures.support import faults_of_derivation, unsupported_figures
from eval.measures.texts import compact, figures
from eval.run import is_verbatim, unsupported_of
from tests.eval.golds import ASKED, QUESTIONS, Papers, gold_citations, gold_values, verdict

PAPERS = Papers(QUESTIONS)


def cited_at(question, place):
    return verdict(question, question.answer, (place,))


def test_the_right_answer_from_another_document_or_page_is_not_cited():
    for question in ASKED:
        gold = gold_citations(question)[0]
        pages = {place.page for place in question.places if place.page}
        away = [replace(gold, file="another.pdf")]
        if pages:
            away += [replace(gold, page=max(pages) + 1), replace(gold, page=None)]
        else:
            last = max(place.lines[1] for place in question.places)
            away += [replace(gold, lines=(last + 40, last + 41)), replace(gold, lines=None)]
        for place in away:
            one = cited_at(question, place)
            assert one.right, question.id
            assert not one.cited, (question.id, place)
            assert (one.citation_precision, one.citation_recall) == (0, 0)


def test_a_citation_three_lines_off_is_not_one():
    """Three lines away may lie another gold place of the question, where the value stands too: then it is one."""
    moved = 0
    for question in ASKED:
        for gold in gold_citations(question):
            if gold.lines is None:
                continue
            first = gold.lines[0]
            for lines in ((first + 3, gold.lines[1] + 3), (first - 3, first - 3)):
                others = (p for p in question.places if p.file == gold.file)
                if all(not lines[0] - 1 <= place.lines[0] <= lines[1] + 1 for place in others):
                    moved += 1
                    assert not cited_at(question, replace(gold, lines=lines)).cited, question.id
    assert moved > 300


def quoted():
    """Yield each gold place whose words the question file gives, with its citation."""
    for question in ASKED:
        for place in question.places:
            if place.page and place.quote:
                yield question, PAPERS.citation(place)


def test_a_quote_altered_by_one_character_is_not_verbatim():
    count = 0
    for question, citation in quoted():
        count += 1
        assert is_verbatim(citation, PAPERS), question.id
        middle = len(citation.quote) // 2
        altered = (
            citation.quote[:middle] + ("乙" if citation.quote[middle] != "乙" else "甲") + citation.quote[middle + 1 :]
        )
        for spoilt in (
            replace(citation, quote=altered),
            replace(citation, quote=citation.quote + "。"),
            replace(citation, start=citation.start + 1, end=citation.end + 1),
            replace(citation, document_id=citation.document_id, start=citation.start - 1),
        ):
            assert not is_verbatim(spoilt, PAPERS), (question.id, spoilt)
    assert count > 150


def answer_of(question, text, citations, how=None):
    derived = Derived(how, (1,)) if how else None
    return Answer(
        question=question.question, status="answered", answer=text, type="number", citations=citations, derived=derived
    )


def test_a_figure_that_no_quote_holds_is_found():
    count = 0
    for question, citation in quoted():
        value = next((q for q in gold_values(question) if q.text in compact(citation.quote)), None)
        if value is None:
            continue
        count += 1
        assert unsupported_of(answer_of(question, value.text, (citation,)), PAPERS) == [], question.id
        more = answer_of(question, f"{value.text}、県内で98,765番目", (citation,))
        assert unsupported_of(more, PAPERS) == ["98765"], question.id
        other = re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 10), value.text)
        known = set(figures(citation.quote + question.question))
        if not set(figures(other)) & known:
            assert unsupported_of(answer_of(question, other, (citation,)), PAPERS) != [], question.id
    assert count > 60


def test_every_figure_of_a_gold_answer_needs_a_quote():
    """With the gold answer itself as the quote nothing is loose; without it each figure is, but the question's own."""
    for question in ASKED:
        assert unsupported_figures(question.answer, question.question, question.answer, "") == [], question.id
        loose = unsupported_figures(question.answer, "", "", "")
        assert bool(loose) == bool(figures(question.answer)), question.id


def test_a_wrong_sum_is_found():
    """Every comparison whose gold answer names both operands of its difference."""
    count = 0
    for question in ASKED:
        found = figures(question.answer)
        if question.type != "comparison" or len(found) < 3:
            continue
        result, operands = found[0], found[1:3]
        wrong = next(str(n) for n in range(int(float(result)) + 1, 10**9) if str(n) not in found)
        high, low = sorted(operands, key=float, reverse=True)
        if float(high) - float(low) != float(result):
            continue
        count += 1
        quotes = " ".join(operands)
        assert faults_of_derivation(f"{high} − {low} = {result}", quotes) == [], question.id
        assert faults_of_derivation(f"{high} − {low} = {wrong}", quotes) != [], question.id
        assert faults_of_derivation(f"{low} + {high} = {result}", quotes) != [], question.id
        assert faults_of_derivation(f"{high} − {low} = {result}", operands[0]) != [], question.id
        loose = unsupported_figures(f"{wrong}増", "", quotes, "", f"{high} − {low} = {wrong}")
        assert loose == [wrong], question.id
    assert count > 10
