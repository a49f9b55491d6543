"""The scorer itself is put to the test: gold answers are spoiled by rule, and each must lose its verdict.

A rule returns what it makes of a question's gold answer; nothing where it does not apply, and then it says why.
"""

import re

import pytest

from eval.measures.answers import SHORT, length_limit
from eval.measures.lists import ENUMERATED
from eval.measures.texts import compact, figures, normalise, without_asides
from eval.measures.values import is_date, quantities
from ingest.numbers import base_unit
from tests.eval.golds import ASKED, TRICKS, gold_values, verdict


def broken(mutate, at_least):
    """Spoil every gold answer to which the rule applies, and name those that are still right."""
    spoiled = [(question, text) for question in ASKED for text in mutate(question)]
    kept = [(question.id, question.answer, text) for question, text in spoiled if verdict(question, text).right]
    assert kept == []
    assert len(spoiled) >= at_least, "the rule applied to too few questions to test anything"


def alone(question):
    """Return the accepted texts in which no other accepted one stands: spoiling such a one leaves nothing right."""
    folded = [(accepted, normalise(accepted)) for accepted in question.accept]
    return [text for text, mine in folded if not any(other != mine and other in mine for _, other in folded)]


def test_every_gold_answer_is_right_and_cited_to_begin_with():
    wrong = [(q.id, q.answer) for q in ASKED if not (v := verdict(q, q.answer)).right or not v.cited]
    assert wrong == []


def test_every_accepted_answer_is_right_by_itself():
    """Except a text that is accepted as a piece of an answer only: 「はい」 of a question for figures, say."""
    texts = [(q, text) for q in ASKED for text in q.accept or ["、".join(q.accept_all)]]
    assert [(q.id, text, verdict(q, text).luck) for q, text in texts if not verdict(q, text).right] == []


# Figures.


def held_by_figures(question):
    """Say whether all that makes the gold answer right are figures; a word beside them would still be right."""
    held = [a for a in question.accept if normalise(a) in normalise(question.answer)]
    if question.accept_all:
        return any(re.search(r"\d", compact(a)) for a in question.accept_all)
    return bool(held) and all(re.search(r"\d", compact(a)) for a in held)


def with_figures(question, change):
    text = compact(question.answer)
    return [re.sub(r"\d+(?:\.\d+)?", lambda m: change(m[0]), text)] if held_by_figures(question) else []


@pytest.mark.parametrize(
    ("change", "at_least"),
    [
        (lambda f: f[:-1] + str((int(f[-1]) + 1) % 10), 200),
        (lambda f: str(int(f[0]) % 9 + 1) + f[1:], 200),
        (lambda f: "1" + f, 200),
        (lambda f: "3 " + f, 200),
        (lambda f: f + "0", 200),
        (lambda f: f + " 4", 200),
        (lambda f: f + ".5" if "." not in f else f + "5", 200),
        (lambda f: f + ",000", 200),
    ],
    ids=[
        "last digit",
        "first digit",
        "1 before",
        "digit and space before",
        "0 behind",
        "space and digit",
        ".5",
        ",000",
    ],
)
def test_a_figure_with_another_digit_is_another_figure(change, at_least):
    broken(lambda q: with_figures(q, change), at_least=at_least)


SCALES = {"千円": "万円", "百万円": "億円", "億円": "百万円", "万円": "千円", "万人": "千人", "億": "万"}
OTHER_UNITS = {"円": "人", "人": "円", "名": "円", "件": "円", "社": "円", "%": "人", "校": "%", "便": "円", "位": "人"}


def respelt(question, units, match):
    """Return the gold answer with the units of its values exchanged; nothing where a value has none of them."""
    text = compact(question.answer)
    values = gold_values(question)
    if not values:
        return []
    for value in sorted(quantities(text), key=lambda q: -q.at[0]):
        unit = next((u for u in sorted(units, key=len, reverse=True) if match(value, u)), None)
        if unit is None and any(value.at == gold.at for gold in values):
            return []
        if unit is not None:
            printed = value.text[: len(value.text) - len(unit)] + units[unit]
            text = text[: value.at[0]] + printed + text[value.at[1] :]
    return [text]


def test_the_same_digits_in_another_scale_are_another_value():
    broken(lambda q: respelt(q, SCALES, lambda value, unit: value.text.endswith(unit)), at_least=25)


def test_the_same_digits_of_another_unit_are_another_value():
    """企業・団体 for 社 would be the same count: only units of another measure are exchanged."""

    def match(value, unit):
        return value.text.endswith(unit) and value.base_unit == base_unit(unit) and len(value.unit) == len(unit)

    broken(lambda q: respelt(q, OTHER_UNITS, match), at_least=90)


