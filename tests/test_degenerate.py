"""From raw file to report: a study with a constant column, an empty one, one cell of 1e6 and negative cells."""

import pandas as pd

from .index.test_degenerate import TREE, UNITS, YEARS, sheet
from .small import hqd

LEAF = "  {id}: {{table: regions, formula: sum({id}), label: {{zh: {id}, en: {id}}}, source: made up}}"
CONFIGS = {
    "study": """name: odd
label: {zh: 怪列, en: odd columns}
unit: {by: [region], names: code}
years: [2019, 2021]
language: en
""",
    "sources": """sources:
  regions: {path: odd.csv, table: regions}
tables:
  regions:
    key: [region, year]
    columns:
      region: {dtype: text, label: {zh: 地区, en: region}}
""",
    "indicators": "levels: [indicators, parts]\ntree:\n  top:\n",
    "weighting": """weight:
  indicators: {method: entropy}
  parts: {method: equal}
aggregate:
  indicators: {method: arithmetic}
""",
    "uncertainty": """draws: 500
sobol: {base: 64}
leave_out: [indicators, parts]
alternatives:
  weighting.aggregate.indicators:
    - {method: geometric}
""",
}


def written(folder):
    leaves = [leaf for below in TREE["top"].values() for leaf in below]
    texts = dict(CONFIGS)
    texts["sources"] += "".join(f"      {leaf}: {{label: {{zh: {leaf}, en: {leaf}}}}}\n" for leaf in leaves)
    texts["indicators"] += "".join(f"    {part}: [{', '.join(below)}]\n" for part, below in TREE["top"].items())
    texts["indicators"] += "indicators:\n" + "\n".join(LEAF.format(id=leaf) for leaf in leaves) + "\n"
    (folder / "configs").mkdir()
    (folder / "raw").mkdir()
    for name, text in texts.items():
        (folder / "configs" / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")
    keys = {"region": UNITS * len(YEARS), "year": [year for year in YEARS for _ in UNITS]}
    pd.DataFrame(keys | sheet()).to_csv(folder / "raw" / "odd.csv", index=False)


def test_it_runs_whole_with_uncertainty(tmp_path, capsys):
    written(tmp_path)
    location = ["--study", str(tmp_path / "configs"), "--data", str(tmp_path / "raw"), "--out", str(tmp_path / "out")]
    ended = hqd(capsys, "run", *location)
    assert ended.code == 0, ended.said
    tables = tmp_path / "out" / "odd" / "latest" / "tables"
    assert pd.read_csv(tables / "scores.csv")[["score", "rank"]].notna().all(axis=None)
    assert pd.read_csv(tables / "ranks.csv")[["rank", "low", "high"]].notna().all(axis=None)
    told = pd.read_csv(tables / "diagnostics.csv").query("item == 'column'")
    flags = set(zip(told["node"], told["flag"]))
    assert {("constant", "I-CONST"), ("empty", "I-EMPTY"), ("spike", "I-SPIKE"), ("negative", "I-NEGATIVE")} <= flags
    assert (tables.parent / "report.html").stat().st_size > 0
    strict = hqd(capsys, "run", *location, "--strict")  # nothing runs anew, and it is told all the same
    assert strict.code == 3 and "[I-CONST] constant" in strict.said and "[I-EMPTY] empty" in strict.said
    said = hqd(capsys, "diff", "latest", "latest", *location[:2], *location[4:])
    assert said.code == 0 and "the two runs do not differ" in said.said
