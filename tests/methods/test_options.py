"""Every option of every method changes a result; an option without an entry in samples.CHANGED fails here."""

import numpy as np
import pytest

from hqd_index.errors import ConfigError
from hqd_index.methods import FAMILIES
from hqd_index.methods.choice import bind

from .samples import ALL, BESIDE, CHANGED, CHILDREN, GROUPS, apply, sample, skewed

# refuse or allow what is written, or name a column whose values the program passes; tested below
GATES = {"normalize", "allow_inconsistent", "mix", "groups"}
OPTIONS = [(f, n, option) for f, n in ALL for option in FAMILIES[f][n].options if option not in GATES]


def holed(family: str) -> np.ndarray:
    values = skewed()
    if family == "impute":
        values[[2, 3, 8, 15, 16, 17], [0, 0, 1, 2, 2, 2]] = np.nan
    return values


@pytest.mark.parametrize(("family", "name", "option"), OPTIONS)
def test_the_option_changes_the_result(family: str, name: str, option: str) -> None:
    values = holed(family)
    beside = BESIDE.get((family, name), {})
    before = apply(sample(family, name, **beside), family, values)
    after = apply(sample(family, name, **{**beside, option: CHANGED[family, name][option]}), family, values)
    assert not np.array_equal(before, after, equal_nan=True)


@pytest.mark.parametrize("option", ["floor", "cap"])
@pytest.mark.parametrize("name", [n for f, n in ALL if f == "weight"])
def test_floor_and_cap_hold_for_every_weighting(name: str, option: str) -> None:
    values = skewed()
    values = (values - values.min(0)) / (values.max(0) - values.min(0))
    values = 0.01 + 0.99 * values if FAMILIES["weight"][name].needs == "positive" else values
    limit = 0.25 if name == "equal" else {"floor": 0.2, "cap": 0.3}[option]
    shares = apply(sample("weight", name, **{option: limit}), "weight", values)
    assert np.allclose(shares.sum(axis=-1), 1, atol=1e-9)
    assert (shares >= limit - 1e-9).all() if option == "floor" else (shares <= limit + 1e-9).all()


def test_gates_open_and_shut() -> None:
    cyclic = {"node": {"order": list(CHILDREN), "upper": [[3, 0.2, 2], [5, 1], [0.5]]}}
    with pytest.raises(ConfigError, match="CR = "):
        bind(sample("weight", "ahp", matrices=cyclic), "weight").for_children(CHILDREN)
    bind(sample("weight", "ahp", matrices=cyclic, allow_inconsistent=True), "weight").for_children(CHILDREN)
    with pytest.raises(ConfigError, match="mix belongs to by: mean"):
        bind(sample("weight", "combine", mix=[0.5, 0.5]), "weight").for_children(CHILDREN)
    low, high = (apply(sample("weight", "combine", by="mean", mix=mix), "weight", skewed()) for mix in ([0.1, 0.9], [0.9, 0.1]))
    assert not np.allclose(low, high)


def test_groups_are_passed_by_the_program() -> None:
    values = skewed().reshape(5, 6, 4)
    values[0, 2, 1] = np.nan
    call = bind(sample("impute", "group_mean"), "impute").for_children(CHILDREN)
    assert call(values, groups=GROUPS)[0, 2, 1] == pytest.approx(values[2, 2, 1])  # the one other unit of group x


def test_years_are_written_at_the_combination() -> None:
    parts = [{"method": "entropy", "over": "each_year"}, {"method": "critic"}]
    with pytest.raises(ConfigError, match="at the combination"):
        bind(sample("weight", "combine", of=parts), "weight").for_children(CHILDREN)
