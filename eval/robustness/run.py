"""``tenkyo eval robust``: how many right answers stay right when only the wording, or the shelf, changes."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tqdm import tqdm

from answer.answer import Answer
from answer.assistant import Assistant
from eval.arguments import Parser
from eval.dataset import DatasetError, Question
from eval.history import RunFolderError, describe_environment, new_run_folder, save_run
from eval.measures.scorecard import Judged
from eval.reports.table import aligned
from eval.robustness import documents as shelves
from eval.robustness import strange
from eval.robustness.questions import RULES, Rule, derive
from eval.run import ask
from eval.sets import EvaluationError, QuestionSet, add_set_arguments, find_sets, open_set
from ingest.dates import Period, parse_code
from ingest.document import Document

HERE = Path(__file__).resolve().parent
RUNS = HERE / "runs"
ORDER, REMOVED, COPY = "order", "removed", "copy"
SHELVES = {
    ORDER: "文書を取り込む順を変える",
    REMOVED: "正しいページを抜く",
    COPY: "前年の数字のよく似た文書を足す",
}
SAYS = {
    **{rule.name: rule.says for rule in RULES},
    strange.NAME: "資料にないものに置き換える",
    **SHELVES,
}

# What became of an answer: a right one stayed right, or turned into a wrong one or a refusal; a wrong one came right.
Outcome = Literal["kept", "wrong", "declined", "gained", "never"]
Asked = tuple[Judged, Answer | None]


@dataclass(frozen=True)
class Record:
    """One question under one rule: the answer before and after, and what became of it."""

    rule: str
    set: str
    id: str
    type: str
    asked: str  # the question as it was asked under the rule
    question: str
    before: str
    after: str
    outcome: Outcome
    accept: tuple[str, ...]
    confidence: float  # of the answer after, from 0 to 1: does it know?
    note: str = ""  # how an answer stayed right without its page, that it was taken from the copy, and the like


def main(argv: Sequence[str], *, index: Path, embedding_model: str) -> int:
    """Ask, print the table and keep the records; return 0, or 2 when nothing could be asked.

    The collections lie beside ``index`` in "<index>-eval", and in a temporary folder.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments, index, embedding_model)
    except (EvaluationError, DatasetError, RunFolderError) as error:
        print(f"評価できません: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "tenkyo eval robust",
        description="質問の書き方や文書の並びだけを規則で変えて、正しい答えが正しいままかを数えます。",
        allow_abbrev=False,
    )
    add_set_arguments(parser)
    rules = "、".join(f"{name}＝{says}" for name, says in SAYS.items())
    parser.add_argument("--rules", nargs="+", choices=SAYS, default=list(SAYS), metavar="RULE", help=f"規則: {rules}")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="記録のフォルダ（既定: eval/robustness/runs の下に新しく）"
    )
    parser.add_argument("--write", type=Path, metavar="DIR", help="書き方を変えた質問集をここに保存します")
    return parser


def _run(arguments: argparse.Namespace, index: Path, embedding_model: str) -> int:
    sets, absent = find_sets(arguments.questions, arguments.documents)
    for line in absent:
        print(line, file=sys.stderr)
    if not sets:
        raise EvaluationError("文書がそろっている質問集がありません。--documents で文書のフォルダを指定してください。")
    with new_run_folder(arguments.out, RUNS) as folder:
        rules = [rule for rule in RULES if rule.name in arguments.rules]
        # Written first: nobody should wait for minutes to learn that a file is there already.
        written = list(write_sets(arguments.write, sets, rules)) if arguments.write else []
        records: list[Record] = []
        left_out: dict[str, int] = {}
        for one in sets:
            found, left_out[one.name] = _asked(one, open_set(one, index, embedding_model), arguments.rules)
            records += found
        table = summarise(records)
        config = describe_environment() | {
            "embedding_model": embedding_model,
            "rules": arguments.rules,
            "sets": {one.name: str(one.path) for one in sets},
            "not_run": absent,
        }
        by_set = {one.name: summarise([record for record in records if record.set == one.name]) for one in sets}
        metrics = {"rules": table, "sets": by_set, "ambiguous_beside_copies": left_out}
        save_run(folder, config, metrics, [asdict(record) for record in records])
    print(render(table))
    if COPY in arguments.rules:
        count = sum(left_out.values())
        print(f"{COPY}: よく似た文書も同じ時点に触れていて、どちらも正しいといえる質問 {count}問は除きました。")
    for path in written:
        print(f"質問集: {path}")
    print(f"記録: {folder}")
    return 0


