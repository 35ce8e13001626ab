"""Blinder-Oaxaca between dense and sparse units: worked by hand, statsmodels, refits without each unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models import ModelInputs, regressions
from hqd_index.models.analyses.oaxaca import density_groups, oaxaca_decomposition, twofold
from hqd_index.models.kernels.specification import Specification
from hqd_index.tables import check

from .known_panels import index_panel, study, weights

EXACT = 1e-10  # identities of least squares, and its solvers against each other
SPEC = Specification("h", ("y",), "density_lag", ("size", "age"))


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Density from the fourth year on; the sample has gaps, so the groups differ in their mix of years."""
    rng = np.random.default_rng(3)
    data = index_panel(4, concentrated=True).query("sample == 'all'").reset_index(drop=True)
    data["age"] = rng.normal(size=len(data)) + (data["density_lag"] > 1)
    data["y"] = 0.1 * data["size"] + 0.2 * data["age"] + 0.05 * (data["year"] - 2013) + rng.normal(size=len(data))
    return data[rng.random(len(data)) < 0.9]


def test_by_hand() -> None:
    """y = 1 + 2 x + 3 for the dense; x is 3 and 5 there, 0 and 2 elsewhere: gap 9 = 2 x (4 - 1) + 3."""
    x, high = np.array([[3.0], [5.0], [0.0], [2.0]]), np.array([True, True, False, False])
    found = twofold(1 + 2 * x + 3 * high[:, None], x, high)
    assert (found.gap[0], found.parts[0, 0], found.unexplained[0]) == tuple(map(pytest.approx, (9.0, 6.0, 3.0)))
    heavy = twofold(1 + 2 * x + 3 * high[:, None], x, high, np.array([1.0, 3.0, 1.0, 1.0]))  # dense mean 4.5: 2 x 3.5 + 3
    assert (heavy.gap[0], heavy.parts[0, 0], heavy.unexplained[0]) == tuple(map(pytest.approx, (10.0, 7.0, 3.0)))


def statsmodels(rows: pd.DataFrame, high: tuple[str, ...]) -> tuple[float, float, float]:
    """Unexplained, explained and gap, dense less sparse, with pooled coefficients that hold the group."""
    oaxaca = pytest.importorskip("statsmodels.stats.oaxaca")
    years = pd.get_dummies(rows["year"], drop_first=True, dtype=float)
    x = np.column_stack([np.ones(len(rows)), rows[["size", "age"]], years, rows["unit"].isin(high)])
    model = oaxaca.OaxacaBlinder(rows["y"].to_numpy(), x, x.shape[1] - 1, swap=False)
    return tuple(-value for value in model.two_fold(two_fold_type="pooled").params)  # its first group is the sparse one


def test_equal_to_statsmodels_and_its_refits_without_each_unit(panel: pd.DataFrame) -> None:
    found = oaxaca_decomposition(panel, SPEC)
    rows = panel[panel["year"] >= found.groups.first]
    ours = {quantity: (v, e) for (quantity, term), v, e in zip(found.lines, found.value[:, 0], found.error[:, 0]) if not term}
    theirs = np.array(statsmodels(rows, found.groups.high))
    units = rows["unit"].unique()
    without = np.array([statsmodels(rows[rows["unit"] != unit], found.groups.high) for unit in units])
    errors = np.sqrt((len(units) - 1) / len(units) * ((without - theirs) ** 2).sum(axis=0))
    for quantity, value, error in zip(("unexplained", "explained", "gap"), theirs, errors):
        assert ours[quantity] == (pytest.approx(value, abs=EXACT), pytest.approx(error, rel=1e-8))


def test_groups_are_split_at_the_median_of_mean_density_and_ties_are_low() -> None:
    """Means since 2020 are 1, 2, 2, 2, 4, 5, although 2022 alone would put b first: the median is 2, and e and f lie above it."""
    density = {"a": (1, 1, 1), "b": (0, 0, 6), "c": (2, 2, 2), "d": (3, 2, 1), "e": (4, 4, 4), "f": (6, 6, 3)}
    rows = pd.DataFrame(
        [(u, year, v) for u, values in density.items() for year, v in zip((2019, 2020, 2021, 2022), (0, *values))],
        columns=["unit", "year", "x"],
    )
    found = density_groups(rows, "x")
    assert (found.high, found.low, found.units_at_median) == (("e", "f"), ("a", "b", "c", "d"), ("b", "c", "d"))
    assert (found.median, found.first, found.last_year) == (2.0, 2020, 2022)
    with pytest.raises(EstimationError, match="1 units lie above the median density and 4 do not"):
        density_groups(rows[rows["unit"] != "f"], "x")
    with pytest.raises(EstimationError, match="no year of the sample has any density"):
        density_groups(rows.assign(x=0.0), "x")


def test_a_control_that_others_span_is_dropped_by_name_and_too_few_rows_are_refused(panel: pd.DataFrame) -> None:
    spec = Specification("h", ("y",), "density_lag", ("size", "age", "twice", "flat"))
    found = oaxaca_decomposition(panel.assign(twice=2 * panel["size"] + panel["age"], flat=7.0), spec)
    assert found.dropped_controls == ("twice", "flat")
    assert found.value == pytest.approx(oaxaca_decomposition(panel, SPEC).value, abs=EXACT)
    two = [rows for _, rows in panel[panel["year"] == 2024].groupby(panel["unit"].isin(found.groups.high))]
    with pytest.raises(EstimationError, match="4 rows for 4 parameters"):
        oaxaca_decomposition(pd.concat(rows.head(2) for rows in two), SPEC)


def test_every_gap_of_a_study_is_explained_plus_unexplained() -> None:
    """The unexplained part is the coefficient of the group, so that the sum is no definition."""
    found = check(
        "oaxaca", regressions(index_panel(concentrated=True), study(draws=199), ModelInputs(weights=weights())).frames["oaxaca"]
    )
    found["term"] = found["term"].replace("", "sum")
    wide = found.pivot_table(index=["sample", "outcome"], columns=["quantity", "term"], values="estimate", aggfunc="sum")
    assert len(wide) == 20 and np.abs(wide["gap"]["sum"]).max() > 0
    assert wide["gap"]["sum"].to_numpy() == pytest.approx(
        (wide["explained"]["sum"] + wide["unexplained"]["sum"]).to_numpy(), abs=EXACT
    )
    assert wide["explained"]["sum"].to_numpy() == pytest.approx(wide["part"].sum(axis=1).to_numpy(), abs=EXACT)
    assert found["note"].str.startswith("a description, not an effect").all()
