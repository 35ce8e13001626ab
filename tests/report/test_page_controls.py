"""The chain map and the what-if control in a real browser: one page, and the control against table whatif."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.lists.whatif import whatif
from hqd_index.report.disclosure import publishable_results
from hqd_index.report.page.html_page import page as html_page
from hqd_index.report.page.html_page import write_page
from hqd_index.report.page.whatif_control import whatif_control, whatif_json
from hqd_index.report.results import Results
from hqd_index.tables import conform, empty

from .conftest import MANIFEST, UNITS, YEARS, invented, study
from .test_browser import browser, opened  # noqa: F401
from .test_chain_map import chained, priorities

EXACT = 1e-9
"""Points of the index: the same sums in another language."""
COUNTS = [9, 0, 4, 12, 7, 2, 30, 5, 8, 3, 20, 6]
"""SRDI firms of the units; two of C30 are fewer than may be published."""
FIRMS = [100] * 10 + [64, 100]
"""With 17 of 64, C39 has 265.625: a tie, which Python and a script round differently unless told."""


def with_whatif(measure: str = "count") -> Results:
    """The invented run with industries as units, four of them nodes of the chain, and table whatif as the lists make it."""
    base = study(unit={"by": ["industry_code"]})
    density = base.regressions.density.model_copy(update={"measure": measure})
    industries = base.model_copy(update={"regressions": base.regressions.model_copy(update={"density": density})})
    flagged = priorities(2020)
    factors = {"n_srdi": [*COUNTS[:2], COUNTS[3], COUNTS[10]], "vulnerability": [0.5, 0.7, 0.2, 0.9], "centrality": 0.8}
    factors |= {"priority": 0.3, "target": 13}
    shown = chained(
        Results(industries, invented(), MANIFEST),
        density=densities(measure),
        priority=pd.concat([flagged, priorities(2022, **factors)], ignore_index=True),
    )
    tables = {**shown.tables, "whatif": whatif(industries, shown.tables)[0]}
    return Results(industries, tables, MANIFEST)


def densities(measure: str) -> pd.DataFrame:
    """The latest year; estimated on densities up to that of 22 firms in 100."""
    rows = pd.DataFrame({"unit": list(UNITS), "year": YEARS[-1], "n_firms": FIRMS, "n_srdi": COUNTS})
    density = 1000.0 * rows["n_srdi"] / rows["n_firms"] if measure == "count" else np.arcsinh(rows["n_srdi"])
    most = 220.0 if measure == "count" else np.arcsinh(22)
    return conform("density", rows.assign(density=density, density_lag=[0.0, most] * (len(rows) // 2)))


def write(results: Results, folder: Path) -> Path:
    return write_page(publishable_results(results), folder / "report.html", None, {}, [], whatif_control(results))


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: F811
    return opened(browser, write(with_whatif(), tmp_path_factory.mktemp("controls")))


EVERY_STEP = """
const pick = (id, value, event) => { const e = document.getElementById(id); e.value = value; e.dispatchEvent(new Event(event)); };
const cells = () => Object.fromEntries([...document.querySelectorAll('#whatif-rows tr')].map((row) => [row.dataset.row,
  [...row.querySelectorAll('td')].map((cell) => [...cell.querySelectorAll('data')].map((datum) => Number(datum.value)))]));
