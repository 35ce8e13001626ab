"""A wrong choice is refused as the YAML is read, and the message says what would be right."""

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from hqd_index.errors import ConfigError, EstimationError
from hqd_index.methods import FAMILIES
from hqd_index.methods.choice import BoundChoice, Choice, bind, choice_among, refuse_sign

EXACT = 1e-12  # sums of a handful of doubles


def choice(method: str, **options: object) -> Choice:
    return Choice(method=method, **options)


def normalise(method: str, **options: object) -> BoundChoice:
    return bind(choice(method, **options), "normalise")


@pytest.mark.parametrize(
    ("family", "wrong", "says"),
    [
        ("weight", choice("entorpy"), "did you mean 'entropy'"),
        ("weight", choice("entropy", shfit=0.001), "did you mean 'shift'"),
        ("weight", choice("entropy", shift=1), "a number >= 0 and <= 0.1"),
        ("weight", choice("entropy", shift="0.001"), "a number"),
        ("weight", choice("entropy", over="every_year"), "one of all_years, each_year"),
        ("weight", choice("given"), "'shares' must be given"),
        ("weight", choice("given", shares={"a": float("nan")}), "a number >= 0"),
        ("weight", choice("given", shares={"a": float("inf")}), "a number >= 0"),
        ("weight", choice("given", shares={"a": -0.5, "b": 1.5}), "a number >= 0"),
        ("weight", choice("equal", over="each_year"), "unknown option 'over'"),
        ("normalise", choice("minmax", to=[1, 0]), "must rise"),
        ("normalise", choice("minmax", reference="x"), "unknown option 'reference'"),
        ("aggregate", choice("arithmetic", min_children=3), "unknown option 'min_children'"),
    ],
)
def test_faults_found_as_the_file_is_read(family: str, wrong: Choice, says: str) -> None:
    with pytest.raises(ConfigError) as fault:
        bind(wrong, family)
    assert says in fault.value.en
    assert fault.value.zh != fault.value.en


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (choice("given", shares={"a": 0.5, "b": 0.4}), "sum to 0.9"),
        (choice("given", shares={"a": 0.5}), "no number is given for b"),
        (choice("given", shares={"a": 0.5, "b": 0.5, "cc": 0.1}), "unknown child 'cc'"),
        (choice("equal", cap=0.4), "cap must be at least 0.5"),
        (choice("equal", floor=0.6), "floor may be at most 0.5"),
    ],
)
def test_faults_found_when_the_children_are_known(wrong: Choice, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        bind(wrong, "weight").for_children(["a", "b"])


def test_given_shares_follow_the_children_by_name() -> None:
    shares = {"b": 3.0, "a": 1.0, "elsewhere": 9.0}
    call = bind(choice("given", shares=shares, normalize=True), "weight").for_children(
        ["a", "b"], valid_ids={"a", "b", "elsewhere"}
    )
    assert np.allclose(call(np.ones((5, 2))), [[0.25, 0.75]], atol=EXACT)


def test_signs_are_checked_between_normalising_and_what_follows() -> None:
    entropy, geometric = bind(choice("entropy"), "weight"), bind(choice("geometric"), "aggregate")
    for refused in (normalise("zscore"), normalise("minmax", over=[2012, 2018]), normalise("minmax", to=[-1, 1])):
        with pytest.raises(ConfigError, match="non_negative"):
            refuse_sign(refused, entropy)
        with pytest.raises(ConfigError, match="clip: true"):
            refuse_sign(refused, geometric)
    window = normalise("minmax", over=[2012, 2018])
    refuse_sign(window, bind(choice("entropy", over=[2012, 2018]), "weight"))
    refuse_sign(normalise("minmax", over=[2012, 2018], clip=True), geometric)
    refuse_sign(normalise("minmax", over="each_year"), entropy)


def test_a_choice_in_a_model_has_its_defaults_written_out_and_reports_both_languages() -> None:
    class Weighting(BaseModel):
        weight: choice_among("weight")  # type: ignore[valid-type]

    short = Weighting.model_validate({"weight": {"method": "entropy"}}).weight
    long = Weighting.model_validate({"weight": {"method": "entropy", "shift": 0, "over": "all_years"}}).weight
    assert short == long
    assert hash(short) == hash(long)
    assert short != Weighting.model_validate({"weight": {"method": "entropy", "shift": 0.001}}).weight
    with pytest.raises(ValidationError) as faults:
        Weighting.model_validate({"weight": {"method": "entrop"}})
    (fault,) = faults.value.errors()
    assert fault["type"] == "choice"
    assert "entropy" in fault["ctx"]["zh"]


def test_a_refused_column_is_named() -> None:
    values = np.array([[1.0, 2.0], [0.5, -1.0], [0.2, 3.0]])
    with pytest.raises(EstimationError, match="brand1: entropy is not defined for negative"):
        bind(choice("entropy"), "weight").for_children(["inn1", "brand1"])(values)


def test_allowed_choices_that_need_minding_say_so() -> None:
    assert bind(choice("entropy", shift=0.001), "weight").cautions == []
    ((en, zh),) = bind(
        choice("combine", by="mean", of=[{"method": "entropy", "shift": 0.01}, {"method": "std"}]), "weight"
    ).cautions
    assert "0.01" in en
    assert "0.01" in zh
    assert len(bind(choice("combine", by="product", of=[{"method": "entropy"}, {"method": "std"}]), "weight").cautions) == 1


def test_check_is_idempotent_over_every_method_that_needs_no_options() -> None:
    for family, methods in FAMILIES.items():
        for name, method in methods.items():
            if all(p.default is not p.empty for p in method.options.values()):
                once = bind(choice(name), family)
                assert bind(once, family) is once
                assert isinstance(once.batched, bool)
