"""Rows with the same key: identical ones, restated ones, ones that differ by rounding, and ones that contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from ...engines import Engine, quoted
from ...study.records import Label
from ..layout.row_ids import id_set
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from .rule_catalogue import joined_findings, rule_findings

IDENTICAL_ROW = Label(
    zh="每个主键一行:与第 {row} 行({file})完全相同,保留该行", en="one row per key: identical to row {row} ({file}), which is kept"
)
SUPERSEDED_ROW = Label(
    zh="每个主键一行:已被第 {row} 行({file})更晚披露的数据取代",
    en="one row per key: superseded by row {row} ({file}), disclosed later",
)
ROUNDED_ROW = Label(
    zh="每个主键一行:与第 {row} 行({file})只差舍入,保留更精确的该行",
    en="one row per key: differs from row {row} ({file}) by rounding; the finer one is kept",
)
CONFLICT = Label(
    zh="每个主键一行:与第 {row} 行({file})主键相同而数值不同:{what}",
    en="one row per key: same key as row {row} ({file}) with other values: {what}",
)
MEND = Label(zh="只保留正确的一行,或加上披露日期", en="keep the right row, or add the disclosure date")


Shifts = Mapping[str, Mapping[int, int]]
"""Column -> sheet -> the power of ten that leads from the printed unit to the column's."""


def duplicate_findings(
    typed_rows: str,
    text_rows: str,
    key: Sequence[str],
    files: pd.DataFrame,
    engine: Engine,
    *,
    shifts: Shifts | None = None,
    all_rows: str = "",
) -> pd.DataFrame:
    """E01 findings for the rows that must go so that the key is unique among `typed_rows` (a typed table or query).

    `all_rows`, among which these are, say which keys are looked at: their order can be followed where rows were left out.
    """
    text_columns = [column_name for column_name in engine.types(text_rows) if column_name != "rid"]
    keys = ", ".join(map(quoted, key))
    value_columns = [column_name for column_name in text_columns if column_name not in key]
    row_columns = ", ".join(map(quoted, [*key, *value_columns]))
    repeated_key_table = engine.repeated_keys(all_rows or typed_rows, key)
    if engine.count(repeated_key_table) == 0:
        return joined_findings([])
    duplicate_rows = engine.query(
        f"SELECT *, min(rid) OVER (PARTITION BY {row_columns}) AS twin FROM {typed_rows} "
        f"SEMI JOIN {repeated_key_table} USING ({keys})"
    )
    duplicate_pairs = engine.collect(f"SELECT rid, twin FROM {duplicate_rows} WHERE rid <> twin ORDER BY rid")
    repeated_keys = f"QUALIFY count(*) OVER (PARTITION BY {keys}) > 1 ORDER BY {keys}, rid"
    distinct_rows = engine.collect(f"SELECT * EXCLUDE (twin) FROM {duplicate_rows} WHERE rid = twin {repeated_keys}")
    duplicates_found = [(rid, duplicate_rid, IDENTICAL_ROW, "") for rid, duplicate_rid in duplicate_pairs.itertuples(index=False)]
    if len(distinct_rows):
        row_ids = id_set(distinct_rows["rid"], engine)
        printed_rows = engine.collect(f"SELECT * FROM {text_rows} WHERE rid IN {row_ids}").set_index("rid")
        printed_rows = _rows_in_one_unit(printed_rows, shifts or {})
        for _, group in distinct_rows.groupby(list(key), sort=True, dropna=False):
            duplicates_found += _rows_to_drop(group.set_index("rid"), printed_rows, value_columns)
    engine.drop([duplicate_rows])
    return _findings_of_duplicates(duplicates_found, text_rows, key, files, engine)


