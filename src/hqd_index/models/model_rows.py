"""Rows of the published tables: those that every analysis makes, and the row that says why a table was not made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import HqdError
from ..study.records import Density
from ..tables import of_rows
from .estimation_sample import EstimationSample
from .kernels.specification import Estimate

Row = dict[str, Any]
Rows = dict[str, list[Row]]  # by table
Mend = tuple[str, str]  # what the user can do, zh and en
DATA_MEND: Mend = ("补充年份、单位或变量后重跑", "add years, units or the missing variables and run again")


def not_made(tables: Iterable[str], fault: HqdError, remedy: Mend = DATA_MEND) -> list[Row]:
    """Rows of `not_made`: each table, why it or a part of it is missing, and what would mend it."""
    reason_columns = {"reason_zh": fault.zh, "reason_en": fault.en, "mend_zh": remedy[0], "mend_en": remedy[1]}
    return [{"table": table, **reason_columns} for table in tables]


def merged_rows(row_tables: Iterable[Mapping[str, Iterable[Row]]]) -> Rows:
    """Rows by table, of all parts in their order."""
    rows: Rows = {}
    for row_table in row_tables:
        for table, new_rows in row_table.items():
            rows.setdefault(table, []).extend(new_rows)
    return rows


def frames_of(rows_by_table: Mapping[str, Iterable[Row]], tables: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The named tables and `not_made` with their columns; a reason given twice is one row."""
    frames = {table: of_rows(table, rows_by_table.get(table, ())) for table in (*tables, "not_made")}
    return frames | {"not_made": frames["not_made"].drop_duplicates(ignore_index=True)}


def density_text(density: Density) -> str:
    """`count_valid_national+key_national`."""
    return f"{density.measure}_{density.status}_{'+'.join(density.levels)}"


def split_outcome(column: str) -> tuple[str, str]:
    """Sample and node of an outcome column."""
    sample, _, node = column.partition(":")
    return sample, node


def outcome_key(estimate: Estimate, column: str) -> Row:
    """Columns spec, sample and outcome of a row."""
    sample, node = split_outcome(column)
    return {"spec": estimate.spec.id, "sample": sample, "outcome": node}


def quantity_row(estimate: Estimate, column: str, quantity: str, statistic: float, note: str = "") -> Row:
    """Row of `regression_diagnostics`; column `all:` for what is not about one outcome."""
    return outcome_key(estimate, column) | {"quantity": quantity, "value": statistic, "note": note}


def reported_outcomes(estimate: Estimate, sample: EstimationSample) -> list[tuple[int, str]]:
    """Positions and columns of the outcomes that tables show: nodes above the leaves in each sample, not constant."""
    columns = [(j, column, *split_outcome(column)) for j, column in enumerate(estimate.spec.outcomes)]
    return [
        (j, column)
        for j, column, sample_name, node in columns
        if sample_name != "composition" and node in sample.reported_nodes and estimate.varies(j)
    ]


def term_row(
    estimate: Estimate, j: int, k: int, density: Density, *, note: str, p_wild: float | None = None,
    outcome: str | None = None, not_controls: Sequence[str] = (),
) -> Row:  # fmt: skip
    """Row of `regressions`: term k of outcome j. By default the density, which comes first, has the bootstrap p.

    `outcome` is the column named, where that is not the estimate's own; `not_controls` regressors that are no controls.
    """
    spec, sums = estimate.spec, estimate.sums
    if p_wild is None:
        p_wild = float(estimate.p_wild[j]) if k == 0 else np.nan
    return {
        **outcome_key(estimate, outcome or spec.outcomes[j]),
        "subset": spec.subset,
        "term": "density" if estimate.terms[k] == spec.density else estimate.terms[k],
        "estimate": estimate.coefficient[k, j],
        "estimate_sd": estimate.coefficient[k, j] * estimate.scale()[k, j],
        "se_cv1": estimate.se_cv1[k, j],
        "se_cv3": estimate.se_cv3[k, j],
        "p_cv1": estimate.p_cv1[k, j],
        "p_cv3": estimate.p_cv3[k, j],
        "p_wild": p_wild,
        "ci_low": estimate.low[k, j],
        "ci_high": estimate.high[k, j],
        "n_obs": sums.n,
        "n_clusters": sums.g,
        "r2_within": sums.r2_within[j],
        "fixed_effects": "+".join(spec.fixed_effects),
        "controls": "+".join(control for control in spec.controls if control not in not_controls),
        "density": density_text(density),
        "lag": density.lag,
        "note": note,
    }


def regression_rows(estimate: Estimate, density: Density, sample: EstimationSample) -> Iterator[Row]:
    """Rows of `regressions`: every term of every reported node in both samples."""
    for j, column in reported_outcomes(estimate, sample):
        note = _specification_note(estimate, sample, column)
        for k in range(len(estimate.terms)):
            yield term_row(estimate, j, k, density, note=note)


def _specification_note(estimate: Estimate, sample: EstimationSample, column: str) -> str:
    name, node = split_outcome(column)
    notes = [
        f"dropped: {' '.join(estimate.sums.dropped_terms)}" if estimate.sums.dropped_terms else "",
        f"singletons: {len(estimate.singletons)}" if estimate.singletons else "",
        f"weights: {estimate.spec.weights}" if estimate.spec.weights else "",
        f"splittable share {sample.firm_share(node):.3f}" if name == "leave_out" else "",
    ]
    return "; ".join(note for note in notes if note)
