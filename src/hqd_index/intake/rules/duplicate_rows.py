"""Rows with the same key: identical ones, restated ones, ones that differ by rounding, and ones that contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pandas as pd

from ...engines.duckdb import Engine, quoted
from ...study.records import Label
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from .rule_catalogue import joined_findings, rule_findings

IDENTICAL = Label(zh="与第 {row} 行({file})完全相同,保留该行", en="identical to row {row} ({file}), which is kept")
SUPERSEDED = Label(zh="已被第 {row} 行({file})更晚披露的数据取代", en="superseded by row {row} ({file}), disclosed later")
COARSER = Label(
    zh="与第 {row} 行({file})只差舍入,保留更精确的该行", en="differs from row {row} ({file}) by rounding; the finer one is kept"
)
CONFLICT = Label(
    zh="与第 {row} 行({file})主键相同而数值不同:{what}", en="same key as row {row} ({file}) with other values: {what}"
)
MEND = Label(zh="只保留正确的一行,或加上披露日期", en="keep the right row, or add the disclosure date")


Shifts = Mapping[str, Mapping[int, int]]
"""Column -> sheet -> the power of ten that leads from the printed unit to the column's."""


def duplicate_findings(
    rows: str, text: str, key: Sequence[str], files: pd.DataFrame, engine: Engine, *, shifts: Shifts | None = None
) -> pd.DataFrame:
    """E01 findings for the rows that must go so that the key is unique among `rows` (a typed table or query)."""
    text_columns = [name for name in engine.types(text) if name != "rid"]
    keys = ", ".join(map(quoted, key))
    values = [name for name in text_columns if name not in key]
    row_columns = ", ".join(map(quoted, [*key, *values]))
    repeated = engine.query(f"SELECT {keys} FROM {rows} GROUP BY {keys} HAVING count(*) > 1")
    marked = engine.query(
        f"SELECT *, min(rid) OVER (PARTITION BY {row_columns}) AS twin FROM {rows} SEMI JOIN {repeated} USING ({keys})"
    )
    twins = engine.collect(f"SELECT rid, twin FROM {marked} WHERE rid <> twin ORDER BY rid")
    repeated_keys = f"QUALIFY count(*) OVER (PARTITION BY {keys}) > 1 ORDER BY {keys}, rid"
    distinct_rows = engine.collect(f"SELECT * EXCLUDE (twin) FROM {marked} WHERE rid = twin {repeated_keys}")
    duplicates_found = [(rid, twin, IDENTICAL, "") for rid, twin in twins.itertuples(index=False)]
    if len(distinct_rows):
        row_ids = engine.scan(distinct_rows[["rid"]])
        printed_rows = engine.collect(f"SELECT * FROM {text} WHERE rid IN (SELECT rid FROM {row_ids})").set_index("rid")
        printed_rows = _in_one_unit(printed_rows, shifts or {})
        for _, group in distinct_rows.groupby(list(key), sort=True, dropna=False):
            duplicates_found += _rows_to_drop(group.set_index("rid"), printed_rows, values)
    engine.drop([marked])
    return _findings_of_duplicates(duplicates_found, text, key, files, engine)


