"""The reader gives each text its own probability, whatever else is asked with it, and refuses weights not its own."""

import subprocess
import sys

import numpy as np
import pytest

from index.reader import (
    FROZEN,
    MOST,
    Pairs,
    Reader,
    ReaderMismatch,
    file_sha256,
    read_weights,
    text_under,
    write_weights,
)
from tests.tiny_model import TinyModel

QUESTION = "人口は何人ですか？"
TEXTS = [
    "みほ野市 / 人口\n令和6年: 1,203人",
    "予算",
    "川町 / 歳入\n町の予算の額は、令和3年度は2千万円、令和4年度は3千万円。",
    "件数: 5件",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return TinyModel(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def weights(model, tmp_path_factory):
    import torch

    from index.pair_network import PairNetwork

    torch.manual_seed(6)
    network = PairNetwork(model.bert.config, FROZEN)
    network.start_from(model.bert)
    torch.nn.init.normal_(network.segments.weight)
    torch.nn.init.normal_(network.out.weight)  # so that texts differ
    path = tmp_path_factory.mktemp("weights") / "reader.safetensors"
    write_weights(path, {name: value.detach().numpy() for name, value in network.named_parameters()}, {"seed": 6})
    return path


@pytest.fixture(scope="module")
def reader(model, weights):
    return Reader(weights, model, exact=True)


def test_a_text_is_given_what_it_is_given_alone(reader):
    together = reader.scores(QUESTION, TEXTS)
    alone = [reader.scores(QUESTION, [text])[0] for text in TEXTS]

    assert together.shape == (4,)
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert len(set(together.round(4))) == 4
    assert ((together > 0) & (together < 1)).all()


def test_scores_come_in_the_order_of_the_texts(reader):
    many = [f"{text} {n}" for n in range(MOST // 4) for text in TEXTS]
    backwards = reader.scores(QUESTION, many[::-1])

    np.testing.assert_allclose(reader.scores(QUESTION, many), backwards[::-1], atol=1e-5)


def test_another_question_gives_other_scores(reader):
    assert not np.allclose(reader.scores(QUESTION, TEXTS), reader.scores("予算はいくらですか？", TEXTS), atol=1e-3)


def test_no_text_has_no_score_and_too_many_are_refused(reader):
    assert reader.scores(QUESTION, []).shape == (0,)
    with pytest.raises(ValueError, match="25 > 24"):
        reader.scores(QUESTION, ["予算"] * 25)


def test_long_questions_and_texts_are_cut(model):
    ((tokens, second),) = Pairs(model.folder).of("何" * 99, ["円" * 300])

    assert second == 1 + 48 + 1  # <s> question </s>
    assert len(tokens) == second + 1 + 112 + 1  # </s> text </s>


def test_the_network_reads_as_the_model_that_it_was_made_from_would(model):
    """The last layer is made for the first token only, and attention is written out."""
    import torch

    from index.pair_network import PairNetwork, _lower

    network = PairNetwork(model.bert.config, FROZEN).eval()
    network.start_from(model.bert)
    pairs = Pairs(model.folder).of(QUESTION, TEXTS)
    ids = torch.full((len(pairs), max(len(tokens) for tokens, _ in pairs)), 1)
    for row, (tokens, _) in enumerate(pairs):
        ids[row, : len(tokens)] = torch.tensor(tokens)
    with torch.no_grad():
        whole = model.bert(ids, attention_mask=(ids != 1).long()).last_hidden_state[:, 0]
        expected = network.out(torch.tanh(network.dense(whole)))[:, 0]
        found = network(*_lower(model.bert, FROZEN, pairs))

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_weights_rounded_to_bytes_read_nearly_the_same(model, weights, reader, monkeypatch):
    import torch

    monkeypatch.setattr("index.reader.has_fast_bytes", lambda: True)
    if not hasattr(torch, "_int_mm"):
        pytest.skip("this torch multiplies no bytes")
    rounded = Reader(weights, model).scores(QUESTION, TEXTS)

    np.testing.assert_allclose(rounded, reader.scores(QUESTION, TEXTS), atol=0.05)


def test_weights_are_stored_in_halves_with_what_they_were_made_from(weights):
    from safetensors import safe_open

    assert {values.dtype for values in read_weights(weights).values()} == {np.dtype(np.float16)}
    with safe_open(weights, "numpy") as file:
        assert '"seed": 6' in file.metadata()["made_from"]


def test_a_damaged_file_is_refused_by_its_hash(weights, model, tmp_path):
    right = file_sha256(weights)
    data = bytearray(weights.read_bytes())
    data[-5] ^= 1
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(data)

    assert Reader(weights, model, right).scores(QUESTION, TEXTS).shape == (4,)
    with pytest.raises(ReaderMismatch, match="damaged"):
        Reader(damaged, model, right).scores(QUESTION, TEXTS)


def test_what_is_no_weights_file_or_is_of_another_model_is_refused(weights, tmp_path):
    from safetensors.numpy import save_file

    other = tmp_path / "other.safetensors"
    save_file({"out.bias": np.zeros(1, np.float16)}, other, metadata={"format": "tenkyo-reader-1", "base": "f00"})
    text = tmp_path / "text.safetensors"
    text.write_text("予算")

    for path, message in ((other, "f00"), (text, "cannot be read"), (tmp_path / "none", "cannot be read")):
        with pytest.raises(ReaderMismatch, match=message):
            read_weights(path)


def test_a_text_stands_under_its_title_and_its_last_headings():
    assert text_under("民生費 | 6年度: 12百万円", "予算案", ["一", "歳出", "款別", "表2"]) == (
        "予算案 / 歳出 / 款別 / 表2\n民生費 | 6年度: 12百万円"
    )
    assert text_under("税") == "税"


def test_torch_is_imported_only_when_something_is_read():
    code = "import sys, index.reader; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
