"""An API that answers over httpx without a port: what the page sees of the real one, by value."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
from PIL import Image

from ui.client import AskClient

Json = dict[str, Any]
TEXT = (
    "若葉市の概況\n1 人口\n\t令和5年\t令和6年\n人口\t48,210人\t47,655人\n世帯\t20,114世帯\t20,240世帯\n"
    "※各年4月1日現在\n"
)
PDF = {
    "id": "aaaa000011112222",
    "file": "gaiyou.pdf",
    "title": "令和6年度 若葉市 市政の概況",
    "meeting": "令和6年6月議会",
    "published": "2024-06",
    "department": "総務部",
    "kind": "pdf",
    "paging": "physical",
    "pages": 8,
    "chunks": 31,
    "facts": 90,
    "source": "gaiyou.pdf",
    "warnings": ["5ページ: 文字が読み取れません（画像だけのページ）"],
    "taken_from": {"title": "cover", "meeting": "cover", "published": "text"},
}
PLAIN = PDF | {
    "id": "bbbb000011112222",
    "file": "tokei.txt",
    "title": "若葉市の概況",
    "meeting": None,
    "published": "2024",
    "kind": "text",
    "paging": "none",
    "pages": 1,
    "warnings": [],
    "taken_from": {"title": "file_name", "published": "by_hand"},
}
HEADINGS = [
    {"text": "1 現状", "level": 1, "page": 1, "start": 0, "end": 4},
    {"text": "2 デジタル化の推進", "level": 1, "page": 3, "start": 100, "end": 110},
    {"text": "(1) 相談 *件数*", "level": 2, "page": 3, "start": 112, "end": 118},
    {"text": "3 予算", "level": 1, "page": 6, "start": 400, "end": 404},
]


def citation(n: int = 1, **changes: Any) -> Json:
    """Return a citation of the PDF."""
    return {
        "n": n,
        "document_id": PDF["id"],
        "file": PDF["file"],
        "title": PDF["title"],
        "meeting": PDF["meeting"],
        "published": PDF["published"],
        "page": 3,
        "page_label": "5",
        "page_guessed": False,
        "section": ["2 デジタル化の推進", "(1) 相談件数"],
        "quote": "相談件数は2,776件（令和6年1月末現在）となっている。",
        "lines": None,
        "start": 120,
        "end": 147,
        "boxes": [[70.0, 120.0, 420.0, 134.0]],
    } | changes


def watched(**changes: Any) -> Json:
    """Return a watched folder."""
    return {
        "folder": "/srv/若葉市/資料",
        "is_watched": True,
        "papers": 12,
        "last_run": "2026-11-23T08:37:18+00:00",
        "added": 2,
        "refreshed": 0,
        "removed": 1,
        "problem": None,
        "failed": [],
    } | changes


def text_citation(n: int = 1, **changes: Any) -> Json:
    """Return a citation of the text file: the row of the table that gives the population."""
    quote = "人口\t48,210人\t47,655人"
    start = TEXT.index(quote)
    place = {
        "document_id": PLAIN["id"],
        "file": PLAIN["file"],
        "title": PLAIN["title"],
        "meeting": None,
        "published": "2024",
        "page": None,
        "page_label": None,
        "section": ["1 人口"],
        "quote": quote,
        "lines": [4, 4],
        "start": start,
        "end": start + len(quote),
        "boxes": None,
    }
    return citation(n, **(place | changes))


def answer(question: str = "相談件数は何件ですか", **changes: Any) -> Json:
    """Return an answer as POST /v1/ask gives it."""
    passage = {"chunk_id": f"{PLAIN['id']}:0-40", "score": 0.5, **text_citation(1)}
    return {
        "id": None,
        "question": question,
        "status": "answered",
        "answer": "2,776件（令和6年1月末現在）",
        "type": "number",
        "as_of": "2024-01-31",
        "derived": None,
        "citations": [citation(1), text_citation(2)],
        "candidates": [],
        "timeline": [],
        "unsaid": [],
        "missing": [],
        "passages": [passage],
        "confidence": 0.96,
        "timings_ms": {"retrieve": 3.0, "read": 2.0, "check": 1.0, "total": 6.0},
        "index": "s1",
        "answerer": "extractive",
    } | changes


def unsure(question: str = "相談は何件ありましたか", **changes: Any) -> Json:
    """Return what is offered where no answer could be settled on: the first of two candidates stands on two places."""
    place = citation(3, quote="世帯\t20,114世帯\t20,240世帯", page=6, page_label=None, section=["3 予算"])
    told = {
        "status": "unsure",
        "answer": "一つに決められません。次の箇所に書かれている可能性があります。",
        "as_of": None,
        "citations": [citation(1), text_citation(2), place],
        "candidates": [
            {"text": "2,776件", "citation": 1, "confidence": 0.41},
            {"text": "世帯 20,114世帯 20,240世帯", "citation": 3, "confidence": 0.2},
        ],
        "confidence": 0.41,
    }
    return answer(question, **(told | changes))


def not_found(question: str = "市長の好物は何ですか", **changes: Any) -> Json:
    return answer(
        question,
        status="not_found",
        answer="資料に記載がありません",
        as_of=None,
        citations=[],
        missing=["好物"],
        confidence=0.0,
        **changes,
    )


def generated(**changes: Any) -> Json:
    """Return what is left of a model's text: a sentence on the answer's own line, and one on another line."""
    other = citation(2, quote="このうち電話が1,912件である。", start=148, end=164)
    sentences = [
        {"text": "令和6年1月末の相談件数は2,776件です。", "citations": [1], "is_quote": False},
        {"text": "このうち1,912件が電話です。", "citations": [2], "is_quote": False},
    ]
    return {
        "sentences": sentences,
        "citations": [citation(1), other],
        "is_answer": True,
        "repointed": 0,
        "disagreements": [],
    } | changes


def writing(**changes: Any) -> Json:
    told = {"model": "wakaba-4b", "asked_for": "schema", "ended": "kept", "error": None, "dropped": []}
    return told | changes


def written(**changes: Any) -> Json:
    """Return an answer with a model's words beside it."""
    return answer(**{"generated": generated(), "writing": writing()} | changes)


