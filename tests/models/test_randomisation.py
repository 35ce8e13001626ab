"""Permuted paths against refits, and the kernel variance against linearmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models.kernels.clusters import cluster_sums, consecutive_codes
from hqd_index.models.kernels.inference import driscoll_kraay, random_stream
from hqd_index.models.kernels.randomisation import density_paths, exchangeable, permutations, randomisation
from hqd_index.models.kernels.specification import Specification, estimate

from .known_panels import index_panel

SPEC = Specification("ri", ("hqd", "brand"), "density_lag", ("size",))
EXACT = 1e-9


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return index_panel(4, units=7, years=6).query("sample == 'all'").reset_index(drop=True)


def test_each_draw_is_a_refit_on_permuted_paths(panel: pd.DataFrame) -> None:
    found = randomisation(panel, SPEC, draws=4, seed=9)
    units = sorted(panel["unit"].unique())
    dealt = permutations([units], units, 4, random_stream(9, "randomisation", "ri"))
    assert all(sorted(row) == list(range(7)) for row in dealt)
    wide = panel.pivot(index="unit", columns="year", values="density_lag")
    for b in range(4):
        given = wide.loc[[units[i] for i in dealt[b]]].set_axis(units).stack().rename("moved").rename_axis(["unit", "year"])
        moved = panel.drop(columns="density_lag").merge(given.rename("density_lag").reset_index(), on=["unit", "year"])
        fit = estimate(moved, SPEC, draws=99)
        factor = np.sqrt(7 / 6 * (fit.sums.n - 1) / (fit.sums.n - fit.sums.parameters))
        assert found.estimates[b] == pytest.approx(fit.coefficient[0], rel=EXACT)
        assert found.t_star[b] == pytest.approx((fit.coefficient / fit.se_cv1)[0] * factor, rel=EXACT)


def test_p_counts_the_data_as_a_draw(panel: pd.DataFrame) -> None:
    found = randomisation(panel, SPEC, draws=199)
    assert found.p() == pytest.approx(((np.abs(found.t_star) >= np.abs(found.t)).sum(axis=0) + 1) / 200)
    strong = panel.assign(hqd=panel["hqd"] + panel["density_lag"])
    assert randomisation(strong, SPEC, draws=199).p()[0] <= 2 / 200


def test_paths_stay_in_their_group_and_among_equal_years(panel: pd.DataFrame) -> None:
    rows = panel[~((panel["unit"] == "C13") & (panel["year"] == 2013))]
    groups = pd.Series({u: "new" if u < "C17" else "old" for u in rows["unit"].unique()})
    paths = density_paths(rows, sorted(groups.index), sorted(rows["year"].unique()), "density_lag")
    assert sorted(exchangeable(paths, groups)) == [["C13"], ["C14", "C15", "C16"], ["C17", "C18", "C19"]]
    with pytest.raises(EstimationError, match="paths cannot be permuted"):
        randomisation(panel[panel["unit"].isin(["C13", "C14"])], SPEC, group_of_unit=pd.Series({"C13": 1, "C14": 2}))


@pytest.mark.parametrize("dropped", [0.05, 0.10])
def test_missing_rows_fix_no_path(dropped: float) -> None:
    """The density table is complete, rows of the regression are not: every path moves and the placebo cloud has centre zero.

    Among units of like rows few could move, and the cloud had its centre at .3 to .8 of the estimate.
    """
    table = index_panel(4, noise=0.01).query("sample == 'all'").reset_index(drop=True)
    rows = table.sample(frac=1 - dropped, random_state=1)
    spec = Specification("ri", ("hqd",), "density_lag", ("size",))
    found = randomisation(rows, spec, density_table=table, draws=499)
    assert found.exchangeable == found.units == 31 and found.p()[0] <= 2 / 500
    centre, error = found.estimates.mean(), found.estimates.std() / np.sqrt(499)
    assert abs(centre) < max(4 * error, 0.1 * found.estimate[0])
    fixed = randomisation(rows, spec, draws=99)  # the rows as their own table
    assert fixed.exchangeable < 0.8 * 31 and np.isnan(fixed.p()).all()
    assert abs(fixed.estimates.mean()) > 0.25 * abs(fixed.estimate[0])


@pytest.mark.parametrize("lags", [0, 1, 3])
def test_kernel_variance_equals_linearmodels(panel: pd.DataFrame, lags: int) -> None:
    from linearmodels.panel import PanelOLS

    effects = [consecutive_codes(pd.factorize(panel[e])[0]) for e in ("unit", "year")]
    sums = cluster_sums(
        panel[["hqd"]].to_numpy(), panel[["density_lag", "size"]].to_numpy(), effects, effects[1], terms=("density_lag", "size"),
        labels=[str(y) for y in sorted(panel["year"].unique())],
    )  # fmt: skip
    indexed = panel.set_index(["unit", "year"])
    model = PanelOLS(indexed["hqd"], indexed[["density_lag", "size"]], entity_effects=True, time_effects=True)
    known = model.fit(cov_type="kernel", kernel="bartlett", bandwidth=lags, debiased=False).std_errors
    n, k = sums.n, 2 + 7 + 6 - 1  # linearmodels counts all effects in its factor
    assert driscoll_kraay(sums, lags=lags)[:, 0] * np.sqrt(n / (n - k + 2)) == pytest.approx(known.to_numpy(), rel=1e-8)
