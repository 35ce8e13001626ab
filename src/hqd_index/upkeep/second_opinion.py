"""Every unit-year row of `regressions` estimated again from the published files, by statsmodels: least squares on dummies.

Compared are the estimate and the CV1 standard error, after the factor that is stated for it. CV3, the bootstrap and rows of
firms are not; r/baseline.R repeats those too.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import CheckError
from ..tables import variable

GOAL = 1e-8
"""Largest relative difference that two ways of arithmetic in double precision should leave."""
BOUND = 1e-6
"""A larger one is a fault (exit 4)."""
RANK = 1e-10
"""Singular values of the dummies below this part of the largest are rounding."""
CODES = ("unit", "from_unit", "to_unit")
WORDS = ("spec", "sample", "subset", "outcome", "term", "fixed_effects", "controls", "density", "note")
REGRESSION = ["spec", "sample", "subset", "outcome"]
OUTCOME_ENDINGS = {"all": "", "leave_out": "_lo", "leaders": "_leaders", "others": "_others"}
LINK_WEIGHTS = {"direct": ("upstream", "downstream"), "complete": ("leontief", "ghosh")}
INTERACTION, TREND = "density_x_", "exposure_trend"
FIRM_ROWS = ("企业层面的回归不在此比较", "regressions of firms are not part of this")
NO_COLUMN = ("已发布面板没有所需的列", "the published panel lacks a column")
OTHER_SAMPLE = ("已发布面板无法还原其样本", "its sample cannot be rebuilt from the published panel")


class NotComparable(Exception):
    """A regression that the published files do not hold; `reason` is (Chinese, English)."""

    def __init__(self, reason: tuple[str, str]) -> None:
        super().__init__(reason[1])
        self.reason = reason


@dataclass(frozen=True)
class Comparison:
    """Rows compared, the largest relative difference among them and where it is; rows not compared by reason."""

    rows: int
    difference: float
    largest: str
    skip_counts: Mapping[tuple[str, str], int]

    @property
    def line(self) -> tuple[str, str]:
        """In Chinese and in English."""
        zh = f"statsmodels 由已发布面板重新估计 {self.rows:,} 行回归:系数与 CV1 标准误的最大相对差为 {self.difference:.1e}"
        en = f"{self.rows:,} rows of regressions re-estimated by statsmodels: largest relative difference {self.difference:.1e}"
        zh, en = f"{zh}(目标 {GOAL:.0e})", f"{en} (goal {GOAL:.0e})"
        for (reason_zh, reason_en), count in self.skip_counts.items():
            zh, en = f"{zh};未比较 {count:,} 行:{reason_zh}", f"{en}; {count:,} rows not compared: {reason_en}"
        return zh, en


def second_opinion(run_folder: Path) -> Comparison | None:
    """The comparison for a published run, None where it has no regressions; CheckError (exit 4) beyond 1e-6."""
    published_table = read_table(run_folder / "tables" / "regressions.csv", WORDS)
    panel_path = run_folder / "stata" / "panel.csv"
    if published_table.empty or not panel_path.is_file():
        return None
    files = PublishedFiles(
        run_folder, read_table(panel_path), json.loads((run_folder / "config.json").read_text("utf-8"))["regressions"]
    )
    differences: dict[str, float] = {}
    skip_counts: Counter[tuple[str, str]] = Counter()
    for _, rows in published_table.groupby(REGRESSION, sort=False):
        try:
            differences |= _differences(files, rows)
        except NotComparable as error:
            skip_counts[error.reason] += len(rows)
    largest = max(differences, key=lambda row: differences[row], default="")
    comparison = Comparison(len(differences), differences.get(largest, 0.0), largest, dict(skip_counts))
    if comparison.difference > BOUND:
        raise CheckError(
            f"{largest}: statsmodels differs from the published estimate by {comparison.difference:.1e}, relative",
            zh=f"{largest}:statsmodels 与已发布的估计相对差 {comparison.difference:.1e}",
            location="regressions.csv",
        )
    return comparison


def read_table(path: Path, words: Sequence[str] = ()) -> pd.DataFrame:
    """A published CSV with every digit; codes stay text, and so do `words`, in which an empty cell is an empty text."""
    if not path.is_file():
        return pd.DataFrame()
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=dict.fromkeys((*CODES, *words), str), low_memory=False)
    return frame.fillna({column_name: "" for column_name in words if column_name in frame})


@dataclass(frozen=True)
class PublishedFiles:
    """A run's panel, tables and the `regressions` part of its configuration."""

    run: Path
    panel: pd.DataFrame
    config: Mapping[str, Any]

    @cached_property
    def scenarios(self) -> pd.DataFrame:
        return read_table(self.run / "tables" / "scenarios.csv")

    @cached_property
    def links(self) -> pd.DataFrame:
        return read_table(self.run / "tables" / "io_links.csv")

    def choice(self, spec_id: str) -> Mapping[str, Any]:
        """The specification of that name as configured; empty for one that the program derives from the headline."""
        return next((choice for choice in self.config["specifications"] if choice["id"] == spec_id), {})

    def column(self, panel: pd.DataFrame, column_name: str) -> pd.Series:
        """A column by the name that Stata accepts; NotComparable where the panel has none."""
        if variable(column_name) not in panel:
            raise NotComparable(NO_COLUMN)
        return panel[variable(column_name)].astype(float)


