"""One self-contained page of a run, to keep, print and send: no script, and nothing is fetched from anywhere.

What documents and questions say is escaped by the template engine, wherever it stands.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from eval.compare import Comparison
from eval.dataset import TYPES as TYPE_ORDER
from eval.reports import figures, names, view
from eval.reports.cases import Album, cases
from eval.reports.pages import Pages

Json = Mapping[str, Any]
FEW = 3  # sets that are shown one by one; more of them are rows of a table below what they come to together


def render(config: Json, metrics: Json, records: Sequence[Json], comparison: Comparison | None, pages: Pages) -> str:
    """Return the report as one HTML text."""
    sets: Mapping[str, Json] = metrics["sets"]
    album = Album(pages)
    wrong = cases(records, comparison, album)
    several, whole = len(sets) > FEW, view.together(sets)
    named = {f"質問集 {name}": scores for name, scores in sets.items()}
    everything = {"全体": {**whole, **view.curves(records)}} if len(sets) > 1 else {}
    template = environment().get_template("page.html.j2")
    return template.render(
        config=config,
        metrics=metrics,
        sets=sets,
        several=several,
        whole=whole,
        rows={**everything, **sets},
        plots=everything if several else {**everything, **named},
        records=records,
        comparison=comparison,
        verdict=view.verdict(sets, comparison),
        cases=wrong,
        pictures=album.pictures,
        left_out=len(album.left_out),
        case_types=[kind for kind in TYPE_ORDER if any(case.type == kind for case in wrong)],
        case_faults=[code for code in names.FAULTS if any(case.fault == code for case in wrong)],
        view=view,
        names=names,
    )


def environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=figures.percent,
        decimal=figures.decimal,
        milliseconds=figures.milliseconds,
        moment=figures.moment,
        base64=lambda data: base64.b64encode(data).decode(),
    )
    return environment
