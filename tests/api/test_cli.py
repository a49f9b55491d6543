"""The command as it is typed: what it prints, where, and with which exit status."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from answer.answer import Answer, TimelinePoint
from api import cli
from index.collection import AddReport
from index.protocols import IndexMissing
from index.scope import Scope
from tests.api.conftest import TEXT_ID, citation_of, full_answer, info_of, unreadable, unsure_answer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def joined(monkeypatch, assistant, tmp_path):
    """Every command reaches the fakes, and an index folder that is not the user's."""
    monkeypatch.setenv("TENKYO_INDEX", str(tmp_path / "index"))
    monkeypatch.setattr("answer.assistant.open_assistant", lambda *_, **__: assistant)
    for there in ("index.collection.Collection", "api.access.cli.Collection"):
        monkeypatch.setattr(there, lambda folder, embedder=None, url=None: assistant.collection)
    monkeypatch.setattr("index.embedder.open_embedder", lambda name, cache=None, progress=None: None)


def test_an_answer_starts_with_the_answer_and_ends_with_its_places(capsys):
    assert cli.main(["ask", "避難所の数は何か所ですか。"]) == 0
    assert capsys.readouterr().out == (
        "57か所\n"
        "\n"
        "時点: 令和5年4月1日現在\n"
        "\n"
        "[1] 瑞穂野町 町政の概要（mizuho.txt、令和5年6月議会） 1ページ（印刷 3、推定） 2行目 １　防災\n"
        "    「57か所」\n"
    )


def test_a_worked_out_answer_says_how_and_shows_the_timeline(text_document):
    told = cli.told(full_answer(text_document))
    assert "計算: 57 − 41 = 16 [1]" in told
    assert "推移: 令和4年度 41人 [1]" in told
    assert "資料に見当たらない語: 港" in told


def test_an_unsure_answer_is_a_list_of_candidates_each_over_its_places(text_document):
    by_model = cli.told(replace(full_answer(text_document), is_rewritten=True))
    assert "AIが補った質問: 令和5年度に増えましたか。" in by_model
    told = cli.told(unsure_answer(text_document))
    assert told.startswith("一つに決められません。次の箇所に書かれている可能性があります。\n\n候補1: 57\n[1] ")
    first, second = told.split("候補2: ")
    assert [line[:3] for line in first.splitlines() if line.startswith("[")] == ["[1]", "[2]"]
    second, near = second.split("ほかの関連箇所:\n")
    assert [line[:3] for line in second.splitlines() if line.startswith("[")] == ["[3]"]
    assert near.startswith("[1] 瑞穂野町 町政の概要")


def test_without_candidates_the_near_places_are_told(text_document):
    told = cli.told(replace(unsure_answer(text_document), candidates=(), citations=()))
    assert "候補" not in told
    assert "近い記述:\n[1]" in told


def test_a_quote_of_several_lines_stays_under_its_number(text_document):
    citation = citation_of(text_document, 0, 12, 12)
    assert cli.cited(citation)[1] == "     「１　防災\n       避難所の数は5」"


