"""Firm-years for the commands of event studies, where the study publishes them: numbers for firms, names only if allowed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...models.analyses.leading_firms import FIRM, LEADERS
from ...tables import variable
from ..bilingual import Bilingual
from ..results import Results
from ..wording import wordings

LABELS = wordings("exports.firm")


def firm_rows(results: Results) -> pd.DataFrame:
    """One row per firm-year of the event studies; no row where the study does not publish firm rows or has none.

    `cell_id` numbers unit x year, `first` is missing for never. `leader` and `base_unit_id` are those of firms never recognised
    that were there in the base year.
    """
    rows, publish = results.table("firm_years"), results.study.study.publish
    if rows.empty or not publish.firm_rows:
        return pd.DataFrame()
    outcomes = [outcome_column for outcome_column in results.study.regressions.events.outcomes if outcome_column in rows]
    firm_years = pd.DataFrame({"firm_id": pd.factorize(rows["unit"], sort=True)[0] + 1, "year": rows["year"].astype("int64")})
    if publish.firm_names:
        firm_years.insert(1, "firm", rows["unit"].to_numpy())
    firm_years["cell_id"] = pd.factorize(rows["cell"], sort=True)[0] + 1
    firm_years["first"] = rows["first"].astype(float)
    if "valid" in rows:
        firm_years["valid"] = rows["valid"].astype(float)
    for outcome_column in outcomes:
        outcome_values = rows[outcome_column].to_numpy(dtype=float)
        firm_years[variable(outcome_column)] = np.where(np.isfinite(outcome_values), outcome_values, np.nan)
    return _with_leaders(results, firm_years, rows["unit"])


def _with_leaders(results: Results, firm_years: pd.DataFrame, firms: pd.Series) -> pd.DataFrame:
    """`leader` and `base_unit_id` added where the run compares leading firms with others."""
    groups = results.table("leader_firms")
    if groups.empty:
        return firm_years
    groups = groups.drop_duplicates(FIRM).set_index(FIRM)
    unit_ids = {unit: k for k, unit in enumerate(results.units["unit"], 1)}
    is_leader = (groups["sample"] == LEADERS).astype(float)
    return firm_years.assign(
        leader=firms.map(is_leader).to_numpy(), base_unit_id=firms.map(groups["unit"].map(unit_ids)).to_numpy()
    )


def firm_labels(results: Results, columns: list[str]) -> dict[str, str]:
    """column -> label in the study's language."""
    outcomes = {
        variable(outcome_column): outcome.label for outcome_column, outcome in results.study.regressions.events.outcomes.items()
    }
    labels = LABELS | {outcome_column: Bilingual(label.zh, label.en) for outcome_column, label in outcomes.items()}
    return {column: labels[column].of(results.language)[:80] for column in columns if column in labels}
