"""H4 by the width of the dead band: densities counted by label, which a band moves, instead of by membership."""

from __future__ import annotations

import pandas as pd

from ...errors import EstimationError
from ..headline import Headline
from ..kernels.contrasts import contrast
from ..kernels.inference import interval, random_stream
from ..model_rows import Row, Rows
from .mode_matrix import MODES, NODES, SAMPLE, matrix_estimate, predicted_contrast

DRAWS = 199
"""Of the bootstrap of each band: a comparison of bands, no verdict."""


def dead_bands(headline: Headline) -> Rows:
    """Table `mode_dead_bands`: mean standardised coefficient of the predicted cells less that of the others, by dead band."""
    densities = headline.inputs.banded_densities
    bands = sorted(densities["dead_band"].unique()) if len(headline.inputs.mode_densities) else []
    rows, faults = [], []
    for band in bands:
        try:
            rows.append(_band_row(headline, densities[densities["dead_band"] == band], float(band)))
        except EstimationError as fault:  # a wide band may leave a mode without firms
            faults.append(fault)
    if faults and not rows:
        raise faults[0]
    return {"mode_dead_bands": rows}


def _band_row(headline: Headline, densities: pd.DataFrame, band: float) -> Row:
    settings = headline.settings | {"draws": DRAWS}
    rows = densities.assign(version="base")
    fitted = matrix_estimate(headline.sample, headline.rows, headline.specification, rows, headline.density.lag, **settings)
    test = contrast(
        fitted.sums,
        predicted_contrast(fitted.terms, tuple(NODES.values())),
        rng=random_stream(headline.seed, "contrast", fitted.spec.id, f"band {band:g}"),
        draws=DRAWS,
        weights=settings["weights"],
        jackknife_estimates=fitted.jackknife_coefficients,
    )
    low, high = interval(test.value, test.se_cv3, fitted.sums.g, headline.level)
    labelled = min(1.0, densities.loc[densities["mode"].isin(MODES), "soft"].sum() / densities["soft"].sum())
    return {
        "spec": fitted.spec.id, "sample": SAMPLE, "dead_band": band, "labelled": labelled, "estimate_sd": float(test.value[0]),
        "ci_low": float(low[0]), "ci_high": float(high[0]), "p_wild": test.p_wild, "n_obs": fitted.sums.n,
        "n_clusters": fitted.sums.g,
    }  # fmt: skip
