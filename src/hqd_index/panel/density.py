"""SRDI density of unit-years, and which firms it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ..engines import Engine
from ..expressions import aggregate_sql, parse
from ..study.column_facts import row_key
from ..study.records import Density, Study
from ..study.srdi_levels import has_level_sql

COUNTS = ("n_firms", "n_srdi")
MEASURES = ("count", "revenue", "employment", "ihs")
COLUMNS = ["unit", "year", *COUNTS, *MEASURES, "density", "density_lag"]


def densities(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """SRDI density of each unit-year, every measure beside the chosen one; empty where no status is known.

    count: 1,000 x SRDI firms / firms; revenue, employment: 100 x SRDI share; ihs: asinh(SRDI firms). Lag is by calendar year.
    Numerator and denominator have one base: the panel's firms, or the official counts of the industry table where firms carry
    no status; a row without one of the two counts in neither.
    """
    choice = study.regressions.density
    sql = _density_sql(study, engine, tables, choice)
    if not sql:
        return pd.DataFrame(columns=COLUMNS)
    frame = engine.collect(sql)
    frame["ihs"] = np.arcsinh(frame["n_srdi"].astype(float))
    return _with_choice(frame, choice)


def published_densities(published_values: pd.DataFrame, choice: Density) -> pd.DataFrame:
    """The same from figures as they are published: `published_values` (unit, year and what regressions.density_source gives)."""
    density_rows = published_values.assign(
        **{column_name: np.nan for column_name in (*COUNTS, *MEASURES) if column_name not in published_values}
    )
    if "count" not in published_values:
        density_rows["count"] = 1000 * density_rows["n_srdi"] / density_rows["n_firms"].where(density_rows["n_firms"] > 0)
    density_rows["ihs"] = np.arcsinh(density_rows["n_srdi"])
    return _with_choice(density_rows, choice).assign(
        **{column_name: density_rows[column_name].round().astype("Int64") for column_name in COUNTS}
    )


def _with_choice(density_rows: pd.DataFrame, choice: Density) -> pd.DataFrame:
    """With the chosen measure as `density`, and as it was `lag` years before."""
    chosen = density_rows.assign(density=density_rows[choice.measure])
    return chosen.assign(density_lag=lagged_values(chosen, "density", choice.lag))[COLUMNS]


def _density_sql(study: Study, engine: Engine, tables: Mapping[str, str], choice: Density) -> str:
    """From firms with status, else from official counts; empty when the study has neither."""
    if "firms" in tables and "srdi_levels_valid" in engine.types(tables["firms"]):
        return _from_firms(engine, tables["firms"], choice, is_one_row=set(row_key(study, "firms")) == {"firm_id", "year"})
    official = [OFFICIAL_COUNTS[level] for level in choice.levels if level in OFFICIAL_COUNTS]
    if "industry" in tables and official and {*official, "n_firms"} <= set(engine.types(tables["industry"])):
        return _from_counts(engine, tables["industry"], official, row_key(study, "industry"))
    return ""


def _from_counts(engine: Engine, industry: str, count_columns: list[str], unit_key: Sequence[str]) -> str:
    """Official counts of recognised firms per 1,000 official firms, with the revenue and employment of the recognised."""
    types = engine.types(industry)

    def aggregate(formula: str) -> str:
        return aggregate_sql(parse(formula, columns=types, aggregate=True, location="density"), types, key=unit_key)

    def share(numerator: str, denominator: str) -> str:
        return (
            aggregate(f"100 * sum({numerator}) / sum({denominator})")
            if {numerator, denominator} <= set(types)
            else "CAST(NULL AS DOUBLE)"
        )

    srdi_sum = " + ".join(f"sum({count_column})" for count_column in count_columns)
    return f"""
        SELECT unit, year, {aggregate("sum(n_firms)")} AS n_firms, {aggregate(srdi_sum)} AS n_srdi,
               {aggregate(f"1000 * ({srdi_sum}) / sum(n_firms)")} AS count,
               {share("srdi_revenue", "revenue")} AS revenue, {share("srdi_employees", "employees_avg")} AS employment
        FROM {industry} WHERE unit IS NOT NULL GROUP BY unit, year ORDER BY unit, year"""


def _from_firms(engine: Engine, firms: str, choice: Density, *, is_one_row: bool) -> str:
    """`is_one_row`: of a firm in a year, so that rows are counted for firms."""
    status, firm_count = status_sql(choice), "count(*)" if is_one_row else "count(DISTINCT firm_id)"
    column_types = engine.types(firms)

    def share(column: str) -> str:
        if column not in column_types:
            return "CAST(NULL AS DOUBLE)"
        part = f"coalesce(CAST(sum({column}) FILTER (WHERE {status}) AS DOUBLE), 0)"
        return f"100 * {part} / nullif(CAST(sum({column}) AS DOUBLE), 0)"

    return f"""
        SELECT unit, year, {firm_count} AS n_firms, {firm_count} FILTER (WHERE {status}) AS n_srdi,
               1000.0 * {firm_count} FILTER (WHERE {status}) / {firm_count} AS count,
               {share("revenue")} AS revenue, {share("employees")} AS employment
        FROM {firms} WHERE unit IS NOT NULL GROUP BY unit, year ORDER BY unit, year"""


OFFICIAL_COUNTS = {"national": "n_srdi_national", "provincial": "n_srdi_provincial"}


def status_sql(choice: Density) -> str:
    """True for firm-years that the density counts."""
    column = "srdi_levels_valid" if choice.status == "valid" else "srdi_levels_to_date"
    return f"coalesce({has_level_sql(column, choice.levels)}, false)"


def ever_sql(study: Study) -> str:
    """True for firms recognised, at a level the density counts, up to the data end; constant per firm."""
    return f"coalesce({has_level_sql('srdi_levels_ever', study.regressions.density.levels)}, false)"


def lagged_values(unit_years: pd.DataFrame, column: str, years: int) -> pd.Series:
    """The value of the same unit `years` calendar years earlier."""
    lag_source = unit_years.set_index(["unit", "year"])[column]
    keys = pd.MultiIndex.from_arrays([unit_years["unit"], unit_years["year"] - years])
    return pd.Series(lag_source.reindex(keys).to_numpy(), index=unit_years.index)