def llm(**changes: Any) -> Json:
    """Return what is known of a connected model."""
    state = {"connected": True, "model": "wakaba-4b", "asked_for": "schema", "on_this_machine": True, "detail": None}
    return state | changes


def scores(right: int = 8, **changes: Any) -> Json:
    """Return a set's scorecard as ``tenkyo eval`` writes it: ten figures, of which ``right`` right, and two tricks."""
    return {
        "questions": 12,
        "answerable": 10,
        "accuracy": right / 10,
        "cited_accuracy": (right - 1) / 10,
        "refusal_recall": 0.5,
        "false_refusal": 0.1,
        "unsupported_answers": 0,
        "quotes": 14,
        "quotes_not_verbatim": 0,
        "errors": 0,
        "p50_ms": 64.2,
        "p95_ms": 1240.0,
        "calibration_error": 0.12,
        "types": {
            "unanswerable": {"questions": 2, "right": 1, "cited": 1, "declined": 1, "too_long": 0},
            "number": {"questions": 10, "right": right, "cited": right - 1, "declined": 1, "too_long": 0},
        },
        "retrieval": {"fused": {"recall@1": 0.7, "recall@5": 0.9, "recall@10": 1.0, "mrr": 0.8, "ndcg@10": 0.8}},
    } | changes


def measured(right: int = 8, **changes: Any) -> Json:
    """Return a scorecard with what there is since an answer may be unsure: one of ten is, none is said to be absent.

    All that was answered of the ten is right, and one of the two tricks was answered too, with little confidence.
    """
    left = 10 - right
    counted = scores(right)["types"]
    return (
        scores(
            right,
            right_of_answered=right / (right + 1),
            promises=[
                {"word": "高", "share": 1.0, "count": right - 2, "least": 0.95, "kept": True},
                {"word": "中", "share": 1.0, "count": 2, "least": 0.8, "kept": True},
                {"word": "低", "share": 0.0, "count": 1, "least": None, "kept": None},
            ],
            unsure=(left - 1) / 10,
            unsure_shown=1.0,
            false_absence=0.1,
            candidate_recall=0.9,
            in_passages=0.9,
            on_page=1.0,
            types={
                "unanswerable": counted["unanswerable"] | {"unsure": 0, "absent": 1, "candidate": 0, "in_passages": 0},
                "number": counted["number"]
                | {"declined": left, "unsure": left - 1, "absent": 1, "candidate": 9, "in_passages": 9},
            },
        )
        | changes
    )


