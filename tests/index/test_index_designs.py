"""Which designs a study declares: combinations counted by hand, invalid ones left out and told, misfits refused."""

import numpy as np
import pytest

from hqd_index.errors import ConfigError
from hqd_index.index.uncertainty.factor_sensitivity import product_subset
from hqd_index.index.uncertainty.index_designs import LEAVE_OUT, designs_of, looped_methods
from hqd_index.study.records import Study
from hqd_index.study.study_folder import load_study

from ..small import ROOT
from .small import study

TREE = {"top": {"left": ["x", "y"], "right": ["z", "w", "v"]}}
LEVELS = ["indicators", "parts"]
ENTROPY = {"weight": {"indicators": {"method": "entropy"}, "parts": {"method": "equal"}}}
NOTHING_LEFT_OUT = {"leave_out": []}


def declared(alternatives, weighting=None, leave_out=()):
    settings = {"alternatives": alternatives, "leave_out": list(leave_out)}
    return designs_of(study(TREE, levels=LEVELS, weighting=weighting, uncertainty=settings))


def labels(designs):
    return [designs.label(number) for number in range(len(designs.combinations))]


def test_combinations_by_hand():
    """z-score goes with equal weights and arithmetic means only: of 2 x 2 x 2, three with z-score fall out."""
    designs = declared(
        {
            "weighting.normalise": [{"method": "zscore"}],
            "weighting.weight.indicators": [{"method": "equal"}],
            "weighting.aggregate.indicators": [{"method": "geometric"}],
        },
        ENTROPY,
    )
    assert labels(designs) == [
        "base",
        "aggregate.indicators=geometric",
        "weight.indicators=equal",
        "weight.indicators=equal, aggregate.indicators=geometric",
        "normalise=zscore, weight.indicators=equal",
    ]
    assert any("entropy needs non_negative" in reason for reason in designs.refused_combinations)
    assert any("geometric needs non_negative" in reason for reason in designs.refused_combinations)
    assert designs.study_of_design(4).weighting.normalise.method == "zscore"
    assert designs.study_of_design(0) == designs.study


def test_every_node_of_a_level_is_left_out_once():
    designs = declared({}, leave_out=LEVELS)
    assert designs.factors[0].labels == ("none", "left", "x", "y", "right", "z", "w", "v")
    assert labels(designs)[:3] == ["base", "leave_out=left", "leave_out=x"]


def test_an_alternative_that_fits_nothing_is_an_error():
    with pytest.raises(ConfigError, match=r"zscore fits no combination.*entropy needs non_negative"):
        declared({"weighting.normalise": [{"method": "zscore"}]}, ENTROPY)
    with pytest.raises(ConfigError, match="fits no combination"):  # leaves are weighed together, no level has weights
        declared({"weighting.weight.indicators": [{"method": "critic"}]}, {"weight": {"leaves": {"method": "equal"}}})


def test_overrides_of_one_branch_are_seen_too():
    """A clash inside one branch is as invalid as one of the whole."""
    weighting = {"branches": {"right": {"weight": {"method": "entropy"}}}}
    with pytest.raises(ConfigError, match="zscore fits no combination"):
        declared({"weighting.normalise": [{"method": "zscore"}]}, weighting)


def test_an_alternative_that_does_not_act_on_the_panel_is_refused():
    for path, value in (("study.min_firms", 5), ("indicators.indicators.x.formula", "sum(y)")):
        with pytest.raises(ConfigError, match="does not act on a panel"):
            declared({path: [value]})


def test_the_studys_own_choice_is_no_alternative_to_itself():
    designs = declared({"weighting.weight.indicators": [{"method": "equal"}, {"method": "critic"}, {"method": "critic"}]})
    assert designs.factors[0].labels == ("equal", "critic")


def test_a_choice_for_one_level_holds_within_a_choice_for_all():
    """Whichever is written first: the longer path is set last, so neither silently undoes the other."""
    level = {"weighting.weight.parts": [{"method": "std"}]}
    whole = {"weighting.weight": [{"indicators": {"method": "critic"}, "parts": {"method": "equal"}}]}
    for alternatives in (level | whole, whole | level):
        designs = declared(alternatives)
        both = designs.study_of_design(len(designs.combinations) - 1).weighting.weight
        assert (both["indicators"].method, both["parts"].method) == ("critic", "std")


def test_a_node_without_which_no_weights_are_possible_stays():
    """Two shares of at most 0.6 each: one alone cannot sum to 1."""
    capped = {"weight": {"indicators": {"method": "equal", "cap": 0.6}, "parts": {"method": "equal"}}}
    designs = declared({}, capped, leave_out=["indicators"])
    left_out = {designs.factors[0].labels[option] for (option,) in designs.combinations}
    assert left_out == {"none", "z", "w", "v"}
    assert "without x no weights are possible for the rest of left" in designs.refused_combinations


def test_product_subset_keeps_the_base_and_is_a_full_product():
    designs = declared(
        {
            "weighting.normalise": [{"method": "zscore"}, {"method": "rank"}],
            "weighting.weight.indicators": [{"method": "equal"}, {"method": "critic"}],
        },
        ENTROPY,
        leave_out=["indicators"],
    )
    options, dropped = product_subset(designs)
    assert dropped == ["normalise=zscore"]
    assert options == [[0, 2], [0, 1, 2], [0, 1, 2, 3, 4, 5]]
    numbers = designs.design_numbers()
    assert all((a, b, c) in numbers for a in options[0] for b in options[1] for c in options[2])


def test_methods_that_work_draw_by_draw_are_named():
    joined = {"method": "combine", "by": "mean", "of": [{"method": "pca"}, {"method": "equal"}]}
    branch = {"branches": {"right": {"weight": joined}}}
    designs = declared({"weighting.impute": [{"method": "knn"}]}, branch)
    assert looped_methods(designs) == ["impute knn", "weight combine"]
    assert looped_methods(declared({"weighting.impute": [{"method": "linear"}]})) == []


def test_no_alternative_at_all_leaves_the_base():
    designs = designs_of(study(TREE, levels=LEVELS, uncertainty=NOTHING_LEFT_OUT))
    assert designs.combinations.shape == (1, 0) and labels(designs) == ["base"]
    assert LEAVE_OUT not in [factor.name for factor in designs.factors]
    assert np.array_equal(list(designs.design_numbers().values()), [0])


@pytest.fixture(scope="module")
def written() -> Study:
    return load_study(ROOT / "configs").study


@pytest.mark.parametrize("scenario", sorted(path.stem for path in (ROOT / "configs" / "scenarios").glob("*.yaml")))
def test_alternatives_that_do_not_fit_a_scenario_are_left_out_and_said(written: Study, scenario: str):
    """Every scenario of the demo can be run by itself; the study as it is written keeps all its alternatives."""
    loaded = load_study(ROOT / "configs", scenario=scenario)
    remarks = {remark.location for remark in loaded.left_out if "alternatives" in remark.en}
    count = sum(map(len, written.uncertainty.alternatives.values()))
    assert sum(map(len, loaded.study.uncertainty.alternatives.values())) + len(remarks) == count
    assert len(designs_of(loaded.study).combinations) > 1
    assert not [remark.en for remark in loaded.left_out if remark.en.startswith(":")], "a scenario as a whole has no key to name"
    assert bool(remarks) == (scenario in {"base_window", "entropy_all_levels", "entropy_flat", "five_concepts", "geometric"})
