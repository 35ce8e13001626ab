"""Sheets whose keys stand in header rows, side by side or turned, as records: one per cell, per list or per column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...canonical import CanonicalTable
from ...errors import DataError
from ...study.records import Reshape, Source
from ..meaning.glyphs import normalised_label
from ..meaning.header_years import year_of
from ..meaning.notes import Candidate, note_rows
from ..meaning.unit_labels import label_and_unit, units_above
from ..records.intake_notice import Notice
from ..records.scope_reasons import BLANK, HEADER, NOTE
from .header_rows import PEEK, canonical_name, header_layout, known_labels, no_rows

MEASURE = "measure"
MEASURE_LABEL, VALUE_LABEL, UNIT_LABEL = "hqd measure", "hqd value", "hqd unit"
DEFAULT = "*"

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Records:
    """Labels and records of a sheet; each record has its row (0-based in the block) and the column it comes from, if one.

    `set_aside`: rows that hold none, and why. `turned`: a record is a column, so that every row holds a part of each.
    """

    labels: tuple[str, ...]
    header_row: int
    records: list[tuple[int, int, list[str]]]
    set_aside: list[tuple[int, str]] = field(default_factory=list)
    units: tuple[tuple[int, str], ...] = ()
    above: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    turned: bool = False


def records_of(rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """The records of a sheet by the `reshape` of its source; DataError S06 when no header row fits, S02 without records."""
    reshape = source.reshape or Reshape()
    if reshape.transpose:
        made = _turned(rows, source, table, location)
    elif reshape.side_by_side:
        made = _side_by_side(rows, source, table, location)
    elif reshape.across:
        made = _spread(rows, source, reshape, table, location)
    else:
        made = _plain(rows, source, table, location)
    if not made.records:
        raise no_rows(location)
    return made


def tidy_source(source: Source) -> Source:
    """The source as it is once its sheets are records: what is left to do is to read them, or to make long ones wide."""
    reshape = source.reshape
    if reshape is None or not reshape.spreads:
        return source
    if not reshape.across:
        keep = {"across": (), "side_by_side": False, "transpose": False}
        return source.model_copy(update={"reshape": reshape.model_copy(update=keep) if reshape.names else None})
    if reshape.value is not None:
        aliases = {**source.aliases, VALUE_LABEL: reshape.value}
        return source.model_copy(update={"reshape": None, "aliases": aliases})
    names = MEASURE_LABEL if MEASURE in reshape.across else reshape.names
    long = Reshape(names=names, values=VALUE_LABEL, columns=reshape.columns, units=reshape.units or UNIT_LABEL,
                   drop_unlisted=reshape.drop_unlisted)  # fmt: skip
    return source.model_copy(update={"reshape": long})


def _plain(rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """A block of a sheet that is a table."""
    layout = header_layout(rows[:PEEK], source, table, location)
    width = max(len(layout.labels), max(map(len, rows), default=0))
    labels = (*layout.labels, *[""] * (width - len(layout.labels)))
    top = layout.row + layout.below
    repeated = _repeated_headers(rows, range(layout.row - 1, layout.row))
    records = [(n, -1, _filled(row, width)) for n, row in enumerate(rows) if n >= top and any(row) and n not in repeated]
    aside = [(n, HEADER) for n in (*range(layout.row, top), *repeated)]
    aside += [(n, BLANK) for n in range(top, len(rows)) if not any(rows[n])]
    return Records(labels, layout.row, records, aside, layout.units, layout.above)


def _turned(rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """A table with a row for each column and a column for each record."""
    width = max(map(len, rows), default=0)
    columns = [[row[place] if place < len(row) else "" for row in rows] for place in range(width)]
    plain = _plain(columns, source, table, location)
    first = next((n for n, label in enumerate(plain.labels) if label), 0)
    records = [(first, column, cells) for column, _, cells in plain.records]
    used = [n for n, label in enumerate(plain.labels) if canonical_name(label, known_labels(source, table), table)]
    aside = [(n, BLANK if not any(row) else NOTE) for n, row in enumerate(rows) if n > first and n not in used]
    return Records(plain.labels, first + 1, records, aside, plain.units, plain.above, turned=True)


def _side_by_side(rows: Rows, source: Source, table: CanonicalTable, location: str) -> Records:
    """Lists printed next to each other under the same labels, one below the other."""
    layout = header_layout(rows[:PEEK], source, table, location)
    names = [normalised_label(label_and_unit(label)[0]) for label in layout.labels]
    first = next((n for n, name in enumerate(names) if name), 0)
    starts = [n for n, name in enumerate(names) if name and name == names[first]]
    if len(starts) < 2:
        label = layout.labels[first]
        raise _unfit("side_by_side: true", f"the label {label!r} is not repeated", f"列名 {label!r} 没有重复", location)
    width = starts[1] - starts[0]
    repeated = _repeated_headers(rows, range(layout.row - 1, layout.row))
    records, aside = [], [(n, HEADER) for n in (*range(layout.row, layout.row + layout.below), *repeated)]
    for n in range(layout.row + layout.below, len(rows)):
        if n in repeated:
            continue
        row = rows[n]
        parts = [(start, _filled(row[start : start + width], width)) for start in starts]
        filled = [(n, start, cells) for start, cells in parts if any(cells)]
        records += filled
        aside += [] if filled else [(n, BLANK)]
    labels = _filled(layout.labels[starts[0] : starts[0] + width], width)
    units = tuple((place - starts[0], unit) for place, unit in layout.units if starts[0] <= place < starts[0] + width)
    return Records(tuple(labels), layout.row, records, aside, units, layout.above)


@dataclass(frozen=True)
class Bands:
    """Header rows over value columns: the first and last, the labels of key columns, and what stands over each value column."""

    top: int
    bottom: int
    keys: dict[int, str]
    values: dict[int, tuple[str, ...]]
    unused: tuple[str, ...]


def _spread(rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable, location: str) -> Records:
    bands = find_bands(rows, source, reshape, table)
    if bands is None:
        raise _unfit(f"across: [{', '.join(reshape.across)}]", "no header row holds that", "没有这样的表头行", location)
    skipped = {normalised_label(text) for text in reshape.skip}
    over = {place: texts for place, texts in bands.values.items() if not skipped & {normalised_label(text) for text in texts}}
    also = sorted({name for columns in reshape.also.values() for name in columns})
    dimensions = [MEASURE_LABEL if name == MEASURE else name for name in reshape.across]
    named_units = reshape.units is not None
    labels = (*bands.keys.values(), *dimensions, *also, *([] if named_units or reshape.value else [UNIT_LABEL]), VALUE_LABEL)
    records: list[tuple[int, int, list[str]]] = []
    aside: list[tuple[int, str]] = []
    heads = {place: _head(texts, reshape, also, named_units) for place, texts in over.items()}
    aside += _rows_without_records(rows, bands)
    no_records = {n for n, _ in aside}
    for n in range(bands.bottom + 1, len(rows)):
        row = rows[n]
        if n in no_records:
            continue
        keys = [row[place] if place < len(row) else "" for place in bands.keys]
        records += [(n, place, [*keys, *head, row[place] if place < len(row) else ""]) for place, head in heads.items()]
    left = [*bands.unused, *(" / ".join(texts) for place, texts in bands.values.items() if place not in over)]
    units = _printed_units(over, len(labels) - 1) if reshape.value else ()
    above = units_above(rows[: bands.top])
    return Records(labels, bands.bottom + 1, records, aside, units, above, _unused(left, location))


def _rows_without_records(rows: Rows, bands: Bands) -> list[tuple[int, str]]:
    """Blank rows, repeated headers and notes; a row with a key and nothing but blanks has missing values."""
    repeated = _repeated_headers(rows, range(bands.top, bands.bottom + 1))
    below = [n for n in range(bands.bottom + 1, len(rows)) if n not in repeated]
    filled = {n: tuple(cell for cell in rows[n] if cell.strip()) for n in below}
    valued = {n for n in below if any(place < len(rows[n]) and rows[n][place].strip() for place in bands.values)}
    candidates = [Candidate(n, filled[n], values=False) for n in below if filled[n] and n not in valued]
    notes = note_rows(candidates, max(valued, default=0))
    keyless = {n for n in below if n not in valued and not all(_cell(rows[n], place) for place in bands.keys)}
    aside = [(n, HEADER) for n in repeated] + [(n, BLANK) for n in below if not filled[n]]
    return aside + [(n, NOTE) for n in below if filled[n] and (n in notes or n in keyless)]


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""


def _repeated_headers(rows: Rows, header: range) -> list[int]:
    """The rows below the header that print one of its rows again, as a table does on its next page."""
    printed = {cells for n in header if sum(map(bool, cells := tuple(_trimmed(rows[n])))) > 1}
    return [n for n in range(header.stop, len(rows)) if tuple(_trimmed(rows[n])) in printed]


def _trimmed(row: Sequence[str]) -> list[str]:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _head(texts: Sequence[str], reshape: Reshape, also: Sequence[str], named_units: bool) -> list[str]:
    """What a value column adds to each of its records: its place in every dimension, other columns, the unit of its measure."""
    given = {**reshape.also.get(DEFAULT, {})}
    for text in texts:
        given |= reshape.also.get(text, reshape.also.get(label_and_unit(text)[0], {}))
    places = [_dimension(name, text) for name, text in zip(reshape.across, texts)]
    unit = next((unit for text in reversed(texts) if (unit := label_and_unit(text)[1])), "")
    return [*places, *(given.get(name, "") for name in also), *([] if named_units or reshape.value else [unit])]


def _dimension(name: str, text: str) -> str:
    if name == "year":
        return year_of(text) or text
    return label_and_unit(text)[0]


def _printed_units(values: Mapping[int, Sequence[str]], place: int) -> tuple[tuple[int, str], ...]:
    """The units that value columns print; where they differ, reading the values says so."""
    printed = {unit for texts in values.values() for text in texts if (unit := label_and_unit(text)[1])}
    return tuple((place, unit) for unit in sorted(printed))


def find_bands(rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable) -> Bands | None:
    """The header rows that fit `across` best: most value columns, then the first; None when none has two beside a key."""
    best: Bands | None = None
    for top in range(min(PEEK, len(rows) - len(reshape.across))):
        bands = _bands_at(top, rows, source, reshape, table)
        if bands and bands.keys and len(bands.values) > 1 and (best is None or len(bands.values) > len(best.values)):
            best = bands
    return best


def _bands_at(top: int, rows: Rows, source: Source, reshape: Reshape, table: CanonicalTable) -> Bands | None:
    depth = len(reshape.across)
    known = known_labels(source, table)
    width = max(len(row) for row in rows[top : top + depth])
    over = [[row[place].strip() if place < len(row) else "" for place in range(width)] for row in rows[top : top + depth]]
    keys, values, unused = {}, {}, []
    carried = [""] * depth
    for place in range(width):
        texts = [band[place] for band in over]
        label = next((text for text in reversed(texts) if text and _is_key(text, known, reshape, table)), None)
        if label is not None:
            keys[place], carried = label, [""] * depth
            continue
        carried = [text or before for text, before in zip(texts, carried)]
        fits = [_fits(name, text, reshape) for name, text in zip(reshape.across, carried)]
        if texts[-1] and all(fits):
            values[place] = tuple(carried)
        elif texts[-1]:
            unused.append(texts[-1])
    return Bands(top, top + depth - 1, keys, values, tuple(unused))


def _is_key(text: str, known: Mapping[str, str], reshape: Reshape, table: CanonicalTable) -> bool:
    name = canonical_name(text, known, table)
    own = {normalised_label(one) for one in (reshape.names, reshape.units) if one}
    spread = {*reshape.columns.values(), reshape.value, *reshape.across}
    return normalised_label(text) in own or (name is not None and name not in spread)


def _fits(name: str, text: str, reshape: Reshape) -> bool:
    if name == "year":
        return year_of(text) is not None
    if name == MEASURE:
        listed = {normalised_label(one) for one in (*reshape.columns, *reshape.skip)}
        return normalised_label(text) in listed or normalised_label(label_and_unit(text)[0]) in listed
    return bool(text)


def _filled(row: Sequence[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]


def _unused(labels: Sequence[str], location: str) -> tuple[Notice, ...]:
    if not labels:
        return ()
    listed = ", ".join(labels[:20]) + (" ..." if len(labels) > 20 else "")
    return (Notice("S07", location, f"{len(labels)} columns not used: {listed}", f"{len(labels)} 列未采用:{listed}"),)


def _unfit(key: str, en: str, zh: str, location: str) -> DataError:
    return DataError(
        f"`reshape: {{{key}}}` does not fit this sheet: {en}; compare it with the header rows",
        zh=f"`reshape: {{{key}}}` 与该表不符:{zh};请对照表头行改正",
        location=location,
        rule="S06",
    )


def cropped(rows: Rows, corners: tuple[tuple[int, int], tuple[int, int]] | None) -> list[list[str]]:
    """The rows of a block of a sheet."""
    if corners is None:
        return [list(row) for row in rows]
    (top, left), (bottom, right) = corners
    return [list(row[left : right + 1]) for row in rows[top : bottom + 1]]
