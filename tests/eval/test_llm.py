"""A run with a language model: what it adds is measured apart, kept, judged again, and never below the rules.

The model is the fake server, asked through everything that lies between, over the paper of a town that does not exist.
"""

import json
import re
from contextlib import nullcontext

import pytest

from answer.draft import Support
from answer.generating import compose
from answer.generating.contract import Claim, Evidence, EvidenceBlock, EvidenceLine, Mode, Verdict, Written
from answer.generating.server import Connection, Deadlines
from answer.generating.verify import verify
from answer.generating.writer import ServerWriter
from eval import cli, llm, replies, sets
from tests.answer.generating import fake_server as fake
from tests.answer.papers import assistant_over

PAPER = """\
ひより市　令和6年6月定例会　環境課資料

令和6年6月3日

1　ごみの量

令和5年度のごみの総排出量は1,204トンです。
資源ごみの回収量は310トンで、前年度から12トン増えました。

2　集積所

ごみ集積所は、市内に86か所あります。
集積所の掃除は、利用する世帯が当番で行います。
"""
WASTE = "令和5年度のごみの総排出量は何トンですか。"
ROTA = "集積所の掃除は誰が行いますか。"
COST = "令和5年度のごみの処理費用はいくらですか。"
SPOTS = "ごみ集積所は何か所ありますか。"
TRUE = {
    WASTE: [("令和5年度のごみの総排出量は1,204トンです。", "1,204トン")],
    ROTA: [("集積所の掃除は、利用する世帯が当番で行います。", "当番")],
    SPOTS: [("ごみ集積所は86か所あります。", "86か所")],
}
RECYCLED = [("資源ごみの回収量は310トンです。", "310トン")]
INVENTED = [("令和5年度のごみの総排出量は1,402トンです。", "1,204トン")]


def gold(name, text, kind, accept, line):
    return {
        "id": name,
        "question": text,
        "type": kind,
        "answer": accept or "なし",
        "accept": [accept] if accept else [],
        "evidence": [{"file": "環境課.txt", "lines": [line, line]}] if line else [],
        "answerable": bool(line),
    }


QUESTIONS = [
    gold("k1", WASTE, "number", "1204トン", 7),
    gold("k2", ROTA, "name", "利用する世帯", 13),
    gold("k3", COST, "unanswerable", "", None),
    gold("k4", SPOTS, "number", "86か所", 12),
]


class Model:
    """What the fake server says of each question, and how often it was asked."""

    def __init__(self, server, writer):
        self.server, self.writer = server, writer
        self.says = dict(TRUE)
        self.asked = []
        self.stops_at = None
        server.quirk = self.quirk

    def quirk(self, server, request):
        said = fake.said(request)
        question = re.search("質問：(.+)", said)[1]
        self.asked.append(question)
        sentences = [
            {"lines": re.findall(rf"^(L\d+): .*{re.escape(word)}", said, re.M), "text": text}
            for text, word in self.says.get(question, [])
        ]
        return fake.text(json.dumps({"sentences": sentences}, ensure_ascii=False), request=request)

    def write(self, evidence):
        if evidence.question == self.stops_at:
            raise KeyboardInterrupt
        yield from self.writer.write(evidence)

    def terms(self, question):
        return ()

    def rewritten(self, question, before):
        return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("llm")


@pytest.fixture(scope="module")
def assistant(folder):
    return assistant_over(folder, {"環境課.txt": PAPER})


@pytest.fixture
def model(tmp_path):
    with fake.serving() as server:
        deadlines = Deadlines(connect=2.0, first=3.0, silence=3.0, whole=8.0)
        writer = ServerWriter(Connection(server.url, deadlines=deadlines), tmp_path / "servers.json")
        writer.known()
        yield Model(server, writer)
        writer.close()


