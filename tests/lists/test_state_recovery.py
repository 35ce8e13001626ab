"""A small sample of benchmarks/state_recovery.py: what is planted clearly is found, what is not, less."""

import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest

from hqd_index.demo import generate
from hqd_index.demo.planting import STRENGTHS
from hqd_index.study.study_folder import load_study

SEED, DRAWS = 2, 60
LOWEST_COVERAGE = 0.86
"""95% less three Monte Carlo standard errors of 60 draws (.028 each)."""


@pytest.fixture(scope="module")
def benchmark(root) -> ModuleType:
    spec = importlib.util.spec_from_file_location("state_recovery", root / "benchmarks" / "state_recovery.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_clear_states_are_found_and_unclear_ones_are_not(benchmark, root):
    study = load_study(root / "configs").study
    strong, weak = (
        benchmark.recovered(study, generate(SEED, benchmark.FIRMS, planting=STRENGTHS[name])) for name in ("strong", "weak")
    )
    for state, tally in strong.tallies.items():
        assert min(tally.precision, tally.recall) >= benchmark.SHARE_GOAL, state
        assert tally.recall > weak.tallies[state].recall, state
    assert strong.auc >= benchmark.AUC_GOAL > weak.auc and strong.rand > 0.7 > weak.rand
    assert np.mean(strong.leads) > 0.5


@pytest.mark.slow
def test_intervals_of_the_what_if_hold_the_truth(benchmark, root):
    common = benchmark.scaffold(load_study(root / "configs").study)
    held = [benchmark.interval_holds(common, seed, "strong") for seed in range(1, DRAWS + 1)]
    assert np.mean(held) >= LOWEST_COVERAGE
