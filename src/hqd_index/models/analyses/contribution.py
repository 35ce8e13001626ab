"""Items A and B of the contribution menu: density's part in the change of the index, and the path without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import ContributionChoice
from ..contribution_items import TOTAL, Item, Window, changes, contribution_rows
from ..estimation_sample import SPLITTABLE
from ..headline import Headline
from ..kernels.specification import Estimate
from ..model_rows import Rows, merged

ALL_AND_PARTS = ("all", "leave_out", "composition")


def accounting_items(
    estimate: Estimate, rows: pd.DataFrame, outcome: str, years: Window, choice: ContributionChoice, *, level: float
) -> list[Item]:
    """Item A: C = beta x change in density / change in outcome by unit and in total; interval: beta's bootstrap interval.

    The changes are those observed, so the interval is that of beta, by inversion of the wild bootstrap test, times their
    ratio. Where the outcome moves by less than `min_change` the share is not shown.
    """
    j = estimate.at(outcome)
    betas = (float(estimate.coefficient[0, j]), *estimate.bootstrap.interval(j, level))
    items: list[Item] = []
    for unit, change in changes(rows, outcome, estimate.spec.density, years).iterrows():
        x, y = float(change["density"]), float(change["index"])
        small = abs(y) < choice.min_change
        ratio = np.nan if small else x / y
        note = f"share of change; not shown, |change| < {choice.min_change:g}" if small else "share of change"
        items += [
            _item("A", unit, years, "density_change", (x, np.nan, np.nan), "density"),
            _item("A", unit, years, "index_change", (y, np.nan, np.nan), "score/100"),
            _item("A", unit, years, "explained_change", tuple(b * x for b in betas), "score/100"),
            _item("A", unit, years, "share", tuple(b * ratio for b in betas), note),
        ]
    return items


def _item(item: str, unit: object, years: Window, quantity: str, values: tuple[float, ...], measure: str) -> Item:
    value, low, high = values
    low, high = (high, low) if low > high else (low, high)
    return Item(item, str(unit), years.first, years.last, quantity, value, low, high, measure)


def counterfactual_items(estimate: Estimate, rows: pd.DataFrame, outcome: str, years: Window, *, level: float) -> list[Item]:
    """Item B: y - beta (x - x in the first year), by unit and as the mean over units, with the band of beta."""
    j, density = estimate.at(outcome), estimate.spec.density
    low, high = estimate.bootstrap.interval(j, level)
    frame = rows[["unit", "year", density, outcome]].astype({density: float, outcome: float})
    base = frame[frame["year"] == years.first].set_index("unit")[density]
    frame = frame[frame["unit"].isin(base.index) & frame["year"].between(years.first, years.last)]
    frame = frame.assign(rise=frame[density] - frame["unit"].map(base))
    complete = frame.groupby("unit")["year"].transform("size") == frame["year"].nunique()
    mean = frame[complete].groupby("year", as_index=False)[["rise", outcome]].mean().assign(unit=TOTAL)
    paths = pd.concat([frame[["unit", "year", "rise", outcome]], mean[["unit", "year", "rise", outcome]]])
    return list(_paths(paths, outcome, years, (float(estimate.coefficient[0, j]), low, high)))


def _paths(frame: pd.DataFrame, outcome: str, years: Window, betas: tuple[float, float, float]) -> Iterator[Item]:
    for unit, year, rise, y in frame[["unit", "year", "rise", outcome]].itertuples(index=False):
        until = Window(years.first, int(year))
        yield _item("B", unit, until, "actual", (float(y), np.nan, np.nan), "score/100")
        path = tuple(float(y) - (b * float(rise) if rise else 0.0) for b in betas)
        yield _item("B", unit, until, "counterfactual", path, "score/100")


def effect_items(estimate: Estimate, node: str, samples: tuple[str, ...], *, level: float) -> list[Item]:
    """Coefficient on all firms, on those never recognised (spillover) and their difference (composition): exact, same rows."""
    names = {"all": "effect", "leave_out": "effect_spillover", "composition": "effect_composition"}
    items = []
    for sample in samples:
        j = estimate.at(f"{sample}:{node}")
        scale = float(estimate.sums.sd_terms[0] / estimate.sums.sd_outcomes[estimate.at(f"all:{node}")])
        ends = estimate.bootstrap.interval(j, level)
        quantity = names[sample] if node != SPLITTABLE else f"splittable_{names[sample]}"
        b = float(np.nan_to_num(estimate.coefficient[0, j]))
        items.append(_effect(quantity, (b, *ends), "score/100 per unit of density"))
        sds = (scale * b, scale * ends[0], scale * ends[1])
        items.append(_effect(f"{quantity}_sd", sds, "SD of the all-firms index per SD of density"))
    return items


def _effect(quantity: str, values: tuple[float, float, float], measure: str) -> Item:
    return Item("A", TOTAL, None, None, quantity, *values, measure=measure)


def share_items(
    estimate: Estimate, rows: pd.DataFrame, node: str, years: Window, choice: ContributionChoice, *, level: float
) -> list[Item]:
    """Composition and spillover as shares of the all-firms change: they add up to the total share."""
    x, y = changes(rows, f"all:{node}", estimate.spec.density, years).loc[TOTAL].to_numpy(dtype=float)
    if abs(y) < choice.min_change:
        return []
    ratio = x / y
    items = []
    for sample, name in (("leave_out", "share_spillover"), ("composition", "share_composition")):
        j = estimate.at(f"{sample}:{node}")
        betas = (float(np.nan_to_num(estimate.coefficient[0, j])), *estimate.bootstrap.interval(j, level))
        items.append(_item("A", TOTAL, years, name, tuple(b * ratio for b in betas), "share of change"))
    return items


def accounting(headline: Headline) -> Rows:
    """Items A and B of every sample. EstimationError when the sample has one year only."""
    if headline.years is None:
        raise EstimationError("the sample has one year only", zh="样本只有一年")
    estimate, years, choice = headline.estimate, headline.years, headline.study.regressions.contribution
    rows = []
    for sample in headline.sample.samples:
        root = headline.sample.root_column(sample)
        items = accounting_items(estimate, headline.rows, root, years, choice, level=headline.level)
        items += counterfactual_items(estimate, headline.rows, root, years, level=headline.level)
        rows.append(_of(headline, sample, items))
    return merged(rows)


def effects(headline: Headline) -> Rows:
    """Effect on all firms, composition and spillover: of the splittable part always, of the root when half of it can be split."""
    estimate, sample, level = headline.estimate, headline.sample, headline.level
    root, choice = sample.tree.root, headline.study.regressions.contribution
    splittable = len(sample.samples) > 1 and sample.mostly_firms(root)
    items = effect_items(estimate, root, ALL_AND_PARTS if splittable else ("all",), level=level)
    if SPLITTABLE in sample.reported_nodes:
        items += effect_items(estimate, SPLITTABLE, ALL_AND_PARTS, level=level)
    if splittable and headline.years:
        items += share_items(estimate, headline.rows, root, headline.years, choice, level=level)
    return _of(headline, "all", items) if "all" in sample.samples else {}


def _of(headline: Headline, sample: str, items: Sequence[Item]) -> Rows:
    return {"contribution": list(contribution_rows(items, headline.id, sample))}
