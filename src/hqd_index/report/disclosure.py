"""What may leave the office (study.yaml: publish): firm names and cells from few firms are kept out of page and workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from .punctuation import with_journal_punctuation
from .results import Results

NAMES = ("firm", "firm_id", "firm_name", "name", "uscc", "credit_code", "key", "value", "why")
"""Columns that may hold a firm's name or number, in tables about firms or about rows of firms."""
ABOUT_FIRMS = ("modes", "srdi_unmatched", "quarantine", "candidates", "growth_stages", "firm_links")
LISTED_BY_ID = ("candidates", "growth_stages")
"""Lists of firms to be approached: the workbook has their ids, which are what the list is for; the page has counts."""
COUNTS = {
    "indicators": ("n_firms", ("raw", "treated")),
    "coverage": ("n_firms_matched", ("n_firms_matched", "revenue_matched", "share_firms", "share_revenue")),
    "facts": ("n_firms", ("here", "n_firms")),
    "mode_densities": ("n_srdi", ("n_srdi", "density", "soft", "share", "diversity")),
    "mode_validation": ("n", ("value", "n")),
    "priority": ("n_srdi", ("n_srdi", "srdi_coverage", "priority")),
    "whatif": (
        "n_srdi",
        (
            *("n_srdi", "density", "density_new", "score_new", "low", "high", "rank_new", "rank_best", "rank_worst"),
            *("priority", "priority_new", "reading_zh", "reading_en"),
        ),
    ),
    "paths": ("n_srdi", ("n_srdi", "value", "z")),
    "density": ("n_srdi", ("n_srdi", "density", "count", "revenue", "employment", "ihs", "density_lag")),
}
"""Table -> the count of firms behind a row, and the columns that would disclose so few."""


def publishable_results(results: Results) -> Results:
    """The results with names and small cells taken out, as the study asks; Chinese sentences are punctuated as a journal's."""
    rules, published_tables = results.study.study.publish, dict(results.tables)
    for table_name, (count, columns) in COUNTS.items():
        if table_name in published_tables and count in published_tables[table_name].columns:
            published_tables[table_name] = without_small_cells(published_tables[table_name], count, columns, rules.min_cell)
    if not rules.firm_names:
        for table_name in ABOUT_FIRMS:
            if table_name in published_tables:
                names = [name for name in NAMES if name != "firm_id" or table_name not in LISTED_BY_ID]
                published_tables[table_name] = without_names(published_tables[table_name], names)
    return replace(results, tables={name: with_journal_punctuation(rows) for name, rows in published_tables.items()})


def without_small_cells(table_rows: pd.DataFrame, count_column: str, columns: tuple[str, ...], min_firms: int) -> pd.DataFrame:
    """The frame without what rests on at least one but fewer than `min_firms` firms; a count of none discloses nobody."""
    small_cells = (table_rows[count_column].astype("Float64") < min_firms) & (table_rows[count_column].astype("Float64") > 0)
    small_cells = small_cells.fillna(False).astype(bool)
    return table_rows.assign(
        **{column: table_rows[column].mask(small_cells) for column in columns if column in table_rows.columns}
    )


def without_names(table_rows: pd.DataFrame, names: Sequence[str] = NAMES) -> pd.DataFrame:
    """The frame with its columns of names emptied."""
    return table_rows.assign(
        **{column: pd.Series(pd.NA, index=table_rows.index, dtype="str") for column in names if column in table_rows.columns}
    )
