"""Environment and flags to one frozen ``Settings``; an unknown name is refused."""

from __future__ import annotations

import os
import re
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from answer.generating.address import base_url
from index.servers import Servers, split_urls

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
    database_read_url: SecretStr | None = Field(
        None, description="URLs of its streaming replicas, with commas or spaces: they are read; None: it alone"
    )
    intake: bool = Field(True, description="serve takes sent papers in; off: `tenkyo work` does, here or elsewhere")
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

    shared: bool = Field(False, description="people sign in, and see what their groups may see; off: this machine only")
    public_url: str | None = Field(None, description="where people find the page when it is shared")
    public_api_url: str | None = Field(None, description="where their browsers find the API; its host is the page's")
    proxies: str | None = Field(None, description="addresses of proxies whose word on who calls is taken, with commas")
    session_idle_minutes: int = Field(60, ge=5, le=24 * 60, description="without use, a session ends after these")
    session_hours: int = Field(12, ge=1, le=30 * 24, description="with use, it ends after these")
    oidc_issuer: str | None = Field(None, description="an OpenID Connect provider that people sign in at")
    oidc_client_id: str | None = Field(None, min_length=1)
    oidc_client_secret: SecretStr | None = Field(None, description="sent to that provider alone, and shown nowhere")
    oidc_claim: str = Field("groups", min_length=1, description="the claim that names somebody's groups")
    oidc_groups: Annotated[dict[str, str], NoDecode] = Field(
        {}, description="which of its values gives which of our groups: value=group, with commas; others give none"
    )
    requests_per_minute: int = Field(1200, ge=1, description="of one caller where there are accounts")
    asking_at_once: int | None = Field(None, ge=1, le=256, description="questions; None: as many as there are cores")
    audit_questions: Literal["off", "hashed", "full"] = Field(
        "hashed", description="what the record keeps of questions"
    )
    conversation_days: int | None = Field(
        None, ge=1, le=3650, description="how long a conversation is kept that nobody goes on with; None: until removed"
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

    open_webui_events: bool = Field(
        False, description="tell Open WebUI quotes and pages in lines that other programs choke on"
    )

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

    @field_validator("public_url", "public_api_url")
    @classmethod
    def _origin(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise ValueError("must be an address such as https://papers.example.jp")
        return url.rstrip("/")

    @property
    def page_url(self) -> str:
        """Return where people find the page."""
        return self.public_url or local_url(self.ui_host, self.ui_port)

    @property
    def public_hosts(self) -> tuple[str, ...]:
        """Return the names by which browsers call the API."""
        return tuple(filter(None, (urlsplit(url).hostname for url in (self.public_url, self.public_api_url) if url)))

    @property
    def public_origins(self) -> tuple[str, ...]:
        """Return the origins of the page and of the API, as browsers write them."""
        parts = [urlsplit(url) for url in (self.page_url, self.sign_in_url)]
        return tuple(f"{part.scheme}://{part.netloc}" for part in parts)

    @property
    def sign_in_url(self) -> str:
        """Return where their browsers find the API."""
        return self.public_api_url or local_url(self.api_host, self.api_port)

    @field_validator("oidc_groups", mode="before")
    @classmethod
    def _table(cls, table: object) -> object:
        if not isinstance(table, str):
            return table
        pairs = [pair.partition("=") for pair in table.split(",") if pair.strip()]
        if not all(value.strip() and group.strip() for value, _, group in pairs):
            raise ValueError("must be value=group, with commas")
        return {value.strip(): group.strip() for value, _, group in pairs}

    @field_validator("llm_key")
    @classmethod
    def _sendable(cls, key: SecretStr | None) -> SecretStr | None:
        value = key.get_secret_value().strip() if key else ""
        if not value.isascii() or not value.isprintable():
            raise ValueError("must be ASCII without line breaks, as it travels in a header")
        return SecretStr(value) if value else None

    @field_validator("database_read_url")
    @classmethod
    def _of_a_database(cls, urls: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if urls is not None and urls.get_secret_value().strip() and info.data.get("database_url") is None:
            raise ValueError("only with TENKYO_DATABASE_URL, the primary that these are replicas of")
        return urls

    @property
    def database(self) -> Servers | None:
        """Where the shared index is, with its passwords."""
        if self.database_url is None:
            return None
        replicas = self.database_read_url.get_secret_value() if self.database_read_url else ""
        return Servers(self.database_url.get_secret_value(), split_urls(replicas))

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, hosts: object) -> object:
        return [host.strip() for host in hosts.split(",")] if isinstance(hosts, str) else hosts

    @field_validator("index", "cache")
    @classmethod
    def _home(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else None


def check_state(settings: Settings) -> None:
    """Raise SettingsError unless the settings are one of two states: local without accounts, or shared with them.

    Local listens to this machine alone. Shared beyond it needs the addresses that people use, since cookies, links and
    the check of whom a request comes from rest on them.
    """
    hosts = {"api_host": settings.api_host, "ui_host": settings.ui_host}
    wide = [name for name, host in hosts.items() if not is_loopback(host)]
    if not settings.shared:
        if wide:
            raise SettingsError(
                f"{PREFIX}{wide[0].upper()}: {hosts[wide[0]]!r} is reached from other machines, and nobody signs in: "
                f"set {PREFIX}SHARED=1 (tenkyo serve --shared), or listen at 127.0.0.1"
            )
        for name in ("public_url", "public_api_url"):
            if getattr(settings, name):
                raise SettingsError(f"{PREFIX}{name.upper()}: only with {PREFIX}SHARED=1 (tenkyo serve --shared)")
        return
    if settings.alert_webhook is not None or settings.alert_mail_to:
        name = "alert_mail_to" if settings.alert_webhook is None else "alert_webhook"
        raise SettingsError(
            f"{PREFIX}{name.upper()}: only without {PREFIX}SHARED=1: one address would be told of everybody's papers; "
            "with accounts, alerts are on the page"
        )
    for name in ("public_url", "public_api_url"):
        if wide and getattr(settings, name) is None:
            raise SettingsError(
                f"{PREFIX}{name.upper()}: must be set, since {PREFIX}{wide[0].upper()} is {hosts[wide[0]]!r}: "
                "the address that people's browsers use, such as https://papers.example.jp"
            )
    if settings.oidc_issuer:
        for name in ("oidc_client_id", "oidc_client_secret"):
            if getattr(settings, name) is None:
                raise SettingsError(f"{PREFIX}{name.upper()}: must be set with {PREFIX}OIDC_ISSUER")
        if not settings.oidc_issuer.startswith("https://") and not is_loopback(
            urlsplit(settings.oidc_issuer).hostname or ""
        ):
            raise SettingsError(f"{PREFIX}OIDC_ISSUER: must be https, or people could be anybody")
    page, api = (urlsplit(url).hostname for url in (settings.page_url, settings.sign_in_url))
    if page != api:
        raise SettingsError(
            f"{PREFIX}PUBLIC_API_URL: its host {api!r} is not that of {PREFIX}PUBLIC_URL, {page!r}: "
            "a browser sends what signs it in to one host only"
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host can be this machine only. 例: 127.0.0.1 → True, 127.0.0.1.example.jp → False"""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def local_url(host: str, port: int) -> str:
    """Return the address that a program on this machine calls; listening everywhere, it is called here."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


# Of these an error never repeats what was given: it may hold a password.
_SECRET = {
    "alert_webhook",
    "database_url",
    "database_read_url",
    "llm_key",
    "llm_url",
    "oidc_client_secret",
    "smtp_password",
}

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
