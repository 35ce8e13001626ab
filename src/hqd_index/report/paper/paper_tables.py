"""The tables of a paper, as text laid out for three rules: what Word and LaTeX both print."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...study.records import Band
from ..bilingual import NOTHING, Bilingual, unit_name
from ..formula_text import readable
from ..number_format import number, whole
from ..results import Results
from . import accounting_tables as appendix
from . import model_tables as models
from .estimate_layout import Cell, Parts

YEARS_SHOWN = 6
"""Years of the table of scores: the first, the last, and others evenly between."""


@dataclass(frozen=True)
class PaperTable:
    """A numbered table: header lines, body lines, note. `rule_before` are body lines that a thin rule precedes."""

    id: str
    number: int
    title: Bilingual
    header: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    note: Bilingual = NOTHING
    rule_before: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()
    """Relative widths of the columns; equal but for the first where empty."""


@dataclass(frozen=True)
class Absent:
    """A table this run could not make, and why."""

    id: str
    number: int
    title: Bilingual
    why: Bilingual


def paper_tables(results: Results) -> list[PaperTable | Absent]:
    """Every table of the paper in order, the absent ones with their reason."""
    made: list[PaperTable | Absent] = []
    for k, (id, (title, needs, make)) in enumerate(TABLES_OF_PAPER.items(), 1):
        parts = make(results)
        if parts is None:
            made.append(Absent(id, k, title, NEEDS.get(id) or results.why_not(needs)))
        else:
            header, body, *rest = parts
            made.append(PaperTable(id, k, title, _lines(header), _lines(body), *rest))
    return made


def _lines(lines: Iterable[Iterable[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(line) for line in lines)


def indicator_system(results: Results) -> Parts | None:
    """Dimension, sub-dimension, indicator, formula, unit, direction, weight."""
    shares = results.shares(results.years[-1]) if results.years else {}
    described, tree, body = results.study.indicators.indicators, results.tree, []
    last: tuple[str, ...] = ()
    for leaf in results.leaves:
        chain: list[str] = []
        node = tree.parent(leaf)
        while node is not None and node != tree.root:
            chain.insert(0, node)
            node = tree.parent(node)
        shown = [results.name(node) if (*chain[:k], node) != last[: k + 1] else "" for k, node in enumerate(chain)]
        last = tuple(chain)
        direction = described[leaf].direction
        sign = "◇" if isinstance(direction, Band) else "+" if direction == 1 else "−"
        name, formula = results.name(leaf), readable(results.study, leaf)
        weight = number(100 * shares[leaf], 2) if leaf in shares else "—"
        body.append(
            (*shown, Bilingual(f"{name.zh} {leaf}", f"{name.en} {leaf}"), formula, unit_name(described[leaf].unit), sign, weight)
        )
    depth = len(body[0]) - 5 if body else 0
    levels = (
        Bilingual("一级指标", "Dimension"),
        Bilingual("二级指标", "Sub-dimension"),
        Bilingual("三级", "Level 3"),
        Bilingual("四级", "Level 4"),
    )
    tail = (
        Bilingual("指标", "Indicator"),
        Bilingual("计算方法", "Formula"),
        Bilingual("单位", "Unit"),
        Bilingual("属性", "Sign"),
        Bilingual("权重（%）", "Weight (%)"),
    )
    note = Bilingual(
        "注：Σ 为对单位内全部企业或记录求和；+ 为正向指标，− 为负向指标，◇ 为适度指标；权重为在总指数中的份额。",
        "Notes: Σ sums over the firms or records of a unit; + more is better, − less is better, ◇ a band is best; "
        "weights are shares in the whole index.",
    )
    return (((*levels[:depth], *tail),), body, note, (), (*[1.3] * depth, 2.2, 3.6, 0.9, 0.6, 0.9))


def descriptives(results: Results) -> Parts | None:
    """Variable, symbol, N, mean, SD, min, median, max of the whole sample: index, density, what is held, then indicators."""
    rows = results.table("descriptives")
    rows = rows[rows["sample"] == "all"] if len(rows) else rows
    if rows.empty:
        return None
    header = (
        Bilingual("变量", "Variable"), Bilingual("符号", "Symbol"), Bilingual("样本量", "N"), Bilingual("均值", "Mean"),
        Bilingual("标准差", "SD"),
        Bilingual("最小值", "Min"), Bilingual("中位数", "Median"), Bilingual("最大值", "Max"),
    )  # fmt: skip
    known = ["density", *results.study.regressions.controls, *results.study.regressions.mediators, *results.leaves]
    order = {variable: k for k, variable in enumerate(known)}
    rows = rows.assign(at=rows["variable"].map(order).fillna(len(order))).sort_values(["at", "variable"])
    body = [_described(results, node) for node in (results.tree.root, *results.dimensions)]
    for record in rows.to_dict("records"):
        figures = [number(record[name], 3) for name in ("mean", "sd", "min", "median", "max")]
        body.append((Bilingual(record["label_zh"], record["label_en"]), record["variable"], whole(record["n"]), *figures))
    return (header,), body, NOTHING, (), (2.4, 2.0, 0.8, 1, 1, 1, 1, 1)


def _described(results: Results, node: str) -> tuple[Cell, ...]:
    """One line of descriptive statistics of a score."""
    values = results.scores.loc[results.scores["node"] == node, "score"].dropna()
    figures = (values.mean(), values.std(), values.min(), values.median(), values.max())
    return results.name(node), node, whole(len(values)), *[number(value, 3) for value in figures]


def by_year(results: Results) -> Parts | None:
    """Index of every unit in a choice of years, with the latest rank, ordered by it."""
    if not results.years:
        return None
    count = min(YEARS_SHOWN, len(results.years))
    at = sorted({round(k * (len(results.years) - 1) / max(1, count - 1)) for k in range(count)})
    years = [results.years[k] for k in at]
    scores = {year: results.ranking(year).set_index("unit")["score"] for year in years}
    last = results.ranking(results.years[-1])
    body: list[tuple[Cell, ...]] = [
        (
            Bilingual(record["unit_zh"], record["unit_en"]),
            *[number(scores[year].get(record["unit"]), 2) for year in years],
            whole(record["rank"]),
        )
        for record in last.to_dict("records")
    ]
    body.append((Bilingual("均值", "Mean"), *[number(scores[year].mean(), 2) for year in years], ""))
    header = (Bilingual("单位", "Unit"), *[str(year) for year in years], Bilingual("名次", "Rank"))
    note = Bilingual(f"注：得分 0–100；名次为 {results.years[-1]} 年。", f"Notes: scores 0-100; ranks of {results.years[-1]}.")
    return (header,), body, note, (len(body) - 1,), (3.2, *[1] * len(years), 0.8)


NEEDS = {
    "mechanism": Bilingual(
        "regressions.csv 中没有机制变量，也没有企业层面的结果变量（regressions.yaml 的 mediators、events.outcomes 与相应数据）。",
        "regressions.csv holds no mediator and no outcome of firms (mediators and events.outcomes in regressions.yaml, and their "
        "data).",
    ),
    "heterogeneity": Bilingual(
        "regressions.csv 中没有分组的设定（subset）。", "regressions.csv holds no specification of a subset."
    ),
}
TABLES_OF_PAPER: dict[str, tuple[Bilingual, str, Callable[[Results], Parts | None]]] = {
    "indicators": (Bilingual("指标体系与权重", "Indicator system and weights"), "weights", indicator_system),
    "descriptives": (Bilingual("描述性统计", "Descriptive statistics"), "descriptives", descriptives),
    "index": (Bilingual("各单位指数得分", "Index by unit and year"), "scores", by_year),
    "baseline": (Bilingual("基准回归结果", "Baseline regressions"), "regressions", models.baseline),
    "channels": (Bilingual("六条渠道", "Six channels"), "channels", models.channels_table),
    "robustness": (Bilingual("稳健性检验", "Robustness"), "regressions", models.robustness),
    "endogeneity": (
        Bilingual("内生性：全部企业与剔除样本", "Endogeneity: all firms and leave-out"),
        "regressions",
        models.leave_out,
    ),
    "mechanism": (
        Bilingual(
            "机制检验：机制变量、龙头与其他从未被认定企业（H6b）",
            "Mechanism: mediators, leaders and other firms never recognised (H6b)",
        ),
        "mechanism",
        models.mechanism,
    ),
    "heterogeneity": (Bilingual("异质性", "Heterogeneity"), "heterogeneity", models.heterogeneity),
    "contribution": (Bilingual("专精特新企业的贡献", "Contribution of SRDI firms"), "contribution", models.contribution_table),
    "mediators": (Bilingual("机制变量的核算分解", "What mediators account for"), "mediators", appendix.mediators_table),
    "oaxaca": (
        Bilingual("附录：高低密度单位的指数差距", "Appendix: the index of dense and sparse units"),
        "oaxaca",
        appendix.oaxaca_table,
    ),
}
