"""What a report says of a run, found in its files: no wording of a format, no file, no document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eval.baseline import said
from eval.compare import ALL, READ, UNREAD, Change, Comparison, Failure, Paired, What, forbidden
from eval.dataset import TYPES
from eval.measures.confidence import WORDS, Promise, aurc, brier, calibration_error, promise, reliability, risk_coverage
from eval.measures.scorecard import FLAGS, OF_ANSWERS
from eval.reports.figures import decimal, percent, points
from eval.reports.names import FAULTS, MEASURES, MUST_BE_NONE, ONLY_READ, REACH, STANDINGS, set_name

Json = Mapping[str, Any]
_FINGERPRINT = re.compile(r"[0-9a-f]{12} \((\d+)\)")


@dataclass(frozen=True)
class Verdict:
    """Whether the gate is open: "open", "shut", or "unknown" without anything to compare with; and why."""

    state: str
    title: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


def verdict(sets: Mapping[str, Json], comparison: Comparison | None) -> Verdict:
    """Return what the gate says; what must not occur shuts it even when nothing is compared."""
    failures = comparison.failures if comparison else forbidden(sets)
    reasons = tuple(
        describe(failure) + ("（偶然とはいえない後退）" if failure.gate == "drop" else "") for failure in failures
    )
    notes = notes_of(comparison) if comparison else ("基準とは比べていません（--baseline を付けると比べます）。",)
    if failures:
        dropped, never = (any((f.gate == "drop") is drop for f in failures) for drop in (True, False))
        says = ["基準より悪くなりました"] * dropped + ["あってはならない答えがあります"] * never
        return Verdict("shut", f"不合格：{'。'.join(says)}", reasons, notes)
    if comparison is None:
        return Verdict("unknown", "基準とは比べていません", (), (f"{'・'.join(MUST_BE_NONE.values())}はありません。",))
    if not comparison.paired:
        return Verdict("unknown", "基準と比べられる質問がありません", (), notes)
    return Verdict("open", "合格：基準から、偶然とはいえない後退はありません", (), notes)


def describe(failure: Failure) -> str:
    """Return one line that says why the gate stays shut. 例: sample: 正答率 93.0% → 89.2%"""
    name = set_name(failure.set)
    if failure.gate != "drop":
        return f"{name}: {MUST_BE_NONE[failure.gate]} {failure.after:.0f}件"
    measure = failure.measure or ""
    shown = percent if measure in (*FLAGS, *OF_ANSWERS) else decimal
    return f"{name}: {MEASURES.get(measure, measure)} {shown(failure.before)} → {shown(failure.after)}"


def notes_of(comparison: Comparison) -> tuple[str, ...]:
    """Return what the comparison does not show, in words: first whether a gain may hold for known questions alone."""
    return (
        *((ONLY_READ[comparison.only_read],) if comparison.only_read else ()),
        *(f"{name}: 基準にない質問集です。比べていません。" for name in comparison.unknown),
        *(f"{name}: 基準にありますが、今回は実行していません。" for name in comparison.not_run),
        *(
            f"{name}: 基準のときから変わった質問が{len(ids)}問あり、比べていません（{listed(ids, 5)}）。"
            for name, ids in comparison.left_out.items()
        ),
    )


def listed(names: Sequence[str], most: int) -> str:
    """Return at most ``most`` of the names, the others counted. 例: a、b ほか3"""
    return "、".join(names[:most]) + (f" ほか{len(names) - most}" if len(names) > most else "")


# --- the headline --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """A headline figure: how many of how many (``of`` is None for a mere count), and the difference to the baseline.

    ``count`` is None for what an older run has not measured. ``bad`` marks what must not be.
    """

    name: str
    count: int | None
    of: int | None
    change: str | None = None
    bad: bool = False

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of and self.count is not None else None


def headline(name: str, scores: Json, comparison: Comparison | None) -> list[Mark]:
    """Return what an office wants to know first of a set."""
    kinds: Mapping[str, Json] = scores["types"]
    traps = kinds.get("unanswerable", {"questions": 0, "right": 0})
    others = [counts for kind, counts in kinds.items() if kind != "unanswerable"]

    def total(key: str) -> int | None:
        counted = [int(counts[key]) for counts in others if counts.get(key) is not None]
        return sum(counted) if len(counted) == len(others) else None

    def changed(measure: str) -> str | None:
        return change_of(comparison, name, measure)

    def of_answers(says: str, words: Iterable[str], measure: str) -> Mark:
        worth = [one for one in promises_of(scores) if one.word in words]
        right = sum(round((one.share or 0) * one.count) for one in worth) if worth else None
        return Mark(says, right, sum(one.count for one in worth), changed(measure))

    marks = []
    if asked := int(scores["answerable"]):
        marks += [
            Mark("正しく答えた", total("right"), asked, changed("right")),
            of_answers("答えたうち正しい", WORDS, "right_of_answered"),
            of_answers("確度「高」のうち正しい", "高", "right_of_high"),
            Mark("出典も正しい", total("cited"), asked, changed("cited")),
        ]
    if traps["questions"]:
        said_nothing = Mark("答えのない質問に答えなかった", int(traps["right"]), int(traps["questions"]))
        marks.append(replace(said_nothing, change=changed("declined")))
    if asked:
        absent = total("absent")
        marks += [
            Mark("一つに決められない", total("unsure"), asked),
            # Before there was anything between an answer and 「記載なし」, what was not answered was said to be absent.
            Mark("誤って「記載なし」", total("declined") if absent is None else absent, asked),
        ]
    for key, says in (
        ("unsupported_answers", "資料にない数字の答え"),
        ("quotes_not_verbatim", "原文と違う引用"),
        ("errors", "エラー"),
    ):
        marks.append(Mark(says, int(scores[key]), None, bad=bool(scores[key])))
    return marks


def paired(comparison: Comparison | None, name: str, measure: str) -> Paired | None:
    """Return the test of a measure over a set, where there is one."""
    pairs = comparison.paired if comparison else ()
    return next((one for one in pairs if (one.set, one.measure) == (name, measure)), None)


def change_of(comparison: Comparison | None, name: str, measure: str) -> str | None:
    """Return the difference to the baseline over the questions of both runs. 例: −1.3ポイント"""
    one = paired(comparison, name, measure)
    return points(one.after - one.before) if one else None


def standing(scores: Json) -> tuple[str, str] | None:
    """Return the mark of a set that comes with the program, and what it means; None for one's own."""
    return STANDINGS.get(scores.get("standing", ""))


