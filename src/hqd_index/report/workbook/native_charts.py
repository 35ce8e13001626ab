"""The sheet of native charts: the ranking, and the first and last units over the years."""

from __future__ import annotations

from typing import Any

from ..grids import index_grids
from ..grids.grid import Grid
from ..outline import SHEETS
from ..results import Results
from ..unit_ends import ENDS, is_many
from ..wording import wording
from .sheet_format import FIRST_ROW, CellStyles


def write_charts(workbook: Any, worksheet: Any, styles: CellStyles, results: Results, language: str) -> None:
    """A sheet with two native charts: the ranking, and the first and last three units over the years."""
    worksheet.hide_gridlines(2)
    worksheet.write_string(0, 0, wording("workbook.charts_title").of(language), styles(bold=True, font_size=13))
    ranking, panel = index_grids.ranking(results), index_grids.panel(results)
    if ranking is None or panel is None:
        return
    worksheet.insert_chart(2, 0, _ranking_chart(workbook, ranking, language))
    if len({row[2] for row in panel.rows}) > 1:
        worksheet.insert_chart(2, 10, _trend_chart(workbook, results, panel, language))
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 1)


def _ranking_chart(workbook: Any, grid: Grid, language: str) -> Any:
    bars = len(grid) if not is_many(len(grid)) else 2 * ENDS
    last_row, sheet = FIRST_ROW + bars - 1, SHEETS["ranking"].name.of(language)
    chart = workbook.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": [sheet, FIRST_ROW - 1, 3],
            "categories": [sheet, FIRST_ROW, 2, last_row, 2],
            "values": [sheet, FIRST_ROW, 3, last_row, 3],
            "fill": {"color": "#2F6F9F"},
            "gap": 40,
            "data_labels": {"value": True, "num_format": "0.0", "font": {"size": 8}},
        }
    )
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "interval_unit": 1})
    chart.set_x_axis({"min": 0, "num_font": {"size": 8}, "major_gridlines": {"visible": True, "line": {"color": "#E3E8ED"}}})
    chart.set_legend({"none": True})
    chart.set_title({"name": grid.title.of(language), "name_font": {"size": 11}})
    chart.set_size({"width": 620, "height": 80 + 19 * bars})
    return chart


def _trend_chart(workbook: Any, results: Results, grid: Grid, language: str) -> Any:
    ranked_units = results.ranking(results.years[-1]).dropna(subset=["rank"])
    chart_units = list(dict.fromkeys([*ranked_units["unit"].head(3), *ranked_units["unit"].tail(3)]))
    chart, sheet = workbook.add_chart({"type": "line"}), SHEETS["panel"].name.of(language)
    for unit in chart_units:
        sheet_rows = [FIRST_ROW + i for i, grid_row in enumerate(grid.rows) if grid_row[0] == unit]
        chart.add_series(
            {
                "name": [sheet, sheet_rows[0], 1],
                "categories": [sheet, sheet_rows[0], 2, sheet_rows[-1], 2],
                "values": [sheet, sheet_rows[0], 3, sheet_rows[-1], 3],  # the root is the first node of the panel
                "marker": {"type": "circle", "size": 4},
            }
        )
    title = wording("workbook.chart.trend")
    chart.set_title({"name": title.of(language), "name_font": {"size": 11}})
    chart.set_y_axis({"num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#E3E8ED"}}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 640, "height": 380})
    return chart
