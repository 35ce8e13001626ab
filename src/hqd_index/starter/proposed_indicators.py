"""Indicators where no system of them came with the data: one for each column of numbers, ratios for the accounts of firms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..intake.meaning.units import unit_of
from ..study.indicator_tree import PANEL_KEYS
from ..study.records import Label
from ..study.yaml_document import Document, read_text
from .known_words import proposed_direction
from .proposal import Proposal, ProposedColumn, ProposedTable
from .proposed_names import Names

RATIOS = Path(__file__).parent / "firm_ratios.yaml"
PROPOSAL_COMMENT = Label(zh="提议的比率与方向", en="ratio and direction are proposed")
SIZELESS = frozenset({"ratio", "year", "month", "day", "hour", "year of age", "point", "degree", ""})
PER_HEAD = re.compile(r"人均|户均|地均|每[十百千万亿]*[人户]|\bper (?:head|capita)\b", re.IGNORECASE)
LISTED_TOTALS = 6
LEAST_RATIOS = 2  # of industries, to be scored by these instead of by totals
SIZE_COLUMNS = ("revenue", "employees", "total_assets", "found_year", "listed_year")


@dataclass(frozen=True)
class ProposedIndicator:
    """An indicator as it will be written, and the comment beside it."""

    id: str
    table: str
    formula: str
    unit: str
    direction: int
    label: Label
    comment: Label | None = None
    weight: float | None = None


@dataclass
class ProposedTree:
    """Indicators in order, the tree as data, names of nodes, levels from the leaves up, weights of families by child id."""

    indicators: list[ProposedIndicator] = field(default_factory=list)
    tree: dict[str, object] = field(default_factory=dict)
    nodes: dict[str, Label] = field(default_factory=dict)
    levels: tuple[str, ...] = ("indicators",)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)  # level -> child id -> weight
    flat_weights: dict[str, float] = field(default_factory=dict)
    weights_comment: Label | None = None
    all_equal: bool = False  # as the system says
    smallest_family: int = 2


def flat_tree(proposal: Proposal, unit_keys: Sequence[str]) -> ProposedTree:
    """One indicator for each column of numbers, all under the root."""
    proposed_tree = ProposedTree()
    used_names = Names(["index", *PANEL_KEYS])
    for proposed_table in proposal.tables.values():
        number_columns = [table_column for table_column in proposed_table.columns.values() if table_column.dtype == "number"]
        if proposed_table.name == "firms":
            proposed_tree.indicators += _firm_indicators(proposed_table, used_names, is_unit_table=set(unit_keys) == {"firm_id"})
            continue
        is_unit_table = set(proposed_table.key) <= {*unit_keys, "year"}
        ratios = _possible_ratios("industry_ratios", proposed_table) if proposed_table.name == "industry" else []
        if len(ratios) >= LEAST_RATIOS:
            proposed_tree.indicators += [_ratio_indicator(ratio, proposed_table, used_names) for ratio in ratios]
            parts = {ratio[part] for ratio in ratios for part in ("above", "below")}
            other_columns = [column for column in number_columns if column.name not in parts]
            number_columns = [column for column in other_columns if not is_total(column.unit, column.label)]
            _add_unused_totals([column.label for column in other_columns if is_total(column.unit, column.label)], proposal)
        for column in number_columns:
            proposed_tree.indicators.append(_column_indicator(column, proposed_table, used_names, is_unit_table=is_unit_table))
    if not proposed_tree.indicators:  # sizes alone: better than nothing to score
        for proposed_table in proposal.tables.values():
            is_unit_table = set(proposed_table.key) <= {*unit_keys, "year"}
            proposed_tree.indicators += [
                _column_indicator(column, proposed_table, used_names, is_unit_table=is_unit_table)
                for column in proposed_table.numbers()
            ]
    _add_totals(proposed_tree.indicators, proposal)
    proposed_tree.tree = {"index": [indicator.id for indicator in proposed_tree.indicators]}
    proposed_tree.smallest_family = len(proposed_tree.indicators)
    proposed_tree.nodes = {"index": Label(zh="总指数", en="Index")}
    return proposed_tree


def _add_unused_totals(labels: Sequence[str], proposal: Proposal) -> None:
    if labels:
        zh = f"行业表按比率评分,未用的总量:{'、'.join(labels)};需要时请在 indicators.yaml 写出其比率"
        en = f"industries are scored by ratios; totals left out: {', '.join(labels)}; add their ratios in indicators.yaml"
        proposal.add_gap("indicators", zh, en)


def _add_totals(indicators: Sequence[ProposedIndicator], proposal: Proposal) -> None:
    """What is missing where indicators are totals: something to divide them by."""
    labels = [
        indicator.label.zh
        for indicator in indicators
        if is_total(indicator.unit, indicator.label.zh) and "/" not in indicator.formula
    ]
    if labels:
        examples = labels[:LISTED_TOTALS]
        zh = f"{len(labels)} 个指标是总量({'、'.join(examples)}),单元越大得分越高;要比较质量,请改为人均、占比或强度"
        en = f"{len(labels)} indicators are totals ({', '.join(examples)}): large units score high by size; per head or a share?"
        proposal.add_gap("indicators", zh, en)


def is_total(unit: str, label: str) -> bool:
    """Whether a unit is one of money, people, things or energy as such and no "per head" stands in the label: size adds to it."""
    measured_unit = unit_of(unit)
    return (
        measured_unit is not None
        and not PER_HEAD.search(label)
        and "/" not in measured_unit.measure
        and measured_unit.measure not in SIZELESS
        and not measured_unit.measure.startswith("index")
    )


def _column_indicator(
    column: ProposedColumn, proposed_table: ProposedTable, used_names: Names, *, is_unit_table: bool
) -> ProposedIndicator:
    label = Label(zh=column.label, en=column.label)
    aggregate = "sum" if is_unit_table else "avg"
    direction = proposed_direction(column.label)
    zh, en = f"提议方向:{'正向' if direction > 0 else '负向'}", f"proposed: {'more' if direction > 0 else 'less'} is better"
    if is_total(column.unit, column.label):
        zh, en = (
            f"{zh};总量随单元大小而变,可改为人均或占比",
            f"{en}; a total grows with the size of a unit: per head, or a share?",
        )
    aggregation_comment = Label(zh=zh, en=en)
    return ProposedIndicator(
        used_names.unused_name(column.name),
        proposed_table.name,
        f"{aggregate}({column.name})",
        column.unit,
        direction,
        label,
        aggregation_comment,
    )


def _firm_indicators(proposed_table: ProposedTable, used_names: Names, *, is_unit_table: bool) -> list[ProposedIndicator]:
    """Ratios of the accounts there are; the mean over firms, or the value of a firm, of every other column of numbers."""
    ratios = _possible_ratios("ratios", proposed_table)
    ratio_columns = {ratio["above"] for ratio in ratios}
    return [
        *(_ratio_indicator(ratio, proposed_table, used_names) for ratio in ratios),
        *(
            _firm_column_indicator(column, proposed_table, used_names, is_unit_table=is_unit_table)
            for column in proposed_table.columns.values()
            if column.dtype == "number" and column.name not in ratio_columns and column.name not in SIZE_COLUMNS
        ),
    ]


def _ratio_indicator(ratio: Mapping[str, Any], proposed_table: ProposedTable, used_names: Names) -> ProposedIndicator:
    """The ratio of two sums over firms."""
    factor = f"{ratio['factor']} * " if ratio["factor"] != 1 else ""
    return ProposedIndicator(
        used_names.unused_name(ratio["id"]),
        proposed_table.name,
        f"{factor}sum({ratio['above']}) / sum({ratio['below']})",
        ratio["unit"],
        ratio["direction"],
        Label(zh=ratio["zh"], en=ratio["en"]),
        PROPOSAL_COMMENT,
    )


def _firm_column_indicator(
    column: ProposedColumn, proposed_table: ProposedTable, used_names: Names, *, is_unit_table: bool
) -> ProposedIndicator:
    """A column of numbers over revenue or staff where that is at hand, else the value of a firm or the mean over firms."""
    scaled_indicator = _scaled_indicator(column, proposed_table)
    if scaled_indicator is None and is_unit_table:
        return _column_indicator(column, proposed_table, used_names, is_unit_table=True)
    if scaled_indicator is not None:
        formula, unit, zh, en = scaled_indicator
        label, comment = Label(zh=f"{column.label}{zh}", en=f"{column.label} {en}"), PROPOSAL_COMMENT
    else:
        formula, unit = f"avg({column.name})", column.unit
        label = Label(zh=f"{column.label}(企业平均)", en=f"{column.label} (mean of firms)")
        comment = Label(zh="提议:企业均值与方向", en="proposed: mean over firms, and the direction")
    return ProposedIndicator(
        used_names.unused_name(column.name),
        proposed_table.name,
        formula,
        unit,
        proposed_direction(column.label),
        label,
        comment,
    )


def _possible_ratios(list_name: str, proposed_table: ProposedTable) -> list[dict[str, Any]]:
    """The ratios of a list whose two columns the table has."""
    columns = proposed_table.columns.keys()
    return [ratio for ratio in _ratio_lists()[list_name] if {ratio["above"], ratio["below"]} <= columns]


@cache
def _ratio_lists() -> dict[str, list[dict[str, Any]]]:
    lists: dict[str, list[dict[str, Any]]] = read_text(RATIOS.read_text("utf-8"), Document(RATIOS.name)).value
    return lists


def _scaled_indicator(column: ProposedColumn, proposed_table: ProposedTable) -> tuple[str, str, str, str] | None:
    """Money over revenue, counts per 1,000 staff: formula, unit and what the label adds; None where neither is at hand."""
    if column.unit == "元" and "revenue" in proposed_table.columns:
        return f"100 * sum({column.name}) / sum(revenue)", "%", "占营业收入比重", "to revenue"
    if column.unit in ("件", "人", "项", "次", "个") and "employees" in proposed_table.columns:
        return f"1000 * sum({column.name}) / sum(employees)", f"{column.unit}/千人", "(每千人)", "per 1,000 staff"
    return None
