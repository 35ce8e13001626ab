"""Two sheets in which weights can be edited and scores and ranks follow by formula: the lab's joining rule, for a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from ...index.competition_rank import competition
from ..bilingual import Bilingual
from ..number_format import MISSING, is_missing
from ..results import Results
from ..weight_lab import Array, Design, WeightLab, scores
from ..wording import wording, wordings
from .print_layout import PAGE_COLUMNS, PRINTED_ROWS, print_first_rows
from .sheet_format import CellStyles

FIRST_WEIGHT_ROW = 6
"""Row of the first weight, and of the first line of the ranking beside it."""
RANKING_COLUMN = 9
"""Column at which the ranking begins."""
FIRST_UNIT_ROW = 3
"""Row of the first unit on the sheet of working; below names, ids and weights."""
FIRST_LEAF_COLUMN = 4
"""Column of the first leaf on the sheet of working; after code, name, year and published rank."""
UNRANKED_SENTINEL = 999_999
TITLE = wording("workbook.live.title")
SHEET_DESCRIPTION = wording("workbook.live.description")
SCENARIO_FROM_PAGE = wording("workbook.live.from_page")
WEIGHT_HEADERS = tuple(wordings("workbook.live_weights").values())  # fmt: skip
RANKING_HEADERS = tuple(wordings("workbook.live_ranking").values())  # fmt: skip
TAIL_HEADERS = tuple(wordings("workbook.live_tail").values())


@dataclass(frozen=True)
class LiveSheets:
    """What the two sheets are made from, and the place of everything on them."""

    results: Results
    lab: WeightLab
    styles: CellStyles
    language: str

    @property
    def edit_sheet(self) -> str:
        return wording("workbook.sheet.live_weights").of(self.language)

    @property
    def working_sheet(self) -> str:
        return wording("workbook.sheet.working").of(self.language)

    @property
    def design(self) -> Design:
        return self.lab.designs[0]

    @property
    def root(self) -> str:
        return self.design.tree.root

    def depth(self, node: str) -> int:
        parent = self.design.tree.parent(node)
        return 0 if parent is None else 1 + self.depth(parent)

    @cached_property
    def weights(self) -> dict[str, int]:
        """node -> row of its weight."""
        return {node: FIRST_WEIGHT_ROW + k for k, node in enumerate(node for node in self.design.tree.order if node != self.root)}

    @cached_property
    def columns(self) -> dict[str, int]:
        """node -> column of its values; children of a node are side by side, so that one range holds them."""
        order = self.design.tree.order
        inner = sorted(self.design.tree.inner, key=lambda node: (-self.depth(node), order.index(node)))
        return {node: FIRST_LEAF_COLUMN + k for k, node in enumerate([*self.lab.leaves, *inner])}

    @property
    def tail_column(self) -> int:
        """Column after the last node: coverage, then the score ranked, rank and sort key."""
        return FIRST_LEAF_COLUMN + len(self.columns)

    @property
    def all_years(self) -> int:
        """Row of the first value of all years."""
        return FIRST_UNIT_ROW + len(self.lab.units) + 3

    def unit_cells(self, column: int, *, sheet: bool = False) -> str:
        """The units' cells of a column of the working sheet."""
        name = xl_col_to_name(column, col_abs=True)
        sheet_prefix = f"'{self.working_sheet}'!" if sheet else ""
        return f"{sheet_prefix}{name}${FIRST_UNIT_ROW + 1}:{name}${FIRST_UNIT_ROW + len(self.lab.units)}"

    def history_cells(self, column: int, *, sheet: bool = False) -> str:
        """The cells of a column that hold all years."""
        name = xl_col_to_name(column, col_abs=True)
        sheet_prefix, size = f"'{self.working_sheet}'!" if sheet else "", len(self.lab.units) * len(self.lab.years)
        return f"{sheet_prefix}{name}${self.all_years + 1}:{name}${self.all_years + size}"

    @cached_property
    def node_scores(self) -> dict[str, Array]:
        """Scores of the latest year (the root's in points): what the formulas give as the file is opened."""
        node_scores, _ = scores(self.design, self.lab.leaves, self.lab.values[-1], self.design.weights(self.lab.years[-1]))
        return {node: column * (100 if node == self.root else 1) for node, column in node_scores.items()}

    @cached_property
    def coverage(self) -> Array:
        return scores(self.design, self.lab.leaves, self.lab.values[-1], self.design.weights(self.lab.years[-1]))[1]

    @cached_property
    def ranked_scores(self) -> Array:
        """Scores that may be ranked; NaN where coverage is too low."""
        return np.where(self.coverage >= self.results.study.weighting.coverage.rank_from, self.node_scores[self.root], np.nan)

    @cached_property
    def ranks(self) -> Array:
        return competition(self.ranked_scores)


