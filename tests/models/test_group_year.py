"""Effects of groups of units in each year, against dummy regressions and pyfixest, and what becomes of units alone in a group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.models import ModelInputs, regressions
from hqd_index.models.estimation_data import with_groups
from hqd_index.models.kernels.specification import Specification, estimate
from hqd_index.study.records import SpecificationChoice

from .known_panels import NAME, index_panel, study, weights

EXACT = 1e-8  # relative; direct solves on our side, pyfixest iterates to 1e-12
EFFECTS = ("unit", "group_year")


def names(groups: int = 3, units: int = 31) -> pd.DataFrame:
    codes = [f"C{13 + u}" for u in range(units)]
    return pd.DataFrame({"unit": codes, "group": [f"g{u % groups}" for u in range(units)]})


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """16 units in 3 groups over 8 years with gaps; in 2015 only C13 is left of its group."""
    data = index_panel(6, units=16, years=8).query("sample == 'all'").reset_index(drop=True)
    data = with_groups(data, names(units=16))
    alone = (data["group_year"] == "g0 2015") & (data["unit"] != "C13")
    return data[(np.random.default_rng(2).random(len(data)) < 0.9) & ~alone]


def specification(*effects: str) -> Specification:
    return Specification("s", ("hqd",), "density_lag", ("size",), effects or EFFECTS)


def left_by_dummies(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    dummies = np.column_stack([pd.get_dummies(rows[e]).to_numpy(float) for e in EFFECTS])
    values = rows[columns].to_numpy(float)
    return np.asarray(values - dummies @ np.linalg.lstsq(dummies, values, rcond=None)[0])


def test_levels_are_of_units_with_a_group_and_none_without_names() -> None:
    data = pd.DataFrame({"unit": ["a", "b"], "year": [2019, 2020]})
    some = pd.DataFrame({"unit": ["a", "b"], "group": ["high", ""]})
    assert with_groups(data, some)["group_year"].tolist() == ["high 2019", None]
    assert with_groups(data, some.iloc[:0])["group_year"].isna().all()


def test_equals_pyfixest(panel: pd.DataFrame) -> None:
    """Raw sandwich times the stated factor: units are nested in the clusters, every level of group x year but one counts."""
    pf = pytest.importorskip("pyfixest")
    raw = pf.feols(
        "hqd ~ density_lag + size | unit + group_year", panel, vcov={"CRV1": "unit"},
        ssc=pf.ssc(k_adj=False, G_adj=False), fixef_tol=1e-12, fixef_rm="singleton",
    )  # fmt: skip
    found = estimate(panel, specification(), draws=99)
    n, g, k = found.sums.n, found.sums.g, found.sums.parameters
    used = panel.loc[found.rows]
    assert found.singletons == ("C13/g0 2015",) and n == raw._N == len(panel) - 1
    assert k == 2 + used["group_year"].nunique()
    assert found.coefficient[:, 0] == pytest.approx(raw.coef().to_numpy(), rel=EXACT)
    assert found.se_cv1[:, 0] == pytest.approx(raw.se().to_numpy() * np.sqrt(g / (g - 1) * (n - 1) / (n - k)), rel=1e-6)
    assert found.sums.r2_within[0] == pytest.approx(raw._r2_within, rel=EXACT)


def test_jackknife_and_standard_deviations_are_those_within_the_effects(panel: pd.DataFrame) -> None:
    found = estimate(panel, specification(), draws=99)
    used = panel.loc[found.rows]
    y, x, size = left_by_dummies(used, ["hqd", "density_lag", "size"]).T
    assert found.scale()[:, 0] == pytest.approx([x.std() / y.std(), size.std() / y.std()], rel=EXACT)
    left = []
    for unit in sorted(used["unit"].unique()):
        y, x, size = left_by_dummies(used[used["unit"] != unit], ["hqd", "density_lag", "size"]).T
        left.append(np.linalg.lstsq(np.column_stack([x, size]), y, rcond=None)[0])
    moved, g = np.array(left) - found.coefficient[:, 0], len(left)
    assert found.se_cv3[:, 0] == pytest.approx(np.sqrt((g - 1) / g * (moved**2).sum(axis=0)), rel=EXACT)


def test_one_group_of_all_is_year_effects(panel: pd.DataFrame) -> None:
    one = with_groups(panel, names(1, 16))
    by_group, by_year = (estimate(one, specification("unit", effect), draws=99) for effect in ("group_year", "year"))
    for quantity in ("coefficient", "se_cv1", "se_cv3", "p_wild"):
        assert getattr(by_group, quantity) == pytest.approx(getattr(by_year, quantity), rel=EXACT)


def test_shocks_of_groups_are_no_effect_of_density() -> None:
    """Density grows with the shocks of its group: two-way effects take them for its effect, group x year effects do not."""
    rng = np.random.default_rng(0)
    data = with_groups(index_panel().query("sample == 'all'"), names())
    levels = data["group_year"].unique()
    common = data["group_year"].map(dict(zip(levels, rng.normal(size=len(levels)))))
    data["density_lag"] = common + rng.normal(size=len(data))
    data["hqd"] = 0.5 * data["density_lag"] + common + rng.normal(size=len(data))
    grouped, two_way = (estimate(data, specification(*e), draws=99) for e in (EFFECTS, ("unit", "year")))
    assert grouped.low[0, 0] < 0.5 < grouped.high[0, 0] < two_way.low[0, 0]


def test_a_unit_in_no_group_is_named_and_the_specification_not_made() -> None:
    asked = [
        SpecificationChoice(id="twfe", label=NAME, headline=True),
        SpecificationChoice(id="grouped", label=NAME, fixed_effects=EFFECTS),
        SpecificationChoice(id="without", label=NAME, fixed_effects=EFFECTS, drop_units=("C13",)),
    ]
    some = names().replace({"group": {"g0": "g1"}})
    some.loc[some["unit"] == "C13", "group"] = ""
    made = regressions(
        with_groups(index_panel(), some), study(specifications=tuple(asked), draws=99), ModelInputs(weights=weights())
    ).frames
    assert set(made["regressions"]["spec"]) >= {"twfe", "without"} and "grouped" not in set(made["regressions"]["spec"])
    reasons = made["not_made"].query("table == 'regressions'")
    assert reasons["reason_en"].str.contains("specification grouped: no group for C13; group them").sum() == 1
    assert set(made["regressions"].query("spec == 'without'")["fixed_effects"]) == {"unit+group_year"}
