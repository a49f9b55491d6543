"""How far the stated confidence holds, as two pictures (SVG) that a README can show.

    python -m eval.reports.pictures eval/runs/20261123-152220-000000 --to docs

They are drawn over the answers of all sets of a run together (``--sets``: of some), by the templates of the report.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.arguments import Parser
from eval.history import read_records
from eval.reports.page import environment
from eval.reports.view import curves

FONT = "'Hiragino Sans','Yu Gothic UI',Meiryo,'Noto Sans CJK JP',IPAGothic,sans-serif"


def draw(records: Sequence[Mapping[str, Any]], folder: Path) -> tuple[Path, ...]:
    """Write reliability.svg and risk-coverage.svg of the answers that were given; return their paths."""
    found = curves(records)
    charts: Any = environment().get_template("charts.html.j2").module
    drawn = {
        "reliability.svg": charts.reliability("", found["reliability"]),
        "risk-coverage.svg": charts.coverage("", found["risk_coverage"]),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (folder / name).write_text(_alone(str(svg)), encoding="utf-8")
    return tuple(folder / name for name in drawn)


def _alone(svg: str) -> str:
    """Return a picture of the report as a file of its own: with its name space, its size, its font and a ground."""
    own = f'xmlns="http://www.w3.org/2000/svg" width="630" height="450" font-family="{FONT}" style="background:#fff"'
    return svg.strip().replace('class="plot"', own, 1) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the pictures of a saved run; return 0, or 2 where it holds no answers."""
    parser = Parser("python -m eval.reports.pictures", description="記録から、確度の図を SVG で描きます。")
    parser.add_argument("run", type=Path, metavar="RUN", help="評価の記録のフォルダ（eval/runs の下）")
    parser.add_argument("--to", type=Path, default=Path("docs"), metavar="DIR", help="図を置くフォルダ（既定: docs）")
    parser.add_argument("--sets", nargs="+", metavar="NAME", help="質問集（既定: 記録にあるすべて）")
    arguments: argparse.Namespace = parser.parse_args(argv)
    records = read_records(arguments.run / "outputs.jsonl")
    chosen = [record for record in records if arguments.sets is None or record["set"] in arguments.sets]
    if not any(record["verdict"]["answered"] for record in chosen):
        print(f"答えの記録がありません: {arguments.run}", file=sys.stderr)
        return 2
    for path in draw(chosen, arguments.to):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
