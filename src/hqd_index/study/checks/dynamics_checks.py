"""What study.yaml asks of the dynamics: coefficients for every dimension below the root, and an indicator that exists."""

from __future__ import annotations

from collections.abc import Iterator

from ...methods.shares import SUM_TOLERANCE
from ..indicator_tree import tree_of
from ..records import Study
from ..study_findings import Finding, unknown_name

COUPLING = ("study", "dynamics", "coupling")


def check(study: Study) -> Iterator[Finding]:
    """Faults of `dynamics` against the tree and the indicators; the tree must be sound."""
    yield from _coefficients(study)
    links = study.study.dynamics.links
    if links and links.by not in study.indicators.indicators:
        place = ("study", "dynamics", "links", "by")
        yield unknown_name(place, ("indicator", "指标"), links.by, study.indicators.indicators)


def _coefficients(study: Study) -> Iterator[Finding]:
    coefficients = study.study.dynamics.coupling
    if coefficients is None:
        return
    tree = tree_of(study.indicators)
    dimensions = tree.children(tree.root)
    for name in coefficients:
        if name not in dimensions:
            yield unknown_name((*COUPLING, name), ("dimension", "维度"), name, dimensions)
    missing_names = [dimension for dimension in dimensions if dimension not in coefficients]
    if missing_names:
        names = ", ".join(missing_names)
        yield Finding(COUPLING, f"no coefficient is given for {names}", f"没有给出 {names} 的系数")
    total = sum(coefficients.values())
    if abs(total - 1) > SUM_TOLERANCE:
        yield Finding(COUPLING, f"the coefficients sum to {total:.6g}, not 1", f"系数之和为 {total:.6g},应为 1")
