"""One row per unit and year for all columns that are compared: outcomes of both samples side by side, regressors once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ..errors import EstimationError
from ..study.records import SpecificationChoice, Study
from .composite import Composite
from .estimation_data import KEY, density_column
from .kernels.moderation import BASE

SAMPLES = ("all", "leave_out")
SPLITTABLE = "splittable"  # the part of the root that comes from firm tables, at its own global shares
MIN_FIRM_SHARE = 0.5  # a node is split into composition and spillover when at least this share of it can be


@dataclass(frozen=True)
class EstimationSample:
    """`frame`: unit, year, regressors, and outcomes named `<sample>:<node or leaf>`; `composition` is all - leave_out."""

    frame: pd.DataFrame
    tree: Composite
    samples: tuple[str, ...]
    firm_leaves: frozenset[str]  # leaves that are computed from firms

    def firm_share(self, node: str) -> float:
        """Share of a node that is computed from firms."""
        return 1.0 if node == SPLITTABLE else self.tree.within(node, self.firm_leaves)

    def mostly_firms(self, node: str) -> bool:
        """True when enough of a node is computed from firms for its leave-out version to mean something."""
        return self.firm_share(node) >= MIN_FIRM_SHARE

    def root_column(self, sample: str) -> str:
        """Column of the whole index in a sample."""
        return f"{sample}:{self.tree.root}"

    def root_in(self, sample: str) -> str | None:
        """The node that represents the index in a sample.

        On leave_out its splittable part where less than half of it can be split, None where nothing can.
        """
        if sample != "leave_out" or self.mostly_firms(self.tree.root):
            return self.tree.root
        return SPLITTABLE if SPLITTABLE in self.reported_nodes else None

    @cached_property
    def reported_nodes(self) -> tuple[str, ...]:
        """Nodes and, where only a part of the root can be split, that part."""
        is_partly_from_firms = 0 < self.firm_share(self.tree.root) < 1 - 1e-12 and len(self.samples) > 1
        return (*self.tree.nodes, SPLITTABLE) if is_partly_from_firms else self.tree.nodes

    def outcome_columns(self, nodes: Sequence[str], *, composition: bool = False) -> tuple[str, ...]:
        """Columns of the given nodes in every sample (and their difference)."""
        names = (*self.samples, "composition") if composition and len(self.samples) > 1 else self.samples
        return tuple(f"{node_name}:{node}" for node_name in names for node in nodes)

    @property
    def reported_columns(self) -> tuple[str, ...]:
        """Columns of the reported nodes in every sample."""
        return self.outcome_columns(self.reported_nodes)


def _outcomes(score_rows: pd.DataFrame, tree: Composite, firm_leaves: Collection[str]) -> pd.DataFrame:
    """Nodes, leaves and the splittable part of one sample, by unit and year."""
    indexed = score_rows.set_index(KEY)
    leaves = indexed[[f"z_{leaf}" for leaf in tree.leaves]].rename(columns=lambda column_name: column_name.removeprefix("z_"))
    outcomes = indexed[[*tree.nodes]].join(leaves)
    shares = {leaf: share for leaf, share in tree.weights(tree.root).items() if leaf in firm_leaves}
    if shares:
        outcomes[SPLITTABLE] = sum(share * outcomes[leaf] for leaf, share in shares.items()) / sum(shares.values())
    return outcomes


def base_year(observations: pd.DataFrame, density: str) -> int:
    """The last year before any density, else the first year."""
    max_density_by_year = observations.groupby("year")[density].max()
    years_before = max_density_by_year.index[(max_density_by_year <= 0).cumprod().astype(bool)]
    return int(years_before.max() if len(years_before) else max_density_by_year.index.min())


def base_values(moderators: pd.DataFrame, year: int) -> pd.DataFrame:
    """`base_<name>` by unit: the value of the last year up to `year` that has one, else of the first year."""
    sorted_moderators = moderators.sort_values(KEY)
    until_year, first_values = (
        sorted_moderators[sorted_moderators["year"] <= year].groupby("unit").last(),
        sorted_moderators.groupby("unit").first(),
    )
    return until_year.combine_first(first_values).drop(columns="year").add_prefix(BASE)


def estimation_sample(
    unit_years: pd.DataFrame, tree: Composite, study: Study, moderators: pd.DataFrame | None = None
) -> EstimationSample:
    """Both samples side by side, base-year values of moderators joined; a sample without any value is left out."""
    firm_leaves = frozenset(leaf for leaf in tree.leaves if study.indicators.indicators[leaf].table == "firms")
    rows_by_sample = {
        sample_name: sample_rows
        for sample_name, sample_rows in unit_years.groupby("sample")
        if sample_rows[tree.root].notna().any()
    }
    samples = tuple(sample_name for sample_name in SAMPLES if sample_name in rows_by_sample)
    outcome_blocks = {sample_name: _outcomes(rows_by_sample[sample_name], tree, firm_leaves) for sample_name in samples}
    columns: list[pd.DataFrame | pd.Series] = [
        outcome_block.add_prefix(f"{sample_name}:") for sample_name, outcome_block in outcome_blocks.items()
    ]
    if len(samples) > 1:
        columns.append((outcome_blocks["all"] - outcome_blocks["leave_out"]).add_prefix("composition:"))
    outcomes = {*tree.nodes, *(f"z_{leaf}" for leaf in tree.leaves), "sample"}
    regressors = unit_years[unit_years["sample"] == samples[0]].set_index(KEY) if samples else unit_years.set_index(KEY).iloc[:0]
    regressors = regressors[[regressor for regressor in regressors.columns if regressor not in outcomes]]
    side_by_side = regressors.join(columns).copy().reset_index()  # the copy joins a hundred blocks into a few
    if moderators is not None and len(moderators.columns) > len(KEY) and "density_lag" in side_by_side:
        side_by_side = side_by_side.merge(base_values(moderators, base_year(side_by_side, "density_lag")), on="unit", how="left")
    return EstimationSample(side_by_side.sort_values(KEY, ignore_index=True), tree, samples, firm_leaves)


def with_scenario(sample: EstimationSample, choice: SpecificationChoice, scenarios: pd.DataFrame) -> EstimationSample:
    """The same with the index of the specification's scenario as the root of sample `all`, on the rows of the study's own.

    `scenarios`: scenario, unit, year, node, score. EstimationError when that scenario scores nothing.
    """
    if choice.scenario is None:
        return sample
    root, column = sample.tree.root, sample.root_column("all")
    of_root = (scenarios["scenario"] == choice.scenario) & (scenarios["node"] == root)
    scored_rows = scenarios[of_root].dropna(subset=["score"])
    if scored_rows.empty:
        raise EstimationError(
            f"specification {choice.id}: scenario {choice.scenario} has no score of {root}",
            zh=f"回归设定 {choice.id}:情景 {choice.scenario} 没有 {root} 的得分",
        )
    scores = scored_rows[[*KEY, "score"]].astype({"year": "int64"}).rename(columns={"score": column})
    scores[column] = scores[column].astype(float) / 100
    is_complete_row = sample.frame[list(_index_columns(sample))].notna().all(axis=1)
    frame = sample.frame.drop(columns=column).merge(scores, on=KEY, how="left", validate="one_to_one")
    frame[column] = frame[column].where(is_complete_row.to_numpy())
    return replace(sample, frame=frame, samples=SAMPLES[:1])


def _index_columns(sample: EstimationSample) -> tuple[str, ...]:
    """Columns of every node and leaf in every sample."""
    return sample.outcome_columns([*sample.tree.nodes, *sample.tree.leaves])


def controls_of(choice: SpecificationChoice, study: Study) -> tuple[str, ...]:
    """Names of a specification's controls."""
    if choice.controls == "none":
        return ()
    return tuple(study.regressions.controls) if choice.controls == "all" else tuple(choice.controls)


