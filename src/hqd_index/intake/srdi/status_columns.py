"""The status columns of firm-years: from spells of recognition, from columns of the firm table, or by a criterion."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ...engines import Engine, literal, quoted
from ...expressions import parse, row_sql
from ...study.records import SrdiList, Study
from ...study.srdi_levels import CRITERIA, LEVEL_BITS, NO_LEVEL, highest_level_sql, level_bit_sql

PUBLISHED_STATUS_COLUMNS = ("srdi_level", "srdi_batch", "srdi_first_year", "srdi_ever", "srdi_valid", "srdi_any")
LEVEL_SETS = ("srdi_levels_valid", "srdi_levels_to_date", "srdi_levels_ever")
SPELL_COLUMNS = ("level", "batch", "first", "start", "end")


def status_from_spells(
    firms: str,
    firm_spells: pd.DataFrame,
    undecided_firms: pd.DataFrame,
    settings: SrdiList,
    engine: Engine,
    *,
    constants: Mapping[str, str] | None = None,
) -> str:
    """The firm table with the status columns that the spells of recognition give.

    Firms with the same spells share a profile: sets of levels are made, and joined, for profiles and years and not for firms.
    """
    firm_profiles, profile_spells = _profiles(firm_spells, undecided_firms)
    spell_bits = profile_spells["level"].map(LEVEL_BITS).astype("int32")
    spells_table = engine.scan(profile_spells.astype({"level": "str"}).assign(bit=spell_bits))
    profile_numbers = engine.scan(firm_profiles.astype({"firm_id": "str"}))
    national = ", ".join(literal(level) for level in settings.national_levels)
    status_columns = (*PUBLISHED_STATUS_COLUMNS, *LEVEL_SETS)
    replaced_columns = [column_name for column_name in engine.types(firms) if column_name in status_columns]
    kept_columns = f"f.* EXCLUDE ({', '.join(replaced_columns)})" if replaced_columns else "f.*"
    status_rows = engine.query(
        f"""WITH p AS (
            SELECT s.profile, y.year, {_levels_sql("y.year BETWEEN s.start AND s.end")} AS valid,
                   {_levels_sql("y.year >= s.first")} AS to_date, {_levels_sql("true")} AS ever, min(s.first) AS first,
                   min(s.batch) FILTER (WHERE s.level IN ({national})) AS batch, min(s."after") AS "after"
            FROM (SELECT DISTINCT year FROM {quoted(firms)}) AS y CROSS JOIN {spells_table} AS s GROUP BY s.profile, y.year)
        SELECT p.*, coalesce({highest_level_sql("p.valid")}, {highest_level_sql("p.to_date")}, '{NO_LEVEL}') AS level,
               CASE WHEN p.valid = 0 AND p.year >= p."after" THEN NULL ELSE p.valid END AS known
        FROM p"""
    )
    valid_sql = "CASE WHEN q.level IS NULL THEN 0 ELSE q.known END"
    return engine.store(
        f"""SELECT {kept_columns}, coalesce(q.level, '{NO_LEVEL}') AS srdi_level,
               CAST(q.batch AS INTEGER) AS srdi_batch, CAST(q.first AS INTEGER) AS srdi_first_year,
               coalesce(f.year >= q.first, false) AS srdi_ever, {valid_sql} <> 0 AS srdi_valid,
               q.first IS NOT NULL AS srdi_any, {valid_sql} AS srdi_levels_valid,
               coalesce(q.to_date, 0) AS srdi_levels_to_date, coalesce(q.ever, 0) AS srdi_levels_ever
        FROM {quoted(firms)} AS f LEFT JOIN {profile_numbers} AS n USING (firm_id)
        LEFT JOIN {status_rows} AS q ON q.profile = n.profile AND q.year = f.year""",
        f"{firms}_status",
        ["firm_id", "year"],
        extends=firms,
        constants=constants,
    )


def _profiles(firm_spells: pd.DataFrame, undecided_firms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """firm_id and profile, a number that firms with the same spells share; and the spells of each profile.

    `after`: the year from which a status of the firm is undecided, if any.
    """
    undecided_from = undecided_firms.groupby("firm_id")["after"].min()
    spells = firm_spells[["firm_id", *SPELL_COLUMNS]].assign(after=firm_spells["firm_id"].map(undecided_from).astype("Int64"))
    spells["number"] = spells.groupby([*SPELL_COLUMNS, "after"], dropna=False).ngroup()
    numbers_by_firm: dict[str, list[int]] = {}
    for firm, number in zip(spells["firm_id"].tolist(), spells["number"].tolist()):
        numbers_by_firm.setdefault(firm, []).append(number)
    spell_sets = pd.Series([tuple(sorted(numbers)) for numbers in numbers_by_firm.values()], dtype="object")
    firm_profiles = spells[["firm_id"]].drop_duplicates().assign(profile=pd.factorize(spell_sets)[0].astype("int64"))
    first_firms = firm_profiles.drop_duplicates("profile")
    return firm_profiles, first_firms.merge(spells, on="firm_id", validate="one_to_many")[["profile", *SPELL_COLUMNS, "after"]]


def _levels_sql(condition: str) -> str:
    return f"coalesce(bit_or(s.bit) FILTER (WHERE {condition}), 0)"


def status_from_columns(firms: str, engine: Engine, constants: Mapping[str, str] | None = None) -> str:
    """The firm table with sets of levels made from its own srdi_level and srdi_valid, where no list is given."""
    columns = engine.types(firms)
    if not {"srdi_level", "srdi_valid"} & set(columns):
        return engine.store(f"SELECT * FROM {quoted(firms)}", f"{firms}_status", ["firm_id", "year"], constants=constants)
    level_sql = f"NULLIF(srdi_level, '{NO_LEVEL}')" if "srdi_level" in columns else "NULL"
    valid_sql = "srdi_valid" if "srdi_valid" in columns else f"{level_sql} IS NOT NULL"
    level_bit = level_bit_sql(f"coalesce({level_sql}, 'national')")
    current_levels = f"CASE WHEN coalesce({valid_sql}, false) THEN {level_bit} ELSE 0 END"
    replaced_columns = [column_name for column_name in columns if column_name in ("srdi_any", "srdi_ever", "srdi_valid")]
    window = "PARTITION BY firm_id ORDER BY year ROWS BETWEEN UNBOUNDED PRECEDING AND"
    return engine.store(
        f"""WITH marked AS (SELECT *, {current_levels} AS srdi_levels_valid FROM {quoted(firms)}),
        summed AS (SELECT *, bit_or(srdi_levels_valid) OVER ({window} CURRENT ROW) AS to_date,
            bit_or(srdi_levels_valid) OVER ({window} UNBOUNDED FOLLOWING) AS ever FROM marked)
        SELECT * EXCLUDE ({", ".join([*replaced_columns, "to_date", "ever"])}), to_date <> 0 AS srdi_ever,
               srdi_levels_valid <> 0 AS srdi_valid, ever <> 0 AS srdi_any,
               to_date AS srdi_levels_to_date, ever AS srdi_levels_ever
        FROM summed""",
        f"{firms}_status",
        ["firm_id", "year"],
    )


def status_by_criterion(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables, `firms` with status columns from `status: {criteria: ...}` where the study has that rule and no list.

    A firm-year is SRDI-like while the rule is true; its level is called `criteria`, which the density must name.
    """
    rule = study.sources.status
    if rule is None or "firms" not in tables or "srdi_levels_valid" in engine.types(tables["firms"]):
        return dict(tables)
    column_types = engine.types(tables["firms"])
    criterion_sql = row_sql(
        parse(rule.criteria, columns=column_types, aggregate=False, location="sources.yaml status.criteria"),
        column_types,
        partition=["firm_id"],
    )
    bit = LEVEL_BITS[CRITERIA]
    sql = f"""
        WITH judged AS (SELECT *, coalesce({criterion_sql}, false) AS srdi_valid FROM {tables["firms"]}),
        dated AS (SELECT *, min("year") FILTER (WHERE srdi_valid) OVER (PARTITION BY firm_id) AS srdi_first_year FROM judged)
        SELECT *, coalesce("year" >= srdi_first_year, false) AS srdi_ever, srdi_first_year IS NOT NULL AS srdi_any,
               CASE WHEN srdi_valid THEN '{CRITERIA}' END AS srdi_level,
               CASE WHEN srdi_valid THEN {bit} ELSE 0 END AS srdi_levels_valid,
               CASE WHEN "year" >= srdi_first_year THEN {bit} ELSE 0 END AS srdi_levels_to_date,
               CASE WHEN srdi_first_year IS NOT NULL THEN {bit} ELSE 0 END AS srdi_levels_ever
        FROM dated"""
    return {**tables, "firms": engine.query(sql, "firms_status")}
