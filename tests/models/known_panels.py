"""Small panels whose truth is written down, shared by the tests of this folder."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hqd_index.study.records import (
    Control,
    Density,
    Hypotheses,
    Indicator,
    Indicators,
    Inference,
    Label,
    Regressions,
    SpecificationChoice,
    Study,
    StudyFile,
    Weighting,
)

RULE = Hypotheses(sesoi=0.10, alpha=0.05)
NAME = Label(zh="名", en="name")
SIX = {
    "quality": ("innovation", "brand", "upgrading"),
    "safety": ("completeness", "advantage", "smoothness"),
}
TREE = {"hqd": {d: {s: tuple(f"{s}{i}" for i in range(3)) for s in subs} for d, subs in SIX.items()}}
LEAF_WEIGHTS = (0.5, 0.3, 0.2)
TABLES = ("firms", "firms", "industry")  # of the three leaves of each sub-dimension: 80% of the weight can be split
TAU = {"innovation": 0.010, "brand": 0.006, "upgrading": 0.0, "completeness": 0.004, "advantage": 0.008, "smoothness": -0.002}


def leaves() -> list[str]:
    return [f"{sub}{i}" for subs in SIX.values() for sub in subs for i in range(3)]


def weights() -> pd.DataFrame:
    """hqd = two dimensions at one half, three sub-dimensions at one third, three leaves at .5, .3, .2."""
    rows = [(d, "hqd", 0.5) for d in SIX]
    rows += [(s, d, 1 / 3) for d, subs in SIX.items() for s in subs]
    rows += [(f"{s}{i}", s, w) for subs in SIX.values() for s in subs for i, w in enumerate(LEAF_WEIGHTS)]
    return pd.DataFrame(rows, columns=["node", "parent", "share_local"]).assign(scenario="base", year=None)


def density(units: int, years: int, rng: np.random.Generator, *, concentrated: bool) -> np.ndarray:
    """Lagged density (U, T): spread evenly, or a late ramp with a Pareto(1.2) size."""
    if not concentrated:
        return rng.normal(size=(units, years)).cumsum(axis=1)
    ramp = np.maximum(0, np.arange(years) - years // 2)
    return (rng.pareto(1.2, size=units) + 0.05)[:, None] * ramp[None, :]


def errors(units: int, years: int, rng: np.random.Generator, rho: float = 0.7) -> np.ndarray:
    """Stationary AR(1) errors (U, T) of unit variance."""
    e = rng.normal(size=(units, years))
    out = np.empty_like(e)
    out[:, 0] = e[:, 0]
    for t in range(1, years):
        out[:, t] = rho * out[:, t - 1] + np.sqrt(1 - rho**2) * e[:, t]
    return out


def index_panel(
    seed: int = 1,
    *,
    units: int = 31,
    years: int = 12,
    own: float = 0.6,
    scale: float = 1.0,
    noise: float = 0.03,
    concentrated: bool = False,
) -> pd.DataFrame:
    """Estimation data: leaf = unit + year + tau x density + noise; firm leaves of leave_out carry (1 - own) of tau."""
    rng = np.random.default_rng(seed)
    x = density(units, years, rng, concentrated=concentrated)
    keys = {"unit": np.repeat([f"C{13 + u}" for u in range(units)], years), "year": np.tile(2013 + np.arange(years), units)}
    data = {s: pd.DataFrame(keys | {"sample": s, "density": x.ravel(), "density_lag": x.ravel()}) for s in ("all", "leave_out")}
    size = rng.normal(size=(units, years))
    for sub, tau in TAU.items():
        for i, table in enumerate(TABLES):
            base = 0.4 + rng.normal(0, 0.1, (units, 1)) + rng.normal(0, 0.05, (1, years)) + noise * errors(units, years, rng)
            kept = 1.0 - own if table == "firms" else 1.0
            data["all"][f"z_{sub}{i}"] = (base + scale * tau * x + 0.01 * size).ravel()
            data["leave_out"][f"z_{sub}{i}"] = (base + scale * kept * tau * x + 0.01 * size).ravel()
    for frame in data.values():
        frame["size"] = size.ravel()
        for d, subs in SIX.items():
            for sub in subs:
                frame[sub] = sum(w * frame[f"z_{sub}{i}"] for i, w in enumerate(LEAF_WEIGHTS))
            frame[d] = sum(frame[sub] for sub in subs) / 3
        frame["hqd"] = 0.5 * frame["quality"] + 0.5 * frame["safety"]
    return pd.concat(data.values(), ignore_index=True)


def io_links(units: int = 31, seed: int = 0) -> pd.DataFrame:
    """Random shares of inputs and sales among the units of `index_panel`, own links left out."""
    rng = np.random.default_rng(seed)
    flows = rng.exponential(size=(units, units)) * (rng.random((units, units)) < 0.3)
    np.fill_diagonal(flows, 0.0)
    up, down = flows / flows.sum(axis=0), flows / flows.sum(axis=1, keepdims=True)
    names = [f"C{13 + u}" for u in range(units)]
    keys = {"year": 2017, "from_unit": np.repeat(names, units), "to_unit": np.tile(names, units)}
    values = {"upstream": up, "downstream": down, "leontief": 1.5 * up, "ghosh": 1.5 * down}
    table = pd.DataFrame(keys | {name: v.ravel() for name, v in values.items()})
    return table[table["from_unit"] != table["to_unit"]]


def study(*, draws: int = 999, hypotheses: Hypotheses | None = RULE, **regressions: object) -> Study:
    """A study with the parts that the models read; two specifications, the second the headline."""
    settings = {
        "version": 1,
        "density": Density(),
        "controls": {"size": Control(table="industry", formula="sum(revenue)", label=NAME)},
        "specifications": (
            SpecificationChoice(id="effects", label=NAME),
            SpecificationChoice(id="twfe", label=NAME, controls="all", headline=True),
        ),
        "inference": Inference(draws=draws),
        "hypotheses": hypotheses,
    } | regressions
    formulas = {leaf: Indicator(table=TABLES[i % 3], formula="sum(revenue)", label=NAME) for i, leaf in enumerate(leaves())}
    equal = {level: {"method": "equal"} for level in ("indicators", "subdimensions", "dimensions")}
    mean = {level: {"method": "arithmetic"} for level in equal}
    return Study.model_construct(
        study=StudyFile(version=1, name="test", label=NAME, years=(2013, 2024)),
        indicators=Indicators(version=1, tree=TREE, indicators=formulas),
        weighting=Weighting(version=1, normalise={"method": "minmax"}, weight=equal, aggregate=mean),
        regressions=Regressions(**settings),
    )
