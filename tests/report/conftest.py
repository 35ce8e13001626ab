"""A small invented run: 12 units, 6 years, 2 dimensions x 3 parts, tables that follow their contracts and add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hqd_index.codebook import codebook
from hqd_index.index.index_tables import build_index
from hqd_index.index.scenario_tables import scenarios
from hqd_index.report.figures.drawing_pool import DrawingPool
from hqd_index.report.figures.drawings import Drawing, draw
from hqd_index.report.results import Results
from hqd_index.study.records import Study
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
                    "changes": {"weighting.aggregate.dimensions": {"method": "geometric"}},
                },
                "window": {
                    "label": {"zh": "基期", "en": "Base window"},
                    "changes": {
                        "weighting.normalise": {"method": "minmax", "over": [2017, 2019]},
                        "weighting.weight.indicators": {"method": "equal"},
                    },
                },
            },
        }
    )


def panel() -> pd.DataFrame:
    """Raw indicator values of both samples, drawn from one seed; one value is missing."""
    draw = np.random.default_rng(7)
    level = draw.uniform(0.15, 0.75, (1, len(UNITS), 1)) + 0.02 * np.arange(len(YEARS))[:, None, None]
    raw = 3 + 40 * np.clip(level + draw.normal(0, 0.12, (len(YEARS), len(UNITS), len(LEAVES))), 0, 1)
    raw[:, 2, 0] = np.nan  # innovation of C25 is left with one indicator, fewer than two
    index = pd.MultiIndex.from_product([YEARS, list(UNITS)], names=["year", "unit"])
    firms = {unit: 40 + 7 * k for k, unit in enumerate(UNITS)} | {"C42": 2}
    blocks = []
    for sample, shift in (("all", 0.0), ("leave_out", -0.4)):
        block = pd.DataFrame(raw.reshape(-1, len(LEAVES)) + shift, index=index, columns=LEAVES).reset_index()
        blocks.append(block.assign(sample=sample, n_firms=block["unit"].map(firms)))
    return pd.concat(blocks, ignore_index=True)


def names() -> pd.DataFrame:
    rows = [(unit, zh, en, "") for unit, (zh, en) in UNITS.items()]
    return pd.DataFrame(rows, columns=["unit", "unit_zh", "unit_en", "group"])


def invented() -> dict[str, pd.DataFrame]:
    """name -> table: the index as the program builds it, everything else made up."""
    built = build_index(study(), panel(), names())
    compared = scenarios(study(), panel(), names(), built)
    tables = {
        "scores": built.scores,
        "weights": pd.concat([built.weights, compared.weights]),
        "indicators": built.indicators,
        "scenarios": compared.scenarios,
        "ledger": _ledger(),
        "quarantine": _quarantine(),
        "coverage": _coverage(),
        "sample_flow": _sample_flow(),
        "density": _density(),
        **_models(),
    }
    tables["codebook"] = codebook(study(), tables)
    return {name: conform(name, frame) for name, frame in tables.items()} | {
        "not_made": empty("not_made"),
        "raw_rows": _raw_rows(),
    }


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
    flag = share.lt(0.2).map({True: "low", False: ""})
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


def _models() -> dict[str, pd.DataFrame]:
    """Regressions, channels, contribution and hypotheses with plausible numbers (none is estimated here)."""
    draw = np.random.default_rng(11)
    regressions, channels = [], []
    for spec, effects, controls in (("plain", "", ""), ("twfe", "unit+year", "leverage")):
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
            "ci90_low": 0.17,
            "ci90_high": 0.43,
            "rules_out": 0.43,
            "verdict": verdict,
            "size": "matters" if verdict == "supported" else None,
            "split": "spillover_open" if verdict == "supported" else None,
            "grade": "description",
            "grade_lacks": "pre_trend" if verdict == "supported" else "significance",
            "breakdown": 1.25 if verdict == "supported" else None,
            "additions": extra,
        }
        for name, node in zip(("H1", "H2a", "H2b", "H2c", "H3a", "H3b", "H3c"), ("hqd", *PARENT_PARTS))
        for sample, verdict, extra in (
            ("all", "supported", "pre_trend_up" if name == "H1" else None),
            ("leave_out", "inconclusive", "fragile;too_wide"),
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
    rows += [
        ("A", "total", None, None, f"effect{kind}_points", value, value - 0.1, value + 0.1) for kind, value in EFFECTS.items()
    ]
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


@pytest.fixture(scope="session")
def drawings(results: Results) -> dict[str, Drawing]:
    return drawn(results)


def drawn(results: Results) -> dict[str, Drawing]:
    """Every figure of a run."""
    with DrawingPool() as drawing_pool:
        return dict(draw(results, drawing_pool))
