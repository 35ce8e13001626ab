"""Rows of event_study: one per event time, the overall effect, the joint pre-trend test; and what the estimators rest on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..kernels.reference_distributions import normal_quantile, normal_tail, t_quantile, t_tail
from ..model_rows import Row
from .estimable import Caveat
from .event_study import Events

UNIT_YEARS = Caveat("按研究单位-年份的固定效应", "unit-year effects of the study's units")
NOTES: dict[str, Caveat] = {
    "twfe": Caveat(
        f"{UNIT_YEARS.zh};效应随队列或时间变化时有偏,只作对照",
        f"{UNIT_YEARS.en}; biased when effects differ by cohort or grow: shown for comparison",
    ),
    "imputation": UNIT_YEARS,
    "did2s": UNIT_YEARS,
    "callaway_santanna": Caveat("年份效应;对照为尚未处理者", "year effects; controls not yet treated"),
    "sun_abraham": Caveat(f"{UNIT_YEARS.zh};对照为从未处理者", f"{UNIT_YEARS.en}; controls never treated"),
    "bacon": Caveat(
        "每年都有观测的企业的静态双向系数:权重之和为 1,加权恰为该系数",
        "static two-way coefficient of firms seen every year: weights sum to 1 and give it exactly",
    ),
    "dcdh": Caveat(
        "有效身份,可以终止:变动者在变动当年的效应",
        "status in force, which can end: effect on switchers in the year of the switch",
    ),
    "dcdh_dynamic": Caveat(
        "有效身份,可以终止:自首次变动起整条身份路径的效应,对照为同一起点、尚未变动者",
        "status in force, which can end: effect of the whole path of status since its first change, beside those of the same "
        "start not yet changed",
    ),
    "entropy_balance": Caveat(
        "年份效应;从未认定者按认定前一年协变量的均值作熵平衡,标准误计入权重的估计",
        "year effects; never recognised firms entropy-balanced on covariate means of the year before, errors count that weights "
        "are estimated",
    ),
    "psm": Caveat(
        "年份效应;同一队列内按倾向得分取最近邻,标准误把权重视为给定",
        "year effects; nearest neighbours by propensity score within the cohort, errors take the weights as given",
    ),
    "iv": Caveat(
        f"{UNIT_YEARS.zh};身份为内生变量,按企业聚类",
        f"{UNIT_YEARS.en}; status is endogenous, clustered by firm",
    ),
}


def event_rows(events: Events, outcome: str, level: float) -> Iterator[Row]:
    """One row per event time, the overall effect and the joint pre-trend test."""
    z = t_quantile(0.5 + level / 2, max(events.units - 1, 1))
    note = note_text(NOTES[events.estimator], *events.caveats)

    def row(quantity: str, time: int | None, effect: float, se: float, p: float) -> Row:
        return {
            "outcome": outcome, "estimator": events.estimator, "quantity": quantity, "time": time, "estimate": effect, "se": se,
            "ci_low": effect - z * se, "ci_high": effect + z * se, "p": p, "n_obs": events.n, "n_units": events.units,
            "n_treated": events.treated, "note": note,
        }  # fmt: skip

    def two_sided_p(t_statistic: float, se: float) -> float:
        return 2 * t_tail(abs(t_statistic / se), max(events.units - 1, 1)) if se > 0 else np.nan

    for time, value, se in zip(events.time, events.estimate, events.se):
        yield row("effect", time, float(value), float(se), two_sided_p(value, se))
    yield row("overall", None, events.overall, events.overall_se, two_sided_p(events.overall, events.overall_se))
    f, lead_count, p = events.pre_trend()
    if lead_count:
        yield row("pre_trend_f", None, f, np.nan, p)


def note_text(*caveats: Caveat) -> str:
    """`中文 / English` of all parts."""
    return f"{';'.join(caveat.zh for caveat in caveats)} / {'; '.join(caveat.en for caveat in caveats)}"


def row_without_time(
    estimator: str, outcome: str, quantity: str, effect: float, se: float, level: float, sizes: dict[str, int]
) -> Row:
    """A row without event time, normal interval."""
    width = normal_quantile(0.5 + level / 2) * se
    p = 2 * normal_tail(abs(effect / se)) if se > 0 else np.nan
    return {
        "outcome": outcome, "estimator": estimator, "quantity": quantity, "time": None, "estimate": effect, "se": se,
        "ci_low": effect - width, "ci_high": effect + width, "p": p, "note": note_text(NOTES[estimator]),
    } | sizes  # fmt: skip
