"""Asking some of the documents only: answers, citations, known words and today come from them alone."""

import pytest

from answer.answer import QuestionError
from index.scope import Scope
from tests.answer.papers import ask, assistant_over, check_contract, cited_files, plain

PAPERS = {
    "r5-12.txt": """\
湖北市　令和5年12月定例会　行政報告資料
令和5年12月5日

１　人の動き
令和5年11月末現在の人口は48,210人です。

２　図書館
図書館の貸出点数は、令和5年11月末現在で9,120点です。
令和5年度の移動図書館の巡回は31回、令和4年度の移動図書館の巡回は28回です。
""",
    "r6-06.txt": """\
湖北市　令和6年6月定例会　行政報告資料
令和6年6月4日

１　人の動き
令和6年5月末現在の人口は48,005人です。

２　気球の駅
気球の駅の来場者は、令和6年5月末現在で660人です。
""",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return assistant_over(tmp_path_factory.mktemp("scope"), PAPERS)


def asked(town, question, scope):
    answer = town.ask(question, scope=scope)
    check_contract(town, answer)
    return answer


@pytest.mark.parametrize(
    ("scope", "value", "file"),
    [
        (Scope(until="2023-12"), "48210人", "r5-12.txt"),
        (Scope(since="2024"), "48005人", "r6-06.txt"),
        (Scope(since="2023", until="2024-06-04"), "48005人", "r6-06.txt"),
    ],
)
def test_the_answer_comes_from_the_documents_within_the_scope(town, scope, value, file):
    answer = asked(town, "人口は何人ですか", scope)
    assert plain(answer.answer).startswith(value)
    assert file in cited_files(answer)
    assert answer.scope == scope


def test_nothing_outside_the_scope_is_cited_offered_or_counted(town):
    scope = Scope(documents=(next(d.id for d in town.collection.snapshot().documents() if d.file == "r5-12.txt"),))
    answer = asked(town, "人口は何人ですか", scope)
    assert cited_files(answer) | {p.citation.file for p in answer.passages} == {"r5-12.txt"}
    assert answer.searched == 1
    assert {p.citation.file for p in town.search("人口", scope=scope)} == {"r5-12.txt"}


def test_a_word_that_only_other_documents_hold_is_named_as_missing(town):
    question = "気球の駅の来場者は何人ですか"
    assert ask(town, question).status == "answered"
    answer = asked(town, question, Scope(until="2023"))
    assert answer.status != "answered"
    assert any("気球" in word or "駅" in word for word in answer.missing)
    unknown = {atom.lemma for atom in town.trace(question, scope=Scope(until="2023")).scene.atoms if not atom.known}
    assert "気球" in unknown
    assert "気球" not in {atom.lemma for atom in town.trace(question).scene.atoms if not atom.known}


def test_relative_years_count_from_the_newest_document_within_the_scope(town):
    question = "昨年度の移動図書館の巡回は何回ですか"
    assert plain(ask(town, question).answer).startswith("31回")  # from June 2024
    assert plain(asked(town, question, Scope(until="2023")).answer).startswith("28回")  # from December 2023


@pytest.mark.parametrize("scope", [Scope(documents=("none",)), Scope(meetings=("9月議会",)), Scope(since="2030")])
def test_a_scope_without_documents_is_refused_with_what_to_do(town, scope):
    for attempt in (town.ask, town.search, town.trace):
        with pytest.raises(QuestionError) as caught:
            attempt("人口は何人ですか", scope=scope)
        assert caught.value.code == "empty_scope"
        assert "絞り込み" in caught.value.message


def test_without_a_scope_all_documents_are_searched_and_none_is_named(town):
    for scope in (None, Scope()):
        answer = town.ask("人口は何人ですか", scope=scope)
        assert (answer.scope, answer.searched, answer.understood) == (None, 2, None)
