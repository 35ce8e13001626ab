"""The paper's tables of measurement: indicator system, descriptive statistics, scores by year."""

from __future__ import annotations

from ...study.records import Band
from ..bilingual import BLANK_TEXT, Bilingual
from ..formula_text import formula_in_words
from ..label_catalogue import unit_name
from ..number_format import integer, number
from ..results import Results
from ..unit_ends import end_rows, with_ends_note
from ..wording import wording, wordings
from .estimate_layout import Cell, TableParts

YEARS_SHOWN = 6
"""Years of the table of scores: the first, the last, and others evenly between."""
LEAF_TITLES = tuple(wordings("paper.system_header").values())
SYSTEM_NOTE = wording("paper.note.indicator_system")


def indicator_system(results: Results) -> TableParts | None:
    """Dimension, sub-dimension, indicator, formula, unit, direction, weight."""
    shares = results.shares(results.years[-1]) if results.years else {}
    choices, tree, table_body = results.study.indicators.indicators, results.tree, []
    previous_chain: tuple[str, ...] = ()
    for leaf in results.leaves:
        chain: list[str] = []
        node = tree.parent(leaf)
        while node is not None and node != tree.root:
            chain.insert(0, node)
            node = tree.parent(node)
        branch_cells = [
            results.name(node) if (*chain[:k], node) != previous_chain[: k + 1] else "" for k, node in enumerate(chain)
        ]
        previous_chain = tuple(chain)
        direction = choices[leaf].direction
        direction_sign = "◇" if isinstance(direction, Band) else "+" if direction == 1 else "−"
        indicator_name, formula = results.name(leaf), formula_in_words(results.study, leaf)
        weight = number(100 * shares[leaf], 2) if leaf in shares else "—"
        table_body.append(
            (
                *branch_cells,
                Bilingual(f"{indicator_name.zh} {leaf}", f"{indicator_name.en} {leaf}"),
                formula,
                unit_name(choices[leaf].unit),
                direction_sign,
                weight,
            )
        )
    depth = len(table_body[0]) - 5 if table_body else 0
    return (
        ((*_level_titles(results, depth), *LEAF_TITLES),),
        table_body,
        SYSTEM_NOTE,
        (),
        (*[1.3] * depth, 2.2, 3.6, 0.9, 0.6, 0.9),
    )


def _level_titles(results: Results, depth: int) -> list[Bilingual]:
    """Heads of the columns above the indicators: by rank in Chinese, by the level's own name in English where it is known."""
    heads, levels = wordings("methods.column"), list(reversed(results.tree.levels))[:depth]
    own_names = [heads[level] if level in heads else Bilingual("", f"{level[:1].upper()}{level[1:]}") for level in levels]
    return [Bilingual(heads[rank].zh, name.en) for rank, name in zip(RANKS, own_names)]


RANKS = ("first", "second", "third", "fourth")
"""Of levels from the top, as methods.yaml names them."""


def descriptives(results: Results) -> TableParts | None:
    """Variable, symbol, N, mean, SD, min, median, max of the whole sample: index, density, what is held, then indicators."""
    rows = results.table("descriptives")
    rows = rows[rows["sample"] == "all"] if len(rows) else rows
    if rows.empty:
        return None
    header = tuple(wordings("paper.descriptives_header").values())  # fmt: skip
    known_variables = ["density", *results.study.regressions.controls, *results.study.regressions.mediators, *results.leaves]
    order = {variable: k for k, variable in enumerate(known_variables)}
    rows = rows.assign(at=rows["variable"].map(order).fillna(len(order))).sort_values(["at", "variable"])
    table_body = [_score_line(results, node) for node in (results.tree.root, *results.dimensions)]
    for record in rows.to_dict("records"):
        figures = [number(record[statistic_name], 3) for statistic_name in ("mean", "sd", "min", "median", "max")]
        table_body.append((Bilingual(record["label_zh"], record["label_en"]), record["variable"], integer(record["n"]), *figures))
    return (header,), table_body, BLANK_TEXT, (), (2.4, 2.0, 0.8, 1, 1, 1, 1, 1)


def _score_line(results: Results, node: str) -> tuple[Cell, ...]:
    """One line of descriptive statistics of a score."""
    values = results.scores.loc[results.scores["node"] == node, "score"].dropna()
    figures = (values.mean(), values.std(), values.min(), values.median(), values.max())
    return results.name(node), node, integer(len(values)), *[number(statistic, 3) for statistic in figures]


def yearly_table(results: Results) -> TableParts | None:
    """Index of every unit in a choice of years, with the latest rank, ordered by it."""
    if not results.years:
        return None
    count = min(YEARS_SHOWN, len(results.years))
    positions = sorted({round(k * (len(results.years) - 1) / max(1, count - 1)) for k in range(count)})
    years = [results.years[k] for k in positions]
    scores = {year: results.ranking(year).set_index("unit")["score"] for year in years}
    latest_ranking = results.ranking(results.years[-1])
    table_body: list[tuple[Cell, ...]] = [
        (
            Bilingual(record["unit_zh"], record["unit_en"]),
            *[number(scores[year].get(record["unit"]), 2) for year in years],
            integer(record["rank"]),
        )
        for record in end_rows(latest_ranking).to_dict("records")
    ]
    table_body.append((wording("paper.line.mean"), *[number(scores[year].mean(), 2) for year in years], ""))
    header = (wording("paper.line.unit"), *[str(year) for year in years], wording("paper.line.rank"))
    scale, year = results.score_scale, results.years[-1]
    note = wording("paper.note.index_by_year", scale=scale, year=year)
    note = with_ends_note(note, len(latest_ranking), "scores")
    return (header,), table_body, note, (len(table_body) - 1,), (3.2, *[1] * len(years), 0.8)
