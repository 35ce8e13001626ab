"""Firm-years with their items, scores, axes and labels, as modes.yaml says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..engines.duckdb import Engine, literal, quoted
from ..errors import DataError
from ..expressions import parse, row_sql
from ..study.column_facts import tables as known_tables
from ..study.records import ModeAxis, ModeItem, Study
from . import modes
from .modes import AXES, Array, Codes

ALL_AXES = tuple(name for pair in AXES for name in pair)


@dataclass(frozen=True)
class Scored:
    """`rows`: firm_id, year, unit, revenue, in_force, ever, the items, `z_<item>`, `raw_<axis>` (scores of the year) and what
    `modes` publishes, sorted by firm and year; `lacking` says why an item is not there, as (zh, en)."""

    rows: pd.DataFrame
    lacking: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def scored(study: Study, engine: Engine, tables: Mapping[str, str]) -> Scored:
    """Every firm-year of the study's years. DataError without items, firms or SRDI status."""
    _possible(study, engine, tables)
    rows, lacking = _items(study, engine, tables)
    present = [item for item in study.modes.items if item not in lacking]
    base = rows["year"].between(*study.modes.norm.base_years).to_numpy()
    pooled = {item.removeprefix("-") for item in _pooled(study)}
    made = [_z(study, rows, [i for i in present if (i in pooled) == together], base, together) for together in (False, True)]
    rows = pd.concat([rows, *made], axis=1)
    return Scored(_labelled(study, rows, base), lacking)


def _pooled(study: Study) -> list[str]:
    """Items of axes that compare firms across industries."""
    axes = [getattr(study.modes.axes, name) for name in ALL_AXES]
    return [item for axis in axes if axis.norm == "pooled" for item in (*axis.items, *axis.shown_only)]


def _z(study: Study, rows: pd.DataFrame, items: list[str], base: np.ndarray, pooled: bool) -> pd.DataFrame:
    """`z_<item>`: winsorised within the year, then standardised, both within the industry or over all."""
    industry = pd.factorize(rows["industry_code"] if "industry_code" in rows else rows["unit"], sort=True)[0]
    groups = np.zeros_like(industry) if pooled else industry
    years = (rows["year"] - rows["year"].min()).to_numpy()
    drawn = modes.winsorised(rows[items], groups * (int(years.max(initial=0)) + 1) + years, study.modes.norm.winsor)
    return modes.standardised(drawn, groups, base).add_prefix("z_")


def _possible(study: Study, engine: Engine, tables: Mapping[str, str]) -> None:
    if not study.modes.items:
        raise DataError("modes.yaml names no items", zh="modes.yaml 没有测度项")
    if "firms" not in tables:
        raise DataError("the study has no firm table", zh="本研究没有企业表")
    types = engine.types(tables["firms"])
    if "srdi_levels_valid" not in types:
        raise DataError("no SRDI status of firms", zh="没有企业的专精特新状态")
    missing = [column for column in (*study.study.unit.by, "revenue") if column not in types]
    if missing:
        raise DataError(f"firms have no column {', '.join(missing)}", zh=f"企业表缺少列 {'、'.join(missing)}")


def _items(study: Study, engine: Engine, tables: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, tuple[str, str]]]:
    """Firm-years with one column per item, and why the others are lacking."""
    types, lacking = engine.types(tables["firms"]), {}
    selects, joins = {}, {}
    for name, item in study.modes.items.items():
        here = engine.types(tables[item.table]) if item.table in tables else {}
        absent = sorted(parse(item.formula, columns=None, aggregate=False).columns - set(here))
        if absent:
            lacking[name] = (f"数据没有列 {'、'.join(absent)}", f"the data have no column {', '.join(absent)}")
        elif item.table == "firms":
            selects[name] = _sql(item, name, here, ["firm_id"])
        else:
            joins[name] = item
    first, last = study.study.years
    unit = " || '-' || ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in study.study.unit.by)
    wanted = {c for item in joins.values() for c in _key(study, item)} | {"industry_code"} | _within(study)
    keys = sorted(wanted & set(types) - {"firm_id", "unit"})
    columns = [f"{sql} AS {quoted(name)}" for name, sql in selects.items()]
    frame = engine.collect(f"""
        SELECT CAST(firm_id AS VARCHAR) AS firm_id, CAST("year" AS BIGINT) AS "year", {unit} AS unit,
               {"".join(f"CAST({quoted(c)} AS VARCHAR) AS {quoted(c)}, " for c in keys)} CAST(revenue AS DOUBLE) AS revenue,
               {_in_force(study)} AS in_force, len(coalesce(srdi_levels_ever, [])) > 0 AS ever{"".join(", " + c for c in columns)}
        FROM {tables["firms"]} WHERE "year" BETWEEN {first} AND {last} ORDER BY firm_id, "year" """)
    frame = frame[frame["unit"].notna()].reset_index(drop=True)
    for name, item in joins.items():
        frame[name] = _joined(study, engine, tables[item.table], item, name, frame)
    for name in [*selects, *joins]:
        frame[name] = frame[name].astype(float).replace([np.inf, -np.inf], np.nan)
        if frame[name].isna().all():
            lacking[name] = ("没有任何取值", "no firm-year has a value")
    return frame, lacking


def _within(study: Study) -> set[str]:
    """Columns whose values paths count."""
    paths = (study.modes.paths.focus, study.modes.paths.capability, study.modes.paths.integration)
    return {indicator.within for path in paths for indicator in path.indicators.values() if indicator.within}


def _sql(item: ModeItem, name: str, types: Mapping[str, str], partition: list[str]) -> str:
    expression = parse(item.formula, columns=types, aggregate=False, where=f"modes.yaml items.{name}")
    return f"CAST({row_sql(expression, types, partition=partition)} AS DOUBLE)"


