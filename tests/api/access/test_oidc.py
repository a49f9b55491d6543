"""Signing in at a provider: a small one in this process, which also forges, replays and lies."""

import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlparse

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.testclient import TestClient

from answer.assistant import Assistant
from api.access.oidc import Provider
from api.access.shared import open_door
from api.app import create_app
from api.settings import Settings, SettingsError, check_state
from index.collection import Collection
from tests.api.access.office import CHEAP
from tests.conftest import HashingEmbedder

ISSUER = "https://id.example.jp"
CLIENT = "tenkyo"
SECRET = "the client's secret of sixteen and more"
OWN = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"})
FOR_ALL = RSAKey.import_key({name: value for name, value in OWN.as_dict(private=True).items() if name != "alg"})
CURVE = ECKey.generate_key("P-256", {"kid": "two", "alg": "ES256"})


@dataclass
class House:
    """The provider: whoever comes is ``claims``, and ``sign`` makes the token of them."""

    claims: dict = field(default_factory=dict)
    keys: list = field(default_factory=lambda: [OWN])
    about: dict = field(default_factory=dict)
    fetched: int = 0
    codes: dict = field(default_factory=dict)  # each with the nonce and the challenge that it was given for
    sign: object = None

    def token(self, nonce):
        now = int(time.time())
        claims = {
            **{"iss": ISSUER, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 300, "nonce": nonce},
            **{"name": "佐藤 花子", "groups": ["somu-01", "unheard-of"]},
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, OWN)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        match request.url.path:
            case "/.well-known/openid-configuration":
                ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
                told = {name: f"{ISSUER}/{end}" for name, end in ends.items()}
                return httpx.Response(200, json={"issuer": ISSUER, **told, **self.about})
            case "/keys":
                self.fetched += 1
                return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys]})
            case "/token":
                sent = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
                kept = self.codes.pop(sent["code"], None)
                if kept is None or sent["client_secret"] != SECRET or not fits(kept[1], sent["code_verifier"]):
                    return httpx.Response(400, json={"error": "invalid_grant"})
                return httpx.Response(200, json={"id_token": self.token(kept[0])})
        return httpx.Response(404)


def fits(challenge, verifier):
    import base64
    import hashlib

    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode() == challenge


@pytest.fixture
def house():
    return House()


@pytest.fixture
def office(tmp_path, house):
    index = tmp_path / "index"
    door = open_door(index, 3600.0, 12 * 3600.0, "off", CHEAP, per_minute=10**9)
    door.people.add_group("総務課")
    with httpx.Client(transport=httpx.MockTransport(house)) as http:
        settings = Settings(index=index, shared=True)
        redirect = f"{settings.sign_in_url}/sign-in/callback"
        provider = Provider(ISSUER, CLIENT, SECRET, redirect, {"somu-01": "総務課"}, http=http)
        app = create_app(Assistant(Collection(index, HashingEmbedder())), settings, door=door, provider=provider)
        with TestClient(app, follow_redirects=False) as client:
            client.door = door
            yield client


def begun(office, house, code="c"):
    """Go to the provider, as a browser would; return what it was asked, with a code that it has made for it."""
    response = office.get("/sign-in/provider")
    assert response.status_code == 303
    url = urlparse(response.headers["location"])
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    house.codes[code] = asked["nonce"], asked["code_challenge"]
    return asked


def come_back(office, state, code="c"):
    return office.get("/sign-in/callback", params={"state": state, "code": code})


def token_of(response):
    kept = [c for c in response.headers.get_list("set-cookie") if c.startswith("tenkyo_session=")]
    return kept[0].split(";")[0].partition("=")[2] if kept else None


def test_somebody_of_the_house_comes_in_with_the_groups_of_the_table(office, house):
    asked = begun(office, house)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/callback"
    token = token_of(come_back(office, asked["state"]))
    me = office.get("/v1/me", headers={"authorization": f"Bearer {token}"}).json()
    assert (me["name"], me["permissions"]) == ("佐藤 花子", ["read"])
    assert [group["name"] for group in me["groups"]] == ["総務課"]  # of "unheard-of" nothing comes


def test_groups_are_those_of_the_newest_token_and_a_name_that_is_taken_is_somebody_elses(office, house):
    office.door.people.add("佐藤 花子", ("read", "administer"))
    first = token_of(come_back(office, begun(office, house)["state"]))
    house.claims = {"groups": []}
    token_of(come_back(office, begun(office, house)["state"]))
    me = office.get("/v1/me", headers={"authorization": f"Bearer {first}"}).json()
    assert me["groups"] == []
    assert me["name"] == "佐藤 花子 (2)"
    assert len(office.door.people.all()) == 2  # the same person, the second time


def test_a_session_of_the_provider_ends_within_the_hour(office, house, monkeypatch):
    token = token_of(come_back(office, begun(office, house)["state"]))
    headers = {"authorization": f"Bearer {token}"}
    now = time.time()
    office.door.signing_in._clock = lambda: now + 3500
    assert office.get("/v1/me", headers=headers).status_code == 200
    office.door.signing_in._clock = lambda: now + 3700
    assert office.get("/v1/me", headers=headers).status_code == 401


def test_whoever_is_out_of_use_here_does_not_come_in_there(office, house):
    come_back(office, begun(office, house)["state"])
    user = office.door.people.get("佐藤 花子")
    with office.door.database.writing() as connection:
        connection.exec_driver_sql("UPDATE users SET is_disabled = 1 WHERE id = ?", (user.id,))
    assert token_of(come_back(office, begun(office, house)["state"])) is None


