"""The scorecard for a pull request: the verdict first, short enough to be a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eval.compare import Change, Comparison
from eval.measures.confidence import WORDS, Promise
from eval.reports import view
from eval.reports.figures import NOTHING, decimal, milliseconds, percent
from eval.reports.names import CHANGES, KEPT, REACH, TYPES

Json = Mapping[str, Any]
SHARES = (
    *("正しく答えた", "答えたうち正しい", "確度「高」のうち正しい", "出典も正しい"),
    *("答えのない質問に答えなかった", "一つに決められない", "誤って「記載なし」"),
)
LISTED = 15  # changed questions of a kind; the rest is counted
LONGEST = 100  # characters of a question or an answer
_SIGNS = {"open": "✅", "shut": "❌", "unknown": "➖"}
_MARKUP = re.compile(r"([\\`*_\[\]|~<>&])")
# GitHub makes links of these after Markdown has been read, so that a backslash does not help. 例: @name, #12, http://
_LINKED = re.compile(r"(?<=[@#:])(?=[\w/])|(?<=www)(?=\.)")
_JOINER = "\u2060"  # not to be seen


def render(config: Json, metrics: Json, comparison: Comparison | None) -> str:
    """Return the report as GitHub's Markdown."""
    sets: Mapping[str, Json] = metrics["sets"]
    verdict = view.verdict(sets, comparison)
    lines = [f"## {_SIGNS[verdict.state]} 評価: {verdict.title}", ""]
    lines += [f"- **{text(reason)}**" for reason in verdict.reasons]
    lines += [f"- {text(note)}" for note in verdict.notes]
    lines += ["", *_headline(sets, comparison)]
    if comparison:
        for what in ("broken", "uncited", "fixed", "cited"):
            lines += _changes(view.changes_of(comparison, what), CHANGES[what], is_open=what in ("broken", "uncited"))
        if changed := len(view.changes_of(comparison, "changed")):
            lines += ["", f"判定は同じで、{CHANGES['changed']}質問: {changed}問"]
    lines += ["", *_types(sets, comparison), *_trust(sets), "", *_conditions(config, sets), ""]
    return "\n".join(lines)


def text(said: str, longest: int = 10_000) -> str:
    """Return what somebody wrote so that Markdown shows its characters and does nothing else: one line, maybe cut.

    例: <b>3|4</b> → \\<b\\>3\\|4\\</b\\>
    """
    line = " ".join(said.split())
    if len(line) > longest:
        line = line[:longest] + "…"
    return _LINKED.sub(_JOINER, _MARKUP.sub(r"\\\1", line))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], rule: str = "---:") -> list[str]:
    """Return a table; ``rule`` places what stands in all columns but the first, as figures if nothing is said."""
    rule_row = ["---", *(rule for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule_row, *rows)]


def _headline(sets: Mapping[str, Json], comparison: Comparison | None) -> list[str]:
    rows = []
    for name, scores in sets.items():
        marks = {mark.name: mark for mark in view.headline(name, scores, comparison)}
        rows.append(
            [
                f"{text(name)}（{'・'.join([*(view.standing(scores) or ())[:1], str(scores['questions']) + '問'])}）",
                *(_share(marks.get(which)) for which in SHARES),
                *(
                    f"**{scores[key]}**" if scores[key] else "0"
                    for key in ("unsupported_answers", "quotes_not_verbatim", "errors")
                ),
                f"{milliseconds(scores.get('p50_ms'))} / {milliseconds(scores.get('p95_ms'))}",
            ]
        )
    head = ("質問集", *SHARES, "資料にない数字", "原文と違う引用", "エラー", "中央 / 95%")
    return _table(head, rows)


def _share(mark: view.Mark | None) -> str:
    if mark is None:
        return "－"
    change = f"（{mark.change}）" if mark.change else ""
    return f"{percent(mark.share)}{change}"


def _changes(changes: Sequence[Change], says: str, *, is_open: bool) -> list[str]:
    if not changes:
        return []
    rows = [
        [
            f"{text(c.set)} {text(c.id)}",
            text(c.question, LONGEST),
            text(view.words_before(c), LONGEST),
            text(c.after or "（答えなし）", LONGEST),
        ]
        for c in changes[:LISTED]
    ]
    rest = [f"ほか{len(changes) - LISTED}問"] if len(changes) > LISTED else []
    return _folded(
        f"{says} {len(changes)}問",
        [*_table(["", "質問", "基準", "今回"], rows, "---"), *([""] if rest else []), *rest],
        is_open,
    )


def _types(sets: Mapping[str, Json], comparison: Comparison | None) -> list[str]:
    told = list(REACH.values())[:2]
    head = ["種類", "正答", "質問", "割合", "出典も正しい", *told, *(["悪化", "改善"] if comparison else [])]
    rows = [
        [
            TYPES.get(part.name, text(part.name)),
            str(part.right),
            str(part.questions),
            percent(part.share),
            "－" if part.name == "unanswerable" else str(part.cited),
            *(
                "－" if count is None or part.name == "unanswerable" else str(count)
                for count in (part.candidate, part.in_passages)
            ),
            *([str(part.broken), str(part.fixed)] if comparison else []),
        ]
        for part in view.by_type(sets, comparison)
    ]
    return _folded("種類ごと", _table(head, rows), False)


def _trust(sets: Mapping[str, Json]) -> list[str]:
    """Return what the words of confidence are worth, and how often the right answer was within reach."""
    head = ["質問集", *(f"確度「{word}」" for word in WORDS), "AURC", *REACH.values()]
    rows = [
        [
            text(name),
            *([_promise(one) for one in view.promises_of(scores)] or [NOTHING] * len(WORDS)),
            decimal(scores.get("aurc")),
            *map(percent, view.reach(scores).values()),
        ]
        for name, scores in sets.items()
    ]
    return _folded("確度と、正しい答えが示した中にあったか", _table(head, rows), False)


def _promise(one: Promise) -> str:
    kept = f"、{KEPT[one.kept]}" if one.least is not None and one.count else ""
    return f"{percent(one.share)}（{one.count}件{kept}）"


def _folded(summary: str, lines: Sequence[str], is_open: bool) -> list[str]:
    return ["", f"<details{' open' if is_open else ''}><summary>{summary}</summary>", "", *lines, "", "</details>"]


def _conditions(config: Json, sets: Mapping[str, Json]) -> list[str]:
    snapshots = "、".join(f"{text(name)}: `{scores.get('snapshot', '－')}`" for name, scores in sets.items())
    return [
        f"版 `{config.get('commit') or '不明'}`・検索モデル {text(str(config.get('embedding_model') or '不明'))}・"
        f"乱数の種 {config.get('seed', '－')}・索引 {snapshots}",
        *(text(line) for line in config.get("not_run", ())),
    ]
