import json

import pytest

from eval import cli, sets
from tests.eval.fakes import QUESTIONS, TEXT, FakeAssistant


@pytest.fixture
def assistant(monkeypatch):
    assistant = FakeAssistant()
    assistant.answers["図書館の利用者はどれだけ増えた"] = ("1,345人増", 2, "12,345 − 11,000 = 1,345")
    monkeypatch.setattr(sets, "open_assistant", lambda folder, model, **_: assistant)
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
