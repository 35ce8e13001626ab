"""Recognised firms by unit, by the other dimension of the firm panel and by year: the raw material of a shift-share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...engines import Engine, literal
from ...errors import EstimationError
from ...study.records import Study
from ...study.srdi_levels import has_level_sql
from ..kernels.shift_share import Exposure, leave_one_out, recentred_exposure

OTHER_GROUPING = {"industry_code": "province_code", "province_code": "industry_code"}
COLUMNS = ["unit", "shock", "kind", "year", "firms", "recognised"]


def firm_cells(study: Study, engine: Engine, firms: str) -> pd.DataFrame:
    """unit, shock (province of an industry study, and the other way round), kind (its column), year, firms, recognised.

    Recognised counts firms in force at year-end at the levels of the density. No rows where the unit has no such other
    dimension, or firms have no status.
    """
    types, unit = engine.types(firms), study.study.unit.by[0]
    other_dimension = OTHER_GROUPING.get(unit, "") if len(study.study.unit.by) == 1 else ""
    if not {unit, other_dimension, "srdi_levels_valid"} <= set(types):
        return pd.DataFrame(columns=COLUMNS)
    is_in_force = has_level_sql("srdi_levels_valid", study.regressions.density.levels)
    return engine.collect(f"""
        SELECT CAST("{unit}" AS VARCHAR) AS unit, CAST("{other_dimension}" AS VARCHAR) AS shock,
        {literal(other_dimension)} AS kind,
               CAST("year" AS BIGINT) AS "year", count(*) AS firms,
               count(*) FILTER (WHERE {is_in_force}) AS recognised
        FROM {firms} WHERE "{other_dimension}" IS NOT NULL GROUP BY ALL ORDER BY ALL""")


def policy_exposure(recognition_cells: pd.DataFrame, *, base_year: int, lag: int) -> Exposure:
    """z_it = sum_p s_ip g_pt, `lag` years earlier and recentred over all shocks p.

    s_ip is the share of the unit's firms that are in p in the base year, g_pt the recognised firms of the OTHER units in p
    per 1,000 firms of theirs in the base year. EstimationError without firms in the base year.
    """
    units, shocks, years = (tuple(sorted(recognition_cells[column_name].unique())) for column_name in ("unit", "shock", "year"))
    if base_year not in years:
        raise EstimationError(
            f"shift-share: no firms in the base year {base_year}", zh=f"份额移动工具变量:基年 {base_year} 没有企业"
        )
    grid = pd.MultiIndex.from_product([units, years, shocks])
    cube = recognition_cells.set_index(["unit", "year", "shock"])[["firms", "recognised"]].reindex(grid).fillna(0.0)
    shape = (len(units), len(years), len(shocks))
    events = cube["recognised"].to_numpy(dtype=float).reshape(shape)
    stock = cube["firms"].to_numpy(dtype=float).reshape(shape)[:, years.index(base_year)]
    total = stock.sum(axis=1, keepdims=True)
    shares = np.divide(stock, total, out=np.zeros_like(stock), where=total > 0)
    effect_years = tuple(int(year) + lag for year in years)
    return recentred_exposure(Exposure(units, effect_years, shocks, shares, 1000 * leave_one_out(events, stock)))
