"""Leading firms by unit, fixed in the base year, and the panel of never-recognised leaders and of never-recognised others."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines import Engine
from ..study.records import Study
from .density import ever_sql
from .unit_keys import with_unit
from .unit_year_panel import Panel, firm_values

LEADER_QUANTILE = 0.9  # leaders: from this quantile of revenue on, among all firms of the unit in the base year
FEWEST_LEADERS = 3  # leaders that a unit-year needs; others need `min_firms`
SAMPLES = ("leaders", "others")
MARKS = ["firm_id", "unit", "leader", "never"]


def base_year(density: pd.DataFrame) -> int | None:
    """The last year before any density, else the first year; None without years."""
    if density.empty:
        return None
    largest = density.groupby("year")["density"].max().fillna(0.0)
    years_without_density = largest.index[(largest <= 0).cumprod().astype(bool)]
    return int(years_without_density.max() if len(years_without_density) else largest.index.min())


def leader_marks(study: Study, engine: Engine, tables: Mapping[str, str], panel: Panel) -> pd.DataFrame:
    """firm_id, unit of the base year, leader, never (recognised at a level the density counts); the base year's firms."""
    year = base_year(panel.density)
    types = engine.types(tables["firms"]) if "firms" in tables else {}
    if year is None or not {"srdi_levels_ever", "revenue", *study.study.unit.by} <= set(types):
        return pd.DataFrame({column: pd.Series(dtype=dtype) for column, dtype in zip(MARKS, ("str", "str", "bool", "bool"))})
    rows = with_unit(study, engine, "leaders", tables["firms"])
    return engine.collect(f"""
        WITH base AS (SELECT * FROM {rows} WHERE "year" = {year} AND unit IS NOT NULL AND revenue IS NOT NULL),
        cut AS (SELECT unit, quantile_cont(CAST(revenue AS DOUBLE), {LEADER_QUANTILE}) AS least FROM base GROUP BY unit)
        SELECT CAST(firm_id AS VARCHAR) AS firm_id, unit, CAST(revenue AS DOUBLE) >= least AS leader,
               NOT {ever_sql(study)} AS never
        FROM base JOIN cut USING (unit) ORDER BY firm_id""")


def leader_panel(
    study: Study, engine: Engine, tables: Mapping[str, str], panel: Panel, leader_status: pd.DataFrame
) -> pd.DataFrame:
    """Rows as `panel.values` for the samples leaders and others, which together are the firms of leave_out.

    Leaves of other tables than firms are those of the panel. Empty without leaders.
    """
    leaves = {leaf: study.indicators.indicators[leaf] for leaf in panel.leaves}
    firm_leaves = {id: leaf for id, leaf in leaves.items() if leaf.table == "firms"}
    if leader_status.empty or not firm_leaves:
        return panel.values.iloc[:0]
    unit_tables = {**tables, "firms": with_unit(study, engine, "firms", tables["firms"])}
    leader_ids = engine.scan(leader_status.loc[leader_status["leader"].astype(bool), ["firm_id"]])
    other_tables_values = panel.values.query("sample == 'all'").drop(columns=["sample", "n_firms", *firm_leaves])
    blocks = []
    for sample in SAMPLES:
        is_leader = f"CAST(firm_id AS VARCHAR) IN (SELECT firm_id FROM {leader_ids})"
        membership = is_leader if sample == SAMPLES[0] else f"NOT ({is_leader})"
        sample_view = engine.view(f"SELECT * FROM {unit_tables['firms']} WHERE NOT {ever_sql(study)} AND {membership}")
        sample_values = firm_values(study, engine, {**unit_tables, "firms": sample_view}, firm_leaves)
        has_too_few_firms = sample_values["n_firms"] < (FEWEST_LEADERS if sample == SAMPLES[0] else study.study.min_firms)
        sample_values[list(firm_leaves)] = sample_values[list(firm_leaves)].mask(has_too_few_firms)
        blocks.append(
            sample_values.merge(other_tables_values, on=["unit", "year"], how="left", validate="one_to_one").assign(sample=sample)
        )
    return pd.concat(blocks, ignore_index=True)[list(panel.values.columns)].sort_values(
        ["sample", "unit", "year"], ignore_index=True
    )
