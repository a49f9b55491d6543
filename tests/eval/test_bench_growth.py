"""The bench of growth measures what it says, on a collection small enough for a test."""

import json
import sys

from eval import bench_growth
from index.database.engine import open_database
from index.database.reading import Reader
from index.database.writing import put
from tests.conftest import PAPERS


def test_the_copies_of_a_paper_have_its_words_and_other_figures(papers, tmp_path):
    made = bench_growth.copies(sorted(papers.iterdir()), 8)
    first, again = ([next(made) for _ in PAPERS] for _ in range(2))
    assert len({paper.document.id for paper in (*first, *again)}) == 2 * len(PAPERS)
    one, other = first[0].document.text, again[0].document.text
    assert one != other
    assert len(one) == len(other)
    assert "空き家バンクの登録件数は" in one
    assert "空き家バンクの登録件数は" in other
    database = open_database(tmp_path / "index", create=True)
    for paper in (*first, *again):
        put(database, paper, bench_growth.MODEL)
    assert Reader(database).newest().generation.documents == 2 * len(PAPERS)
    database.close()


def test_a_run_prints_and_keeps_what_each_size_costs(papers, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench_growth, "ROUNDS", 1)
    out = tmp_path / "costs.json"
    given = ["--papers", str(papers), "--sizes", "5", "12", "--engines", "sqlite", "--dim", "8", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["bench_growth", *given])
    assert bench_growth.main() == 0
    costs = json.loads(out.read_text())
    assert [cost["engine"] for cost in costs] == ["sqlite", "sqlite"]
    assert costs[0]["passages"] >= 5
    assert costs[1]["passages"] >= 12
    assert all(cost["add"] > 0 and cost["ask_p95"] >= cost["ask_p50"] > 0 and cost["disk"] > 0 for cost in costs)
    assert all(cost["answer_p95"] >= cost["answer_p50"] > 0 for cost in costs)
    assert "sqlite" in capsys.readouterr().out


def test_a_folder_without_papers_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench_growth", "--papers", str(tmp_path)])
    assert bench_growth.main() == 2
    assert "--papers" in capsys.readouterr().err
