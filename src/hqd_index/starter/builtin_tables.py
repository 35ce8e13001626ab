"""Tables that the program knows besides firms and industries: input-output, trade flows, links, crosswalks, batch totals."""

from __future__ import annotations

from ..intake.meaning.glyphs import normalised_label
from .known_words import table_words
from .sheet_tables import SheetColumn, SheetTable

NEEDS = {  # what must be there for a table to be taken for the built-in one
    "trade_hs6": ("exporter", "importer", "hs6", "value"),
    "io": ("from_code", "to_code", "use", "value"),
    "crosswalks": ("from_system", "from_code", "to_system", "to_code", "weight"),
    "links": ("supplier_id", "customer_id"),
    "subsidiaries": ("firm_id", "name"),
    "patents": ("patent_id", "year"),
    "deflators": ("code", "year", "series", "value"),
    "countries": ("country", "year", "gdp_per_capita"),
}
BATCH_TOTALS = {"batch", "year", "recognised"}


def builtin_table(sheet_table: SheetTable) -> str:
    """The built-in table whose columns a sheet has, else ''; a sheet with more numbers than that table knows is data to score."""
    for name, needs in NEEDS.items():
        columns = builtin_columns(sheet_table, name)
        other_columns = [column for column in sheet_table.columns_of_kind("number") if column not in columns.values()]
        if set(needs) <= columns.keys() and not other_columns:
            return name
    return ""


def is_batch_totals(sheet_table: SheetTable) -> bool:
    """Whether a table is the count of firms in each batch, as `srdi_list.batches` reads it."""
    return {normalised_label(label) for label in sheet_table.labels} >= BATCH_TOTALS


def builtin_columns(sheet_table: SheetTable, table_name: str) -> dict[str, SheetColumn]:
    """The columns of a sheet by the canonical names that their labels stand for."""
    words, columns_by_name = table_words(table_name), {}
    for column in sheet_table.columns:
        labels = [normalised_label(column_text) for column_text in (column.label, column.name, column.long_label)]
        canonical_name = next((words[label] for label in labels if label in words), "")
        if canonical_name and canonical_name not in columns_by_name and column.label:
            columns_by_name[canonical_name] = column
    return columns_by_name
