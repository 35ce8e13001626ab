"""Three paths by unit and year: where SRDI firms are placed, what they become able to do, how they are tied to large firms."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..study.records import PathIndicator, Study
from ..tables import conform
from .mode_scores import ALL_AXES, FirmScores
from .modes import group_values

PATHS = ("focus", "capability", "integration")
INDEX = "index"
FALLBACK = "io_fallback"
FRONTIER = 0.9
KEYS = ["unit", "year"]

Reason = tuple[str, str]
FEW_FIRMS: Reason = ("有效期内的专精特新企业太少", "too few SRDI firms in force")


def path_rows(study: Study, scores: FirmScores, io_links: pd.DataFrame) -> tuple[pd.DataFrame, list[Reason]]:
    """Table `paths`: each indicator and the path index (`index`) by unit and year; and what could not be made, as (zh, en).

    The index is the weighted mean of the indicators' z; mean and SD over units are those of the first `modes.window` years
    with a value. Fewer than `min_srdi` firms in force: no value.
    """
    blocks, missing_paths = [], []
    n_srdi = srdi_counts(scores.rows)
    for path in PATHS:
        path_config = getattr(study.modes.paths, path)
        values_by_indicator, weights = {}, {}
        for indicator_id, indicator in path_config.indicators.items():
            missing_reason = _missing_reason(scores, indicator)
            indicator_values = pd.Series(dtype=float) if missing_reason else _indicator_values(study, scores.rows, indicator)
            sufficient_values = _with_enough_firms(study, n_srdi, indicator_values)
            if sufficient_values.notna().any():
                values_by_indicator[indicator_id], weights[indicator_id] = sufficient_values, indicator.weight
            else:
                missing_paths.append(_indicator_reason(path, indicator_id, indicator, missing_reason))
        if not values_by_indicator and path == "integration" and len(io_links):
            values_by_indicator[FALLBACK] = _with_enough_firms(study, n_srdi, concentrated_customers(scores.rows, io_links))
            weights[FALLBACK] = 1.0
        if any(len(indicator_values) for indicator_values in values_by_indicator.values()):
            blocks.append(_path_block(study, n_srdi, path, pd.DataFrame(values_by_indicator), pd.Series(weights)))
        elif path_config.indicators:
            missing_paths.append((f"路径 {path}:没有任何指标", f"path {path}: none of its indicators has data"))
    frame = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=["path", *KEYS, "indicator", "n_srdi"])
    return conform("paths", frame), missing_paths


def _path_block(study: Study, n_srdi: pd.Series, path: str, unit_years: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    z = pd.DataFrame({column_name: _z_over_units(unit_years[column_name], study.modes.window) for column_name in unit_years})
    present_weights = z.notna() * weights.reindex(z.columns)
    index = (z * weights.reindex(z.columns)).sum(axis=1).div(present_weights.sum(axis=1)).where(present_weights.sum(axis=1) > 0)
    index_rows = pd.DataFrame({"value": index, "z": index}).assign(indicator=INDEX)
    indicator_rows = [
        pd.DataFrame({"value": unit_years[column_name], "z": z[column_name]}).assign(indicator=str(column_name))
        for column_name in unit_years
    ]
    rows = pd.concat([index_rows, *indicator_rows])
    rows = rows.assign(path=path, n_srdi=n_srdi.reindex(rows.index).fillna(0).astype("int64").to_numpy())
    rows["flag"] = FALLBACK if FALLBACK in unit_years else None
    return rows[rows["value"].notna()].rename_axis(KEYS).reset_index()


def srdi_counts(firm_years: pd.DataFrame) -> pd.Series:
    """SRDI firms in force by unit and year; no row for none."""
    return firm_years[firm_years["in_force"]].groupby(KEYS).size()


def _with_enough_firms(study: Study, n_srdi: pd.Series, unit_years: pd.Series) -> pd.Series:
    """The values of unit-years with `min_srdi` firms in force or more."""
    return unit_years[unit_years.index.isin(n_srdi.index[n_srdi >= study.modes.min_srdi])]


def _z_over_units(unit_years: pd.Series, window: int) -> pd.Series:
    """z over units with mean and SD (n - 1) of the first `window` years that have a value."""
    years = unit_years.index.get_level_values("year")
    valued_years = sorted(set(years[unit_years.notna().to_numpy()]))
    reference = unit_years[np.isin(years, valued_years[:window])].dropna()
    spread = reference.std()
    return (unit_years - reference.mean()) / spread if len(reference) > 2 and spread > 0 else unit_years * np.nan


def _indicator_values(study: Study, firm_years: pd.DataFrame, indicator: PathIndicator) -> pd.Series:
    """The indicator by unit and year over the SRDI firms in force."""
    if indicator.measure == "coverage":
        return coverage(firm_years, indicator.of[0], str(indicator.within))
    return _firm_values(study, firm_years, indicator)[firm_years["in_force"]].groupby([firm_years[k] for k in KEYS]).mean()


def _firm_values(study: Study, firm_years: pd.DataFrame, indicator: PathIndicator) -> pd.Series:
    item_names = indicator.of
    if len(item_names) == 1:
        indicator_values = firm_years[f"raw_{item_names[0]}" if item_names[0] in ALL_AXES else item_names[0]]
    else:
        indicator_values = firm_years[[f"z_{item}" for item in item_names if f"z_{item}" in firm_years]].mean(axis=1)
    if indicator.measure == "change":
        return indicator_values - calendar_lag(firm_years, indicator_values, study.modes.window)
    if indicator.measure == "frontier":
        unit_year_cells = np.asarray(firm_years.groupby(KEYS).ngroup(), dtype=np.intp)
        return (
            indicator_values
            - group_values(indicator_values.to_frame().groupby(unit_year_cells).quantile(FRONTIER), unit_year_cells)[:, 0]
        )
    return indicator_values


def calendar_lag(firm_years: pd.DataFrame, firm_values: pd.Series, years: int) -> pd.Series:
    """The same firm's value `years` calendar years before."""
    firm, year_offset = (
        pd.factorize(firm_years["firm_id"])[0],
        (firm_years["year"] - firm_years["year"].min()).to_numpy(dtype=np.intp),
    )
    grid = np.full((int(firm.max(initial=-1)) + 1, years + int(year_offset.max(initial=-1)) + 1), np.nan)
    grid[firm, years + year_offset] = firm_values.to_numpy(dtype=float)
    return pd.Series(grid[firm, year_offset], index=firm_values.index)


