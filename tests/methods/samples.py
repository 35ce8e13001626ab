"""One runnable choice for every method, and for every option a value that must change the result."""

from typing import Any

import numpy as np

from hqd_index.methods import FAMILIES
from hqd_index.methods.choice import Choice, bind

CHILDREN = ("a", "b", "c", "d")
GROUPS = np.array(["x", "y", "x", "y", "y"])
UNITS, YEARS = 5, 6
JUDGED = {"node": {"order": list(CHILDREN), "upper": [[3, 5, 2], [2, 1], [0.5]]}}
FUZZY_ROWS = [[[1, 2, 3], [1, 1, 1]], [[0.4, 0.5, 0.6]]]
FUZZY = {"node": {"order": list(CHILDREN), "upper": [[[2, 3, 4], [4, 5, 6], [1, 2, 3]], *FUZZY_ROWS]}}
FUZZIER = {"node": {"order": list(CHILDREN), "upper": [[[2, 3, 4], [4, 5, 9], [1, 2, 3]], *FUZZY_ROWS]}}
MISJUDGED = {"node": {"order": list(CHILDREN), "upper": [[3, 5, 2], [2, 1], [0.4]]}}

REQUIRED: dict[tuple[str, str], dict[str, Any]] = {
    ("normalise", "goalposts"): {"low": dict.fromkeys(CHILDREN, 0.0), "high": dict.fromkeys(CHILDREN, 2.5)},
    ("normalise", "dist2targ"): {"targets": {"a": 1.1, "b": 0.1, "c": 1.2, "d": 1.4}},
    ("normalise", "moderate"): {"band": [0.6, 0.9]},
    ("weight", "given"): {"shares": {"a": 0.4, "b": 0.3, "c": 0.2, "d": 0.1}},
    ("weight", "ahp"): {"matrices": JUDGED},
    ("weight", "priority"): {"scores": {"a": 4.0, "b": 3.0, "c": 3.0, "d": 1.0}},
    ("weight", "fuzzy_ahp"): {"matrices": FUZZY},
    ("weight", "target"): {"targets": {"a": 0.4, "b": 0.2, "c": 0.2, "d": 0.2}},
    ("weight", "combine"): {"of": [{"method": "entropy"}, {"method": "critic"}], "by": "product"},
}

BESIDE = {("treat", "winsorise_skewed"): {"max_points": 1}}  # so that what follows the winsorising is seen at all

CHANGED: dict[tuple[str, str], dict[str, Any]] = {
    ("impute", "linear"): {"max_gap": 1},
    ("impute", "carry"): {"max_gap": 2},
    ("impute", "mean"): {"within": "unit"},
    ("impute", "median"): {"within": "all"},
    ("impute", "knn"): {"neighbours": 1},
    ("impute", "iterative"): {"rounds": 1},
    ("treat", "winsorise"): {"p": 0.2},
    ("treat", "winsorise_skewed"): {"max_points": 2, "skewness": 9.0, "kurtosis": 60.0, "then_log": False},
    ("treat", "log"): {"offset": 1.0},
    ("treat", "box_cox"): {"power": 0.5},
    ("treat", "yeo_johnson"): {"power": 0.5},
    ("normalise", "minmax"): {"to": [1, 100], "clip": True},
    ("normalise", "zscore"): {"ddof": 1, "mean": 100.0, "sd": 10.0},
    ("normalise", "rank"): {"ties": "min"},
    ("normalise", "prank"): {"ties": "min"},
    ("normalise", "borda"): {"ties": "min"},
    ("normalise", "dist2ref"): {"at": "median", "cap": True},
    ("normalise", "dist2targ"): {"targets": {"a": 1.3, "b": 0.1, "c": 1.2, "d": 1.4}, "cap": True},
    ("normalise", "goalposts"): {"low": dict.fromkeys(CHILDREN, -1.0), "high": dict.fromkeys(CHILDREN, 3.0)},
    ("normalise", "moderate"): {"band": [0.5, 0.9]},
    ("weight", "given"): {"shares": {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}},
    ("weight", "entropy"): {"shift": "z + 0.01"},
    ("weight", "critic"): {"absolute": True},
    ("weight", "ahp"): {"matrices": MISJUDGED},
    ("weight", "priority"): {"scores": {"a": 4.0, "b": 3.0, "c": 3.5, "d": 1.0}},
    ("weight", "fuzzy_ahp"): {"matrices": FUZZIER},
    ("weight", "pca"): {"components": "first", "rotate": False},
    ("weight", "bod"): {"floor": 0.1, "cap": 0.5},
    ("weight", "target"): {"targets": {"a": 0.2, "b": 0.2, "c": 0.4, "d": 0.2}, "importance": "ratio"},
    ("weight", "combine"): {"of": [{"method": "entropy"}, {"method": "std"}], "by": "mean"},
    ("aggregate", "power"): {"p": 2.0},
    ("aggregate", "vikor"): {"v": 0.8},
    ("aggregate", "grey_relation"): {"rho": 0.2},
    ("aggregate", "grey_topsis"): {"rho": 0.2},
    ("aggregate", "rsr"): {"ranks": "fractional"},
    ("aggregate", "mpi"): {"composite": "bad"},
    ("aggregate", "ampi"): {"composite": "bad"},
    ("aggregate", "owa"): {"orness": 0.8},
}

ALL = [(family, name) for family, methods in FAMILIES.items() for name in methods]


def named(family: str) -> list[str]:
    return list(FAMILIES[family])


def sample(family: str, name: str, **options: Any) -> Choice:
    return Choice(method=name, **{**REQUIRED.get((family, name), {}), **options})


def skewed(rows: int = 30, seed: int = 1) -> np.ndarray:
    """Positive cells (rows, 4) of unlike columns that go together, with ties, two far points and a least one in the last row."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, 1))
    values = np.exp(0.4 * common + 0.5 * rng.normal(size=(rows, 4)) * [0.5, 1.0, 1.5, 1.0])
    values[:2, 3] += [40.0, 30.0]
    values[4:7, 0] = values[4, 0]
    values[-1, 0] = 0.5 * values[:, 0].min()
    return values


def apply(choice: Choice, family: str, values: np.ndarray) -> np.ndarray:
    """What the family's functions make of values (..., 30, 4); imputation sees them as 5 units by 6 years."""
    call = bind(choice, family).for_children(CHILDREN)
    if family == "impute":
        cube = values.reshape(*values.shape[:-2], UNITS, YEARS, values.shape[-1])
        return call(cube, groups=GROUPS).reshape(values.shape)
    if family == "normalise":
        return call(values, reference=values[..., :25, :], direction=np.array([1.0, -1.0, 1.0, 1.0]))
    if family == "aggregate":
        return call(values, np.array([[0.4, 0.3, 0.2, 0.1]]), min_children=2)
    return call(values)
