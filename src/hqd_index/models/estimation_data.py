"""Scores, leaf values, density and controls joined to one row per sample, unit and year, ready for estimation."""

from __future__ import annotations

import pandas as pd

from ..study.records import Density, Study
from .kernels.specification import GROUP_YEAR
from .model_inputs import ModelInputs

KEY = ["unit", "year"]


def density_column(choice: Density, default: Density) -> str:
    """The column of a density in the estimation data: `density_lag` for the study's own, else `<measure>_lag<years>`."""
    return "density_lag" if choice == default else f"{choice.measure}_lag{choice.lag}"


def lagged(unit_years: pd.DataFrame, years: int) -> pd.DataFrame:
    """The same columns, each value moved to the calendar year in which it is `years` old."""
    return unit_years.assign(year=unit_years["year"].astype("int64") + years)


def _densities(density: pd.DataFrame, study: Study) -> pd.DataFrame:
    """unit, year, density, density_lag and the measures that other specifications ask for, each with its lag."""
    default = study.regressions.density
    densities = density[[*KEY, "density"]].astype({"year": "int64"})
    choices = [s.density for s in study.regressions.specifications if s.density is not None]
    columns: dict[str, tuple[str, int]] = {
        density_column(c, default): (c.measure, c.lag) for c in choices if _counts_firms_alike(c, default)
    }
    columns["density_lag"] = ("density", default.lag)
    for name, (measure, lag) in columns.items():
        if measure in density:
            lagged_density = lagged(density[[*KEY, measure]], lag).rename(columns={measure: name})
            densities = densities.merge(lagged_density, on=KEY, how="left", validate="one_to_one")
    return densities


def with_groups(observations: pd.DataFrame, unit_names: pd.DataFrame) -> pd.DataFrame:
    """`observations` with `group_year`, the unit's group and the year (`high 2019`); missing for a unit without a group."""
    group = dict(zip(unit_names["unit"], unit_names["group"]))
    levels = [
        f"{group[unit]} {year}" if group.get(unit) else None for unit, year in zip(observations["unit"], observations["year"])
    ]
    return observations.assign(**{GROUP_YEAR: pd.Series(levels, index=observations.index, dtype=object)})


def _counts_firms_alike(choice: Density, default: Density) -> bool:
    """The density table counts firms by the study's own status and levels; another count is not in it."""
    return (choice.status, choice.levels) == (default.status, default.levels)


def _values_by_unit_and_year(unit_years: pd.DataFrame, column: str, value_column: str) -> pd.DataFrame:
    return unit_years.pivot(index=["sample", *KEY], columns=column, values=value_column).astype(float)


def estimation_data(
    scores: pd.DataFrame, indicators: pd.DataFrame, density: pd.DataFrame, controls: pd.DataFrame, study: Study
) -> pd.DataFrame:
    """One row per sample, unit and year: nodes and `z_<leaf>` as score/100, density, density_lag, lagged controls.

    A specification with a density of its own finds it as `<measure>_lag<years>`; controls are lagged like the study's density.
    """
    nodes = _values_by_unit_and_year(scores, "node", "score") / 100
    leaves = _values_by_unit_and_year(indicators, "indicator", "normalised").add_prefix("z_")
    observations = nodes.join(leaves).reset_index().astype({"year": "int64"})
    observations = observations.merge(_densities(density, study), on=KEY, how="left", validate="many_to_one")
    lagged_controls = lagged(controls, study.regressions.density.lag)
    return observations.merge(lagged_controls, on=KEY, how="left", validate="many_to_one")


def study_estimation_data(study: Study, inputs: ModelInputs) -> pd.DataFrame:
    """The estimation data of a study, with the group of each unit in each year."""
    observations = estimation_data(inputs.scores, inputs.indicators, inputs.density, inputs.controls, study)
    return with_groups(observations, inputs.unit_names)
