"""How sure a ranking is: rank intervals by source, neighbours that cannot be distinguished, the choice that decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..bilingual import BLANK_TEXT, Bilingual
from ..key_findings import Finding
from ..results import Results
from ..wording import wording, wordings
from .grid import Column, text_or_blank

SOURCES: dict[str, Bilingual] = wordings("headers.rank_interval")
UNDECIDED_COLUMN = Column(wording("headers.undecided"), "text", 18)

Cells = Mapping[str, tuple[str, ...]]
"""Unit -> its cells."""


def rank_intervals(results: Results, year: int) -> tuple[tuple[Column, ...], Cells]:
    """A column per source of doubt that was drawn, and each unit's interval in it, low to high."""
    ranks = results.table("ranks")
    sources = [
        source_name
        for source_name in SOURCES
        if len(ranks) and f"{source_name}_low" in ranks.columns and ranks[f"{source_name}_low"].notna().any()
    ]
    if not sources:
        return (), {}
    rows = ranks[ranks["year"] == year].to_dict("records")
    cells = {
        row["unit"]: tuple(_rank_span(row[f"{source_name}_low"], row[f"{source_name}_high"]) for source_name in sources)
        for row in rows
    }
    return tuple(Column(SOURCES[source_name], "text", 12) for source_name in sources), cells


def _rank_span(first_rank: float, last_rank: float) -> str:
    return "" if pd.isna(first_rank) or pd.isna(last_rank) else f"{first_rank:.0f}–{last_rank:.0f}"


def undecided_neighbours(results: Results, year: int) -> Cells:
    """Unit -> codes of the units next to it in the ranking that are now above, now below it from draw to draw."""
    rows = results.table("neighbours")
    rows = rows[(rows["year"] == year) & ~rows["apart"].astype(bool)] if len(rows) else rows
    neighbours: dict[str, list[str]] = {}
    for upper_unit, lower_unit in zip(rows["unit"], rows["other"]) if len(rows) else ():
        neighbours.setdefault(upper_unit, []).append(lower_unit)
        neighbours.setdefault(lower_unit, []).insert(0, upper_unit)
    return {unit: (", ".join(neighbour_codes),) for unit, neighbour_codes in neighbours.items()}


def decisive_choice(results: Results) -> Finding | None:
    """The one choice of the design that moves ranks most: the first sentence of its note in the sensitivity analysis."""
    rows = results.table("sensitivity")
    rows = rows[(rows["output"] == "mean_shift") & (rows["place"] == 1)] if len(rows) else rows
    if rows.empty or not text_or_blank(rows["note_zh"].iloc[0]):
        return None
    zh, en = text_or_blank(rows["note_zh"].iloc[0]).split("。")[0], text_or_blank(rows["note_en"].iloc[0]).split(". ")[0]
    return Finding(Bilingual(f"{zh}。", f"{en[:1].upper()}{en[1:]}."), ("sensitivity",))


def interval_level(results: Results) -> str:
    """The level of the intervals of ranks, such as 90%."""
    low, high = results.study.uncertainty.interval
    return f"{100 * (high - low):g}%"


def rank_range(results: Results, year: int) -> tuple[dict[Any, Any], dict[Any, Any], Bilingual]:
    """Lowest and highest rank by unit, and where they come from: the uncertainty run, else the scenarios."""
    ranks = results.table("ranks")
    if len(ranks) and {"low", "high"} <= set(ranks.columns):
        rank_rows = ranks[ranks["year"] == year].set_index("unit")
        range_source = wording("grids.range.uncertainty")
        return rank_rows["low"].to_dict(), rank_rows["high"].to_dict(), range_source
    rank_rows = results.index_scenarios
    rank_rows = rank_rows[rank_rows["year"] == year].dropna(subset=["rank"]) if len(rank_rows) else rank_rows
    if rank_rows.empty:
        return {}, {}, BLANK_TEXT
    ranges_by_unit = rank_rows.groupby("unit")
    best_ranks, worst_ranks, base_ranks = (
        ranges_by_unit["rank"].min(),
        ranges_by_unit["rank"].max(),
        ranges_by_unit["base_rank"].first(),
    )
    range_source = wording("grids.range.scenarios")
    return (
        # a unit may have a rank in a scenario and none in the base
        best_ranks.combine(base_ranks.fillna(best_ranks), min).to_dict(),
        worst_ranks.combine(base_ranks.fillna(worst_ranks), max).to_dict(),
        range_source,
    )
