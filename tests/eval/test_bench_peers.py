"""What the comparison with other systems counts, and that every system can be asked."""

import json
import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import bench_peers
from eval.bench_peers import find_documents, first_characters, holds, main, measure, read_corpus, run_apart, score
from eval.dataset import Evidence, Question
from eval.peers import SYSTEMS, Found, Outcome, Reply, english_tokens, run_system, written_words
from eval.pieces import Corpus, Page, locate, plain_pieces
from eval.reports.peers import Row, render
from eval.sets import EvaluationError

JUNE = "令和6年6月定例会_資料.txt"
MODULES = {"llama-index-core": "llama_index", "txtai": "txtai", "haystack-ai": "haystack"}
OTHERS = [name for name, system in SYSTEMS.items() if system.package]


def asked(
    key="q1", text="空き家バンクの登録件数は、令和6年5月末で何件ですか。", accept=("66件",), lines=(9, 9), **more
):
    given_ = {"type": "number", "answer": "66件", "accept_all": (), "alt_evidence": (), "answerable": True} | more
    return Question(key, text, accept=accept, evidence=(Evidence(JUNE, lines=lines),), **given_)


TRICK = Question("q2", "水族館の入館者数は。", "unanswerable", "記載なし", (), (), (), (), False)


@pytest.fixture
def corpus(papers):
    return read_corpus(find_documents([papers], [asked(), asked("m", lines=(1, 1))]))


# --- pieces ----------------------------------------------------------------------------------------------------------


def test_pieces_are_found_whatever_white_space_a_splitter_dropped():
    text = "一　予算\n\n 総額は 12億円\nです。\n総額は"
    assert locate(text, ["一 予算", "総額は12億円です。", "総額は"]) == [(0, 4), (7, 19), (20, 23)]


def test_pieces_that_overlap_are_found_one_after_the_other():
    assert locate("あいうあいう", ["あいう", "いうあ", "あいう"], overlapping=True) == [(0, 3), (1, 4), (3, 6)]
    with pytest.raises(ValueError, match="not in its page"):
        locate("あいう", ["いうえ"])


@given(st.lists(st.text(alphabet="ab一二 \n", min_size=1).filter(str.strip), min_size=1, max_size=6))
def test_a_text_cut_anywhere_is_found_again_where_it_was_cut(parts):
    text = "".join(parts)
    spans = locate(text, [" ".join(part.split()) for part in parts])
    at = 0
    for part, (start, end) in zip(parts, spans, strict=True):
        assert at <= start < end <= at + len(part)
        assert text[start:end] == part.strip()
        at += len(part)


@given(st.lists(st.text(alphabet="ab \n", max_size=25), max_size=4), st.integers(1, 9))
def test_plain_pieces_leave_out_nothing_but_white_space(texts, size):
    pages = tuple(Page("a.txt", text, 0, None, 1) for text in texts)
    corpus = Corpus((), pages)
    pieces = plain_pieces(pages, size)
    assert "".join("".join(corpus.texts(pieces)).split()) == "".join("".join(texts).split())
    assert all(0 < end - start <= size for _, start, end in pieces)


def test_a_span_stands_on_the_lines_of_its_file_and_on_its_page():
    pages = (Page("a.txt", "一\n二\n三", 0, 1, 1), Page("a.txt", "四\n五", 6, 2, 4), Page("b.pdf", "六", 0, 1, None))
    corpus = Corpus((), pages)
    assert corpus.span("a.txt", 8, 9) == (1, 2, 3)
    place = corpus.place((1, 2, 3), "p")
    assert (place.chunk_id, place.file, place.lines, place.page) == ("p", "a.txt", (5, 5), 2)
    assert corpus.place((0, 2, 4)).lines == (2, 2)  # the line end belongs to its line
    assert corpus.place((0, 2, 5)).lines == (2, 3)
    assert (corpus.place((2, 0, 1)).lines, corpus.place((2, 0, 1)).page) == (None, 1)


