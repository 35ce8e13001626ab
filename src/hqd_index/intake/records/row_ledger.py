"""Where each row went: in = used + quarantined + out of scope, on sets of row ids and on sums of additive columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ...engines import Engine, quoted
from ...errors import CheckError
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN
from .input_sums import InputSums

USED_OUTCOME, QUARANTINED_OUTCOME, OUT_OF_SCOPE_OUTCOME = "used", "quarantined", "out_of_scope"
READ_STAGE, VALIDATE_STAGE = "read", "validate"
STAGES = (READ_STAGE, VALIDATE_STAGE)
MANY_ROWS = 1_000_000
"""From so many on, ids are compared in their order where they have one: grouping them takes memory for each."""
SUM_TOLERANCE = 1e-9  # sums of doubles depend on their order by about n * 1e-16


@dataclass(frozen=True)
class RowBalance:
    """All row ids that came in (engine table `rid`), those used (same), and the others: rid, stage, outcome, reason.

    `row_count` is how many rows were read, as far as it is known; `incoming_spans` (n, first and last by FILE_SPAN) are those
    of ids that are the positions of rows in their files, which have no gaps.
    """

    incoming_rows: str
    used_rows: str
    removed_rows: pd.DataFrame
    row_count: int = 0
    incoming_spans: pd.DataFrame | None = None


def check_balance(row_balance: RowBalance, engine: Engine, location: str) -> None:
    """CheckError (exit 4) unless every id that came went exactly one way."""
    if row_balance.row_count > MANY_ROWS and _is_partition(row_balance, engine):
        return
    removed_rows = engine.scan(row_balance.removed_rows[["rid"]].astype({"rid": "int64"}))
    unbalanced_rows = engine.collect(
        f"""SELECT rid, sum(came) AS came, sum(went) AS went FROM (
            SELECT rid, 1 AS came, 0 AS went FROM {quoted(row_balance.incoming_rows)}
            UNION ALL SELECT rid, 0, 1 FROM {quoted(row_balance.used_rows)} UNION ALL SELECT rid, 0, 1 FROM {removed_rows})
        GROUP BY rid HAVING sum(came) <> 1 OR sum(went) <> 1 ORDER BY rid LIMIT 5"""
    )
    engine.drop([removed_rows])
    if len(unbalanced_rows):
        first_row = unbalanced_rows.iloc[0]
        row_number = int(first_row["rid"]) % ROW_SPAN
        raise CheckError(
            f"the row ledger does not balance: row {row_number} came {int(first_row['came'])} and went "
            f"{int(first_row['went'])} times",
            zh=f"数据台账不平:第 {row_number} 行进 {int(first_row['came'])} 次、出 {int(first_row['went'])} 次",
            location=location,
        )


def _is_partition(row_balance: RowBalance, engine: Engine) -> bool:
    """Whether the ids used and those removed are a partition of all; False as well where looking in their order cannot tell.

    Ids that came without a gap and increase are the numbers from their first to their last. Those used are some of them where
    they increase within the same bounds; the others must then be distinct, within the bounds, not among the used, and the rest.
    """
    incoming = row_balance.incoming_spans
    if incoming is None:
        incoming = engine.increasing_spans(row_balance.incoming_rows, "rid", FILE_SPAN)
    used = None if incoming is None else engine.increasing_spans(row_balance.used_rows, "rid", FILE_SPAN)
    if incoming is None or used is None:
        return False
    has_gaps = (incoming["last"] - incoming["first"] + 1 != incoming["n"]).any()
    removed = pd.DataFrame({"rid": row_balance.removed_rows["rid"].astype("int64")})
    bounds = incoming.reindex(removed["rid"] // FILE_SPAN).set_axis(removed.index)
    if has_gaps or not removed["rid"].is_unique or not removed["rid"].between(bounds["first"], bounds["last"]).all():
        return False
    used_bounds = incoming.reindex(used.index)
    is_within = (used["first"] >= used_bounds["first"]) & (used["last"] <= used_bounds["last"])
    if not is_within.all() or used["n"].sum() + len(removed) != incoming["n"].sum():
        return False
    removed_ids = engine.scan(removed)
    used_removed = f"SELECT rid FROM {quoted(row_balance.used_rows)} WHERE rid IN (SELECT rid FROM {removed_ids}) LIMIT 1"
    is_disjoint = engine.collect(used_removed).empty
    engine.drop([removed_ids])
    return is_disjoint


def check_sums(sums: InputSums, used_rows: str, engine: Engine, location: str) -> None:
    """CheckError unless each additive column adds up: all that came in = clean rows + the rows taken out."""
    columns = list(sums.totals.index)
    if not columns:
        return
    used_sql = ", ".join(f"sum({quoted(column_name)}) AS {quoted(column_name)}" for column_name in columns)
    used_sums = engine.collect(f"SELECT {used_sql} FROM {used_rows}").fillna(0.0).iloc[0]
    for column_name in columns:
        total, used_total, removed_sum = sums.totals[column_name], used_sums[column_name], sums.removed[column_name]
        if abs(total - used_total - removed_sum) > SUM_TOLERANCE * max(sums.sizes[column_name], 1.0):
            raise CheckError(
                f"{column_name}: {total} came in, {used_total} is used and {removed_sum} was taken out",
                zh=f"{column_name}:读入合计 {total},采用 {used_total},剔除 {removed_sum},不相等",
                location=location,
            )


def ledger_rows(files: pd.DataFrame, input_row_counts: Mapping[int, int], removed_rows: pd.DataFrame) -> pd.DataFrame:
    """file, sheet, stage, rows_in, used, quarantined, out_of_scope, reason: one line per file and stage."""
    lines = []
    for sheet_number, file, sheet in files[["number", "file", "sheet"]].itertuples(index=False):
        remaining_rows = input_row_counts[sheet_number]
        file_rows = removed_rows[removed_rows["rid"] // FILE_SPAN == sheet_number]
        for stage in STAGES:
            stage_rows = file_rows[file_rows["stage"] == stage]
            outcome_counts = stage_rows["outcome"].value_counts()
            quarantined_rows, out_of_scope = (
                int(outcome_counts.get(QUARANTINED_OUTCOME, 0)),
                int(outcome_counts.get(OUT_OF_SCOPE_OUTCOME, 0)),
            )
            used_row_count = remaining_rows - quarantined_rows - out_of_scope
            lines.append(
                (file, sheet, stage, remaining_rows, used_row_count, quarantined_rows, out_of_scope, reason_counts(stage_rows))
            )
            remaining_rows = used_row_count
    columns = ["file", "sheet", "stage", "rows_in", "used", "quarantined", "out_of_scope", "reason"]
    return pd.DataFrame(lines, columns=columns)


def reason_counts(removed_rows: pd.DataFrame) -> str:
    """'C01=3; E02=1': how many rows left for which reason (a row with several rules counts under their joint name)."""
    counts = removed_rows["reason"].value_counts()
    return "; ".join(f"{reason}={counts[reason]}" for reason in sorted(counts.index))
