"""What is withheld does not follow from what is printed, even for a reader who knows the rule."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest

from hqd_index.report.disclosure import WITHHELD, publishable_results, withheld_counts
from hqd_index.report.grids.list_grids import growth_stage_counts
from hqd_index.report.page.unit_sheets import unit_sheets
from hqd_index.report.results import Results
from hqd_index.tables import of_rows

from .conftest import MANIFEST, YEARS, invented, study

MOST_FIRMS = 6
"""In a cell: twice the smallest that is printed."""


@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5])
def test_no_small_count_has_one_solution(cells: int) -> None:
    """Every table of so many counts: those that look alike in print differ in each small count that is withheld."""
    alike = defaultdict(list)
    for counts in product(range(MOST_FIRMS + 1), repeat=cells):
        withheld, total = withheld_counts(counts, 3), sum(counts)
        printed = tuple(None if hidden else count for count, hidden in zip(counts, withheld.cells))
        assert all(hidden or not 0 < count < 3 for count, hidden in zip(counts, withheld.cells))
        alike[printed, total if total not in (1, 2) and not withheld.follows else None, withheld.is_secondary].append(counts)
    for (printed, _, _), tables in alike.items():
        for place, shown in enumerate(printed):
            values = {counts[place] for counts in tables}
            assert shown is not None or len(values) > 1 or not 0 < min(values) < 3, (printed, tables)


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [((0, 5, 4, 9), ""), ((0, 2, 4, 9), "1 2"), ((1, 2, 4, 9), "0 1"), ((2, 5, 5, 9), "0 1 2"), ((2, 2, 9, 0), "0 1 2"),
     ((2, 2, 0, 0), "0 1 2 3"), ((1, 0, 0, 0), "0 1 2 3")],
)  # fmt: skip
def test_the_next_smallest_goes_with_a_single_small_one(counts: tuple[int, ...], hidden: str) -> None:
    assert [str(k) for k, cell in enumerate(withheld_counts(counts, 3).cells) if cell] == hidden.split()


def test_modes_and_stages_of_the_page_give_no_single_count_away() -> None:
    """Of C13 one mode has 2 of 11 firms and one 4: both are withheld, and the sheet says why; stages likewise."""
    common = {"version": "base", "unit": "C13", "year": YEARS[-1], "n_firms": 100, "density": 1.0}
    counts = {"tech_safety": 2, "tech_efficiency": 4, "market_safety": 5, "market_efficiency": 0}
    modes = [{**common, "mode": mode, "n_srdi": count} for mode, count in counts.items()]
    stages = [{"unit": "C13", "kind": "srdi", "stage": stage, "year": YEARS[-1], "basis": "cash_flow", "firm_id": f"{stage}{k}"}
              for stage, count in (("introduction", 1), ("growth", 3), ("mature", 4)) for k in range(count)]  # fmt: skip
    tables = invented() | {"mode_densities": of_rows("mode_densities", modes), "growth_stages": of_rows("growth_stages", stages)}
    shown = publishable_results(Results(study(), tables, MANIFEST))
    rows = shown.table("mode_densities").set_index("mode")
    assert rows["n_srdi"].dropna().to_dict() == {"market_safety": 5, "market_efficiency": 0}
    assert rows.loc[["tech_safety", "tech_efficiency"], "flag"].tolist() == [WITHHELD, WITHHELD]
    assert rows.loc["tech_efficiency", ["density", "soft", "share"]].isna().all()
    (sheet,) = [sheet for sheet in unit_sheets(shown, None) if sheet.unit == "C13"]
    assert [count.zh for _, count in sheet.firms].count("不公布") == 2 and sheet.has_withheld_counts
    grid = growth_stage_counts(shown)
    assert grid is not None and sorted(cell for cell in grid.rows[0][2:] if cell is not None) == [0, 0, 0, 4]