def run(id_: str = "20261123-083555", **changes: Any) -> Json:
    """Return an evaluation of one set as GET /v1/evaluations lists it."""
    return {
        "id": id_,
        "time": "2026-11-23T08:37:18+00:00",
        "commit": "d5b66b6a47e8-dirty",
        "embedding_model": "default",
        "sets": {"sample": scores()},
    } | changes


def baseline(**changes: Any) -> Json:
    kept = {key: value for key, value in scores(7).items() if not key.endswith("_ms")}
    return run("baseline", time=None, commit=None, embedding_model=None, sets={"sample": kept}) | changes


def record(n: int = 1, expected: Json | None = None, verdict: Json | None = None, **changes: Any) -> Json:
    """Return a wrong answer as a run keeps it."""
    question = {
        "id": f"s{n:03}",
        "question": f"相談件数の質問 {n}",
        "type": "number",
        "answer": "2,776件",
        "accept": ["2776"],
        "accept_all": [],
        "evidence": [{"file": "gaiyou.pdf", "lines": None, "page": 3, "quote": "相談件数は2,776件"}],
        "alt_evidence": [],
        "answerable": True,
        "note": "",
    } | (expected or {})
    judged = {
        "id": question["id"],
        "type": question["type"],
        "answerable": question["answerable"],
        "answered": True,
        "right": False,
        "cited": False,
        "too_long": False,
        "covered": True,
        "unsupported": [],
        "quotes": 1,
        "bad_quotes": 0,
        "error": None,
    } | (verdict or {})
    given = answer(question["question"], answer="141件", citations=[citation(1)], id=question["id"])
    return given | {"set": "sample", "expected": question, "verdict": judged} | changes


def opinion(n: int = 1, **changes: Any) -> Json:
    """Return a reader's opinion as GET /v1/feedback lists it, with the draft that is made of a bad one."""
    place = {"file": PDF["file"], "quote": "相談件数は2,776件", "lines": None, "page": 3}
    return {
        "id": f"f{n}",
        "time": "2026-11-23T08:37:18+00:00",
        "state": "open",
        "verdict": "bad",
        "answer": answer(f"相談件数の質問 {n}"),
        "reason": "wrong_date",
        "right_answer": "2,801件",
        "comment": None,
        "draft": {
            "id": f"f{n}",
            "question": f"相談件数の質問 {n}",
            "type": "number",
            "answer": "2,801件",
            "accept": ["2801"],
            "accept_all": [],
            "evidence": [place],
            "answerable": True,
            "note": "",
        },
    } | changes


def problem(status: int, title: str, detail: str = "exact English") -> httpx.Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def page_of(text: str, number: int = 1) -> Json:
    """Return the page of a text file."""
    lines, start = [], 0
    for n, line in enumerate(text.split("\n"), 1):
        lines.append({"number": n, "start": start, "end": start + len(line), "text": line, "box": None})
        start += len(line) + 1
    return {"number": number, "text": text, "start": 0, "end": len(text), "lines": lines}


def report(**came: Any) -> Json:
    """Return what became of the files of an intake."""
    nothing = {"added": [], "refreshed": [], "skipped": [], "duplicates": [], "failed": [], "notes": []}
    return nothing | {"seconds": 0.1} | came


def intake(id_: str = "1", *files: str, **changes: Any) -> Json:
    """Return an intake as GET /v1/intake lists it: one that has ended, unless said otherwise."""
    return {
        "id": id_,
        "files": list(files) or ["計画.pdf"],
        "state": "done",
        "stage": "索引を書き込んでいます",
        "done": 1,
        "total": 1,
        "share": 1.0,
        "seconds_left": None,
        "ended": "2026-11-23T08:37:18+00:00",
        "report": report(),
        "problem": None,
    } | changes


def running(id_: str = "1", *files: str, **changes: Any) -> Json:
    """Return an intake that is at its 35th page of 148."""
    now = {"stage": "文書を読み取っています（ページ）", "done": 35, "total": 148, "share": 0.06, "seconds_left": 95.0}
    return intake(id_, *files, **{"state": "running", "report": None, "ended": None} | now | changes)


