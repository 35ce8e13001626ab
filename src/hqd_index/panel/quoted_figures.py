"""The figures that the underlying paper quotes about SRDI firms, beside the same figures of this study's firms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ..engines import Engine
from ..study.records import Study
from .density import status_sql

COLUMNS = (
    "fact",
    "fact_zh",
    "fact_en",
    "paper",
    "here",
    "n_firms",
    "year",
    "population_zh",
    "population_en",
    "note_zh",
    "note_en",
)


@dataclass(frozen=True)
class Fact:
    """A quoted figure in %, whose population it is about, and how it is computed: columns needed, and two SQL aggregates."""

    zh: str
    en: str
    paper: float | None
    population: tuple[str, str]
    needs: tuple[str, ...]
    value_sql: str
    count_sql: str
    note: tuple[str, str] = ("", "")


def facts(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """One row per quoted figure: the paper's, ours for the firms the density counts in the last year, and how many they are."""
    firms = tables.get("firms")
    columns = set(engine.types(firms)) if firms is not None else set()
    year = _last_year(engine, firms) if firms is not None and "srdi_levels_valid" in columns else None
    if firms is None or year is None:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [_fact_row(study, engine, firms, columns, year, id, fact) for id, fact in FACTS.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _last_year(engine: Engine, firms: str) -> int | None:
    last_year = engine.collect(f'SELECT max("year") AS last FROM {firms}')["last"].iloc[0]
    return None if pd.isna(last_year) else int(last_year)


def _fact_row(study: Study, engine: Engine, firms: str, columns: set[str], year: int, id: str, fact: Fact) -> tuple[object, ...]:
    """The row of one fact; without a value where the data lack what it needs."""
    fact_cells = (id, fact.zh, fact.en, fact.paper)
    missing_columns = sorted(set(fact.needs) - columns)
    if missing_columns:
        missing_names = ", ".join(missing_columns)
        return (
            *fact_cells,
            None,
            None,
            year,
            *fact.population,
            f"数据中没有所需的列：{missing_names}。",
            f"The data lack {missing_names}.",
        )
    status = status_sql(study.regressions.density)
    source = SPANS.get(id, f'(SELECT * FROM spans WHERE "year" = {year})')
    sql = f"""
        WITH listed AS (SELECT firm_id FROM {firms} WHERE "year" = {year} AND {status}),
        spans AS (SELECT * FROM {firms} WHERE firm_id IN (SELECT firm_id FROM listed) AND "year" BETWEEN {year} - 2 AND {year})
        SELECT {fact.value_sql} AS here, {fact.count_sql} AS counted FROM {source}"""
    figures = engine.collect(sql).iloc[0]
    figure = None if pd.isna(figures["here"]) else float(figures["here"])
    return (*fact_cells, figure, int(figures["counted"]), year, *fact.population, *fact.note)


SPANS = {
    "digital_three_years": "(SELECT firm_id, count(*) AS years, min(digital_invest) AS least FROM spans "
    "WHERE digital_invest IS NOT NULL GROUP BY firm_id HAVING count(*) = 3)"
}
"""Facts about several years of a firm: what they are computed from."""
RATIO = "CAST(rd_staff AS DOUBLE) / CAST(employees AS DOUBLE)"
STAFFED = "rd_staff IS NOT NULL AND employees > 0"
GIANTS = (
    "前四批国家级“小巨人”，《专精特新中小企业发展报告（2022）》",
    "little giants of the first four national batches, report of 2022 on SRDI SMEs",
)
FACTS: dict[str, Fact] = {
    "rd_staff_mean": Fact(
        "研发人员占比，企业均值（%）", "R&D staff share, mean over firms (%)", 28.7, GIANTS, ("rd_staff", "employees"),
        f"100 * sum({RATIO} ORDER BY firm_id) FILTER (WHERE {STAFFED}) / count(*) FILTER (WHERE {STAFFED})",
        f"count(*) FILTER (WHERE {STAFFED})",
        ("论文给出的是企业比值的均值。", "The paper's figure is a mean of firms' ratios."),
    ),
    "rd_staff_pooled": Fact(
        "研发人员占比，合计之比（%）", "R&D staff share, ratio of sums (%)", None, GIANTS, ("rd_staff", "employees"),
        f"100 * CAST(sum(rd_staff) FILTER (WHERE {STAFFED}) AS DOUBLE) / CAST(sum(employees) FILTER (WHERE {STAFFED}) AS DOUBLE)",
        f"count(*) FILTER (WHERE {STAFFED})",
        ("与企业均值口径不同，不可直接比较。", "Another measure than the mean over firms; not to be compared with it."),
    ),
    "rd_staff_above_half": Fact(
        "研发人员占比超过 50% 的企业（%）", "Firms with more than half of their staff in R&D (%)", 10.0, GIANTS,
        ("rd_staff", "employees"),
        f"100.0 * count(*) FILTER (WHERE {STAFFED} AND {RATIO} > 0.5) / nullif(count(*) FILTER (WHERE {STAFFED}), 0)",
        f"count(*) FILTER (WHERE {STAFFED})",
        ("论文写“超一成”，这里记为下限。", "The paper says 'more than a tenth': a lower bound."),
    ),
    "certified": Fact(
        "获发达国家或地区权威机构认证的企业（%）", "Firms certified by bodies of developed countries or regions (%)", 67.1,
        GIANTS, ("certified_intl",),
        "100.0 * count(*) FILTER (WHERE certified_intl) / nullif(count(certified_intl), 0)", "count(certified_intl)",
        ("企业自报。", "Self-reported."),
    ),
    "digital_three_years": Fact(
        "连续三年有数字化投入的企业（%）", "Firms with digital investment in each of three years (%)", 95.0,
        ("专精特新中小企业 1200 余家的问卷，中国信通院 2022 年", "survey of over 1,200 SRDI SMEs, CAICT 2022"),
        ("digital_invest",),
        "100.0 * count(*) FILTER (WHERE least > 0) / nullif(count(*), 0)", "count(*)",
        ("论文写“超 95%”，总体与其他各项不同。", "The paper says 'over 95%'; another population than the other figures."),
    ),
    "manufacturers": Fact(
        "属于制造业的企业（%）", "Firms in manufacturing (%)", 89.9, GIANTS, ("industry_code",),
        "100.0 * count(*) FILTER (WHERE industry_code LIKE 'C%') / nullif(count(industry_code), 0)", "count(industry_code)",
        ("数据只收制造业时恒为 100。", "Always 100 where the data hold manufacturing only."),
    ),
    "suppliers": Fact(
        "直接为大企业配套的企业（%）", "Direct suppliers of at least one large firm (%)", 90.0,
        ("“小巨人”；论文未注明出处", "little giants; the paper names no source"), ("largecust_direct",),
        "100.0 * count(*) FILTER (WHERE largecust_direct) / nullif(count(largecust_direct), 0)", "count(largecust_direct)",
        ("论文写“超九成”，指国内外知名大企业。", "The paper says 'over nine in ten', of well-known large firms."),
    ),
}  # fmt: skip
