"""What the reader learns from: questions with a text that answers and texts that do not, hardest first, and the values.

Read from question sets in the one format of ``corpus.jsonl`` {id, title, text} and ``questions.jsonl`` {question,
answers, positive_ids}: Wikipedia passages in sentences (JaQuAD, JSQuAD), tables in cells and rows (NTCIR-18 U4), and a
council's budget sentences in items. Texts are written as the product writes its candidates (``index.reader``).
Of a text that answers, ``values`` are the places of the values in it that do: where the answer of a passage or budget
stands, or a cell's value with its unit. All else in the texts that could be a value is a wrong one (``wrong_values``).
"""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from answer.reading.values import Place, possible_values
from index.reader import text_under
from ingest.japanese import split_sentences

SIMILAR = 16  # texts of other passages that are kept as wrong ones of a question
BLOCK = 256  # questions that are compared with all texts at once


class Example(NamedTuple):
    """A question with texts, any of which answers, and others, none of which does, the most alike first.

    ``values`` are, for each right text, the places of the values in it that answer; none where no value does, as of a
    yes or no, and None where it is not known. ``near`` stand where the right one stands: in its passage, row or column.
    ``yes`` is whether they say yes to a question of yes or no; None of any other. ``asked`` are wrong texts that answer
    another question, the most alike first: a reader that has learned which texts are asked about, and not what of,
    finds no help in that among them.
    """

    question: str
    right: tuple[str, ...]
    values: tuple[tuple[Place, ...] | None, ...]
    near: tuple[str, ...]
    far: tuple[str, ...]
    yes: bool | None = None
    asked: tuple[str, ...] = ()


