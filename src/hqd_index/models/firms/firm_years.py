"""Firm-years with their outcomes and first recognition, as event studies read them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ...engines import Engine
from ...errors import ConfigError, EstimationError
from ...expressions import parse, row_sql
from ...study.records import Study
from ...study.srdi_levels import has_level_sql

INSTRUMENT = "instrument_of_status"
"""Column of the instrument that regressions.yaml names under events."""
COVARIATE = "covariate_"
"""Prefix of the columns of its covariates."""


def firm_years(study: Study, engine: Engine, firms: str) -> pd.DataFrame:
    """unit (the firm), year, cell (the study's unit by year), first, ever, valid, one column per outcome, `size_<outcome>`.

    `valid` is the status in force at year-end where the firm table gives it.

    `first` is the first year recognised at a level that the density counts, NaN never. Effects of `cell` take prices and
    cycles out. Firms recognised at other levels only are left out: they are neither treated nor untouched.
    EstimationError without outcomes or without status, ConfigError without the column of an outcome's size.
    """
    outcomes, types = study.regressions.events.outcomes, engine.types(firms)
    if not outcomes:
        raise EstimationError(
            "regressions.yaml names no firm outcome (events.outcomes)", zh="regressions.yaml 未列出企业层面结果(events.outcomes)"
        )
    if "srdi_levels_to_date" not in types:
        raise EstimationError("no SRDI status of firms", zh="没有企业的专精特新状态")
    columns = []
    for name, outcome in outcomes.items():
        config_path = f"regressions.yaml events.outcomes.{name}"
        formula = parse(outcome.formula, columns=types, aggregate=False, location=config_path)
        columns.append(f'CAST({row_sql(formula, types, partition=["firm_id"])} AS DOUBLE) AS "{name}"')
        if outcome.size not in types:
            raise _no_size(config_path, outcome.size)
        columns.append(f'CAST("{outcome.size}" AS DOUBLE) AS "size_{name}"')
    if instrument := study.regressions.events.instrument:
        formula = parse(instrument.formula, columns=types, aggregate=False, location="regressions.yaml events.instrument")
        columns.append(f'CAST({row_sql(formula, types, partition=["firm_id"])} AS DOUBLE) AS "{INSTRUMENT}"')
    balancing = study.regressions.events.balancing
    for name, covariate in (balancing.covariates if balancing else {}).items():
        location = f"regressions.yaml events.balancing.covariates.{name}"
        formula = parse(covariate.formula, columns=types, aggregate=False, location=location)
        columns.append(f'CAST({row_sql(formula, types, partition=["firm_id"])} AS DOUBLE) AS "{COVARIATE}{name}"')
    levels = study.regressions.density.levels
    if "srdi_levels_valid" in types:
        columns.append(f"CAST(coalesce({has_level_sql('srdi_levels_valid', levels)}, false) AS DOUBLE) AS valid")
    frame = engine.collect(f"""
        WITH recognitions AS (
            SELECT *, {has_level_sql("srdi_levels_to_date", levels)} AS counted, srdi_levels_ever <> 0 AS any_level FROM {firms}
        ),
        dated AS (SELECT *, min("year") FILTER (WHERE counted) OVER (PARTITION BY firm_id) AS "first" FROM recognitions)
        SELECT firm_id AS unit, CAST("year" AS BIGINT) AS "year", {_unit_year_cell(study, types)} AS "cell",
               CAST("first" AS DOUBLE) AS "first", "first" IS NOT NULL AS "ever", {", ".join(columns)}
        FROM dated WHERE "first" IS NOT NULL OR NOT any_level ORDER BY firm_id, "year" """)
    return frame.astype({"unit": str, "cell": str})


def _no_size(location: str, column: str) -> ConfigError:
    return ConfigError(
        f"the firms table has no column {column!r}, by which a mean of firms is weighted; write `size: <column>`",
        zh=f"企业表没有列 {column!r},无法对企业均值加权;请写 `size: <列名>`",
        location=location,
    )


def _unit_year_cell(study: Study, types: Mapping[str, str]) -> str:
    """The study's unit of a firm joined with the year; the year alone where the firm table does not give the unit."""
    unit_columns_sql = [f'CAST("{column}" AS VARCHAR)' for column in study.study.unit.by if column in types]
    return " || '-' || ".join([*unit_columns_sql, 'CAST("year" AS VARCHAR)'])
