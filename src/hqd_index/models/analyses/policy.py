"""Item G of the contribution menu: what more recognitions would move, where, if the estimate were the whole story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import Density
from ..contribution_items import TOTAL, ContributionItem, contribution_rows
from ..headline import Headline
from ..kernels.slx import Spillover, link_weights
from ..kernels.specification import Estimate
from ..model_rows import Mend, Rows, merged_rows

POLICY_MEND: Mend = (
    "以企业数计密度(measure: count)并提供 HS6 双边贸易数据(trade_hs6)",
    "let the density count firms (measure: count) and give bilateral trade by HS6 (trade_hs6)",
)
RECOGNITIONS = 100
EVERY_UNIT = "; every unit holds a chokepoint product: no narrower than plus_sd"
TURNED = "; negative once links are counted: they outweigh a positive own effect"
DENSITY_BASE_FIRMS = 1_000  # density counts recognised firms per 1,000 firms


@dataclass(frozen=True)
class Baseline:
    """Firms and density by unit in the last year, units that hold a chokepoint product, and the largest density seen."""

    firms: pd.Series
    density: pd.Series
    chokepoint_units: tuple[str, ...]
    year: int
    max_density: float


def chokepoint_units(chokepoints: pd.DataFrame, units: set[str]) -> tuple[str, ...]:
    """Units of the study with a product judged a chokepoint in the last year that has a verdict."""
    assessed_goods = chokepoints.dropna(subset=["chokepoint"])
    if assessed_goods.empty:
        return ()
    latest_chokepoints = assessed_goods[
        (assessed_goods["year"] == assessed_goods["year"].max()) & (assessed_goods["chokepoint"].astype(float) == 1)
    ]
    codes = {
        industry_code
        for industry_list in latest_chokepoints["industries"].dropna()
        for industry_code in str(industry_list).split("+")
    }
    return tuple(sorted(codes & units))


def baseline(density: pd.DataFrame, chokepoints: pd.DataFrame, units: set[str], counting: Density) -> Baseline:
    """Where the simulation starts. EstimationError when density does not count firms, or no unit holds a chokepoint.

    `density` (unit, year, n_firms, density) is the table of the study, `units` those of the estimation sample.
    """
    if counting.measure != "count" or "n_firms" not in density:
        raise EstimationError(
            "policy simulation (G): the density does not count firms, so that a recognition has no fixed effect on it",
            zh="政策模拟(G):密度不以企业数计,一次认定对密度没有固定的影响",
        )
    year = int(density["year"].max())
    latest_density = density[(density["year"] == year) & density["unit"].isin(units)].set_index("unit").sort_index()
    units_with_chokepoints = chokepoint_units(chokepoints, units & set(latest_density.index))
    if not units_with_chokepoints:
        raise EstimationError(
            "policy simulation (G): no unit of the study holds a chokepoint product", zh="政策模拟(G):本研究没有单位含卡脖子产品"
        )
    return Baseline(
        latest_density["n_firms"].astype(float),
        latest_density["density"].astype(float),
        units_with_chokepoints,
        year,
        float(density["density"].max()),
    )


def policy_items(estimate: Estimate, baseline: Baseline, outcome: str, *, level: float) -> list[ContributionItem]:
    """Own effects: +1 within SD of density in the chokepoint units, and 100 recognitions there and in each unit in turn.

    Effects are those on the mean index of all units, beta x the mean rise of density; intervals are beta's, by inversion of
    the bootstrap test.
    """
    j = estimate.outcome_index(outcome)
    betas = (float(estimate.coefficient[0, j]), *estimate.bootstrap.interval(j, level))
    contribution_items = []
    for unit, quantity, density_rise in _density_rises(baseline, float(estimate.sums.sd_terms[0])):
        effects_on_units = [b * density_rise.mean() for b in betas]
        contribution_items.append(_policy_item(baseline, unit, quantity, effects_on_units, density_rise))
    sd = float(estimate.sums.sd_terms[0])
    remark = EVERY_UNIT if len(baseline.chokepoint_units) == len(baseline.firms) else ""
    contribution_items.append(
        _policy_item(baseline, TOTAL, "plus_sd_chokepoint_units", [b * sd for b in betas], _sd(baseline, sd), remark=remark)
    )
    required_firms = float((_sd(baseline, sd) * baseline.firms).sum() / DENSITY_BASE_FIRMS)
    contribution_items.append(
        ContributionItem("G", TOTAL, None, baseline.year, "plus_sd_recognitions", required_firms, np.nan, np.nan, "firms")
    )
    return contribution_items


def linked_policy_items(
    spillover: Spillover, baseline: Baseline, io_links: pd.DataFrame, outcome: str, *, width: float
) -> Iterator[ContributionItem]:
    """The same effects on the mean index, with what reaches suppliers and customers; CV3 intervals (`width` x SE)."""
    estimate = spillover.estimate
    units, link_matrix = link_weights(io_links, baseline.firms.index)
    count, positions = len(baseline.firms), baseline.firms.index.get_indexer(pd.Index(units))
    for unit, quantity, density_rise in _density_rises(baseline, float(estimate.sums.sd_terms[0])):
        linked_rises = {
            link_name: float((density_rise.to_numpy()[positions] @ w).sum()) / count for link_name, w in link_matrix.items()
        }
        linked_rises[estimate.spec.density] = float(density_rise.mean())
        weights = {
            spillover.term(link_name): mean_rise for link_name, mean_rise in linked_rises.items() if link_name in estimate.terms
        }
        effect, error = estimate.combination(weights, estimate.outcome_index(outcome))
        own_effect = float(estimate.coefficient[0, estimate.outcome_index(outcome)]) * linked_rises[estimate.spec.density]
        effect_and_interval = [effect, effect - width * error, effect + width * error]
        remark = TURNED if own_effect > 0 > effect else ""
        yield _policy_item(baseline, unit, f"{quantity}_with_links", effect_and_interval, density_rise, remark=remark)


def _sd(baseline: Baseline, sd: float) -> pd.Series:
    return pd.Series(np.where(baseline.firms.index.isin(baseline.chokepoint_units), sd, 0.0), index=baseline.firms.index)


def _density_rises(baseline: Baseline, sd: float) -> Iterator[tuple[str, str, pd.Series]]:
    """Unit, quantity, and the rise of density by unit that it supposes."""
    yield TOTAL, "plus_sd", _sd(baseline, sd)
    has_chokepoint = baseline.firms.index.isin(baseline.chokepoint_units)
    yield (
        TOTAL,
        "per_100",
        pd.Series(
            has_chokepoint * DENSITY_BASE_FIRMS * RECOGNITIONS / baseline.firms[has_chokepoint].sum(), index=baseline.firms.index
        ),
    )
    for unit, firms in baseline.firms.items():
        yield (
            str(unit),
            "per_100",
            pd.Series((baseline.firms.index == unit) * DENSITY_BASE_FIRMS * RECOGNITIONS / firms, index=baseline.firms.index),
        )


def _policy_item(
    baseline: Baseline, unit: str, quantity: str, estimate_and_interval: list[float], density_rise: pd.Series, *, remark: str = ""
) -> ContributionItem:
    low, high = sorted(estimate_and_interval[1:])
    highest_density = float((baseline.density + density_rise)[density_rise > 0].max())
    out_of_range_note = "; beyond the densities observed" if highest_density > baseline.max_density else ""
    return ContributionItem(
        "G",
        unit,
        None,
        baseline.year,
        quantity,
        estimate_and_interval[0],
        low,
        high,
        f"score/100, linear{out_of_range_note}{remark}",
    )


def policy_baseline(headline: Headline) -> Baseline:
    """Where the simulation of this study starts. EstimationError when firms or chokepoints are not known."""
    density = headline.inputs.density
    if density.empty:
        raise EstimationError("policy simulation (G): no number of firms by unit", zh="政策模拟(G):没有各单位的企业数")
    units = {str(unit) for unit in headline.rows["unit"].unique()}
    return baseline(density, headline.inputs.chokepoints, units, headline.density)


def policy(headline: Headline) -> Rows:
    """Item G: what more recognitions would move, own effects alone."""
    baseline = policy_baseline(headline)
    observations = []
    for sample in headline.sample.samples:
        policy_rows = policy_items(headline.estimate, baseline, headline.sample.root_column(sample), level=headline.level)
        observations.append({"contribution": contribution_rows(policy_rows, headline.id, sample)})
    return merged_rows(observations)