@dataclass(frozen=True)
class Design:
    """A regression's rows: outcome (n,), terms (n, k), effects as codes, clusters, weights (n,) where there are any."""

    outcome: pd.Series
    terms: pd.DataFrame
    effects: Sequence[pd.Series]
    unit: pd.Series
    weights: pd.Series | None

    def keep(self, is_included: pd.Series) -> Design:
        weights = None if self.weights is None else self.weights[is_included]
        return Design(
            self.outcome[is_included],
            self.terms[is_included],
            [effect[is_included] for effect in self.effects],
            self.unit[is_included],
            weights,
        )


def _differences(published_files: PublishedFiles, regressions: pd.DataFrame) -> dict[str, float]:
    """Row -> larger relative difference of its estimate and its CV1 standard error."""
    row = regressions.iloc[0]
    if "firm" in row["fixed_effects"]:
        raise NotComparable(FIRM_ROWS)
    design = _regression_design(published_files, row, list(regressions["term"]))
    if len(design.outcome) != row["n_obs"] or design.unit.nunique() != row["n_clusters"]:
        raise NotComparable(OTHER_SAMPLE)
    estimates, errors = _least_squares(design)
    name = ", ".join(str(row[key_column]) for key_column in REGRESSION if row[key_column])
    compared_terms = zip(regressions["term"], regressions["estimate"], estimates, regressions["se_cv1"], errors)
    return {
        f"{name}, {term}": max(_relative(estimate, other_estimate), _relative(error, other_error))
        for term, estimate, other_estimate, error, other_error in compared_terms
    }


def _relative(published_value: float, estimated_value: float) -> float:
    return abs(published_value - estimated_value) / abs(published_value) if published_value else abs(estimated_value)


