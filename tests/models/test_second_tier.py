"""Omitted-variable bounds, Goodman-Bacon weights, Sun-Abraham and switchers: identities, published figures, simulated truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hqd_index.demo.fixtures import panel_d
from hqd_index.errors import EstimationError
from hqd_index.models.analyses.omitted_variables import moments, oster_delta, robustness_value
from hqd_index.models.firms.bacon import goodman_bacon, sun_abraham
from hqd_index.models.firms.event_study import twfe
from hqd_index.models.firms.group_time import callaway_santanna
from hqd_index.models.firms.switchers import switching_effect

EXACT = 1e-9  # identities of least squares
PUBLISHED = 1e-6  # t is published to five decimals, which moves the value by 2e-7


@pytest.fixture(scope="module")
def mpdta(shared: Path) -> pd.DataFrame:
    data = pd.read_csv(shared / "data/did_mpdta/mpdta.csv")
    first = data["first.treat"].where(data["first.treat"] > 0)
    return data.assign(unit=data["countyreal"], first=first)[["unit", "year", "first", "lemp"]]


def test_oster_delta_is_the_selection_that_generated_the_data() -> None:
    """With the unobserved variable known, cov(w2, x)/var(w2) over cov(w1, x)/var(w1) of the full regression's indices."""
    rng = np.random.default_rng(0)
    w1, w2, e, u = rng.normal(size=(4, 500))
    w1, w2 = w1 - w1.mean(), w2 - w2.mean()
    w2 = w2 - w1 * (w1 @ w2) / (w1 @ w1)  # orthogonal, as the theory has it
    x = 0.5 * w1 + 0.7 * w2 + e
    x = x - x.mean()
    y = 0.8 * x + w1 + 0.6 * w2 + u
    y = y - y.mean()
    b, g1, g2 = np.linalg.lstsq(np.column_stack([x, w1, w2]), y, rcond=None)[0]
    fit = b * x + g1 * w1 + g2 * w2
    ratio = [(g * w) @ x / ((g * w) @ (g * w)) for g, w in ((g1, w1), (g2, w2))]
    delta = oster_delta(moments(x, y, w1[:, None]), r2_max=float(fit @ fit / (y @ y)), beta=b)
    assert delta == pytest.approx(ratio[1] / ratio[0], rel=EXACT)


def test_robustness_value_is_the_published_one() -> None:
    """Cinelli & Hazlett 2020, section 5 (Darfur, 783 degrees of freedom), in the digits of the R package sensemakr."""
    critical = float(stats.t.ppf(0.975, 782))
    assert robustness_value(4.18445, 783) == pytest.approx(0.1387764, abs=PUBLISHED)
    assert robustness_value(4.18445, 783, critical_t=critical) == pytest.approx(0.07625797, abs=PUBLISHED)


def test_weights_sum_to_one_and_give_the_static_coefficient(mpdta: pd.DataFrame) -> None:
    for data, outcome in ((mpdta[mpdta["first"] != 2004], "lemp"), (panel_d(3).data, "y")):
        data = data[~(data["first"] <= data["year"].min())]
        found = goodman_bacon(data, outcome)
        assert found.pairs["weight"].sum() == pytest.approx(1.0, abs=EXACT) and (found.pairs["weight"] > 0).all()
        assert found.coefficient == pytest.approx(twfe(data, outcome).overall, rel=EXACT)
        assert found.totals_by_comparison()["weight"].sum() == pytest.approx(1.0, abs=EXACT)
    with pytest.raises(EstimationError, match=r"one cohort \(2006\) and no unit never treated"):
        goodman_bacon(mpdta[mpdta["first"] == 2006], "lemp")


def test_sun_abraham_equals_group_time_effects_on_a_balanced_panel(mpdta: pd.DataFrame) -> None:
    """With never-treated controls its cohort effects after treatment are those of Callaway and Sant'Anna (published)."""
    found, other = sun_abraham(mpdta, "lemp"), callaway_santanna(mpdta, "lemp", controls="never")
    for t in (0, 1, 2, 3):
        j, k = found.time.index(t), other.time.index(t)
        assert found.estimate[j] == pytest.approx(other.estimate[k], abs=EXACT)
        assert found.se[j] == pytest.approx(other.se[k], rel=0.1)  # theirs has no small-sample factor and estimates shares
    with pytest.raises(EstimationError, match="never treated"):
        sun_abraham(mpdta[mpdta["first"].notna()], "lemp")


def test_switchers_recover_the_effect_of_valid_status() -> None:
    """DGP-D with exits: .5 for those who begin, 4 x .5 for those whose review fails in year 3 (it would have grown to that)."""
    gaps = []
    for seed in range(12):
        data = panel_d(seed).data
        found = switching_effect(data, "y")
        status = data.pivot(index="unit", columns="year", values="valid").astype(int).diff(axis=1)
        begun, ended = int((status == 1).sum().sum()), int((status == -1).sum().sum())
        assert found.switchers == begun + ended
        gaps.append((found.estimate - (0.5 * begun + 2.0 * ended) / (begun + ended)) / found.se)
    assert np.abs(gaps).max() < 3.5 and abs(np.mean(gaps)) < 3 / np.sqrt(12)
    assert 0.6 < np.std(gaps) < 1.5  # the standard error is of the right size
    with pytest.raises(EstimationError, match="nobody changes"):
        switching_effect(panel_d(1).data.assign(valid=0), "y")
