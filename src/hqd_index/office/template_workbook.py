"""The template: one workbook with a sheet for firms, industries, the recognition list and the indicator system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from ..errors import ConfigError, SetupError
from ..report.workbook.sheet_format import CellStyles, open_book
from .double_click import write_starters
from .template_sheets import YEARS, TemplateColumn, TemplateSheet, choice_texts, template_content, template_sheets

HEADER_ROW, EXAMPLE_ROW, FIRST_ROW, LAST_ROW = 2, 3, 4, 3000
NOTES_WIDTH = 100
GREY = {"italic": True, "font_color": "#8A949E", "valign": "vcenter"}
CELL_FORMATS = {"text": "@", "date": "yyyy-mm-dd", "number": "General"}


def write_template(path: Path, language: str) -> list[Path]:
    """Writes the workbook and the files that run it by a double click beside it; the files written.

    ConfigError where the name does not end in .xlsx, SetupError where one of the files is there already.
    """
    if path.suffix.lower() != ".xlsx":
        raise ConfigError("the name must end in .xlsx", zh="文件名须以 .xlsx 结尾", location=str(path))
    if path.exists():
        raise SetupError(
            "the file is there already and stays as it is; choose another name",
            zh="文件已存在,未改动;请换一个文件名",
            location=str(path),
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    sheets, content = template_sheets(language), template_content()
    workbook = open_book(path, content["notes"]["lines"][0][language], "hqd template")
    styles, choices = CellStyles(workbook), choice_texts(language)
    _notes_sheet(workbook.add_worksheet(content["notes"]["name"][language]), styles, language)
    option_sheet_name = content["options"]["name"][language]
    lists = {
        name: f"='{option_sheet_name}'!${xl_col_to_name(position)}$3:${xl_col_to_name(position)}${len(texts) + 2}"
        for position, (name, texts) in enumerate(choices.items())
    }
    for sheet in sheets:
        _sheet(workbook.add_worksheet(sheet.name), styles, sheet, lists, language)
    _options_sheet(workbook.add_worksheet(option_sheet_name), styles, choices, content["options"]["title"][language])
    workbook.close()
    return [path, *write_starters(path, language)]


def _notes_sheet(worksheet: Any, styles: CellStyles, language: str) -> None:
    title, *lines = [line[language] for line in template_content()["notes"]["lines"]]
    worksheet.hide_gridlines(2)
    worksheet.set_column(0, 0, NOTES_WIDTH)
    worksheet.write_string(0, 0, title, styles(bold=True, font_size=14))
    for row, line in enumerate(lines):
        worksheet.set_row(row + 2, 30)
        worksheet.write_string(row + 2, 0, line, styles(text_wrap=True, valign="vcenter"))


def _sheet(worksheet: Any, styles: CellStyles, sheet: TemplateSheet, lists: dict[str, str], language: str) -> None:
    """Title, header, example row, and the format and check of the cells to fill in."""
    worksheet.write_string(0, 0, sheet.title, styles(bold=True, font_size=13))
    worksheet.set_row(HEADER_ROW, 34)
    worksheet.set_row(EXAMPLE_ROW, 20)
    for position, column in enumerate(sheet.columns):
        cell_format = CELL_FORMATS[column.dtype]
        worksheet.set_column(position, position, column.width, styles(num_format=cell_format))
        worksheet.write_string(HEADER_ROW, position, column.header, styles.header())
        example_style = styles(num_format=cell_format, **GREY)
        if isinstance(column.example, str):
            worksheet.write_string(EXAMPLE_ROW, position, column.example, example_style)
        else:
            worksheet.write_number(EXAMPLE_ROW, position, column.example, example_style)
        if check := _cell_check(column, lists, language):
            worksheet.data_validation(FIRST_ROW, position, LAST_ROW, position, check)
    worksheet.freeze_panes(HEADER_ROW + 1, 1)
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEADER_ROW)


def _cell_check(column: TemplateColumn, lists: dict[str, str], language: str) -> dict[str, Any] | None:
    """What Excel checks as a cell is typed; a warning that may be overruled, since the program reads other spellings too."""
    messages = {name: texts[language] for name, texts in template_content()["messages"].items()}
    warning = {"ignore_blank": True, "error_type": "warning", "error_title": column.header[:32]}
    if column.choice == "years":
        return {"validate": "integer", "criteria": "between", "minimum": YEARS[0], "maximum": YEARS[1],
                "error_message": messages["year"], **warning}  # fmt: skip
    if column.choice:
        return {"validate": "list", "source": lists[column.choice], "error_message": messages["choice"], **warning}
    if column.dtype == "number":
        return {"validate": "decimal", "criteria": ">", "value": -1e15, "error_message": messages["number"], **warning}
    return None


def _options_sheet(worksheet: Any, styles: CellStyles, choices: dict[str, list[str]], title: str) -> None:
    worksheet.write_string(0, 0, title, styles(**GREY))
    for position, texts in enumerate(choices.values()):
        worksheet.set_column(position, position, 2 + 2 * max(map(len, texts)))
        for row, text in enumerate(texts):
            worksheet.write_string(row + 2, position, text, styles())
