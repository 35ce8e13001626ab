"""The firm floor on Spark and on DuckDB: the same tables, the same keys and quarantined rows, and what each costs.

`.venv-spark/bin/python benchmarks/two_engines.py [--rows 1000000] [--demo]` makes the firm-years of scale.py and runs intake
and panel on both engines, each in a process of its own on two threads; `--demo` runs the demo study up to its headline, too.
Rows, keys, reasons and texts must be identical, numbers within 1e-9 relative; a plan that Spark refuses ends the run.
Processor time is that of Python and Java.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import scale

SAME = 1e-9
ENGINES = ("duckdb", "spark")
MASTER = "local[2]"
SHORT_RUN = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m",
    "spark.sql.codegen.wholeStage": "false",
}
"""What pays on small data: Java compiles less."""
LONG_RUN = {"spark.driver.memory": "3g"}
LONG_ROWS = 300_000


def firm_floor(engine_name: str, data: Path, out: Path, rows: int) -> None:
    """Intake and panel of the study of scale.py; quarantine, clean rows and panel as files, cost as JSON."""
    from hqd_index.engines import open_engine
    from hqd_index.intake import intake
    from hqd_index.panel import build_panel

    conf = SHORT_RUN if rows < LONG_ROWS else LONG_RUN
    study = scale._study()
    chosen = study.study.model_copy(update={"engine": engine_name, "spark": study.study.spark.model_copy(
        update={"master": MASTER, "conf": conf})})  # fmt: skip
    start = time.perf_counter()
    with open_engine(chosen, threads=2) as engine:
        result = intake(study, engine, data, data)
        quarantine = result.frames["quarantine"].sort_values(["severity", "row", "rule", "column"], kind="stable")
        quarantine.to_csv(out / "quarantine.csv", index=False)
        result.frames["ledger"].to_csv(out / "ledger.csv", index=False)
        build_panel(study, engine, result.tables).values.to_csv(out / "panel.csv", index=False)
        engine.collect(_clean_rows(result.tables["firms"])).to_csv(out / "clean.csv", index=False)
        seconds = time.perf_counter() - start
        cost = {"seconds": round(seconds, 1), "cpu": round(sum(os.times()[:2]) + _java_seconds(), 1)}
    (out / "cost.json").write_text(json.dumps(cost))


def _clean_rows(table: str) -> str:
    """Per industry and year the number of rows, their ids, and exact sums."""
    sums = ", ".join(f"sum({column}) AS {column}" for column in ("revenue", "rd_exp", "total_assets", "employees"))
    return (
        "SELECT industry_code, year, count(*) AS n, count(DISTINCT firm_id) AS firms, min(firm_id) AS first, "
        f"max(firm_id) AS last, {sums} FROM {table} GROUP BY ALL ORDER BY ALL"
    )


def _java_seconds() -> float:
    """Processor time of the Java that this process started."""
    ticks = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            is_java = (status.parent / "comm").read_text().strip() == "java"
        except OSError:
            continue
        if is_java and int(fields[1]) == os.getpid():
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def demo(engine_name: str, out: Path) -> None:
    """The demo study up to the headline regression."""
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-c", "from hqd_index.cli import main; main()"]
    raw = out.parent / "raw"
    if not raw.is_dir():
        subprocess.run([*command, "demo", str(raw)], check=True, stdout=subprocess.DEVNULL, cwd=root)
    settings = ["study.engine=spark", f"study.spark={json.dumps({'master': MASTER, 'conf': SHORT_RUN})}"]
    changes = [word for setting in settings for word in ("--set", setting)] if engine_name == "spark" else []
    run = [*command, "run", "--quick", "--study", "configs", "--data", str(raw), "--out", str(out), "--processes", "1", *changes]
    start = time.perf_counter()
    subprocess.run(run, check=True, stdout=subprocess.DEVNULL, cwd=root)
    (out / "cost.json").write_text(json.dumps({"seconds": round(time.perf_counter() - start, 1)}))
    for table in (out / "demo" / "quick" / "tables").glob("*.csv"):
        shutil.copy(table, out)


def compared(first: Path, second: Path) -> bool:
    """Whether the tables of two folders are the same; prints the largest difference of each that is not identical."""
    is_same, worst, names = True, 0.0, sorted(path.name for path in first.glob("*.csv"))
    for name in names:
        if (first / name).read_bytes() == (second / name).read_bytes():
            continue
        rows, others = (list(csv.reader((folder / name).open(encoding="utf-8-sig"))) for folder in (first, second))
        if rows[0] != others[0] or len(rows) != len(others):
            print(f"  {name}: {len(rows)} rows against {len(others)}, columns {rows[0]} against {others[0]}")
            is_same = False
            continue
        pairs = zip(rows[1:], others[1:])
        cells = [(column, a, b) for row, other in pairs for column, a, b in zip(rows[0], row, other) if a != b]
        differences = {(column, a, b): _difference(a, b) for column, a, b in cells}
        largest = max(differences, key=lambda cell: differences[cell])
        worst = max(worst, differences[largest])
        is_same = is_same and differences[largest] <= SAME
        print(f"  {name}: {len(cells)} cells differ, most {differences[largest]:.1e} in {largest[0]} ({largest[1]} {largest[2]})")
    print(f"  {len(names)} tables, largest relative difference {worst:.1e} (goal {SAME:.0e}), plans refused by Spark 0")
    return is_same


def _difference(first: str, second: str) -> float:
    try:
        a, b = float(first), float(second)
    except ValueError:
        return float("inf")
    return abs(a - b) / max(abs(a), abs(b), 1e-300)


def run(name: str, rows: int, home: Path) -> bool:
    """Both engines, each in a process of its own; whether they agree."""
    folder = home / name
    for engine_name in ENGINES:
        out = folder / engine_name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        command = [sys.executable, __file__, "--child", name, engine_name, "--rows", str(rows), "--folder", str(home)]
        if subprocess.run(command, check=False).returncode:
            print(f"{name}: {engine_name} ended with a fault")
            return False
        print(f"{name}: {engine_name} {(out / 'cost.json').read_text()}", flush=True)
    return compared(folder / "duckdb", folder / "spark")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--demo", action="store_true")
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "hqd-two-engines")
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.child:
        name, engine_name = options.child
        out = options.folder / name / engine_name
        if name == "demo":
            demo(engine_name, out)
        else:
            firm_floor(engine_name, options.folder / "data" / str(options.rows), out, options.rows)
        return 0
    data = options.folder / "data" / str(options.rows)
    if not (data / "firms.parquet").is_file():
        data.mkdir(parents=True, exist_ok=True)
        scale.generate(data, options.rows)
    names = [f"{options.rows} firm-years", *(["demo"] if options.demo else [])]
    is_same = sum(run(name, options.rows, options.folder) for name in names) == len(names)
    print("PASS" if is_same else "SHORT")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
