"""Indices that are no outcome of a regression: those normalised or weighed year by year, which have lost the common trend."""

from __future__ import annotations

import pandas as pd

from ..errors import EstimationError
from ..study.choices import yearly_choices
from ..study.indicator_tree import tree_of
from ..study.records import Study

MEND = ("在 weighting.yaml 中改为 over: all_years", "write over: all_years in weighting.yaml")
EACH_YEAR_LABEL = "over=each_year"  # in the label of a design that differs so from the study's own


def ineligibility_error(study: Study) -> EstimationError | None:
    """Why the study's own index is no outcome, or None."""
    names = ", ".join(dict.fromkeys(method for method, _ in yearly_choices(study, tree_of(study.indicators))))
    if not names:
        return None
    return EstimationError(
        f"{names} over each_year takes the common trend out of the index, which is no outcome then",
        zh=f"{names} 逐年计算(over: each_year)消除了指数的共同趋势,不能作被解释变量",
    )


def comparable_designs(designs: pd.DataFrame) -> pd.DataFrame:
    """The designs whose scores compare over years."""
    return designs[~designs["label"].astype(str).str.contains(EACH_YEAR_LABEL, regex=False)]
