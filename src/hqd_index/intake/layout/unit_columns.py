"""A column of units beside the values that no `reshape` names: its units hold for the table, or contradict each other."""

from __future__ import annotations

from dataclasses import replace

from ...canonical import CanonicalTable
from ...engines import Engine
from ...study.records import Source
from ..meaning.glyphs import normalised_label
from ..meaning.unit_labels import is_printed_unit, units_in_cell
from ..read.sheet_cells import SheetCells
from .header_rows import canonical_name, known_labels

LABELS = frozenset(("单位", "计量单位", "数量单位", "金额单位", "货币单位", "unit", "units", "unitofmeasure"))
MOST = 200


def with_unit_column(cells: SheetCells, source: Source, table: CanonicalTable, engine: Engine) -> SheetCells:
    """The sheet with the units of a column 单位 that nobody reads among those said above the table."""
    canonical_names = known_labels(source, table)
    units: list[str] = []
    for place, label in enumerate(cells.labels):
        if normalised_label(label) in LABELS and canonical_name(label, canonical_names, table) is None:
            unit_texts = engine.collect(f"SELECT DISTINCT trim(c{place}) AS text FROM {cells.table} ORDER BY 1 LIMIT {MOST}")[
                "text"
            ]
            units += [unit for unit_text in unit_texts if is_printed_unit(unit_text) for unit in units_in_cell(unit_text)]
    if not units:
        return cells
    units_above_header = tuple(dict.fromkeys((*cells.units_above_header, *units)))
    return replace(cells, units_above_header=units_above_header, units_of_rows=tuple(dict.fromkeys(units)))
