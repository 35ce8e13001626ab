"""The pipeline on 31, 340 and 3,000 units x 12 years x 24 indicators with 10,000 draws: processor time of each stage by units.

A made-up study of one tidy table: units in five zones, two dimensions of three sub-dimensions, a density from counts in the
same table, two specifications, alternatives of normalisation, weights and aggregation. Each size runs in a process of its
own, one stage after another, so that a stage's processor time (children's too) and the largest resident memory of the process
tree are its own. The alternative is growth in proportion to units: from each size to the next larger, a stage's time per unit
may double at most; times below a second are taken as a second, so that what any run costs does not count as growth. Memory
may reach 4 GiB, and the page of 340 units 3 MB and in Chromium three times the CPU of a page of as many bytes and no content;
that of 3,000 units opens and finds a unit by its name.

`python benchmarks/units.py 3000 --folder F` measures one size and keeps it in F; what F has is not measured again, so that a slow
machine takes one size at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from page import chromium, loading, write_empty

SIZES = (31, 340, 3000)
YEARS, LEAVES, DRAWS = 12, 24, 10_000
FIRST_YEAR = 2010
GROWTH_GOAL, MEMORY_GOAL, PAGE_GOAL = 2.0, 4 * 1024**3, 3_000_000
LEAST_SECONDS = 1.0
PAGE_SIZE, READY_GOAL, TIMES = 340, 3.0, 5
EVERY = 0.2

STUDY = """version: 1
name: units
label: {{zh: 单元, en: Units}}
synthetic: true
unit: {{by: [county], names: {{table: counties, zh: county_zh, en: county_en}}, groups: {{table: counties, column: zone}}}}
years: [{first}, {last}]
language: en
seed: 3
"""
COLUMN = "      {name}: {{dtype: {dtype}, unit: {unit}, label: {{zh: {zh}, en: {en}}}}}\n"
REGRESSIONS = """version: 1
density: {measure: count, status: valid, levels: [national], lag: 1}
density_source: {table: counties, n_srdi: sum(recognised), n_firms: sum(firms)}
controls:
  wage: {table: counties, formula: sum(wage), label: {zh: 工资, en: Wage}}
specifications:
  - {id: plain, label: {zh: 无控制变量, en: No controls}, controls: none}
  - {id: twfe, label: {zh: 双向固定效应, en: Two-way effects}, controls: all, headline: true}
hypotheses: {sesoi: 0.10, alpha: 0.05}
multiverse: {density: [count, ihs], lag: [1, 2], controls: [none, all], fixed_effects: [[unit, year]]}
"""
UNCERTAINTY = """version: 1
draws: 10000
alternatives:
  weighting.normalise: [{method: zscore}]
  weighting.weight.indicators: [{method: equal}, {method: critic}]
  weighting.aggregate.subdimensions: [{method: geometric}]
"""
WEIGHTING = """version: 1
normalise: {method: minmax}
weight: {indicators: {method: entropy}, subdimensions: {method: equal}, dimensions: {method: equal}}
aggregate:
  indicators: {method: arithmetic}
  subdimensions: {method: arithmetic}
  dimensions: {method: arithmetic}