def _in_one_unit(printed_rows: pd.DataFrame, shifts: Shifts) -> pd.DataFrame:
    """Printed numbers of columns whose sheets have different units, all in the column's unit, so that digits compare."""
    rows = printed_rows.copy()
    for name, powers in shifts.items():
        if name in rows and len(set(powers.values())) > 1:
            texts = [_scaled(text, powers.get(rid // FILE_SPAN, 0)) for rid, text in zip(rows.index, rows[name])]
            rows[name] = pd.Series(texts, index=rows.index, dtype=object)
    return rows


def _scaled(text: object, power: int) -> object:
    value = _decimal(text)
    return text if value is None or not value.is_finite() else format(value.scaleb(power), "f")


Duplicate = tuple[int, int, Label, str]


def _rows_to_drop(group: pd.DataFrame, printed_rows: pd.DataFrame, values: Sequence[str]) -> list[Duplicate]:
    """Who goes among distinct rows of one key: the older ones, the coarser one, or all of them."""
    dropped: list[Duplicate] = []
    if "disclose_date" in group and group["disclose_date"].notna().all() and group["disclose_date"].nunique() > 1:
        latest = group["disclose_date"].max()
        newest = group.index[group["disclose_date"] == latest]
        dropped = [(int(rid), int(newest[0]), SUPERSEDED, "") for rid in group.index if rid not in newest]
        group = group.loc[newest]
    if len(group) == 1:
        return dropped
    compared_columns = [name for name in values if name != "disclose_date"]
    finest = _finest_row(group, printed_rows, compared_columns)
    if finest is not None:
        return dropped + [(int(rid), finest, COARSER, "") for rid in group.index if rid != finest]
    first, second = group.index[0], group.index[1]
    for rid in group.index:
        counterpart = second if rid == first else first
        dropped.append((int(rid), int(counterpart), CONFLICT, _difference(printed_rows, rid, counterpart, compared_columns)))
    return dropped


def _finest_row(group: pd.DataFrame, printed_rows: pd.DataFrame, values: Sequence[str]) -> int | None:
    """The row that every other one rounds from, when all differences are within half a unit of the last digit."""
    differing = [name for name in values if group[name].nunique(dropna=False) > 1]
    finest = max(group.index, key=lambda rid: (sum(_digits(printed_rows.at[rid, name]) for name in differing), -int(rid)))
    for rid in group.index:
        for name in differing:
            if not _rounds_to(printed_rows.at[finest, name], printed_rows.at[rid, name]):
                return None
    return int(finest)


def _decimal(text: object) -> Decimal | None:
    try:
        return Decimal(str(text)).normalize()
    except ArithmeticError:
        return None


def _digits(text: object) -> int:
    value = _decimal(text)
    return max(0, -int(value.as_tuple().exponent)) if value is not None and value.is_finite() else 0


def _rounds_to(fine: object, coarse: object) -> bool:
    """Whether |fine - coarse| is at most half a unit of the last digit of coarse, trailing zeros stripped after the point."""
    fine_value, coarse_value = _decimal(fine), _decimal(coarse)
    if fine_value is None or coarse_value is None or not (fine_value.is_finite() and coarse_value.is_finite()):
        return False
    return abs(fine_value - coarse_value) <= Decimal(1).scaleb(-_digits(coarse)) / 2


def _difference(printed_rows: pd.DataFrame, rid: int, counterpart: int, values: Sequence[str]) -> str:
    row_texts, counterpart_texts = printed_rows.loc[rid], printed_rows.loc[counterpart]
    differing = [name for name in values if name in printed_rows and str(row_texts[name]) != str(counterpart_texts[name])]
    return "; ".join(f"{name} {row_texts[name]} / {counterpart_texts[name]}" for name in differing[:3])


def _findings_of_duplicates(
    duplicates_found: Sequence[Duplicate], text: str, key: Sequence[str], files: pd.DataFrame, engine: Engine
) -> pd.DataFrame:
    if not duplicates_found:
        return joined_findings([])
    names = files.set_index("number")["file"]
    row_ids = engine.scan(pd.DataFrame({"rid": [duplicate[0] for duplicate in duplicates_found]}))
    key_text = "concat_ws(' | ', " + ", ".join(map(quoted, key)) + ")"
    cells = engine.collect(f"SELECT rid, {key_text} AS value FROM {text} WHERE rid IN (SELECT rid FROM {row_ids})").set_index(
        "rid"
    )
    listed = sorted(duplicates_found, key=lambda duplicate: duplicate[0])
    expected = []
    for _, counterpart, label, difference in listed:
        place = {"row": counterpart % ROW_SPAN, "file": names[counterpart // FILE_SPAN], "what": difference}
        expected.append(Label(zh=label.zh.format(**place), en=label.en.format(**place)))
    rids = [rid for rid, *_ in listed]
    rows = pd.DataFrame({"rid": rids, "column": ", ".join(key), "value": cells["value"].reindex(rids).to_numpy()})
    return rule_findings(rows, "E01", expected=expected, mend=MEND)
