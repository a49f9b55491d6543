"""A whole evaluation with an assistant whose answers are known, from question files to exit status."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from answer.answer import Answer, Citation, Derived, Passage, QuestionError
from eval import cli, sets
from eval.history import new_run_folder
from eval.reports.terminal import render
from ingest.document import Chunk, Document, Page

# An invented town's paper; one line is one chunk.
TEXT = """\
星ヶ原町議会 令和7年3月 説明資料
図書館の利用者数は12,345人（令和6年12月末現在）
前年は11,000人
新しい体育館は令和7年4月1日に開館する
"""
TURN = TEXT.index("新しい体育館")  # where its second page starts


def paper(path):
    return Document(
        id=path.stem.ljust(16, "0"),
        source=str(path),
        file=path.name,
        sha256="0" * 64,
        kind="text",
        text=TEXT,
        pages=(Page(1, 0, TURN), Page(2, TURN, len(TEXT))),
        paging="physical",
        title="説明資料",
    )


class FakeCollection:
    """Holds whatever is added, as the invented paper."""

    id = "000001"

    def __init__(self):
        self.papers = {}

    def add(self, paths, progress=None):
        for n, path in enumerate(paths, 1):
            progress(path.name, n, len(paths))
            self.papers[paper(path).id] = paper(path)
        return SimpleNamespace(added=[], refreshed=[], skipped=[], failed=[], seconds=0.0)

    def remove(self, document_id):
        del self.papers[document_id]

    def snapshot(self):
        return self

    def documents(self):
        return list(self.papers.values())

    def document(self, document_id):
        return self.papers[document_id]

    def chunks(self, document_id):
        document = self.papers[document_id]
        spans = [document.line_span(line) for line in range(1, 5)]
        return [Chunk(f"{document_id}:{a}-{b}", document_id, 1, a, b, TEXT[a:b]) for a, b in spans]


class FakeAssistant:
    """Answers by a table from question to (answer, line to cite, calculation); declines what is not in it."""

    def __init__(self):
        self.collection = FakeCollection()
        self.answers = {
            "図書館の利用者は何人": ("12,345人（令和6年12月末現在）", 2, None),
            "体育館の開館日": ("2025年4月1日", 4, None),
            "図書館の利用者はどれだけ増えた": ("1,345人増", 2, None),
        }
        self.spoil = lambda citation: citation

    def line(self, line, n=1):
        document = next(iter(self.collection.papers.values()))
        return self.cite(document, document.id, *document.line_span(line), n)

    def cite(self, snapshot, document_id, start, end, n):
        document = self.collection.papers[document_id]
        line = TEXT.count("\n", 0, start) + 1
        return Citation(
            n=n,
            document_id=document.id,
            file=document.file,
            title=document.title,
            meeting=None,
            published="2025-03",
            page=None,
            page_label=None,
            page_guessed=False,
            section=(),
            quote=TEXT[start:end],
            lines=(line, line),
            start=start,
            end=end,
        )

    def ask(self, question, **named):
        if question not in self.answers:
            return Answer(question=question, status="not_found", answer="資料に記載がありません", type="text", **named)
        text, line, how = self.answers[question]
        citations = [self.spoil(self.line(line))] + ([self.line(3, 2)] if how else [])
        derived = Derived(how, (1, 2)) if how else None
        return Answer(
            question=question,
            status="answered",
            answer=text,
            type="number",
            citations=tuple(citations),
            derived=derived,
            confidence=0.9,
            **named,
        )

    def trace(self, question):
        """The order in which an answer reads: like the keyword leg's."""
        [document_id] = self.collection.papers
        chunks = self.collection.chunks(document_id)
        return SimpleNamespace(legs={"fused": [SimpleNamespace(chunk=chunks[line - 1]) for line in (4, 3, 2)]})

    def search(self, question, k=10, leg="fused"):
        lines = [4, 3, 2] if leg == "keyword" else [2, 4, 3]
        [document_id] = self.collection.papers
        chunks = self.collection.chunks(document_id)
        return tuple(Passage(chunks[line - 1].id, 1.0 / n, self.line(line, n)) for n, line in enumerate(lines, 1))


