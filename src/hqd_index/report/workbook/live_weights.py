"""Two sheets in which weights can be edited and scores and ranks follow by formula: the lab's joining rule, for a spreadsheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from ...index.competition_rank import competition
from ..bilingual import Bilingual
from ..number_format import MISSING, missing
from ..results import Results
from ..weight_lab import Array, Design, Lab, scores
from .sheet_format import Styles

TOP = 6
"""Row of the first weight, and of the first line of the ranking beside it."""
RANKING = 9
"""Column at which the ranking begins."""
UNITS = 3
"""Row of the first unit on the sheet of working; names, ids and weights stand above."""
VALUES = 4
"""Column of the first leaf on the sheet of working; code, name, year and published rank stand before it."""
UNRANKED = 999_999
TITLE = Bilingual("权重试算：改黄色单元格，名次随之重算", "Try weights: change a yellow cell and the ranks follow")
ABOUT = Bilingual(
    "每组权重自动归一到 1；年份可选；已发布的结果不受影响。要让程序按新权重重算，请用 report.html 的“下载 scenario.yaml”。",
    "Each family is rescaled to 1; the year can be chosen; published results stay as they are. "
    "To rerun with other weights, download scenario.yaml from report.html.",
)
WEIGHT_HEADERS = (
    Bilingual("上级", "Parent"), Bilingual("节点", "Node"), Bilingual("编号", "Id"), Bilingual("权重（可改）", "Weight (edit)"),
    Bilingual("归一后", "Rescaled"), Bilingual("总权重", "In the whole"),
)  # fmt: skip
RANKING_HEADERS = (
    Bilingual("名次", "Rank"), Bilingual("代码", "Code"), Bilingual("名称", "Name"), Bilingual("指数", "Index"),
    Bilingual("发布名次", "Published rank"),
)  # fmt: skip
TAIL = (
    Bilingual("覆盖率", "Coverage"),
    Bilingual("可排名得分", "Score ranked"),
    Bilingual("名次", "Rank"),
    Bilingual("排序键", "Sort key"),
)


@dataclass(frozen=True)
class Scene:
    """What the two sheets are made from, and where everything stands on them."""

    results: Results
    lab: Lab
    styles: Styles
    language: str
    edit: str
    work: str

    @property
    def design(self) -> Design:
        return self.lab.designs[0]

    @property
    def root(self) -> str:
        return self.design.tree.root

    def depth(self, node: str) -> int:
        above = self.design.tree.parent(node)
        return 0 if above is None else 1 + self.depth(above)

    @cached_property
    def weights(self) -> dict[str, int]:
        """node -> row of its weight."""
        return {node: TOP + k for k, node in enumerate(node for node in self.design.tree.order if node != self.root)}

    @cached_property
    def columns(self) -> dict[str, int]:
        """node -> column of its values; children of a node stand side by side, so that one range holds them."""
        order = self.design.tree.order
        inner = sorted(self.design.tree.inner, key=lambda node: (-self.depth(node), order.index(node)))
        return {node: VALUES + k for k, node in enumerate([*self.lab.leaves, *inner])}

    @property
    def tail(self) -> int:
        """Column after the last node: coverage, then the score ranked, rank and sort key."""
        return VALUES + len(self.columns)

    @property
    def all_years(self) -> int:
        """Row of the first value of all years."""
        return UNITS + len(self.lab.units) + 3

    def units(self, column: int, *, sheet: bool = False) -> str:
        """The units' cells of a column of the working sheet."""
        name = xl_col_to_name(column, col_abs=True)
        where = f"'{self.work}'!" if sheet else ""
        return f"{where}{name}${UNITS + 1}:{name}${UNITS + len(self.lab.units)}"

    def history(self, column: int, *, sheet: bool = False) -> str:
        """The cells of a column that hold all years."""
        name = xl_col_to_name(column, col_abs=True)
        where, size = f"'{self.work}'!" if sheet else "", len(self.lab.units) * len(self.lab.years)
        return f"{where}{name}${self.all_years + 1}:{name}${self.all_years + size}"

    @cached_property
    def inner(self) -> dict[str, Array]:
        """Scores of the latest year (the root's in points): what the formulas give as the file is opened."""
        found, _ = scores(self.design, self.lab.leaves, self.lab.values[-1], self.design.weights(self.lab.years[-1]))
        return {node: column * (100 if node == self.root else 1) for node, column in found.items()}

    @cached_property
    def coverage(self) -> Array:
        return scores(self.design, self.lab.leaves, self.lab.values[-1], self.design.weights(self.lab.years[-1]))[1]

    @cached_property
    def ranked(self) -> Array:
        """Scores that may be ranked; NaN where coverage is too low."""
        return np.where(self.coverage >= self.results.study.weighting.coverage.rank_from, self.inner[self.root], np.nan)

    @cached_property
    def ranks(self) -> Array:
        return competition(self.ranked)


