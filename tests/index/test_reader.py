"""The reader says of a text and of a value what it says of it alone, and refuses weights that are not its own."""

import subprocess
import sys

import numpy as np
import pytest

from index.reader import (
    FORMAT,
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


def odds(reader, texts, question=QUESTION):
    """Return what the reader says of each text, and of the value that its last two characters are."""
    return np.array(
        [(one.odds, one.value_odds(len(one.text) - 2, len(one.text))) for one in reader.read(question, texts)]
    )


def test_of_a_text_is_said_what_is_said_of_it_alone(reader):
    together = odds(reader, TEXTS)
    alone = [odds(reader, [text])[0] for text in TEXTS]

    assert together.shape == (4, 2)
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert (np.unique(together.round(4), axis=0)).shape == (4, 2)
    assert [one.text for one in reader.read(QUESTION, TEXTS)] == TEXTS


def test_what_is_said_comes_in_the_order_of_the_texts(reader):
    many = [f"{text} {n}" for n in range(MOST // 4) for text in TEXTS]
    backwards = odds(reader, many[::-1])

    np.testing.assert_allclose(odds(reader, many), backwards[::-1], atol=1e-4)


def test_another_question_gives_other_odds(reader):
    assert not np.allclose(odds(reader, TEXTS), odds(reader, TEXTS, "予算はいくらですか？"), atol=1e-3)


def test_of_no_text_nothing_is_said_and_too_many_are_refused(reader):
    assert reader.read(QUESTION, []) == []
    with pytest.raises(ValueError, match="25 > 24"):
        reader.read(QUESTION, ["予算"] * 25)


def test_values_of_a_text_differ_and_one_that_was_cut_off_has_no_odds(reader):
    (long,) = reader.read(QUESTION, ["人口は1,203人で、世帯は560戸です。" + "円" * 300])

    assert long.value_odds(3, 9) != long.value_odds(13, 17)
    assert long.value_odds(300, 302) is None


def test_a_value_is_read_from_its_first_token_to_its_last(model):
    (pair,) = Pairs(model.folder).of(QUESTION, ["人口は1,203人です"])
    first, last = pair.at(3, 9)

    inside = [offset for n, offset in enumerate(pair.offsets, pair.second + 1) if first <= n <= last]
    assert inside[0][0] <= 3 < inside[0][1]
    assert inside[-1][0] < 9 <= inside[-1][1]
    assert pair.at(0, 99) is None


def test_long_questions_and_texts_are_cut(model):
    (pair,) = Pairs(model.folder).of("何" * 99, ["円" * 300])

    assert pair.second == 1 + 48 + 1  # <s> question </s>
    assert len(pair.ids) == pair.second + 1 + 112 + 1  # </s> text </s>


def test_the_network_reads_as_the_model_that_it_was_made_from_would(model):
    """Attention is written out."""
    import torch

    from index.pair_network import PairNetwork, _lower

    network = PairNetwork(model.bert.config, FROZEN).eval()
    network.start_from(model.bert)
    pairs = Pairs(model.folder).of(QUESTION, TEXTS)
    ids = torch.full((len(pairs), max(len(pair.ids) for pair in pairs)), 1)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
    with torch.no_grad():
        whole = model.bert(ids, attention_mask=(ids != 1).long()).last_hidden_state
        expected = network.out(torch.tanh(network.dense(whole[:, 0])))[:, 0]
        joined = torch.cat([whole[:, 5], whole[:, 9], whole[:, 0]], -1)
        values = network.span_out(torch.tanh(network.span(joined)))[:, 0]
        said = network.yes_out(torch.tanh(network.yes(whole[:, 0])))[:, 0]
        found, yes, firsts, lasts = network(*_lower(model.bert, FROZEN, pairs))

    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(yes, said, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(network.of_values(firsts[:, 5], lasts[:, 9]), values, atol=1e-5, rtol=1e-4)


def test_weights_rounded_to_bytes_read_nearly_the_same(model, weights, reader, monkeypatch):
    import torch

    monkeypatch.setattr("index.reader.has_fast_bytes", lambda: True)
    if not hasattr(torch, "_int_mm"):
        pytest.skip("this torch multiplies no bytes")
    np.testing.assert_allclose(odds(Reader(weights, model), TEXTS), odds(reader, TEXTS), atol=0.2)


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

    assert len(Reader(weights, model, right).read(QUESTION, TEXTS)) == 4
    with pytest.raises(ReaderMismatch, match="damaged"):
        Reader(damaged, model, right).read(QUESTION, TEXTS)


def test_what_is_no_weights_file_or_is_of_another_model_is_refused(weights, tmp_path):
    from safetensors.numpy import save_file

    other = tmp_path / "other.safetensors"
    save_file({"out.bias": np.zeros(1, np.float16)}, other, metadata={"format": FORMAT, "base": "f00"})
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
