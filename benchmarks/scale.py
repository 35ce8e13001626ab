"""The firm floor at any size against hand-written DuckDB SQL and pandas: rules, quarantine, clean parquet, status, both panels.

`python benchmarks/scale.py --rows 1000000 [--only ours sql pandas]` makes firm-years (25 columns, 11 rules, 21 formulas) and runs
each contestant in a process of its own, a chunk at a time: what was measured before is kept in the folder and compared at the
end. Processor time counts all processes; memory is the peak of their resident sizes summed, also above that of the imports.
Each contestant hashes the file and the list, types and judges every row, writes quarantined rows with reasons and the clean
rows as parquet, joins the status from the list, counts the positive cells of each measured column (money and counts) by year and
takes their median, and makes the unit-years of all firms and of those never recognised. The program also accounts for each row
(ledger), looks for anomalies and duplicates of any kind; its rivals do not. With `--csv` the file is a text in GB18030 with
Chinese categories (5 million rows are 1 GB), and the rival iconv and SQL.

Results that differ, a goal that is missed and a contestant that is not measured end with 1. The rivals hold all rows in memory
and are asked for up to 10 million rows; beyond it the program has its memory to keep, and the slope of its processor time: that
between two sizes is at most 1.2 times that between the two before, over the sizes that the folder has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from processor_time import verdict

if TYPE_CHECKING:
    import pandas as pd

    from hqd_index.study.records import Study

YEARS, FIRST_YEAR = 12, 2012
SAME = 1e-9  # relative: the rivals sum doubles in another order
GOALS = {"sql": 1.0, "pandas": 0.5}
CSV_GOALS = {"sql": 1.5}
ALTERNATIVES = {"sql": "hand-written SQL", "pandas": "pandas"}
RIVAL_ROWS = 10_000_000  # the most that the rivals are asked for
SLOPE_GOAL = 1.2
MEMORY_GOALS = {"above_imports": (1024, "above the imports"), "peak": (1536, "in all")}  # MiB
FEWEST_CELLS = 5  # of a median that the program gives
OWNERSHIP = {"soe": "国有", "private": "民营", "foreign": "外资"}
MEMORY = "512MiB"  # of the study: what the engine may take
MONEY = (
    "revenue", "cogs", "rd_exp", "total_assets", "total_liab", "equity", "inventory", "receivables", "fixed_assets",
    "overseas_rev", "digital_invest", "gov_subsidy",
)  # fmt: skip
COUNTS = ("employees", "rd_staff", "inv_patents_valid", "patents_total", "trademarks_valid", "niche_years")
RANGES = {"revenue": (1e6, 5e12), "employees": (1, 800_000), "niche_years": (0, 80), "rd_exp": (0, None)}
ERRORS = {  # true, false, or undecided where a value is missing: that passes
    "E02": "rd_staff <= employees",
    "E03": "overseas_rev <= 1.001 * revenue",
    "E04": "inventory + receivables <= total_assets",
    "E05": "abs(total_assets - total_liab - equity) <= 0.005 * total_assets",
    "E06": "inv_patents_valid >= 0 and patents_total >= 0 and trademarks_valid >= 0",
    "E07": "cogs <= 1.5 * revenue",
    "E08": "inv_patents_valid <= patents_total",
    "E09": "digital_invest <= revenue",
}
WARNINGS = {
    "W21": "rd_exp <= 0.5 * revenue",
    "W22": "gov_subsidy <= 0.3 * revenue",
    "W23": "abs(ln(revenue) - ln(lag(revenue))) <= 3",
}
FORMULAS = {  # equity alone has missing cells, and no formula reads it: the program would leave incomplete rows out of a ratio
    "f01": "100 * sum(rd_exp) / sum(revenue)",
    "f02": "100 * sum(rd_staff) / sum(employees)",
    "f03": "sum(inv_patents_valid) / sum(employees)",
    "f04": "sum(trademarks_valid) / sum(revenue)",
    "f05": "sum(revenue) / sum(employees)",
    "f06": "100 * sum(overseas_rev) / sum(revenue)",
    "f07": "100 * sum(digital_invest) / sum(revenue)",
    "f08": "sum(cogs) / sum(inventory)",
    "f09": "365 * sum(receivables) / sum(revenue)",
    "f10": "sum(fixed_assets) / sum(employees)",
    "f11": "100 * sum(total_liab) / sum(total_assets)",
    "f12": "100 * sum(gov_subsidy) / sum(revenue)",
    "f13": "sum(patents_total) / sum(employees)",
    "f14": "avg(niche_years)",
    "f15": "avg(main_product_rev_share)",
    "f16": "median(top5_customer_share)",
    "f17": "median(employees)",
    "f18": "sum(main_product_rev_share * revenue) / sum(revenue)",
    "f19": "sum(niche_years * employees) / sum(employees)",
    "f20": "sum(top5_customer_share * revenue) / sum(revenue)",
    "f21": "100 * count(*) filter (where patents_total > 5) / count(*)",
}
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


# the data


def generate(folder: Path, rows: int) -> None:
    """firms.parquet (in key order) and list.csv with every twelfth firm; 3 rows in 1,000 break a rule, 1 in 10,000 is twice."""
    import duckdb
    import numpy as np
    import pandas as pd

    with duckdb.connect() as database:
        database.execute("SET threads = 1; SET enable_progress_bar = false; SET preserve_insertion_order = true")
        database.execute(f"SET memory_limit = '4GiB'; SET temp_directory = '{folder / 'spill'}'")
        firms = -(-rows // YEARS)
        codes = _credit_codes(np.arange(firms))
        identity = pd.DataFrame({"firm": np.arange(firms), "firm_id": codes})
        database.register("identity", identity)
        money = ", ".join(
            f"round(revenue * {0.02 + 0.9 * k / len(MONEY):.4f} * (0.5 + {_chance(k)}), 2) AS {name}"
            for k, name in enumerate(MONEY)
            if name not in ("revenue", "total_assets", "total_liab", "equity", "inventory", "receivables")
        )
        database.execute(
            f"""COPY (
            WITH base AS (SELECT firm, {FIRST_YEAR} + y AS year, round(exp(14 + 4 * {_chance(90)}) * (1 + {_chance(91)}), 2)
                AS revenue, CAST(5 + 500 * {_chance(92)} AS BIGINT) AS employees, {_chance(93)} AS fault
                FROM range({firms}) AS f(firm), range({YEARS}) AS t(y)),
            rows AS (SELECT firm, year, revenue, employees, fault, {money}, round(revenue * 1.5, 2) AS total_assets,
                round(revenue * 0.1 * {_chance(60)}, 2) AS inventory, round(revenue * 0.1 * {_chance(61)}, 2) AS receivables
                FROM base)
            SELECT i.firm_id, CAST(year AS INTEGER) AS year, CAST(13 + firm % 31 AS VARCHAR) AS industry_code,
                CAST(11 + firm % 5 AS VARCHAR) || '0000' AS province_code,
                CASE firm % 3 WHEN 0 THEN 'soe' WHEN 1 THEN 'private' ELSE 'foreign' END AS ownership,
                revenue,
                CASE WHEN fault < 0.0005 THEN 2 * revenue ELSE round(cogs * 0.6, 2) END AS cogs,
                round(rd_exp * 0.2, 2) AS rd_exp, total_assets, round(total_assets * 0.4, 2) AS total_liab,
                CASE WHEN fault > 0.02 OR fault < 0.01 THEN round(total_assets - round(total_assets * 0.4, 2), 2) END AS equity,
                CASE WHEN fault BETWEEN 0.0005 AND 0.001 THEN 2 * total_assets ELSE inventory END AS inventory, receivables,
                fixed_assets, CASE WHEN fault BETWEEN 0.0008 AND 0.0015 THEN 3 * revenue ELSE round(overseas_rev * 0.2, 2) END
                AS overseas_rev, round(digital_invest * 0.2, 2) AS digital_invest, round(gov_subsidy * 0.1, 2) AS gov_subsidy,
                employees, CASE WHEN fault BETWEEN 0.0015 AND 0.002 THEN 2 * employees
                    ELSE CAST(employees * 0.3 AS BIGINT) END AS rd_staff,
                CAST(10 * {_chance(70)} AS BIGINT) AS inv_patents_valid, CAST(10 + 20 * {_chance(71)} AS BIGINT) AS patents_total,
                CAST(9 * {_chance(72)} AS BIGINT) AS trademarks_valid,
                CASE WHEN fault BETWEEN 0.002 AND 0.003 THEN 99 ELSE CAST(60 * {_chance(73)} AS BIGINT) END AS niche_years,
                round({_chance(74)} * 100, 2) AS main_product_rev_share, round({_chance(75)} * 100, 2) AS top5_customer_share
            FROM rows JOIN identity AS i USING (firm), range(CASE WHEN hash(firm, year, 5) % 10000 = 0 THEN 2 ELSE 1 END)
            ORDER BY i.firm_id, year) TO '{folder / "firms.parquet"}' (FORMAT parquet)"""
        )
    listed = pd.DataFrame({"uscc": codes[::12], "level": "national", "status": "recognised"})
    listed["announce_date"] = [f"{2016 + k % 6}-03-01" for k in range(len(listed))]
    listed.to_csv(folder / "list.csv", index=False)


def as_text(folder: Path) -> None:
    """firms.csv in GB18030 in the place of firms.parquet."""
    import duckdb

    with duckdb.connect() as database:
        database.execute("SET threads = 1; SET enable_progress_bar = false; SET preserve_insertion_order = true")
        names = "CASE ownership " + " ".join(f"WHEN '{key}' THEN '{name}'" for key, name in OWNERSHIP.items()) + " END"
        rows = f"SELECT * REPLACE ({names} AS ownership) FROM '{folder / 'firms.parquet'}'"
        database.execute(f"COPY ({rows}) TO '{folder / 'utf8.csv'}' (FORMAT csv, HEADER)")
    with (folder / "firms.csv").open("wb") as text:
        subprocess.run(["iconv", "-f", "UTF-8", "-t", "GB18030", str(folder / "utf8.csv")], stdout=text, check=True)
    for name in ("utf8.csv", "firms.parquet"):
        (folder / name).unlink()


def firms_file(data: Path) -> Path:
    """The file of the firms, parquet or text."""
    return next(path for path in (data / "firms.parquet", data / "firms.csv") if path.is_file())


def _chance(stream: int) -> str:
    """SQL of a number in [0, 1) that hangs on firm, year and stream alone."""
    return f"((hash(firm, {'y' if stream >= 90 else 'year'}, {stream}) % 1000003) / 1000003.0)"


def _credit_codes(numbers: object) -> list[str]:
    """18-character codes with the check character of GB 32100-2015, in the order of the numbers."""
    import numpy as np

    digits = np.array([list(f"91{number:015d}") for number in np.asarray(numbers)]).astype(int)
    check = (-(digits @ np.array([pow(3, k, 31) for k in range(17)]))) % 31
    return [f"{''.join(map(str, row))}{ALPHABET[last]}" for row, last in zip(digits, check)]


# the contestants: each leaves clean.parquet, quarantine.csv (row, reason), medians.csv and panel.csv in its folder


def ours(data: Path, out: Path) -> None:
    import pandas as pd

    from hqd_index.engines import open_engine
    from hqd_index.intake import intake
    from hqd_index.panel import build_panel

    study = _study(firms_file(data).name)
    with open_engine(memory=study.study.memory) as engine:
        result = intake(study, engine, data, data)
        engine.write(result.tables["firms"], out / "clean.parquet")
        quarantine = result.frames["quarantine"].query("severity == 'error'")
        broken_rules = sorted(set(zip(quarantine["row"], quarantine["rule"])))
        reasons = [(row, "+".join(rule for _, rule in rules)) for row, rules in groupby(broken_rules, itemgetter(0))]
        pd.DataFrame(reasons, columns=["row", "reason"]).to_csv(out / "quarantine.csv", index=False)
        pd.DataFrame(result.medians["firms"]).rename_axis("year").to_csv(out / "medians.csv")
        build_panel(study, engine, result.tables).values.to_csv(out / "panel.csv", index=False)


def _study(firms: str = "firms.parquet") -> Study:
    from hqd_index.study.records import Study

    label = {"zh": "一", "en": "one"}
    leaves = {id: {"table": "firms", "formula": text, "label": label} for id, text in FORMULAS.items()}
    rules = [
        {"id": id, "table": "firms", "check": check, "severity": severity, "text": label, "mend": label}
        for severity, checks in (("error", ERRORS), ("warning", WARNINGS))
        for id, check in checks.items()
    ]
    sources = {
        "firms": {"path": firms, "table": "firms", "constants": {"industry_version": "2017"}},
        "list": {"path": "list.csv", "table": "srdi_list"},
    }
    return Study.model_validate(
        {
            "study": {
                "version": 1,
                "name": "scale",
                "label": label,
                "memory": MEMORY,
                "years": [FIRST_YEAR, FIRST_YEAR + YEARS - 1],
            }
            | {"unit": {"by": ["industry_code"], "names": "gbt4754"}, "min_firms": 1},
            "sources": {"version": 1, "sources": sources, "srdi_list": {"sample": True}},
            "rules": {"version": 1, "ranges": {"firms": RANGES}, "rules": rules},
            "columns": {"version": 1},
            "regressions": {"version": 1, "density": {"measure": "count", "status": "ever", "levels": ["national"]}},
            "indicators": {"version": 1, "levels": ["indicators"], "tree": {"top": list(leaves)}, "indicators": leaves},
            "weighting": {"version": 1, "weight": {}, "aggregate": {}},
        }
    )


def sql(data: Path, out: Path) -> None:
    """In-memory DuckDB, one table of all rows: what a good engineer writes by hand."""
    import duckdb

    hashes = [hashlib.file_digest(path.open("rb"), "sha256").hexdigest() for path in (firms_file(data), data / "list.csv")]
    assert all(hashes)
    ranges = {f"C02 {name}": _range_check(name, *limits) for name, limits in RANGES.items()}
    checks = {**ranges, **ERRORS}
    broken = " OR ".join(f"NOT coalesce({check}, true)" for check in checks.values())
    reasons = ", ".join(f"CASE WHEN NOT coalesce({check}, true) THEN '{id.split()[0]}' END" for id, check in checks.items())
    warned = " OR ".join(f"NOT coalesce({check.replace('lag(revenue)', 'before')}, true)" for check in WARNINGS.values())
    formulas = ", ".join(f"{text} AS {id}" for id, text in FORMULAS.items())
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")
        database.execute(f"CREATE TABLE raw AS {_raw_rows(data, out)}")
        database.execute(f"CREATE TABLE flagged AS SELECT row, concat_ws('+', {reasons}) AS reason FROM raw WHERE {broken}")
        database.execute("""INSERT INTO flagged SELECT row, 'E01' FROM raw WHERE row NOT IN (SELECT row FROM flagged)
            QUALIFY row_number() OVER (PARTITION BY firm_id, year ORDER BY row) > 1""")
        database.execute(f"COPY (SELECT * FROM flagged ORDER BY row) TO '{out / 'quarantine.csv'}' (HEADER)")
        database.execute(f"""CREATE TABLE list AS
            SELECT uscc AS firm_id, min(year(announce_date)) AS first FROM read_csv('{data / "list.csv"}') GROUP BY ALL""")
        database.execute("""CREATE TABLE clean AS
            SELECT r.*, l.first IS NOT NULL AS ever, coalesce(year >= l.first, false) AS valid
            FROM raw AS r LEFT JOIN list AS l USING (firm_id) WHERE row NOT IN (SELECT row FROM flagged)""")
        database.execute(f"""COPY (SELECT row FROM (SELECT *, lag(revenue) OVER (PARTITION BY firm_id ORDER BY year) AS before
            FROM clean) WHERE {warned}) TO '{out / "warnings.csv"}'""")
        database.execute(f"COPY (SELECT * FROM clean ORDER BY firm_id, year) TO '{out / 'clean.parquet'}' (FORMAT parquet)")
        medians = ", ".join(f"count({positive(x)}) AS {_cells(x)}, median({positive(x)}) AS {x}" for x in (*MONEY, *COUNTS))
        database.execute(
            f"COPY (SELECT year, {medians} FROM clean GROUP BY year ORDER BY year) TO '{out / 'medians.csv'}' (HEADER)"
        )
        samples = " UNION ALL ".join(
            f"SELECT '{sample}' AS sample, industry_code AS unit, year, count(DISTINCT firm_id) AS n_firms, {formulas} "
            f"FROM clean WHERE {where} GROUP BY ALL"
            for sample, where in (("all", "true"), ("leave_out", "NOT ever"))
        )
        database.execute(f"COPY ({samples} ORDER BY ALL) TO '{out / 'panel.csv'}' (HEADER)")


def positive(name: str) -> str:
    return f"CASE WHEN {name} > 0 THEN {name} END"


def _cells(name: str) -> str:
    """The column that counts the cells of a median."""
    return f"{name}_cells"


def _raw_rows(data: Path, out: Path) -> str:
    """The rows of the file by their number; a text is turned into UTF-8 by iconv and read with types declared."""
    if (data / "firms.parquet").is_file():
        numbered = f"read_parquet('{data / 'firms.parquet'}', file_row_number = true)"
        return f"SELECT file_row_number + 2 AS row, * EXCLUDE (file_row_number) FROM {numbered}"
    with (out / "utf8.csv").open("wb") as text:
        subprocess.run(["iconv", "-f", "GB18030", "-t", "UTF-8", str(data / "firms.csv")], stdout=text, check=True)
    texts = ("firm_id", "industry_code", "province_code", "ownership")
    types = dict.fromkeys(texts, "VARCHAR") | dict.fromkeys(COUNTS, "BIGINT") | {"year": "INTEGER"}
    with (out / "utf8.csv").open(encoding="utf-8") as text_file:
        header = text_file.readline().strip().split(",")
    columns = ", ".join(f"'{name}': '{types.get(name, 'DOUBLE')}'" for name in header)
    rows = f"read_csv('{out / 'utf8.csv'}', header = true, auto_detect = false, columns = {{{columns}}})"
    return f"SELECT row_number() OVER () + 1 AS row, * FROM {rows}"


def _range_check(name: str, lower: float | None, upper: float | None) -> str:
    sides = [f"{name} >= {lower!r}"] if lower is not None else []
    return " AND ".join([*sides, *([f"{name} <= {upper!r}"] if upper is not None else [])])


def with_pandas(data: Path, out: Path) -> None:
    """The same with pandas; parquet is read and written by DuckDB, as no other reader is installed."""
    import duckdb
    import numpy as np
    import pandas as pd

    hashes = [hashlib.file_digest((data / name).open("rb"), "sha256").hexdigest() for name in ("firms.parquet", "list.csv")]
    assert all(hashes)
    rows = duckdb.sql(f"SELECT * FROM read_parquet('{data / 'firms.parquet'}')").df()
    rows.insert(0, "row", np.arange(2, len(rows) + 2))
    r, null = rows, rows.isna()
    faults = {
        f"C02 {name}": (r[name] < low if low is not None else False) | (r[name] > high if high is not None else False)
        for name, (low, high) in RANGES.items()
    } | {
        "E02": r["rd_staff"] > r["employees"],
        "E03": r["overseas_rev"] > 1.001 * r["revenue"],
        "E04": r["inventory"] + r["receivables"] > r["total_assets"],
        "E05": (r["total_assets"] - r["total_liab"] - r["equity"]).abs() > 0.005 * r["total_assets"],
        "E06": (r["inv_patents_valid"] < 0) | (r["patents_total"] < 0) | (r["trademarks_valid"] < 0),
        "E07": r["cogs"] > 1.5 * r["revenue"],
        "E08": r["inv_patents_valid"] > r["patents_total"],
        "E09": r["digital_invest"] > r["revenue"],
    }
    broken = np.logical_or.reduce([np.asarray(fault) for fault in faults.values()])
    some = rows.loc[broken, ["row"]]
    some["reason"] = [
        "+".join(id.split()[0] for id, fault in faults.items() if fault.iat[place]) for place in np.flatnonzero(broken)
    ]
    sound = rows[~broken]
    twice = sound.duplicated(["firm_id", "year"])
    quarantine = pd.concat([some, sound.loc[twice, ["row"]].assign(reason="E01")]).sort_values("row")
    quarantine.to_csv(out / "quarantine.csv", index=False)
    listed = pd.read_csv(data / "list.csv", parse_dates=["announce_date"])
    first = listed.set_index("uscc")["announce_date"].dt.year.groupby(level=0).min()
    clean = sound[~twice].sort_values(["firm_id", "year"])
    clean = clean.assign(first=clean["firm_id"].map(first))
    clean["ever"], clean["valid"] = clean["first"].notna(), clean["year"] >= clean["first"]
    change = (np.log(clean["revenue"]) - np.log(clean.groupby("firm_id")["revenue"].shift())).abs()
    warned = (clean["rd_exp"] > 0.5 * clean["revenue"]) | (clean["gov_subsidy"] > 0.3 * clean["revenue"]) | (change > 3)
    clean.loc[warned, ["row"]].to_csv(out / "warnings.csv", index=False)
    duckdb.sql(f"COPY (SELECT * FROM clean) TO '{out / 'clean.parquet'}' (FORMAT parquet)")
    del rows, sound, r, null
    measured_cells = clean[[*MONEY, *COUNTS]]
    by_year = measured_cells.where(measured_cells > 0).groupby(clean["year"])
    by_year.median().join(by_year.count().rename(columns=_cells)).to_csv(out / "medians.csv")
    panels = [_pandas_panel(part).assign(sample=name) for name, part in (("all", clean), ("leave_out", clean[~clean["ever"]]))]
    pd.concat(panels).reset_index().to_csv(out / "panel.csv", index=False)


def _pandas_panel(rows: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    d = rows.assign(unit=rows["industry_code"])
    weighted = {
        "f18": ("main_product_rev_share", "revenue"),
        "f19": ("niche_years", "employees"),
        "f20": ("top5_customer_share", "revenue"),
    }
    products = {f"{id} product": d[x] * d[y] for id, (x, y) in weighted.items()}
    d = d.assign(**products, many=d["patents_total"] > 5)
    group = d.groupby(["unit", "year"])
    sums = group[[*MONEY, *COUNTS, *products, "many"]].sum()
    pairs = {id: [part.split("(")[1].split(")")[0] for part in text.split(" / ")] for id, text in FORMULAS.items()}
    panel = pd.DataFrame({"n_firms": group["firm_id"].nunique()})
    for id, text in FORMULAS.items():
        scale = float(text.split(" * ")[0]) if text[0].isdigit() else 1.0
        if id in weighted:
            panel[id] = sums[f"{id} product"] / sums[weighted[id][1]]
        elif text.startswith(("avg", "median")):
            panel[id] = getattr(group[pairs[id][0]], "mean" if text.startswith("avg") else "median")()
        elif id == "f21":
            panel[id] = scale * sums["many"] / group.size()
        else:
            panel[id] = scale * _complete(d, pairs[id][0], pairs[id][1])
    return panel


def _complete(d: pd.DataFrame, top: str, bottom: str) -> pd.Series:
    """sum(top) / sum(bottom) by unit and year; no column of a formula has a missing cell."""
    sums = d.groupby(["unit", "year"])[[top, bottom]].sum()
    return sums[top] / sums[bottom]


CONTESTANTS: dict[str, Callable[[Path, Path], None]] = {"ours": ours, "sql": sql, "pandas": with_pandas}
IMPORTS = {
    "ours": "import hqd_index.intake, hqd_index.panel, pandera.pandas",
    "sql": "import duckdb",
    "pandas": "import duckdb, pandas",
}


# measuring


def measured(command: list[str]) -> dict[str, float]:
    """Processor seconds of a command and its children, and the peak of their resident sizes summed, in MiB."""
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(command)
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], sum(map(_resident, _family(process.pid))))

    thread = threading.Thread(target=watch)
    thread.start()
    code = process.wait()
    done.set()
    thread.join()
    if code:
        raise SystemExit(f"{' '.join(command[:3])} ... ended with {code}")
    after = os.times()
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return {"cpu": seconds, "wall": time.perf_counter() - started, "peak": peak[0]}


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(below for child in children for below in _family(int(child)))]


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0


def run(name: str, data: Path, rows: int) -> None:
    out = data / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    base = measured([sys.executable, "-c", IMPORTS[name]])
    figures = measured([sys.executable, __file__, "--contestant", name, "--folder", str(data)])
    figures |= {"above_imports": figures["peak"] - base["peak"], "cpu_imports": base["cpu"], "rows": rows}
    (out / "figures.json").write_text(json.dumps(figures))
    for file_name in ("clean.parquet", "utf8.csv"):
        (out / file_name).unlink(missing_ok=True)


def compared(data: Path) -> int:
    """Prints figures and ratios of what has been measured; 1 where results differ, a goal is missed or a figure is missing."""
    figures = {name: figures for name in CONTESTANTS if (figures := measured_figures(data / name))}
    for name, f in figures.items():
        print(
            f"{name:<7} {f['rows']:>11,} rows  {f['cpu']:8.2f} s CPU ({f['cpu_imports']:.2f} imports)  {f['wall']:7.1f} s wall  "
            f"peak {f['peak']:7.0f} MiB ({f['above_imports']:.0f} above the imports)"
        )
    if "ours" not in figures:
        print("scale: ours is not measured: SHORT")
        return 1
    goals = GOALS if firms_file(data).suffix == ".parquet" else CSV_GOALS
    faults = slope_faults(data) + memory_faults(figures["ours"])
    for rival, goal in goals.items() if figures["ours"]["rows"] <= RIVAL_ROWS else ():
        if rival not in figures:
            print(f"scale: {ALTERNATIVES[rival]} is not measured: SHORT")
            faults += 1
            continue
        if not same_results(data, rival):
            print(f"scale: results differ from those of {ALTERNATIVES[rival]}, times are not compared: SHORT")
            faults += 1
            continue
        ratio = figures["ours"]["cpu"] / figures[rival]["cpu"]
        faults += verdict("scale", ratio, goal, f"the CPU of {ALTERNATIVES[rival]}", is_most=True)
    return 1 if faults else 0


def measured_figures(folder: Path) -> dict[str, float]:
    """What was measured of a contestant; nothing where its results are not whole."""
    if not all((folder / name).is_file() for name in ("figures.json", "panel.csv", "quarantine.csv", "medians.csv")):
        return {}
    return dict(json.loads((folder / "figures.json").read_text()))


def memory_faults(figures: dict[str, float]) -> int:
    """The goals of memory that are missed, printed as ratios."""
    return sum(
        verdict("scale", figures[name] / goal, 1, f"{goal:,} MiB {words}", is_most=True)
        for name, (goal, words) in MEMORY_GOALS.items()
    )


def slope_faults(data: Path) -> int:
    """How often a million more rows take more processor time than before, over the sizes of the folder measured."""
    kind = "-csv" if data.name.endswith("-csv") else ""
    sizes = [measured_figures(path / "ours") for path in data.parent.iterdir() if re.fullmatch(rf"\d+{kind}", path.name)]
    seconds = {int(figures["rows"]): figures["cpu"] for figures in sizes if figures}
    slopes = {(rows, more): 1e6 * (seconds[more] - seconds[rows]) / (more - rows) for rows, more in pairwise(sorted(seconds))}
    for (rows, more), slope in slopes.items():
        print(f"from {rows:,} to {more:,} rows: {slope:.2f} s CPU per million rows")
    return sum(
        verdict("scale", slopes[larger] / slopes[smaller], SLOPE_GOAL, f"the slope up to {larger[0]:,} rows", is_most=True)
        for smaller, larger in pairwise(slopes)
    )


def same_results(data: Path, rival: str) -> bool:
    """Whether panels, quarantined rows and medians are the rival's, and by how much they are not."""
    import pandas as pd

    panel, other = _panel(data / "ours"), _panel(data / rival)
    medians, others = _medians(data / "ours"), _medians(data / rival)
    twin_rows = set.symmetric_difference(*(set(pd.read_csv(data / name / "quarantine.csv")["row"]) for name in ("ours", rival)))
    apart = float((panel - other).abs().div(other.abs().clip(lower=1e-300)).max().max())
    medians_apart = (medians - others).abs()
    print(
        f"{rival}: panels apart by {apart:.1e} of their size, {len(medians)} medians by {medians_apart.max():.3f}, "
        f"{len(twin_rows)} quarantined rows differ"
    )
    is_same_index = panel.index.equals(other.index) and medians.index.equals(others.index)
    return is_same_index and apart < SAME and not twin_rows and bool((medians_apart <= SAME * others).all())


