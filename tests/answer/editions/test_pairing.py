"""Which papers are editions of one series: by themselves, and as a person says."""

import json

import pytest

from answer.editions.decisions import DecisionsDamaged, decide, read_decisions
from answer.editions.pairing import series_name
from index.backup import back_up, restore
from index.database.notes import Notes
from tests.answer.editions.papers import NOW, THEN
from tests.answer.papers import assistant_over

LAST = NOW.replace("令和6年6月議会", "令和7年6月議会").replace("378社", "401社")
OTHER = "# かえで台市 下水道の維持管理 説明資料\n\n令和6年6月議会　下水道課\n\n## 1 管路の点検\n\n- 点検は12kmです。\n"


@pytest.fixture
def assistant(tmp_path):
    papers = {"2305.md": THEN, "2406.md": NOW, "2507.md": LAST, "gesui.md": OTHER}
    return assistant_over(tmp_path, papers)


def series(assistant, file):
    snapshot = assistant.collection.snapshot()
    ids = {info.file: info.id for info in snapshot.documents()}
    return [info.file for info in assistant.editions.of(snapshot, ids[file])], ids


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("令和5年度 市政運営の説明資料", "令和6年度 市政運営の説明資料"),
        ("第3回 産業審議会 資料", "第4回 産業審議会 資料"),
        ("水道事業計画（案）", "水道事業計画"),
        ("3月補正予算の概要", "当初予算の概要"),
    ],
)
def test_dates_ordinals_and_drafts_are_put_aside(one, other):
    assert series_name(one) == series_name(other)


def test_a_series_is_found_and_stands_in_the_order_of_time(assistant):
    found, _ = series(assistant, "2406.md")
    assert found == ["2305.md", "2406.md", "2507.md"]
    assert series(assistant, "gesui.md")[0] == ["gesui.md"]


def test_the_edition_before_is_the_one_that_is_compared_with(assistant):
    _, ids = series(assistant, "2507.md")
    comparison = assistant.editions.compare(assistant.collection.snapshot(), ids["2507.md"])
    assert comparison.then.file == "2406.md"
    assert {(c.then.text, c.now.text) for c in comparison.changes if c.kind == "figure"} == {("378社", "401社")}


def test_a_person_can_join_part_and_take_it_back(assistant):
    _, ids = series(assistant, "2406.md")
    assistant.editions.decide(ids["2406.md"], ids["gesui.md"], "joined")
    assert "gesui.md" in series(assistant, "2406.md")[0]
    assistant.editions.decide(ids["gesui.md"], ids["2406.md"], None)
    assert "gesui.md" not in series(assistant, "2406.md")[0]
    assistant.editions.decide(ids["2406.md"], ids["2305.md"], "parted")
    assert series(assistant, "2406.md")[0] == ["2406.md", "2507.md"]


def test_what_a_person_says_outlives_the_process(assistant):
    _, ids = series(assistant, "2406.md")
    assistant.editions.decide(ids["2406.md"], ids["gesui.md"], "joined")
    assert read_decisions(Notes(assistant.collection.folder)).says(ids["gesui.md"], ids["2406.md"]) == "joined"


@pytest.mark.parametrize("held", ["{", '{"pairs": [{"one": "a", "other": "b", "said": "maybe"}]}', "[]"])
def test_a_damaged_file_is_named_and_not_written_over(tmp_path, held):
    file = tmp_path / "editions.json"
    file.write_text(held, "utf-8")
    with pytest.raises(DecisionsDamaged) as fault:
        decide(Notes(tmp_path), "a", "c", "joined")
    assert str(file) in fault.value.message
    assert file.read_text("utf-8") == held


def test_a_file_of_before_joins_what_was_decided_since(tmp_path):
    notes = Notes(tmp_path)
    decide(notes, "a", "b", "parted")
    pairs = [{"one": "a", "other": "b", "said": "joined"}, {"one": "a", "other": "c", "said": "joined"}]
    (tmp_path / "editions.json").write_text(json.dumps({"pairs": pairs}), "utf-8")
    for _ in range(2):
        said = read_decisions(notes)
        assert (said.says("a", "b"), said.says("a", "c")) == ("parted", "joined")
    assert (tmp_path / "editions.json.moved").exists()


def test_a_file_beside_no_index_is_read_where_it_lies(tmp_path):
    pairs = [{"one": "a", "other": "c", "said": "joined"}]
    (tmp_path / "editions.json").write_text(json.dumps({"pairs": pairs}), "utf-8")
    assert read_decisions(Notes(tmp_path)).says("c", "a") == "joined"
    assert (tmp_path / "editions.json").exists()
    assert not (tmp_path / "tenkyo.db").exists()


def test_a_paper_is_no_edition_of_itself(tmp_path):
    with pytest.raises(ValueError, match="itself"):
        decide(Notes(tmp_path), "a", "a", "joined")


def test_a_backup_carries_what_was_decided_and_one_of_before_is_taken_over(assistant, tmp_path):
    _, ids = series(assistant, "2406.md")
    now, other = ids["2406.md"], ids["gesui.md"]
    pairs = [{"one": now, "other": ids["2305.md"], "said": "parted"}]
    (assistant.collection.folder / "editions.json").write_text(json.dumps({"pairs": pairs}), "utf-8")
    before, _ = back_up(assistant.collection.folder, tmp_path / "before.zip", "1", lambda *_: None)
    assistant.editions.decide(now, other, "joined")
    since, _ = back_up(assistant.collection.folder, tmp_path / "since.zip", "1", lambda *_: None)
    for archive, joined in ((before, None), (since, "joined")):
        folder = tmp_path / archive.stem
        assert restore(archive, folder, lambda *_: None).problems == ()
        said = read_decisions(Notes(folder))
        assert (said.says(now, ids["2305.md"]), said.says(now, other)) == ("parted", joined)
