"""The question bank and the sealed sets: whole collections, asked once blind; of sealed ones only figures are told."""

import gzip
import json

import pytest

from eval import blind, cli, history, sets
from eval.sets import EvaluationError, find_sets
from tests.eval.fakes import QUESTIONS, TEXT, question

MORE = [f"図書館の{n}番の窓口で聞いた利用者は何人" for n in "一二三四五"]
ASKED = [*QUESTIONS, *(question(f"m{n}", text, "number", "12345", [2, 2]) for n, text in enumerate(MORE))]


@pytest.fixture
def home(tmp_path, assistant, monkeypatch):
    """A bank and a sealed folder of one set each over the same papers, a log, and baselines, all of them its own."""
    assistant.answers |= dict.fromkeys(MORE, ("12,345人（令和6年12月末現在）", 2, None))
    for name in ("bank", "sealed"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(sets, name.upper(), tmp_path / name)
    monkeypatch.setattr(blind, "LOG", tmp_path / "blind.md")
    for module, name in ((cli, "BASELINE_BANK"), (cli, "BASELINE_SEALED"), (cli, "BASELINE")):
        monkeypatch.setattr(module, name, tmp_path / getattr(history, name).name)
    for town in ("hoshi", "kawa"):
        papers = tmp_path / "papers" / town / "h6"
        papers.mkdir(parents=True)
        (papers / "hoshi.txt").write_text(TEXT, encoding="utf-8")
        (papers / "README.md").write_text("出どころ", encoding="utf-8")
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in ASKED)
    (tmp_path / "bank" / "hoshi.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "sealed" / "kawa.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return tmp_path


@pytest.fixture
def tenkyo(home, capsys):
    """Evaluate; return the exit status, what was printed, and the run's folder."""
    runs = iter(range(100))

    def tenkyo(*argv):
        out = home / f"run{next(runs)}"
        capsys.readouterr()
        told = [*map(str, argv), "--documents", str(home / "papers"), "--out", str(out)]
        status = cli.main(told, index=home / "index", embedding_model="fake")
        printed = capsys.readouterr()
        return status, printed.out + printed.err, out

    return tenkyo


def rows(home):
    """Return the kinds of the log's rows, with their notes."""
    path = home / "blind.md"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    return [(one[2], one[3], one[-1]) for one in cells[2:]]


def scores(out):
    return json.loads((out / "metrics.json").read_text("utf-8"))["sets"]


# --- the sets ------------------------------------------------------------------------------------------------------


def test_a_bank_set_is_asked_over_every_paper_of_the_collection_of_its_name(home):
    (home / "papers" / "hoshi" / "another.txt").write_text("ほかの資料", encoding="utf-8")
    [one], absent = find_sets(sets.bank_files([]), [home / "papers"])
    assert (one.name, one.origin, absent) == ("hoshi", "bank", [])
    assert [path.name for path in one.documents] == ["another.txt", "hoshi.txt"], (
        "and not what says where they are from"
    )
    assert all(path.is_relative_to(home / "papers" / "hoshi") for path in one.documents)


def test_a_collection_is_called_by_what_its_papers_are(home, tenkyo):
    (home / "bank" / "names.json").write_text('{"hoshi": "星ヶ原町の説明資料"}', encoding="utf-8")
    assert scores(tenkyo("--bank")[2])["hoshi"]["title"] == "星ヶ原町の説明資料"


def test_without_its_collection_a_bank_set_is_named_and_not_asked_over_others(home):
    (home / "papers" / "hoshi").rename(home / "papers" / "yama")
    assert find_sets(sets.bank_files([]), [home / "papers"]) == (
        [],
        ["hoshi: 実行していません。文書がそろっていません（hoshi.txt）。"],
    )


def test_sets_of_the_bank_are_chosen_by_name(home, tenkyo):
    assert sets.bank_files(["hoshi"]) == [home / "bank" / "hoshi.jsonl"]
    with pytest.raises(EvaluationError, match=r"質問集がありません: .*kumo\.jsonl"):
        find_sets(sets.bank_files(["kumo"]), [home / "papers"])
    assert tenkyo("--bank", "kumo")[0] == 2


# --- the log of first runs -----------------------------------------------------------------------------------------


def test_the_first_run_is_kept_as_blind_and_a_later_one_only_with_a_note_as_read(home, tenkyo):
    status, told, out = tenkyo("--bank")
    assert status == 0
    assert rows(home) == [("初回", "hoshi", "")]
    assert "1.000" in (home / "blind.md").read_text("utf-8")
    assert scores(out)["hoshi"]["standing"] == "初回"

    _, told, out = tenkyo("--bank")
    assert rows(home) == [("初回", "hoshi", "")], "nothing is kept without a note"
    assert "| 既読 | hoshi |" in told, "somebody may have seen the answers"
    assert scores(out)["hoshi"]["standing"] == "初回", "no row says that it was learned from"

    tenkyo("--bank", "--log", "確度を | 合わせた")
    assert rows(home) == [("初回", "hoshi", ""), ("既読", "hoshi", "確度を ｜ 合わせた")]
    _, told, out = tenkyo("--bank")
    assert scores(out)["hoshi"]["standing"] == "既読"
    assert "hoshi（既読、" in told


def test_a_changed_question_file_is_another_one(home, tenkyo):
    tenkyo("--bank")
    path = home / "bank" / "hoshi.jsonl"
    path.write_text(path.read_text("utf-8").replace("館長は誰", "館長はどなた"), encoding="utf-8")
    tenkyo("--bank")
    assert [kind for kind, *_ in rows(home)] == ["初回", "初回"]


def test_the_programs_own_sets_are_read_and_a_persons_are_neither(home, tenkyo, monkeypatch):
    monkeypatch.setattr(sets, "QUESTIONS", home / "bank")
    monkeypatch.setattr(sets, "BANK", home / "elsewhere")
    assert scores(tenkyo("--questions", home / "bank" / "hoshi.jsonl")[2])["hoshi"]["standing"] == "既読"
    mine = home / "mine.jsonl"
    mine.write_bytes((home / "bank" / "hoshi.jsonl").read_bytes())
    assert "standing" not in scores(tenkyo("--questions", mine)[2])["mine"]
    assert rows(home) == []


# --- sealed sets ---------------------------------------------------------------------------------------------------


def assert_tells_nothing(text):
    """Nobody can learn a question, an answer or an id from the text."""
    for one in ASKED:
        assert one["question"] not in text
        assert json.dumps(one["id"]) not in text
        assert f" {one['id']} " not in text
    assert "12,345" not in text
    assert "12345" not in text


def test_a_sealed_run_tells_figures_alone_and_leaves_no_record(home, tenkyo):
    status, told, out = tenkyo("--sealed")
    assert status == 0
    assert rows(home) == [("封印", "kawa", "")]
    assert "| 封印 | kawa |" in told
    assert_tells_nothing(told)
    assert not out.exists()
    tenkyo("--sealed")
    assert rows(home) == [("封印", "kawa", "")]
    tenkyo("--sealed", "--log", "終わりに")
    assert rows(home) == [("封印", "kawa", ""), ("封印", "kawa", "終わりに")], "never opened, so as good as the first"


def test_the_baseline_of_sealed_sets_cannot_be_read_and_still_shuts_the_gate(home, tenkyo, assistant):
    assert tenkyo("--sealed", "--save-baseline", "最初")[0] == 0
    kept = (home / "baseline-sealed.json").read_text("utf-8")
    assert_tells_nothing(kept)
    assert set(json.loads(kept)["sets"]["kawa"]) == {"reason", "time", "commit", "embedding_model", "questions_sha256"}
    assert tenkyo("--sealed", "--baseline")[0] == 0

    assistant.answers |= dict.fromkeys(MORE, ("11,000人", 3, None))
    status, told, _ = tenkyo("--sealed", "--baseline")
    assert status == 1
    assert "後退: kawa: 正答率 100.0% → 37.5%" in told
    assert "後退: kawa: 答えたうち正しい率 100.0% → 37.5%" in told
    assert_tells_nothing(told)


def test_another_sealed_file_of_the_same_name_is_not_compared(home, tenkyo):
    tenkyo("--sealed", "--save-baseline", "最初")
    lines = "\n".join(json.dumps(one) for one in ASKED[1:])
    (home / "sealed" / "kawa.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    assert "注意: kawa: 基準にない質問集です。" in tenkyo("--sealed", "--baseline")[1]


def test_a_fault_in_a_sealed_file_is_told_without_what_stands_there(home, tenkyo):
    broken = json.dumps(ASKED[0] | {"accept": "12345"}, ensure_ascii=False)
    (home / "sealed" / "kawa.jsonl.gz").write_bytes(gzip.compress(broken.encode()))
    status, told, _ = tenkyo("--sealed")
    assert status == 2
    assert "封印した質問集に誤りがあります。" in told
    assert_tells_nothing(told)


# --- the gate over left-out sets -----------------------------------------------------------------------------------


def test_the_bank_has_a_baseline_of_its_own(home, tenkyo, assistant):
    assert tenkyo("--bank", "--save-baseline", "最初")[0] == 0
    assert not (home / "baseline.json").exists()
    assert tenkyo("--bank", "--baseline")[0] == 0
    assistant.answers = {text: said for text, said in assistant.answers.items() if text not in MORE}
    status, told, _ = tenkyo("--bank", "--baseline")
    assert status == 1
    assert "後退: hoshi: 誤って「記載なし」としなかった率 100.0% → 37.5%" in told


def test_wrong_answers_in_place_of_silence_shut_the_gate_though_nothing_right_is_lost(home, tenkyo, assistant):
    right = dict(assistant.answers)
    assistant.answers = {text: said for text, said in right.items() if text not in MORE}
    tenkyo("--bank", "--save-baseline", "黙る版")
    assistant.answers = right | dict.fromkeys(MORE, ("11,000人", 3, None))
    status, told, _ = tenkyo("--bank", "--baseline")
    assert status == 1
    assert "後退: hoshi: 答えたうち正しい率 100.0% → 37.5%" in told
    assert "後退: hoshi: 正答率" not in told


def test_what_is_shown_is_guarded_too(home, tenkyo, assistant):
    assistant.answers = {text: said for text, said in assistant.answers.items() if text not in MORE}
    assistant.offers = dict.fromkeys(MORE, ("11,000人", "12,345人"))
    assistant.passages = (3, 2)
    tenkyo("--bank", "--save-baseline", "示す版")
    assistant.offers = dict.fromkeys(MORE, ("11,000人",))
    assistant.passages = (3,)
    status, told, _ = tenkyo("--bank", "--baseline")
    assert status == 1
    for measure in ("答えか候補が正しい率", "示した箇所に答えのある率", "示した箇所が正しいページの率"):
        assert f"後退: hoshi: {measure}" in told


def test_a_gain_on_known_questions_alone_is_told_in_a_sentence(home, tenkyo, assistant):
    """The set of known questions asks otherwise, so that it can be answered better by itself."""
    known = [question(f"k{n}", f"{text}か", "number", "12345", [2, 2]) for n, text in enumerate(MORE)]
    (home / "known.jsonl").write_text("\n".join(map(json.dumps, known)), encoding="utf-8")
    asked = ("--questions", home / "known.jsonl", "--bank")
    tenkyo(*asked, "--save-baseline", "前の版")
    assistant.answers |= {one["question"]: ("12,345人", 2, None) for one in known}
    status, told, _ = tenkyo(*asked, "--baseline")
    assert status == 0
    assert "見たことのある質問集だけが良くなっています。" in told
    for text in MORE:
        del assistant.answers[text]
    assert "見たことのある質問集だけが良くなっています。" in tenkyo(*asked, "--baseline")[1]


def test_the_page_shows_the_baseline_of_the_bank_beside_the_other(home, tenkyo):
    tenkyo("--bank", "--save-baseline", "最初")
    (home / "baseline.json").write_text('{"sets": {"sample": {"accuracy": 0.5}}, "answers": {}}', encoding="utf-8")
    [kept] = history.Runs(home / "none", home / "baseline.json").all()
    assert list(kept["sets"]) == ["sample", "hoshi"]


# --- pictures ------------------------------------------------------------------------------------------------------


def test_the_confidence_is_drawn_for_a_readme(home, tenkyo):
    tenkyo("--sealed", "--pictures", home / "docs")
    for name in ("reliability.svg", "risk-coverage.svg"):
        assert_tells_nothing((home / "docs" / name).read_text("utf-8"))
