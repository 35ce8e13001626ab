"""results.xlsx: one table a sheet in the order people read, with native charts; the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...tables import TABLES
from ..bilingual import Bilingual
from ..grids import data_grids, index_grids, model_grids
from ..grids.grid import Column, Grid
from ..grids.published_grids import published
from ..key_findings import findings
from ..results import Results
from ..sentences import ASSUMPTION, MECHANICAL, SYNTHETIC
from ..weight_lab import Lab
from .live_weights import linear, write_live
from .sheet_format import FIRST, Styles, fill, open_book


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, what it holds, and the grid that fills it."""

    name: Bilingual
    about: Bilingual
    make: Callable[[Results], Grid | None]


def _sheet(name: str) -> Sheet:
    """A published table as it is; none where the contract has no such table."""
    table = TABLES.get(name)
    title = Bilingual(table.zh, table.en) if table else Bilingual(name, name)
    short = Bilingual(title.zh[:31], title.en[:31])
    return Sheet(short, Bilingual(f"tables/{name}.csv", f"tables/{name}.csv"), published(name))


def write_workbook(results: Results, path: Path, lab: Lab | None = None) -> Path:
    """The workbook of one run; with `lab`, a sheet of weights to try."""
    language = results.language
    book = open_book(path, results.study.study.label[language], f"run {results.manifest.get('run', '')}")
    styles = Styles(book, SYNTHETIC.of(language) if results.study.study.synthetic else "")
    cover = book.add_worksheet(COVER.of(language))
    made = [sheet for sheet in SHEETS if _add(book, styles, sheet, results, lab, language)]
    _cover(cover, styles, results, made, language)
    book.close()
    return path


def _add(book: Any, styles: Styles, sheet: Sheet, results: Results, lab: Lab | None, language: str) -> bool:
    """Whether the sheet had something to show and was added."""
    if sheet is CHARTS and results.years:
        _charts(book, styles, results, language)
        return True
    if sheet is LIVE and lab is not None and linear(lab):
        write_live(book, styles, results, lab, language)
        return True
    grid = sheet.make(results)
    if grid is None or not len(grid):
        return False
    page = book.add_worksheet(sheet.name.of(language))
    fill(page, styles, grid, language)
    if sheet.name == RANKING:
        _ranking_extras(page, grid)
    return True


