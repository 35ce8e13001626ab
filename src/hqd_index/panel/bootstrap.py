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
from ..study.models import Indicator, Study
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
    lags = {name: sql for each in parsed.values() for name, sql in lag_columns(each, types, partition=["firm_id"]).items()}
    rows = _row_values(engine, firms, apart, lags)
    years, units = tuple(sorted(rows["year"].unique())), tuple(sorted(rows["unit"].unique()))
    sums = _all_units(rows, apart, units, years, draws, stream)
    values = _whole(engine, apart, sums, draws * len(years) * len(units))
    return PanelDraws(values.reshape(draws, len(years), len(units), len(chosen)), years, units, tuple(chosen))


def _row_values(engine: Engine, firms: str, apart: Mapping[str, Parts], lags: Mapping[str, str]) -> pd.DataFrame:
    """unit, firm, year and one DOUBLE column per part, in the order of the key."""
    below = "".join(f', {sql} AS "{name}"' for name, sql in lags.items())
    selects = ", ".join(f'{part.row} AS "{id}:{part.name}"' for id, parts in apart.items() for part in parts.parts)
    rows = f"(SELECT *{below} FROM {firms}) WHERE unit IS NOT NULL"
    return engine.collect(f"SELECT unit, firm_id, year, {selects} FROM {rows} ORDER BY unit, firm_id, year")


def _all_units(
    rows: pd.DataFrame,
    apart: Mapping[str, Parts],
    units: Sequence[str],
    years: Sequence[int],
    draws: int,
    stream: np.random.Generator,
) -> dict[str, Array]:
    """Each part's result as (draws, T, U)."""
    names = [f"{id}:{part.name}" for id, parts in apart.items() for part in parts.parts]
    results = {name: np.full((draws, len(years), len(units)), np.nan) for name in names}
    position = {year: t for t, year in enumerate(years)}
    for u, (_, mine) in enumerate(rows.groupby("unit", sort=True)):
        firm, firms = pd.factorize(mine["firm_id"])
        counts = stream.multinomial(len(firms), np.full(len(firms), 1 / len(firms)), size=draws).astype(np.float64)
        year = mine["year"].map(position).to_numpy()
        for id, parts in apart.items():
            values = {part.name: mine[f"{id}:{part.name}"].to_numpy() for part in parts.parts}
            for part in parts.parts:
                results[f"{id}:{part.name}"][:, :, u] = _weighted(part, values[part.name], counts, firm, year, len(years))
    return results


def _weighted(part: Part, values: Array, counts: Array, firm: Whole, year: Whole, years: int) -> Array:
    """One part of one unit in every draw and year, (draws, T)."""
    if part.kind in ("quantile", "min", "max"):
        return np.stack([_ordered(part, values[year == t], counts[:, firm[year == t]]) for t in range(years)], axis=1)
    present = ~np.isnan(values)
    grid = np.zeros((counts.shape[1], years))

    def total(cells: Array) -> Array:
        grid[:] = 0.0
        np.add.at(grid, (firm, year), cells)
        return counts @ grid

    known = total(present.astype(np.float64))
    filled = np.where(present, values, 0.0)
    summed = total(filled)
    with np.errstate(divide="ignore", invalid="ignore"):
        if part.kind == "count":
            return summed
        if part.kind == "sum":
            return np.where(known > 0, summed, np.nan)
        if part.kind == "avg":
            return summed / np.where(known > 0, known, np.nan)
        centre = filled[present].mean() if present.any() else 0.0
        shifted = np.where(present, filled - centre, 0.0)
        variance = (total(shifted**2) - total(shifted) ** 2 / known) / np.where(known > 1, known - 1, np.nan)
    return np.sqrt(variance) if part.kind == "sd" else variance


def _ordered(part: Part, values: Array, counts: Array) -> Array:
    """Minimum, maximum or interpolated quantile of values repeated by their counts, (draws,)."""
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    cumulative = np.cumsum(counts[:, order], axis=1)
    size = cumulative[:, -1] if len(order) else np.zeros(len(counts))
    place = {"min": 0.0 * size, "max": size - 1, "quantile": part.level * (size - 1)}[part.kind]
    out = np.full(len(counts), np.nan)
    for draw in np.flatnonzero(size > 0):
        low, high = np.searchsorted(cumulative[draw], [np.floor(place[draw]), np.ceil(place[draw])], side="right")
        below, above = values[order[low]], values[order[high]]
        out[draw] = below + (place[draw] - np.floor(place[draw])) * (above - below)
    return out


def _whole(engine: Engine, apart: Mapping[str, Parts], sums: Mapping[str, Array], cells: int) -> Array:
    """The outer part of every formula over all cells, (cells, m)."""
    columns = []
    for id, parts in apart.items():
        table = engine.scan(
            pd.DataFrame({"cell": np.arange(cells)} | {p.name: sums[f"{id}:{p.name}"].ravel() for p in parts.parts})
        )
        frame = engine.collect(f"SELECT {parts.whole} AS value FROM {table} ORDER BY cell")
        engine.drop([table])
        columns.append(frame["value"].to_numpy(dtype=np.float64))
    return np.stack(columns, axis=1)
