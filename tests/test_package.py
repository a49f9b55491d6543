"""The package as others install it: a wheel, in an environment of its own, away from this checkout."""

import json
import os
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = ("build", "dist", "runs", "docs", "__pycache__", "*.egg-info", ".*_cache", ".venv", ".git", ".tenkyo")

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def tenkyo(tmp_path_factory) -> Path:
    """The command of an environment that holds the wheel, and sees of this one only the parts that are needed."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_OURS))
    quiet = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check"]
    subprocess.run([*quiet, "wheel", "--no-deps", "-w", folder, folder / "source"], check=True)
    (wheel,) = folder.glob("tenkyo-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*quiet, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    # As a path of its own line: the link to this checkout, which is a line of the same folder, is not followed then.
    (packages,) = (folder / "venv").glob("lib/python3*/site-packages")
    (packages / "parts.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    return folder / "venv" / "bin" / "tenkyo"


def run(tenkyo: Path, *arguments: str, index: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TENKYO_", "PYTHONPATH"))}
    ran = subprocess.run(
        [tenkyo, "--index", index, *arguments], env=kept, cwd=index.parent, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_an_installed_tenkyo_answers_from_papers_of_its_own(tenkyo, tmp_path):
    run(tenkyo, "ingest", str(ROOT / "sample" / "r7-02-gikai.pdf"), index=tmp_path / "index")
    asked = run(tenkyo, "ask", "--json", "くまもとDX推進コンソーシアムの会員数は？", index=tmp_path / "index")
    answer = json.loads(asked)
    assert "648" in answer["answer"]
    assert answer["citations"][0]["file"] == "r7-02-gikai.pdf"


def test_an_installed_tenkyo_holds_every_file_that_is_no_code(tenkyo):
    """A style sheet or a question file that is left out is missed only when somebody needs it."""
    (packages,) = tenkyo.parent.parent.glob("lib/python3*/site-packages")
    rooms = ("ingest", "index", "answer", "api", "ui", "eval")
    tracked = {path.relative_to(ROOT) for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()}
    wanted = {p for p in tracked if not {"__pycache__", "runs"} & set(p.parts) and p.suffix not in {".py", ".md"}}
    assert {Path("ui/page.js"), Path("ui/.streamlit/config.toml"), Path("eval/baseline.json")} <= wanted
    assert [str(path) for path in sorted(wanted) if not (packages / path).is_file()] == []
