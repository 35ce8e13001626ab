"""The page of the newest run in headless Chromium: ready, and a slider moving the ranking, beside an empty page."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

READY, SLIDE, TIMES = 1000.0, 50.0, 20
"""Milliseconds promised for the page to be ready and for a slider; how often each is measured."""
RUNS = Path("data/processed/demo/latest/report.html")
EMPTY = "<!doctype html><title>empty</title>"
LOADED = "const [n] = performance.getEntriesByType('navigation'); return n.loadEventEnd"
MOVED = """
const slider = document.querySelector('#lab-sliders input'), times = [];
for (let k = 0; k < arguments[0]; k += 1) {
  slider.value = 20 + 2 * k;
  const start = performance.now();
  slider.dispatchEvent(new Event('input'));
  document.getElementById('lab-rows').getBoundingClientRect();  // the layout that follows counts too
  times.push(performance.now() - start);
}
return times"""


def opened(driver: Any, path: Path) -> float:
    """Milliseconds until the page is ready: its own mark, or the load event."""
    driver.get(path.resolve().as_uri())
    own = driver.execute_script("return document.documentElement.dataset.ready ?? null")
    return float(own if own is not None else driver.execute_script(LOADED))


def main(page: Path) -> int:
    if not page.is_file():
        print(f"page: {page} is not there; run `make pipeline` first: SHORT")
        return 1
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        print("page: Chromium or its driver is not installed: not measured")
        return 0
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        with tempfile.TemporaryDirectory() as folder:
            empty = Path(folder) / "empty.html"
            empty.write_text(EMPTY, "utf-8")
            nothing = statistics.median(opened(driver, empty) for _ in range(TIMES))
        ready = statistics.median(opened(driver, page) for _ in range(TIMES))
        moved = statistics.median(driver.execute_script(MOVED, TIMES))
    finally:
        driver.quit()
    print(f"{page.stat().st_size:,} bytes; empty page loaded in {nothing:.0f} ms")
    print(f"page: ready in {ready:.0f} ms (goal {READY:g}): {'PASS' if ready <= READY else 'SHORT'}")
    print(f"page: slider moves the ranking in {moved:.1f} ms (goal {SLIDE:g}): {'PASS' if moved <= SLIDE else 'SHORT'}")
    return 0 if ready <= READY and moved <= SLIDE else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
