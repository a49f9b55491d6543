"""How fast a language model on this machine reads and writes, and how long an answer over 3,000 characters takes.

    python -m eval.bench_llm FILE.gguf [--threads 1] [--questions 3] [--characters 3000]

Needs the extra llm. Its modes are asked in turn, whatever a probe would say of the model: this measures time alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from answer.draft import Support
from answer.generating.contract import Evidence, EvidenceBlock, EvidenceLine, Mode
from answer.generating.local import Choice, running
from answer.generating.probe import to_the_end
from answer.generating.prompts import REPLY_TOKENS, prompt, schema
from answer.generating.replies import reader
from answer.generating.server import Chat, Connection, Deadlines, Server

PLACES = ["東部", "西部", "南部", "北部", "中央", "港", "駅前", "山手"]
PATIENT = Deadlines(connect=10, first=600, silence=120, whole=1200)


def evidence(turn: int, characters: int) -> Evidence:
    """Return lines of about so many characters in all, others at every turn, and a question that one answers."""
    lines: list[EvidenceLine] = []
    while sum(len(line.text) for line in lines) < characters:
        n = len(lines)
        text = (
            f"{PLACES[(n + turn) % 8]}地区の第{n + 1}集会所は、令和{n % 6 + 1}年度に延べ{1000 + 37 * n + turn}人が"
            f"利用し、前年度より{n + 3}人増えました。"
        )
        lines.append(EvidenceLine(f"L{n + 1}", text, Support("", 0, 0)))
    asked = min(7, len(lines))
    return Evidence(
        f"第{asked}集会所は、延べ何人が利用しましたか。", (EvidenceBlock("", "集会所の利用", tuple(lines)),)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--questions", type=int, default=3)
    parser.add_argument("--characters", type=int, default=3000)
    arguments = parser.parse_args()
    choice = Choice(file=arguments.model.resolve(), threads=arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with running(choice, Connection("", deadlines=PATIENT), Path(folder)) as model:
            model.wait(600)
            print(f"loaded in {time.perf_counter() - began:.1f} s, {arguments.threads} threads")
            with Server(model.connection) as server:
                for mode in (Mode.PICK, Mode.MARKED, Mode.SCHEMA):
                    measure(server, choice.file.name, mode, arguments.questions, arguments.characters)


def measure(server: Server, model: str, mode: Mode, questions: int, characters: int) -> None:
    """Ask, and print medians over the questions."""
    reads, writes, seconds, formed = [], [], [], 0
    for turn in range(questions):
        said = prompt(evidence(turn, characters), mode)
        form = schema(said.ids) if mode is Mode.SCHEMA else None
        reply = to_the_end(server.chat(Chat(model, said.messages, REPLY_TOKENS[mode], form)))
        reading = reader(mode, said.ids)
        reading.feed(reply.text)
        reading.finish()
        formed += reading.fault is None and reply.finish == "stop"
        reads.append((reply.prompt_tokens or 0) / max(reply.first, 1e-3))
        writes.append((reply.completion_tokens or 0) / max(reply.seconds - reply.first, 1e-3))
        seconds.append(reply.seconds)
    print(
        f"{mode.name:7} {np.median(reads):6.1f} tokens/s read, {np.median(writes):5.1f} written, "
        f"{np.median(seconds):6.1f} s an answer, {formed} of {questions} in form"
    )


if __name__ == "__main__":
    main()