def linear(lab: Lab | None) -> bool:
    """Whether every node of the published design is a weighted mean, which is what the formulas repeat."""
    return lab is not None and all(method == "arithmetic" for method, _ in lab.designs[0].joins.values())


def write_live(book: Any, styles: Styles, results: Results, lab: Lab, language: str) -> None:
    """Adds the sheet to edit and the sheet of working."""
    scene = Scene(
        results,
        lab,
        styles,
        language,
        Bilingual("权重试算", "Try weights").of(language),
        Bilingual("试算过程", "Working").of(language),
    )
    edit, work = book.add_worksheet(scene.edit), book.add_worksheet(scene.work)
    _weights(edit, scene)
    _ranking(edit, scene)
    _working(work, scene)
    _history(work, scene)


def _cached(value: Any) -> float | str:
    """A formula's value as the file is opened."""
    return MISSING if missing(value) else float(value)


def _weights(page: Any, scene: Scene) -> None:
    """The year, and every node's weight, rescaled within its parent and in the whole."""
    styles, design, year = scene.styles, scene.design, scene.lab.years[-1]
    page.write_string(0, 0, TITLE.of(scene.language), styles(bold=True, font_size=13))
    page.write_string(1, 0, ABOUT.of(scene.language), styles(font_color="#5B6672"))
    page.write_string(3, 0, Bilingual("年份", "Year").of(scene.language), styles(bold=True))
    page.write_number(3, 3, year, styles(num_format="0", bg_color="#FFF7C2", border=1))
    page.data_validation(3, 3, 3, 3, {"validate": "list", "source": [str(year) for year in scene.lab.years]})
    _headers(page, scene, 0, WEIGHT_HEADERS, (22, 30, 14, 13, 10, 12))
    shares, whole = design.weights(year), {scene.root: 1.0}
    for node, row in scene.weights.items():
        parent = design.tree.parent(node) or scene.root
        share = shares.get(node, 0.0)
        whole[node] = whole[parent] * share
        page.write_string(row, 0, scene.results.name(parent).of(scene.language), styles())
        page.write_string(row, 1, scene.results.name(node).of(scene.language), styles(indent=scene.depth(node) - 1))
        page.write_string(row, 2, node, styles(font_color="#5B6672"))
        page.write_number(row, 3, share, styles(num_format="0.0000", bg_color="#FFF7C2", border=1))
        total = "+".join(f"$D${scene.weights[child] + 1}" for child in design.tree.children(parent))
        page.write_formula(row, 4, f"=IF(({total})>0,D{row + 1}/({total}),0)", styles(num_format="0.0000"), share)
        above = "" if parent == scene.root else f"*F{scene.weights[parent] + 1}"
        page.write_formula(row, 5, f"=E{row + 1}{above}", styles(num_format="0.0000"), whole[node])
    last = TOP + len(scene.weights) - 1
    page.data_validation(TOP, 3, last, 3, {"validate": "decimal", "criteria": ">=", "value": 0})
    page.freeze_panes(TOP, 0)
    page.hide_gridlines(2)
    page.set_column(6, RANKING - 1, 2)
    _printed(page)


