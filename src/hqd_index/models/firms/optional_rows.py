"""What a study asks of its firm event study beside the five estimators: a table's rows for each part of `events`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

import numpy as np

from ...errors import EstimationError
from ...study.records import Study
from ..analyses.endogeneity import INSTRUMENT_MEND, named_quantities
from ..kernels.reference_distributions import t_quantile, t_tail
from ..model_rows import Mend, Row, Rows, merged_rows, not_made
from .bacon import sun_abraham
from .balanced_effects import balance_rows, balanced_effects, cohorts, entropy_balanced, matched, overlap_rows
from .dynamic_switchers import dynamic_switching
from .event_panel import Panel
from .event_rows import NOTES, event_rows, note_text
from .event_study import Events, twfe
from .instrumented_status import instrumented_status
from .trend_bounds import EventPath, relative_breakdown, relative_magnitudes, smoothness, smoothness_breakdown

DYNAMIC_MEND: Mend = (
    "提供认定的起止(有效期),且有企业的身份有变动、有企业没有",
    "give recognitions with their ends, with firms whose status changes beside firms whose status does not",
)
BALANCING_MEND: Mend = (
    "减少 events.balancing.covariates 中的协变量、放宽 caliper,或只比较协变量有重叠的企业",
    "take fewer covariates under events.balancing, a wider caliper, or compare only firms whose covariates overlap",
)
BOUNDS_MEND: Mend = (
    "使事件研究窗口(events.window)在认定前至少有两年,且包含认定当年",
    "let the window of the event study hold at least two years before recognition, and its own year",
)
TARGETS: dict[str, Callable[[int], np.ndarray]] = {
    "first": lambda lags: np.eye(lags)[0],
    "average": lambda lags: np.full(lags, 1 / lags),
}
BOUNDED = {"sun_abraham": sun_abraham, "twfe": twfe}


def optional_rows(panel: Panel, outcomes: Iterable[str], study: Study) -> Rows:
    """Rows of event_study, trend_bounds, event_covariance, balance, overlap and not_made; none of what is not asked for."""
    events, names = study.regressions.events, list(outcomes)
    row_tables: list[Mapping[str, Iterable[Row]]] = []
    if events.dynamic:
        row_tables += [_rows_or_reason(_dynamic_rows, panel, outcome, study, DYNAMIC_MEND, ("event_study",)) for outcome in names]
    if events.instrument:
        row_tables += [
            _rows_or_reason(_instrument_rows, panel, outcome, study, INSTRUMENT_MEND, ("event_study",)) for outcome in names
        ]
    if events.trend_bounds:
        tables = ("trend_bounds", "event_covariance")
        row_tables += [_rows_or_reason(_bounds_rows, panel, outcome, study, BOUNDS_MEND, tables) for outcome in names]
    if events.balancing:
        row_tables.append(_balancing_rows(panel, names, study))
    return merged_rows(row_tables)


def _rows_or_reason(
    analysis: Callable[[Panel, str, Study], Rows], panel: Panel, outcome: str, study: Study, mend: Mend, tables: tuple[str, ...]
) -> Rows:
    try:
        return analysis(panel, outcome, study)
    except EstimationError as fault:
        return {"not_made": not_made(tables, fault, mend)}


def _dynamic_rows(panel: Panel, outcome: str, study: Study) -> Rows:
    """Effects and placebos, the total per year in the new status, and the dose behind each effect."""
    if "valid" not in panel.data:
        raise EstimationError(f"{outcome}, dcdh_dynamic: no status in force", zh=f"{outcome},dcdh_dynamic:没有有效期内的身份")
    level = study.regressions.inference.level
    switching = dynamic_switching(panel.rows_of_outcome(outcome), outcome, window=study.regressions.events.window)
    rows = list(event_rows(switching.events, outcome, level))
    base = {key: rows[0][key] for key in ("outcome", "estimator", "n_obs", "n_units", "n_treated", "note")}
    times = [t for t in switching.events.time if t >= 0]
    rows += [base | {"quantity": "dose", "time": t, "estimate": float(dose)} for t, dose in zip(times, switching.dose)]
    return {"event_study": rows}


def _instrument_rows(panel: Panel, outcome: str, study: Study) -> Rows:
    """2SLS of the outcome on status and how weak the instrument is."""
    instrument = study.regressions.events.instrument
    assert instrument is not None
    level = study.regressions.inference.level
    iv = instrumented_status(panel.rows_of_outcome(outcome), outcome, level=level)
    treated = int(panel.data.loc[panel.data["first"].notna(), "unit"].nunique())
    base: Row = {
        "outcome": outcome, "estimator": "iv", "time": None, "n_obs": iv.n, "n_units": iv.g, "n_treated": treated,
        "note": note_text(NOTES["iv"]),
    }  # fmt: skip
    width = t_quantile(0.5 + level / 2, iv.g - 1) * iv.se
    p = 2 * t_tail(abs(iv.estimate / iv.se), iv.g - 1)
    rows: list[Row] = [
        base | {"quantity": "overall", "estimate": iv.estimate, "se": iv.se, "ci_low": iv.estimate - width,
                "ci_high": iv.estimate + width, "p": p}
    ]  # fmt: skip
    weakness = [item for item in named_quantities(iv, instrument.exclusion) if item[0] not in ("estimate", "se_cv1")]
    rows += [base | {"quantity": name, "estimate": value, "note": note or base["note"]} for name, value, note in weakness]
    return {"event_study": rows}


def _bounds_rows(panel: Panel, outcome: str, study: Study) -> Rows:
    """Robust intervals and breakdown values of the first effect and of the average, and the covariance behind them."""
    choice = study.regressions.events.trend_bounds
    assert choice is not None
    rows: list[Mapping[str, Iterable[Row]]] = []
    for estimator in choice.estimators:
        events = BOUNDED[estimator](panel, outcome, window=study.regressions.events.window, effects=("cell",))
        rows.append({"event_covariance": list(_covariance_rows(events, outcome))})
        rows.append({"trend_bounds": list(_bound_rows(events, outcome, study))})
    return merged_rows(rows)


def _covariance_rows(events: Events, outcome: str) -> Iterator[Row]:
    for (i, time), (j, second_time) in product(enumerate(events.time), enumerate(events.time)):
        yield {
            "outcome": outcome, "estimator": events.estimator, "time": time, "other_time": second_time,
            "covariance": float(events.covariance[i, j]),
        }  # fmt: skip


def event_path(events: Events, outcome: str, target: str) -> EventPath:
    """The coefficients but the base, consecutive in time. EstimationError without one before and one after it."""
    times = np.array(events.time)
    positions = np.flatnonzero(times != -1)
    leads = int((times[positions] < 0).sum())
    lead_times, lag_times = times[times < -1], times[times > -1]
    consecutive = all((np.diff(part) == 1).all() for part in (lead_times, lag_times))
    if not leads or not len(lag_times) or lead_times[-1] != -2 or lag_times[0] != 0 or not consecutive:
        raise EstimationError(
            f"{outcome}, {events.estimator}: bounds on trends need coefficients of consecutive years, at least one before "
            "the base and that of recognition itself",
            zh=f"{outcome},{events.estimator}:平行趋势敏感性需要连续年份的系数,至少有基期之前一年和认定当年",
        )
    covariance = events.covariance[np.ix_(positions, positions)]
    return EventPath(events.estimate[positions], covariance, leads, TARGETS[target](len(lag_times)))


def _bound_rows(events: Events, outcome: str, study: Study) -> Iterator[Row]:
    choice, level = study.regressions.events.trend_bounds, study.regressions.inference.level
    assert choice is not None
    methods = (
        ("relative_magnitudes", choice.relative_magnitudes, relative_magnitudes, relative_breakdown),
        ("smoothness", choice.smoothness, smoothness, smoothness_breakdown),
    )
    for target, (restriction, multiples, interval, breakdown) in product(TARGETS, methods):
        path = event_path(events, outcome, target)
        base = {
            "outcome": outcome, "estimator": events.estimator, "restriction": restriction, "target": target,
            "estimate": path.effect, "se": path.se, "level": level,
        }  # fmt: skip
        for multiple in multiples:
            low, high = interval(path, multiple, level=level)
            yield base | {"quantity": "interval", "multiple": multiple, "ci_low": low, "ci_high": high}
        yield base | {"quantity": "breakdown", "multiple": breakdown(path, level=level)}


def _balancing_rows(panel: Panel, outcomes: list[str], study: Study) -> Rows:
    """Balance and overlap of the covariates, and the effects on every outcome, by each method asked for."""
    choice, level = study.regressions.events.balancing, study.regressions.inference.level
    assert choice is not None
    names = list(choice.covariates)
    try:
        unweighted = cohorts(panel.data, names)
    except EstimationError as fault:
        return {"not_made": not_made(("balance", "overlap", "event_study"), fault, BALANCING_MEND)}
    rows: list[Mapping[str, Iterable[Row]]] = [{"overlap": list(overlap_rows(unweighted))}]
    methods = {
        "entropy_balance": lambda: entropy_balanced(unweighted),
        "psm": lambda: matched(unweighted, neighbours=choice.neighbours, caliper=choice.caliper),
    }
    for method in choice.methods:
        try:
            balanced = methods[method]()
            rows.append({"balance": list(balance_rows(balanced, names))})
        except EstimationError as fault:
            reason = EstimationError(f"{method}: {fault.en}", zh=f"{method}:{fault.zh}")
            rows.append({"not_made": not_made(("balance", "event_study"), reason, BALANCING_MEND)})
            continue
        for outcome in outcomes:
            try:
                events = balanced_effects(balanced, panel.data, outcome, window=study.regressions.events.window)
                rows.append({"event_study": list(event_rows(events, outcome, level))})
            except EstimationError as fault:
                rows.append({"not_made": not_made(("event_study",), fault, BALANCING_MEND)})
    return merged_rows(rows)
