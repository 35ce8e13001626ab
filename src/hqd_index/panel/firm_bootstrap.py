"""Firms drawn again inside each unit: the panel of `all` in many draws, as weighted sums of row values computed once.

A firm is drawn with all its years (the whole path is the observation). Row values come from DuckDB, a draw is a column of
firm counts, sums are matrix products, and the outer part of each formula is DuckDB again over all draws at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..engines import Engine
from ..expressions.parts import AggregatePart, AggregateParts, split_aggregates
from ..progress import counted
from ..study.column_facts import row_key
from ..study.records import Indicator, Study
from .unit_keys import with_unit
from .unit_year_aggregates import aggregate_rows, parsed_aggregate
from .unit_year_panel import leaves_needed

Array = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class PanelDraws:
    """Values (draws, T, U, m) of firm indicators; keys give the order of the axes."""

    values: Array
    years: tuple[int, ...]
    units: tuple[str, ...]
    indicators: tuple[str, ...]


def firm_draws(study: Study, engine: Engine, tables: Mapping[str, str], stream: np.random.Generator) -> PanelDraws | None:
    """Bootstrap draws of every firm indicator that some design scores; None where the study has no firms or wants no draws."""
    leaves = {leaf: study.indicators.indicators[leaf] for leaf in leaves_needed(study)}
    firm_leaves = {id: leaf for id, leaf in leaves.items() if leaf.table == "firms"}
    if "firms" not in tables or not firm_leaves or study.uncertainty.firms.draws == 0:
        return None
    firms = with_unit(study, engine, "firms", tables["firms"])
    return panel_draws(study, engine, firms, firm_leaves, study.uncertainty.firms.draws, stream)


def panel_draws(
    study: Study, engine: Engine, firms: str, leaves: Mapping[str, Indicator], draws: int, stream: np.random.Generator
) -> PanelDraws:
    """`draws` bootstrap panels of the firm indicators in `chosen` from the rows of `firms` (with unit and year)."""
    types = engine.types(firms)
    order = [key_column for key_column in row_key(study, "firms") if key_column in types]
    expressions = {id: parsed_aggregate(leaf, types, location=f"firms.{id}") for id, leaf in leaves.items()}
    parts_by_leaf = {
        id: split_aggregates(expression, types, key=order, prefix=f"leaf_{j}")
        for j, (id, expression) in enumerate(expressions.items())
    }
    distinct_parts = _distinct_parts(parts_by_leaf)
    rows = _row_values(engine, aggregate_rows(firms, expressions.values(), types, order), distinct_parts)
    years, units = tuple(sorted(rows["year"].unique())), tuple(sorted(rows["unit"].unique()))
    results = _all_units(rows, distinct_parts, units, years, draws, stream)
    values = _outer_values(engine, parts_by_leaf, dict(zip(distinct_parts, results)))
    by_unit = values.reshape(len(leaves), len(units), draws, len(years))
    return PanelDraws(np.ascontiguousarray(by_unit.transpose(2, 3, 1, 0)), years, units, tuple(leaves))


Key = tuple[str, str, float]


def _part_key(aggregate_part: AggregatePart) -> Key:
    """What makes two parts the same, whatever formula they are of."""
    return aggregate_part.aggregate_kind, aggregate_part.row, aggregate_part.level


def _distinct_parts(parts_by_leaf: Mapping[str, AggregateParts]) -> dict[Key, AggregatePart]:
    """The parts of all formulas, each once: sum(revenue) divides many of them."""
    return {
        _part_key(aggregate_part): aggregate_part for leaf_parts in parts_by_leaf.values() for aggregate_part in leaf_parts.parts
    }


def _row_values(engine: Engine, firm_rows: str, distinct_parts: Mapping[Key, AggregatePart]) -> pd.DataFrame:
    """unit, firm, year and one DOUBLE column per part, numbered, in the order of the key."""
    select_items = "".join(f', {aggregate_part.row} AS "{k}"' for k, aggregate_part in enumerate(distinct_parts.values()))
    rows = f"{firm_rows} WHERE unit IS NOT NULL"
    return engine.collect(f"SELECT unit, firm_id, year{select_items} FROM {rows} ORDER BY unit, firm_id, year")


def _all_units(
    firm_rows: pd.DataFrame,
    distinct_parts: Mapping[Key, AggregatePart],
    units: Sequence[str],
    years: Sequence[int],
    draws: int,
    stream: np.random.Generator,
) -> list[Array]:
    """Each part's result as (U, draws, T), NaN where a unit has no firm drawn in a year."""
    results = [np.empty((len(units), draws, len(years))) for _ in distinct_parts]
    values = firm_rows[[str(k) for k in range(len(distinct_parts))]].to_numpy(dtype=np.float64)
    year, unit = np.searchsorted(years, firm_rows["year"]), firm_rows["unit"].to_numpy()
    firm = np.cumsum(np.r_[0, _is_new(unit) | _is_new(firm_rows["firm_id"].to_numpy())])
    bounds = np.r_[0, np.flatnonzero(_is_new(unit)) + 1, len(unit)]
    units_drawn = counted(list(map(slice, bounds[:-1], bounds[1:])), "单位", "units")
    for unit_index, unit_rows in enumerate(units_drawn):
        unit_firm = firm[unit_rows] - firm[unit_rows.start]
        firms = int(unit_firm[-1]) + 1
        draw_counts = stream.multinomial(firms, np.full(firms, 1 / firms), size=draws).astype(np.float64)
        unit_results = _unit_draws(
            list(distinct_parts.values()), values[unit_rows].T, draw_counts, unit_firm, year[unit_rows], len(years)
        )
        for part_result, unit_result in zip(results, unit_results):
            part_result[unit_index] = unit_result
    return results


