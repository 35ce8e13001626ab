"""Columns of the published panel made of other tables: scenarios' indices, linked density, products, instrument, sample flags."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...models.composite import composite
from ...models.estimation_data import density_column, estimation_data
from ...models.estimation_sample import EstimationSample, base_year, comparable_rows, controls_of, estimation_sample, restriction
from ...models.firms.firm_cells import policy_exposure
from ...models.kernels.clusters import non_singletons
from ...models.kernels.exposure_trend import TREND, trend_column
from ...models.kernels.moderation import BASE, INTERACTION_PREFIX, scaled
from ...models.kernels.shift_share import Exposure, Z
from ...models.kernels.slx import DOWNSTREAM, UPSTREAM, exposure
from ...models.kernels.specification import GROUP_YEAR
from ...study.records import Density, SpecificationChoice
from ...tables import variable
from ..regression_rows import headline_spec
from ..results import Results

KEY = ["unit", "year"]
INDEX = "index_"
"""Front of the column with the root's score in a scenario."""
SHARE_SUM = "share_sum"
"""Sum of a unit's shares, where shares do not add up to one: controlled for by year."""
ONE = 1e-9


def sample_flag(spec_id: str) -> str:
    """The column that marks the rows of a specification where `used` and its own restrictions do not give them."""
    return variable(f"used_{spec_id}")


def linked_column(direction: str, link_kind: str) -> str:
    """`linked_upstream`, or `linked_upstream_complete`: density of suppliers (downstream: of customers)."""
    return f"linked_{direction}" if link_kind == "direct" else f"linked_{direction}_{link_kind}"


def with_derived_columns(results: Results, panel: pd.DataFrame) -> pd.DataFrame:
    """The panel with scenarios' indices, linked density, products with moderators, the instrument and flags, where there are any.

    `panel` has unit, year, used, `density_lag` and the lags of other densities and controls.
    """
    if "density_lag" not in panel or results.table("regressions").empty:
        return panel
    choices = {choice.id: choice for choice in results.study.regressions.specifications}
    sample, headline = _estimation_sample(results), choices[str(headline_spec(results))]
    headline_rows = _repeated_rows(panel[_compared_rows(sample, results, panel, headline)], headline)
    for columns in (
        *_scenarios(results),
        *_linked_density(results, sample.frame),
        *_trend(results, headline_rows),
        *_instrument(results, headline_rows),
    ):
        panel = panel.merge(columns, on=KEY, how="left")
    panel = panel.assign(**dict(_products(panel, headline_rows, headline_density(results)[0])))
    rows_by_restriction = {restriction(choice): choice for choice in choices.values()}
    compared = {key: _compared_rows(sample, results, panel, choice) for key, choice in rows_by_restriction.items()}
    flags = ((choice.id, compared[restriction(choice)], _simple_rows(results, panel, choice)) for choice in choices.values())
    return panel.assign(
        **{
            sample_flag(id): sample_rows.astype(int)
            for id, sample_rows, is_simple in flags
            if not (sample_rows == is_simple).all()
        }
    )


def headline_density(results: Results) -> tuple[str, Density]:
    """The density of the headline: its column, and how it is counted."""
    default = results.study.regressions.density
    choices = {choice.id: choice.density for choice in results.study.regressions.specifications}
    density = choices.get(str(headline_spec(results))) or default
    return density_column(density, default), density


def _scenarios(results: Results) -> Iterator[pd.DataFrame]:
    """The root's score in each scenario that a specification takes its outcome from."""
    scenario_ids = {spec.scenario for spec in results.study.regressions.specifications if spec.scenario is not None}
    rows = results.table("scenarios")
    rows = rows[rows["scenario"].isin(scenario_ids) & (rows["node"] == results.tree.root)] if len(rows) else rows
    if len(rows):
        scores = rows.astype({"year": "int64"}).pivot(index=KEY, columns="scenario", values="score").astype(float) / 100
        yield scores.rename(columns=lambda scenario: variable(f"{INDEX}{scenario}")).reset_index()


