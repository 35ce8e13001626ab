"""H5 and H8: density times what units were like, each interaction judged on the channel the theory names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from ...errors import EstimationError
from ..estimation_data import KEY
from ..estimation_sample import SPLITTABLE, Wide
from ..kernels.moderation import BASE, TIMES, Moderated, holm
from ..kernels.specification import Estimate
from ..model_rows import split_at_least_half
from .verdicts import Rule, Test, attainable, tests, verdict

PATH = "path_"
CHANNELS = {
    "focus": (("H5a", "safety"),),
    "capability": (("H5b", "quality"),),
    "integration": (("H5c", "smoothness"), ("H5d", "")),
}
SPILLOVER = "H5d"  # of integration: the effect on firms never recognised, so on the leave-out index alone

Dropped = Mapping[str, Mapping[str, str]]


def early_paths(paths: pd.DataFrame, years: int) -> pd.DataFrame:
    """unit, base_path_<name>: mean path index of each unit's first `years` years that have one; set before later outcomes."""
    index = paths[(paths["indicator"] == "index") & paths["value"].notna()].sort_values(["path", *KEY])
    first = index[index.groupby(["path", "unit"]).cumcount() < years]
    wide = first.groupby(["unit", "path"])["value"].mean().unstack("path")
    return wide.add_prefix(f"{BASE}{PATH}").reset_index()


def path_names(paths: pd.DataFrame) -> list[str]:
    """Moderators that `early_paths` gives, in the order of the theory."""
    known = set(paths["path"])
    return [f"{PATH}{name}" for name in CHANNELS if name in known]


def root_of(wide: Wide, sample: str) -> str | None:
    """The whole index; on leave_out its splittable part where less than half of it can be split, None where nothing can."""
    root = wide.tree.root
    if sample != "leave_out" or split_at_least_half(wide, root):
        return root
    return SPLITTABLE if SPLITTABLE in wide.shown else None


def channels_of(wide: Wide, path: str, sample: str) -> dict[str, str]:
    """Hypothesis -> outcome column of a path in one sample; on leave_out only what can be split."""
    out: dict[str, str] = {}
    for hypothesis, node in CHANNELS[path]:
        if hypothesis == SPILLOVER:
            root = root_of(wide, sample) if sample == "leave_out" else None
            out |= {hypothesis: f"{sample}:{root}"} if root else {}
        elif node in wide.tree.nodes and (sample == "all" or split_at_least_half(wide, node)):
            out[hypothesis] = f"{sample}:{node}"
    return out


def interaction_tests(
    one: Moderated, outcomes: Mapping[str, str], rule: Rule, *, seed: int, weights: str
) -> tuple[list[Test], Dropped]:
    """The interaction judged on each outcome, a positive sign predicted; and verdicts without each cluster."""
    term = one.estimate.terms.index(f"{TIMES}{one.name}")
    return tests(one.estimate, outcomes, rule, seed=seed, weights=weights, term=term, boot=one.bootstrap)


def stepped(found: Sequence[tuple[Estimate, Moderated, Test]], rule: Rule) -> list[Test]:
    """The tests of one family with Holm's p, each judged by it."""
    adjusted = holm([test.p_wild for _, _, test in found])
    out = []
    for (_, one, test), p in zip(found, adjusted):
        least = max(p, attainable(one.estimate.sums.g, one.bootstrap))
        key = verdict(test.estimate, least, test.mde, sesoi=rule.sesoi, alpha=rule.alpha)
        out.append(replace(test, p_adjusted=p, verdict=key))
    return out


def usable(made: Iterable[Moderated | EstimationError]) -> tuple[list[Moderated], list[EstimationError]]:
    """Those that could be estimated, and why the others could not."""
    listed = list(made)
    return [m for m in listed if isinstance(m, Moderated)], [m for m in listed if isinstance(m, EstimationError)]
