"""Items A and B of the contribution menu: density's part in the change of the index, and the path without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import ContributionChoice
from ..contribution_items import TOTAL, ContributionItem, Window, changes, contribution_rows
from ..estimation_sample import SPLITTABLE
from ..headline import Headline
from ..kernels.specification import Estimate
from ..kernels.within import Array
from ..model_rows import Rows, merged_rows

FULL_AND_SPLIT_SAMPLES = ("all", "leave_out", "composition")
POINTS = 100  # scores are 100 times the outcomes of the regressions


def accounting_items(
    estimate: Estimate, observations: pd.DataFrame, outcome: str, years: Window, choice: ContributionChoice, *, level: float
) -> list[ContributionItem]:
    """Item A: C = beta x change in density / change in outcome by unit and in total; interval: beta's bootstrap interval.

    The changes are those observed, so the interval is that of beta, by inversion of the wild bootstrap test, times their
    ratio. Where the outcome moves by less than `min_change` the share is not shown.
    """
    j = estimate.outcome_index(outcome)
    betas = (float(estimate.coefficient[0, j]), *estimate.bootstrap.interval(j, level))
    contribution_items: list[ContributionItem] = []
    for unit, unit_changes in changes(observations, outcome, estimate.spec.density, years).iterrows():
        x, y = float(unit_changes["density"]), float(unit_changes["index"])
        is_small = abs(y) < choice.min_change
        ratio = np.nan if is_small else x / y
        note = f"share of change; not shown, |change| < {choice.min_change:g}" if is_small else "share of change"
        contribution_items += [
            _contribution_item("A", unit, years, "density_change", (x, np.nan, np.nan), "density"),
            _contribution_item("A", unit, years, "index_change", (y, np.nan, np.nan), "score/100"),
            _contribution_item("A", unit, years, "explained_change", tuple(b * x for b in betas), "score/100"),
            _contribution_item("A", unit, years, "share", tuple(b * ratio for b in betas), note),
        ]
    return contribution_items


def _contribution_item(
    item_letter: str, unit: object, years: Window, quantity: str, estimate_and_interval: tuple[float, ...], measure: str
) -> ContributionItem:
    value, low, high = estimate_and_interval
    low, high = (high, low) if low > high else (low, high)
    return ContributionItem(item_letter, str(unit), years.first, years.last_year, quantity, value, low, high, measure)


def counterfactual_items(
    estimate: Estimate, observations: pd.DataFrame, outcome: str, years: Window, *, level: float
) -> list[ContributionItem]:
    """Item B: y - beta (x - x in the first year), by unit and as the mean over units, with the band of beta."""
    j, density = estimate.outcome_index(outcome), estimate.spec.density
    low, high = estimate.bootstrap.interval(j, level)
    frame = observations[["unit", "year", density, outcome]].astype({density: float, outcome: float})
    base = frame[frame["year"] == years.first].set_index("unit")[density]
    frame = frame[frame["unit"].isin(base.index) & frame["year"].between(years.first, years.last_year)]
    frame = frame.assign(rise=frame[density] - frame["unit"].map(base))
    is_complete_unit = frame.groupby("unit")["year"].transform("size") == frame["year"].nunique()
    mean = frame[is_complete_unit].groupby("year", as_index=False)[["rise", outcome]].mean().assign(unit=TOTAL)
    paths = pd.concat([frame[["unit", "year", "rise", outcome]], mean[["unit", "year", "rise", outcome]]])
    return list(_paths(paths, outcome, years, (float(estimate.coefficient[0, j]), low, high)))


def _paths(
    counterfactuals: pd.DataFrame, outcome: str, years: Window, betas: tuple[float, float, float]
) -> Iterator[ContributionItem]:
    for unit, year, index_rise, y in counterfactuals[["unit", "year", "rise", outcome]].itertuples(index=False):
        window_to_year = Window(years.first, int(year))
        yield _contribution_item("B", unit, window_to_year, "actual", (float(y), np.nan, np.nan), "score/100")
        path = tuple(float(y) - (b * float(index_rise) if index_rise else 0.0) for b in betas)
        yield _contribution_item("B", unit, window_to_year, "counterfactual", path, "score/100")


def effect_items(estimate: Estimate, node: str, samples: tuple[str, ...]) -> list[ContributionItem]:
    """Coefficient on all firms, on those never recognised (spillover) and their difference (composition): exact, same rows.

    Each with the CV3 interval of the regressions, per unit of density, and in points of the score per SD of density: parts
    add up in points, while `estimate_sd` of hypotheses measures each outcome in its own SD.
    """
    names = {"all": "effect", "leave_out": "effect_spillover", "composition": "effect_composition"}
    points_per_sd = POINTS * float(estimate.sums.sd_terms[0])
    contribution_items = []
    for sample in samples:
        j = estimate.outcome_index(f"{sample}:{node}")
        quantity = names[sample] if node != SPLITTABLE else f"splittable_{names[sample]}"
        value = float(np.nan_to_num(estimate.coefficient[0, j]))
        effect = np.array([value, float(estimate.low[0, j]), float(estimate.high[0, j])])
        contribution_items.append(_effect_item(quantity, effect, "score/100 per unit of density"))
        contribution_items.append(
            _effect_item(f"{quantity}_points", points_per_sd * effect, "points of the score per SD of density")
        )
    return contribution_items


def _effect_item(quantity: str, effect: Array, measure: str) -> ContributionItem:
    value, low, high = (float(number) for number in effect)
    return ContributionItem("A", TOTAL, None, None, quantity, value, low, high, measure=measure)


def share_items(
    estimate: Estimate, observations: pd.DataFrame, node: str, years: Window, choice: ContributionChoice, *, level: float
) -> list[ContributionItem]:
    """Composition and spillover as shares of the all-firms change: they add up to the total share."""
    x, y = changes(observations, f"all:{node}", estimate.spec.density, years).loc[TOTAL].to_numpy(dtype=float)
    if abs(y) < choice.min_change:
        return []
    ratio = x / y
    contribution_items = []
    for sample, name in (("leave_out", "share_spillover"), ("composition", "share_composition")):
        j = estimate.outcome_index(f"{sample}:{node}")
        betas = (float(np.nan_to_num(estimate.coefficient[0, j])), *estimate.bootstrap.interval(j, level))
        contribution_items.append(_contribution_item("A", TOTAL, years, name, tuple(b * ratio for b in betas), "share of change"))
    return contribution_items


def accounting(headline: Headline) -> Rows:
    """Items A and B of every sample. EstimationError when the sample has one year only."""
    if headline.years is None:
        raise EstimationError("the sample has one year only", zh="样本只有一年")
    estimate, years, choice = headline.estimate, headline.years, headline.study.regressions.contribution
    observations = []
    for sample in headline.sample.samples:
        root_column = headline.sample.root_column(sample)
        rows_of_accounting = accounting_items(estimate, headline.rows, root_column, years, choice, level=headline.level)
        rows_of_accounting += counterfactual_items(estimate, headline.rows, root_column, years, level=headline.level)
        observations.append(_contribution_rows(headline, sample, rows_of_accounting))
    return merged_rows(observations)


def effects(headline: Headline) -> Rows:
    """Effect on all firms, composition and spillover: of the splittable part always, of the root when half of it can be split."""
    estimate, sample, level = headline.estimate, headline.sample, headline.level
    root, choice = sample.tree.root, headline.study.regressions.contribution
    is_splittable = len(sample.samples) > 1 and sample.mostly_firms(root)
    contribution_items = effect_items(estimate, root, FULL_AND_SPLIT_SAMPLES if is_splittable else ("all",))
    if SPLITTABLE in sample.reported_nodes:
        contribution_items += effect_items(estimate, SPLITTABLE, FULL_AND_SPLIT_SAMPLES)
    if is_splittable and headline.years:
        contribution_items += share_items(estimate, headline.rows, root, headline.years, choice, level=level)
    return _contribution_rows(headline, "all", contribution_items) if "all" in sample.samples else {}


def _contribution_rows(headline: Headline, sample: str, contribution_items: Sequence[ContributionItem]) -> Rows:
    return {"contribution": list(contribution_rows(contribution_items, headline.id, sample))}