def read_set(folder: Path) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Return the passages by id, and the questions."""
    corpus = folder / "corpus.jsonl"
    passages = {row["id"]: row for row in _rows(corpus)} if corpus.exists() else {}
    return passages, list(_rows(folder / "questions.jsonl"))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file)


# --- values in texts


def wrong_values(text: str, right: Sequence[Place]) -> list[Place]:
    """Return the places of what could be a value and does not answer; what shares a character with a right one may."""
    return [(a, b) for a, b in possible_values(text) if all(b <= start or stop <= a for start, stop in right)]


def places_of(text: str, answers: Sequence[str]) -> tuple[Place, ...]:
    """Return where answers stand in a text, below its title and headings."""
    above = text.rfind("\n") + 1
    found = [match.span() for answer in answers if answer for match in re.finditer(re.escape(answer), text[above:])]
    return tuple(dict.fromkeys((above + a, above + b) for a, b in found))


# --- passages in sentences


def from_passages(folder: Path) -> list[Example]:
    """Return a question for each that one sentence answers: it holds the answer, and shares most with the question.

    Other sentences with the answer in them are neither right nor wrong. ``far`` are the most alike of all passages.
    """
    passages, questions = read_set(folder)
    texts: list[str] = []
    own: dict[str, range] = {}  # passage → its texts
    for name, passage in passages.items():
        spans = split_sentences(passage["text"])
        own[name] = range(len(texts), len(texts) + len(spans))
        texts += [text_under(passage["text"][start:end], passage["title"]) for start, end in spans]
    grams = [bigrams(text) for text in texts]
    asked = []
    for row in questions:
        holding = [i for i in own[row["positive_ids"][0]] if _says(texts[i], row["answers"])]
        if holding:
            words = bigrams(row["question"])
            asked.append((row, max(holding, key=lambda i: len(words & grams[i]))))
    alike = most_alike([row["question"] for row, _ in asked], texts, SIMILAR * 2)
    examples = []
    for (row, right), others in zip(asked, alike, strict=True):
        words = bigrams(row["question"])
        around = own[row["positive_ids"][0]]
        near = [i for i in around if not _says(texts[i], row["answers"])]
        near.sort(key=lambda i: -len(words & grams[i]))
        far = [i for i in others if i not in around and not _says(texts[i], row["answers"])][:SIMILAR]
        values = (places_of(texts[right], row["answers"]),)
        left, others_left = (tuple(texts[i] for i in some) for some in (near, far))
        examples.append(Example(row["question"], (texts[right],), values, left, others_left))
    return examples


def _says(text: str, answers: Sequence[str]) -> bool:
    body = text[text.rfind("\n") + 1 :]
    return any(answer and answer in body for answer in answers)


def bigrams(text: str) -> set[str]:
    plain = re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text).lower())
    return {plain[i : i + 2] for i in range(len(plain) - 1) if " " not in plain[i : i + 2]}


def most_alike(questions: Sequence[str], texts: Sequence[str], k: int) -> list[list[int]]:
    """Return, for each question, the ``k`` texts of the highest cosine of weighted character bigrams."""
    from scipy.sparse import csr_matrix, diags

    vocabulary: dict[str, int] = {}

    def counts(many: Iterable[str], *, grow: bool) -> Any:
        starts, columns = [0], []
        for text in many:
            for gram in sorted(bigrams(text)):
                if grow:
                    vocabulary.setdefault(gram, len(vocabulary))
                if gram in vocabulary:
                    columns.append(vocabulary[gram])
            starts.append(len(columns))
        shape = (len(starts) - 1, len(vocabulary))
        return csr_matrix((np.ones(len(columns), np.float32), columns, starts), shape)

    of_texts, of_questions = counts(texts, grow=True), counts(questions, grow=False)
    held_by = np.asarray(of_texts.sum(0)).ravel()
    weights = diags(np.log((len(texts) + 1) / held_by).astype(np.float32))
    of_texts = of_texts @ weights
    lengths = np.sqrt(np.asarray(of_texts.multiply(of_texts).sum(1)).ravel()) + 3  # short texts are not all alike
    of_texts = (diags((1 / lengths).astype(np.float32)) @ of_texts).T.tocsr()
    found = []
    for at in range(0, len(questions), BLOCK):
        scores = (of_questions[at : at + BLOCK] @ weights @ of_texts).tocsr()
        for row in range(scores.shape[0]):
            start, end = scores.indptr[row], scores.indptr[row + 1]
            values, columns = scores.data[start:end], scores.indices[start:end]
            best = np.argpartition(-values, k)[:k] if len(values) > k else np.arange(len(values))
            found.append([int(columns[i]) for i in best[np.argsort(-values[best], kind="stable")]])
    return found


# --- tables in cells and rows


class TableCell(NamedTuple):
    table: str
    path: str  # text_under's first line
    row: int
    column: int  # from the right end, where the columns of all rows meet
    label: str  # of the row, the part of the table it stands in first
    heading: str  # of the column
    value: str
    unit: str

    @property
    def text(self) -> str:
        return _row_text([self])


_FIGURE = re.compile(r"^(?:※[\d、※ ]+ )?[△▲－\-(（ ]*\d[\d,.]*[%％)） ]*$|^[－\-―]$")
_UNIT_CELL = re.compile(r"^[(（]\s*([^()（）\d]{1,8})\s*[)）]$")
_UNIT_LINE = re.compile(r"単位\s*[：:]\s*([^\s()（）、]{1,8})")
_MARK = re.compile(r"※\s*\d*(?:[、,]\s*※?\d+)*|[(（]注[)）]?\s*[\d０-９]*[)）]?|\s+")
_YEAR = re.compile(r"(20\d\d|平成\d+|令和[\d元]+)\s*年(?:度|\s*(\d+)\s*月)?")


def read_cells(passage: dict[str, Any]) -> list[TableCell]:
    """Return the cells with figures of a table written one row a line, cells parted by ``|``.

    Merged cells are gone from such a line, so columns are counted from the right, where figures stand.
    """
    rows = [
        [_clean(cell) for cell in unicodedata.normalize("NFKC", line).split("|")]
        for line in passage["text"].split("\n")
    ]
    kinds = [[bool(_FIGURE.match(cell)) for cell in row] for row in rows]
    first = next((i for i, row in enumerate(kinds) if sum(row) >= 1 and not row[0] and rows[i][0]), None)
    if first is None or first > 6:
        first = next((i for i, row in enumerate(kinds) if sum(row)), None)
    if first is None or first > 6 or first == 0:
        return []
    unit_line = _UNIT_LINE.search(unicodedata.normalize("NFKC", passage["text"]))
    path = text_under("", *_path(passage["title"])).rstrip("\n")
    cells, part, heads = [], "", []
    for row in rows[:first]:
        named = [cell for cell in row if cell and not _UNIT_LINE.search(cell)]
        if len(named) == 1 and row[0] and len(row) > 1:
            part = named[0]  # 例: 資産の部, before the first row
        else:
            heads.append(row)
    for i, row in enumerate(rows[first:], first):
        figures = [j for j, is_figure in enumerate(kinds[i]) if is_figure]
        names = [cell for j, cell in enumerate(row) if cell and not kinds[i][j] and not _UNIT_CELL.match(cell)]
        if not figures:
            part = names[0] if len(names) == 1 and len(names[0]) <= 30 else part
            continue
        begin = figures[0]
        names = [cell for cell in row[:begin] if cell and not _UNIT_CELL.match(cell)]
        if not names or not re.search(r"[^\W\d]", names[-1]):
            continue
        units = [match[1] for cell in row if (match := _UNIT_CELL.match(cell))]
        label = f"{part} {names[-1]}" if part and part not in names[-1] else names[-1]
        for j in figures:
            column = len(row) - j
            above = [head[-column] for head in heads if len(head) >= column and len(head) > 1]
            heading = " ".join(dict.fromkeys(cell for cell in above if cell and not _UNIT_LINE.search(cell)))
            if heading and heading != names[-1]:
                unit = units[0] if units else unit_line[1] if unit_line else ""
                cells.append(TableCell(passage["id"], path, i, column, label[-50:], heading[:60], row[j], unit))
    return cells


def _clean(cell: str) -> str:
    figure = cell.strip()
    if _FIGURE.match(figure):
        return re.sub(r"^※[\d、※ ]+ ", "", figure)
    return _MARK.sub(" ", figure).strip()


def _path(title: str) -> tuple[str, tuple[str, ...]]:
    company, _, rest = unicodedata.normalize("NFKC", title).partition(" 有価証券報告書")
    return f"{company} 有価証券報告書", (rest.strip()[-40:],)


def from_tables(folder: Path, seed: int = 20261129) -> dict[str, list[Example]]:
    """Return, for each report, the set's questions for a cell, and others made from the cells of its tables."""
    passages, questions = read_set(folder)
    cells = {name: read_cells(passage) for name, passage in passages.items()}
    reports: dict[str, list[TableCell]] = defaultdict(list)
    for name, found in cells.items():
        reports[name.partition("-")[0]] += found
    examples: dict[str, list[Example]] = defaultdict(list)
    for row in questions:
        if row["task"] != "tqa" or not (asked := _Asked.read(row["question"])):
            continue
        right = _asked_cell(row, cells[row["positive_ids"][0]])
        if right:
            examples[row["doc_id"]] += _of_cell(
                asked.again(), right, reports[row["doc_id"]], only_here=bool(asked.scope)
            )
    rng = random.Random(seed)
    for report, found in reports.items():
        for table in sorted({cell.table for cell in found}):
            own = [cell for cell in cells[table] if re.search(r"\d", cell.value)]
            for cell in rng.sample(own, min(len(own), 3)):
                if sum((c.label, c.heading) == (cell.label, cell.heading) for c in cells[table]) == 1:
                    examples[report] += _of_cell(_made_question(cell, rng), cell, found)
    return dict(examples)