def change(kind: str = "figure", name: str = "変わった数値", **changes: Any) -> Json:
    """Return a change as GET /v1/changes gives it: a figure of the text file in two places, unless said otherwise."""
    then = {"text": "48,210人", "as_of": "2023-04-01", "citation": text_citation(1)}
    now = {"text": "47,655人", "as_of": "2024-04-01", "citation": text_citation(2)}
    return {
        "kind": kind,
        "name": name,
        "label": "人口（若葉市）",
        "section": ["1 人口"],
        "then": then,
        "now": now,
        "difference": "555人減",
        "how": "47,655 − 48,210 = -555人",
        "share": 0.0115,
        "holds": [],
        "weight": 0.5,
    } | changes


def alert(**changes: Any) -> Json:
    """Return an alert as GET /v1/follows lists it."""
    return {
        "id": "a1",
        "follow_id": "w1",
        "label": "人口 *若葉市*",
        "time": "2026-11-23T08:37:18+00:00",
        "then": "48,210人",
        "now": "47,655人",
        "difference": "555人減",
        "then_citation": text_citation(1),
        "now_citation": text_citation(2),
        "seen": False,
        "sent": [],
    } | changes


def sentence(n: int, text: Json | None = None) -> Json:
    """Return the event of the n-th of those sentences, with its citation."""
    whole = text or generated()
    return {"event": "sentence", "sentence": whole["sentences"][n - 1], "citations": [whole["citations"][n - 1]]}


def _line(event: Json) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode() + b"\n"


class Told(httpx.SyncByteStream):
    """An answer's events, and an empty line now and then where one waits."""

    def __init__(self, api: FakeApi, whole: Json) -> None:
        self.api, self.whole, self.is_whole = api, whole, False

    def __iter__(self) -> Iterator[bytes]:
        without = self.whole | {"generated": None, "writing": None}
        yield _line({"event": "outcome", "answer": without, "more": True})
        for event in self.api.told:
            while isinstance(event, threading.Event) and not event.wait(0.02):
                yield b"\n"
            if isinstance(event, dict):
                yield _line(event)
        yield _line({"event": "done", "answer": self.whole})
        self.is_whole = True

    def close(self) -> None:
        if not self.is_whole:
            self.api.left.set()