def has_linear_weights(weight_lab_data: WeightLab | None) -> bool:
    """Whether every node of the published design is a weighted mean, which is what the formulas repeat."""
    return weight_lab_data is not None and all(method == "arithmetic" for method, _ in weight_lab_data.designs[0].joins.values())


def write_edit_sheet(worksheet: Any, sheets: LiveSheets) -> None:
    """The sheet of weights to edit, with the ranking that follows."""
    _weight_table(worksheet, sheets)
    _ranking_table(worksheet, sheets)


def write_working_sheet(worksheet: Any, sheets: LiveSheets) -> None:
    """The arithmetic behind it."""
    _fill_working_sheet(worksheet, sheets)
    _history_rows(worksheet, sheets)


def _opening_value(number: Any) -> float | str:
    """A formula's value as the file is opened."""
    return MISSING if is_missing(number) else float(number)


def _weight_table(worksheet: Any, sheets: LiveSheets) -> None:
    """The year, and every node's weight, rescaled within its parent and in the whole."""
    styles, design, year = sheets.styles, sheets.design, sheets.lab.years[-1]
    worksheet.write_string(0, 0, TITLE.of(sheets.language), styles(bold=True, font_size=13))
    remark = SCENARIO_FROM_PAGE.of(sheets.language) if "page" in sheets.results.study.study.outputs else ""
    worksheet.write_string(1, 0, SHEET_DESCRIPTION.of(sheets.language) + remark, styles(font_color="#5B6672"))
    worksheet.write_string(3, 0, wording("workbook.live.year").of(sheets.language), styles(bold=True))
    worksheet.write_number(3, 3, year, styles(num_format="0", bg_color="#FFF7C2", border=1))
    worksheet.data_validation(3, 3, 3, 3, {"validate": "list", "source": [str(year) for year in sheets.lab.years]})
    _write_headers(worksheet, sheets, 0, WEIGHT_HEADERS, (22, 30, 14, 13, 10, 12))
    shares, shares_in_index = design.weights(year), {sheets.root: 1.0}
    for node, row in sheets.weights.items():
        parent = design.tree.parent(node) or sheets.root
        share = shares.get(node, 0.0)
        shares_in_index[node] = shares_in_index[parent] * share
        worksheet.write_string(row, 0, sheets.results.name(parent).of(sheets.language), styles())
        worksheet.write_string(row, 1, sheets.results.name(node).of(sheets.language), styles(indent=sheets.depth(node) - 1))
        worksheet.write_string(row, 2, node, styles(font_color="#5B6672"))
        worksheet.write_number(row, 3, share, styles(num_format="0.0000", bg_color="#FFF7C2", border=1))
        sum_formula = "+".join(f"$D${sheets.weights[child] + 1}" for child in design.tree.children(parent))
        worksheet.write_formula(
            row, 4, f"=IF(({sum_formula})>0,D{row + 1}/({sum_formula}),0)", styles(num_format="0.0000"), share
        )
        parent_share = "" if parent == sheets.root else f"*F{sheets.weights[parent] + 1}"
        worksheet.write_formula(row, 5, f"=E{row + 1}{parent_share}", styles(num_format="0.0000"), shares_in_index[node])
    last_row = FIRST_WEIGHT_ROW + len(sheets.weights) - 1
    worksheet.data_validation(FIRST_WEIGHT_ROW, 3, last_row, 3, {"validate": "decimal", "criteria": ">=", "value": 0})
    worksheet.freeze_panes(FIRST_WEIGHT_ROW, 0)
    worksheet.hide_gridlines(2)
    worksheet.set_column(6, RANKING_COLUMN - 1, 2)
    _print_setup(worksheet)


def _print_setup(worksheet: Any) -> None:
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)


def _write_headers(
    worksheet: Any, sheets: LiveSheets, column: int, titles: tuple[Bilingual, ...], column_widths: tuple[int, ...]
) -> None:
    for j, (title, width) in enumerate(zip(titles, column_widths)):
        worksheet.write_string(FIRST_WEIGHT_ROW - 1, column + j, title.of(sheets.language), sheets.styles.header())
        worksheet.set_column(column + j, column + j, width)


