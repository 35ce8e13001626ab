"""Published tables as they are: a grid per table of the contract, ids by name, the codebook's names in the header."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ...codebook import column_label
from ...country_names import country_name
from ...tables import TABLES
from ..bilingual import BLANK_TEXT, Bilingual
from ..key_labels import LABELLED, NODE_COLUMNS, controls_label, density_label, effects_label, key_label
from ..label_catalogue import LEVEL_LABELS, unit_name
from ..number_format import is_missing
from ..results import Results
from ..table_notes import note_text
from ..wording import listing, wording, wordings
from .grid import Column, Grid

CELL_FORMATS = {"text": "text", "int": "int", "number": "4", "share": "3", "p": "p", "flag": "text"}
COLUMN_WIDTHS = {"text": 18, "int": 10, "4": 12, "year": 8, "p": 10}
YEAR_COLUMNS = ("year", "from_year", "to_year", "io_year", "first_year", "effect_year")
MAX_ROWS = 600
"""Rows of a sheet made to be read; of a longer table it shows the latest year, and at most so many rows, and says so."""
NARROWEST_TEXT, LONG_TEXT, WIDEST_TEXT = 9, 26, 48
"""Widths of a column of text; one as long as the second is broken into lines."""
MAX_OBSTACLES = 5
"""Obstacles shown per unit."""
SHORT_BRACKET_LENGTH = 8
"""Signs of a bracket that stays in a header, such as a unit of measure."""

RowChoice = Callable[[pd.DataFrame], "pd.Series[bool]"]
ROW_CHOICES: dict[str, RowChoice] = {
    "obstacles": lambda rows: rows["place"].notna() & (rows["place"] <= MAX_OBSTACLES),
    "chokepoints": lambda rows: rows["chokepoint"].fillna(0) == 1,
    "alerts": lambda rows: rows["alarm"].ge(2) | rows["kind"].isin(["stale", "firms"]),
    "evaluation": lambda rows: ~rows["quantity"].isin(["unit_change", "forecast"]),
    "sensitivity": lambda rows: rows["output"] == "mean_shift",
}
"""Table -> the rows that a reader wants; text/grids.yaml has how the note says so."""
ACTORS: dict[str, Bilingual] = wordings("grids.actor")
"""List -> who acts on it, and on what evidence."""
ROW_ORDERS = {
    "priority": ["kind", "rank", "node"],
    "alerts": ["-alarm", "-first_year", "kind", "-score"],
    "growth_stages": ["unit", "kind", "stage", "firm_id"],
    "chokepoints": ["-imports", "hs6"],
}
"""Table -> the columns that put its rows in the order of use, `-` falling; other tables are in the order of their key."""
NAMED_BESIDE = {"whatif": ("action",), "extraction": ("case",), "sensitivity": ("factor",), "evaluation": ("node",)}
"""Table -> ids left to the CSV, since the name beside them says all."""
LATEST_YEAR_ONLY = ("ranks", "neighbours", "linkages", "chokepoints", "priority", "alerts")
"""Tables of which a reader wants the latest year."""


def published_grid(table_name: str) -> Callable[[Results], Grid | None]:
    """The grid of a table; a long one shows what is chosen, or its latest year only."""

    def grid(results: Results) -> Grid | None:
        if results.table(table_name).empty:
            return None
        shown_rows, note = _rows_to_show(results.table(table_name), table_name)
        shown_rows = _rows_in_order(shown_rows, table_name)
        columns = _columns_to_show(shown_rows, table_name)
        cells = [_cells(results, table_name, column, shown_rows) for column in columns]
        header = [
            fitted_column(column, texts, results.language) for column, texts in zip(_headers(results, table_name, columns), cells)
        ]
        title = Bilingual(TABLES[table_name].zh, TABLES[table_name].en)
        return Grid(title, tuple(header), tuple(zip(*cells)), (table_name,), with_actor(table_name, note))

    return grid


def _rows_in_order(shown_rows: pd.DataFrame, table_name: str) -> pd.DataFrame:
    """The rows in the order of use."""
    order = ROW_ORDERS.get(table_name)
    if order is None:
        return shown_rows
    falling = [column.startswith("-") for column in order]
    names = [column.removeprefix("-") for column in order]
    return shown_rows.sort_values(names, ascending=[not fall for fall in falling], na_position="last", kind="stable")


def _columns_to_show(shown_rows: pd.DataFrame, table_name: str) -> list[str]:
    """Columns that hold something; of a text in both languages one, of ids beside their names none."""
    columns = TABLES[table_name].columns
    return [
        column
        for column in columns
        if column in shown_rows.columns
        and shown_rows[column].notna().any()
        and column not in NAMED_BESIDE.get(table_name, ())
        and not (column.endswith("_en") and _twin(column) in columns)
    ]


def _twin(column: str) -> str:
    """The same text in the other language."""
    return f"{column[:-3]}_zh" if column.endswith("_en") else f"{column[:-3]}_en" if column.endswith("_zh") else ""


def _cells(results: Results, table_name: str, column: str, shown_rows: pd.DataFrame) -> Sequence[Any]:
    """What a column shows: names of its ids, a text in both languages, or its values."""
    if _twin(column) in shown_rows.columns:
        pairs = zip(shown_rows[column], shown_rows[_twin(column)])
        return [None if is_missing(zh) or is_missing(en) else Bilingual(str(zh), str(en)) for zh, en in pairs]
    if column == "import_export_ratio":
        return [export_ratio(ratio) for ratio in shown_rows[column]]
    if _has_labels(table_name, column):
        return _labels_of(results, table_name, column, shown_rows[column])
    return list(shown_rows[column])


def _headers(results: Results, table_name: str, columns: list[str]) -> Iterator[Column]:
    """The codebook's names of columns, with their units."""
    names, units = column_labels(results, table_name), column_units(results, table_name)

    def name(column: str) -> Bilingual:
        return names.get(column) or Bilingual(*column_label(table_name, column)[:2])

    for column in columns:
        label = (
            Bilingual(name(column).zh, name(_twin(column)).en) if _twin(column) in TABLES[table_name].columns else name(column)
        )
        dtype = "text" if (table_name, column) in CODED_COLUMNS else TABLES[table_name].columns[column]
        yield _header(column, dtype, label, units.get(column, ""))


