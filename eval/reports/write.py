"""Puts the reports of a run into its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.compare import Comparison
from eval.reports import markdown, page
from eval.reports.pages import Pages


def write_reports(
    folder: Path,
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    comparison: Comparison | None,
    pages: Pages,
) -> None:
    """Write report.html and report.md beside the run's JSON; a folder belongs to one run, so nothing is lost."""
    html = page.render(config, metrics, records, comparison, pages)
    (folder / "report.html").write_text(html, encoding="utf-8")
    text = markdown.render(config, metrics, comparison)
    (folder / "report.md").write_text(text, encoding="utf-8")
