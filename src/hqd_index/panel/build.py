"""Firm-years and industry tables to unit-years: indicators for all firms and for those never recognised, controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..engines.duckdb import Engine
from ..errors import ConfigError
from ..expressions import aggregate_sql, lag_columns, parse
from ..study.indicator_tree import tree_of
from ..study.records import Control, Indicator, Label, Study
from ..study.varied_study import vary
from .density import densities, ever_sql
from .units import row_key, with_unit

SAMPLES = ("all", "leave_out")
VALUE_KEYS = ("sample", "unit", "year", "n_firms")
DENSITY_LABEL = Label(zh="专精特新密度", en="SRDI density")


@dataclass(frozen=True)
class Panel:
    """`values`: sample, unit, year, n_firms, one column per leaf; `density`: as `densities` says; `controls`; `shocks`:

    unit, year, level, exposure of regressions.resilience (keys alone where it is not set or its tables lack the unit);
    `moderators` and `mediators` likewise.
    """

    values: pd.DataFrame
    density: pd.DataFrame
    controls: pd.DataFrame
    shocks: pd.DataFrame
    moderators: pd.DataFrame
    mediators: pd.DataFrame

    @property
    def leaves(self) -> list[str]:
        """The leaves of `values`, in the order of indicators.yaml."""
        return [name for name in self.values.columns if name not in VALUE_KEYS]


def build_panel(study: Study, engine: Engine, tables: Mapping[str, str]) -> Panel:
    """The panel of a study from its clean tables (canonical name -> engine table)."""
    ready = {name: with_unit(study, engine, name, table) for name, table in tables.items() if _has_unit(study, engine, table)}
    leaves = {leaf: study.indicators.indicators[leaf] for leaf in leaves_needed(study)}
    values = _values(study, engine, ready, leaves)
    density = densities(study, engine, ready)
    controls = aggregated(study, engine, ready, study.regressions.controls)
    shocks = study.regressions.resilience
    asked = {"level": shocks.level, "exposure": shocks.exposure} if shocks else {}
    asked = asked if all(one.table in ready for one in asked.values()) else {}
    moderators, mediators = (
        aggregated(study, engine, ready, {name: one for name, one in chosen.items() if one.table in ready})
        for chosen in (study.regressions.moderators, study.regressions.mediators)
    )
    return Panel(values, density, controls, aggregated(study, engine, ready, asked), moderators, mediators)


def leaves_needed(study: Study) -> list[str]:
    """Leaves that the study's tree or one of its scenarios scores, in the order of indicators.yaml."""
    designs = [study, *(vary(study, scenario.changes) for scenario in study.scenarios.values())]
    trees = [tree_of(design.indicators) for design in designs]
    scored = {leaf for tree in trees for leaf in tree.leaves(tree.root)}
    return [leaf for leaf in study.indicators.indicators if leaf in scored]


def _has_unit(study: Study, engine: Engine, table: str) -> bool:
    return {*study.study.unit.by, "year"} <= set(engine.types(table))


def _values(study: Study, engine: Engine, tables: Mapping[str, str], chosen: Mapping[str, Indicator]) -> pd.DataFrame:
    """Indicator values of both samples on one grid; an indicator of a table other than firms is the same in both."""
    shared = aggregated(study, engine, tables, {id: leaf for id, leaf in chosen.items() if leaf.table != "firms"})
    split = {id: leaf for id, leaf in chosen.items() if leaf.table == "firms"}
    known = "firms" in tables and "srdi_levels_ever" in engine.types(tables["firms"])
    blocks = []
    for sample in SAMPLES if known else SAMPLES[:1]:
        frame = shared
        if "firms" in tables:
            own = _firm_values(study, engine, tables, split, sample)
            frame = own if shared.empty else own.merge(shared, on=["unit", "year"], how="outer", validate="one_to_one")
        blocks.append(frame.assign(sample=sample))
    values = pd.concat(blocks, ignore_index=True)
    if "n_firms" not in values:
        values["n_firms"] = pd.array([pd.NA] * len(values), dtype="Int64")
    return _too_few(study, values, list(split))[[*VALUE_KEYS, *chosen]].sort_values(["sample", "unit", "year"], ignore_index=True)


def _firm_values(
    study: Study, engine: Engine, tables: Mapping[str, str], split: Mapping[str, Indicator], sample: str
) -> pd.DataFrame:
    rows = tables["firms"]
    if sample == "leave_out":
        rows = engine.view(f"SELECT * FROM {rows} WHERE NOT {ever_sql(study)}", "unit_firms_leave_out")
    return firm_values(study, engine, {**tables, "firms": rows}, split)