def _in_force(study: Study) -> str:
    """True for firm-years that the density counts."""
    density = study.regressions.density
    column = "srdi_levels_valid" if density.status == "valid" else "srdi_levels_to_date"
    levels = ", ".join(literal(level) for level in density.levels)
    return f"coalesce(list_has_any({column}, [{levels}]), false)"


def _joined(study: Study, engine: Engine, table: str, item: ModeItem, name: str, frame: pd.DataFrame) -> pd.Series:
    """The value of each firm-year's industry in its year, or in the year that is fixed."""
    types = engine.types(table)
    key = _key(study, item)
    sql = _sql(item, name, types, key)
    values = engine.collect(f'SELECT {", ".join(key)}, CAST("year" AS BIGINT) AS "year", {sql} AS value FROM {table}')
    values[key] = values[key].astype(str)
    by = [*key, "year"]
    if item.fixed is not None:
        values, by = values[values["year"] == item.fixed], key
    found = frame[by].merge(values.drop_duplicates(by), on=by, how="left")
    return pd.Series(found["value"].to_numpy(dtype=float), index=frame.index)


def _key(study: Study, item: ModeItem) -> list[str]:
    """The columns of a table's key that firms carry, without the year."""
    return [column for column in known_tables(study)[item.table].key if column != "year"]


def axis_score(study: Study, rows: pd.DataFrame, axis: str, *, shown: bool) -> pd.Series:
    """The score of one axis in each firm-year; without `shown`, from the items that may feed H4."""
    said: ModeAxis = getattr(study.modes.axes, axis)
    listed = (*said.items, *said.shown_only) if shown else said.items
    signs = {f"z_{i.removeprefix('-')}": -1 if i.startswith("-") else 1 for i in listed}
    present = {column: sign for column, sign in signs.items() if column in rows}
    return modes.score(rows[list(present)], present, said.min_items)


@dataclass(frozen=True)
class Grid:
    """Where the firm-years of sorted rows stand in arrays by firm and calendar year."""

    firm: np.ndarray
    year: np.ndarray
    shape: tuple[int, int]

    def cube(self, values: pd.Series) -> Array:
        out = np.full(self.shape, np.nan)
        out[self.firm, self.year] = values.to_numpy(dtype=float)
        return out

    def back(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values[self.firm, self.year])


def _labelled(study: Study, rows: pd.DataFrame, base: np.ndarray) -> pd.DataFrame:
    first, last = study.study.years
    firm, _ = pd.factorize(rows["firm_id"])
    grid = Grid(firm, (rows["year"] - first).to_numpy(), (int(firm.max(initial=-1)) + 1, last - first + 1))
    inside = np.array([study.modes.norm.base_years[0] <= y <= study.modes.norm.base_years[1] for y in range(first, last + 1)])
    raw = {name: axis_score(study, rows, name, shown=True) for name in ALL_AXES}
    smooth = {name: modes.rolling(grid.cube(raw[name]), study.modes.window) for name in ALL_AXES}
    out: dict[str, np.ndarray | pd.Series] = {name: grid.back(values) for name, values in smooth.items()}
    out |= {f"raw_{name}": values for name, values in raw.items()}
    out |= {name: grid.back(values) for name, values in _shown(study, smooth, inside).items()}
    still = {name: _still(axis_score(study, rows, name, shown=False).where(base), firm) for name in ALL_AXES}
    out |= {f"base_{name}": values[firm, 0] for name, values in _base(study, still).items()}
    return pd.concat([rows, pd.DataFrame(out, index=rows.index)], axis=1)


def _shown(study: Study, smooth: Mapping[str, Array], inside: np.ndarray) -> dict[str, np.ndarray]:
    """Axes, labels and memberships by firm and year."""
    said = study.modes
    found: dict[str, np.ndarray] = {}
    codes, levels = [], []
    for number, (one, two) in enumerate(AXES, start=1):
        a, level = modes.axis(smooth[one], smooth[two], inside), smooth[one] + smooth[two]
        label = _code(study, a, smooth[one], smooth[two], inside)
        found |= {f"a{number}": a, f"p_{one}": modes.softened(a, said.tau)}
        found[f"axis{number}"] = modes.axis_name(label, (one, two), level)
        codes.append(label)
        levels.append(level)
    return found | {"mode": modes.mode_of(*codes), "quadrant": modes.quadrant(*levels)}


def _code(study: Study, a: Array, one: Array, two: Array, inside: np.ndarray) -> Codes:
    said = study.modes
    if said.rule == "relative":
        return modes.labelled(a, dead_band=said.dead_band, hysteresis=said.hysteresis)
    cuts = [
        float(np.nanquantile(s[:, inside], said.strong_from)) if np.isfinite(s[:, inside]).any() else np.nan for s in (one, two)
    ]
    return modes.absolute(one, two, (cuts[0], cuts[1]))


def _still(score: pd.Series, firm: np.ndarray) -> Array:
    """Mean score of each firm over the base years, (F, 1)."""
    means = score.groupby(firm).mean()
    return np.asarray(means.reindex(range(int(firm.max(initial=-1)) + 1)).to_numpy(dtype=float))[:, None]


def _base(study: Study, still: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """Axes, memberships and mode of each firm from the base years alone: what feeds H4."""
    found: dict[str, np.ndarray] = {}
    said, codes, always = study.modes, [], np.array([True])
    for number, (one, two) in enumerate(AXES, start=1):
        a = modes.axis(still[one], still[two], always)
        found |= {f"a{number}": a, f"p_{one}": modes.softened(a, said.tau)}
        codes.append(_code(study, a, still[one], still[two], always))
    return found | {"mode": modes.mode_of(*codes)}