def _asked_cell(row: dict[str, Any], cells: Sequence[TableCell]) -> TableCell | None:
    """Return the cell that a question is about. Rows of the source are counted from 1 and empty ones are gone."""
    match = re.search(r"-r(\d+)c(\d+)$", row["cell_id"])
    wanted = _clean(unicodedata.normalize("NFKC", row["answers"][0]))
    year = re.search(r"の(20\d\d)年", row["question"])
    holding = [cell for cell in cells if cell.value == wanted]
    if not match or not holding:
        return None
    best = min(abs(cell.row + 1 - int(match[1])) for cell in holding)
    holding = [cell for cell in holding if abs(cell.row + 1 - int(match[1])) == best]
    if len(holding) > 1 and year:
        holding = [cell for cell in holding if f"{year[1]}年" in cell.heading]
    return holding[0] if len(holding) == 1 else None


def _of_cell(question: str, right: TableCell, cells: Sequence[TableCell], *, only_here: bool = False) -> list[Example]:
    """Return the question of single cells and of whole rows.

    Unless it can mean ``only_here``, a row of that name with that year in another table is neither right nor wrong.
    """
    years = {match[1] for match in _YEAR.finditer(right.heading)}

    def closeness(cell: TableCell) -> tuple[int, int]:
        same_table = cell.table == right.table
        if same_table and cell.row == right.row:
            return 0, abs(cell.column - right.column)
        if cell.label.split(" ")[-1] == right.label.split(" ")[-1]:
            return 1, 0
        if same_table and cell.column == right.column:
            return 2, abs(cell.row - right.row)
        return 3, 0

    body = right.label.split(" ")[-1]
    kin = [
        cell
        for cell in cells
        if (only_here or cell.table == right.table or not _may_be_meant(cell, right, years))
        and cell.value != right.value
        and (cell.table == right.table or cell.label.split(" ")[-1] == body)
        and (cell.label, cell.heading, cell.path) != (right.label, right.heading, right.path)
    ]
    kin.sort(key=closeness)
    near = [cell.text for cell in kin if closeness(cell)[0] != 1 and closeness(cell)[1] <= 4][:8]
    far = [cell.text for cell in kin if closeness(cell)[0] == 1][:SIMILAR]
    singles = Example(question, (right.text,), (_place_in([right], right),), tuple(near), tuple(far))
    rows: dict[tuple[str, int], list[TableCell]] = {}
    for cell in (right, *kin[:60]):
        rows.setdefault((cell.table, cell.row), [])
    for cell in cells:
        if (cell.table, cell.row) in rows:
            rows[cell.table, cell.row].append(cell)
    texts = {place: _row_text(found) for place, found in rows.items()}
    whole = texts.pop((right.table, right.row))
    others = [(place, text) for place, text in texts.items() if text != whole]
    by_row = Example(
        question,
        (whole,),
        (_place_in(rows[right.table, right.row], right),),
        tuple(text for place, text in others if place[0] == right.table)[:8],
        tuple(text for place, text in others if place[0] != right.table)[:SIMILAR],
    )
    return [singles, by_row]