def unsigned(claims):
    import base64
    import json

    parts = [{"alg": "none"}, claims]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."


def signed_by(key, header):
    return lambda claims: jwt.encode(header, claims, key, algorithms=[header["alg"]])


def with_its_own_key(claims):
    header = {"alg": "RS256", "kid": "one", "jwk": OTHER.as_dict(private=False)}
    registry = jws.JWSRegistry(algorithms=["RS256"])
    return jwt.encode(header, claims, OTHER, registry=registry)


def public_key_as_secret(claims):
    key = OctKey.import_key(OWN.as_pem(private=False))
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key)


FORGED = {
    "alg none": unsigned,
    "another key of the same name": signed_by(OTHER, {"alg": "RS256", "kid": "one"}),
    "a key in the token's own header": with_its_own_key,
    "the client's secret as key": signed_by(OctKey.import_key(SECRET), {"alg": "HS256", "kid": "one"}),
    "the public key as secret": public_key_as_secret,
    "another algorithm of the right key": signed_by(FOR_ALL, {"alg": "PS256", "kid": "one"}),
    "no token at all": lambda claims: "not a token",
    "an empty signature": lambda claims: (
        jwt.encode({"alg": "RS256", "kid": "one"}, claims, OWN).rsplit(".", 1)[0] + "."
    ),
}


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_forged_token_lets_nobody_in(office, house, how):
    house.sign = FORGED[how]
    response = come_back(office, begun(office, house)["state"])
    assert (response.status_code, token_of(response)) == (403, None)
    assert office.door.people.all() == []


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://id.example.jp.evil.example"},
        {"iss": None},
        {"aud": "another program"},
        {"aud": ["another program"]},
        {"aud": [CLIENT, "another program"]},
        {"aud": [CLIENT, "another program"], "azp": "another program"},
        {"aud": None},
        {"exp": NOW - 3600},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": NOW + 3600},
        {"iat": None},
        {"sub": None},
        {"nonce": "of another sign-in"},  # a token that was used before
        {"nonce": None},
    ],
)
def test_a_true_token_that_is_not_for_us_now_and_this_time_lets_nobody_in(office, house, claims):
    house.claims = claims
    response = come_back(office, begun(office, house)["state"])
    assert (response.status_code, token_of(response)) == (403, None)


def test_a_code_holds_once_and_only_for_the_browser_that_began(office, house):
    begun(office, house)
    assert token_of(come_back(office, "another state")) is None
    asked = begun(office, house)
    cookie = {"cookie": "; ".join(f"{c.name}={c.value}" for c in office.cookies.jar)}
    assert token_of(come_back(office, asked["state"])) is not None
    again = office.get("/sign-in/callback", params={"state": asked["state"], "code": "c"}, headers=cookie)
    assert token_of(again) is None
    office.cookies.clear()
    house.codes["d"] = "n", "c"
    assert token_of(come_back(office, asked["state"], "d")) is None
    made_up = {"cookie": "tenkyo_provider=made.up"}
    assert token_of(office.get("/sign-in/callback?state=x&code=d", headers=made_up)) is None


def test_a_key_that_is_new_at_the_provider_is_looked_for_once(office, house, monkeypatch):
    assert token_of(come_back(office, begun(office, house)["state"])) is not None
    assert house.fetched == 1
    house.keys = [OWN, CURVE]
    house.sign = signed_by(CURVE, {"alg": "ES256", "kid": "two"})
    assert token_of(come_back(office, begun(office, house)["state"])) is None  # looked a moment ago
    later = time.time() + 61
    provider = next(c.cell_contents for c in provider_cells(office) if isinstance(c.cell_contents, Provider))
    provider._clock = lambda: later
    assert token_of(come_back(office, begun(office, house)["state"])) is not None
    assert house.fetched == 2
    house.sign = signed_by(OTHER, {"alg": "RS256", "kid": "one"})
    for _ in range(5):
        assert token_of(come_back(office, begun(office, house)["state"])) is None
    assert house.fetched == 2


def provider_cells(office):
    from api.access.caller import all_routes

    route = next(r for r in all_routes(office.app) if getattr(r, "path", "") == "/sign-in/callback")
    return route.endpoint.__closure__


@pytest.mark.parametrize(
    "about",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://id.example.jp/token"}, {"jwks_uri": None}],
)
def test_a_provider_that_says_another_name_or_a_plain_address_is_not_gone_to(office, house, about):
    house.about = about
    response = office.get("/sign-in/provider")
    assert response.status_code == 502
    assert "職場のアカウントでサインイン" in response.text


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"oidc_issuer": ISSUER}, "TENKYO_OIDC_CLIENT_ID"),
        ({"oidc_issuer": ISSUER, "oidc_client_id": CLIENT}, "TENKYO_OIDC_CLIENT_SECRET"),
        (
            {"oidc_issuer": "http://id.example.jp", "oidc_client_id": CLIENT, "oidc_client_secret": SECRET},
            "TENKYO_OIDC_ISSUER.*https",
        ),
    ],
)
def test_a_provider_that_is_half_set_is_refused_by_name(given, named):
    with pytest.raises(SettingsError, match=named):
        check_state(Settings(shared=True, **given))


def test_the_table_of_groups_is_explicit(monkeypatch):
    settings = Settings(oidc_groups="somu-01=総務課, dob-02 = 土木課")
    assert settings.oidc_groups == {"somu-01": "総務課", "dob-02": "土木課"}
    with pytest.raises(ValueError, match=re.escape("value=group")):
        Settings(oidc_groups="somu-01")
