"""Fail where a pin of constraints.txt asks for a newer Python than the oldest that pyproject.toml promises.

What is installed tells it by itself; of the rest, such as the extras ``bench`` and ``peers``, pip asks the index.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent


def oldest_python() -> str:
    """Return the oldest Python that is promised, in full. 例: >=3.11 → 3.11.0"""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    (oldest,) = re.fullmatch(r">=(\d+\.\d+)", stated).groups()
    return f"{oldest}.0"


def pins() -> list[tuple[str, str]]:
    """Return name and version of each pin."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [(name, version) for name, _, version in (line.partition("==") for line in lines if line.strip())]


def main() -> int:
    python = oldest_python()
    refused: list[str] = []
    elsewhere: list[str] = []
    for name, version in pins():
        try:
            found = distribution(name)
        except PackageNotFoundError:
            found = None
        if found is None or found.version.partition("+")[0] != version:
            elsewhere.append(f"{name}=={version}")
            continue
        wanted = found.metadata["Requires-Python"] or ""
        if python not in SpecifierSet(wanted):
            refused.append(f"{name}=={version} requires Python {wanted}")
    if elsewhere:
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--dry-run"]
            only = ["--no-deps", "--only-binary=:all:", "--python-version", python, "--target", folder]
            asked = subprocess.run([*pip, *only, *elsewhere], capture_output=True, text=True, check=False)
        if asked.returncode:
            refused.append(asked.stderr.strip().splitlines()[-1])
    for line in refused:
        print(f"constraints.txt: {line}, but pyproject.toml promises {python}", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
