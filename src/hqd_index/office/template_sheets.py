"""What the template holds: its sheets with their columns, units, drop-downs and example rows, in either language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..canonical import CANONICAL
from ..intake.meaning.official_codes import divisions, provinces
from ..study.yaml_document import Document, read_text

CONTENT = Path(__file__).parent / "template_sheets.yaml"
YEARS = (1990, 2100)


@dataclass(frozen=True)
class TemplateColumn:
    """A column: its header with the unit in brackets, width, the cell of the example row, and the name of its drop-down."""

    header: str
    width: int
    example: str | float
    choice: str
    dtype: str  # text, number or date


@dataclass(frozen=True)
class TemplateSheet:
    """A sheet to fill in; `id` is the table it is for, or system."""

    id: str
    name: str
    title: str
    columns: tuple[TemplateColumn, ...]


@cache
def template_content() -> dict[str, Any]:
    """The file of the template's texts, as it is written."""
    document = read_text(CONTENT.read_text("utf-8"), Document(CONTENT.name))
    content: dict[str, Any] = document.value
    return content


def template_sheets(language: str) -> tuple[TemplateSheet, ...]:
    """The sheets to fill in, in their order."""
    return tuple(
        TemplateSheet(
            sheet_id,
            sheet["name"][language],
            sheet["title"][language],
            tuple(_column(sheet_id, column, language) for column in sheet["columns"]),
        )
        for sheet_id, sheet in template_content()["sheets"].items()
    )


def _column(sheet_id: str, column: dict[str, Any], language: str) -> TemplateColumn:
    known_column = CANONICAL[sheet_id].columns.get(column["id"]) if sheet_id in CANONICAL else None
    label = column["label"][language] if "label" in column else str(getattr(known_column, language))
    unit = _in_language(column.get("unit", ""), language)
    brackets = ("（{}）", " ({})")[language == "en"].format(unit) if unit else ""
    example = _in_language(column["example"], language)
    dtype = "date" if column.get("date") else "text" if isinstance(example, str) else "number"
    return TemplateColumn(f"{label}{brackets}", column.get("width", 16), example, column.get("choice", ""), dtype)


def _in_language(text: Any, language: str) -> Any:
    return text[language] if isinstance(text, dict) else text


def choice_texts(language: str) -> dict[str, list[str]]:
    """The texts of each drop-down."""
    choices = {name: list(texts[language]) for name, texts in template_content()["choices"].items()}
    industries, regions = divisions(), provinces()
    names = industries["zh"] if language == "zh" else industries["code"]
    return choices | {
        "industries": [str(name) for name in names],
        "provinces": [str(name) for name in regions["short_zh" if language == "zh" else "en"]],
    }


def names_in_any_language(part: str) -> tuple[str, ...]:
    """What a part of the template (notes, options) is called as a sheet, in every language."""
    return tuple(template_content()[part]["name"].values())


def example_words() -> tuple[str, ...]:
    """How the first cell of an example row begins, in every language."""
    return tuple(template_content()["example"].values())
