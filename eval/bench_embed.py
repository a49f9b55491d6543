"""How fast the default model embeds, and what rounding its weights to 8 bits changes, side by side in one run.

    OMP_NUM_THREADS=1 python -m eval.bench_embed [--passages 64] [--rounds 3]

Rates are given by the clock and by the processor's own time, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from index.embedder import open_embedder
from index.protocols import Embedder, Vectors

SENTENCES = [
    "令和6年5月末現在の人口は48,005人で、前年同月から290人減少しました。",
    "新しい給食センターは、東部地区の旧青葉小学校跡地に整備します。",
    "総事業費は12億3,400万円で、令和8年4月の供用開始を予定しています。",
    "乗合タクシーの予約は、前日の17時までに電話で行います。",
    "空き家バンクの登録を希望する方は、建築住宅課の窓口で申し込みます。",
    "市内の公共施設のうち、耐用年数を超えたものは3割にのぼります。",
    "防災行政無線の戸別受信機を、希望するすべての世帯に無償で貸与します。",
    "移住相談の件数は年々増えており、昨年度は延べ412件でした。",
]


def passages(count: int) -> list[str]:
    """Return passages of about 190 tokens, each different: the sentences, turned and numbered."""
    turned = [SENTENCES[i % 8 :] + SENTENCES[: i % 8] for i in range(count)]
    return [f"第{i}号議案。" + "".join(sentences) for i, sentences in enumerate(turned)]


def measure(embedder: Embedder, texts: list[str], rounds: int) -> tuple[Vectors, str]:
    embedder.embed_passages(texts[:4])
    walls, works, queries = [], [], []
    for turn in range(rounds):
        wall, work = time.perf_counter(), time.process_time()
        vectors = embedder.embed_passages(texts)
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - work)
        for i in range(10):
            wall = time.perf_counter()
            embedder.embed_queries([f"令和6年度の{turn}{i}号議案の総事業費はいくらですか"])
            queries.append(time.perf_counter() - wall)
    rate = (
        f"{len(texts) / np.median(walls):5.1f} passages/s ({len(texts) / np.median(works):5.1f} per processor second)"
    )
    return vectors, f"{rate}, {1000 * np.median(queries):5.1f} ms a question"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--passages", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    texts = passages(arguments.passages)
    exact, rounded = open_embedder(exact=True), open_embedder()
    print(f"{len(texts)} passages of {np.mean([exact.count_tokens(t) for t in texts]):.0f} tokens")
    expected, said = measure(exact, texts, arguments.rounds)
    print(f"exact    {said}")
    found, said = measure(rounded, texts, arguments.rounds)
    print(f"rounded  {said}")
    cosine = np.sum(expected * found, axis=1)
    print(f"cosine   {cosine.mean():.5f} on average, {cosine.min():.5f} at least")


if __name__ == "__main__":
    main()
