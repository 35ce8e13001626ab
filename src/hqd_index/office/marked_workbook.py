"""A copy of a workbook beside it in which each faulty cell is red and says in a comment what is wrong and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import Faults, HqdError
from ..intake.read.workbooks.sheet_grid import column_of
from ..intake.read.workbooks.xlsx_sheets import xlsx_book
from ..study.records import Study
from ..study.study_folder import load_study
from .cell_marks import CellMark, marked_copy
from .workbook_study import WorkbookStudy

SUFFIX = {"zh": "_标注", "en": "_marked"}
ROW = re.compile(r"第\s*(\d+)\s*行|rows?\s+(\d+)", re.IGNORECASE)
CELL = re.compile(r"!([A-Z]{1,3})(\d+)")
SHEET = re.compile(r"\[([^\[\]]+)\]")
MAX_MARKS = 5000


@dataclass(frozen=True)
class SheetTexts:
    """The texts of a sheet, row by row from 1."""

    rows: list[list[str]]

    def row(self, number: int) -> list[str]:
        return self.rows[number - 1] if 0 < number <= len(self.rows) else []

    def first_filled_row(self) -> int:
        return next((number for number, cells in enumerate(self.rows, start=1) if any(cells)), 1)


def marked_name(workbook: Path, language: str) -> Path:
    """The copy's path."""
    return workbook.with_name(f"{workbook.stem}{SUFFIX[language]}{workbook.suffix}")


def mark_findings(workbook: Path, findings: pd.DataFrame, study: Study) -> Path | None:
    """The copy with the findings of the table `quarantine` marked; None, and no older copy, where there are none."""
    language = study.study.language
    target = marked_name(workbook, language)
    target.unlink(missing_ok=True)
    sheets = _sheet_cells(workbook)
    labels = _labels(study)
    marks = [
        CellMark(sheet, row, _column(sheets[sheet], row, finding, labels), _finding_text(finding, language))
        for finding in findings.head(MAX_MARKS).to_dict("records")
        if (sheet := _sheet_of(finding["sheet"], sheets)) and (row := int(finding["row"]))
    ]
    if not marks:
        return None
    marked_copy(workbook, marks, target)
    return target


def mark_refused(workbook: Path, study: WorkbookStudy | None, fault: HqdError, language: str) -> Path:
    """The copy for a run that was refused: the rows in its quarantine where there are some, else the faults themselves."""
    findings = sorted(study.results.glob("*/rejected/quarantine.csv")) if study else []
    if study and findings:
        rows = pd.read_csv(findings[0], dtype={"sheet": str, "column": str, "value": str}).fillna("")
        if copy := mark_findings(workbook, rows, load_study(study.configs).study):
            return copy
    return mark_faults(workbook, fault, language)


def mark_faults(workbook: Path, fault: HqdError, language: str) -> Path:
    """The copy with each fault at the row or sheet that it names, else at the first cell of the first sheet."""
    target, sheets = marked_name(workbook, language), _sheet_cells(workbook)
    marks = []
    for single_fault in fault.faults if isinstance(fault, Faults) else [fault]:
        text = single_fault.text(language)
        sheet = _named_sheet(single_fault, sheets) or next(iter(sheets))
        marks.append(CellMark(sheet, *_place(text, sheets[sheet]), text))
    marked_copy(workbook, marks, target)
    return target


def _place(text: str, cells: SheetTexts) -> tuple[int, int]:
    """The (row, column) that a message names, else the first cell of its row, else that of the sheet."""
    if cell := CELL.search(text):
        return int(cell[2]), column_of(cell[1]) + 1
    row_match = ROW.search(text)
    row = int(row_match[1] or row_match[2]) if row_match else cells.first_filled_row()
    return row, _first_column(cells.row(row))


def _sheet_cells(workbook: Path) -> dict[str, SheetTexts]:
    with xlsx_book(workbook, workbook.name) as book:
        return {sheet.name: SheetTexts(book.grid(sheet.name).rows) for sheet in book.sheets}


def _sheet_of(name: object, sheets: Mapping[str, SheetTexts]) -> str:
    """The sheet that a finding names; a workbook with one filled sheet has findings without a name."""
    if isinstance(name, str) and name in sheets:
        return name
    filled = [sheet for sheet, cells in sheets.items() if cells.rows]
    return filled[0] if len(filled) == 1 else ""


def _named_sheet(fault: HqdError, sheets: Mapping[str, SheetTexts]) -> str:
    return next((name for name in SHEET.findall(fault.text("zh")) if name in sheets), "")


def _labels(study: Study) -> dict[str, set[str]]:
    """Column -> the headers it is read from."""
    labels: dict[str, set[str]] = {}
    for source in study.sources.sources.values():
        for label, column in source.aliases.items():
            labels.setdefault(column, {column}).add(label)
    return labels


def _column(cells: SheetTexts, row: int, finding: Mapping[Hashable, object], labels: Mapping[str, set[str]]) -> int:
    """The column of a finding from 1: under the header of its column, else where its value is, else the first filled cell."""
    columns = [name for name in re.split(r"[,\s]+", str(finding["column"] or "")) if name]
    headers = {header for name in columns for header in labels.get(name, {name})}
    for header_row in cells.rows[: row - 1]:
        for position, cell in enumerate(header_row, start=1):
            if cell.strip() in headers:
                return position
    value = str(finding["value"] or "")
    for position, cell in enumerate(cells.row(row), start=1):
        if value and cell.strip() == value.strip():
            return position
    return _first_column(cells.row(row))


def _first_column(row_cells: Sequence[str]) -> int:
    return next((position for position, cell in enumerate(row_cells, start=1) if cell), 1)


def _finding_text(finding: Mapping[Hashable, object], language: str) -> str:
    parts = [f"[{finding['rule']}] {finding[f'expected_{language}']}", str(finding[f"mend_{language}"] or "")]
    return "\n".join(part for part in parts if part)
