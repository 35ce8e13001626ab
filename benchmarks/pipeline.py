"""The demo's files from raw to scores and headline, against the script that a user would write: processor time of processes.

SCRIPT reads the three firm files and the list of recognitions with pandas, harmonises headers, drops rows that break the demo's
rules, adds up eight indicators by industry and year, scales them by min-max, weighs them by entropy, counts the density and
fits two-way effects with CV1 by statsmodels; imports count. The program reads the same four files with `--quick`, the same
indicators, weights and specification. Scores, weights, density, coefficient and CV1 error are compared to 1e-9 before times are.
Then the whole demo study from an empty cache, and once more after an edit of weighting.yaml, which leaves intake alone.

What the program does beyond the script on these rows: it says for each quarantined row why and how to mend it, accounts for each
row and for each of a million cells that it changed, and hashes its input; whole, it reads input-output tables, trade by product
and a yearbook too, draws 10,000 designs, runs 26 specifications with wild bootstrap, a multiverse and the robustness of each
figure, and writes sixty tables, a workbook, a page and a paper. Hence goals above 1.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from processor_time import process_seconds, verdict
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
QUICK_GOAL, GOAL, EDIT_GOAL, TIMES, SAME = 4.0, 12.0, 0.8, 3, 1e-9
TREE = {"innovation": ["inn1", "inn2", "inn3", "inn5"], "brand": ["brd1", "brd2"], "advantage": ["adv4", "adv5"]}
SCRIPT = r"""
import json, sys, unicodedata
from pathlib import Path
import numpy as np
import pandas as pd
import statsmodels.api as sm

NAMES = {"统一社会信用代码": "firm", "企业名称": "name", "年份": "year", "会计年度": "year", "披露日期": "disclosed",
         "行业代码": "unit", "成立年份": "founded", "营业收入(万元)": "revenue", "营业总收入(万元)": "revenue",
         "营业成本(万元)": "cogs", "净利润(万元)": "profit", "研发投入(万元)": "rd", "资产总计(万元)": "assets",
         "负债合计(万元)": "debt", "所有者权益(万元)": "equity", "存货(万元)": "stock", "应收账款(万元)": "owed",
         "固定资产(万元)": "fixed", "境外收入(万元)": "overseas", "数字化投入(万元)": "digital", "政府补助(万元)": "subsidy",
         "员工人数": "staff", "从业人员(人)": "staff", "研发人员": "rd_staff", "有效发明专利(件)": "inventions",
         "实用新型专利(件)": "models", "专利总数(件)": "patents", "联合申请专利(件)": "joint", "有效商标(件)": "marks",
         "国际认证": "certified", "主导产品收入占比(%)": "main_share", "深耕年限(年)": "niche",
         "前五大供应商占比(%)": "suppliers", "前五大客户占比(%)": "customers", "细分市场占有率(%)": "market_share",
         "能源消费量(吨标煤)": "energy", "直接配套大企业": "direct", "卡脖子清单产品": "chokepoint",
         "所属小类为短板": "weak", "填补空白或国产替代": "substitute"}
folder, TEXT = Path(sys.argv[1]), ["firm", "name", "disclosed", "unit", "certified", "direct", "chokepoint", "weak", "substitute"]

# firms: one frame, numbers as numbers, and out with what breaks a rule
frames = [pd.read_csv(f, encoding="gb18030", dtype=str, keep_default_na=False).rename(columns=NAMES)
          for f in sorted(folder.glob("synthetic_firms_*.csv"))]
raw = pd.concat([frame[list(dict.fromkeys(NAMES.values()))] for frame in frames], ignore_index=True)
data, bad = raw[TEXT].copy(), pd.Series(False, index=raw.index)
for column in raw.columns.difference(TEXT):
    text = raw[column].str.strip().replace({"—": "", "-": "", "NA": "", "N/A": "", "无": ""})
    data[column] = pd.to_numeric(text.where(text != ""), errors="coerce")
    bad |= data[column].isna() & (text != "")
