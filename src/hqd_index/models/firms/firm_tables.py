"""Event studies of firms and the sources of change (item F) as published tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import Study
from ..contribution_items import TOTAL, ContributionItem, contribution_rows
from ..model_rows import Mend, Row, Rows, merged_rows, not_made
from .bacon import goodman_bacon, sun_abraham
from .event_panel import Panel
from .event_rows import event_rows, row_without_time
from .event_study import Events, did2s, imputation, twfe
from .group_time import callaway_santanna
from .optional_rows import optional_rows
from .sources_of_change import FHK, foster_decomposition, melitz_polanec
from .switchers import switching_effect


def _callaway_santanna(panel: Panel, outcome: str, *, window: tuple[int, int]) -> Events:
    return callaway_santanna(panel.rows_of_outcome(outcome), outcome, window=window)


EVENT_ESTIMATORS: dict[str, Callable[..., Events]] = {
    "twfe": partial(twfe, effects=("cell",)), "imputation": partial(imputation, effects=("cell",)),
    "did2s": partial(did2s, effects=("cell",)), "callaway_santanna": _callaway_santanna,
    "sun_abraham": partial(sun_abraham, effects=("cell",)),
}  # fmt: skip
MEND: Mend = (
    "在 regressions.yaml 的 events.outcomes 中写企业层面结果,并提供认定名单",
    "name firm outcomes under events.outcomes in regressions.yaml, and give a recognition list",
)
CAVEAT_MEND: Mend = (
    "补充相应年份或从未认定的企业;其余结果不受影响",
    "add the years or firms never recognised that are missing; the other results are unaffected",
)


def firm_rows(firms: pd.DataFrame | EstimationError, study: Study) -> Rows:
    """Rows of event_study, contribution (item F) and not_made from `firm_years`, or from the reason why there are none."""
    if isinstance(firms, EstimationError):
        return {"not_made": not_made(("event_study",), firms, MEND)}
    coded_firms = _firms_with_codes(firms)
    finite_firms = _finite_outcomes(coded_firms, list(study.regressions.events.outcomes))
    outcomes = [outcome for outcome in study.regressions.events.outcomes if finite_firms[outcome].notna().any()]
    panel = Panel(finite_firms)
    row_tables: list[Mapping[str, Iterable[Row]]] = [
        {"not_made": not_made(("event_study", "contribution"), _outcome_without_values(outcome), MEND)}
        for outcome in study.regressions.events.outcomes
        if outcome not in outcomes
    ]
    for outcome in outcomes:
        row_tables += [_estimator_rows(estimator, panel, outcome, study) for estimator in EVENT_ESTIMATORS]
        row_tables += [
            _summary_rows(analysis, panel.rows_of_outcome(outcome), outcome, study) for analysis in (_bacon_rows, _switching_rows)
        ]
        row_tables.append({"contribution": _source_rows(coded_firms, outcome, study)})
    row_tables.append(optional_rows(panel, outcomes, study))
    return merged_rows(row_tables)


def _outcome_without_values(outcome: str) -> EstimationError:
    return EstimationError(f"{outcome} has no value in the sample", zh=f"{outcome} 在样本中没有数值")


def _estimator_rows(estimator: str, panel: Panel, outcome: str, study: Study) -> Rows:
    try:
        events = EVENT_ESTIMATORS[estimator](panel, outcome, window=study.regressions.events.window)
    except EstimationError as fault:
        return {"not_made": not_made(("event_study",), fault, MEND)}
    omissions = [
        EstimationError(f"{outcome}, {estimator}: {caveat.en}", zh=f"{outcome},{estimator}:{caveat.zh}")
        for caveat in events.caveats
        if caveat.omission
    ]
    reason_rows = [reason_row for omission in omissions for reason_row in not_made(("event_study",), omission, CAVEAT_MEND)]
    return {"event_study": list(event_rows(events, outcome, study.regressions.inference.level)), "not_made": reason_rows}


def _summary_rows(
    analysis: Callable[[pd.DataFrame, str, float], list[Row]], observations: pd.DataFrame, outcome: str, study: Study
) -> Rows:
    try:
        return {"event_study": analysis(observations, outcome, study.regressions.inference.level)}
    except EstimationError as fault:
        return {"not_made": not_made(("event_study",), fault, MEND)}


def _firms_with_codes(firms: pd.DataFrame) -> pd.DataFrame:
    """Numbers for firms and cells, in the order of their names: a hundred thousand texts are slow to sort and to group."""
    return firms.assign(**{column: pd.factorize(firms[column], sort=True)[0] for column in ("unit", "cell")})


def _finite_outcomes(firms: pd.DataFrame, outcomes: list[str]) -> pd.DataFrame:
    """Outcomes missing where they are not finite."""
    return firms.assign(**{column: firms[column].where(np.isfinite(firms[column].to_numpy(dtype=float))) for column in outcomes})


def _bacon_rows(firms: pd.DataFrame, outcome: str, level: float) -> list[Row]:
    """Weight and mean effect of each kind of 2x2 comparison in the static two-way coefficient."""
    decomposition = goodman_bacon(firms, outcome)
    comparisons = decomposition.totals_by_comparison()
    numbers = {"coefficient": decomposition.coefficient} | {
        f"weight_{comparison_kind}": comparison_weight for comparison_kind, comparison_weight in comparisons["weight"].items()
    }
    numbers |= {
        f"effect_{comparison_kind}": comparison_weight for comparison_kind, comparison_weight in comparisons["estimate"].items()
    }
    counts = {
        "n_obs": decomposition.units * firms["year"].nunique(),
        "n_units": decomposition.units,
        "n_treated": decomposition.treated,
    }
    return [
        row_without_time("bacon", outcome, quantity, float(statistic), np.nan, level, counts)
        for quantity, statistic in numbers.items()
    ]


def _switching_rows(firms: pd.DataFrame, outcome: str, level: float) -> list[Row]:
    """Effect of status in force on those who switch."""
    if "valid" not in firms:
        return []
    effect = switching_effect(firms, outcome)
    counts = {"n_obs": effect.rows, "n_units": effect.units, "n_treated": effect.switchers}
    return [row_without_time("dcdh", outcome, "overall", effect.estimate, effect.se, level, counts)]


def _source_rows(firms: pd.DataFrame, outcome: str, study: Study) -> Iterator[Row]:
    """Item F: FHK by kind of firm and Melitz-Polanec for the weighted mean of all firms between two years."""
    choice, years = study.regressions.contribution, sorted(firms["year"].unique())
    first_recognition_year = firms["first"].min()
    first_year = choice.from_year or (
        int(first_recognition_year) - 1
        if np.isfinite(first_recognition_year) and first_recognition_year - 1 in years
        else int(years[0])
    )
    last_year = choice.to_year or int(years[-1])
    rows = firms.rename(columns={"unit": "firm_id"})[["firm_id", "year", outcome, f"size_{outcome}", "ever"]]
    firm_groups = rows.drop_duplicates("firm_id").set_index("firm_id")["ever"].map({True: "srdi", False: "other"})
    source_items = []
    try:
        decomposition_by_group = foster_decomposition(rows, outcome, f"size_{outcome}", (first_year, last_year), firm_groups)
        all_firms = melitz_polanec(rows, outcome, f"size_{outcome}", (first_year, last_year))
    except EstimationError:
        return
    for _, group_decomposition in decomposition_by_group.iterrows():
        named_components = [
            (f"{outcome}_{component}_{group_decomposition['group']}", float(group_decomposition[component])) for component in FHK
        ]
        source_items += [
            _source_item(component_name, component_value, first_year, last_year, "Foster-Haltiwanger-Krizan")
            for component_name, component_value in named_components
        ]
    source_items += [
        _source_item(f"{outcome}_{component}_mp", component_of_all, first_year, last_year, "Melitz-Polanec")
        for component, component_of_all in all_firms.items()
    ]
    yield from contribution_rows(source_items, "firms", "all")


def _source_item(quantity: str, component_value: float, first_year: int, last_year: int, measure: str) -> ContributionItem:
    return ContributionItem("F", TOTAL, first_year, last_year, quantity, component_value, np.nan, np.nan, measure)
