"""The two pages of the API itself, /sign-in and /welcome: they set the cookie that signs a browser in to the page."""

from __future__ import annotations

import logging
from html import escape
from secrets import compare_digest, token_urlsafe
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from itsdangerous import BadData, URLSafeTimedSerializer

from api.access.door import note
from api.access.errors import AccessError
from api.access.oidc import Attempt, Provider, ProviderRefused
from api.access.shared import SharedDoor
from api.access.signing_in import LONGEST, SHORTEST
from api.settings import Settings

COOKIE = "tenkyo_session"  # read by the page, which sends it on as a bearer token; the API itself takes no cookie
FORM_COOKIE = "tenkyo_form"
FORM_SECONDS = 3600
PROVIDER_COOKIE = "tenkyo_provider"
PROVIDER_SECONDS = 600

log = logging.getLogger(__name__)

_STYLE = """
:root { color-scheme: light; }
body { font: 1rem/1.7 "Hiragino Sans", "Noto Sans JP", "Yu Gothic UI", sans-serif; margin: 12vh auto; max-width: 24rem;
  padding: 0 1rem; background: #fdfcf9; color: #1f2630; }
h1 { font: 600 1.5rem/1.4 "Hiragino Mincho ProN", "Noto Serif JP", "Yu Mincho", serif; margin: 0 0 1.2rem;
  border-left: 0.3rem solid #a8322a; padding-left: 0.6rem; }
label { display: block; margin: 1rem 0 0.2rem; }
input { box-sizing: border-box; font: inherit; padding: 0.5rem; width: 100%; border: 1px solid #767676;
  border-radius: 0.2rem; background: #fff; }
button { font: inherit; margin-top: 1.4rem; padding: 0.6rem 1.6rem; border: 0; border-radius: 0.3rem;
  background: #24476b; color: #fff; cursor: pointer; }
a { color: #24476b; }
.wrong { border-left: 0.25rem solid #b3261e; padding-left: 0.7rem; }
.small { font-size: 0.9rem; }
"""


