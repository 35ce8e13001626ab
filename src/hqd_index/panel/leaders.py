"""Leading firms by unit, fixed in the base year, and the panel of never-recognised leaders and of never-recognised others."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from ..engines.duckdb import Engine
from ..study.records import Study
from .build import Panel, firm_values
from .density import ever_sql
from .units import with_unit

TOP = 0.9  # leaders: from this quantile of revenue on, among all firms of the unit in the base year
LEAST = 3  # leaders that a unit-year needs; others need `min_firms`
SAMPLES = ("leaders", "others")
MARKS = ["firm_id", "unit", "leader", "never"]


def base_year(density: pd.DataFrame) -> int | None:
    """The last year before any density, else the first year; None without years."""
    if density.empty:
        return None
    largest = density.groupby("year")["density"].max().fillna(0.0)
    before = largest.index[(largest <= 0).cumprod().astype(bool)]
    return int(before.max() if len(before) else largest.index.min())


def leader_marks(study: Study, engine: Engine, tables: Mapping[str, str], panel: Panel) -> pd.DataFrame:
    """firm_id, unit of the base year, leader, never (recognised at a level the density counts); the base year's firms."""
    year = base_year(panel.density)
    types = engine.types(tables["firms"]) if "firms" in tables else {}
    if year is None or not {"srdi_levels_ever", "revenue", *study.study.unit.by} <= set(types):
        return pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in zip(MARKS, ("str", "str", "bool", "bool"))})
    rows = with_unit(study, engine, "leaders", tables["firms"])
    return engine.collect(f"""
        WITH base AS (SELECT * FROM {rows} WHERE "year" = {year} AND unit IS NOT NULL AND revenue IS NOT NULL),
        cut AS (SELECT unit, quantile_cont(CAST(revenue AS DOUBLE), {TOP}) AS least FROM base GROUP BY unit)
        SELECT CAST(firm_id AS VARCHAR) AS firm_id, unit, CAST(revenue AS DOUBLE) >= least AS leader,
               NOT {ever_sql(study)} AS never
        FROM base JOIN cut USING (unit) ORDER BY firm_id""")


def leader_panel(study: Study, engine: Engine, tables: Mapping[str, str], panel: Panel, marks: pd.DataFrame) -> pd.DataFrame:
    """sample (leaders, others), unit, year, n_firms and a column per leaf, as `panel.values`; leaders and others together are
    the firms of leave_out. Leaves of other tables than firms are those of the panel. Empty without leaders."""
    leaves = {leaf: study.indicators.indicators[leaf] for leaf in panel.leaves}
    split = {id: leaf for id, leaf in leaves.items() if leaf.table == "firms"}
    if marks.empty or not split:
        return panel.values.iloc[:0]
    ready = {**tables, "firms": with_unit(study, engine, "firms", tables["firms"])}
    top = engine.scan(marks.loc[marks["leader"].astype(bool), ["firm_id"]])
    shared = panel.values.query("sample == 'all'").drop(columns=["sample", "n_firms", *split])
    blocks = []
    for sample in SAMPLES:
        among = f"CAST(firm_id AS VARCHAR) IN (SELECT firm_id FROM {top})"
        mine = among if sample == SAMPLES[0] else f"NOT ({among})"
        rows = engine.view(f"SELECT * FROM {ready['firms']} WHERE NOT {ever_sql(study)} AND {mine}")
        own = firm_values(study, engine, {**ready, "firms": rows}, split)
        few = own["n_firms"] < (LEAST if sample == SAMPLES[0] else study.study.min_firms)
        own[list(split)] = own[list(split)].mask(few)
        blocks.append(own.merge(shared, on=["unit", "year"], how="left", validate="one_to_one").assign(sample=sample))
    return pd.concat(blocks, ignore_index=True)[list(panel.values.columns)].sort_values(
        ["sample", "unit", "year"], ignore_index=True
    )
