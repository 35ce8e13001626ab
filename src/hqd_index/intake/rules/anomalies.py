"""What looks odd in a clean table as a whole: units that jump, chains that break, digits and ratios that people chose."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ...canonical import CanonicalTable
from ...engines.duckdb import Engine, quoted
from ..records.intake_notice import Notice

FACTORS = (10.0, 1e4, 1e8)
NEAR = 0.05
FEW = 5
BENFORD_ROWS = 1000
BENFORD_LIMIT = 0.015  # mean absolute deviation of first digits that Nigrini (2012) calls nonconformity
CUT_OFFS = (3.0, 6.0, 10.0)
BAND = 0.1
BUNCHED = 2.0
BUNCHED_ROWS = 30
HEAPS = (10, 30, 50)  # % of staff: the steps of the recognition criteria
PRICE_LINKS = {"industry": ("ppi", "industry_code", ""), "deflators": ("value", "code", "series")}


def anomaly_notices(name: str, rows: str, table: CanonicalTable, engine: Engine) -> tuple[Notice, ...]:
    """W04 for medians that jump by a unit's factor, W07 for first digits of revenue, W08 for bunched R&D ratios, DF01."""
    notices = [*unit_jump_notices(name, yearly_medians(name, rows, table, engine))]
    columns = engine.types(rows)
    if name == "firms" and "revenue" in columns:
        notices += _benford_notices(name, rows, engine)
    if name == "firms" and {"revenue", "rd_exp"} <= set(columns):
        notices += _bunching_notices(name, rows, engine)
    if name == "firms" and {"employees", "rd_staff"} <= set(columns):
        notices += _heaping_notices(name, rows, engine)
    if name in PRICE_LINKS and {PRICE_LINKS[name][0], "year"} <= set(columns):
        notices += _broken_chain_notices(name, rows, engine)
    return tuple(notices)


def yearly_medians(table_name: str, rows: str, table: CanonicalTable, engine: Engine) -> pd.DataFrame:
    """table, column, year, cells, middle: median of each positive money or count column by year."""
    row_columns = engine.types(rows)
    columns = [name for name, column in table.columns.items() if column.dtype in ("number", "integer") and name in row_columns]
    columns = [name for name in columns if name not in table.key and not table.columns[name].share and table.columns[name].unit]
    if "year" not in row_columns or not columns:
        return pd.DataFrame(columns=["table", "column", "year", "cells", "middle"])
    positive = ", ".join(f"CASE WHEN {quoted(name)} > 0 THEN {quoted(name)} END AS {quoted(name)}" for name in columns)
    wide_medians = engine.collect(
        f"""SELECT year, {", ".join(f"count({quoted(name)}), CAST(median({quoted(name)}) AS DOUBLE)" for name in columns)}
        FROM (SELECT CAST(year AS INTEGER) AS year, {positive} FROM {rows}) GROUP BY year ORDER BY year"""
    ).set_axis(range(2 * len(columns) + 1), axis=1)
    parts = [
        pd.DataFrame(
            {
                "table": table_name,
                "column": name,
                "year": wide_medians[0],
                "cells": wide_medians[place],
                "middle": wide_medians[place + 1],
            }
        )
        for place, name in zip(range(1, wide_medians.shape[1], 2), columns)
    ]
    long_medians = pd.concat(parts, ignore_index=True)
    return long_medians[long_medians["cells"] > 0].sort_values(["column", "year"], ignore_index=True)


def unit_jump_notices(name: str, medians: pd.DataFrame) -> list[Notice]:
    """W04 where the median of a column is 10, 1e4 or 1e8 times (or a fraction of) that of the year before, within 5%."""
    notices = []
    for column, rows in medians[medians["cells"] >= FEW].groupby("column", sort=True):
        median_by_year: dict[int, float] = dict(zip(rows["year"].astype(int), rows["middle"].astype(float)))
        for year in sorted(median_by_year):
            factor = suspected_factor(median_by_year[year] / median_by_year[year - 1]) if year - 1 in median_by_year else None
            if factor is not None:
                en = f"{column}: median of {year} is {factor:g} times that of {year - 1}; units? nothing was converted"
                zh = f"{column}:{year} 年中位数是 {year - 1} 年的 {factor:g} 倍;单位是否不同?未作换算"
                notices.append(Notice("W04", name, en, zh))
    return notices


def suspected_factor(ratio: float) -> float | None:
    """The factor of a unit mistake that a ratio of medians is within 5% of, or None."""
    if not ratio or not math.isfinite(ratio):
        return None
    candidates = [power for factor in FACTORS for power in (factor, 1 / factor)]
    return next((factor for factor in candidates if abs(ratio / factor - 1) <= NEAR), None)


