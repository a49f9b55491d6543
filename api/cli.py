"""The ``tenkyo`` command. Heavy rooms are imported by the commands that need them, so the others start at once."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from answer.answer import Answer, Citation, QuestionError, Status, TimelinePoint
from answer.events import Done, Event, Found, Worded
from api.access.commands import add_commands
from api.access.errors import AccessError
from api.places import place_of
from api.settings import Settings, SettingsError, read_settings
from api.upkeep import add_commands as add_upkeep
from eval.arguments import Parser
from index.protocols import TenkyoIndexError
from index.scope import Group, Scope
from ingest.document import Source
from ingest.parse import ParseError

if TYPE_CHECKING:
    from answer.assistant import Assistant
    from answer.generating.writer import ServerWriter
    from api.llm import NoWriter
    from index.collection import AddReport, Collection
    from index.documents import DocumentInfo

LONGEST_NAME = 200  # characters of a title that a person gives
FROM: dict[Source, str] = {
    "cover": "表紙から",
    "text": "本文で最も新しい時点",
    "properties": "ファイルの属性から",
    "file_name": "ファイル名から",
    "by_hand": "手で設定",
}
GLIMPSE = 120  # characters shown of a passage that is near but holds no answer
DONE, LOOK, FAILED, INTERRUPTED = 0, 1, 2, 130  # LOOK: done, but something needs a person's eye


class CommandError(Exception):
    """What stops a command, in Japanese, for the person at the terminal."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 done with something to look at, 2 not done."""
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "eval":  # the evaluation reads its own
        parser.error(f"unrecognized arguments: {_readable(' '.join(rest))}")
    try:
        settings = read_settings(
            index=getattr(arguments, "index", None),
            embedding_model=getattr(arguments, "embedding_model", None),
            api_port=getattr(arguments, "api_port", None),
            ui_port=getattr(arguments, "ui_port", None),
            shared=getattr(arguments, "shared", None),
        )
        arguments.rest = rest
        run: Callable[[argparse.Namespace, Settings], int] = arguments.run
        return run(arguments, settings)
    except SettingsError as error:
        print(f"設定を読み取れません: {error}", file=sys.stderr)
    except (QuestionError, TenkyoIndexError, AccessError) as error:
        print(error.message, file=sys.stderr)
    except CommandError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return DONE
    except OSError as error:
        print(f"ファイルを扱えませんでした（{error.filename or ''}）: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\n中断しました。これまでの索引はそのまま残っています。", file=sys.stderr)
        return INTERRUPTED
    return FAILED


