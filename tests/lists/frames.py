"""A chain of four industries and three products, small enough to be worked by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hqd_index.study.records import Study
from hqd_index.tables import empty

from ..report.conftest import study as invented_study

SAY = {"zh": "指标", "en": "indicator"}
UNITS = ("C13", "C17", "C26", "C39")


def study(**lists: Any) -> Study:
    """The invented study with industries as units and a blockage indicator of days."""
    base = invented_study(unit={"by": ["industry_code"]})
    return base.model_copy(update={"lists": type(base.lists).model_validate({"version": 1} | lists)})


def frames(**tables: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Every table that the lists read, empty but for those given."""
    names = ("linkages", "chokepoints", "density", "coverage", "indicators")
    unit_names = {"unit": UNITS, "unit_zh": [f"行业{u}" for u in UNITS], "unit_en": [f"Industry {u}" for u in UNITS]}
    fixed = {
        "export_shares": pd.DataFrame(columns=["industry_code", "year", "world_share"]),
        "unit_names": pd.DataFrame(unit_names),
        "chain_names": pd.DataFrame({"node": ["390001"], "name_zh": ["光刻胶"], "name_en": ["photoresist"]}),
    }
    return {name: empty(name) for name in names} | fixed | tables


def linkages(**changes: Any) -> pd.DataFrame:
    """Four industries of 2020; the most dependent is C39, the most central C26."""
    columns = {
        "industry_code": UNITS,
        "year": 2020,
        "import_source_hhi": [0.1, 0.2, 0.3, 0.4],
        "self_sufficiency": [0.95, 0.9, 0.8, 0.25],
        "betweenness": [0.1, 0.2, 0.5, 0.4],
        "nrca": [-1.0, 0.5, -0.5, 2.0],
    }
    return pd.DataFrame(columns | changes)


def density(n_srdi: list[int], n_firms: int = 50) -> pd.DataFrame:
    return pd.DataFrame({"unit": UNITS, "year": 2020, "n_firms": n_firms, "n_srdi": n_srdi})


def products(**changes: Any) -> pd.DataFrame:
    """A product of C39 inside every rule in 2018-2020, one of C26 outside rule A by little."""
    rows = []
    for year in (2018, 2019, 2020):
        for hs6, industry, hhi in (("390001", "C39", 0.6), ("260001", "C26", 0.38)):
            rows.append(
                {"hs6": hs6, "year": year, "industries": industry, "imports": 10.0, "exports": 1.0, "hhi_import": hhi,
                 "hhi_world": 0.6, "top_source": "JPN", "top_share": 0.7, "import_export_ratio": 10.0,
                 "control_risk_share": 0.2, "extra_bloc_share": 1.0, "centrality": 0.4, "chokepoint": float(hhi > 0.4)}
            )  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)
