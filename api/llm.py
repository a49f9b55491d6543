"""``tenkyo llm``: which language model is connected, what it can do, and one on this machine; and how all open it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from answer.generating.abilities import Abilities, Identity
from answer.generating.contract import Claim, Evidence, Mode, Written
from answer.generating.local import INSTALL as INSTALL_LLM
from answer.generating.local import WINDOW, Choice, Running, can_run, choose, chosen, running, usual_threads
from answer.generating.models import ModelError, Progress, check_file, fetch, known_models
from answer.generating.probe import sample
from answer.generating.server import Connection, Deadlines, ServerError
from answer.generating.writer import ServerWriter
from api.settings import Settings, data_folder

Say = Callable[[str], None]

MODES = {
    Mode.SCHEMA: "文を書かせ、形をサーバーに守らせます",
    Mode.MARKED: "文を書かせ、行の番号を付けさせます",
    Mode.PICK: "答えのある行を選ばせます（文は書かせません）",
    Mode.NONE: "使いません（資料の言葉のままの答えだけを出します）",
}
OFF = "off"
NOT_CONNECTED = "言語モデルはつながっていません。答えは資料の言葉のまま出します。"


PATIENT = {"first": 90.0, "silence": 30.0, "whole": 180.0}  # seconds that a model on this machine has
_SECONDS_OF = {
    "first": "llm_first_token_seconds",
    "silence": "llm_silence_seconds",
    "whole": "llm_whole_seconds",
}


class NoWriter:
    """A ``Writer`` for who wants one where none is connected: it says so."""

    model = ""

    def prepare(self) -> None:
        pass

    def write(self, evidence: Evidence) -> Generator[Claim | Written | None, None, None]:
        yield Written(Mode.NONE, "", NOT_CONNECTED)

    def terms(self, question: str) -> tuple[str, ...]:
        return ()

    def rewritten(self, question: str, before: str) -> str | None:
        return None


def folder() -> Path:
    """Return where models and what was found of servers are kept."""
    return data_folder() / "llm"


def connection_of(settings: Settings) -> Connection:
    """Return how a server is asked; its address is empty where none is set.

    A model on this machine has more time, unless the settings say how much: two cores read 3,000 characters in half a
    minute, and the answer of the rules stands meanwhile.
    """
    seconds: dict[str, float] = {name: getattr(settings, setting) for name, setting in _SECONDS_OF.items()}
    if settings.llm_url is None:
        seconds |= {n: more for n, more in PATIENT.items() if _SECONDS_OF[n] not in settings.model_fields_set}
    return Connection(
        url=settings.llm_url or "",
        model=settings.llm_model,
        key=settings.llm_key,
        window=settings.llm_window,
        parallel=settings.llm_parallel,
        deadlines=Deadlines(connect=settings.llm_connect_seconds, **seconds),
    )


@contextmanager
def opened(settings: Settings, say: Say, *, wait: bool = False) -> Iterator[ServerWriter | None]:
    """Open the writer over what is set or chosen, None where that is nothing or does not start.

    A model on this machine is started, told of beforehand, and stopped at the end of the block. With ``wait`` it is
    loaded when the block begins, and ModelError says why it is not.
    """
    with ExitStack() as stack:
        connection = connection_of(settings)
        ready: Callable[[], None] | None = None
        choice = None if settings.llm_url else chosen(folder())
        if choice is not None:
            say(f"このパソコンで言語モデルを動かします: {_told_choice(choice)}")
            try:
                model: Running = stack.enter_context(running(choice, connection, folder()))
                if wait:
                    model.wait()
            except ModelError as error:
                if wait:
                    raise
                say(f"{error.message}（言語モデルなしで続けます）")
                yield None
                return
            connection, ready = model.connection, model.wait
        if not connection.url:
            yield None
            return
        writer = ServerWriter(connection, folder() / "servers.json", ready)
        stack.callback(writer.close)
        yield writer


def show(settings: Settings, say: Say) -> bool:
    """Say which model is connected and what is asked of it; return whether it can be reached."""
    choice = chosen(folder())
    if settings.llm_url is None and choice is None:
        say(NOT_CONNECTED)
        say("つなぐには TENKYO_LLM_URL を設定するか、tenkyo llm use でこのパソコンのモデルを選びます。")
        return True
    if settings.llm_url is None and choice is not None:
        say(f"このパソコンのモデル: {_told_choice(choice)}")
        if not choice.file.is_file():
            say("モデルのファイルがありません。tenkyo llm use で選び直してください。")
            return False
        say("tenkyo serve と一緒に動き、一緒に止まります。力を確かめるには tenkyo llm check を実行します。")
        return True
    with opened(settings, say) as writer:
        assert writer is not None
        say(f"接続先: {writer.server.connection.url}（{_reach(writer)}）")
        try:
            identity, abilities = writer.connected()
        except ServerError as error:
            say(error.message)
            return False
        for line in _told(identity, abilities, writer):
            say(line)
    return True


def check(settings: Settings, say: Say) -> bool:
    """Ask one real question, and say what the server can do and how long it took; return whether it can be used."""
    if settings.llm_url is None and chosen(folder()) is None:
        return show(settings, say)
    with opened(settings, say, wait=True) as writer:
        assert writer is not None
        say(f"接続先: {writer.server.connection.url}（{_reach(writer)}）")
        say("力を確かめています…")
        began = time.monotonic()
        try:
            identity, abilities = writer.known(fresh=True)
        except ServerError as error:
            say(error.message)
            return False
        say(f"確かめるのにかかった時間: {time.monotonic() - began:.1f} 秒")
        for line in _told(identity, abilities, writer):
            say(line)
        if abilities.mode is Mode.NONE:
            return False
        evidence = sample()
        began = time.monotonic()
        *claims, end = (item for item in writer.write(evidence) if item is not None)
        seconds = time.monotonic() - began
        assert isinstance(end, Written)
        say(f"質問: {evidence.question}")
        for claim in claims:
            assert isinstance(claim, Claim)
            pointed = [found for id_ in claim.lines if (found := evidence.line(id_))]
            say(f"返事: {claim.text or '（行を選びました）'} {' '.join(f'[{found.id}]' for found in pointed)}")
            for found in pointed:
                say(f"  {found.id}「{found.text}」")
        counted = [f"読み {end.prompt_tokens}" if end.prompt_tokens is not None else ""]
        counted.append(f"書き {end.completion_tokens}" if end.completion_tokens is not None else "")
        tokens = "、".join(filter(None, counted))
        say(f"答えるのにかかった時間: {seconds:.1f} 秒" + (f"（{tokens} トークン）" if tokens else ""))
        if end.error:
            say(end.error)
        return end.error is None and bool(claims)


def use(name: str | None, threads: int | None, settings: Settings, say: Say, progress: Progress) -> None:
    """Choose a model to run on this machine, and fetch it where it is one of the list. Raises ModelError."""
    if name is None:
        say("選べるモデル（tenkyo llm use 名前、または手元の FILE.gguf）:")
        for model in known_models():
            size = f"{model.size / 1e9:.1f}GB、動かすとメモリ約{model.memory:.1f}GB"
            say(f"  {model.name}  {model.title}、{model.licence}、{size}")
            say(f"    {model.good_for}")
        return
    if name == OFF:
        choose(None, folder())
        say("このパソコンのモデルを使わないようにしました。取得したファイルは残っています。")
        return
    listed = next((model for model in known_models() if model.name == name), None)
    if listed is None and not name.lower().endswith(".gguf"):
        names = "、".join(model.name for model in known_models())
        raise ModelError(f"{name} は一覧にありません。{names} のどれかか、GGUFファイルを指定してください。")
    if listed is not None:
        say(f"{listed.title}（{listed.licence}、{listed.size / 1e9:.1f}GB）を使います。")
        path = fetch(listed, folder() / "models", progress)
    else:
        path = Path(name).expanduser().resolve()
        check_file(path)
    choice = Choice(file=path, threads=threads or usual_threads(), window=settings.llm_window or WINDOW)
    choose(choice, folder())
    say(f"選びました: {_told_choice(choice)}")
    if not can_run():
        say(f"動かすには、部品を入れてください: {INSTALL_LLM}")
    if settings.llm_url:
        say("TENKYO_LLM_URL が設定されている間は、そちらを使います。")
    say("tenkyo serve と一緒に動き、一緒に止まります。力を確かめるには tenkyo llm check を実行します。")


def _told_choice(choice: Choice) -> str:
    """Return what a model on this machine takes. 例: a.gguf（スレッド 2、メモリ 約4.1GB、窓 8192 トークン）"""
    memory = f"メモリ 約{choice.memory / 1e9:.1f}GB、" if choice.file.is_file() else ""
    return f"{choice.file.name}（スレッド {choice.threads}、{memory}窓 {choice.window} トークン）"


def _reach(writer: ServerWriter) -> str:
    """Return what leaves this machine, in words."""
    if writer.server.is_here:
        return "このパソコンの中。資料は外に出ません"
    plain = writer.server.connection.url.startswith("http://")
    return "質問と、見つかった資料の一部を送ります" + ("。暗号化されていません" if plain else "")


def _told(identity: Identity, abilities: Abilities | None, writer: ServerWriter) -> list[str]:
    """Return the lines that say which model answers and what is asked of it."""
    size = f"、{identity.parameters:.1f}B" if identity.parameters else ""
    lines = [f"モデル: {identity.model}{size}" + (f"（{identity.version}）" if identity.version else "")]
    if identity.models and identity.model not in identity.models:
        lines.append(f"注意: サーバーの一覧にない名前です（一覧: {'、'.join(identity.models[:10])}）")
    if abilities is None:
        return [*lines, "力はまだ確かめていません。最初の質問のときか、tenkyo llm check で確かめます。"]
    lines.append(f"頼むこと: {MODES[abilities.mode]}")
    if abilities.note:
        lines.append(f"  理由: {abilities.note}")
    yes = {True: "できる", False: "できない"}
    if abilities.mode > Mode.NONE or abilities.picks:
        lines.append(f"  行を選ぶ: {yes[abilities.picks]}、出典を付けて書く: {yes[abilities.writes]}")
        lines.append(f"  決めた形を守らせる: {yes[abilities.enforces]}")
    lines.append(f"一度に読める長さ: {writer.window_of(identity, abilities)} トークン")
    if abilities.reads and abilities.writes_tokens:
        lines.append(f"速さ: 毎秒 読み {abilities.reads:.0f}、書き {abilities.writes_tokens:.0f} トークン")
    if abilities.at:
        lines.append(f"確かめた日: {abilities.at}")
    return lines
