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
class ContributionItem:
    """One number of the contribution table with its interval."""

    item_name: str
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
    last_year: int


def window(observations: pd.DataFrame, density: str, choice: ContributionChoice) -> Window | None:
    """The years of the study; by default the last year before any density (else the first) to the last. None: one year only."""
    years = sorted(int(y) for y in observations["year"].unique())
    max_density_by_year = observations.groupby("year")[density].max()
    years_without_density = [y for y in years if max_density_by_year[y] <= 0 and y < years[-1]]
    first_year = (
        choice.from_year if choice.from_year in years else (years_without_density[-1] if years_without_density else years[0])
    )
    last_year = choice.to_year if choice.to_year in years else years[-1]
    return (
        Window(int(first_year), int(last_year))
        if first_year is not None and last_year is not None and first_year < last_year
        else None
    )


def changes(observations: pd.DataFrame, outcome: str, density: str, years: Window) -> pd.DataFrame:
    """Change of density and outcome between the two years, by unit (those with both) and their mean as `total`."""
    first_and_last_year = observations.set_index(["unit", "year"])[[density, outcome]].astype(float)
    first_values, last_values = (first_and_last_year.xs(year, level="year") for year in (years.first, years.last_year))
    differences = pd.DataFrame(last_values).sub(pd.DataFrame(first_values)).dropna()
    changes_by_unit = pd.DataFrame({"density": differences[density], "index": differences[outcome]})
    changes_by_unit.loc[TOTAL] = changes_by_unit.mean()
    return changes_by_unit


def contribution_rows(contribution_items: Sequence[ContributionItem], spec_id: str, sample: str) -> Iterator[Row]:
    """Rows of `contribution`, each with the sentence that states its assumption."""
    for contribution_item in contribution_items:
        yield {
            "item": contribution_item.item_name,
            "spec": spec_id,
            "sample": sample,
            "unit": contribution_item.unit,
            "from_year": contribution_item.from_year,
            "to_year": contribution_item.to_year,
            "quantity": contribution_item.quantity,
            "value": contribution_item.value,
            "ci_low": contribution_item.low,
            "ci_high": contribution_item.high,
            "measure": contribution_item.measure,
            "assumption": ASSUMPTION,
        }
