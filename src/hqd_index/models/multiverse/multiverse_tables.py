"""The multiverse of a study: universes declared in regressions.yaml, all designs of the uncertainty stage, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
from scipy import special

from ...errors import EstimationError
from ...study.records import Study
from ..estimation_data import KEY, lagged
from ..estimation_sample import SPLITTABLE
from ..ineligible import comparable_designs, ineligibility_error
from ..kernels.specification import GROUP_YEAR, Specification
from ..model_rows import Mend, Row, Rows, frames_of, merged_rows, not_made
from .joint_test import joint_test
from .specification_curve import (
    Curve,
    ScoredUniverses,
    Scores,
    Universe,
    choice_shares,
    distinct_designs,
    multiverse,
    scored_universes,
)
from .wild_significance import WILD_DRAWS, wild_affordable, wild_significant_share

POINTS = 1_000  # points of the curve that are published, evenly taken
TABLES = ("multiverse", "multiverse_summary")
MEND: Mend = (
    "运行不确定性阶段(uncertainty.yaml draws > 0)并提供专精特新密度",
    "run the uncertainty stage (draws > 0 in uncertainty.yaml) and give an SRDI density",
)


def universes_of(observations: pd.DataFrame, density: pd.DataFrame, study: Study) -> list[Universe]:
    """Every combination of density, lag, controls, effects and years that regressions.yaml declares.

    `observations` (unit, year, controls, group_year where there are groups) holds each unit-year once; `density` every measure by
    unit and year.
    """
    grid, controls = study.regressions.multiverse, tuple(study.regressions.controls)
    columns = [*KEY, *controls, *([GROUP_YEAR] if GROUP_YEAR in observations else [])]
    data_by_measure_and_lag: dict[tuple[str, int], pd.DataFrame] = {}
    paths: dict[tuple[str, int], pd.DataFrame] = {}
    for measure, lag in product(grid.density, grid.lag):
        lagged_density = paths[measure, lag] = lagged(density[[*KEY, measure]], lag).rename(columns={measure: "density"})
        data_by_measure_and_lag[measure, lag] = observations[columns].merge(
            lagged_density, on=KEY, how="inner", validate="one_to_one"
        )
    universes = []
    for measure, lag, control_set, effects, years in product(
        grid.density, grid.lag, grid.controls, grid.fixed_effects, grid.years or (None,)
    ):
        universe_rows = data_by_measure_and_lag[measure, lag]
        universe_rows = universe_rows if years is None else universe_rows[universe_rows["year"].between(*years)]
        choices = {
            "density": measure, "lag": str(lag), "controls": control_set, "effects": "+".join(effects) or "none",
            "years": "all" if years is None else f"{years[0]}-{years[1]}",
        }  # fmt: skip
        spec = Specification(" ".join(choices.values()), (), "density", controls if control_set == "all" else (), effects)
        universes.append(Universe(spec, choices, universe_rows, paths[measure, lag]))
    return universes


def scores_of(design_scores: pd.DataFrame, designs: pd.DataFrame) -> Scores:
    """Those of `designs` as columns, with the choices that their labels name (`base` where a label does not)."""
    numbers = [number for number in designs["design"].astype(int) if str(number) in design_scores]
    scores_by_design = design_scores.sort_values(KEY, kind="stable").set_index(KEY)[[str(number) for number in numbers]]
    scores_by_design = scores_by_design.set_axis(pd.Index(numbers, name="design"), axis=1)
    scores_by_design = scores_by_design[scores_by_design.iloc[:, 0].notna()]  # the rows of the study's own design
    labels = designs.set_index("design")["label"].reindex(scores_by_design.columns)
    choices_by_design = [dict(option.split("=", 1) for option in str(label).split(", ") if "=" in option) for label in labels]
    choices = (
        pd.DataFrame(choices_by_design, index=scores_by_design.columns).fillna("base")
        if any(choices_by_design)
        else pd.DataFrame(index=scores_by_design.columns)
    )
    return Scores(
        scores_by_design.index.to_frame(index=False).astype({"year": "int64"}),
        scores_by_design.to_numpy(dtype=float) / 100,
        choices,
    )


def multiverse_tables(
    design_scores: pd.DataFrame,
    designs: pd.DataFrame,
    observations: pd.DataFrame,
    density: pd.DataFrame,
    study: Study,
    *,
    splittable_scores: pd.DataFrame | None = None,
) -> dict[str, pd.DataFrame]:
    """multiverse (the specification curve), multiverse_summary and not_made.

    `design_scores` are those of all firms, `splittable_scores` those of the leave-out index of the splittable tree: the same
    specifications on both, because the index of all firms is correlated with density mechanically.
    """
    tree_root = next(iter(study.indicators.tree), "")
    outcomes = [("all", tree_root, design_scores)]
    if splittable_scores is not None and len(splittable_scores):
        outcomes.append(("leave_out", SPLITTABLE, splittable_scores))
    row_tables: list[Rows] = []
    study_universes = StudyUniverses(observations, density, study)
    for sample, outcome, outcome_scores in outcomes:
        try:
            rows_of_tables = _multiverse_rows(outcome_scores, designs, study_universes, study)
        except EstimationError as fault:
            row_tables.append({"not_made": not_made(TABLES, fault, MEND)})
            continue
        row_tables.append(
            {
                table_name: [{"sample": sample, "outcome": outcome, **reason_row} for reason_row in table_rows]
                for table_name, table_rows in rows_of_tables.items()
            }
        )
    return frames_of(merged_rows(row_tables), TABLES)


class StudyUniverses:
    """The universes of a study on the rows that have scores, made once for outcomes on the same rows."""

    def __init__(self, observations: pd.DataFrame, density: pd.DataFrame, study: Study) -> None:
        self.observations, self.density, self.study = observations, density, study
        self._scored_by_rows: list[tuple[pd.DataFrame, ScoredUniverses]] = []

    def on_rows(self, unit_year_keys: pd.DataFrame) -> ScoredUniverses:
        """Those on the rows (unit, year) of an outcome's scores."""
        for keys, scored in self._scored_by_rows:
            if keys.equals(unit_year_keys):
                return scored
        self._scored_by_rows.append((unit_year_keys, scored_universes(unit_year_keys, self._universes)))
        return self._scored_by_rows[-1][1]

    @cached_property
    def _universes(self) -> list[Universe]:
        return universes_of(self.observations, self.density.astype({"year": "int64"}), self.study)


