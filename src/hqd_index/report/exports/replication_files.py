"""stata/ and r/: the panel and firm rows as Stata files and CSV, and the scripts that run the published regressions on them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from ...provenance import write_csv
from ...study.unit_schemes import GROUP_NAMES
from ..results import Results
from .bootstrap_signs import sign_lines
from .firm_export import firm_labels, firm_rows
from .panel_export import LONGEST_LABEL, _unit_groups, describe, panel
from .r_script import r_script
from .regression_designs import regression_designs
from .stata_script import stata_script

STAMP = datetime.datetime(2020, 1, 1)
SIGNS = "signs.csv"


def write_stata(results: Results, folder: Path) -> list[Path]:
    """stata/panel.dta, panel.csv, baseline.do, r/baseline.R; firms.dta, firms.csv where published, r/signs.csv where drawn.

    Nothing without scores.
    """
    if results.scores.empty:
        return []
    stata, r = folder / "stata", folder / "r"
    stata.mkdir(exist_ok=True)
    r.mkdir(exist_ok=True)
    panel_data, firms = panel(results), firm_rows(results)
    designs = list(regression_designs(results, panel_data, firms))
    signs = list(sign_lines(results))
    paths = [
        _write_dta(
            results,
            panel_data.drop(columns=["unit_zh", "unit_en"]),
            describe(results, list(panel_data.columns)),
            stata / "panel.dta",
        ),
        _write_csv(panel_data, stata / "panel.csv"),
        _write_lines(stata_script(results, designs, panel_data, firms), stata / "baseline.do"),
        _write_lines(r_script(results, designs, panel_data, firms, SIGNS if signs else None), r / "baseline.R"),
    ]
    if len(firms):
        paths += [_write_dta(results, firms, firm_labels(results, list(firms.columns)), stata / "firms.dta")]
        paths += [_write_csv(firms, stata / "firms.csv")]
    return [*paths, *([_write_lines(signs, r / SIGNS)] if signs else [])]


def _write_dta(results: Results, panel_data: pd.DataFrame, labels: dict[str, str], path: Path) -> Path:
    """Version 118, with labels of variables and, for numbered units and groups, of values."""
    values = {column: labels for column, labels in _value_labels(results).items() if column in panel_data}
    panel_data.to_stata(
        path,
        write_index=False,
        version=118,
        time_stamp=STAMP,
        data_label=results.study.name[:LONGEST_LABEL],
        variable_labels={column: label for column, label in labels.items() if column in panel_data},
        value_labels=values,
    )
    return path


def _value_labels(results: Results) -> dict[str, Any]:
    """Names of numbered units and groups."""
    names, groups = results.unit_name, sorted(set(_unit_groups(results).values()))
    units = {k: f"{unit} {names(unit).of(results.language)}" for k, unit in enumerate(results.units["unit"], 1)}
    named_groups = {
        k: GROUP_NAMES[group][results.language] if group in GROUP_NAMES else group for k, group in enumerate(groups, 1)
    }
    return {"unit_id": units, "base_unit_id": units, "group_id": named_groups}


def _write_csv(panel_data: pd.DataFrame, path: Path) -> Path:
    write_csv(panel_data, path)
    return path


def _write_lines(lines: Iterable[str], path: Path) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
