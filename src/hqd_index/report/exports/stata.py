"""The panel for Stata and R, and scripts that run the same regressions, each expected number in a comment."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...study.records import SpecificationChoice
from ...study.unit_schemes import GROUP_NAMES
from ..bilingual import Bilingual
from ..grids.published_grids import labels
from ..number_format import missing
from ..results import Results

STAMP = datetime.datetime(2020, 1, 1)
LONGEST_NAME, LONGEST_LABEL = 32, 80
SAMPLES = {"all": "", "leave_out": "_lo"}
"""Ending of the outcome columns of each sample."""
STATA_EFFECTS = {"unit": "unit_id", "year": "year", "group_year": "group_id#year"}
FIXEST_EFFECTS = STATA_EFFECTS | {"group_year": "group_id^year"}


def variable(name: str) -> str:
    """An ASCII name of at most 32 characters that Stata accepts."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return (plain if re.match(r"[A-Za-z_]", plain) else f"v_{plain}")[:LONGEST_NAME]


def panel(results: Results) -> pd.DataFrame:
    """One row per unit-year: outcomes (score/100) of both samples, density and controls with their lags, `used`.

    `used` marks the rows of the headline sample: every indicator in both samples, density and controls present.
    """
    rows = results.table("scores")
    frame = results.units.merge(pd.DataFrame({"year": sorted(rows["year"].unique())}), how="cross")
    frame["unit_id"] = frame["unit"].map({unit: k for k, unit in enumerate(results.units["unit"], 1)})
    groups = _groups(results)
    if groups:
        numbers = {group: k for k, group in enumerate(sorted(set(groups.values())), 1)}
        frame["group_id"] = frame["unit"].map(groups).map(numbers)
    for sample, ending in SAMPLES.items():
        wide = rows[rows["sample"] == sample].pivot(index=["unit", "year"], columns="node", values="score") / 100
        wide = wide[[node for node in results.inner if node in wide.columns]].add_suffix(ending)
        frame = frame.merge(wide.reset_index(), on=["unit", "year"], how="left")
    frame = _with_regressors(results, frame)
    return frame.assign(used=_used(results, frame)).rename(columns=variable).sort_values(["unit", "year"], ignore_index=True)


def _groups(results: Results) -> dict[str, str]:
    """unit -> group, of the units that are in one."""
    names = results.table("unit_names")
    return {unit: group for unit, group in zip(names["unit"], names["group"]) if group} if len(names) else {}


