"""A whole evaluation with an assistant whose answers are known, from question files to records."""

import json

import pytest

from answer.answer import QuestionError
from eval import cli, sets
from eval.reports.terminal import render
from eval.sets import EvaluationError
from tests.eval.fakes import QUESTIONS, paper, scores


def test_a_perfect_assistant_gets_a_perfect_scorecard(evaluate, capsys):
    status, out = evaluate()
    card = scores(out)
    assert status == 0
    assert (card["accuracy"], card["cited_accuracy"], card["refusal_recall"], card["false_refusal"]) == (1, 1, 1, 0)
    assert (card["unsupported_answers"], card["quotes_not_verbatim"], card["errors"]) == (0, 0, 0)
    assert card["quotes"] == 4
    assert (card["documents"], card["chunks"]) == (1, 4)
    shown = capsys.readouterr().out
    assert "正答率 100.0%" in shown
    assert str(out) in shown


def test_each_stage_is_measured_for_itself(evaluate):
    _, out = evaluate()
    retrieval = scores(out)["retrieval"]
    assert retrieval["fused"]["recall@1"] == pytest.approx(2 / 3)  # h1 and h3 stand on line 2, h2 on line 4
    assert retrieval["keyword"]["recall@1"] == pytest.approx(1 / 3)
    assert retrieval["keyword"]["mrr"] == pytest.approx((1 / 3 + 1 + 1 / 2) / 3)
    assert retrieval["vector"] == retrieval["fused"]
    assert retrieval["reranked"] == retrieval["keyword"]


def test_the_stages_can_be_left_out(evaluate):
    _, out = evaluate("--no-stages")
    assert set(scores(out)["retrieval"]) == {"fused"}


def test_a_fusion_that_loses_to_one_leg_is_said_so(evaluate, assistant, capsys):
    search = assistant.search
    assistant.search = lambda question, k=10, leg="fused": search(question, k, leg)[: 3 if leg == "vector" else 1]
    evaluate()
    assert "注意: recall@5 は意味だけのほうが良い" in capsys.readouterr().out


def test_every_question_leaves_its_record(evaluate):
    _, out = evaluate()
    records = [json.loads(line) for line in (out / "outputs.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [record["id"] for record in records] == ["h1", "h2", "h3", "h4"]
    assert records[0]["status"] == "answered"
    assert records[0]["expected"]["accept"] == ["12345"]
    assert records[0]["verdict"]["cited"] is True
    assert records[1]["first_relevant"] == {"keyword": 1, "vector": 2, "fused": 2, "reranked": 1}
    assert records[3]["first_relevant"]["fused"] is None
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["embedding_model"] == "fake"
    assert config["sets"]["hoshi"]["documents"][0].endswith("hoshi.txt")


def test_a_run_is_never_written_over(evaluate, tmp_path, capsys):
    evaluate()
    (tmp_path / "run1").mkdir()
    status, out = evaluate()
    assert status == 2
    assert f"{out} はすでにあります" in capsys.readouterr().err
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, EvaluationError])
def test_what_is_interrupted_leaves_no_folder(evaluate, assistant, tmp_path, error):
    def stop(*_):
        raise error

    assistant.search = stop
    if error is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            evaluate()
    else:
        assert evaluate()[0] == 2
    assert not (tmp_path / "run0").exists()


def test_a_refused_question_is_an_error_and_not_a_good_refusal(evaluate, assistant):
    def refuse(question, **named):
        raise QuestionError("empty", "質問が空です。", "the question is empty")

    assistant.ask = refuse
    _, out = evaluate()
    assert scores(out)["errors"] == 4
    assert scores(out)["refusal_recall"] == 0


def test_documents_that_left_the_folder_leave_the_collection(evaluate, assistant, tmp_path):
    gone = paper(tmp_path / "documents" / "gone.txt")
    assistant.collection.papers[gone.id] = gone
    evaluate()
    assert [document.file for document in assistant.collection.documents()] == ["hoshi.txt"]


def test_a_set_without_its_documents_is_named_and_the_rest_runs(tmp_path, assistant, evaluate, capsys, monkeypatch):
    """The seeds are not part of the repository: by default only the sample is measured."""
    home = tmp_path / "questions"
    home.mkdir()
    for name, file in (("here", "hoshi.txt"), ("seeds", "elsewhere.txt")):
        text = json.dumps(QUESTIONS[0] | {"evidence": [{"file": file, "lines": [2, 2]}]})
        (home / f"{name}.jsonl").write_text(text, encoding="utf-8")
    monkeypatch.setattr(sets, "QUESTIONS", home)
    monkeypatch.setattr(sets, "SAMPLE", tmp_path / "documents")
    out = tmp_path / "out"
    assert cli.main(["--out", str(out)], index=tmp_path / "index", embedding_model="fake") == 0
    assert "seeds: 実行していません。文書がそろっていません（elsewhere.txt）" in capsys.readouterr().err
    assert list(json.loads((out / "metrics.json").read_text(encoding="utf-8"))["sets"]) == ["here"]


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--questions", "none.jsonl"], "質問集がありません: none.jsonl"),
        (["--documents", "nowhere"], "文書のフォルダがありません: nowhere"),
    ],
)
def test_a_path_that_does_not_exist_is_named(argv, says, tmp_path, capsys):
    assert cli.main(argv, index=tmp_path / "index", embedding_model="fake") == 2
    assert says in capsys.readouterr().err


def test_a_share_of_nothing_is_shown_as_a_dash(evaluate):
    _, out = evaluate()
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    metrics["sets"]["hoshi"]["refusal_recall"] = None
    assert "再現（答えのない質問のうち） －" in render(metrics)