const note = (language) => document.querySelector(`#whatif-reading .${language}`).textContent, answers = [];
const reading = (unit, action) => answers.push([unit, action, cells(), note('zh'), note('en')]);
for (const option of document.getElementById('whatif-unit').options) {
  const unit = option.textContent.split(' ')[0];
  pick('whatif-unit', option.value, 'change');
  for (const step of arguments[0]) {
    pick('whatif-firms', step, 'input');
    reading(unit, `firms:${step > 0 ? '+' : ''}${step}`);
  }
  document.querySelectorAll('#whatif-densities button').forEach((button, k) => {
    button.click();
    reading(unit, arguments[1][k]);
  });
}
return answers;
"""


def compare(page: Any, results: Results) -> int:
    """Every unit and step: numbers, ranks and refusals are those of the table; the number of refusals."""
    rules = results.study.lists.whatif
    answers = page.execute_script(EVERY_STEP, list(rules.firms), [f"density:p{p:g}" for p in rules.percentiles])
    table = publishable_results(results).table("whatif").set_index(["unit", "action"])
    table = table[table["density"].notna()]
    assert {(unit, action) for unit, action, *_ in answers} == set(table.index) and len(answers) == len(table)
    for unit, action, cells, zh, en in answers:
        row = table.loc[(unit, action)]
        shown = [cells["density"][1][0], *cells["score"][1], *cells["score"][2], *cells["rank"][1], *cells["rank"][2]]
        columns = ["density_new", "score_new", "low", "high", "rank_new", "rank_best", "rank_worst"]
        assert shown == pytest.approx([float(row[c]) for c in columns if pd.notna(row[c])], abs=EXACT), (unit, action)
        assert [cells["score"][0], cells["rank"][0]] == [[pytest.approx(row["score"], abs=EXACT)], [row["rank"]]]
        priority = cells.get("priority", [[], []])[1]
        assert priority == ([] if pd.isna(row["priority_new"]) else [pytest.approx(row["priority_new"], abs=EXACT)])
        assert row["reading_zh"] in zh and row["reading_en"] in en and row["refused"] == en.startswith("Refused")
    return int(table["refused"].sum())


def test_the_what_if_control_is_the_table(page: Any) -> None:
    """Ten units: C25 has no index, C30 has two SRDI firms and is not offered; refused beyond 220 and below no firms."""
    assert compare(page, with_whatif()) > 5
    text = page.execute_script("return document.getElementById('whatif-unit').textContent")
    assert "C30" not in text and "C39 计算机" in text


def test_the_inverse_sine_too(browser: Any, tmp_path: Path) -> None:  # noqa: F811
    results = with_whatif("ihs")
    assert compare(opened(browser, write(results, tmp_path)), results) > 5


def test_the_map_by_year_flag_and_key(page: Any) -> None:
    """Links C17>C13, C26>C17, C39>C26, C13>C39, two fifths in 2018 and three in 2020; flags of 2020 on C13 and C17."""
    from selenium.webdriver.common.keys import Keys

    js = page.execute_script
    page.get_log("browser")
    assert js("return document.querySelector('#map-date .en').textContent") == "2020; input-output table of 2020"
    js("document.querySelector('#map-flags button:last-child').click()")
    faint = "return [...document.querySelectorAll('#map a.faint')].map((a) => a.dataset.unit)"
    assert "chokepoint" in js("return document.querySelector('#map-flags button:last-child').textContent")
    assert js(faint) == ["C26", "C39"]
    js("document.querySelector('#map-flags button:last-child').click()")
    assert js(faint) == []

    js("document.querySelector('#map a').focus()")
    page.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert js("return document.activeElement.dataset.unit") == "C17"
    assert js("return [...document.querySelectorAll('#map-links path')].map((p) => p.getAttribute('class'))") == [
        "out", "in", "in far", "out far",
    ]  # fmt: skip
    assert js("return document.querySelector('#map-told h3').textContent").startswith("C17 ")
    page.switch_to.active_element.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert js("return document.activeElement.dataset.unit") == "C39"
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not js("return document.getElementById('map').classList.contains('lit')")

    js("const y = document.getElementById('map-year'); y.value = '0'; y.dispatchEvent(new Event('change'))")
    assert js("return document.querySelector('#map-date .en').textContent") == "2018; input-output table of 2018"
    assert js("return document.querySelector('#map-links path').getAttribute('stroke-width')") == "3.00"
    assert js("return document.querySelectorAll('#map-flags button').length") == 0
    assert page.get_log("browser") == []


def test_the_control_on_a_phone_and_by_keyboard(page: Any) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for language in ("zh", "en"):
            assert page.execute_script("return document.documentElement.scrollWidth") <= 390, language
            page.execute_script("document.getElementById('language').click()")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    unreachable = (
        "return [...document.querySelectorAll('#whatif select, #whatif input, #whatif button')].filter((e) => e.tabIndex < 0)"
    )
    assert page.execute_script(unreachable) == []
    assert page.execute_script("return document.getElementById('whatif-unit').textContent").count("Textiles") == 0


def test_what_is_too_small_is_not_embedded_and_no_estimate_has_a_reason() -> None:
    control = whatif_control(with_whatif())
    assert control is not None
    units = {unit["id"]: unit for unit in whatif_json(control)["units"]}
    assert units["C30"]["density"] is None and units["C30"]["n_srdi"] is None and units["C30"]["n_firms"] is None
    assert units["C17"]["n_srdi"] == 0 and len(units) == len(UNITS) - 1  # C25 has no index
    shown = publishable_results(with_whatif())
    masked = (
        shown.table("whatif")
        .set_index("unit")
        .loc["C30", ["density_new", "score_new", "low", "rank_new", "rank_best", "rank_worst", "reading_en"]]
    )
    assert masked.isna().all(axis=None)
    results = Results(shown.study, {**invented(), "regressions": empty("regressions")}, MANIFEST)
    assert whatif_control(results) is None
    assert 'id="whatif"' not in (html := html_page(results, None, {}, [])) and "whatif.csv" in html