def _parser() -> argparse.ArgumentParser:
    common = Parser(add_help=False)
    everywhere = common.add_argument_group("どのコマンドにも使えるもの")
    everywhere.add_argument(
        "--index", metavar="DIR", default=argparse.SUPPRESS, help="文書集の索引のフォルダ（既定: TENKYO_INDEX）"
    )
    everywhere.add_argument(
        "--embedding-model", metavar="NAME", default=argparse.SUPPRESS, help="埋め込みモデル（既定: default）"
    )
    parser = Parser(
        "tenkyo",
        description="行政の説明資料に日本語で質問し、典拠つきの答えを得ます。",
        parents=[common],
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action="version", version=f"tenkyo {version('tenkyo')}", help="版の番号を表示します"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="コマンド")

    def command(name: str, run: Callable[[argparse.Namespace, Settings], int] | None, does: str, **more: Any) -> Any:
        sub = commands.add_parser(name, help=does, description=does, parents=[common], allow_abbrev=False, **more)
        sub.set_defaults(run=run)
        return sub

    sub = command("ingest", ingest, "文書やフォルダを追加・更新します（内容の変わらないものは飛ばします）")
    sub.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    sub.add_argument(
        "--from-list", type=Path, metavar="URLS.txt", help="1行に1つのアドレスから、公表された資料を受け取ります"
    )
    sub.add_argument("--group", metavar="グループ", help="アカウントのある文書集で、資料をこのグループのものにします")
    sub = command("watch", watch, "フォルダを見張り、増えた・変わった・なくなった文書を、索引に取り込み続けます")
    sub.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    sub.add_argument("--group", metavar="グループ", help="アカウントのある文書集で、資料をこのグループのものにします")
    sub = command("ask", ask, "質問に答えます")
    sub.add_argument("question", nargs="?", type=_readable, metavar="質問")
    sub.add_argument("--json", action="store_true", help="JSONで出力します")
    sub.add_argument("--trace", action="store_true", help="質問の読み方、見つけた箇所、選んだ（断った）理由も出します")
    sub.add_argument("--as-typed", action="store_true", help="打ち間違いとみられる語を直さず、入力どおりに調べます")
    sub.add_argument(
        "--llm",
        action=argparse.BooleanOptionalAction,
        help="言語モデルに文章を書かせます（既定: TENKYO_LLM_URL があるとき。"
        "--llm は tenkyo llm use で選んだモデルも動かします。--no-llm は使いません）",
    )
    sub.add_argument("-v", "--verbose", action="store_true", help="言語モデルの文を見せなかったわけも出します")
    sub.add_argument("--questions", type=Path, metavar="F.jsonl", help="まとめて聞く質問（1行に1つのJSON）")
    sub.add_argument("--out", type=Path, metavar="A.jsonl", help="まとめて聞いた答えの出力先")
    narrowing = sub.add_argument_group("絞り込み", "この文書だけに聞きます（会議・部署・文書・グループはくり返せます）")
    many: dict[str, Any] = {"action": "append", "default": [], "type": _one_line}
    narrowing.add_argument("--meeting", **many, dest="meetings", metavar="会議名")
    narrowing.add_argument("--department", **many, dest="departments", metavar="部署")
    narrowing.add_argument("--document", **many, dest="documents", metavar="ID")
    narrowing.add_argument(
        "--group", **many, dest="groups", metavar="グループ", help="アカウントのある文書集で、このグループの資料"
    )
    narrowing.add_argument("--since", type=_date, metavar="日付", help="この日以降の文書（例: 2024-06、令和6年6月4日）")
    narrowing.add_argument("--until", type=_date, metavar="日付", help="この日までの文書")
    sub = command("search", search, "質問に近い箇所を探します")
    sub.add_argument("question", type=_readable, metavar="質問")
    sub.add_argument("-k", type=int, default=10, metavar="N", help="件数（既定: 10）")
    sub.add_argument(
        "--leg",
        choices=["fused", "vector", "keyword"],
        default="fused",
        help="探し方: fused 語と意味の両方（既定）、vector 意味だけ、keyword 語だけ",
    )
    sub.add_argument("--json", action="store_true", help="JSONで出力します")
    sub = command("documents", documents, "文書の一覧を出します（set: 題名や日付を直します）")
    sub.add_argument("--json", action="store_true", help="JSONで出力します")
    does = "文書の題名、会議名、日付、部署を直します（空の値 '' で、資料から読み取ったものに戻します）"
    sub = sub.add_subparsers(metavar="set").add_parser("set", help=does, description=does, parents=[common])
    sub.set_defaults(run=describe)
    sub.add_argument("id", metavar="ID")
    sub.add_argument("--title", type=_one_line, metavar="題名")
    sub.add_argument("--meeting", type=_one_line, metavar="会議名")
    sub.add_argument(
        "--date", type=_date, dest="published", metavar="日付", help="例: 2024-06-04、2024-06、令和6年6月4日"
    )
    sub.add_argument("--department", type=_one_line, metavar="部署")
    sub = command("changes", changes, "前の版の資料から変わったところを、重いものから並べます")
    sub.add_argument(
        "papers", nargs="+", metavar="ID", help="前の資料と新しい資料。1つなら、同じシリーズの前の版と比べます"
    )
    sub.add_argument(
        "--kind",
        action="append",
        default=[],
        metavar="種類",
        help="種類を絞ります（くり返せます。例: 変わった数値、加わった項目）",
    )
    sub.add_argument("-n", type=int, default=30, metavar="N", help="件数（既定: 30、0 ですべて）")
    sub.add_argument("--json", action="store_true", help="JSONで出力します")
    sub = command("remove", remove, "文書を索引から取り除きます（元のファイルは消しません）")
    sub.add_argument("id", metavar="ID")
    command("verify", verify, "索引とファイルが合っているかを確かめます")
    sub = command("serve", serve, "APIと画面を起動します")
    sub.add_argument("--api-port", type=int, metavar="N", help="APIのポート（既定: 8000）")
    sub.add_argument("--ui-port", type=int, metavar="N", help="画面のポート（既定: 8501）")
    sub.add_argument(
        "--shared", action="store_true", default=None, help="サインインした人だけが、グループの資料を使えるようにします"
    )
    sub.add_argument(
        "--workers", type=int, default=1, metavar="N", help="APIのプロセスの数（既定: 1。多くの人が使うときに）"
    )
    sub.add_argument(
        "--only", choices=["api", "page"], help="APIか画面の一方だけを動かします（別の機械や入れ物に分けるとき）"
    )
    sub.add_argument("--at", type=int, help=argparse.SUPPRESS)  # one of those: the number of the open socket
    command("mcp", mcp, "ほかのAI（MCPのクライアント）から、文書集を道具として使えるようにします（標準入出力）")
    add_commands(lambda name, does: command(name, None, does), common)
    add_upkeep(lambda name, does: command(name, None, does))
    sub = command(
        "llm", llm, "つないでいる言語モデルと、頼むことを表示します（check: 確かめる、use: このパソコンで動かす）"
    )
    sub.set_defaults(what="show")
    more = sub.add_subparsers(metavar="check|use")
    does = "質問を1つして、言語モデルに何ができ、どれだけかかるかを確かめます"
    more.add_parser("check", help=does, description=does, parents=[common]).set_defaults(run=llm, what="check")
    does = "このパソコンで動かす言語モデルを選びます（名前を書かなければ一覧、off でやめます）"
    sub = more.add_parser("use", help=does, description=does, parents=[common])
    sub.set_defaults(run=llm, what="use")
    sub.add_argument("model", nargs="?", metavar="名前|FILE.gguf")
    sub.add_argument("--threads", type=int, metavar="N", help="使うスレッドの数（既定: 使える数の半分）")
    command("eval", evaluate, "質問集で採点します（引数は tenkyo eval --help）", add_help=False)
    return parser