def coverage(firm_years: pd.DataFrame, item_flag: str, group_column: str) -> pd.Series:
    """Of the values of `within` in a unit-year where the item is true for some firm, the share with an SRDI firm in force."""
    flagged_rows = firm_years[(firm_years[item_flag] > 0) & firm_years[group_column].notna()]
    cells = flagged_rows.groupby([*KEYS, group_column])["in_force"].max()
    return cells.astype(float).groupby(level=KEYS).mean()


def concentrated_customers(firm_years: pd.DataFrame, io_links: pd.DataFrame) -> pd.Series:
    """sum_j b_ij x HHI_jt: share of sales to each industry times the concentration of its firms' revenue (no links of firms)."""
    total_sales = firm_years.groupby(KEYS)["revenue"].transform("sum")
    hhi = ((firm_years["revenue"] / total_sales) ** 2).groupby([firm_years[k] for k in KEYS]).sum().unstack("unit")
    weights = io_links.pivot(index="from_unit", columns="to_unit", values="downstream")
    units = [
        user_industry for user_industry in hhi.columns if user_industry in weights.index and user_industry in weights.columns
    ]
    exposure = hhi[units].fillna(0.0).to_numpy() @ weights.reindex(index=units, columns=units).fillna(0.0).to_numpy().T
    cells = pd.MultiIndex.from_product([units, hhi.index], names=KEYS)
    return pd.Series(exposure.T.ravel(), index=cells)


def _missing_reason(scores: FirmScores, indicator: PathIndicator) -> Reason | None:
    """Why the indicator has no data, None when it may have."""
    missing_items = [item for item in indicator.of if item in scores.missing_items]
    if len(missing_items) == len(indicator.of):
        return scores.missing_items[missing_items[0]]
    if indicator.within is not None and indicator.within not in scores.rows:
        return (f"数据没有列 {indicator.within}", f"the data have no column {indicator.within}")
    return None


def _indicator_reason(path: str, indicator_id: str, indicator: PathIndicator, missing_reason: Reason | None) -> Reason:
    zh, en = missing_reason or FEW_FIRMS
    return (
        f"路径指标 {path}.{indicator_id}({indicator.label.zh}):{zh}",
        f"indicator {path}.{indicator_id} ({indicator.label.en}): {en}",
    )
