"""The address of a language model's server: what of a typed one is used, and whether it is this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

_ROUTE = "/chat/completions"


def base_url(typed: str) -> str:
    """Return the address that OpenAI's routes stand under. 例: http://localhost:11434/v1 for http://localhost:11434/

    Raises ValueError, which never repeats the address: a password may stand in it.
    """
    parts = urlsplit(typed.strip())
    try:
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        is_whole = False
    if not is_whole:
        raise ValueError("must be an address such as http://127.0.0.1:11434/v1")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user name or password; a key goes to TENKYO_LLM_KEY")
    if parts.query or parts.fragment:
        raise ValueError("must end with its path, without ? or #")
    path = parts.path.rstrip("/").removesuffix(_ROUTE)
    return urlunsplit((parts.scheme, parts.netloc, path or "/v1", "", ""))


def root_url(base: str) -> str:
    """Return the address that a server's own routes stand under. 例: http://localhost:11434"""
    return base.removesuffix("/v1")


def is_loopback(url: str) -> bool:
    """Say whether an address is this machine, so that nothing leaves it."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
