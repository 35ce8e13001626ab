"""The page of the newest run in headless Chromium: ready beside an empty page of equal bytes, a slider beside a bare repaint.

Ratios of CPU time of the page's own thread, so that a busy machine has no say; milliseconds of the clock are printed too.

"An empty page of equal bytes" can be filled with markup (rows of a hidden table, which a browser parses and does not draw) or
with words (one hidden paragraph). The goal is meant with markup: bytes that a browser has to parse as it parses the page's. With
words the same goal would forbid a page with elements at all, so that ratio is printed and not judged; it was 30 and is about 15
since sections out of sight are not laid out (`content-visibility`). Tables stay in the markup rather than in data for the
script, because the page must be read and printed without it.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

READY, SLIDE, LARGEST, TIMES = 3.0, 4.0, 3_000_000, 9
"""Times an empty page of equal bytes, times a bare repaint, bytes of the page; how often each is measured."""
RUNS = Path("data/processed/demo/latest/report.html")
HEAD = "<!doctype html><meta charset=utf-8><title>empty</title>"
ROW = "<tr><td>1</td><td>2</td></tr>\n"
WORD = "word "
MOVE = """
const slider = document.querySelector('#lab-sliders input');
for (let k = 0; k < arguments[0]; k += 1) {
  slider.value = 20 + 60 * (k % 2);
  slider.dispatchEvent(new Event('input'));
  document.getElementById('lab-rows').getBoundingClientRect();
}"""
REPAINT = """
const rows = document.getElementById('lab-rows');
for (let k = 0; k < arguments[0]; k += 1) {
  for (const cell of rows.querySelectorAll('td.score')) cell.textContent = (k / 7).toFixed(2);
  for (const piece of rows.querySelectorAll('.stack i')) piece.style.width = `${10 + (k % 5)}%`;
  rows.replaceChildren(...[...rows.children].reverse());
  rows.getBoundingClientRect();
}"""
"""The same cells, bars and order of rows written anew, with nothing computed."""
SLIDES = 40


def chromium() -> Any | None:
    """A driver of headless Chromium that counts CPU of a page's thread; None where either is not installed."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        return None
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    return driver


def write_empty(path: Path, size: int) -> Path:
    """A page of so many bytes with a hidden table and no content."""
    path.write_text(f"{HEAD}<table hidden>{ROW * ((size - len(HEAD)) // len(ROW))}</table>", "utf-8")
    return path


def cpu(driver: Any) -> float:
    """Seconds of CPU of the page's thread so far."""
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def loading(driver: Any, path: Path) -> tuple[float, float]:
    """Milliseconds of CPU and of the clock until a page is ready."""
    driver.get("about:blank")
    before = cpu(driver)
    driver.get(path.resolve().as_uri())
    clock = driver.execute_script("return Number(document.documentElement.dataset.ready ?? performance.now())")
    return 1000 * (cpu(driver) - before), float(clock)


def working(driver: Any, script: str) -> float:
    """Milliseconds of CPU of one step of a script that takes SLIDES of them."""
    before = cpu(driver)
    driver.execute_script(script, SLIDES)
    return 1000 * (cpu(driver) - before) / SLIDES


def judged(name: str, ratio: float, goal: float) -> bool:
    print(f"page: {name} {ratio:.2f} (goal {goal:g}): {'PASS' if ratio <= goal else 'SHORT'}")
    return ratio <= goal


def main(page: Path) -> int:
    if not page.is_file():
        print(f"page: {page} is not there; run `make pipeline` first: SHORT")
        return 1
    driver = chromium()
    if driver is None:
        print("page: Chromium or its driver is not installed (apt: chromium, chromium-driver), nothing measured: SHORT")
        return 1
    size = page.stat().st_size
    try:
        with tempfile.TemporaryDirectory() as folder:
            empty = write_empty(Path(folder) / "empty.html", size)
            words = Path(folder) / "words.html"
            words.write_text(f"{HEAD}<p hidden>{WORD * (size // len(WORD))}</p>", "utf-8")
            measured = [(loading(driver, empty), loading(driver, words), loading(driver, page)) for _ in range(TIMES)]
        nothing, least, ready = (statistics.median(loads[k][0] for loads in measured) for k in (0, 1, 2))
        clock = statistics.median(loads[2][1] for loads in measured)
        steps = [(working(driver, MOVE), working(driver, REPAINT)) for _ in range(TIMES)]
        slide, repaint = (statistics.median(step[k] for step in steps) for k in (0, 1))
    finally:
        driver.quit()
    print(f"page: {size:,} bytes; ready after {clock:.0f} ms by the clock, {ready:.0f} ms of CPU (empty: {nothing:.0f})")
    print(f"page: ready over a page of as many words (not judged) {ready / least:.1f}")
    print(f"page: a slider takes {slide:.2f} ms of CPU, a bare repaint {repaint:.2f}")
    verdicts = (
        judged("bytes over the limit", size / LARGEST, 1.0),
        judged("ready over an empty page of equal bytes", ready / nothing, READY),
        judged("slider over a bare repaint", slide / repaint, SLIDE),
    )
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
