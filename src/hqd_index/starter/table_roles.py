"""What a table is for: firms, industries, units by year, a recognition list, a tree of indicators; or why it is not used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..canonical import TRADE
from ..intake.layout.layout_hints import VALUE_WORDS
from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.header_years import year_of
from ..intake.meaning.official_codes import province
from ..intake.meaning.unit_labels import UNIT_TAG
from ..study.records import Label
from ..study.vendor_presets import preset
from .builtin_tables import builtin_table, is_batch_totals
from .indicator_systems import is_coinr_data, is_coinr_meta, system_of_table
from .known_words import (
    LIST_NAMES,
    NAME_WORDS,
    ROW_NUMBERS,
    UNIT_WORDS,
    firm_columns,
    industry_columns,
    list_columns,
    provenance_words,
    totals,
)
from .sheet_tables import MAJORITY, SheetColumn, SheetTable

Role = Literal[
    "system", "coinr_meta", "coinr_data", "coin_tool", "srdi_list", "batches", "builtin", "firms", "industry", "panel", "none"
]
Layout = Literal["plain", "long", "years", "bands", "years_of_measures"]
RECOGNITION_COLUMNS = {"level", "batch", "announce_date", "doc_no", "status", "valid_from"}
UNIT = "unit"
REGIONS_ACROSS = 3
MOST_KINDS = 12
MOST_DUPLICATES, FEW_DUPLICATES = 0.5, 0.1  # of the rows; so few are entered twice, and are no rows of several kinds
ITEM_CODES = ("csmar", "cnrds")


@dataclass(frozen=True)
class ClassifiedTable:
    """A table with its role, layout, the columns that make a unit, and that of the year (None: there is none).

    `names` and `values` are the columns of a long table; `preset` the vendor whose file it is; `reason` why it is not used.
    """

    table: SheetTable
    role: Role
    layout: Layout = "plain"
    units: tuple[SheetColumn, ...] = ()
    year: SheetColumn | None = None
    names: SheetColumn | None = None
    values: SheetColumn | None = None
    measure_units: SheetColumn | None = None
    preset: str = ""
    reason: Label | None = None
    duplicates: int = 0
    has_no_years: bool = False  # facts of firms that hold for every year
    builtin: str = ""  # the name of a table that is no table of firms or industries

    @property
    def unit_names(self) -> tuple[str, ...]:
        """The key columns the units are: canonical ones, `unit` and `unit_2` for those of the study's own."""
        names: list[str] = []
        for column in self.units:
            name = unit_key(column) or UNIT
            names.append(name if name not in names else f"{name}_{len(names) + 1}")
        return tuple(names)


def unit_key(column: SheetColumn) -> str:
    """province_code, industry_code, firm_id, city_code by what a column's label and cells say, else ''."""
    if column.code_meaning == "province":
        return "province_code"
    if column.code_meaning == "industry":
        return "industry_code"
    if column.key in ("firm_id", "uscc") or column.code_meaning == "stock_code":
        return "firm_id"
    return "city_code" if column.key == "city_code" else ""


def classified_table(table: SheetTable, *, has_coinr_meta: bool = False, has_flows: bool = False) -> ClassifiedTable:
    """The role of one table; `has_coinr_meta`: a COINr iMeta came with it, `has_flows`: trade between countries did."""
    if is_coinr_meta(table):
        return ClassifiedTable(table, "coinr_meta")
    if system_of_table(table) is not None:
        return ClassifiedTable(table, "system")
    year = _year_column(table)
    if has_coinr_meta and is_coinr_data(table):
        codes = [column for column in table.columns if normalised_label(column.label) == "ucode"]
        return ClassifiedTable(table, "coinr_data", units=tuple(codes), year=year)
    if is_batch_totals(table):
        return ClassifiedTable(table, "batches")
    builtin = builtin_table(table)
    if builtin and (builtin != "countries" or has_flows):
        return ClassifiedTable(table, "builtin", year=year, builtin=builtin)
    vendor = _vendor(table)
    if year is None and _is_firm_list(table):
        return ClassifiedTable(table, "firms", "plain", (_firm_codes(table)[0],), preset=vendor, has_no_years=True)
    if _is_recognition_list(table, year):
        return ClassifiedTable(table, "srdi_list")
    if table.bands or table.years_across:
        return _year_columns_table(table, vendor)
    if _has_regions_across(table):
        return _unused_table(
            table,
            "地区为列;请在 sources.yaml 写 reshape: {across: [province_code], names: 指标所在列, columns: {指标: 列名}},"
            "或把表转置",
            "regions are columns; write reshape: {across: [province_code], names: LABEL OF THE MEASURES, "
            "columns: {MEASURE: name}} in sources.yaml, or turn the table",
        )
    if not any(column.cell_kind == "number" for column in table.columns) and not _is_firm_register(table, year):
        return _unused_table(table, "没有数值列", "it has no column of numbers")
    return _row_per_year_table(table, year, vendor)


