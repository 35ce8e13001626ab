"""Which row is the header, and which of its labels are which canonical columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...canonical import CanonicalTable
from ...errors import DataError, closest
from ...study.records import Source
from ..cells.units_of_measure import UNITS, label_and_unit, normalised_label
from ..records.intake_notice import Notice

PEEK = 40
SUB_HEADERS = 3


@dataclass(frozen=True)
class HeaderMap:
    """Canonical column -> position in the sheet, units that labels name, and what was told on the way."""

    positions: dict[str, int]
    units: dict[str, str]
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Layout:
    """Which row the header is (from 1), its labels, how many rows below are labels too, and units they name."""

    row: int
    labels: tuple[str, ...]
    below: int
    units: tuple[tuple[int, str], ...] = ()


def known_labels(source: Source, table: CanonicalTable) -> dict[str, str]:
    """Normalised label -> canonical column; a study's aliases come before built-in names and labels."""
    built_in = {normalised_label(text): name for name, column in table.columns.items() for text in (column.zh, column.en)}
    names = {normalised_label(name): name for name in table.columns}
    aliases = {normalised_label(label): name for label, name in source.aliases.items()}
    return {**built_in, **names, **aliases, **_reshape_labels(source)}


def _reshape_labels(source: Source) -> dict[str, str]:
    if source.reshape is None:
        return {}
    parts = (source.reshape.names, source.reshape.values, source.reshape.units)
    return {normalised_label(part): f"reshape:{part}" for part in parts if part}


def header_place(rows: Sequence[Sequence[str]], column_by_label: Mapping[str, str]) -> int:
    """The place of the row with the most known labels, else of the first row that is not blank."""
    known_counts = [sum(canonical_name(label, column_by_label) is not None for label in row) for row in rows]
    if any(known_counts):
        return known_counts.index(max(known_counts))
    return next((n for n, row in enumerate(rows) if any(label.strip() for label in row)), 0)


def canonical_name(label: str, column_by_label: Mapping[str, str]) -> str | None:
    """The canonical column of a label, with or without a unit in brackets."""
    return column_by_label.get(normalised_label(label)) or column_by_label.get(normalised_label(label_and_unit(label)[0]))


def label_rows_below(rows: Sequence[Sequence[str]], numeric: Sequence[int]) -> int:
    """How many rows right below the header are labels or units: two or more number cells filled, no digit but in a unit.

    A data row whose numbers are all unreadable still has its code or year, and must not pass for a label.
    """
    label_rows = 0
    for row in rows[:SUB_HEADERS]:
        filled_cells = [row[k].strip() for k in numeric if k < len(row) and row[k].strip()]
        if len(filled_cells) < 2 or any(_has_digit(cell) for cell in row):
            break
        label_rows += 1
    return label_rows


def _has_digit(cell: str) -> bool:
    return any(mark.isdigit() for mark in cell) and cell.strip() not in UNITS


def header_layout(rows: Sequence[Sequence[str]], source: Source, table: CanonicalTable, where: str) -> Layout:
    """Header row, labels and label rows below it; DataError S02 when there is nothing under the header."""
    column_by_label = known_labels(source, table)
    place = header_place(rows, column_by_label) if source.header_row == "auto" else source.header_row - 1
    if place >= len(rows) or not any(label.strip() for label in rows[place]):
        raise no_rows(where)
    labels = tuple(label.strip() for label in rows[place])
    numbers = {name for name, column in table.columns.items() if column.dtype in ("number", "integer")}
    numeric = [k for k, label in enumerate(labels) if canonical_name(label, column_by_label) in numbers]
    below = label_rows_below(rows[place + 1 :], numeric)
    cells_below = [(k, cell.strip()) for row in rows[place + 1 : place + 1 + below] for k, cell in enumerate(row)]
    return Layout(place + 1, labels, below, tuple((k, unit) for k, unit in cells_below if unit in UNITS))


def no_rows(where: str) -> DataError:
    """S02: nothing to read."""
    return DataError(
        "0 rows under the header; fill the file, or mark the source `optional: true` and remove it",
        zh="表头之下 0 行;请补充数据,或把该数据源写成 `optional: true` 并移走文件",
        where=where,
        rule="S02",
    )


