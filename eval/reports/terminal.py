"""The scorecard as text for a terminal, in Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.compare import Comparison
from eval.measures.confidence import Promise
from eval.reports.figures import NOTHING, percent
from eval.reports.names import CHANGES, KEPT, MEASURES, ONLY_READ, RANKED, STAGES, TYPES, set_name
from eval.reports.table import aligned
from eval.reports.view import (
    changes_of,
    describe,
    more,
    moved,
    promises_of,
    reach,
    standing,
    weaker_fusion,
    words_before,
)

A_LINE = 5  # measures
COUNTS = {
    "questions": "質問",
    "right": "正答",
    "cited": "正答かつ出典",
    "unsure": "決められない",
    "absent": "記載なし",
    "declined": "断った",
    "too_long": "長すぎ",
    "candidate": "候補に正解",
    "in_passages": "箇所に正解",
}


def render(metrics: Mapping[str, Any]) -> str:
    """Return the scorecard as text for a terminal, in Japanese."""
    parts = [line for name, scores in metrics["sets"].items() for line in _render_set(name, scores)]
    return "\n".join([*parts, f"最大メモリ {metrics['peak_memory_mib']:.0f} MiB"])


def _render_set(name: str, scores: Mapping[str, Any]) -> list[str]:
    retrieval: Mapping[str, Mapping[str, float]] = scores["retrieval"]
    return [
        f"■ {name}（{_standing(scores)}質問 {scores['questions']}問、文書 {scores['documents']}件、"
        f"断片 {scores['chunks']}件）",
        *aligned(
            ["検索", "再現@1", "再現@5", "再現@10", "MRR", "nDCG@10"],
            [[STAGES[stage], *(f"{values[key]:.3f}" for key in RANKED)] for stage, values in retrieval.items()],
        ),
        *_weaker_fusion(retrieval),
        "",
        *aligned(
            ["種類", *COUNTS.values()],
            [
                [TYPES[kind], *(str(count.get(key, NOTHING)) for key in COUNTS)]
                for kind, count in scores["types"].items()
            ],
        ),
        "",
        f"正答率 {percent(scores['accuracy'])}、正答かつ出典 {percent(scores['cited_accuracy'])}、"
        f"答えたうち正しい率 {percent(scores.get('right_of_answered'))}",
        f"一つに決められない率 {percent(scores.get('unsure'))}、誤って「記載なし」とした率 "
        f"{percent(scores.get('false_absence'))}",
        "確度: " + "、".join(_promise(one) for one in promises_of(scores)),
        "示した中にあったか: " + "、".join(f"{says} {percent(value)}" for says, value in reach(scores).items()),
        *_more(scores),
        f"答えなかった率: 再現（答えのない質問のうち） {percent(scores['refusal_recall'])}、"
        f"適合 {percent(scores['refusal_precision'])}、答えがあるのに答えなかった率 {percent(scores['false_refusal'])}",
        f"根拠のない数字を含む答え {scores['unsupported_answers']}件、"
        f"引用 {scores['quotes']}件のうち原文どおりでないもの {scores['quotes_not_verbatim']}件、"
        f"エラー {scores['errors']}件",
        f"応答 p50 {scores['p50_ms']:.1f} ms・p95 {scores['p95_ms']:.1f} ms",
        "",
    ]


def _standing(scores: Mapping[str, Any]) -> str:
    found = standing(scores)
    return f"{found[0]}、" if found else ""


def _promise(one: Promise) -> str:
    """Return what a word of confidence is worth. 例: 高 96.2%（52件、約束どおり）"""
    kept = f"、{KEPT[one.kept]}" if one.least is not None and one.count else ""
    return f"{one.word} {percent(one.share)}（{one.count}件{kept}）"


def _more(scores: Mapping[str, Any]) -> list[str]:
    measured = [f"{says} {value}" for says, value in more(scores)]
    return ["　" + "、".join(measured[at : at + A_LINE]) for at in range(0, len(measured), A_LINE)]


def _weaker_fusion(retrieval: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return a warning for each measure in which one leg alone beats both together."""
    return [
        f"注意: {key} は{STAGES[leg]}だけのほうが良い（{alone:.3f} > {both:.3f}）"
        for leg, key, alone, both in weaker_fusion(retrieval)
    ]


def render_comparison(comparison: Comparison) -> str:
    """Return what changed since the baseline: each question by name, the tests, and why the gate stays shut."""
    lines = ["■ 基準との比較"]
    lines += [f"注意: {ONLY_READ[comparison.only_read]}"] if comparison.only_read else []
    lines += [f"注意: {name}: 基準にない質問集です。" for name in comparison.unknown]
    lines += [f"注意: {name}: 基準にありますが、今回は実行していません。" for name in comparison.not_run]
    lines += [
        f"注意: {name}: 基準のときから質問が変わっていて、比べていません: {'、'.join(ids[:5])}"
        + (f" ほか {len(ids) - 5} 問" if len(ids) > 5 else "")
        for name, ids in comparison.left_out.items()
    ]
    for what, says in CHANGES.items():
        changes = changes_of(comparison, what)
        if changes:
            lines.append(f"{says}: {len(changes)} 問")
            lines += [f"  {c.set} {c.id} {c.question}\n    {words_before(c)} → {c.after}" for c in changes]
    if tests := moved(comparison):
        lines += aligned(
            ["", "基準", "今回", "差の95%区間", "良", "悪", "p"],
            [
                [
                    f"{set_name(one.set)} {MEASURES[one.measure]}",
                    f"{one.before:.3f}",
                    f"{one.after:.3f}",
                    f"{one.low:+.3f}～{one.high:+.3f}",
                    str(one.better),
                    str(one.worse),
                    NOTHING if one.p is None else f"{one.p:.3f}",
                ]
                for one in tests
            ],
        )
    lines += [f"後退: {describe(failure)}" for failure in comparison.failures]
    if not comparison.failures:
        lines.append("基準から、偶然とはいえない後退はありません。")
    return "\n".join(lines)
