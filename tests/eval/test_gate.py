"""What keeps the gate shut: an evaluation against a baseline, from the answers to the exit status."""

import json
from dataclasses import replace

import pytest

from tests.eval.fakes import TEXT, TURN, question, scores

MORE = [f"図書館の{n}番の窓口で聞いた利用者は何人" for n in "一二三四五"]


@pytest.fixture
def evaluate(evaluate, assistant, tmp_path):
    """Five questions more: a coin turns five from right to wrong less than once in twenty times."""
    path = tmp_path / "hoshi.jsonl"
    more = [question(f"m{n}", text, "number", "12345", [2, 2]) for n, text in enumerate(MORE)]
    path.write_text("\n".join([path.read_text("utf-8"), *map(json.dumps, more)]), encoding="utf-8")
    assistant.answers |= dict.fromkeys(MORE, ("12,345人（令和6年12月末現在）", 2, None))
    return evaluate


@pytest.fixture
def baseline(evaluate, tmp_path):
    path = tmp_path / "baseline.json"
    assert evaluate("--baseline", path, "--save-baseline", "最初の基準")[0] == 0
    return path


@pytest.fixture
def compared(evaluate, baseline, capsys):
    """Return what an evaluation against the baseline came to: the exit status, what it printed, its comparison."""

    def compared():
        capsys.readouterr()
        status, out = evaluate("--baseline", baseline)
        return status, capsys.readouterr().out, json.loads((out / "comparison.json").read_text("utf-8"))

    return compared


def test_the_same_answers_open_the_gate(compared):
    status, shown, comparison = compared()
    assert status == 0
    assert "偶然とはいえない後退はありません" in shown
    assert comparison["changes"] == []


def test_one_wrong_answer_may_be_chance_and_is_named(compared, assistant):
    assistant.answers[MORE[0]] = ("11,000人", 3, None)
    status, shown, comparison = compared()
    assert status == 0
    assert "誤りになった: 1 問" in shown
    assert "12,345人(令和6年12月末現在) → 11,000人" in shown
    assert [change["id"] for change in comparison["changes"]] == ["m0"]


def test_five_wrong_answers_are_no_chance(compared, assistant):
    assistant.answers |= dict.fromkeys(MORE, ("11,000人", 3, None))
    status, shown, comparison = compared()
    assert status == 1
    assert "後退: hoshi: 正答率 100.0% → 37.5%" in shown
    right = next(one for one in comparison["paired"] if one["measure"] == "right")
    assert (right["n"], right["better"], right["worse"], right["p"]) == (8, 0, 5, 0.5**5)


def test_right_answers_from_the_wrong_place_are_a_drop_too(compared, assistant):
    assistant.answers |= dict.fromkeys(MORE, ("12,345人", 4, None))
    assistant.spoil = lambda citation: replace(citation, quote=citation.quote)
    status, shown, _ = compared()
    assert status == 1
    assert "出典が外れた: 5 問" in shown
    assert "後退: hoshi: 正答かつ出典の率 100.0% → 37.5%" in shown
    assert "後退: hoshi: 正答率" not in shown


def test_a_search_that_ranks_worse_is_a_drop_though_every_answer_stays(compared, assistant):
    search = assistant.search
    assistant.search = lambda question, k=10, leg="fused": search(question, k, leg)[::-1]
    status, shown, comparison = compared()
    assert status == 1
    assert {failure["measure"] for failure in comparison["failures"]} == {"mrr", "ndcg@10"}
    assert "誤りになった" not in shown


def test_to_answer_what_stands_nowhere_is_named(compared, assistant):
    assistant.answers["図書館の館長は誰"] = ("星野氏", 1, None)
    _, shown, _ = compared()
    assert "誤りになった: 1 問\n  hoshi h4 図書館の館長は誰" in shown


def test_what_is_mended_is_named(evaluate, assistant, tmp_path, capsys):
    good = assistant.answers.pop(MORE[0])
    path = tmp_path / "baseline.json"
    evaluate("--baseline", path, "--save-baseline", "一問を断る版")
    assistant.answers[MORE[0]] = good
    assert evaluate("--baseline", path)[0] == 0
    assert "正しくなった: 1 問" in capsys.readouterr().out


def test_other_words_for_the_same_value_are_a_change_and_no_drop(compared, assistant):
    assistant.answers[MORE[0]] = ("12,345人", 2, None)
    status, shown, _ = compared()
    assert status == 0
    assert "答えの文が変わった: 1 問" in shown


def test_one_figure_without_support_is_enough(compared, assistant):
    """The value is right and the citation covers it, but the answer adds a figure that nobody cited."""
    assistant.answers["図書館の利用者は何人"] = ("12,345人で県内3位", 2, None)
    status, shown, _ = compared()
    assert status == 1
    assert "後退: hoshi: 根拠のない数字を含む答え 1件" in shown


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: replace(c, quote=c.quote + "。"),
        lambda c: replace(c, start=c.start + 1, end=c.end + 1),
        lambda c: replace(c, document_id="unknown"),
        lambda c: replace(c, start=TURN - 5, end=TURN + 5, quote=TEXT[TURN - 5 : TURN + 5]),
    ],
    ids=["changed", "shifted", "of no document", "across two pages"],
)
def test_one_quote_that_is_not_the_documents_own_is_enough(compared, assistant, spoil):
    assistant.spoil = lambda citation: spoil(citation) if citation.lines == (4, 4) else citation
    status, shown, _ = compared()
    assert status == 1
    assert "後退: hoshi: 原文どおりでない引用 1件" in shown