def subset_text(choice: SpecificationChoice) -> str:
    """The sample restriction in words that sort: `2015-2024; without 2020 2021; without C42 C43`."""
    years = f"{choice.years[0]}-{choice.years[1]}" if choice.years else ""
    exclusions = [
        f"without {' '.join(map(str, dropped_values))}"
        for dropped_values in (choice.drop_years, choice.drop_units)
        if dropped_values
    ]
    return "; ".join([*([years] if years else []), *exclusions])


def comparable_rows(sample: EstimationSample, choice: SpecificationChoice, study: Study) -> pd.DataFrame:
    """Rows for a specification and for all that differ from it only in controls and effects: the same in every column.

    A row must have every leaf of positive weight in every sample (a fixed indicator set), the density, and the controls
    of all those specifications; a control without any value counts for none but its own.
    """
    density = density_column(choice.density or study.regressions.density, study.regressions.density)
    similarly_restricted = [
        specification for specification in study.regressions.specifications if restriction(specification) == restriction(choice)
    ]
    control_names = {
        control for similar_choice in [choice, *similarly_restricted] for control in controls_of(similar_choice, study)
    }
    controls = sorted(c for c in control_names if c in sample.frame and sample.frame[c].notna().any())
    required_columns = [*_index_columns(sample), *controls, *([density] if density in sample.frame else [])]
    observations = sample.frame
    if choice.years:
        observations = observations[observations["year"].between(*choice.years)]
    observations = observations[~observations["unit"].isin(choice.drop_units) & ~observations["year"].isin(choice.drop_years)]
    return observations[np.isfinite(observations[required_columns].to_numpy(dtype=float)).all(axis=1)]


def restriction(choice: SpecificationChoice) -> tuple[object, ...]:
    """What decides the rows of a specification, beside its controls."""
    return choice.density, choice.years, choice.drop_years, choice.drop_units
