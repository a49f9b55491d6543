"""What a server does wrong ends in a reason in Japanese, in time, and never in an exception."""

import itertools
import logging
import re
import threading
import time

import pytest
from pydantic import SecretStr

from answer.draft import Support
from answer.generating.abilities import identify
from answer.generating.contract import Claim, Evidence, EvidenceBlock, EvidenceLine, Mode, Written
from answer.generating.models import ModelError
from answer.generating.server import Breaker, Connection, Deadlines, Server, ServerError
from answer.generating.writer import ServerWriter
from tests.answer.generating import fake_server as fake

HASTY = Deadlines(connect=2.0, first=1.2, silence=0.8, whole=2.5)


def evidence(*texts, question="ごみの総排出量は何トンですか。"):
    lines = texts or ("ごみの総排出量は1,204トンです。", "資源ごみは310トンです。")
    numbered = tuple(EvidenceLine(f"L{n}", text, Support("d", 0, 1)) for n, text in enumerate(lines, 1))
    return Evidence(question, (EvidenceBlock("d", "環境課の資料 > ごみ", numbered),))


@pytest.fixture
def server():
    with fake.serving() as running:
        yield running


@pytest.fixture
def writer(server, tmp_path):
    opened = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json")
    yield opened
    opened.close()


def written(writer, asked=None):
    """Return the claims and the end of a writing."""
    *claims, end = filter(None, writer.write(asked or evidence()))
    assert all(isinstance(claim, Claim) for claim in claims)
    assert isinstance(end, Written)
    return claims, end


def test_a_good_server_is_asked_for_a_schema_and_its_sentence_comes_as_a_claim(server, writer):
    claims, end = written(writer)
    assert claims == [Claim(fake.TRUE, ("L1",))]
    assert (end.mode, end.model, end.error) == (Mode.SCHEMA, fake.MODEL, None)
    assert end.prompt_tokens
    assert fake.TRUE in end.raw[-1]
    sent = server.asked[-1]
    assert (sent["temperature"], sent["seed"]) == (0, 0)
    assert "tools" not in sent
    lines = sent["response_format"]["json_schema"]["schema"]["properties"]["sentences"]["items"]
    assert list(lines["properties"]) == ["lines", "text"]
    assert lines["properties"]["lines"]["items"]["enum"] == ["L1", "L2"]


def test_without_an_enforced_schema_marks_are_asked_for_and_nothing_is_sent_that_a_server_may_not_know(server, writer):
    server.enforces = False
    claims, end = written(writer)
    assert (claims, end.mode) == ([Claim(fake.TRUE, ("L1",))], Mode.MARKED)
    known = {"model", "messages", "stream", "stream_options", "temperature", "seed", "max_tokens"}
    assert server.asked[-1].keys() <= known


def test_a_small_model_only_picks_lines(server, writer):
    server.parameters = 1_500_000_000
    claims, end = written(writer)
    assert (claims, end.mode) == ([Claim("", ("L1",))], Mode.PICK)


GOES_WRONG = [
    (fake.never_stops_thinking, "形"),
    (fake.ends_a_thought_never_begun, "考え"),
    (fake.read_half, "読んでいません"),
    (fake.cut_at_4096, "読んでいません"),
    (fake.half_a_json, "形|日本語"),
    (fake.filtered, "途中で終わりました"),
    (fake.too_long, "途中で切れました"),
    (fake.repeats, "途中で切れました"),
    (fake.english, "日本語"),
    (fake.chinese, "日本語"),
    (fake.empty, "形"),
    (fake.stalls_before, "書き始めません"),
    (fake.pings_only, "書き始めません"),
    (fake.stalls_within, "止まりました"),
    (fake.drips, "書き終えません"),
    (fake.hangs_up, "途中で"),
    (fake.no_json, "OpenAI互換"),
    (fake.a_page, "OpenAI互換"),
    (fake.fails_within, "エラー"),
    (fake.status(301), "別のアドレス"),
    (fake.status(404), "モデル"),
    (fake.status(401, fake.KEY), "鍵"),
    (fake.status(429), "混み合って"),
    (fake.status(500), "エラー"),
    (fake.status(503), "準備中"),
    (fake.status(400), "受け付けません"),
    (fake.status(400, "maximum context length is 4096 tokens"), "長さ"),
]


