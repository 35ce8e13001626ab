"""Firm-years and industry tables to unit-years: indicators for all firms and for those never recognised, controls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..engines import Engine, quoted
from ..errors import ConfigError, DataError
from ..expressions import Expression, aggregate_sql, lag_columns, parse, scale_columns
from ..study.column_facts import row_key
from ..study.indicator_tree import PANEL_KEYS, tree_of
from ..study.records import Control, Indicator, Label, Study
from ..study.varied_study import vary
from .density import densities, ever_sql, published_densities
from .sample_sums import is_additive, sums_of_samples
from .unit_keys import with_unit

SAMPLES = ("all", "leave_out")
VALUE_KEYS = PANEL_KEYS
QUANTILE_BYTES = 80_000_000  # at once; states of several threads, grown by doubling, take up to four times as much
VALUE_BYTES = 8
DENSITY_LABEL = Label(zh="专精特新密度", en="SRDI density")


@dataclass(frozen=True)
class Panel:
    """All that is known of a unit in a year.

    `values`: sample, unit, year, n_firms, one column per leaf; `density`: as `densities` says; `controls`; `shocks`: unit, year,
    level, exposure of regressions.resilience (keys alone where it is not set or its tables lack the unit); `moderators` and
    `mediators` likewise.
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
        return [column_name for column_name in self.values.columns if column_name not in VALUE_KEYS]


def build_panel(study: Study, engine: Engine, tables: Mapping[str, str]) -> Panel:
    """The panel of a study from its clean tables (canonical name -> engine table); ConfigError as `aggregate_columns` says."""
    unit_tables = unit_year_tables(study, engine, tables)
    leaves = {leaf: study.indicators.indicators[leaf] for leaf in leaves_needed(study)}
    values = _sample_values(study, engine, unit_tables, leaves)
    density = _density(study, engine, unit_tables)
    controls = aggregate_columns(study, engine, unit_tables, study.regressions.lagged_variables)
    shocks = study.regressions.resilience
    shock_formulas = {"level": shocks.level, "exposure": shocks.exposure} if shocks else {}
    shock_formulas = shock_formulas if all(formula.table in unit_tables for formula in shock_formulas.values()) else {}
    moderators, mediators = (
        aggregate_columns(
            study,
            engine,
            unit_tables,
            {indicator_id: formula for indicator_id, formula in formulas.items() if formula.table in unit_tables},
        )
        for formulas in (study.regressions.moderators, study.regressions.mediators)
    )
    return Panel(values, density, controls, aggregate_columns(study, engine, unit_tables, shock_formulas), moderators, mediators)


def _density(study: Study, engine: Engine, tables: Mapping[str, str]) -> pd.DataFrame:
    """SRDI density, from the figures that the study gives or else from the firms' status."""
    source = study.regressions.density_source
    if source is None:
        return densities(study, engine, tables)
    formulas = {
        column_name: Control(table=source.table, formula=formula, label=DENSITY_LABEL)
        for column_name, formula in source.formulas.items()
    }
    return published_densities(aggregate_columns(study, engine, tables, formulas), study.regressions.density)


def leaves_needed(study: Study) -> list[str]:
    """Leaves that the study's tree or one of its scenarios scores, in the order of indicators.yaml."""
    designs = [study, *(vary(study, scenario.changes) for scenario in study.scenarios.values())]
    trees = [tree_of(design.indicators) for design in designs]
    tree_leaves = {leaf for tree in trees for leaf in tree.leaves(tree.root)}
    return [leaf for leaf in study.indicators.indicators if leaf in tree_leaves]


def unit_year_tables(study: Study, engine: Engine, tables: Mapping[str, str]) -> dict[str, str]:
    """The tables that have the columns of the study's unit, each with a column `unit`."""
    return {
        table_name: with_unit(study, engine, table_name, table)
        for table_name, table in tables.items()
        if _has_unit(study, engine, table)
    }


def _has_unit(study: Study, engine: Engine, table: str) -> bool:
    return {*study.study.unit.by, "year"} <= set(engine.types(table))


def _sample_values(study: Study, engine: Engine, tables: Mapping[str, str], leaves: Mapping[str, Indicator]) -> pd.DataFrame:
    """Indicator values of both samples on one grid; an indicator of a table other than firms is the same in both."""
    other_tables_values = aggregate_columns(
        study, engine, tables, {id: leaf for id, leaf in leaves.items() if leaf.table != "firms"}
    )
    firm_leaves = {id: leaf for id, leaf in leaves.items() if leaf.table == "firms"}
    blocks = []
    for sample, firm_panel in _firm_panels(study, engine, tables, firm_leaves).items():
        indicator_values = other_tables_values
        if firm_panel is not None:
            indicator_values = (
                firm_panel
                if other_tables_values.empty
                else firm_panel.merge(other_tables_values, on=["unit", "year"], how="outer", validate="one_to_one")
            )
        blocks.append(indicator_values.assign(sample=sample))
    sample_values = pd.concat(blocks, ignore_index=True)
    if "n_firms" not in sample_values:
        sample_values["n_firms"] = pd.array([pd.NA] * len(sample_values), dtype="Int64")
    return _mask_small_samples(study, sample_values, list(firm_leaves))[[*VALUE_KEYS, *leaves]].sort_values(
        ["sample", "unit", "year"], ignore_index=True
    )