def test_an_english_tokenizer_takes_a_clause_for_a_word_and_drops_one_character():
    assert english_tokens(["登録件数は、57件です。税 the DX"]) == [["登録件数は", "57件です", "dx"]]
    assert written_words(["空き家の税はＤＸ"]) == [["空き家", "の", "税", "は", "dx"]]


# --- measures --------------------------------------------------------------------------------------------------------


def test_a_passage_holds_the_answer_however_many_figures_stand_beside_it():
    row = "1 2 3 4 5 6 7 8 66件"
    assert holds(asked(), row)
    assert not holds(asked(), "57件")
    assert not holds(TRICK, row)
    both = asked(accept=(), accept_all=("甲", "乙"))
    assert holds(both, "甲、乙、丙")
    assert not holds(both, "甲、丙")


def test_only_so_many_characters_are_read_and_passages_are_not_joined():
    assert first_characters(["一二三", "四五"], 4) == "一二三\n。\n四"
    assert first_characters(["一二三四五", "六"], 4) == "一二三四"
    assert first_characters([], 4) == ""
    assert not holds(asked(accept=("12",)), first_characters(["1", "2"], 10))


def test_the_figures_of_a_system_are_those_worked_out_by_hand():
    text = "表紙です。\n人口は9人です。\n件数は66件です。\n"
    corpus = Corpus((), (Page(JUNE, text, 0, None, 1),))
    pieces = [(0, 0, 6), (0, 6, 15), (0, 15, 25)]
    first = asked("a", lines=(3, 3))
    second = asked("b", accept=("9人",), lines=(2, 2))
    replies = [
        Reply("a", 10.0, Found([1, 2], True)),  # the place comes second
        Reply("b", 30.0, Found([1], True)),  # the place comes first
        Reply("q2", 20.0, Found([], False)),  # nothing is found: declined
    ]
    scores = score(Outcome(pieces, replies, 1.0, 2.0, 100.0), corpus, [first, second, TRICK])
    assert scores["pieces"] == 3
    assert (scores["piece_characters"], scores["longest_piece"]) == (9, 10)  # of 6, 9 and 10
    assert scores["recall@1"] == 0.5
    assert scores["recall@5"] == 1
    assert scores["mrr"] == 0.75  # 1/2 and 1
    assert scores["ndcg@10"] == pytest.approx((1 / 1.584962500721156 + 1) / 2)  # 1/log2(3) and 1
    assert scores["first_holds"] == 0.5
    assert scores["budget_holds"] == 1
    assert (scores["holds"], scores["right"], scores["cited"]) == (0.5, 0.5, 0.5)
    assert (scores["declined"], scores["wrongly_declined"]) == (1, 0)
    assert scores["characters"] == 9  # of 9, 9 and none
    assert (scores["p50_ms"], scores["p95_ms"]) == (20, 20)


def test_an_answer_is_judged_instead_of_the_first_passage_where_there_is_one():
    corpus = Corpus((), (Page(JUNE, "人口は9人です。\n件数は66件です。\n", 0, None, 1),))
    pieces = [(0, 0, 9), (0, 9, 19)]

    def scored(found):
        return score(Outcome(pieces, [Reply("q1", 1.0, found)], 0, 0, 0), corpus, [asked(lines=(2, 2))])

    answered = scored(Found([0, 1], True, "66件", [(0, 9, 19)]))
    assert (answered["right"], answered["cited"], answered["first_holds"], answered["characters"]) == (1, 1, 0, 3)
    elsewhere = scored(Found([0, 1], True, "66件", [(0, 0, 4)]))
    assert (elsewhere["right"], elsewhere["cited"]) == (1, 1)  # a line next to the place shows it
    declined = scored(Found([1, 0], False, "資料に記載がありません"))
    assert (declined["right"], declined["holds"], declined["first_holds"]) == (0, 0, 1)
    assert declined["wrongly_declined"] == 1