def _with_regressors(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    """Density measures and controls, each also lagged by calendar year: `_lag` by the study's own lag, else `_lag<years>`."""
    lag = results.study.regressions.density.lag
    asked = {(spec.density.measure, spec.density.lag) for spec in results.study.regressions.specifications if spec.density}
    for table in ("density", "controls"):
        rows = results.table(table)
        if rows.empty:
            continue
        columns = [c for c in rows.columns if c not in ("unit", "year", "density_lag", "n_firms", "n_srdi")]
        now = rows[["unit", "year", *columns]].astype({"year": "int64"})
        blocks = [now, _lagged(now, columns, lag, "_lag")]
        blocks += [_lagged(now, [measure], years, f"_lag{years}") for measure, years in sorted(asked) if measure in columns]
        for block in blocks:
            frame = frame.merge(block, on=["unit", "year"], how="left")
    return frame


def _lagged(rows: pd.DataFrame, columns: list[str], years: int, ending: str) -> pd.DataFrame:
    """Columns moved to the year in which their values are `years` old."""
    moved = rows[["unit", "year", *columns]].assign(year=rows["year"] + years)
    return moved.rename(columns={column: f"{column}{ending}" for column in columns})


def _used(results: Results, frame: pd.DataFrame) -> pd.Series:
    """1 where the rows of the published regressions stand."""
    cells = results.table("indicators")
    if cells.empty or "density_lag" not in frame.columns:
        return pd.Series(0, index=frame.index)
    gaps = cells[cells["normalised"].isna()][["unit", "year"]].drop_duplicates().assign(gap=True)
    marked = frame[["unit", "year"]].merge(gaps, on=["unit", "year"], how="left")["gap"].isna().to_numpy()
    nodes = [c for c in frame.columns if c.removesuffix("_lo") in results.inner and frame[c].notna().any()]
    controls = [f"{name}_lag" for name in results.study.regressions.controls if f"{name}_lag" in frame.columns]
    whole = np.isfinite(frame[[*nodes, "density_lag", *controls]].to_numpy(dtype=float)).all(axis=1)
    return pd.Series((whole & marked).astype(int), index=frame.index)


def describe(results: Results, columns: list[str]) -> dict[str, str]:
    """column -> Chinese label (English where the study's language is English), at most 80 characters."""
    known = {
        "unit": Bilingual("单位代码", "unit"),
        "unit_id": Bilingual("单位", "unit"),
        "unit_zh": Bilingual("名称", "name in Chinese"),
    }
    known |= {
        "unit_en": Bilingual("英文名称", "name"),
        "year": Bilingual("年份", "year"),
        "used": Bilingual("回归样本", "row of the regressions"),
        "group_id": Bilingual("单位所属的组", "group of the unit"),
    }
    known |= {variable(node): results.name(node) for node in results.inner}
    known |= {variable(f"{node}_lo"): _more(results.name(node), "（剔除专精特新）", ", leave-out") for node in results.inner}
    known |= {variable(id): Bilingual(c.label.zh, c.label.en) for id, c in results.study.regressions.controls.items()}
    known |= {variable(column): pair for column, pair in labels(results, "density").items() if variable(column) not in known}
    lag = results.study.regressions.density.lag
    known |= {variable(f"{name}_lag"): _more(pair, f"（滞后 {lag} 年）", f", lag {lag}") for name, pair in list(known.items())}
    return {column: known.get(column, Bilingual(column, column)).of(results.language)[:LONGEST_LABEL] for column in columns}


def _more(pair: Bilingual, zh: str, en: str) -> Bilingual:
    return Bilingual(pair.zh + zh, pair.en + en)


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
        known = enumerate(sorted(set(_groups(results).values())), 1)
        values["group_id"] = {k: GROUP_NAMES[g][results.language] if g in GROUP_NAMES else g for k, g in known}
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
    (stata / "baseline.do").write_text("\n".join(_do(results, data)) + "\n", "utf-8")
    (r / "baseline.R").write_text("\n".join(_r(results, data)) + "\n", "utf-8")
    return [stata / "panel.dta", stata / "panel.csv", stata / "baseline.do", r / "baseline.R"]


Regression = tuple[SpecificationChoice, str, str, list[str], pd.Series]


def _specifications(results: Results, data: pd.DataFrame) -> Iterator[Regression]:
    """(specification, outcome column, density column, control columns, published row) of every regression on a density."""
    rows = results.table("regressions")
    for spec in results.study.regressions.specifications:
        if spec.weights is not None or spec.scenario is not None:  # weights and other indices are no column of the panel
            continue
        density = "density_lag" if spec.density is None else variable(f"{spec.density.measure}_lag{spec.density.lag}")
        every = tuple(results.study.regressions.controls)
        names = every if spec.controls == "all" else () if spec.controls == "none" else spec.controls
        columns = [variable(f"{name}_lag") for name in names]
        controls = [column for column in columns if column in data.columns and data[column].notna().any()]
        mine = rows[(rows["spec"] == spec.id) & (rows["term"] == "density")] if len(rows) else rows
        for _, row in mine.iterrows():
            outcome = variable(f"{row['outcome']}{SAMPLES.get(row['sample'], '')}")
            if outcome in data.columns and density in data.columns:
                yield spec, outcome, density, controls, row


def _expected(row: pd.Series) -> str:
    """What the script should print, to ten digits."""
    names = {"estimate": "b", "se_cv1": "CV1 se", "se_cv3": "CV3 se", "p_wild": "wild p"}
    told = [f"{name} {row[column]:.10g}" for column, name in names.items() if not missing(row[column])]
    return "; ".join([*told, f"N {row['n_obs']}"])


ABOUT = (
    "Expected numbers are those of hqd-index (regressions.csv); other versions of these commands may differ in the last digits.",
    "Outcomes are scores/100, `_lo` leaves out firms ever recognised; `used` marks the rows of the published regressions.",
)


GROUPED = (
    "K of the CV1 factor counts every level of group x year but one, as fixest does; a command that finds more of them redundant "
    "gives a smaller CV1 se, by the root of (N - K) over its own."
)


def _about(results: Results) -> tuple[str, ...]:
    """What the reader of either script has to know."""
    grouped = any("group_year" in spec.fixed_effects for spec in results.study.regressions.specifications)
    return (*ABOUT, GROUPED) if grouped else ABOUT


def _do(results: Results, data: pd.DataFrame) -> Iterator[str]:
    """Stata: load, set the panel, one block per regression."""
    draws = results.study.regressions.inference.draws
    yield f"* {results.study.name}: baseline and robustness tables"
    yield from (f"* {line}" for line in _about(results))
    yield "* ssc install ftools; ssc install reghdfe; ssc install boottest"
    yield from ("version 16", 'use "panel.dta", clear', "xtset unit_id year", "")
    for spec, outcome, density, controls, row in _specifications(results, data):
        effects = [STATA_EFFECTS[effect] for effect in spec.fixed_effects]
        right = " ".join([density, *controls])
        condition = " & ".join(["used == 1", *_restrictions(spec, _ids(data))])
        yield f"* {spec.id}, {outcome}: {_expected(row)}"
        if effects:
            yield f"reghdfe {outcome} {right} if {condition}, absorb({' '.join(effects)}) vce(cluster unit_id)"
        else:
            yield f"regress {outcome} {right} if {condition}, vce(cluster unit_id)"
        yield f"boottest {density}, reps({draws}) weighttype(rademacher) seed({results.study.study.seed}) nograph"
        yield ""


def _restrictions(spec: SpecificationChoice, ids: Mapping[str, int]) -> list[str]:
    """Conditions on year and unit, in Stata; units by number, so that no text of the data stands in a script."""
    found = [f"inrange(year, {spec.years[0]}, {spec.years[1]})"] if spec.years else []
    found += [f"year != {year}" for year in spec.drop_years]
    return found + [f"unit_id != {ids[unit]}" for unit in spec.drop_units if unit in ids]


def _ids(data: pd.DataFrame) -> dict[str, int]:
    return dict(zip(data["unit"], data["unit_id"].astype(int)))


def _r(results: Results, data: pd.DataFrame) -> Iterator[str]:
    """R: the same with fixest, whose default small-sample rule is the one of CV1 here."""
    yield f"# {results.study.name}: baseline and robustness tables"
    yield from (f"# {line}" for line in _about(results))
    yield "library(fixest)"
    yield 'panel <- read.csv("../stata/panel.csv", fileEncoding = "UTF-8-BOM")'
    yield "panel <- panel[panel$used == 1, ]"
    yield ""
    for spec, outcome, density, controls, row in _specifications(results, data):
        effects, ids = [FIXEST_EFFECTS[effect] for effect in spec.fixed_effects], _ids(data)
        formula = f"{outcome} ~ {' + '.join([density, *controls])}" + (f" | {' + '.join(effects)}" if effects else "")
        conditions = [f"year >= {spec.years[0]} & year <= {spec.years[1]}"] if spec.years else []
        conditions += [f"year != {year}" for year in spec.drop_years]
        conditions += [f"unit_id != {ids[unit]}" for unit in spec.drop_units if unit in ids]
        rows = f"subset(panel, {' & '.join(conditions)})" if conditions else "panel"
        yield f"# {spec.id}, {outcome}: {_expected(row)}"
        yield f"print(coeftable(feols({formula}, data = {rows}, vcov = ~unit_id)))"
        yield ""
