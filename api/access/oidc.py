"""Signing in at an OpenID Connect provider: who somebody is, and which of our groups their claims give them.

OpenID Connect Core 1.0, the code flow with PKCE (RFC 7636). A token is believed only if it is signed by a key that the
provider itself publishes, with one of two algorithms, for us, now, and for this one sign-in.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from threading import Lock
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from api.access.errors import AccessError

ALGORITHMS = ["RS256", "ES256"]
SCOPE = "openid profile email"
LEEWAY = 60  # seconds that two clocks may differ
REFETCH_SECONDS = 60.0  # between two looks for a key that is not known: tokens with made-up ones cost no more
TIMEOUT = httpx.Timeout(10.0)


class ProviderRefused(AccessError):  # noqa: N818 - a state
    """The provider, or what somebody brought from it, is not to be believed. ``str(error)`` says why, to the log."""

    def __init__(self, detail: str):
        message = "サインインを確かめられませんでした。もう一度お試しください。続くときは、管理者に知らせてください。"
        super().__init__(detail, message, "provider-refused")


@dataclass(frozen=True)
class Attempt:
    """What one sign-in begins with, and its end is held against."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who a token says somebody is. ``subject`` is theirs for good, whatever they are called."""

    subject: str
    name: str
    groups: frozenset[str]  # names of ours


class Provider:
    """One provider. Safe from threads. What it publishes of itself is read when it is first needed, and kept."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        secret: str,
        redirect: str,
        table: Mapping[str, str],
        claim: str = "groups",
        http: httpx.Client | None = None,
        clock: Callable[[], float] = time.time,
    ):
        """``table`` names the group of ours for each value of ``claim`` that gives one; other values give none."""
        self.issuer = issuer
        self._client_id, self._secret, self._redirect = client_id, secret, redirect
        self._table, self._claim = table, claim
        self._http = http or httpx.Client(timeout=TIMEOUT, follow_redirects=False)
        self._clock = clock
        self._lock = Lock()
        self._about: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._fetched = 0.0

    def begin(self) -> tuple[str, Attempt]:
        """Return the address at which somebody signs in, and what to keep until they come back."""
        attempt = Attempt(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect,
            "scope": SCOPE,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return f"{self._known()['authorization_endpoint']}?{urlencode(asked)}", attempt

    def finish(self, code: str, attempt: Attempt) -> Identity:
        """Return who came back with a code; ProviderRefused when they, or the provider, cannot be believed."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "client_id": self._client_id,
            "client_secret": self._secret,
            "code_verifier": attempt.verifier,
        }
        body = self._json("POST", self._known()["token_endpoint"], data=sent)
        token = body.get("id_token")
        if not isinstance(token, str):
            raise ProviderRefused("the provider sent no id_token")
        return self._identity(self._claims(token, attempt.nonce))

    def close(self) -> None:
        self._http.close()

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            claims = dict(self._decoded(token))
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self._client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderRefused(f"the token is refused: {type(error).__name__}: {error}") from error
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise ProviderRefused("the token is for several, and not for us first (azp)")
        return claims

    def _decoded(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token whose signature one of the provider's own keys made.

        Keys that the token itself brings are not looked at. One that is not known is looked for at the provider once.
        """
        try:
            return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            with self._lock:
                is_new = self._clock() - self._fetched > REFETCH_SECONDS
            if not is_new:
                raise
            return jwt.decode(token, self._key_set(fresh=True), algorithms=ALGORITHMS).claims

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        given = claims.get(self._claim, [])
        values = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        groups = frozenset(self._table[value] for value in values if isinstance(value, str) and value in self._table)
        named = (claims.get(name) for name in ("name", "preferred_username", "email"))
        name = next((one for one in named if isinstance(one, str) and one.strip()), str(claims["sub"]))
        return Identity(str(claims["sub"]), name[:80], groups)

    def _known(self) -> dict[str, Any]:
        """Return what the provider publishes of itself (OpenID Connect Discovery 1.0)."""
        with self._lock:
            if self._about is not None:
                return self._about
        about = self._json("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if about.get("issuer") != self.issuer or not all(isinstance(about.get(name), str) for name in wanted):
            raise ProviderRefused(f"what {self.issuer} says of itself is not of it, or lacks one of {wanted}")
        if self.issuer.startswith("https://") and not all(about[name].startswith("https://") for name in wanted):
            raise ProviderRefused("an endpoint of the provider is not https")
        with self._lock:
            self._about = about
        return about

    def _key_set(self, *, fresh: bool = False) -> KeySet:
        with self._lock:
            if self._keys is not None and not fresh:
                return self._keys
        found = self._json("GET", self._known()["jwks_uri"])
        try:
            keys = KeySet.import_key_set(found)  # type: ignore[arg-type] # what it cannot read it raises for
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderRefused(f"the provider's keys cannot be read: {error}") from error
        with self._lock:
            self._keys, self._fetched = keys, self._clock()
        return keys

    def _json(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, url, **how)
            body = response.json() if response.status_code == 200 else None
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderRefused(f"{method} {url}: {type(error).__name__}: {error}") from error
        if not isinstance(body, dict):
            raise ProviderRefused(f"{method} {url}: status {response.status_code}, or no JSON object")
        return body
