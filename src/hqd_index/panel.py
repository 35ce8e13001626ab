"""Firm-years and industry tables to unit-years: indicators for all firms and for those never recognised, density, controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .canonical import CANONICAL
from .engines.duckdb import Engine
from .errors import ConfigError, DataError
from .expressions import aggregate_sql, lag_columns, parse, row_sql
from .study.models import Control, Density, Indicator, Label, Study
from .study.tree import tree_of
from .study.vary import vary

SAMPLES = ("all", "leave_out")


@dataclass(frozen=True)
class Panel:
    """`values`: sample, unit, year, n_firms, one column per leaf; `density`: as `densities` says; `controls`."""

    values: pd.DataFrame
    density: pd.DataFrame
    controls: pd.DataFrame


def build_panel(study: Study, engine: Engine, tables: Mapping[str, str]) -> Panel:
    """The panel of a study from its clean tables (canonical name -> engine table)."""
    ready = {name: with_unit(study, engine, name, table) for name, table in tables.items() if _has_unit(study, engine, table)}
    chosen = {leaf: study.indicators.indicators[leaf] for leaf in leaves_needed(study)}
    values = _values(study, engine, ready, chosen)
    density = densities(study, engine, ready)
    controls = aggregated(study, engine, ready, study.regressions.controls)
    return Panel(values, density, controls)


def leaves_needed(study: Study) -> list[str]:
    """Leaves that the study's tree or one of its scenarios scores, in the order of indicators.yaml."""
    designs = [study, *(vary(study, scenario.changes) for scenario in study.scenarios.values())]
    trees = [tree_of(design.indicators) for design in designs]
    scored = {leaf for tree in trees for leaf in tree.leaves(tree.root)}
    return [leaf for leaf in study.indicators.indicators if leaf in scored]


def unit_sql(by: Sequence[str]) -> str:
    """A unit's id: its key columns joined by '-'."""
    return " || '-' || ".join(f'"{column}"' for column in by)


def _has_unit(study: Study, engine: Engine, table: str) -> bool:
    return {*study.study.unit.by, "year"} <= set(engine.types(table))


def with_unit(study: Study, engine: Engine, name: str, table: str) -> str:
    """The rows of a table inside the study's years, with a text column `unit`."""
    first, last = study.study.years
    sql = f'SELECT *, {unit_sql(study.study.unit.by)} AS unit FROM {table} WHERE "year" BETWEEN {first} AND {last}'
    return engine.query(sql, f"unit_{name}")


