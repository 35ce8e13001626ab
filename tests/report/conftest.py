"""A small invented run: 12 units, 6 years, 2 dimensions x 3 parts, tables that follow their contracts and add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.rank import competition
from hqd_index.report.results import Results
from hqd_index.study.models import Study
from hqd_index.tables import conform, empty

YEARS = list(range(2017, 2023))
UNITS = {
    "C13": ("农副食品加工业", "Farm food"),
    "C17": ("纺织业", "Textiles"),
    "C25": ("石油、煤炭及其他燃料加工业", "Petroleum and coal"),
    "C26": ("化学原料和化学制品制造业", "Chemicals"),
    "C27": ("医药制造业", "Medicine"),
    "C30": ("非金属矿物制品业", "Minerals"),
    "C34": ("通用设备制造业", "General machinery"),
    "C35": ("专用设备制造业", "Special machinery"),
    "C36": ("汽车制造业", "Motor vehicles"),
    "C38": ("电气机械和器材制造业", "Electrical machinery"),
    "C39": ("计算机、通信和其他电子设备制造业", "Computers and electronics"),
    "C42": ("废弃资源综合利用业", "Recycling"),
}
TREE = {
    "hqd": {
        "quality": {"innovation": ["inn1", "inn2"], "brand": ["brd1", "brd4"], "upgrading": ["upg2", "upg3"]},
        "safety": {"completeness": ["cmp1", "cmp3"], "advantage": ["adv2", "adv5"], "smoothness": ["smo1", "smo2", "smo3"]},
    }
}
NODES = {
    "hqd": ("制造业高质量发展", "HQD"),
    "quality": ("质量", "Quality"),
    "safety": ("安全", "Safety"),
    "innovation": ("创新动力", "Innovation"),
    "brand": ("品牌价值", "Brand"),
    "upgrading": ("转型升级", "Upgrading"),
    "completeness": ("产业链完整", "Completeness"),
    "advantage": ("产业优势", "Advantage"),
    "smoothness": ("产业链畅通", "Smoothness"),
}
LEVELS = ("indicators", "subdimensions", "dimensions")
PARENT = {leaf: part for parts in TREE["hqd"].values() for part, leaves in parts.items() for leaf in leaves}
PARENT |= {part: dimension for dimension, parts in TREE["hqd"].items() for part in parts} | dict.fromkeys(TREE["hqd"], "hqd")
LEAVES = [leaf for leaf in PARENT if leaf not in NODES]


def study(**changes: Any) -> Study:
    """The invented study; `changes` replace parts of study.yaml."""
    label = {node: {"zh": zh, "en": en} for node, (zh, en) in NODES.items()}
    leaf = {
        name: {
            "table": "firms",
            "formula": f"100 * sum({name}_top) / sum({name}_bottom)",
            "unit": "%",
            "source": "invented",
            "direction": -1 if name in ("brd4", "upg3", "cmp3", "smo2") else 1,
            "label": {"zh": f"指标{name}", "en": f"Indicator {name}"},
        }
        for name in LEAVES
    }
    say = {"zh": "演示", "en": "Demo"}
    base = {"version": 1, "name": "invented", "label": say, "synthetic": True, "years": [YEARS[0], YEARS[-1]]}
    spec = {"id": "twfe", "label": {"zh": "双向固定效应", "en": "Two-way effects"}, "controls": "all", "headline": True}
    plain = {"id": "plain", "label": {"zh": "无控制变量", "en": "No controls"}, "fixed_effects": []}
    equal = {level: {"method": "equal"} for level in LEVELS}
    return Study.model_validate(
        {
            "study": base | changes,
            "sources": {"version": 1, "sources": {}},
            "rules": {"version": 1},
            "columns": {"version": 1},
            "indicators": {"version": 1, "tree": TREE, "nodes": label, "indicators": leaf},
            "weighting": {
                "version": 1,
                "weight": equal | {"indicators": {"method": "entropy"}},
                "aggregate": {level: {"method": "arithmetic"} for level in LEVELS},
            },
            "regressions": {
                "version": 1,
                "specifications": [plain, spec],
                "hypotheses": {"sesoi": 0.1, "alpha": 0.05},
                "controls": {"leverage": {"table": "industry", "formula": "sum(a) / sum(b)", "label": say}},
            },
            "scenarios": {
                "equal": {
                    "label": {"zh": "等权", "en": "Equal weights"},
                    "changes": {"weighting.weight.indicators": {"method": "equal"}},
                },
                "geometric": {
                    "label": {"zh": "几何平均", "en": "Geometric"},
                    "changes": {"weighting.aggregate.indicators": {"method": "geometric"}},
                },
            },
        }
    )


def invented() -> dict[str, pd.DataFrame]:
    """name -> table, drawn from one seed; scores are the weighted sums of the normalised values."""
    draw = np.random.default_rng(7)
    level = draw.uniform(0.15, 0.75, (1, len(UNITS), 1)) + 0.02 * np.arange(len(YEARS))[:, None, None]
    z = np.clip(level + draw.normal(0, 0.12, (len(YEARS), len(UNITS), len(LEAVES))), 0, 1)
    z[:, 2, 0] = np.nan  # one indicator missing: smoothness and the rest stay whole, innovation falls below two children
    local = _entropy_shares(z)
    tables = {
        "scores": _scores(z, local),
        "weights": pd.concat([_weights(z, local, "base"), _weights(z, _equal(), "equal")]),
        "indicators": _indicators(z),
        "scenarios": _scenarios(z, local),
        "ledger": _ledger(),
        "quarantine": _quarantine(),
        "coverage": _coverage(),
        "sample_flow": _sample_flow(),
        "density": _density(),
        **_models(local),
    }
    return {name: conform(name, frame) for name, frame in tables.items()} | {
        "not_made": empty("not_made"),
        "raw_rows": _raw_rows(),
    }


def _equal() -> dict[str, float]:
    return {node: 1 / sum(PARENT[other] == PARENT[node] for other in PARENT) for node in PARENT}


def _entropy_shares(z: np.ndarray) -> dict[str, float]:
    """Equal above the leaves; uneven inside the parts (any positive numbers serve)."""
    raw = {leaf: float(np.nanstd(z[:, :, j])) for j, leaf in enumerate(LEAVES)}
    family = {leaf: sum(raw[other] for other in LEAVES if PARENT[other] == PARENT[leaf]) for leaf in LEAVES}
    return _equal() | {leaf: raw[leaf] / family[leaf] for leaf in LEAVES}


def nodes(z: np.ndarray, local: dict[str, float]) -> dict[str, np.ndarray]:
    """node -> scores in [0, 1]; a part with fewer than two leaves, or a node without all its parts, is missing."""
    values = {leaf: z[:, :, j] for j, leaf in enumerate(LEAVES)}
    for node in ["innovation", "brand", "upgrading", "completeness", "advantage", "smoothness", "quality", "safety", "hqd"]:
        below = [child for child in PARENT if PARENT[child] == node]
        cells = np.stack([values[child] for child in below], axis=-1)
        share = np.array([local[child] for child in below])
        there = ~np.isnan(cells)
        total = np.where(there, cells, 0) @ share / (there @ share)
        enough = there.sum(-1) >= (2 if below[0] in LEAVES else len(below))
        values[node] = np.where(enough, total, np.nan)
    return values


def _grid(block: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({"unit": list(UNITS) * len(YEARS), "year": np.repeat(YEARS, len(UNITS)), "score": block.ravel()})
    ranks = competition(block)
    return frame.assign(rank=ranks.ravel(), ranked_of=np.repeat((~np.isnan(ranks)).sum(-1), len(UNITS)))


def _scores(z: np.ndarray, local: dict[str, float]) -> pd.DataFrame:
    blocks = []
    for sample, shift in (("all", 0.0), ("leave_out", -0.02)):
        values = nodes(z + shift, local)
        for node in NODES:
            level = {"hqd": "index", "quality": "dimensions", "safety": "dimensions"}.get(node, "subdimensions")
            block = _grid(100 * values[node]).assign(sample=sample, node=node, level=level)
            blocks.append(block.assign(node_zh=NODES[node][0], node_en=NODES[node][1]))
    frame = pd.concat(blocks)
    frame["unit_zh"], frame["unit_en"] = (frame["unit"].map({u: names[k] for u, names in UNITS.items()}) for k in (0, 1))
    flag = frame["score"].isna().map({True: "too_few_children", False: ""})
    return frame.assign(coverage=np.where(frame["score"].isna(), 0.5, 1.0), flag=flag)


def _weights(z: np.ndarray, local: dict[str, float], scenario: str) -> pd.DataFrame:
    rows = []
    for node, parent in PARENT.items():
        whole, up = local[node], parent
        while up != "hqd":
            whole, up = whole * local[up], PARENT[up]
        leaf = node in LEAVES
        label = (f"指标{node}", f"Indicator {node}") if leaf else NODES[node]
        rows.append(
            {
                "scenario": scenario,
                "node": node,
                "parent": parent,
                "node_zh": label[0],
                "node_en": label[1],
                "level": LEVELS[0] if leaf else LEVELS[2] if parent == "hqd" else LEVELS[1],
                "method": "entropy" if leaf else "equal",
                "cells": int((~np.isnan(z[:, :, LEAVES.index(node)])).sum()) if leaf else 72,
                "entropy": 0.97,
                "divergence": 0.03,
                "share_local": local[node],
                "share_global": whole,
                "effective": whole,
                "skewness": 0.4,
            }
        )
    return pd.DataFrame(rows)


def _indicators(z: np.ndarray) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([YEARS, list(UNITS), LEAVES], names=["year", "unit", "indicator"])
    frame = pd.DataFrame({"normalised": z.ravel()}, index=index).reset_index()
    firms = frame["unit"].map({unit: 40 + 7 * k for k, unit in enumerate(UNITS)}).where(frame["unit"] != "C42", 2)
    return frame.assign(
        sample="all", raw=3 + 40 * frame["normalised"], treated=3 + 40 * frame["normalised"], imputed=False, n_firms=firms
    )


def _scenarios(z: np.ndarray, local: dict[str, float]) -> pd.DataFrame:
    base = _grid(100 * nodes(z, local)["hqd"])["rank"].to_numpy()
    blocks = []
    for scenario, zh, en, block in (
        ("equal", "等权", "Equal weights", nodes(z, _equal())["hqd"]),
        ("geometric", "几何平均", "Geometric", nodes(z**1.3, local)["hqd"]),
    ):
        frame = (
            _grid(100 * block)
            .drop(columns="ranked_of")
            .assign(scenario=scenario, scenario_zh=zh, scenario_en=en, node="hqd", base_rank=base)
        )
        blocks.append(frame.assign(shift=frame["base_rank"] - frame["rank"]))
    return pd.concat(blocks)


def _ledger() -> pd.DataFrame:
    rows = [
        ("firms_2020.csv", None, "read", 1200, 1195, 5, 0, "S04"),
        ("firms_2020.csv", None, "validate", 1195, 1180, 15, 0, "E02-E09"),
        ("firms_2020.csv", None, "scope", 1180, 1150, 0, 30, "years"),
        ("yearbook.xlsx", "分行业", "read", 410, 403, 0, 7, "totals"),
    ]
    return pd.DataFrame(rows, columns=["file", "sheet", "stage", "rows_in", "used", "quarantined", "out_of_scope", "reason"])


def _quarantine() -> pd.DataFrame:
    rows = [("E09", 2 + k, f"9144{k:014d} / 2020", "industry_code", "Z99") for k in range(12)]
    rows += [("C02", 40 + k, f"9133{k:014d} / 2021", "rd_exp", "-5") for k in range(6)] + [("S04", 70, "", "", "a,b,c")]
    frame = pd.DataFrame(rows, columns=["rule", "row", "key", "column", "value"])
    return frame.assign(
        severity="error",
        file="firms_2020.csv",
        sheet=None,
        expected_zh="应为 C13–C43",
        expected_en="C13-C43 expected",
        mend_zh="对照代码表修改后重跑",
        mend_en="correct against the code list, run again",
    )


def _raw_rows() -> pd.DataFrame:
    quarantined = _quarantine()[["file", "sheet", "row"]].drop_duplicates()
    return quarantined.assign(cells='["91440300MA5F", "2020", "Z99", "=cmd|calc"]')


def _coverage() -> pd.DataFrame:
    frame = pd.DataFrame([(unit, year) for unit in UNITS for year in YEARS], columns=["unit", "year"])
    share = frame["unit"].map({unit: 0.15 + 0.06 * k for k, unit in enumerate(UNITS)})
    flag = share.lt(0.2).map({True: "below_20", False: ""})
    return frame.assign(
        n_firms_matched=80,
        n_firms=400.0,
        share_firms=0.2,
        revenue_matched=share * 1e3,
        revenue=1e3,
        share_revenue=share,
        flag=flag,
    )


def _sample_flow() -> pd.DataFrame:
    rows = [
        (1, "firms", "读入的企业年", "Firm-years read", 1200, 300),
        (2, "firms", "剔除隔离行", "Quarantined rows removed", 1180, 298),
    ]
    return pd.DataFrame(rows, columns=["step", "table", "label_zh", "label_en", "rows", "firms"])


def _density() -> pd.DataFrame:
    frame = pd.DataFrame([(unit, year) for unit in UNITS for year in YEARS], columns=["unit", "year"])
    count = frame["year"].sub(2018).clip(lower=0)
    return frame.assign(n_firms=100, n_srdi=count, density=10.0 * count, density_lag=10.0 * (count - 1).clip(lower=0))


def _models(local: dict[str, float]) -> dict[str, pd.DataFrame]:
    """Regressions, channels, contribution and hypotheses with plausible numbers (none is estimated here)."""
    draw = np.random.default_rng(11)
    regressions, channels = [], []
    for spec, effects, controls in (("plain", "", ""), ("twfe", "unit + year", "leverage")):
        for sample, centre in (("all", 0.30), ("leave_out", 0.11)):
            for node in NODES:
                b = centre * draw.uniform(0.5, 1.4) / 100
                common = {
                    "spec": spec,
                    "sample": sample,
                    "outcome": node,
                    "n_obs": 60,
                    "n_clusters": 11,
                    "r2_within": 0.41,
                    "fixed_effects": effects,
                    "controls": controls,
                    "density": "count",
                    "lag": 1,
                }
                for term, size in (("density", b), *([("leverage", -b / 3)] if controls else [])):
                    regressions.append(
                        common
                        | {
                            "term": term,
                            "estimate": size,
                            "estimate_sd": size * 100,
                            "se_cv1": 0.0004,
                            "se_cv3": 0.0006,
                            "p_cv1": 0.001,
                            "p_cv3": 0.02,
                            "p_wild": 0.03,
                            "ci_low": size - 0.0013,
                            "ci_high": size + 0.0013,
                        }
                    )
    for node in ("innovation", "brand", "upgrading", "completeness", "advantage", "smoothness"):
        part = draw.uniform(-0.1, 1) / 600
        channels.append(
            {
                "spec": "twfe",
                "sample": "all",
                "parent": "hqd",
                "node": node,
                "share_local": 1 / 6,
                "estimate": 6 * part,
                "se_cv3": 0.001,
                "p_wild": 0.04,
                "p_adjusted": 0.09,
                "part": part,
                "fraction": part * 300,
                "ci_low": part - 0.0005,
                "ci_high": part + 0.0005,
                "gap": 1e-15,
            }
        )
    hypotheses = [
        {
            "hypothesis": name,
            "spec": "twfe",
            "sample": sample,
            "outcome": node,
            "estimate_sd": 0.3,
            "ci_low": 0.14,
            "ci_high": 0.46,
            "p_wild": 0.004,
            "p_adjusted": 0.02,
            "n_obs": 60,
            "n_clusters": 11,
            "mde": 0.2,
            "sesoi": 0.1,
            "alpha": 0.05,
            "verdict": verdict,
            "additions": extra,
        }
        for name, node in zip(("H1", "H2a", "H2b", "H2c", "H3a", "H3b", "H3c"), ("hqd", *PARENT_PARTS))
        for sample, verdict, extra in (
            ("all", "supported", "composition_only" if name == "H1" else None),
            ("leave_out", "underpowered", "fragile"),
        )
    ]
    return {
        "regressions": pd.DataFrame(regressions),
        "channels": pd.DataFrame(channels),
        "hypotheses": pd.DataFrame(hypotheses),
        "contribution": _contribution(),
    }


PARENT_PARTS = ("innovation", "brand", "upgrading", "completeness", "advantage", "smoothness")


def _contribution() -> pd.DataFrame:
    """Items A, B and D of the headline specification, as the models write them."""
    common = {"spec": "twfe", "sample": "all", "measure": "share of change", "assumption": "missing intercept"}
    rows = [("A", "total", 2018, 2022, "share", 0.21, 0.08, 0.34), ("A", "C39", 2018, 2022, "share", 0.31, 0.10, 0.52)]
    rows += [("A", "total", None, None, f"effect{kind}_sd", value, value - 0.1, value + 0.1) for kind, value in EFFECTS.items()]
    for year in YEARS[1:]:
        rows.append(("B", "total", 2018, year, "actual", 0.43 + 0.02 * (year - 2018), None, None))
        gap = 0.004 * (year - 2018)
        rows.append(
            (
                "B",
                "total",
                2018,
                year,
                "counterfactual",
                0.43 + 0.02 * (year - 2018) - gap,
                0.42 + 0.02 * (year - 2018) - gap,
                0.43 + 0.02 * (year - 2018),
            )
        )
    rows += [("D", "total", None, None, f"fraction_{node}", 1 / 6, 0.05, 0.3) for node in PARENT_PARTS]
    names = ["item", "unit", "from_year", "to_year", "quantity", "value", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=names).assign(**common)


EFFECTS = {"": 0.30, "_spillover": 0.11, "_composition": 0.19}


MANIFEST = {
    "run": "0123456789ab",
    "program": "hqd-index 0.1.0",
    "study": "invented",
    "synthetic": True,
    "seed": 1,
    "config": {"weighting.yaml": "a" * 64},
    "inputs": {"firms_2020.csv": "b" * 64},
    "versions": {"numpy": "2"},
}


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    return invented()


@pytest.fixture(scope="session")
def results(tables: dict[str, pd.DataFrame]) -> Results:
    return Results(study(), tables, MANIFEST)
