"""quarantine.xlsx: the rows to mend: by rule, line by line with the bad cell marked, and whole raw rows to paste back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ...study.records import Study
from ..label_catalogue import KEY_LABELS, column_names
from ..results import counts_by_rule
from ..wording import wording
from .sheet_format import CellStyles, lines_needed, open_book, write_cell

WIDTHS = {
    "file": 26,
    "sheet": 12,
    "row": 10,
    "key": 30,
    "rule": 8,
    "column": 28,
    "value": 22,
    "expected": 44,
    "mend": 44,
    "severity": 10,
    "findings": 9,
    "rows": 9,
    "share": 11,
}
"""Columns and their widths; text/headers.yaml has their names."""
SUMMARY_COLUMNS = ("rule", "severity", "column", "findings", "rows", "share", "expected", "mend")
FINDING_COLUMNS = ("file", "sheet", "row", "key", "rule", "column", "value", "expected", "mend", "severity")
PLACE_COLUMNS = ["file", "sheet", "row"]
SHEET_ROWS = 1_000_000
"""Excel holds 1,048,576 rows; what is beyond goes on in a further sheet, so that nothing is cut."""


def write_quarantine(
    study: Study, quarantine: pd.DataFrame, raw_rows: pd.DataFrame | None, path: Path, *, counts: pd.DataFrame | None = None
) -> Path:
    """The workbook of findings (contract of tables.py) and of their whole rows `raw_rows` (file, sheet, row, cells ...).

    `counts`: findings and rows by rule and severity, where the list does not hold every warning.
    """
    language = study.study.language
    title = wording("workbook.quarantine.title")
    workbook = open_book(path, title.of(language), study.name)
    styles = CellStyles(workbook)
    findings = _findings_in(quarantine, language)
    counts = counts_by_rule(quarantine) if counts is None else counts
    counts = _labelled(counts.reset_index(), language).set_index(["rule", "severity"])
    summary_sheet = workbook.add_worksheet(wording("workbook.quarantine.summary").of(language))
    _summary_sheet(summary_sheet, styles, findings, counts, language)
    for name, sheet_part in _sheet_parts(wording("workbook.quarantine.lines").of(language), findings):
        _findings_sheet(workbook.add_worksheet(name), styles, sheet_part, language)
    for name, sheet_part in _sheet_parts(
        wording("workbook.quarantine.raw_rows").of(language), raw_rows if raw_rows is not None else pd.DataFrame()
    ):
        _raw_rows_sheet(workbook.add_worksheet(name), styles, sheet_part, _bad_cells(quarantine), language)
    workbook.close()
    return path


def _findings_in(quarantine: pd.DataFrame, language: str) -> pd.DataFrame:
    """Findings with texts in one language, in the order of file, sheet and row."""
    rows = quarantine.assign(expected=quarantine[f"expected_{language}"], mend=quarantine[f"mend_{language}"])
    return _labelled(rows, language).sort_values([*PLACE_COLUMNS, "rule"], kind="stable", ignore_index=True)


def _labelled(rows: pd.DataFrame, language: str) -> pd.DataFrame:
    """The rows with their severity in words."""
    return rows.assign(severity=rows["severity"].map(lambda key: KEY_LABELS["severity"][key].of(language)))


def _sheet_parts(sheet_name: str, findings: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """(name, rows) per sheet: one, unless Excel's limit asks for more."""
    for k in range(max(1, -(-len(findings) // SHEET_ROWS))):
        yield (sheet_name if k == 0 else f"{sheet_name} {k + 1}"), findings.iloc[k * SHEET_ROWS : (k + 1) * SHEET_ROWS]


def _write_header(worksheet: Any, styles: CellStyles, sheet_row: int, columns: tuple[str, ...], language: str) -> None:
    for j, name in enumerate(columns):
        worksheet.write_string(sheet_row, j, wording(f"headers.quarantine.{name}").of(language), styles.header())
        worksheet.set_column(j, j, WIDTHS[name])


def _print_setup(worksheet: Any, header: int) -> None:
    worksheet.hide_gridlines(2)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(header)


def _summary_sheet(worksheet: Any, styles: CellStyles, findings: pd.DataFrame, counts: pd.DataFrame, language: str) -> None:
    """One line per rule: findings, rows, share, what is expected, how to mend it."""
    title = wording("workbook.quarantine.heading")
    worksheet.write_string(0, 0, title.of(language), styles(bold=True, font_size=13))
    _write_header(worksheet, styles, 2, SUMMARY_COLUMNS, language)
    finding_total = int(counts["findings"].sum())
    sizes = dict(zip(counts.index, zip(counts["findings"].astype(int), counts["rows"].astype(int))))
    if finding_total > len(findings):
        worksheet.write_string(1, 0, wording("workbook.quarantine.first_warnings").of(language), styles())
    if findings.empty:
        worksheet.write_string(3, 0, wording("workbook.quarantine.nothing").of(language), styles())
    for i, ((rule, severity), rows) in enumerate(findings.groupby(["rule", "severity"], sort=True)):
        first_row, (finding_count, row_count) = rows.iloc[0], sizes[rule, severity]
        columns = column_names(rows["column"].dropna().astype(str)).of(language)
        summary_cells = (
            rule,
            severity,
            columns,
            finding_count,
            row_count,
            finding_count / finding_total,
            first_row["expected"],
            first_row["mend"],
        )
        needed_lines = [
            lines_needed(str(cell_value), WIDTHS[column_name])
            for cell_value, column_name in zip(summary_cells, SUMMARY_COLUMNS)
            if isinstance(cell_value, str)
        ]
        worksheet.set_row(3 + i, 15 * max(1, *needed_lines))
        for j, (cell_value, cell_format) in enumerate(
            zip(summary_cells, ("text", "text", "text", "int", "int", "%", "text", "text"))
        ):
            write_cell(worksheet, 3 + i, j, cell_value, styles.cell(cell_format), language)
    _print_setup(worksheet, 2)


def _findings_sheet(worksheet: Any, styles: CellStyles, findings: pd.DataFrame, language: str) -> None:
    """Every finding with place, key, value, what is expected and how to mend it; the bad cell is marked."""
    _write_header(worksheet, styles, 0, FINDING_COLUMNS, language)
    plain_style, marked_style, integer_style = (
        styles.cell("text"),
        styles.cell("text", bg_color="#FDE9E7", font_color="#9C1C12"),
        styles.cell("int"),
    )
    formats = [
        marked_style if column_name == "value" else integer_style if column_name == "row" else plain_style
        for column_name in FINDING_COLUMNS
    ]
    names = {columns: column_names([str(columns)]).of(language) for columns in findings["column"].dropna().unique()}
    named_findings = findings.assign(column=findings["column"].map(names))
    for i, record in enumerate(named_findings[list(FINDING_COLUMNS)].itertuples(index=False)):
        for j, (cell_value, style) in enumerate(zip(record, formats)):
            write_cell(worksheet, 1 + i, j, cell_value, style, language)
    worksheet.freeze_panes(1, 3)
    worksheet.autofilter(0, 0, max(1, len(findings)), len(FINDING_COLUMNS) - 1)
    _print_setup(worksheet, 0)


def _bad_cells(quarantine: pd.DataFrame) -> dict[tuple[Any, ...], set[str]]:
    """(file, sheet, row) -> text of the cells found wrong there."""
    texts_by_location: dict[tuple[Any, ...], set[str]] = {}
    for location, value in zip(_cell_locations(quarantine), quarantine["value"]):
        if isinstance(value, str):
            texts_by_location.setdefault(location, set()).add(value)
    return texts_by_location


def _cell_locations(findings: pd.DataFrame) -> list[tuple[Any, ...]]:
    """(file, sheet or None, row) of each record."""
    sheets = [sheet if isinstance(sheet, str) and sheet else None for sheet in findings["sheet"]]
    return list(zip(findings["file"], sheets, findings["row"].astype(int)))


def _raw_rows_sheet(
    worksheet: Any, styles: CellStyles, raw_rows: pd.DataFrame, bad_cells: dict[tuple[Any, ...], set[str]], language: str
) -> None:
    """Whole rows as they were read, file by file, each file under its own header; a bad cell is marked."""
    worksheet.set_column(0, 0, 26)
    plain_style, marked_style = styles.cell("text"), styles.cell("text", bg_color="#FDE9E7", font_color="#9C1C12")
    sheet_row, header = 0, None
    if raw_rows.empty:
        worksheet.write_string(0, 0, wording("workbook.quarantine.no_rows").of(language), styles())
        return
    sorted_rows = raw_rows.sort_values(PLACE_COLUMNS, kind="stable")
    for location, record in zip(_cell_locations(sorted_rows), sorted_rows.drop(columns=PLACE_COLUMNS).to_dict("records")):
        raw_column_names, raw_cells = _raw_cells({str(field_name): field_value for field_name, field_value in record.items()})
        if header != (location[:2], raw_column_names):
            header = (location[:2], raw_column_names)
            sheet_row += 1 if sheet_row else 0
            for j, field_name in enumerate(
                [*[wording(f"headers.quarantine.{place}").of(language) for place in PLACE_COLUMNS], *raw_column_names]
            ):
                worksheet.write_string(sheet_row, j, str(field_name), styles.header())
            sheet_row += 1
        for j, field_value in enumerate([*location, *raw_cells]):
            style = (
                marked_style
                if j > 2 and isinstance(field_value, str) and field_value in bad_cells.get(location, ())
                else plain_style
            )
            write_cell(worksheet, sheet_row, j, field_value, style, language)
        sheet_row += 1
    worksheet.freeze_panes(0, 3)


def _raw_cells(record: dict[str, Any]) -> tuple[tuple[str, ...], list[Any]]:
    """(column names, cells) of a raw row, which comes as columns or as one JSON list or object."""
    if len(record) == 1:
        raw_text = next(iter(record.values()))
        raw_cells = json.loads(raw_text) if isinstance(raw_text, str) else []
        if isinstance(raw_cells, dict):
            return tuple(raw_cells), [None if raw_value is None else str(raw_value) for raw_value in raw_cells.values()]
        return tuple(str(k + 1) for k in range(len(raw_cells))), [
            None if raw_value is None else str(raw_value) for raw_value in raw_cells
        ]
    return tuple(record), [
        None if raw_value is None or raw_value != raw_value else str(raw_value) for raw_value in record.values()
    ]