def _printed(page: Any) -> None:
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)


def _headers(page: Any, scene: Scene, column: int, titles: tuple[Bilingual, ...], widths: tuple[int, ...]) -> None:
    for j, (title, width) in enumerate(zip(titles, widths)):
        page.write_string(TOP - 1, column + j, title.of(scene.language), scene.styles.header())
        page.set_column(column + j, column + j, width)


def _ranking(page: Any, scene: Scene) -> None:
    """Units in the order of their rank, beside the rank published for the chosen year."""
    _headers(page, scene, RANKING, RANKING_HEADERS, (8, 9, 34, 12, 12))
    keys = scene.units(scene.tail + 3, sheet=True)
    sources = [scene.units(at, sheet=True) for at in (scene.tail + 2, 0, 1, scene.columns[scene.root], 3)]
    ranks, units, points = scene.ranks, scene.lab.units, scene.inner[scene.root]
    published = _published(scene, scene.lab.years[-1])
    for line, k in enumerate(sorted(range(len(units)), key=lambda k: (UNRANKED if missing(ranks[k]) else ranks[k], k))):
        name = scene.results.unit_name(units[k]).of(scene.language)
        values = (_cached(ranks[k]), units[k], name, _cached(points[k]), _cached(published.get(units[k])))
        at = f"MATCH(SMALL({keys},{line + 1}),{keys},0)"
        for j, (source, kind, value) in enumerate(zip(sources, ("0", "@", "@", "0.0000", "0"), values)):
            page.write_formula(TOP + line, RANKING + j, f"=INDEX({source},{at})", scene.styles(num_format=kind), value)
    last = TOP + len(units) - 1
    bar = {"type": "data_bar", "bar_color": "#9CC4E0", "bar_solid": True, "min_type": "num", "min_value": 0}
    page.conditional_format(TOP, RANKING + 3, last, RANKING + 3, bar)


def _published(scene: Scene, year: int) -> dict[str, Any]:
    """unit -> published rank of a year."""
    table = scene.results.ranking(year)
    return dict(zip(table["unit"], table["rank"]))


def _working(page: Any, scene: Scene) -> None:
    """The chosen year: values of the leaves, scores of the nodes, coverage, rank and sort key of every unit."""
    styles, results, year = scene.styles, scene.results, scene.lab.years[-1]
    shares = scene.design.weights(year)
    for node, at in scene.columns.items():
        page.write_string(0, at, results.name(node).of(scene.language), styles.header())
        page.write_string(1, at, node, styles.header())
        if node != scene.root:
            formula = f"='{scene.edit}'!$E${scene.weights[node] + 1}"
            page.write_formula(2, at, formula, styles(num_format="0.0000"), shares.get(node, 0.0))
    labels = (
        Bilingual("代码", "Code"),
        Bilingual("名称", "Name"),
        Bilingual("年份", "Year"),
        Bilingual("发布名次", "Published rank"),
    )
    for at, label in [*enumerate(labels), *((scene.tail + j, label) for j, label in enumerate(TAIL))]:
        page.write_string(1, at, label.of(scene.language), styles.header())
    for k, unit in enumerate(scene.lab.units):
        row = UNITS + k
        page.write_string(row, 0, unit, styles())
        page.write_string(row, 1, results.unit_name(unit).of(scene.language), styles())
        page.write_formula(row, 2, f"='{scene.edit}'!$D$4", styles(num_format="0"), year)
        for at in (3, *range(VALUES, VALUES + len(scene.lab.leaves))):
            _look_up(page, scene, k, at)
        for node in scene.design.tree.inner:
            page.write_formula(
                row, scene.columns[node], _node(scene, node, row), styles(num_format="0.0000"), _cached(scene.inner[node][k])
            )
        _standing(page, scene, k)
    page.freeze_panes(UNITS, 2)
    _printed(page)
    page.set_column(0, 0, 8)
    page.set_column(1, 1, 28)