def map_labels(
    labels: Sequence[str], printed_units: Mapping[int, str], source: Source, table: CanonicalTable, where: str
) -> HeaderMap:
    """Positions and units (in brackets, or `printed` below a label) of canonical columns; DataError S05 for a label twice."""
    _refuse_repeated_labels(labels, where)
    column_by_label = known_labels(source, table)
    positions: dict[str, int] = {}
    unused_labels: list[str] = []
    for place, label in enumerate(labels):
        name = canonical_name(label, column_by_label)
        if name is None:
            unused_labels.append(label)
        elif name in positions:
            raise _repeated_column(f"{labels[positions[name]]!r} / {label!r} -> {name}", where)
        else:
            positions[name] = place
    units = {
        name: unit for name, place in positions.items() if (unit := label_and_unit(labels[place])[1] or printed_units.get(place))
    }
    return HeaderMap(positions, units, _unused_label_notices(unused_labels, where))


def _refuse_repeated_labels(labels: Sequence[str], where: str) -> None:
    counts = Counter(normalised_label(label) for label in labels if label.strip())
    repeated_labels = [label for label in labels if label.strip() and counts[normalised_label(label)] > 1]
    if repeated_labels:
        raise _repeated_column(", ".join(repr(label) for label in dict.fromkeys(repeated_labels)), where)


def _repeated_column(labels: str, where: str) -> DataError:
    return DataError(
        f"the header names a column twice: {labels}; rename or delete one of them",
        zh=f"表头有重复列:{labels};请改名或删除其中一列",
        where=where,
        rule="S05",
    )


def required_columns(source: Source, table: CanonicalTable, positions: Collection[str], needed: Collection[str]) -> list[str]:
    """The columns a file of this source must hold: key, required ones, those the study computes with; constants are given.

    An industry code needs its edition (36 is special equipment in 2002, motor vehicles in 2011).
    """
    reshape_columns = list(dict.fromkeys(_reshape_labels(source).values()))
    required = [
        *table.key,
        *(name for name, column in table.columns.items() if column.required or name in needed),
        *reshape_columns,
    ]
    if any(table.columns[name].code == "industry" for name in positions if name in table.columns):
        required.append("industry_version")
    wide_columns = set(source.reshape.columns.values()) if source.reshape else set()
    dated_columns = {"year"} if "statement_date" in positions else set()
    return [
        name for name in dict.fromkeys(required) if name not in {*source.constants, *wide_columns, *dated_columns, *positions}
    ]


def require_columns(
    missing: Sequence[str], sources: Sequence[Source], table: CanonicalTable, labels: Sequence[str], where: str
) -> None:
    """DataError S06 for the columns that are missing, each with the labels it is known by and the nearest one."""
    en, zh = [], []
    for name in missing:
        column = table.columns.get(name)
        source_name = name.removeprefix("reshape:")
        names = [source_name, *(alias for source in sources for alias, target in source.aliases.items() if target == name)]
        names += [column.zh, column.en] if column else []
        nearest = next((best for candidate in names if (best := closest(candidate, [x for x in labels if x]))), None)
        accepted = ", ".join(dict.fromkeys(names))
        en.append(f"{source_name} (accepted labels: {accepted}" + (f"; is it {nearest!r}?)" if nearest else ")"))
        zh.append(f"{source_name}(可识别的列名:{accepted}" + (f";是不是 {nearest!r}?)" if nearest else ")"))
    if en:
        mend = "add the label under `aliases`, or a fixed value under `constants`, of this source in sources.yaml"
        raise DataError(
            f"required column missing: {'; '.join(en)}; {mend}",
            zh=f"缺少必需的列:{';'.join(zh)};请在 sources.yaml 该数据源的 `aliases` 加上列名,或在 `constants` 写固定值",
            where=where,
            rule="S06",
        )


def _unused_label_notices(labels: Sequence[str], where: str) -> tuple[Notice, ...]:
    unused_labels = [label for label in labels if label.strip()]
    if not unused_labels:
        return ()
    listed = ", ".join(unused_labels[:20]) + (" ..." if len(unused_labels) > 20 else "")
    return (Notice("S07", where, f"{len(unused_labels)} columns not used: {listed}", f"{len(unused_labels)} 列未采用:{listed}"),)
