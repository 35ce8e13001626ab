"""One unit on one page: a drop-down of units and years, and everything about the choice looked up by formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from ...index.competition_rank import competition
from ..bilingual import Bilingual
from ..grids.data_grids import MAX_LIVE_UNITS
from ..label_catalogue import unit_name
from ..number_format import MISSING, is_missing
from ..outline import SHEETS
from ..results import Results
from ..wording import wording
from .print_layout import PAGE_COLUMNS, PRINTED_ROWS, print_first_rows
from .sheet_format import CellStyles

MAX_CELLS = 60_000
"""Cells of data looked up at most; of a longer panel the latest years are there."""
UNIT_CELL, YEAR_CELL = (3, 1), (4, 1)
FIRST_DATA_ROW = 4
"""Row of the first record on the sheet of data: below title, the choice as found, and two lines of headers."""
KEY_COLUMN, CODE_COLUMN, YEAR_COLUMN, FIRST_ITEM_COLUMN = 0, 1, 2, 3
WIDTHS = (34, 12, 14, 14, 9, 11, 12, 9)
YELLOW = "#FFF7C2"


@dataclass(frozen=True)
class Item:
    """A node or an indicator: its columns of data (value, rank, and an indicator's normalised value)."""

    id: str
    name: Bilingual
    measure: Bilingual
    column: int
    is_leaf: bool

    @property
    def rank_column(self) -> int:
        return self.column + 1

    @property
    def normalised_column(self) -> int:
        return self.column + 2


@dataclass(frozen=True)
class UnitSheets:
    """What both sheets are made from, and the place of everything on them."""

    results: Results
    styles: CellStyles
    language: str
    years: tuple[int, ...]

    @classmethod
    def of(cls, results: Results, styles: CellStyles, language: str) -> UnitSheets | None:
        """None where there is nothing to look up, or more units than a drop-down is for."""
        if not results.years or results.table("indicators").empty or len(results.units) > MAX_LIVE_UNITS:
            return None
        row_cells = len(results.units) * (3 * len(results.leaves) + 2 * len(results.inner))
        return cls(results, styles, language, tuple(results.years[-max(1, MAX_CELLS // row_cells) :]))

    @property
    def sheet(self) -> str:
        return SHEETS["unit_sheet"].name.of(self.language)

    @property
    def data_sheet(self) -> str:
        return wording("workbook.sheet.unit_data").of(self.language)

    @cached_property
    def units(self) -> list[str]:
        return list(self.results.units["unit"])

    @cached_property
    def labels(self) -> list[str]:
        """What the drop-down shows of each unit."""
        names = [self.results.unit_name(unit).of(self.language) for unit in self.units]
        return [name if name == unit else f"{unit} {name}" for unit, name in zip(self.units, names)]

    @cached_property
    def items(self) -> list[Item]:
        """Nodes, then indicators, each with its columns on the sheet of data."""
        items, column = [], FIRST_ITEM_COLUMN
        for node in [*self.results.inner, *self.results.leaves]:
            is_leaf = node in self.results.leaves
            measure = (
                unit_name(self.results.study.indicators.indicators[node].unit) if is_leaf else wording("workbook.unit.points")
            )
            items.append(Item(node, self.results.name(node), measure, column, is_leaf))
            column += 3 if is_leaf else 2
        return items

    @property
    def list_column(self) -> int:
        """Column of the labels that the drop-down lists."""
        return self.items[-1].column + 4

    @cached_property
    def cells(self) -> dict[int, np.ndarray]:
        """Column -> its values, year by year: those of the units, then the median or, of ranks, how many are ranked."""
        scores, indicators = self.results.scores, self.results.table("indicators")
        indicators = indicators[indicators["sample"] == "all"]
        cells: dict[int, np.ndarray] = {}
        for item in self.items:
            if item.is_leaf:
                rows = indicators[indicators["indicator"] == item.id]
                raw, normalised = self._grid(rows, "raw"), self._grid(rows, "normalised")
                ranks = np.array([competition(year_values) for year_values in normalised])
                cells |= {item.column: _with_median(raw), item.normalised_column: _with_median(normalised)}
            else:
                rows = scores[scores["node"] == item.id]
                cells[item.column], ranks = _with_median(self._grid(rows, "score")), self._grid(rows, "rank")
            cells[item.rank_column] = np.column_stack([ranks, np.isfinite(ranks).sum(axis=1)]).ravel()
        return cells

    def _grid(self, rows: pd.DataFrame, column: str) -> np.ndarray:
        """Years x units of one column."""
        wide = rows.pivot(index="year", columns="unit", values=column)
        return wide.reindex(index=list(self.years), columns=self.units).to_numpy(dtype=np.float64, na_value=np.nan)

    @property
    def row_count(self) -> int:
        return len(self.years) * (len(self.units) + 1)

    def column_cells(self, column: int, first: int = FIRST_DATA_ROW, count: int | None = None) -> str:
        """The cells of a column of the sheet of data, as a formula elsewhere names them."""
        name, last = xl_col_to_name(column, col_abs=True), first + (self.row_count if count is None else count)
        return f"'{self.data_sheet}'!{name}${first + 1}:{name}${last}"

    @cached_property
    def opening_unit(self) -> int:
        """The unit that the file opens with: the first of the latest ranking."""
        ranks = self.cells[self.items[0].rank_column][-(len(self.units) + 1) : -1]
        return int(np.nanargmin(ranks)) if np.isfinite(ranks).any() else 0

    def opening(self, column: int, *, is_median: bool = False, year: int = -1) -> float:
        """The value of a column for the choice that the file opens with."""
        year_values = self.cells[column].reshape(len(self.years), -1)[year]
        return float(year_values[-1 if is_median else self.opening_unit])


def _with_median(grid: np.ndarray) -> np.ndarray:
    """A line of numbers, year by year, each year's median behind its units; NaN where a year has none."""
    medians = [np.nanmedian(year_values) if np.isfinite(year_values).any() else np.nan for year_values in grid]
    return np.column_stack([grid, medians]).ravel()


# the sheet of data


def write_unit_data(worksheet: Any, sheets: UnitSheets) -> None:
    """Keys, values and ranks by unit and year, each year's medians, the labels of the drop-down, and where the choice is."""
    styles, language = sheets.styles, sheets.language
    worksheet.write_string(0, 0, wording("workbook.unit.data_title").of(language), styles(bold=True, font_size=13))
    _write_choice(worksheet, sheets)
    header = styles.header()
    for column, title in enumerate(("key", "code", "year")):
        worksheet.write_string(FIRST_DATA_ROW - 1, column, wording(f"workbook.unit.{title}").of(language), header)
    for item in sheets.items:
        titles = ["raw" if item.is_leaf else "score", "rank", *(["normalised"] if item.is_leaf else [])]
        for position, title in enumerate(titles):
            worksheet.write_string(FIRST_DATA_ROW - 2, item.column + position, item.name.of(language), header)
            worksheet.write_string(
                FIRST_DATA_ROW - 1, item.column + position, wording(f"workbook.unit.{title}").of(language), header
            )
    plain, year_style = styles(), styles(num_format="0")
    row = FIRST_DATA_ROW
    for year in sheets.years:
        for unit in [*sheets.units, ""]:
            worksheet.write_string(row, KEY_COLUMN, f"{unit}|{year}", plain)
            worksheet.write_string(row, CODE_COLUMN, unit, plain)
            worksheet.write_number(row, YEAR_COLUMN, year, year_style)
            row += 1
    for column, values in sheets.cells.items():
        for position in map(int, np.flatnonzero(np.isfinite(values))):
            worksheet.write_number(FIRST_DATA_ROW + position, column, float(values[position]))
    for position, (label, unit) in enumerate(zip(sheets.labels, sheets.units)):
        worksheet.write_string(FIRST_DATA_ROW + position, sheets.list_column, label, plain)
        worksheet.write_string(FIRST_DATA_ROW + position, sheets.list_column + 1, unit, plain)
    worksheet.freeze_panes(FIRST_DATA_ROW, FIRST_ITEM_COLUMN)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    print_first_rows(worksheet, PRINTED_ROWS, PAGE_COLUMNS - 1, wording("workbook.looked_up").of(language))


def _write_choice(worksheet: Any, sheets: UnitSheets) -> None:
    """The code chosen, its row among the records, and the row of the year's medians."""
    count = len(sheets.units)
    labels, codes = (sheets.column_cells(sheets.list_column + k, count=count) for k in range(2))
    keys = sheets.column_cells(KEY_COLUMN)
    unit_cell, year_cell = (f"'{sheets.sheet}'!{xl_rowcol_to_cell(*cell, True, True)}" for cell in (UNIT_CELL, YEAR_CELL))
    last_year = (len(sheets.years) - 1) * (count + 1)
    formulas: tuple[tuple[str, Any], ...] = (
        (f"=INDEX({codes},MATCH({unit_cell},{labels},0))", sheets.units[sheets.opening_unit]),
        (f'=MATCH($A$2&"|"&{year_cell},{keys},0)', last_year + sheets.opening_unit + 1),
        (f'=MATCH("|"&{year_cell},{keys},0)', last_year + count + 1),
    )
    for column, (formula, value) in enumerate(formulas):
        worksheet.write_formula(1, column, formula, sheets.styles(num_format="0"), value)


# the sheet to read


def write_unit_sheet(workbook: Any, worksheet: Any, sheets: UnitSheets) -> None:
    """The choice, the index and its parts, every indicator, the index over the years with a chart; one page when printed."""
    styles, language = sheets.styles, sheets.language
    worksheet.hide_gridlines(2)
    for column, width in enumerate(WIDTHS):
        worksheet.set_column(column, column, width)
    worksheet.write_string(0, 0, wording("workbook.unit.title").of(language), styles(bold=True, font_size=13))
    worksheet.write_string(1, 0, wording("workbook.unit.help").of(language), styles(font_color="#5B6672"))
    _write_drop_downs(worksheet, sheets)
    nodes, leaves = ([item for item in sheets.items if item.is_leaf is is_leaf] for is_leaf in (False, True))
    row = _write_items(worksheet, sheets, YEAR_CELL[0] + 2, "whole", nodes)
    row = _write_items(worksheet, sheets, row + 1, "indicators", leaves)
    _write_trend(workbook, worksheet, sheets, row + 1)
    worksheet.set_portrait()
    worksheet.set_paper(9)
    worksheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    worksheet.fit_to_pages(1, 1)
    worksheet.set_footer("&L&A&R&P / &N")
    if styles.notice:
        worksheet.set_header(f"&L{styles.notice}")


def _write_drop_downs(worksheet: Any, sheets: UnitSheets) -> None:
    styles, language = sheets.styles, sheets.language
    for cell, title in ((UNIT_CELL, "unit"), (YEAR_CELL, "year")):
        worksheet.write_string(cell[0], 0, wording(f"workbook.unit.{title}").of(language), styles(bold=True))
    worksheet.write_string(*UNIT_CELL, sheets.labels[sheets.opening_unit], styles(bg_color=YELLOW, border=1, bold=True))
    for column in (2, 3):  # a long name goes on in them
        worksheet.write_blank(UNIT_CELL[0], column, None, styles(bg_color=YELLOW))
    worksheet.write_number(
        *YEAR_CELL, sheets.years[-1], styles(bg_color=YELLOW, border=1, bold=True, num_format="0", align="left")
    )
    labels = sheets.column_cells(sheets.list_column, count=len(sheets.units))
    worksheet.data_validation(*UNIT_CELL, *UNIT_CELL, {"validate": "list", "source": f"={labels}"})
    years = [str(year) for year in sheets.years]
    worksheet.data_validation(*YEAR_CELL, *YEAR_CELL, {"validate": "list", "source": years})


def _write_items(worksheet: Any, sheets: UnitSheets, first_row: int, title: str, items: list[Item]) -> int:
    """A block of items under its header; the next free row."""
    styles, language = sheets.styles, sheets.language
    worksheet.write_string(first_row, 0, wording(f"workbook.unit.{title}").of(language), styles(bold=True, font_size=11))
    heads = ["item", "value", "measure", "median", "rank", "of", *(["normalised"] if title == "indicators" else []), "mark"]
    columns = [*range(len(heads) - 1), len(WIDTHS) - 1]
    for column in range(len(WIDTHS)):
        worksheet.write_blank(first_row + 1, column, None, styles.header())
    for column, head in zip(columns, heads):
        worksheet.write_string(first_row + 1, column, wording(f"workbook.unit.{head}").of(language), styles.header())
    for row, item in enumerate(items, first_row + 2):
        indent = 0 if item.is_leaf else _depth(sheets.results, item.id)
        worksheet.write_string(
            row, 0, item.name.of(language), styles(align="left", indent=2 * indent, text_wrap=True, valign="top")
        )
        worksheet.write_string(row, 2, item.measure.of(language), styles(font_color="#5B6672"))
        number_format = "#,##0.0000" if item.is_leaf else "0.00"
        _write_look_up(worksheet, sheets, (row, 1), item.column, number_format)
        _write_look_up(worksheet, sheets, (row, 3), item.column, number_format, is_median=True)
        _write_look_up(worksheet, sheets, (row, 4), item.rank_column, "0")
        _write_look_up(worksheet, sheets, (row, 5), item.rank_column, "0", is_median=True)
        if item.is_leaf:
            _write_look_up(worksheet, sheets, (row, 6), item.normalised_column, "0.0000")
        _write_mark(worksheet, sheets, row, item)
    return first_row + 2 + len(items)


def _depth(results: Results, node: str) -> int:
    parent = results.tree.parent(node)
    return 0 if parent is None else 1 + _depth(results, parent)


def _write_look_up(
    worksheet: Any, sheets: UnitSheets, cell: tuple[int, int], column: int, number_format: str, *, is_median: bool = False
) -> None:
    """The value of a column in the chosen row, or in that of the year's medians; a dash where there is none."""
    looked_up_value = f"INDEX({sheets.column_cells(column)},'{sheets.data_sheet}'!${'C' if is_median else 'B'}$2)"
    value = sheets.opening(column, is_median=is_median)
    style = sheets.styles(num_format=number_format, align="right")
    worksheet.write_formula(
        *cell, f'=IF({looked_up_value}="","{MISSING}",{looked_up_value})', style, MISSING if is_missing(value) else value
    )


def _write_mark(worksheet: Any, sheets: UnitSheets, row: int, item: Item) -> None:
    """A filled diamond in the best quarter of those ranked, an open one in the last."""
    rank_cell, of_cell = xl_rowcol_to_cell(row, 4), xl_rowcol_to_cell(row, 5)
    rank, ranked = sheets.opening(item.rank_column), sheets.opening(item.rank_column, is_median=True)
    quarter = np.ceil(ranked / 4)
    value = "" if is_missing(rank) else "◆" if rank <= quarter else "◇" if rank > ranked - quarter else ""
    formula = (
        f'=IF(ISNUMBER({rank_cell}),IF({rank_cell}<=ROUNDUP({of_cell}/4,0),"◆",'
        f'IF({rank_cell}>{of_cell}-ROUNDUP({of_cell}/4,0),"◇","")),"")'
    )
    worksheet.write_formula(row, len(WIDTHS) - 1, formula, sheets.styles(align="center"), value)


def _write_trend(workbook: Any, worksheet: Any, sheets: UnitSheets, first_row: int) -> None:
    """The index of every year beside the median, and its chart."""
    styles, language, root = sheets.styles, sheets.language, sheets.items[0]
    worksheet.write_string(first_row, 0, wording("workbook.unit.trend").of(language), styles(bold=True, font_size=11))
    for column, head in enumerate(("year", "score", "trend_median", "rank")):
        worksheet.write_string(first_row + 1, column, wording(f"workbook.unit.{head}").of(language), styles.header())
    keys = sheets.column_cells(KEY_COLUMN)
    for position, year in enumerate(sheets.years):
        row = first_row + 2 + position
        worksheet.write_number(row, 0, year, styles(num_format="0", align="left"))
        year_cell, code_cell = xl_rowcol_to_cell(row, 0), f"'{sheets.data_sheet}'!$A$2"
        looked_up = ((1, root.column, code_cell, "0.00"), (2, root.column, '""', "0.00"), (3, root.rank_column, code_cell, "0"))
        for column, source, code, number_format in looked_up:
            looked_up_value = f'INDEX({sheets.column_cells(source)},MATCH({code}&"|"&{year_cell},{keys},0))'
            value = sheets.opening(source, is_median=code == '""', year=position)
            cell_value: float | str = MISSING if is_missing(value) else value
            style = styles(num_format=number_format, align="right")
            worksheet.write_formula(row, column, f'=IF({looked_up_value}="","{MISSING}",{looked_up_value})', style, cell_value)
    if len(sheets.years) > 1:
        worksheet.insert_chart(first_row, 4, _trend_chart(workbook, sheets, first_row + 2))


def _trend_chart(workbook: Any, sheets: UnitSheets, first_row: int) -> Any:
    last_row = first_row + len(sheets.years) - 1
    chart = workbook.add_chart({"type": "line"})
    for column, colour, dash in ((1, "#B7410E", "solid"), (2, "#5B6672", "dash")):
        chart.add_series(
            {
                "name": [sheets.sheet, first_row - 1, column],
                "categories": [sheets.sheet, first_row, 0, last_row, 0],
                "values": [sheets.sheet, first_row, column, last_row, column],
                "line": {"color": colour, "width": 2, "dash_type": dash},
            }
        )
    chart.set_legend({"position": "bottom"})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#E3E8EC"}}, "num_format": "0"})
    chart.set_size({"width": 340, "height": 20 * (len(sheets.years) + 2)})
    return chart
