"""What may leave the office (study.yaml: publish): firm names and cells from few firms are kept out of page and workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..chinese_punctuation import journal_punctuation
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
MODE_GROUP = ["version", "unit", "year"]
"""Rows of mode_densities whose counts add up to the SRDI firms of a unit, which are printed beside them."""
WITHHELD = "withheld"
"""The flag of a count that is withheld so that another does not follow from their total."""
SENTENCE_COLUMNS = ("evidence_zh", "reading_zh", "note_zh", "reason_zh", "mend_zh", "expected_zh")
"""Columns of published tables that hold sentences; those of names keep what a study calls things."""


def publishable_results(results: Results) -> Results:
    """The results with names and small cells taken out, as the study asks; Chinese sentences are punctuated as a journal's."""
    rules, published_tables = results.study.study.publish, dict(results.tables)
    if "mode_densities" in published_tables:
        published_tables |= _with_modes_withheld(published_tables, rules.min_cell)
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


@dataclass(frozen=True)
class Withheld:
    """Which counts of a printed total are withheld.

    `is_secondary`: more than the small ones, so that none is said to be small; `follows`: they follow from the total all the
    same, which is to be withheld too.
    """

    cells: tuple[bool, ...]
    is_secondary: bool
    follows: bool


def withheld_counts(counts: Sequence[int], min_firms: int) -> Withheld:
    """Small counts (1 to `min_firms` - 1), and the next smallest while a reader who knows the total could work one out.

    Equal counts go together, for the choice between them would tell one who knows this rule; zeros come last, as they disclose
    nobody, but beside a total that is small itself, and so not printed, they would say how many firms each other has.
    """
    cells = [0 < count < min_firms for count in counts]
    if any(cells) and sum(counts) < min_firms:
        return Withheld((True,) * len(cells), is_secondary=True, follows=False)
    while any(cells) and _follow(counts, cells, min_firms) and not all(cells):
        printed_counts = [count for count, is_withheld in zip(counts, cells) if not is_withheld]
        following = min(printed_counts, key=lambda count: (count == 0, count))
        cells = [is_withheld or count == following for count, is_withheld in zip(counts, cells)]
    follows = any(cells) and _follow(counts, cells, min_firms)
    return Withheld(tuple(cells), follows or _is_secondary(counts, cells, min_firms), follows)


def _is_secondary(counts: Sequence[int], cells: Sequence[bool], min_firms: int) -> bool:
    return any(is_withheld and not 0 < count < min_firms for count, is_withheld in zip(counts, cells))


def _follow(counts: Sequence[int], cells: Sequence[bool], min_firms: int) -> bool:
    """Whether the withheld counts have one solution for their sum: each is at least 1 unless a zero is among them.

    Small ones alone are said to be small, so that their largest sum has one solution too.
    """
    withheld = [count for count, is_withheld in zip(counts, cells) if is_withheld]
    if len(withheld) == 1:
        return True
    if 0 in withheld:
        return False
    is_largest = not _is_secondary(counts, cells, min_firms) and sum(withheld) == len(withheld) * (min_firms - 1)
    return sum(withheld) == len(withheld) or is_largest


def _with_modes_withheld(tables: Mapping[str, pd.DataFrame], min_firms: int) -> dict[str, pd.DataFrame]:
    """mode_densities without the counts that its totals would give away, and without the totals where nothing else helps."""
    rows = tables["mode_densities"].reset_index(drop=True)
    columns = [column for column in COUNTS["mode_densities"][1] if column in rows.columns]
    counts = rows["n_srdi"].astype("Int64").fillna(0)
    groups = rows.groupby(MODE_GROUP, sort=False).indices
    is_withheld, is_secondary = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    bare_totals = set()
    for group in rows.loc[(counts > 0) & (counts < min_firms), MODE_GROUP].drop_duplicates().itertuples(index=False, name=None):
        places = groups[group]
        withheld = withheld_counts([int(count) for count in counts.iloc[places]], min_firms)
        is_withheld[places] = withheld.cells
        is_secondary[places] = [cell and withheld.is_secondary for cell in withheld.cells]
        if withheld.follows:
            bare_totals.add(group[1:])
    rows = rows.assign(**{column: rows[column].mask(is_withheld) for column in columns})
    published_tables = {"mode_densities": rows.assign(flag=rows["flag"].mask(is_secondary, WITHHELD))}
    if bare_totals and "density" in tables:
        density = tables["density"]
        is_bare = pd.Series([pair in bare_totals for pair in zip(density["unit"], density["year"])], index=density.index)
        names = [column for column in COUNTS["density"][1] if column in density.columns]
        published_tables["density"] = density.assign(**{column: density[column].mask(is_bare) for column in names})
    return published_tables


def with_journal_punctuation(table_rows: pd.DataFrame) -> pd.DataFrame:
    """The frame with its Chinese sentences punctuated as a journal prints them."""
    columns = [column for column in SENTENCE_COLUMNS if column in table_rows.columns]
    if table_rows.empty or not columns:
        return table_rows
    return table_rows.assign(**{column: _with_full_width(table_rows[column]) for column in columns})


def _with_full_width(sentences: pd.Series) -> pd.Series:
    by_sentence = {sentence: journal_punctuation(str(sentence)) for sentence in sentences.dropna().unique()}
    return sentences.map(by_sentence).astype(sentences.dtype)
