"""The log of first runs: what came out when a set of questions was asked before anybody had looked at its answers.

A set is asked blind once. Its row stays for good; what is measured on it later is marked, because by then it may have
been learned from. Sealed sets are never opened, so each of their runs is as good as the first, as long as nobody
chooses between changes by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

LOG = Path(__file__).resolve().parent / "blind.md"
Run = Literal["初回", "封印", "既読"]
_HEAD = """# 初見の成績 / First, blind runs

一つの質問集を、答えを誰も見ないうちに初めて聞いたときの成績です。行は消しません。

- **初回**: 答えを見る前の一度きりの測定。**封印**: 開かない質問集（eval/questions/sealed）。
  **既読**: 初回のあとで読まれた、または学習に使われた質問集の、のちの成績。既読の数字は実力の目安になりません。
- **正答**: 答えのある質問のうち、正しく答えた割合。**答えたうち**: 答えたうち正しい割合。
- **高の割合、高の正答**: 答えのうち確度「高」の割合と、そのうち正しい割合。
- **断り**: 資料に答えのない質問のうち、答えなかった割合。**誤不在**: 答えがあるのに「記載がありません」と言った割合。
- **示せた**: 「一つに決められません」のうち、候補か箇所に正解があった割合。
- **箇所**: 返した5箇所に正解の文字がある割合。**頁**: 返した箇所が正しいページ（行）に触れる割合。

"""
COLUMNS = (
    *("日付", "コミット", "種別", "質問集", "指紋", "問"),
    *("正答", "答えたうち", "高の割合", "高の正答", "断り", "誤不在", "示せた", "箇所", "頁", "備考"),
)
KIND, FINGERPRINT = COLUMNS.index("種別"), COLUMNS.index("指紋")


def row(name: str, run: Run, commit: str, scores: Mapping[str, Any], note: str = "") -> tuple[str, ...]:
    """Return the cells of a run in the order of ``COLUMNS``: shares to three places, – where there is none."""
    high = next(one for one in scores["promises"] if one["word"] == "高")
    given = sum(one["count"] for one in scores["promises"])
    shares = (
        *(scores["accuracy"], scores["right_of_answered"], high["count"] / given if given else None, high["share"]),
        *(scores["refusal_recall"], scores["false_absence"], scores["unsure_shown"]),
        *(scores["in_passages"], scores["on_page"]),
    )
    told = ("–" if share is None else f"{share:.3f}" for share in shares)
    day = datetime.now(UTC).date().isoformat()
    said = " ".join(note.replace("|", "｜").split())
    return (day, commit, run, name, scores["questions_sha256"][:8], str(scores["questions"]), *told, said)


def was_asked(fingerprint: str, log: Path | None = None) -> bool:
    """Say whether a question file (its SHA-256) has a row already: then its answers may have been seen."""
    return bool(_kinds(fingerprint, log))


def standing(fingerprint: str, log: Path | None = None) -> Run:
    """Return 既読 for a question file that a row says was learned from, else 初回: nobody has."""
    return "既読" if "既読" in _kinds(fingerprint, log) else "初回"


def _kinds(fingerprint: str, log: Path | None) -> set[str]:
    """Return what the rows of a question file say of its runs."""
    path = log or LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {cells[KIND] for cells in rows if len(cells) == len(COLUMNS) and cells[FINGERPRINT] == fingerprint[:8]}


def keep(rows: Sequence[Sequence[str]], log: Path | None = None) -> None:
    """Append rows to the log, which is begun where there is none."""
    path = log or LOG
    text = path.read_text(encoding="utf-8") if path.exists() else _HEAD + table([])
    path.write_text(text + "".join(map(_line, rows)), encoding="utf-8")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table."""
    return "".join(map(_line, (COLUMNS, ["---"] * len(COLUMNS), *rows)))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
