"""Facts: values with what they measure, when, and where they stand, read from cells, key-value lines and sentences.

A fact is a reading aid for answers, so it errs on the side of leaving out: a bare figure without a name or a unit, the
tick of an axis and a label that drifted away from its bar are none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal

from ingest.dates import Period, find_periods, parse_code
from ingest.document import Block, Cell, Document, Fact, FactKind, Table
from ingest.japanese import split_sentences
from ingest.numbers import Quantity, find_quantities, is_unit, unit_scale
from ingest.runs import grid_written_out, is_ditto
from ingest.tables import is_missing, is_value
from ingest.writing import same_width

Span = tuple[int, int]
AsOfFrom = Literal["text", "column", "row", "heading", "document"]

_MAX_WORDS = 120  # characters of a value that is no figure
_MAX_LABEL = 90
_MAX_SENTENCE = 800
_AROUND = 500  # characters in which a text counts in one kind of year
# A period that says for when a figure holds: R6.1月末現在, R6.1時点, 令和5年度末の
_HOLDS = re.compile(r"\s*(?:まで|の)?(?:\)|）)?\s*(?:現在|時点|末時点|末現在)")
_UNTIL = re.compile(r"\s*まで(?:に|の|で)")  # 例: 12月末までに約6万人が来館
_BULLET = " \t\n\f　・･●○◯〇◎◆◇■□▶▷➡⇒→▼▽►➤⚫•‣*-–※>＞↑↓⇨✓☆★"
# A colon that is no clock's: R5:65名 and 会場:2階 yes, 13:30 no.
_COLON = r":(?!(?<=[0-9]:)[0-5][0-9](?![0-9,]|[^\W\d_])|//)"
_KEY = re.compile(rf"^[{re.escape(_BULLET)}]*(?P<key>[^:。\n]{{1,40}}?)[ \t]*{_COLON}")
# 例: 主催：菊川町 共催：商工会 後援：農協. Only the first key of a line may hold spaces (日 時：).
_WORD_PAIR = re.compile(
    rf"(?:^[{re.escape(_BULLET)}【〔(\[]*(?P<first>[^:。\n]{{1,40}}?)|(?<=[、\s【〔(\[])(?P<key>[^:。、\s()【】〔〕]{{1,20}}))"
    rf"[ \t]*{_COLON}(?P<value>[^:]+?)(?=[、\s]+[^:。、\s()]{{1,12}}[ \t]*:|[】〕]|\([^():]{{1,12}}:|$)"
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BRACKETS = "()（）[]［］【】〔〕「」『』<>＜＞〈〉《》“”\"'"
# Words that name a value only together with what stands before them.
_WEAK = re.compile(
    r"(?:うち|内訳|参考|再掲|(?:事業)?実績値?|目標値?|現状値?|基準値?|合計|累計|総計|小計|計|全体|延べ|のべ|約|各|最大|最高|上限|年間|月平均|平均"
    r"|毎年|以上|以下|未満|程度|概ね|おおむね|前年度?比?|対前年度?比?|実施|予定|現在|時点|末|から|まで|で|に|は|が|も|を|の|と|や|へ|より|及び|また|等|など"
    r"|[①-⑳]|[0-9\s:、。・,.=~\-+/%()\[\]<>〈〉【】「」『』〔〕→➡⇒※*◆●○■…])*"
)
# A weak word that still tells one figure from the other: 例: 累計 8,709人 … 目標値：1万人
_QUALIFIER = re.compile(r"目標値?|実績値?|月平均|年平均|平均|計画|予定|最大|最高|上限|累計|合計|全体")
# 件 of 件数 is the unit of a figure that shows none: 例: 相談件数, 移住者数 (人)
_COUNTED = re.compile(r"(?P<unit>件|人|名|戸|社|校|台|店舗|世帯|回|団体|便|棟|冊|票|者|市町村|企業|事業)数")
_NAMED_FIGURE = re.compile(r"(?:数|額|率|計|割合|高|費|量|:)(?:[ ]?\([^()]*\))?[\s:は約]*$")
_TAIL_END = re.compile(r"[、。()\[\]「」【】;→➡⇒※/\n:,]")
_GOES_ON = re.compile(rf"^[{re.escape(_BULLET)}]*(?:そのうち|このうち|うち)")
_HELD_ON = re.compile(r"^(?:日時|開催日時?|開催期日|期日|会期|実施日)$|開催日時?$")
_PART_OF = re.compile(r"[（(]?(?:うち|内(?!容|部|科|訳)|再掲)")  # 例: うち県外から, （うち女性）
_NOTE_LINE = re.compile(r"^[\s※*(（注]*")


def read_facts(document: Document) -> list[Fact]:
    """Return the facts of a document, in the order of the text; ids count from ``f0``."""
    drafts = [*_cell_facts(document), *_statement_facts(document)]
    drafts.sort(key=lambda fact: (fact.value_start, fact.value_end, fact.kind))
    return [replace(fact, id=f"{document.id}:f{i}") for i, fact in enumerate(drafts)]


# Table cells


def _cell_facts(document: Document) -> Iterator[Fact]:
    above: _TableReader | None = None
    for ordinal, table in enumerate(document.tables):
        reader = _TableReader(document, table, ordinal, above)
        yield from reader.facts()
        above = reader


# What heads a column of words that name the figures right of it. 例: 款 | 項 | 金額; 節 区分 | 金額
_NAMES_ROWS = re.compile(r"(?:款|項|目|節|細節|細目|区分|区\s分|名称|科目|項目|種別|種類|品目)$")
# Columns that together name a row: 例: 事業名 | 工事名等 | 金額
_OWN_NAME = re.compile(r"(?<![課局部署係職氏関])(?<!主体)(?<!担当者)(?<!代表者)名(?:称|等)?$|件名$|名称等$")
# Numbers that tell a row's place in a budget or a list, and measure nothing: ８．４．５ under 款項目, 3 under 項
_CODE = re.compile(r"[0-9]{1,2}(?:[.。・-][0-9]{1,2}){2,3}")
_CODES = re.compile(r"(?:款|項|目|節|番号|№|No\.?|NO\.?|ページ|頁)$")
# A named figure inside the words of a cell: 例: ○図書館整備事業費 3,200 ○積立金5
_ITEM = re.compile(
    r"(?P<name>[^\W\d_](?:[^0-9△▲○◯●〇◎・,\n]|(?<=[^\W\d_])・){1,39}?)[ \n]*"
    r"(?P<value>[△▲]? ?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3})"
    r"(?![0-9,.%~/:年月日時人名件回か箇カヶ号次期条項割倍円千万億兆-]))"
)


_MONEY = re.compile(r"[十百千万億]*円")
# A unit said for a table, which is no part of a column's name. 例: （単位：千円） over 予算額
_UNIT_SAID = re.compile(r"\s*[（(\[]\s*単\s?位[^()（）\[\]]{0,24}[)）\]]\s*")
# A unit alone in a cell, and rows that a column's unit does not hold for
_UNIT_ALONE = re.compile(r"[十百千万億]{0,2}円|人|件|戸|世帯|%|㎡|㎥|m2|m3|ha|km|トン|t")
_OTHER_MEASURE = re.compile(r"[率比数]$|割合|人口|面積|延長")
_BETWEEN = 120  # characters between tables that stand under one header
_ATTRIBUTES = 12  # rows below the headings that may say of each column what its figures are
_SUM = re.compile(r"額|費|増減|差引|比較|財源|(?:国|県|都|府|市|町|村)(?:支出金|費)?$|債$|その他$|料$|金$|計$")


class _TableReader:
    def __init__(self, document: Document, table: Table, ordinal: int, above: _TableReader | None = None) -> None:
        self.document, self.table, self.ordinal = document, table, ordinal
        self.text = document.text
        self.title = _flat(self.text[slice(*table.title)]) if table.title else None
        self.names_rows: set[int] = set()
        self.at: dict[tuple[int, int], Cell] = {}
        for cell in table.cells:
            for r in range(cell.row, cell.row + cell.row_span):
                for c in range(cell.column, cell.column + cell.column_span):
                    self.at[r, c] = cell
        self.rows: dict[int, list[Cell]] = {}
        for cell in table.cells:
            if cell.start < cell.end:
                self.rows.setdefault(cell.row, []).append(cell)
        self._repeat()
        self._spread()
        self.meant = self._written_out()
        # A sign tells of a missing figure only where figures stand: among words it is a word.
        figures = {
            (r, c)
            for (r, c), cell in self.at.items()
            if r >= table.header_rows and c >= table.header_columns and self._is_figure(cell)
        }
        self.measured = {r for r, _ in figures}, {c for _, c in figures}
        corner = self.at.get((0, 0)) if table.header_rows and table.header_columns else None
        over = _flat(self.text[corner.start : corner.end]) if corner is not None else ""
        self.corner = over if len(over) > 3 and "単位" not in over and not _is_weak(over) else ""
        self.units_across: dict[int, Span] = {}
        self.columns = {
            c: self._heading([(r, c) for r in range(table.header_rows)]) for c in {cell.column for cell in table.cells}
        }
        self.stacked = self._is_stacked()
        self.unit = table.unit or (_unit_span(self.text, corner) if corner is not None else None)
        self.names_before = {row: (start, end) for row, start, end in table.rows_from}
        if above is not None and self.names_before:
            self.unit = self.unit or above.unit
            self.title = self.title or above.title
        if above is not None and self._goes_on(above):
            self.columns = above.columns
            self.unit = self.unit or above.unit
            self.title = self.title or (above.title if table.follows else None)
        self.names_rows = {c for c in self.columns if c >= table.header_columns and self._is_column_of_names(c)}
        heads = " ".join([*(name for name, _ in self.columns.values()), self.title or ""])
        self.notes = _lines_near(document, table)
        said = heads + " ".join(self.text[slice(*note)] for note in self.notes) + " ".join(table.headings)
        self.fiscal = "年度" in said and not re.search(r"暦年|年間値", heads)
        self.base, self.base_from = _as_of_of_headings(self.title, table.headings, self.fiscal)
        self.column_units = {c: _unit_in_brackets(name) for c, (name, _) in self.columns.items()}
        for c, (name, spans) in self.columns.items():
            self.columns[c] = _UNIT_SAID.sub(" ", name).strip() or name, spans
        self.units_down = {c: unit for c in self.columns if (unit := self._unit_down(c)) is not None}
        self.unit_row, units = self._row_of_units()
        self.units_down.update(units)
        for c in self.units_down:
            # 予算額 over 千円 is a column of 予算額
            name, spans = self.columns[c]
            words = self.text[slice(*spans[-1])] if len(spans) > 1 else ""
            if _UNIT_ALONE.fullmatch(_unit_words(words)):
                self.columns[c] = name.removesuffix(words.strip()).strip(), spans
        self.units_across = self._units_across()
        said_units = {unit for unit in self.column_units.values() if unit}
        # Columns beside 予算額（千円） that say no unit are sums of the same money: 増減, 財源内訳 国
        self.money = next(iter(said_units)) if len(said_units) == 1 and _MONEY.fullmatch(max(said_units)) else None

    def _repeat(self) -> None:
        """Let a cell that only repeats be the one above it, or among the headings the one before it. 例: 〃, 同上"""
        for r, c in sorted(self.at):
            cell = self.at[r, c]
            before = (r, c - 1) if r < self.table.header_rows else (r - 1, c)
            if cell.start < cell.end and is_ditto(self.text[cell.start : cell.end]) and before in self.at:
                self.at[r, c] = self.at[before]

    def _is_figure(self, cell: Cell) -> bool:
        words = self.text[cell.start : cell.end]
        return is_value(words) and not is_missing(words) and bool(find_quantities(words))

    def _spread(self) -> None:
        """Let a heading over several columns that is printed once stand over all of them.

        例: 令和4年度 | (empty) | 令和5年度 | (empty) over 男 | 女 | 男 | 女; only what the row below repeats is sure
        """
        table = self.table
        columns = range(table.header_columns, 1 + max(c for _, c in self.at))
        for row in range(table.header_rows - 1):
            starts = [c for c in columns if self._span_at(row, c)]
            below = {c: self.text[slice(*span)] for c in columns if (span := self._span_at(row + 1, c))}
            if len(starts) < 2 or starts[0] != columns.start or len(below) < len(columns):
                continue
            ranges = [range(start, end) for start, end in pairwise([*starts, columns.stop])]
            groups = [[below[c] for c in group] for group in ranges]
            if all(names[0] == groups[0][0] and len(set(names)) == len(names) > 1 for names in groups):
                self.at.update({(row, c): self.at[row, group.start] for group in ranges for c in group})

    def _is_stacked(self) -> bool:
        """Say whether headings stand in as many rows as the figures below, each for the one at its own place.

        例: 今週の平均 | 比 (over two rows) / 前週の平均 above 779 | 89% (over two rows) / 873
        """
        table, height = self.table, self.table.header_rows
        rows = 1 + max((r for r, _ in self.at), default=0)
        places = [(cell.row, cell.column, cell.row_span) for cell in table.cells if cell.start < cell.end]
        head = {place for place in places if place[0] < height}
        return (
            height > 1
            and not table.header_columns
            and rows == 2 * height
            and all(cell.column_span == 1 for cell in table.cells)
            and {(r + height, c, down) for r, c, down in head} == {place for place in places if place[0] >= height}
            and any(r and down < height for r, _, down in head)
        )

    def _written_out(self) -> dict[Cell, str]:
        """Return the headings that go on short in full, by their cells. 例: 3 behind 令和2年度 → 令和3年度"""
        places = sorted(self.at)
        if not places:
            return {}
        height, width = places[-1][0] + 1, max(c for _, c in places) + 1

        def words(r: int, c: int) -> str:
            cell = self.at.get((r, c))
            return self.text[cell.start : cell.end] if cell is not None and (cell.row, cell.column) == (r, c) else ""

        rows = [[words(r, c) for c in range(width)] for r in range(height)]
        meant = grid_written_out(rows, self.table.header_rows, self.table.header_columns)
        return {
            cell: meant[r][c]
            for (r, c), cell in self.at.items()
            if (cell.row, cell.column) == (r, c) and meant[r][c] != rows[r][c] and not is_ditto(rows[r][c])
        }

    def _words(self, cell: Cell) -> str:
        """Return the words of a heading as they are meant."""
        return self.meant.get(cell) or self.text[cell.start : cell.end]

    def _goes_on(self, above: _TableReader) -> bool:
        """Say whether this table has no headings and stands under one of as many columns on its page.

        例: in a budget the headings stand once over the tables of several 項.
        """
        table, other = self.table, above.table
        if table.follows:
            return not table.header_rows and self.columns.keys() <= above.columns.keys()
        between = self.text[other.end : table.start]
        return (
            not table.header_rows
            and table.page == other.page
            # Two columns are keys with their values; what is told of in sentences is another thing.
            and len(self.columns) > 2
            and len(between) <= _BETWEEN
            and "。" not in between
            and table.header_columns == other.header_columns
            and self.columns.keys() == above.columns.keys()
            and any(name for name, _ in above.columns.values())
        )

    def _unit_down(self, column: int) -> str | None:
        """Return the unit that is said once, over the figures of a column that say none; None where there is none.

        例: 円 under the heading 予算額, or 5,000円 in the first cell, above 3,200 and 1,800
        """
        table = self.table
        if column < table.header_columns or not table.header_rows:
            return None
        body = [c for c in table.cells if c.column == column and c.start < c.end and c.row >= table.header_rows]
        words = [self.text[c.start : c.end] for c in sorted(body, key=lambda c: c.row)]
        head = self._span_at(table.header_rows - 1, column) if table.header_rows > 1 else None
        if head is not None and _UNIT_ALONE.fullmatch(_unit_words(self.text[slice(*head)])):
            words.insert(0, self.text[slice(*head)])
        first, *below = words or [""]
        unit = _unit_words(first)
        if not _UNIT_ALONE.fullmatch(unit):
            quantities = find_quantities(first) if is_value(first) else []
            unit = quantities[0].unit or "" if len(quantities) == 1 else ""
            if not _MONEY.fullmatch(unit):
                return None
        figures = [quantity for word in below if is_value(word) for quantity in find_quantities(word)]
        return unit if figures and all(quantity.base_unit is None for quantity in figures) else None

    def _row_of_units(self) -> tuple[int, dict[int, str]]:
        """Return the row that says the unit of each column, and these units. 例: 単位 | ％ | 億円 above 1月 | 6 | 12"""
        rows = range(self.table.header_rows, min(self.table.header_rows + _ATTRIBUTES, max(self.rows, default=0)))
        for row in rows if self.table.header_rows and self.table.header_columns else ():
            held = {cell.column: self.text[cell.start : cell.end] for cell in self.rows.get(row, ())}
            label = re.sub(r"\s", "", held.pop(0, ""))
            units = {c: _unit_words(words) for c, words in held.items()}
            if label == "単位" and units and all(map(is_unit, units.values())):
                return row, units
        return -1, {}

    def _units_across(self) -> dict[int, Span]:
        """Return where each row says its unit, in a column that is headed 単位. 例: 観光入込客数 | 千人 | 1,236"""
        headed = [c for c, (name, _) in self.columns.items() if re.sub(r"\s", "", name) == "単位"]
        return {
            r: (cell.start, cell.end)
            for (r, c), cell in self.at.items()
            if c in headed[:1] and r >= self.table.header_rows and is_unit(self.text[cell.start : cell.end])
        }

    def _is_column_of_names(self, column: int) -> bool:
        """Say whether a column's words name the figures right of it: 項, 節, 区分, 事業名."""
        name = self.columns[column][0]
        if not (_NAMES_ROWS.search(name) or _OWN_NAME.search(name) or self._recurs(column)):
            return False
        cells = [c for c in self.table.cells if c.column == column and c.row >= self.table.header_rows]
        words = [self.text[c.start : c.end] for c in cells if c.start < c.end]
        return sum(not is_value(word) and not self._is_code(column, word) for word in words) * 10 > 8 * len(words)

    def _recurs(self, column: int) -> bool:
        """Say whether a column's heading recurs in group after group. 例: 級 | 職員数 | 級 | 職員数"""
        row = self.table.header_rows - 1
        # One heading over several columns does not recur in each of them.
        cells = {c: self.at[row, c] for c in self.columns if self._span_at(row, c)}
        heads = {c: _flat(self.text[cell.start : cell.end]) for c, cell in cells.items() if c == cell.column}
        again = [c for c, name in heads.items() if name and name == heads.get(column)]
        return len(again) > 1 and len(set(heads.values())) * 2 <= len(heads) + 1 and column + 1 in heads

    def _span_at(self, row: int, column: int) -> Span | None:
        cell = self.at.get((row, column))
        return (cell.start, cell.end) if cell is not None and cell.start < cell.end else None

    def _is_code(self, column: int, words: str) -> bool:
        """Say whether a cell only tells a row's place in a budget or a list. 例: ８．４．５, 3 under 項"""
        plain = same_width(words).replace(" ", "")
        if _CODE.fullmatch(plain) and not find_periods(plain):
            return True
        return plain.isdecimal() and len(plain) < 4 and _CODES.search(self.columns[column][0]) is not None

    def _in_one_group(self, namer: int, column: int) -> bool:
        """Say whether a column of names may name another: 区分 and 金額 both under 節, but not 説明 beside them."""
        above, over = self.columns[namer][1], self.columns[column][1]
        return len(above) < 2 or above[:1] == over[:1]

    def facts(self) -> Iterator[Fact]:
        table = self.table
        whole: tuple[str, list[Span]] = ("", [])  # the row that the following うち rows are parts of
        for r in sorted(self.rows):
            if r < table.header_rows:
                continue
            row_name, row_spans = self._heading([(r, c) for c in range(table.header_columns)])
            if not _PART_OF.match(row_name):
                whole = row_name, row_spans
            elif whole[0] not in row_name:
                row_name, row_spans = f"{whole[0]} {row_name}", [*whole[1], *row_spans]
            if r in self.names_before:
                before = self.names_before[r]
                row_name, row_spans = f"{_flat(self.text[slice(*before)])} {row_name}".strip(), [before, *row_spans]
            if len(self.rows[r]) == 1 and len(self.columns) > 2 and table.header_rows:
                continue  # a row that only names a section
            body = [cell for cell in self.rows[r] if cell.column >= table.header_columns]
            within = self._name_within(body)
            if within is not None:
                row_name, row_spans = " ".join(_unique([row_name, within])), row_spans
            cells = [cell for cell in self.rows[r] if cell.row == r]
            start, end = min(cell.start for cell in cells), max(cell.end for cell in cells)
            for cell in body:
                column_name, column_spans = self.columns[cell.column]
                if self.stacked:
                    column_name, column_spans = self._heading([(cell.row % table.header_rows, cell.column)])
                if self.units_across.get(cell.row) == (cell.start, cell.end):
                    continue  # it is told with each figure of the row
                spans = [s for s in (*row_spans, *column_spans) if not start <= s[0] < end]
                if self._is_code(cell.column, self.text[cell.start : cell.end]) or is_ditto(
                    self._words(self.at[cell.row, cell.column])
                ):
                    continue
                namers = sorted(c for c in self.names_rows if c < cell.column and self._in_one_group(c, cell.column))
                titled = [c for c in namers if _OWN_NAME.search(self.columns[c][0])]
                own, _ = self._heading([(r, c) for c in titled or namers[-1:]])
                name = " ".join(_unique([row_name, own])) if own else row_name
                if cell.row_span > 1:  # what stands over several rows is said of none of them alone
                    last = r + cell.row_span - 1
                    held = [c for c in range(table.header_columns) if self.at.get((r, c)) is self.at.get((last, c))]
                    shared, _ = self._heading([(r, c) for c in held])
                    name = shared if shared and not own else name
                meant = self.at[cell.row, cell.column]
                if meant is not cell:  # it says what the cell above it says, which is cited, too
                    spans = [*spans, (meant.start, meant.end)]
                yield from self._of_cell(meant, (start, end), name, column_name, spans)

    def _name_within(self, body: list[Cell]) -> str | None:
        """Return the name that a row's first figure has in its own cell. 例: 均等割76,781 | 69,102 | 7,679"""
        for cell in body:
            match = _NAMED_CELL.fullmatch(same_width(self.text[cell.start : cell.end]))
            if match is not None:
                others = [c for c in body if c is not cell and is_value(self.text[c.start : c.end])]
                return match["name"] or match["after"] if others else None
            if is_value(self.text[cell.start : cell.end]):
                return None
        return None

    def _heading(self, places: list[tuple[int, int]]) -> tuple[str, list[Span]]:
        """Return the words over (or beside) a cell, outermost first, and where they stand."""
        cells: list[Cell] = []
        for place in places:
            cell = self.at.get(place)
            if cell is None or cell.start == cell.end or cell in cells:
                continue
            if self.units_across.get(cell.row) != (cell.start, cell.end):
                cells.append(cell)
        # Beside a name, a serial number or a mark (○) names nothing.
        if self.names_rows:
            cells = [c for c in cells if not _SERIAL.fullmatch(same_width(self.text[c.start : c.end]))]
        return " ".join(_unspaced(_flat(self._words(c))) for c in cells), [(c.start, c.end) for c in cells]

    def _of_cell(self, cell: Cell, quote: Span, row: str, column: str, spans: list[Span]) -> Iterator[Fact]:
        table, text = self.table, self.text
        words = text[cell.start : cell.end]
        as_of, source, note = self._as_of(row, column)
        corner = self.at.get((0, 0))
        context = [*spans, *([table.title] if table.title else []), *([note] if note else [])]
        label = " ".join(_unique([row, column])) or self.title or " ".join(table.headings[-1:])
        if table.header_rows and not column and row and table.header_columns and corner is not None:
            over = _flat(text[corner.start : corner.end])
            label = f"{over} {row}" if over and "単位" not in over else row
        if not label.strip():
            return
        fact = Fact(
            id="",
            document_id=self.document.id,
            kind="cell",
            label=label,
            value=words,
            number=None,
            unit=None,
            as_of=as_of,
            as_of_from=source,
            scope=" ".join(filter(None, (self.title or " ".join(table.headings[-1:]), self.corner))) or None,
            page=table.page,
            start=quote[0],
            end=quote[1],
            value_start=cell.start,
            value_end=cell.end,
            headings=table.headings,
            row=row or None,
            column=column or None,
            table=self.ordinal,
            context=tuple(context),
        )
        quantities = find_quantities(words)
        dated = self._date_beside(words, quantities)
        if dated is not None:
            fact = replace(fact, as_of=dated.code, as_of_from="text")
        elif (named := _NAMED_CELL.fullmatch(same_width(words))) is not None and (
            named["name"] or named["after"]
        ) in row:
            figure = named["figure"] or named["before"]
            start = same_width(words).index(figure)
            quantities = [
                replace(q, at=(q.at[0] + start, q.at[1] + start))
                for q in find_quantities(words[start : start + len(figure)])
            ]
        elif not is_value(words):
            if len(words) <= _MAX_WORDS:
                yield fact
            items = list(self._of_items(fact, words))
            listed = {item.value_start for item in items}
            yield from (other for other in self._in_words(cell, fact) if other.value_start not in listed)
            yield from items
            return
        rows, columns = self.measured
        if is_missing(words) and (cell.row in rows or cell.column in columns):
            # A sign instead of a figure is what the paper says of it.
            yield replace(fact, unit=self._unit(Quantity(0.0, None, None, "", (0, 0)), row, column, cell)[0])
            return
        for quantity in quantities:
            unit, number, span = self._unit(quantity, row, column, cell)
            yield replace(
                fact,
                value=quantity.text,
                number=number,
                unit=unit,
                value_start=cell.start + quantity.at[0],
                value_end=cell.start + quantity.at[1],
                context=(*fact.context, *([span] if span else [])),
            )

    def _in_words(self, cell: Cell, of_cell: Fact) -> Iterator[Fact]:
        """Give the figures that stand among words in a cell. 例: 総数 | 511社（令和7年1月末。うちプラチナ2社）"""
        block = Block("table", cell.start, cell.end, self.table.page, self.table.headings)
        for start, end in split_sentences(self.text[cell.start : cell.end]):
            a, b = cell.start + start, cell.start + end
            statement = _Statement(a, b, block, _plain(self.text[a:b]))
            reader = _StatementReader(self.document, statement, None, "", None, above=of_cell.label)
            for fact in reader.facts():
                if fact.number is None:
                    continue
                if fact.as_of_from != "text":
                    fact = replace(fact, as_of=of_cell.as_of, as_of_from=of_cell.as_of_from)
                yield replace(
                    of_cell,
                    label=" ".join(_unique([of_cell.label, fact.label.removeprefix(of_cell.label).strip()])),
                    value=fact.value,
                    number=fact.number,
                    unit=fact.unit,
                    as_of=fact.as_of,
                    as_of_from=fact.as_of_from,
                    value_start=fact.value_start,
                    value_end=fact.value_end,
                )

    def _of_items(self, fact: Fact, words: str) -> Iterator[Fact]:
        """Give the named figures that a cell lists, where the table says the unit. 例: ○基金積立金665 ○補助金323,894"""
        if self.unit is None:
            return
        unit = self.text[slice(*self.unit)]
        folded = same_width(words)
        items = list(_ITEM.finditer(folded))
        for i, item in enumerate(items):
            until = items[i + 1].start() if i + 1 < len(items) else len(folded)
            rest = re.match(r"[^\s○◯●〇◎・△▲0-9]*(?=\s*[○◯●〇◎・]|$)", folded[item.end() : until])
            # The figure stands on the first line of a name that goes on: 例: ○公共施設管理1,200事業費
            name = _clean(item["name"] + (rest[0] if rest and item.end() + rest.end() == until else ""))
            if len(name) < 2 or not re.search(r"[一-鿿ァ-ヶ]", name):
                continue
            figure = item["value"].replace(" ", "").replace(",", "")
            yield replace(
                fact,
                label=" ".join(_unique([fact.row or "", name])),
                row=" ".join(_unique([fact.row or "", name])),
                value=words[slice(*item.span("value"))],
                number=(-1 if figure[0] in "△▲" else 1) * float(figure.lstrip("△▲")) * unit_scale(unit),
                unit=unit,
                value_start=fact.value_start + item.start("value"),
                value_end=fact.value_start + item.end("value"),
                context=(*fact.context, self.unit),
            )

    def _date_beside(self, words: str, quantities: list[Quantity]) -> Period | None:
        """Return the date that a cell gives for its one figure. 例: 登録者 | 57（令和6年5月末時点）"""
        if len(quantities) != 1 or len(find_periods(words)) != 1:
            return None
        if not is_value(re.sub(r"現在|時点|速報値?", "", _without_periods(words))):
            return None
        return _period_in(words, self.fiscal, self.base)

    def _unit(self, quantity: Quantity, row: str, column: str, cell: Cell) -> tuple[str | None, float, Span | None]:
        if quantity.base_unit is not None:
            return quantity.unit, quantity.value, None
        number = cell.column
        across = self.units_across.get(cell.row)
        if across is not None:
            unit = self.text[slice(*across)].strip()
            return unit, quantity.value * unit_scale(unit), across
        own = _unit_in_brackets(row) or self.column_units.get(number)
        if own is None and cell.row > self.unit_row and not _OTHER_MEASURE.search(row):
            own = self.units_down.get(number)
        if own is None and self.unit is not None:
            unit = self.text[slice(*self.unit)]
            if not re.search(r"[率比]$|割合", column or row):
                return unit, quantity.value * unit_scale(unit), self.unit
        # A title that names two things says the unit of neither. 例: 地区別人口及び世帯数
        title = "" if self.title is None or re.search(r"及び|並びに|[・、]", self.title) else self.title
        own = own or _counted_unit(row) or _counted_unit(column) or _counted_unit(title)
        if own is None and not _OTHER_MEASURE.search(column or row):
            own = _unit_in_brackets(title)  # 例: 学校別児童数（人）
        if own is None and self.money is not None and _SUM.search(column):
            own = self.money
        return own, quantity.value * unit_scale(own), None

    def _as_of(self, row: str, column: str) -> tuple[str | None, AsOfFrom | None, Span | None]:
        """Return when a cell holds: by its column, else its row, else the title, the headings, the document."""
        by_row = _period_in(row, self.fiscal, None)
        by_column = _period_in(column, self.fiscal, by_row or self.base)
        if by_column is None and by_row is None:
            by_row = _period_in(row, self.fiscal, self.base)
        elif by_column is not None and by_row is None and by_column.kind in ("year", "fiscal_year"):
            by_row = _period_in(row, self.fiscal, by_column)  # 例: row 1月, column R5年度
            if by_row is not None:
                by_column = None
        period = by_column or by_row
        if period is not None:
            refined, note = self._refined(period)
            return refined.code, "column" if by_column else "row", note
        if self.base is not None:
            return self.base.code, self.base_from, None
        as_of = _as_of_of_document(self.document)
        return as_of, "document" if as_of else None, None

    def _refined(self, period: Period) -> tuple[Period, Span | None]:
        """Return the day that a note gives for a period. 例: ※R5年度についてはR6.1月末時点の件数"""
        if period.kind not in ("year", "fiscal_year"):
            return period, None
        for start, end in self.notes:
            note = self.text[start:end]
            found = find_periods(note, default=period)
            if not any(p.code == period.code or (p.ambiguous and p.start[:4] == period.start[:4]) for p in found):
                continue
            for p in found:
                inside = period.start <= p.start and p.end <= period.end and p.kind in ("day", "month")
                if inside and (_HOLDS.match(note, p.at[1]) or re.match(r"\s*まで", note[p.at[1] :])):
                    return p, (start, end)
        return period, None