def _look_up(page: Any, scene: Scene, k: int, at: int) -> None:
    """One unit's cell of the chosen year, taken from the rows of all years, which keep the order of the units."""
    row, year = UNITS + k, scene.lab.years[-1]
    formula = f"=INDEX({scene.history(at)},MATCH($C{row + 1},{scene.history(2)},0)+{k})"
    value = _published(scene, year).get(scene.lab.units[k]) if at == 3 else scene.lab.values[-1][k, at - VALUES]
    page.write_formula(row, at, formula, scene.styles(num_format="0" if at == 3 else "0.0000"), _cached(value))


def _node(scene: Scene, node: str, row: int) -> str:
    """Weighted mean of the children present, their weights rescaled; a dash below the least number of children."""
    tree = scene.design.tree
    children = tree.children(node)
    first, last = scene.columns[children[0]], scene.columns[children[-1]]
    cells = f"{xl_rowcol_to_cell(row, first)}:{xl_rowcol_to_cell(row, last)}"
    shares = f"{xl_rowcol_to_cell(2, first, row_abs=True)}:{xl_rowcol_to_cell(2, last, row_abs=True)}"
    least = len(children) if any(tree.children(child) for child in children) else scene.design.least
    there = f"SUMPRODUCT({shares},--ISNUMBER({cells}))"
    points = "100*" if node == scene.root else ""
    return f'=IF(COUNT({cells})<{least},"{MISSING}",IF({there}>0,{points}SUMPRODUCT({shares},{cells})/{there},"{MISSING}"))'


def _standing(page: Any, scene: Scene, k: int) -> None:
    """Coverage; the score if it may be ranked, else -1; competition rank with the tie rule; a key that sorts ties by code."""
    row, styles = UNITS + k, scene.styles
    covered, ranked, rank = (xl_rowcol_to_cell(row, scene.tail + j) for j in range(3))
    root = xl_rowcol_to_cell(row, scene.columns[scene.root])
    parts = (
        f"'{scene.edit}'!$F${scene.weights[leaf] + 1}*ISNUMBER({xl_rowcol_to_cell(row, scene.columns[leaf])})"
        for leaf in scene.lab.leaves
    )
    least = scene.results.study.weighting.coverage.rank_from
    score, place = scene.ranked[k], scene.ranks[k]
    keep = f"=IF(AND(ISNUMBER({root}),{covered}>={least!r}-1E-12),{root},-1)"
    competing = f'=IF({ranked}<0,"{MISSING}",SUMPRODUCT(--({scene.units(scene.tail + 1)}>{ranked}+1E-9))+1)'
    key = (UNRANKED if missing(place) else float(place)) + (k + 1) / 100_000
    page.write_formula(row, scene.tail, f"={'+'.join(parts)}", styles(num_format="0.00%"), float(scene.coverage[k]))
    page.write_formula(row, scene.tail + 1, keep, styles(num_format="0.0000"), -1.0 if missing(score) else float(score))
    page.write_formula(row, scene.tail + 2, competing, styles(num_format="0"), _cached(place))
    page.write_formula(row, scene.tail + 3, f"=IF(ISNUMBER({rank}),{rank},{UNRANKED})+{k + 1}/100000", styles(), key)


def _history(page: Any, scene: Scene) -> None:
    """Published rank and normalised values of every unit in every year; a dash where there is none."""
    row = scene.all_years
    for block, year in zip(scene.lab.values, scene.lab.years):
        published = _published(scene, year)
        for unit, values in zip(scene.lab.units, block):
            page.write_string(row, 0, unit, scene.styles())
            page.write_number(row, 2, year, scene.styles(num_format="0"))
            for at, value in [(3, published.get(unit)), *enumerate(values, VALUES)]:
                if missing(value):
                    page.write_string(row, at, MISSING, scene.styles())
                else:
                    page.write_number(row, at, float(value), scene.styles(num_format="0" if at == 3 else "0.0000"))
            row += 1
