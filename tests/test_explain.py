"""A published score against a second computation from the raw bytes: csv, openpyxl, fractions; nothing of the pipeline."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import SetupError
from hqd_index.explain.normalising_steps import normalising
from hqd_index.explain.raw_values import raw_values
from hqd_index.intake.layout.text_columns import FILE_SPAN
from hqd_index.intake.records.row_members import row_files, row_places
from hqd_index.methods.choice import Choice, bind

from .small import DemoRun, Ended, Place, folder_once, hqd, run, run_quietly

EXACT = 1e-9
"""Exact sums against DECIMAL and DOUBLE: only the last digits of logarithms and quotients may differ."""
SCORES = (("C39", 2024, "hqd"), ("C17", 2015, "safety"), ("C27", 2019, "innovation"))
TREE = {
    "quality": {
        "innovation": ["inn1", "inn2", "inn3", "inn4", "inn5"],
        "brand": ["brd1", "brd2", "brd4"],
        "upgrading": ["upg2", "upg3", "upg4"],
    },
    "safety": {
        "completeness": ["cmp1", "cmp2", "cmp3"],
        "advantage": ["adv2", "adv4", "adv5"],
        "smoothness": ["smo1", "smo2", "smo3"],
    },
}
LESS_IS_BETTER = {"brd4", "upg3", "upg4", "cmp3", "smo2", "smo3"}
DESIGN = (
    f"indicators.tree={json.dumps({'hqd': TREE})}",
    "indicators.profile=null",
    "indicators.profiles={}",
)
"""The indicators computed a second time here, whatever else the shipped study scores."""
LEAST = ("uncertainty.draws=0", "regressions.multiverse.draws=0", "study.outputs=[]")
"""Nothing but tables, and those without draws."""
Cell = tuple[str, int]


@pytest.fixture(scope="session")
def place(demo_run: DemoRun, tmp_path_factory: pytest.TempPathFactory) -> Place:
    def write(folder: Path) -> None:
        here = demo_run.place.copy_cache(folder).change(*LEAST, *DESIGN)
        shutil.rmtree(here.configs / "scenarios")  # they choose profiles of the shipped tree
        ended = run_quietly(here)
        assert ended.code == 0, ended.said

    return Place.in_folder(folder_once(tmp_path_factory, "explain", write))


@dataclass(frozen=True)
class FirmYear:
    """A row of a firm file: where it stands and its cells, money in yuan."""

    file: str
    row: int
    text: dict[str, str]

    def __call__(self, *labels: str) -> Fraction:
        label = next(label for label in labels if label in self.text)
        return Fraction(self.text[label]) * (10_000 if "(万元)" in label else 1)


def firm_years(place: Place) -> list[FirmYear]:
    """Every row of the firm files but those that truth.json says are broken."""
    broken = {(row["file"], row["row"]) for row in place.truth["broken_rows"]}
    found = []
    for path in sorted(place.data.glob("synthetic_firms_*.csv")):
        lines = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"))))
        for number, cells in enumerate(lines[1:], 2):
            if (path.name, number) not in broken:
                found.append(FirmYear(path.name, number, dict(zip(lines[0], cells, strict=True))))
    return found


def year_of(firm: FirmYear) -> int:
    return int(firm("年份", "会计年度"))


def cell_of(firm: FirmYear) -> Cell:
    return firm.text["行业代码"], year_of(firm)


def of_firms(firms: list[FirmYear]) -> dict[str, dict[Cell, Fraction]]:
    """The indicators of table firms as configs/indicators.yaml defines them."""
    known = {(firm.text["统一社会信用代码"], year_of(firm)): firm for firm in firms}
    groups: dict[Cell, list[FirmYear]] = defaultdict(list)
    for firm in firms:
        groups[cell_of(firm)].append(firm)

    def mean_stock(firm: FirmYear, label: str) -> Fraction:
        before = known.get((firm.text["统一社会信用代码"], year_of(firm) - 1))
        return (firm(label) + before(label)) / 2 if before else firm(label)

    out: dict[str, dict[Cell, Fraction]] = defaultdict(dict)
    for cell, rows in groups.items():

        def total(*labels: str, rows: list[FirmYear] = rows) -> Fraction:
            return sum((firm(*labels) for firm in rows), Fraction(0))

        revenue, people = total("营业收入(万元)", "营业总收入(万元)"), total("员工人数", "从业人员(人)")
        values = {
            "inn1": 100 * total("研发投入(万元)") / revenue,
            "inn2": 100 * total("研发人员") / people,
            "inn3": total("有效发明专利(件)") / (people / 10_000),
            "inn5": 100 * total("联合申请专利(件)") / total("专利总数(件)"),
            "brd1": total("有效商标(件)") / (revenue / 100_000_000),
            "brd2": 100 * Fraction(sum(firm.text["国际认证"] == "是" for firm in rows), len(rows)),
            "adv4": 100 * total("数字化投入(万元)") / revenue,
            "adv5": 100 * total("境外收入(万元)") / revenue,
            "smo1": total("营业成本(万元)") / sum(mean_stock(firm, "存货(万元)") for firm in rows),
            "smo2": 365 * sum(mean_stock(firm, "应收账款(万元)") for firm in rows) / revenue,
            "smo3": (total("前五大供应商占比(%)") + total("前五大客户占比(%)")) / len(rows) / 2,
        }  # fmt: skip
        for leaf, value in values.items():
            out[leaf][cell] = value
    return out


def of_yearbook(place: Place) -> dict[str, dict[Cell, Fraction]]:
    """The indicators of table industry; the divisions stand in the order C13 ... C43 in each year, a total below them."""
    sheet = openpyxl.load_workbook(place.data / "synthetic_industry_yearbook.xlsx")["分行业"]
    lines = list(sheet.iter_rows(values_only=True))
    header, body = lines[1], [line for line in lines[3:] if isinstance(line[1], int | float)]
    out: dict[str, dict[Cell, Fraction]] = defaultdict(dict)
    level: dict[str, Fraction] = {}
    for year in range(2012, 2025):
        mine = [line for line in body if int(line[1]) == year and line[0] != "合计"]
        assert len(mine) == 31
        for place_, line in enumerate(mine):
            code = f"C{13 + place_}"
            of = dict(zip(header, line))
            got = {name: Fraction(repr(value)) for name, value in of.items() if isinstance(value, int | float)}
            level[code] = level[code] * got["出厂价格指数"] / 100 if code in level else Fraction(1)
            real = got["营业收入"] / level[code]
            values = {
                "inn4": 100 * got["新产品销售收入"] / got["营业收入"],
                "upg2": 100 * got["增加值"] / got["总产值"],
                "upg3": got["能源消费量"] / real,
                "upg4": 100 * got["二氧化碳排放"] / real,
                "cmp1": got["活跃产品小类数"] / got["产品小类总数"],
                "cmp2": 100 * got["出口国内增加值"] / got["出口总额"],
            }
            for leaf, value in values.items():
                out[leaf][code, year] = value
    return out


def of_trade(place: Place) -> dict[str, dict[Cell, Fraction]]:
    out: dict[str, dict[Cell, Fraction]] = defaultdict(dict)
    for row in rows_of(place.data / "synthetic_trade.csv"):
        out_, in_ = Fraction(row["出口额(千美元)"]), Fraction(row["进口额(千美元)"])
        cell = row["行业代码"], int(row["年份"])
        out["adv2"][cell] = (out_ - in_) / (out_ + in_)
        out["brd4"][cell] = 100 * Fraction(row["加工贸易出口额(千美元)"]) / out_
    return out


def of_io(place: Place) -> dict[str, dict[Cell, Fraction]]:
    used: dict[Cell, Fraction] = defaultdict(Fraction)
    imported: dict[Cell, Fraction] = defaultdict(Fraction)
    for row in rows_of(place.data / "synthetic_io_table.csv"):
        if row["用途"] == "中间使用":
            cell = row["使用部门"], int(row["年份"])
            used[cell] += Fraction(row["金额(万元)"])
            imported[cell] += Fraction(row["金额(万元)"]) * (row["来源"] == "进口")
    industries = {cell: whole for cell, whole in used.items() if cell[0].startswith("C")}  # services use inputs too
    return {"cmp3": {cell: 100 * imported[cell] / whole for cell, whole in industries.items()}}


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def normalised(leaf: str, cells: dict[Cell, Fraction]) -> dict[Cell, Fraction]:
    low, high = min(cells.values()), max(cells.values())
    up = {cell: (value - low) / (high - low) for cell, value in cells.items()}
    return {cell: 1 - value for cell, value in up.items()} if leaf in LESS_IS_BETTER else up


def divergence(cells: dict[Cell, Fraction]) -> float:
    whole = sum(cells.values())
    shares = [float(value / whole) for value in cells.values() if value]
    return 1 + math.fsum(p * math.log(p) for p in shares) / math.log(len(cells))


@pytest.fixture(scope="module")
def recomputed(place) -> tuple[dict[str, dict[Cell, Fraction]], dict[str, dict[Cell, float]], list[FirmYear]]:
    """Raw indicators and the scores of every node by (industry, year); and the firm rows they were made of."""
    firms = firm_years(place)
    raw = of_firms(firms) | of_yearbook(place) | of_trade(place) | of_io(place)
    leaves = {leaf: normalised(leaf, cells) for leaf, cells in raw.items()}
    scores: dict[str, dict[Cell, float]] = {}
    cells = list(leaves["inn1"])
    for dimension, parts in TREE.items():
        for part, children in parts.items():
            weight = {leaf: divergence(leaves[leaf]) for leaf in children}
            whole = math.fsum(weight.values())
            scores[part] = {
                cell: 100 * math.fsum(weight[leaf] / whole * float(leaves[leaf][cell]) for leaf in children) for cell in cells
            }
        scores[dimension] = {cell: math.fsum(scores[part][cell] for part in parts) / len(parts) for cell in cells}
    scores["hqd"] = {cell: (scores["quality"][cell] + scores["safety"][cell]) / 2 for cell in cells}
    return raw, scores, firms


def at(place: Place) -> list[str]:
    return ["--study", str(place.configs), "--data", str(place.data), "--out", str(place.out)]


def explained(capsys, place: Place, *arguments: str) -> tuple[Ended, pd.DataFrame]:
    said = hqd(capsys, "explain", *arguments, *at(place), "--csv", str(place.out / "e.csv"))
    assert said.code == 0, said.said
    return said, pd.read_csv(place.out / "e.csv", low_memory=False)


@pytest.mark.parametrize(("unit", "year", "node"), SCORES)
def test_a_score_comes_out_of_the_raw_bytes(place, recomputed, capsys, unit, year, node):
    raw, scores, firms = recomputed
    _, table = explained(capsys, place, unit, str(year), node)
    published = place.table("scores").query("sample == 'all' and unit == @unit and year == @year").set_index("node")["score"]
    assert published[node] == pytest.approx(scores[node][unit, year], abs=EXACT)
    for row in table.query("kind == 'node'").itertuples():
        assert float(row.value) == pytest.approx(scores[row.node][unit, year], abs=EXACT)
        assert table.query("kind == 'child' and node == @row.node")["part"].sum() == pytest.approx(float(row.value), abs=EXACT)
    told = table.query("kind == 'leaf' and item == 'raw'").set_index("node")["value"].astype(float)
    assert len(told) == {"hqd": 20, "safety": 9, "innovation": 5}[node]
    for leaf, value in told.items():
        assert value == pytest.approx(float(raw[leaf][unit, year]), rel=EXACT)
    firm_rows = {(firm.file, firm.row) for firm in firms if cell_of(firm) == (unit, year)}
    listed = table.query("kind == 'cell' and role == 'year' and file.str.startswith('synthetic_firms')", engine="python")
    assert firm_rows and set(zip(listed["file"], listed["row"])) == firm_rows


def test_the_rows_a_lag_reads_are_listed(place, recomputed, capsys):
    firms = recomputed[2]
    _, table = explained(capsys, place, "C17", "2015", "smo1")
    here = {firm.text["统一社会信用代码"] for firm in firms if cell_of(firm) == ("C17", 2015)}
    before = {(f.file, f.row) for f in firms if year_of(f) == 2014 and f.text["统一社会信用代码"] in here}
    listed = table.query("kind == 'cell' and role == 'earlier'")
    assert before and set(zip(listed["file"], listed["row"])) == before


def test_units_and_nodes_by_name_and_did_you_mean(place, capsys):
    chinese, _ = explained(capsys, place, "食品制造业", "2020", "创新动力")
    english, _ = explained(capsys, place, "manufacture of foods", "2020", "innovation", "--lang", "en")
    assert "C14  2020" in chinese.said and "rows: synthetic_firms_2017_2020.csv" in english.said
    slips = {"食品制造业": ["食品制造", "2020"], "innovation": ["C14", "2020", "inovation"], "2012": ["C14", "1999"]}
    for hint, arguments in slips.items():
        wrong = hqd(capsys, "explain", *arguments, *at(place))
        assert wrong.code == 2 and hint in wrong.said


def test_a_study_changed_since_the_run_is_refused(place, capsys):
    said = hqd(capsys, "explain", "C14", "2020", *at(place), "--set", "weighting.weight.indicators={method: equal}")
    assert said.code == 2 and "weighting" in said.said and "hqd run" in said.said


@pytest.mark.slow
def test_a_product_is_not_shown_as_a_sum(place, capsys, tmp_path):
    here = place.copy_cache(tmp_path)
    change = ("--set", "weighting.aggregate.subdimensions={method: geometric}")
    assert run(capsys, here, *change).code == 0
    said = hqd(capsys, "explain", "C14", "2020", "quality", *at(here), *change)
    lines = [line for line in said.said.splitlines() if "创新动力 innovation" in line]
    assert said.code == 0 and "不可加" in said.said and " x " in lines[0] and " = " not in lines[0]


def test_the_other_sample_counts_only_firms_never_recognised(place, capsys):
    manifest = json.loads((place.latest / "manifest.json").read_text("utf-8"))
    everyone, _ = explained(capsys, place, "C39", "2024", "inn1")
    others, table = explained(capsys, place, "C39", "2024", "inn1", "--sample", "leave_out")
    firms = place.table("indicators").query("sample == 'leave_out' and unit == 'C39' and year == 2024 and indicator == 'inn1'")
    listed = table.query("kind == 'cell'")[["file", "row"]].drop_duplicates()
    assert len(listed) == firms["n_firms"].item() and manifest["run"] in others.said and everyone.said != others.said


@pytest.mark.parametrize(
    ("to", "begins"), [([1, 100], "(1 + (100 - 1) * ["), ([0, 100], "(x - min)"), ([0.01, 1], "0.01 + (1 - 0.01) * [")]
)
def test_a_normalised_value_is_written_as_the_method_made_it(to, begins):
    """`normalising` refuses a text that does not give the value; a z-score's mean counts as 1."""
    known, up = np.array([[10.0], [20], [40]]), np.array([1.0])
    minmax = bind(Choice(method="minmax", to=to), "normalise")  # type: ignore[call-arg]
    zscore = bind(Choice(method="zscore", mean=100.0, sd=10.0), "normalise")  # type: ignore[call-arg]
    for choice in (minmax, zscore):
        call = choice.for_children(["x"])
        value = call(known, reference=known, direction=up)[1, 0]
        text = normalising(choice, 20.0, value, known, [2020, 2021, 2022], 1, 1)
        assert text.startswith(begins if choice is minmax else "1 + 0.1 * (x - mean)")