def question(name, text, kind, accept, lines):
    return {
        "id": name,
        "question": text,
        "type": kind,
        "answer": accept or "なし",
        "accept": [accept] if accept else [],
        "evidence": [{"file": "hoshi.txt", "lines": lines}] if lines else [],
        "answerable": bool(lines),
    }


QUESTIONS = [
    question("h1", "図書館の利用者は何人", "number", "12345", [2, 2]),
    question("h2", "体育館の開館日", "date", "4月1日", [4, 4]),
    question("h3", "図書館の利用者はどれだけ増えた", "comparison", "1345", [2, 3]),
    question("h4", "図書館の館長は誰", "unanswerable", "", None),
]


@pytest.fixture
def assistant(monkeypatch):
    assistant = FakeAssistant()
    assistant.answers["図書館の利用者はどれだけ増えた"] = ("1,345人増", 2, "12,345 − 11,000 = 1,345")
    monkeypatch.setattr(sets, "open_assistant", lambda folder, model: assistant)
    return assistant


@pytest.fixture
def evaluate(tmp_path, assistant):
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "hoshi.txt").write_text(TEXT, encoding="utf-8")
    questions = tmp_path / "hoshi.jsonl"
    questions.write_text("\n".join(json.dumps(q, ensure_ascii=False) for q in QUESTIONS), encoding="utf-8")
    runs = iter(range(100))

    def evaluate(*more):
        out = tmp_path / f"run{next(runs)}"
        argv = ["--questions", str(questions), "--documents", str(documents), "--out", str(out), *map(str, more)]
        return cli.main(argv, index=tmp_path / "index", embedding_model="fake"), out

    return evaluate


def scores(out):
    return json.loads((out / "metrics.json").read_text(encoding="utf-8"))["sets"]["hoshi"]


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
    assert records[1]["first_relevant"] == {"fused": 2, "keyword": 1, "vector": 2}
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


def test_two_runs_in_one_moment_get_two_folders(tmp_path):
    assert new_run_folder(None, tmp_path) != new_run_folder(None, tmp_path)