def distance(question, other):
    """Return how far the evidence of two questions lies apart: in pages or lines, and far for another document."""
    here, there = question.evidence[0], other.evidence[0]
    if here.file != there.file:
        return 10**6
    return abs(here.page - there.page) if here.page else abs(here.lines[0] - there.lines[0])


def test_a_neighbouring_value_is_wrong():
    """Values of other questions, those of the same page or lines first; not one that this question or answer holds."""

    def mutate(question):
        if question.type not in ("number", "table_cell") or len(gold_values(question)) != 1:
            return
        own = gold_values(question)[0]
        known = set(figures(question.answer + question.question + " ".join(question.accept)))
        others = sorted(ASKED, key=lambda other: distance(question, other))
        values = [q for other in others if other.id != question.id for q in gold_values(other)[:1]]
        alike = [q for q in values if q.base_unit == own.base_unit and not known & set(figures(q.text))]
        yield from (q.text for q in alike[:5])

    broken(mutate, at_least=300)


def test_an_accepted_text_is_not_said_by_a_longer_one_around_it():
    def mutate(question):
        for accepted in alone(question):
            text = compact(accepted)
            if text[0].isdigit() or text[0].isascii():
                front = "9" if text[0].isdigit() else "X"
                yield front + accepted
            if text[-1].isdigit() or (text[-1].isascii() and text[-1].isalpha()):
                yield accepted + ("9" if text[-1].isdigit() else "X")
            if re.search(r"[市町村]$", text):
                yield "上" + accepted
            if re.match(r"[一-鿿]", text) and not re.search(r"\d", text):
                yield "不" + accepted

    # 4月1日 with a 9 before is 94月1日, but 9/29 with a 9 behind may be no date at all: both are wrong.
    broken(mutate, at_least=500)


def test_a_range_or_a_bound_is_not_the_value():
    def mutate(question):
        if question.accept_all or len(gold_values(question)) != 1 or "~" in compact(question.answer):
            return
        value = gold_values(question)[0]
        if value.text[0].isdigit():
            yield f"1~{value.text}"
            yield f"{value.text}未満"

    broken(mutate, at_least=250)


def test_a_value_that_is_denied_is_not_said():
    broken(
        lambda q: [
            text for accepted in alone(q)[:1] for text in (f"{accepted}ではない", f"{accepted}ではなく別のもの")
        ],
        at_least=500,
    )


# Dates.


def moved(question, pattern, change):
    """Only where all that is accepted are dates; a year that the gold answer keeps apart from the day is not moved."""
    apart = any(
        re.fullmatch(r"[^()]*\(.*年\)", compact(question.answer)) and not re.search(r"年", a) for a in question.accept
    )
    if apart or not all(is_date(a) for a in question.accept or question.accept_all):
        return []
    text = compact(question.answer)
    changed = re.sub(pattern, lambda m: m[1] + str(change(int(m[2]))), text)
    return [changed] if changed != text else []


@pytest.mark.parametrize(
    ("pattern", "change", "at_least"),
    [
        (r"(令和|平成|R|H|(?<!\d)(?=20))(\d{1,4})(?=年|\.)", lambda year: year + 1, 25),
        (r"((?:年|\.|^|、|は|～|~|\())(\d{1,2})(?=月)", lambda month: month % 12 + 1, 25),
        (r"(月)(\d{1,2})(?=日)", lambda day: day % 28 + 1, 20),
    ],
    ids=["year", "month", "day"],
)
def test_a_date_that_is_moved_is_another_date(pattern, change, at_least):
    broken(lambda q: moved(q, pattern, change), at_least=at_least)


def test_a_year_is_no_fiscal_year():
    def mutate(question):
        if question.type == "date":
            for accepted in (a for a in question.accept if re.search(r"年度?$", a)):
                yield accepted.removesuffix("度") if accepted.endswith("度") else accepted + "度"

    broken(mutate, at_least=4)


# Words, lists and verdicts.


