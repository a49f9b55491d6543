"""The bench of load asks while papers are replaced, and tells what was wrong."""

import json
import sys
from collections import Counter
from types import SimpleNamespace

from answer.assistant import Assistant
from eval import bench_load
from index.collection import Collection
from index.protocols import GenerationGone
from tests.conftest import HashingEmbedder


def test_a_run_tells_how_long_answers_took_while_papers_were_replaced(papers, tmp_path, monkeypatch, capsys):
    out = tmp_path / "loads.json"
    given = ["--papers", str(papers), "--passages", "6", "--askers", "1", "3", "--seconds", "0.5", "--pause", "0"]
    given += ["--every", "0.05", "--engines", "sqlite", "--dim", "8", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["bench_load", *given])
    assert bench_load.main() == 0
    one, three = json.loads(out.read_text())
    assert (one["askers"], three["askers"]) == (1, 3)
    for load in (one, three):
        assert load["wrong"] == {}
        assert load["answers"] > 0
        assert load["written"] > 0
        assert load["p95"] >= load["p50"] > 0
    assert "papers replaced" in capsys.readouterr().out


def test_an_error_and_a_quote_that_is_not_there_are_counted(collection):
    assistant = Assistant(collection)
    good = assistant.ask("空き家バンクの登録件数は何件ですか。")
    (cited, *_) = good.citations
    bad = SimpleNamespace(citations=[SimpleNamespace(**{**cited.__dict__, "quote": "別の言葉"})])
    outcomes = [good, bad, RuntimeError("x"), GenerationGone("x")]

    def answer(_):
        outcome = outcomes.pop(0) if outcomes else good
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    took, wrong = [], Counter()
    asked = SimpleNamespace(ask=answer, collection=Collection(collection.folder, HashingEmbedder()))
    bench_load.ask(asked, bench_load.time.monotonic() + 0.2, 0, 1, took, wrong)
    assert wrong == {"quote": 1, "RuntimeError": 1, "again": 1}
    assert len(took) >= 2