class TestBaseline:
    @pytest.fixture
    def baseline(self, evaluate, tmp_path):
        path = tmp_path / "baseline.json"
        status, _ = evaluate("--baseline", path, "--save-baseline")
        assert status == 0
        return path

    def test_the_same_answers_are_no_regression(self, evaluate, baseline, capsys):
        assert evaluate("--baseline", baseline)[0] == 0
        assert "基準から後退したものはありません" in capsys.readouterr().out

    def test_times_belong_to_a_machine_and_are_not_kept(self, baseline):
        assert "_ms" not in baseline.read_text(encoding="utf-8")

    def test_a_wrong_answer_is_a_regression_that_is_named(self, evaluate, assistant, baseline, capsys):
        assistant.answers["体育館の開館日"] = ("令和7年3月", 1, None)
        assert evaluate("--baseline", baseline)[0] == 1
        assert "後退: hoshi: 正答率 100.0% → 66.7%" in capsys.readouterr().out

    def test_a_right_answer_from_the_wrong_place_is_one_too(self, evaluate, assistant, baseline, capsys):
        assistant.answers["体育館の開館日"] = ("令和7年4月1日", 2, None)
        assert evaluate("--baseline", baseline)[0] == 1
        shown = capsys.readouterr().out
        assert "正答かつ出典の率 100.0% → 66.7%" in shown
        assert "正答率 100.0% →" not in shown

    def test_to_answer_what_stands_nowhere_is_one_too(self, evaluate, assistant, baseline, capsys):
        assistant.answers["図書館の館長は誰"] = ("星野氏", 1, None)
        assert evaluate("--baseline", baseline)[0] == 1
        assert "記載なしと答えた率 100.0% → 0.0%" in capsys.readouterr().out

    def test_to_decline_too_much_is_one_too(self, evaluate, assistant, baseline, capsys):
        del assistant.answers["体育館の開館日"]
        assert evaluate("--baseline", baseline)[0] == 1
        assert "誤って断った率 0.0% → 33.3%" in capsys.readouterr().out

    def test_one_figure_without_support_is_enough(self, evaluate, assistant, baseline, capsys):
        """The value is right and the citation covers it, but the answer adds a figure that nobody cited."""
        assistant.answers["図書館の利用者は何人"] = ("12,345人で県内3位", 2, None)
        status, out = evaluate("--baseline", baseline)
        assert status == 1
        assert scores(out)["accuracy"] == 1
        assert "後退: hoshi: 根拠のない数字を含む答え 1件" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda c: replace(c, quote=c.quote.replace("１", "1") + "。"),
            lambda c: replace(c, start=c.start + 1, end=c.end + 1),
            lambda c: replace(c, document_id="unknown"),
            lambda c: replace(c, start=TURN - 5, end=TURN + 5, quote=TEXT[TURN - 5 : TURN + 5]),
        ],
        ids=["changed", "shifted", "of no document", "across two pages"],
    )
    def test_one_quote_that_is_not_the_documents_own_is_enough(self, evaluate, assistant, baseline, capsys, spoil):
        assistant.spoil = spoil
        assert evaluate("--baseline", baseline)[0] == 1
        assert "原文どおりでない引用 3件" in capsys.readouterr().out

    def test_a_crash_is_kept_with_its_trace_and_is_a_regression(self, evaluate, assistant, baseline, capsys):
        ask = assistant.ask

        def crash(question, **named):
            if named["id"] == "h2":
                raise ZeroDivisionError("by chance")
            return ask(question, **named)

        assistant.ask = crash
        status, out = evaluate("--baseline", baseline)
        assert status == 1
        assert "エラーで答えられなかった質問 1件" in capsys.readouterr().out
        record = json.loads((out / "outputs.jsonl").read_text(encoding="utf-8").splitlines()[1])
        assert record["status"] == "error"
        assert "ZeroDivisionError: by chance" in record["verdict"]["error"]

    def test_a_small_drop_is_tolerated(self, evaluate, baseline):
        card = json.loads(baseline.read_text(encoding="utf-8"))
        card["sets"]["hoshi"]["accuracy"] = 1.02
        baseline.write_text(json.dumps(card), encoding="utf-8")
        assert evaluate("--baseline", baseline)[0] == 0
        card["sets"]["hoshi"]["accuracy"] = 1.03
        baseline.write_text(json.dumps(card), encoding="utf-8")
        assert evaluate("--baseline", baseline)[0] == 1

    def test_changed_questions_and_sets_that_did_not_run_are_noted(self, evaluate, baseline, capsys):
        card = json.loads(baseline.read_text(encoding="utf-8"))
        card["sets"]["hoshi"]["questions_sha256"] = "other"
        card["sets"]["elsewhere"] = card["sets"]["hoshi"]
        baseline.write_text(json.dumps(card), encoding="utf-8")
        assert evaluate("--baseline", baseline)[0] == 0
        shown = capsys.readouterr().out
        assert "注意: hoshi: 質問集が基準のときから変わっています" in shown
        assert "注意: elsewhere: 基準にありますが、今回は実行していません" in shown

    def test_saving_keeps_the_sets_that_did_not_run(self, evaluate, baseline):
        card = json.loads(baseline.read_text(encoding="utf-8"))
        card["sets"]["elsewhere"] = {"accuracy": 0.5}
        baseline.write_text(json.dumps(card), encoding="utf-8")
        evaluate("--baseline", baseline, "--save-baseline")
        assert json.loads(baseline.read_text(encoding="utf-8"))["sets"]["elsewhere"] == {"accuracy": 0.5}

    def test_a_baseline_that_is_missing_stops_before_anything_is_asked(self, evaluate, tmp_path, capsys):
        status, out = evaluate("--baseline", tmp_path / "none.json")
        assert status == 2
        assert "基準がありません" in capsys.readouterr().err
        assert not out.exists()


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
    assert "再現 －" in render(metrics)
