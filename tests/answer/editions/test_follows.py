"""Following a figure or a question: a new paper that changes it is told once."""

import json
from dataclasses import asdict

import pytest

from answer.editions.follows import Follow, Follows, FollowsDamaged, Held, Spot
from index.database.notes import Notes
from tests.answer.editions.papers import NOW, THEN
from tests.answer.papers import assistant_over


@pytest.fixture
def assistant(tmp_path):
    return assistant_over(tmp_path, {"2305.md": THEN})


@pytest.fixture
def follows(assistant):
    return Follows(assistant.collection.notes)


def spot_of(assistant, quote, value):
    snapshot = assistant.collection.snapshot()
    (info,) = snapshot.documents()
    facts = snapshot.facts(info.id)
    fact = next(f for f in facts if value in f.value and quote in snapshot.document(info.id).text[f.start : f.end])
    return Spot(info.id, fact.start, fact.end, value)


def add(assistant, tmp_path, name, text):
    path = tmp_path / "papers" / name
    path.write_text(text, encoding="utf-8")
    assert assistant.collection.add([path]).failed == []


def test_a_figure_that_a_new_edition_changes_is_told_once_with_both_places(assistant, follows, tmp_path):
    follows.follow_figure("会員数", spot_of(assistant, "会員数", "312社"))
    assert follows.check(assistant) == ()
    add(assistant, tmp_path, "2406.md", NOW)
    (alert,) = follows.check(assistant)
    assert (alert.then, alert.now, alert.difference) == ("312社", "378社", "66社増")
    text = assistant.collection.snapshot().document(alert.now_spot.document_id).text
    assert "378社" in text[alert.now_spot.start : alert.now_spot.end]
    assert follows.check(assistant) == ()
    assert [held.id for held in follows.held().alerts] == [alert.id]


def test_it_goes_on_from_the_new_value(assistant, follows, tmp_path):
    follows.follow_figure("会員数", spot_of(assistant, "会員数", "312社"))
    add(assistant, tmp_path, "2406.md", NOW)
    follows.check(assistant)
    last = NOW.replace("令和6年6月議会", "令和7年6月議会").replace("378社（令和6年", "401社（令和7年")
    add(assistant, tmp_path, "2507.md", last)
    (alert,) = follows.check(assistant)
    assert (alert.then, alert.now) == ("378社", "401社")


def test_a_figure_that_stays_is_not_told(assistant, follows, tmp_path):
    follows.follow_figure("補助額", spot_of(assistant, "補助額", "30万円"))
    add(assistant, tmp_path, "2406.md", NOW)
    assert follows.check(assistant) == ()


def test_a_question_whose_answer_a_new_paper_changes_is_told(assistant, follows, tmp_path):
    followed = follows.follow_question(assistant, "企業連携フォーラムの会員数は何社ですか")
    assert "312社" in (followed.last or "")
    add(assistant, tmp_path, "2406.md", NOW)
    (alert,) = follows.check(assistant)
    assert "378社" in alert.now
    assert alert.now_spot is not None


def test_an_index_that_was_looked_at_is_not_looked_at_again(assistant, follows, tmp_path, monkeypatch):
    follows.follow_question(assistant, "企業連携フォーラムの会員数は何社ですか")
    add(assistant, tmp_path, "2406.md", NOW)
    asked = []
    ask = assistant.ask
    monkeypatch.setattr(assistant, "ask", lambda question, **how: asked.append(question) or ask(question, **how))
    follows.check(assistant)
    follows.check(assistant)
    assert len(asked) == 1


def test_how_telling_it_elsewhere_ended_is_kept(assistant, follows, tmp_path):
    follows.follow_figure("会員数", spot_of(assistant, "会員数", "312社"))
    add(assistant, tmp_path, "2406.md", NOW)
    sent = []

    def send(alert):
        sent.append(alert.now)
        return (("webhook", "応答しません"),)

    follows.check(assistant, send)
    follows.check(assistant, send)
    assert sent == ["378社"]
    assert follows.held().alerts[0].sent == (("webhook", "応答しません"),)


def test_what_is_dropped_is_followed_no_longer_and_seen_is_seen(assistant, follows, tmp_path):
    kept = follows.follow_figure("会員数", spot_of(assistant, "会員数", "312社"))
    gone = follows.follow_question(assistant, "夜市の来場者数は何人ですか")
    follows.drop(gone.id)
    with pytest.raises(KeyError):
        follows.drop(gone.id)
    assert [follow.id for follow in follows.held().follows] == [kept.id]
    add(assistant, tmp_path, "2406.md", NOW)
    follows.check(assistant)
    follows.see()
    assert [alert.seen for alert in follows.held().alerts] == [True]


FOLLOWED = Follow("0123456789ab", "question", "会員数？", "2026-04-01T00:00:00+00:00", "会員数は何社ですか")


def test_a_file_of_before_is_taken_over_once_and_nothing_of_it_is_lost(assistant, follows):
    file = assistant.collection.folder / "follows.json"
    body = json.dumps(asdict(Held((FOLLOWED,), checked="000001-aaaa")), ensure_ascii=False)
    file.write_text(body, "utf-8")
    assert follows.held() == Held((FOLLOWED,), checked="000001-aaaa")
    assert not file.exists()
    assert file.with_name("follows.json.moved").read_text("utf-8") == body
    follows.drop(FOLLOWED.id)
    assert Follows(Notes(assistant.collection.folder)).held().follows == ()


def test_what_a_machine_followed_joins_what_is_followed_already(assistant, follows):
    other = follows.follow_question(assistant, "夜市の来場者数は何人ですか")
    twice = Follow("ba9876543210", "question", "夜市", FOLLOWED.made, other.question)
    file = assistant.collection.folder / "follows.json"
    file.write_text(json.dumps(asdict(Held((twice, FOLLOWED)))), "utf-8")
    assert follows.held().follows == (other, FOLLOWED)


def test_what_is_followed_while_it_is_looked_at_is_not_lost(assistant, follows, tmp_path, monkeypatch):
    follows.follow_question(assistant, "企業連携フォーラムの会員数は何社ですか")
    add(assistant, tmp_path, "2406.md", NOW)
    ask, late = assistant.ask, []

    def meanwhile(question, **how):
        if not late:
            late.append(None)
            late[0] = Follows(Notes(assistant.collection.folder)).follow_question(assistant, "夜市の来場者数は？")
        return ask(question, **how)

    monkeypatch.setattr(assistant, "ask", meanwhile)
    (alert,) = follows.check(assistant)
    assert late[0] in follows.held().follows
    assert follows.held().alerts == (alert,)
    assert follows.check(assistant) == (), "and nothing is told twice"


def test_a_damaged_file_is_named_and_kept(assistant, follows):
    file = assistant.collection.folder / "follows.json"
    file.write_text("{", "utf-8")
    with pytest.raises(FollowsDamaged, match=r"follows\.json"):
        follows.follow_question(assistant, "会員数は何社ですか")
    assert file.read_text("utf-8") == "{"