def _readable(text: str) -> str:
    """Return the text without half characters, which bytes of another encoding become and nothing can print."""
    return text.encode(errors="replace").decode()


def _one_line(text: str) -> str:
    """Return what a person says of a document, as one line."""
    line = " ".join(_readable(text).split())
    if len(line) > LONGEST_NAME:
        raise argparse.ArgumentTypeError(f"{LONGEST_NAME} 文字までで書いてください（{len(line)} 文字あります）。")
    return line


def _date(text: str) -> str:
    """Return a day, a month or a year as it is kept; nothing stays nothing."""
    from ingest.dates import date_of

    line = _one_line(text)
    try:
        return date_of(line) if line else line
    except ValueError:
        message = f"日付として読めません: {line}（例: 2024-06-04、2024-06、令和6年6月4日）"
        raise argparse.ArgumentTypeError(message) from None


def _collection(settings: Settings) -> Collection:
    from index.collection import Collection

    return Collection(settings.index, url=settings.database)


def _assistant(settings: Settings) -> Assistant:
    from answer.assistant import open_assistant

    return open_assistant(
        settings.index, settings.embedding_model, settings.max_question_chars, database=settings.database
    )


def ingest(arguments: argparse.Namespace, settings: Settings) -> int:
    from index.collection import Collection
    from index.embedder import open_embedder

    if bool(arguments.paths) == bool(arguments.from_list):
        raise CommandError("取り込むファイルかフォルダを書くか、--from-list にアドレスの一覧を指定してください。")
    missing = [path for path in arguments.paths if not path.exists()]
    if missing:
        raise CommandError(f"見つかりません: {'、'.join(map(str, missing))}")
    with Progress(sys.stderr) as progress:

        def add(paths: Sequence[Path], sources: Mapping[Path, str] | None = None) -> AddReport:
            if arguments.group is None:
                if sources is None:
                    return collection.add(paths, progress=progress)
                return collection.add(paths, progress=progress, sources=sources)
            from api.access.cli import add_for

            return add_for(arguments.group, collection, paths, settings, progress, sources)

        embedder = open_embedder(settings.embedding_model, cache=settings.cache, progress=progress)
        collection = Collection(settings.index, embedder, settings.database)
        reports, unreached = [], 0
        if arguments.from_list is None:
            reports = [add(arguments.paths)]
        else:
            reports, unreached = _from_list(arguments, settings, collection, add, progress)
    if not settings.shared and arguments.group is None:
        _tell_alerts(settings)
    return _told_of(reports, unreached)


def _from_list(
    arguments: argparse.Namespace,
    settings: Settings,
    collection: Collection,
    add: Callable[[Sequence[Path], Mapping[Path, str]], AddReport],
    progress: Progress,
) -> tuple[list[AddReport], int]:
    """Return what became of the papers of a list, and how many could not be had; say of those why."""
    from api.fetching.fetch import Fetcher
    from api.fetching.listed import ListError, Memory, read_list, take_in

    shelf = ""
    if arguments.group is not None:
        from api.access.cli import opened

        with opened(settings) as accounts:
            shelf = accounts.people.group(arguments.group).id

    def held() -> set[str]:
        return {info.id for info in collection.snapshot().documents()} if collection.exists() else set()

    fetcher = Fetcher(settings.max_upload_mb * 2**20)
    try:
        addresses = read_list(arguments.from_list)
        report = take_in(addresses, fetcher, Memory(settings.index), add, held, progress, shelf)
    except ListError as error:
        raise CommandError(error) from error
    finally:
        fetcher.close()
    for address, why in report.failed:
        print(f"受け取れませんでした: {_readable(address)}: {why}", file=sys.stderr)
    print(f"アドレス {len(addresses)} 件のうち、前から変わっていないもの {len(report.unchanged)} 件", file=sys.stderr)
    return report.taken, len(report.failed)


