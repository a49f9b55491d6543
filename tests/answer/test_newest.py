"""Two papers that say the same of other years, without a date beside the value: the newer paper is asked."""

import pytest

from answer.assistant import Assistant
from tests.answer.papers import ask, assistant_over, cited_files

PAPER = """\
渚浜県議会　令和{year}年2月定例会　説明資料
令和{year}年2月20日

１　オープンデータの公開
県が公開しているオープンデータの件数は{data}データ

２　県税の窓口
納付の受付ができる金融機関：{banks}機関
"""
PAPERS = {
    "a-old.txt": PAPER.format(year=5, data=469, banks=24),
    "b-new.txt": PAPER.format(year=6, data=336, banks=11),
}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return assistant_over(tmp_path_factory.mktemp("newest"), PAPERS)


@pytest.mark.parametrize(
    ("question", "value"),
    [("県の公開オープンデータ件数", "336データ"), ("納付の受付ができる金融機関はいくつですか", "11機関")],
)
def test_without_a_date_in_the_question_the_newer_paper_answers(county: Assistant, question: str, value: str):
    answer = ask(county, question)
    assert answer.answer.startswith(value)
    assert cited_files(answer) == {"b-new.txt"}


def test_the_older_paper_answers_when_its_meeting_is_named(county: Assistant):
    answer = ask(county, "令和5年2月議会の資料では、公開オープンデータは何データですか")
    assert "469データ" in answer.answer
