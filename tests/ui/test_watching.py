"""What the page 資料 says of watched folders."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.conftest import shown
from tests.ui.fake_api import problem, watched
from tests.ui.test_collection import script
from ui.watching import brief, watching_html


@pytest.fixture
def app(api) -> AppTest:
    return AppTest.from_function(script, args=(api.client,), default_timeout=20)


def test_without_watched_folders_nothing_is_said_of_them(app):
    assert "見張っている" not in shown(app.run())


def test_a_folder_stands_there_with_its_last_run_by_japan_s_clock(app, api):
    api.watched = [watched()]
    text = shown(app.run())
    assert "/srv/若葉市/資料" in text
    assert "取り込み済み 12 件" in text
    assert "前回 2026/11/23 17:37　追加 2 件、取り除き 1 件" in text
    assert [one.label for one in app.expander if "見張っている" in one.label] == ["見張っているフォルダ 1 件"]


def test_what_could_not_be_taken_in_is_named_with_its_page_and_why():
    failed = [{"file": "第1回/<計画>.pdf", "page": 3, "reason": "パスワードが付いています。"}]
    text = watching_html([watched(failed=failed)])
    assert "第1回/&lt;計画&gt;.pdf（3ページ）" in text
    assert "パスワードが付いています。" in text
    assert brief([watched(failed=failed), watched()]) == "見張っているフォルダ 2 件　取り込めないもの 1 件"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"is_watched": False}, "いまは止まっています"),
        ({"problem": "フォルダが見つかりません。"}, "フォルダが見つかりません。"),
        ({"last_run": None}, "まだ調べ終わっていません"),
        ({"added": 0, "removed": 0}, "変わりなし"),
    ],
)
def test_what_hinders_it_is_told(changes, told):
    assert told in watching_html([watched(**changes)])


def test_a_record_that_cannot_be_read_is_told_and_the_list_stands_all_the_same(app, api):
    api.refused["watching"] = problem(503, "見張りの記録を読み取れません。")
    text = shown(app.run())
    assert "見張りの記録を読み取れません。" in text
    assert "市政の概況" in text
