"""Table `growth_stages`: the stage of each SRDI firm and candidate, by its cash flows or, without them, by age and growth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..study.records import StageRules, Study
from ..tables import conform, empty
from .absences import Absence
from .firm_frame import CASH_FLOWS, FirmFrame

DICKINSON = {
    "--+": "introduction",
    "+-+": "growth",
    "+--": "mature",
    "-++": "decline",
    "-+-": "decline",
    "---": "shakeout",
    "+++": "shakeout",
    "++-": "shakeout",
}
"""Signs of operating, investing and financing cash flow -> stage (Dickinson 2011, The Accounting Review 86(6), table 1)."""
UNCLASSIFIED = "unclassified"


def growth_stages(
    study: Study, frame: FirmFrame | None, candidates: pd.DataFrame, frames: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Absence]]:
    """One row for each SRDI firm in force and each candidate of the latest year; one basis for all of them, never mixed."""
    if frame is None:
        return empty("growth_stages"), [NO_FIRMS]
    year = int(frame.rows["year"].max())
    rows = frame.rows[frame.rows["year"] == year]
    listed = set(candidates["firm_id"])
    rows = rows[rows["in_force"] | rows["firm_id"].isin(listed)]
    has_cash = bool(rows[list(CASH_FLOWS)].notna().any().all())
    signs = cash_flow_signs(rows)
    age, growth = year - rows["found_year"], rows["revenue_growth_2y"]
    stage = signs.map(DICKINSON) if has_cash else age_growth_stages(age, growth, study.lists.stages)
    names = frames["unit_names"].set_index("unit")
    modes = frames["modes"]
    mode = modes[modes["year"] == year].set_index("firm_id")["mode"]
    shown = rows[["firm_id", "year", "unit"]].assign(
        kind=np.where(rows["in_force"], "srdi", "candidate"),
        stage=stage.fillna(UNCLASSIFIED),
        basis="cash_flow" if has_cash else "age_growth",
        signs=signs.map(printed_signs, na_action="ignore") if has_cash else None,
        age=age.round().astype("Int64"),
        growth=100 * growth,
        mode=rows["firm_id"].map(mode),
        **{column: rows["unit"].map(names[column]).fillna(rows["unit"]) for column in ("unit_zh", "unit_en")},
    )
    return conform("growth_stages", shown), [] if has_cash else [NO_CASH_FLOWS]


def cash_flow_signs(rows: pd.DataFrame) -> pd.Series:
    """Signs of the three cash flows as '+-+'; missing where one is zero or blank."""
    flows = rows[list(CASH_FLOWS)].to_numpy(dtype=float)
    known = (~np.isnan(flows) & (flows != 0)).all(axis=1)
    words = ["".join("+" if flow > 0 else "-" for flow in row) for row in flows]
    return pd.Series(words, index=rows.index, dtype=object).where(known, None)


def printed_signs(signs: str) -> str:
    """'+-+' as '(+ - +)': a cell that begins with a sign would be taken for a formula."""
    return f"({' '.join(signs)})"


def age_growth_stages(age: pd.Series, growth: pd.Series, rules: StageRules) -> pd.Series:
    """introduction up to `young` years of age; else growth, decline or mature by growth of revenue a year; missing if unknown."""
    by_growth = np.select([growth.isna(), growth >= rules.growth, growth <= rules.decline], ["", "growth", "decline"], "mature")
    stage = np.where(age <= rules.young, "introduction", by_growth)
    return pd.Series(stage, index=age.index, dtype=object).replace("", None)


NO_FIRMS = Absence(
    "growth_stages",
    ("没有带专精特新状态的企业表", "no firm table with SRDI status"),
    ("提供企业表(firms)与认定名单(srdi_list)", "give sources for tables firms and srdi_list"),
)
NO_CASH_FLOWS = Absence(
    "growth_stages",
    (
        "没有三类现金流:全部企业改按年龄与收入增长划分阶段,没有动荡期",
        "no cash flows: stages of all firms are by age and growth of revenue, and none is shake-out",
    ),
    (
        "提供 op_cashflow、inv_cashflow、fin_cashflow 三列",
        "give columns op_cashflow, inv_cashflow and fin_cashflow",
    ),
)