def promises_of(scores: Json) -> list[Promise]:
    """Return what each word of confidence is worth; nothing for an older run."""
    return [
        promise(one["word"], round((one["share"] or 0) * one["count"]), one["count"])
        for one in scores.get("promises", ())
    ]


def together(sets: Mapping[str, Json]) -> dict[str, Any]:
    """Return what ``headline``, ``promises_of`` and ``reach`` need of several sets, counted as one."""
    listed = list(sets.values())
    sums = ("questions", "documents", "answerable", "quotes", *MUST_BE_NONE)
    slow = ("p50_ms", "p95_ms")
    worth = [one for scores in listed for one in promises_of(scores)]
    return {
        **{key: sum(int(scores.get(key) or 0) for scores in listed) for key in sums},
        **{key: max((scores[key] for scores in listed if scores.get(key) is not None), default=None) for key in slow},
        **{key: _weighed(listed, key) for key in REACH},
        "types": {part.name: asdict(part) for part in by_type(sets, None)},
        "promises": [
            asdict(promise(word, sum(round((p.share or 0) * p.count) for p in own), sum(p.count for p in own)))
            for word in WORDS
            if (own := [p for p in worth if p.word == word])
        ],
    }


def _weighed(listed: Sequence[Json], key: str) -> float | None:
    """Return a share over several sets, each weighed by the questions that it is a share of."""
    found = [
        (float(scores[key]), scores["answerable"] * (scores["unsure"] if key == "unsure_shown" else 1))
        for scores in listed
        if scores.get(key) is not None
    ]
    whole = sum(weight for _, weight in found)
    return sum(share * weight for share, weight in found) / whole if whole else None


def reach(scores: Json) -> dict[str, float | None]:
    """Return how often the right answer was within reach, by name; None for what an older run has not measured."""
    return {says: scores.get(key) for key, says in REACH.items()}


