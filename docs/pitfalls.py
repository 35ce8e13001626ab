"""Every number on the page of pitfalls: the fault as it is commonly written, beside the right formula, on data anyone can remake.

The panel is drawn once from a fixed seed: 31 units, 12 years, from even to very skewed indicators. `figures()` gives each
number as the page prints it; a test holds the pages to it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import skew, spearmanr

from hqd_index.index.competition_rank import competition
from hqd_index.index.dynamics.coupling import classic, corrected_coupling
from hqd_index.methods.weight import critic, entropy
from hqd_index.methods.weight_ahp import consistency
from hqd_index.methods.weight_components import scatter

Array = npt.NDArray[np.float64]

UNITS, YEARS = 31, 12
SIGMAS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
"""Spread of ln x within a year: the larger, the more skewed the indicator."""
GROWTH = 0.05
SEED = 20240101


def panel() -> Array:
    """Raw values (T, U, 6): lognormal, a lasting unit effect, 5% growth a year."""
    random = np.random.default_rng(SEED)
    lasting = random.normal(size=(1, UNITS, len(SIGMAS)))
    passing = random.normal(size=(YEARS, UNITS, len(SIGMAS)))
    logs = np.array(SIGMAS) * (0.8 * lasting + 0.6 * passing)
    return np.exp(logs + GROWTH * np.arange(YEARS)[:, None, None])


def scaled(values: Array) -> Array:
    """Min-max over the rows (axis -2)."""
    low, high = values.min(axis=-2, keepdims=True), values.max(axis=-2, keepdims=True)
    return (values - low) / (high - low)


def pooled() -> Array:
    """The panel as 372 rows, min-max over all years."""
    return scaled(panel().reshape(UNITS * YEARS, -1))


def shannon(shares: Array) -> Array:
    """-sum p ln p by column, 0 ln 0 = 0."""
    logs = np.log(np.where(shares > 0, shares, 1.0))
    return -(shares * logs).sum(axis=0)


def weights_of(entropies: Array) -> Array:
    return (1 - entropies) / (1 - entropies).sum()


def span(values: Array, digits: int = 3) -> str:
    """Least and greatest value as [a, b], with a true minus sign."""
    return f"[{values.min():.{digits}f}, {values.max():.{digits}f}]".replace("-", "−")


def ranks(z: Array, weights: Array) -> Array:
    """Competition ranks of the last year's units."""
    return competition(100 * (z @ weights).reshape(YEARS, UNITS)[-1])


def years_instead_of_cells() -> dict[str, str]:
    """k = 1 / ln T while the sum runs over all n T rows."""
    z = pooled()
    h = shannon(z / z.sum(axis=0))
    right_weights, wrong_weights = weights_of(h / np.log(len(z))), weights_of(h / np.log(YEARS))
    return {
        "skewness of the six indicators": span(skew(z), 1),
        "e with ln T": span(h / np.log(YEARS), 2),
        "d with ln T": span(1 - h / np.log(YEARS), 2),
        "weights with ln T": span(wrong_weights),
        "weights with ln nT": span(right_weights),
        "rank correlation of the two": f"{spearmanr(right_weights, wrong_weights).statistic:.0f}".replace("-", "−"),
        "share of the most skewed, wrong": f"{wrong_weights[skew(z).argmax()]:.3f}",
        "share of the most skewed, right": f"{right_weights[skew(z).argmax()]:.3f}",
        "units that change rank": f"{(ranks(z, right_weights) != ranks(z, wrong_weights)).sum()}",
    }


def log_of_zero() -> dict[str, str]:
    """p ln p with p = 0 is NaN in floating point; min-max makes a zero in every column."""
    z = pooled()
    shares = z / z.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        naive = -(shares * np.log(shares)).sum(axis=0)
    return {"columns lost to ln 0": f"{np.isnan(naive).sum()}"}


def shifts() -> dict[str, str]:
    """z + c before the shares are taken, against no shift."""
    z = pooled()
    right_weights = entropy(z)[0]
    figures: dict[str, str] = {}
    for c in (0.0001, 0.001, 0.01, 0.1, 1.0):
        shifted = z + c
        w = weights_of(shannon(shifted / shifted.sum(axis=0)) / np.log(len(z)))
        figures |= {
            f"shift {c:g}: largest change": f"{np.abs(w - right_weights).max():.4f}",
            f"shift {c:g}: units that change rank": f"{(ranks(z, w) != ranks(z, right_weights)).sum()}",
        }
    return figures