def _rows_in_one_unit(printed_rows: pd.DataFrame, shifts: Shifts) -> pd.DataFrame:
    """Printed numbers of columns whose sheets have different units, all in the column's unit, so that digits compare."""
    scaled_rows = printed_rows.copy()
    for column_name, powers in shifts.items():
        if column_name in scaled_rows and len(set(powers.values())) > 1:
            scaled_numbers = [
                _scaled_number(cell, powers.get(rid // FILE_SPAN, 0))
                for rid, cell in zip(scaled_rows.index, scaled_rows[column_name])
            ]
            scaled_rows[column_name] = pd.Series(scaled_numbers, index=scaled_rows.index, dtype=object)
    return scaled_rows


def _scaled_number(cell: object, power: int) -> object:
    number = _decimal(cell)
    return cell if number is None or not number.is_finite() else format(number.scaleb(power), "f")


Duplicate = tuple[int, int, Label, str]


def _rows_to_drop(group: pd.DataFrame, printed_rows: pd.DataFrame, value_columns: Sequence[str]) -> list[Duplicate]:
    """Who goes among distinct rows of one key: the older ones, the coarser one, or all of them."""
    dropped_rows: list[Duplicate] = []
    if "disclose_date" in group and group["disclose_date"].notna().all() and group["disclose_date"].nunique() > 1:
        latest_date = group["disclose_date"].max()
        newest_rows = group.index[group["disclose_date"] == latest_date]
        dropped_rows = [(int(rid), int(newest_rows[0]), SUPERSEDED_ROW, "") for rid in group.index if rid not in newest_rows]
        group = group.loc[newest_rows]
    if len(group) == 1:
        return dropped_rows
    compared_columns = [column_name for column_name in value_columns if column_name != "disclose_date"]
    most_precise_row = _most_precise_row(group, printed_rows, compared_columns)
    if most_precise_row is not None:
        return dropped_rows + [(int(rid), most_precise_row, ROUNDED_ROW, "") for rid in group.index if rid != most_precise_row]
    first_rid, second_rid = group.index[0], group.index[1]
    for rid in group.index:
        other_rid = second_rid if rid == first_rid else first_rid
        dropped_rows.append((int(rid), int(other_rid), CONFLICT, _difference(printed_rows, rid, other_rid, compared_columns)))
    return dropped_rows


def _most_precise_row(group: pd.DataFrame, printed_rows: pd.DataFrame, value_columns: Sequence[str]) -> int | None:
    """The row that every other one rounds from, when all differences are within half a unit of the last digit."""
    differing_columns = [column_name for column_name in value_columns if group[column_name].nunique(dropna=False) > 1]
    most_precise_row = max(
        group.index,
        key=lambda rid: (sum(_digits(printed_rows.at[rid, column_name]) for column_name in differing_columns), -int(rid)),
    )
    for rid in group.index:
        for column_name in differing_columns:
            if not _rounds_to(printed_rows.at[most_precise_row, column_name], printed_rows.at[rid, column_name]):
                return None
    return int(most_precise_row)


def _decimal(cell: object) -> Decimal | None:
    try:
        return Decimal(str(cell)).normalize()
    except ArithmeticError:
        return None


def _digits(cell: object) -> int:
    number = _decimal(cell)
    return max(0, -int(number.as_tuple().exponent)) if number is not None and number.is_finite() else 0


def _rounds_to(precise_cell: object, rounded_cell: object) -> bool:
    """Whether |fine - coarse| is at most half a unit of the last digit of coarse, trailing zeros stripped after the point."""
    precise_number, rounded_number = _decimal(precise_cell), _decimal(rounded_cell)
    if precise_number is None or rounded_number is None or not (precise_number.is_finite() and rounded_number.is_finite()):
        return False
    return abs(precise_number - rounded_number) <= Decimal(1).scaleb(-_digits(rounded_cell)) / 2


def _difference(printed_rows: pd.DataFrame, rid: int, other_rid: int, value_columns: Sequence[str]) -> str:
    row_texts, counterpart_texts = printed_rows.loc[rid], printed_rows.loc[other_rid]
    differing_columns = [
        column_name
        for column_name in value_columns
        if column_name in printed_rows and str(row_texts[column_name]) != str(counterpart_texts[column_name])
    ]
    return "; ".join(
        f"{column_name} {row_texts[column_name]} / {counterpart_texts[column_name]}" for column_name in differing_columns[:3]
    )


def _findings_of_duplicates(
    duplicates_found: Sequence[Duplicate], text_rows: str, key: Sequence[str], files: pd.DataFrame, engine: Engine
) -> pd.DataFrame:
    if not duplicates_found:
        return joined_findings([])
    names = files.set_index("number")["file"]
    row_ids = id_set([duplicate[0] for duplicate in duplicates_found], engine)
    key_sql = "concat_ws(' | ', " + ", ".join(map(quoted, key)) + ")"
    cells = engine.collect(f"SELECT rid, {key_sql} AS value FROM {text_rows} WHERE rid IN {row_ids}").set_index("rid")
    sorted_duplicates = sorted(duplicates_found, key=lambda duplicate: duplicate[0])
    expectations = []
    for _, other_rid, label, difference in sorted_duplicates:
        row_and_file = {"row": other_rid % ROW_SPAN, "file": names[other_rid // FILE_SPAN], "what": difference}
        expectations.append(Label(zh=label.zh.format(**row_and_file), en=label.en.format(**row_and_file)))
    rids = [rid for rid, *_ in sorted_duplicates]
    rows = pd.DataFrame({"rid": rids, "column": ", ".join(key), "value": cells["value"].reindex(rids).to_numpy()})
    return rule_findings(rows, "E01", expectation=expectations, remedy=MEND)