def _told_of(reports: Sequence[AddReport], unreached: int) -> int:
    """Say what became of the files, and return the exit status. ``unreached`` are those that could not be had."""
    added, refreshed, skipped, failed, duplicates = (
        [one for report in reports for one in getattr(report, name)]
        for name in ("added", "refreshed", "skipped", "failed", "duplicates")
    )
    for path, error in failed:
        place = f"{_shown(path)} の {error.page} ページ" if error.page else _shown(path)
        print(f"読み込めませんでした: {place}: {error.message}", file=sys.stderr)
    for path, same in duplicates:
        print(f"同じ内容の文書がもうあります: {_shown(path)}（{same} と同じ）", file=sys.stderr)
    for info in (*added, *refreshed):
        for warning in info.warnings:
            print(f"注意: {info.file}: {warning}", file=sys.stderr)
    undated = sum(info.taken_from.get("published") != "cover" for info in (*added, *refreshed))
    if undated:
        advice = "tenkyo documents で確かめ、tenkyo documents set で直せます。"
        print(f"発行日の記載がない文書が {undated} 件あり、ほかの手がかりを目安にしました。{advice}", file=sys.stderr)
    print(
        f"追加 {len(added)} 件、更新 {len(refreshed)} 件、変更なし {len(skipped)} 件、失敗 {len(failed) + unreached} 件"
        f"（{sum(report.seconds for report in reports):.1f} 秒）"
    )
    if not failed:
        return LOOK if unreached else DONE
    return LOOK if added or refreshed or skipped else FAILED


def watch(arguments: argparse.Namespace, settings: Settings) -> int:
    from api.watching import command
    from api.watching.record import AlreadyWatching, WatchingDamaged
    from api.watching.shelves import GroupShelf, OwnShelf
    from index.collection import Collection
    from index.embedder import open_embedder

    try:
        folders = command.whole_paths(arguments.folders)
        with Progress(sys.stderr) as progress:
            embedder = open_embedder(settings.embedding_model, cache=settings.cache, progress=progress)
        collection = Collection(settings.index, embedder, settings.database)
        named = arguments.group
        shelf = OwnShelf(collection) if named is None else GroupShelf(named, collection, settings)
        after = partial(_tell_alerts, settings) if named is None and not settings.shared else lambda: None
        command.watch(collection, shelf, folders, partial(Progress, sys.stderr), partial(print, flush=True), after)
    except command.FolderError as error:
        raise CommandError(error) from error
    except AlreadyWatching:
        raise CommandError(f"{settings.index} のための見張りは、もう動いています。") from None
    except WatchingDamaged as error:
        raise CommandError(error.message) from error
    except KeyboardInterrupt:
        print("\n見張りを終えました。取り込んだ資料は残っています。", file=sys.stderr)
    return DONE


def _tell_alerts(settings: Settings) -> None:
    """Print, and send as the settings say, what new papers changed of what is followed."""
    from answer.editions.follows import Follows, FollowsDamaged
    from api.alerts import Messenger, text_of

    follows = Follows(_collection(settings).notes)
    try:
        if not follows.held().follows:
            return
        for alert in follows.check(_assistant(settings), Messenger(settings)):
            print(f"お知らせ: {text_of(alert)}", file=sys.stderr)
            for way, fault in alert.sent:
                print(f"  {way}: {fault or '送りました'}", file=sys.stderr)
    except FollowsDamaged as error:
        print(error.message, file=sys.stderr)