def _lines_near(document: Document, table: Table) -> list[Span]:
    """Return the notes that stand within six lines with text of a table."""
    first, last = document.lines(table.start, table.end)
    page = document.page_at(table.start)
    notes: list[Span] = []
    for step, line in ((1, last), (-1, first)):
        seen = 0
        while seen < 6:
            line += step
            try:
                start, end = document.line_span(line)
            except IndexError:
                break
            if line < 1 or start < page.start or end > page.end:
                break
            if document.text[start:end].strip():
                seen += 1
                if re.match(r"\s*[(（]?\s*[※*注]|.*(?:現在|時点)", document.text[start:end]):
                    notes.append((start, end))
    return notes


# Key-value lines and sentences


@dataclass
class _Statement:
    start: int
    end: int
    block: Block
    text: str  # in one width; offsets hold

    @cached_property
    def lone(self) -> bool:
        """Say whether it is figures only: the value of the line before it, or the tick of an axis."""
        return bool(self.text.strip()) and not _WEAK.sub("", _without_figures(self.text)).strip(_BULLET + _BRACKETS)


def _without_figures(text: str) -> str:
    parts = []
    position = 0
    for quantity in find_quantities(text):
        parts.append(text[position : quantity.at[0]])
        position = quantity.at[1]
    return "".join([*parts, text[position:]])


