"""SRDI status by a criteria rule, for studies without a recognition list."""

from __future__ import annotations

from collections.abc import Mapping

from ..engines.duckdb import Engine
from ..expressions import parse, row_sql
from ..study.records import Study

CRITERIA_LEVEL = "criteria"


def with_status(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables, `firms` with status columns from `status: {criteria: ...}` where the study has that rule and no list.

    A firm-year is SRDI-like while the rule is true; its level is called `criteria`, which the density must name.
    """
    rule = study.sources.status
    if rule is None or "firms" not in tables or "srdi_levels_valid" in engine.types(tables["firms"]):
        return dict(tables)
    types = engine.types(tables["firms"])
    meets = row_sql(
        parse(rule.criteria, columns=types, aggregate=False, where="sources.yaml status.criteria"), types, partition=["firm_id"]
    )
    level = f"['{CRITERIA_LEVEL}']"
    sql = f"""
        WITH judged AS (SELECT *, coalesce({meets}, false) AS srdi_valid FROM {tables["firms"]}),
        dated AS (SELECT *, min("year") FILTER (WHERE srdi_valid) OVER (PARTITION BY firm_id) AS srdi_first_year FROM judged)
        SELECT *, coalesce("year" >= srdi_first_year, false) AS srdi_ever, srdi_first_year IS NOT NULL AS srdi_any,
               CASE WHEN srdi_valid THEN '{CRITERIA_LEVEL}' END AS srdi_level,
               CASE WHEN srdi_valid THEN {level} ELSE [] END AS srdi_levels_valid,
               CASE WHEN "year" >= srdi_first_year THEN {level} ELSE [] END AS srdi_levels_to_date,
               CASE WHEN srdi_first_year IS NOT NULL THEN {level} ELSE [] END AS srdi_levels_ever
        FROM dated"""
    return {**tables, "firms": engine.query(sql, "firms_status")}
