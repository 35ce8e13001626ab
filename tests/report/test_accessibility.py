"""The whole page of the demo study before axe: every section with all that folds open, then the page as it opens."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import DemoRun

from .test_browser import FEW_ROWS, browser, heavy_faults, opened, scheme  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIMIT = 600
"""Seconds that one section may take."""
STATES = (("zh", "light", 1280), ("en", "dark", 390))
"""Language, theme and width."""
OPEN = """document.querySelectorAll('section').forEach((section) => { section.style.contentVisibility = 'visible' });
document.querySelectorAll('details').forEach((block) => { block.open = Boolean(block.closest(arguments[0])) });
document.querySelectorAll('.profile:nth-child(n + 3)').forEach((sheet) => { sheet.open = false })"""
"""Two unit sheets: the others are made by the same lines of the template."""


def faults(page: Any, part: str | None) -> list[tuple[str, list[str]]]:
    """What axe has against a part, or against the whole page as it opens."""
    page.execute_script(OPEN, part or "nothing")
    return heavy_faults(page, part)


@pytest.mark.parametrize(("language", "theme", "width"), STATES)
def test_axe_finds_no_fault_in_the_demo_page(browser: Any, demo_run: DemoRun, language: str, theme: str, width: int) -> None:  # noqa: F811
    from axe_selenium_python import Axe

    page = opened(browser, demo_run.place.latest / "report.html")
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 800}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme(page, theme)
    if language == "en":
        page.execute_script("document.getElementById('language').click()")
    page.set_script_timeout(LIMIT)
    page.execute_script(FEW_ROWS)
    Axe(page).inject()
    sections = page.execute_script("return [...document.querySelectorAll('section')].map((section) => `#${section.id}`)")
    found = {part: faults(page, part) for part in [None, *sections]}
    scheme(page, "light")
    assert len(sections) == 12 and {part: faults_ for part, faults_ in found.items() if faults_} == {}