def _statements(document: Document) -> Iterator[_Statement]:
    tables = sorted((table.start, table.end) for table in document.tables)
    starts = [start for start, _ in tables]
    blocks = document.blocks or tuple(Block("paragraph", page.start, page.end, page.number) for page in document.pages)
    for block in blocks:
        if block.kind == "table":
            continue
        for start, end in split_sentences(document.text[block.start : block.end]):
            for a, b in _pieces(document.text, block.start + start, block.start + end):
                near = bisect_right(starts, b) - 1
                if (near >= 0 and tables[near][1] > a) or _is_row(document.text[a:b]):
                    continue
                yield _Statement(a, b, block, _plain(document.text[a:b]))


def _plain(text: str) -> str:
    """Return a statement in one width, without tags, and no figure torn from its unit by a line end; offsets hold."""
    text = re.sub(r"(令|平|昭)\n(和|成)", r"\1\2\n", text)
    # The line end that tore a figure moves behind it, so that places hold. 例: 昭和４ / ０年 → 昭和４０ / 年
    text = _TORN_DIGITS.sub(r"\1\3\2", text)
    return _TORN.sub(" ", _TAG.sub(lambda tag: " " * len(tag[0]), same_width(text)))


_TORN_DIGITS = re.compile(
    r"((?<=[^\s\d０-９][^\s\d０-９])[0-9０-９][0-9０-９,，]{0,12})(\n)([0-9０-９][0-9０-９,，]{0,12}(?=[^\s\d０-９,，]))"
)
_TORN = re.compile(r"(?<=[0-9百千万億])\n(?=[^\s0-9])")


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Give a sentence, or its lines where it is longer than any: the cost of one grows with its figures squared."""
    if end - start <= _MAX_SENTENCE:
        yield start, end
        return
    for line in re.finditer(r"[^\n]+", text[start:end]):
        for begin in range(start + line.start(), start + line.end(), _MAX_SENTENCE):
            yield begin, min(begin + _MAX_SENTENCE, start + line.end())


def _is_row(text: str) -> bool:
    """Say whether a line is the row of a table that could not be read: its figures have no sure names."""
    return ("\t" in text or text.count("|") > 1) and not _TAG.search(text)


def _statement_facts(document: Document) -> Iterator[Fact]:
    statements = list(_statements(document))
    topic: _Statement | None = None
    topic_key = ""
    said: tuple[Period, Block] | None = None  # the last date that a sentence gave
    held: tuple[Period, Block] | None = None  # when the event of this section took place
    for i, statement in enumerate(statements):
        if topic is not None and topic.block.page != statement.block.page:
            topic, topic_key = None, ""
        if statement.lone and (_is_axis(statements, i) or len(find_quantities(statement.text)) > 3):
            continue
        reader = _StatementReader(document, statement, topic, topic_key, _note_after(statements, i))
        if said is not None and _GOES_ON.match(statement.text) and statement.block.headings == said[1].headings:
            reader.base, reader.base_from = said[0], "heading"  # 例: 令和6年は144万人泊。うち台湾は41万人泊。
        elif held is not None and statement.block.headings == held[1].headings:
            reader.base, reader.base_from = held[0], "heading"
        yield from reader.facts()
        if reader.periods:
            said = reader.periods[-1], statement.block
        elif not _GOES_ON.match(statement.text):
            said = None
        if reader.key is not None and _HELD_ON.search(reader.key["key"].replace(" ", "")) and reader.periods:
            held = reader.periods[0], statement.block
        name = reader.name()
        if name:
            topic, topic_key = statement, name


def _is_axis(statements: list[_Statement], i: int) -> bool:
    """Say whether a lone figure stands in a column of three or more: ticks and bar labels of a chart."""
    first = last = i
    while first > 0 and last - first < 3 and statements[first - 1].lone:
        first -= 1
    while last + 1 < len(statements) and last - first < 3 and statements[last + 1].lone:
        last += 1
    return last - first >= 2


def _note_after(statements: list[_Statement], i: int) -> _Statement | None:
    """Return the next statement when it only says for when this one holds: ※R6.3月末時点"""
    if i + 1 >= len(statements) or statements[i + 1].block.page != statements[i].block.page:
        return None
    text = statements[i + 1].text
    periods = find_periods(text, default=_NEAR)
    begin = _NOTE_LINE.match(text)
    if len(periods) != 1 or begin is None or find_quantities(text):
        return None
    if not begin[0].strip() and not _opens(statements[i].text):
        return None
    marked = _HOLDS.match(text, periods[0].at[1])
    if marked is None and re.fullmatch(r"\s*末?[)）]?。?\s*", text[periods[0].at[1] :]) and _opens(statements[i].text):
        return statements[i + 1]  # 例: （710団体、2,073人が利用。令和7年1月末）
    if periods[0].at[0] > begin.end() + 2 or marked is None or len(text) - marked.end() > 6:
        return None
    return statements[i + 1]


def is_part(sentence: str) -> bool:
    """Say whether a sentence tells a part of what the one before it told. 例: そのうち台湾からは約41万人泊"""
    return _GOES_ON.match(sentence) is not None


def _bare(text: str) -> bool:
    """Say whether a text has no closing bracket and no other sentence than that of a bracket."""
    return re.search(r"[)\]〕]", text) is None and len(text) < 30


def _opens(text: str) -> bool:
    """Say whether a sentence ends inside a bracket that it opened."""
    return text.count("(") > text.count(")")


_NEAR = parse_code("2000-01")  # any period does where only the shape of a date is asked for


_NUMBERED = re.compile(r"^(?:[0-9]{1,2}[. ]*|\([0-9]{1,2}\) *|[①-⑳] *)")
# The heading of a form that asks for what stands below it.
_ASKS = re.compile(
    r"(?:[0-9]{1,2}[. 　]*|\([0-9]{1,2}\)[ 　]*|[①-⑳][ 　]*)[^。、:]{0,16}"
    r"(?:名称?|目的|場所|所在地?|住所|位置|方法|金額|価格|相手方?|契約者|期間|工期|期限|物品|品名)"
)
# Who somebody is, or where, on a line of its own.
_ROLE = re.compile(
    r"^[ 　]*(?P<key>(?:[^\s、。:()]{1,10}(?:市長|町長|村長|区長|知事|理事長|社長|組合長|会長)"
    r"|代表取締役(?:社長)?|代表者|理事長|所在地|住所|氏名|商号)"
    r"(?:職務代理者)?)[ 　]+(?P<value>[^\s、。][^、。\n]{1,40})$",
    re.M,
)
# 例: (2) 辺地の中心の位置 みどり町北１番地
_ITEM_KEY = re.compile(
    r"^[ 　]*(?:\([0-9]{1,2}\)|[①-⑳]|[0-9]{1,2}[. ])[ 　]*(?P<key>[^\s、。:()「」]{1,15}[一-鿿ァ-ヶー])"
    r"[ 　]+(?P<value>(?![はがをにのでとやへも]|[0-9.]+[^\s0-9]{0,3}$)[^\s:=~〈<【①-⑳.…][^:]{3,}?)[。\s]*$"
)


class _StatementReader:
    def __init__(
        self,
        document: Document,
        statement: _Statement,
        topic: _Statement | None,
        topic_key: str,
        note: _Statement | None,
        above: str | None = None,
    ) -> None:
        self.document, self.statement, self.note, self.above = document, statement, note, above
        self.text = statement.text
        self.key = _KEY.match(self.text)
        self.topic, self.topic_key = topic, topic_key
        headings = statement.block.headings
        fiscal = "年度" in self.text or any("年度" in heading for heading in headings) or self._counts_in_fiscal_years()
        self.base, self.base_from = _as_of_of_headings(None, headings, fiscal)
        self.fiscal = fiscal
        self.quantities = find_quantities(self.text)
        self.periods = self._periods()
        # Periods in brackets of their own belong to the figure before them, and to no other.
        ends = [quantity.at[1] for quantity in self.quantities]
        self.owned: dict[Span, int] = {}
        for period in self.periods:
            before = bisect_right(ends, period.at[0]) - 1
            if before >= 0 and self._brackets_only(ends[before], period):
                self.owned[period.at] = before

    def _left(self, i: int) -> tuple[str, bool]:
        """Return the words between a figure and the one before it, and whether they are a key of their own.

        Words that name nothing leave the name of the figure before. 例: 荷主 29社(46名)、船社 15社(47名)
        """
        for j in range(i, 0, -1):
            left = self.text[self.quantities[j - 1].at[1] : self.quantities[j].at[0]]
            if not _is_weak(left):
                part = re.match(r"[^ぁ-ん一-鿿ァ-ヶ]*(?:うち|内|全)", left) is not None
                return left, ":" in left and not part
            if left.strip() not in ("(", "["):
                break
        return "", False

    def _above(self) -> str:
        """Return the words that name a statement which names nothing itself: the line before it, or its headings."""
        if self.above is not None:
            return self.above
        headings = self.statement.block.headings
        if self.topic is not None and self.topic_key:
            topic = self.topic.block
            if topic.headings == headings or topic.kind == "heading" or self._near(self.topic):
                return self.topic_key
        names: list[str] = []
        for heading in reversed(headings):
            names.insert(0, _clean(heading))
            if not _is_weak(heading):
                break
        return " ".join(name for name in names if name)

    def _counts_in_fiscal_years(self) -> bool:
        """Say whether the text around counts in 年度 and not in calendar years: then a bare R5 is 令和5年度."""
        page = self.document.page_at(self.statement.start)
        around = self.document.text[
            max(page.start, self.statement.start - _AROUND) : min(page.end, self.statement.end + _AROUND)
        ]
        calendar = len(re.findall(r"[0-9０-９元]年(?:[はのもにで、)）]|から)", around))
        return around.count("年度") > calendar and "暦年" not in around

    def name(self) -> str:
        """Return the words by which following lines may mean this statement, or nothing where it says no name."""
        words = self.text[: self.quantities[0].at[0]] if self.quantities else self.text
        if self.key is not None and not _is_weak(self.key["key"]):
            words = self.key["key"]
        words = _clean(words)
        return "" if _is_weak(words) else words

    def facts(self) -> Iterator[Fact]:
        yield from self._words()
        yield from self._asked_for()
        for i, quantity in enumerate(self.quantities):
            label, borrowed = self._label(i)
            if not label or (quantity.base_unit is None and not self._is_named(i)):
                continue
            if quantity.base_unit is None and self.statement.block.kind == "heading" and "/" in quantity.text:
                continue  # 例: 人材育成（1/2） counts pages
            as_of, source, span = self._as_of(i, borrowed)
            start, end = self.statement.start, self.statement.end
            context = [span] if span else []
            if borrowed and self.topic is not None:
                if self._near(self.topic) and self.statement.lone:
                    start = self.topic.start
                else:
                    context.append((self.topic.start, self.topic.end))
            unit = quantity.unit
            number = quantity.value
            if quantity.base_unit is None:
                counted = _unit_in_brackets(label) or _counted_unit(label) or self._unit_of_headings()
                if unit is None and counted is not None:
                    unit, number = counted, number * unit_scale(counted)
            yield self._fact(
                "key_value" if self.key is not None and self.key.end() <= quantity.at[0] + 1 else "sentence",
                label,
                (self.statement.start + quantity.at[0], self.statement.start + quantity.at[1]),
                (start, end),
                number,
                unit,
                as_of,
                source,
                context,
            )

    def _asked_for(self) -> Iterator[Fact]:
        """Give what a form or a bill writes without a colon: below its heading, or behind a key on the line.

        例: ５ 契約の相手方 above 株式会社みどり; 代表取締役 山田 太郎; (2) 辺地の中心の位置 みどり町北１番地
        """
        block = self.statement.block
        if block.kind == "heading" or ":" in self.text or len(self.text) > 160:
            return
        heading = block.headings[-1] if block.headings else ""
        asked = _clean(_NUMBERED.sub("", same_width(heading))) if _ASKS.fullmatch(same_width(heading)) else ""
        found: list[tuple[str, Span]] = []
        spoken = re.search(r"[。、]", self.text) is not None
        alone = not spoken and len(self.text) <= 60 and not _ROLE.search(self.text) and not self.quantities
        if asked and alone and not any(p.at[0] < 2 for p in self.periods):
            text = self.text.rstrip()
            found.append((asked, (len(text) - len(text.lstrip()), len(text))))
        for pattern in (_ROLE, _ITEM_KEY) if block.kind != "paragraph" or "\n" in self.text else (_ROLE,):
            for match in pattern.finditer(self.text):
                key = re.sub(r"\s", "", match["key"])
                if ".." in match["value"] or _is_weak(key):
                    continue
                # Who signs a bill is no part of what it asks for.
                signs = pattern is _ROLE and re.search(r"[市町村区]長$|知事$", key) is not None
                asks = asked if pattern is _ROLE and not signs else ""
                found.append((" ".join(_unique([asks, key])), match.span("value")))
        for label, (start, end) in found:
            as_of, source = self._fallback()
            place = (self.statement.start + start, self.statement.start + end)
            whole = (self.statement.start, self.statement.end)
            yield self._fact("key_value", label, place, whole, None, None, as_of, source, [])

    def _words(self) -> Iterator[Fact]:
        """Give the key-value pairs whose values are no figures: 例: 場所：中央公民館, 【開催日：R5.10.14、場所：…】"""
        if self.statement.block.kind == "heading":
            return
        for match in _WORD_PAIR.finditer(self.text):
            printed = match["first"] or match["key"]
            opened = _without_half_brackets(printed)
            outside = ""
            if "(" in printed and "(" not in opened:  # 例: …を実施（実施日：R5.12.12）
                outside, _, printed = printed.rpartition("(")
            key = _clean(printed)
            value = match["value"].rstrip(" 、。\n\t　")
            begin = match.start("value") + len(value) - len(value.lstrip())
            value = value.strip()
            value = _until_bracket_closes(value).rstrip("。、 \n")
            if not 0 < len(value) <= _MAX_WORDS or len(key) > 30 or key == "単位" or "http" in key:
                continue
            if any(begin <= q.at[0] < begin + len(value) for q in self.quantities):
                continue
            label = key
            if _is_weak(printed):  # 例: R4年度：大津町、高森町
                label = " ".join(_unique([_clean(outside) or self._above(), key]))
            if not label:
                continue
            as_of, source = self._fallback()
            named = [p for p in self.periods if match.start() <= p.at[0] < begin]
            if named:
                as_of, source = named[-1].code, "text"
            place = self.statement.start + begin
            yield self._fact(
                "key_value",
                label,
                (place, place + len(value)),
                (self.statement.start, self.statement.end),
                None,
                None,
                as_of,
                source,
                [],
            )

    def _fact(
        self,
        kind: FactKind,
        label: str,
        value: Span,
        quote: Span,
        number: float | None,
        unit: str | None,
        as_of: str | None,
        source: AsOfFrom | None,
        context: list[Span],
    ) -> Fact:
        block = self.statement.block
        return Fact(
            id="",
            document_id=self.document.id,
            kind=kind,
            label=label,
            value=self.document.text[slice(*value)],
            number=number,
            unit=unit,
            as_of=as_of,
            as_of_from=source,
            scope=block.headings[-1] if block.headings else None,
            page=self.document.page_at(quote[0]).number,
            start=quote[0],
            end=quote[1],
            value_start=value[0],
            value_end=value[1],
            headings=block.headings,
            context=tuple(context),
        )

    def _unit_of_headings(self) -> str | None:
        """Return the unit in brackets of the heading or line above: 例: 参加実績（人）"""
        above = [*(self.statement.block.headings[-1:]), *([self.topic.text] if self.topic else [])]
        return next((unit for words in above if (unit := _unit_in_brackets(words))), None)

    def _near(self, topic: _Statement) -> bool:
        between = self.document.text[topic.end : self.statement.start]
        return between.strip() == "" and between.count("\n") <= 3

    def _is_named(self, i: int) -> bool:
        """Say whether a figure without a unit has a name on its line: 会員数 549, 令和4年度末:368"""
        left = self.text[self.quantities[i - 1].at[1] if i else 0 : self.quantities[i].at[0]]
        if re.search(r"[0-9]/[0-9]|分の", self.quantities[i].text) and not _is_weak(left):
            return True  # 例: 市負担額の1/2
        if self._listed(i) and any(self._listed(j) for j in (i - 1, i + 1)):
            return True
        return bool(_NAMED_FIGURE.search(_without_periods(left))) or left.endswith(":")

    def _listed(self, i: int) -> bool:
        """Say whether a bare figure stands behind a name of its own in a list: 製造業 43、農業 12; 東部(79)"""
        if not 0 <= i < len(self.quantities) or self.quantities[i].base_unit is not None:
            return False
        start, end = self.quantities[i].at
        named = re.search(r"[ぁ-んァ-ヶ一-鿿々ー](?: |\()?$", self.text[max(0, start - 4) : start])
        return named is not None and bool(re.match(r"\)?(?:[、。\n]| 等|等|\s*$)", self.text[end : end + 3]))

    def _label(self, i: int) -> tuple[str, bool]:
        """Return what a quantity measures, and whether that was borrowed from the statement before it."""
        first, quantity = self.quantities[0], self.quantities[i]
        head = self.text[: first.at[0]]
        if head.count(":") > 1:  # 例: 開催日：…、場所：…、来場者数：約300人
            head = re.split(r"[、。\s]", head[: head.rindex(":")])[-1] + head[head.rindex(":") :]
        left, keyed = self._left(i)
        if keyed and ":" in head:
            head = ""  # a key of its own: 例: 受講者：65名（応募者：198名）
        elif left and (re.search(r"[、,]", left) or left.lstrip(") ").startswith("・")):
            # The first figure's own name goes. 例: 会場：東会場 12人、西会場 9人; 全体では、「東」が43%、「西」が10%
            head = re.split(r"[^:、\s]*$", head.rstrip(" ("))[0] if re.search(r"[:、\s]", head.strip()) else ""
            left = re.split(r"[、,](?=[^、,]*[^、,\s])", left)[-1]
        following = self.quantities[i + 1].at[0] if i + 1 < len(self.quantities) else len(self.text)
        right = _TAIL_END.split(self.text[quantity.at[1] : following], maxsplit=1)[0]
        if right.startswith("は") and quantity.at[1] + len(right) == following < len(self.text):
            right = ""  # the name of the next figure. 例: 不足額467千円は積立金217千円で補う
        if ":" in self.text[quantity.at[1] : following]:
            right = right.split(" ")[0]  # what follows is the key of the next figure
        direct = self.text[self.quantities[i - 1].at[1] : quantity.at[0]] if i else ""
        qualifier = _QUALIFIER.search(direct) if _is_weak(direct) else None
        parts = [_clean(head), _clean(left), qualifier[0] if qualifier else "", _clean(right)]
        borrowed = False
        if (_is_weak(self.text[: first.at[0]]) and not keyed) or self.text.lstrip().startswith(":"):
            above = self._above()
            borrowed = bool(self.topic_key) and above == self.topic_key
            parts.insert(0, above)
        words = [part for part in _unique(parts) if part]
        label = " ".join(words)
        return (label if len(label) <= _MAX_LABEL else _shortened(words)), borrowed

    def _periods(self) -> list[Period]:
        """Return the statement's periods; months without a year count where they say for when a figure holds."""
        written = parse_code(self.document.published) if self.document.published else None
        dated = find_periods(self.text, written=written)
        years = [p for p in dated if p.kind in ("year", "fiscal_year")]
        default = years[0] if years else self.base
        default = default or written
        if default is not None:
            yearless = [
                p
                for p in find_periods(self.text, default, written)
                if _HOLDS.match(self.text, p.at[1]) or _UNTIL.match(self.text, p.at[1])
            ]
            dated = sorted({p.at: p for p in [*yearless, *dated]}.values(), key=lambda p: p.at)
        return [_resolved(p, self.fiscal) for p in dated if not self._is_baseline(p)]

    def _is_baseline(self, period: Period) -> bool:
        """Say whether a period is only what a figure is compared with, or counted from.

        例: 対令和3年度比, R5年度比 約1.2倍, R5と比べ, 令和3年3月の開館以来
        """
        after = self.text[period.at[1] : period.at[1] + 12]
        return self.text[: period.at[0]].endswith("対") or bool(
            re.match(r" ?(?:末|同期|同月)?(?:比|[とに]比べ)|の?[^、。0-9]{0,8}以[来降]", after)
        )

    def _as_of(self, i: int, borrowed: bool) -> tuple[str | None, AsOfFrom | None, Span | None]:
        quantity = self.quantities[i]
        owned = self.owned
        own = [p for p in self.periods if owned.get(p.at) == i]
        before = [p for p in self.periods if p.at[1] <= quantity.at[0] and p.at not in owned]
        after = [p for p in self.periods if p.at[0] >= quantity.at[1] and self._holds_for_all(p)]
        # 例: 511社（令和7年1月末。うちプラチナ2社）: in the bracket that the date opens
        shared = [p for p in self.periods if p.at[1] <= quantity.at[0] and _bare(self.text[p.at[1] : quantity.at[0]])]
        before = before or shared
        chosen = own[0] if own else before[-1] if before else None
        # 例: R6年度実績：710団体、2,073人（※R7年1月末現在）: the day after the figures says when in the year.
        later = [p for p in after if owned.get(p.at, i + 1) > i]
        wide = chosen is None or (chosen.kind != "day" and later and chosen.start <= later[0].start <= chosen.end)
        if later and wide and not own:
            chosen = later[0]
        if self.note is not None and (chosen is None or chosen.kind in ("fiscal_year", "year")):
            default = chosen or self.base or (parse_code(self.document.published) if self.document.published else None)
            noted = find_periods(self.note.text, default=default)
            if noted:
                return noted[0].code, "text", (self.note.start, self.note.end)
        if chosen is not None:
            return chosen.code, "text", None
        if borrowed and self.topic is not None:
            said = _best([_resolved(p, self.fiscal) for p in find_periods(self.topic.text)], self.topic.text)
            if said is not None:
                return said.code, "text", (self.topic.start, self.topic.end)
        as_of, source = self._fallback()
        return as_of, source, None

    def _holds_for_all(self, period: Period) -> bool:
        """Say whether a period says when all figures before it hold: …現在, or in the bracket that ends a statement.

        例: 延べ158件、月に25件（令和6年1月末）; （653団体、1,878人が利用。令和6年1月末）
        """
        if _HOLDS.match(self.text, period.at[1]):
            return True
        last = re.fullmatch(r"\s*[)\]〕]。?\s*", self.text[period.at[1] :]) is not None
        return last and period.kind in ("day", "month") and self.text[period.at[0] - 1 : period.at[0]] in "(。、"

    def _brackets_only(self, end: int, period: Period) -> bool:
        """Say whether a period stands in brackets of its own right after a figure: 52件(R6.1時点)"""
        between = self.text[end : period.at[0]]
        if not re.fullmatch(r"[^0-9、。()\[\]:→➡⇒]{0,12}[(\[〔][^0-9、。()\[\]:]{0,8}", between):
            return False
        close = re.search(r"[)\]〕。、]", self.text[period.at[1] :])
        inside = self.text[period.at[1] : period.at[1] + close.start()] if close else self.text[period.at[1] :]
        return not find_quantities(inside)

    def _fallback(self) -> tuple[str | None, AsOfFrom | None]:
        if self.base is not None:
            return self.base.code, self.base_from
        as_of = _as_of_of_document(self.document)
        return as_of, "document" if as_of else None