@pytest.fixture
def evaluate(tmp_path, folder, assistant, model, monkeypatch):
    monkeypatch.setattr(sets, "open_assistant", lambda folder, model, **_: assistant)
    (tmp_path / "hiyori.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)), encoding="utf-8")
    runs = iter(range(100))

    def evaluate(*more, of_sets=True):
        out = tmp_path / f"run{next(runs)}"
        named = ["--questions", tmp_path / "hiyori.jsonl", "--documents", folder / "papers", "--no-stages"]
        argv = [*map(str, named if of_sets else []), "--out", str(out), *map(str, more)]
        return cli.main(argv, index=tmp_path / "index", embedding_model="fake", model=lambda: nullcontext(model)), out

    return evaluate


def card(out):
    return json.loads((out / "llm.json").read_text("utf-8"))


def rows(out):
    return [json.loads(line) for line in (out / "llm.jsonl").read_text("utf-8").splitlines()]


class TestTheScorecard:
    def test_what_a_model_wins_is_told_beside_what_the_rules_answered(self, evaluate, capsys):
        status, out = evaluate("--llm")
        every = card(out)["all"]
        assert status == 0
        assert (every["won"], every["lost"]) == (1, 0)  # who sweeps
        assert (every["before"]["right"], every["after"]["right"]) == (pytest.approx(2 / 3), 1)
        assert every["after"]["cited"] == 1
        assert (every["before"]["declined"], every["after"]["declined"]) == (pytest.approx(1 / 3), 0)
        assert every["after"]["declined_unanswerable"] == 1
        assert every["types"]["name"]["right_after"] == 1
        assert every["in_form"] == every["at_once"] == 1
        assert every["prompt_tokens"] > every["completion_tokens"] > 0
        shown = capsys.readouterr().out
        assert "モデルありだけ正しい 1問" in shown
        assert f"言語モデル {fake.MODEL}" in shown
        assert shown.index("正答率") < shown.index("■ 言語モデル")  # the scorecard of the rules stands by itself

    def test_the_scorecard_of_the_rules_is_the_same_as_without_a_model(self, evaluate):
        without, beside = (
            json.loads((evaluate(*more)[1] / "metrics.json").read_text("utf-8")) for more in ((), ("--llm",))
        )
        one, other = (
            {key: value for key, value in metrics["sets"]["hiyori"].items() if not key.endswith("_ms")}
            for metrics in (without, beside)
        )
        assert one == other

    def test_sentences_are_counted_by_what_checking_found_of_them(self, evaluate, model):
        model.says[WASTE] = [*TRUE[WASTE], *INVENTED]
        model.says[SPOTS] = INVENTED
        every = card(evaluate("--llm")[1])["all"]
        assert every["kinds"] == {"supported": 2, "repointed": 0, "stitched": 0, "unsupported": 2}
        assert every["dropped_whole"] == pytest.approx(1 / 3)
        assert every["declined_by_model"] == 1 / 4
        assert every["after"]["right"] == 1  # where nothing is left, the rules' answer stands

    def test_a_reply_without_its_form_is_no_reply(self, evaluate, model):
        chatty = lambda server, request: fake.text("はい、お答えします。", request=request)  # noqa: E731
        model.server.quirk = lambda server, request: (chatty if WASTE in fake.said(request) else model.quirk)(
            server, request
        )
        every = card(evaluate("--llm")[1])["all"]
        assert every["in_form"] == every["at_once"] == 3 / 4
        assert list(every["errors"].values()) == [1]
        assert every["lost"] == 0

    def test_to_lose_more_than_is_won_shuts_the_gate(self, evaluate, model, capsys):
        model.says = {WASTE: RECYCLED}
        status, out = evaluate("--llm")
        assert status == 1
        assert [failure["gate"] for failure in card(out)["failures"]] == ["below"]
        assert "不合格: 資料の言葉だけの答えを下回る（失った 1問 > 得た 0問）" in capsys.readouterr().out

    def test_a_figure_that_no_line_has_shuts_it_though_the_checks_let_it_pass(
        self, evaluate, model, monkeypatch, capsys
    ):
        monkeypatch.setattr(compose, "verify", lambda claim, evidence: Verdict(claim, "supported", claim.lines))
        model.says[WASTE] = INVENTED
        status, out = evaluate("--llm")
        assert status == 1
        assert card(out)["all"]["unsupported_answers"] == 1
        assert "モデルの文に、根拠のない数字のある質問 1件" in capsys.readouterr().out

    def test_so_does_a_quote_that_is_not_the_papers_own(self, evaluate, monkeypatch, capsys):
        monkeypatch.setattr(llm, "is_verbatim", lambda citation, snapshot: False)
        assert evaluate("--llm")[0] == 1
        assert "原文どおりでない引用" in capsys.readouterr().out

    def test_without_a_model_nothing_is_measured(self, evaluate, monkeypatch, capsys):
        run = cli.main
        monkeypatch.setattr(cli, "main", lambda argv, model, **named: run(argv, **named))
        status, out = evaluate("--llm")
        assert status == 2
        assert "言語モデルがつながっていません" in capsys.readouterr().err
        assert not out.exists()


class TestTheRecords:
    def test_a_row_holds_prompt_reply_and_verdicts(self, evaluate, model):
        _, out = evaluate("--llm")
        first = rows(out)[0]
        written = first["record"]["written"]
        assert (first["set"], first["id"]) == ("hiyori", "k1")
        assert WASTE in written["prompt"]
        assert TRUE[WASTE][0][0] in written["raw"][0]
        assert [verdict["kind"] for verdict in first["record"]["verdicts"]] == ["supported"]
        assert first["answer"]["generated"]["sentences"][0]["text"] == TRUE[WASTE][0][0]

    def test_a_run_is_judged_again_without_the_model(self, evaluate, model, capsys):
        _, out = evaluate("--llm")
        asked = len(model.asked)
        capsys.readouterr()
        status, again = evaluate("--llm-again", out, of_sets=False)
        assert status == 0
        assert len(model.asked) == asked
        assert card(again) == card(out)
        assert "どの文の判定も同じ" in capsys.readouterr().out

    def test_other_checks_come_to_other_verdicts_on_the_same_replies(self, evaluate, monkeypatch, capsys):
        _, out = evaluate("--llm")

        def stricter(claim, evidence):
            return Verdict(claim, "unsupported", (), "疑わしい") if "当番" in claim.text else verify(claim, evidence)

        monkeypatch.setattr(compose, "verify", stricter)
        capsys.readouterr()
        _, again = evaluate("--llm-again", out, of_sets=False)
        assert card(again)["all"]["won"] == 0
        assert card(again)["all"]["kinds"]["unsupported"] == 1
        shown = capsys.readouterr().out
        assert "判定が変わった文: 1" in shown
        assert "k2 示した行にある → 行にない" in shown

    def test_what_was_interrupted_is_kept_and_goes_on(self, evaluate, model, capsys):
        model.stops_at = COST
        with pytest.raises(KeyboardInterrupt):
            evaluate("--llm")
        out = re.search(r"--llm-again (\S+)、", capsys.readouterr().err)[1]
        model.stops_at = None
        model.asked.clear()
        status, whole = evaluate("--llm", "--llm-again", out, of_sets=False)
        assert status == 0
        assert model.asked == [COST, SPOTS]
        assert [row["id"] for row in rows(whole)] == ["k1", "k2", "k3", "k4"]
        assert card(whole)["all"]["won"] == 1

    def test_what_was_asked_until_then_can_be_judged(self, evaluate, model, tmp_path):
        model.stops_at = COST
        with pytest.raises(KeyboardInterrupt):
            evaluate("--llm")
        _, again = evaluate("--llm-again", tmp_path / "run0", of_sets=False)
        assert card(again)["all"]["questions"] == 2

    def test_a_model_that_is_gone_is_not_asked_for_hours_and_later_asked_again(
        self, evaluate, model, monkeypatch, capsys
    ):
        monkeypatch.setattr(llm, "GONE", 2)
        answers = iter([model.quirk])
        model.server.quirk = lambda server, request: next(answers, fake.status(500))(server, request)
        status, out = evaluate("--llm")
        assert status == 2
        assert "2問続けて返事をしませんでした" in capsys.readouterr().err
        assert len(rows(out)) == 3
        model.writer.server._breaker._failures = 0
        model.server.quirk = model.quirk
        model.asked.clear()
        assert evaluate("--llm", "--llm-again", out, of_sets=False)[0] == 0
        assert model.asked == [ROTA, COST, SPOTS]

    def test_a_folder_without_replies_is_named(self, evaluate, tmp_path, capsys):
        assert evaluate("--llm-again", tmp_path / "nowhere", of_sets=False)[0] == 2
        assert "返事の記録がありません" in capsys.readouterr().err


class TestSealedSets:
    def test_they_show_figures_alone_and_leave_nothing(self, evaluate, folder, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(cli, "sealed_files", lambda: [tmp_path / "hiyori.jsonl"])
        monkeypatch.setattr(cli.blind, "keep", lambda rows: None)
        status, out = evaluate("--sealed", "--llm")
        shown = capsys.readouterr().out
        assert status == 0
        assert "モデルありだけ正しい 1問" in shown
        assert not out.exists()
        assert not any(text in shown for text in (WASTE, "1,204", "k1"))

    def test_nothing_of_them_can_be_judged_again(self, evaluate, tmp_path, capsys):
        assert evaluate("--sealed", "--llm", "--llm-again", tmp_path)[0] == 2
        assert "--sealed と一緒には使えません" in capsys.readouterr().err


def evidence(*texts):
    lines = tuple(EvidenceLine(f"L{n}", text, Support("a", 0, 1)) for n, text in enumerate(texts, 1))
    return Evidence(WASTE, (EvidenceBlock("a", "環境課資料", lines),))


def written(id_, sentences, *texts):
    block = {"lines": [{"id": f"L{n}", "text": text} for n, text in enumerate(texts, 1)]}
    said = [{"lines": list(lines), "text": text} for text, *lines in sentences]
    return {"id": id_, "question": WASTE, "evidence": {"blocks": [block]}, "sentences": said}


LINES = ("令和5年度のごみの総排出量は1,204トンです。", "ごみ集積所は、市内に86か所あります。")


class TestRepliesWrittenBeforehand:
    def test_the_file_holds_no_words_of_the_papers(self, tmp_path):
        row = written("k1", [("総排出量は1,204トンでした。", "L1")], *LINES)
        replies.write_replies([row], tmp_path / "kept.jsonl")
        text = (tmp_path / "kept.jsonl").read_text("utf-8")
        assert json.loads(text) == {
            "id": "k1",
            "sentences": [{"lines": ["L1"], "text": "総排出量は1,204トンでした。"}],
            "lines": {"L1": replies.fingerprint(LINES[0])},
        }
        assert not any(line[:8] in text for line in LINES)

    def test_a_sentence_that_copies_a_long_run_of_a_line_is_named(self):
        long = "集積所の掃除は、利用する世帯が当番で行い、当番の順番は毎年4月に各自治会の総会で決めて市に届け出ます。"
        assert replies.copied(written("k1", [(long, "L1"), ("当番です。", "L1")], long)) == [long]

    def test_a_line_is_found_by_its_text_wherever_it_stands_now(self):
        reply = replies.kept(written("k1", [("1,204トンでした。", "L1")], *LINES))
        now = evidence("ごみの量", LINES[1], "令和５年度の ごみの総排出量は1204トンです。")
        assert json.loads(replies.as_given(reply, now))["sentences"][0]["lines"] == ["L3"]

    def test_a_line_that_is_no_longer_given_is_pointed_to_no_more(self):
        reply = replies.kept(written("k1", [("1,204トンでした。", "L1", "L2")], *LINES))
        assert json.loads(replies.as_given(reply, evidence(LINES[1])))["sentences"][0]["lines"] == ["L1"]
        assert json.loads(replies.as_given(reply, evidence("別の行です。")))["sentences"][0]["lines"] == []

    def test_of_lines_with_one_text_the_nearest_is_meant(self):
        same = ("合計: 12件", "内訳", "内訳", "合計: 12件")
        reply = replies.kept(written("k1", [("合計は12件です。", "L4")], *same))
        assert json.loads(replies.as_given(reply, evidence("前文", *same)))["sentences"][0]["lines"] == ["L5"]

    def test_they_take_the_way_of_a_real_model(self):
        reply = replies.kept(written("k1", [("1,204トンでした。", "L1")], *LINES))
        with replies.replaying("返事") as writer_of:
            *claims, end = (item for item in writer_of(reply).write(evidence(*LINES)) if item is not None)
            *nothing, declined = writer_of(replies.kept(written("k1", []))).write(evidence(*LINES))
        assert claims == [Claim("1,204トンでした。", ("L1",))]
        assert isinstance(end, Written)
        assert (end.mode, end.model, end.error) == (Mode.SCHEMA, "返事", None)
        assert LINES[0] in end.prompt
        assert json.loads(end.raw[0])["sentences"][0]["lines"] == ["L1"]
        assert ([item for item in nothing if item is not None], declined.error) == ([], None)

    def test_only_the_questions_with_a_reply_are_asked_and_no_time_is_told(self, evaluate, tmp_path, model, capsys):
        row = written("k2", [("集積所の掃除は、利用する世帯が当番で行います。", "L1")], PAPER.splitlines()[12])
        replies.write_replies([row], tmp_path / "kept.jsonl")
        model.server.quirk = fake.status(500)
        status, out = evaluate("--llm-replies", tmp_path / "kept.jsonl")
        every = card(out)["all"]
        assert status == 0
        assert (every["questions"], every["won"], every["write_p50_ms"]) == (1, 1, None)
        assert card(out)["models"] == ["kept.jsonl"]
        assert card(evaluate("--llm-again", out, of_sets=False)[1]) == card(out)

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ('{"sentences": [], "lines": {}}', "id か question"),
            ('{"id": "k1", "sentences": [{"lines": []}], "lines": {}}', "sentences.0.text"),
            ('{"id": "k1", "sentences": [], "lines": {}, "evidence": {}}', "evidence"),
            ("{", "返事の形が違います"),
        ],
    )
    def test_a_row_of_another_shape_is_named_with_its_place(self, evaluate, tmp_path, line, says, capsys):
        (tmp_path / "kept.jsonl").write_text(line, encoding="utf-8")
        assert evaluate("--llm-replies", tmp_path / "kept.jsonl")[0] == 2
        told = capsys.readouterr().err
        assert "kept.jsonl:1" in told
        assert says in told

    def test_they_make_no_baseline_since_not_all_is_asked(self, evaluate, tmp_path, capsys):
        (tmp_path / "kept.jsonl").write_text("", encoding="utf-8")
        assert evaluate("--llm-replies", tmp_path / "kept.jsonl", "--save-baseline", "急ぐので")[0] == 2
        assert "--save-baseline と一緒には使えません" in capsys.readouterr().err
        assert evaluate("--llm-replies", tmp_path / "kept.jsonl")[0] == 2
        assert "返事のある質問が、聞く質問集にありません" in capsys.readouterr().err
