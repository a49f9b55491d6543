"""What readers think of answers, and how a bad verdict becomes a question of a question file."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Path as InPath
from fastapi.responses import Response
from filelock import FileLock, Timeout

from api import schemas
from api.access.caller import LOCAL, Caller, Curator, Reader
from api.problems import NO_SPACE, Problem
from index.protocols import IndexUnwritable
from ingest.japanese import fold

EVENTS = "feedback.jsonl"
QUESTIONS = "questions.jsonl"
LOCK = "feedback.lock"
LOCK_SECONDS = 10.0
# The types of a question file; tests/api/test_feedback.py compares them with those of eval/dataset.py.
TYPES = (
    *("number", "date", "name", "place", "list", "table_cell", "definition", "reason", "howto", "yesno"),
    *("comparison", "temporal", "paraphrase", "unanswerable"),
)
REASONS: dict[schemas.Reason, str] = {
    "wrong_value": "値が違う",
    "wrong_date": "時点が違う",
    "wrong_source": "出典が違う",
    "wrongly_declined": "資料にあるのに「記載なし」と答えた",
    "off_topic": "質問と違うことに答えた",
    "unclear": "分かりにくい",
    "other": "そのほか",
}
# A right answer that says there is none. 例: 資料に記載がありません, 記載なし
NOTHING = re.compile(r"記載\s*(?:が|は)?\s*(?:ありません|ない|なし|無し|無い)")
# Characters that JSON leaves as they are and readers of lines may take for line ends.
LINE_ENDS = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}

FeedbackId = Annotated[str, InPath(description="From GET /v1/feedback.")]

log = logging.getLogger(__name__)


def feedback_router(folder: Path) -> APIRouter:
    """Return the routes over the feedback that is kept in ``folder``."""
    router = APIRouter(prefix="/v1/feedback", tags=["feedback"])
    store = Feedback(folder)

    @router.post("", status_code=201)
    def give(body: schemas.FeedbackIn, who: Reader) -> schemas.FeedbackOut:
        """Keep what a reader thinks of an answer; a bad verdict comes back with a draft of a question."""
        return store.give(body, who)

    @router.get("")
    def listed(who: Reader) -> schemas.FeedbackList:
        """List what readers think, newest first: one's own, and of those who see no more than oneself."""
        seen = tuple(reversed(store.all(who)))
        return schemas.FeedbackList(feedback=seen, questions=len(store.questions(who)))

    @router.get("/questions", response_class=Response, responses={200: {"content": {"application/x-ndjson": {}}}})
    def questions(who: Curator) -> Response:
        """Return the question file that accepted drafts went to: JSONL, as ``tenkyo eval --questions`` reads it."""
        lines = _lines(folder / QUESTIONS) if who.visible is None else list(map(_as_line, store.questions(who)))
        if not lines:
            title = "問題集はまだありません。意見の下書きを受け入れると作られます。"
            raise Problem(404, "no-questions", title, "no draft has been accepted yet")
        headers = {"Content-Disposition": f'attachment; filename="{QUESTIONS}"', "X-Content-Type-Options": "nosniff"}
        return Response(b"".join(lines), media_type="application/x-ndjson", headers=headers)

    @router.post("/{feedback_id}/accept")
    def accept(feedback_id: FeedbackId, body: schemas.QuestionDraft, who: Curator) -> schemas.FeedbackOut:
        """Put a question that a person has completed into the question file."""
        return store.accept(feedback_id, body, who)

    @router.post("/{feedback_id}/dismiss")
    def dismiss(feedback_id: FeedbackId, who: Curator) -> schemas.FeedbackOut:
        """Put a feedback aside; it stays in the list."""
        return store.dismiss(feedback_id, who)

    return router