def _medians(folder: Path) -> pd.Series:
    """By column and year, where there are enough cells; one that is not there is missing."""
    import pandas as pd

    table = pd.read_csv(folder / "medians.csv", index_col="year")
    names = [name for name in (*MONEY, *COUNTS) if name in table]
    if _cells(MONEY[0]) in table:
        table = table.assign(**{name: table[name].where(table[_cells(name)] >= FEWEST_CELLS) for name in names})
    return pd.concat({name: table[name] for name in names}).dropna()


def _panel(folder: Path) -> pd.DataFrame:
    import pandas as pd

    rows = pd.read_csv(folder / "panel.csv", dtype={"unit": str})
    panel = rows.assign(unit=rows["unit"].str.removeprefix("C")).set_index(["sample", "unit", "year"]).sort_index()
    return panel[["n_firms", *FORMULAS]].astype(float)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "hqd-scale")
    arguments.add_argument("--csv", action="store_true", help="a text in GB18030 instead of parquet")
    arguments.add_argument("--only", nargs="*", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    arguments.add_argument("--contestant", choices=list(CONTESTANTS), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.contestant:
        CONTESTANTS[options.contestant](options.folder, options.folder / options.contestant)
        return 0
    data = options.folder / f"{options.rows}{'-csv' if options.csv else ''}"
    if not (data / "list.csv").is_file():
        data.mkdir(parents=True, exist_ok=True)
        generate(data, options.rows)
        if options.csv:
            as_text(data)
    for name in options.only:
        if name in (CSV_GOALS if options.csv else GOALS) or name == "ours":
            run(name, data, options.rows)
    return compared(data)


if __name__ == "__main__":
    sys.exit(main())