def raw_shares() -> dict[str, str]:
    """Entropy on shares of raw values: a column moved by 1,000, one of mixed sign with abs(), one missing cell."""
    rows = np.random.default_rng(SEED).uniform(50, 100, size=(50, 4))
    shifted, mixed, gap = rows.copy(), rows.copy(), rows.copy()
    shifted[:, 0] += 1000
    mixed[:, 0] = np.random.default_rng(SEED + 1).normal(1, 5, size=50)
    gap[7, 0] = np.nan
    weights = [weights_of(shannon(np.abs(x / x.sum(axis=0))) / np.log(len(x))) for x in (rows, shifted, mixed, gap)]
    return {
        "raw shares: weight": f"{weights[0][0]:.3f}",
        "raw shares: weight after + 1,000": f"{weights[1][0]:.3f}",
        "raw shares: weights with mixed signs": span(weights[2]),
        "raw shares: weights lost to one gap": f"{np.isnan(weights[3]).sum()}",
        "min-max: weights lost to one gap": f"{np.isnan(entropy(gap)[0]).sum()}",
    }


def running_sum() -> dict[str, str]:
    """Shares by a running sum instead of the total: they no longer sum to 1."""
    z = pooled()[:, 0]
    with np.errstate(invalid="ignore"):
        shares = z / np.cumsum(z)
    return {"sum of shares by a running sum": f"{np.nansum(shares):.2f}"}


def outliers() -> dict[str, str]:
    """One value of a million among 50 rows, and an outlier of 8 standard deviations among 372."""
    random = np.random.default_rng(SEED)
    rows = random.uniform(50, 100, size=(50, 4))
    entropy_before = entropy(scaled(rows))[0, 0]
    rows[7, 0] = 1e6
    z = np.random.default_rng(SEED).normal(size=(UNITS * YEARS, 24))
    plain = entropy(scaled(z))[0, 0]
    z[7, 0] = 8.0
    return {
        "one of four before the slip": f"{entropy_before:.3f}",
        "one of four after the slip": f"{entropy(scaled(rows))[0, 0]:.3f}",
        "one of 24 before an 8-sd outlier": f"{plain:.4f}",
        "one of 24 with an 8-sd outlier": f"{entropy(scaled(z))[0, 0]:.4f}",
    }


def skewed_indicators() -> dict[str, str]:
    """24 indicators, 6 of them lognormal; and one of these coded as bad instead of good."""
    random = np.random.default_rng(SEED)
    values = random.normal(size=(UNITS * YEARS, 24))
    values[:, :6] = np.exp(1.2 * values[:, :6])
    z = scaled(values)
    w = entropy(z)[0]
    turned = z.copy()
    turned[:, 0] = 1 - turned[:, 0]
    return {
        "weight of the six skewed of 24": f"{100 * w[:6].sum():.0f}%",
        "a skewed indicator as good": f"{w[0]:.4f}",
        "the same as bad": f"{entropy(turned)[0, 0]:.4f}",
    }


def yearly_bounds() -> dict[str, str]:
    """Min-max year by year against min-max over all years: the mean of the first and the last year."""
    raw = panel()
    equal = np.full(raw.shape[-1], 1 / raw.shape[-1])
    over_all = (pooled() @ equal).reshape(YEARS, UNITS).mean(axis=1)
    by_year = (scaled(raw) @ equal).mean(axis=1)
    return {
        "all years: first": f"{over_all[0]:.3f}",
        "all years: last": f"{over_all[-1]:.3f}",
        "each year: first": f"{by_year[0]:.3f}",
        "each year: last": f"{by_year[-1]:.3f}",
    }


def history_revised() -> dict[str, str]:
    """Three years appended to nine: how far published scores of the nine move under bounds over all years."""
    raw = panel()
    early = scaled(raw[:9].reshape(9 * UNITS, -1)).mean(axis=-1)
    rescored = scaled(raw.reshape(YEARS * UNITS, -1)).mean(axis=-1)[: 9 * UNITS]
    return {
        "mean revision of published scores": f"{np.abs(rescored - early).mean():.3f}",
        "mean published score": f"{early.mean():.3f}",
    }


def rounded_ranks() -> dict[str, str]:
    """Share of 2,000 rankings of 31 scores (mean 50, sd 10) that rounding to one decimal changes."""
    scores = np.random.default_rng(SEED).normal(50, 10, size=(2000, UNITS))
    changed_ranks = (competition(scores) != competition(np.round(scores, 1))).any(axis=1).mean()
    return {"rankings altered by rounding first": f"{100 * changed_ranks:.0f}%"}