def _may_be_meant(cell: TableCell, right: TableCell, years: set[str]) -> bool:
    found = {match[1] for match in _YEAR.finditer(cell.heading)}
    return cell.label == right.label and (not years or not found or bool(years & found))


def _row_text(cells: Sequence[TableCell]) -> str:
    values = " | ".join(f"{cell.heading}: {cell.value}{cell.unit}" for cell in cells)
    return f"{cells[0].path}\n{cells[0].label} | {values}"


def _place_in(cells: Sequence[TableCell], cell: TableCell) -> tuple[Place]:
    """Return where a cell's value with its unit stands in the text of a row."""
    end = len(_row_text(cells[: cells.index(cell) + 1]))
    return ((end - len(f"{cell.value}{cell.unit}"), end),)


class _Asked(NamedTuple):
    """The parts of a question of U4. 例: 株式会社　東芝の2017年時点の個別決算における「総資産額、経営指標等」は？"""

    year: str
    scope: str
    what: str

    @classmethod
    def read(cls, question: str) -> _Asked | None:
        match = re.search(r"の(20\d\d年)(?:時点)?(?:の(連結|個別)決算)?における「(.+)」は", question)
        return cls(match[1], match[2] or "", match[3]) if match else None

    def again(self) -> str:
        """Return the question as people ask it. 例: 2017年の個別の総資産額はいくらですか"""
        name, *under = self.what.split("、")
        under = [part for part in under if part != "経営指標等"]
        name = "".join((f"{under[-1]}の" if under else "", name))
        return f"{self.year}の{f'{self.scope}の' if self.scope else ''}{name}はいくらですか？"


def _made_question(cell: TableCell, rng: random.Random) -> str:
    """Return a question for a cell, in one of several wordings."""
    year = list(_YEAR.finditer(cell.heading))[-1:]
    when = cell.heading
    if year:
        month = f"{year[0][2]}月期" if year[0][2] else "年度"
        when = rng.choice((cell.heading[:30], f"{year[0][1]}年", f"{year[0][1]}年{month}".replace("年年", "年")))
    part, _, name = cell.label.rpartition(" ")
    what = f"{part}の{name}" if part else name
    how = rng.choice(
        ("はいくらですか？", "は？", f"は何{cell.unit}ですか？" if cell.unit else "は？", "を教えてください", "")
    )
    return rng.choice(
        (f"{when}の{what}{how}", f"{what}は{when}でいくらですか？", f"{what} {when}", f"{what}、{when}{how}")
    )


# --- a council's budget sentences in items


def from_budgets(folder: Path) -> list[Example]:
    """Return a question for each item of a sentence that lists amounts; its other items are near.

    例: 「…配当割交付金13,080千円、株式等譲渡所得割交付金19,573千円…」
    """
    _, questions = read_set(folder)
    read = []
    for row in questions:
        match = re.match(r"(.+?)\((.+?)\)(?:の(.+?))?で、(.+?)は", row["question"])
        value = next((a for a in row["answers"] if a.endswith("円")), "")
        if match and value:
            item = row["item"]
            text = text_under(f"{item}: {value}", match[1], [match[2], match[3] or ""])
            read.append((row, (match[1], match[2]), text, places_of(text, [value])))
    examples = []
    for row, paper, right, values in read:
        others = [(where, text) for _, where, text, _ in read if text != right]
        listed = [
            text_under(f"{name.strip('、びに及')}: {value}", *_place_of(right))
            for name, value in re.findall(r"([^、\d]{2,25}?)を?(△?[\d,]+千円)", row["source_sentence"])
            if value != row["answer"] and row["item"] not in name
        ]
        near = [*listed, *(text for where, text in others if where == paper)]
        far = [text for where, text in others if where != paper]
        far.sort(key=lambda text: -len(bigrams(text) & bigrams(row["question"])))
        wrong = (tuple(dict.fromkeys(near)), tuple(far[:SIMILAR]))
        examples.append(Example(row["question"], (right,), (values,), *wrong))
    return examples


