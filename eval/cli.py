"""``tenkyo eval``: measures, compares with the baseline, writes the reports; its exit status is the gate."""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from answer.generating.contract import Writer
from eval import blind, check, draft
from eval.arguments import Parser
from eval.baseline import Baseline, BaselineError, read_baseline, save_baseline, save_sealed_baseline
from eval.compare import SEED, Comparison, compare, compare_sealed, forbidden
from eval.dataset import DatasetError, Question
from eval.draft import Drafts
from eval.history import (
    BASELINE,
    BASELINE_BANK,
    BASELINE_SEALED,
    RUNS,
    RunFolderError,
    append_row,
    describe_environment,
    new_run_folder,
    peak_memory_mib,
    read_config,
    save_apart,
    save_run,
)
from eval.llm import Earlier, Row, Wording, changed, read_earlier, rescored, scorecard
from eval.replies import Reply, read_replies, replaying
from eval.reports.llm import render as render_llm
from eval.reports.llm import render_changes
from eval.reports.pages import SnapshotPages
from eval.reports.pictures import draw
from eval.reports.terminal import render, render_comparison
from eval.reports.write import write_reports
from eval.robustness import run as robust
from eval.run import STAGES, SetResult, Stage, measure
from eval.sets import (
    EvaluationError,
    QuestionSet,
    add_set_arguments,
    bank_files,
    find_sets,
    open_set,
    sealed_files,
    sets_of_run,
)

Model = Callable[[], AbstractContextManager[Writer | None]]  # opens the connected one, None where there is none
LLM = "llm"  # its files in a run's folder: llm.jsonl, llm.json, llm.txt
DEFAULT = Path()  # --baseline without a file: the one that belongs to the sets


def main(
    argv: Sequence[str], *, index: Path, embedding_model: str, drafts: Drafts = tuple, model: Model = nullcontext
) -> int:
    """Measure and print; return 0, 1 when the gate stays shut, 2 when nothing could be measured.

    The collections of the evaluation lie beside ``index``, in "<index>-eval"; the user's own is never touched.
    ``drafts`` gives the questions that readers' feedback suggests, ``model`` the language model that --llm asks.
    """
    match argv[:1]:
        case ["check"]:
            return check.main(argv[1:], index=index, embedding_model=embedding_model)
        case ["new"]:
            return draft.main(argv[1:], index=index, embedding_model=embedding_model, drafts=drafts)
        case ["robust"]:
            return robust.main(argv[1:], index=index, embedding_model=embedding_model)
    arguments = _parser().parse_args(argv)
    try:
        _refuse_what_does_not_go_together(arguments)
        if arguments.sealed:
            return _run_sealed(arguments, index, embedding_model, model)
        if arguments.llm_again and not arguments.llm:
            return _score_again(arguments, index, embedding_model)
        return _run(arguments, index, embedding_model, model)
    except DatasetError as error:  # it tells what stands in a line, which nobody is to read in a sealed one
        print(f"評価できません: {'封印した質問集に誤りがあります。' if arguments.sealed else error}", file=sys.stderr)
        return 2
    except (EvaluationError, BaselineError, RunFolderError) as error:
        print(f"評価できません: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "tenkyo eval",
        description="質問集のすべての質問をして採点し、一問ごとの記録と成績表を残します。",
        epilog="ほかに: tenkyo eval check（質問集を確かめる）、tenkyo eval new（質問の下書きを足す）、"
        "tenkyo eval robust（書き方や文書を変えても答えられるか）。それぞれ --help があります。",
        allow_abbrev=False,
    )
    add_set_arguments(parser)
    parser.add_argument(
        "--bank",
        nargs="*",
        metavar="NAME",
        help="eval/questions/bank の質問集（名前を書けばそれだけ）。初めて聞く集は eval/blind.md に「初回」と残ります",
    )
    parser.add_argument(
        "--sealed", action="store_true", help="開かない質問集（eval/questions/sealed）。成績だけを出します"
    )
    parser.add_argument("--log", type=_reason, metavar="NOTE", help="成績を eval/blind.md に、この備考とともに残します")
    parser.add_argument(
        "--baseline",
        nargs="?",
        type=Path,
        const=DEFAULT,
        metavar="FILE",
        help="基準の成績と一問ずつ比べ、偶然とはいえない後退があれば終了コード1（既定: eval/baseline.json、--bank では "
        "baseline-bank.json、--sealed では baseline-sealed.json）",
    )
    parser.add_argument(
        "--save-baseline",
        type=_reason,
        metavar="REASON",
        help="この成績を基準として保存します。理由を書いてください（--baseline の場所に残ります）",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="記録のフォルダ（既定: eval/runs の下に新しく）")
    parser.add_argument(
        "--stages",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="検索を、語・意味・融合・並べ替えの段ごとに測ります",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        choices=range(1, 9),
        default=1,
        metavar="N",
        help="資料の違う質問集を、いくつの処理で並べて聞くか（既定: 1。応答時間はその分長く測られます）",
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--llm",
        action="store_true",
        help="つながっている言語モデルにも書かせ、資料の言葉だけの答えと並べて採点します。下回れば終了コード1",
    )
    asked.add_argument(
        "--llm-replies",
        type=Path,
        metavar="FILE",
        help="言語モデルの代わりに、書いておいた返事を使います（返事のある質問だけを聞きます。python -m eval.replies）",
    )
    parser.add_argument(
        "--llm-again",
        type=Path,
        metavar="RUN",
        help="前の記録のフォルダの返事を、モデルなしで採点し直します。--llm と一緒なら、そこにない質問だけ聞きます",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="確度の図を SVG で残します（後からは python -m eval.reports.pictures 記録のフォルダ）",
    )
    return parser


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("基準を変える理由を書いてください。")
    return text.strip()