def _ranking_table(worksheet: Any, sheets: LiveSheets) -> None:
    """Units in the order of their rank, beside the rank published for the chosen year."""
    _write_headers(worksheet, sheets, RANKING_COLUMN, RANKING_HEADERS, (8, 9, 34, 12, 12))
    keys = sheets.unit_cells(sheets.tail_column + 3, sheet=True)
    sources = [
        sheets.unit_cells(column_index, sheet=True)
        for column_index in (sheets.tail_column + 2, 0, 1, sheets.columns[sheets.root], 3)
    ]
    ranks, units, points = sheets.ranks, sheets.lab.units, sheets.node_scores[sheets.root]
    published_ranks = _published_ranks_of(sheets, sheets.lab.years[-1])
    for line, k in enumerate(
        sorted(range(len(units)), key=lambda k: (UNRANKED_SENTINEL if is_missing(ranks[k]) else ranks[k], k))
    ):
        unit_label = sheets.results.unit_name(units[k]).of(sheets.language)
        cell_values = (
            _opening_value(ranks[k]),
            units[k],
            unit_label,
            _opening_value(points[k]),
            _opening_value(published_ranks.get(units[k])),
        )
        column_index = f"MATCH(SMALL({keys},{line + 1}),{keys},0)"
        for j, (source, number_format, cell_value) in enumerate(zip(sources, ("0", "@", "@", "0.0000", "0"), cell_values)):
            worksheet.write_formula(
                FIRST_WEIGHT_ROW + line,
                RANKING_COLUMN + j,
                f"=INDEX({source},{column_index})",
                sheets.styles(num_format=number_format),
                cell_value,
            )
    last_row = FIRST_WEIGHT_ROW + len(units) - 1
    bar = {"type": "data_bar", "bar_color": "#9CC4E0", "bar_solid": True, "min_type": "num", "min_value": 0}
    worksheet.conditional_format(FIRST_WEIGHT_ROW, RANKING_COLUMN + 3, last_row, RANKING_COLUMN + 3, bar)


def _published_ranks_of(sheets: LiveSheets, year: int) -> dict[str, Any]:
    """unit -> published rank of a year."""
    table = sheets.results.ranking(year)
    return dict(zip(table["unit"], table["rank"]))


def _fill_working_sheet(worksheet: Any, sheets: LiveSheets) -> None:
    """The chosen year: values of the leaves, scores of the nodes, coverage, rank and sort key of every unit."""
    styles, results, year = sheets.styles, sheets.results, sheets.lab.years[-1]
    shares = sheets.design.weights(year)
    for node, column in sheets.columns.items():
        worksheet.write_string(0, column, results.name(node).of(sheets.language), styles.header())
        worksheet.write_string(1, column, node, styles.header())
        if node != sheets.root:
            formula = f"='{sheets.edit_sheet}'!$E${sheets.weights[node] + 1}"
            worksheet.write_formula(2, column, formula, styles(num_format="0.0000"), shares.get(node, 0.0))
    labels = tuple(wordings("workbook.live_unit").values())
    for column, label in [*enumerate(labels), *((sheets.tail_column + j, label) for j, label in enumerate(TAIL_HEADERS))]:
        worksheet.write_string(1, column, label.of(sheets.language), styles.header())
    for k, unit in enumerate(sheets.lab.units):
        sheet_row = FIRST_UNIT_ROW + k
        worksheet.write_string(sheet_row, 0, unit, styles())
        worksheet.write_string(sheet_row, 1, results.unit_name(unit).of(sheets.language), styles())
        worksheet.write_formula(sheet_row, 2, f"='{sheets.edit_sheet}'!$D$4", styles(num_format="0"), year)
        for column in (3, *range(FIRST_LEAF_COLUMN, FIRST_LEAF_COLUMN + len(sheets.lab.leaves))):
            _lookup_formula(worksheet, sheets, k, column)
        for node in sheets.design.tree.inner:
            worksheet.write_formula(
                sheet_row,
                sheets.columns[node],
                _node_formula(sheets, node, sheet_row),
                styles(num_format="0.0000"),
                _opening_value(sheets.node_scores[node][k]),
            )
        _rank_columns(worksheet, sheets, k)
    worksheet.freeze_panes(FIRST_UNIT_ROW, 2)
    _print_setup(worksheet)
    print_first_rows(worksheet, PRINTED_ROWS, PAGE_COLUMNS - 1, wording("workbook.looked_up").of(sheets.language))
    worksheet.set_column(0, 0, 8)
    worksheet.set_column(1, 1, 28)


