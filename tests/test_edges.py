"""Degenerate studies of a tidy table without firms, each by the command: the exit code and the first thing that is reported.

No code is 1 and no first message misleads: it names the indicator or node, what is wrong, and what to change.
"""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from .small import hqd

STUDY = """name: edge
label: {{zh: 边界, en: edge}}
unit: {{by: [region], names: code}}
years: [2019, {last}]
language: en
"""
SOURCES = """sources:
  regions: {{path: edge.csv, table: regions}}
tables:
  regions:
    key: [region, year]
    columns:
      region: {{dtype: text, label: {{zh: 地区, en: region}}}}
{columns}
"""
COLUMN = "      {id}: {{label: {{zh: {id}, en: {id}}}}}"
LEAF = "  {id}: {{table: regions, formula: sum({id}), direction: {direction}, label: {{zh: {id}, en: {id}}}, source: made up}}"
WEIGHTING = """normalise: {normalise}
weight:
  indicators: {weight}
  parts: {{method: equal}}
aggregate:
  indicators: {aggregate}
coverage: {{min_children: {min_children}}}
"""
PAIRS = {"left": "ab", "right": "cd"}
TRIPLES = {"left": "abc", "right": "def"}
EXTRA = "a is constant, so left has no score .2 indicators are needed.; add an indicator or write `coverage"


def frame(units=8, years=3, columns="abcd"):
    """Lognormal cells."""
    random, rows = np.random.default_rng(0), units * years
    keys = {"region": [f"u{k:02d}" for k in range(units)] * years, "year": np.repeat(np.arange(2019, 2019 + years), units)}
    return pd.DataFrame(keys | {column: random.lognormal(size=rows) for column in columns})


def without(rows, mask, columns):
    """The frame with holes in some columns."""
    return rows.assign(**{column: rows[column].mask(mask) for column in columns})


SIX, FOUR = frame(columns="abcdef"), frame()
EVERY = list("abcd")


@dataclass(frozen=True)
class Case:
    """A study, how it ends, and a pattern of the first line that is no progress (none expected: only the page and so on)."""

    name: str
    rows: pd.DataFrame
    code: int
    says: str = ""
    tree: dict = field(default_factory=lambda: PAIRS)
    normalise: str = "{method: minmax}"
    weight: str = "{method: equal}"
    aggregate: str = "{method: arithmetic}"
    direction: str = "1"
    min_children: int = 2