def _cover(page: Any, styles: Styles, results: Results, sheets: Sequence[Sheet], language: str) -> None:
    study, manifest = results.study.study, results.manifest
    page.hide_gridlines(2)
    page.set_column(0, 0, 22)
    page.set_column(1, 1, COVER_WIDTH)
    page.write_string(0, 0, study.label[language], styles(bold=True, font_size=16))
    page.set_row(0, 28)
    years = f"{results.years[0]}–{results.years[-1]}" if results.years else "—"
    lines = [
        (Bilingual("单位 × 年份", "Units x years"), f"{len(results.units)} × {years}"),
        (Bilingual("运行编号", "Run"), str(manifest.get("run", ""))),
        (Bilingual("程序", "Program"), str(manifest.get("program", ""))),
        (Bilingual("配置", "Configuration"), _files(manifest.get("config", {}), language)),
        (Bilingual("数据", "Data"), _files(manifest.get("inputs", {}), language)),
    ]
    if study.synthetic:
        lines.insert(0, (Bilingual("注意", "Note"), SYNTHETIC.of(language)))
    row = 2
    for label, text in lines:
        page.write_string(row, 0, label.of(language), styles(bold=True, valign="top"))
        _paragraph(page, styles, row, text)
        row += 1
    row = _block(
        page, styles, row + 1, Bilingual("主要发现", "Findings").of(language), [f.text.of(language) for f in findings(results)]
    )
    page.write_string(row + 1, 0, Bilingual("目录", "Contents").of(language), styles(bold=True, font_size=12))
    for k, sheet in enumerate(sheets):
        name = sheet.name.of(language)
        page.write_url(row + 2 + k, 0, f"internal:'{name}'!A1", styles(font_color="#0B5E8A", underline=1), string=name)
        page.write_string(row + 2 + k, 1, sheet.about.of(language), styles(text_wrap=True))
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _paragraph(page: Any, styles: Styles, row: int, text: str) -> None:
    """Wrapped text in the second column, the row as high as it needs (a Chinese character is two wide)."""
    page.write_string(row, 1, text, styles(text_wrap=True, valign="top"))
    width = sum(2 if ord(sign) > 0x2E80 else 1 for sign in text)
    page.set_row(row, 15 * max(1, -(-width // (COVER_WIDTH - 4))))


def _block(page: Any, styles: Styles, row: int, title: str, lines: Sequence[str]) -> int:
    """A heading and numbered lines; the next free row."""
    page.write_string(row, 0, title, styles(bold=True, font_size=12))
    for k, line in enumerate(lines):
        page.write_number(row + 1 + k, 0, k + 1, styles(valign="top", align="left", num_format="0"))
        _paragraph(page, styles, row + 1 + k, line)
    return row + 1 + len(lines)


def _files(digests: Any, language: str) -> str:
    return Bilingual(f"{len(digests)} 个文件，指纹见 manifest.json", f"{len(digests)} files, fingerprints in manifest.json").of(
        language
    )


def _ranking_extras(page: Any, grid: Grid) -> None:
    """A data bar on the score and a tint on the scores of dimensions and parts."""
    last = FIRST + len(grid) - 1
    bar = {"type": "data_bar", "bar_color": "#9CC4E0", "bar_solid": True, "min_type": "num", "min_value": 0}
    page.conditional_format(FIRST, 3, last, 3, bar)
    tint = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#8FBFCB"}
    parts = next((k for k, column in enumerate(grid.columns) if k > 3 and column.kind == "2"), len(grid.columns))
    page.conditional_format(FIRST, parts, last, len(grid.columns) - 2, tint)


def _charts(book: Any, styles: Styles, results: Results, language: str) -> None:
    """A sheet with two native charts: the ranking, and the first and last three units over the years."""
    page = book.add_worksheet(CHARTS.name.of(language))
    page.hide_gridlines(2)
    page.write_string(0, 0, CHARTS.about.of(language), styles(bold=True, font_size=13))
    ranking, panel = index_grids.ranking(results), index_grids.panel(results)
    if ranking is None or panel is None:
        return
    page.insert_chart(2, 0, _ranking_chart(book, ranking, language))
    if len(results.years) > 1:
        page.insert_chart(2, 10, _trend_chart(book, results, panel, language))
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 1)


def _ranking_chart(book: Any, grid: Grid, language: str) -> Any:
    last, sheet = FIRST + len(grid) - 1, RANKING.of(language)
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": [sheet, FIRST - 1, 3],
            "categories": [sheet, FIRST, 2, last, 2],
            "values": [sheet, FIRST, 3, last, 3],
            "fill": {"color": "#2F6F9F"},
            "gap": 40,
            "data_labels": {"value": True, "num_format": "0.0", "font": {"size": 8}},
        }
    )
    chart.set_y_axis({"reverse": True, "num_font": {"size": 8}, "interval_unit": 1})
    chart.set_x_axis({"min": 0, "num_font": {"size": 8}, "major_gridlines": {"visible": True, "line": {"color": "#E3E8ED"}}})
    chart.set_legend({"none": True})
    chart.set_title({"name": grid.title.of(language), "name_font": {"size": 11}})
    chart.set_size({"width": 620, "height": 80 + 19 * len(grid)})
    return chart


def _trend_chart(book: Any, results: Results, grid: Grid, language: str) -> Any:
    ranked = results.ranking(results.years[-1]).dropna(subset=["rank"])
    chosen = list(dict.fromkeys([*ranked["unit"].head(3), *ranked["unit"].tail(3)]))
    chart, sheet = book.add_chart({"type": "line"}), PANEL.of(language)
    for unit in chosen:
        rows = [FIRST + i for i, row in enumerate(grid.rows) if row[0] == unit]
        chart.add_series(
            {
                "name": [sheet, rows[0], 1],
                "categories": [sheet, rows[0], 2, rows[-1], 2],
                "values": [sheet, rows[0], 3, rows[-1], 3],  # the root is the first node of the panel
                "marker": {"type": "circle", "size": 4},
            }
        )
    title = Bilingual("前三与后三单位的走势", "First and last three units over time")
    chart.set_title({"name": title.of(language), "name_font": {"size": 11}})
    chart.set_y_axis({"num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#E3E8ED"}}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 640, "height": 380})
    return chart