def curves(records: Iterable[Json]) -> dict[str, Any]:
    """Return how far confidence holds over all answers of the records, as a scorecard has it for a set."""
    given = [record["verdict"] for record in records if record["verdict"].get("answered")]
    confidences, right = [float(one.get("confidence") or 0) for one in given], [bool(one["right"]) for one in given]
    return {
        "reliability": [asdict(one) for one in reliability(confidences, right)],
        "risk_coverage": [asdict(one) for one in risk_coverage(confidences, right)],
        "calibration_error": calibration_error(confidences, right),
        "brier": brier(confidences, right),
        "aurc": aurc(confidences, right),
    }


MORE = {
    "exact": ("答えが完全に一致", percent),
    "value_accuracy": ("値の一致", percent),
    "character_f1": ("文字F1", decimal),
    "list_precision": ("列挙の適合率", decimal),
    "list_recall": ("列挙の再現率", decimal),
    "citation_coverage": ("出典の当たり", percent),
    "citation_precision": ("出典の適合率", decimal),
    "citation_recall": ("出典の再現率", decimal),
    "page_hit": ("ページの一致", percent),
    "as_of_accuracy": ("時点の一致", percent),
    "refusal_precision": ("答えなかったことの適合率", percent),
    "refusal_f1": ("答えなかったことのF1", decimal),
    "too_long": ("長すぎ", percent),
    "calibration_error": ("確度のずれ（ECE）", decimal),
    "brier": ("ブライアスコア", decimal),
    "aurc": ("AURC", decimal),
}


def more(scores: Json) -> list[tuple[str, str]]:
    """Return the other measures of a scorecard by name; one that an older run has not measured is 「－」."""
    return [(says, shown(scores.get(key))) for key, (says, shown) in MORE.items()]


# --- parts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """How the questions of a type or of a document went; ``fixed`` and ``broken`` since the baseline."""

    name: str
    questions: int
    right: int
    cited: int
    declined: int  # though there is an answer
    too_long: int
    fixed: int
    broken: int
    # None in older runs:
    unsure: int | None = None
    absent: int | None = None  # of those declined: it was said that there is none
    candidate: int | None = None
    in_passages: int | None = None

    @property
    def share(self) -> float:
        return self.right / self.questions


def by_type(sets: Mapping[str, Json], comparison: Comparison | None) -> list[Part]:
    """Return how it went for each type of question over the sets, in the order of TYPES."""
    turned = Counter((c.type, c.what) for c in comparison.changes if c.set in sets) if comparison else Counter()
    total: dict[str, Counter[str]] = {}
    for scores in sets.values():
        for kind, counts in scores["types"].items():
            total.setdefault(kind, Counter()).update(counts)
    parts = [_part(kind, counts, turned) for kind, counts in total.items()]
    return sorted(parts, key=lambda part: TYPES.index(part.name) if part.name in TYPES else len(TYPES))


def by_file(name: str, scores: Json, records: Iterable[Json], comparison: Comparison | None) -> list[Part]:
    """Return how it went for each document of a set; a question that needs two of them counts with both.

    Nothing for an older run, which did not count by document.
    """
    needed = {
        record["id"]: {place["file"] for place in record["expected"]["evidence"]}
        for record in records
        if record["set"] == name
    }
    changes = [change for change in comparison.changes if change.set == name] if comparison else []
    turned = Counter((file, change.what) for change in changes for file in needed.get(change.id, ()))
    return [_part(file, counts, turned) for file, counts in sorted(scores.get("files", {}).items())]


def _part(name: str, counts: Mapping[str, int], turned: Mapping[tuple[str, What], int]) -> Part:
    return Part(
        name,
        questions=counts["questions"],
        right=counts["right"],
        cited=counts["cited"],
        declined=counts["declined"],
        too_long=counts["too_long"],
        fixed=turned.get((name, "fixed"), 0),
        broken=turned.get((name, "broken"), 0),
        **{key: counts.get(key) for key in ("unsure", "absent", "candidate", "in_passages")},
    )


def weaker_fusion(retrieval: Mapping[str, Mapping[str, float]]) -> list[tuple[str, str, float, float]]:
    """Return stage, measure, its value and the fused one for each measure in which one leg alone beats both."""
    fused = retrieval.get("fused", {})
    return [
        (leg, key, retrieval[leg][key], fused[key])
        for leg in ("keyword", "vector")
        for key in fused
        if leg in retrieval and retrieval[leg][key] > fused[key] + 1e-9
    ]


