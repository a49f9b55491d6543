"""The trace of a question: a person can see how it was read, what was found, and why it was answered or refused."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import assistant_over

PAPERS = {
    "消防.txt": """\
鐘ヶ丘市　消防の概要
令和6年8月

【消防団】
◆消防団員数：345人（R6.7月末現在）
◆出動件数：28件（R5年度）
""",
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("trace"), PAPERS)


def test_an_answered_question_shows_reading_findings_and_the_ground_for_the_answer(town: Assistant) -> None:
    trace = town.trace("令和6年7月末の消防団員は何人ですか")
    told = trace.told()
    assert "種類: 数値" in told
    assert "時期: 令和6年7月末現在" in told
    assert [line for line in told.split("\n") if line.startswith("■")] == [
        "■ 質問の読み方",
        "■ 語による検索",
        "■ 意味による検索",
        "■ 両方を合わせた順位",
        "■ 読んだ文（質問の語をよく満たす順）",
        "■ 選び方",
    ]
    assert trace.outcome.draft.text.startswith("345人")
    assert "採用: 確からしさ" in told
    assert "不採用" not in told


def test_a_refused_question_names_what_is_missing(town: Assistant) -> None:
    trace = town.trace("消防団の宇宙船は何隻ありますか")
    told = trace.told()
    assert trace.outcome.status == "not_found"
    assert "宇宙船" in told
    assert "資料にない語" in told
    assert "採用: 確からしさ" not in told.replace("不採用", "")


def test_both_legs_and_their_fusion_are_shown_as_they_were_found(town: Assistant) -> None:
    trace = town.trace("消防団の出動件数")
    assert set(trace.legs) == {"keyword", "vector", "fused"}
    for hits in trace.legs.values():
        assert hits
        assert hits[0].chunk.text.strip().split("\n")[0][:10] in trace.told()