def test_the_answer_of_another_question_is_wrong():
    """Of the same type. Yes and no are shared by many; so is a name that the other answer holds for a reason."""

    def mutate(question):
        others = [q for q in ASKED if q.type == question.type and q.id != question.id]
        wanted = [normalise(a) for a in question.accept or question.accept_all]
        for other in others[:: max(1, len(others) // 5)]:
            said = normalise(other.answer)
            names = any(a in said for a in wanted if not re.fullmatch(r"[\d.]+", a))
            digits = set(figures(other.answer)) & {f for a in wanted for f in figures(a)}
            if question.type != "yesno" and not names and not digits:
                yield other.answer

    broken(mutate, at_least=1500)


def test_yes_is_not_no():
    def mutate(question):
        head = re.match(r"はい|いいえ", question.answer)
        if question.type == "yesno" and head:
            other = {"はい": "いいえ", "いいえ": "はい"}[head[0]]
            yield other + question.answer[len(head[0]) :]
            yield f"{other}。{question.answer[len(head[0]) :]}"
            yield f"申請{head[0]}つでもよい"

    broken(mutate, at_least=20)


def test_a_name_among_all_candidates_is_no_answer():
    def mutate(question):
        core = without_asides(question.answer)
        if question.type in ("name", "place") and not question.accept_all and not re.search(r"[\d、・]", core):
            kind = core[-1]
            yield f"甲野{kind}、{core}、乙川{kind}"
            yield f"{core}、丙山{kind}"

    broken(mutate, at_least=50)


def test_a_name_left_out_makes_a_list_wrong():
    def mutate(question):
        for left_out in question.accept_all:
            yield "、".join(name for name in question.accept_all if name != left_out)

    broken(mutate, at_least=180)
    for question in ASKED:
        names = question.accept_all
        for left_out in names:
            rest = verdict(question, "、".join(name for name in names if name != left_out))
            assert rest.list_recall == pytest.approx((len(names) - 1) / len(names)), question.id


def test_foreign_names_make_a_list_less_precise():
    lists = [q for q in ASKED if q.accept_all and q.type in ENUMERATED]
    assert len(lists) > 25
    for question in lists:
        names = "、".join(question.accept_all)
        plain, padded = verdict(question, names), verdict(question, f"{names}、甲野物産、乙川商会（丙山）")
        assert plain.list_precision == 1.0, question.id
        assert padded.list_precision == pytest.approx(len(question.accept_all) / (len(question.accept_all) + 2))
        assert padded.list_recall == 1.0


def test_a_dump_of_the_page_is_too_long():
    broken(lambda q: [q.answer + "資料の文が続く" * 100], at_least=len(ASKED))
    assert all(verdict(q, q.answer + "資料の文が続く" * 100).too_long for q in ASKED)


def test_a_row_of_figures_is_no_value():
    row = "、".join(f"{n},{n}91" for n in range(2, 9))
    broken(lambda q: [f"{q.answer}、{row}"] if length_limit(q) == SHORT else [], at_least=150)


def test_to_decline_is_wrong_where_there_is_an_answer_and_to_answer_where_there_is_none():
    declined = [verdict(q, "資料に記載がありません", (), answered=False) for q in ASKED]
    assert not any(v.right or v.cited or v.value or v.list_recall or v.citation_recall for v in declined)
    assert all(verdict(q, "資料に記載がありません", (), answered=False).right for q in TRICKS)
    assert not any(verdict(q, ASKED[0].answer).right for q in TRICKS)
    assert len(TRICKS) > 50


def test_the_difference_in_the_other_direction_is_wrong():
    def mutate(question):
        if question.type != "comparison" or question.accept_all:
            return
        values = [q for q in quantities(without_asides(question.answer)) if q.text[0].isdigit()]
        asked = compact(question.question).replace("増減", "")
        up = re.search(r"増|多|プラス|伸|上積", asked + compact(without_asides(question.answer)))
        down = re.search(r"減|少な|縮|足りな", asked)
        if len(values) == 1 and bool(up) != bool(down):
            yield f"{values[0].text}{'減' if up else '増'}"

    broken(mutate, at_least=15)


def test_one_of_several_values_is_no_answer_when_others_come_first():
    def mutate(question):
        values = gold_values(question)
        if question.type in ("number", "table_cell") and not question.accept_all and len(values) == 1:
            figure = compact(values[0].text)
            others = [re.sub(r"\d+(?:\.\d+)?", lambda m, n=n: f"{n}{m[0]}", figure, count=1) for n in (4, 7)]
            if figure[0].isdigit() and values[0].unit != "人に1人":
                yield "、".join([*others, figure])

    broken(mutate, at_least=60)


def test_the_other_of_two_is_the_wrong_choice():
    def mutate(question):
        names = [a for a in question.accept if not re.search(r"\d", a)]
        if question.type == "comparison" and names and re.search(r"どちら|どっち", question.question):
            yield f"甲野社のほうが大きい（{names[0]}は小さい）"
            yield f"{names[0]}より甲野社が大きい"
            yield f"{names[0]}と甲野社"

    broken(mutate, at_least=3)


def test_a_change_that_its_own_figures_deny_is_wrong():
    def mutate(question):
        values = gold_values(question)
        if question.type not in ("comparison", "temporal") or len(values) != 2 or not question.accept_all:
            return
        early, late = values
        if early.base_unit == late.base_unit and early.value != late.value:
            told = "減" if late.value > early.value else "増"
            yield f"9件{told}（令和4年度は{early.text}、令和5年度は{late.text}）"
            smaller, larger = sorted(values, key=lambda q: q.value)
            yield f"甲野のほうが多い（甲野は{smaller.text}、乙川は{larger.text}）"

    broken(mutate, at_least=20)
