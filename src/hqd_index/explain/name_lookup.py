"""What a person calls a unit, a year and a node -> what the tables call them, with did-you-mean."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..errors import ConfigError, unknown
from ..study.indicator_tree import Tree
from ..study.records import Study


def unit_of(unit_text: str, labels_of_units: pd.DataFrame) -> str:
    """The id of the unit with this code, Chinese name or English name (unit, unit_zh, unit_en)."""
    folded_name = _normalised_name(unit_text)
    matches = [
        str(unit_row.unit)
        for unit_row in labels_of_units.itertuples(index=False)
        if folded_name
        in {_normalised_name(unit_row.unit), _normalised_name(unit_row.unit_zh), _normalised_name(unit_row.unit_en)}
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        candidate_ids = ", ".join(matches)
        raise ConfigError(
            f"{unit_text!r} names several units: {candidate_ids}; give the code",
            zh=f"{unit_text!r} 对应多个单位:{candidate_ids};请写代码",
        )
    candidates = [unit_label for column in ("unit", "unit_zh", "unit_en") for unit_label in labels_of_units[column].astype(str)]
    raise _unknown("unit", unit_text, candidates, "单位")


def year_of(year_text: int, years: Iterable[int]) -> int:
    """The year, if it is scored."""
    scored_years = sorted(years)
    if year_text not in scored_years:
        scored_span = f"{scored_years[0]}-{scored_years[-1]}"
        raise ConfigError(
            f"year {year_text} is not scored; years: {scored_span}", zh=f"没有 {year_text} 年的得分;年份为 {scored_span}"
        )
    return year_text


def matching_node(node_text: str | None, study: Study, tree: Tree) -> str:
    """The node with this id or label; the root where none is asked for."""
    if node_text is None:
        return tree.root
    labels = dict(study.indicators.nodes) | {id: leaf.label for id, leaf in study.indicators.indicators.items()}
    node_by_name = {_normalised_name(node): node for node in tree.order}
    for node in tree.order:
        if node in labels:
            node_by_name |= {_normalised_name(labels[node].zh): node, _normalised_name(labels[node].en): node}
    if _normalised_name(node_text) in node_by_name:
        return node_by_name[_normalised_name(node_text)]
    raise _unknown("node", node_text, [*tree.order, *(labels[n].zh for n in tree.order if n in labels)], "节点")


def _normalised_name(typed_name: object) -> str:
    return " ".join(str(typed_name).casefold().split())


def _unknown(noun: str, typed_text: str, candidates: list[str], item_zh: str) -> ConfigError:
    en, zh = unknown(noun, typed_text, candidates, kind_zh=item_zh)
    return ConfigError(en, zh=zh)
