"""Where each row went: in = used + quarantined + out of scope, on sets of row ids and on sums of additive columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...engines import Engine, quoted
from ...errors import CheckError
from ..layout.text_columns import FILE_SPAN
from ..read.sheet_cells import ROW_SPAN

USED_OUTCOME, QUARANTINED_OUTCOME, OUT_OF_SCOPE_OUTCOME = "used", "quarantined", "out_of_scope"
READ_STAGE, VALIDATE_STAGE = "read", "validate"
STAGES = (READ_STAGE, VALIDATE_STAGE)
SUM_TOLERANCE = 1e-9  # sums of doubles depend on their order by about n * 1e-16


@dataclass(frozen=True)
class RowBalance:
    """All row ids that came in (engine table `rid`), those used (same), and the others: rid, stage, outcome, reason."""

    incoming_rows: str
    used_rows: str
    removed_rows: pd.DataFrame


def check_balance(row_balance: RowBalance, engine: Engine, location: str) -> None:
    """CheckError (exit 4) unless every id that came went exactly one way."""
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


def check_sums(
    all_rows: str, used_rows: str, removed_rows: pd.DataFrame, columns: Sequence[str], engine: Engine, location: str
) -> None:
    """CheckError unless each additive column adds up: all typed rows = clean rows + the rows taken out."""
    if not columns:
        return
    removed_ids = engine.scan(removed_rows[["rid"]].drop_duplicates().astype({"rid": "int64"}))
    flagged_rows = f"(SELECT *, rid IN (SELECT rid FROM {removed_ids}) AS lost FROM {all_rows})"
    sums = ("sum({0})", "sum(abs({0}))", "sum({0}) FILTER (WHERE lost)")
    sum_columns = [sum_sql.format(quoted(column_name)) for column_name in columns for sum_sql in sums]
    input_sums = (
        engine.collect(f"SELECT {', '.join(sum_columns)} FROM {flagged_rows}")
        .fillna(0.0)
        .iloc[0]
        .to_numpy()
        .reshape(-1, len(sums))
    )
    used_sums = (
        engine.collect(f"SELECT {', '.join(f'sum({quoted(column_name)})' for column_name in columns)} FROM {used_rows}")
        .fillna(0.0)
        .iloc[0]
    )
    engine.drop([removed_ids])
    for column_name, (input_total, absolute_total, removed_sum), used_total in zip(columns, input_sums, used_sums):
        if abs(input_total - used_total - removed_sum) > SUM_TOLERANCE * max(absolute_total, 1.0):
            raise CheckError(
                f"{column_name}: {input_total} came in, {used_total} is used and {removed_sum} was taken out",
                zh=f"{column_name}:读入合计 {input_total},采用 {used_total},剔除 {removed_sum},不相等",
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
