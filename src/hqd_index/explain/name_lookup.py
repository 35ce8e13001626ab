"""What a person calls a unit, a year and a node -> what the tables call them, with did-you-mean."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from ..canonical_types import extended
from ..errors import ConfigError, unknown
from ..intake.cells.coded_text import CodedColumn, code_reader
from ..intake.meaning.glyphs import normalised_label
from ..study.indicator_tree import Tree
from ..study.records import Study

KEY_SEPARATOR = re.compile(r"\s*[-–—·×/|,,、]\s*")
"""Between the parts of a unit that two or three keys make, as people write it."""


def unit_of(unit_text: str, labels_of_units: pd.DataFrame, study: Study) -> str:
    """The id of the unit with this code or name (unit, unit_zh, unit_en), or of any text that a data file may call it by."""
    folded_name = _normalised_name(unit_text)
    matches = [
        str(unit_row.unit)
        for unit_row in labels_of_units.itertuples(index=False)
        if folded_name
        in {_normalised_name(unit_row.unit), _normalised_name(unit_row.unit_zh), _normalised_name(unit_row.unit_en)}
    ]
    if len(matches) > 1:
        candidate_ids = ", ".join(matches)
        raise ConfigError(
            f"{unit_text!r} names several units: {candidate_ids}; give the code",
            zh=f"{unit_text!r} 对应多个单位:{candidate_ids};请写代码",
        )
    unit_id = matches[0] if matches else _unit_as_read(unit_text, study)
    if unit_id in set(labels_of_units["unit"].astype(str)):
        return unit_id
    candidates = [unit_label for column in ("unit", "unit_zh", "unit_en") for unit_label in labels_of_units[column].astype(str)]
    raise _unknown("unit", unit_text, candidates, "单位")


def _unit_as_read(unit_text: str, study: Study) -> str:
    """The id that reading a data file makes of the text; '' where it makes none."""
    key_columns = study.study.unit.by
    texts = [unit_text] if len(key_columns) == 1 else KEY_SEPARATOR.split(unit_text)
    if len(texts) != len(key_columns):
        return ""
    return "-".join(_key_as_read(text, column, study) for text, column in zip(texts, key_columns))


def _key_as_read(cell: str, column_name: str, study: Study) -> str:
    """What some source of the study reads a key's text as; '' where none reads it."""
    column = extended(None, (column_name,), {}).columns[column_name]
    for source in study.sources.sources.values():
        edition = source.constants.get("industry_version", "")
        coded_column = CodedColumn(
            column_name, column, True, edition, source.pad.get(column_name), source.values.get(column_name)
        )
        if value := code_reader(coded_column)(cell).value:
            return value
    return ""


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
    return normalised_label(str(typed_name)).casefold()


def _unknown(noun: str, typed_text: str, candidates: list[str], item_zh: str) -> ConfigError:
    en, zh = unknown(noun, typed_text, candidates, kind_zh=item_zh)
    return ConfigError(en, zh=zh)