# --- systems ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in OTHERS and name != "bm25"])
def test_each_of_our_systems_and_the_plain_ones_finds_the_place(name, corpus, embedder, tmp_path):
    question = asked()
    outcome = run_system(SYSTEMS[name], corpus, [("q1", question.question)], embedder, tmp_path)
    scores = score(outcome, corpus, [question])
    assert scores["recall@10"] == 1
    assert scores["budget_holds"] == 1
    assert scores["pieces"] == len(outcome.pieces) >= 2
    assert outcome.peak_mib > 10
    assert outcome.index_seconds > 0
    if name == "ours":
        assert outcome.replies[0].found.text == "66件（令和6年5月末現在）"
        assert (scores["right"], scores["cited"]) == (1, 1)


def test_a_question_that_we_refuse_is_declined_and_stops_nothing(corpus, embedder, tmp_path):
    outcome = run_system(SYSTEMS["ours"], corpus, [("q1", asked().question), ("x", "？？？")], embedder, tmp_path)
    assert [reply.found.answered for reply in outcome.replies] == [True, False]


def test_an_english_bm25_finds_nothing_for_a_japanese_question(corpus, embedder, tmp_path):
    asking = [("q1", "空き家バンクに登録されたのは何件か。")]
    outcome = run_system(SYSTEMS["bm25"], corpus, asking, embedder, tmp_path)
    assert outcome.replies[0].found == Found([], False)


def test_a_piece_without_any_word_of_the_question_is_not_found(corpus, embedder, tmp_path):
    outcome = run_system(SYSTEMS["bm25-words"], corpus, [("q1", "青葉")], embedder, tmp_path)
    assert ["青葉" in text for text in corpus.texts(outcome.pieces[n] for n in outcome.replies[0].found.ranking)] == [
        True
    ]


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.filterwarnings("ignore")  # what other people's libraries warn of is not ours to mend
def test_each_other_library_finds_the_place(name, corpus, embedder, tmp_path, monkeypatch):
    if not find_spec(MODULES[SYSTEMS[name].package]):
        pytest.skip(f"{SYSTEMS[name].package} is not installed: {bench_peers.INSTALL}")
    for key, value in bench_peers.OFFLINE.items():
        monkeypatch.setenv(key, value)
    question = asked()
    outcome = run_system(SYSTEMS[name], corpus, [("q1", question.question)], embedder, tmp_path)
    scores = score(outcome, corpus, [question])
    assert scores["recall@10"] == 1
    assert scores["budget_holds"] == 1
    assert sum(end - start for _, start, end in outcome.pieces) > 0.8 * sum(len(p.text.strip()) for p in corpus.pages)


# --- processes and files ---------------------------------------------------------------------------------------------