bad |= ~data["firm"].str.fullmatch("[0-9A-Z]{18}") | ~data["unit"].isin([f"C{code}" for code in range(13, 44)])
for column in ("certified", "direct", "chokepoint", "weak", "substitute"):
    bad |= ~data[column].isin(["是", "否", ""])
for column in ("inventions", "models", "patents", "joint", "marks"):
    bad |= (data[column] < 0) | (data[column] % 1 > 0)
for column in ("cogs", "assets", "debt", "stock", "owed", "fixed", "rd_staff", "rd", "overseas", "digital", "subsidy", "energy"):
    bad |= data[column] < 0
for column in ("main_share", "market_share", "suppliers", "customers"):
    bad |= (data[column] < 0) | (data[column] > 100)
bad |= (data["revenue"] < 100) | (data["revenue"] > 5e8) | (data["staff"] < 1) | (data["staff"] > 800000)
bad |= (data["niche"] < 0) | (data["niche"] > 80) | (data["founded"] < 1800) | (data["founded"] > data["year"])
bad |= (data["rd_staff"] > data["staff"]) | (data["overseas"] > 1.001 * data["revenue"])
bad |= (data["stock"] + data["owed"] > data["assets"]) | (data["cogs"] > 1.5 * data["revenue"])
bad |= (data["assets"] - data["debt"] - data["equity"]).abs() > 0.005 * data["assets"]
bad |= (data["profit"].abs() >= 5 * data["revenue"]) | (data["niche"] > data["year"] - data["founded"])
data = data[~bad].sort_values("disclosed", kind="stable").drop_duplicates(["firm", "year"], keep="last")
data["year"] = data["year"].astype(int)

# eight indicators by industry and year; a firm with a hole in either part of a ratio is left out of it
def ratio(top, bottom, factor=1.0):
    whole = data.dropna(subset=[top, bottom]).groupby(["unit", "year"])[[top, bottom]].sum()
    return factor * whole[top] / whole[bottom]

data["yes"] = (data["certified"] == "是").astype(float).where(data["certified"] != "")
values = pd.DataFrame({
    "inn1": ratio("rd", "revenue", 100), "inn2": ratio("rd_staff", "staff", 100), "inn3": ratio("inventions", "staff", 1e4),
    "inn5": ratio("joint", "patents", 100), "brd1": ratio("marks", "revenue", 1e4),
    "brd2": 100 * data.groupby(["unit", "year"])["yes"].mean(),
    "adv4": ratio("digital", "revenue", 100), "adv5": ratio("overseas", "revenue", 100),
}).sort_index()

# min-max, entropy weights within the three nodes, the tree of the demo
scaled = (values - values.min()) / (values.max() - values.min())
weights, nodes = {}, {}
tree = {"innovation": ["inn1", "inn2", "inn3", "inn5"], "brand": ["brd1", "brd2"], "advantage": ["adv4", "adv5"]}
for node, children in tree.items():
    shares = scaled[children] / scaled[children].sum()
    entropy = -(shares * np.log(shares.where(shares > 0, 1.0))).sum() / np.log(len(scaled))
    weights |= dict((1 - entropy) / (1 - entropy).sum())
    nodes[node] = scaled[children] @ pd.Series(weights)[children]
score = 100 * sum(nodes.values()) / 3

# density: firms nationally recognised and in force, per 1,000 firms: in force in the year and two more, longer once reviewed
def plain(name):
    return unicodedata.normalize("NFKC", name).replace(" ", "")

