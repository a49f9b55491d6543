"""The reviewed scorecard that later versions are compared with: one file, question by question.

The file is committed, so it holds no time of a machine and no sentence of a document: an answer that is longer than a
value is kept as a fingerprint, which is enough to see that it changed.
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

VALUE_CHARS = 24  # names of projects are that long, sentences of a document are longer


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
    old = read_baseline(path) if path.exists() else Baseline({}, {})
    why = {"reason": reason} | {key: config.get(key) for key in ("time", "commit", "embedding_model")}
    scores = {name: why | _without_times(one) for name, one in sets.items()}
    answers: dict[str, dict[str, Any]] = {name: {} for name in sets}
    for record in records:
        answers[record["set"]][record["id"]] = kept(record)
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
