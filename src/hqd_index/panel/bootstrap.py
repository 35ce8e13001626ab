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

from ..engines.duckdb import Engine
from ..expressions import lag_columns, parse
from ..expressions.parts import Part, Parts, take_apart
from ..study.records import Indicator, Study
from .build import leaves_needed
from .units import row_key, with_unit

Array = NDArray[np.float64]
Whole = NDArray[np.integer[Any]]


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
    chosen = {id: leaf for id, leaf in leaves.items() if leaf.table == "firms"}
    if "firms" not in tables or not chosen or study.uncertainty.firms.draws == 0:
        return None
    firms = with_unit(study, engine, "firms", tables["firms"])
    return panel_draws(study, engine, firms, chosen, study.uncertainty.firms.draws, stream)


def panel_draws(
    study: Study, engine: Engine, firms: str, chosen: Mapping[str, Indicator], draws: int, stream: np.random.Generator
) -> PanelDraws:
    """`draws` bootstrap panels of the firm indicators in `chosen` from the rows of `firms` (with unit and year)."""
    types = engine.types(firms)
    order = [key for key in row_key(study, "firms") if key in types]
    parsed = {id: parse(leaf.formula, columns=types, aggregate=True, where=f"firms.{id}") for id, leaf in chosen.items()}
    apart = {id: take_apart(each, types, key=order) for id, each in parsed.items()}
    unit = [key for key in order if key != "year"]
    lags = {name: sql for each in parsed.values() for name, sql in lag_columns(each, types, partition=unit).items()}
    parts = _once(apart)
    rows = _row_values(engine, firms, parts, lags)
    years, units = tuple(sorted(rows["year"].unique())), tuple(sorted(rows["unit"].unique()))
    results = _all_units(rows, parts, units, years, draws, stream)
    values = _whole(engine, apart, dict(zip(parts, results)))
    return PanelDraws(values.reshape(draws, len(years), len(units), len(chosen)), years, units, tuple(chosen))


Key = tuple[str, str, float]


def _key(part: Part) -> Key:
    """What makes two parts the same, whatever formula they are of."""
    return part.kind, part.row, part.level


def _once(apart: Mapping[str, Parts]) -> dict[Key, Part]:
    """The parts of all formulas, each once: sum(revenue) divides many of them."""
    return {_key(part): part for parts in apart.values() for part in parts.parts}


def _row_values(engine: Engine, firms: str, parts: Mapping[Key, Part], lags: Mapping[str, str]) -> pd.DataFrame:
    """unit, firm, year and one DOUBLE column per part, numbered, in the order of the key."""
    below = "".join(f', {sql} AS "{name}"' for name, sql in lags.items())
    selects = "".join(f', {part.row} AS "{k}"' for k, part in enumerate(parts.values()))
    rows = f"(SELECT *{below} FROM {firms}) WHERE unit IS NOT NULL"
    return engine.collect(f"SELECT unit, firm_id, year{selects} FROM {rows} ORDER BY unit, firm_id, year")


def _all_units(
    rows: pd.DataFrame,
    parts: Mapping[Key, Part],
    units: Sequence[str],
    years: Sequence[int],
    draws: int,
    stream: np.random.Generator,
) -> list[Array]:
    """Each part's result as (draws, T, U), NaN where a unit has no firm drawn in a year."""
    results = [np.full((draws, len(years), len(units)), np.nan) for _ in parts]
    values = rows[[str(k) for k in range(len(parts))]].to_numpy(dtype=np.float64)
    year, unit = np.searchsorted(years, rows["year"]), np.searchsorted(np.array(units, dtype=object), rows["unit"])
    bounds = np.searchsorted(unit, np.arange(len(units) + 1))
    for u, mine in enumerate(map(slice, bounds[:-1], bounds[1:])):
        firm, firms = pd.factorize(rows["firm_id"].iloc[mine])
        counts = stream.multinomial(len(firms), np.full(len(firms), 1 / len(firms)), size=draws).astype(np.float64)
        found = _one_unit(list(parts.values()), values[mine].T, counts, firm, year[mine], len(years))
        for result, each in zip(results, found):
            result[:, :, u] = each
    return results


