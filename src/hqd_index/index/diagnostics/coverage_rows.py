"""Rows of the diagnostics on holes in the data: coverage of each indicator, and whether it differs by SRDI status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlglot import exp

from ...expressions import parse
from ...expressions.complete_rows import terms
from ...study.records import Indicator, Study
from ..index_tables import Index
from ..score_panel import Row
from .diagnostic_rows import row

LOW_COVERAGE = 0.8
"""Share of an indicator's denominator below which a value rests on too few rows."""
STATUS_GAP = 0.1
"""Difference in coverage between SRDI firms and others from which what is missing goes with recognition."""


def coverage_rows(study: Study, index: Index, status_coverage: pd.DataFrame | None) -> Iterator[Row]:
    """Per leaf: coverage over all unit-years, unit-years below LOW_COVERAGE or emptied, coverage of SRDI firms and of others.

    Unit-years without any complete row are missing values, not thin ones.
    """
    if status_coverage is None or status_coverage.empty:
        return
    columns = ["coverage", "coverage_srdi", "coverage_others"]
    coverage_by_indicator = dict(zip(status_coverage["indicator"].astype(str), status_coverage[columns].to_numpy(dtype=float)))
    coverage_cells = index.indicators.query("sample == 'all'").dropna(subset=["coverage"])
    for leaf in index.design.leaves:
        leaf_cells = coverage_cells[coverage_cells["indicator"] == leaf]
        if leaf not in coverage_by_indicator or leaf_cells.empty:
            continue
        overall_coverage, srdi, coverage_others = (float(share) for share in coverage_by_indicator[leaf])
        yield row("coverage", leaf, "coverage", overall_coverage)
        yield from _low_coverage(leaf, leaf_cells[leaf_cells["coverage"] > 0])
        if has_lone_sum(study.indicators.indicators[leaf]):
            yield _empty_column_row(leaf, leaf_cells[leaf_cells["raw"].isna() & leaf_cells["coverage"].between(0, 1, "neither")])
        if srdi == srdi and coverage_others == coverage_others:
            yield row("coverage", leaf, "coverage_srdi", srdi)
            yield row("coverage", leaf, "coverage_others", coverage_others)
            has_status_gap = abs(srdi - coverage_others) > STATUS_GAP
            yield row(
                "coverage",
                leaf,
                "coverage_difference",
                srdi - coverage_others,
                flag_code="I-GAPS-STATUS" if has_status_gap else "",
                srdi=srdi,
                others=coverage_others,
            )


def _low_coverage(leaf: str, coverage_cells: pd.DataFrame) -> Iterator[Row]:
    """How many values rest on too few rows, and the thinnest."""
    low = coverage_cells[coverage_cells["coverage"] < LOW_COVERAGE].sort_values(["coverage", "year", "unit"])
    row_facts: dict[str, Any] = {} if low.empty else {"lowest": low["coverage"].iloc[0], "location": _location_of_cells(low)}
    flag_code = "" if low.empty else "I-GAPS"
    yield row(
        "coverage", leaf, "low_coverage_cells", len(low), flag_code=flag_code, count=len(low), least=LOW_COVERAGE, **row_facts
    )


def _empty_column_row(leaf: str, coverage_cells: pd.DataFrame) -> Row:
    """How many values are missing because some rows of a lone sum are blank."""
    row_facts: dict[str, Any] = (
        {}
        if coverage_cells.empty
        else {"count": len(coverage_cells), "location": _location_of_cells(coverage_cells.sort_values(["year", "unit"]))}
    )
    return row(
        "coverage", leaf, "emptied_sums", len(coverage_cells), flag_code="" if coverage_cells.empty else "I-GAPS-SUM", **row_facts
    )


def _location_of_cells(coverage_cells: pd.DataFrame) -> str:
    return f"{coverage_cells['unit'].iloc[0]} {coverage_cells['year'].iloc[0]}"


def has_lone_sum(indicator: Indicator) -> bool:
    """Whether blanks empty a sum of the formula that no ratio holds."""
    if indicator.partial_sum:
        return False
    tree = parse(indicator.formula, columns=None, aggregate=True).tree
    return any(term.is_alone and term.aggregates[0].find(exp.Sum) is not None for term in terms(tree))