def _multiverse_rows(design_scores: pd.DataFrame, designs: pd.DataFrame, universes: StudyUniverses, study: Study) -> Rows:
    """EstimationError where nothing can be estimated."""
    density = universes.density
    if design_scores.empty or len(design_scores.columns) <= len(KEY):
        raise EstimationError("multiverse: no design scores", zh="多重宇宙:没有各设计的得分")
    if density.empty or density["density"].isna().all():
        raise EstimationError("multiverse: no SRDI density", zh="多重宇宙:没有专精特新密度")
    fault = ineligibility_error(study)
    if fault is not None:
        raise fault
    comparable_rows = comparable_designs(designs)
    scores = scores_of(design_scores, comparable_rows)
    curve, is_distinct_design = multiverse(scores, universes.on_rows(scores.keys)), distinct_designs(scores.values)
    if np.isnan(curve.estimate).all():
        raise curve.errors[0] if curve.errors else EstimationError("multiverse: no estimate", zh="多重宇宙:没有估计值")
    hypotheses, inference = study.regressions.hypotheses, study.regressions.inference
    alpha = hypotheses.alpha if hypotheses else 1 - inference.level
    return {
        "multiverse": list(_curve_points(curve, is_distinct_design, comparable_rows, study)),
        "multiverse_summary": list(_summary(curve, scores, is_distinct_design, study, alpha)),
    }


def _headline_universe(study: Study) -> str:
    """The universe that is the headline specification, where the grid holds it."""
    density = study.regressions.density
    headlines = [specification for specification in study.regressions.specifications if specification.headline] or list(
        study.regressions.specifications[-1:]
    )
    headline = headlines[0] if headlines else None
    controls = "none" if headline is None or headline.controls == "none" else "all"
    effects = "+".join(headline.fixed_effects) if headline else ""
    return f"{density.measure} {density.lag} {controls} {effects or 'none'} all"


