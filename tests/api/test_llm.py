"""tenkyo llm: what is connected, what it can do, and a model on this machine, in Japanese."""

import os

import pytest

from answer.generating.contract import Mode
from api import llm
from api.cli import main
from api.settings import SettingsError, read_settings
from tests.answer.generating import fake_server as fake


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.upper().startswith("TENKYO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(llm, "folder", lambda: tmp_path / "llm")


@pytest.fixture
def server(monkeypatch):
    with fake.serving() as running:
        monkeypatch.setenv("TENKYO_LLM_URL", running.url)
        monkeypatch.setenv("TENKYO_LLM_FIRST_TOKEN_SECONDS", "2")
        monkeypatch.setenv("TENKYO_LLM_WHOLE_SECONDS", "5")
        yield running


def test_without_a_model_it_says_so_and_how_to_connect_one(capsys):
    assert main(["llm"]) == 0
    told = capsys.readouterr().out
    assert "つながっていません" in told
    assert "TENKYO_LLM_URL" in told


def test_a_connected_server_is_shown_without_asking_it_anything(server, capsys):
    assert main(["llm"]) == 0
    told = capsys.readouterr().out
    assert f"{fake.MODEL}" in told
    assert "資料は外に出ません" in told
    assert "まだ確かめていません" in told
    assert (server.asked, server.probed) == ([], [])


def test_a_check_asks_a_real_question_and_says_what_it_took(server, capsys):
    assert main(["llm", "check"]) == 0
    told = capsys.readouterr().out
    assert llm.MODES[Mode.SCHEMA] in told
    assert f"{fake.PARKING} [L3]" in told
    assert "秒" in told
    assert main(["llm"]) == 0
    assert "確かめた日" in capsys.readouterr().out


def test_a_server_that_is_away_or_wants_a_key_ends_with_a_reason_and_its_status(monkeypatch, capsys):
    monkeypatch.setenv("TENKYO_LLM_URL", "http://127.0.0.1:9")
    assert main(["llm", "check"]) == 1
    assert "つながりません" in capsys.readouterr().out
    with fake.serving(needs_key=True) as server:
        monkeypatch.setenv("TENKYO_LLM_URL", server.url)
        monkeypatch.setenv("TENKYO_LLM_KEY", "wrong-key")
        assert main(["llm"]) == 1
    told = capsys.readouterr()
    assert "TENKYO_LLM_KEY" in told.out
    assert "wrong-key" not in told.out + told.err


def test_an_address_elsewhere_is_said_to_be_sent_to(monkeypatch):
    monkeypatch.setenv("TENKYO_LLM_URL", "http://192.0.2.7/v1")
    with llm.opened(read_settings(), print) as writer:
        assert "暗号化されていません" in llm._reach(writer)


def test_the_list_of_models_is_shown_and_another_name_is_refused(capsys):
    assert main(["llm", "use"]) == 0
    told = capsys.readouterr().out
    assert "Apache-2.0" in told
    assert "メモリ" in told
    assert main(["llm", "use", "gpt-9"]) == 2
    assert "一覧にありません" in capsys.readouterr().err


def test_a_file_at_hand_is_chosen_told_of_and_given_up(tmp_path, capsys):
    (tmp_path / "own.gguf").write_bytes(b"GGUF" + b"0" * 100)
    assert main(["llm", "use", str(tmp_path / "own.gguf"), "--threads", "3"]) == 0
    told = capsys.readouterr().out
    assert "own.gguf（スレッド 3、メモリ 約1.6GB" in told
    assert main(["llm"]) == 0
    assert "tenkyo serve と一緒に動き" in capsys.readouterr().out
    assert main(["llm", "use", "off"]) == 0
    capsys.readouterr()
    main(["llm"])
    assert "つながっていません" in capsys.readouterr().out


def test_a_file_that_is_missing_or_no_model_is_refused(tmp_path, capsys):
    assert main(["llm", "use", str(tmp_path / "none.gguf")]) == 2
    assert "ありません" in capsys.readouterr().err
    (tmp_path / "text.gguf").write_text("text")
    assert main(["llm", "use", str(tmp_path / "text.gguf")]) == 2
    assert "GGUF形式" in capsys.readouterr().err


def test_a_model_that_does_not_start_leaves_everything_else_running(tmp_path, monkeypatch, capsys):
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    main(["llm", "use", str(tmp_path / "own.gguf")])
    (tmp_path / "own.gguf").unlink()
    said = []
    with llm.opened(read_settings(), said.append) as writer:
        assert writer is None
    assert "言語モデルなしで続けます" in said[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TENKYO_LLM_URL", "http://user:hush@host/v1"),
        ("TENKYO_LLM_URL", "host:80?hush"),
        ("TENKYO_LLM_KEY", "hush\u3042"),
        ("TENKYO_LLM_KEY", "hush\nhush"),
        ("TENKYO_LLM_WINDOW", "12"),
        ("TENKYO_LLM_PARALLEL", "0"),
        ("TENKYO_LLM_FIRST_TOKEN_SECONDS", "0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_no_secret_repeated(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: ") as caught:
        read_settings()
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__ or "hush" not in str(caught.value.__cause__)


def test_a_key_is_never_shown_with_the_settings(monkeypatch):
    monkeypatch.setenv("TENKYO_LLM_KEY", "sk-hush")
    settings = read_settings()
    assert "hush" not in f"{settings!r} {settings.model_dump_json()} {llm.connection_of(settings)!r}"
    assert llm.connection_of(settings).key.get_secret_value() == "sk-hush"


def test_an_evaluation_with_a_model_needs_one_that_answers(monkeypatch, tmp_path, capsys):
    asked = ["--index", str(tmp_path / "index"), "eval", "--llm", "--out", str(tmp_path / "run")]
    assert main(asked) == 2
    assert "言語モデルがつながっていません" in capsys.readouterr().err
    monkeypatch.setenv("TENKYO_LLM_URL", "http://127.0.0.1:9")
    assert main(asked) == 2
    assert "つながりません" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_model_on_this_machine_has_more_time_unless_the_settings_say_how_much(monkeypatch):
    here = llm.connection_of(read_settings()).deadlines
    assert (here.first, here.whole) == (llm.PATIENT["first"], llm.PATIENT["whole"])

    monkeypatch.setenv("TENKYO_LLM_WHOLE_SECONDS", "7")
    here = llm.connection_of(read_settings()).deadlines
    assert (here.first, here.whole) == (llm.PATIENT["first"], 7)

    monkeypatch.setenv("TENKYO_LLM_URL", "http://127.0.0.1:9")
    assert llm.connection_of(read_settings()).deadlines.first < here.first
