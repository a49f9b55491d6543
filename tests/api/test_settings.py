"""Settings: read once, frozen, and strict about names."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings, SettingsError, data_folder, known_variables, read_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in [name for name in os.environ if name.upper().startswith("TENKYO_")]:
        monkeypatch.delenv(name)


def test_without_variables_everything_stays_on_this_machine():
    settings = read_settings()
    assert (settings.api_host, settings.api_port, settings.ui_port) == ("127.0.0.1", 8000, 8501)
    assert settings.index == data_folder() / "index"


def test_the_data_folder_follows_the_desktop_standard(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert data_folder() == Path("/data/tenkyo")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert data_folder() == Path.home() / ".local" / "share" / "tenkyo"


def test_a_flag_overrules_a_variable(monkeypatch):
    monkeypatch.setenv("TENKYO_INDEX", "/from/variable")
    assert read_settings().index == Path("/from/variable")
    assert read_settings(index="/from/flag", api_port=None).index == Path("/from/flag")


def test_an_unknown_variable_is_refused_by_name_with_the_known_ones(monkeypatch):
    monkeypatch.setenv("TENKYO_MAX_UPLOAD", "5")
    with pytest.raises(SettingsError, match=r"^unknown setting TENKYO_MAX_UPLOAD; known: TENKYO_INDEX, .*") as caught:
        read_settings()
    assert "TENKYO_MAX_UPLOAD_MB" in str(caught.value)


def test_the_variables_of_the_other_rooms_are_known():
    assert {"TENKYO_CACHE", "TENKYO_API_URL"} <= set(known_variables())


@pytest.mark.parametrize(
    ("name", "value"), [("TENKYO_API_PORT", "99999"), ("TENKYO_API_PORT", "web"), ("TENKYO_MAX_UPLOAD_MB", "0")]
)
def test_a_value_that_cannot_be_used_is_named_with_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: .*got '{value}'"):
        read_settings()


def test_an_empty_variable_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("TENKYO_CACHE", "")
    assert read_settings().cache is None


def test_the_home_folder_may_be_written_short(monkeypatch):
    monkeypatch.setenv("TENKYO_INDEX", "~/papers")
    assert read_settings().index == Path.home() / "papers"


def test_hosts_are_written_with_commas(monkeypatch):
    monkeypatch.setenv("TENKYO_ALLOWED_HOSTS", "papers.example.jp, localhost")
    assert read_settings().allowed_hosts == ("papers.example.jp", "localhost")


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().api_port = 9000  # type: ignore[misc]