def _is_new(sorted_labels: np.ndarray) -> np.ndarray:
    """(n - 1,) whether a label differs from the one before."""
    return np.asarray(sorted_labels[1:] != sorted_labels[:-1], dtype=bool)


def _unit_draws(
    distinct_parts: Sequence[AggregatePart], part_values: Array, draw_counts: Array, firm: Integers, year: Integers, years: int
) -> list[Array]:
    """Every part of one unit in every draw and year, (draws, T); values (parts, rows)."""
    moments = [_moments(aggregate_part, column) for aggregate_part, column in zip(distinct_parts, part_values)]
    cells, firms = firm * years + year, draw_counts.shape[1]
    columns = [np.ones(len(cells)), *(moment for part_moments in moments for moment in part_moments if moment is not None)]
    grids = np.hstack([np.bincount(cells, moment, minlength=firms * years).reshape(firms, years) for moment in columns])
    firms_drawn, *totals = np.split(draw_counts @ grids, len(columns), axis=1)
    n_drawn = np.where(firms_drawn > 0, firms_drawn, np.nan)
    sums, results = iter(totals), []
    for aggregate_part, column, part_moments in zip(distinct_parts, part_values, moments):
        if aggregate_part.aggregate_kind in ORDER_STATISTICS:
            results.append(_order_statistics_by_year(aggregate_part, column, draw_counts, firm, year, years))
        else:
            moment_sums = [n_drawn if moment is None else next(sums) for moment in part_moments]
            results.append(_aggregate_from_moments(aggregate_part.aggregate_kind, moment_sums, n_drawn))
    return results


def _order_statistics_by_year(
    aggregate_part: AggregatePart, part_values: Array, draw_counts: Array, firm: Integers, year: Integers, years: int
) -> Array:
    """An order statistic of one unit in every draw and year, (draws, T)."""
    by_year = [np.flatnonzero(year == t) for t in range(years)]
    return np.stack(
        [_order_statistics(aggregate_part, part_values[rows], draw_counts[:, firm[rows]]) for rows in by_year], axis=1
    )


ORDER_STATISTICS = ("quantile", "min", "max")