REFUSED = [
    Case("constant in a family of two", FOUR.assign(a=5.0), 3, EXTRA),
    Case("all zero", FOUR.assign(**dict.fromkeys(EVERY, 0.0)), 3, "c is constant, d is constant, so right has no score; correct"),
    Case("one cell each", frame(units=1, years=1), 3, "fewer than 3 values; add units or years"),
    Case("direction as a list", FOUR, 2, r"\[40, 60\] is no direction; write .*band: \[40, 60\]", direction="[40, 60]"),
    Case("direction as a list of signs", FOUR, 2, "one direction each: write 1", direction="[1, -1]"),
    Case("direction as a flag", FOUR, 2, "8:40.*true is no direction; write 1 where more is better", direction="true"),
    Case("one indicator", frame(columns="a"), 2, "left has 1 indicator.*write min_children: 1", tree={"left": "a"}),
]
AGGREGATES = ["geometric", "harmonic", "power", "topsis", "mpi", "ampi", "owa", "bod", "minimum"]
WEIGHTS = ["entropy", "critic", "std", "cv", "gini", "pca", "factor", "scatter", "bod"]
QUICK = [
    *(Case(f"constant in two, {m}", FOUR.assign(a=5.0), 3, EXTRA, aggregate=f"{{method: {m}}}") for m in AGGREGATES[::4]),
    *(
        Case(f"constant of three, {m}", SIX.assign(a=5.0), 0, "I-CONST. a", tree=TRIPLES, weight=f"{{method: {m}}}")
        for m in ["equal", *WEIGHTS]
    ),
    *(
        Case(f"constant of three, {m}", SIX.assign(a=5.0), 0, "I-CONST. a", tree=TRIPLES, aggregate=f"{{method: {m}}}")
        for m in AGGREGATES
    ),
    *(Case(f"plain, {m}", FOUR, 0, normalise=f"{{method: {m}}}") for m in ("prank", "dist2max", "fracmax", "dist2ref")),
    *(
        Case(f"plain, {m}", FOUR, 0, f"{m} does not give values between 0 and 1", normalise=f"{{method: {m}}}")
        for m in ("zscore", "rank", "borda", "robust")
    ),
    *(Case(f"one year, {m}", frame(years=1), 0, weight=f"{{method: {m}}}") for m in WEIGHTS),
    *(Case(f"two units, {m}", frame(units=2), 0, aggregate=f"{{method: {m}}}") for m in AGGREGATES),
]  # fmt: skip
"""Where only the scores depend on the method: by quick runs."""
WHOLE = [
    Case("constant in two, one is enough", FOUR.assign(a=5.0), 0, "I-CONST. a", min_children=1),
    Case("a column of zeros", FOUR.assign(a=0.0), 3, EXTRA),
    Case("a column missing", FOUR.assign(a=np.nan), 3, "a has no value, so left has no score .2 indicators"),
    Case("all missing", FOUR.assign(**dict.fromkeys(EVERY, np.nan)), 3, "c has no value, d has no value, so right has no score"),
    Case("all constant", FOUR.assign(a=1.0, b=2.0, c=3.0, d=4.0), 3, "c is constant, d is constant, so right has no score"),
    Case("one unit", frame(units=1), 0),
    Case("one unit, entropy", frame(units=1, years=2), 3, "rows?.*3 or more", weight="{method: entropy}"),
    Case("one year", frame(years=1), 0),
    Case("one indicator is enough", frame(columns="a"), 0, tree={"left": "a"}, min_children=1),
    Case("two units", frame(units=2), 0),
    Case("two units, one year", frame(units=2, years=1), 3, "fewer than 3 values; add units or years"),
    Case("1e15", FOUR.assign(**{c: FOUR[c] * 1e15 for c in EVERY}), 0),
    Case("1e-12", FOUR.assign(**{c: FOUR[c] * 1e-12 for c in EVERY}), 0),
    Case("1e-12, entropy", FOUR.assign(**{c: FOUR[c] * 1e-12 for c in EVERY}), 0, weight="{method: entropy}"),
    Case("1e15 and a little", FOUR.assign(a=1e15 + np.arange(24)), 3, "a does not vary within 12 digits, so left has no score"),
    Case("negative, entropy", FOUR.assign(a=-FOUR["a"]), 0, weight="{method: entropy}"),
    Case("negative, fracmax", FOUR.assign(a=-FOUR["a"]), 3, "fracmax is not defined for neg", normalise="{method: fracmax}"),
    Case("negative, entropy of z-scores", FOUR, 2, "entropy.*negative", weight="{method: entropy}", normalise="{method: zscore}"),
    Case("negative, geometric", FOUR, 2, "geometric.*negative", aggregate="{method: geometric}", normalise="{method: zscore}"),
    Case("ties", FOUR.assign(**{c: (FOUR[c] > 1) * 1.0 for c in EVERY}), 0),
    Case("all units tied", FOUR.assign(**{c: np.repeat([1.0, 2, 3], 8) for c in EVERY}), 0),
    Case("half the units missing", without(FOUR, FOUR["region"] < "u04", EVERY), 0),
    Case("half of one of two", without(FOUR, np.arange(24) % 2 == 0, "a"), 0, "I-THIN.*left 12/24.*min_children: 1"),
    Case("a single best point", FOUR, 0, direction="{band: [1, 1]}"),
    Case("a band over all values", FOUR, 3, "a .*so left has no score", direction="{band: [-9, 999]}"),
    Case("a band upside down", FOUR, 2, "is empty; write", direction="{band: [3, 1]}"),
]  # fmt: skip


def written(case, folder):
    """The configs and the table of a case."""
    leaves = [leaf for below in case.tree.values() for leaf in below]
    nodes = "".join(f"    {part}: [{', '.join(below)}]\n" for part, below in case.tree.items())
    lines = [LEAF.format(id=leaf, direction=case.direction if leaf == leaves[0] else "1") for leaf in leaves]
    texts = {
        "study": STUDY.format(last=max(case.rows["year"])),
        "sources": SOURCES.format(columns="\n".join(COLUMN.format(id=leaf) for leaf in leaves)),
        "indicators": "levels: [indicators, parts]\ntree:\n  top:\n" + nodes + "indicators:\n" + "\n".join(lines) + "\n",
        "weighting": WEIGHTING.format(**vars(case)),
    }
    for name in ("configs", "raw"):
        (folder / name).mkdir()
    for name, text in texts.items():
        (folder / "configs" / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")
    case.rows.to_csv(folder / "raw" / "edge.csv", index=False)
    return ["--study", str(folder / "configs"), "--data", str(folder / "raw"), "--out", str(folder / "out")]


def first_message(said):
    """The first line that is neither progress nor where the results are; empty where there is none."""
    lines = [line.strip() for line in said.splitlines() if (line.strip() and not line.startswith("[")) or line.startswith("[I-")]
    lines = [line for line in lines if not re.fullmatch(r".* · \d+ s", line)]  # of a stage that a busy machine makes long
    return "" if not lines or lines[0].startswith(("page ", "tables ")) else lines[0]


def checked(case, folder, capsys):
    scope = (
        ["--quick"]
        if any(case is quick for quick in QUICK)
        else ["--set", "study.outputs=[page]", "--set", "uncertainty.draws=200"]
    )
    ended = hqd(capsys, "run", *written(case, folder), "--lang", "en", "--processes", "1", *scope)
    message = first_message(ended.said)
    print(f"| {case.name} | {ended.code} | {message.replace(str(folder), '')[:160]} |")
    assert ended.code == case.code, ended.said
    assert re.search(case.says or "^$", message), message


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_refused_in_a_sentence(case, tmp_path, capsys):
    checked(case, tmp_path, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("case", [*QUICK, *WHOLE], ids=lambda case: case.name)
def test_no_edge_is_a_bug(case, tmp_path, capsys):
    checked(case, tmp_path, capsys)
