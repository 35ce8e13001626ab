"""A method written in its family's file and named in its table is everywhere at once, and nowhere when it is taken out."""

import importlib
import json
import re

import numpy as np
import pytest

from hqd_index import console
from hqd_index.errors import ConfigError
from hqd_index.methods import FAMILIES
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.column_statistics import cell_counts
from hqd_index.methods.method import Array, Method
from hqd_index.methods.omitted_methods import OMITTED_METHODS
from hqd_index.methods.shares import as_shares
from hqd_index.study.json_schemas import schemas
from hqd_index.study.records import Weighting

from ..small import ROOT, mentions
from . import samples

NAME = "first_come"


def first_come(values: Array, *, steepness: float = 2.0) -> Array:
    """1 / place^steepness: earlier columns weigh more (an example for this test)."""
    present = cell_counts(values) > 0
    return as_shares(np.broadcast_to(1 / np.arange(1.0, values.shape[-1] + 1) ** steepness, present.shape), present)


@pytest.fixture
def added(monkeypatch):
    method = Method(first_come, "先到先得", "first come", "w_j ∝ 1 / j^s", "nobody 1999")
    monkeypatch.setitem(FAMILIES["weight"], NAME, method)
    return method


def weighting(**choice):
    return Weighting.model_validate({"version": 1, "weight": {"indicators": choice}, "aggregate": {}})


def test_the_config_reads_it_with_its_defaults_and_checks_its_options(added):
    chosen = weighting(method=NAME).weight["indicators"]
    assert chosen.options["steepness"] == 2.0 and chosen.options["over"] == "all_years"
    shares = bind(chosen, "weight").for_children(["a", "b"])(np.array([[1.0, 2], [2, 1], [3, 0]]))
    assert shares.tolist() == [[0.8, 0.2]]
    with pytest.raises(ValueError, match="did you mean 'steepness'"):
        weighting(method=NAME, steepnes=1)


def test_a_wrong_name_is_answered_with_it(added):
    with pytest.raises(ConfigError, match=f"did you mean '{NAME}'"):
        bind(Choice(method="first_comes"), "weight")


def test_the_listing_shows_meaning_options_and_source(added):
    for language, label in (("zh", "先到先得"), ("en", "first come")):
        text = "\n".join(console.methods_lines("weight", language))
        assert f"{NAME}     {label}  [steepness=2.0]  nobody 1999" in text
        assert "earlier columns weigh more" in text


def test_editors_complete_it(added):
    told = json.dumps(schemas()["weighting"])
    assert f'"enum": ["{NAME}"' in told and '"steepness"' in told


def test_the_invariants_of_its_family_run_on_it(added):
    try:
        importlib.reload(samples)
        assert ("weight", NAME) in samples.ALL and NAME in samples.named("weight")
    finally:
        FAMILIES["weight"].pop(NAME)
        importlib.reload(samples)
        FAMILIES["weight"][NAME] = added  # the fixture takes it out again


def test_taken_out_it_is_gone():
    assert NAME not in FAMILIES["weight"] and ("weight", NAME) not in samples.ALL
    assert NAME not in "\n".join(console.methods_lines(None, "en")) and NAME not in json.dumps(schemas()["weighting"])


PLAIN = re.compile(r"[^_^{}]|[_^](\{[^{}]+\}|[^{}\s])")


@pytest.mark.parametrize(("family", "name"), samples.ALL)
def test_every_method_has_a_formula_that_a_paper_can_print(family: str, name: str) -> None:
    options = [{}, *({key: value} for key, value in samples.CHANGED.get((family, name), {}).items())]
    for changed in options:
        formula = bind(samples.sample(family, name, **changed), family).formula
        assert "=" in formula and PLAIN.sub("", formula) == "", formula


@pytest.mark.parametrize("family", FAMILIES)
def test_every_method_has_a_known_answer(family: str) -> None:
    """A test of its family's file, or of those against other implementations, calls or names it; `none` changes nothing."""
    named = mentions(ROOT / "tests" / "methods" / f"test_{name}.py" for name in (family, "reference"))
    unnamed = [
        name for name, method in FAMILIES[family].items() if name != "none" and not {name, method.function.__name__} & named
    ]
    assert not unnamed, f"no known answer in tests/methods/test_{family}.py of: {unnamed}"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_asked_for_and_not_offered_is_listed_with_its_reason(language: str) -> None:
    assert not {*OMITTED_METHODS} & {name for methods in FAMILIES.values() for name in methods}
    text = "\n".join(console.methods_lines("not_offered", language))
    for id, method in OMITTED_METHODS.items():
        assert id in text and (method.reason_en if language == "en" else method.reason_zh) in text


def test_a_formula_says_what_its_options_change() -> None:
    def formula(family: str, name: str, **options: object) -> str:
        return bind(samples.sample(family, name, **options), family).formula

    assert "0.01 + 0.99 (x_{ij} − min_j)" in formula("normalise", "minmax", to=[1, 100])
    assert formula("normalise", "zscore", mean=100.0, sd=10.0).startswith("z_{ij} = 1 + 0.1 d_j (x_{ij} − μ_j) / σ_j")
    assert "z′_{ij} = 0.999 z_{ij} + 0.001" in formula("weight", "entropy", shift=0.001)
    assert "|r_{jk}|" in formula("weight", "critic", absolute=True)
    assert formula("aggregate", "mpi", composite="bad").endswith("M_i + V_i / M_i")