batches = pd.read_csv(folder / "synthetic_srdi_list.csv", dtype=str, keep_default_na=False)
batches = batches[batches["层级"].str.startswith("国家级")]
known = data.assign(name=data["name"].map(plain)).drop_duplicates("name").set_index("name")["firm"]
by_name = batches["企业名称"].map(plain).map(known)
batches["firm"] = batches["统一社会信用代码"].where(batches["统一社会信用代码"] != "", by_name)
batches["year"] = batches["公布日期"].str[:4].astype(int)
force = set()
for firm, year, kind in batches.sort_values("公布日期")[["firm", "year", "类型"]].itertuples(index=False):
    if kind in ("认定", "复核通过"):
        force |= {(firm, year), (firm, year + 1), (firm, year + 2)}
    elif kind in ("复核未通过", "撤销"):
        force -= {(firm, later) for later in range(year, year + 4)}
data["recognised"] = [pair in force for pair in zip(data["firm"], data["year"])]
density = 1000 * data.groupby(["unit", "year"])["recognised"].mean()

# two-way effects with CV1 on the density a year before
panel = pd.DataFrame({"score": score / 100, "density": density.groupby("unit").shift(1)}).dropna().reset_index()
design = np.column_stack([panel["density"], pd.get_dummies(panel[["unit", "year"]].astype(str), drop_first=True, dtype=float)])
fit = sm.OLS(panel["score"], sm.add_constant(design)).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(panel["unit"])[0]})
pd.DataFrame({"score": score, "rank": score.groupby("year").rank(ascending=False), "density": density}).to_csv("scores.csv")
pd.Series(weights, name="weight").to_csv("weights.csv")
numbers = {"coefficient": fit.params.iloc[1], "error": fit.bse.iloc[1], "n": len(panel), "k": design.shape[1] + 1}
Path("regression.json").write_text(json.dumps(numbers))
"""


def write_configs(configs: Path) -> None:
    """The demo's firms and list, with their headers and rules, the script's indicators and its specification."""
    yaml = YAML()
    demo = {name: yaml.load(ROOT / "configs" / f"{name}.yaml") for name in ("study", "sources", "rules", "indicators")}
    read = {"firms", "srdi_list"}
    indicators, rules = demo["indicators"], demo["rules"]
    parts: dict[str, Any] = {
        "study": {**demo["study"], "name": "script"},
        "sources": {**demo["sources"], "sources": {name: demo["sources"]["sources"][name] for name in read}},
        "rules": {
            **rules,
            "ranges": {table: ranges for table, ranges in rules["ranges"].items() if table in read},
            "rules": [rule for rule in rules["rules"] if rule["table"] in read],
        },
        "indicators": {
            "version": 1,
            "levels": ["indicators", "dimensions"],
            "tree": {"hqd": TREE},
            "nodes": {node: indicators["nodes"][node] for node in ("hqd", *TREE)},
            "indicators": {leaf: indicators["indicators"][leaf] for leaves in TREE.values() for leaf in leaves},
        },
        "weighting": {
            "version": 1,
            "weight": {"indicators": {"method": "entropy", "over": "all_years"}, "dimensions": {"method": "equal"}},
            "aggregate": {level: {"method": "arithmetic"} for level in ("indicators", "dimensions")},
        },
        "regressions": {
            "version": 1,
            "density": {"measure": "count", "status": "valid", "levels": ["national", "key_national"], "lag": 1},
            "specifications": [{"id": "effects", "label": {"zh": "效应", "en": "Effects"}, "controls": "none", "headline": True}],
        },
    }
    configs.mkdir()
    for name, content in parts.items():
        yaml.dump(content, configs / f"{name}.yaml")


def edited(configs: Path) -> None:
    path = configs / "weighting.yaml"
    text, count = re.subn(r"(indicators: +\{method: )entropy", r"\1critic", path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    if count != 1:
        raise SystemExit("weighting.yaml of the demo weighs indicators in another way: not measured")


def differences(tables: Path, hand: Path) -> dict[str, float]:
    """Largest relative differences; absolute of the density, which is zero in most cells."""
    scores, density = (pd.read_csv(tables / f"{name}.csv").sort_values(["unit", "year"]) for name in ("scores", "density"))
    scores = scores.query("sample == 'all' and node == 'hqd'")
    weights = pd.read_csv(tables / "weights.csv").query("level == 'indicators'").set_index("node")["share_local"]
    row = pd.read_csv(tables / "regressions.csv").query(
        "sample == 'all' and outcome == 'hqd' and spec == 'effects' and term == 'density'"
    )
    by_hand = pd.read_csv(hand / "scores.csv").sort_values(["unit", "year"])
    hand_weights = pd.read_csv(hand / "weights.csv", index_col=0)["weight"]
    fit = json.loads((hand / "regression.json").read_text("utf-8"))
    units = by_hand["unit"].nunique()
    # a program that has dummies for units counts them, CV1 of effects nested in the cluster does not
    error = fit["error"] * np.sqrt((fit["n"] - fit["k"]) / (fit["n"] - fit["k"] + units - 1))
    return {
        "scores": float(np.abs(scores["score"].to_numpy() / by_hand["score"].to_numpy() - 1).max()),
        "weights": float(np.abs(weights / hand_weights - 1).max()),
        "density": float(np.abs(density["density"].to_numpy() - by_hand["density"].to_numpy()).max()),
        "coefficient": abs(row["estimate"].iloc[0] / fit["coefficient"] - 1),
        "CV1 error": abs(row["se_cv1"].iloc[0] / error - 1),
    }


def stages(out: Path) -> dict[str, float]:
    manifest = json.loads((out / "demo" / "latest" / "manifest.json").read_text("utf-8"))
    return {stage: facts["seconds"] for stage, facts in manifest["stages"].items()}


def measure(work: Path) -> tuple[dict[str, float], dict[str, float], bool]:
    """Least processor seconds of each contestant, differences, and whether the edit of weights left intake alone."""
    data, hand, demo = work / "raw", work / "hand", work / "demo"
    hqd = [sys.executable, "-m", "hqd_index"]
    write_configs(work / "configs")
    shutil.copytree(ROOT / "configs", demo)
    hand.mkdir()
    process_seconds([*hqd, "demo", str(data)], work)
    quick = [*hqd, "run", "--quick", "--study", str(work / "configs"), "--data", str(data), "--out"]
    whole = [*hqd, "run", "--study", str(demo), "--data", str(data), "--out", str(work / "out")]
    seconds: dict[str, list[float]] = {"script": [], "quick": [], "whole": [], "edit": []}
    for k in range(TIMES):
        seconds["script"].append(process_seconds([sys.executable, "-c", SCRIPT, str(data)], hand))
        seconds["quick"].append(process_seconds([*quick, str(work / f"quick{k}")], work))
    same = differences(work / "quick0" / "script" / "quick" / "tables", hand)
    seconds["whole"].append(process_seconds(whole, work))
    edited(demo)
    seconds["edit"].append(process_seconds(whole, work))
    return {who: min(took) for who, took in seconds.items()}, same, stages(work / "out")["intake"] == 0


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        seconds, same, is_kept = measure(Path(name))
    print("largest differences: " + ", ".join(f"{what} {value:.1e}" for what, value in same.items()))
    print("; ".join(f"{who} {took:.2f} s" for who, took in seconds.items()))
    if not max(same.values()) < SAME:
        print("results differ: times are not compared")
        return 1
    if not is_kept:
        print("an edit of weighting.yaml ran intake again")
    rival = "the script a user would write"
    short = verdict("pipeline after an edit", seconds["edit"] / seconds["whole"], EDIT_GOAL, "the first run", is_most=True)
    short |= verdict("pipeline whole", seconds["whole"] / seconds["script"], GOAL, rival, is_most=True)
    short |= verdict("pipeline", seconds["quick"] / seconds["script"], QUICK_GOAL, f"{rival}, with --quick", is_most=True)
    return int(not is_kept) or short


if __name__ == "__main__":
    raise SystemExit(main())
