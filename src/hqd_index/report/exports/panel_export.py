"""The panel for Stata and R: one row per unit-year, every column with its label."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...tables import variable
from ..bilingual import Bilingual
from ..grids.published_grids import column_labels
from ..results import Results
from ..wording import wording, wordings
from .derived_labels import derived_labels
from .published_panel_columns import with_derived_columns
from .regression_columns import with_regression_columns

LONGEST_LABEL = 80
SAMPLES = {"all": "", "leave_out": "_lo"}
"""Ending of the outcome columns of each sample."""


def panel(results: Results) -> pd.DataFrame:
    """One row per unit-year: outcomes (score/100) of both samples, density and controls with their lags, `used`.

    `used` marks the rows of the headline sample: every indicator in both samples, density and controls present.
    """
    rows = results.table("scores")
    unit_years = results.units.merge(pd.DataFrame({"year": sorted(rows["year"].unique())}), how="cross")
    unit_years["unit_id"] = unit_years["unit"].map({unit: k for k, unit in enumerate(results.units["unit"], 1)})
    groups = _unit_groups(results)
    if groups:
        group_numbers = {group: k for k, group in enumerate(sorted(set(groups.values())), 1)}
        unit_years["group_id"] = unit_years["unit"].map(groups).map(group_numbers)
    for sample, suffix in SAMPLES.items():
        scores_by_node = rows[rows["sample"] == sample].pivot(index=["unit", "year"], columns="node", values="score") / 100
        scores_by_node = scores_by_node[[node for node in results.inner if node in scores_by_node.columns]].add_suffix(suffix)
        unit_years = unit_years.merge(scores_by_node.reset_index(), on=["unit", "year"], how="left")
    unit_years = _with_regressors(results, unit_years)
    is_used = _sample_membership(results, unit_years)
    unit_years = with_derived_columns(results, with_regression_columns(results, unit_years).assign(used=is_used.to_numpy()))
    return unit_years.rename(columns=variable).sort_values(["unit", "year"], ignore_index=True)


def _unit_groups(results: Results) -> dict[str, str]:
    """unit -> group, of the units that are in one."""
    names = results.table("unit_names")
    return {unit: group for unit, group in zip(names["unit"], names["group"]) if group} if len(names) else {}


def _with_regressors(results: Results, unit_years: pd.DataFrame) -> pd.DataFrame:
    """Density measures and controls, each also lagged by calendar year: `_lag` by the study's own lag, else `_lag<years>`."""
    lag = results.study.regressions.density.lag
    lagged_measures = {
        (spec.density.measure, spec.density.lag) for spec in results.study.regressions.specifications if spec.density
    }
    for table in ("density", "controls"):
        regressor_rows = results.table(table)
        if regressor_rows.empty:
            continue
        columns = [
            column_name
            for column_name in regressor_rows.columns
            if column_name not in ("unit", "year", "density_lag", "n_firms", "n_srdi")
        ]
        current_year_columns = regressor_rows[["unit", "year", *columns]].astype({"year": "int64"})
        column_blocks = [current_year_columns, _lagged_columns(current_year_columns, columns, lag, "_lag")]
        column_blocks += [
            _lagged_columns(current_year_columns, [measure], years, f"_lag{years}")
            for measure, years in sorted(lagged_measures)
            if measure in columns
        ]
        for column_block in column_blocks:
            if table == "density":  # as the models have it: no lag in a year without a density of its own
                column_block = column_block.merge(current_year_columns[["unit", "year"]], on=["unit", "year"])
            unit_years = unit_years.merge(column_block, on=["unit", "year"], how="left")
    return unit_years


def _lagged_columns(unit_years: pd.DataFrame, columns: list[str], years: int, suffix: str) -> pd.DataFrame:
    """Columns moved to the year in which their values are `years` old."""
    shifted_rows = unit_years[["unit", "year", *columns]].assign(year=unit_years["year"] + years)
    return shifted_rows.rename(columns={column: f"{column}{suffix}" for column in columns})


def _sample_membership(results: Results, unit_years: pd.DataFrame) -> pd.Series:
    """1 on the rows of the published regressions."""
    cells = results.table("indicators")
    if cells.empty or "density_lag" not in unit_years.columns:
        return pd.Series(0, index=unit_years.index)
    gap_rows = cells[cells["normalised"].isna()][["unit", "year"]].drop_duplicates().assign(gap=True)
    has_no_gap = unit_years[["unit", "year"]].merge(gap_rows, on=["unit", "year"], how="left")["gap"].isna().to_numpy()
    nodes = [
        column_name
        for column_name in unit_years.columns
        if column_name.removesuffix("_lo") in results.inner and unit_years[column_name].notna().any()
    ]
    controls = [f"{control}_lag" for control in results.study.regressions.controls if f"{control}_lag" in unit_years.columns]
    is_complete_row = np.isfinite(unit_years[[*nodes, "density_lag", *controls]].to_numpy(dtype=float)).all(axis=1)
    return pd.Series((is_complete_row & has_no_gap).astype(int), index=unit_years.index)


def describe(results: Results, columns: list[str]) -> dict[str, str]:
    """column -> Chinese label (English where the study's language is English), at most 80 characters."""
    variable_labels = wordings("exports.panel")
    variable_labels |= {variable(node): results.name(node) for node in results.inner}
    variable_labels |= {variable(f"{node}_lo"): wording("exports.leave_out", name=results.name(node)) for node in results.inner}
    variable_labels |= {
        variable(id): Bilingual(control.label.zh, control.label.en) for id, control in results.study.regressions.controls.items()
    }
    variable_labels |= {
        variable(column): bilingual_label
        for column, bilingual_label in column_labels(results, "density").items()
        if variable(column) not in variable_labels
    }
    lag = results.study.regressions.density.lag
    variable_labels |= {
        variable(f"{variable_name}_lag"): wording("exports.lagged", name=bilingual_label, lag=lag)
        for variable_name, bilingual_label in list(variable_labels.items())
    }
    variable_labels |= derived_labels(results)
    return {
        column: variable_labels.get(column, Bilingual(column, column)).of(results.language)[:LONGEST_LABEL] for column in columns
    }