def coupling_forms() -> dict[str, str]:
    """The classic degree where both are low, and forms in circulation for U = .3, .6."""
    low, distant = np.array([0.01, 0.01]), np.array([0.3, 0.6])
    u1, u2 = distant
    return {
        "classic C at .01, .01": f"{classic(low).coupling:.3f}",
        "classic C at .3, .6": f"{classic(distant).coupling:.3f}",
        "without the factor 2": f"{np.sqrt(u1 * u2) / (u1 + u2):.3f}",
        "squared": f"{4 * u1 * u2 / (u1 + u2) ** 2:.3f}",
        "corrected C at .3, .6": f"{corrected_coupling(distant).coupling:.3f}",
        "corrected, ratio outside the product": f"{np.sqrt((1 - (u2 - u1)) * u1 * u2 / u2):.3f}",
    }


def log_of_one_plus() -> dict[str, str]:
    """From 10 to 20 firms, counted in firms and in hundreds of firms: ln(1 + n) and asinh(n)."""
    return {
        "ln(1+n), firms": f"{np.log1p(20) - np.log1p(10):.3f}",
        "ln(1+n), hundreds": f"{np.log1p(0.2) - np.log1p(0.1):.3f}",
        "asinh, firms": f"{np.arcsinh(20) - np.arcsinh(10):.3f}",
        "asinh, hundreds": f"{np.arcsinh(0.2) - np.arcsinh(0.1):.3f}",
    }


def constant_column() -> dict[str, str]:
    """CRITIC with a constant column, by the formula as written and by ours."""
    z = pooled()[:, :4].copy()
    z[:, 3] = 0.5
    with np.errstate(invalid="ignore", divide="ignore"):
        merits = z.std(axis=0) * (1 - np.corrcoef(z.T)).sum(axis=0)
        naive = merits / merits.sum()
    critic_weights = critic(z)[0]
    return {
        "CRITIC weights lost to one constant column": f"{np.isnan(naive).sum()}",
        "its weight here": f"{critic_weights[3]:.0f}",
        "the others here": span(critic_weights[:3]),
    }


def smallest_eigenvector() -> dict[str, str]:
    """Solvers list eigenvalues upwards: the first vector belongs to the smallest, not to the largest."""
    raw = panel().reshape(UNITS * YEARS, -1)
    z = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    values, vectors = np.linalg.eigh(z.T @ z)
    share = values / values.sum()
    return {
        "spread kept by the first vector": f"{100 * share[0]:.0f}%",
        "spread kept by the largest": f"{100 * share[-1]:.0f}%",
        "negative weights in the first vector": f"{min((vectors[:, 0] < 0).sum(), (vectors[:, 0] > 0).sum())}",
        "smallest weight as solved here": f"{scatter(z)[0].min():.3f}",
    }


def random_index() -> dict[str, str]:
    """The consistency ratio of one 3 x 3 matrix under two tables of the random index."""
    ahp_consistency = consistency(np.array([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]))
    return {"CR with 0.58": f"{ahp_consistency.index / 0.58:.4f}", "CR with 0.49": f"{ahp_consistency.index / 0.49:.4f}"}


def nested_effects() -> dict[str, str]:
    """CV1 standard errors when nested unit effects are counted as parameters, against when they are not (31 x 12, 2 slopes)."""
    rows, slopes = UNITS * YEARS, 2
    nested, all_effects = slopes + YEARS, slopes + YEARS + UNITS - 1
    ratio = np.sqrt((rows - nested) / (rows - all_effects))
    return {"K, nested": f"{nested}", "K, counted": f"{all_effects}", "wider by": f"{100 * (ratio - 1):.1f}%"}


def figures() -> dict[str, str]:
    """Every number of the page by what it says."""
    parts = (
        years_instead_of_cells, log_of_zero, shifts, raw_shares, running_sum, outliers, skewed_indicators, yearly_bounds,
        history_revised, rounded_ranks, coupling_forms, log_of_one_plus, constant_column, smallest_eigenvector,
        random_index, nested_effects,
    )  # fmt: skip
    return {name: text for part in parts for name, text in part().items()}


if __name__ == "__main__":
    for name, text in figures().items():
        print(f"{name}: {text}")
