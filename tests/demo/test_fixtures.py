"""Each fixture shows its trap in a few replications; benchmarks/coverage.py counts many."""

from __future__ import annotations

import numpy as np
import pytest

from hqd_index.demo.fixtures import PARTS, SUBDIMENSIONS, panel_a, panel_b, panel_c, panel_d, weights_a
from hqd_index.models.analyses.channels import channel_parts
from hqd_index.models.composite import composite
from hqd_index.models.firms.event_study import imputation, twfe
from hqd_index.models.kernels.inference import joint_draws
from hqd_index.models.kernels.slx import slx
from hqd_index.models.kernels.specification import Specification, estimate

SPEC = Specification("fixture", ("hqd",), "density_lag")
EXACT = 1e-10


def test_same_seed_same_panel() -> None:
    for made in (panel_a, panel_b, panel_c, panel_d):
        assert made(3).data.equals(made(3).data) and not made(3).data.equals(made(4).data)


def test_a_channel_shares_are_the_parts() -> None:
    """With a large effect the shares approach the parts; they add up to one whatever the noise."""
    data = panel_a(1, beta=100.0).data
    frame = data.rename(columns={c: f"all:{c.removeprefix('z_')}" for c in data if c not in ("unit", "year", "density_lag")})  # type: ignore[attr-defined]
    tree = composite(weights_a())
    names = tuple(f"all:{n}" for n in (*tree.nodes, *tree.leaves))
    found = estimate(frame, Specification("a", names, "density_lag"), draws=99)
    joint = joint_draws(found.sums, draws=50, rng=np.random.default_rng(0))
    parts, faults = channel_parts(found, frame, tree, "all", joint=joint, level=0.95)
    six = {p.node: p.fraction for p in parts if p.parent == "hqd" and p.depth == 2}
    assert not faults and sum(six.values()) == pytest.approx(1.0, abs=EXACT)
    assert six == pytest.approx(PARTS, abs=0.01)
    assert set(SUBDIMENSIONS) == {p.node for p in parts if p.parent == "hqd" and p.depth == 1}


def test_b_composition_is_taken_for_an_effect_by_all_firms_only() -> None:
    """Selection on level: all firms reject, the rest do not; on trend: the rest turn negative."""
    level, trend = (panel_b(2, selection=s).data for s in ("level", "trend"))
    fits = {s: estimate(level[level["sample"] == s], SPEC, draws=399) for s in ("all", "leave_out")}
    assert fits["all"].p_wild[0] <= 0.05 < fits["leave_out"].p_wild[0]
    biased = [estimate(d[d["sample"] == "leave_out"], SPEC, draws=99).coefficient[0, 0] for d in
              (panel_b(s, selection="trend").data for s in range(8))]  # fmt: skip
    assert np.mean(biased) < -3 * np.std(biased) / np.sqrt(8) and trend["sample"].nunique() == 2


def test_c_links_hold_the_spillover() -> None:
    made = panel_c(1)
    assert made.links is not None
    found = slx(made.data, SPEC, made.links, draws=99).estimate
    for k, name in enumerate(("own", "up")):
        assert found.low[k, 0] < made.truth[name] < found.high[k, 0]


def test_d_two_way_effects_miss_what_imputation_finds() -> None:
    made = panel_d(1)
    plain, robust = twfe(made.data, "y"), imputation(made.data, "y", window=(-4, 6))
    assert abs(plain.overall - made.truth["overall"]) > 3 * plain.overall_se
    assert abs(robust.overall - made.truth["overall"]) < 3 * robust.overall_se
    assert (
        made.data.groupby("unit")["valid"].apply(lambda v: bool((v.astype(int).diff() < 0).any())).any()
    )  # some lose the status
