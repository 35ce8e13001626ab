"""Grids of the index: ranking, panels, weights, scenarios."""

from __future__ import annotations

import pandas as pd

from ...methods.weight import WEIGHT
from ..bilingual import BLANK_TEXT, Bilingual
from ..label_catalogue import unit_name
from ..number_format import is_missing
from ..results import Results
from ..wording import sentences_together, wording
from .grid import Column, Grid, bilingual_names, parse_columns, text_or_blank
from .uncertainty_text import (
    UNDECIDED_COLUMN,
    decisive_choice,
    interval_level,
    rank_intervals,
    rank_range,
    undecided_neighbours,
)

LABELS = parse_columns(
    "unit",
    """
code | text | 8
name | text | 40
""",
)
YEAR = parse_columns("unit", "year | year | 7")
WEIGHTS = parse_columns(
    "weights",
    """
parent | text | 20
node | text | 26
id | text | 14
method | text | 10
cells | int | 9
entropy_e | 4 | 10
divergence_d | 4 | 11
share_in_parent_w | 2 | 13
share_in_the_whole | 2 | 12
effective_share | 2 | 12
skewness | 2 | 9
note | text | 12
""",
)


def ranking(results: Results) -> Grid | None:
    """Latest year: rank, unit, score, places won, how sure the rank is, score of every dimension and part."""
    if not results.years:
        return None
    year = results.years[-1]
    table = results.ranking(year)
    previous_year = results.years[-2] if len(results.years) > 1 else None
    rank_gain = results.change(year, previous_year) if previous_year else pd.Series(dtype=float)
    low, high, range_source = rank_range(results, year)
    by_source, intervals = rank_intervals(results, year)
    neighbour_codes = undecided_neighbours(results, year)
    certainty_columns = (*by_source, *((UNDECIDED_COLUMN,) if neighbour_codes else ()))
    nodes = [node for node in dict.fromkeys([*results.dimensions, *results.parts]) if node in table.columns]
    rows = []
    for record, name in zip(table.to_dict("records"), bilingual_names(table["unit_zh"], table["unit_en"])):
        unit = record["unit"]
        change_and_range = (rank_gain.get(unit), low.get(unit), high.get(unit))
        uncertainty_columns = (
            *intervals.get(unit, ("",) * len(by_source)),
            *(neighbour_codes.get(unit, ("",)) if neighbour_codes else ()),
        )
        part_scores = [record[node] for node in nodes]
        rows.append(
            (
                record["rank"],
                unit,
                name,
                record["score"],
                *change_and_range,
                *uncertainty_columns,
                *part_scores,
                record["coverage"],
            )
        )
    index_name = results.name(results.tree.root)
    title = wording("grids.title.ranking", year=year, index=index_name)
    is_interval = range_source == wording("grids.range.uncertainty")
    ends = (
        parse_columns("ranking", "low | int | 15\nhigh | int | 15", level=interval_level(results))
        if is_interval
        else parse_columns("ranking", "best | int | 9\nworst | int | 9")
    )
    header = _ranking_columns(results, nodes, previous_year, ends, certainty_columns)
    sources = ("scores", "ranks", "neighbours") if certainty_columns else ("scores", "scenarios")
    return Grid(title, header, tuple(rows), sources, _ranking_note(results, range_source))


def _ranking_columns(
    results: Results,
    nodes: list[str],
    previous_year: int | None,
    ends: tuple[Column, ...],
    certainty_columns: tuple[Column, ...],
) -> tuple[Column, ...]:
    places = {"scale": results.score_scale, "since": previous_year if previous_year is not None else "—"}
    rank_columns = parse_columns("unit", "rank | int | 7")
    score_columns = (*parse_columns("ranking", "index | 2 | 12\ngain | int | 11", **places), *ends)
    part_columns = tuple(Column(results.name(node), "2", 11) for node in nodes)
    return (
        *rank_columns,
        *LABELS,
        *score_columns,
        *certainty_columns,
        *part_columns,
        *parse_columns("ranking", "coverage | % | 9"),
    )


def _ranking_note(results: Results, range_source: Bilingual) -> Bilingual:
    min_coverage, choice = f"{results.study.weighting.coverage.rank_from:.0%}", decisive_choice(results)
    note = wording("grids.note.ranking", scale=results.score_scale, coverage=min_coverage, source=range_source)
    return sentences_together(note, choice.text) if choice else note


def panel(results: Results) -> Grid | None:
    """unit, year and the score of every node, one row per unit-year, with the rank on the whole."""
    rows = results.scores
    if rows.empty:
        return None
    rows, remark = _readable_years(rows, results)
    wide_scores = rows.pivot(index=["unit", "year"], columns="node", values="score")
    nodes = [node for node in results.inner if node in wide_scores.columns]
    index_rows = rows[rows["node"] == results.tree.root].set_index(["unit", "year"])
    wide_scores = wide_scores[nodes].join(index_rows[["unit_zh", "unit_en", "rank"]]).reset_index().sort_values(["unit", "year"])
    titles = [Column(_name_with_id(results.name(node), node), "2", 12) for node in nodes]
    values = [
        (
            record["unit"],
            Bilingual(record["unit_zh"], record["unit_en"]),
            record["year"],
            *[record[n] for n in nodes],
            record["rank"],
        )
        for record in wide_scores.to_dict("records")
    ]
    header = (*LABELS, *YEAR, *titles, *parse_columns("unit", "rank | int | 7"))
    return Grid(wording("grids.title.panel"), header, tuple(values), ("scores",), remark)