def fitted_column(column: Column, column_cells: Iterable[Any], language: str) -> Column:
    """A column of text as wide as its texts, a long one in at most a few lines; others as they are."""
    if column.cell_format != "text":
        return column
    texts = {cell.of(language) if isinstance(cell, Bilingual) else str(cell) for cell in column_cells if not is_missing(cell)}
    longest = max((sum(2 if ord(character) > 0x2E80 else 1 for character in text) for text in texts), default=0)
    width = longest if longest < LONG_TEXT else max(LONG_TEXT, longest // 2)
    return replace(column, width=min(WIDEST_TEXT, max(NARROWEST_TEXT, width * 11 // 10 + 4)))


def _industries_label(results: Results, codes: str) -> Bilingual:
    """The names of industries whose codes are joined by '+'."""
    names = [results.unit_name(code) for code in str(codes).split("+")]
    return Bilingual("、".join(name.zh for name in names), ", ".join(name.en for name in names))


def with_id(id: str, label: Bilingual) -> Bilingual:
    """An id with its label beside it."""
    return label if label.zh == id else Bilingual(f"{id} {label.zh}", f"{id} {label.en}")


def input_table_label(table: str) -> Bilingual:
    """What a table that a study reads is called; its id for one of the study's own."""
    return wordings("workbook.input").get(table, Bilingual(table, table))


def _verdict_label(_: Results, verdict: int) -> Bilingual:
    return wording("grids.yes") if verdict == 1 else wording("grids.no")


HARDLY_ANY_EXPORTS = 1000.0
"""Imports over exports from which on the figure says only that there are hardly any exports."""


def export_ratio(ratio: float) -> float | Bilingual:
    """Imports over exports, or that there are hardly any exports, for which the table has a figure like 9999."""
    return wording("findings.hardly_any_exports") if ratio >= HARDLY_ANY_EXPORTS else ratio


NOTE_COLUMNS = ("note",)
"""Columns of notes, which a CSV has in English or in both languages at once."""
CODED_COLUMNS: dict[tuple[str, str], Callable[[Results, Any], Bilingual]] = {
    ("chokepoints", "hs6"): lambda results, hs6: results.product_name(hs6),
    ("chokepoints", "industries"): _industries_label,
    ("chokepoints", "top_source"): lambda _, code: Bilingual(*country_name(code)) if isinstance(code, str) else BLANK_TEXT,
    ("chokepoints", "chokepoint"): _verdict_label,
    ("sensitivity", "output"): lambda results, id: key_label(results, "quantity", id),
    ("mode_densities", "version"): lambda _, id: wording(f"workbook.label.version.{id}"),
    ("obstacles", "level"): lambda _, id: LEVEL_LABELS.get(id, Bilingual(id, id)),
    ("descriptives", "unit"): lambda _, unit: unit_name(unit),
    **{(table, "fixed_effects"): effects_label for table in ("mediators", "oaxaca")},
    **{(table, "controls"): controls_label for table in ("mediators", "oaxaca")},
    **{(table, "density"): density_label for table in ("mediators", "oaxaca")},
    ("sample_flow", "table"): lambda _, id: with_id(id, input_table_label(id)),
}
"""(Table, column) whose codes a sheet shows by name; the CSV has the codes."""


def with_actor(table_name: str, note: Bilingual) -> Bilingual:
    """A note that begins with who acts on the list."""
    actor = ACTORS.get(table_name, BLANK_TEXT)
    return Bilingual(f"{actor.zh}{note.zh}", " ".join(text for text in (actor.en, note.en) if text))


def _rows_to_show(table_rows: pd.DataFrame, table_name: str) -> tuple[pd.DataFrame, Bilingual]:
    """The rows to show and what is left out."""
    shown_rows, cuts = table_rows, []
    if table_name in ROW_CHOICES:
        shown_rows = table_rows[ROW_CHOICES[table_name](table_rows)]
        cuts.append(wording(f"grids.only.{table_name}", obstacles=MAX_OBSTACLES))
    if (
        (len(shown_rows) > MAX_ROWS or table_name in LATEST_YEAR_ONLY)
        and "year" in table_rows.columns
        and table_rows["year"].notna().any()
    ):
        last_year = shown_rows["year"].max()
        shown_rows = shown_rows[shown_rows["year"] == last_year]
        cuts.append(wording("grids.only.year", year=last_year))
    if len(shown_rows) > MAX_ROWS:
        shown_rows = shown_rows.head(MAX_ROWS)
        cuts.append(wording("grids.only.rows", rows=MAX_ROWS))
    if len(shown_rows) == len(table_rows):
        return table_rows, BLANK_TEXT
    return shown_rows, wording("grids.rest_in_csv", cuts=listing(cuts, "commas"), table=table_name)


def _has_labels(column_name: str, column: str) -> bool:
    """Whether a column holds flags or ids that are shown by name; no id beside its own name."""
    columns = TABLES[column_name].columns
    dtype = columns[column].rstrip("?")
    if (column_name, column) in CODED_COLUMNS or column in NOTE_COLUMNS:
        return True
    has_own_name = f"{column}_zh" in columns or (column in NODE_COLUMNS and "label_zh" in columns)
    return dtype == "flag" or (dtype == "text" and not has_own_name and column in LABELLED)


def _labels_of(results: Results, table_name: str, column: str, id_column: pd.Series) -> list[Any]:
    """The names of a column's ids, each looked up once; missing cells stay missing."""
    if column in NOTE_COLUMNS:
        return [None if is_missing(note) else note_text(str(note)) for note in id_column]
    label = CODED_COLUMNS.get((table_name, column), lambda results, id: key_label(results, column, id))
    names = {cell_id: label(results, cell_id) for cell_id in id_column.dropna().unique()}
    return [None if is_missing(cell_id) else names[cell_id] for cell_id in id_column]


def column_labels(results: Results, table_name: str) -> dict[str, Bilingual]:
    """column -> its names in the codebook."""
    codebook = results.table("codebook")
    rows = codebook[codebook["table"] == table_name] if len(codebook) else codebook
    return {
        codebook_row["column"]: Bilingual(codebook_row["label_zh"], codebook_row["label_en"])
        for codebook_row in rows.to_dict("records")
    }


def column_units(results: Results, table_name: str) -> dict[str, str]:
    """column -> its unit of measure in the codebook."""
    codebook = results.table("codebook")
    rows = codebook[(codebook["table"] == table_name) & codebook["unit"].fillna("").ne("")] if len(codebook) else codebook
    return dict(zip(rows["column"], rows["unit"])) if len(rows) else {}


def short_label(label: str) -> str:
    """A label as a header: up to the first long bracket, colon or comma; the whole label is in the codebook."""
    label_start = re.split(r"[：:；;，,]", re.sub(rf"[（(][^）)]{{{SHORT_BRACKET_LENGTH + 1},}}[）)]", "", label))[0].strip()
    return label_start or label


def _header(column: str, dtype: str, label: Bilingual, unit: str) -> Column:
    measure = unit_name(unit)
    zh, en = short_label(label.zh), short_label(label.en)
    if unit and measure.zh not in zh:
        zh, en = f"{zh}（{measure.zh}）", f"{en} ({measure.en})"
    style = "year" if column in YEAR_COLUMNS else CELL_FORMATS.get(dtype.rstrip("?"), "text")
    return Column(Bilingual(zh, en), style, COLUMN_WIDTHS.get(style, 12))