def _lookup_formula(worksheet: Any, sheets: LiveSheets, k: int, column: int) -> None:
    """One unit's cell of the chosen year, taken from the rows of all years, which keep the order of the units."""
    row, year = FIRST_UNIT_ROW + k, sheets.lab.years[-1]
    formula = f"=INDEX({sheets.history_cells(column)},MATCH($C{row + 1},{sheets.history_cells(2)},0)+{k})"
    value = (
        _published_ranks_of(sheets, year).get(sheets.lab.units[k])
        if column == 3
        else sheets.lab.values[-1][k, column - FIRST_LEAF_COLUMN]
    )
    worksheet.write_formula(
        row, column, formula, sheets.styles(num_format="0" if column == 3 else "0.0000"), _opening_value(value)
    )


def _node_formula(sheets: LiveSheets, node: str, sheet_row: int) -> str:
    """Weighted mean of the children present, their weights rescaled; a dash below the least number of children."""
    tree = sheets.design.tree
    children = tree.children(node)
    first_column, last_column = sheets.columns[children[0]], sheets.columns[children[-1]]
    cells = f"{xl_rowcol_to_cell(sheet_row, first_column)}:{xl_rowcol_to_cell(sheet_row, last_column)}"
    shares = f"{xl_rowcol_to_cell(2, first_column, row_abs=True)}:{xl_rowcol_to_cell(2, last_column, row_abs=True)}"
    min_children = len(children) if any(tree.children(child) for child in children) else sheets.design.min_children
    weight_present = f"SUMPRODUCT({shares},--ISNUMBER({cells}))"
    points = "100*" if node == sheets.root else ""
    mean = f'IF({weight_present}>0,{points}SUMPRODUCT({shares},{cells})/{weight_present},"{MISSING}")'
    return f'=IF(COUNT({cells})<{min_children},"{MISSING}",{mean})'


def _rank_columns(worksheet: Any, sheets: LiveSheets, k: int) -> None:
    """Coverage; the score if it may be ranked, else -1; competition rank with the tie rule; a key that sorts ties by code."""
    row, styles = FIRST_UNIT_ROW + k, sheets.styles
    coverage_cell, score_cell, rank_cell = (xl_rowcol_to_cell(row, sheets.tail_column + j) for j in range(3))
    root = xl_rowcol_to_cell(row, sheets.columns[sheets.root])
    formula_parts = (
        f"'{sheets.edit_sheet}'!$F${sheets.weights[leaf] + 1}*ISNUMBER({xl_rowcol_to_cell(row, sheets.columns[leaf])})"
        for leaf in sheets.lab.leaves
    )
    min_coverage = sheets.results.study.weighting.coverage.rank_from
    score, rank_value = sheets.ranked_scores[k], sheets.ranks[k]
    ranked_formula = f"=IF(AND(ISNUMBER({root}),{coverage_cell}>={min_coverage!r}-1E-12),{root},-1)"
    rank_formula = (
        f'=IF({score_cell}<0,"{MISSING}",SUMPRODUCT(--({sheets.unit_cells(sheets.tail_column + 1)}>{score_cell}+1E-9))+1)'
    )
    key = (UNRANKED_SENTINEL if is_missing(rank_value) else float(rank_value)) + (k + 1) / 100_000
    worksheet.write_formula(
        row, sheets.tail_column, f"={'+'.join(formula_parts)}", styles(num_format="0.00%"), float(sheets.coverage[k])
    )
    worksheet.write_formula(
        row, sheets.tail_column + 1, ranked_formula, styles(num_format="0.0000"), -1.0 if is_missing(score) else float(score)
    )
    worksheet.write_formula(row, sheets.tail_column + 2, rank_formula, styles(num_format="0"), _opening_value(rank_value))
    worksheet.write_formula(
        row, sheets.tail_column + 3, f"=IF(ISNUMBER({rank_cell}),{rank_cell},{UNRANKED_SENTINEL})+{k + 1}/100000", styles(), key
    )


def _history_rows(worksheet: Any, sheets: LiveSheets) -> None:
    """Published rank and normalised values of every unit in every year; a dash where there is none."""
    row = sheets.all_years
    for block, year in zip(sheets.lab.values, sheets.lab.years):
        published_ranks = _published_ranks_of(sheets, year)
        for unit, unit_values in zip(sheets.lab.units, block):
            worksheet.write_string(row, 0, unit, sheets.styles())
            worksheet.write_number(row, 2, year, sheets.styles(num_format="0"))
            for column, cell_value in [(3, published_ranks.get(unit)), *enumerate(unit_values, FIRST_LEAF_COLUMN)]:
                if is_missing(cell_value):
                    worksheet.write_string(row, column, MISSING, sheets.styles())
                else:
                    worksheet.write_number(
                        row, column, float(cell_value), sheets.styles(num_format="0" if column == 3 else "0.0000")
                    )
            row += 1