def test_rows_of_files_of_different_tables_are_told_apart():
    """Two files have rows 2 and 3; nothing but their names, and the tables they are of, need differ."""
    first, second = (
        pd.DataFrame({"number": [1], "file": ["x.csv"], "sheet": [""], "source": ["a"]}),
        pd.DataFrame({"number": [2, 3], "file": ["y.csv", "z.xlsx"], "sheet": ["", "表"], "source": ["b", "c"]}),
    )
    with open_engine() as engine:
        files = engine.collect(row_files([SimpleNamespace(files=first), SimpleNamespace(files=second)], engine)["row_files"])  # type: ignore[list-item]
    rids = pd.Series([number * FILE_SPAN + row for number, row in ((2, 3), (1, 2), (3, 9), (2, 2))], index=[7, 5, 3, 1])
    assert row_places(rids, files).to_dict("index") == {
        7: {"file": "y.csv", "sheet": "", "row": 3}, 5: {"file": "x.csv", "sheet": "", "row": 2},
        3: {"file": "z.xlsx", "sheet": "表", "row": 9}, 1: {"file": "y.csv", "sheet": "", "row": 2},
    }  # fmt: skip


def test_a_run_of_an_earlier_version_is_made_again(tmp_path):
    """Its clean tables have no numbers of rows that lead to a file."""
    with open_engine() as engine, pytest.raises(SetupError, match="earlier version") as caught:
        raw_values(None, engine, {}, [], "A", 2020, sample="all",  # type: ignore[arg-type]
                   intake_paths={"repairs": tmp_path / "repairs.parquet"})  # fmt: skip
    assert "hqd run" in caught.value.text("zh")