def forms_router(door: SharedDoor, settings: Settings, provider: Provider | None) -> APIRouter:
    """Return the routes of the pages; ``provider`` is where people sign in as well, if anywhere.

    They are for everybody, so they say nothing but whether it went well.
    """
    router = APIRouter(include_in_schema=False)
    serializer = URLSafeTimedSerializer(token_urlsafe(32), salt="form")
    own, page = _origin(settings.sign_in_url), settings.page_url
    is_secure = settings.sign_in_url.startswith("https://")

    def shown(title: str, fields: str, wrong: str = "", status: int = 200, after: str = "") -> Response:
        """Return a page with a form that nobody else's page can send."""
        secret, nonce = token_urlsafe(16), token_urlsafe(16)
        told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
        body = (
            f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{escape(title)} - 典拠</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<style nonce="{nonce}">{_STYLE}</style></head><body><main><h1>典拠　{escape(title)}</h1>{told}'
            f'<form method="post" enctype="multipart/form-data">{fields}'
            f'<input type="hidden" name="form" value="{escape(serializer.dumps(secret))}">'
            f'<button type="submit">{escape(title)}</button></form>{after}</main></body></html>'
        )
        response = HTMLResponse(body, status)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self' {_origin(page)}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        # Without any referrer a browser would name no origin either, and the form could not be told from a foreign one.
        response.headers["Referrer-Policy"] = "same-origin"
        keep(response, FORM_COOKIE, secret, FORM_SECONDS)
        return response

    def keep(response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(name, value, max_age=seconds, httponly=True, secure=is_secure, samesite="strict")

    def is_own(request: Request, form: str) -> bool:
        """Tell whether a form was sent from the page that we gave this browser."""
        if request.headers.get("origin") != own:
            return False
        try:
            secret = str(serializer.loads(form, max_age=FORM_SECONDS))
        except BadData:
            return False
        return compare_digest(secret, request.cookies.get(FORM_COOKIE, ""))

    def signed_in(token: str) -> Response:
        response = RedirectResponse(page, 303)
        keep(response, COOKIE, token, settings.session_hours * 3600)
        response.delete_cookie(FORM_COOKIE)
        return response

    def sign_in_page(wrong: str = "", status: int = 200, name: str = "") -> Response:
        fields = _field("name", "名前", name, autocomplete="username") + _field(
            "password", "パスワード", type_="password", autocomplete="current-password"
        )
        after = '<p class="small"><a href="/welcome">招待のコードをお持ちの方</a></p>'
        if provider is not None:
            after = '<p><a href="/sign-in/provider">職場のアカウントでサインイン</a></p>' + after
        return shown("サインイン", fields, wrong, status, after)

    def welcome_page(wrong: str = "", status: int = 200, code: str = "", name: str = "") -> Response:
        fields = _field("code", "コード", code, autocomplete="one-time-code")
        if not door.people.has_administrator():
            fields += _field("name", "あなたの名前（最初の管理者になります）", name, autocomplete="username")
        label = f"パスワード（{SHORTEST} 文字以上）"
        fields += _field("password", label, type_="password", autocomplete="new-password")
        return shown("はじめる", fields, wrong, status)

    @router.get("/sign-in")
    def sign_in_form() -> Response:
        return sign_in_page()

    @router.post("/sign-in")
    def sign_in(
        request: Request,
        name: Annotated[str, Form(max_length=200)] = "",
        password: Annotated[str, Form(max_length=LONGEST + 1)] = "",
        form: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        if not is_own(request, form):
            return sign_in_page("もう一度入力してください。", 400, name)
        try:
            token, user = door.signing_in.sign_in(name, password)
        except AccessError as error:
            note(request, refused=error.kind)
            return sign_in_page(error.message, 429 if error.kind == "sign-in-too-early" else 403, name)
        note(request, who=user)
        return signed_in(token)

    @router.get("/welcome")
    def welcome_form() -> Response:
        return welcome_page()

    @router.post("/welcome")
    def welcome(
        request: Request,
        code: Annotated[str, Form(max_length=200)] = "",
        name: Annotated[str, Form(max_length=200)] = "",
        password: Annotated[str, Form(max_length=LONGEST + 1)] = "",
        form: Annotated[str, Form(max_length=500)] = "",
    ) -> Response:
        if not is_own(request, form):
            return welcome_page("もう一度入力してください。", 400, code, name)
        try:
            token, user = door.signing_in.accept(code, name, password)
        except AccessError as error:
            note(request, refused=error.kind)
            return welcome_page(error.message, 422 if error.kind == "password-unfit" else 403, code, name)
        note(request, who=user)
        return signed_in(token)

    if provider is None:
        return router

    @router.get("/sign-in/provider")
    def to_provider() -> Response:
        try:
            url, attempt = provider.begin()
        except AccessError as error:
            log.warning("%s", error)
            return sign_in_page(error.message, 502)
        response = RedirectResponse(url, 303)
        # Lax: one comes back from another site. Signed, so that nobody brings an attempt of their own.
        kept = serializer.dumps([attempt.state, attempt.nonce, attempt.verifier], salt="provider")
        response.set_cookie(
            PROVIDER_COOKIE,
            str(kept),
            PROVIDER_SECONDS,
            path="/sign-in",
            httponly=True,
            secure=is_secure,
            samesite="lax",
        )
        return response

    @router.get("/sign-in/callback")
    def from_provider(
        request: Request,
        state: Annotated[str, Query(max_length=200)] = "",
        code: Annotated[str, Query(max_length=4000)] = "",
    ) -> Response:
        try:
            kept = serializer.loads(request.cookies.get(PROVIDER_COOKIE, ""), max_age=PROVIDER_SECONDS, salt="provider")
            attempt = Attempt(*kept)
            if not code or not compare_digest(attempt.state, state):
                raise ProviderRefused("no code, or the state of another sign-in")
            token, user = door.signing_in.vouched(provider.issuer, provider.finish(code, attempt))
        except (BadData, AccessError) as error:
            refused = error if isinstance(error, AccessError) else ProviderRefused(str(error))
            log.warning("a sign-in at the provider is refused: %s", refused)
            note(request, refused=refused.kind)
            response = sign_in_page(refused.message, 403)
        else:
            note(request, who=user)
            response = signed_in(token)
        response.delete_cookie(PROVIDER_COOKIE, path="/sign-in")
        return response

    return router


def _field(name: str, label: str, value: str = "", *, autocomplete: str, type_: str = "text") -> str:
    return (
        f'<label for="{name}">{escape(label)}</label><input id="{name}" name="{name}" type="{type_}" '
        f'value="{escape(value)}" autocomplete="{autocomplete}" required>'
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
