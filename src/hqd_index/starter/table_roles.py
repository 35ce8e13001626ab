"""What a table is for: firms, industries, units by year, a recognition list, a tree of indicators; or why it is not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..intake.layout.layout_hints import VALUE_WORDS
from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.header_years import year_of
from ..intake.meaning.unit_labels import TAGGED
from ..study.records import Label
from ..study.vendor_presets import preset
from .found_tables import FoundColumn, FoundTable
from .indicator_systems import is_coinr_data, is_coinr_meta, system_of_table
from .known_words import LIST_NAMES, ROW_NUMBERS, firm_columns, industry_columns, list_columns, totals

Role = Literal["system", "coinr_meta", "coinr_data", "coin_tool", "srdi_list", "firms", "industry", "panel", "none"]
Layout = Literal["plain", "long", "years", "bands", "years_of_measures"]
NAME_WORDS = {
    "指标",
    "指标名称",
    "指标代码",
    "变量",
    "变量名",
    "项目",
    "variable",
    "variables",
    "indicator",
    "indicators",
    "series",
    "item",
    "indicatorname",
    "seriesname",
    "variablename",
}
UNIT_WORDS = {"单位", "计量单位", "unit", "units"}
ITEM_CODES = ("csmar", "cnrds")


@dataclass(frozen=True)
class UsedTable:
    """A table with its role, layout, the columns that make a unit, and that of the year (None: there is none).

    `names` and `values` are the columns of a long table; `preset` the vendor whose file it is; `reason` why it is not used.
    """

    table: FoundTable
    role: Role
    layout: Layout = "plain"
    units: tuple[FoundColumn, ...] = ()
    year: FoundColumn | None = None
    names: FoundColumn | None = None
    values: FoundColumn | None = None
    measure_units: FoundColumn | None = None
    preset: str = ""
    reason: Label | None = None
    duplicates: int = 0

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The canonical key columns the units are, '' for one of the study's own."""
        return tuple(unit_key(column) for column in self.units)


def unit_key(column: FoundColumn) -> str:
    """province_code, industry_code, firm_id, city_code by what a column's label and cells say, else ''."""
    if column.meaning == "province":
        return "province_code"
    if column.meaning == "industry":
        return "industry_code"
    if column.key in ("firm_id", "uscc") or column.meaning == "stock_code":
        return "firm_id"
    return "city_code" if column.key == "city_code" else ""


def used_table(table: FoundTable, *, with_meta: bool = False) -> UsedTable:
    """The role of one table; `with_meta`: a COINr iMeta came with it."""
    if is_coinr_meta(table):
        return UsedTable(table, "coinr_meta")
    if system_of_table(table) is not None:
        return UsedTable(table, "system")
    year = _year(table)
    if with_meta and is_coinr_data(table):
        codes = [column for column in table.columns if normalised_label(column.label) == "ucode"]
        return UsedTable(table, "coinr_data", units=tuple(codes), year=year)
    if _is_recognition_list(table, year):
        return UsedTable(table, "srdi_list")
    vendor = _vendor(table)
    if table.bands or table.years_across:
        return _across(table, vendor)
    if not any(column.kind == "number" for column in table.columns) and not _is_firm_register(table, year):
        return _left(table, "没有数值列", "it has no column of numbers")
    return _tall(table, year, vendor)


def _left(table: FoundTable, zh: str, en: str) -> UsedTable:
    return UsedTable(table, "none", reason=Label(zh=zh, en=en))


def _year(table: FoundTable) -> FoundColumn | None:
    years = [column for column in table.columns if column.kind in ("year", "date")]
    named = [column for column in years if column.key in ("year", "statement_date")]
    plain = [column for column in years if column.kind == "year" and not column.key]
    several = [column for column in plain if len(column.distinct) < column.filled]
    return next(iter([*named, *several]), None)


def _is_firm_register(table: FoundTable, year: FoundColumn | None) -> bool:
    """Texts of firms by year: their industry, their name."""
    firm = any(column.key in ("firm_id", "uscc") for column in table.columns)
    return (
        firm and year is not None and any(column.meaning == "industry" or column.key == "firm_name" for column in table.columns)
    )


def _is_recognition_list(table: FoundTable, year: FoundColumn | None) -> bool:
    """A list of firms with what a recognition says of them, and no accounts; the file's name may say so."""
    labels = {list_columns().get(normalised_label(column.name), "") for column in table.columns}
    if "name" not in labels and "uscc" not in labels:
        return False
    told = labels & {"level", "batch", "announce_date", "doc_no", "status", "valid_from"}
    title = " ".join((Path(table.preview.file).name, table.preview.sheet, *table.preamble))
    named = LIST_NAMES.search(title)
    numbers = [column for column in table.columns if column.kind == "number" and column.name not in ROW_NUMBERS]
    accounts = [column for column in numbers if list_columns().get(normalised_label(column.name), "") not in ("batch",)]
    if accounts or (year is not None and year.key == "year" and not told and not named):
        return False
    return bool(told) or named is not None or len(table.columns) <= 2