def _asked(one: QuestionSet, assistant: Assistant, rules: Sequence[str]) -> tuple[list[Record], int]:
    """Return the records of a set under the named rules, and how many questions a copy made ambiguous."""
    before = ask_all(assistant, one.questions, f"{one.name}: もとの質問")
    records = [r for rule in RULES if rule.name in rules for r in reworded(one, rule, assistant, before)]
    if strange.NAME in rules:
        records += of_strange_things(one, assistant, before)
    if not set(SHELVES) & set(rules):
        return records, 0
    with tempfile.TemporaryDirectory(prefix=".robust-", dir=assistant.collection.folder.parent) as temporary:
        shelf = Shelf(one, assistant, before, Path(temporary))
        runs = {ORDER: shelf.reordered, REMOVED: shelf.without_pages, COPY: shelf.beside_copies}
        for name, run in runs.items():
            if name in rules:
                records += run()
        return records, shelf.ambiguous


def ask_all(assistant: Assistant, questions: Iterable[Question], says: str) -> dict[str, Asked]:
    """Ask every question; return verdict and answer by the question's id."""
    snapshot = assistant.collection.snapshot()
    bar = tqdm(list(questions), desc=says, file=sys.stderr, disable=None)
    return {question.id: ask(assistant, snapshot, question) for question in bar}


def reworded(one: QuestionSet, rule: Rule, assistant: Assistant, before: dict[str, Asked]) -> Iterator[Record]:
    """Yield what becomes of the questions of a set that a rule applies to."""
    pairs = [(question, other) for question in one.questions if (other := derive(rule, question))]
    after = ask_all(assistant, (other for _, other in pairs), f"{one.name}: {rule.says}")
    for question, other in pairs:
        yield _record(rule.name, one.name, question, other, before[question.id], after[other.id])


def of_strange_things(one: QuestionSet, assistant: Assistant, before: dict[str, Asked]) -> Iterator[Record]:
    """Yield the questions that were answered right, asked about a thing that no document names: to decline is right.

    An answer that says that the thing is unknown is counted in the notes; it is an answer all the same.
    """
    snapshot = assistant.collection.snapshot()
    nouns = strange.absent_nouns(snapshot)
    right = [question for question in one.questions if question.answerable and before[question.id][0].right]
    pairs = [(q, other) for q in right if (other := strange.estranged(q, snapshot.frequency, nouns))]
    after = ask_all(assistant, (other.question for _, other in pairs), f"{one.name}: {SAYS[strange.NAME]}")
    for question, (asked, thing) in pairs:
        verdict, answer = now = after[asked.id]
        told = verdict.answered and answer is not None and strange.names(answer.missing, thing)
        note = "答えたが、資料にない語だと断った" if told else ""
        yield _record(strange.NAME, one.name, question, asked, before[question.id], now, note)


def _record(
    rule: str, name: str, question: Question, other: Question, was: Asked, now: Asked, note: str = ""
) -> Record:
    return Record(
        rule=rule,
        set=name,
        id=question.id,
        type=question.type,
        asked=other.question,
        question=question.question,
        before=_said(was),
        after=_said(now),
        outcome=outcome(was[0], now[0]),
        accept=question.accept_all or question.accept,
        confidence=now[0].confidence,
        note=note,
    )


def _said(asked: Asked) -> str:
    verdict, answer = asked
    return answer.answer if answer else f"（{(verdict.error or '').strip().splitlines()[-1]}）"


def outcome(was: Judged, now: Judged) -> Outcome:
    """Return what became of an answer. To answer what has no answer is wrong, as is a crash."""
    if was.right:
        if now.right:
            return "kept"
        return "declined" if now.answerable and not now.answered and now.error is None else "wrong"
    return "gained" if now.right else "never"


def _without_page(now: Judged) -> str:
    """Return how an answer is still right without its page; nothing when it is not."""
    if now.error is not None or now.unsupported or now.bad_quotes:
        return ""
    return "断った" if not now.answered else "別のページから正答" if now.right else ""