MAX_UNIT_YEARS = 10_000
"""Rows of a sheet by unit and year; of more it shows the latest year."""


def _readable_years(score_rows: pd.DataFrame, results: Results) -> tuple[pd.DataFrame, Bilingual]:
    """All years, or the latest of a panel too long for a sheet; and what is left out."""
    if len(results.units) * len(results.years) <= MAX_UNIT_YEARS:
        return score_rows, BLANK_TEXT
    year = results.years[-1]
    return score_rows[score_rows["year"] == year], wording("grids.remark.one_year", year=year)


def _name_with_id(node_name: Bilingual, id: str, unit: str = "") -> Bilingual:
    measure = unit_name(unit)
    return Bilingual(
        node_name.zh + (f"（{measure.zh}）" if unit else " ") + id, node_name.en + (f" ({measure.en}) " if unit else " ") + id
    )


def indicators(results: Results) -> Grid | None:
    """Raw indicator values, one row per unit-year."""
    rows = results.table("indicators")
    rows = rows[rows["sample"] == "all"] if len(rows) else rows
    if rows.empty:
        return None
    min_cell = results.study.study.publish.min_cell
    rows, remark = _readable_years(rows, results)
    wide_scores = rows.pivot(index=["unit", "year"], columns="indicator", values="raw")
    leaves = [leaf for leaf in results.leaves if leaf in wide_scores.columns]
    choices = results.study.indicators.indicators
    titles = [Column(_name_with_id(results.name(leaf), leaf, choices[leaf].unit), "4", 14) for leaf in leaves]
    values = [
        (record["unit"], results.unit_name(record["unit"]), record["year"], *[record[leaf] for leaf in leaves])
        for record in wide_scores.reset_index().to_dict("records")
    ]
    note = wording("grids.note.indicators", min_cell=min_cell)
    note = Bilingual(note.zh + remark.zh, f"{note.en} {remark.en}".strip())
    title = wording("grids.title.indicators")
    return Grid(title, (*LABELS, *YEAR, *titles), tuple(values), ("indicators",), note)


def method_name(method: str) -> Bilingual:
    """A weighting method's name with its id; raises KeyError for a method that is none."""
    if method == "flat":
        return wording("grids.method.flat")
    return Bilingual(f"{WEIGHT[method].label_zh} {method}", method)


def weights(results: Results) -> Grid | None:
    """Every node with method, cells, entropy e, divergence d, share in its parent and in the whole, skewness."""
    rows = results.latest_weights.set_index("node")
    values = []
    for node in results.tree.order:
        if node not in rows.index:
            continue
        node_weights = rows.loc[node]
        percents = [
            None if is_missing(node_weights[share_column]) else 100 * node_weights[share_column]
            for share_column in ("share_local", "share_global", "effective")
        ]
        labels = (results.name(str(node_weights["parent"])), results.name(node), node, method_name(str(node_weights["method"])))
        values.append(
            (
                *labels,
                node_weights["cells"],
                node_weights["entropy"],
                node_weights["divergence"],
                *percents,
                node_weights["skewness"],
                text_or_blank(node_weights["note"]),
            )
        )
    note = wording("grids.note.weights")
    return Grid(wording("grids.title.weights"), WEIGHTS, tuple(values), ("weights",), note)


def scenarios(results: Results) -> Grid | None:
    """Latest year: published rank and the rank under each scenario."""
    rows = results.index_scenarios
    if rows.empty or not results.years:
        return None
    year = results.years[-1]
    rows = rows[rows["year"] == year]
    scenario_names = rows.drop_duplicates("scenario").set_index("scenario")
    wide_scores = rows.pivot(index="unit", columns="scenario", values="rank")
    values = []
    for record in results.ranking(year).to_dict("records"):
        ranks = [wide_scores[scenario].get(record["unit"]) for scenario in scenario_names.index]
        shifts = [abs(rank - record["rank"]) for rank in ranks if not is_missing(rank) and not is_missing(record["rank"])]
        unit_label = Bilingual(record["unit_zh"], record["unit_en"])
        values.append((record["unit"], unit_label, record["rank"], *ranks, max(shifts) if shifts else None))
    titles = [
        Column(unit_label, "int", 14)
        for unit_label in bilingual_names(scenario_names["scenario_zh"], scenario_names["scenario_en"])
    ]
    header = (
        *LABELS,
        *parse_columns("scenarios", "published | int | 9"),
        *titles,
        *parse_columns("scenarios", "largest_shift | int | 9"),
    )
    return Grid(wording("grids.title.scenarios", year=year), header, tuple(values), ("scenarios",))