def derive(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables with the derived columns of columns.yaml, each able to use those before it."""
    out = dict(tables)
    for name, columns in study.columns.tables.items():
        if name not in out:
            continue
        for column, derived in columns.items():
            if derived.function:
                out[name] = _by_function(engine, name, out[name], column, derived.function, derived.options)
            else:
                out[name] = _by_formula(study, engine, name, out[name], column, derived.formula or "")
    return out


def _by_formula(study: Study, engine: Engine, name: str, table: str, column: str, formula: str) -> str:
    types = engine.types(table)
    expression = parse(formula, columns=types, aggregate=False, where=f"columns.yaml tables.{name}.{column}")
    sql = row_sql(expression, types, partition=[key for key in row_key(study, name) if key != "year"])
    return engine.query(f'SELECT *, {sql} AS "{column}" FROM {table}', f"{name}_{column}")


def _by_function(engine: Engine, name: str, table: str, column: str, function: str, options: Mapping[str, object]) -> str:
    if function not in COLUMN_FUNCTIONS:
        raise ConfigError(
            f"columns.yaml tables.{name}.{column}: unknown function {function!r}; known: {sorted(COLUMN_FUNCTIONS)}"
        )
    frame = engine.collect(table)
    made = COLUMN_FUNCTIONS[function](frame, **options)
    return engine.scan(frame.assign(**{column: made}), f"{name}_{column}")


def row_key(study: Study, table: str) -> tuple[str, ...]:
    """The key of a canonical or a study's own table."""
    own = study.sources.tables.get(table)
    if own and own.key:
        return own.key
    return CANONICAL[table].key


def chain(frame: pd.DataFrame, *, of: str = "ppi", base: int, by: str = "industry_code") -> pd.Series:
    """A fixed-base index (base year = 100) from previous-year = 100 links; missing links break the chain to NaN beyond them."""
    wide = frame.pivot(index="year", columns=by, values=of).sort_index().astype(float)
    if base not in wide.index:
        raise DataError(
            f"chain({of}): base year {base} is not in the data; years: {wide.index.min()}-{wide.index.max()}",
            zh=f"chain({of}):基年 {base} 不在数据中;现有年份 {wide.index.min()}-{wide.index.max()}",
        )
    steps = np.log(wide / 100).where(wide.index.to_numpy()[:, None] != wide.index[0], 0.0)
    level = steps.cumsum(skipna=False)
    fixed = 100 * np.exp(level - level.loc[base])
    long = fixed.stack()
    keys = pd.MultiIndex.from_arrays([frame["year"], frame[by]])
    return pd.Series(long.reindex(keys).to_numpy(), index=frame.index)


def _values(study: Study, engine: Engine, tables: Mapping[str, str], chosen: Mapping[str, Indicator]) -> pd.DataFrame:
    """Indicator values of both samples on one grid; an indicator of a table other than firms is the same in both."""
    shared = aggregated(study, engine, tables, {id: leaf for id, leaf in chosen.items() if leaf.table != "firms"})
    split = {id: leaf for id, leaf in chosen.items() if leaf.table == "firms"}
    blocks = []
    for sample in SAMPLES:
        frame = shared
        if "firms" in tables:
            own = _firm_values(study, engine, tables, split, sample)
            frame = own if shared.empty else own.merge(shared, on=["unit", "year"], how="outer", validate="one_to_one")
        elif sample == "leave_out":
            continue
        blocks.append(frame.assign(sample=sample))
    values = pd.concat(blocks, ignore_index=True)
    if "n_firms" not in values:
        values["n_firms"] = pd.array([pd.NA] * len(values), dtype="Int64")
    return _too_few(study, values, list(split))[["sample", "unit", "year", "n_firms", *chosen]].sort_values(
        ["sample", "unit", "year"], ignore_index=True
    )


def _firm_values(
    study: Study, engine: Engine, tables: Mapping[str, str], split: Mapping[str, Indicator], sample: str
) -> pd.DataFrame:
    rows = tables["firms"]
    if sample == "leave_out":
        if "srdi_levels_ever" not in engine.types(rows):
            return pd.DataFrame(columns=["unit", "year", "n_firms", *split])
        rows = engine.query(f"SELECT * FROM {rows} WHERE NOT {ever_sql(study)}", "unit_firms_leave_out")
    counted = Indicator.model_construct(table="firms", formula="count(distinct firm_id)")
    return aggregated(study, engine, {**tables, "firms": rows}, {"n_firms": counted, **split})


def ever_sql(study: Study) -> str:
    """True for firms recognised, at a level the density counts, up to the data end; constant per firm."""
    levels = ", ".join("'" + level.replace("'", "''") + "'" for level in study.regressions.density.levels)
    return f"coalesce(list_has_any(srdi_levels_ever, [{levels}]), false)"


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
    lags = {column: sql for each in parsed.values() for column, sql in lag_columns(each, types, partition=["unit"]).items()}
    below = "".join(f', {sql} AS "{column}"' for column, sql in lags.items())
    rows = f"(SELECT *{below} FROM {table})"
    selects = ", ".join(f'{aggregate_sql(each, types, key=order)} AS "{id}"' for id, each in parsed.items())
    frame = engine.collect(
        f"SELECT unit, year, {selects} FROM {rows} WHERE unit IS NOT NULL GROUP BY unit, year ORDER BY unit, year"
    )
    return frame.astype(dict.fromkeys(formulas, "float64") | {"year": "int64"})


def densities(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """SRDI density of each unit-year, every measure beside the chosen one; empty where no status is known.

    count: 1,000 x SRDI firms / firms; revenue, employment: 100 x SRDI share; ihs: asinh(SRDI firms). Lag is by calendar year.
    """
    choice = study.regressions.density
    columns = ["unit", "year", "n_firms", "n_srdi", "count", "revenue", "employment", "ihs", "density", "density_lag"]
    if "firms" not in tables or "srdi_levels_valid" not in engine.types(tables["firms"]):
        return pd.DataFrame(columns=columns)
    frame = engine.collect(_density_sql(engine, tables["firms"], choice))
    frame["ihs"] = np.arcsinh(frame["n_srdi"].astype(float))
    frame["density"] = frame[choice.measure]
    frame["density_lag"] = lagged(frame, "density", choice.lag)
    return frame[columns]


def _density_sql(engine: Engine, firms: str, choice: Density) -> str:
    status = status_sql(choice)
    have = engine.types(firms)

    def share(column: str) -> str:
        if column not in have:
            return "CAST(NULL AS DOUBLE)"
        return f"100 * CAST(sum({column}) FILTER (WHERE {status}) AS DOUBLE) / nullif(CAST(sum({column}) AS DOUBLE), 0)"

    return f"""
        SELECT unit, year, count(DISTINCT firm_id) AS n_firms, count(DISTINCT firm_id) FILTER (WHERE {status}) AS n_srdi,
               1000.0 * count(DISTINCT firm_id) FILTER (WHERE {status}) / count(DISTINCT firm_id) AS count,
               coalesce({share("revenue")}, 0) AS revenue, coalesce({share("employees")}, 0) AS employment
        FROM {firms} WHERE unit IS NOT NULL GROUP BY unit, year ORDER BY unit, year"""


def status_sql(choice: Density) -> str:
    """True for firm-years that the density counts."""
    levels = ", ".join("'" + level.replace("'", "''") + "'" for level in choice.levels)
    column = "srdi_levels_valid" if choice.status == "valid" else "srdi_levels_to_date"
    return f"coalesce(list_has_any({column}, [{levels}]), false)"


def lagged(frame: pd.DataFrame, column: str, years: int) -> pd.Series:
    """The value of the same unit `years` calendar years earlier."""
    earlier = frame.set_index(["unit", "year"])[column]
    keys = pd.MultiIndex.from_arrays([frame["unit"], frame["year"] - years])
    return pd.Series(earlier.reindex(keys).to_numpy(), index=frame.index)


def descriptives(study: Study, panel: Panel) -> pd.DataFrame:
    """n, mean, sd (n - 1), min, median, max of every indicator, density and control over the panel, per sample."""
    labels = {id: (leaf.label, leaf.unit) for id, leaf in study.indicators.indicators.items()}
    labels |= {id: (control.label, "") for id, control in study.regressions.controls.items()}
    labels["density"] = (DENSITY_LABEL, "")
    blocks = [(sample, rows[leaves_needed(study)]) for sample, rows in panel.values.groupby("sample")]
    blocks += [("all", panel.density[["density"]].astype(float)), ("all", panel.controls.drop(columns=["unit", "year"]))]
    rows = [
        {
            "sample": sample,
            "variable": name,
            "label_zh": labels[name][0].zh,
            "label_en": labels[name][0].en,
            "unit": labels[name][1],
        }
        | {"n": int(values.notna().sum()), "mean": values.mean(), "sd": values.std(), "min": values.min()}
        | {"median": values.median(), "max": values.max()}
        for sample, block in blocks
        for name, values in block.items()
        if values.notna().any()
    ]
    columns = ["sample", "variable", "label_zh", "label_en", "unit", "n", "mean", "sd", "min", "median", "max"]
    return pd.DataFrame(rows, columns=columns)


def unit_names(
    study: Study, engine: Engine, tables: Mapping[str, str], values: pd.DataFrame, official: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """unit, unit_zh, unit_en, group of every unit in the panel: from official code lists, a table, or the code itself."""
    units = sorted(values["unit"].unique())
    named, groups = study.study.unit.names, study.study.unit.groups
    if isinstance(named, str):
        pairs = [name_of(unit, {} if named == "code" else official) for unit in units]
        frame = pd.DataFrame({"unit": units, "unit_zh": [zh for zh, _ in pairs], "unit_en": [en for _, en in pairs]})
    else:
        zh = _per_unit(study, engine, tables, named.table, named.zh, units)
        en = _per_unit(study, engine, tables, named.table, named.en or named.zh, units)
        frame = pd.DataFrame({"unit": units, "unit_zh": zh, "unit_en": en})
    group = _per_unit(study, engine, tables, groups.table, groups.column, units) if groups else [""] * len(units)
    return frame.assign(group=group)


def _per_unit(study: Study, engine: Engine, tables: Mapping[str, str], table: str, column: str, units: list[str]) -> list[str]:
    """The text a table gives each unit in its latest year; the unit's id where it gives none."""
    rows = with_unit(study, engine, table, tables[table])
    sql = f'SELECT unit, arg_max("{column}", "year") AS named FROM {rows} WHERE "{column}" IS NOT NULL GROUP BY unit'
    found = dict(engine.collect(sql).itertuples(index=False))
    return [str(found.get(unit, unit)) for unit in units]


def name_of(unit: str, official: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """(Chinese, English) name of a unit id made of codes joined by '-'; a code without a name is called by itself."""
    parts = [official.get(part, (part, part)) for part in unit.split("-")]
    return "·".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


DENSITY_LABEL = Label(zh="专精特新密度", en="SRDI density")
COLUMN_FUNCTIONS = {"chain": chain}
