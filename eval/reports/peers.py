"""What eval.bench_peers measured, as Japanese Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BUDGET = 1000  # characters of ranked passages that a reader is ready to read


@dataclass(frozen=True)
class Row:
    """What is shown of a system: its figures, or in Japanese why there are none."""

    name: str
    title: str
    scores: dict[str, Any] | None
    reason: str = ""


Column = tuple[str, str, str]  # heading, key of the scores, format

QUALITY: tuple[Column, ...] = (
    ("断片", "pieces", "{:,}"),
    ("字数/断片", "piece_characters", "{:,.0f}"),
    ("最長", "longest_piece", "{:,}"),
    ("再現@1", "recall@1", "{:.3f}"),
    ("再現@5", "recall@5", "{:.3f}"),
    ("再現@10", "recall@10", "{:.3f}"),
    ("MRR", "mrr", "{:.3f}"),
    ("nDCG@10", "ndcg@10", "{:.3f}"),
    ("先頭に答え", "first_holds", "{:.1%}"),
    (f"{BUDGET:,}字に答え", "budget_holds", "{:.1%}"),
)
ANSWERS: tuple[Column, ...] = (
    ("字数", "characters", "{:,.0f}"),
    ("答えを含む", "holds", "{:.1%}"),
    ("正答", "right", "{:.1%}"),
    ("正答かつ出典", "cited", "{:.1%}"),
    ("断れた率", "declined", "{:.1%}"),
    ("誤って断った率", "wrongly_declined", "{:.1%}"),
)
COST: tuple[Column, ...] = (
    ("準備 秒", "start_seconds", "{:.3g}"),
    ("索引 秒", "index_seconds", "{:.3g}"),
    ("p50 ms", "p50_ms", "{:.3g}"),
    ("p95 ms", "p95_ms", "{:.3g}"),
    ("最大 MiB", "peak_mib", "{:,.0f}"),
)


def render(rows: Sequence[Row], about: str) -> str:
    """Return the tables as Japanese Markdown; ``about`` is the line above them."""
    return "\n".join(
        [
            about,
            "",
            "### 検索",
            "",
            *_table(rows, QUALITY),
            "",
            "字数は中央値。「先頭に答え」は先頭の断片が、"
            f"「{BUDGET:,}字に答え」は順位どおりに {BUDGET:,} 字まで読む間に、正解の文字列を含む割合。"
            "再現と MRR は、大きな断片ほど根拠に触れやすく有利です。"
            "nDCG は関連する断片の数で割るため、1ページが1断片の方式に有利です。"
            "大きさによらず比べられるのは最後の列です。",
            "",
            "### 読み手が最初に受け取るもの（本製品（全体）は答え、ほかは先頭の断片）",
            "",
            *_table(rows, ANSWERS),
            "",
            "「正答」は種類ごとの字数以内であること（eval/README.md）。答えを書く LLM はどの方式にもありません。"
            "本製品（全体）のほかに、記載がないと断る仕組みはありません（何も見つからないときだけ断ったと数えます）。",
            "",
            "### 時間とメモリ（括弧内は本製品（全体）に対する倍率）",
            "",
            *_table(rows, COST, beside=next((row.scores for row in rows if row.name == "ours"), None)),
            "",
            "「準備」は部品の読み込みと埋め込みモデルの用意、p50・p95 は質問の埋め込みを含む一問の時間、"
            "メモリは方式ごとのプロセスの最大です。",
        ]
    )


def _table(rows: Sequence[Row], columns: Sequence[Column], beside: Mapping[str, Any] | None = None) -> Iterator[str]:
    yield "| " + " | ".join(["方式", *(heading for heading, _, _ in columns)]) + " |"
    yield "| --- |" + " ---: |" * len(columns)
    for row in rows:
        if row.scores is None:
            cells = [row.reason.replace("|", "\\|").replace("\n", " ")] + [""] * (len(columns) - 1)
        else:
            cells = [_cell(row.scores[key], form, beside[key] if beside else None) for _, key, form in columns]
        yield "| " + " | ".join([row.title, *cells]) + " |"


def _cell(value: float | None, form: str, beside: float | None) -> str:
    if value is None:
        return "–"
    return form.format(value) + (f"（{value / beside:.2g}倍）" if beside and value != beside else "")
