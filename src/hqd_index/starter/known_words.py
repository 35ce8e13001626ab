"""Words of headers that say what a column is: keys, firm and industry columns, what a recognition list holds, directions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from ..canonical import CANONICAL, FIRMS, INDUSTRY_PANEL, SRDI_LIST, CanonicalTable
from ..intake.meaning.glyphs import normalised_label
from ..study.records import Source
from ..study.vendor_presets import preset
from ..study.yaml_document import Document, read_text

WORDS = Path(__file__).parent / "header_words.yaml"
LIST_NAMES = re.compile(r"专精特新|小巨人|单项冠军|名单|srdi|认定|公示|little.?giant", re.IGNORECASE)
ROW_NUMBERS = ("序号", "编号", "No.", "no", "rownames", "Unnamed: 0", "index")
RANK_NAMES = re.compile(r"(排名|名次|位次|排位)$|^rank(ing)?s?\b|\brank(ing)?s?$", re.IGNORECASE)
NAME_WORDS = frozenset((
    "指标", "指标名称", "指标代码", "变量", "变量名", "项目", "variable", "variables", "indicator", "indicators", "series",
    "item", "indicatorname", "seriesname", "variablename",
))  # fmt: skip
"""Normalised labels of a column that names what each row of a long table measures."""
UNIT_WORDS = frozenset(("单位", "计量单位", "unit", "units"))
"""The same of one that gives its unit."""


@cache
def _word_lists() -> dict[str, Any]:
    document = read_text(WORDS.read_text("utf-8"), Document(WORDS.name))
    word_lists: dict[str, Any] = document.value
    return word_lists


def totals() -> tuple[str, ...]:
    """Texts in a column of units that are no unit."""
    return tuple(_word_lists()["totals"])


@cache
def provenance_words() -> frozenset[str]:
    """Normalised labels of columns that say where a number comes from, or remark on it."""
    return frozenset(normalised_label(word) for word in _word_lists()["provenance"])


def proposed_direction(label: str) -> int:
    """1, or -1 where the label names something of which less is better; a proposal only."""
    lowercase_label = label.lower()
    less_is_better, more_is_better = (
        any(keyword in lowercase_label for keyword in _word_lists()[word_list_name])
        for word_list_name in ("less_is_better", "more_is_better")
    )
    return -1 if less_is_better and not more_is_better else 1


@cache
def english_names() -> Mapping[str, str]:
    """Normalised label -> name for a column of a study's own."""
    return _names_by_label("names")


@cache
def key_columns() -> Mapping[str, str]:
    """Normalised label -> key or context column (firm_id, year, province_code ...)."""
    return _names_by_label("keys")


@cache
def list_columns() -> Mapping[str, str]:
    """Normalised label -> column of the recognition list."""
    list_labels = {
        normalised_label(wording): column_name
        for column_name, column in SRDI_LIST.columns.items()
        for wording in (column_name, column.zh, column.en)
    }
    firm_names = {label: "name" for label, column_name in key_columns().items() if column_name == "firm_name"}
    key_labels = {
        label: column_name
        for label, column_name in key_columns().items()
        if column_name in ("uscc", "province_code", "city_code")
    }
    return list_labels | key_labels | firm_names | _names_by_label("list")


@cache
def firm_columns() -> Mapping[str, str]:
    """Normalised label -> column of the firm table: its own names, those of vendors, and others in use."""
    return _columns_by_label(FIRMS) | _names_by_label("firms")


@cache
def industry_columns() -> Mapping[str, str]:
    """The same for the industry table."""
    return _columns_by_label(INDUSTRY_PANEL) | _names_by_label("industry")


@cache
def table_words(table: str) -> Mapping[str, str]:
    """Normalised label -> column of a built-in table that is no table of firms or industries."""
    column_words = {
        normalised_label(spelling): column_name
        for column_name, column in CANONICAL[table].columns.items()
        for spelling in (column_name, column.zh, column.en)
    }
    words = _word_lists()["tables"].get(table, {})
    return column_words | {normalised_label(word): column_name for column_name, spellings in words.items() for word in spellings}


def vendors() -> tuple[str, ...]:
    """The vendors there is a preset for."""
    return tuple(vendor_name for vendor_name in get_args(get_args(Source.model_fields["preset"].annotation)[0]) if vendor_name)


def _names_by_label(section: str) -> dict[str, str]:
    return {
        normalised_label(synonym): canonical_name
        for canonical_name, synonyms in _word_lists()[section].items()
        for synonym in synonyms
    }


def _columns_by_label(table: CanonicalTable) -> dict[str, str]:
    labels: dict[str, str] = {}
    for vendor in vendors():
        preset_columns = preset(vendor).columns
        labels |= {
            normalised_label(label): preset_column.column
            for label, preset_column in preset_columns.items()
            if preset_column.column in table.columns
        }
    for column_name, column in table.columns.items():
        labels |= {normalised_label(wording): column_name for wording in (column_name, column.zh, column.en)}
    return labels | {label: column_name for label, column_name in key_columns().items() if column_name in table.columns}