def is_in_blocks(table: SheetTable) -> bool:
    """Whether a list is printed in blocks side by side under the same labels."""
    labels = [column.name for column in table.columns if column.label]
    count = len(set(labels))
    return count > 1 and len(labels) > count and labels == labels[:count] * (len(labels) // count)


def _has_regions_across(table: SheetTable) -> bool:
    """Whether most columns of numbers are labelled by provinces."""
    labels = [column.label for column in table.columns if column.cell_kind == "number"]
    regions = [label for label in labels if province(label).code is not None]
    return len(regions) >= REGIONS_ACROSS and len(regions) >= MAJORITY * len(labels)


def _unused_table(table: SheetTable, zh: str, en: str) -> ClassifiedTable:
    return ClassifiedTable(table, "none", reason=Label(zh=zh, en=en))


def _year_column(table: SheetTable) -> SheetColumn | None:
    years = [column for column in table.columns if column.cell_kind in ("year", "date")]
    key_columns = [column for column in years if column.key in ("year", "statement_date")]
    year_columns = [column for column in years if column.cell_kind == "year" and not column.key]
    repeated_years = [column for column in year_columns if len(column.distinct_values) < column.value_count]
    return next(iter([*key_columns, *repeated_years]), None)


def _is_firm_register(table: SheetTable, year: SheetColumn | None) -> bool:
    """Texts of firms by year: their industry, their name."""
    firm = any(column.key in ("firm_id", "uscc") for column in table.columns)
    return (
        firm
        and year is not None
        and any(column.code_meaning == "industry" or column.key == "firm_name" for column in table.columns)
    )


def _firm_codes(table: SheetTable) -> list[SheetColumn]:
    """Columns of firm codes; one in which no cell is filled identifies nobody."""
    return [column for column in table.columns if unit_key(column) == "firm_id" and column.value_count]


def _firm_names(table: SheetTable) -> list[SheetColumn]:
    """The columns of names that identify firms where no column of codes is filled: beside an industry, as in the template."""
    if not any(column.code_meaning == "industry" for column in table.columns):
        return []
    return [column for column in table.columns if column.key == "firm_name" and column.value_count]


def _is_firm_list(table: SheetTable) -> bool:
    """A row for each firm, with its name, industry or province, no accounts, and nothing of a recognition."""
    codes = _firm_codes(table)
    if not codes or len(codes[0].distinct_values) < codes[0].value_count or _recognition_words(table):
        return False
    facts = [column for column in table.columns if column.code_meaning in ("industry", "province") or column.key == "firm_name"]
    return bool(facts) and not any(column.cell_kind == "number" and firm_column(column) for column in table.columns)


def _recognition_words(table: SheetTable) -> bool:
    """Whether a header or title says that a table is a list of recognised firms."""
    labels = {list_columns().get(normalised_label(column.name), "") for column in table.columns}
    title = " ".join((Path(table.preview.file).name, table.preview.sheet, *table.preamble))
    return bool(labels & RECOGNITION_COLUMNS) or LIST_NAMES.search(title) is not None


def _is_recognition_list(table: SheetTable, year: SheetColumn | None) -> bool:
    """A list of firms with what a recognition says of them, and no accounts; the file's name may say so."""
    labels = {list_columns().get(normalised_label(column.name), "") for column in table.columns}
    if "name" not in labels and "uscc" not in labels:
        return False
    numbers = [column for column in table.columns if column.cell_kind == "number" and column.name not in ROW_NUMBERS]
    accounts = [column for column in numbers if list_columns().get(normalised_label(column.name), "") not in ("batch",)]
    says_recognition = _recognition_words(table)
    if accounts or (year is not None and year.key == "year" and not says_recognition):
        return False
    return says_recognition or len(table.columns) <= 2


def _vendor(table: SheetTable) -> str:
    """The vendor whose item codes or tags the header has."""
    labels = {label for column in table.columns for label in (column.label, column.long_label) if label}
    for name in ITEM_CODES:
        codes = [label for label in preset(name).columns if label.isascii() and label in labels]
        if len(codes) > 1:
            return name
    if any(UNIT_TAG.search(label) or "[报告期]" in label for label in labels):
        return "wind"
    return "nbs" if any(preamble_line.startswith("数据库") for preamble_line in table.preamble) else ""


def _year_columns_table(table: SheetTable, vendor: str) -> ClassifiedTable:
    """Years (or measures over years) as columns."""
    text_columns = [
        column for column in table.columns if column.cell_kind == "text" and column.label and not year_of(column.label)
    ]
    if not text_columns:
        return _unused_table(table, "年份为列,但没有地区、行业等单元列", "years are columns, and no column names units")
    measures = next((text_column for text_column in text_columns if normalised_label(text_column.label) in NAME_WORDS), None)
    unit_column = next((text_column for text_column in text_columns if normalised_label(text_column.label) in UNIT_WORDS), None)
    unit = next(
        (
            text_column
            for text_column in _by_unit_rank(text_columns)
            if text_column is not measures and text_column is not unit_column
        ),
        None,
    )
    if unit is None:
        return _unused_table(table, "年份为列,但没有地区、行业等单元列", "years are columns, and no column names units")
    layout: Layout = "bands" if table.bands else "years_of_measures" if measures else "years"
    return ClassifiedTable(table, _panel_role(table, (unit,)), layout, (unit,), None, measures, None, unit_column, vendor)


def _row_per_year_table(table: SheetTable, year: SheetColumn | None, vendor: str) -> ClassifiedTable:
    text_columns = [column for column in table.columns if column.cell_kind == "text" and column.value_count]
    measures = next(
        (
            text_column
            for text_column in text_columns
            if normalised_label(text_column.label) in NAME_WORDS
            and (len(text_column.distinct_values) > 1 or _has_several_units(text_columns))
        ),
        None,
    )
    values = [column for column in table.columns if column.cell_kind == "number"]
    value = next(
        (text_column for text_column in values if normalised_label(text_column.label) in VALUE_WORDS),
        values[0] if len(values) == 1 else None,
    )
    if measures is not None and value is not None:
        units, duplicates = _unit_columns(
            [text_column for text_column in text_columns if text_column is not measures], (year, measures), table.rows
        )
        unit_column = next(
            (text_column for text_column in text_columns if normalised_label(text_column.label) in UNIT_WORDS), None
        )
        if units:
            return ClassifiedTable(
                table, _panel_role(table, units), "long", units, year, measures, value, unit_column, vendor, None, duplicates
            )
    if _is_firm_table(table, year, vendor):
        firm = (_firm_codes(table) or _firm_names(table))[0]
        kinds = _kinds_of_rows(table, firm, year)
        if kinds is not None:
            return _table_of_kinds(table, kinds)
        return ClassifiedTable(table, "firms", "plain", (firm,), year, preset=vendor)
    units, duplicates = _unit_columns(text_columns, (year,), table.rows)
    if not units:
        return _unused_table(table, "没有能当评价单元的文本列(如地区、行业、企业)", "no column of texts could name units")
    if duplicates > MOST_DUPLICATES * table.rows:
        label = units[0].label
        zh = f"按“{label}”与年份大多重复,不是一个单元一年一行"
        return _unused_table(table, zh, f"most rows repeat {label!r} and year: they are no units by year")
    return ClassifiedTable(table, _panel_role(table, units), "plain", units, year, preset=vendor, duplicates=duplicates)


def _kinds_of_rows(table: SheetTable, firm: SheetColumn, year: SheetColumn | None) -> SheetColumn | None:
    """The column of texts that separates several rows of a firm and year, such as kinds of patents; None without such rows."""
    types = [column for column in table.columns if column.key == "statement_type"]
    keys = list(zip(firm.cells, *(column.cells for column in (year, *types) if column is not None)))
    if len(set(keys)) == len(keys):
        return None
    text_columns = [column for column in table.columns if column.cell_kind == "text" and column not in (firm, *types)]
    return next(
        (
            column
            for column in text_columns
            if 1 < len(column.distinct_values) <= MOST_KINDS and len(set(zip(keys, column.cells))) == len(keys)
        ),
        None,
    )


def _table_of_kinds(table: SheetTable, kinds: SheetColumn) -> ClassifiedTable:
    """Such a table is not used: which column of numbers is meant, and the name of each kind, its author must say."""
    numbers = [column.label for column in table.columns if column.cell_kind == "number"]
    columns = ", ".join(f"{kind}: ?" for kind in kinds.distinct_values)
    shape = f"reshape: {{names: {kinds.label}, values: {numbers[0] if numbers else '?'}, columns: {{{columns}}}}}"
    return _unused_table(
        table,
        f"同一企业同一年有多行,按“{kinds.label}”区分;请自写一个数据源,加上 {shape}(values 可为 {'、'.join(numbers)})",
        f"several rows of a firm and year, distinguished by {kinds.label!r}; write a source of your own with {shape} "
        f"(values: one of {', '.join(numbers)})",
    )


def _has_several_units(text_columns: Sequence[SheetColumn]) -> bool:
    return any(normalised_label(column.label) in UNIT_WORDS and len(column.distinct_values) > 1 for column in text_columns)


def _is_firm_table(table: SheetTable, year: SheetColumn | None, vendor: str) -> bool:
    codes = _firm_codes(table)
    if year is None or not (codes or _firm_names(table)):
        return False
    accounts = [column for column in table.columns if column.cell_kind == "number" and firm_column(column)]
    return bool(
        vendor in ITEM_CODES
        or vendor == "wind"
        or len(accounts) > 1
        or (codes and any(sheet_column.code_meaning == "industry" for sheet_column in table.columns))
    )


def firm_column(column: SheetColumn) -> str:
    """The column of the firm table that a label names, else ''."""
    return _column_of(column, firm_columns())


def industry_column(column: SheetColumn) -> str:
    """The column of the industry table that a label names, else ''."""
    return _column_of(column, industry_columns())


def is_trade(table: ClassifiedTable) -> bool:
    """Whether all that a table by industry measures is exports and imports."""
    names = {industry_column(column) for column in table.table.columns_of_kind("number")}
    return table.role == "industry" and names <= TRADE.columns.keys()


def _column_of(column: SheetColumn, columns_by_label: Mapping[str, str]) -> str:
    return next(
        (
            columns_by_label[key]
            for label in (column.label, column.name, column.long_label)
            if (key := normalised_label(label)) in columns_by_label
        ),
        "",
    )


def _panel_role(table: SheetTable, units: Sequence[SheetColumn]) -> Role:
    """industry where rows are industries alone and two or more of its columns are known there."""
    industry_columns = [column for column in table.columns if column.cell_kind == "number" and industry_column(column)]
    has_single_header = not table.years_across and not table.bands
    return (
        "industry"
        if [unit_key(sheet_column) for sheet_column in units] == ["industry_code"]
        and len(industry_columns) > 1
        and has_single_header
        else "panel"
    )


def _by_unit_rank(text_columns: Sequence[SheetColumn]) -> list[SheetColumn]:
    """The columns that may name units, the likeliest first: no unit of measurement, source or remark does."""
    rank_of_key = {"province_code": 0, "industry_code": 1, "firm_id": 2, "city_code": 3, "": 4}
    candidates = [column for column in text_columns if normalised_label(column.label) not in UNIT_WORDS | provenance_words()]
    return sorted(candidates, key=lambda column: rank_of_key[unit_key(column)])


def _unit_columns(
    text_columns: Sequence[SheetColumn], further_keys: Sequence[SheetColumn | None], rows: int
) -> tuple[tuple[SheetColumn, ...], int]:
    """The text column, or pair, that with the others names each row once; else the best column, with its duplicates."""
    ranked_columns = _by_unit_rank(text_columns)
    further_cells = [column.cells for column in further_keys if column is not None]
    candidates = [(column,) for column in ranked_columns] + [
        (first_column, second_column)
        for column_index, first_column in enumerate(ranked_columns[:4])
        for second_column in ranked_columns[column_index + 1 : 4]
    ]
    best_columns: tuple[tuple[SheetColumn, ...], int] = ((), rows)
    for columns in candidates:
        keys = [key for key in zip(*(column.cells for column in columns), *further_cells) if key[0] and key[0] not in totals()]
        duplicates = len(keys) - len(set(keys))
        is_full = columns[0].value_count >= MAJORITY * rows
        if keys and duplicates == 0 and is_full:
            return columns, 0
        is_likely = (len(columns) == 1 and unit_key(columns[0])) or (is_full and duplicates <= FEW_DUPLICATES * rows)
        if keys and is_likely and duplicates < best_columns[1]:
            best_columns = columns, duplicates
    return best_columns