# A name and its figure in one cell: 例: 均等割76,781; set on two lines, the figure may come first.
_NAMED_CELL = re.compile(
    r"(?P<name>[^\W\d_][^0-9△▲,。、()]{1,14}?)[ \n]*(?P<figure>[△▲]? ?[0-9]{1,3}(?:,[0-9]{3})+)"
    r"|(?P<before>[△▲]? ?[0-9]{1,3}(?:,[0-9]{3})+)[ \n]*(?P<after>[一-鿿ァ-ヶー]{3,14})"
)
_SERIAL = re.compile(r"[0-9]{1,3}|[^\w]+|[○〇◯]")


# Only under what names no rows of its own: 年齢（歳） says what the rows are in.
_CORNER_UNIT = re.compile(r"(?:区 ?分|項 ?目|種 ?別|種 ?類|内 ?訳|年 ?度|年 ?次)\s*\((?P<unit>[^ ()]{1,8})\)")


def _unit_span(text: str, cell: Cell) -> Span | None:
    """Return the unit that the corner of a table says. 例: （単位：千円）, 区分（人）"""
    words = same_width(text[cell.start : cell.end])
    match = re.search(r"単 ?位 ?[::/]? ?(?P<unit>[^ ()、,:]{1,8})", words) or _CORNER_UNIT.fullmatch(words)
    if match is None or not is_unit(match["unit"]):
        return None
    return cell.start + match.start("unit"), cell.start + match.end("unit")


