"""Does the pipeline find what the demo's generator put in? 50 economies in memory, no files: panel, index, headline regression.

For each seed the true coefficient is sum_j w_j sign_j tau_j / (max_j - min_j) with the run's own weights and bounds. Printed:
how often the 95% interval (CV3, t with G - 1) holds the truth and excludes zero, for all firms and for never-recognised firms.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hqd_index.demo import Demo, generate
from hqd_index.engines import Engine, open_engine
from hqd_index.errors import ConfigError
from hqd_index.firms.derived_columns import derive
from hqd_index.index.index_tables import Index, build_index
from hqd_index.links import links
from hqd_index.models import ModelInputs, estimation_data, regressions
from hqd_index.panel import build_panel, unit_names
from hqd_index.study.records import Study
from hqd_index.study.srdi_levels import level_bits
from hqd_index.study.study_folder import load_study
from hqd_index.study.varied_study import vary

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 50
NOMINAL = 0.95
LOWEST = 0.88
"""95% less two Monte Carlo standard errors of 50 draws (.031 each) is .888."""
CASES = {"own 0.2, spillover 0.1": (0.2, 0.1), "own 0.3, spillover 0": (0.3, 0.0)}


@dataclass(frozen=True)
class Found:
    """The headline estimate of one sample of one economy, beside the truth."""

    case: str
    seed: int
    sample: str
    truth: float
    truth_sd: float
    estimate: float
    low: float
    high: float


def tables(engine: Engine, demo: Demo) -> dict[str, str]:
    """The clean economy as the engine's tables, status as the intake would give it."""
    firms = demo.firms.copy()
    ever, valid = firms.pop("srdi_any"), firms.pop("srdi_valid")
    raw = engine.scan(firms.assign(any_=ever, valid_=valid))
    listed = f"CASE WHEN {{}} THEN {level_bits(['national'])} ELSE 0 END AS {{}}"
    columns = ", ".join(
        [
            listed.format("any_", "srdi_levels_ever"),
            listed.format("valid_", "srdi_levels_valid"),
            listed.format("valid_", "srdi_levels_to_date"),
        ]
    )
    frames = {"industry": demo.industry, "trade": demo.trade, "io": demo.io, "trade_hs6": demo.world.hs6}
    frames |= {"crosswalks": demo.world.crosswalks, "countries": demo.world.countries}
    firms_table = engine.query(f"SELECT * EXCLUDE (any_, valid_), {columns} FROM {raw}", "firms")
    return {"firms": firms_table} | {name: engine.scan(frame, name) for name, frame in frames.items()}


def truth(study: Study, index: Index, demo: Demo, sample: str) -> float:
    """sum_j w_j sign_j tau_j / (max_j - min_j) on the 0-1 scale."""
    weights = index.weights.set_index("node")["share_global"]
    cells = index.indicators.query("sample == 'all'").groupby("indicator")["raw"]
    total = 0.0
    for leaf in index.design.leaves:
        tau = demo.truth["spill"].get(leaf, 0.0) + (demo.truth["own"].get(leaf, 0.0) if sample == "all" else 0.0)
        sign = float(study.indicators.indicators[leaf].direction)  # type: ignore[arg-type]
        total += weights[leaf] * sign * tau / (cells.max()[leaf] - cells.min()[leaf])
    return total


def economy(study: Study, case: str, seed: int) -> list[Found]:
    own, spillover = CASES[case]
    try:
        demo = generate(seed, 6000, own, spillover)
    except ConfigError:  # the generator refuses a seed whose firms cannot carry the effect; counted, never replaced
        return []
    with open_engine(threads=1) as engine:
        clean = tables(engine, demo)
        clean["linkages"] = engine.scan(links(study, engine, clean)["linkages"], "linkages")
        ready = derive(study, engine, clean)
        panel = build_panel(study, engine, ready)
        names = unit_names(study, engine, ready, panel.values, {})
    index = build_index(study, panel.values, names)
    data = estimation_data(index.scores, index.indicators, panel.density, panel.controls, study)
    table = regressions(data, study, ModelInputs(weights=index.weights)).frames["regressions"]
    found = []
    for sample in ("all", "leave_out"):
        row = table.query("spec == 'twfe' and outcome == 'hqd' and term == 'density' and sample == @sample").iloc[0]
        real = truth(study, index, demo, sample)
        found.append(
            Found(
                case,
                seed,
                sample,
                real,
                real * row["estimate_sd"] / row["estimate"],
                row["estimate"],
                row["ci_low"],
                row["ci_high"],
            )
        )
    return found


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS
    study = vary(load_study(ROOT / "configs").study, {"regressions.inference": {"draws": 99}, "uncertainty.draws": 0})
    study = vary(
        study, {"regressions.specifications": [s.model_dump(mode="json") for s in study.regressions.specifications if s.headline]}
    )
    rows = [found for case in CASES for seed in range(1, seeds + 1) for found in economy(study, case, seed)]
    frame = pd.DataFrame(rows)
    frame["holds"] = (frame["low"] <= frame["truth"]) & (frame["truth"] <= frame["high"])
    frame["nonzero"] = (frame["low"] > 0) | (frame["high"] < 0)
    print(f"{seeds} seeds each; intervals are CV3, t(G - 1), two-way effects and controls")
    for (case, sample), part in frame.groupby(["case", "sample"], sort=False):
        bias = (part["estimate"] - part["truth"]).mean() / (part["estimate"] - part["truth"]).std() * np.sqrt(len(part))
        print(
            f"  {case:<24} {sample:<10} n {len(part):2d}   holds the truth {part['holds'].mean():6.1%}"
            f"   excludes zero {part['nonzero'].mean():6.1%}   mean truth {part['truth_sd'].mean():.3f} sd"
            f"   bias {bias:+.1f} of its standard errors"
        )
    worst = frame.groupby(["case", "sample"])["holds"].mean().min()
    good = worst >= LOWEST
    ratio, goal, verdict = worst / NOMINAL, LOWEST / NOMINAL, "PASS" if good else "SHORT"
    print(f"recovery: ratio {ratio:.3f} (goal {goal:.3f}) against nominal coverage of 95%: {verdict}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
