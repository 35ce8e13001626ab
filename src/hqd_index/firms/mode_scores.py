"""Firm-years with their items, scores, axes and labels, as modes.yaml says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..engines import Engine, quoted
from ..errors import DataError
from ..expressions import parse, row_sql
from ..study.column_facts import study_tables as known_tables
from ..study.records import ModeAxis, ModeItem, Study
from ..study.srdi_levels import has_level_sql
from . import modes
from .modes import AXES, Array, Codes

ALL_AXES = tuple(name for pair in AXES for name in pair)


@dataclass(frozen=True)
class FirmScores:
    """Scores of firms by year, and why an item is not there.

    `rows`: firm_id, year, unit, revenue, in_force, ever, the items, `z_<item>`, `raw_<axis>` (scores of the year) and what
    `modes` publishes, sorted by firm and year; `lacking`: item -> reason (zh, en).
    """

    rows: pd.DataFrame
    missing_items: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def firm_scores(study: Study, engine: Engine, tables: Mapping[str, str]) -> FirmScores:
    """Every firm-year of the study's years. DataError without items, firms or SRDI status."""
    _check_tables(study, engine, tables)
    firm_years, missing_items = _item_columns(study, engine, tables)
    item_names = [item for item in study.modes.items if item not in missing_items]
    in_base_years = firm_years["year"].between(*study.modes.norm.base_years).to_numpy()
    pooled_items = {item.removeprefix("-") for item in _pooled_items(study)}
    z_blocks = [
        _z_scores(study, firm_years, [i for i in item_names if (i in pooled_items) == is_pooled], in_base_years, is_pooled)
        for is_pooled in (False, True)
    ]
    firm_years = pd.concat([firm_years, *z_blocks], axis=1)
    return FirmScores(_with_labels(study, firm_years, in_base_years), missing_items)


def _pooled_items(study: Study) -> list[str]:
    """Items of axes that compare firms across industries."""
    axes = [getattr(study.modes.axes, name) for name in ALL_AXES]
    return [item for axis in axes if axis.norm == "pooled" for item in (*axis.items, *axis.shown_only)]


def _z_scores(
    study: Study, firm_years: pd.DataFrame, item_names: list[str], is_base_year: np.ndarray, is_pooled: bool
) -> pd.DataFrame:
    """`z_<item>`: winsorised within the year, then standardised, both within the industry or over all."""
    industry = pd.factorize(firm_years["industry_code"] if "industry_code" in firm_years else firm_years["unit"], sort=True)[0]
    groups = np.zeros_like(industry) if is_pooled else industry
    years = (firm_years["year"] - firm_years["year"].min()).to_numpy()
    winsorised_items = modes.winsorise(
        firm_years[item_names], groups * (int(years.max(initial=0)) + 1) + years, study.modes.norm.winsor
    )
    return modes.standardise(winsorised_items, groups, is_base_year).add_prefix("z_")


def _check_tables(study: Study, engine: Engine, tables: Mapping[str, str]) -> None:
    if not study.modes.items:
        raise DataError("modes.yaml names no items", zh="modes.yaml 没有测度项")
    if "firms" not in tables:
        raise DataError("the study has no firm table", zh="本研究没有企业表")
    types = engine.types(tables["firms"])
    if "srdi_levels_valid" not in types:
        raise DataError("no SRDI status of firms", zh="没有企业的专精特新状态")
    missing_columns = [column for column in (*study.study.unit.by, "revenue") if column not in types]
    if missing_columns:
        raise DataError(f"firms have no column {', '.join(missing_columns)}", zh=f"企业表缺少列 {'、'.join(missing_columns)}")