def _least_squares(design: Design) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients and CV1 standard errors of the terms, every effect as dummies."""
    import statsmodels.api as sm
    from scipy.linalg import orth

    constant = np.ones((len(design.outcome), 1))
    dummies = np.hstack([constant, *(pd.get_dummies(effect).to_numpy(dtype=float) for effect in design.effects)])
    # an orthonormal basis of the dummies: the same space, without the collinear ones
    regressors = np.hstack([design.terms.to_numpy(dtype=float), orth(dummies, rcond=RANK)])
    y, groups = design.outcome.to_numpy(dtype=float), pd.factorize(design.unit)[0]
    model = sm.OLS(y, regressors) if design.weights is None else sm.WLS(y, regressors, weights=design.weights.to_numpy())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    slopes = design.terms.shape[1]
    return fit.params[:slopes], fit.bse[:slopes] * np.sqrt(_cv1_factor(design))


def _cv1_factor(design: Design) -> float:
    """G/(G-1) * (N-1)/(N-K), K = slopes + 1 + (levels - 1) of each effect not nested in the unit (design 5.7)."""
    n, g = len(design.outcome), design.unit.nunique()
    crossing_effects = [effect for effect in design.effects if (design.unit.groupby(effect).nunique() > 1).any()]
    k = design.terms.shape[1] + 1 + sum(effect.nunique() - 1 for effect in crossing_effects)
    return g / (g - 1) * (n - 1) / (n - k)


def _regression_design(published_files: PublishedFiles, regression: pd.Series, terms: Sequence[str]) -> Design:
    flag = variable(f"used_{regression['spec']}")  # a specification has one where its rows are no part of `used`
    frame = published_files.panel[published_files.panel[flag if flag in published_files.panel else "used"] == 1].reset_index(
        drop=True
    )
    density = _density(published_files, frame, regression)
    columns = dict(_term_columns(published_files, frame, regression, density, terms))
    weights = re.search(r"weights: (\w+)", regression["note"])
    design = Design(
        outcome=_outcome_column(published_files, frame, regression),
        terms=pd.DataFrame(columns),
        effects=list(_effect_columns(frame, regression["fixed_effects"])),
        unit=frame["unit"],
        weights=published_files.column(frame, weights[1]) if weights and weights[1].startswith("base_") else None,
    )
    if regression["spec"].endswith("_long_difference"):
        return _long_difference(design, frame, regression["subset"])
    design_columns = design.terms.assign(**{":outcome": design.outcome, ":density": density})
    if design.weights is not None:
        design_columns[":weights"] = design.weights
    is_complete = pd.Series(np.isfinite(design_columns.to_numpy()).all(axis=1), index=frame.index)
    design = _without_singletons(design.keep(is_complete & _subset(frame, regression["subset"])))
    return _with_trend(_with_products(design), frame["year"])


def _density(published_files: PublishedFiles, panel: pd.DataFrame, regression: pd.Series) -> pd.Series:
    default_density = published_files.config["density"]
    measure, lag = regression["density"].partition("_")[0], int(regression["lag"])
    default = (measure, lag) == (default_density["measure"], default_density["lag"])
    return published_files.column(panel, "density_lag" if default else f"{measure}_lag{lag}")


def _term_columns(
    published_files: PublishedFiles, panel: pd.DataFrame, regression: pd.Series, density: pd.Series, terms: Sequence[str]
) -> Iterator[tuple[str, pd.Series]]:
    """Every published term with its column."""
    linked_values = (
        _linked_density(published_files, regression["spec"], density.name) if {"upstream", "downstream"} & set(terms) else None
    )
    for term in terms:
        if term == "density":
            yield term, density
        elif term.startswith(INTERACTION):
            yield (
                term,
                published_files.column(panel, f"base_{term.removeprefix(INTERACTION)}"),
            )  # `_with_products` makes it the product
        elif term == TREND:
            yield term, panel["year"].astype(float)  # `_with_trend` puts it on the rows that are estimated on
        elif linked_values is not None and term in linked_values:
            yield term, panel.merge(linked_values, left_on=["unit", "year"], right_index=True, how="left")[term]
        else:
            yield term, published_files.column(panel, f"{term}_lag")


def _with_products(design: Design) -> Design:
    """Density times each moderator, which is scaled over the units that are estimated on."""
    moderators = {term: term_values for term, term_values in design.terms.items() if str(term).startswith(INTERACTION)}
    products = {
        str(term): design.terms["density"] * _standardised(term_values, design.unit) for term, term_values in moderators.items()
    }
    return replace(design, terms=design.terms.assign(**products)) if products else design


def _with_trend(design: Design, year: pd.Series) -> Design:
    """The trend as mean density of each unit, from the first year with any to the data end, times the year.

    A unit without rows since then has none and leaves, and with it rows that are then alone in a level of an effect.
    """
    if TREND not in design.terms:
        return design
    density, year = design.terms["density"], year[design.terms.index]
    first_year = year[density > 0].min()
    later_mean = density.where(year >= first_year).groupby(design.unit).transform("mean")
    trended = replace(design, terms=design.terms.assign(**{TREND: later_mean * (year - (first_year - 1))}))
    return _without_singletons(trended.keep(later_mean.notna()))


def _standardised(moderator_values: pd.Series, unit: pd.Series) -> pd.Series:
    """A moderator over units: 0 and 1 where it has two values, else in standard deviations from its mean."""
    by_unit = moderator_values.groupby(unit).first()
    levels = sorted(by_unit.dropna().unique())
    if len(levels) == 2:
        return (moderator_values == levels[1]).astype(float).where(moderator_values.notna())
    return (moderator_values - by_unit.mean()) / by_unit.std(ddof=0)


def _linked_density(published_files: PublishedFiles, spec_id: str, density: Any) -> pd.DataFrame:
    """upstream, downstream by unit and year: the density of suppliers and customers, weighted by their links."""
    names = LINK_WEIGHTS["complete" if spec_id.endswith("complete") else "direct"]
    links = published_files.links[published_files.links["from_unit"] != published_files.links["to_unit"]]
    values = published_files.panel.pivot(index="year", columns="unit", values=density)
    units = sorted({*links["from_unit"], *links["to_unit"]} & set(values))
    to_users, to_suppliers = (
        links.pivot(index="from_unit", columns="to_unit", values=unit_name).reindex(index=units, columns=units).fillna(0.0)
        for unit_name in names
    )
    upstream, downstream = values[units] @ to_users, values[units] @ to_suppliers.T
    return pd.DataFrame({"upstream": upstream.unstack(), "downstream": downstream.unstack()}).rename_axis(["unit", "year"])


def _outcome_column(published_files: PublishedFiles, panel: pd.DataFrame, regression: pd.Series) -> pd.Series:
    scenario = published_files.choice(regression["spec"]).get("scenario")
    if scenario:
        scenario_scores = published_files.scenarios[
            (published_files.scenarios["scenario"] == scenario) & (published_files.scenarios["node"] == regression["outcome"])
        ]
        return panel.merge(scenario_scores[["unit", "year", "score"]], on=["unit", "year"], how="left")["score"] / 100
    if regression["spec"] == "mechanism":
        return published_files.column(panel, f"via_{regression['outcome']}")
    return published_files.column(panel, f"{regression['outcome']}{OUTCOME_ENDINGS[regression['sample']]}")


def _effect_columns(panel: pd.DataFrame, fixed_effects: str) -> Iterator[pd.Series]:
    for effect in fixed_effects.split("+") if fixed_effects else ():
        yield panel["group_id"].astype(str) + " " + panel["year"].astype(str) if effect == "group_year" else panel[effect]


def _subset(panel: pd.DataFrame, subset: str) -> pd.Series:
    """Rows of `2015-2024; without 2020 2021; without C42 C43`."""
    rows = pd.Series(True, index=panel.index)
    for restriction in subset.split("; ") if subset else ():
        year_span = re.fullmatch(r"(\d{4})-(\d{4})", restriction)
        if year_span:
            rows &= panel["year"].between(int(year_span[1]), int(year_span[2]))
        else:
            omitted_keys = restriction.removeprefix("without ").split(" ")
            rows &= ~panel["year"].astype(str).isin(omitted_keys) & ~panel["unit"].isin(omitted_keys)
    return rows


def _long_difference(design: Design, panel: pd.DataFrame, subset: str) -> Design:
    """One row per unit: changes between the two years."""
    first_year, last_year = (int(year) for year in subset.split("-"))
    columns = pd.concat([design.outcome.rename("outcome"), design.terms], axis=1).set_index([panel["unit"], panel["year"]])
    change = (columns.xs(last_year, level="year") - columns.xs(first_year, level="year")).dropna().reset_index()
    return Design(change["outcome"], change[list(design.terms)], [], change["unit"], None)


def _without_singletons(design: Design) -> Design:
    """Rows that are alone in a level of an effect leave, again and again."""
    while True:
        singleton_flags = [effect.groupby(effect).transform("size") == 1 for effect in design.effects]
        is_included = (
            ~pd.concat(singleton_flags, axis=1).any(axis=1) if singleton_flags else pd.Series(True, index=design.outcome.index)
        )
        if is_included.all():
            return design
        design = design.keep(is_included)