class FakeApi:
    """Answers requests and remembers them. Set ``documents``, ``reply`` or ``refused`` to change what it says."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.documents: list[Json] = [PDF, PLAIN]
        self.examples = ["相談件数は何件ですか", "人口は *何人* ですか"]
        self.reply: Json | httpx.Response = answer()
        self.llm: Json = llm(connected=False, model=None)
        self.told: list[Json | threading.Event] = []  # behind the outcome, each once what it waits for is set
        self.left = threading.Event()  # set by whoever leaves before the end
        self.refused: dict[str, httpx.Response] = {}  # uploads by file name
        self.unreadable: dict[str, str] = {}  # what is said of files that are sent in vain, by their names
        self.down = False
        self.health: Json = {"status": "ok", "preparing": None, "has_sample": True}
        self.matches: list[Json] = []  # of words in a document
        self.intakes: list[Json] = []
        self.watched: list[Json] = []  # folders
        self.changes: list[Json] = [change()]
        self.said: dict[str, str | None] = {}  # of the other paper of a series
        self.follows: Json = {"follows": [], "alerts": [], "unseen": 0, "sends": []}
        self.tables: list[Json] = []  # that a quote with cells touches
        self.runs: list[Json] = []
        self.wrong: list[Json] = []
        self.feedback: list[Json] = []
        self.questions: list[Json] = []  # the question file
        self.refusal: httpx.Response | None = None  # of whatever is written

    @property
    def client(self) -> AskClient:
        return AskClient(httpx.Client(base_url="http://fake", transport=httpx.MockTransport(self._respond)))

    def asked(self, method: str, path: str) -> int:
        """Return how often a route was called."""
        return sum(r.method == method and r.url.path == path for r in self.requests)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("connection refused", request=request)
        self.requests.append(request)
        path = request.url.path
        match request.method, path:
            case "GET", "/v1/examples":
                return httpx.Response(200, json={"questions": self.examples})
            case "GET", "/v1/documents":
                return httpx.Response(200, json={"documents": self.documents})
            case "POST", "/v1/ask":
                if isinstance(self.reply, httpx.Response):
                    return self.reply
                body = json.loads(request.content)
                reply = self.reply | {"question": body["question"]}
                if body.get("stream"):
                    return httpx.Response(200, stream=Told(self, reply))
                return httpx.Response(200, json=reply)
            case "GET", "/v1/llm":
                return httpx.Response(200, json=self.llm)
            case "POST", "/v1/documents":
                return self._upload(request.content)
            case "GET", "/v1/evaluations":
                return httpx.Response(200, json={"runs": self.runs})
            case "GET", "/v1/feedback":
                return httpx.Response(200, json={"feedback": self.feedback, "questions": len(self.questions)})
            case "GET", "/v1/feedback/questions":
                return httpx.Response(200, content="".join(f"{json.dumps(q)}\n" for q in self.questions).encode())
            case "POST", "/v1/feedback":
                return self.refusal or self._heard(json.loads(request.content))
            case "GET", "/healthz":
                return httpx.Response(200, json=self.health)
            case "POST", "/v1/sample":
                self.documents = [PDF, PLAIN]
                return self._taken_in([PDF["file"], PLAIN["file"]], report(added=self.documents))
            case "GET", "/v1/intake":
                return httpx.Response(200, json={"intakes": self.intakes})
            case "GET", "/v1/watching":
                return self.refused.get("watching") or httpx.Response(200, json={"folders": self.watched})
            case "GET", "/v1/changes":
                body = {"then": PDF, "now": PLAIN, "counts": {}, "total": len(self.changes), "changes": self.changes}
                return self.refusal or httpx.Response(200, json=body)
            case "GET", "/v1/follows":
                return httpx.Response(200, json=self.follows)
            case "POST", "/v1/follows":
                return self.refusal or self._followed(json.loads(request.content))
            case "POST", "/v1/alerts/seen":
                self.follows |= {"unseen": 0, "alerts": [a | {"seen": True} for a in self.follows["alerts"]]}
                return httpx.Response(204)
            case "PUT", _:
                self.said[path.rsplit("/", 1)[1]] = json.loads(request.content)["said"]
                return self._series(path.split("/")[3])
            case "POST", _ if path.startswith("/v1/intake/"):
                return self._retried(path.split("/")[3])
            case "GET", _ if path.endswith("/editions"):
                return self._series(path.split("/")[3])
            case "PATCH", _:
                return self._described(path.rsplit("/", 1)[1], json.loads(request.content))
            case "DELETE", _ if path.startswith("/v1/follows/"):
                self.follows |= {"follows": []}
                return httpx.Response(204)
            case "DELETE", _ if path.startswith("/v1/intake/"):
                return self._drop(path.rsplit("/", 1)[1])
            case "DELETE", _:
                if self.refusal:
                    return self.refusal
                self.documents = [d for d in self.documents if d["id"] != path.rsplit("/", 1)[1]]
                return httpx.Response(204)
        if found := re.fullmatch(r"/v1/evaluations/(.+)", path):
            return httpx.Response(200, json=next(r for r in self.runs if r["id"] == found[1]) | {"wrong": self.wrong})
        if found := re.fullmatch(r"/v1/feedback/(.+)/(accept|dismiss)", path):
            return self.refusal or self._decided(found[1], found[2], request.content)
        if path.endswith("/file"):
            return httpx.Response(200, content=b"%PDF-1.7")
        if path.endswith("/tables"):
            return httpx.Response(200, json={"tables": self.tables})
        if path.endswith("/find"):
            words = request.url.params["q"]
            return httpx.Response(200, json={"query": words, "total": len(self.matches), "matches": self.matches})
        if found := re.fullmatch(r"/v1/documents/(\w+)", path):
            return self._document(found[1])
        if path.endswith("/image"):
            picture = io.BytesIO()
            Image.new("RGB", (60, 85), "white").save(picture, "PNG")
            return httpx.Response(200, content=picture.getvalue(), headers={"content-type": "image/png"})
        if re.fullmatch(rf"/v1/documents/{PLAIN['id']}/pages/1", path):
            return httpx.Response(200, json=page_of(TEXT))
        return problem(404, "その資料はありません")

    def _series(self, id_: str) -> httpx.Response:
        """Return the series of a document: all documents, but for those that were parted."""
        out = [{"document": d, "said": self.said.get(d["id"])} for d in self.documents]
        parted = [one for one in out if one["said"] == "parted"]
        known = [one for one in out if one["said"] != "parted"]
        before = next((one["document"]["id"] for one in known if one["document"]["id"] != id_), None)
        return httpx.Response(200, json={"document_id": id_, "editions": known, "parted": parted, "before": before})

    def _followed(self, body: Json) -> httpx.Response:
        kind = "question" if body.get("question") else "figure"
        label = body.get("question") or body["label"]
        row = {"id": "w1", "kind": kind, "label": label, "made": "2026-11-23T08:37:18+00:00", "last": None}
        self.follows |= {"follows": [*self.follows["follows"], row]}
        return httpx.Response(201, json=self.follows)

    def _upload(self, content: bytes) -> httpx.Response:
        found = re.search(rb'filename="([^"]+)"', content)
        assert found is not None
        name = found[1].decode()
        if refusal := self.refused.get(name):
            return refusal
        if problem := self.unreadable.get(name):
            return self._taken_in([name], None, problem)
        new = PLAIN | {"id": f"{len(self.documents):016x}", "file": name, "title": name}
        self.documents = [*self.documents, new]
        return self._taken_in([name], report(added=[new]))

    def _taken_in(self, names: list[str], done: Json | None, problem: str = "") -> httpx.Response:
        """Return the intake of files; here it ends at once."""
        failed = {"state": "failed", "report": None, "problem": {"title": problem}} if problem else {"report": done}
        self.intakes.append(intake(f"{len(self.intakes) + 1}", *names, **failed))
        return httpx.Response(202, json=self.intakes[-1])

    def _drop(self, id_: str) -> httpx.Response:
        """Stop an intake, or forget an ended one."""
        for one in self.intakes:
            if one["id"] == id_ and one["ended"] is None:
                one |= {"state": "stopped", "ended": "2026-11-23T08:40:00+00:00", "problem": {"title": "取りやめ"}}
                return httpx.Response(204)
        self.intakes = [one for one in self.intakes if one["id"] != id_]
        return httpx.Response(204)

    def _retried(self, id_: str) -> httpx.Response:
        """Have an intake done again; it waits for its turn."""
        (again,) = [one for one in self.intakes if one["id"] == id_]
        again |= {"state": "waiting", "ended": None, "problem": None}
        return httpx.Response(202, json=again)

    def _document(self, id_: str) -> httpx.Response:
        known = [d for d in self.documents if d["id"] == id_]
        if not known:
            return problem(404, "その資料はありません")
        pages = [{"number": n, "label": str(n + 2)} for n in range(1, known[0]["pages"] + 1)]
        headings = HEADINGS if known[0]["kind"] == "pdf" else []
        return httpx.Response(200, json=known[0] | {"page_list": pages, "headings": headings})

    def _described(self, id_: str, said: Json) -> httpx.Response:
        if self.refusal:
            return self.refusal
        hand = dict.fromkeys((name for name, text in said.items() if text), "by_hand")
        self.documents = [
            d | {n: t or None for n, t in said.items()} | {"taken_from": d["taken_from"] | hand}
            if d["id"] == id_
            else d
            for d in self.documents
        ]
        return httpx.Response(200, json=next(d for d in self.documents if d["id"] == id_))

    def _heard(self, feedback: Json) -> httpx.Response:
        self.feedback = [opinion(len(self.feedback) + 1) | feedback, *self.feedback]
        return httpx.Response(201, json=self.feedback[0])

    def _decided(self, id_: str, what: str, content: bytes) -> httpx.Response:
        if what == "accept":
            self.questions.append(json.loads(content))
        state = {"accept": "accepted", "dismiss": "dismissed"}[what]
        self.feedback = [f | {"state": state} if f["id"] == id_ else f for f in self.feedback]
        return httpx.Response(200, json=next(f for f in self.feedback if f["id"] == id_))