def _one_unit(parts: Sequence[Part], values: Array, counts: Array, firm: Whole, year: Whole, years: int) -> list[Array]:
    """Every part of one unit in every draw and year, (draws, T); values (parts, rows)."""
    moments = [_moments(part, column) for part, column in zip(parts, values)]
    cells, firms = firm * years + year, counts.shape[1]
    columns = [np.ones(len(cells)), *(each for many in moments for each in many)]
    grids = np.hstack([np.bincount(cells, each, minlength=firms * years).reshape(firms, years) for each in columns])
    drawn, *totals = np.split(counts @ grids, len(columns), axis=1)
    sums, found = iter(totals), []
    for part, column, many in zip(parts, values, moments):
        if part.kind in ORDERED:
            found.append(np.stack([_ordered(part, column[year == t], counts[:, firm[year == t]]) for t in range(years)], axis=1))
        else:
            found.append(np.where(drawn > 0, _finished(part.kind, [next(sums) for _ in many]), np.nan))
    return found


ORDERED = ("quantile", "min", "max")


def _moments(part: Part, values: Array) -> list[Array]:
    """What to add up over rows; nothing for a part that needs their order. Spread is measured from the rows' mean."""
    present = ~np.isnan(values)
    filled = np.where(present, values, 0.0)
    if part.kind in ORDERED:
        return []
    if part.kind == "count":
        return [filled]
    if part.kind in ("sum", "avg"):
        return [filled, present.astype(np.float64)]
    shifted = np.where(present, filled - (filled[present].mean() if present.any() else 0.0), 0.0)
    return [shifted**2, shifted, present.astype(np.float64)]


def _finished(kind: str, sums: Sequence[Array]) -> Array:
    """The aggregate from the sums of its moments; NaN over no rows, as SQL has NULL."""
    if kind == "count":
        return sums[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where(sums[-1] > 0, sums[-1], np.nan)
        if kind == "sum":
            return sums[0] * (known / known)
        if kind == "avg":
            return sums[0] / known
        variance = np.maximum(sums[0] - sums[1] ** 2 / known, 0.0) / np.where(known > 1, known - 1, np.nan)
    return np.sqrt(variance) if kind == "sd" else variance


def _ordered(part: Part, values: Array, counts: Array) -> Array:
    """Minimum, maximum or interpolated quantile of values repeated by their counts, (draws,)."""
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    cumulative = np.cumsum(counts[:, order], axis=1)
    size = cumulative[:, -1] if len(order) else np.zeros(len(counts))
    place = {"min": 0.0 * size, "max": size - 1, "quantile": part.level * (size - 1)}[part.kind]
    out, drawn = np.full(len(counts), np.nan), np.flatnonzero(size > 0)
    steps, below = cumulative[drawn], np.floor(place[drawn])
    low, high = ((steps <= at[:, None]).sum(axis=1) for at in (below, np.ceil(place[drawn])))
    least, most = values[order[low]], values[order[high]]
    out[drawn] = least + (place[drawn] - below) * (most - least)
    return out


def _whole(engine: Engine, apart: Mapping[str, Parts], results: Mapping[Key, Array]) -> Array:
    """The outer part of every formula over all cells, (cells, m)."""
    numbers = {key: k for k, key in enumerate(results)}
    columns = {str(numbers[key]): result.ravel() for key, result in results.items()}
    cells = engine.scan(pd.DataFrame({"cell": np.arange(len(next(iter(columns.values()))))} | columns))
    values = []
    for parts in apart.values():
        named = "".join(f', "{numbers[_key(part)]}" AS {part.name}' for part in parts.parts)
        frame = engine.collect(f"SELECT {parts.whole} AS value FROM (SELECT cell{named} FROM {cells}) ORDER BY cell")
        values.append(frame["value"].to_numpy(dtype=np.float64))
    engine.drop([cells])
    return np.stack(values, axis=1)
