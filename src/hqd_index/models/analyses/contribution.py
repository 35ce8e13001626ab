"""Items A and B of the contribution menu: density's part in the change of the index, and the path without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...study.records import ContributionChoice
from ..kernels.specification import Estimate

ASSUMPTION_ZH = (
    "年份固定效应吸收了各单位的共同变动,因此该数字假定除所建模的外溢之外,专精特新企业对所有单位没有共同影响(缺失截距)。"
)
ASSUMPTION_EN = (
    "Year effects absorb common movements, so this figure assumes that SRDI firms have no effect common to all units "
    "beyond the spillover that is modelled (missing intercept)."
)
ASSUMPTION = f"{ASSUMPTION_ZH} / {ASSUMPTION_EN}"
TOTAL = "total"  # the mean over units


@dataclass(frozen=True)
class Item:
    """One number of the contribution table with its interval."""

    item: str
    unit: str
    from_year: int | None
    to_year: int | None
    quantity: str
    value: float
    low: float
    high: float
    measure: str


@dataclass(frozen=True)
class Window:
    """The two years compared."""

    first: int
    last: int


def window(rows: pd.DataFrame, density: str, choice: ContributionChoice) -> Window | None:
    """The years of the study; by default the last year before any density (else the first) to the last. None: one year only."""
    years = sorted(int(y) for y in rows["year"].unique())
    largest = rows.groupby("year")[density].max()
    empty = [y for y in years if largest[y] <= 0 and y < years[-1]]
    first = choice.from_year if choice.from_year in years else (empty[-1] if empty else years[0])
    last = choice.to_year if choice.to_year in years else years[-1]
    return Window(int(first), int(last)) if first is not None and last is not None and first < last else None


def changes(rows: pd.DataFrame, outcome: str, density: str, years: Window) -> pd.DataFrame:
    """Change of density and outcome between the two years, by unit (those with both) and their mean as `total`."""
    ends = rows.set_index(["unit", "year"])[[density, outcome]].astype(float)
    first, last = (ends.xs(year, level="year") for year in (years.first, years.last))
    moved = pd.DataFrame(last).sub(pd.DataFrame(first)).dropna()
    by_unit = pd.DataFrame({"density": moved[density], "index": moved[outcome]})
    by_unit.loc[TOTAL] = by_unit.mean()
    return by_unit


def accounting(
    found: Estimate, rows: pd.DataFrame, outcome: str, years: Window, choice: ContributionChoice, *, level: float
) -> list[Item]:
    """Item A: C = beta x change in density / change in outcome by unit and in total; interval: beta's bootstrap interval.

    The changes are those observed, so the interval is that of beta, by inversion of the wild bootstrap test, times their
    ratio. Where the outcome moves by less than `min_change` the share is not shown.
    """
    j = found.at(outcome)
    betas = (float(found.coefficient[0, j]), *found.bootstrap.interval(j, level))
    made: list[Item] = []
    for unit, moved in changes(rows, outcome, found.spec.density, years).iterrows():
        x, y = float(moved["density"]), float(moved["index"])
        small = abs(y) < choice.min_change
        ratio = np.nan if small else x / y
        note = f"share of change; not shown, |change| < {choice.min_change:g}" if small else "share of change"
        made += [
            _item("A", unit, years, "density_change", (x, np.nan, np.nan), "density"),
            _item("A", unit, years, "index_change", (y, np.nan, np.nan), "score/100"),
            _item("A", unit, years, "explained_change", tuple(b * x for b in betas), "score/100"),
            _item("A", unit, years, "share", tuple(b * ratio for b in betas), note),
        ]
    return made


def _item(item: str, unit: object, years: Window, quantity: str, values: tuple[float, ...], measure: str) -> Item:
    value, low, high = values
    low, high = (high, low) if low > high else (low, high)
    return Item(item, str(unit), years.first, years.last, quantity, value, low, high, measure)


def counterfactual(found: Estimate, rows: pd.DataFrame, outcome: str, years: Window, *, level: float) -> list[Item]:
    """Item B: y - beta (x - x in the first year), by unit and as the mean over units, with the band of beta."""
    j, density = found.at(outcome), found.spec.density
    low, high = found.bootstrap.interval(j, level)
    frame = rows[["unit", "year", density, outcome]].astype({density: float, outcome: float})
    base = frame[frame["year"] == years.first].set_index("unit")[density]
    frame = frame[frame["unit"].isin(base.index) & frame["year"].between(years.first, years.last)]
    frame = frame.assign(moved=frame[density] - frame["unit"].map(base))
    complete = frame.groupby("unit")["year"].transform("size") == frame["year"].nunique()
    mean = frame[complete].groupby("year", as_index=False)[["moved", outcome]].mean().assign(unit=TOTAL)
    both = pd.concat([frame[["unit", "year", "moved", outcome]], mean[["unit", "year", "moved", outcome]]])
    return list(_paths(both, outcome, years, (float(found.coefficient[0, j]), low, high)))


def _paths(frame: pd.DataFrame, outcome: str, years: Window, betas: tuple[float, float, float]) -> Iterator[Item]:
    for unit, year, moved, y in frame[["unit", "year", "moved", outcome]].itertuples(index=False):
        at = Window(years.first, int(year))
        yield _item("B", unit, at, "actual", (float(y), np.nan, np.nan), "score/100")
        path = tuple(float(y) - (b * float(moved) if moved else 0.0) for b in betas)
        yield _item("B", unit, at, "counterfactual", path, "score/100")


def effects(found: Estimate, node: str, samples: tuple[str, ...], *, level: float) -> list[Item]:
    """Coefficient on all firms, on those never recognised (spillover) and their difference (composition): exact, same rows."""
    names = {"all": "effect", "leave_out": "effect_spillover", "composition": "effect_composition"}
    made = []
    for kind in samples:
        j = found.at(f"{kind}:{node}")
        scale = float(found.sums.sd_terms[0] / found.sums.sd_outcomes[found.at(f"all:{node}")])
        ends = found.bootstrap.interval(j, level)
        quantity = names[kind] if node != "splittable" else f"splittable_{names[kind]}"
        b = float(np.nan_to_num(found.coefficient[0, j]))
        made.append(_effect(quantity, (b, *ends), "score/100 per unit of density"))
        sds = (scale * b, scale * ends[0], scale * ends[1])
        made.append(_effect(f"{quantity}_sd", sds, "SD of the all-firms index per SD of density"))
    return made


def _effect(quantity: str, values: tuple[float, float, float], measure: str) -> Item:
    return Item("A", TOTAL, None, None, quantity, *values, measure=measure)


def shared(
    found: Estimate, rows: pd.DataFrame, node: str, years: Window, choice: ContributionChoice, *, level: float
) -> list[Item]:
    """The share of the all-firms change, in total, told apart: composition and spillover add up to it."""
    x, y = changes(rows, f"all:{node}", found.spec.density, years).loc[TOTAL].to_numpy(dtype=float)
    if abs(y) < choice.min_change:
        return []
    ratio = x / y
    made = []
    for kind, name in (("leave_out", "share_spillover"), ("composition", "share_composition")):
        j = found.at(f"{kind}:{node}")
        betas = (float(np.nan_to_num(found.coefficient[0, j])), *found.bootstrap.interval(j, level))
        made.append(_item("A", TOTAL, years, name, tuple(b * ratio for b in betas), "share of change"))
    return made
