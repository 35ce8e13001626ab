"""Rows with the same key: identical ones, restated ones, ones that differ by rounding, and ones that contradict."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pandas as pd

from ...engines.duckdb import Engine, quoted
from ...study.records import Label
from ..layout.text_columns import FILE_SPAN
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


def duplicate_findings(rows: str, text: str, key: Sequence[str], files: pd.DataFrame, engine: Engine) -> pd.DataFrame:
    """E01 findings for the rows that must go so that the key is unique among `rows` (a typed table or query)."""
    held = [name for name in engine.types(text) if name != "rid"]
    keys = ", ".join(map(quoted, key))
    values = [name for name in held if name not in key]
    same = ", ".join(map(quoted, [*key, *values]))
    several = engine.query(f"SELECT {keys} FROM {rows} GROUP BY {keys} HAVING count(*) > 1")
    marked = engine.query(f"SELECT *, min(rid) OVER (PARTITION BY {same}) AS twin FROM {rows} SEMI JOIN {several} USING ({keys})")
    twins = engine.collect(f"SELECT rid, twin FROM {marked} WHERE rid <> twin ORDER BY rid")
    still = f"QUALIFY count(*) OVER (PARTITION BY {keys}) > 1 ORDER BY {keys}, rid"
    others = engine.collect(f"SELECT * EXCLUDE (twin) FROM {marked} WHERE rid = twin {still}")
    told = [(rid, twin, IDENTICAL, "") for rid, twin in twins.itertuples(index=False)]
    if len(others):
        wanted = engine.scan(others[["rid"]])
        printed = engine.collect(f"SELECT * FROM {text} WHERE rid IN (SELECT rid FROM {wanted})").set_index("rid")
        for _, group in others.groupby(list(key), sort=True, dropna=False):
            told += _rows_to_drop(group.set_index("rid"), printed, values)
    engine.drop([marked])
    return _findings_of_duplicates(told, text, key, files, engine)


Duplicate = tuple[int, int, Label, str]


def _rows_to_drop(group: pd.DataFrame, printed: pd.DataFrame, values: Sequence[str]) -> list[Duplicate]:
    """Who goes among distinct rows of one key: the older ones, the coarser one, or all of them."""
    told: list[Duplicate] = []
    if "disclose_date" in group and group["disclose_date"].notna().all() and group["disclose_date"].nunique() > 1:
        latest = group["disclose_date"].max()
        newest = group.index[group["disclose_date"] == latest]
        told = [(int(rid), int(newest[0]), SUPERSEDED, "") for rid in group.index if rid not in newest]
        group = group.loc[newest]
    if len(group) == 1:
        return told
    compared = [name for name in values if name != "disclose_date"]
    finest = _finest_row(group, printed, compared)
    if finest is not None:
        return told + [(int(rid), finest, COARSER, "") for rid in group.index if rid != finest]
    first, second = group.index[0], group.index[1]
    for rid in group.index:
        other = second if rid == first else first
        told.append((int(rid), int(other), CONFLICT, _difference(printed, rid, other, compared)))
    return told


def _finest_row(group: pd.DataFrame, printed: pd.DataFrame, values: Sequence[str]) -> int | None:
    """The row that every other one rounds from, when all differences are within half a unit of the last digit."""
    differing = [name for name in values if group[name].nunique(dropna=False) > 1]
    finest = max(group.index, key=lambda rid: (sum(_digits(printed.at[rid, name]) for name in differing), -int(rid)))
    for rid in group.index:
        for name in differing:
            if not _rounds_to(printed.at[finest, name], printed.at[rid, name]):
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
    left, right = _decimal(fine), _decimal(coarse)
    if left is None or right is None or not (left.is_finite() and right.is_finite()):
        return False
    return abs(left - right) <= Decimal(1).scaleb(-_digits(coarse)) / 2


def _difference(printed: pd.DataFrame, rid: int, other: int, values: Sequence[str]) -> str:
    left, right = printed.loc[rid], printed.loc[other]
    differing = [name for name in values if name in printed and str(left[name]) != str(right[name])]
    return "; ".join(f"{name} {left[name]} / {right[name]}" for name in differing[:3])


def _findings_of_duplicates(
    told: Sequence[Duplicate], text: str, key: Sequence[str], files: pd.DataFrame, engine: Engine
) -> pd.DataFrame:
    if not told:
        return joined_findings([])
    names = files.set_index("number")["file"]
    wanted = engine.scan(pd.DataFrame({"rid": [one[0] for one in told]}))
    shown = "concat_ws(' | ', " + ", ".join(map(quoted, key)) + ")"
    cells = engine.collect(f"SELECT rid, {shown} AS value FROM {text} WHERE rid IN (SELECT rid FROM {wanted})").set_index("rid")
    parts = []
    for rid, other, label, what in sorted(told, key=lambda one: one[0]):
        place = {"row": other % FILE_SPAN, "file": names[other // FILE_SPAN], "what": what}
        row = pd.DataFrame({"rid": [rid], "column": ", ".join(key), "value": cells.at[rid, "value"]})
        expected = Label(zh=label.zh.format(**place), en=label.en.format(**place))
        parts.append(rule_findings(row, "E01", expected=expected, mend=MEND))
    return joined_findings(parts)
