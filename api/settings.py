"""Environment and flags to one frozen ``Settings``; an unknown name is refused."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from answer.generating.address import base_url

PREFIX = "TENKYO_"


class SettingsError(ValueError):
    """A setting is unknown or has a value that cannot be used. The text names it, the value and what is allowed."""


def data_folder() -> Path:
    """Return the user's data folder for tenkyo, where this operating system keeps such folders."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "tenkyo"


class Settings(BaseSettings):
    """What can be set, once, at the start. Variables are the names below in capitals after ``TENKYO_``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", allow_inf_nan=False
    )

    index: Path = Field(default_factory=lambda: data_folder() / "index", description="folder of the collection")
    database_url: SecretStr | None = Field(
        None, description="postgresql+psycopg://… of an index that machines share; None: the one in the folder"
    )
    embedding_model: str = Field("default", min_length=1, description="default, a Hugging Face name, or a folder")
    cache: Path | None = Field(None, description="where the default model is unpacked to; None: the user's cache")

    api_host: str = Field("127.0.0.1", min_length=1, description="address the API listens on")
    api_port: int = Field(8000, ge=1, le=65535)
    ui_host: str = Field("127.0.0.1", min_length=1, description="address the page listens on")
    ui_port: int = Field(8501, ge=1, le=65535)
    api_url: str | None = Field(None, description="where the page finds the API; None: the API that serve starts")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.1", "localhost", "::1", "testserver"),
        description="host names the API answers to, with commas: no page elsewhere may reach it by a name of its own",
    )

    max_question_chars: int = Field(500, ge=1, le=10_000)
    max_upload_mb: int = Field(100, ge=1, le=4096, description="all files of one upload together")
    max_upload_files: int = Field(20, ge=1, le=1000)
    max_k: int = Field(50, ge=1, le=1000, description="most hits of one search")

    llm_url: str | None = Field(
        None, description="address of a server that speaks OpenAI's protocol; None: no language model"
    )
    llm_model: str | None = Field(None, min_length=1, description="its model; None: the only one that it has")
    llm_key: SecretStr | None = Field(None, description="sent to that address alone, and shown nowhere")
    llm_window: int | None = Field(
        None, ge=1024, le=2_000_000, description="tokens of a prompt and its reply; None: what the server says"
    )
    llm_parallel: int = Field(1, ge=1, le=256, description="requests at once")
    llm_connect_seconds: float = Field(3.0, gt=0, le=60)
    llm_first_token_seconds: float = Field(20.0, gt=0, le=600)
    llm_silence_seconds: float = Field(15.0, gt=0, le=600, description="between two tokens")
    llm_whole_seconds: float = Field(60.0, gt=0, le=3600, description="a question, all requests for it together")

    alert_webhook: SecretStr | None = Field(
        None, description="address that alerts are posted to as JSON, and no other; None: they stand on the page only"
    )
    alert_mail_to: Annotated[tuple[str, ...], NoDecode] = Field((), description="who alerts are mailed to, with commas")
    alert_mail_from: str = Field("tenkyo@localhost", min_length=3)
    smtp_host: str = Field("127.0.0.1", min_length=1, description="mail server for alerts")
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_starttls: bool = Field(False, description="encrypt the way to the mail server")
    smtp_user: str | None = Field(None, min_length=1, description="None: the server wants no log-in")
    smtp_password: SecretStr = SecretStr("")

    @field_validator("alert_webhook")
    @classmethod
    def _is_http(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.fullmatch(r"https?://[^\s/]+(?:/\S*)?", url.get_secret_value()):
            raise ValueError("must be an address that begins with http:// or https://")
        return url

    @field_validator("alert_mail_to", mode="before")
    @classmethod
    def _receivers(cls, given: object) -> object:
        found = [one.strip() for one in given.split(",") if one.strip()] if isinstance(given, str) else given
        if isinstance(found, list) and not all(re.fullmatch(r"[^@\s]+@[^@\s]+", one) for one in found):
            raise ValueError("must be mail addresses, parted by commas")
        return found

    @field_validator("llm_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        return None if url is None else base_url(url)

    @field_validator("llm_key")
    @classmethod
    def _sendable(cls, key: SecretStr | None) -> SecretStr | None:
        value = key.get_secret_value().strip() if key else ""
        if not value.isascii() or not value.isprintable():
            raise ValueError("must be ASCII without line breaks, as it travels in a header")
        return SecretStr(value) if value else None

    @property
    def database(self) -> str | None:
        """The URL of the shared index, with its password."""
        return self.database_url.get_secret_value() if self.database_url else None

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, hosts: object) -> object:
        return [host.strip() for host in hosts.split(",")] if isinstance(hosts, str) else hosts

    @field_validator("index", "cache")
    @classmethod
    def _home(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else None


# Of these an error never repeats what was given: it may hold a password.
_SECRET = {"alert_webhook", "database_url", "llm_key", "llm_url", "smtp_password"}

# Read by .ci/setup.sh before there is a tenkyo. Whoever exports them for it must not be refused by the command.
_OF_SET_UP = {"TENKYO_TORCH", "TENKYO_TORCH_INDEX"}


def known_variables() -> list[str]:
    """Return the names of every variable that is read."""
    return [PREFIX + name.upper() for name in Settings.model_fields]


def read_settings(**flags: Any) -> Settings:
    """Return the environment's settings, overruled by the flags that are not None.

    Raises SettingsError for a ``TENKYO_`` variable that is not known: a misspelt limit must not pass for a set one.
    """
    known = known_variables()
    given = {name for name in os.environ if name.upper().startswith(PREFIX)}
    unknown = sorted(name for name in given if name.upper() not in {*known, *_OF_SET_UP})
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}; known: {', '.join(known)}")
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(map(_told, error.errors()))) from (None if _names_secret(error) else error)


def _names_secret(error: ValidationError) -> bool:
    return any(_SECRET & set(map(str, e["loc"])) for e in error.errors())


def _told(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"]))
    got = "" if name in _SECRET else f", got {error['input']!r}"
    return f"{PREFIX}{name.upper()}: {error['msg']}{got}"
