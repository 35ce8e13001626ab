"""The chain map, year by year: what each industry is in the year that is shown, and of which year each of its numbers is."""

from dataclasses import replace

import pandas as pd

from hqd_index.report.page.chain_map import FACTS, MANY, ChainMap, chain_json, chain_map
from hqd_index.report.page.html_page import page
from hqd_index.report.results import Results
from hqd_index.report.weight_lab import weight_lab
from hqd_index.tables import conform

UNITS = ("C13", "C17", "C26", "C39")


def chained(results: Results, units: tuple[str, ...] = UNITS, **tables: pd.DataFrame) -> Results:
    """Links of the tables of 2018 and 2020, linkages of 2018 to 2020; industry k sells to all others."""
    links = [(2018, a, b, 0.1 + 0.01 * k, 0.1, 0.1, 0.1) for k, a in enumerate(UNITS) for b in UNITS if a != b]
    inputs = [
        {"sector": b, "year": year, "place": 1, "supplier": a, "share": 0.4 if year == 2018 else 0.6, "value": 1.0}
        for year in (2018, 2020) for b, a in zip(units, units[1:] + units[:1])
    ]  # fmt: skip
    network = [
        {"sector": code, "year": year, "gross_output": 1e4 * (k + 1), "output_multiplier": 2.0, "forward_multiplier": 2.0,
         "backward_linkage": 1.0, "forward_linkage": 1.0, "key_sector": False, "betweenness": 0.1, "pagerank": 0.1}
        for year in (2018, 2020) for k, code in enumerate(units)
    ]  # fmt: skip
    linkages = [
        {"industry_code": code, "year": year, "io_year": 2018 if year < 2020 else 2020, "self_sufficiency": (year - 2000) / 100}
        for year in (2018, 2019, 2020) for code in units
    ]  # fmt: skip
    named_inputs = pd.DataFrame(inputs).assign(sector_zh="部门", sector_en="S", supplier_zh="部门", supplier_en="S")
    rows = {
        "io_links": conform(
            "io_links",
            pd.DataFrame(links, columns=["year", "from_unit", "to_unit", "upstream", "downstream", "leontief", "ghosh"]),
        ),
        "main_inputs": conform("main_inputs", named_inputs),
        "network": conform("network", pd.DataFrame(network).assign(sector_zh="部门", sector_en="S")),
        "linkages": conform("linkages", pd.DataFrame(linkages)),
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


def drawn(results: Results, **tables: pd.DataFrame) -> ChainMap:
    drawing = chain_map(chained(results, **tables))
    assert drawing is not None
    return drawing


def test_each_year_has_its_own_flags_links_and_figures(results: Results) -> None:
    """C17 is weak and a chokepoint in 2020: it takes the first of the order; what is open raises no flag."""
    rows = pd.concat([priorities(2019, chokepoint=[0, 0, 1, 1]), priorities(2020)], ignore_index=True)
    drawing = drawn(results, priority=rows)
    assert [(year.year, year.io_year) for year in drawing.years] == [(2018, 2018), (2019, 2018), (2020, 2020)]
    first, middle, last = drawing.years
    assert all(node.flags == () and node.place is None for node in first.nodes.values())
    assert middle.nodes["C26"].flags == ("chokepoint",) and last.nodes["C26"].flags == ()
    assert last.nodes["C17"].flags == ("weak", "chokepoint") and last.nodes["C39"].flags == ()
    assert [(flag, count) for flag, _, count in last.counts()] == [("weak", 1), ("chokepoint", 2)]
    assert [last.nodes[code].coverage for code in UNITS] == [0.45, 1.0, 0.0, None]
    assert {link.share for link in middle.links} == {0.4} and {link.share for link in last.links} == {0.6}
    at = list(FACTS).index("self_sufficiency")
    assert [year.nodes["C13"].facts[at] for year in drawing.years] == ["18.0%", "19.0%", "20.0%"]
    assert last.nodes["C13"].radius < last.nodes["C39"].radius == 12  # by output
    assert [year.nodes["C39"].output for year in drawing.years] == ["4"] * 3  # of 2019 that of the table of 2018


def test_the_script_draws_what_the_page_shows(results: Results) -> None:
    drawing = drawn(results, priority=priorities(2020))
    told = chain_json(drawing)
    assert [node["id"] for node in told["nodes"]] == list(UNITS) and told["years"][-1]["io"] == 2020
    seller, buyer, share = told["years"][-1]["links"][0]
    assert (UNITS[seller], UNITS[buyer], share) == ("C17", "C13", 0.6)
    assert told["years"][-1]["nodes"][0][2:5] == [["chokepoint"], 0.45, 1] and told["years"][0]["nodes"][0][2] == []


def test_the_page_names_the_year_of_the_map_and_of_the_table(results: Results) -> None:
    shown = chained(results, priority=priorities(2020))
    html = page(shown, weight_lab(shown), {}, [])
    assert "2020; input-output table of 2020" in html and '"io":2018' in html
    assert '<circle class="flag-chokepoint"' in html and '<circle class="flag-weak"' in html
    assert 'stroke-dasharray="45 100"' in html and "chokepoint: a" in html


def test_many_nodes_take_the_wide_frame_and_overlap_nowhere(results: Results) -> None:
    codes = tuple(f"{k:03d}" for k in range(153))
    drawing = chain_map(chained(results, codes))
    assert drawing is not None and drawing.frame is MANY and len(drawing.nodes) == 153
    gap = 2 * 3.14159 * MANY.labels / 153
    assert gap > 1.2 * MANY.letters and drawing.nodes[0].name.en == "S"


def test_a_map_without_priorities_has_no_flags_and_without_tables_is_none(results: Results) -> None:
    drawing = drawn(results)
    assert drawing.latest.counts() == [] and all(node.flags == () for node in drawing.latest.nodes.values())
    assert chain_map(results) is None
