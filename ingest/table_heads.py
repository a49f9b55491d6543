"""What heads a table: its heading rows and columns, and the title and the unit that stand above it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from ingest.dates import find_periods
from ingest.runs import grid_written_out
from ingest.tables import is_label, is_missing, is_value
from ingest.writing import same_width

Span = tuple[int, int]

UNIT = re.compile(r"単\s?位\s?[：:／/]?\s?(?P<unit>[^\s）)、，,：:]{1,8})")


def may_be_title(line: str) -> bool:
    """Say whether a line above a table may name it: it is no note and no line of a sentence.

    例: 年間において…労働者に対しては、下の表のとおり勤続 names nothing
    """
    if len(line) > 60 or line.endswith(("。", "、")) or line.startswith(("※", "注", "（注")):
        return False
    bare = re.sub(r"[（(].*?[）)]", "", line)
    return not (len(bare) > 25 and re.search(r"[。、]", bare))


def caption(
    lines: Sequence[tuple[int, int, str]], below: Sequence[tuple[int, int, str]] = ()
) -> tuple[Span | None, Span | None]:
    """Return the spans of the title and the unit of a table, given the lines just above and just below it.

    A line is start, end and text. A title that names nothing by itself goes on with the line above it.
    例: 移住相談件数 / （令和5年度）; 主な事業 / 令和5年度 （単位：千円）
    """
    title: Span | None = None
    unit: Span | None = None
    for start, _, text in [*reversed(lines), *below]:
        match = UNIT.search(text)
        if match and unit is None:
            unit = (start + match.start("unit"), start + match.end("unit"))
    for start, end, text in reversed(lines):
        match = UNIT.search(text)
        if match:
            text = text[: match.start()].rstrip(" 　（([【\t")
            end = start + len(text)
            if len(text) < 4:
                continue
        # A figure, or a key with its value, names no table. 例: 66件, 電話番号：0123-45-6789
        if not may_be_title(text) or is_value(text) or re.search(r"[：:]\s*[0-9０-９]", text):
            continue
        if title is None:
            title = (start, end)
            if not _names_nothing(text):
                break
        elif end <= title[0] <= end + 3:
            title = (start, title[1])
            break
    return title, unit


def _names_nothing(line: str) -> bool:
    """Say whether a line only adds to the line above it: something in brackets, or a date. 例: （歳入）, 令和5年度"""
    rest = same_width(line)
    for period in reversed(find_periods(rest)):
        rest = rest[: period.at[0]] + rest[period.at[1] :]
    return line[0] in "（(" or not re.sub(r"[\W_]|現在|時点|末|実績|予算|決算", "", rest)


def count_headings(
    cells: Sequence[Sequence[int]], text: str, rows: int, columns: int, said: int | None = None
) -> tuple[int, int]:
    """Return how many rows and columns of a table are headings; ``said`` is how many rows the file says are.

    A further heading row has nothing of its own under the corner; heading columns go up to the first one of words.
    ``cells`` are start and end in ``text``, row, column, row span and column span.
    例: 番号 | 事業名 | 担当課 | 予算額 → 1 row, 2 columns
    """
    said_in = {(r, c): text[a:b].strip() for a, b, r, c, _, _ in cells}
    grid = grid_written_out([[said_in.get((r, c), "") for c in range(columns)] for r in range(rows)])
    texts = {(r, c): grid[r][c] for r, c in said_in}
    values = {place for place, text in texts.items() if text and is_value(text) and not is_label(text)}
    if not values and columns < 3:
        return int(rows > 2 and columns == 2 and _name_columns(texts.get((0, 0), ""), texts.get((0, 1), ""))), 1
    if columns == 2 and not said and not _Heads(cells, texts, values, rows, columns).heads_figures(0):
        head, *told = [texts[r, 1] for r in range(rows) if texts.get((r, 1))]
        if (
            len(head) > _LONGEST_NAME
            or re.search(r"[0-9。]", same_width(head))
            or 3 * len(head) * len(told) > 2 * sum(map(len, told))
        ):
            return 0, 1  # keys with their values, of which a few are figures

    header_rows = _count_rows(cells, texts, values, rows, columns) if said is None else said
    if said is None and _is_form(texts, values, header_rows, rows, columns):
        header_rows = 0
    body = [r for r in range(header_rows, rows) if len(_filled(texts, r, columns)) > 1]
    header_columns = 0
    for c in range(columns - 1):
        held = [texts[r, c] for r in body if texts.get((r, c))]
        serial = bool(held) and all(text.isdecimal() and len(text) < 4 for text in held) and _rises(held)
        # One figure alone rises too; only what is called a number is one. 例: 男性 | 女性 above 201 | 136
        serial = serial and (len(held) > 1 or any(_NUMBER.search(texts.get((r, c), "")) for r in range(header_rows)))
        serial = serial or _tallies(held)
        if c == 0 and header_rows and len(held) > 2 and all(_HOURS.fullmatch(same_width(text)) for text in held):
            return header_rows, 1
        if not serial and any((r, c) in values for r in body):
            break
        header_columns = c + 1
        if not serial and not _parts_on(cells, texts, values, header_rows, columns, c):
            break
    return header_rows, header_columns


# What all cells below it are, not one of them. 例: 用途, 業種分類, 審査項目 over keys; 必要な書類, 定義 over values
_OF_KEYS = re.compile(
    r"(?:用語?途?|分類|種[類別]|区分|項目|事項|方法|名称?|対象|手続き?|段階|書類|番号|No\.?|質問|要件|条件|場合|時期|部門|役職)"
)
_OF_VALUES = re.compile(
    r"(?:内容|事項|書類|定義|説明|備考|概要|意味|要件|項目|例|回答|[注留]意点|条件|理由|方法|期間|機能|役割|対象"
    r"|もの|名称?|効果|解説|対応|措置)(?:等|など)?"
)


def _name_columns(key: str, value: str) -> bool:
    """Say whether the first cells of two columns of words name their columns. 例: 支払方法 | 注意事項"""
    short = 0 < len(key) <= _LONGEST_NAME and 0 < len(value) <= _LONGEST_NAME and key != value
    ends = [list(pattern.finditer(cell)) for pattern, cell in ((_OF_KEYS, key), (_OF_VALUES, value))]
    return short and all(found and found[-1].end() == len(cell) for found, cell in zip(ends, (key, value), strict=True))


def _is_form(
    texts: Mapping[tuple[int, int], str],
    values: Collection[tuple[int, int]],
    header_rows: int,
    rows: int,
    columns: int,
) -> bool:
    """Say whether what stands over the columns is to be filled in or is told in a sentence, and so heads none.

    例: 氏名 | 年 月 日 | □該当する; 年 | 月 | 日 above other words than figures
    """
    headings = {(r, c): texts[r, c] for r in range(header_rows) for c in range(1, columns) if texts.get((r, c))}
    if any(map(_FIELD.search, headings.values())):
        return True
    parts_of_date = sentences = 0
    for (_, c), text in headings.items():
        below = [(row, c) for row in range(header_rows, rows) if texts.get((row, c))]
        parts_of_date += text in ("年", "月", "日") and bool(below) and not any(place in values for place in below)
        sentences += len(text) > _LONGEST_HEADING and text.endswith("。")
    return parts_of_date > 1 or 0 < len(headings) <= 2 * sentences


def _count_rows(
    cells: Sequence[Sequence[int]],
    texts: Mapping[tuple[int, int], str],
    values: Collection[tuple[int, int]],
    rows: int,
    columns: int,
) -> int:
    # What stands over all columns heads them all: their own headings begin below it.
    first = int(rows > 2 and any(row == column == 0 and along == columns for _, _, row, column, _, along in cells))
    table = _Heads(cells, texts, values, rows, columns)
    # A row without a label, of words over figures, is of headings, and so are the rows above it.
    # 例: １日の所定労働時間 | ３６５日 | ３６６日 over (empty) | 年間休日日数
    header_rows = next(
        (
            r + 1
            for r in (first + 2, first + 1)
            if r < rows - 1 and texts.get((r, 0)) == "" and table.is_words(r) and table.heads_figures(r)
        ),
        0,
    )
    while header_rows < rows - 1:
        here = _filled(texts, header_rows, columns)
        figures = sum((header_rows, c) in values for c in here if c)
        if header_rows <= first:
            figures -= sum(table.numbers_words(header_rows, c) for c in here if c)
            goes_on = True
        else:
            goes_on = table.goes_on(header_rows, first)
        if figures >= 0.4 * max(1, len(here) - 1) or not goes_on:
            break
        header_rows += 1
    if header_rows == first + 1:
        # A heading that reaches over several rows makes headings of what stands beside it; the one over the labels
        # only where it stands beside one that is parted below.
        reach = [row + down for _, _, row, c, down, _ in cells if row == first and c and texts.get((row, c))]
        if table.parts_below(first):
            reach.append(table.below_corner(first))
        # What stands beside all rows is a remark on them.
        header_rows = max([header_rows, *(below for below in reach if below < rows)])
    while header_rows and table.only_reaches_into(header_rows):
        header_rows += 1  # 例: 類型 below 枠, beside headings of two rows
    return header_rows


class _Heads:
    """The first rows of a table, asked whether they are headings."""

    def __init__(
        self,
        cells: Sequence[Sequence[int]],
        texts: Mapping[tuple[int, int], str],
        values: Collection[tuple[int, int]],
        rows: int,
        columns: int,
    ) -> None:
        self._texts, self._values, self._rows, self._columns = texts, values, rows, columns
        self._over: dict[tuple[int, int], tuple[int, int, int]] = {}  # field → row, column and width of its cell
        for _, _, row, column, down, along in cells:
            if texts.get((row, column)):
                covered = ((r, c) for r in range(row, row + down) for c in range(column, column + along))
                self._over.update(dict.fromkeys(covered, (row, column, along)))

    def goes_on(self, row: int, first: int) -> bool:
        """Say whether a row below the first heading row is of headings, too."""
        if not self._texts.get((row, 0)) and self.heads_figures(row):
            return True
        return self.is_words(row) and (self._parts(row, first) or self._parts_one_name(row, first))

    def is_words(self, row: int) -> bool:
        """Say whether a row holds something, and no figure; a dash is none where nothing parts a heading."""
        here = _filled(self._texts, row, self._columns)
        figures = [c for c in here if (row, c) in self._values and not is_missing(self._texts[row, c])]
        return bool(here) and not figures and not all((row, c) in self._values for c in here)

    def only_reaches_into(self, row: int) -> bool:
        """Say whether a row holds no more than a label, all else in it being cells of the rows above."""
        above = [self._over.get((row, c), (row,))[0] < row for c in range(1, self._columns)]
        return row < self._rows - 1 and len(above) > 1 and all(above) and (row, 0) in self._texts

    def heads_figures(self, row: int) -> bool:
        """Say whether most of what stands below the cells of a row is figures."""
        here = [c for c in _filled(self._texts, row, self._columns) if c]
        below = [(r, c) for r in range(row + 1, self._rows) for c in here if self._texts.get((r, c))]
        return bool(here) and sum(place in self._values for place in below) * 2 > len(below)

    def numbers_words(self, row: int, column: int) -> bool:
        """Say whether a figure names its column, which holds none. 例: 1 | 2 | 3 above ✓ | ✓ | ○"""
        below = [(r, column) for r in range(row + 1, self._rows) if self._texts.get((r, column))]
        return (row, column) in self._values and len(below) > 1 and not any(place in self._values for place in below)

    def parts_below(self, row: int) -> bool:
        """Say whether a heading over several columns of a row has cells of its own for them, beside the same label."""
        wide = {self._over[row, c] for c in range(1, self._columns) if self._over.get((row, c), (0, 0, 1))[2] > 1}
        return any(
            sum(bool(self._texts.get((r, c))) for c in range(column, column + along)) > 1
            for r in range(row + 1, self.below_corner(row))
            for top, column, along in wide
            if top == row
        )

    def below_corner(self, row: int) -> int:
        """Return how far the heading over the labels reaches: to the last row of words that has no label of its own."""
        last = end = row
        while end + 1 < self._rows and not self._texts.get((end + 1, 0)):
            end += 1
            if self.is_words(end):
                last = end
        return last + 1

    def _parts(self, row: int, first: int) -> bool:
        """Say whether a row tells apart the columns that the rows above it head together, and heads no other.

        例: データ項目 (over three columns) | 参考 (over two) above 番号 | 名称 | 必須 | 語彙 | 型
        """
        free: list[int] = []  # columns without a heading of their own
        wide = False
        corner = self._texts.get((first, 0)) or self._texts.get((row, 0))
        for c in range(0 if corner else 1, self._columns):
            above = [self._over[r, c] for r in range(first, row) if (r, c) in self._over]
            if all(along > 1 for _, _, along in above):
                free.append(c)
                wide = wide or bool(above)
            elif self._texts.get((row, c)):
                return False
        here = [c for c in free if self._over.get((row, c), (-1,))[0] == row]
        names = {self._over[row, c][:2] for c in here}
        # Labels of rows may be parted, too, so it is most of the columns, or the heading over the labels goes on.
        most = len(free) * 2 > self._columns or not corner or self._over.get((row, 0), (row,))[0] < row
        return wide and most and len(names) > 1 and len(here) * 5 >= 4 * len(free)

    def _parts_one_name(self, row: int, first: int) -> bool:
        """Say whether a row tells apart columns that the row above calls all by one name, under an empty corner.

        例: (empty) | 残高 | 残高 | 残高 above 系列名 | 現金 | 預金 | 証券, and figures below
        """
        above = [self._texts.get((row - 1, c), "") for c in range(1, self._columns)]
        here = [self._texts.get((row, c), "") for c in range(1, self._columns)]
        return (
            row - 1 == first
            and not self._texts.get((first, 0))
            and len(here) > 1
            and len(set(above)) == 1 < len(set(here))
            and all(above)
            and all(here)
            and self.heads_figures(row)
        )


def _filled(texts: Mapping[tuple[int, int], str], row: int, columns: int) -> list[int]:
    return [c for c in range(columns) if texts.get((row, c))]


def _parts_on(
    cells: Sequence[Sequence[int]],
    texts: Mapping[tuple[int, int], str],
    values: Collection[tuple[int, int]],
    header_rows: int,
    columns: int,
    column: int,
) -> bool:
    """Say whether the labels of a column stand over several rows each, which the next column tells apart.

    例: 会議室 | 市内在住者 | 500円 above (same room) | 市外在住者 | 750円; 1.市民税 | 1.個人 | 1.現年課税分 | 69,102
    """
    if column + 2 >= columns:
        return False
    if not any(
        c == column and row >= header_rows and down > 1 and texts.get((row, c)) for _, _, row, c, down, _ in cells
    ):
        return False
    following = [
        (place, text) for place, text in texts.items() if place[1] == column + 1 and place[0] >= header_rows and text
    ]
    figures = any(place in values for place in texts if place[1] > column + 1 and place[0] >= header_rows)
    short = [text for place, text in following if place not in values and len(text) <= 20]
    return figures and len(short) == len(following) > 1


def _rises(numbers: Sequence[str]) -> bool:
    return all(int(b) == int(a) + 1 for a, b in pairwise(numbers))


def _tallies(cells: Sequence[str]) -> bool:
    """Say whether cells count up or down one by one in one unit. 例: 4日, 3日, 2日, 1日"""
    parts = [re.fullmatch(r"([0-9]{1,3})([^0-9,.%]{1,3})", same_width(cell)) for cell in cells]
    if len(parts) < 3 or not all(parts) or len({part[2] for part in parts if part}) > 1:
        return False
    numbers = [part[1] for part in parts if part]
    return _rises(numbers) or _rises(numbers[::-1])


_FIELD = re.compile(r"^[□☐☑]|年[\s　]+月[\s　]+日")
_LONGEST_NAME = 12  # characters of what heads the values of keys
_LONGEST_HEADING = 30  # characters of a sentence
_NUMBER = re.compile(r"番\s*号|^(?:No|№|Ｎｏ|順|整理|位)", re.I)
_HOURS = re.compile(r"[0-9]+時間(?:[0-9]+分)?")
