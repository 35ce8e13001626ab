"""Estimates on a frame, with the three kinds of inference that a study reports, and what they say of a contribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import EstimationError
from ..models.analyses.contribution import accounting_items, counterfactual_items
from ..models.contribution_items import ASSUMPTION_EN, ASSUMPTION_ZH, contribution_rows, window
from ..models.kernels.specification import Estimate, Specification
from ..models.kernels.specification import estimate as kernel_estimate
from ..one_thread import one_thread
from ..study.records.regressions_yaml import ContributionChoice

SHOWN_DIGITS = 4


@dataclass(frozen=True)
class EstimateResult:
    """The coefficients of one specification.

    `table`: outcome, term, estimate, se_cv1, se_cv3, p_cv1, p_cv3, p_wild (of the density alone), ci_low, ci_high (CV3,
    t(G-1)). `params`, `std_errors`, `pvalues` (CV3) and `conf_int()` are those of the first outcome, as in linearmodels.
    """

    specification: Specification
    table: pd.DataFrame
    nobs: int
    n_clusters: int
    effective_clusters: float
    r2_within: tuple[float, ...]
    singletons: tuple[str, ...]
    kernel: Estimate = field(repr=False)
    frame: pd.DataFrame = field(repr=False)

    def _column(self, name: str) -> pd.Series:
        rows = self.table[self.table["outcome"] == self.specification.outcomes[0]]
        return rows.set_index("term")[name]

    @property
    def params(self) -> pd.Series:
        return self._column("estimate")

    @property
    def std_errors(self) -> pd.Series:
        return self._column("se_cv3")

    @property
    def pvalues(self) -> pd.Series:
        return self._column("p_cv3")

    def conf_int(self) -> pd.DataFrame:
        """Lower and upper end of each coefficient's interval."""
        return pd.DataFrame({"lower": self._column("ci_low"), "upper": self._column("ci_high")})

    def __repr__(self) -> str:
        effects = " + ".join(self.specification.fixed_effects)
        head = f"specification {self.specification.id}: {self.nobs} rows, {self.n_clusters} clusters, effects {effects}"
        return f"{head}\n{self.table.round(SHOWN_DIGITS).to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{repr(self).splitlines()[0]}</p>{self.table.round(SHOWN_DIGITS).to_html(index=False)}"


@dataclass(frozen=True)
class ContributionResult:
    """What the density accounts for between two years.

    `table`: outcome, item (A accounting, B path without), unit, from_year, to_year, quantity, value, ci_low, ci_high (wild
    bootstrap), measure. `assumption`: what every number rests on, zh and en.
    """

    table: pd.DataFrame
    assumption: dict[str, str]

    def total(self) -> pd.DataFrame:
        """Item A of the mean over units."""
        return self.table[(self.table["item"] == "A") & (self.table["unit"] == "total")].reset_index(drop=True)

    def __repr__(self) -> str:
        return f"{self.total().round(SHOWN_DIGITS).to_string(index=False)}\n{self.assumption['en']}"

    def _repr_html_(self) -> str:
        return f"{self.total().round(SHOWN_DIGITS).to_html(index=False)}<p>{self.assumption['en']}</p>"


def estimate(
    frame: pd.DataFrame,
    specification: Specification,
    *,
    draws: int = 9_999,
    weights: str = "rademacher",
    seed: int = 0,
    level: float = 0.95,
) -> EstimateResult:
    """Outcomes on density and controls with fixed effects, rows complete in all of them.

    CV1 with G/(G-1) (N-1)/(N-K), CV3 by leaving out each cluster, both with t(G-1); p_wild of the restricted wild cluster
    bootstrap with `draws` draws of `weights` (rademacher, webb). EstimationError with the reason where it cannot be estimated.
    """
    with one_thread():
        fitted = kernel_estimate(frame, specification, draws=draws, weights=weights, seed=seed, level=level)
    rows = [
        (
            outcome, term, fitted.coefficient[k, j], fitted.se_cv1[k, j], fitted.se_cv3[k, j], fitted.p_cv1[k, j],
            fitted.p_cv3[k, j], fitted.p_wild[j] if k == 0 else np.nan, fitted.low[k, j], fitted.high[k, j],
        )
        for j, outcome in enumerate(specification.outcomes)
        for k, term in enumerate(fitted.terms)
    ]  # fmt: skip
    columns = ["outcome", "term", "estimate", "se_cv1", "se_cv3", "p_cv1", "p_cv3", "p_wild", "ci_low", "ci_high"]
    return EstimateResult(
        specification,
        pd.DataFrame(rows, columns=columns),
        fitted.sums.n,
        fitted.sums.g,
        float(fitted.effective_clusters),
        tuple(float(value) for value in np.atleast_1d(fitted.sums.r2_within)),
        fitted.singletons,
        fitted,
        frame.loc[fitted.rows].copy(),
    )


def contribution(
    result: EstimateResult,
    *,
    unit: str = "unit",
    year: str = "year",
    from_year: int | None = None,
    to_year: int | None = None,
    min_change: float = 0.02,
    level: float = 0.95,
) -> ContributionResult:
    """Coefficient x change in density, by unit and in all, and the path of the outcome had the density stayed as it was.

    Years: by default the last without any density (else the first) and the last. A share of a change smaller than `min_change` is
    not given. EstimationError where the sample has one year only.
    """
    columns = [unit, year, result.specification.density, *result.specification.outcomes]
    observations = result.frame[columns].rename(columns={unit: "unit", year: "year"})
    choice = ContributionChoice(from_year=from_year, to_year=to_year, min_change=min_change)
    years = window(observations, result.specification.density, choice)
    if years is None:
        raise EstimationError("the sample has one year only", zh="样本只有一年")
    tables = []
    with one_thread():
        for outcome in result.specification.outcomes:
            items = accounting_items(result.kernel, observations, outcome, years, choice, level=level)
            items += counterfactual_items(result.kernel, observations, outcome, years, level=level)
            tables.append(_item_table(items, outcome))
    return ContributionResult(pd.concat(tables, ignore_index=True), {"zh": ASSUMPTION_ZH, "en": ASSUMPTION_EN})


def _item_table(items: Sequence[object], outcome: str) -> pd.DataFrame:
    table = pd.DataFrame(contribution_rows(items, outcome, "all")).rename(columns={"spec": "outcome"})  # type: ignore[arg-type]
    table["measure"] = table["measure"].str.replace("score/100", "outcome", regex=False)
    return table[["outcome", "item", "unit", "from_year", "to_year", "quantity", "value", "ci_low", "ci_high", "measure"]]
