"""Density of suppliers and customers through input-output links: exposure, then the index on own and linked density (SLX)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import EstimationError
from .inference import random_stream
from .specification import Estimate, Specification, estimate
from .wild import Wild, wild
from .within import Array

UPSTREAM, DOWNSTREAM = "upstream", "downstream"
WEIGHTS = {"direct": {UPSTREAM: "upstream", DOWNSTREAM: "downstream"}, "complete": {UPSTREAM: "leontief", DOWNSTREAM: "ghosh"}}


def exposure(io_links: pd.DataFrame, observations: pd.DataFrame, density: str, *, rounds: str = "direct") -> pd.DataFrame:
    """unit, year, upstream = sum_j w_ji x density_j over suppliers j, downstream = sum_j w_ij x density_j over customers j.

    `io_links` holds the base year's weights supplier -> user, own links left out: direct shares, or with
    rounds="complete" the Leontief and Ghosh inverses (Miller & Blair 2009). A linked unit outside the panel counts 0;
    a year in which a linked unit's density is missing is missing. EstimationError when no unit has links.
    """
    density_by_unit = observations.drop_duplicates(["unit", "year"]).pivot(index="year", columns="unit", values=density)
    units, weights = link_weights(io_links, density_by_unit.columns, rounds=rounds)
    x = density_by_unit[units].to_numpy(dtype=float)
    linked_density = {link_name: x @ w for link_name, w in weights.items()}
    keys = pd.MultiIndex.from_product([density_by_unit.index, units], names=["year", "unit"])
    return pd.DataFrame(
        {link_name: exposure_values.ravel() for link_name, exposure_values in linked_density.items()}, index=keys
    ).reset_index()


def link_weights(io_links: pd.DataFrame, units: Iterable[str], *, rounds: str = "direct") -> tuple[list[str], dict[str, Array]]:
    """The units with links (n, sorted) and, by direction, the matrix (n, n) that takes their densities to their exposure.

    Densities are a row by year; directions are `upstream` and `downstream`, as in `exposure`.
    """
    linked_units = sorted({*io_links["from_unit"], *io_links["to_unit"]} & set(units))
    if not linked_units:
        raise EstimationError("no unit of the panel is in the input-output table", zh="面板单位与投入产出表部门没有交集")
    names = WEIGHTS[rounds]
    return linked_units, {
        UPSTREAM: _square(io_links, linked_units, names[UPSTREAM]),
        DOWNSTREAM: _square(io_links, linked_units, names[DOWNSTREAM]).T,
    }


def _square(io_links: pd.DataFrame, units: list[str], column: str) -> Array:
    """Weights (supplier, user) with a zero diagonal."""
    table = io_links.pivot(index="from_unit", columns="to_unit", values=column).reindex(index=units, columns=units)
    square = table.fillna(0.0).to_numpy(dtype=float).copy()
    np.fill_diagonal(square, 0.0)
    return square


@dataclass(frozen=True)
class Spillover:
    """Own density first among the terms; `bootstraps` by term: own density, `upstream`, `downstream` (those not dropped)."""

    estimate: Estimate
    bootstraps: Mapping[str, Wild]
    exposure: pd.DataFrame

    @property
    def p_wild(self) -> Array:
        """(terms, m): p of the density and its links, NaN for controls."""
        p = np.full(self.estimate.coefficient.shape, np.nan)
        for link_name, bootstrap in self.bootstraps.items():
            p[self.term(link_name)] = bootstrap.p()
        return p

    def term(self, link_name: str) -> int:
        return self.estimate.terms.index(link_name)


def slx(
    observations: pd.DataFrame,
    spec: Specification,
    io_links: pd.DataFrame,
    *,
    rounds: str = "direct",
    draws: int = 9_999,
    weights: str = "rademacher",
    seed: int = 0,
    level: float = 0.95,
    panel: pd.DataFrame | None = None,
) -> Spillover:
    """`spec` with linked density added (LeSage & Pace 2009); weights are predetermined, those of one base year.

    `panel` holds the density of linked units when `observations` lacks some of them.
    """
    linked_exposure = exposure(io_links, observations if panel is None else panel, spec.density, rounds=rounds)
    extended_rows = observations.merge(linked_exposure, on=["unit", "year"], how="left", validate="many_to_one")
    extended_spec = replace(spec, id=f"{spec.id}_slx_{rounds}", controls=(UPSTREAM, DOWNSTREAM, *spec.controls))
    spillover_estimate = estimate(extended_rows, extended_spec, draws=draws, weights=weights, seed=seed, level=level)
    bootstraps = {spec.density: spillover_estimate.bootstrap}
    for link_name in (UPSTREAM, DOWNSTREAM):
        if link_name in spillover_estimate.terms:
            rng = random_stream(seed, "wild", extended_spec.id, link_name)
            bootstraps[link_name] = wild(
                spillover_estimate.sums, rng=rng, draws=draws, weights=weights, term=spillover_estimate.terms.index(link_name)
            )
    return Spillover(spillover_estimate, bootstraps, linked_exposure)