class Progress:
    """Shows how far something is: a bar on a terminal, a line now and then elsewhere (a log, a pipe)."""

    EVERY = 10.0  # seconds between lines

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.bar: Any = None
        self.step = ""
        self.began = self.said = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def __call__(self, step: str, done: int, total: int) -> None:
        if self.stream.isatty():
            self._draw(step, done, total)
            return
        now = time.monotonic()
        if step != self.step:
            self.step, self.began, self.said = step, now, -math.inf
        if now - self.said >= self.EVERY:
            left = (now - self.began) / done * (total - done) if done else 0.0
            rest = f"（残り約 {math.ceil(left / 60)} 分）" if left >= 60 else ""
            print(f"{step} {done}/{total}{rest}", file=self.stream, flush=True)
            self.said = now

    def _draw(self, step: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if self.bar is None or step != self.step:
            if self.bar is not None:
                self.bar.close()
            self.bar = tqdm(total=total, desc=step, file=self.stream, leave=False)
            self.step = step
        self.bar.total = total
        self.bar.update(done - self.bar.n)


def ask(arguments: argparse.Namespace, settings: Settings) -> int:
    if (arguments.question is None) == (arguments.questions is None):
        raise CommandError(
            '質問を1つ書くか、--questions にファイルを指定してください（例: tenkyo ask "職員数は何人ですか"）。'
        )
    scope = Scope(
        documents=tuple(arguments.documents),
        groups=_groups(arguments.groups, settings),
        meetings=tuple(arguments.meetings),
        departments=tuple(arguments.departments),
        since=arguments.since or None,
        until=arguments.until or None,
    )
    if arguments.questions is not None:
        if arguments.trace:
            raise CommandError("--trace は質問を1つ書くときに使います。")
        if arguments.out is None:
            raise CommandError("--questions には --out（答えの出力先）が要ります。")
        with _writer(arguments.llm, settings) as writer:
            return _ask_many(arguments.questions, arguments.out, settings, scope, writer, as_typed=arguments.as_typed)
    assistant = _assistant(settings)
    with _writer(arguments.llm, settings) as writer:
        if arguments.json:
            if writer is not None:
                writer.prepare()
            answer = assistant.ask(arguments.question, scope=scope, as_typed=arguments.as_typed, writer=writer)
            print(json.dumps(answer.to_dict(), ensure_ascii=False, indent=2))
        else:
            telling = assistant.tell(arguments.question, scope=scope, as_typed=arguments.as_typed, writer=writer)
            _show(telling, writer, verbose=arguments.verbose)
    if arguments.trace:
        # JSON on the standard output stays one object.
        trace = assistant.trace(arguments.question, scope=scope, as_typed=arguments.as_typed).told()
        print(f"\n{trace}", file=sys.stderr if arguments.json else sys.stdout)
    return DONE


def _groups(named: Sequence[str], settings: Settings) -> tuple[Group, ...]:
    """Return groups with their documents, each by id or name: whoever is at this terminal may read those of all."""
    if not named:
        return ()
    from api.access.cli import opened
    from api.access.database import FILE

    if settings.database is None and not (settings.index / FILE).exists():
        raise CommandError("--group は、アカウントのある文書集（tenkyo serve --shared）で使います。")
    with opened(settings) as accounts:
        return tuple(Group(accounts.people.group(name).name, accounts.people.documents(name)) for name in named)


@contextmanager
def _writer(wanted: bool | None, settings: Settings) -> Iterator[ServerWriter | NoWriter | None]:
    """Open the language model that is to write; one on this machine takes its time to load, and must be wanted."""
    if wanted is False or (wanted is None and settings.llm_url is None):
        yield None
        return
    from api.llm import NoWriter, opened

    with opened(settings, lambda line: print(line, file=sys.stderr)) as writer:
        yield writer or NoWriter()


def _show(telling: Iterator[Event], writer: ServerWriter | NoWriter | None, *, verbose: bool) -> None:
    """Print what is told of an answer when it is told."""
    has_heading = False
    for event in telling:
        match event:
            case Found():
                print(told(event.answer), flush=True)
                status = event.answer.status
                if writer is not None:
                    writer.prepare()
            case Worded():
                if not has_heading and writer is not None:
                    heading = worded_heading(status, is_quote=event.sentence.is_quote)
                    print(f"\n{heading}・{writer.model}", flush=True)
                    has_heading = True
                print("\n".join(worded(event)), flush=True)
            case Done():
                for line in written(event.answer, verbose=verbose, told=has_heading):
                    print(line, flush=True)


def worded_heading(status: Status, *, is_quote: bool) -> str:
    """Return what stands over a model's sentences, by what the rules have found and by whose words they are."""
    what = "AIが選んだ箇所（資料の言葉のまま）" if is_quote else "AIによる文章（原文と照合済み）"
    return f"関連する記載・{what}" if status == "not_found" else what


def worded(event: Worded) -> list[str]:
    """Return the lines that show a sentence with the numbers of its citations, and those that are new with it."""
    numbers = "".join(f"[{n}]" for n in event.sentence.citations)
    quotes = [line for citation in event.citations for line in cited(citation, GLIMPSE)]
    return [f"・{event.sentence.text} {numbers}", *(f"  {line}" for line in quotes)]


def written(answer: Answer, *, verbose: bool, told: bool) -> list[str]:
    """Return the lines that say how a model's writing ended: what of it was told in vain or dropped, or differs."""
    writing, generated = answer.writing, answer.generated
    if writing is None:
        return []
    lines: list[str] = []
    if writing.ended == "failed":
        lines.append(
            f"AIの文章は{'途中で終わったので、上の文を取り消します' if told else 'ありません'}: {writing.error}"
        )
    elif writing.ended == "declined":
        lines.append("AIは、見つけた箇所に答えが書かれていないとしています。")
    if writing.dropped:
        advice = "" if verbose else "（わけは -v で）"
        lines.append(f"資料と照らして見せなかった文: {len(writing.dropped)} 件{advice}")
        lines += [f"  {dropped.reason}" for dropped in writing.dropped if verbose]
    for one in generated.disagreements if generated else ():
        assert generated is not None
        ours = next(c for c in answer.citations if c.n == one.citation)
        theirs = next(c for c in generated.citations if c.n == one.generated_citation)
        lines.append("答えとAIの文章で、値が違います:")
        lines += [f"  {one.value} … {place(ours)}", f"  {one.generated_value} … {place(theirs)}"]
    return ["", *lines] if lines else []


def _ask_many(
    questions: Path,
    out: Path,
    settings: Settings,
    scope: Scope,
    writer: ServerWriter | NoWriter | None,
    *,
    as_typed: bool,
) -> int:
    asked = _read_questions(questions)
    assistant = _assistant(settings)
    if writer is not None:
        writer.prepare()
    written = 0
    try:
        with out.open("w", encoding="utf-8") as stream, Progress(sys.stderr) as progress:
            for id_, question in asked:
                try:
                    answer = assistant.ask(question, id=id_, scope=scope, as_typed=as_typed, writer=writer)
                    record = answer.to_dict()
                except QuestionError as error:
                    declined = Answer(question, "not_found", error.message, "text", id=id_)
                    record = {**declined.to_dict(), "error": str(error)}
                stream.write(json.dumps(record, ensure_ascii=False) + "\n")
                stream.flush()
                written += 1
                progress("質問", written, len(asked))
    except KeyboardInterrupt:
        print(f"\n中断しました。{written} 件の答えは {out} に残っています。", file=sys.stderr)
        return INTERRUPTED
    print(f"{written} 件の答えを {out} に書きました。", file=sys.stderr)
    return DONE


def _read_questions(path: Path) -> list[tuple[str | None, str]]:
    """Return (id, question) of each line of a question file."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise CommandError(f"{path} をUTF-8の文字として読めません。") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            question, id_ = record["question"], record.get("id")
            if not isinstance(question, str):
                raise TypeError
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
            message = f'{path} の {number} 行目は {{"id": …, "question": "…"}} の形のJSONではありません。'
            raise CommandError(message) from None
        found.append((None if id_ is None else str(id_), _readable(question)))
    return found


def told(answer: Answer) -> str:
    """Return an answer as it is read at a terminal: the answer first, then its date and where it stands."""
    from ingest.dates import describe

    lines = [answer.answer, ""]
    if answer.understood:
        how = "AIが補った質問" if answer.is_rewritten else "読み取り"
        lines.append(f"{how}: {answer.understood}（入力どおりに調べるには --as-typed）")
    if answer.scope:
        lines.append(f"範囲: {narrowed(answer.scope)}（文書 {answer.searched} 件）")
    if answer.as_of:
        lines.append(f"時点: {describe(answer.as_of)}")
    if answer.derived:
        operands = "".join(f"[{n}]" for n in answer.derived.operands)
        lines.append(f"計算: {answer.derived.how} {operands}")
    if answer.timeline:
        points = "、".join(f"{describe(p.as_of)} {_measured(p)} [{p.citation}]" for p in answer.timeline)
        lines.append(f"推移: {points}")
    if answer.is_half:
        lines.append(
            "二つのことを聞かれていますが、この答えはその一方です。もう一方は出典と関連する箇所で確かめてください。"
        )
    if answer.missing and answer.status == "not_found":
        words = "".join(f"「{word}」" for word in answer.missing)
        lines.append(f"{words}という言葉は、調べた資料 {answer.searched} 件のどこにもありません。")
    elif answer.missing:
        lines.append(f"資料に見当たらない語: {'、'.join(answer.missing)}")
    if lines[-1]:
        lines.append("")
    if answer.candidates:
        lines += offered(answer)
    else:
        for citation in answer.citations:
            lines += cited(citation)
    if answer.status != "answered" and answer.passages:
        lines.append("ほかの関連箇所:" if answer.candidates else "近い記述:")
        for passage in answer.passages[:3]:
            lines += cited(passage.citation, GLIMPSE)
    return "\n".join(lines).rstrip()


def offered(answer: Answer) -> list[str]:
    """Return the lines that show the candidates of an unsure answer, each over the citations that it stands on."""
    lines = []
    for number, candidate in enumerate(answer.candidates, 1):
        after = [other.citation for other in answer.candidates[number:]]
        lines.append(f"候補{number}: {candidate.text}")
        for citation in answer.citations:
            if candidate.citation <= citation.n < (after[0] if after else citation.n + 1):
                lines += cited(citation)
        lines.append("")
    return lines


def _measured(point: TimelinePoint) -> str:
    """Return a value with its unit, which may stand beside the figure or above the whole table."""
    return point.value if point.value.endswith(point.unit or "") else f"{point.value}{point.unit}"


def narrowed(scope: Scope) -> str:
    """Return what a question was narrowed to, in words. 例: 令和6年6月議会、2024-06以降"""
    bounds = (scope.since and f"{scope.since}以降", scope.until and f"{scope.until}まで")
    groups = (f"{group.name}の資料" for group in scope.groups)
    return "、".join((*groups, *scope.meetings, *scope.departments, *scope.documents, *filter(None, bounds)))


def cited(citation: Citation, most: int | None = None) -> list[str]:
    """Return the lines that show a citation: its place, then its quote, or the first ``most`` characters of it."""
    indent = " " * len(f"[{citation.n}] ")
    quote = citation.quote.strip()
    if most is not None and len(quote) > most:
        quote = quote[:most].rstrip() + "…"
    quote = quote.replace("\n", f"\n{indent}  ")
    return [f"[{citation.n}] {place(citation)}", f"{indent}「{quote}」"]


def place(citation: Citation) -> str:
    """Return where a quote stands.

    例: 総務委員会資料（a.pdf、令和6年2月議会） 3ページ（印刷 2） 1 治安情勢 > (2) 特殊詐欺
    """
    paper = f"{citation.title or citation.file}（{'、'.join(filter(None, [citation.file, citation.meeting]))}）"
    return " ".join(filter(None, (paper, place_of(citation))))


def search(arguments: argparse.Namespace, settings: Settings) -> int:
    if not 1 <= arguments.k <= settings.max_k:
        raise CommandError(f"-k は 1 から {settings.max_k} までです。")
    passages = _assistant(settings).search(arguments.question, k=arguments.k, leg=arguments.leg)
    if arguments.json:
        from api.app import passage_out

        print(json.dumps([passage_out(p).model_dump() for p in passages], ensure_ascii=False, indent=2))
        return DONE
    for passage in passages:
        print("\n".join(cited(passage.citation, GLIMPSE)))
    if not passages:
        print("近い記述は見つかりませんでした。")
    return DONE


def _shown(path: Path) -> str:
    """Return a path as one line that a terminal can print."""
    return " ".join(_readable(str(path)).split("\n"))


def changes(arguments: argparse.Namespace, settings: Settings) -> int:
    from dataclasses import asdict

    from answer.editions.decisions import DecisionsDamaged
    from answer.editions.shelf import NoEditionBefore
    from answer.editions.told import NAMES, paper_said, told

    unknown = [kind for kind in arguments.kind if kind not in NAMES.values()]
    if unknown:
        raise CommandError(f"そのような種類はありません: {unknown[0]}（{'、'.join(NAMES.values())} のどれか）")
    if len(arguments.papers) > 2 or len(set(arguments.papers)) < len(arguments.papers):
        raise CommandError("資料のIDは1つか、別々の2つを書いてください（例: tenkyo changes 前のID 新しいID）。")
    *then, now = arguments.papers
    assistant = _assistant(settings)
    snapshot = assistant.collection.snapshot()
    infos = {info.id for info in snapshot.documents()}
    if missing := [id_ for id_ in arguments.papers if id_ not in infos]:
        raise CommandError(f"その ID の文書はありません: {missing[0]}（tenkyo documents で確かめられます）")
    try:
        found = assistant.editions.compare(snapshot, now, *then)
    except (NoEditionBefore, DecisionsDamaged) as error:
        raise CommandError(error.message) from error
    wanted = [change for change in found.changes if not arguments.kind or NAMES[change.kind] in arguments.kind]
    shown = wanted[: arguments.n or None]
    if arguments.json:
        body = {"then": asdict(found.then), "now": asdict(found.now), "changes": [asdict(change) for change in shown]}
        print(json.dumps(body, ensure_ascii=False, indent=2))
        return DONE
    print(f"{paper_said(found.then)}（{found.then.file}）→ {paper_said(found.now)}（{found.now.file}）")
    for change in shown:
        print(f"\n{NAMES[change.kind]}  {told(change)}")
        for name, side in (("前", change.then), ("今", change.now)):
            if side is not None:
                quoted = assistant.cite(snapshot, side.document_id, side.start, side.end, 1)
                quote = " ".join(quoted.quote.split())
                print(f"  {name}: {place(quoted)}「{quote[:GLIMPSE]}{'…' if len(quote) > GLIMPSE else ''}」")
    left = len(wanted) - len(shown)
    print(f"\n全 {len(wanted)} 件" + (f"（あと {left} 件は -n 0 で）" if left else ""))
    return DONE


def documents(arguments: argparse.Namespace, settings: Settings) -> int:
    found = _collection(settings).snapshot().documents()
    if arguments.json:
        from dataclasses import asdict

        print(json.dumps([asdict(info) for info in found], ensure_ascii=False, indent=2))
        return DONE
    for info in found:
        print("\n".join(described(info)))
    if not found:
        print("文書はまだありません。tenkyo ingest PATH で追加してください。")
    return DONE


def described(info: DocumentInfo) -> list[str]:
    """Return the lines that show a document, with where its title and date were taken from."""

    def told(name: str, value: str | None) -> str | None:
        source = info.taken_from.get(name)
        return f"{value}（{FROM[source]}）" if value and source else value

    title = told("title", info.title)
    about = "、".join(filter(None, [told("meeting", info.meeting), info.department, told("published", info.published)]))
    indent = " " * 18
    counted = {"slides": "枚のスライド", "sheet": "枚のシート"}.get(info.kind, "ページ")
    pages = f"{info.pages} {counted}、" if info.paging != "none" else ""
    return [
        f"{info.id}  {info.file}  {title}",
        *([indent + about] if about else []),
        f"{indent}{pages}{info.chunks} 箇所、値 {info.facts} 件",
        *(f"{indent}注意: {warning}" for warning in info.warnings),
    ]


def describe(arguments: argparse.Namespace, settings: Settings) -> int:
    from index.collection import Collection
    from index.embedder import open_embedder

    names = ("title", "meeting", "published", "department")
    given = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if not given:
        raise CommandError("直すものを --title、--meeting、--date、--department のどれかで指定してください。")
    with Progress(sys.stderr) as progress:
        embedder = open_embedder(settings.embedding_model, cache=settings.cache, progress=progress)
        try:
            info = Collection(settings.index, embedder, settings.database).describe(arguments.id, given, progress)
        except KeyError:
            raise _no_document(arguments.id) from None
        except ParseError as error:
            raise CommandError(f"{error.path}: {error.message}") from error
    print("\n".join(described(info)))
    return DONE


def _no_document(id_: str) -> CommandError:
    return CommandError(f"{id_} という文書はありません。tenkyo documents で確かめてください。")


def remove(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        _collection(settings).remove(arguments.id)
    except KeyError:
        raise _no_document(arguments.id) from None
    print(f"{arguments.id} を取り除きました。")
    return DONE


def verify(arguments: argparse.Namespace, settings: Settings) -> int:
    problems = _collection(settings).verify()
    for problem in problems:
        print(problem)
    if not problems:
        print("問題は見つかりませんでした。")
    return LOOK if problems else DONE


def serve(arguments: argparse.Namespace, settings: Settings) -> int:
    from api.serve import PortTakenError, serve_at, serve_both
    from eval.history import Runs

    if arguments.at is not None:
        return serve_at(arguments.at, settings, Runs())
    if not 1 <= arguments.workers <= 64:
        raise CommandError("--workers は 1 から 64 までです。")
    if (arguments.workers > 1 or arguments.only) and os.name != "posix":
        raise CommandError("--workers と --only は、この OS では使えません。付けずに起動してください。")
    _take_over(settings)
    try:
        return serve_both(settings, Runs(), arguments.workers, arguments.only)
    except PortTakenError as error:
        raise CommandError(error.message) from error


def _take_over(settings: Settings) -> None:
    """Make the index of an older version's folder anew from its originals, before anybody sends more papers."""
    from index.takeover import is_old

    if settings.database is not None or not is_old(settings.index):
        return
    from index.collection import Collection
    from index.embedder import open_embedder

    print("前の版の索引を、保存してある原本から作り直します（一度だけです）。", file=sys.stderr)
    with Progress(sys.stderr) as progress:
        embedder = open_embedder(settings.embedding_model, cache=settings.cache, progress=progress)
        Collection(settings.index, embedder).add([], progress=progress)


def mcp(_: argparse.Namespace, settings: Settings) -> int:
    from api.mcp.stdio import serve

    serve(_assistant(settings), settings)
    return DONE


def llm(arguments: argparse.Namespace, settings: Settings) -> int:
    from answer.generating.models import ModelError
    from api import llm as models

    if arguments.what == "use" and arguments.threads is not None and not 1 <= arguments.threads <= 256:
        raise CommandError("--threads は 1 から 256 までです。")
    try:
        if arguments.what == "use":
            with Progress(sys.stderr) as progress:
                models.use(arguments.model, arguments.threads, settings, print, progress)
            return DONE
        works = models.check(settings, print) if arguments.what == "check" else models.show(settings, print)
    except ModelError as error:
        raise CommandError(error.message) from error
    return DONE if works else LOOK


def evaluate(arguments: argparse.Namespace, settings: Settings) -> int:
    from eval.cli import main as run_evaluation

    def drafts() -> list[dict[str, Any]]:
        from api.feedback import Feedback  # loads the web framework, which few evaluations need

        return Feedback(settings.index).open_drafts()

    @contextmanager
    def model() -> Iterator[ServerWriter | None]:
        from answer.generating.models import ModelError
        from answer.generating.server import ServerError
        from api.llm import opened

        try:
            with opened(settings, partial(print, file=sys.stderr), wait=True) as writer:
                if writer is not None:
                    writer.known()  # probed before the first question is timed
                yield writer
        except (ModelError, ServerError) as error:
            raise CommandError(error.message) from error

    return run_evaluation(
        arguments.rest,
        index=settings.index,
        embedding_model=settings.embedding_model,
        drafts=drafts,
        model=model,
    )


if __name__ == "__main__":
    sys.exit(main())
