"""codebook: every column of every published table, and every indicator with formula, unit, direction and source."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import pandas as pd

from .canonical import LINKAGES
from .study.records import Band, Study
from .tables import TABLES

TEXT = r'"(?:[^"\\]|\\.)*"'
LABEL_LINE = re.compile(
    rf"(?P<name>[A-Za-z0-9_.]+): *\{{zh: *(?P<zh>{TEXT}), *en: *(?P<en>{TEXT})(?:, *unit: *(?P<unit>{TEXT}))?\}} *"
)
LINKED_TABLES = ("linkages", "network")
"""Tables whose figures of linkage are those of the canonical table."""


class ColumnLabel(NamedTuple):
    """What a column is called in both languages, and its unit of measure."""

    zh: str
    en: str
    unit: str = ""


def codebook(study: Study, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row per column of each table made, then one per indicator (table `indicators`, column = its id)."""
    columns = [
        _codebook_column(table_name, column)
        for table_name in sorted(tables)
        if table_name in TABLES
        for column in TABLES[table_name].columns
    ]
    return pd.DataFrame([*columns, *_indicators(study)])


def _codebook_column(table: str, column: str) -> dict[str, str]:
    label = column_label(table, column)
    return {"table": table, "column": column, "label_zh": label.zh, "label_en": label.en, "unit": label.unit}


def column_label(table: str, column: str) -> ColumnLabel:
    """What a column of a published table holds: this table's own text, else the general one.

    Raises LookupError where labels.yaml has neither.
    """
    label = labels().get(f"{table}.{column}")
    if label is None and table in LINKED_TABLES and column in LINKAGES.columns:
        canonical = LINKAGES.columns[column]
        label = ColumnLabel(canonical.zh, canonical.en, canonical.unit)
    label = label or labels().get(column)
    if label is None:
        raise LookupError(f"no label for column {column!r} of table {table!r}: give it one in labels.yaml")
    return label


@cache
def labels() -> dict[str, ColumnLabel]:
    """column, or table.column -> its name in both languages and its unit, as labels.yaml has it.

    That file has a pair in each line, `name: {zh: "...", en: "..."}`: a reader of all YAML takes longer over it than the whole
    workbook takes. Raises ValueError where a line is neither that nor a comment.
    """
    text = (files(__package__) / "labels.yaml").read_text("utf-8")
    pairs = {line: LABEL_LINE.fullmatch(line) for line in text.splitlines() if line and not line.startswith("#")}
    if faulty_lines := [line for line, pair in pairs.items() if pair is None]:
        raise ValueError(f"labels.yaml: not a name with a pair of texts: {faulty_lines[0]}")
    return {
        pair["name"]: ColumnLabel(json.loads(pair["zh"]), json.loads(pair["en"]), json.loads(pair["unit"] or '""'))
        for pair in pairs.values()
        if pair is not None
    }


def _indicators(study: Study) -> list[dict[str, str]]:
    """Formula, unit, direction and source of each indicator as indicators.yaml states them."""
    return [
        {"table": "panel", "column": id, "label_zh": leaf.label.zh, "label_en": leaf.label.en, "unit": leaf.unit}
        | {"direction": _direction(leaf.direction), "formula": f"{leaf.table}: {leaf.formula}", "source": leaf.source}
        for id, leaf in study.indicators.indicators.items()
    ]


def _direction(direction: int | Band) -> str:
    if isinstance(direction, Band):
        return f"{direction.band[0]:g}-{direction.band[1]:g}"
    return "positive 正向" if direction > 0 else "negative 负向"
