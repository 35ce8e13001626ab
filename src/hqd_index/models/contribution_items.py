"""Items of the contribution menu (A to H): one number each, with its interval and the assumption it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from ..study.records import ContributionChoice
from .model_rows import Row

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
    first_year = choice.from_year if choice.from_year in years else (empty[-1] if empty else years[0])
    last_year = choice.to_year if choice.to_year in years else years[-1]
    return (
        Window(int(first_year), int(last_year))
        if first_year is not None and last_year is not None and first_year < last_year
        else None
    )


def changes(rows: pd.DataFrame, outcome: str, density: str, years: Window) -> pd.DataFrame:
    """Change of density and outcome between the two years, by unit (those with both) and their mean as `total`."""
    ends = rows.set_index(["unit", "year"])[[density, outcome]].astype(float)
    first_values, last_values = (ends.xs(year, level="year") for year in (years.first, years.last))
    differences = pd.DataFrame(last_values).sub(pd.DataFrame(first_values)).dropna()
    by_unit = pd.DataFrame({"density": differences[density], "index": differences[outcome]})
    by_unit.loc[TOTAL] = by_unit.mean()
    return by_unit


def contribution_rows(items: Sequence[Item], spec: str, sample: str) -> Iterator[Row]:
    """Rows of `contribution`, each with the sentence that states its assumption."""
    for item in items:
        yield {
            "item": item.item, "spec": spec, "sample": sample, "unit": item.unit,
            "from_year": item.from_year, "to_year": item.to_year, "quantity": item.quantity, "value": item.value,
            "ci_low": item.low, "ci_high": item.high, "measure": item.measure, "assumption": ASSUMPTION,
        }  # fmt: skip
