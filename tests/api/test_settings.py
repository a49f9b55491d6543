"""Settings: read once, frozen, and strict about names."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings, SettingsError, data_folder, known_variables, read_settings
from index.servers import Servers


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


def test_replicas_are_listed_with_commas_or_spaces_and_blank_means_none(monkeypatch):
    primary = "postgresql+psycopg://u:himitsu@a:1,b:2/papers"
    monkeypatch.setenv("TENKYO_DATABASE_URL", primary)
    for given, urls in (
        ("", ()),
        ("  ", ()),
        ("postgresql://u@b/papers", ("postgresql://u@b/papers",)),
        ("postgresql://u@b/papers, postgresql://u@c/papers", ("postgresql://u@b/papers", "postgresql://u@c/papers")),
    ):
        monkeypatch.setenv("TENKYO_DATABASE_READ_URL", given)
        assert read_settings().database == Servers(primary, urls)


def test_replicas_of_nothing_are_refused_without_their_password(monkeypatch):
    monkeypatch.setenv("TENKYO_DATABASE_READ_URL", "postgresql://u:himitsu@b/papers")
    with pytest.raises(SettingsError, match=r"^TENKYO_DATABASE_READ_URL: .*only with TENKYO_DATABASE_URL") as refused:
        read_settings()
    assert "himitsu" not in str(refused.value)
