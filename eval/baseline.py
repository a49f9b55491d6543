"""The reviewed scorecard that later versions are compared with: one file, question by question.

The file is committed, so it holds no time of a machine and no sentence of a document: an answer that is longer than a
value is kept as a fingerprint, which is enough to see that it changed. Of sealed sets it holds even less: fingerprints
of the ids and what was right, so that nothing can be learned from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.measures.scorecard import FLAGS, OF_ANSWERS

VALUE_CHARS = 24  # names of projects are that long, sentences of a document are longer
FILE = "questions_sha256"  # of a scorecard: which questions were asked


class BaselineError(Exception):
    """The baseline cannot be used; Japanese, for people."""


@dataclass(frozen=True)
class Baseline:
    """Scorecards by set, and of every set the measured answers by question id (see ``kept``)."""

    sets: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, Mapping[str, Any]]]


def kept(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the baseline keeps of a question's record.

    ``asked`` is a fingerprint of question and gold answer, ``said`` the answer or its fingerprint, ``type`` and
    ``answered`` are the record's own; ``measures`` are numbers from 0 to 1, those that do not apply left out.
    """
    expected, verdict = record["expected"], record["verdict"]
    asked = [expected[key] for key in ("question", "type", "answer", "accept", "accept_all", "answerable")]
    return {
        "type": expected["type"],
        "asked": _fingerprint(json.dumps(asked, ensure_ascii=False)),
        "answered": verdict["answered"],
        "said": said(record),
        "measures": {name: round(float(value), 4) for name, value in record["measures"].items() if value is not None},
    }


def kept_sealed(record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a fingerprint of a sealed question's id, and what was found to be so or not: no text, no value."""
    flags = (*FLAGS, *OF_ANSWERS)
    measures = {name: float(value) for name in flags if (value := record["measures"].get(name)) is not None}
    return _fingerprint(record["id"]), {"measures": measures}


def said(record: Mapping[str, Any]) -> str:
    """Return the answer as it may be kept: itself when it is a value, else a fingerprint."""
    text = unicodedata.normalize("NFKC", record.get("answer") or "")
    return text if len(text) <= VALUE_CHARS else f"{_fingerprint(text)} ({len(text)})"


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_baseline(path: Path) -> Baseline:
    """Return the baseline of a file; ``BaselineError`` says why there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BaselineError(f'基準がありません: {path}。--save-baseline "理由" で作れます。') from None
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BaselineError(f"基準を読み取れません: {path}: {error}") from error
    shaped = isinstance(data, dict) and all(isinstance(data.get(key), dict) for key in ("sets", "answers"))
    if not shaped or not all(isinstance(one, dict) for one in (*data["sets"].values(), *data["answers"].values())):
        raise BaselineError(f'基準の形が違います: {path}: {{"sets": …, "answers": …}} ではありません。')
    return Baseline(data["sets"], data["answers"])


def save_baseline(
    path: Path,
    sets: Mapping[str, Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    *,
    reason: str,
    config: Mapping[str, Any],
) -> None:
    """Write the scorecards as the new baseline, each with why it became one; a set that was not run keeps its old one.

    The file is replaced in one step: a baseline is never half-written.
    """
    answers: dict[str, dict[str, Any]] = {name: {} for name in sets}
    for record in records:
        answers[record["set"]][record["id"]] = kept(record)
    _save(path, {name: _without_times(one) for name, one in sets.items()}, answers, reason, config)


def save_sealed_baseline(
    path: Path,
    sets: Mapping[str, Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    *,
    reason: str,
    config: Mapping[str, Any],
) -> None:
    """Write what is kept of sealed sets as their new baseline: see ``kept_sealed``."""
    answers: dict[str, dict[str, Any]] = {name: {} for name in sets}
    for record in records:
        answers[record["set"]].update([kept_sealed(record)])
    _save(path, {name: {FILE: one[FILE]} for name, one in sets.items()}, answers, reason, config)


def _save(
    path: Path,
    sets: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, Mapping[str, Any]],
    reason: str,
    config: Mapping[str, Any],
) -> None:
    old = read_baseline(path) if path.exists() else Baseline({}, {})
    why = {"reason": reason} | {key: config.get(key) for key in ("time", "commit", "embedding_model")}
    scores = {name: {**why, **one} for name, one in sets.items()}
    new = Baseline({**old.sets, **scores}, {**old.answers, **answers})
    half = path.with_name(f".{path.name}.new")
    half.write_text(_written(new), encoding="utf-8")
    os.replace(half, path)


def _without_times(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in scores.items() if not key.endswith("_ms")}


def _written(baseline: Baseline) -> str:
    """Return the file's text, a question a line: a reviewer's diff shows the questions that moved."""
    sets = json.dumps(dict(sorted(baseline.sets.items())), ensure_ascii=False, indent=1)
    parts = []
    for name, answers in sorted(baseline.answers.items()):
        lines = (f"{json.dumps(id_)}: {json.dumps(one, ensure_ascii=False)}" for id_, one in answers.items())
        parts.append(f"{json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n}")
    return f'{{\n"sets": {sets},\n"answers": {{\n' + ",\n".join(parts) + "\n}\n}\n"
