"""Firm-years as the lists need them: status to date, criteria met or missed, and what a recognition may depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..engines import Engine, quoted
from ..expressions import parse, row_sql
from ..study.records import Label, Study
from ..study.srdi_levels import has_level_sql

PROVINCIAL = "provincial"
CASH_FLOWS = ("op_cashflow", "inv_cashflow", "fin_cashflow")
PLAIN_COLUMNS = ("revenue", "employees", "found_year", "revenue_growth_2y", *CASH_FLOWS)
GROWTH = """CASE WHEN lag("year", 2) OVER firm = "year" - 2 AND lag(revenue, 2) OVER firm > 0
    THEN sqrt(CAST(greatest(revenue, 0) AS DOUBLE) / CAST(lag(revenue, 2) OVER firm AS DOUBLE)) - 1 END"""


@dataclass(frozen=True)
class Feature:
    """What a recognition may depend on: a row formula, the name of what it measures, and its kind.

    number; log: ln(1 + x), printed as x; flag: printed by its name alone.
    """

    formula: str
    label: Label
    kind: Literal["number", "log", "flag"] = "number"


def _feature(formula: str, zh: str, en: str, kind: Literal["number", "log", "flag"] = "number") -> Feature:
    return Feature(formula, Label(zh=zh, en=en), kind)


FEATURES: dict[str, Feature] = {
    "provincial": _feature("listed_provincial", "省级专精特新", "recognised by its province", "flag"),
    "size": _feature("ln(1 + revenue / 10000)", "营业收入(万元)", "revenue (10,000 yuan)", "log"),
    "age": _feature("ln(1 + year - found_year)", "企业年龄(年)", "age (years)", "log"),
    "niche": _feature("niche_years", "深耕年限(年)", "years in the niche"),
    "main_product": _feature("main_product_rev_share", "主导产品收入占比(%)", "main product share (%)"),
    "growth": _feature("100 * revenue_growth_2y", "近两年收入年均增长(%)", "growth over two years (%)"),
    "leverage": _feature("100 * total_liab / total_assets", "资产负债率(%)", "leverage (%)"),
    "market_share": _feature("market_share", "细分市场占有率(%)", "share of the niche market (%)"),
    "research": _feature("100 * rd_exp / revenue", "研发投入强度(%)", "R&D intensity (%)"),
    "research_staff": _feature("100 * rd_staff / employees", "研发人员占比(%)", "R&D staff (%)"),
    "patents": _feature("ln(1 + inv_patents_valid)", "有效发明专利(件)", "invention patents", "log"),
    "trademarks": _feature("ln(1 + trademarks_valid)", "有效商标(件)", "trademarks", "log"),
    "certified": _feature("certified_intl", "国际认证", "internationally certified", "flag"),
    "digital": _feature("100 * digital_invest / revenue", "数字化投入强度(%)", "digital intensity (%)"),
    "large_customer": _feature("largecust_direct", "直接配套大企业", "supplies a large firm", "flag"),
    "overseas": _feature("100 * overseas_rev / revenue", "海外收入占比(%)", "overseas share (%)"),
}


@dataclass(frozen=True)
class FirmFrame:
    """rows: firm_id, year, unit, is_national (to date), in_force, first_national, PLAIN_COLUMNS, `x_<feature>`, `c_<criterion>`.

    What rests on a column that the data lack is NaN; `lacking` names the criteria unknown throughout -> the missing columns.
    """

    rows: pd.DataFrame
    features: tuple[str, ...]
    lacking: Mapping[str, tuple[str, ...]]


def firm_frame(study: Study, engine: Engine, table: str | None) -> FirmFrame | None:
    """The frame from the year before the first national recognition on, by firm and year; None without firms or status."""
    if table is None or not {"srdi_levels_to_date", "firm_id", "year", "revenue"} <= set(engine.types(table)):
        return None
    formulas = {f"x_{id}": feature.formula for id, feature in FEATURES.items()}
    formulas |= {f"c_{id}": criterion.formula for id, criterion in study.lists.candidates.national_criteria.items()}
    base = _with_growth(study, engine, table)
    absent = {name: _absent_columns(formula, engine.types(base)) for name, formula in formulas.items()}
    base = _with_unknown_columns(engine, base, sorted({column for columns in absent.values() for column in columns}))
    types = engine.types(base)
    selects = [f"{_sql(formula, types)} AS {quoted(name)}" for name, formula in formulas.items()]
    selects += [f"CAST({quoted(column)} AS DOUBLE) AS {quoted(column)}" for column in PLAIN_COLUMNS if column in types]
    rows = engine.collect(f"""
        SELECT CAST(firm_id AS VARCHAR) AS firm_id, CAST("year" AS BIGINT) AS "year", unit, is_national, in_force,
               {", ".join(selects)} FROM {base}
        WHERE unit IS NOT NULL AND "year" >=
              (SELECT coalesce(min("year") FILTER (WHERE is_national) - 1, max("year")) FROM {base})
        ORDER BY firm_id, "year" """)
    names = [*formulas, *PLAIN_COLUMNS]
    rows = rows.reindex(columns=[*dict.fromkeys([*rows.columns, *names])])
    rows[names] = rows[names].astype(float).replace([np.inf, -np.inf], np.nan)
    first = rows[rows["is_national"]].groupby("firm_id")["year"].min()
    rows["first_national"] = rows["firm_id"].map(first)
    known = tuple(id for id in FEATURES if rows[f"x_{id}"].nunique() > 1)
    criteria = study.lists.candidates.national_criteria
    lacking = {id: absent[f"c_{id}"] for id in criteria if rows[f"c_{id}"].isna().all()}
    return FirmFrame(rows, known, lacking)


def _with_growth(study: Study, engine: Engine, table: str) -> str:
    """The study's firm-years with unit, status to date, and growth of revenue over two years."""
    first_year, last_year = study.study.years
    unit = " || '-' || ".join(f"CAST({quoted(column)} AS VARCHAR)" for column in study.study.unit.by)
    levels = study.regressions.density.levels
    return engine.view(f"""
        SELECT *, {unit} AS unit, {GROWTH} AS revenue_growth_2y,
               coalesce({has_level_sql("srdi_levels_to_date", levels)}, false) AS is_national,
               coalesce({has_level_sql("srdi_levels_valid", levels)}, false) AS in_force,
               coalesce({has_level_sql("srdi_levels_to_date", [PROVINCIAL])}, false) AS listed_provincial
        FROM {table} WHERE "year" BETWEEN {first_year} AND {last_year}
        WINDOW firm AS (PARTITION BY firm_id ORDER BY "year")""")


def _with_unknown_columns(engine: Engine, base: str, columns: list[str]) -> str:
    """The table with columns that the data lack, missing throughout: what rests on one is unknown, not false."""
    unknown = "".join(f", CAST(NULL AS DOUBLE) AS {quoted(column)}" for column in columns)
    return engine.view(f"SELECT *{unknown} FROM {base}") if columns else base


def _absent_columns(formula: str, types: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(parse(formula, columns=None, aggregate=False).columns - set(types)))


def _sql(formula: str, types: Mapping[str, str]) -> str:
    expression = parse(formula, columns=types, aggregate=False, location="lists.yaml")
    return f"CAST({row_sql(expression, types, partition=['firm_id'])} AS DOUBLE)"
