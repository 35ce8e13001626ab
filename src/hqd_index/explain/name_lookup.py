"""What a person calls a unit, a year and a node -> what the tables call them, with did-you-mean."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..errors import ConfigError, unknown
from ..study.indicator_tree import Tree
from ..study.records import Study


def unit_of(text: str, names: pd.DataFrame) -> str:
    """The id of the unit with this code, Chinese name or English name (unit, unit_zh, unit_en)."""
    folded_name = _normalised_name(text)
    matches = [
        str(row.unit)
        for row in names.itertuples(index=False)
        if folded_name in {_normalised_name(row.unit), _normalised_name(row.unit_zh), _normalised_name(row.unit_en)}
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = ", ".join(matches)
        raise ConfigError(f"{text!r} names several units: {listed}; give the code", zh=f"{text!r} 对应多个单位:{listed};请写代码")
    candidates = [name for column in ("unit", "unit_zh", "unit_en") for name in names[column].astype(str)]
    raise _unknown("unit", text, candidates, "单位")


def year_of(text: int, years: Iterable[int]) -> int:
    """The year, if it is scored."""
    scored_years = sorted(years)
    if text not in scored_years:
        span = f"{scored_years[0]}-{scored_years[-1]}"
        raise ConfigError(f"year {text} is not scored; years: {span}", zh=f"没有 {text} 年的得分;年份为 {span}")
    return text


def matching_node(text: str | None, study: Study, tree: Tree) -> str:
    """The node with this id or label; the root where none is asked for."""
    if text is None:
        return tree.root
    labels = dict(study.indicators.nodes) | {id: leaf.label for id, leaf in study.indicators.indicators.items()}
    node_by_name = {_normalised_name(node): node for node in tree.order}
    for node in tree.order:
        if node in labels:
            node_by_name |= {_normalised_name(labels[node].zh): node, _normalised_name(labels[node].en): node}
    if _normalised_name(text) in node_by_name:
        return node_by_name[_normalised_name(text)]
    raise _unknown("node", text, [*tree.order, *(labels[n].zh for n in tree.order if n in labels)], "节点")


def _normalised_name(text: object) -> str:
    return " ".join(str(text).casefold().split())


def _unknown(item: str, text: str, candidates: list[str], item_zh: str) -> ConfigError:
    en, zh = unknown(item, text, candidates, kind_zh=item_zh)
    return ConfigError(en, zh=zh)
