"""The paper's tables that describe: what mediators account for, and the gap between dense and sparse units."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..bilingual import Bilingual
from ..key_labels import key_label
from ..number_format import integer, number
from ..results import Results
from ..sentences import SAMPLES
from ..wording import wording
from .estimate_layout import POINTS, Cell, TableParts, digits_for


def mediators_table(results: Results) -> TableParts | None:
    """The density's coefficient on the whole index without and with mediators, and each one's part of the change."""
    sample_rows = _rows_of_index(results, "mediators", "mediator")
    if not sample_rows:
        return None
    header: list[Cell] = [""]
    for sample in sample_rows:
        header += [SAMPLES[sample], wording("paper.line.share")]
    digits = digits_for([POINTS * float(mediator_rows["estimate"].loc[("base", "")]) for mediator_rows in sample_rows.values()])
    part_keys = [quantity_key for quantity_key in next(iter(sample_rows.values())).index if quantity_key[0] == "part"]
    table_body = []
    for quantity_key in [("base", ""), *part_keys, ("change", ""), ("full", "")]:
        table_line: list[Cell] = [_line_label(results, quantity_key, "mediator")]
        for mediator_rows in sample_rows.values():
            table_line += [
                _estimate_with_error(mediator_rows.loc[quantity_key], digits),
                number(100 * mediator_rows.loc[quantity_key, "fraction"], 1),
            ]
        table_body.append(tuple(table_line))
    table_body += _count_lines(sample_rows.values(), 2)
    note = wording("paper.note.mediators")
    return (header,), table_body, note, (len(table_body) - 2,), (3.2, *[1.8, 0.9] * len(sample_rows))


def oaxaca_table(results: Results) -> TableParts | None:
    """The gap of the whole index between units above and below the median density, and what goes with each control."""
    sample_rows = _rows_of_index(results, "oaxaca", "term")
    if not sample_rows:
        return None
    gaps = [_key_row(gap_rows, ("gap", "")) for gap_rows in sample_rows.values()]
    table_body: list[tuple[Cell, ...]] = [
        (wording("paper.line.mean_dense"), *[number(POINTS * gap["mean_high"], 3) for gap in gaps]),
        (wording("paper.line.mean_sparse"), *[number(POINTS * gap["mean_low"], 3) for gap in gaps]),
    ]
    part_keys = [quantity_key for quantity_key in next(iter(sample_rows.values())).index if quantity_key[0] == "part"]
    for quantity_key in [("gap", ""), ("explained", ""), *part_keys, ("unexplained", "")]:
        table_body.append(
            (
                _line_label(results, quantity_key, "term"),
                *[_estimate_with_error(_key_row(gap_rows, quantity_key), 3) for gap_rows in sample_rows.values()],
            )
        )
    table_body += _count_lines(sample_rows.values(), 1)
    return (
        (("", *(SAMPLES[sample] for sample in sample_rows)),),
        table_body,
        _group_note(gaps[0]),
        (2, len(table_body) - 2),
        (3.2, *[2.0] * len(sample_rows)),
    )


def _group_note(gap: pd.Series) -> Bilingual:
    """How the groups were made, and what the lines are."""
    years, high, low = f"{gap['from_year']:.0f}–{gap['to_year']:.0f}", integer(gap["n_high"]), integer(gap["n_low"])
    return wording("paper.note.oaxaca", years=years, high=high, low=low)


def _rows_of_index(results: Results, table_name: str, index_name: str) -> dict[str, pd.DataFrame]:
    """Sample -> rows of the whole index by (quantity, what it is about)."""
    rows = results.table(table_name)
    rows = rows[rows["outcome"] == results.tree.root] if len(rows) else rows
    return {
        sample: rows[rows["sample"] == sample].fillna({index_name: ""}).set_index(["quantity", index_name]).sort_index()
        for sample in SAMPLES
        if len(rows) and (rows["sample"] == sample).any()
    }


def _key_row(quantity_rows: pd.DataFrame, quantity_key: tuple[str, str]) -> pd.Series:
    return pd.Series(quantity_rows.loc[quantity_key])


def _line_label(results: Results, quantity_key: tuple[str, str], column: str) -> Bilingual:
    """A line's name; that of a part is what it is about."""
    quantity, subject = quantity_key
    return key_label(results, column, subject) if subject else key_label(results, "quantity", quantity)


def _estimate_with_error(estimate_row: pd.Series, digits: int) -> str:
    return f"{number(POINTS * estimate_row['estimate'], digits)} ({number(POINTS * estimate_row['se_cv3'], digits)})"


def _count_lines(samples: Iterable[pd.DataFrame], span: int) -> list[tuple[Cell, ...]]:
    """Lines of N and G; each sample spans `wide` columns."""
    lines = []
    for column, label in (("n_obs", wording("paper.line.n")), ("n_clusters", wording("paper.line.g"))):
        count_cells: list[Cell] = [
            cell for sample_rows in samples for cell in (integer(sample_rows[column].iloc[0]), *[""] * (span - 1))
        ]
        lines.append((label, *count_cells))
    return lines
