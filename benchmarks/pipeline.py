"""The whole pipeline on the demo study against the time it takes to import the libraries it uses; then after a change of weights.

Environment ready, cache empty. Goals: first run <= 8 x imports; after a weighting edit wall <= 1.15 x (imports + seconds of
the stages that reran), no intake, and scores.csv in the run's folder within 2 x imports. Ratios are medians of three, each
against imports just before and after.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTED = "third_party.json"
RUN_AND_LIST = f"""
import json, pathlib, sys
from hqd_index import cli
try:
    cli.main(sys.argv[1:])
finally:
    import pypdfium2, vl_convert  # what the processes that draw import
    ours = set(sys.stdlib_module_names) | {{"hqd_index", "__main__", "__mp_main__"}}
    used = [name for name in list(sys.modules) if name.split(".")[0] not in ours]
    pathlib.Path({LISTED!r}).write_text(json.dumps(used))
"""
IMPORT = """
import contextlib, importlib, json, pathlib, sys
for name in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    with contextlib.suppress(Exception):
        importlib.import_module(name)
"""
FIRST_GOAL = 8.0
EDIT_GOAL = 1.15
SCORES_GOAL = 2.0
ROUNDS = 3


def imports(listed: Path) -> float:
    """Seconds to import, in a new process, the libraries that a run had imported at its end."""
    return wall([sys.executable, "-c", IMPORT, str(listed)])


def against_imports(command: list[str], listed: Path, watch: Path | None = None) -> tuple[float, float]:
    """Seconds a command takes (`wall`), and of the imports, taken just before and just after: machines change their speed."""
    before = imports(listed)
    took = wall(command, watch=watch)
    return took, (before + imports(listed)) / 2


def wall(command: list[str], watch: Path | None = None, cwd: Path | None = None) -> float:
    """Seconds a command takes; with `watch`, seconds until its run folder holds scores.csv."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=cwd)
    seen = 0.0
    while watch is not None and process.poll() is None and not seen:
        if next(watch.glob("runs/.tmp-*/run/tables/scores.csv"), None):
            seen = time.perf_counter() - started
        time.sleep(0.005)
    if process.wait():
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return seen if watch is not None else time.perf_counter() - started


def stages(out: Path) -> dict[str, float]:
    manifest = json.loads((out / "demo" / "latest" / "manifest.json").read_text("utf-8"))
    return {stage: facts["seconds"] for stage, facts in manifest["stages"].items()}


def table(title: str, seconds: dict[str, float]) -> None:
    print(title)
    for stage, took in seconds.items():
        print(f"  {stage:<12} {took:8.2f} s" + ("" if took else "   from the cache"))


def edited(configs: Path, method: str) -> None:
    path = configs / "weighting.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    at = next(k for k, line in enumerate(lines) if line.strip().startswith("indicators:") and "method" in line)
    lines[at] = f"  indicators:    {{method: {method}, over: all_years}}\n"
    path.write_text("".join(lines), "utf-8")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        configs, data = work / "configs", work / "raw"
        shutil.copytree(ROOT / "configs", configs)
        hqd = [str(Path(sys.executable).parent / "hqd")]
        subprocess.run([*hqd, "demo", str(data)], check=True, stdout=subprocess.DEVNULL)
        arguments = ["run", "--study", str(configs), "--data", str(data), "--out"]
        # once in one process, for the list of what it imports
        listed = work / LISTED
        wall([sys.executable, "-c", RUN_AND_LIST, *arguments, str(work / "alone"), "--processes", "1"], cwd=work)
        firsts = [against_imports([*hqd, *arguments, str(work / f"out{k}")], listed) for k in range(ROUNDS)]
        first, imported = sorted(firsts, key=lambda pair: pair[0] / pair[1])[ROUNDS // 2]
        shown = ", ".join(f"{run:.2f} / {beside:.2f}" for run, beside in firsts)
        out = work / f"out{ROUNDS - 1}"
        command = [*hqd, *arguments, str(out)]
        table(f"first run / imports, s: {shown}", stages(out))
        again = wall(command)
        edited(configs, "critic")
        second, beside = against_imports(command, listed)
        rerun = stages(out)
        scored = []
        for method in ("std", "cv", "entropy")[:ROUNDS]:
            edited(configs, method)
            scored.append(against_imports(command, listed, watch=out / "demo"))
        scores = statistics.median(run / beside for run, beside in scored)
        table(f"after a weighting edit {second:.2f} s, imports {beside:.2f} s (nothing changed: {again:.2f} s)", rerun)
    edit_bound = beside + sum(rerun.values())
    checks = {
        "intake did not run after the edit": rerun["intake"] == 0,
        f"edit: wall / (imports + stages that reran) = {second / edit_bound:.2f} <= {EDIT_GOAL}": second
        <= EDIT_GOAL * edit_bound,
        f"scores.csv / imports = {scores:.2f} <= {SCORES_GOAL}": scores <= SCORES_GOAL,
    }
    for what, holds in checks.items():
        print(f"  {'PASS ' if holds else 'SHORT'} {what}")
    good = first <= FIRST_GOAL * imported and all(checks.values())
    verdict = "PASS" if good else "SHORT"
    print(f"pipeline: ratio {first / imported:.2f} (goal {FIRST_GOAL}) against importing its libraries: {verdict}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
