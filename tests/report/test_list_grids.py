"""The list of chain nodes as the page shows it."""

from __future__ import annotations

import pandas as pd

from hqd_index.report.bilingual import Bilingual
from hqd_index.report.grids.list_grids import FIRST_PRODUCTS, priority_nodes
from hqd_index.report.grids.published_grids import published_grid
from hqd_index.report.results import Results
from hqd_index.tables import of_rows

FACTORS = {"vulnerability": 0.5, "centrality": 0.4, "n_srdi": 6, "chokepoint": 1, "gap": 0, "weak": 1}


def node(kind: str, code: str, rank: int, year: int, **facts: object) -> dict[str, object]:
    names = {"node_zh": f"名{code}", "node_en": f"name {code}", "evidence_zh": "据", "evidence_en": "because"}
    return {"kind": kind, "node": code, "rank": rank, "year": year, **names, **FACTORS, **facts}


def test_industries_come_first_then_some_products_of_the_latest_year(results: Results, tables: dict[str, pd.DataFrame]) -> None:
    products = [node("product", f"{k:06d}", k, 2024, target=3) for k in range(1, FIRST_PRODUCTS + 3)]
    rows = [
        *products,
        node("industry", "C27", 2, 2024),
        node("industry", "C40", 1, 2024, target=20),
        node("industry", "C13", 1, 2023),
    ]
    grid = priority_nodes(Results(results.study, {**tables, "priority": of_rows("priority", rows)}, {}))
    assert grid is not None and len(grid) == 2 + FIRST_PRODUCTS
    (rank, name, flags, _, evidence, *_, counts, _), second, third = grid.rows[:3]
    assert (rank, name.en, flags.en, evidence.zh, counts.en) == (1, "name C40 C40", "chokepoint, weak", "据", "6/20")
    assert second[1].zh == "名C27 C27" and second[7].zh.startswith("6/") and third[1].en == "name 000001"


def test_the_sheet_of_chokepoints_has_names_for_codes(results: Results, tables: dict[str, pd.DataFrame]) -> None:
    """Product, industries, source by name, the verdict in a word; a country that is not in the list keeps its code."""
    verdict = {"hs6": "390001", "year": 2024, "industries": "C13", "imports": 1.0, "exports": 0.0, "chokepoint": 1}
    rows = [verdict | {"top_source": "DEU"}, verdict | {"hs6": "390002", "imports": 0.5, "top_source": "XXX"}]
    names = pd.DataFrame({"node": ["390001"], "name_zh": ["光刻胶"], "name_en": ["photoresist"]})
    shown = Results(results.study, {**tables, "chokepoints": of_rows("chokepoints", rows), "chain_names": names}, {})
    grid = published_grid("chokepoints")(shown)
    assert grid is not None
    first, second = ({cell.zh for cell in row if isinstance(cell, Bilingual)} for row in grid.rows)
    assert first >= {"390001 光刻胶", "德国", "是"} and "XXX" in second
