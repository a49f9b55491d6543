"""Errors as other programs' clients read them, by the path that was asked: OpenAI's shape, and Dify's."""

from __future__ import annotations

from typing import Any

CHAT, MODELS, RETRIEVAL = "/v1/chat/completions", "/v1/models", "/retrieval"
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_DIFY_CODES = {401: 1002, 403: 1002, 404: 2001}  # as docs.dify.ai has them; a malformed credential is 1001


def reshaped(
    path: str, status: int, kind: str, title: str, detail: str
) -> tuple[int, dict[str, Any], dict[str, str]] | None:
    """Return status, body and headers of an error for who asks at ``path``; None where a problem document is read."""
    where = path.rstrip("/")
    if where in (CHAT, MODELS):
        # OpenAI's client would ask thrice for what no repetition mends, such as an index that is missing.
        headers = {"x-should-retry": "false"} if status == 409 else {}
        return _openai_status(status), openai_error(status, kind, title, detail), headers
    if where == RETRIEVAL:
        code = 1001 if kind == "credentials" else _DIFY_CODES.get(status, status)
        return status, {"error_code": code, "error_msg": f"{title}（{detail}）"}, {}
    return None


def openai_error(status: int, kind: str, title: str, detail: str) -> dict[str, Any]:
    """Return an error as OpenAI's clients read it; it is the same before a stream and in it."""
    type_ = _OPENAI_TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    code = "invalid_api_key" if status == 401 else kind
    return {"error": {"message": f"{title}（{detail}）", "type": type_, "param": None, "code": code}}


def _openai_status(status: int) -> int:
    """Return 400 for what cannot be read: OpenAI's clients know it by that status alone."""
    return 400 if status == 422 else status
