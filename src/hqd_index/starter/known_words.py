"""Words of headers that say what a column is: keys, firm and industry columns, what a recognition list holds, directions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

from ..canonical import CANONICAL, FIRMS, INDUSTRY_PANEL, SRDI_LIST, CanonicalTable
from ..intake.meaning.glyphs import half_width, normalised_label
from ..intake.meaning.units import exponent
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

AGGREGATE_NAMES = re.compile(
    r"合计|总计|小计|汇总|平均|中位[数值]|均值|^全国|^其中|^[#*]|total|average|median|^ofwhich", re.IGNORECASE
)
QUANTITIES = (  # words of a label -> units of what it measures; the first that fits counts
    (re.compile(r"率|比重|占比|比例|份额|增速|增长|强度|percent|share|ratio", re.IGNORECASE), ("%",)),
    (re.compile(r"人数|人员|职工|从业|就业|员工|人口|劳动力|employ|staff|workers|population", re.IGNORECASE), ("人",)),
    (re.compile(r"(企业|单位|法人|机构|工厂|公司).{0,4}数|户数|家数|firms|enterprises", re.IGNORECASE), ("家", "个", "户")),
    (re.compile(r"专利|商标|(论文|标准|项目|产品)数|件数|patents|trademarks", re.IGNORECASE), ("件", "项", "个")),
    (
        re.compile(
            r"收入|产值|产出|资产|利润|税|投资|支出|费用|负债|成本|增加值|销售|金额|经费|总额|工资|出口|进口|GDP|revenue|sales|output"
            r"|assets|profit|tax|invest|expend|cost|debt|wage|export|import|value added",
            re.IGNORECASE,
        ),
        ("元", "美元"),
    ),
)


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


def is_aggregate_name(unit_name: str) -> bool:
    """Whether the name of a unit, blanks apart, says that it is a total or average of others, or a part of one (#, 其中)."""
    return bool(AGGREGATE_NAMES.search("".join(half_width(unit_name).split())))


def unit_above_for(label: str, units_above: Sequence[str]) -> str:
    """Which of the units printed above a table holds for a column: that of the quantity its label names.

    '' where none fits, and where the label says nothing and several are printed.
    """
    canonical_units = [
        table.columns[name].unit
        for table, column_by_label in ((FIRMS, firm_columns()), (INDUSTRY_PANEL, industry_columns()))
        if (name := column_by_label.get(normalised_label(label))) in table.columns
    ]
    word_units = next((units for words, units in QUANTITIES if words.search(label)), ())
    quantity_units = [unit for unit in canonical_units if unit] or word_units
    if not quantity_units:
        return units_above[0] if len(units_above) == 1 else ""
    return next(
        (unit for unit in units_above if any(exponent(unit, quantity_unit) is not None for quantity_unit in quantity_units)), ""
    )