# Words and periods


def _flat(text: str) -> str:
    """Return a heading on one line: a line end inside Japanese words is no space, nor is 参　加 two words."""
    line = re.sub(r"\s+", " ", re.sub(r"(?<=[^\x00-\x7f])\s*\n\s*", "", text)).replace("**", "").strip(" #\t")
    return line.replace(" ", "") if _SPREAD.fullmatch(line) else line


_SPREAD = re.compile(r"[一-鿿](?: [一-鿿]){1,3}")  # two to four characters set wide to fill a column


def _unspaced(heading: str) -> str:
    """Return a heading of a column or row without the spaces of its layout. 例: 合 計 → 合計, 残高 （注）1 stays"""
    return re.sub(r"(?<=[ぁ-んァ-ヶー一-鿿々、・]) (?=[ぁ-んァ-ヶ一-鿿々、・])", "", heading)


def _until_bracket_closes(value: str) -> str:
    """Return a value up to a bracket that closes what was opened before it. 例: 菊川町）が主催 → 菊川町"""
    opened: list[str] = []
    for i, c in enumerate(value):
        if c in _PAIRS.values():
            opened.append(c)
        elif c in _PAIRS and c != ">" and (not opened or opened.pop() != _PAIRS[c]):
            return value[:i]
    return value


