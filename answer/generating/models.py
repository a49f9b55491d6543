"""Language models that run on this machine: a short list of them, and how one is fetched when a person asks for it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter

HUB = "https://huggingface.co"
_PIECE = 1 << 20
_SPARE = 500_000_000  # bytes of the disk that stay free
_MAGIC = b"GGUF"

Progress = Callable[[str, int, int], None]


class ModelError(Exception):
    """Why a model cannot be used. ``message`` is Japanese and says what to do."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


class KnownModel(BaseModel):
    """A model of the list: what a person chooses by, and what its file must be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    licence: str
    parameters: float  # thousand millions
    repository: str
    revision: str
    file: str
    size: int  # bytes
    sha256: str
    memory: float  # thousand million bytes while it runs, worked out from its file and its window
    good_for: str


@lru_cache(maxsize=1)
def known_models() -> tuple[KnownModel, ...]:
    """Return the list, what is best for an ordinary PC first."""
    listed = Path(__file__).with_name("models.json").read_bytes()
    return TypeAdapter(tuple[KnownModel, ...]).validate_json(listed)


def check_file(path: Path) -> None:
    """Raise ModelError for a file that is no model."""
    if not path.is_file():
        raise ModelError(f"モデルのファイルがありません: {path}")
    with path.open("rb") as stream:
        if stream.read(4) != _MAGIC:
            raise ModelError(f"GGUF形式のモデルではありません: {path}")


def fetch(model: KnownModel, folder: Path, progress: Progress, hub: str = HUB) -> Path:
    """Return the model's file, fetched from its hub unless it is in ``folder``, and checked to be the one listed.

    What broke off is kept, and goes on from there at the next call.
    """
    path = folder / model.file
    part = folder / f"{model.file}.part"
    folder.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size == model.size:
        return path
    digest = hashlib.sha256()
    done = _digested(part, digest, model, progress)
    if shutil.disk_usage(folder).free < model.size - done + _SPARE:
        raise ModelError(f"ディスクの空きが足りません（あと {(model.size - done) / 1e9:.1f}GB を置きます）: {folder}")
    if done < model.size:
        url = f"{hub}/{model.repository}/resolve/{model.revision}/{model.file}"
        try:
            _download(url, part, done, digest, model, progress)
        except httpx.HTTPError as error:
            kept = part.stat().st_size if part.exists() else 0
            raise ModelError(
                f"モデルを取得できませんでした（{type(error).__name__}）。途中までの {kept / 1e6:.0f}MB は残してあり、"
                "同じ命令で続きから取得します。ネットワークのない所では、GGUFファイルを持ち込んで指定してください。"
            ) from error
    if digest.hexdigest() != model.sha256:
        part.unlink()
        raise ModelError("取得したファイルが一覧のものと違うため、捨てました（ハッシュ値が合いません）。")
    part.replace(path)
    return path


def _download(url: str, part: Path, done: int, digest: hashlib._Hash, model: KnownModel, progress: Progress) -> None:
    headers = {"Range": f"bytes={done}-"} if done else {}
    # A hub hands over to where its files lie; whatever comes from there is checked by its hash.
    with (
        httpx.Client(follow_redirects=True, timeout=30) as client,
        client.stream("GET", url, headers={**headers, "Accept-Encoding": "identity"}) as response,
    ):
        response.raise_for_status()
        goes_on = response.status_code == 206
        if done and not goes_on:
            part.unlink()
            raise httpx.RemoteProtocolError("the hub does not go on where it broke off; the next try begins anew")
        with part.open("ab" if goes_on else "wb") as stream:
            for piece in response.iter_bytes(_PIECE):
                done += len(piece)
                if done > model.size:
                    raise httpx.RemoteProtocolError("the file is longer than listed")
                stream.write(piece)
                digest.update(piece)
                progress("モデルの取得（MB）", done // 1_000_000, model.size // 1_000_000)
    if done < model.size:
        raise httpx.RemoteProtocolError("the file ended early")


def _digested(part: Path, digest: hashlib._Hash, model: KnownModel, progress: Progress) -> int:
    """Return how much of a file is there, taken into ``digest``; nothing of what is too long to be it."""
    if not part.is_file() or part.stat().st_size > model.size:
        part.unlink(missing_ok=True)
        return 0
    done = 0
    with part.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            progress("途中までの確認（MB）", done // 1_000_000, model.size // 1_000_000)
    return done