def _vendor(table: FoundTable) -> str:
    """The vendor whose item codes or tags the header has."""
    labels = {label for column in table.columns for label in (column.label, column.also) if label}
    for name in ITEM_CODES:
        codes = [label for label in preset(name).columns if label.isascii() and label in labels]
        if len(codes) > 1:
            return name
    if any(TAGGED.search(label) or "[报告期]" in label for label in labels):
        return "wind"
    return "nbs" if any(text.startswith("数据库") for text in table.preamble) else ""


def _across(table: FoundTable, vendor: str) -> UsedTable:
    """Years (or measures over years) as columns."""
    texts = [column for column in table.columns if column.kind == "text" and column.label and not year_of(column.label)]
    if not texts:
        return _left(table, "年份为列,但没有地区、行业等单元列", "years are columns, and no column names units")
    measures = next((c for c in texts if normalised_label(c.label) in NAME_WORDS), None)
    units_said = next((c for c in texts if normalised_label(c.label) in UNIT_WORDS), None)
    unit = next((c for c in _ranked(texts) if c is not measures and c is not units_said), None)
    if unit is None:
        return _left(table, "年份为列,但没有地区、行业等单元列", "years are columns, and no column names units")
    layout: Layout = "bands" if table.bands else "years_of_measures" if measures else "years"
    return UsedTable(table, _panel_role(table, (unit,)), layout, (unit,), None, measures, None, units_said, vendor)


def _tall(table: FoundTable, year: FoundColumn | None, vendor: str) -> UsedTable:
    texts = [column for column in table.columns if column.kind == "text" and column.filled]
    measures = next((c for c in texts if normalised_label(c.label) in NAME_WORDS and len(c.distinct) > 1), None)
    values = [column for column in table.columns if column.kind == "number"]
    value = next((c for c in values if normalised_label(c.label) in VALUE_WORDS), values[0] if len(values) == 1 else None)
    if measures is not None and value is not None:
        units, duplicates = _units([c for c in texts if c is not measures], (year, measures), table.rows)
        said = next((c for c in texts if normalised_label(c.label) in UNIT_WORDS), None)
        if units:
            return UsedTable(
                table, _panel_role(table, units), "long", units, year, measures, value, said, vendor, None, duplicates
            )
    if _is_firm_table(table, year, vendor):
        firm = next(c for c in table.columns if c.key in ("firm_id", "uscc") or c.meaning == "stock_code")
        return UsedTable(table, "firms", "plain", (firm,), year, preset=vendor)
    units, duplicates = _units(texts, (year,), table.rows)
    if not units:
        return _left(table, "没有能当评价单元的文本列(如地区、行业、企业)", "no column of texts could name units")
    return UsedTable(table, _panel_role(table, units), "plain", units, year, preset=vendor, duplicates=duplicates)


def _is_firm_table(table: FoundTable, year: FoundColumn | None, vendor: str) -> bool:
    firm = any(column.key in ("firm_id", "uscc") or column.meaning == "stock_code" for column in table.columns)
    if not firm or year is None:
        return False
    accounts = [column for column in table.columns if column.kind == "number" and firm_column(column)]
    return bool(
        vendor in ITEM_CODES or vendor == "wind" or len(accounts) > 1 or any(c.meaning == "industry" for c in table.columns)
    )


def firm_column(column: FoundColumn) -> str:
    """The column of the firm table that a label names, else ''."""
    return _column_of(column, firm_columns())


def industry_column(column: FoundColumn) -> str:
    """The column of the industry table that a label names, else ''."""
    return _column_of(column, industry_columns())


def _column_of(column: FoundColumn, known: Mapping[str, str]) -> str:
    return next((known[key] for text in (column.label, column.name, column.also) if (key := normalised_label(text)) in known), "")


def _panel_role(table: FoundTable, units: Sequence[FoundColumn]) -> Role:
    """industry where rows are industries alone and two or more of its columns are known there."""
    known = [column for column in table.columns if column.kind == "number" and industry_column(column)]
    plain = not table.years_across and not table.bands
    return "industry" if [unit_key(c) for c in units] == ["industry_code"] and len(known) > 1 and plain else "panel"


def _ranked(texts: Sequence[FoundColumn]) -> list[FoundColumn]:
    order = {"province_code": 0, "industry_code": 1, "firm_id": 2, "city_code": 3, "": 4}
    return sorted(texts, key=lambda column: order[unit_key(column)])


def _units(texts: Sequence[FoundColumn], others: Sequence[FoundColumn | None], rows: int) -> tuple[tuple[FoundColumn, ...], int]:
    """The text column, or pair, that with the others names each row once; else the best column, with its duplicates."""
    ranked = _ranked(texts)
    given = [column.cells for column in others if column is not None]
    candidates = [(column,) for column in ranked] + [(a, b) for n, a in enumerate(ranked[:4]) for b in ranked[n + 1 : 4]]
    best: tuple[tuple[FoundColumn, ...], int] = ((), rows)
    for columns in candidates:
        keys = [key for key in zip(*(column.cells for column in columns), *given) if key[0] and key[0] not in totals()]
        duplicates = len(keys) - len(set(keys))
        if keys and duplicates == 0:
            return columns, 0
        if keys and len(columns) == 1 and unit_key(columns[0]) and duplicates < best[1]:
            best = columns, duplicates
    return best