def test_a_crash_is_kept_with_its_trace_and_is_enough(evaluate, assistant, baseline, capsys):
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


def test_a_changed_question_is_not_compared_and_is_named(compared, baseline):
    kept = json.loads(baseline.read_text("utf-8"))
    kept["answers"]["hoshi"]["m0"]["asked"] = "another"
    kept["answers"]["hoshi"]["gone"] = kept["answers"]["hoshi"].pop("m1")
    baseline.write_text(json.dumps(kept), encoding="utf-8")
    status, shown, comparison = compared()
    assert status == 0
    assert "比べていません: gone、m0、m1" in shown
    assert next(one for one in comparison["paired"] if one["measure"] == "right")["n"] == 6


def test_sets_of_one_side_only_are_named(compared, baseline):
    kept = json.loads(baseline.read_text("utf-8"))
    for part in ("sets", "answers"):
        kept[part]["elsewhere"] = kept[part].pop("hoshi")
    baseline.write_text(json.dumps(kept), encoding="utf-8")
    status, shown, _ = compared()
    assert status == 0
    assert "注意: hoshi: 基準にない質問集です" in shown
    assert "注意: elsewhere: 基準にありますが、今回は実行していません" in shown


class TestTheBaseline:
    def test_times_belong_to_a_machine_and_are_not_kept(self, baseline):
        assert "_ms" not in baseline.read_text(encoding="utf-8")

    def test_it_says_why_it_became_one(self, baseline):
        kept = json.loads(baseline.read_text("utf-8"))["sets"]["hoshi"]
        assert kept["reason"] == "最初の基準"
        assert kept["commit"]

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_it_is_not_changed_without_a_reason(self, evaluate, baseline, reason, capsys):
        before = baseline.read_bytes()
        with pytest.raises(SystemExit):
            evaluate("--baseline", baseline, "--save-baseline", reason)
        assert "基準を変える理由を書いてください" in capsys.readouterr().err
        assert baseline.read_bytes() == before

    def test_what_may_never_be_said_makes_no_baseline(self, evaluate, assistant, baseline, capsys):
        before = baseline.read_bytes()
        assistant.answers["図書館の利用者は何人"] = ("12,345人で県内3位", 2, None)
        assert evaluate("--baseline", baseline, "--save-baseline", "急ぐので")[0] == 2
        assert "基準にできません" in capsys.readouterr().err
        assert baseline.read_bytes() == before

    def test_a_drop_with_a_reason_is_shown_and_becomes_the_new_one(self, evaluate, assistant, baseline, capsys):
        assistant.answers |= dict.fromkeys(MORE, ("11,000人", 3, None))
        assert evaluate("--baseline", baseline, "--save-baseline", "資料の差し替え")[0] == 0
        assert "後退: hoshi: 正答率" in capsys.readouterr().out
        assert evaluate("--baseline", baseline)[0] == 0

    def test_a_value_is_kept_as_it_is_and_a_sentence_as_a_fingerprint(self, evaluate, assistant, tmp_path):
        """The file is committed: it must not carry the sentences of documents that are not."""
        sentence = "新しい体育館は、令和7年4月1日に開館する予定であるとのこと"
        assistant.answers["体育館の開館日"] = (sentence, 4, None)
        path = tmp_path / "baseline.json"
        evaluate("--baseline", path, "--save-baseline", "文で答える版")
        text = path.read_text("utf-8")
        assert "12,345人(令和6年12月末現在)" in text
        assert sentence[:10] not in text
        assert json.loads(text)["answers"]["hoshi"]["h2"]["said"].endswith(f"({len(sentence)})")

    def test_sets_that_did_not_run_stay(self, evaluate, baseline):
        kept = json.loads(baseline.read_text("utf-8"))
        kept["sets"]["elsewhere"] = {"accuracy": 0.5}
        kept["answers"]["elsewhere"] = {}
        baseline.write_text(json.dumps(kept), encoding="utf-8")
        evaluate("--baseline", baseline, "--save-baseline", "もう一度")
        assert json.loads(baseline.read_text("utf-8"))["sets"]["elsewhere"] == {"accuracy": 0.5}

    def test_a_missing_one_stops_before_anything_is_asked(self, evaluate, tmp_path, capsys):
        status, out = evaluate("--baseline", tmp_path / "none.json")
        assert status == 2
        assert "基準がありません" in capsys.readouterr().err
        assert not out.exists()

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"sets": {}}', '{"sets": {}, "answers": []}', '{"sets": {"a": 1}, "answers": {}}']
    )
    def test_one_of_another_shape_is_named(self, evaluate, tmp_path, text, capsys):
        path = tmp_path / "other.json"
        path.write_text(text, encoding="utf-8")
        assert evaluate("--baseline", path)[0] == 2
        assert str(path) in capsys.readouterr().err


def test_the_scorecard_of_a_run_says_which_snapshot_it_asked(evaluate):
    assert scores(evaluate()[1])["snapshot"] == "000001"