def _notes(results: Results) -> Grid:
    """What the marks mean and what to keep in mind."""
    texts = [
        Bilingual("空单元格表示缺失；任何缺失都不以 0 代替。", "An empty cell is missing; nothing missing is written as 0."),
        Bilingual(
            "得分 0–100，先排名后四舍五入；全精度数值见 tables/*.csv。",
            "Scores are 0-100, ranked before rounding; full precision in tables/*.csv.",
        ),
        Bilingual(
            "“全部企业”与“剔除专精特新企业”使用同样的公式、上下界与权重。",
            "'All firms' and 'recognised firms left out' share formulas, bounds and weights.",
        ),
        ASSUMPTION,
        MECHANICAL,
        Bilingual(
            "更细的表不在本工作簿，见 tables/：diagnostics（诊断）、dynamics（分布与演变）、regression_diagnostics（回归诊断）、"
            "network（投入产出网络）等；README.md 列出全部文件。",
            "Finer tables are not in this workbook but in tables/: diagnostics, dynamics, regression_diagnostics, network and "
            "others; README.md lists every file.",
        ),
    ]
    return Grid(
        Bilingual("说明", "Notes"),
        (Column(Bilingual("说明", "Note"), "text", 120),),
        tuple((text,) for text in texts),
        ("manifest",),
    )


MONITORED = ("linkages", "chokepoints", "mode_densities", "mode_matrix", "paths", "candidates", "alerts", "whatif")
COVER_WIDTH = 100
"""Width of the cover's text, in characters."""
COVER, RANKING, PANEL = Bilingual("封面", "Cover"), Bilingual("排名", "Ranking"), Bilingual("指数面板", "Panel")
CHARTS = Sheet(Bilingual("图表", "Charts"), Bilingual("排名与走势", "Ranking and trends"), lambda results: None)
LIVE = Sheet(
    Bilingual("权重试算", "Try weights"),
    Bilingual("改权重，得分与名次由公式重算", "Edit weights; ranks by formula"),
    lambda results: None,
)
SHEETS = (
    Sheet(RANKING, Bilingual("最新年的名次、指数与各维度得分", "Latest ranks, index and parts"), index_grids.ranking),
    CHARTS,
    Sheet(PANEL, Bilingual("单位 × 年份的全部得分", "All scores by unit and year"), index_grids.panel),
    Sheet(Bilingual("指标面板", "Indicators"), Bilingual("指标原值", "Raw indicator values"), index_grids.indicators),
    Sheet(
        Bilingual("权重", "Weights"),
        Bilingual("信息熵 e、差异系数 d、权重 w", "Entropy e, divergence d, weight w"),
        index_grids.weights,
    ),
    LIVE,
    Sheet(Bilingual("情景", "Scenarios"), Bilingual("换一种算法时的名次", "Ranks under other designs"), index_grids.scenarios),
    *(
        _sheet(name)
        for name in (
            "ranks",
            "neighbours",
            "uncertainty_summary",
            "sensitivity",
            "scenario_agreement",
            "obstacles",
            "coupling",
        )
    ),
    Sheet(Bilingual("回归", "Regressions"), Bilingual("专精特新密度的全部系数", "All coefficients"), model_grids.regressions),
    Sheet(
        Bilingual("假设检验", "Hypotheses"), Bilingual("每条假设一个结论", "One verdict per hypothesis"), model_grids.hypotheses
    ),
    Sheet(Bilingual("结论语句", "Sentences"), Bilingual("可直接引用的结论", "Verdicts in sentences"), model_grids.sentences_of),
    _sheet("channels"),
    Sheet(
        Bilingual("贡献", "Contribution"),
        Bilingual("核算、构成与外溢、反事实路径", "Accounting, composition"),
        model_grids.contribution,
    ),
    *(_sheet(name) for name in ("mediators", "oaxaca", "endogeneity", "event_study", "resilience", "multiverse_summary")),
    *(_sheet(name) for name in MONITORED),
    Sheet(
        Bilingual("论文数字", "Quoted figures"),
        Bilingual("论文所引数字与本研究并列", "The paper's beside ours"),
        data_grids.facts,
    ),
    Sheet(Bilingual("数据去向", "Data"), Bilingual("每个原始文件的行去向", "Where raw rows went"), data_grids.ledger),
    Sheet(Bilingual("隔离统计", "Quarantine"), Bilingual("按规则统计", "By rule"), data_grids.rules),
    *(_sheet(name) for name in ("sample_flow", "coverage", "density", "descriptives")),
    Sheet(
        Bilingual("未生成", "Not made"),
        Bilingual("本次未能生成的表及原因", "What could not be made, and why"),
        data_grids.not_made,
    ),
    Sheet(
        Bilingual("变量字典", "Codebook"),
        Bilingual("变量、单位、方向、公式、来源", "Variables, units, formulas"),
        data_grids.codebook,
    ),
    Sheet(Bilingual("说明", "Notes"), Bilingual("口径与提示", "Conventions and cautions"), _notes),
)
