"""Small studies made in memory."""

from typing import Any

import pandas as pd

from hqd_index.study.records import Study

LABEL = {"zh": "一", "en": "one"}


def study(
    tree: dict[str, Any],
    *,
    levels: list[str],
    weighting: dict[str, Any] | None = None,
    directions: dict[str, Any] | None = None,
    scenarios: dict[str, Any] | None = None,
    uncertainty: dict[str, Any] | None = None,
    seed: int = 1,
) -> Study:
    """A study whose leaves are columns of one table, with given design."""
    leaves = _leaves(tree)
    signs = directions or {}
    leaf = {id: {"table": "t", "formula": f"sum({id})", "direction": signs.get(id, 1), "label": LABEL} for id in leaves}
    default = {"version": 1, "weight": {level: {"method": "equal"} for level in levels}, "aggregate": {}}
    return Study.model_validate(
        {
            "study": {
                "version": 1,
                "name": "small",
                "label": LABEL,
                "unit": {"by": ["u"], "names": "code"},
                "years": [2000, 2030],
                "seed": seed,
            },
            "sources": {"version": 1, "sources": {}},
            "rules": {"version": 1},
            "columns": {"version": 1},
            "indicators": {"version": 1, "levels": levels, "tree": tree, "indicators": leaf},
            "weighting": default | (weighting or {}),
            "uncertainty": {"draws": 50, "sobol": {"base": 64}, **(uncertainty or {})},
            "regressions": {"version": 1},
            "scenarios": scenarios or {},
        }
    )


def _leaves(below: Any) -> list[str]:
    if isinstance(below, dict):
        return [leaf for child in below.values() for leaf in _leaves(child)]
    return list(below)


def panel(columns: dict[str, list[float]], *, units: list[str], years: list[int], sample: str = "all") -> pd.DataFrame:
    """Rows year by year, units within a year."""
    keys = {"sample": sample, "unit": units * len(years), "year": [year for year in years for _ in units], "n_firms": 20}
    return pd.DataFrame(keys | columns)


def names(units: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"unit": units, "unit_zh": units, "unit_en": units, "group": ""})