def _unique(parts: list[str]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part and not any(part in other for other in kept):
            kept.append(part)
    return kept


def _shortened(words: list[str]) -> str:
    """Return a label within the limit: the beginning says of what, the end says what is counted."""
    label = " ".join(words)
    return f"{label[: _MAX_LABEL // 3]} {label[-2 * _MAX_LABEL // 3 + 1 :]}"


def _without_periods(text: str) -> str:
    parts = []
    position = 0
    for period in find_periods(text):
        parts.append(text[position : period.at[0]])
        position = period.at[1]
    return "".join([*parts, text[position:]])


@lru_cache(maxsize=4096)
def _is_weak(text: str) -> bool:
    return not _WEAK.sub("", _without_periods(same_width(text))).strip(_BULLET + _BRACKETS + "年度月日")


_EDGE = re.compile(
    r"^[、。・:,;はがをにでのともやへ]+(?=[^ぁ-ん]|$)"
    r"|(?:(?<![成契協条規予要制集節公])約|延べ|のべ|(?<![一-鿿々])(?:計|全|最大)|:|、)+$"
)
_ASIDE = re.compile(
    r"[<【〔(\[](?:参考|内訳|再掲|注|末|現在|時点|末時点|末現在|※[0-9]*|)+[>】〕)\]]|</?[A-Za-z][^>]*>|\^?\{?\*\}?"
)
_PAIRS = {")": "(", "]": "[", "】": "【", "〕": "〔", "」": "「", "』": "『", "〉": "〈", "》": "《", ">": "<"}


def _clean(text: str) -> str:
    """Return the words of a piece of text: no periods, bullets, remarks such as （参考）, or half brackets."""
    text = _ASIDE.sub(" ", _flat(_without_periods(same_width(text))))
    text = re.sub(r"^\s*※?[0-9]{1,2}:", "", _without_half_brackets(text))
    previous = ""
    while previous != text:
        previous = text
        text = _EDGE.sub("", text.strip(_BULLET + "、。:=~|…,"))
    return re.sub(r"\s+", " ", text)


def _without_half_brackets(text: str) -> str:
    kept = list(text)
    opened: list[int] = []
    for i, c in enumerate(text):
        if c in _PAIRS.values():
            opened.append(i)
        elif c in _PAIRS:
            if opened and text[opened[-1]] == _PAIRS[c]:
                opened.pop()
            else:
                kept[i] = " "
    for i in opened:
        kept[i] = " "
    return "".join(kept)


def _best(periods: list[Period], text: str) -> Period | None:
    """Return the period that a heading holds for: the one marked 現在 or 時点, else the first."""
    folded = same_width(text)
    for period in periods:
        if _HOLDS.match(folded, period.at[1]):
            return period
    return periods[0] if periods else None


def _resolved(period: Period, fiscal: bool) -> Period:
    """Return a bare R5 as the fiscal year where the surroundings count in 年度."""
    if not (period.ambiguous and fiscal):
        return period
    code = "/".join(f"FY{part}" for part in period.code.split("/"))
    return replace(parse_code(code), at=period.at)


def _period_in(heading: str, fiscal: bool, default: Period | None) -> Period | None:
    """Return the period of a column or row heading, the most exact one it names. 例: R5 (1月末) is January 31, 2024"""
    if not heading:
        return None
    dated = [_resolved(p, fiscal) for p in find_periods(heading)]
    near = dated[0] if dated and dated[0].kind in ("year", "fiscal_year") else default
    exact = find_periods(heading, default=near) if near is not None else []
    inside = [p for p in exact if not any(p.at == d.at for d in dated)]
    if inside and (not dated or dated[0].kind in ("year", "fiscal_year")):
        return inside[0]
    return dated[0] if dated else None


def _as_of_of_document(document: Document) -> str | None:
    """Return when a document's figures hold: the year of a budget or of accounts, else the day it was published.

    例: 令和4年度下水道事業会計予算, though laid before the council in January 2022, holds for FY2022. When its file was
    made says nothing of the figures in it.
    """
    if re.search(r"予算|決算", document.title):
        period = _heading_period(document.title)
        if period is not None:
            return period.code
    return None if document.taken_from.get("published") == "properties" else document.published


def _as_of_of_headings(
    title: str | None, headings: tuple[str, ...], fiscal: bool
) -> tuple[Period | None, AsOfFrom | None]:
    for heading in ([title] if title else []) + list(reversed(headings)):
        period = _heading_period(heading)
        if period is not None:
            return _resolved(period, fiscal or "年度" in heading), "heading"
    return None, None


@lru_cache(maxsize=4096)
def _heading_period(heading: str) -> Period | None:
    return _best(find_periods(heading), heading)


def _unit_words(cell: str) -> str:
    return same_width(cell).strip("() ")


def _unit_in_brackets(heading: str) -> str | None:
    """Return the unit that a heading names in brackets: 例: 予算額（千円）, 増減率(%)"""
    for inside in re.findall(r"[(（\[]\s*(?:単位\s*[:：]?\s*)?([^()（）\[\]]{1,8}?)\s*[)）\]]", heading):
        if is_unit(inside):
            return str(inside)
    return None


def _counted_unit(name: str) -> str | None:
    matches = list(_COUNTED.finditer(same_width(name)))
    if not matches:
        return None
    unit = matches[-1]["unit"]
    return "人" if unit == "者" else unit
