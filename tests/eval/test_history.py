"""Kept scorecards, as they are shown: newest first, and never an error for a folder that somebody else left."""

import json
import time
from contextlib import suppress
from datetime import datetime

import pytest

from eval.history import RUNS, RunFolderError, Runs, describe_environment, new_run_folder, save_run
from eval.robustness import run as robust


def save(folder, name, when, **metrics):
    (folder / name).mkdir(parents=True)
    records = [
        {"id": "q1", "answer": "3人", "expected": {"type": "number"}, "verdict": {"right": True}},
        {"id": "q2", "answer": "4人", "expected": {"type": "number"}, "verdict": {"right": False}},
        {"id": "q3", "status": "error", "expected": {"type": "date"}, "verdict": {"right": False, "error": "…"}},
    ]
    config = {"time": when, "commit": "abc", "embedding_model": "default", "python": "3.11"}
    save_run(folder / name, config, {"sets": {"sample": {"accuracy": 0.5}}, **metrics}, records)


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "runs", "20240101-000000-000001", "2024-01-01T00:00:00+00:00")
    save(tmp_path / "runs", "by-hand", "2024-03-01T00:00:00+00:00")
    save(tmp_path / "runs", "20240201-000000-000001", "2024-02-01T00:00:00+00:00")
    (tmp_path / "baseline.json").write_text('{"sets": {"sample": {"accuracy": 0.4}}}')
    return tmp_path


@pytest.fixture
def runs(folder):
    return Runs(folder / "runs", folder / "baseline.json")


def test_two_runs_in_one_moment_get_two_folders(tmp_path):
    with new_run_folder(None, tmp_path / "runs") as one, new_run_folder(None, tmp_path / "runs") as other:
        assert one != other
        assert one.is_dir()
        assert other.is_dir()


def test_a_folder_with_records_stays_whatever_happens(tmp_path):
    for n, error in enumerate((None, KeyboardInterrupt, OSError)):
        with suppress(KeyboardInterrupt, OSError), new_run_folder(tmp_path / str(n), tmp_path) as folder:
            save_run(folder, {}, {}, [])
            if error:
                raise error
        assert (folder / "metrics.json").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_a_run_that_wrote_nothing_leaves_no_folder_and_its_error_goes_on(tmp_path, error):
    with pytest.raises(error), new_run_folder(None, tmp_path):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(RunFolderError, match="すでにあります"), new_run_folder(tmp_path / "mine", tmp_path):
        pass
    assert (tmp_path / "mine").is_dir()


def test_no_run_is_ever_committed_and_the_list_of_scorecards_holds_none_of_robustness():
    ignored = (RUNS.parent.parent / ".gitignore").read_text("utf-8").splitlines()
    for runs in (RUNS, robust.RUNS):
        assert f"{runs.relative_to(RUNS.parent.parent).as_posix()}/" in ignored
    assert not robust.RUNS.is_relative_to(RUNS)


def names(runs):
    return [run["id"] for run in runs.all()]


def test_runs_come_newest_first_and_the_baseline_last(runs):
    assert names(runs) == ["by-hand", "20240201-000000-000001", "20240101-000000-000001", "baseline"]
    newest, *_, baseline = runs.all()
    assert newest == {
        "id": "by-hand",
        "time": "2024-03-01T00:00:00+00:00",
        "commit": "abc",
        "embedding_model": "default",
        "sets": {"sample": {"accuracy": 0.5}},
    }
    assert (baseline["time"], baseline["sets"]) == (None, {"sample": {"accuracy": 0.4}})


def test_the_baseline_keeps_to_itself_what_only_a_comparison_needs(runs, folder):
    scores = {"accuracy": 0.4, "reason": "最初の基準", "time": "2024-01-01T00:00:00+00:00", "commit": "abc"}
    body = {"sets": {"sample": scores}, "answers": {"sample": {"q1": {"said": "3人"}}}}
    (folder / "baseline.json").write_text(json.dumps(body), encoding="utf-8")
    *_, baseline = runs.all()
    assert baseline.keys() == {"id", "time", "commit", "embedding_model", "sets"}
    assert baseline["sets"] == {"sample": scores}, "each set says why and since when it is the baseline"


def test_the_environment_names_what_has_a_say_in_the_figures():
    told = describe_environment()
    assert {"torch", "pypdfium2", "scipy", "ir-measures"} < told["packages"].keys()
    assert all(told["packages"].values())
    assert told["cpus"] >= 1
    assert datetime.fromisoformat(told["time"]).tzinfo is not None


def test_a_run_has_every_answer_that_is_not_right(runs):
    assert [record["id"] for record in runs.get("by-hand")["wrong"]] == ["q2", "q3"]
    assert runs.get("baseline")["wrong"] == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("metrics.json", "{"),
        ("metrics.json", "[]"),
        ("metrics.json", "{}"),
        ("metrics.json", '{"sets": []}'),
        ("metrics.json", '{"sets": {"sample": 1}}'),
        ("metrics.json", "\x00"),
        ("config.json", '{"time": 5}'),
        ("config.json", ""),
    ],
)
def test_a_broken_run_is_left_out_and_logged(runs, folder, file, content, caplog):
    (folder / "runs" / "by-hand" / file).write_text(content)
    assert "by-hand" not in names(runs)
    assert len(names(runs)) == 3
    assert "by-hand" in caplog.text
    with pytest.raises(KeyError):
        runs.get("by-hand")


def test_a_run_that_is_being_measured_is_left_out_in_silence(runs, folder, caplog):
    (folder / "runs" / "now").mkdir()
    (folder / "runs" / "note.txt").write_text("x")
    (folder / "runs" / "baseline").mkdir()
    (folder / "runs" / "half\udc80").mkdir()  # no character: nothing that could be sent
    assert len(names(runs)) == 4
    assert caplog.records == []


def test_records_cut_short_cost_only_the_last(runs, folder, caplog):
    path = folder / "runs" / "by-hand" / "outputs.jsonl"
    path.write_bytes(path.read_bytes()[:-8] + b'\n[1]\n\xff\n{}\n{"expected": 1, "verdict": {}}\n')
    assert [record["id"] for record in runs.get("by-hand")["wrong"]] == ["q2"]
    assert "left out" in caplog.text
    path.unlink()
    assert runs.get("by-hand")["wrong"] == []


def test_what_is_no_number_in_json_is_null(runs, folder):
    (folder / "runs" / "by-hand" / "metrics.json").write_text('{"sets": {"sample": {"accuracy": NaN}}}')
    assert runs.all()[0]["sets"]["sample"]["accuracy"] is None


@pytest.mark.parametrize(
    "id_", ["..", ".", "", "/", "../runs/by-hand", "by-hand/", "by-hand/../by-hand", "by-hand\0", "x"]
)
def test_an_id_leads_nowhere_else(runs, id_):
    with pytest.raises(KeyError):
        runs.get(id_)


def test_without_any_run_there_is_the_committed_baseline(tmp_path):
    assert names(Runs(tmp_path / "none")) == ["baseline"]
    assert names(Runs(tmp_path / "none", tmp_path / "none.json")) == []
    assert names(Runs(RUNS))[-1] == "baseline"


def test_two_hundred_runs_are_listed_in_a_moment(tmp_path):
    sets = json.loads((RUNS.parent / "baseline.json").read_text("utf-8"))["sets"]
    for n in range(200):
        save(tmp_path, f"run-{n:03}", f"2024-01-01T00:{n // 60:02}:{n % 60:02}+00:00", sets=sets)
    before = time.perf_counter()
    assert len(Runs(tmp_path).all()) == 201
    assert time.perf_counter() - before < 1.5
