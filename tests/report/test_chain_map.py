"""The chain map says what each industry is flagged as, and of which year each of its numbers is."""

from dataclasses import replace

import pandas as pd

from hqd_index.report.page.chain_map import chain_map
from hqd_index.report.page.html_page import page
from hqd_index.report.results import Results
from hqd_index.report.weight_lab import weight_lab
from hqd_index.tables import conform

UNITS = ("C13", "C17", "C26", "C39")


def chained(results: Results, **tables: pd.DataFrame) -> Results:
    links = [(2012, a, b, 0.1 + 0.01 * k, 0.1, 0.1, 0.1) for k, a in enumerate(UNITS) for b in UNITS if a != b]
    columns = ["year", "from_unit", "to_unit", "upstream", "downstream", "leontief", "ghosh"]
    rows = {
        "io_links": conform("io_links", pd.DataFrame(links, columns=columns)),
        "linkages": conform("linkages", pd.DataFrame({"industry_code": UNITS, "year": 2021, "self_sufficiency": 0.9})),
    }
    return replace(results, tables={**results.tables, **rows, **tables})


def priorities(year: int, **changes: object) -> pd.DataFrame:
    columns = {
        "kind": "industry", "node": UNITS, "node_zh": "行业", "node_en": "industry", "year": year, "rank": [1, 2, 3, 4],
        "srdi_coverage": [0.45, 1.0, 0.0, None], "target": 3, "chokepoint": [1, 1, 0, None], "weak": [0, 1, 0, 0],
        "contradiction": False, "evidence_zh": ["卡点:甲", "短板:乙", None, None],
        "evidence_en": ["chokepoint: a", "weak: b", None, None],
    }  # fmt: skip
    return conform("priority", pd.DataFrame(columns | changes))


def test_flags_of_the_latest_year_colour_the_nodes(results: Results) -> None:
    """C17 is weak and a chokepoint: it takes the first of the order; what is open raises no flag."""
    rows = pd.concat([priorities(2020, chokepoint=[0, 0, 1, 1]), priorities(2022)], ignore_index=True)
    drawn = chain_map(chained(results, priority=rows))
    assert drawn is not None and (drawn.year, drawn.facts_year, drawn.flags_year) == (2012, 2021, 2022)
    flags = {node.unit: node.status.flags for node in drawn.nodes}
    assert flags == {"C13": ("chokepoint",), "C17": ("weak", "chokepoint"), "C26": (), "C39": ()}
    assert [(flag, count) for flag, _, count in drawn.flags] == [("weak", 1), ("chokepoint", 2)]
    assert [node.status.coverage for node in drawn.nodes] == [0.45, 1.0, 0.0, None]


def test_the_page_names_the_year_of_each_number(results: Results) -> None:
    shown = chained(results, priority=priorities(2022))
    html = page(shown, weight_lab(shown), {}, [])
    assert "Links: input-output table of 2012" in html and "figures: 2021" in html and "flags and coverage: 2022" in html
    assert '<circle class="flag-chokepoint"' in html and '<circle class="flag-weak"' in html
    assert 'stroke-dasharray="45 100"' in html and "chokepoint: a" in html


def test_a_map_without_priorities_has_no_flags(results: Results) -> None:
    drawn = chain_map(chained(results))
    assert drawn is not None and drawn.flags == () and drawn.flags_year is None
    assert all(node.status.flags == () for node in drawn.nodes)