def _linked_density(results: Results, unit_years: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Density of suppliers and of customers through direct and through complete links."""
    links, density = results.table("io_links"), headline_density(results)[0]
    for rounds in ("direct", "complete") if len(links) else ():
        try:
            linked_values = exposure(links, unit_years[[*KEY, density]], density, rounds=rounds)
        except EstimationError:
            return
        yield linked_values.rename(columns={direction: linked_column(direction, rounds) for direction in (UPSTREAM, DOWNSTREAM)})


def _trend(results: Results, headline_rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Mean later density x year on the rows of the headline, where it was estimated net of that."""
    if (results.table("regressions")["term"] == TREND).any():
        yield headline_rows[KEY].assign(**{TREND: trend_column(headline_rows, headline_density(results)[0])})


def _instrument(results: Results, headline_rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The shift-share instrument of the density, and the sum of its shares where that is not one."""
    cells, (column, density) = results.table("firm_cells"), headline_density(results)
    if cells.empty or results.table("endogeneity").empty:
        return
    base = base_year(headline_rows, column) - density.lag
    try:
        shares = policy_exposure(cells, base_year=base, lag=density.lag)
    except EstimationError:
        return
    yield _by_unit_year(shares, shares.instrument(), Z)
    total = shares.shares.sum(axis=1)
    if not np.allclose(total, 1.0, atol=ONE):
        yield _by_unit_year(shares, np.repeat(total[:, None], len(shares.years), axis=1), SHARE_SUM)


def _by_unit_year(shares: Exposure, matrix: np.ndarray, column_name: str) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([shares.units, shares.years], names=KEY)
    return pd.DataFrame({column_name: matrix.ravel()}, index=keys).reset_index()


def _products(panel: pd.DataFrame, headline_rows: pd.DataFrame, density: str) -> Iterator[tuple[str, pd.Series]]:
    """Density times every base-year value, scaled over the headline's units, as the moderated regressions take it."""
    headline_units = headline_rows.drop_duplicates("unit").set_index("unit")
    for column in [column_name for column_name in panel.columns if str(column_name).startswith(BASE)]:
        moderator = str(column).removeprefix(BASE)
        try:
            by_unit = scaled(headline_units[column].astype(float).rename(moderator))
        except EstimationError:
            continue
        yield f"{INTERACTION_PREFIX}{moderator}", panel[density] * panel["unit"].map(by_unit)


def _repeated_rows(observations: pd.DataFrame, choice: SpecificationChoice) -> pd.DataFrame:
    """The rows that remain when those alone in a level of an effect are left out."""
    levels = {"unit": ["unit"], "year": ["year"], GROUP_YEAR: ["group_id", "year"]}
    effects = [np.asarray(observations.groupby(levels[effect]).ngroup(), dtype=np.intp) for effect in choice.fixed_effects]
    return observations[non_singletons(effects, len(observations))]


def _compared_rows(sample: EstimationSample, results: Results, panel: pd.DataFrame, choice: SpecificationChoice) -> np.ndarray:
    """Which rows of the panel a specification compares, as the models stage says."""
    rows = comparable_rows(sample, choice, results.study)
    keys = pd.MultiIndex.from_frame(rows[KEY].astype({"year": "int64"}))
    return np.asarray(pd.MultiIndex.from_frame(panel[KEY]).isin(keys))


def _estimation_sample(results: Results) -> EstimationSample:
    """The sample of the models stage, made again from the same tables."""
    table = results.table
    controls = table("controls") if len(table("controls")) else pd.DataFrame(columns=KEY)
    panel_data = estimation_data(table("scores"), table("indicators"), table("density"), controls, results.study)
    return estimation_sample(panel_data, composite(results.base_weights), results.study)


def _simple_rows(results: Results, panel: pd.DataFrame, choice: SpecificationChoice) -> np.ndarray:
    """What a script takes without a flag of its own."""
    default = results.study.regressions.density
    columns = [
        density_column(choice.density or default, default),
        *(f"{control}_lag" for control in controls_of(choice, results.study)),
    ]
    finite = np.isfinite(
        panel[[column_name for column_name in columns if column_name in panel and panel[column_name].notna().any()]].to_numpy(
            dtype=float
        )
    ).all(axis=1)
    rows = (panel["used"] == 1) & finite & ~panel["year"].isin(choice.drop_years) & ~panel["unit"].isin(choice.drop_units)
    return (rows & panel["year"].between(*choice.years) if choice.years else rows).to_numpy()