"""


def write_study(folder: Path, units: int) -> tuple[Path, Path]:
    """(configs, data) of the made-up study."""
    configs, data = folder / "configs", folder / "raw"
    configs.mkdir(parents=True)
    data.mkdir()
    leaves = [f"x{j:02d}" for j in range(LEAVES)]
    (configs / "study.yaml").write_text(STUDY.format(first=FIRST_YEAR, last=FIRST_YEAR + YEARS - 1), "utf-8")
    (configs / "sources.yaml").write_text(_sources(leaves), "utf-8")
    (configs / "indicators.yaml").write_text(_indicators(leaves), "utf-8")
    for name, text in (("weighting", WEIGHTING), ("regressions", REGRESSIONS), ("uncertainty", UNCERTAINTY)):
        (configs / f"{name}.yaml").write_text(text, "utf-8")
    _write_table(data / "counties.csv", units, leaves)
    return configs, data


def _sources(leaves: list[str]) -> str:
    columns = [("zone", "text", '""', "地带", "Zone"), ("county_zh", "text", '""', "县名", "Name"),
               ("county_en", "text", '""', "英文县名", "English name"),
               ("recognised", "number", "家", "专精特新企业数", "Recognised"),
               ("firms", "number", "家", "企业数", "Firms"), ("wage", "number", '""', "工资", "Wage"),
               *((leaf, "number", '""', f"指标{leaf}", f"Indicator {leaf}") for leaf in leaves)]  # fmt: skip
    table = "".join(COLUMN.format(name=n, dtype=d, unit=u, zh=zh, en=en) for n, d, u, zh, en in columns)
    return (
        "version: 1\nsources:\n  counties: {path: counties.csv, table: counties}\n"
        f"tables:\n  counties:\n    key: [county, year]\n    columns:\n{table}"
    )


def _indicators(leaves: list[str]) -> str:
    places = [(f"{dimension}{k}", 12 * d + 4 * k) for d, dimension in enumerate("qs") for k in range(3)]
    families = {node: leaves[place : place + 4] for node, place in places}
    lines = ["version: 1", "levels: [indicators, subdimensions, dimensions]", "tree:", "  top:"]
    for dimension in "qs":
        lines.append(f"    {dimension}:")
        lines += [f"      {node}: [{', '.join(children)}]" for node, children in families.items() if node[0] == dimension]
    names = (f"  {node}: {{zh: 节点{node}, en: Node {node}}}" for node in ("top", "q", "s", *families))
    lines += ["nodes:", *names, "indicators:"]
    lines += [f"  {x}: {{table: counties, formula: sum({x}), label: {{zh: 指标{x}, en: Indicator {x}}}}}" for x in leaves]
    return "\n".join(lines) + "\n"


def _write_table(path: Path, units: int, leaves: list[str]) -> None:
    """Indicators of a common level and trend of the unit, noise of their own, and a part of the density."""
    random = np.random.default_rng(7)
    level, trend = random.standard_normal(units), random.normal(0.1, 0.03, units)
    firms = random.integers(200, 5000, units)
    joined = np.where(random.random(units) < 0.8, random.integers(3, YEARS, units), YEARS)
    header = ["county", "year", "zone", "county_zh", "county_en", "recognised", "firms", "wage", *leaves]
    lines = [",".join(header)]
    for u in range(units):
        for t in range(YEARS):
            recognised = int(max(0, t - joined[u] + 1) * firms[u] * 0.004)
            base = level[u] + trend[u] * t + 0.02 * 1000 * recognised / firms[u]
            values = np.exp(0.5 * base + 0.3 * random.standard_normal(LEAVES))
            words = [f"u{u:04d}", str(FIRST_YEAR + t), f"zone{u % 5}", f"县{u:04d}", f"County {u:04d}"]
            counts = [str(recognised), str(firms[u]), f"{10 + t + random.standard_normal():.4f}"]
            cells = [*words, *counts, *(f"{value:.5f}" for value in values)]
            lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n", "utf-8")


# one size, in a process of its own


def run_stages(configs: Path, data: Path, out: Path) -> dict[str, float]:
    """Processor seconds by stage, children included, one stage after another in this process."""
    from hqd_index.pipeline import RunFolders, run
    from hqd_index.study.study_folder import load_study

    seconds: dict[str, float] = {}
    last = _processor_seconds()

    def report_event(event: object) -> None:
        nonlocal last
        now = _processor_seconds()
        if event.state == "done":  # type: ignore[attr-defined]
            seconds[event.stage] = now - last  # type: ignore[attr-defined]
        if event.state in ("started", "done"):  # type: ignore[attr-defined]
            last = now

    run(load_study(configs), RunFolders(configs, data, out), report_event)
    return seconds


def _processor_seconds() -> float:
    return sum(os.times()[:4])


def tree_memory(process: int) -> int:
    """Resident bytes of a process and all below it, pages that they share counted once (proportional set size)."""
    total, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text("ascii")
            total += next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
            for task in Path(f"/proc/{number}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text("ascii").split()]
        except OSError:
            continue
    return total


def measure(folder: Path, units: int) -> tuple[dict[str, float], int, Path]:
    """(processor seconds by stage, largest resident bytes of the process tree, the folder published) of one size."""
    configs, data = write_study(folder, units)
    arguments = [sys.executable, __file__, "--child", str(configs), str(data), str(folder / "out")]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    peak, output = 0, []
    reader = threading.Thread(target=lambda: output.append(process.stdout.read() if process.stdout else ""))
    reader.start()
    while process.poll() is None:
        peak = max(peak, tree_memory(process.pid))
        time.sleep(EVERY)
    reader.join()
    if process.returncode:
        raise SystemExit(f"units: {units} units ended with {process.returncode}: SHORT")
    return json.loads(output[0].splitlines()[-1]), peak, folder / "out" / "units" / "latest"


SEARCH = """
const box = document.getElementById('profile-search');
box.value = arguments[0];
const start = performance.now();
box.dispatchEvent(new Event('input'));
return [performance.now() - start, document.getElementById('profile-one').textContent];"""


def page_checks(pages: dict[int, Path], folder: Path) -> dict[str, bool]:
    """What the pages do in Chromium, in CPU of their own thread; a check that fails where it is not installed."""
    driver = chromium()
    if driver is None:
        return {"Chromium or its driver is not installed (apt: chromium, chromium-driver), pages not opened": False}
    checks = {}
    try:
        for units, path in pages.items():
            empty = write_empty(folder / "empty.html", path.stat().st_size)
            measured = [(loading(driver, empty)[0], loading(driver, path)[0]) for _ in range(TIMES)]
            nothing, ready = (statistics.median(pair[k] for pair in measured) for k in (0, 1))
            took, text = driver.execute_script(SEARCH, f"County {units // 2:04d}")
            is_found = f"County {units // 2:04d}" in text
            what = f"page of {units:,} units ready in {ready:.0f} ms ({nothing:.0f} without content), answers in {took:.0f} ms"
            checks[what] = is_found and (units != PAGE_SIZE or ready <= READY_GOAL * nothing)
    finally:
        driver.quit()
    return checks


def growth(seconds: dict[int, dict[str, float]]) -> dict[str, float]:
    """Largest growth of a stage's time per unit from one size to the next."""
    sizes = sorted(seconds)

    def per_unit(stage: str, size: int) -> float:
        return max(seconds[size][stage], LEAST_SECONDS) / size

    return {
        stage: max(per_unit(stage, larger) / per_unit(stage, smaller) for smaller, larger in pairwise(sizes))
        for stage in seconds[sizes[0]]
    }


