"""What a language model adds, as text for a terminal, in Japanese: beside what the rules alone answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from answer.generating.contract import VerdictKind
from eval.reports.figures import NOTHING, milliseconds, percent
from eval.reports.names import MEASURES, TYPES, set_name
from eval.reports.table import aligned

Json = Mapping[str, Any]
KINDS: dict[VerdictKind, str] = {
    "supported": "示した行にある",
    "repointed": "別の行にある（付け替えた）",
    "stitched": "行をつなぎ合わせた",
    "unsupported": "行にない",
}
UNSHOWN = {"too_long": "長すぎて省いた", "repeated": "くり返しで省いた"}
ASKED_FOR = {"none": "なし", "pick": "行を選ぶ", "marked": "行の番号つきの文", "schema": "決めた形の文"}
SHARES = {
    "right": "正答率（答えのある質問）",
    "cited": "正答かつ出典（同）",
    "right_of_answered": "答えたうち正しい率",
    "declined": "答えなかった率（答えのある質問）",
    "declined_unanswerable": "答えなかった率（答えのない質問）",
}
GATES = {
    "unsupported_answers": "モデルの文に、根拠のない数字のある質問",
    "quotes_not_verbatim": "モデルの文の、原文どおりでない引用",
    "crashes": "エラーで終わった質問",
}


def render(card: Json) -> str:
    """Return the scorecard of ``eval.llm.scorecard``."""
    every: Json = card["all"]
    models = "、".join(card["models"]) or NOTHING
    asked_for = "、".join(f"{ASKED_FOR[what]} {count}問" for what, count in every["asked_for"].items())
    return "\n".join(
        [
            f"■ 言語モデル {models}（質問 {every['questions']}問。頼んだこと: {asked_for}）",
            *_replies(every),
            "",
            *_shares(every),
            f"モデルの文が答えになった {every['answers']}問: 正しい率 {percent(every['right_of_answers'])}、"
            f"長すぎ {every['too_long']}問",
            f"関連する記載として示した {every['beside']}問: 正しい答えを含むもの {every['beside_says_it']}問",
            f"抜き出した値と食い違う {every['disagreements']}問",
            "",
            *_types(every),
            *(["", *_sets(card["sets"])] if len(card["sets"]) > 1 else []),
            "",
            _cost(every),
            *_gate(card["failures"]),
        ]
    )


def render_changes(changes: Sequence[tuple[str, str, VerdictKind, VerdictKind]]) -> str:
    """Return the sentences that are judged otherwise than in the run before."""
    if not changes:
        return "前の採点と、どの文の判定も同じです。"
    told = [f"  {id_} {KINDS[before]} → {KINDS[after]}\n    {text}" for id_, text, before, after in changes]
    return "\n".join([f"判定が変わった文: {len(changes)}", *told])


def _replies(every: Json) -> list[str]:
    kinds = "、".join(f"{says} {percent(every['shares'][kind])}" for kind, says in KINDS.items())
    unshown = "、".join(f"{says} {every['unshown'][why]}" for why, says in UNSHOWN.items())
    return [
        f"返事 {every['asked']}件: 形が正しい {percent(every['in_form'])}（初めから {percent(every['at_once'])}）、"
        f"「記載がない」とした {percent(every['declined_by_model'])}、すべての文が落ちた "
        f"{percent(every['dropped_whole'])}",
        *(f"　失敗 {count}件: {why}" for why, count in every["errors"].items()),
        f"文 {every['sentences']}: {kinds}（{unshown}）",
        f"根拠のない数字を含む {every['unsupported_answers']}問、引用 {every['quotes']}件のうち原文どおりでないもの "
        f"{every['quotes_not_verbatim']}件、エラー {every['crashes']}件",
    ]


def _shares(every: Json) -> list[str]:
    before, after = every["before"], every["after"]
    return [
        *aligned(
            ["", "資料の言葉だけ", "モデルあり"],
            [[says, percent(before[key]), percent(after[key])] for key, says in SHARES.items()],
        ),
        f"対にして: モデルありだけ正しい {every['won']}問、資料の言葉だけ正しい {every['lost']}問"
        f"（符号検定 p={every['sign_test']:.3f}）",
    ]


def _types(every: Json) -> list[str]:
    columns = ("right", "cited", "declined")
    heads = ("正答", "正答かつ出典", "断った")
    return aligned(
        ["種類", "質問", "モデルの文", *(f"{head}（前→後）" for head in heads), "得た", "失った"],
        [
            [
                TYPES[kind],
                str(of["questions"]),
                str(of["written"]),
                *(f"{of[f'{column}_before']}→{of[f'{column}_after']}" for column in columns),
                str(of["won"]),
                str(of["lost"]),
            ]
            for kind, of in every["types"].items()
        ],
    )


def _sets(sets: Json) -> list[str]:
    return aligned(
        ["質問集", "質問", "正答率（前→後）", "得た", "失った", "p"],
        [
            [
                name,
                str(one["questions"]),
                f"{percent(one['before']['right'])}→{percent(one['after']['right'])}",
                str(one["won"]),
                str(one["lost"]),
                f"{one['sign_test']:.3f}",
            ]
            for name, one in sets.items()
        ],
    )


def _cost(every: Json) -> str:
    def tokens(mean: float | None) -> str:
        return NOTHING if mean is None else f"{mean:.0f}"

    return (
        f"一問あたり: 読み {tokens(every['prompt_tokens'])}・書き {tokens(every['completion_tokens'])} トークン、"
        f"書く時間 p50 {milliseconds(every['write_p50_ms'])}・p95 {milliseconds(every['write_p95_ms'])}、"
        f"全体 p50 {milliseconds(every['total_p50_ms'])}・p95 {milliseconds(every['total_p95_ms'])}"
    )


def _gate(failures: Any) -> list[str]:
    if not failures:
        return ["モデルの文に根拠のない数字・原文どおりでない引用はなく、資料の言葉だけの答えを下回っていません。"]
    return [f"不合格: {_failure(one)}" for one in failures]


def _failure(one: Json) -> str:
    if one["gate"] in GATES:
        return f"{GATES[one['gate']]} {one['after']}件"
    if one["gate"] == "below":
        return f"資料の言葉だけの答えを下回る（失った {one['before']}問 > 得た {one['after']}問）"
    shares = f"{percent(one['before'])} → {percent(one['after'])}（偶然とはいえない後退）"
    return f"{set_name(one['set'])}: {MEASURES[one['gate']]} {shares}"