def firm_values(study: Study, engine: Engine, tables: Mapping[str, str], split: Mapping[str, Indicator]) -> pd.DataFrame:
    """unit, year, n_firms and the firm indicators of the firms in `tables`."""
    counted = Indicator.model_construct(table="firms", formula="count(distinct firm_id)")
    return aggregated(study, engine, tables, {"n_firms": counted, **split})


def _too_few(study: Study, values: pd.DataFrame, split: list[str]) -> pd.DataFrame:
    """Where fewer than `min_firms` never-recognised firms are left, firm indicators are missing in both samples (design 5.6)."""
    if not split or not (values["sample"] == "leave_out").any():
        return values
    left = values[values["sample"] == "leave_out"].set_index(["unit", "year"])["n_firms"]
    remaining = pd.MultiIndex.from_frame(values[["unit", "year"]])
    few = left.reindex(remaining).fillna(0).to_numpy() < study.study.min_firms
    out = values.copy()
    out.loc[few, split] = np.nan
    return out


def aggregated(
    study: Study, engine: Engine, tables: Mapping[str, str], formulas: Mapping[str, Indicator] | Mapping[str, Control]
) -> pd.DataFrame:
    """unit, year and one column per formula, each an exact aggregate of its table; outer-joined."""
    frames = []
    for table in sorted({formula.table for formula in formulas.values()}):
        if table not in tables:
            raise ConfigError(
                f"table {table!r} is needed by {[id for id, f in formulas.items() if f.table == table]} but no source feeds it "
                f"with the unit columns {list(study.study.unit.by)} and year",
                zh=f"指标 {[id for id, f in formulas.items() if f.table == table]} 需要数据表 {table!r},"
                f"但没有来源提供该表(须含单元列 {list(study.study.unit.by)} 和 year)",
            )
        mine = {id: formula.formula for id, formula in formulas.items() if formula.table == table}
        frames.append(_one_table(study, engine, tables[table], table, mine))
    if not frames:
        return pd.DataFrame({"unit": pd.Series(dtype="str"), "year": pd.Series(dtype="int64")})
    out = frames[0]
    for frame in frames[1:]:
        out = out.merge(frame, on=["unit", "year"], how="outer", validate="one_to_one")
    return out.sort_values(["unit", "year"], ignore_index=True)


def _one_table(study: Study, engine: Engine, table: str, name: str, formulas: Mapping[str, str]) -> pd.DataFrame:
    types = engine.types(table)
    order = [key for key in row_key(study, name) if key in types] or ["unit", "year"]
    parsed = {id: parse(text, columns=types, aggregate=True, where=f"{name}.{id}") for id, text in formulas.items()}
    unit = [key for key in order if key != "year"]
    lags = {column: sql for each in parsed.values() for column, sql in lag_columns(each, types, partition=unit).items()}
    below = "".join(f', {sql} AS "{column}"' for column, sql in lags.items())
    rows = f"(SELECT *{below} FROM {table})"
    selects = ", ".join(f'{aggregate_sql(each, types, key=order)} AS "{id}"' for id, each in parsed.items())
    frame = engine.collect(
        f"SELECT unit, year, {selects} FROM {rows} WHERE unit IS NOT NULL GROUP BY unit, year ORDER BY unit, year"
    )
    return frame.astype(dict.fromkeys(formulas, "float64") | {"year": "int64"})


def descriptives(study: Study, panel: Panel) -> pd.DataFrame:
    """n, mean, sd (n - 1), min, median, max of every indicator, density, control and mediator over the panel, per sample."""
    labels = {id: (leaf.label, leaf.unit) for id, leaf in study.indicators.indicators.items()}
    outside = study.regressions.controls | study.regressions.mediators
    labels |= {id: (one.label, "") for id, one in outside.items()}
    labels["density"] = (DENSITY_LABEL, "")
    blocks = [(sample, rows[panel.leaves]) for sample, rows in panel.values.groupby("sample")]
    blocks += [("all", panel.density[["density"]].astype(float))]
    blocks += [("all", values.drop(columns=["unit", "year"])) for values in (panel.controls, panel.mediators)]
    rows = [
        {"sample": sample, "variable": name, "label_zh": labels[name][0].zh, "label_en": labels[name][0].en}
        | {"unit": labels[name][1], "n": int(block[name].notna().sum()), "mean": block[name].mean()}
        | {"sd": block[name].std(), "min": block[name].min(), "median": block[name].median(), "max": block[name].max()}
        for sample, block in blocks
        for name in map(str, block.columns)
        if block[name].notna().any()
    ]
    columns = ["sample", "variable", "label_zh", "label_en", "unit", "n", "mean", "sd", "min", "median", "max"]
    return pd.DataFrame(rows, columns=columns)
