"""results.xlsx: one table a sheet in the order people read, with native charts; the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import data_grids, index_grids, model_grids
from .cells import FIRST, Styles, fill, open_book
from .grids import Column, Grid
from .lab import Lab
from .live import linear, write_live
from .results import Results
from .sentences import ASSUMPTION, MECHANICAL, SYNTHETIC, findings
from .words import Pair


@dataclass(frozen=True)
class Sheet:
    """A sheet's name and what fills it."""

    name: Pair
    about: Pair
    make: Callable[[Results], Grid | None]
    decorate: Callable[[Any, Any, Results, Grid, str], None] | None = None


def write_workbook(results: Results, path: Path, lab: Lab | None = None) -> Path:
    """The workbook of one run; with `lab`, a sheet of weights to try."""
    language = results.language
    book = open_book(path, results.study.study.label[language], f"run {results.manifest.get('run', '')}")
    styles = Styles(book)
    cover = book.add_worksheet(PAIR_COVER.of(language))
    made = []
    for sheet in SHEETS:
        grid = sheet.make(results)
        if grid is None or not len(grid):
            continue
        page = book.add_worksheet(sheet.name.of(language))
        fill(page, styles, grid, language)
        if sheet.decorate:
            sheet.decorate(book, page, results, grid, language)
        made.append(sheet)
        if sheet.name.en == "Weights" and lab is not None and linear(lab):
            write_live(book, styles, results, lab, language)
            made.append(LIVE)
    _cover(cover, styles, results, made, language)
    book.close()
    return path


def _cover(page: Any, styles: Styles, results: Results, sheets: Sequence[Sheet], language: str) -> None:
    study, manifest = results.study.study, results.manifest
    page.hide_gridlines(2)
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 100)
    page.write_string(0, 0, study.label[language], styles(bold=True, font_size=16))
    page.set_row(0, 28)
    years = f"{results.years[0]}–{results.years[-1]}" if results.years else "—"
    lines = [
        (Pair("单位 × 年份", "Units x years"), f"{len(results.units)} × {years}"),
        (Pair("运行编号", "Run"), str(manifest.get("run", ""))),
        (Pair("程序", "Program"), str(manifest.get("program", ""))),
        (Pair("配置", "Configuration"), _digests(manifest.get("config", {}))),
        (Pair("数据", "Data"), _digests(manifest.get("inputs", {}))),
    ]
    if study.synthetic:
        lines.insert(0, (Pair("注意", "Note"), SYNTHETIC.of(language)))
    row = 2
    for label, text in lines:
        page.write_string(row, 0, label.of(language), styles(bold=True, valign="top"))
        page.write_string(row, 1, text, styles(text_wrap=True, valign="top"))
        row += 1
    row = _block(
        page, styles, row + 1, Pair("主要发现", "Findings").of(language), [f.text.of(language) for f in findings(results)]
    )
    page.write_string(row + 1, 0, Pair("目录", "Contents").of(language), styles(bold=True, font_size=12))
    for k, sheet in enumerate(sheets):
        name = sheet.name.of(language)
        page.write_url(row + 2 + k, 0, f"internal:'{name}'!A1", styles(font_color="#0B5E8A", underline=1), string=name)
        page.write_string(row + 2 + k, 1, sheet.about.of(language), styles(text_wrap=True))
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _block(page: Any, styles: Styles, row: int, title: str, lines: Sequence[str]) -> int:
    """A heading and numbered lines; the next free row."""
    page.write_string(row, 0, title, styles(bold=True, font_size=12))
    for k, line in enumerate(lines):
        page.write_number(row + 1 + k, 0, k + 1, styles(valign="top", align="left", num_format="0"))
        page.write_string(row + 1 + k, 1, line, styles(text_wrap=True, valign="top"))
    return row + 1 + len(lines)


def _digests(digests: Any) -> str:
    return "; ".join(f"{name} {digest[:12]}" for name, digest in sorted(dict(digests).items()))


def _ranking_extras(book: Any, page: Any, results: Results, grid: Grid, language: str) -> None:
    """A data bar on the score, a colour scale on the parts, and a native stacked chart of the parts' scores."""
    last = FIRST + len(grid) - 1
    page.conditional_format(
        FIRST, 3, last, 3, {"type": "data_bar", "bar_color": "#9CC4E0", "bar_solid": True, "min_type": "num", "min_value": 0}
    )
    parts = len(grid.columns) - 8
    page.conditional_format(FIRST, 7, last, 6 + parts, {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#8FBFCB"})
    chart = book.add_chart({"type": "bar"})
    name = page.get_name()
    chart.add_series(
        {
            "name": grid.columns[3].title.of(language),
            "categories": [name, FIRST, 2, last, 2],
            "values": [name, FIRST, 3, last, 3],
            "fill": {"color": "#2F6F9F"},
            "gap": 40,
            "data_labels": {"value": True, "num_format": "0.0"},
        }
    )
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "interval_unit": 1})
    chart.set_x_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E3E8ED"}}})
    chart.set_legend({"none": True})
    chart.set_title({"name": grid.title.of(language), "name_font": {"size": 11}})
    chart.set_size({"width": 620, "height": 60 + 20 * len(grid)})
    page.insert_chart(FIRST - 1, len(grid.columns) + 1, chart)