def times(scores: Json) -> dict[str, tuple[float, float]]:
    """Return median and 95th percentile of each step, in milliseconds; steps that were not measured are left out."""
    keys = {step: f"{step}_" for step in ("retrieve", "read", "check")} | {"total": ""}
    found = {step: (scores.get(f"{key}p50_ms"), scores.get(f"{key}p95_ms")) for step, key in keys.items()}
    return {step: (median, slow) for step, (median, slow) in found.items() if median is not None and slow is not None}


# --- the baseline --------------------------------------------------------------------------------------------------


def moved(comparison: Comparison) -> list[Paired]:
    """Return the tests of measures in which some question changed, several sets together first."""
    changed = [one for one in comparison.paired if one.better or one.worse]
    first = {name: n for n, name in enumerate((ALL, UNREAD, READ))}
    return sorted(changed, key=lambda one: first.get(one.set, len(first)))


def bound(rows: Sequence[Paired]) -> float:
    """Return how far the axis of the intervals must reach to both sides, a round share. 例: 0.034 → 0.05"""
    furthest = max((max(abs(one.low), abs(one.high), abs(one.after - one.before)) for one in rows), default=0.0)
    return next((step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if furthest <= step), 1.0)


def changes_of(comparison: Comparison, what: str) -> list[Change]:
    return [change for change in comparison.changes if change.what == what]


def words_before(change: Change) -> str:
    """Return the answer of the baseline; of a long one it only kept a fingerprint and the length."""
    if said({"answer": change.after}) == change.before:
        return "（今回と同じ答え。採点が変わりました）"
    kept = _FINGERPRINT.fullmatch(change.before)
    return f"（{kept[1]}字の答え。基準には全文がありません）" if kept else change.before or "（答えなし）"


# --- wrong answers -------------------------------------------------------------------------------------------------


def is_wrong(record: Json) -> bool:
    """Say whether an answer needs a look: not right, or right from the wrong place."""
    return not (record["verdict"]["right"] and record["verdict"]["cited"])


def fault(record: Json) -> str:
    """Return why an answer counts as wrong: a key of FAULTS."""
    one = record["verdict"]
    if one.get("error"):
        return "error"
    if not one["answerable"]:
        return "invented"
    if not one["answered"]:
        return "unsure" if record.get("status") == "unsure" else "declined"
    if one["right"]:
        return "uncited"
    return "too_long" if one["too_long"] else "wrong"


def why(record: Json) -> list[str]:
    """Return in words all that is wrong with an answer, and how far the search had come."""
    one, code = record["verdict"], fault(record)
    told = [FAULTS[code][1]]
    if code == "wrong":
        told.append("出典の箇所は合っています。" if one["covered"] else "出典も、正しい箇所を示していません。")
    if code == "unsure":
        told.append(
            "候補に正しい答えがありました。"
            if one.get("candidate")
            else "示した箇所に正しい答えがありました。"
            if one.get("in_passages")
            else "候補にも、示した箇所にも、正しい答えはありませんでした。"
        )
    if one.get("luck"):
        told.append("正しい答えの文字は含みますが、別のことを言っています。")
    if one["unsupported"]:
        told.append(f"出典にない数字を含みます: {'、'.join(one['unsupported'])}")
    if one["bad_quotes"]:
        told.append(f"原文と違う引用が{one['bad_quotes']}件あります。")
    ranks = record.get("first_relevant") or {}
    if one["answerable"] and ranks:
        rank = ranks.get("reranked", ranks.get("fused"))
        told.append(
            f"検索では、正しい箇所が{rank}番目に見つかっていました。"
            if rank
            else "検索では、正しい箇所が10番目までに見つかりませんでした。"
        )
    return told


def wrong(records: Sequence[Json], comparison: Comparison | None) -> list[Json]:
    """Return the records that need a look: first those that got worse since the baseline, then in their order."""
    worse = {(c.set, c.id) for c in comparison.changes if c.what in ("broken", "uncited")} if comparison else set()
    found = [record for record in records if is_wrong(record)]
    return sorted(found, key=lambda record: (record["set"], record["id"]) not in worse)
