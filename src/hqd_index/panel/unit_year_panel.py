"""Firm-years and industry tables to unit-years: indicators for all firms and for those never recognised, controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..engines import Engine
from ..errors import DataError
from ..study.column_facts import row_key
from ..study.indicator_tree import PANEL_KEYS, tree_of
from ..study.records import Control, Indicator, Label, Study
from ..study.varied_study import vary
from .density import densities, ever_sql, published_densities
from .sample_sums import is_additive, sums_of_samples
from .unit_keys import with_unit
from .unit_year_aggregates import aggregate_columns, bound_formulas, formula_values, merged, value_types

SAMPLES = ("all", "leave_out")
VALUE_KEYS = PANEL_KEYS
ROW_COUNT = "count(*)"
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
    bound = bound_formulas(study, engine, firms, "firms", formulas)
    sums = {id: sql for id, sql in bound.aggregates.items() if is_additive(sql)}
    other_ids = [id for id in formulas if id not in sums]
    never_recognised = engine.view(f"SELECT * FROM {firms} WHERE NOT {ever_sql(study)}", "unit_firms_leave_out")
    sample_sums = sums_of_samples(engine, bound.rows(sums), ever_sql(study), sums) if sums else [None, None]
    panels = {}
    for sample, rows, sums_of_sample in zip(SAMPLES, (firms, never_recognised), sample_sums, strict=True):
        frames = [] if sums_of_sample is None else [sums_of_sample]
        if other_ids:
            row_counts = (
                sums_of_sample.groupby("year")["n_firms"].sum()
                if sums_of_sample is not None and formulas["n_firms"].formula == ROW_COUNT
                else None
            )
            frames.append(formula_values(engine, replace(bound, table=rows), other_ids, row_counts))
        panels[sample] = merged(frames)[["unit", "year", *formulas]].astype(value_types(formulas))
    return dict(panels)


def _firm_formulas(study: Study, firm_leaves: Mapping[str, Indicator]) -> dict[str, Indicator]:
    """The number of firms, and the firm indicators."""
    is_one_row = set(row_key(study, "firms")) == {"firm_id", "year"}  # of a firm in a year
    firm_count = Indicator.model_construct(table="firms", formula=ROW_COUNT if is_one_row else "count(distinct firm_id)")
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
