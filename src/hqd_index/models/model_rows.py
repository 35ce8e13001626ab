"""Estimates as rows of the published tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import HqdError
from ..study.records import Density, SpecificationChoice
from .analyses.channels import Part
from .analyses.contribution import ASSUMPTION, Item
from .analyses.verdicts import Rule, Test
from .estimation_sample import HALF, Wide
from .kernels.specification import Estimate

Row = dict[str, Any]


def density_text(density: Density) -> str:
    """`count_valid_national+key_national`."""
    return f"{density.measure}_{density.status}_{'+'.join(density.levels)}"


def split_name(column: str) -> tuple[str, str]:
    """Sample and node of an outcome column."""
    sample, _, node = column.partition(":")
    return sample, node


def _note(found: Estimate, wide: Wide, sample: str, node: str) -> str:
    share = wide.share(node)
    parts = [
        f"dropped: {' '.join(found.sums.dropped)}" if found.sums.dropped else "",
        f"singletons: {len(found.singletons)}" if found.singletons else "",
        f"weights: {found.spec.weights}" if found.spec.weights else "",
        f"splittable share {share:.3f}" if sample == "leave_out" else "",
    ]
    return "; ".join(part for part in parts if part)


def regression_rows(found: Estimate, choice: SpecificationChoice, density: Density, wide: Wide) -> Iterator[Row]:
    """Rows of `regressions`: every term of every node in both samples."""
    scale = found.scale()
    for j, column in enumerate(found.spec.outcomes):
        sample, node = split_name(column)
        if sample == "composition" or node not in wide.shown or not found.sums.sd_outcomes[j] > 0:
            continue
        for k, term in enumerate(found.terms):
            yield {
                "spec": found.spec.id, "sample": sample, "subset": found.spec.subset, "outcome": node,
                "term": "density" if term == found.spec.density else term,
                "estimate": found.coefficient[k, j], "estimate_sd": found.coefficient[k, j] * scale[k, j],
                "se_cv1": found.se_cv1[k, j], "se_cv3": found.se_cv3[k, j],
                "p_cv1": found.p_cv1[k, j], "p_cv3": found.p_cv3[k, j], "p_wild": found.p_wild[j] if k == 0 else np.nan,
                "ci_low": found.low[k, j], "ci_high": found.high[k, j], "n_obs": found.sums.n,
                "n_clusters": found.sums.g, "r2_within": found.sums.r2_within[j],
                "fixed_effects": "+".join(choice.fixed_effects), "controls": "+".join(found.spec.controls),
                "density": density_text(density), "lag": density.lag, "note": _note(found, wide, sample, node),
            }  # fmt: skip


def diagnostic_rows(found: Estimate, wide: Wide, left_out: int, *, headline: bool, level: float) -> Iterator[Row]:
    """Rows of `regression_diagnostics`: what the inference rests on, and how far single clusters move it."""

    def row(quantity: str, value: float, note: str = "", sample: str = "all", outcome: str = "") -> Row:
        where = {"spec": found.spec.id, "sample": sample, "outcome": outcome}
        return where | {"quantity": quantity, "value": value, "note": note}

    yield row("clusters", found.sums.g)
    yield row("effective_clusters", found.effective_clusters)
    yield row("parameters", found.sums.parameters, "K of the CV1 factor")
    yield row("rows_incomplete", left_out, "rows without every variable and every indicator")
    yield row("sd_within", float(found.sums.sd_terms[0]), "density")
    yield row("singletons", len(found.singletons), " ".join(found.singletons))
    yield from (row("dropped_term", np.nan, term) for term in found.sums.dropped)
    for label, share in zip(found.sums.labels, found.leverage):
        yield row("leverage", float(share), label)
    for column in found.spec.outcomes if headline else ():
        sample, node = split_name(column)
        j = found.at(column)
        if sample == "composition" or node not in wide.shown or not found.sums.sd_outcomes[j] > 0:
            continue
        low, high = found.bootstrap.interval(j, level)
        yield row("wild_ci_low", low, "", sample, node)
        yield row("wild_ci_high", high, "", sample, node)
        yield from _influence(found, j, lambda q, v, n, s=sample, o=node: row(q, v, n, s, o))


def _influence(found: Estimate, j: int, row: Any) -> Iterator[Row]:
    """Estimate without each cluster, and the smallest and largest of them."""
    without = found.deleted[:, 0, j]
    if np.isnan(without).all():
        return
    yield row("leave_one_out_min", float(np.nanmin(without)), found.sums.labels[int(np.nanargmin(without))])
    yield row("leave_one_out_max", float(np.nanmax(without)), found.sums.labels[int(np.nanargmax(without))])
    for label, value in zip(found.sums.labels, without):
        yield row("leave_one_out", float(value), label)


def verdict_rows(tests: Sequence[Test], dropped: Mapping[str, Mapping[str, str]], spec: str, sample: str) -> Iterator[Row]:
    """Diagnostics rows for each cluster whose absence changes a verdict."""
    for test in tests:
        for label, other in dropped[test.hypothesis].items():
            if other != test.verdict:
                where = {"spec": spec, "sample": sample, "outcome": split_name(test.outcome)[1]}
                yield where | {
                    "quantity": "verdict_without",
                    "value": np.nan,
                    "note": f"{test.hypothesis}: {other} without {label}",
                }


def hypothesis_rows(
    tests: Sequence[Test], found: Estimate, sample: str, rule: Rule, notes: Mapping[str, frozenset[str]]
) -> Iterator[Row]:
    """Rows of `hypotheses`; `notes` says which hypotheses have which further addition."""
    for test in tests:
        additions = [*test.additions, *(name for name, which in notes.items() if test.hypothesis in which)]
        yield {
            "hypothesis": test.hypothesis, "spec": found.spec.id, "sample": sample, "outcome": split_name(test.outcome)[1],
            "estimate_sd": test.estimate, "ci_low": test.low, "ci_high": test.high, "p_wild": test.p_wild,
            "p_adjusted": test.p_adjusted, "n_obs": found.sums.n, "n_clusters": found.sums.g, "mde": test.mde,
            "sesoi": rule.sesoi, "alpha": rule.alpha, "verdict": test.verdict, "additions": ";".join(additions),
        }  # fmt: skip


def channel_rows(parts: Sequence[Part], spec: str, sample: str) -> Iterator[Row]:
    """Rows of `channels`; the interval is that of the part."""
    for part in parts:
        yield {
            "spec": spec, "sample": sample, "parent": part.parent, "node": part.node, "share_local": part.share,
            "estimate": part.estimate, "se_cv3": part.se_cv3, "p_wild": part.p_wild, "p_adjusted": part.p_adjusted,
            "part": part.part, "fraction": part.fraction, "ci_low": part.low, "ci_high": part.high, "gap": part.gap,
            "note": part.note,
        }  # fmt: skip


def fraction_items(parts: Sequence[Part], root: str) -> list[Item]:
    """Items D (sub-dimensions) and E (dimensions): fraction of the root's coefficient, interval from joint resampling."""
    kinds = {1: "E", 2: "D"}
    chosen = [p for p in parts if p.parent == root and p.depth in kinds]
    values = [(p, p.fraction, p.fraction_low, p.fraction_high) for p in chosen]
    return [
        Item(kinds[p.depth], "total", None, None, f"fraction_{p.node}", value, low, high, p.note or "share of the coefficient")
        for p, value, low, high in values
    ]


def contribution_rows(items: Sequence[Item], spec: str, sample: str) -> Iterator[Row]:
    """Rows of `contribution`, each with the sentence that states its assumption."""
    for i in items:
        yield {
            "item": i.item, "spec": spec, "sample": sample, "unit": i.unit, "from_year": i.from_year, "to_year": i.to_year,
            "quantity": i.quantity, "value": i.value, "ci_low": i.low, "ci_high": i.high, "measure": i.measure,
            "assumption": ASSUMPTION,
        }  # fmt: skip


def missing_row(table: str, fault: HqdError, mend: tuple[str, str]) -> Row:
    """Row of `not_made`; `mend` is (zh, en)."""
    return {"table": table, "reason_zh": fault.zh, "reason_en": fault.en, "mend_zh": mend[0], "mend_en": mend[1]}


def split_at_least_half(wide: Wide, node: str) -> bool:
    """True when enough of a node is computed from firms for its leave-out version to mean something."""
    return wide.share(node) >= HALF
