"""Sheets by names that tell them apart, also where several sources read parts of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from ...study.records import Source
from .clean_table import CleanTable


def with_distinct_sheets(clean_tables: Sequence[CleanTable], sources: Mapping[str, Source]) -> list[CleanTable]:
    """The tables, whose files name a sheet that several sources read with the block, or else the source, of each behind it."""
    if not clean_tables:
        return []
    files = pd.concat([clean_table.files[["file", "sheet", "source"]] for clean_table in clean_tables])
    sources_by_sheet = files.groupby(["file", "sheet"])["source"].unique().to_dict()
    return [
        replace(clean_table, files=clean_table.files.assign(sheet=_sheet_names(clean_table.files, sources_by_sheet, sources)))
        for clean_table in clean_tables
    ]


def _sheet_names(
    files: pd.DataFrame, sources_by_sheet: Mapping[object, Sequence[str]], sources: Mapping[str, Source]
) -> list[str]:
    return [
        sheet + _part(source_id, [sources[id].block for id in sources_by_sheet[file, sheet]], sources[source_id].block, sheet)
        for file, sheet, source_id in files[["file", "sheet", "source"]].itertuples(index=False)
    ]


def _part(source_id: str, blocks: Sequence[str | None], block: str | None, sheet: str) -> str:
    """What a source reads of a sheet, as its name goes on: '' of one source, `!A1:C13`, ` sources.two`."""
    if blocks.count(block) > 1:
        return f"{' ' if sheet else ''}sources.{source_id}"
    return f"{'!' if sheet else ''}{block}" if block and len(blocks) > 1 else ""