def _item_columns(study: Study, engine: Engine, tables: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, tuple[str, str]]]:
    """Firm-years with one column per item, and why the others are lacking."""
    types, missing_reasons = engine.types(tables["firms"]), {}
    select_by_item, joins = {}, {}
    for item_name, item in study.modes.items.items():
        item_types = engine.types(tables[item.table]) if item.table in tables else {}
        absent_columns = sorted(parse(item.formula, columns=None, aggregate=False).columns - set(item_types))
        if absent_columns:
            missing_reasons[item_name] = (
                f"数据没有列 {'、'.join(absent_columns)}",
                f"the data have no column {', '.join(absent_columns)}",
            )
        elif item.table == "firms":
            select_by_item[item_name] = _item_sql(item, item_name, item_types, ["firm_id"])
        else:
            joins[item_name] = item
    first_year, last_year = study.study.years
    unit = " || '-' || ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in study.study.unit.by)
    key_columns = (
        {key_column for item in joins.values() for key_column in _industry_key(study, item)}
        | {"industry_code"}
        | _path_columns(study)
    )
    keys = sorted(key_columns & set(types) - {"firm_id", "unit"})
    key_selects = "".join(f"CAST({quoted(key_column)} AS VARCHAR) AS {quoted(key_column)}, " for key_column in keys)
    item_selects = "".join(f", {sql} AS {quoted(item_name)}" for item_name, sql in select_by_item.items())
    firm_years = engine.collect(f"""
        SELECT CAST(firm_id AS VARCHAR) AS firm_id, CAST("year" AS BIGINT) AS "year", {unit} AS unit,
               {key_selects} CAST(revenue AS DOUBLE) AS revenue,
               {_in_force(study)} AS in_force, coalesce(srdi_levels_ever, 0) <> 0 AS ever{item_selects}
        FROM {tables["firms"]} WHERE "year" BETWEEN {first_year} AND {last_year} ORDER BY firm_id, "year" """)
    firm_years = firm_years[firm_years["unit"].notna()].reset_index(drop=True)
    for item_name, item in joins.items():
        firm_years[item_name] = _industry_values(study, engine, tables[item.table], item, item_name, firm_years)
    for item_name in [*select_by_item, *joins]:
        firm_years[item_name] = firm_years[item_name].astype(float).replace([np.inf, -np.inf], np.nan)
        if firm_years[item_name].isna().all():
            missing_reasons[item_name] = ("没有任何取值", "no firm-year has a value")
    return firm_years, missing_reasons


def _path_columns(study: Study) -> set[str]:
    """Columns whose values paths count."""
    paths = (study.modes.paths.focus, study.modes.paths.capability, study.modes.paths.integration)
    return {indicator.within for path in paths for indicator in path.indicators.values() if indicator.within}


def _item_sql(item: ModeItem, item_name: str, types: Mapping[str, str], partition: list[str]) -> str:
    expression = parse(item.formula, columns=types, aggregate=False, location=f"modes.yaml items.{item_name}")
    return f"CAST({row_sql(expression, types, partition=partition)} AS DOUBLE)"


def _in_force(study: Study) -> str:
    """True for firm-years that the density counts."""
    density = study.regressions.density
    column = "srdi_levels_valid" if density.status == "valid" else "srdi_levels_to_date"
    return f"coalesce({has_level_sql(column, density.levels)}, false)"


def _industry_values(
    study: Study, engine: Engine, table: str, item: ModeItem, item_name: str, firm_years: pd.DataFrame
) -> pd.Series:
    """The value of each firm-year's industry in its year, or in the year that is fixed."""
    types = engine.types(table)
    key = _industry_key(study, item)
    sql = _item_sql(item, item_name, types, key)
    industry_values = engine.collect(f'SELECT {", ".join(key)}, CAST("year" AS BIGINT) AS "year", {sql} AS value FROM {table}')
    industry_values[key] = industry_values[key].astype(str)
    join_columns = [*key, "year"]
    if item.fixed is not None:
        industry_values, join_columns = industry_values[industry_values["year"] == item.fixed], key
    joined_values = firm_years[join_columns].merge(industry_values.drop_duplicates(join_columns), on=join_columns, how="left")
    return pd.Series(joined_values["value"].to_numpy(dtype=float), index=firm_years.index)


def _industry_key(study: Study, item: ModeItem) -> list[str]:
    """The columns of a table's key that firms carry, without the year."""
    return [column for column in known_tables(study)[item.table].key if column != "year"]


def axis_score(study: Study, firm_years: pd.DataFrame, axis: str, *, include_shown_only: bool) -> pd.Series:
    """The score of one axis in each firm-year; without `include_shown_only`, from the items that may feed H4."""
    axis_config: ModeAxis = getattr(study.modes.axes, axis)
    item_names = (*axis_config.items, *axis_config.shown_only) if include_shown_only else axis_config.items
    signs = {f"z_{i.removeprefix('-')}": -1 if i.startswith("-") else 1 for i in item_names}
    sign_by_column = {column: sign for column, sign in signs.items() if column in firm_years}
    return modes.mean_score(firm_years[list(sign_by_column)], sign_by_column, axis_config.min_items)


@dataclass(frozen=True)
class FirmYearGrid:
    """Positions of the firm-years of sorted rows in arrays by firm and calendar year."""

    firm: np.ndarray
    year: np.ndarray
    shape: tuple[int, int]

    def cube(self, row_values: pd.Series) -> Array:
        array = np.full(self.shape, np.nan)
        array[self.firm, self.year] = row_values.to_numpy(dtype=float)
        return array

    def by_row(self, grid_values: np.ndarray) -> np.ndarray:
        return np.asarray(grid_values[self.firm, self.year])