def _firm_panels(
    study: Study, engine: Engine, tables: Mapping[str, str], firm_leaves: Mapping[str, Indicator]
) -> dict[str, pd.DataFrame | None]:
    """Sample -> unit, year, n_firms and the firm indicators, None without firms; sums of both samples are had in one pass."""
    if "firms" not in tables:
        return {"all": None}
    firms = tables["firms"]
    if "srdi_levels_ever" not in engine.types(firms):
        return {"all": firm_values(study, engine, tables, firm_leaves)}
    formulas = _firm_formulas(study, firm_leaves)
    bound = _bound_formulas(study, engine, firms, "firms", formulas)
    sums = {id: sql for id, sql in bound.aggregates.items() if is_additive(sql)}
    others = {id: formula for id, formula in formulas.items() if id not in sums}
    never_recognised = engine.view(f"SELECT * FROM {firms} WHERE NOT {ever_sql(study)}", "unit_firms_leave_out")
    sample_sums = sums_of_samples(engine, bound.rows(sums), ever_sql(study), sums) if sums else [None, None]
    panels = {}
    for sample, rows, summed in zip(SAMPLES, (firms, never_recognised), sample_sums, strict=True):
        other_values = aggregate_columns(study, engine, {**tables, "firms": rows}, others) if others else None
        frames = [frame for frame in (summed, other_values) if frame is not None]
        panels[sample] = _merged(frames)[["unit", "year", *formulas]].astype(
            dict.fromkeys(formulas, "float64") | {"year": "int64"}
        )
    return dict(panels)