@pytest.mark.parametrize(
    ("quirk", "reason"), GOES_WRONG, ids=[f"{i}-{getattr(q, '__name__', '')}" for i, (q, _) in enumerate(GOES_WRONG)]
)
@pytest.mark.parametrize("enforces", [True, False], ids=["schema", "marked"])
def test_what_goes_wrong_ends_within_the_deadline_with_a_reason(server, writer, quirk, reason, enforces):
    server.enforces = enforces
    writer.known()
    server.quirk = quirk
    began = time.monotonic()
    claims, end = written(writer)
    assert time.monotonic() - began < HASTY.whole + 1.5
    if reason in ("形|日本語", "日本語") and not enforces:  # asked for less, the server could still be used
        assert (end.mode, end.error, claims) == (Mode.PICK, None, [Claim("", ("L1",))])
        return
    assert re.search(reason, end.error)
    assert fake.KEY not in end.error


@pytest.mark.parametrize(
    ("quirk", "claims"),
    [
        (fake.thinks_aloud, [Claim(fake.TRUE, ("L1",))]),
        (fake.thinks_apart, [Claim(fake.TRUE, ("L1",))]),
        (fake.whole, [Claim(fake.TRUE, ("L1",))]),
        (fake.wrong_ids, [Claim(fake.TRUE, ())]),  # for the verifier to find its line, or to drop
        (fake.paraphrases, [Claim("資料は「ごみがとても増えた」としています。", ("L1",))]),
        (fake.obeys, [Claim("会員数は9,999者です。", ("L1",))]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_can_be_used_is_handed_on_to_be_checked(server, writer, quirk, claims):
    writer.known()
    server.quirk = quirk
    assert written(writer)[0] == claims


def test_a_server_that_forgets_the_schema_is_asked_again_and_then_for_marks(server, writer):
    writer.known()
    server.quirk = fake.ignores_schema
    claims, end = written(writer)
    assert (claims, end.mode, end.error) == ([Claim(fake.TRUE, ("L1",))], Mode.MARKED, None)
    assert [fake.mode(request) for request in server.asked] == ["schema", "schema", "marked"]


def test_a_mode_that_fails_three_questions_in_a_row_is_lowered_for_good(server, writer, tmp_path):
    writer.known()
    server.quirk = fake.ignores_schema
    for _ in range(3):
        written(writer)
    assert writer.known()[1].mode is Mode.MARKED
    again = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json")
    assert again.known()[1].mode is Mode.MARKED
    again.close()


def test_marks_cut_between_events_are_read_whole(server, writer):
    server.enforces = False
    writer.known()
    server.quirk = fake.split_marks
    assert written(writer)[0] == [
        Claim("一つ目です。", ("L1",)),
        Claim("二つ目です。", ("L2",)),
        Claim("三つ目です。", ("L1", "L2")),
    ]


def test_links_pictures_and_html_of_a_model_are_dropped(server, writer):
    writer.known()
    server.quirk = fake.links
    assert written(writer)[0] == [Claim(f"{fake.TRUE}こちら", ("L1",))]


def test_nothing_written_is_an_answer_without_claims_and_without_a_fault(server, writer):
    server.enforces = False
    writer.known()
    server.quirk = lambda server, request: fake.text(f"{fake.NOTHING}。", request=request)
    claims, end = written(writer)
    assert (claims, end.error) == ([], None)


def test_a_server_that_knows_only_messages_is_given_only_messages(server, writer):
    quirk = lambda server, request: fake.refuses_parameters(server, request)  # noqa: E731 - it carries an attribute
    quirk.probe = quirk
    server.quirk = quirk
    claims, end = written(writer)
    assert (claims, end.mode) == ([Claim(fake.TRUE, ("L1",))], Mode.MARKED)
    assert server.asked[-1].keys() == {"model", "messages", "stream"}
    assert [message["role"] for message in server.asked[-1]["messages"]] == ["user"]


def test_a_sentence_is_handed_on_before_the_reply_is_over(server, writer):
    writer.known()
    go_on = threading.Event()

    def waits(server, request):
        yield from fake.text('{"sentences": [{"lines": ["L1"], "text": "一つ目です。"},', finish=None)
        go_on.wait(5)
        yield from fake.text(' {"lines": ["L2"], "text": "二つ目です。"}]}', request=request)

    server.quirk = waits
    writing = writer.write(evidence())
    assert next(writing) == Claim("一つ目です。", ("L1",))
    go_on.set()
    assert next(writing) == Claim("二つ目です。", ("L2",))
    assert next(writing).error is None


def test_a_model_that_is_being_started_is_waited_for_and_one_that_does_not_start_says_why(server, tmp_path):
    started = threading.Event()
    waiting = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json", lambda: started.wait(5))
    writing = waiting.write(evidence())
    assert next(writing) is None
    started.set()
    assert Claim(fake.TRUE, ("L1",)) in list(writing)
    waiting.close()

    def fails():
        raise ModelError("モデルを読み込めませんでした。")

    broken = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json", fails)
    broken.prepare()
    assert broken.state[2] == written(broken)[1].error == "モデルを読み込めませんでした。"
    broken.close()


def test_whoever_stops_listening_stops_the_server(server, writer):
    server.enforces = False
    writer.known()

    def writes_on(server, request):
        yield from fake.text("一つ目です。[L1]\n", finish=None)
        yield from fake.drips(server, request)

    server.quirk = writes_on
    writing = writer.write(evidence())
    next(writing)
    writing.close()
    assert server.cancelled.wait(2)


def test_three_failures_rest_the_server_and_one_request_tries_it_again(server, tmp_path):
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    for _ in range(3):
        breaker.admit()
        breaker.told(ServerError("slow", "遅い。"))
    with pytest.raises(ServerError) as caught:
        breaker.admit()
    assert "遅い。" in caught.value.message
    assert "5分" in caught.value.message
    now[0] = 301.0
    breaker.admit()
    with pytest.raises(ServerError):
        breaker.admit()
    breaker.told(None)
    breaker.admit()


def test_a_question_that_was_stopped_is_no_failure():
    breaker = Breaker()
    for _ in range(5):
        breaker.admit()
        breaker.told(None, cancelled=True)
    breaker.admit()


def test_a_server_that_fails_is_left_alone_after_three_questions(server, writer):
    writer.known()
    server.quirk = fake.status(500)
    ends = [written(writer)[1] for _ in range(5)]
    assert len(server.asked) == 3
    assert all("休みます" in end.error for end in ends[3:])


def test_fifty_questions_at_once_all_end_and_never_more_than_allowed_are_asked(server, tmp_path):
    limits = Deadlines(connect=2.0, first=1.5, silence=1.0, whole=4.0)
    writer = ServerWriter(Connection(server.url, parallel=2, deadlines=limits), tmp_path / "llm.json")
    writer.known()
    server.most_at_once = 0

    def slow(server, request):
        yield 0.1
        yield from fake.good(server, request)

    server.quirk = slow
    ends = []
    threads = [threading.Thread(target=lambda: ends.append(written(writer)[1])) for _ in range(50)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - began < limits.whole + 2
    assert len(ends) == 50
    assert server.most_at_once <= 2
    assert any(end.error is None for end in ends)
    assert {end.error for end in ends if end.error} <= {
        "ほかの質問の文章を書いているため、今回は言語モデルを使えませんでした。"
    }
    writer.close()


def test_without_a_server_the_reason_comes_at_once(tmp_path):
    writer = ServerWriter(Connection("http://127.0.0.1:9/v1", model="m", deadlines=HASTY), tmp_path / "llm.json")
    claims, end = written(writer)
    assert (claims, end.mode) == ([], Mode.NONE)
    assert "つながりません" in end.error
    writer.close()


def test_a_key_is_sent_and_told_to_nobody(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with fake.serving(needs_key=True) as server:
        connection = Connection(server.url, key=SecretStr(fake.KEY), deadlines=HASTY)
        writer = ServerWriter(connection, tmp_path / "llm.json")
        assert written(writer)[1].error is None
        assert server.headers[-1]["Authorization"] == f"Bearer {fake.KEY}"
        server.quirk = fake.fails_within
        _, end = written(writer)
        writer.close()
    told = f"{connection!r} {end!r} {caplog.text} {(tmp_path / 'llm.json').read_text()}"
    assert fake.KEY not in told


def test_a_wrong_key_is_said(tmp_path):
    with fake.serving(needs_key=True) as server:
        writer = ServerWriter(Connection(server.url, key=SecretStr("other"), deadlines=HASTY), tmp_path / "llm.json")
        _, end = written(writer)
        writer.close()
    assert "TENKYO_LLM_KEY" in end.error


def test_of_several_models_one_has_to_be_named(server, tmp_path):
    server.models = ["a-4b", "b-8b"]
    with Server(Connection(server.url)) as asked, pytest.raises(ServerError) as caught:
        identify(asked)
    assert "a-4b、b-8b" in caught.value.message


def test_what_was_probed_is_kept_until_the_server_is_another(server, tmp_path):
    def opened():
        writer = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json")
        writer.known()
        writer.close()
        return len(server.probed)

    first = opened()
    assert opened() == first
    server.version = "b2"
    assert opened() > first


def test_a_broken_file_of_what_was_probed_is_as_good_as_none(server, tmp_path):
    (tmp_path / "llm.json").write_text("{half", encoding="utf-8")
    writer = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json")
    assert writer.known()[1].mode is Mode.SCHEMA
    writer.close()


def test_a_model_that_never_declines_only_picks(server, writer):
    def always(server, request):
        if "館長" in fake.said(request):
            return fake.text("館長は山田太郎です。[L1]", request=request)
        return fake.well_probed(server, request)

    fake_good = lambda server, request: fake.good(server, request)  # noqa: E731 - it carries an attribute
    fake_good.probe = always
    server.quirk = fake_good
    assert writer.known()[1].mode is Mode.PICK


def test_a_model_that_can_be_kept_from_thinking_is_told_so(server, writer):
    def thinks(server, request):
        if request.get("reasoning_effort") != "none":
            yield {"choices": [{"delta": {"reasoning": "考えています"}}]}
        yield from fake.well_probed(server, request)

    quirk = lambda server, request: fake.good(server, request)  # noqa: E731
    quirk.probe = thinks
    server.quirk = quirk
    assert writer.known()[1].quiet
    written(writer)
    assert server.asked[-1]["reasoning_effort"] == "none"


def test_evidence_is_cut_to_the_window_and_only_lines_given_may_be_named(server, tmp_path):
    server.context = 2048
    server.rate = 1.1
    writer = ServerWriter(Connection(server.url, deadlines=HASTY), tmp_path / "llm.json")
    many = [f"{n}地区のごみの量は{n * 17}トンで、前の年より{n}トン増えました。" for n in range(1, 100)]
    written(writer, evidence(*many))
    sent = server.asked[-1]
    assert len(fake.said(sent)) * 1.1 + sent["max_tokens"] <= 2048
    given = sent["response_format"]["json_schema"]["schema"]["properties"]["sentences"]["items"]["properties"]["lines"]
    assert given["items"]["enum"] == [
        f"L{n}" for n in itertools.takewhile(lambda n: f"L{n}:" in fake.said(sent), itertools.count(1))
    ]
    assert 3 < len(given["items"]["enum"]) < 60
    writer.close()


def test_a_window_that_was_cut_without_a_word_is_remembered(server, writer):
    writer.known()
    server.quirk = fake.cut_at_4096
    written(writer)
    server.context = 32_000
    assert writer.window <= 4096


def test_a_slow_reader_is_given_less(server, tmp_path):
    def slow(server, request):
        yield 0.5
        yield from fake.well_probed(server, request)

    quirk = lambda server, request: fake.good(server, request)  # noqa: E731
    quirk.probe = slow
    server.quirk = quirk
    limits = Deadlines(first=1.0)
    writer = ServerWriter(Connection(server.url, deadlines=limits), tmp_path / "llm.json")
    writer.known()
    many = ["ごみの総排出量は、令和4年度には1,204トンとなりました。"] * 60
    written(writer, evidence(*many))
    assert fake.said(server.asked[-1]).count("総排出量は、") < 40
    writer.close()


def test_who_does_not_begin_in_time_is_given_less_the_next_time(server, tmp_path):
    writer = ServerWriter(Connection(server.url, deadlines=Deadlines(first=0.6)), tmp_path / "llm.json")
    writer.known()
    many = evidence(*["ごみの総排出量は、令和4年度には1,204トンとなりました。"] * 90)
    server.quirk = fake.stalls_before
    _, end = written(writer, many)
    before = fake.said(server.asked[-1]).count("総排出量は、")
    assert "書き始めません" in end.error

    server.quirk = fake.good
    written(writer, many)
    assert fake.said(server.asked[-1]).count("総排出量は、") < before
    writer.close()