def _with_labels(study: Study, firm_years: pd.DataFrame, is_base_year: np.ndarray) -> pd.DataFrame:
    first_year, last_year = study.study.years
    firm, _ = pd.factorize(firm_years["firm_id"])
    grid = FirmYearGrid(
        firm, (firm_years["year"] - first_year).to_numpy(), (int(firm.max(initial=-1)) + 1, last_year - first_year + 1)
    )
    in_base_years = np.array(
        [study.modes.norm.base_years[0] <= y <= study.modes.norm.base_years[1] for y in range(first_year, last_year + 1)]
    )
    raw_scores = {name: axis_score(study, firm_years, name, include_shown_only=True) for name in ALL_AXES}
    score_means = {name: modes.rolling_mean(grid.cube(raw_scores[name]), study.modes.window) for name in ALL_AXES}
    columns: dict[str, np.ndarray | pd.Series] = {
        name: grid.by_row(smoothed_scores) for name, smoothed_scores in score_means.items()
    }
    columns |= {f"raw_{name}": smoothed_scores for name, smoothed_scores in raw_scores.items()}
    columns |= {
        name: grid.by_row(smoothed_scores) for name, smoothed_scores in _published_axes(study, score_means, in_base_years).items()
    }
    base_scores = {
        name: _base_means(axis_score(study, firm_years, name, include_shown_only=False).where(is_base_year), firm)
        for name in ALL_AXES
    }
    columns |= {f"base_{name}": smoothed_scores[firm, 0] for name, smoothed_scores in _base_modes(study, base_scores).items()}
    return pd.concat([firm_years, pd.DataFrame(columns, index=firm_years.index)], axis=1)


def _published_axes(study: Study, smoothed_scores: Mapping[str, Array], in_base_years: np.ndarray) -> dict[str, np.ndarray]:
    """Axes, labels and memberships by firm and year."""
    modes_config = study.modes
    columns: dict[str, np.ndarray] = {}
    codes, levels = [], []
    for axis_number, (first_pole, second_pole) in enumerate(AXES, start=1):
        strengths, level = (
            modes.axis_strengths(smoothed_scores[first_pole], smoothed_scores[second_pole], in_base_years),
            smoothed_scores[first_pole] + smoothed_scores[second_pole],
        )
        label = _axis_codes(study, strengths, smoothed_scores[first_pole], smoothed_scores[second_pole], in_base_years)
        columns |= {f"a{axis_number}": strengths, f"p_{first_pole}": modes.soft_membership(strengths, modes_config.tau)}
        columns[f"axis{axis_number}"] = modes.axis_name(label, (first_pole, second_pole), level)
        codes.append(label)
        levels.append(level)
    return columns | {"mode": modes.mode_of(*codes), "quadrant": modes.quadrant(*levels)}


def _axis_codes(study: Study, strengths: Array, first_scores: Array, second_scores: Array, in_base_years: np.ndarray) -> Codes:
    modes_config = study.modes
    if modes_config.rule == "relative":
        return modes.axis_labels(strengths, dead_band=modes_config.dead_band, hysteresis=modes_config.hysteresis)
    cuts = [
        float(np.nanquantile(pole_scores[:, in_base_years], modes_config.strong_from))
        if np.isfinite(pole_scores[:, in_base_years]).any()
        else np.nan
        for pole_scores in (first_scores, second_scores)
    ]
    return modes.absolute_labels(first_scores, second_scores, (cuts[0], cuts[1]))


def _base_means(score: pd.Series, firm: np.ndarray) -> Array:
    """Mean score of each firm over the base years, (F, 1)."""
    means = score.groupby(firm).mean()
    return np.asarray(means.reindex(range(int(firm.max(initial=-1)) + 1)).to_numpy(dtype=float))[:, None]


def _base_modes(study: Study, base_scores: Mapping[str, Array]) -> dict[str, np.ndarray]:
    """Axes, memberships and mode of each firm from the base years alone: what feeds H4."""
    columns: dict[str, np.ndarray] = {}
    modes_config, codes, true_mask = study.modes, [], np.array([True])
    for number, (first_pole, second_pole) in enumerate(AXES, start=1):
        strengths = modes.axis_strengths(base_scores[first_pole], base_scores[second_pole], true_mask)
        columns |= {f"a{number}": strengths, f"p_{first_pole}": modes.soft_membership(strengths, modes_config.tau)}
        codes.append(_axis_codes(study, strengths, base_scores[first_pole], base_scores[second_pole], true_mask))
    return columns | {"mode": modes.mode_of(*codes)}
