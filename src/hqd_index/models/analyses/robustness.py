"""What a referee asks of the headline estimate, as rows of the published tables: every number beside the estimate it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from ...errors import EstimationError
from ...study.records import Density, SpecificationChoice
from ..estimation_sample import Wide
from ..kernels.clusters import cluster_sums, compact
from ..kernels.inference import driscoll_kraay, inflation, joint_wald
from ..kernels.moderation import TIMES, Moderated, holm
from ..kernels.partial import partial_out
from ..kernels.randomisation import randomisation
from ..kernels.shapley import LARGEST, importance
from ..kernels.slx import DOWN, UP, Spillover
from ..kernels.specification import Estimate, Specification, sums_of
from ..model_rows import Row, regression_rows, split_name
from .contribution import TOTAL, Item, Window, changes

RANDOM_DRAWS = 999


def _row(found: Estimate, column: str, quantity: str, value: float, note: str = "") -> Row:
    sample, node = split_name(column)
    return {"spec": found.spec.id, "sample": sample, "outcome": node, "quantity": quantity, "value": value, "note": note}


def _shown(found: Estimate, wide: Wide) -> list[tuple[int, str]]:
    """Positions and names of the outcomes of both samples that are told of: nodes above the leaves, not constant."""
    kept = [(j, c) for j, c in enumerate(found.spec.outcomes) if split_name(c)[0] != "composition"]
    return [(j, c) for j, c in kept if split_name(c)[1] in wide.shown and found.sums.sd_outcomes[j] > 0]


def kernel_rows(found: Estimate, wide: Wide) -> Iterator[Row]:
    """Driscoll-Kraay standard errors: errors correlated across units and a few years."""
    rows, spec = wide.frame.loc[found.rows], found.spec
    codes, years = pd.factorize(rows["year"], sort=True)  # in order of time: the kernel runs over neighbours
    sums = cluster_sums(
        rows[list(spec.outcomes)].to_numpy(dtype=float), rows[list(found.terms)].to_numpy(dtype=float),
        [compact(rows[e].to_numpy()) for e in spec.fixed_effects], codes.astype(np.intp), terms=found.terms,
        labels=[str(y) for y in years],
    )  # fmt: skip
    if sums.g < 2 or spec.density in sums.dropped:
        return
    errors = driscoll_kraay(sums)
    for j, column in _shown(found, wide):
        yield _row(found, column, "se_driscoll_kraay", float(errors[0, j]))


def fit_rows(found: Estimate, wide: Wide) -> Iterator[Row]:
    """Variance inflation of each term, and the Mundlak form of the Hausman test: unit means beside the values, clustered."""
    for term, value in zip(found.terms, inflation(found.sums)):
        yield _row(found, ":", "vif", float(value), term)
    if "unit" not in found.spec.fixed_effects:
        return
    means = [f"mean_{term}" for term in found.terms]
    rows = wide.frame.loc[found.rows]
    by_unit = rows.groupby("unit")[list(found.terms)].transform("mean").set_axis(means, axis=1)
    shown = tuple(column for _, column in _shown(found, wide) if split_name(column)[1] == wide.tree.root)
    rest = tuple(e for e in found.spec.fixed_effects if e != "unit")
    spec = Specification(found.spec.id, shown, found.terms[0], (*found.terms[1:], *means), rest, found.spec.cluster)
    sums, *_ = sums_of(pd.concat([rows, by_unit], axis=1), spec)
    where = [k for k, term in enumerate(sums.terms) if term in means]
    if where and sums.g > len(where):
        for j, column in enumerate(shown):
            yield _row(
                found, column, "mundlak_p", joint_wald(sums, where, j)[1], "unit means of all regressors are zero together"
            )


def random_rows(found: Estimate, wide: Wide, seed: int) -> tuple[list[Row], list[Row]]:
    """Diagnostics rows with p by permuted density paths, and rows of `placebo`: the draws of the whole index."""
    made = randomisation(wide.frame.loc[found.rows], found.spec, draws=RANDOM_DRAWS, seed=seed)
    p, scale = made.p(), found.scale()[0]
    rows = [_row(found, c, "p_randomisation", float(p[j]), f"{RANDOM_DRAWS} draws") for j, c in _shown(found, wide)]
    drawn = []
    for j, column in _shown(found, wide):
        sample, node = split_name(column)
        if node == wide.tree.root:
            where = {"spec": found.spec.id, "sample": sample, "outcome": node}
            values = zip(made.estimates[:, j] * scale[j], made.t_star[:, j])
            drawn += [where | {"draw": i + 1, "estimate_sd": float(b), "t": float(t)} for i, (b, t) in enumerate(values)]
    return rows, drawn


def trend_rows(found: Estimate, lead: Estimate | None, wide: Wide) -> Iterator[Row]:
    """Pre-trend: slope per SD of later density and year, in SDs of the outcome, and its bootstrap p."""
    if lead is None:
        yield _row(found, ":", "pre_trend_p", np.nan, "no three years without density: cannot be tested")
        return
    scale = lead.scale()[0]
    for _, column in _shown(found, wide):
        j = lead.at(column)
        if lead.sums.sd_outcomes[j] > 0:
            yield _row(found, column, "pre_trend_slope_sd", float(lead.coefficient[0, j] * scale[j]))
            yield _row(found, column, "pre_trend_p", float(lead.p_wild[j]))


def moved_before(lead: Estimate | None, outcomes: Mapping[str, str], alpha: float) -> frozenset[str]:
    """Hypotheses whose outcome moved with later density before there was any."""
    if lead is None:
        return frozenset()
    return frozenset(h for h, column in outcomes.items() if lead.p_wild[lead.at(column)] <= alpha)


# linked density


def combined(found: Estimate, terms: Mapping[int, float], j: int) -> tuple[float, float]:
    """A sum of coefficients with weights, and its CV3 standard error."""
    k = list(terms)
    c = np.array([terms[i] for i in k])
    value = float(c @ found.coefficient[k, j])
    apart = found.deleted[:, k, j] @ c - value
    g = found.sums.g
    return value, float(np.sqrt((g - 1) / g * (apart**2).sum()))


def linked_items(made: Spillover, rows: pd.DataFrame, outcome: str, years: Window, min_change: float, t: float) -> list[Item]:
    """Item A with spillover: beta x change in density + psi x change in linked density, over the change of the index."""
    found = made.estimate
    names = [name for name in (found.spec.density, UP, DOWN) if name in found.terms]
    moved = {name: changes(rows, outcome, name, years).to_numpy(dtype=float)[-1] for name in names}  # the last row is the mean
    y = float(moved[found.spec.density][1])
    weights = {made.term(name): float(change[0]) for name, change in moved.items()}
    value, error = combined(found, weights, found.at(outcome))
    ends = (value - t * error, value + t * error)
    items = [Item("A", TOTAL, years.first, years.last, "explained_with_links", value, *ends, measure="score/100")]
    if abs(y) >= min_change:
        low, high = sorted(v / y for v in ends)
        items.append(Item("A", TOTAL, years.first, years.last, "share_with_links", value / y, low, high, "share of change"))
    return items


def spillover_rows(made: Spillover, choice_effects: str, density: str, lag: int, wide: Wide) -> Iterator[Row]:
    """Rows of `regressions` for the specification with linked density."""
    found, p, scale = made.estimate, made.p_wild, made.estimate.scale()
    for j, column in _shown(found, wide):
        sample, node = split_name(column)
        for k, term in enumerate(found.terms):
            yield {
                "spec": found.spec.id, "sample": sample, "subset": found.spec.subset, "outcome": node,
                "term": "density" if term == found.spec.density else term,
                "estimate": found.coefficient[k, j], "estimate_sd": found.coefficient[k, j] * scale[k, j],
                "se_cv1": found.se_cv1[k, j], "se_cv3": found.se_cv3[k, j], "p_cv1": found.p_cv1[k, j],
                "p_cv3": found.p_cv3[k, j], "p_wild": p[k, j], "ci_low": found.low[k, j], "ci_high": found.high[k, j],
                "n_obs": found.sums.n, "n_clusters": found.sums.g, "r2_within": found.sums.r2_within[j],
                "fixed_effects": choice_effects, "controls": "+".join(c for c in found.spec.controls if c not in (UP, DOWN)),
                "density": density, "lag": lag, "note": "weights of one base year, own links left out",
            }  # fmt: skip


def moderation_rows(made: Sequence[Moderated], choice: SpecificationChoice, density: Density, wide: Wide) -> Iterator[Row]:
    """Rows of `regressions`: every term of each moderated specification, with the interaction's p over all moderators."""
    p = {one.name: one.bootstrap.p() for one in made}
    for one in made:
        for row in regression_rows(one.estimate, choice, density, wide):
            j = one.estimate.at(f"{row['sample']}:{row['outcome']}")
            if row["term"] == f"{TIMES}{one.name}":
                adjusted = dict(zip(p, holm([float(values[j]) for values in p.values()])))[one.name]
                row |= {"p_wild": float(p[one.name][j]), "note": f"Holm p over {len(made)} moderators: {adjusted:.4f}"}
            yield row


# importance


def importance_items(found: Estimate, wide: Wide, sample: str, *, seed: int, level: float) -> list[Item]:
    """Item C: Shapley shares of the within R2 of the root: density and each control (all controls together above 12)."""
    column = f"{sample}:{wide.tree.root}"
    groups: dict[str, list[str]] = {"density": [found.spec.density]}
    controls = [t for t in found.terms if t != found.spec.density]
    groups |= {c: [c] for c in controls} if len(controls) < LARGEST else {"controls": controls}
    spec = Specification(found.spec.id, (column,), found.spec.density, (), found.spec.fixed_effects, found.spec.cluster)
    try:
        made = importance(partial_out(wide.frame.loc[found.rows], spec), column, groups, seed=seed, level=level)
    except EstimationError:
        return []
    values = zip(made.groups, made.share, made.low, made.high)
    return [
        Item("C", TOTAL, None, None, f"r2_{g}", float(v), float(lo), float(hi), "share of variance") for g, v, lo, hi in values
    ]
