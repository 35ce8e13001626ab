"""Optional columns that files lack: refused where a header may be a misprint of one, reported where one file lacks it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...canonical import CanonicalTable
from ...study.records import Source
from ..records.intake_notice import Notice
from .required_columns import MissingColumns, missing_columns, require_columns
from .text_columns import Sheet


def refuse_misprints(missing: MissingColumns, needed_columns: Collection[str], table: CanonicalTable, location: str) -> None:
    """DataError S06 where an unused label may stand for a missing column, or where none of a table's columns is there."""
    misprinted_names = missing.misprinted(table)
    if missing.unused_labels and set(missing.names) >= set(needed_columns) - set(table.key):
        misprinted_names = list(missing.names)
    require_columns(MissingColumns(misprinted_names, missing.sources, missing.unused_labels), table, location)


def partial_column_notices(
    sheets: Sequence[Sheet], source: Source, present_columns: Collection[str], table: CanonicalTable
) -> list[Notice]:
    """I-GAPS for each file that lacks columns which others of its source hold.

    DataError S06 where a label that no other file has, or one that resembles the column, may be the column under another name.
    """
    notices = []
    for sheet in sheets:
        names = missing_columns(sorted(present_columns), source, sheet.header.positions)
        if not names:
            continue
        other_labels = {label for other_sheet in sheets if other_sheet is not sheet for label in other_sheet.header.unused_labels}
        unshared_labels = [label for label in sheet.header.unused_labels if label not in other_labels]
        missing = MissingColumns(names, [source], sheet.header.unused_labels)
        misprinted_names = names if unshared_labels else missing.misprinted(table)
        require_columns(MissingColumns(misprinted_names, [source], sheet.header.unused_labels), table, sheet.cells.file)
        labels = [(name, table.columns[name]) for name in names]
        en = ", ".join(f"{name} ({column.en})" for name, column in labels)
        zh = "、".join(f"{name}({column.zh})" for name, column in labels)
        notices.append(
            Notice(
                "I-GAPS",
                sheet.cells.file,
                f"no column {en}, which other files of the source have: missing in all rows of this file",
                f"缺少列 {zh},同一数据源的其他文件有此列:本文件各行均为缺失",
            )
        )
    return notices
