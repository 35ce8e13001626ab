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
SPLITTABLE = "splittable"  # the part of the root that stands on firm tables, at its own global shares
HALF = 0.5  # a node is split into composition and spillover when at least this share of it can be


@dataclass(frozen=True)
class Wide:
    """`frame`: unit, year, regressors, and outcomes named `<sample>:<node or leaf>`; `composition` is all - leave_out."""

    frame: pd.DataFrame
    tree: Composite
    samples: tuple[str, ...]
    split: frozenset[str]  # leaves that are computed from firms

    def share(self, node: str) -> float:
        """Share of a node that is computed from firms."""
        return 1.0 if node == SPLITTABLE else self.tree.within(node, self.split)

    @cached_property
    def shown(self) -> tuple[str, ...]:
        """Nodes and, where only a part of the root can be split, that part."""
        part = 0 < self.share(self.tree.root) < 1 - 1e-12 and len(self.samples) > 1
        return (*self.tree.nodes, SPLITTABLE) if part else self.tree.nodes

    def outcomes(self, names: Sequence[str], *, composition: bool) -> tuple[str, ...]:
        """Columns of the given nodes in every sample (and their difference)."""
        kinds = (*self.samples, "composition") if composition and len(self.samples) > 1 else self.samples
        return tuple(f"{kind}:{name}" for kind in kinds for name in names)


def _outcomes(rows: pd.DataFrame, tree: Composite, split: Collection[str]) -> pd.DataFrame:
    """Nodes, leaves and the splittable part of one sample, by unit and year."""
    out = rows.set_index(KEY)[[*tree.nodes]]
    leaves = rows.set_index(KEY)[[f"z_{leaf}" for leaf in tree.leaves]]
    out = out.join(leaves.rename(columns=lambda c: c.removeprefix("z_")))
    shares = {leaf: w for leaf, w in tree.weights(tree.root).items() if leaf in split}
    if shares:
        out[SPLITTABLE] = sum(w * out[leaf] for leaf, w in shares.items()) / sum(shares.values())
    return out


def base_year(rows: pd.DataFrame, density: str) -> int:
    """The last year before any density, else the first year."""
    largest = rows.groupby("year")[density].max()
    before = largest.index[(largest <= 0).cumprod().astype(bool)]
    return int(before.max() if len(before) else largest.index.min())


def base_values(moderators: pd.DataFrame, year: int) -> pd.DataFrame:
    """`base_<name>` by unit: the value of the last year up to `year` that has one, else of the first year."""
    order = moderators.sort_values(KEY)
    early, late = (order[order["year"] <= year].groupby("unit").last(), order.groupby("unit").first())
    return early.combine_first(late).drop(columns="year").add_prefix(BASE)


def widen(data: pd.DataFrame, tree: Composite, study: Study, moderators: pd.DataFrame | None = None) -> Wide:
    """Both samples of `data` side by side, base-year values of moderators joined; a sample without any value is left out."""
    split = frozenset(leaf for leaf in tree.leaves if study.indicators.indicators[leaf].table == "firms")
    present = {s: rows for s, rows in data.groupby("sample") if rows[tree.root].notna().any()}
    samples = tuple(s for s in SAMPLES if s in present)
    blocks = {s: _outcomes(present[s], tree, split) for s in samples}
    columns: list[pd.DataFrame | pd.Series] = [b.add_prefix(f"{s}:") for s, b in blocks.items()]
    if len(samples) > 1:
        columns.append((blocks["all"] - blocks["leave_out"]).add_prefix("composition:"))
    names = {*tree.nodes, *(f"z_{leaf}" for leaf in tree.leaves), "sample"}
    regressors = data[data["sample"] == samples[0]].set_index(KEY) if samples else data.set_index(KEY).iloc[:0]
    keep = [c for c in regressors.columns if c not in names]
    frame = regressors[keep].join(columns).copy().reset_index()  # the copy joins a hundred blocks into a few
    if moderators is not None and len(moderators.columns) > len(KEY) and "density_lag" in frame:
        frame = frame.merge(base_values(moderators, base_year(frame, "density_lag")), on="unit", how="left")
    return Wide(frame.sort_values(KEY, ignore_index=True), tree, samples, split)


def of_scenario(wide: Wide, choice: SpecificationChoice, scenarios: pd.DataFrame | None) -> Wide:
    """The same with the index of the specification's scenario as the root of sample `all`, on the rows of the study's own.

    `scenarios`: scenario, unit, year, score of the root. EstimationError when that scenario scores nothing.
    """
    if choice.scenario is None:
        return wide
    root = f"all:{wide.tree.root}"
    scored = scenarios if scenarios is not None else pd.DataFrame(columns=["scenario", *KEY, "score"])
    found = scored[scored["scenario"] == choice.scenario].dropna(subset=["score"])
    if found.empty:
        raise EstimationError(
            f"specification {choice.id}: scenario {choice.scenario} has no score of {wide.tree.root}",
            zh=f"回归设定 {choice.id}:情景 {choice.scenario} 没有 {wide.tree.root} 的得分",
        )
    other = found[[*KEY, "score"]].astype({"year": "int64"}).rename(columns={"score": root})
    other[root] = other[root].astype(float) / 100
    own = wide.frame[[*wide.outcomes([*wide.tree.nodes, *wide.tree.leaves], composition=False)]].notna().all(axis=1)
    frame = wide.frame.drop(columns=root).merge(other, on=KEY, how="left", validate="one_to_one")
    frame[root] = frame[root].where(own.to_numpy())
    return replace(wide, frame=frame, samples=SAMPLES[:1])


def controls_of(choice: SpecificationChoice, study: Study) -> tuple[str, ...]:
    """Names of a specification's controls."""
    if choice.controls == "none":
        return ()
    return tuple(study.regressions.controls) if choice.controls == "all" else tuple(choice.controls)


def subset_text(choice: SpecificationChoice) -> str:
    """The sample restriction in words that sort: `2015-2024; without 2020 2021; without C42 C43`."""
    years = f"{choice.years[0]}-{choice.years[1]}" if choice.years else ""
    left_out = [f"without {' '.join(map(str, dropped))}" for dropped in (choice.drop_years, choice.drop_units) if dropped]
    return "; ".join([*([years] if years else []), *left_out])


def compared(wide: Wide, choice: SpecificationChoice, study: Study) -> pd.DataFrame:
    """Rows for a specification and for all that differ from it only in controls and effects: the same in every column.

    A row must have every leaf of positive weight in every sample (a fixed indicator set), the density, and the controls
    of all those specifications; a control without any value counts for none but its own.
    """
    density = density_column(choice.density or study.regressions.density, study.regressions.density)
    alike = [s for s in study.regressions.specifications if _restriction(s) == _restriction(choice)]
    asked = {c for s in [choice, *alike] for c in controls_of(s, study)}
    controls = sorted(c for c in asked if c in wide.frame and wide.frame[c].notna().any())
    needed = [*wide.outcomes([*wide.tree.nodes, *wide.tree.leaves], composition=False), *controls]
    needed += [density] if density in wide.frame else []
    rows = wide.frame
    if choice.years:
        rows = rows[rows["year"].between(*choice.years)]
    rows = rows[~rows["unit"].isin(choice.drop_units) & ~rows["year"].isin(choice.drop_years)]
    return rows[np.isfinite(rows[needed].to_numpy(dtype=float)).all(axis=1)]


def _restriction(choice: SpecificationChoice) -> tuple[object, ...]:
    return choice.density, choice.years, choice.drop_years, choice.drop_units