class Feedback:
    """Events and questions in two files to which lines are only added. Safe from threads and processes."""

    def __init__(self, folder: Path):
        self.folder = folder

    def all(self, who: Caller = LOCAL) -> list[schemas.FeedbackOut]:
        """Return every feedback that a caller may see as it stands now, oldest first."""
        kept: dict[str, schemas.FeedbackOut] = {}
        hidden: set[str] = set()
        for event in _records(self.folder / EVENTS):
            try:
                if event["event"] == "given" and not _is_shown(event, who):
                    hidden.add(event["id"])
                elif event["id"] not in hidden:
                    _apply(event, kept)
            except (KeyError, TypeError, ValueError) as error:  # of another version, or changed by hand
                log.warning("a line of %s cannot be used: %s: %s", EVENTS, type(error).__name__, error)
        return list(kept.values())

    def questions(self, who: Caller = LOCAL) -> list[dict[str, Any]]:
        """Return the questions that came of the feedback that a caller may see."""
        records = _records(self.folder / QUESTIONS)
        if who.visible is None:
            return records
        accepted = [one.draft for one in self.all(who) if one.state == "accepted" and one.draft]
        seen = [draft.model_dump(mode="json", exclude_none=True) for draft in accepted]
        return [record for record in records if record in seen]

    def open_drafts(self) -> list[dict[str, Any]]:
        """Return the drafts that nobody has accepted or put aside, as records of a question file, oldest first."""
        drafts = (one.draft for one in self.all() if one.state == "open")
        return [draft.model_dump(mode="json", exclude_none=True) for draft in drafts if draft]

    def give(self, said: schemas.FeedbackIn, who: Caller = LOCAL) -> schemas.FeedbackOut:
        now = _now()
        # Passages only repeat what the documents say, and are most of an answer's size.
        said = said.model_copy(update={"answer": said.answer.model_copy(update={"passages": ()})})
        event = {
            "event": "given",
            "id": f"{re.sub(r'[^0-9]', '', now[:19])}-{token_hex(4)}",
            "time": now,
            "said": said.model_dump(mode="json"),
        }
        if who.visible is not None:
            event |= {"by": who.id, "groups": sorted(who.groups)}
        with self._writing():
            _append(self.folder / EVENTS, event)
        return _given(event)

    def accept(self, feedback_id: str, question: schemas.QuestionDraft, who: Caller = LOCAL) -> schemas.FeedbackOut:
        with self._writing():
            found = self._open(feedback_id, who)
            record = question.model_dump(mode="json", exclude_none=True)
            known = self.questions()
            # The same line may stand there already, when the power went before the event was written.
            if record not in known:
                _check(question, {str(one.get("id")) for one in known})
                _append(self.folder / QUESTIONS, record)
            _append(self.folder / EVENTS, {"event": "accepted", "id": feedback_id, "time": _now(), "question": record})
        return found.model_copy(update={"state": "accepted", "draft": question})

    def dismiss(self, feedback_id: str, who: Caller = LOCAL) -> schemas.FeedbackOut:
        with self._writing():
            found = self._open(feedback_id, who)
            _append(self.folder / EVENTS, {"event": "dismissed", "id": feedback_id, "time": _now()})
        return found.model_copy(update={"state": "dismissed"})

    def _open(self, feedback_id: str, who: Caller) -> schemas.FeedbackOut:
        """Return a feedback that is not accepted yet; what was put aside may be taken up again."""
        for one in self.all(who):
            if one.id == feedback_id:
                if one.state == "accepted":
                    title = "この意見は、もう問題集に入っています。"
                    raise Problem(409, "feedback-accepted", title, f"feedback {feedback_id} is accepted already")
                return one
        title = "その意見は見つかりません。一覧を読み込み直してください。"
        raise Problem(404, "feedback-unknown", title, f"no feedback has the id {feedback_id[:80]!r}")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / LOCK, timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            title = "ほかの書き込みが終わりません。少し待ってから、もう一度お試しください。"
            raise Problem(409, "feedback-busy", title, f"{LOCK} was held for {LOCK_SECONDS} s") from error
        except OSError as error:
            if error.errno in NO_SPACE:
                raise
            raise IndexUnwritable(
                f"{self.folder} cannot be written ({error.strerror}): check its permissions",
                f"意見を {self.folder} に書き込めません。フォルダの権限を確かめてください。",
            ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _is_shown(event: dict[str, Any], who: Caller) -> bool:
    """Tell whether a caller may see what somebody said.

    A question may speak of any paper that its asker sees, so whoever sees it must be in all the groups that they were
    in; and of the papers that the answer shows, each must be one that the caller sees.
    """
    if who.visible is None:
        return True
    groups = set(event.get("groups", ()))
    if event.get("by") != who.id and not (groups and groups <= who.groups):
        return False
    answer = event["said"]["answer"]
    generated = answer.get("generated") or {}
    cited = [*answer.get("citations", ()), *generated.get("citations", ())]
    return all(who.sees(citation["document_id"]) for citation in cited)


def _apply(event: dict[str, Any], kept: dict[str, schemas.FeedbackOut]) -> None:
    id_ = event["id"]
    match event["event"]:
        case "given":
            kept[id_] = _given(event)
        case "accepted":
            question = schemas.QuestionDraft.model_validate(event["question"])
            kept[id_] = kept[id_].model_copy(update={"state": "accepted", "draft": question})
        case "dismissed":
            kept[id_] = kept[id_].model_copy(update={"state": "dismissed"})
        case other:
            raise ValueError(f"unknown event {other!r}")


def _given(event: dict[str, Any]) -> schemas.FeedbackOut:
    # What was kept before an answer could have candidates has none.
    said = schemas.FeedbackIn.model_validate(event["said"] | {"answer": {"candidates": [], **event["said"]["answer"]}})
    draft = draft_of(event["id"], said) if said.verdict == "bad" or said.candidate else None
    return schemas.FeedbackOut(**dict(said), id=event["id"], time=event["time"], state="open", draft=draft)


def draft_of(feedback_id: str, said: schemas.FeedbackIn) -> schemas.QuestionDraft:
    """Return the question that a bad verdict or a right candidate suggests, as far as the reader has said it."""
    answer = said.answer
    picked = answer.candidates[said.candidate - 1].text if said.candidate else ""
    right = (said.right_answer or picked).strip()
    answerable = not NOTHING.search(right)
    kind = answer.type if answer.type in TYPES else "paraphrase"
    notes = [
        f"意見 {feedback_id}",
        REASONS[said.reason] if said.reason else "",
        f"正しいとされた候補: {picked}" if picked else f"表示された答え: {answer.answer}",
        said.comment or "",
    ]
    return schemas.QuestionDraft(
        id=f"feedback-{feedback_id}",
        question=answer.understood or answer.question,
        type=kind if answerable else "unanswerable",
        answer=right,
        accept=(right,) if right and answerable else (),
        evidence=_evidence(said, right) if answerable and said.reason != "wrong_source" else (),
        answerable=answerable,
        note="。".join(filter(None, notes)),
    )


def _evidence(said: schemas.FeedbackIn, right: str) -> tuple[schemas.EvidenceBody, ...]:
    """Return the places of the right candidate; else of the citations that tell the right answer, else of its own.

    A candidate that is not right is no place of the answer. A place is the lines of a text file, else the page; a Word
    file has neither, and a question file no name for it.
    """
    answer = said.answer
    if said.candidate:
        first, *after = [c.citation for c in answer.candidates[said.candidate - 1 :]]
        chosen = [c for c in answer.citations if first <= c.n < (after[0] if after else c.n + 1)]
    else:
        elsewhere = {point.citation for point in answer.timeline}
        chosen = [c for c in answer.citations if right and _plain(right) in _plain(c.quote)]
        if answer.status != "unsure":
            chosen = chosen or [c for c in answer.citations if c.n not in elsewhere] or list(answer.citations)
    places: dict[object, schemas.EvidenceBody] = {}
    for c in chosen:
        if c.lines or c.page:
            page = None if c.lines else c.page
            place = schemas.EvidenceBody(file=c.file, quote=c.quote, lines=c.lines, page=page)
            places.setdefault((c.file, c.lines or c.page), place)
    return tuple(places.values())


def _check(question: schemas.QuestionDraft, taken: set[str]) -> None:
    """Raise a Problem that says, field by field, what a question file cannot hold or could not be judged by."""
    wrong: list[tuple[str, str]] = []
    if not question.id.strip():
        wrong.append(("id", "番号を入れてください。"))
    elif question.id in taken:
        wrong.append(("id", f"番号 {question.id} は、問題集でもう使われています。別の番号にしてください。"))
    if not question.question.strip():
        wrong.append(("question", "質問を入れてください。"))
    if question.type not in TYPES:
        wrong.append(("type", f"種類は {'、'.join(TYPES)} のどれかにしてください。"))
    elif question.answerable == (question.type == "unanswerable"):
        wrong.append(("type", "資料に記載のない質問だけを「記載なし」（unanswerable）にしてください。"))
    if not question.answer.strip():
        wrong.append(("answer", "正しい答えを入れてください。記載がないなら、そう書いてください。"))
    for name, texts in (("accept", question.accept), ("accept_all", question.accept_all)):
        if not all(text.strip() for text in texts):
            wrong.append((name, "空の答えがあります。書くか、取り除いてください。"))
    if question.answerable and not (question.accept or question.accept_all):
        wrong.append(("accept", "正解とする書き方を、1つ以上入れてください。"))
    asked = _plain(question.question)
    for text in question.accept:
        if text.strip() and _plain(text) in asked:
            wrong.append(("accept", f"「{text}」は質問の中にあるので、どんな答えも正解になりかねません。"))
    if question.answerable and not question.evidence:
        wrong.append(("evidence", "典拠（ファイルとページ、または行）を1つ以上入れてください。"))
    if not question.answerable and question.evidence:
        wrong.append(("evidence", "記載のない質問に、典拠は付けられません。"))
    for place in question.evidence:
        wrong += [("evidence", what) for what in _wrong_place(place)]
    if wrong:
        errors = [{"where": f"body.{name}", "what": what} for name, what in wrong]
        names = ", ".join(dict.fromkeys(name for name, _ in wrong))
        raise Problem(422, "question-unfit", "".join(what for _, what in wrong), f"unfit: {names}", errors=errors)


def _wrong_place(place: schemas.EvidenceBody) -> Iterator[str]:
    if not place.file.strip():
        yield "典拠のファイル名を入れてください。"
    if (place.lines is None) == (place.page is None):
        yield "典拠には、ページか行のどちらか一方を入れてください。"
    elif place.page is not None and place.page < 1:
        yield "典拠のページは1からです。"
    elif place.lines is not None and not 1 <= place.lines[0] <= place.lines[1]:
        yield "典拠の行は、1から数えた最初の行と最後の行です。"


def _plain(text: str) -> str:
    """Return the text as answers are compared: without width, white space and commas."""
    return re.sub(r"[\s,、，]", "", fold(text))


# --- lines of JSON ------------------------------------------------------------------------------------------------


def _append(path: Path, record: dict[str, Any]) -> None:
    """Add a line and bring it to the disk. What is left of a line whose writing was cut short goes first.

    The caller holds the lock. A line that does not fit on the disk leaves nothing behind.
    """
    line = _as_line(record)
    with path.open("ab+") as file:
        end = _mended(file)
        try:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise


def _as_line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).translate(LINE_ENDS).encode() + b"\n"


def _mended(file: Any) -> int:
    """Return the size of the file after its last line was completed, when only its end is missing, or cut off."""
    file.seek(0)
    head, _, tail = file.read().rpartition(b"\n")
    if not tail:
        return int(file.seek(0, os.SEEK_END))
    if _record(tail) is not None:
        file.write(b"\n")
        file.flush()
    else:
        log.warning("a line of %s was cut short and is left out", file.name)
        file.truncate(len(head) + 1 if head else 0)
    return int(file.seek(0, os.SEEK_END))


def _lines(path: Path) -> list[bytes]:
    """Return the lines that hold a record, each with its end."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    return [line + b"\n" for line in data.split(b"\n") if _record(line) is not None]


def _records(path: Path) -> list[dict[str, Any]]:
    return [record for line in _lines(path) if (record := _record(line)) is not None]


def _record(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None for anything else."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
