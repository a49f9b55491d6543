"""sentence-transformers: texts become unit vectors. The only module that imports it and torch, and only when needed."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from index import default_model
from index.default_model import Progress
from index.protocols import Embedder, ModelMissing, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 8  # texts of about the same length; 16 are a third slower, since they leave the processor's cache
# What a family of models was trained to see before a question and before a passage.
PREFIXES = {
    "e5": ("query: ", "passage: "),
    "ruri-v3": ("検索クエリ: ", "検索文書: "),
}
LOADING = "埋め込みモデルを読み込んでいます"
NOISY = ("sentence_transformers", "transformers", "huggingface_hub")


def open_embedder(
    name: str = "default", cache: Path | None = None, progress: Progress | None = None, *, exact: bool = False
) -> Embedder:
    """Return the embedder called ``name``: "default", a Hugging Face name, or a local folder.

    Nothing heavy happens before the first text: then the model is loaded, and the default one is unpacked under
    ``cache`` the first time, which ``progress`` hears of (else the error stream). The default never asks the network.
    ``exact`` keeps the default's weights from being rounded to 8 bits, for comparison.
    """
    return SentenceEmbedder(name, cache or cache_folder(), progress or default_model.show_progress, exact=exact)


def preparing(embedder: Embedder) -> tuple[str, int, int] | None:
    """Return (what is being done, done, total) while the model is unpacked or loaded; None before and afterwards."""
    return embedder.preparing if isinstance(embedder, SentenceEmbedder) else None


def cache_folder() -> Path:
    """Return ``TENKYO_CACHE``, or the platform's place for files that can be made again."""
    if chosen := os.environ.get("TENKYO_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tenkyo"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "tenkyo" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tenkyo"


def prefixes(name: str) -> tuple[str, str]:
    """Return what stands before a question and before a passage. 例: ruri-v3-310m → 検索クエリ: と 検索文書:"""
    base = name.rstrip("/").rsplit("/", 1)[-1].lower()
    if base == "default" or "e5-" in base:
        return PREFIXES["e5"]
    if "ruri-v3" in base:
        return PREFIXES["ruri-v3"]
    return "", ""


class SentenceEmbedder:
    """An ``Embedder`` that loads its model with the first text. Safe from threads, which wait for each other: the
    tokenizer cannot be shared, and one encoding already uses every core it may."""

    def __init__(self, model_name: str, cache: Path, progress: Progress, *, exact: bool = False):
        self._model_name = model_name
        self._exact = exact
        self._cache = cache
        self._progress = progress
        self._prefixes = prefixes(model_name)
        self._model: SentenceTransformer | None = None
        self._lock = Lock()
        self._name = _manifest_name(model_name)
        # (what is being done, done, total) while the model is unpacked and loaded; read without the lock
        self.preparing: tuple[str, int, int] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def is_default(self) -> bool:
        return self._model_name == "default"

    @property
    def dim(self) -> int:
        with self._lock:
            return int(self._loaded().get_embedding_dimension() or 0)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        return self._embed(texts, self._prefixes[1])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape ``(len(texts), dim)``, rows of length 1."""
        return self._embed(texts, self._prefixes[0])

    def layers(self) -> tuple[Any, Path]:
        """Return the default model's BertModel and its folder, for the reader that stands on its lower layers."""
        if not self.is_default:
            raise ValueError(f"the reader stands on the default embedding model, not on {self._model_name}")
        with self._lock:
            bert = self._loaded()[0].auto_model
        return bert, default_model.prepare(self._cache, self._progress)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model sees in ``text`` alone."""
        with self._lock:
            return len(self._loaded().tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def _embed(self, texts: Sequence[str], prefix: str) -> Vectors:
        if not texts:
            return np.empty((0, self.dim), np.float32)
        with self._lock:
            model = self._loaded()
            with _threads(1 if len(texts) <= BATCH else None):
                vectors = model.encode(
                    [prefix + text for text in texts],
                    batch_size=BATCH,  # encode sorts by length, so a batch wastes little on padding
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
        return np.asarray(vectors, np.float32)

    def _loaded(self) -> SentenceTransformer:
        if self._model is None:
            self.preparing = (LOADING, 0, 1)
            try:
                self._model = self._load()
            finally:
                self.preparing = None
        return self._model

    def _heard(self, stage: str, done: int, total: int) -> None:
        # after the last step of unpacking comes the loading
        self.preparing = (stage, done, total) if done < total else (LOADING, 0, 1)
        self._progress(stage, done, total)

    def _load(self) -> SentenceTransformer:
        if self._model_name == "default":
            try:
                with _quiet():
                    return load_default(default_model.prepare(self._cache, self._heard), exact=self._exact)
            except OSError as error:
                raise ModelMissing(
                    f"the default embedding model cannot be unpacked under {self._cache} ({error}): "
                    "free some space there (250 MB), or name another folder (TENKYO_CACHE)",
                    f"埋め込みモデルを {self._cache} に用意できません。空き容量（250MB）と権限を確かめるか、"
                    "環境変数 TENKYO_CACHE で別のフォルダを指定してください。",
                ) from error
        is_local = Path(self._model_name).is_dir()
        with _quiet():
            from sentence_transformers import SentenceTransformer

            try:
                return SentenceTransformer(self._model_name, device="cpu", local_files_only=is_local)
            except (OSError, ValueError) as error:
                raise ModelMissing(
                    f"the embedding model {self._model_name} cannot be loaded ({error}): "
                    "name a local folder or a Hugging Face model that this machine can reach, or use the default",
                    f"埋め込みモデル {self._model_name} を読み込めません。"
                    "モデルのフォルダか、接続できる Hugging Face の名前を指定するか、標準のモデルを使ってください。",
                ) from error


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """Let the model's sums take ``count`` threads; None: as many as before.

    A question is embedded faster by one: several wait for each other, and for whatever else the machine is doing. With
    two other busy programs on two cores, p95 of asking went from 2,300 to 100 ms, without them from 155 to 64.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def load_default(folder: Path, *, exact: bool) -> SentenceTransformer:
    """Return the default model with its word table left in float16, which saves 190 MB; sums are in float32."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    bert: Any = model[0].auto_model
    for part in (*bert.children(), *bert.embeddings.children()):
        if part not in (bert.embeddings, bert.embeddings.word_embeddings):
            part.float()
    if not exact and has_fast_bytes():
        round_weights(bert.encoder)
    return model


def has_fast_bytes() -> bool:
    """Return whether this processor multiplies bytes faster than floats, and torch makes use of it."""
    import torch

    able = torch.cpu.get_capabilities()
    return torch.backends.mkldnn.is_available() and bool(  # type: ignore[no-untyped-call] # torch leaves it untyped
        able.get("avx512_vnni") or able.get("avx_vnni")
    )


def round_weights(module: Any) -> None:
    """Replace each Linear in ``module`` by one that multiplies bytes: weights rounded per row, inputs per token.

    Measured by eval/bench_embed.py, one thread of a quiet machine, passages of 180 tokens: 31.5 a second against 10.3
    (57 with two threads), 11 ms a question against 22, and cosine with the exact vectors .9992 on average, .9990 at
    least. torch's own quantize_dynamic, which has one scale for a whole batch of inputs, is hardly faster and goes
    down to .957 (.975 with a scale for each row of weights). On JaQuAD the vectors' nDCG@10 is .892 against .895,
    and after fusion .955 against .956.
    """
    import torch

    class ByteLinear(torch.nn.Module):
        weight: torch.Tensor
        scale: torch.Tensor
        bias: torch.Tensor

        def __init__(self, linear: Any):
            super().__init__()
            scale = linear.weight.detach().abs().amax(1) / 127
            self.register_buffer("weight", torch.round(linear.weight.detach() / scale[:, None]).to(torch.int8))
            self.register_buffer("scale", scale)
            self.register_buffer("bias", linear.bias.detach())

        def forward(self, inputs: Any) -> Any:
            rows = inputs.reshape(-1, inputs.shape[-1])
            scale = rows.abs().amax(1, keepdim=True).clamp_(min=1e-12) / 127
            sums = torch._int_mm((rows / scale).round_().to(torch.int8), self.weight.t())
            values = sums.float().mul_(scale).mul_(self.scale).add_(self.bias)
            return values.view(*inputs.shape[:-1], -1)

    for name, part in list(module.named_modules()):
        if isinstance(part, torch.nn.Linear):
            parent, _, own = name.rpartition(".")
            setattr(module.get_submodule(parent), own, ByteLinear(part))


def _manifest_name(model_name: str) -> str:
    """Return the name that goes into the manifest: a folder's own name and a hash of what makes it that model."""
    if model_name == "default":
        return default_model.NAME
    folder = Path(model_name).expanduser()
    if not folder.is_dir():
        return model_name
    made_of = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".safetensors", ".bin", ".model")):
        made_of.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        if path.stat().st_size < 100_000:
            made_of.update(path.read_bytes())
    return f"{folder.resolve().name} ({made_of.hexdigest()[:12]})"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep loading bars, reports and advice for programmers away from the person who asked a question."""
    levels = {name: logging.getLogger(name).level for name in NOISY}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        for name in NOISY:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