def _curve_points(curve: Curve, is_shown_design: np.ndarray, designs: pd.DataFrame, study: Study) -> Iterator[Row]:
    """The curve sorted by estimate: evenly taken points, the headline among them."""
    numbers, labels = np.flatnonzero(is_shown_design), designs.set_index("design")["label"]
    b, p1, p3 = curve.estimate, curve.p_cv1, curve.p_cv3
    cells = [
        (curve_position, design_number)
        for curve_position in range(len(b))
        for design_number in numbers
        if np.isfinite(b[curve_position, design_number])
    ]
    cells.sort(key=lambda cell: (b[cell], cell))
    headline_id = _headline_universe(study)
    ids = [universe.spec.id for universe in curve.universes]
    quantile = special.stdtrit(curve.clusters - 1, 0.5 + study.regressions.inference.level / 2)
    positions = set(np.linspace(0, len(cells) - 1, min(POINTS, len(cells))).astype(int).tolist())
    positions |= {
        i for i, (curve_position, design_number) in enumerate(cells) if ids[curve_position] == headline_id and design_number == 0
    }
    for i in sorted(positions):
        curve_position, design_number = cells[i]
        width = float(quantile[curve_position] * curve.se_cv3[curve_position, design_number])
        yield {
            "position": i + 1,
            "design": int(design_number),
            "label": str(labels.get(design_number, "")),
            "spec": ids[curve_position],
            "estimate_sd": b[curve_position, design_number],
            "se_cv3": curve.se_cv3[curve_position, design_number],
            "ci_low": b[curve_position, design_number] - width,
            "ci_high": b[curve_position, design_number] + width,
            "p_cv1": p1[curve_position, design_number],
            "p_cv3": p3[curve_position, design_number],
            "headline": ids[curve_position] == headline_id and design_number == 0,
        }


def _summary(curve: Curve, scores: Scores, is_shown_design: np.ndarray, study: Study, alpha: float) -> Iterator[Row]:
    """Counts, shares over distinct designs, the variance that each choice explains, and the joint test."""
    yield _summary_row("declared", curve.declared_count, note="designs x specifications")
    not_estimable = float(np.isnan(curve.estimate).sum())
    reasons = "; ".join(failure.en for failure in curve.errors) or (
        "designs without a value in some row" if not_estimable else ""
    )
    yield _summary_row("not_estimable", not_estimable, note=reasons)
    yield _summary_row("designs", len(is_shown_design))
    yield _summary_row("specifications", len(curve.universes))
    for quantity, value in curve.shares(alpha, is_shown_design).items():
        yield _summary_row(quantity, value, note=f"alpha {alpha:g}" if quantity.startswith("significant") else "")
    if wild_affordable(curve, is_shown_design):
        wild_share = wild_significant_share(curve, scores, is_shown_design, alpha=alpha, seed=study.study.seed)
        yield _summary_row("significant_wild", wild_share, note=f"alpha {alpha:g}; {WILD_DRAWS} draws")
    else:
        yield _summary_row("significant_wild", np.nan, note="too many estimates for the bootstrap: read significant (CV3)")
    for _, share in choice_shares(curve, scores, is_shown_design).iterrows():
        yield _summary_row("variance_share", share["share"], share["kind"], share["choice"], f"{share['levels']} options")
    yield from _joint_rows(curve, scores, is_shown_design, study, alpha)


def _joint_rows(curve: Curve, scores: Scores, is_shown_design: np.ndarray, study: Study, alpha: float) -> Iterator[Row]:
    """p of the curve as a whole over the designs that every universe estimates; none without draws."""
    draws = study.regressions.multiverse.draws
    estimable_universes = [
        (universe, partial_rows)
        for universe, partial_rows, b in zip(curve.universes, curve.partialled_universes, curve.estimate)
        if partial_rows and np.isfinite(b[is_shown_design]).any()
    ]
    estimates = [b for b in curve.estimate if np.isfinite(b[is_shown_design]).any()]
    is_complete_design = is_shown_design & np.isfinite(estimates).all(axis=0)
    if draws and estimable_universes and is_complete_design.any():
        universes, partialled_universes = zip(*estimable_universes)
        joint_result = joint_test(
            scores,
            universes,
            is_complete_design,
            alpha=alpha,
            draws=draws,
            seed=study.study.seed,
            partialled_universes=partialled_universes,
        )
        note = f"{joint_result.draws} permutations of density paths; "
        note += f"{joint_result.exchangeable} of {joint_result.units} units exchange them"
        yield _summary_row("joint_p_median", joint_result.p_median, note=note)
        yield _summary_row("joint_p_significant", joint_result.p_significant, note=note)


def _summary_row(quantity: str, statistic: float, item_kind: str = "", choice: str = "", note: str = "") -> Row:
    return {"quantity": quantity, "kind": item_kind, "choice": choice, "value": float(statistic), "note": note}
