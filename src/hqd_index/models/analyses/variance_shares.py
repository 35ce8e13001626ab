"""Item C of the contribution menu: what share of the index's variance goes with density and with each control."""

from __future__ import annotations

from ..contribution_items import TOTAL, ContributionItem, contribution_rows
from ..headline import Headline
from ..kernels.partial import partial_out
from ..kernels.shapley import MAX_GROUPS, importance
from ..kernels.specification import Specification
from ..model_rows import Rows, merged_rows


def variance_items(headline: Headline, sample: str) -> list[ContributionItem]:
    """Shapley shares of the within R2 of the root: density and each control (all controls together above 12)."""
    spec, column = headline.estimate.spec, headline.sample.root_column(sample)
    groups: dict[str, list[str]] = {"density": [spec.density]}
    controls = [term for term in headline.estimate.terms if term != spec.density]
    groups |= {control: [control] for control in controls} if len(controls) < MAX_GROUPS else {"controls": controls}
    bare_spec = Specification(spec.id, (column,), spec.density, (), spec.fixed_effects, spec.cluster)
    shares = importance(partial_out(headline.rows, bare_spec), column, groups, seed=headline.seed, level=headline.level)
    values = zip(shares.groups, shares.share, shares.low, shares.high)
    return [
        ContributionItem("C", TOTAL, None, None, f"r2_{group}", float(share), float(low), float(high), "share of variance")
        for group, share, low, high in values
    ]


def variance_shares(headline: Headline) -> Rows:
    """Shares in every sample whose index varies within the effects."""
    estimate, sample = headline.estimate, headline.sample
    varying_samples = [
        sample_name for sample_name in sample.samples if estimate.varies(estimate.outcome_index(sample.root_column(sample_name)))
    ]
    return merged_rows(
        {"contribution": contribution_rows(variance_items(headline, sample_name), headline.id, sample_name)}
        for sample_name in varying_samples
    )