def _moments(aggregate_part: AggregatePart, part_values: Array) -> list[Array | None]:
    """What to add up over rows, None for how many rows there are; nothing for a part that needs their order.

    Spread is measured from the rows' mean.
    """
    has_value = ~np.isnan(part_values)
    is_complete = bool(has_value.all())
    values_or_zero = part_values if is_complete else np.where(has_value, part_values, 0.0)
    n_present = None if is_complete else has_value.astype(np.float64)
    if aggregate_part.aggregate_kind in ORDER_STATISTICS:
        return []
    if aggregate_part.aggregate_kind == "count":
        return [values_or_zero]
    if aggregate_part.aggregate_kind in ("sum", "avg"):
        return [values_or_zero, n_present]
    centred_values = np.where(has_value, values_or_zero - (values_or_zero[has_value].mean() if has_value.any() else 0.0), 0.0)
    return [centred_values**2, centred_values, n_present]


def _aggregate_from_moments(aggregate: str, moment_sums: Sequence[Array], n_drawn: Array) -> Array:
    """The aggregate from the sums of its moments; NaN over no rows, as SQL has NULL, and where no firm is drawn."""
    if aggregate == "count":
        return np.where(np.isnan(n_drawn), np.nan, moment_sums[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        n_present = np.where(moment_sums[-1] > 0, moment_sums[-1], np.nan)
        if aggregate == "sum":
            return np.where(np.isnan(n_present), np.nan, moment_sums[0])
        if aggregate == "avg":
            return moment_sums[0] / n_present
        variance = np.maximum(moment_sums[0] - moment_sums[1] ** 2 / n_present, 0.0) / np.where(
            n_present > 1, n_present - 1, np.nan
        )
    return np.sqrt(variance) if aggregate == "sd" else variance


def _order_statistics(aggregate_part: AggregatePart, part_values: Array, draw_counts: Array) -> Array:
    """Minimum, maximum or interpolated quantile of values repeated by their counts, (draws,)."""
    present_rows = np.flatnonzero(~np.isnan(part_values))
    order = present_rows[np.argsort(part_values[present_rows], kind="stable")]
    running_counts = np.cumsum(draw_counts[:, order], axis=1)
    size = running_counts[:, -1] if len(order) else np.zeros(len(draw_counts))
    place = {"min": 0.0 * size, "max": size - 1, "quantile": aggregate_part.level * (size - 1)}[aggregate_part.aggregate_kind]
    statistics, nonempty = np.full(len(draw_counts), np.nan), np.flatnonzero(size > 0)
    steps, lower_place = running_counts[nonempty], np.floor(place[nonempty])
    low, high = ((steps <= targets[:, None]).sum(axis=1) for targets in (lower_place, np.ceil(place[nonempty])))
    lower, upper = part_values[order[low]], part_values[order[high]]
    statistics[nonempty] = lower + (place[nonempty] - lower_place) * (upper - lower)
    return statistics


def _outer_values(engine: Engine, parts_by_leaf: Mapping[str, AggregateParts], results: Mapping[Key, Array]) -> Array:
    """The outer part of every formula over all cells, (m, cells)."""
    numbers = {part_key: k for k, part_key in enumerate(results)}
    columns = {str(numbers[part_key]): part_result.ravel() for part_key, part_result in results.items()}
    cells = engine.scan(pd.DataFrame({"cell": np.arange(len(next(iter(columns.values()))))} | columns, copy=False))
    parts = [part for leaf_parts in parts_by_leaf.values() for part in leaf_parts.parts]
    part_selects = "".join(f', "{numbers[_part_key(part)]}" AS {part.name}' for part in parts)
    combinations = ", ".join(f'{leaf_parts.combination} AS "{j}"' for j, leaf_parts in enumerate(parts_by_leaf.values()))
    values = engine.collect(f"SELECT {combinations} FROM (SELECT cell{part_selects} FROM {cells}) ORDER BY cell")
    engine.drop([cells])
    return np.stack([values[str(j)].to_numpy(dtype=np.float64) for j in range(len(parts_by_leaf))])
