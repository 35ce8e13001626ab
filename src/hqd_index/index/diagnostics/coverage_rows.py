"""Rows of the diagnostics on holes in the data: coverage of each indicator, and whether it differs by SRDI status."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ..index_tables import Index
from ..score_panel import Row
from .diagnostic_rows import row

LOW_COVERAGE = 0.8
"""Share of an indicator's denominator below which a value rests on too few rows."""
STATUS_GAP = 0.1
"""Difference in coverage between SRDI firms and others from which what is missing goes with recognition."""


def coverage_rows(index: Index, status_coverage: pd.DataFrame | None) -> Iterator[Row]:
    """Per leaf: coverage over all unit-years, the unit-years below LOW_COVERAGE, coverage of SRDI firms and of others."""
    if status_coverage is None or status_coverage.empty:
        return
    columns = ["coverage", "coverage_srdi", "coverage_others"]
    by_status = dict(zip(status_coverage["indicator"].astype(str), status_coverage[columns].to_numpy(dtype=float)))
    cells = index.indicators.query("sample == 'all'").dropna(subset=["coverage"])
    for leaf in index.design.leaves:
        leaf_cells = cells[cells["indicator"] == leaf]
        if leaf not in by_status or leaf_cells.empty:
            continue
        overall, srdi, others = (float(share) for share in by_status[leaf])
        low = int((leaf_cells["coverage"] < LOW_COVERAGE).sum())
        thinnest = leaf_cells.sort_values(["coverage", "year", "unit"]).iloc[0]
        yield row("coverage", leaf, "coverage", overall)
        yield row("coverage", leaf, "low_coverage_cells", low, flag="I-GAPS" if low else "", count=low, least=LOW_COVERAGE,
                  lowest=thinnest["coverage"], where=f"{thinnest['unit']} {thinnest['year']}")  # fmt: skip
        if srdi == srdi and others == others:
            yield row("coverage", leaf, "coverage_srdi", srdi)
            yield row("coverage", leaf, "coverage_others", others)
            apart = abs(srdi - others) > STATUS_GAP
            yield row("coverage", leaf, "coverage_difference", srdi - others, flag="I-GAPS-STATUS" if apart else "",
                      srdi=srdi, others=others)  # fmt: skip