def _notes(results: Results) -> Grid:
    """What the marks mean and what to keep in mind."""
    texts = [
        Pair("空单元格表示缺失；任何缺失都不以 0 代替。", "An empty cell is missing; nothing missing is written as 0."),
        Pair(
            "得分 0–100，先排名后四舍五入；全精度数值见 tables/*.csv。",
            "Scores are 0-100, ranked before rounding; full precision in tables/*.csv.",
        ),
        Pair(
            "“全部企业”与“剔除专精特新企业”使用同样的公式、上下界与权重。",
            "'All firms' and 'recognised firms left out' share formulas, bounds and weights.",
        ),
        ASSUMPTION,
        MECHANICAL,
    ]
    return Grid(
        Pair("说明", "Notes"), (Column(Pair("说明", "Note"), "text", 120),), tuple((text,) for text in texts), ("manifest",)
    )


def _trend_chart(book: Any, page: Any, results: Results, grid: Grid, language: str) -> None:
    """Lines of the first three and last three units over the years."""
    if len(results.years) < 2:
        return
    ranked = results.ranking(results.years[-1]).dropna(subset=["rank"])
    chosen = list(dict.fromkeys([*ranked["unit"].head(3), *ranked["unit"].tail(3)]))
    score = 3 + [c.title.en for c in grid.columns[3:]].index(f"{results.name(results.tree.root).en} {results.tree.root}")
    chart, name = book.add_chart({"type": "line"}), page.get_name()
    for unit in chosen:
        rows = [FIRST + i for i, row in enumerate(grid.rows) if row[0] == unit]
        chart.add_series(
            {
                "name": results.unit_name(unit).of(language),
                "categories": [name, rows[0], 2, rows[-1], 2],
                "values": [name, rows[0], score, rows[-1], score],
                "marker": {"type": "circle", "size": 4},
            }
        )
    chart.set_title(
        {"name": Pair("前三与后三单位的走势", "First and last three units over time").of(language), "name_font": {"size": 11}}
    )
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 640, "height": 360})
    page.insert_chart(FIRST - 1, len(grid.columns) + 1, chart)


PAIR_COVER = Pair("封面", "Cover")
LIVE = Sheet(
    Pair("权重试算", "Try weights"),
    Pair("改权重，得分与名次由公式重算", "Weights to edit; scores and ranks by formula"),
    lambda results: None,
)
SHEETS = (
    Sheet(
        Pair("排名", "Ranking"),
        Pair("最新年的名次、指数与各维度得分", "Latest ranks, index and parts"),
        index_grids.ranking,
        _ranking_extras,
    ),
    Sheet(
        Pair("指数面板", "Panel"), Pair("单位 × 年份的全部得分", "All scores by unit and year"), index_grids.panel, _trend_chart
    ),
    Sheet(Pair("指标面板", "Indicators"), Pair("指标原值", "Raw indicator values"), index_grids.indicators),
    Sheet(
        Pair("权重", "Weights"), Pair("信息熵 e、差异系数 d、权重 w", "Entropy e, divergence d, weight w"), index_grids.weights
    ),
    Sheet(Pair("情景", "Scenarios"), Pair("换一种算法时的名次", "Ranks under other designs"), index_grids.scenarios),
    Sheet(Pair("回归", "Regressions"), Pair("专精特新密度的全部系数", "All coefficients"), model_grids.regressions),
    Sheet(Pair("假设检验", "Hypotheses"), Pair("每条假设一个结论", "One verdict per hypothesis"), model_grids.hypotheses),
    Sheet(
        Pair("贡献", "Contribution"),
        Pair("核算、构成与外溢、反事实路径", "Accounting, composition, path"),
        model_grids.contribution,
    ),
    Sheet(Pair("数据去向", "Data"), Pair("每个原始文件的行去向", "Where raw rows went"), data_grids.ledger),
    Sheet(Pair("隔离统计", "Quarantine"), Pair("按规则统计", "By rule"), data_grids.rules),
    Sheet(Pair("未生成", "Not made"), Pair("本次未能生成的表及原因", "What could not be made, and why"), data_grids.not_made),
    Sheet(Pair("变量字典", "Codebook"), Pair("变量、单位、方向、公式、来源", "Variables, units, formulas"), data_grids.codebook),
    Sheet(Pair("说明", "Notes"), Pair("口径与提示", "Conventions and cautions"), _notes),
)