def show(sizes: dict[int, dict[str, float]], ratios: dict[str, float], line: Callable[[str], None] = print) -> None:
    line(f"{'stage':<12}" + "".join(f"{size:>10,}" for size in sizes) + f"{'growth':>10}")
    for stage, ratio in ratios.items():
        line(f"{stage:<12}" + "".join(f"{sizes[size][stage]:>8.2f} s" for size in sizes) + f"{ratio:>10.2f}")


def kept(folder: Path, units: int) -> tuple[dict[str, float], int, Path]:
    """What `measure` gives, from the folder where it was measured before."""
    path, latest = folder / "measured.json", folder / "out" / "units" / "latest"
    if not path.is_file():
        seconds, peak, latest = measure(folder, units)
        path.write_text(json.dumps({"seconds": seconds, "peak": peak}))
    measured = json.loads(path.read_text())
    return measured["seconds"], measured["peak"], latest


def main(sizes: tuple[int, ...], folder: Path) -> int:
    seconds, peaks, pages = {}, {}, {}
    for size in sizes:
        seconds[size], peaks[size], latest = kept(folder / str(size), size)
        pages[size] = latest / "report.html"
        files = {path.name: path.stat().st_size for path in (latest / "report.html", latest / "results.xlsx")}
        total = sum(seconds[size].values())
        print(f"{size:,} units: {total:.1f} s, peak {peaks[size] / 1024**3:.2f} GiB, {files}", flush=True)
    if len(sizes) < 2:
        return 0
    opening = page_checks({size: path for size, path in pages.items() if size >= PAGE_SIZE}, folder)
    page = pages[PAGE_SIZE].stat().st_size if PAGE_SIZE in pages else 0
    ratios = growth(seconds)
    show(seconds, ratios)
    worst, peak = max(ratios.values()), max(peaks.values())
    checks = {
        f"peak {peak / 1024**3:.2f} GiB of {MEMORY_GOAL / 1024**3:.0f}": peak <= MEMORY_GOAL,
        f"page of {PAGE_SIZE} units {page / 1e6:.2f} MB of {PAGE_GOAL / 1e6:.0f}": 0 < page < PAGE_GOAL,
        **opening,
    }
    for what, holds in checks.items():
        print(f"  {'PASS ' if holds else 'SHORT'} {what}")
    good = worst <= GROWTH_GOAL and all(checks.values())
    print(f"units: ratio {worst:.2f} (goal {GROWTH_GOAL:g}) against growth in proportion to units: {'PASS' if good else 'SHORT'}")
    return 0 if good else 1


def from_command_line() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--child", type=Path, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run_stages(*options.child)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        return main(tuple(options.sizes), options.folder or Path(name))


if __name__ == "__main__":
    raise SystemExit(from_command_line())
