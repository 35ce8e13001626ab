"""results.xlsx: what to read, tables for a paper, the appendix, one table a sheet; the same bytes for the same results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..grids.data_grids import MAX_LIVE_UNITS
from ..grids.grid import Grid
from ..outline import SHEETS, Exhibit
from ..results import Results
from ..sentences import SYNTHETIC_NOTICE
from ..weight_lab import WeightLab
from .cover_sheet import COVER_TITLE, write_cover
from .live_weights import LiveSheets, has_linear_weights, write_edit_sheet, write_working_sheet
from .native_charts import write_charts
from .sheet_format import FIRST_ROW, CellStyles, fill_sheet, open_book
from .sheet_parts import TAB_COLOURS, part_of, sheet_order
from .unit_sheet import UnitSheets, write_unit_data, write_unit_sheet


def write_workbook(results: Results, path: Path, lab: WeightLab | None = None) -> Path:
    """The workbook of one run; with `lab`, a sheet of weights to try."""
    language = results.language
    workbook = open_book(path, results.title.of(language), f"run {results.manifest.get('run', '')}")
    styles = CellStyles(workbook, SYNTHETIC_NOTICE.of(language) if results.study.study.synthetic else "")
    cover_sheet = workbook.add_worksheet(COVER_TITLE.of(language))
    book = _Book(workbook, styles, results, language, lab)
    contents = [(exhibit.id, exhibit.sheet.name.of(language)) for exhibit in sheet_order() if exhibit.sheet and book.add(exhibit)]
    contents += book.add_sources()
    write_cover(cover_sheet, styles, results, contents, language)
    workbook.close()
    return path


class _Book:
    """Sheets as they are added, and the data that some of them look up, which come last."""

    def __init__(self, workbook: Any, styles: CellStyles, results: Results, language: str, lab: WeightLab | None) -> None:
        self.workbook, self.styles, self.results, self.language = workbook, styles, results, language
        self.live: LiveSheets | None = None
        if lab is not None and has_linear_weights(lab) and len(results.units) <= MAX_LIVE_UNITS:
            self.live = LiveSheets(results, lab, styles, language)
        self.units = UnitSheets.of(results, styles, language)

    def add(self, exhibit: Exhibit) -> bool:
        """Whether the sheet had something to show and was added."""
        special_sheets = {"charts": self._add_charts, "live_weights": self._add_live_weights, "unit_sheet": self._add_unit_sheet}
        if exhibit.id in special_sheets:
            return special_sheets[exhibit.id]()
        grid = exhibit.grid(self.results) if exhibit.grid is not None else None
        if grid is None or not len(grid):
            return False
        worksheet = self._sheet(exhibit.id)
        fill_sheet(worksheet, self.styles, grid, self.language)
        if exhibit.id == "ranking":
            _ranking_extras(worksheet, grid)
        return True

    def add_sources(self) -> list[tuple[str, str]]:
        """The sheets that others look up; id and name of each."""
        added_sheets = []
        if self.live is not None:
            write_working_sheet(self._named_sheet("working", self.live.working_sheet), self.live)
            added_sheets.append(("working", self.live.working_sheet))
        if self.units is not None:
            write_unit_data(self._named_sheet("unit_data", self.units.data_sheet), self.units)
            added_sheets.append(("unit_data", self.units.data_sheet))
        return added_sheets

    def _add_charts(self) -> bool:
        if self.results.years:
            write_charts(self.workbook, self._sheet("charts"), self.styles, self.results, self.language)
        return bool(self.results.years)

    def _add_live_weights(self) -> bool:
        if self.live is not None:
            write_edit_sheet(self._sheet("live_weights"), self.live)
        return self.live is not None

    def _add_unit_sheet(self) -> bool:
        if self.units is not None:
            write_unit_sheet(self.workbook, self._sheet("unit_sheet"), self.units)
        return self.units is not None

    def _sheet(self, exhibit_id: str) -> Any:
        return self._named_sheet(exhibit_id, SHEETS[exhibit_id].name.of(self.language))

    def _named_sheet(self, sheet_id: str, name: str) -> Any:
        worksheet = self.workbook.add_worksheet(name)
        worksheet.set_tab_color(TAB_COLOURS[part_of(sheet_id)])
        return worksheet


def _ranking_extras(worksheet: Any, grid: Grid) -> None:
    """A data bar on the score and a tint on the scores of dimensions and parts."""
    last_row = FIRST_ROW + len(grid) - 1
    bar = {"type": "data_bar", "bar_color": "#9CC4E0", "bar_solid": True, "min_type": "num", "min_value": 0}
    worksheet.conditional_format(FIRST_ROW, 3, last_row, 3, bar)
    colour_scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#8FBFCB"}
    first_part = next((k for k, column in enumerate(grid.columns) if k > 3 and column.cell_format == "2"), len(grid.columns))
    worksheet.conditional_format(FIRST_ROW, first_part, last_row, len(grid.columns) - 2, colour_scale)