def _place_of(text: str) -> tuple[str, list[str]]:
    title, *headings = text.partition("\n")[0].split(" / ")
    return title, headings


# --- our own papers


def read_pool(folder: Path) -> dict[str, list[Example]]:
    """Return the examples that ``eval.reader_pool`` wrote, by collection; of a question without an answer none is
    right."""
    return {path.stem: with_asked([_of_pool(row) for row in _rows(path)]) for path in sorted(folder.glob("*.jsonl"))}


def with_asked(examples: Sequence[Example]) -> list[Example]:
    """Return the examples of a collection with what answers other questions: of their wrong texts, and under the same
    title, as far as it does not hold a value that answers (where none is known, it may be right)."""
    grams = {text: bigrams(text) for example in examples for text in example.right}
    under: dict[str, list[str]] = defaultdict(list)
    for text in grams:
        under[_above(text)].append(text)

    def asked(example: Example) -> tuple[str, ...]:
        own = {*example.right, *example.near, *example.far}
        known = [text for text in (*example.near, *example.far) if text in grams]
        said = [text[a:b] for text, places in zip(example.right, example.values, strict=True) for a, b in places or ()]
        if not said:
            return tuple(known)
        words = bigrams(example.question)
        kin = (t for t in under[_above(example.right[0])] if t not in own and not any(value in t for value in said))
        return (*known, *sorted(kin, key=lambda text: -len(words & grams[text]))[:SIMILAR])

    return [example._replace(asked=asked(example)) for example in examples]


def _above(text: str) -> str:
    return text.partition("\n")[0]


def _of_pool(row: dict[str, Any]) -> Example:
    right, near, far = (tuple(row[name]) for name in ("right", "near", "far"))
    return Example(row["question"], right, places_in_pool(row), near, far, row.get("yes"))


def places_in_pool(row: Mapping[str, Any]) -> tuple[tuple[Place, ...] | None, ...]:
    """Return the places of the values in each right text of a row; ValueError where it was written without any."""
    if "values" not in row:
        raise ValueError(f"{row['id']} of {row['collection']} says no values: write the pool anew (eval.reader_pool)")
    return tuple(None if known is None else tuple((start, stop) for start, stop in known) for known in row["values"])


# --- wordings

_ENDINGS = (
    ("でしょうか", ""),
    ("ありますか", "ある"),
    ("いますか", "いる"),
    ("しますか", "する"),
    ("しましたか", "した"),
    ("れましたか", "れた"),
    ("れますか", "れる"),
    ("なりますか", "なる"),
    ("なりましたか", "なった"),
    ("ですか", ""),
    ("ますか", "ますか"),
    ("だろうか", ""),
    ("かな", ""),
    ("を教えてください", ""),
    ("はいくら", ""),
    ("は何", ""),
)
_PARTICLE = re.compile(r"(?<=[一-龠々ァ-ヺー\d」』])[はのをにがで、](?=[一-龠々ァ-ヺ\d「『])")


def reworded(question: str, rng: random.Random) -> str:
    """Return a question in another style: without its mark, its polite ending, some or all particles.

    例: 令和6年度の一般会計は総額でいくらですか。 → 令和6年度一般会計 総額いくら
    """
    if rng.random() < 0.35:
        return question
    text = question
    if rng.random() < 0.8:
        text = text.rstrip("?？。 ")
        if rng.random() < 0.6:
            for polite, plain in _ENDINGS:
                if text.endswith(polite) and len(text) - len(polite) >= 6:
                    text = text.removesuffix(polite) + plain
                    break
    if rng.random() < 0.3:
        often = rng.choice((0.3, 0.6, 1.0))
        text = _PARTICLE.sub(lambda match: rng.choice(("", " ")) if rng.random() < often else match[0], text)
    if rng.random() < 0.1:
        text = unicodedata.normalize("NFKC", text)
    return text
