"""What a server's model was found able to do, kept from one start to the next."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from answer.generating.contract import Mode
from answer.generating.server import Server, ServerError

log = logging.getLogger(__name__)

SMALLEST_WINDOW = 4096  # tokens that are counted on where nothing is known: what servers cut at without a word
TOKENS_A_CHARACTER = 1.2  # of Japanese, until a model's own count is known


@dataclass(frozen=True)
class Identity:
    """Which model of which version of a server answers, and what the server says of it."""

    server: str
    model: str
    version: str = ""
    window: int | None = None
    parameters: float | None = None  # of the model, in thousand millions
    models: tuple[str, ...] = ()  # all that the server offers

    @property
    def key(self) -> str:
        return f"{self.server} {self.model} {self.version}".strip()


class Abilities(BaseModel):
    """What a probe has shown. ``mode`` is what is asked; the rest says why, and how to ask."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    mode: Mode
    writes: bool = False  # a sentence with the right line, and none where the lines say nothing
    enforces: bool = False  # a schema, against what the prompt says
    picks: bool = False
    bare: bool = False  # refuses all but messages
    quiet: bool = False  # asked not to think, it does not
    thinks_first: bool = False
    tokens_a_character: float | None = None
    reads: float | None = None  # tokens a second
    writes_tokens: float | None = None  # tokens a second
    window: int | None = None  # smaller than what was said of it: found out
    at: str = ""  # day of the probe, ISO
    note: str = ""  # Japanese: why it is not asked more


class AbilityStore:
    """A JSON file of what was found, by server, model and version; broken or missing it is empty."""

    def __init__(self, path: Path):
        self._path = path

    def get(self, identity: Identity) -> Abilities | None:
        """Return what was found of a model, None where it was not probed."""
        try:
            return Abilities.model_validate(self._read()[identity.key])
        except (KeyError, ValidationError):
            return None

    def put(self, identity: Identity, abilities: Abilities) -> None:
        """Keep what was found. A folder that cannot be written to costs a probe at the next start, no answer."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock")):
                kept = {**self._read(), identity.key: abilities.model_dump(mode="json")}
                fresh = self._path.with_suffix(".new")
                fresh.write_text(json.dumps(kept, ensure_ascii=False, indent=2), encoding="utf-8")
                os.replace(fresh, self._path)
        except OSError as error:
            log.warning("what the language model can do is not kept in %s: %s", self._path, error.strerror)

    def _read(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}


def identify(server: Server) -> Identity:
    """Return which model answers at a server. Raises ServerError where it is away or it is unclear which."""
    wanted = server.connection.model
    listed = _entries(server.look("/models"), "data")
    names = tuple(str(entry["id"]) for entry in listed if "id" in entry)
    if wanted is None and len(names) != 1:
        known = f"（{'、'.join(names[:10])}）" if names else ""
        raise ServerError("model", f"使うモデルを TENKYO_LLM_MODEL で指定してください{known}。")
    model = wanted or names[0]
    entry = next((entry for entry in listed if entry.get("id") == model), listed[0] if len(listed) == 1 else {})
    meta = entry["meta"] if isinstance(entry.get("meta"), dict) else {}
    window, parameters = _whole(entry.get("max_model_len")), _whole(meta.get("n_params"))  # vLLM; llama.cpp
    version = ""
    if props := server.look("/props", at_root=True):  # llama.cpp
        settings = props.get("default_generation_settings")
        window = window or (_whole(settings.get("n_ctx")) if isinstance(settings, dict) else None)
        version = str(props.get("build_info") or "")
    elif told := server.look("/api/version", at_root=True):  # Ollama
        version = f"ollama {told.get('version')}"
        running = _named(_entries(server.look("/api/ps", at_root=True), "models"), model)
        window = _whole(running.get("context_length"))
        about = _named(_entries(server.look("/api/tags", at_root=True), "models"), model).get("details")
        if isinstance(about, dict):
            parameters = _counted(str(about.get("parameter_size") or ""))
    elif told := server.look("/version", at_root=True):  # vLLM
        version = f"vllm {told.get('version')}"
    billions = parameters / 1e9 if parameters else None
    return Identity(server.connection.kept_as or server.connection.url, model, version, window, billions, names)


def _entries(found: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    entries = (found or {}).get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _named(entries: list[dict[str, Any]], model: str) -> dict[str, Any]:
    return next((entry for entry in entries if entry.get("name") in (model, f"{model}:latest")), {})


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value > 0 else None


def _counted(size: str) -> int | None:
    """Return what a size counts. 例: 1500000000 for 1.5B"""
    scale = {"B": 1e9, "M": 1e6}.get(size[-1:].upper())
    try:
        return int(float(size[:-1]) * scale) if scale else None
    except ValueError:
        return None