def _refuse_what_does_not_go_together(arguments: argparse.Namespace) -> None:
    if not arguments.llm_replies and not arguments.llm_again:
        return
    others = {"--sealed": arguments.sealed}  # nothing of it is kept that could be judged again
    if not arguments.llm:  # not all of the questions are asked
        others |= {
            "--baseline": arguments.baseline is not None,
            "--save-baseline": arguments.save_baseline,
            "--log": arguments.log,
        }
    if refused := [name for name, is_given in others.items() if is_given]:
        mine = "--llm-replies" if arguments.llm_replies else "--llm-again"
        raise EvaluationError(f"{mine} は {'、'.join(refused)} と一緒には使えません。")
    if arguments.llm_replies and arguments.llm_again:
        raise EvaluationError("--llm-replies と --llm-again は、どちらか一つを指定してください。")


def _run(arguments: argparse.Namespace, index: Path, embedding_model: str, model: Model) -> int:
    # Read first what could be refused: nobody should wait for minutes to learn of a misspelt path.
    baseline_path, baseline = _baseline(arguments, BASELINE if arguments.bank is None else BASELINE_BANK)
    reply_to = read_replies(arguments.llm_replies) if arguments.llm_replies else None
    earlier = read_earlier(arguments.llm_again / f"{LLM}.jsonl") if arguments.llm_again else []
    sets, absent = _sets_to_ask(arguments)
    if reply_to is not None:
        sets = _with_replies(sets, reply_to)
    stages: Sequence[Stage] = STAGES if arguments.stages else ("fused",)
    config = describe_environment() | {
        "embedding_model": embedding_model,
        "seed": SEED,
        "stages": list(stages),
        "sets": {
            one.name: {"questions": str(one.path), "documents": [str(path) for path in one.documents]} for one in sets
        },
        "not_run": absent,
    }
    with new_run_folder(arguments.out, RUNS) as folder:

        def keep(row: Row) -> None:
            append_row(folder, config, f"{LLM}.jsonl", row.to_dict())

        with (
            _wording(arguments, model, reply_to, keep, earlier) as wording,
            _told_how_to_go_on(folder, is_asked=arguments.llm),
        ):
            results = _measured(sets, index, embedding_model, stages, wording, arguments.jobs)
        records = [record for result in results.values() for record in result.records]
        metrics: dict[str, Any] = {
            "sets": {name: result.scores for name, result in results.items()},
            "peak_memory_mib": peak_memory_mib(),
        }
        comparison = compare(baseline, metrics["sets"], records) if baseline else None
        save_run(folder, config, metrics, records, comparison.to_dict() if comparison else None)
        named = {one.name: one for one in sets}
        pages = SnapshotPages(lambda name: open_set(named[name], index, embedding_model).collection.snapshot())
        write_reports(folder, config, metrics, records, comparison, pages)
        card = scorecard(wording.worded) if wording else None
        if card:
            save_apart(folder, LLM, card, render_llm(card))
    print(render(metrics))
    if (arguments.bank is not None and reply_to is None) or arguments.log:
        _keep(metrics["sets"], config["commit"], arguments.log)
    if arguments.pictures:
        draw(records, arguments.pictures)
    if comparison:
        print(render_comparison(comparison))
    if card:
        print(render_llm(card))
    print(f"記録: {folder}（報告書は report.html、プルリクエスト用は report.md）")
    if arguments.save_baseline:
        return _save(baseline_path, metrics["sets"], records, arguments.save_baseline, config)
    return _status(comparison, card)