def _benford_notices(name: str, rows: str, engine: Engine) -> list[Notice]:
    digit = "substr(regexp_replace(CAST(CAST(revenue AS DOUBLE) AS VARCHAR), '^[0.]+', ''), 1, 1)"
    counts = engine.collect(f"SELECT {digit} AS digit, count(*) AS n FROM {rows} WHERE revenue > 0 GROUP BY 1 ORDER BY 1")
    total = int(counts["n"].sum())
    if total < BENFORD_ROWS:
        return []
    shares = counts.set_index("digit")["n"].reindex([str(d) for d in range(1, 10)]).fillna(0).to_numpy(dtype=float) / total
    deviation = float(np.abs(shares - np.log10(1 + 1 / np.arange(1, 10))).mean())
    if deviation <= BENFORD_LIMIT:
        return []
    en = f"first digits of revenue stray from Benford's law (mean deviation {deviation:.3f}, limit {BENFORD_LIMIT})"
    zh = f"营业收入首位数字偏离 Benford 分布(平均偏差 {deviation:.3f},界限 {BENFORD_LIMIT})"
    return [Notice("W07", name, en, zh)]


def _bunching_notices(name: str, rows: str, engine: Engine) -> list[Notice]:
    """W08: at least twice as many firm-years just above a policy cut-off of R&D intensity as just below it."""
    ratio = "100 * CAST(rd_exp AS DOUBLE) / NULLIF(CAST(revenue AS DOUBLE), 0)"
    bands = [band for cut_off in CUT_OFFS for band in ((cut_off, cut_off + BAND), (cut_off - BAND, cut_off))]
    counts_sql = ", ".join(f"count(*) FILTER (WHERE r >= {low} AND r < {high})" for low, high in bands)
    band_counts = engine.collect(f"SELECT {counts_sql} FROM (SELECT {ratio} AS r FROM {rows})")
    counts = [int(n) for n in band_counts.iloc[0]]
    notices = []
    for cut_off, above, below in zip(CUT_OFFS, counts[::2], counts[1::2]):
        if above >= BUNCHED_ROWS and above >= BUNCHED * below:
            en = f"R&D intensity bunches at the cut-off {cut_off:g}%: {above} firm-years just above, {below} just below"
            zh = f"研发强度在政策门槛 {cut_off:g}% 处扎堆:略高于门槛 {above} 个,略低于门槛 {below} 个"
            notices.append(Notice("W08", name, en, zh))
    return notices


def _heaping_notices(name: str, rows: str, engine: Engine) -> list[Notice]:
    """W08: firm-years whose R&D staff are exactly 10, 30 or 50% of all, twice as many as one head away from that share.

    Small firms are often exactly at a tenth because heads are whole; as many of them are then one head above or below.
    """
    distances = [f"abs(rd_staff - {heap} * employees / 100)" for heap in HEAPS]
    counts_sql = ", ".join(f"count(*) FILTER (WHERE {distance} = {heads})" for distance in distances for heads in (0, 1))
    heap_counts = engine.collect(f"SELECT {counts_sql} FROM {rows} WHERE rd_staff > 0 AND employees >= 20")
    counts = [int(n) for n in heap_counts.iloc[0]]
    notices = []
    for heap, exact, neighbours in zip(HEAPS, counts[::2], counts[1::2]):
        if exact >= BUNCHED_ROWS and exact >= BUNCHED * neighbours / 2:
            en = f"R&D staff are exactly {heap}% of all in {exact} firm-years, one head more or less in {neighbours}"
            zh = f"研发人员占比恰为 {heap}% 的企业-年有 {exact} 个,只差一人的有 {neighbours} 个"
            notices.append(Notice("W08", name, en, zh))
    return notices


def _broken_chain_notices(name: str, rows: str, engine: Engine) -> list[Notice]:
    """DF01: a price index of the previous year = 100 that lacks a year between its first and its last."""
    column, unit, series = PRICE_LINKS[name]
    series_name = f"{unit} || ' ' || {series}" if series else unit
    gaps = engine.collect(
        f"""SELECT {series_name} AS unit, max(year) - min(year) + 1 - count(DISTINCT year) AS gaps FROM {rows}
        WHERE {quoted(column)} > 0 GROUP BY 1 HAVING gaps > 0 ORDER BY 1"""
    )
    if gaps.empty:
        return []
    listed = ", ".join(gaps["unit"].head(FEW)) + (" ..." if len(gaps) > FEW else "")
    en = f"{column}: years are missing inside the series of {len(gaps)} units ({listed}); real values beyond a gap are missing"
    zh = f"{column}:{len(gaps)} 个单位的序列中间缺年份({listed});缺口另一侧的不变价数值将为缺失"
    return [Notice("DF01", name, en, zh)]
