"""Event studies of firms and the sources of change (item F) as published tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats

from ...errors import EstimationError
from ...study.records import Study
from ..analyses.contribution import TOTAL, Item
from ..model_rows import Row, contribution_rows, missing_row
from ..store import table
from .bacon import goodman_bacon, sun_abraham
from .event_panel import Panel
from .event_study import Events, did2s, imputation, twfe
from .group_time import callaway_santanna
from .sources_of_change import FHK, foster, melitz_polanec
from .switchers import switching_effect


def _callaway_santanna(panel: Panel, outcome: str, *, window: tuple[int, int]) -> Events:
    return callaway_santanna(panel.seen(outcome), outcome, window=window)


ESTIMATORS: dict[str, Callable[..., Events]] = {
    "twfe": partial(twfe, effects=("cell",)), "imputation": partial(imputation, effects=("cell",)),
    "did2s": partial(did2s, effects=("cell",)), "callaway_santanna": _callaway_santanna,
    "sun_abraham": partial(sun_abraham, effects=("cell",)),
}  # fmt: skip
MEND = (
    "在 regressions.yaml 的 events.outcomes 中写企业层面结果,并提供认定名单",
    "name firm outcomes under events.outcomes in regressions.yaml, and give a recognition list",
)
NOTES = {
    "twfe": "unit-year effects of the study's units; biased when effects differ by cohort or grow: shown for comparison",
    "imputation": "unit-year effects of the study's units", "did2s": "unit-year effects of the study's units",
    "callaway_santanna": "year effects; controls not yet treated",
    "sun_abraham": "unit-year effects of the study's units; controls never treated",
    "bacon": "static two-way coefficient of firms seen every year: weights sum to 1 and give it exactly",
    "dcdh": "status in force, which can end: effect on switchers in the year of the switch",
}  # fmt: skip


def firm_tables(firms: pd.DataFrame | EstimationError, study: Study) -> dict[str, pd.DataFrame]:
    """event_study, contribution (item F) and not_made from `firm_years`, or from the reason why there are none."""
    events: list[Row] = []
    items: list[Row] = []
    missing: list[Row] = []
    if isinstance(firms, EstimationError):
        missing = [missing_row("event_study", firms, MEND)]
    else:
        firms = _numbered(firms)
        panel = Panel(_finite(firms, list(study.regressions.events.outcomes)))
        for outcome in study.regressions.events.outcomes:
            for name, estimator in ESTIMATORS.items():
                try:
                    found = estimator(panel, outcome, window=study.regressions.events.window)
                    events += _rows(found, outcome, study.regressions.inference.level)
                except (EstimationError, np.linalg.LinAlgError) as fault:
                    reason = fault if isinstance(fault, EstimationError) else EstimationError(f"{outcome}, {name}: {fault}")
                    missing.append(missing_row("event_study", reason, MEND))
            for reading in (_bacon, _switchers):
                try:
                    events += reading(panel.seen(outcome), outcome, study.regressions.inference.level)
                except EstimationError as fault:
                    missing.append(missing_row("event_study", fault, MEND))
            items += _sources(firms, outcome, study)
    return {
        "event_study": table("event_study", events),
        "contribution": table("contribution", items),
        "not_made": table("not_made", missing).drop_duplicates(ignore_index=True),
    }


def _numbered(firms: pd.DataFrame) -> pd.DataFrame:
    """Numbers for firms and cells, in the order of their names: a hundred thousand texts are slow to sort and to group."""
    return firms.assign(**{column: pd.factorize(firms[column], sort=True)[0] for column in ("unit", "cell")})


def _finite(firms: pd.DataFrame, outcomes: list[str]) -> pd.DataFrame:
    """Outcomes missing where they are not finite."""
    return firms.assign(**{column: firms[column].where(np.isfinite(firms[column].to_numpy(dtype=float))) for column in outcomes})


def _rows(found: Events, outcome: str, level: float) -> Iterator[Row]:
    """One row per event time, the overall effect and the joint pre-trend test."""
    z = float(stats.t.ppf(0.5 + level / 2, max(found.units - 1, 1)))

    def row(quantity: str, time: int | None, value: float, se: float, p: float) -> Row:
        return {
            "outcome": outcome, "estimator": found.estimator, "quantity": quantity, "time": time, "estimate": value, "se": se,
            "ci_low": value - z * se, "ci_high": value + z * se, "p": p, "n_obs": found.n, "n_units": found.units,
            "n_treated": found.treated, "note": NOTES.get(found.estimator, ""),
        }  # fmt: skip

    def two_sided(value: float, se: float) -> float:
        return float(2 * stats.t.sf(abs(value / se), max(found.units - 1, 1))) if se > 0 else np.nan

    for time, value, se in zip(found.time, found.estimate, found.se):
        yield row("effect", time, float(value), float(se), two_sided(value, se))
    yield row("overall", None, found.overall, found.overall_se, two_sided(found.overall, found.overall_se))
    f, leads, p = found.pre_trend()
    if leads:
        yield row("pre_trend_f", None, f, np.nan, p)


def _bacon(firms: pd.DataFrame, outcome: str, level: float) -> list[Row]:
    """Weight and mean effect of each kind of 2x2 comparison in the static two-way coefficient."""
    found = goodman_bacon(firms, outcome)
    kinds = found.kinds()
    numbers = {"coefficient": found.coefficient} | {f"weight_{k}": v for k, v in kinds["weight"].items()}
    numbers |= {f"effect_{k}": v for k, v in kinds["estimate"].items()}
    counts = {"n_obs": found.units * firms["year"].nunique(), "n_units": found.units, "n_treated": found.treated}
    return [_plain("bacon", outcome, quantity, float(value), np.nan, level, counts) for quantity, value in numbers.items()]


def _switchers(firms: pd.DataFrame, outcome: str, level: float) -> list[Row]:
    """Effect of status in force on those who switch."""
    if "valid" not in firms:
        return []
    found = switching_effect(firms, outcome)
    counts = {"n_obs": found.rows, "n_units": found.units, "n_treated": found.switchers}
    return [_plain("dcdh", outcome, "overall", found.estimate, found.se, level, counts)]


def _plain(estimator: str, outcome: str, quantity: str, value: float, se: float, level: float, counts: dict[str, int]) -> Row:
    """A row without event time, normal interval."""
    width = float(stats.norm.ppf(0.5 + level / 2)) * se
    p = float(2 * stats.norm.sf(abs(value / se))) if se > 0 else np.nan
    return {
        "outcome": outcome, "estimator": estimator, "quantity": quantity, "time": None, "estimate": value, "se": se,
        "ci_low": value - width, "ci_high": value + width, "p": p, "note": NOTES[estimator],
    } | counts  # fmt: skip


def _sources(firms: pd.DataFrame, outcome: str, study: Study) -> Iterator[Row]:
    """Item F: FHK by kind of firm and Melitz-Polanec for the weighted mean of all firms between two years."""
    said, years = study.regressions.contribution, sorted(firms["year"].unique())
    recognised = firms["first"].min()
    first = said.from_year or (int(recognised) - 1 if np.isfinite(recognised) and recognised - 1 in years else int(years[0]))
    last = said.to_year or int(years[-1])
    rows = firms.rename(columns={"unit": "firm_id"})[["firm_id", "year", outcome, f"size_{outcome}", "ever"]]
    kind = rows.drop_duplicates("firm_id").set_index("firm_id")["ever"].map({True: "srdi", False: "other"})
    items = []
    try:
        split = foster(rows, outcome, f"size_{outcome}", (first, last), kind)
        whole = melitz_polanec(rows, outcome, f"size_{outcome}", (first, last))
    except EstimationError:
        return
    for _, part in split.iterrows():
        names = [(f"{outcome}_{c}_{part['group']}", float(part[c])) for c in FHK]
        items += [_item(name, value, first, last, "Foster-Haltiwanger-Krizan") for name, value in names]
    items += [_item(f"{outcome}_{c}_mp", v, first, last, "Melitz-Polanec") for c, v in whole.items()]
    yield from contribution_rows(items, "firms", "all")


def _item(quantity: str, value: float, first: int, last: int, measure: str) -> Item:
    return Item("F", TOTAL, first, last, quantity, value, np.nan, np.nan, measure)