def test_what_is_not_in_the_documents_names_the_word_and_exits_well(capsys):
    assert cli.main(["ask", "宇宙港は？"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("資料に記載がありません\n")
    assert "「宇宙港」という言葉は、調べた資料 2 件のどこにもありません。" in out


def test_json_is_the_object_of_the_contract(capsys, assistant):
    assert cli.main(["ask", "--json", "避難所の数は何か所ですか。"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body == json.loads(json.dumps(assistant.ask("避難所の数は何か所ですか。").to_dict()))


def test_a_trace_follows_the_answer_and_never_spoils_the_json(capsys):
    assert cli.main(["ask", "--trace", "避難所の数は何か所ですか。"]) == 0
    answer, trace = capsys.readouterr().out.split("■", 1)
    assert answer.startswith("57か所\n")
    assert trace.startswith(" 質問の読み方")
    assert cli.main(["ask", "--trace", "--json", "避難所の数は何か所ですか。"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["answer"] == "57か所"
    assert "■ 質問の読み方" in captured.err


def test_a_question_of_symbols_is_an_error_with_the_message_for_people(capsys):
    assert cli.main(["ask", "？？？"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("記号だけでは")


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "問い", "--questions", "x.jsonl"], ["ask", "--questions", "x"]])
def test_ask_wants_one_question_or_a_file_of_them(capsys, arguments):
    assert cli.main(arguments) == 2
    assert "--questions" in capsys.readouterr().err


def test_bytes_of_another_encoding_in_a_question_do_no_harm(capsys):
    assert cli.main(["ask", "--json", "避難所は\udc82\udca0？"]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == "避難所は??？"


def test_many_questions_are_answered_line_by_line_with_their_ids(tmp_path, capsys):
    """A question that cannot be asked becomes a record too: the file stays complete. U+2028 ends no line."""
    questions = [
        {"id": "a", "question": "避難所の数は何か所ですか。\u2028"},
        {"id": "b", "question": "！？"},
        {"id": 3, "question": "宇宙港は？"},
    ]
    source, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    source.write_text("\ufeff" + "\n\n".join(json.dumps(q, ensure_ascii=False) for q in questions), encoding="utf-8")
    assert cli.main(["ask", "--questions", str(source), "--out", str(out)]) == 0
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").split("\n") if line]
    assert [(r["id"], r["status"], r["answer"]) for r in records] == [
        ("a", "answered", "57か所"),
        ("b", "not_found", "記号だけでは質問として読めません。ことばで入力してください。"),
        ("3", "not_found", "資料に記載がありません"),
    ]
    assert [r.get("error") for r in records] == [None, "the question holds no letters or digits", None]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("質問 1/3\n")


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', '{"question": 5}', '"x"', "null"])
def test_a_broken_line_of_questions_is_named_before_anything_is_asked(tmp_path, capsys, line, assistant):
    source = tmp_path / "q.jsonl"
    source.write_text('{"question": "避難所は？"}\n' + line, encoding="utf-8")
    assert cli.main(["ask", "--questions", str(source), "--out", str(tmp_path / "a.jsonl")]) == 2
    assert "q.jsonl の 2 行目" in capsys.readouterr().err
    assert assistant.asked == []


def test_a_file_of_questions_in_another_encoding_is_named(tmp_path, capsys):
    source = tmp_path / "q.jsonl"
    source.write_bytes('{"question": "避難所は？"}'.encode("cp932"))
    assert cli.main(["ask", "--questions", str(source), "--out", str(tmp_path / "a.jsonl")]) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_answers_written_before_ctrl_c_are_kept(tmp_path, capsys, assistant, monkeypatch):
    source, out = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    source.write_text('{"question": "避難所は？"}\n{"question": "止まる"}\n', encoding="utf-8")
    ask = assistant.ask

    def interrupted(question, *, id=None, **how):  # noqa: A002 # the contract's name
        if question == "止まる":
            assert out.read_text(encoding="utf-8").endswith("}\n")  # the first is safe already
            raise KeyboardInterrupt
        return ask(question, id=id)

    monkeypatch.setattr(assistant, "ask", interrupted)
    assert cli.main(["ask", "--questions", str(source), "--out", str(out)]) == 130
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1
    assert "1 件の答えは" in capsys.readouterr().err


def test_ctrl_c_during_ingest_says_that_the_index_is_kept(tmp_path, capsys, assistant, monkeypatch):
    def interrupted(paths, progress=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(assistant.collection, "add", interrupted)
    assert cli.main(["ingest", str(tmp_path)]) == 130
    assert "そのまま残っています" in capsys.readouterr().err


@pytest.mark.parametrize(("good", "status"), [(True, 1), (False, 2)])
def test_a_file_that_cannot_be_read_is_named_and_shows_in_the_status(
    tmp_path, capsys, assistant, monkeypatch, text_document, good, status
):
    """1: the rest went in. 2: nothing did."""
    bad = tmp_path / "空.txt"
    added = [info_of(text_document, warnings=("2ページに文字がありません。",))] if good else []
    report = AddReport(added=added, refreshed=[], skipped=[], failed=[(bad, unreadable(bad))], seconds=1.5)
    monkeypatch.setattr(assistant.collection, "add", lambda paths, progress=None: report)
    assert cli.main(["ingest", str(tmp_path)]) == status
    captured = capsys.readouterr()
    assert f"読み込めませんでした: {bad}: ファイルが空です。" in captured.err
    assert ("注意: mizuho.txt: 2ページに文字がありません。" in captured.err) == good
    assert captured.out == f"追加 {len(added)} 件、更新 0 件、変更なし 0 件、失敗 1 件（1.5 秒）\n"


def test_a_path_that_is_not_there_is_named(capsys):
    assert cli.main(["ingest", "/nowhere/a.pdf"]) == 2
    assert capsys.readouterr().err == "見つかりません: /nowhere/a.pdf\n"


def test_documents_are_listed_for_people_and_for_programs(capsys):
    assert cli.main(["documents"]) == 0
    assert f"{TEXT_ID}  mizuho.txt  瑞穂野町 町政の概要" in capsys.readouterr().out
    assert cli.main(["documents", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == TEXT_ID


def test_without_an_index_documents_says_what_to_do(capsys, assistant):
    """./run relies on the status: it builds the index of the sample then."""
    assistant.collection.error = IndexMissing("no index at x", "まだ文書がありません。追加してください。")
    assert cli.main(["documents"]) == 2
    assert capsys.readouterr().err == "まだ文書がありません。追加してください。\n"


def test_a_list_says_where_title_and_date_were_taken_from(text_document):
    info = replace(
        info_of(text_document), published="2023-06", taken_from={"title": "by_hand", "published": "file_name"}
    )
    told = "\n".join(cli.described(info))
    assert f"{info.title}（手で設定）" in told
    assert f"{info.published}（ファイル名から）" in told


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2024-06-04", "2024-06-04"),
        ("2024-06", "2024-06"),
        ("2024", "2024"),
        ("令和6年6月4日", "2024-06-04"),
        ("R6.6.4", "2024-06-04"),
        ("２０２４年６月", "2024-06"),
        ("", ""),
    ],
)
def test_a_date_is_taken_in_every_common_form(typed, kept):
    assert cli._date(typed) == kept


@pytest.mark.parametrize("typed", ["2024-13-01", "きのう", "令和6年度", "2024-06-04 2024-06-05", "6月"])
def test_what_is_no_date_is_refused_with_an_example(typed, capsys):
    with pytest.raises(SystemExit):
        cli.main(["documents", "set", TEXT_ID, "--date", typed])
    assert "例: 2024-06-04" in capsys.readouterr().err


def test_setting_nothing_or_an_unknown_document_says_what_to_do(capsys, assistant, monkeypatch):
    assert cli.main(["documents", "set", TEXT_ID]) == 2
    assert "--title" in capsys.readouterr().err

    def describe(document_id, given, progress):
        raise KeyError(document_id)

    monkeypatch.setattr(assistant.collection, "describe", describe, raising=False)
    assert cli.main(["documents", "set", "ffff", "--title", "新しい題名"]) == 2
    assert "ffff という文書はありません" in capsys.readouterr().err


def test_a_document_is_removed_once(capsys):
    assert cli.main(["remove", TEXT_ID]) == 0
    assert cli.main(["remove", TEXT_ID]) == 2
    assert f"{TEXT_ID} という文書はありません" in capsys.readouterr().err


def test_verify_tells_each_problem(capsys, assistant, monkeypatch):
    monkeypatch.setattr(assistant.collection, "verify", lambda: ["元のファイルがありません: a.pdf"], raising=False)
    assert cli.main(["verify"]) == 1
    assert capsys.readouterr().out == "元のファイルがありません: a.pdf\n"
    monkeypatch.setattr(assistant.collection, "verify", list)
    assert cli.main(["verify"]) == 0


def test_search_lists_places(capsys):
    assert cli.main(["search", "-k", "2", "避難所"]) == 0
    assert capsys.readouterr().out.count("「") == 2
    assert cli.main(["search", "-k", "2", "--json", "避難所"]) == 0
    assert [p["n"] for p in json.loads(capsys.readouterr().out)] == [1, 2]
    assert cli.main(["search", "-k", "0", "避難所"]) == 2


def test_the_index_may_be_named_before_or_after_the_command(monkeypatch):
    seen = []
    monkeypatch.setattr("index.collection.Collection", lambda folder, embedder=None, url=None: seen.append(folder))
    for arguments in (["--index", "/a", "verify"], ["verify", "--index", "/a"]):
        with pytest.raises(AttributeError):
            cli.main(arguments)
    assert seen == [Path("/a"), Path("/a")]


def test_the_evaluation_gets_the_rest_of_the_line(monkeypatch):
    seen = []

    def run(argv, *, index, embedding_model, drafts, model):
        seen.append((argv, index, embedding_model))
        return 1

    monkeypatch.setitem(sys.modules, "eval.cli", type("run", (), {"main": run}))
    assert cli.main(["eval", "--index", "/a", "--questions", "q.jsonl", "--help"]) == 1
    assert seen == [(["--questions", "q.jsonl", "--help"], Path("/a"), "default")]


def test_an_unknown_option_is_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["documents", "--jsonn"])
    assert caught.value.code == 2
    assert "--jsonn" in capsys.readouterr().err


def test_an_unknown_setting_stops_every_command(monkeypatch, capsys):
    monkeypatch.setenv("TENKYO_INDX", "/x")
    assert cli.main(["documents"]) == 2
    assert "TENKYO_INDX" in capsys.readouterr().err


def test_progress_in_a_log_is_a_line_a_step_and_not_a_thousand():
    stream = io.StringIO()
    with cli.Progress(stream) as progress:
        for done in range(1, 1001):
            progress("読み取り", done, 1000)
        progress("埋め込み", 1, 5)
    assert stream.getvalue() == "読み取り 1/1000\n埋め込み 1/5\n"


def test_progress_on_a_terminal_is_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    with cli.Progress(stream) as progress:
        progress("読み取り", 1, 2)
        progress("埋め込み", 1, 5)
    assert "読み取り" in stream.getvalue()
    assert "埋め込み" in stream.getvalue()


HEAVY = ("torch", "sentence_transformers", "transformers", "faiss", "onnxruntime", "fastapi", "streamlit")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--help"], 0), (["--version"], 0), (["documents"], 2), (["remove", "x"], 2), (["ingest", "/nowhere"], 2)],
)
def test_the_light_commands_import_nothing_heavy(tmp_path, arguments, status):
    """Importing torch takes seconds; a list of documents must not wait for it."""
    code = f"""
import sys
from api.cli import main
try:
    status = main({arguments!r})
except SystemExit as stop:
    status = stop.code
print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "TENKYO_INDEX": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.splitlines()[-1] == ""


def test_a_question_can_be_narrowed_and_says_to_what(capsys):
    narrow = ["--document", TEXT_ID, "--document", "none"]
    assert cli.main(["ask", "避難所の数は何か所ですか。", *narrow]) == 0
    assert f"範囲: {TEXT_ID}、none（文書 1 件）" in capsys.readouterr().out


def test_the_papers_of_a_group_can_be_asked_where_there_are_accounts(capsys, tmp_path):
    asked = ["ask", "避難所の数は何か所ですか。", "--group", "防災課"]
    assert cli.main(asked) == 2
    assert "アカウントのある文書集" in capsys.readouterr().err
    assert not (tmp_path / "index" / "access.db").exists(), "to ask makes no accounts"
    for command in (["group", "add", "防災課"], ["group", "give", "防災課", TEXT_ID]):
        assert cli.main(command) == 0
    capsys.readouterr()
    assert cli.main(asked) == 0
    assert "範囲: 防災課の資料（文書 1 件）" in capsys.readouterr().out
    assert cli.main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scope"]["groups"] == ["防災課"]
    assert cli.main(["ask", "避難所の数は？", "--group", "港湾課"]) != 0
    assert "「港湾課」というグループはありません。" in capsys.readouterr().err


def test_a_scope_is_told_in_words():
    scope = Scope(meetings=("6月議会",), departments=("防災課",), since="2024-06", until="2024-12-31")
    assert cli.narrowed(scope) == "6月議会、防災課、2024-06以降、2024-12-31まで"


def test_dates_of_a_scope_may_be_given_in_era_years(capsys):
    assert cli.main(["ask", "避難所の数は？", "--since", "令和6年6月4日", "--meeting", "6月議会"]) == 2
    assert "絞り込みに合う文書がありません" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["ask", "避難所の数は？", "--until", "来月"])


def test_a_unit_is_told_once():
    points = (TimelinePoint("FY2022", "41社", "社", 1), TimelinePoint("FY2023", "57", "社", 1))
    told = cli.told(Answer("", "answered", "57社", "number", timeline=points))
    assert "推移: 令和4年度 41社 [1]、令和5年度 57社 [1]" in told
