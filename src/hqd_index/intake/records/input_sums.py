"""What the numbers of additive columns add up to: all that came in, and those of the rows taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...engines import Engine, quoted
from ..layout.row_ids import id_set
from ..layout.sheet_texts import SheetTexts
from ..layout.text_columns import FILE_SPAN, Sheet, takes_stored_numbers
from ..read.sheet_cells import TypedCells


@dataclass(frozen=True)
class InputSums:
    """By column: the sum of all rows, that of the rows taken out, and the size of the numbers that rounding is a share of."""

    totals: pd.Series
    removed: pd.Series
    sizes: pd.Series


def sums_of_rows(all_rows: str, removed_rids: pd.Series, columns: Sequence[str], engine: Engine) -> InputSums:
    """The sums of the typed rows of a relation, in one pass; sums of decimals are exact."""
    removed_ids = engine.scan(pd.DataFrame({"rid": removed_rids.drop_duplicates().astype("int64")}))
    types = engine.types(all_rows)
    doubles = [column_name for column_name in columns if types[column_name] == "double"]  # whose sums are not exact
    sums = ", ".join(f"sum({quoted(column_name)}) AS {quoted(column_name)}" for column_name in columns)
    sizes = "".join(f", sum(abs({quoted(column_name)})) AS {quoted(f'size of {column_name}')}" for column_name in doubles)
    is_removed = f"rid IN (SELECT rid FROM {removed_ids})"
    groups = engine.collect(f"SELECT {is_removed} AS is_removed, {sums}{sizes} FROM {all_rows} GROUP BY is_removed")
    engine.drop([removed_ids])
    groups = groups.set_index("is_removed").fillna(0.0).astype("float64")
    removed, totals = groups.reindex([True]).fillna(0.0).iloc[0], groups.sum()
    exact_sizes = totals[[*columns]].abs() + removed[[*columns]].abs()
    own_sizes = {column_name: totals[f"size of {column_name}"] for column_name in doubles}
    return InputSums(totals[[*columns]], removed[[*columns]], pd.Series({**exact_sizes, **own_sizes}, dtype="float64"))


def sums_of_files(
    sheet_texts: SheetTexts,
    columns: Sequence[str],
    shifts: Mapping[str, Mapping[int, int]],
    removed_rids: pd.Series,
    faulty_texts: SheetTexts | None,
    engine: Engine,
) -> InputSums | None:
    """The sums of the numbers as the files store them, in the unit of the table.

    None where one is not known, or the study gives numbers of a column another meaning (`values`, `missing`, `constants`).
    `shifts`: column -> sheet -> the power of ten between the two units; `faulty_texts`: the cells of most rows taken out.
    """
    if not all(takes_stored_numbers(column, sheet_texts.source, sheet_texts.table) for column in columns):
        return None
    sums = {column: [0.0, 0.0, 0.0] for column in columns}
    for sheet in sheet_texts.sheets:
        typed, positions = sheet.cells.typed, sheet.header.positions
        places = {column: positions[column] for column in columns if column in positions}
        if typed is None or not {*places.values()} <= typed.sums.keys():
            return None
        removed = _sums_of_rows_taken_out(sheet, typed, [*places.values()], removed_rids, faulty_texts, engine)
        for column, place in places.items():
            unit = 10.0 ** shifts.get(column, {}).get(sheet.sheet_number, 0)
            for index, number in enumerate((typed.sums[place][0], removed[place], typed.sums[place][1])):
                sums[column][index] += number * unit
    frame = pd.DataFrame.from_dict(sums, orient="index", columns=["total", "removed", "size"], dtype="float64")
    return InputSums(frame["total"], frame["removed"], frame["size"])


def _sums_of_rows_taken_out(
    sheet: Sheet,
    typed: TypedCells,
    places: Sequence[int],
    removed_rids: pd.Series,
    faulty_texts: SheetTexts | None,
    engine: Engine,
) -> dict[int, float]:
    """Place -> sum, from the cells that were copied where these rows are among them."""
    rids = removed_rids[removed_rids // FILE_SPAN == sheet.sheet_number].drop_duplicates()
    if rids.empty or not places:
        return dict.fromkeys(places, 0.0)
    copies = [
        copy.cells.typed for copy in (faulty_texts.sheets if faulty_texts else ()) if copy.sheet_number == sheet.sheet_number
    ]
    numbers = [f"n{place}" for place in places]
    sums = ", ".join(f"sum(CAST({number} AS DOUBLE)) AS {number}" for number in numbers)
    ids = id_set(rids, engine)
    for cells in [*(copy for copy in copies if copy), typed]:
        rows = cells.rows_sql(sheet.sheet_number * FILE_SPAN, ids, numbers)
        row = engine.collect(f"SELECT count(*) AS row_count, {sums} FROM ({rows})").fillna(0.0).iloc[0]
        if row["row_count"] == len(rids):  # else a row is out for another reason than an error
            break
    return {place: float(row[f"n{place}"]) for place in places}