def _run_sealed(arguments: argparse.Namespace, index: Path, embedding_model: str, model: Model) -> int:
    """Ask the sealed sets and show figures alone: who sees an answer may learn from it."""
    path, baseline = _baseline(arguments, BASELINE_SEALED)
    sets, _ = _sets_at_hand(sealed_files(), arguments.documents)
    with _wording(arguments, model) as wording:
        results = _measured(sets, index, embedding_model, ("fused",), wording)
    scores = {name: result.scores for name, result in results.items()}
    records = [record for result in results.values() for record in result.records]
    config = describe_environment() | {"embedding_model": embedding_model}
    _keep(scores, config["commit"], arguments.log)
    if arguments.pictures:
        draw(records, arguments.pictures)
    comparison = compare_sealed(baseline, scores, records) if baseline else None
    if comparison:
        print(render_comparison(comparison))
    card = scorecard(wording.worded) if wording else None
    if card:
        print(render_llm(card))
    if arguments.save_baseline:
        return _save(path, scores, records, arguments.save_baseline, config)
    return _status(comparison, card)


def _score_again(arguments: argparse.Namespace, index: Path, embedding_model: str) -> int:
    """Judge the replies of an earlier run by today's checks; the answers of the rules stay those of then."""
    earlier = read_earlier(arguments.llm_again / f"{LLM}.jsonl")
    config = read_config(arguments.llm_again)
    rows: list[Row] = []
    with new_run_folder(arguments.out, RUNS) as folder:
        for one in sets_of_run(config):
            kept = [row for row in earlier if row.set == one.name]
            if not kept:
                continue
            assistant = open_set(one, index, embedding_model)
            questions = {question.id: question for question in one.questions}
            judged = list(rescored(assistant, assistant.collection.snapshot(), questions, kept))
            if left := len(kept) - len(judged):
                print(f"{one.name}: {left}問は、質問か文書が変わったため採点できません。", file=sys.stderr)
            for row in judged:
                append_row(folder, config | {"again": str(arguments.llm_again)}, f"{LLM}.jsonl", row.to_dict())
            rows += judged
        if not rows:
            raise EvaluationError(f"採点し直せる返事がありません: {arguments.llm_again}")
        card = scorecard({name: [row.worded for row in rows if row.set == name] for name in config["sets"]})
        save_apart(folder, LLM, card, render_llm(card))
    print(render_llm(card))
    print(render_changes(list(changed(earlier, rows))))
    print(f"記録: {folder}")
    return _status(None, card)


def _status(comparison: Comparison | None, card: Mapping[str, Any] | None) -> int:
    return int(bool((comparison and comparison.failures) or (card and card["failures"])))


@contextmanager
def _wording(
    arguments: argparse.Namespace,
    model: Model,
    reply_to: Callable[[Question], Reply | None] | None = None,
    keep: Callable[[Row], None] = lambda row: None,
    earlier: Sequence[Earlier] = (),
) -> Iterator[Wording | None]:
    """Open what asks with a model, None where nobody wants that."""
    if reply_to is not None:

        def reply(question: Question) -> Reply:
            found = reply_to(question)
            assert found is not None, question.id
            return found

        with replaying(arguments.llm_replies.name) as writer_of:
            yield Wording(lambda question: writer_of(reply(question)), keep, timed=False)
    elif arguments.llm:
        with model() as writer:
            if writer is None:
                raise EvaluationError("言語モデルがつながっていません。tenkyo llm で確かめてください。")
            asked: Writer = writer
            yield Wording(lambda question: asked, keep, earlier)
    else:
        yield None


@contextmanager
def _told_how_to_go_on(folder: Path, *, is_asked: bool) -> Iterator[None]:
    """Say, where a run that asks a model stops early, what is left of it."""
    try:
        yield
    except (KeyboardInterrupt, EvaluationError):
        if (folder / f"{LLM}.jsonl").exists() and is_asked:
            print(
                f"\nここまでの返事は残っています: {folder}\n"
                f"続けるには tenkyo eval --llm --llm-again {folder}、"
                f"ここまでを採点するには tenkyo eval --llm-again {folder}",
                file=sys.stderr,
            )
        raise


def _baseline(arguments: argparse.Namespace, default: Path) -> tuple[Path, Baseline | None]:
    """Return where the baseline is, and what it is if there is something to compare with."""
    path = default if arguments.baseline in (None, DEFAULT) else arguments.baseline
    old = path.exists() if arguments.save_baseline else arguments.baseline is not None
    return path, read_baseline(path) if old else None


