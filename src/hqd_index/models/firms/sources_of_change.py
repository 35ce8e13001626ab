"""Where the change of an industry's weighted mean comes from: within firms, between them, entry and exit (item F)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import EstimationError

FHK = ("within", "between", "cross", "entry", "exit")
MELITZ_POLANEC = ("within", "between", "entry", "exit")


def _firm_changes(firms: pd.DataFrame, measure: str, size_column: str, years: tuple[int, int]) -> pd.DataFrame:
    """One row per firm: shares s1, s2 of the total size in each year and values v1, v2; absent = share 0, value NaN."""
    rows = firms[firms["year"].isin(years) & firms[measure].notna() & (firms[size_column] > 0)]
    first_year_rows, last_year_rows = (rows[rows["year"] == y].set_index("firm_id")[[measure, size_column]] for y in years)
    if first_year_rows.empty or last_year_rows.empty:
        raise EstimationError(f"no firms in {years[0]} or {years[1]}", zh=f"{years[0]} 或 {years[1]} 年没有企业")
    first_and_last_rows = first_year_rows.add_suffix("1").join(last_year_rows.add_suffix("2"), how="outer", sort=True)
    first_sizes, last_sizes = (first_and_last_rows[f"{size_column}{t}"].fillna(0.0) for t in (1, 2))
    return pd.DataFrame(
        {
            "s1": first_sizes / first_sizes.sum(),
            "s2": last_sizes / last_sizes.sum(),
            "v1": first_and_last_rows[f"{measure}1"],
            "v2": first_and_last_rows[f"{measure}2"],
        }
    )


def foster_decomposition(
    firms: pd.DataFrame, measure: str, size_column: str, years: tuple[int, int], group: pd.Series | None = None
) -> pd.DataFrame:
    """Foster, Haltiwanger & Krizan 2001: group, within, between, cross, entry, exit; rows add up to the change exactly.

    `firms`: firm_id, year, value, size (weights). `group` (firm_id -> label) splits every component by kind of firm.
    """
    f = _firm_changes(firms, measure, size_column, years)
    base = float((f["s1"] * f["v1"].fillna(0)).sum())
    survivors, entrants, leavers = f["v1"].notna() & f["v2"].notna(), f["v1"].isna(), f["v2"].isna()
    ds, dv = f["s2"] - f["s1"], f["v2"] - f["v1"]
    components = pd.DataFrame(
        {
            "within": (f["s1"] * dv).where(survivors, 0.0),
            "between": (ds * (f["v1"] - base)).where(survivors, 0.0),
            "cross": (ds * dv).where(survivors, 0.0),
            "entry": (f["s2"] * (f["v2"] - base)).where(entrants, 0.0),
            "exit": (-f["s1"] * (f["v1"] - base)).where(leavers, 0.0),
        }
    )
    label = pd.Series("all", index=f.index) if group is None else group.reindex(f.index)
    return components.groupby(label.rename("group"), dropna=False).sum().reset_index()


def melitz_polanec(firms: pd.DataFrame, measure: str, size_column: str, years: tuple[int, int]) -> dict[str, float]:
    """Melitz & Polanec 2015: survivors' plain mean (within) and covariance (between), entrants and leavers against them."""
    f = _firm_changes(firms, measure, size_column, years)
    survivors, entrants, leavers = (f[f["v1"].notna() & f["v2"].notna()], f[f["v1"].isna()], f[f["v2"].isna()])
    if survivors.empty:
        raise EstimationError("no firm is there in both years", zh="没有两年都存在的企业")
    mean = {t: _weighted_mean(survivors, t) for t in (1, 2)}
    plain_means = {t: float(survivors[f"v{t}"].mean()) for t in (1, 2)}
    return {
        "within": plain_means[2] - plain_means[1],
        "between": (mean[2] - plain_means[2]) - (mean[1] - plain_means[1]),
        "entry": float(entrants["s2"].sum()) * (_weighted_mean(entrants, 2) - mean[2]) if len(entrants) else 0.0,
        "exit": float(leavers["s1"].sum()) * (mean[1] - _weighted_mean(leavers, 1)) if len(leavers) else 0.0,
    }


def _weighted_mean(firm_rows: pd.DataFrame, t: int) -> float:
    return float(np.average(firm_rows[f"v{t}"], weights=firm_rows[f"s{t}"]))