class Shelf:
    """The rules that change the documents of one set; the questions stay as they are."""

    def __init__(self, one: QuestionSet, assistant: Assistant, before: dict[str, Asked], home: Path) -> None:
        self._set = one
        self._before = before
        self._home = home
        self._base = assistant.collection
        self._embedder = shelves.Remembering(assistant.collection)
        snapshot = assistant.collection.snapshot()
        self._documents: dict[str, Document] = {}
        for info in snapshot.documents():
            self._documents.setdefault(info.file, snapshot.document(info.id))
        newest = max((d.published for d in self._documents.values() if d.published), default=None)
        self._today: Period | None = parse_code(newest) if newest else None
        self.ambiguous = 0  # questions that are not asked beside a copy, which may be as right

    def reordered(self) -> Iterator[Record]:
        """Yield every question, asked of the same documents taken in in another order."""
        paths = shelves.reordered(self._set.documents)
        shelf = shelves.open_shelf(self._home / ORDER, {path: path for path in paths}, self._embedder)
        after = ask_all(shelf, self._set.questions, self._says(ORDER))
        for question in self._set.questions:
            was, now = self._before[question.id], after[question.id]
            yield _record(
                ORDER, self._set.name, question, question, was, now, "" if _said(was) == _said(now) else "答えが違う"
            )

    def without_pages(self) -> Iterator[Record]:
        """Yield the questions that were answered right, asked of a collection without the pages of their answers.

        To decline is right then; so is the right answer, since what is cited still stands there and says so.
        """
        asked = [question for question in self._set.questions if question.answerable and self._was_right(question)]
        removed = shelves.shelves_without_pages(
            asked, self._documents, self._set.documents, self._home / REMOVED, self._embedder
        )
        for n, (fold, shelf) in enumerate(removed, 1):
            # The gold places are gone, and what follows them stands on other lines and pages now.
            placeless = [replace(question, evidence=(), alt_evidence=()) for question in fold.questions]
            after = ask_all(shelf, placeless, f"{self._says(REMOVED)} {n}")
            for question in fold.questions:
                was, now = self._before[question.id], after[question.id]
                note = _without_page(now[0])
                record = _record(REMOVED, self._set.name, question, question, was, now, note)
                yield replace(record, outcome="kept" if note else "wrong")

    def beside_copies(self) -> Iterator[Record]:
        """Yield the questions for one figure that were answered right, asked beside a near-duplicate of its paper."""
        home = self._home / COPY
        papers = shelves.shelves_of_copies(
            self._set.documents, self._documents, self._base.folder, home, self._embedder
        )
        for document, periods, shelf in papers:
            mistakable = [q for q in self._set.questions if self._was_right(q) and shelves.can_be_mistaken(q, document)]
            asked = [q for q in mistakable if not shelves.is_ambiguous(q, document, periods, self._today)]
            self.ambiguous += len(mistakable) - len(asked)
            after = ask_all(shelf, asked, f"{self._says(COPY)} {document.file}")
            for question in asked:
                was, now = self._before[question.id], after[question.id]
                cited = now[1].citations if now[1] else ()
                # A right answer may cite the older paper too, as what was so a year before.
                taken = not now[0].right and any(citation.file == shelves.COPY for citation in cited)
                note = "よく似た文書の値を答えた" if taken else ""
                yield _record(COPY, self._set.name, question, question, was, now, note)

    def _was_right(self, question: Question) -> bool:
        return self._before[question.id][0].right

    def _says(self, rule: str) -> str:
        return f"{self._set.name}: {SHELVES[rule]}"


# --- what came out ----------------------------------------------------------------------------------------------------


def summarise(records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """Return by rule: questions, right before and after, the share of right ones that stayed so, and the outcomes.

    The share is a number from 0 to 1, None when nothing was right before.
    """
    table: dict[str, dict[str, Any]] = {}
    for rule in SAYS:
        found = [record for record in records if record.rule == rule]
        if not found:
            continue
        count = {
            name: sum(r.outcome == name for r in found) for name in ("kept", "wrong", "declined", "gained", "never")
        }
        before = count["kept"] + count["wrong"] + count["declined"]
        table[rule] = {
            "questions": len(found),
            "before": before,
            "after": count["kept"] + count["gained"],
            "stayed": count["kept"] / before if before else None,
            **{name: count[name] for name in ("wrong", "declined", "gained")},
            "notes": {note: sum(r.note == note for r in found) for note in sorted({r.note for r in found if r.note})},
        }
    return table


def render(table: dict[str, dict[str, Any]]) -> str:
    """Return the table for a terminal, in Japanese."""
    head = ["規則", "", "質問", "正答", "", "保たれた率", "新たに誤り", "新たに断り", "新たに正答"]
    rows = []
    for rule, row in table.items():
        stayed = "－" if row["stayed"] is None else f"{100 * row['stayed']:.1f}%"
        counts = [row["questions"], row["before"], f"→ {row['after']}"]
        rows.append(
            [SAYS[rule], rule, *map(str, counts), stayed, *(str(row[n]) for n in ("wrong", "declined", "gained"))]
        )
    lines = aligned(head, rows, texts=2)
    for rule, row in table.items():
        if row["notes"]:
            lines.append(f"{rule}: " + "、".join(f"{note} {count}問" for note, count in row["notes"].items()))
    return "\n".join(lines)


def write_sets(folder: Path, sets: Sequence[QuestionSet], rules: Sequence[Rule]) -> Iterator[Path]:
    """Write a question file for each set and rule that applies to it; yield their paths. None is written over."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in sets:
        for rule in rules:
            derived = [other for question in one.questions if (other := derive(rule, question))]
            if not derived:
                continue
            path = folder / f"{one.name}-{rule.name}.jsonl"
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.writelines(json.dumps(_data(other), ensure_ascii=False) + "\n" for other in derived)
            except FileExistsError:
                raise EvaluationError(f"{path} はすでにあります。新しいフォルダを指定してください。") from None
            yield path


def _data(question: Question) -> dict[str, Any]:
    """Return a question as its file holds it: places without what they do not say."""
    data = asdict(question)
    for key in ("evidence", "alt_evidence"):
        data[key] = [{name: value for name, value in place.items() if value is not None} for place in data[key]]
    return data