def _measure(
    sets: Sequence[QuestionSet],
    index: Path,
    embedding_model: str,
    stages: Sequence[Stage],
    wording: Wording | None = None,
) -> dict[str, SetResult]:
    return {
        one.name: measure(
            one, open_set(one, index, embedding_model), stages, wording.asking(one.name) if wording else None
        )
        for one in sets
    }


def _measured(
    sets: Sequence[QuestionSet],
    index: Path,
    embedding_model: str,
    stages: Sequence[Stage],
    wording: Wording | None = None,
    jobs: int = 1,
) -> dict[str, SetResult]:
    """Return what came out for each set, asked by so many processes.

    A scorecard of a set that comes with the program says whether it was read; one of the bank, what its papers are.
    """
    # Sets over the same papers share a collection, which one process at a time may bring up to date.
    groups: dict[tuple[Path, ...], list[QuestionSet]] = {}
    for one in sets:
        groups.setdefault(one.documents, []).append(one)
    if jobs > 1 and len(groups) > 1 and wording is None:
        with ProcessPoolExecutor(min(jobs, len(groups)), multiprocessing.get_context("spawn")) as pool:
            work = [pool.submit(_measure, group, index, embedding_model, stages) for group in groups.values()]
            measured = [one.result() for one in work]
    else:
        measured = [_measure(group, index, embedding_model, stages, wording) for group in groups.values()]
    found = {name: result for results in measured for name, result in results.items()}
    results = {one.name: found[one.name] for one in sets}
    for one in sets:
        scores = results[one.name].scores
        standings: dict[str, blind.Run] = {"shipped": "既読", "sealed": "封印"}
        if one.origin == "bank":
            standings["bank"] = blind.standing(scores["questions_sha256"])
        if one.origin in standings:
            scores["standing"] = standings[one.origin]
        if one.title:
            scores["title"] = one.title
    return results


def _keep(scores: dict[str, dict[str, Any]], commit: str | None, note: str | None) -> None:
    """Print a row for each set; keep it in the log when it is the set's first run, or when a note says why."""
    rows: list[Sequence[str]] = []
    kept: list[Sequence[str]] = []
    for name, one in scores.items():
        known, standing = blind.was_asked(one["questions_sha256"]), one.get("standing", "初回")
        run: blind.Run = "既読" if known and standing == "初回" else standing
        rows.append(blind.row(name, run, commit or "–", one, note or ""))
        kept += rows[-1:] if note or not known else []
    print(blind.table(rows))
    if kept:
        blind.keep(kept)
        print(f"{len(kept)} 行を残しました: {blind.LOG}")


def _sets_to_ask(arguments: argparse.Namespace) -> tuple[list[QuestionSet], list[str]]:
    """Return the sets that are named, those of the run that goes on, or all that come with the program."""
    files: list[Path] | None = arguments.questions
    if arguments.bank is not None:
        files = [*(files or ()), *bank_files(arguments.bank)]
    if arguments.llm_again and files is None:
        return sets_of_run(read_config(arguments.llm_again)), []
    return _sets_at_hand(files, arguments.documents)


def _with_replies(sets: Sequence[QuestionSet], reply_to: Callable[[Question], Reply | None]) -> list[QuestionSet]:
    """Return the sets with those questions alone that have a reply."""
    kept = [replace(one, questions=tuple(q for q in one.questions if reply_to(q) is not None)) for one in sets]
    if not any(one.questions for one in kept):
        raise EvaluationError("返事のある質問が、聞く質問集にありません。--bank や --questions で指定してください。")
    return [one for one in kept if one.questions]


def _sets_at_hand(files: Sequence[Path] | None, documents: Sequence[Path]) -> tuple[list[QuestionSet], list[str]]:
    sets, absent = find_sets(files, documents)
    for line in absent:
        print(line, file=sys.stderr)
    if not sets:
        raise EvaluationError("文書がそろっている質問集がありません。--documents で文書のフォルダを指定してください。")
    return sets, absent


def _save(
    path: Path,
    sets: dict[str, dict[str, Any]],
    records: list[dict[str, Any]],
    reason: str,
    config: dict[str, Any],
) -> int:
    if forbidden(sets):
        raise BaselineError("根拠のない数字・原文どおりでない引用・エラーがある成績は、基準にできません。")
    is_sealed = any(one.get("standing") == "封印" for one in sets.values())
    (save_sealed_baseline if is_sealed else save_baseline)(path, sets, records, reason=reason, config=config)
    print(f"基準を保存しました: {path}（理由: {reason}）")
    return 0
