"""Why scores of years that two runs share differ, as when a year is added: figures revised, bounds moved, weights changed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

SAME = 1e-9
KEY = ["unit", "year"]
REST = ("其余", "the rest")
PARTS = {"revision": ("数据修订", "revised figures"), "bounds": ("上下限", "bounds"), "weights": ("权重", "weights")}
SHOWN_UNITS = 5
REMAINDER = 1e-6
"""Points of a score that are left where an aggregation is not additive or a cell is missing."""
Text = tuple[str, str]
Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
"""scores, indicators and weights of a run, as published."""


def change_parts(earlier_tables: Tables, later_tables: Tables) -> pd.DataFrame:
    """unit, year, change of the index in points and its parts, for the unit-years that both runs score.

    With shares w and normalised values n, before and after: weights 100 sum (w1 - w0) n1; bounds 100 sum w0 (n1 - n0) of the
    cells whose raw value is the same, revision that of the others. `rest` is what they leave: nothing in an additive index
    without missing cells.
    """
    cells = _cells(earlier_tables).merge(_cells(later_tables), on=[*KEY, "indicator"], suffixes=("_0", "_1"), how="outer")
    change = cells["share_0"].fillna(0) * (cells["normalised_1"].fillna(0) - cells["normalised_0"].fillna(0))
    tolerance = SAME * np.maximum(1.0, cells["raw_0"].abs())
    is_same = ((cells["raw_0"] - cells["raw_1"]).abs() <= tolerance) | (cells["raw_0"].isna() & cells["raw_1"].isna())
    parts = cells[KEY].assign(
        revision=100 * change.where(~is_same, 0.0),
        bounds=100 * change.where(is_same, 0.0),
        weights=100 * (cells["share_1"].fillna(0) - cells["share_0"].fillna(0)) * cells["normalised_1"].fillna(0),
        revised=(~is_same).astype(int),
    )
    totals = parts.groupby(KEY, as_index=False).sum()
    earlier_scores = _index_scores(earlier_tables[0]).drop(columns=["unit_zh", "unit_en"])
    scores = earlier_scores.merge(_index_scores(later_tables[0]), on=KEY, suffixes=("_0", "_1"))
    rows = scores.assign(change=scores["score_1"] - scores["score_0"]).merge(totals, on=KEY)
    rows["rest"] = rows["change"] - rows[list(PARTS)].sum(axis=1)
    return rows[[*KEY, "unit_zh", "unit_en", "change", *PARTS, "rest", "revised"]]


def _cells(tables: Tables) -> pd.DataFrame:
    """unit, year, indicator, raw, normalised and its share in the whole, which may be of the year."""
    _, indicators, weights = tables
    values = indicators[indicators["sample"] == "all"][[*KEY, "indicator", "raw", "normalised"]]
    shares = weights[weights["scenario"] == "base"][["node", "year", "share_global"]].rename(
        columns={"node": "indicator", "share_global": "share"}
    )
    if shares["year"].isna().all():
        return values.merge(shares.drop(columns="year"), on="indicator", how="inner")
    return values.merge(shares, on=["indicator", "year"], how="inner")


def _index_scores(scores: pd.DataFrame) -> pd.DataFrame:
    rows = scores[(scores["sample"] == "all") & (scores["level"] == "index")].dropna(subset=["score"])
    return rows[[*KEY, "unit_zh", "unit_en", "score"]]


def change_lines(earlier_tables: Tables, later_tables: Tables) -> Iterator[Text]:
    """New years, figures revised, what moved the scores of the years that were there before, and whom most."""
    if any(table.empty for table in (*earlier_tables, *later_tables)):
        return
    years = [set(_index_scores(tables[0])["year"]) for tables in (earlier_tables, later_tables)]
    if new_years := ", ".join(str(int(year)) for year in sorted(years[1] - years[0])):
        yield f"新增年份:{new_years}", f"years added: {new_years}"
    rows = change_parts(earlier_tables, later_tables)
    if rows.empty or not (rows["change"].abs() > SAME).any():
        return
    if revised := int(rows["revised"].sum()):
        yield f"原有年份中数值被修订的有 {revised} 个", f"figures revised in years that were there: {revised}"
    means = rows[["change", *PARTS, "rest"]].abs().mean()
    words = PARTS | ({"rest": REST} if means["rest"] > REMAINDER else {})
    yield (
        f"原有年份得分变化的平均绝对值:{means['change']:.2f} 分;各部分的平均绝对值(可相互抵消):"
        + "、".join(f"{zh} {means[part]:.2f}" for part, (zh, _) in words.items()),
        f"mean absolute change of scores in years that were there: {means['change']:.2f} points; of its parts, which may offset "
        "each other: " + ", ".join(f"{en} {means[part]:.2f}" for part, (_, en) in words.items()),
    )
    last_year = rows[rows["year"] == rows["year"].max()]
    for _, row in last_year.reindex(last_year["change"].abs().sort_values(ascending=False).index).head(SHOWN_UNITS).iterrows():
        has_rest = abs(row["rest"]) > REMAINDER
        for_language = []
        parts = PARTS | ({"rest": REST} if has_rest else {})
        for language, name in enumerate((row["unit_zh"], row["unit_en"])):
            texts = [f"{names[language]} {row[part]:+.2f}" for part, names in parts.items()]
            for_language.append(f"{int(row['year'])} {row['unit']} {name}: {row['change']:+.2f} ({', '.join(texts)})")
        yield for_language[0], for_language[1]
