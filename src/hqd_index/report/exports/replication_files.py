"""stata/ and r/: the panel as Stata file and CSV, and the scripts that run the published regressions on it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from ...study.unit_schemes import GROUP_NAMES
from ..results import Results
from .panel_export import LONGEST_LABEL, _unit_groups, describe, panel
from .regression_scripts import _r_script, _stata_script

STAMP = datetime.datetime(2020, 1, 1)


def write_stata(results: Results, folder: Path) -> list[Path]:
    """stata/panel.dta, panel.csv and baseline.do, and r/baseline.R; nothing without scores."""
    if results.scores.empty:
        return []
    stata, r = folder / "stata", folder / "r"
    stata.mkdir(exist_ok=True)
    r.mkdir(exist_ok=True)
    data = panel(results)
    names = results.unit_name
    values: Any = {
        "unit_id": {k: f"{unit} {names(unit).of(results.language)}" for k, unit in enumerate(results.units["unit"], 1)}
    }
    if "group_id" in data:
        numbered_groups = enumerate(sorted(set(_unit_groups(results).values())), 1)
        values["group_id"] = {
            k: GROUP_NAMES[group][results.language] if group in GROUP_NAMES else group for k, group in numbered_groups
        }
    data.drop(columns=["unit_zh", "unit_en"]).to_stata(
        stata / "panel.dta",
        write_index=False,
        version=118,
        time_stamp=STAMP,
        data_label=results.study.name[:LONGEST_LABEL],
        variable_labels=describe(results, list(data.columns.drop(["unit_zh", "unit_en"]))),
        value_labels=values,
    )
    data.to_csv(stata / "panel.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    (stata / "baseline.do").write_text("\n".join(_stata_script(results, data)) + "\n", "utf-8")
    (r / "baseline.R").write_text("\n".join(_r_script(results, data)) + "\n", "utf-8")
    return [stata / "panel.dta", stata / "panel.csv", stata / "baseline.do", r / "baseline.R"]
