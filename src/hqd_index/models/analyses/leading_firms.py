"""H6b: does SRDI density lift the leading firms? The leave-out index of leaders and of others, and their firm outcomes."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...errors import EstimationError
from ...study.records import Density, Inference
from ..estimation_data import KEY
from ..estimation_sample import SPLITTABLE, Wide
from ..kernels.specification import Estimate, Specification, estimate
from ..model_rows import Row, density_text, split_name

NAMES = ("leaders", "others")
FIRM = "firm"
KEYS = (FIRM, "unit", "year", "sample")


def index_estimate(
    wide: Wide, rows: pd.DataFrame, spec: Specification, scores: pd.DataFrame, sample: str, settings: Inference, seed: int
) -> Estimate:
    """Density on the index of one group: its part that stands on firms, which is all that can differ between groups."""
    outcome = SPLITTABLE if SPLITTABLE in wide.shown else wide.tree.root
    if not wide.share(wide.tree.root) > 0:
        raise EstimationError(f"{sample}: no indicator is computed from firms", zh=f"{sample}:没有由企业计算的指标")
    own = scores[scores["sample"] == sample]
    if own["score"].notna().sum() == 0:
        raise EstimationError(f"{sample}: no score of such firms", zh=f"{sample}:没有这类企业的得分")
    column = f"{sample}:{outcome}"
    joined = rows.merge(_outcome(wide, own, outcome).rename(column).reset_index(), on=KEY, how="left", validate="one_to_one")
    wider = Specification(f"{spec.id}_{sample}", (column,), spec.density, spec.controls, spec.fixed_effects)
    return estimate(joined, wider, draws=settings.draws, weights=settings.weights, seed=seed, level=settings.level)


def _outcome(wide: Wide, own: pd.DataFrame, outcome: str) -> pd.Series:
    """The index, or the part of it that stands on firm tables, at the index's own shares."""
    values = own.pivot(index=KEY, columns="node", values="score")
    if outcome != SPLITTABLE:
        return values[outcome]
    shares = {leaf: w for leaf, w in wide.tree.weights(wide.tree.root).items() if leaf in wide.split}
    part: pd.Series = sum((w * values[leaf] for leaf, w in shares.items()), start=pd.Series(0.0, index=values.index))
    return part / sum(shares.values())


def firm_estimates(
    wide: Wide, spec: Specification, firms: pd.DataFrame, settings: Inference, seed: int
) -> Iterator[tuple[Estimate, str] | EstimationError]:
    """Each firm outcome of each group on the density of the firm's industry: firm and year effects, clustered by industry.

    `firms` holds never-recognised firms with the industry of the base year, which stays theirs.
    """
    outcomes = [column for column in firms.columns if column not in KEYS]
    if not outcomes or firms.empty:
        yield EstimationError("no firm outcome of firms that were there in the base year", zh="没有基年已有企业的企业层面结果")
        return
    regressors = wide.frame[[*KEY, spec.density, *(c for c in spec.controls if c in wide.frame)]]
    for sample in NAMES:
        joined = firms[firms["sample"] == sample].merge(regressors, on=KEY, how="inner", validate="many_to_one")
        for outcome in outcomes:
            column = f"{sample}:{outcome}"
            one = joined.rename(columns={outcome: column})
            wider = Specification(f"firms_{outcome}", (column,), spec.density, spec.controls, (FIRM, "year"))
            try:
                yield (
                    estimate(one, wider, draws=settings.draws, weights=settings.weights, seed=seed, level=settings.level),
                    sample,
                )
            except EstimationError as fault:
                yield EstimationError(f"{sample}, {outcome}: {fault.en}", zh=f"{sample},{outcome}:{fault.zh}")


def group_rows(found: Estimate, sample: str, density: Density) -> Iterator[Row]:
    """Rows of `regressions` of one group."""
    scale, outcome = found.scale(), split_name(found.spec.outcomes[0])[1]
    for k, term in enumerate(found.terms):
        yield {
            "spec": found.spec.id, "sample": sample, "subset": "", "outcome": outcome,
            "term": "density" if term == found.spec.density else term,
            "estimate": found.coefficient[k, 0], "estimate_sd": found.coefficient[k, 0] * scale[k, 0],
            "se_cv1": found.se_cv1[k, 0], "se_cv3": found.se_cv3[k, 0], "p_cv1": found.p_cv1[k, 0], "p_cv3": found.p_cv3[k, 0],
            "p_wild": float(found.p_wild[0]) if k == 0 else None, "ci_low": found.low[k, 0], "ci_high": found.high[k, 0],
            "n_obs": found.sums.n, "n_clusters": found.sums.g, "r2_within": found.sums.r2_within[0],
            "fixed_effects": "+".join(found.spec.fixed_effects), "controls": "+".join(found.spec.controls),
            "density": density_text(density), "lag": density.lag, "note": "never-recognised firms; groups fixed in the base year",
        }  # fmt: skip


def leader_firms(firm_years: pd.DataFrame, marks: pd.DataFrame, outcomes: list[str]) -> pd.DataFrame:
    """firm, unit, year, sample and one column per outcome of never-recognised firms that were there in the base year."""
    mine = firm_years[~firm_years["ever"].astype(bool)].rename(columns={"unit": FIRM})[[FIRM, "year", *outcomes]]
    kept = marks[marks["never"].astype(bool)].rename(columns={"firm_id": FIRM})
    kept = kept.assign(sample=kept["leader"].astype(bool).map({True: NAMES[0], False: NAMES[1]}))[[FIRM, "unit", "sample"]]
    return mine.merge(kept, on=FIRM, how="inner", validate="many_to_one")[[*KEYS, *outcomes]]