def _merged(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The columns of several frames of the same unit-years."""
    merged_frame = frames[0]
    for frame in frames[1:]:
        merged_frame = merged_frame.merge(frame, on=["unit", "year"], how="left", validate="one_to_one")
    return merged_frame


def _firm_formulas(study: Study, firm_leaves: Mapping[str, Indicator]) -> dict[str, Indicator]:
    """The number of firms, and the firm indicators."""
    is_one_row = set(row_key(study, "firms")) == {"firm_id", "year"}  # of a firm in a year
    firm_count = Indicator.model_construct(table="firms", formula="count(*)" if is_one_row else "count(distinct firm_id)")
    return {"n_firms": firm_count, **firm_leaves}


def firm_values(study: Study, engine: Engine, tables: Mapping[str, str], firm_leaves: Mapping[str, Indicator]) -> pd.DataFrame:
    """unit, year, n_firms and the firm indicators of the firms in `tables`."""
    return aggregate_columns(study, engine, tables, _firm_formulas(study, firm_leaves))


def _mask_small_samples(study: Study, indicator_values: pd.DataFrame, firm_leaves: list[str]) -> pd.DataFrame:
    """Where fewer than `min_firms` never-recognised firms are left, firm indicators are missing in both samples (design 5.6)."""
    if not firm_leaves or not (indicator_values["sample"] == "leave_out").any():
        return indicator_values
    remaining_firms = indicator_values[indicator_values["sample"] == "leave_out"].set_index(["unit", "year"])["n_firms"]
    unit_years = pd.MultiIndex.from_frame(indicator_values[["unit", "year"]])
    too_few = remaining_firms.reindex(unit_years).fillna(0).to_numpy() < study.study.min_firms
    if len(too_few) and too_few.all():
        raise _too_few_firms(study, int(remaining_firms.fillna(0).max()))
    masked = indicator_values.copy()
    masked.loc[too_few, firm_leaves] = np.nan
    return masked


def small_sample_notice(study: Study, panel_values: pd.DataFrame) -> Label | None:
    """How many unit-years have no firm indicator because too few never-recognised firms are in them; None where none is."""
    other_firms = panel_values[panel_values["sample"] == "leave_out"]
    unit_years = panel_values[(panel_values["sample"] == "all") & panel_values["n_firms"].notna()]
    enough = other_firms[other_firms["n_firms"].fillna(0) >= study.study.min_firms]
    masked_count = len(unit_years) - len(enough)
    if other_firms.empty or masked_count <= 0:
        return None
    min_firms = study.study.min_firms
    return Label(
        zh=f"[I-GAPS] {masked_count} / {len(unit_years)} 个单元-年中从未认定的企业不足 {min_firms} 家,其企业指标缺失"
        "(study.yaml 的 min_firms)",
        en=f"[I-GAPS] {masked_count} of {len(unit_years)} unit-years have fewer than {min_firms} firms never recognised, so no "
        "firm indicator (min_firms in study.yaml)",
    )


def _too_few_firms(study: Study, largest_count: int) -> DataError:
    min_firms, unit = study.study.min_firms, ", ".join(study.study.unit.by)
    return DataError(
        f"no {unit} has {min_firms} never-recognised firms in any year, so none can be scored; the most is "
        f"{largest_count}: write "
        f"`min_firms: {max(largest_count, 1)}` or less in study.yaml, or score larger units",
        zh=f"没有一个 {unit} 在任何一年有 {min_firms} 家从未认定的企业,无法评分;最多 {largest_count} 家:"
        f"请在 study.yaml 写 `min_firms: {max(largest_count, 1)}` 或更小的数,或改用更大的评价单元",
        location="study.yaml: min_firms",
    )


def aggregate_columns(
    study: Study, engine: Engine, tables: Mapping[str, str], formulas: Mapping[str, Indicator] | Mapping[str, Control]
) -> pd.DataFrame:
    """unit, year and one column per formula, each an exact aggregate of its table; outer-joined.

    ConfigError for a table that no source feeds.
    """
    frames = []
    for table in sorted({formula.table for formula in formulas.values()}):
        if table not in tables:
            indicators = [indicator for indicator, leaf_formula in formulas.items() if leaf_formula.table == table]
            raise ConfigError(
                f"table {table!r} is needed by {indicators} but no source feeds it "
                f"with the unit columns {list(study.study.unit.by)} and year",
                zh=f"指标 {indicators} 需要数据表 {table!r},但没有来源提供该表(须含单元列 {list(study.study.unit.by)} 和 year)",
            )
        table_formulas = {id: formula for id, formula in formulas.items() if formula.table == table}
        frames.append(_table_columns(study, engine, tables[table], table, table_formulas))
    if not frames:
        return pd.DataFrame({"unit": pd.Series(dtype="str"), "year": pd.Series(dtype="int64")})
    merged_frame = frames[0]
    for frame in frames[1:]:
        merged_frame = merged_frame.merge(frame, on=["unit", "year"], how="outer", validate="one_to_one")
    return merged_frame.sort_values(["unit", "year"], ignore_index=True)


def parsed_aggregate(formula: Indicator | Control, types: Mapping[str, str], *, location: str) -> Expression:
    """The formula of an indicator or control bound to the columns of its table."""
    return parse(formula.formula, columns=types, aggregate=True, location=location, partial_sum=formula.partial_sum)


def aggregate_rows(
    table: str,
    expressions: Collection[Expression],
    types: Mapping[str, str],
    row_key_columns: Sequence[str],
    *,
    on_grid: bool = False,
) -> str:
    """SQL of the rows that formulas aggregate: the table with the columns that lags, and sums `on_grid`, are read from."""
    unit = [column for column in row_key_columns if column != "year"]
    lags = {column: sql for expression in expressions for column, sql in lag_columns(expression, types, partition=unit).items()}
    lag_selects = "".join(f', {sql} AS "{column}"' for column, sql in lags.items())
    rows = f"(SELECT *{lag_selects} FROM {table})"
    scales = {column: sql for expression in expressions for column, sql in scale_columns(expression, types).items()}
    if not on_grid or not scales:
        return rows
    scale_selects = ", ".join(f"{sql} AS {quoted(column)}" for column, sql in scales.items())
    return f"(SELECT * FROM {rows} AS r CROSS JOIN (SELECT {scale_selects} FROM {rows} AS r) AS s)"


@dataclass(frozen=True)
class _BoundFormulas:
    """Formulas bound to a table: parsed, and the SQL of each aggregate."""

    table: str
    types: Mapping[str, str]
    row_key: Sequence[str]
    parsed: Mapping[str, Expression]
    aggregates: Mapping[str, str]

    def rows(self, ids: Iterable[str]) -> str:
        """SQL of the rows that some of the formulas aggregate."""
        return aggregate_rows(self.table, [self.parsed[id] for id in ids], self.types, self.row_key, on_grid=True)


def _bound_formulas(
    study: Study, engine: Engine, table: str, table_name: str, formulas: Mapping[str, Indicator | Control]
) -> _BoundFormulas:
    types = engine.types(table)
    key_columns = [key_column for key_column in row_key(study, table_name) if key_column in types] or ["unit", "year"]
    parsed = {id: parsed_aggregate(formula, types, location=f"{table_name}.{id}") for id, formula in formulas.items()}
    complete_columns = _complete_columns(engine, table, {column for formula in parsed.values() for column in formula.columns})
    aggregates = {
        id: aggregate_sql(formula, types, key=key_columns, on_grid=True, complete_columns=complete_columns)
        for id, formula in parsed.items()
    }
    return _BoundFormulas(table, types, key_columns, parsed, aggregates)


def _table_columns(
    study: Study, engine: Engine, table: str, table_name: str, formulas: Mapping[str, Indicator | Control]
) -> pd.DataFrame:
    bound = _bound_formulas(study, engine, table, table_name, formulas)
    quantiles = [id for id, formula in bound.parsed.items() if formula.uses_quantile]
    stretches = _year_stretches(engine, table, len(quantiles)) if quantiles else []
    values_apart = quantiles if len(stretches) > 1 else []
    values_together = [id for id in formulas if id not in values_apart]

    def unit_years(ids: Sequence[str], years: tuple[int, int] | None = None) -> pd.DataFrame:
        return _unit_years(engine, bound.rows(ids), [f"{bound.aggregates[id]} AS {quoted(id)}" for id in ids], years)

    frames = [unit_years(values_together)] if values_together else []
    if values_apart:
        frames.append(pd.concat([unit_years(values_apart, years) for years in stretches]))
    return _merged(frames)[["unit", "year", *formulas]].astype(dict.fromkeys(formulas, "float64") | {"year": "int64"})


def _unit_years(engine: Engine, rows: str, aggregates: Iterable[str], years: tuple[int, int] | None = None) -> pd.DataFrame:
    """unit, year and the aggregates, of the years from the first to the last of a stretch or of all."""
    within = f" AND year BETWEEN {years[0]} AND {years[1]}" if years else ""
    return engine.collect(
        f"SELECT {', '.join(['unit', 'year', *aggregates])} FROM {rows} WHERE unit IS NOT NULL{within} "
        "GROUP BY unit, year ORDER BY unit, year"
    )


def _year_stretches(engine: Engine, table: str, quantile_count: int) -> list[tuple[int, int]]:
    """First and last year of the stretches whose quantiles are taken at once: a quantile holds every value of its rows."""
    row_limit = QUANTILE_BYTES // (VALUE_BYTES * quantile_count)
    counts = engine.collect(f"SELECT year, count(*) AS n FROM {table} WHERE unit IS NOT NULL GROUP BY year ORDER BY year")
    if counts["n"].sum() <= row_limit:
        return []
    counts = counts.astype("int64")
    return [(int(years.min()), int(years.max())) for _, years in counts["year"].groupby(counts["n"].cumsum() // row_limit)]


def _complete_columns(engine: Engine, table: str, columns: Collection[str]) -> frozenset[str]:
    """The columns that have a value in every row of a table."""
    if not columns:
        return frozenset()
    counts = ", ".join(f"count({quoted(column)}) AS {quoted(column)}" for column in sorted(columns))
    value_counts = engine.collect(f'SELECT count(*) AS "all rows", {counts} FROM {table}').iloc[0]
    return frozenset(column for column in columns if value_counts[column] == value_counts["all rows"])


def descriptives(study: Study, panel: Panel) -> pd.DataFrame:
    """n, mean, sd (n - 1), min, median, max of every indicator, density, control and mediator over the panel, per sample."""
    labels = {id: (leaf.label, leaf.unit) for id, leaf in study.indicators.indicators.items()}
    other_variables = study.regressions.lagged_variables | study.regressions.mediators
    labels |= {id: (control.label, "") for id, control in other_variables.items()}
    labels["density"] = (DENSITY_LABEL, "")
    blocks = [(sample, sample_rows[panel.leaves]) for sample, sample_rows in panel.values.groupby("sample")]
    blocks += [("all", panel.density[["density"]].astype(float))]
    blocks += [("all", unit_year_values.drop(columns=["unit", "year"])) for unit_year_values in (panel.controls, panel.mediators)]
    sample_rows = [
        {"sample": sample, "variable": column_name, "label_zh": labels[column_name][0].zh, "label_en": labels[column_name][0].en}
        | {
            "unit": labels[column_name][1],
            "n": int(column_block[column_name].notna().sum()),
            "mean": column_block[column_name].mean(),
        }
        | {
            "sd": column_block[column_name].std(),
            "min": column_block[column_name].min(),
            "median": column_block[column_name].median(),
            "max": column_block[column_name].max(),
        }
        for sample, column_block in blocks
        for column_name in map(str, column_block.columns)
        if column_block[column_name].notna().any()
    ]
    columns = ["sample", "variable", "label_zh", "label_en", "unit", "n", "mean", "sd", "min", "median", "max"]
    return pd.DataFrame(sample_rows, columns=columns)
