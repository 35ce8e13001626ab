"""Numbers of firms that people chose: first digits that stray, ratios just above a cut-off, heads on the step of a policy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...engines import Engine, count_where, quoted
from ..records.intake_notice import Notice

BENFORD_ROWS = 1000
BENFORD_LIMIT = 0.015  # mean absolute deviation of first digits that Nigrini (2012) calls nonconformity
DIGITS = range(1, 10)
CUT_OFFS = (3.0, 6.0, 10.0)
BAND = 0.1
BUNCHING_RATIO = 2.0
BUNCHED_ROWS = 30
HEAPS = (10, 30, 50)  # % of staff: the steps of the recognition criteria
HEAPED_STAFF = 20  # the fewest employees of a firm whose share is looked at
WHOLE_DOUBLES = "9e15"  # up to it a double has its first digit before the point, and that part is an integer


@dataclass(frozen=True)
class CountedCheck:
    """A check by numbers of rows: values of a row, conditions on them, and notices from how many rows meet each."""

    columns: frozenset[str]
    values: Mapping[str, str]
    conditions: Mapping[str, str]
    notices: Callable[[str, Mapping[str, int]], list[Notice]]


def checks_of(table_name: str, columns: Collection[str]) -> list[CountedCheck]:
    """The checks that a table has the columns for."""
    return [check for check in FIRM_CHECKS if table_name == "firms" and check.columns <= set(columns)]


def row_counts(typed_rows: str, checks: Sequence[CountedCheck], engine: Engine) -> dict[str, int]:
    """How many rows meet each condition of the checks, in one pass; `rows`: how many there are."""
    if not checks:
        return {"rows": engine.count(typed_rows)}
    values = {name: value for check in checks for name, value in check.values.items()}
    conditions = {"rows": "true"} | {name: condition for check in checks for name, condition in check.conditions.items()}
    value_list = ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items())
    counts = ", ".join(f"{count_where(condition)} AS {quoted(name)}" for name, condition in conditions.items())
    sums = engine.collect(f"SELECT {counts} FROM (SELECT {value_list} FROM {typed_rows})")
    return {name: int(sums[name][0]) for name in conditions}


def first_digit(number: str) -> str:
    """SQL of the first significant digit, as its code point, of the shortest decimal that is the double of a positive number."""
    double = f"CAST({number} AS DOUBLE)"
    fraction_text = f"regexp_replace(CAST({double} AS VARCHAR), '^[0.]+', '')"
    whole_text = f"CAST(CAST(floor({double}) AS BIGINT) AS VARCHAR)"
    return f"unicode(CASE WHEN {number} >= 1 AND {double} < {WHOLE_DOUBLES} THEN {whole_text} ELSE {fraction_text} END)"


def _benford_notices(table_name: str, counts: Mapping[str, int]) -> list[Notice]:
    """W07: first digits of revenue stray from Benford's law."""
    if counts["revenues"] < BENFORD_ROWS:
        return []
    shares = np.array([counts[f"digit {digit}"] for digit in DIGITS], dtype=float) / counts["revenues"]
    deviation = float(np.abs(shares - np.log10(1 + 1 / np.arange(1, 10))).mean())
    if deviation <= BENFORD_LIMIT:
        return []
    en = f"first digits of revenue stray from Benford's law (mean deviation {deviation:.3f}, limit {BENFORD_LIMIT})"
    zh = f"营业收入首位数字偏离 Benford 分布(平均偏差 {deviation:.3f},界限 {BENFORD_LIMIT})"
    return [Notice("W07", table_name, en, zh)]


def _bunching_notices(table_name: str, counts: Mapping[str, int]) -> list[Notice]:
    """W08: at least twice as many firm-years just above a policy cut-off of R&D intensity as just below it."""
    notices = []
    for cut_off in CUT_OFFS:
        count_above, count_below = counts[f"above {cut_off:g}"], counts[f"below {cut_off:g}"]
        if count_above >= BUNCHED_ROWS and count_above >= BUNCHING_RATIO * count_below:
            en = (
                f"R&D intensity bunches at the cut-off {cut_off:g}%: {count_above} firm-years just above, "
                f"{count_below} just below"
            )
            zh = f"研发强度在政策门槛 {cut_off:g}% 处扎堆:略高于门槛 {count_above} 个,略低于门槛 {count_below} 个"
            notices.append(Notice("W08", table_name, en, zh))
    return notices


def _heaping_notices(table_name: str, counts: Mapping[str, int]) -> list[Notice]:
    """W08: firm-years whose R&D staff are exactly 10, 30 or 50% of all, twice as many as one head away from that share.

    Small firms are often exactly at a tenth because heads are whole; as many of them are then one head above or below.
    """
    notices = []
    for percentage in HEAPS:
        exact_count, neighbour_count = counts[f"exactly {percentage}"], counts[f"one head from {percentage}"]
        if exact_count >= BUNCHED_ROWS and exact_count >= BUNCHING_RATIO * neighbour_count / 2:
            en = (
                f"R&D staff are exactly {percentage}% of all in {exact_count} firm-years, one head more or less in "
                f"{neighbour_count}"
            )
            zh = f"研发人员占比恰为 {percentage}% 的企业-年有 {exact_count} 个,只差一人的有 {neighbour_count} 个"
            notices.append(Notice("W08", table_name, en, zh))
    return notices


FIRM_CHECKS = (
    CountedCheck(
        columns=frozenset({"revenue"}),
        values={"digit": f"CASE WHEN revenue > 0 THEN {first_digit('revenue')} END"},
        conditions={"revenues": "digit IS NOT NULL"} | {f"digit {digit}": f"digit = {ord(str(digit))}" for digit in DIGITS},
        notices=_benford_notices,
    ),
    CountedCheck(
        columns=frozenset({"revenue", "rd_exp"}),
        values={"intensity": "100 * CAST(rd_exp AS DOUBLE) / NULLIF(CAST(revenue AS DOUBLE), 0)"},
        conditions={f"above {cut_off:g}": f"intensity >= {cut_off} AND intensity < {cut_off + BAND}" for cut_off in CUT_OFFS}
        | {f"below {cut_off:g}": f"intensity >= {cut_off - BAND} AND intensity < {cut_off}" for cut_off in CUT_OFFS},
        notices=_bunching_notices,
    ),
    CountedCheck(
        columns=frozenset({"employees", "rd_staff"}),
        values={
            f"heads from {percentage}": f"CASE WHEN rd_staff > 0 AND employees >= {HEAPED_STAFF} "
            f"THEN abs(rd_staff - {percentage} * employees / 100) END"
            for percentage in HEAPS
        },
        conditions={f"exactly {percentage}": f"{quoted(f'heads from {percentage}')} = 0" for percentage in HEAPS}
        | {f"one head from {percentage}": f"{quoted(f'heads from {percentage}')} = 1" for percentage in HEAPS},
        notices=_heaping_notices,
    ),
)
