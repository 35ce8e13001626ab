"""Columns of a firm table that hold no amounts: names, codes, dates, years, kinds, and a status of 0 and 1."""

from __future__ import annotations

import re

from ..canonical import FIRMS
from ..intake.cells.coded_text import CodedColumn, code_reader
from ..intake.meaning.category_names import FLAGS
from ..intake.meaning.glyphs import normalised_label
from ..intake.meaning.identifiers import STOCK_DIGITS
from ..intake.meaning.industries import industry
from ..study.vendor_presets import preset
from .proposal import ProposedColumn, SourceDraft
from .proposed_names import Names
from .scored_units import EDITION
from .sheet_tables import MAJORITY, SheetColumn
from .table_roles import firm_column, unit_key

KEYS = ("firm_name", "uscc", "industry_code", "province_code", "statement_type", "city_code")
OTHERS = ("disclose_date", "found_year", "listed_year", "ownership", "address_type", "certified_intl", "largecust_direct")
STATUS = re.compile(r"专精特新|小巨人|srdi|little.?giant", re.IGNORECASE)
FLAG_VALUES = 2


def add_firm_texts(source_draft: SourceDraft) -> None:
    """Aliases of a firm table's columns that hold no amounts; of two alike the more informative one."""
    for column in sorted(
        source_draft.classified_table.table.columns, key=lambda column: (is_short_name(column), -_divisions(column))
    ):
        column_name = unit_key(column) if column.code_meaning in ("industry", "province") else column.key or firm_column(column)
        if not column.label or column.label in source_draft.aliases or column_name in source_draft.aliases.values():
            continue
        if (column.cell_kind == "text" and column_name in KEYS) or (column_name in OTHERS and _is_readable(column_name, column)):
            source_draft.aliases[column.label] = column_name
    _add_width(source_draft)
    _add_status(source_draft)
    if source_draft.classified_table.units[0].key == "firm_name":
        zh, en = (
            "没有填写企业代码,以企业名称识别企业;同一企业各年的名称须一致",
            "no code of firms is filled in: names identify firms, so a firm needs the same name in all years",
        )
        source_draft.source.remark("aliases", source_draft.add_guess(zh, en))


def is_short_name(column: SheetColumn) -> bool:
    """Whether a column of names holds short ones, which no recognition list has."""
    return any(
        "简称" in label or "short" in label.lower() or label.lower() == "stknme" for label in (column.label, column.long_label)
    )


def _divisions(column: SheetColumn) -> int:
    """How many divisions of manufacturing the texts of a column of industries name: a column of sections names none."""
    if column.code_meaning != "industry":
        return 0
    return len(
        {
            industry_match.code
            for industry_text in column.distinct_values
            if (industry_match := industry(industry_text, EDITION)).scope == "manufacturing"
        }
    )


def _is_readable(column_name: str, column: SheetColumn) -> bool:
    """Whether intake reads most texts of a column as the canonical one."""
    read_text = code_reader(CodedColumn(column_name, FIRMS.columns[column_name], in_key=False))
    are_readable = [read_text(cell_text).value is not None for cell_text in column.distinct_values]
    return bool(are_readable) and sum(are_readable) >= MAJORITY * len(are_readable)


def _add_width(source_draft: SourceDraft) -> None:
    """Six digits for stock codes that a spreadsheet took for numbers."""
    if source_draft.classified_table.preset and "firm_id" in preset(source_draft.classified_table.preset).pad:
        return
    codes = source_draft.classified_table.units[0]
    numbers = [cell for cell in codes.distinct_values if cell.isdigit()]
    short_codes = [digits_text for digits_text in numbers if len(digits_text) < STOCK_DIGITS]
    if short_codes and max(map(len, numbers)) <= STOCK_DIGITS and _is_stock_code(codes):
        source_draft.source.settings["pad"] = {"firm_id": STOCK_DIGITS}
        zh, en = (
            f"证券代码丢了前面的零({short_codes[0]}),补足六位",
            f"stock codes lost their zeros ({short_codes[0]}): six digits again",
        )
        source_draft.source.remark("pad", source_draft.add_guess(zh, en))


def _is_stock_code(column: SheetColumn) -> bool:
    words = " ".join((column.label, column.name, column.long_label)).lower()
    return any(stock_word in words for stock_word in ("证券", "股票", "上市", "stkcd", "scode", "symbol", "ticker"))


def _add_status(source_draft: SourceDraft) -> None:
    """A column of 0 and 1 whose label says 专精特新 is the status of firms where no list comes with them."""
    for column in source_draft.classified_table.table.columns:
        normalised_texts = {normalised_label(cell_text) for cell_text in column.distinct_values}
        says_status = any(STATUS.search(cell_text) for cell_text in (column.label, column.name, column.long_label))
        if (
            not says_status
            or column.label in source_draft.aliases
            or len(normalised_texts) != FLAG_VALUES
            or not normalised_texts <= FLAGS.keys()
        ):
            continue
        status_name = Names([*source_draft.table.columns, *FIRMS.columns]).unused_name("srdi")
        source_draft.aliases[column.label] = status_name
        source_draft.table.columns[status_name] = ProposedColumn(status_name, column.title, "", True, "flag", column)
        zh, en = f"“{column.title}”为 1(是)的企业年算作专精特新", f"firm-years with {column.title!r} = 1 count as SRDI"
        source_draft.proposal.status = (status_name, column.title, source_draft.proposal.add_guess("sources.status", zh, en))
        return