def instead_of_python(tmp_path, monkeypatch, *lines):
    program = tmp_path / "python"
    program.write_text("\n".join(["#!/bin/sh", *lines]) + "\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_a_library_that_is_not_installed_is_named_with_the_command_to_install_it(corpus, monkeypatch):
    monkeypatch.setattr(bench_peers, "_version", lambda package: None)
    rows = list(measure(OTHERS, corpus, [asked()]))
    assert all(row.scores is None for row in rows)
    shown = render(rows, "")
    for title in ("LlamaIndex（既定）", "txtai（hybrid）", "Haystack（BM25併用）"):
        assert f"| {title} | 未インストール（`pip install -c constraints.txt '.[peers]'`） |" in shown


def test_a_system_that_fails_is_shown_with_its_last_words_and_stops_no_other(corpus, tmp_path, monkeypatch, capsys):
    instead_of_python(
        tmp_path, monkeypatch, 'echo "threads $OMP_NUM_THREADS offline $HF_HUB_OFFLINE"', "echo 'bad|day'", "exit 3"
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    rows = list(measure(["bm25", "embedding"], corpus, [asked()]))
    assert [row.reason for row in rows] == ["失敗（bad|day）"] * 2
    assert "threads 1 offline 1" in capsys.readouterr().err
    assert "失敗（bad\\|day）" in render(rows, "")


def test_an_interrupt_ends_the_process_of_the_system_and_its_children(corpus, tmp_path, monkeypatch):
    seen = tmp_path / "child"
    # A job that a shell put into the background ignores Ctrl-C, and so would this test.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    instead_of_python(tmp_path, monkeypatch, "sleep 60 &", f"echo $! > {seen}.new; mv {seen}.new {seen}", "wait")

    def interrupt():
        while not seen.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run_apart("bm25", corpus, [asked()], tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    status = Path(f"/proc/{int(seen.read_text())}/status")
    for _ in range(3000):
        if not status.exists() or "State:\tZ" in status.read_text():
            return
        time.sleep(0.01)
    raise AssertionError(f"still there: {status}")


def test_ratios_are_to_ours_and_a_share_of_nothing_is_a_dash():
    zero = dict.fromkeys(("pieces", "start_seconds", "index_seconds", "p50_ms", "p95_ms", "peak_mib"), 1.0)
    shares = dict.fromkeys(
        "piece_characters longest_piece recall@1 recall@5 recall@10 mrr ndcg@10 first_holds budget_holds characters "
        "holds right cited declined wrongly_declined".split()
    )
    ours = Row("ours", "本製品", zero | shares | {"p50_ms": 40.0})
    other = Row("x", "他", zero | shares | {"p50_ms": 10.0, "index_seconds": 3.0})
    shown = render([ours, other], "")
    assert "| 本製品 | 1 | 1 | 40 | 1 | 1 |" in shown
    assert "| 他 | 1 | 3（3倍） | 10（0.25倍） | 1 | 1 |" in shown
    assert "| 他 | – | – | – | – | – | – |" in shown
    assert "倍" not in render([other], "").split("\n| 他 | 1 | 3")[1].split("\n")[0]


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    line = {
        "id": "q1",
        "question": "令和6年5月末の空き家バンクの登録件数は何件ですか。",
        "type": "number",
        "answer": "66件",
        "accept": ["66件"],
        "evidence": [{"file": JUNE, "lines": [9, 9]}],
        "answerable": True,
    }
    path.write_text(json.dumps(line, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def test_the_command_prints_japanese_tables_and_writes_every_record(papers, questions, tmp_path, capfd):
    out = tmp_path / "out.json"
    command = ["--documents", str(papers), "--questions", str(questions), "--systems", "bm25", "bm25-words"]
    assert main([*command, "--out", str(out)]) == 0
    shown = capfd.readouterr().out
    assert "文書 2件・2ページ、質問 1問（記載のないもの 0問）" in shown
    assert "### 検索" in shown
    assert "### 時間とメモリ" in shown
    body = json.loads(out.read_text("utf-8"))
    assert [row["name"] for row in body["systems"]] == ["bm25", "bm25-words"]
    plain, words = (row["scores"] for row in body["systems"])
    assert (plain["budget_holds"], words["budget_holds"]) == (0, 1)
    assert words["records"][0]["id"] == "q1"
    assert words["peak_mib"] > plain["peak_mib"]  # the dictionary of words

    before = out.read_bytes()
    assert main([*command, "--out", str(out)]) == 2
    assert "すでにあります" in capfd.readouterr().err
    assert out.read_bytes() == before


def test_what_is_missing_or_there_twice_is_named_before_anything_is_measured(papers, questions, tmp_path, capsys):
    (papers / JUNE).rename(tmp_path / JUNE)
    assert main(["--documents", str(papers), "--questions", str(questions)]) == 2
    assert f"質問集の文書がそろっていません: {JUNE}" in capsys.readouterr().err
    assert main(["--documents", str(papers), "--questions", str(tmp_path / "none.jsonl")]) == 2
    assert "質問集がありません" in capsys.readouterr().err
    assert main(["--documents", str(papers / "none"), "--questions", str(questions)]) == 2
    assert "文書がありません" in capsys.readouterr().err
    assert main(["--documents", str(papers), "--questions", str(questions), str(questions)]) == 2
    assert "同じ id の質問が二つあります: q1" in capsys.readouterr().err
    (papers / JUNE).write_text("別の文書", encoding="utf-8")
    with pytest.raises(EvaluationError, match="同じ名前の文書が二つあります"):
        find_documents([papers, tmp_path / JUNE], [asked()])
