"""What our methods give on the data of their known answers; theirs, the sources and tolerances are in texts/known_answers.yaml.

`differences()` computes each answer anew; the page of known answers prints them and a test holds them to the tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from cells import texts
from known_estimates import ESTIMATES

from hqd_index.index.dynamics.coupling import Coupling, classic, corrected_coupling
from hqd_index.index.dynamics.moran import row_standardised
from hqd_index.index.dynamics.spatial_weights import economic_weights, nested_weights
from hqd_index.index.dynamics.theil_index import theil
from hqd_index.index.dynamics.time_weights import time_weights
from hqd_index.methods.aggregate_compromise import grey_relation, grey_topsis, rsr, vikor
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.weight import cilos, entropy, idocriw, merec
from hqd_index.methods.weight_components import independence, pca_spss

Array = npt.NDArray[np.float64]
CHILDREN = ("a", "b", "c", "d")


def table(name: str) -> Array:
    """A table of the file of known answers."""
    return np.array(texts("known_answers")["data"][name], dtype=np.float64)


def scaled(values: Array) -> Array:
    """Min-max by column."""
    return np.asarray((values - values.min(axis=0)) / (values.max(axis=0) - values.min(axis=0)))


def judged(method: str, **options: Any) -> Array:
    """Weights of four children from what is written about them; the data play no part."""
    choice = Choice(method=method, **options)
    return bind(choice, "weight").for_children(CHILDREN)(np.ones((3, 4)))[0]


def construction() -> Array:
    """The example of Zavadskas and Podvezko, its two costs turned by min / x as in the paper."""
    values = table("construction")
    values[:, [0, 2]] = values[:, [0, 2]].min(axis=0) / values[:, [0, 2]]
    return values


def removal() -> Array:
    """The example of Keshavarz-Ghorabaee et al., its two costs turned to 1 / x, whose ratios are those of the paper."""
    values = table("removal")
    values[:, 2:] = 1 / values[:, 2:]
    return values


def idocriw_of_costs() -> Array:
    """As the paper has it: entropy of the table as it is, times cilos of the table with its costs turned."""
    product = entropy(table("construction")) * cilos(construction())
    return np.asarray(product / product.sum())[0]


def hospital() -> Array:
    """The hospital's ten years, its two costs with the other sign."""
    return table("hospital") * np.array([1, -1, 1, 1, 1, -1])


def suppliers() -> Array:
    """The six suppliers, min-max, cost columns with the other sign."""
    return scaled(table("suppliers") * np.array([1, -1, -1, -1, 1, 1, 1, 1, 1]))


def theil_parts() -> Array:
    """Theil's index of 18 incomes in two groups, its between and its within part."""
    parts = theil(table("incomes"), texts("known_answers")["data"]["members"])
    return np.array([parts.theil, parts.between, parts.within])


def coordination(method: Callable[[Array, Array | None], Coupling]) -> Array:
    """T, then D, of six units with three systems under the coefficients 0.4, 0.3, 0.3."""
    degrees = method(table("systems"), np.array([0.4, 0.3, 0.3]))
    return np.concatenate([degrees.development, degrees.degree])


def nested() -> Array:
    """Six provinces: inverse kilometres times inverse distance in income."""
    kilometres = table("kilometres")
    inverse = np.divide(1.0, kilometres, out=np.zeros_like(kilometres), where=kilometres > 0)
    return row_standardised(nested_weights(inverse, table("income"))).ravel()


RANDOM_WEIGHTS = np.array([[0.1, 0.3, 0.15, 0.2, 0.05, 0.2]])
HOSPITAL_WEIGHTS = np.array([[0.093, 0.418, 0.132, 0.1, 0.098, 0.159]])
SUPPLIER_WEIGHTS = np.array([[0.2, 0.15, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]])

OURS: dict[str, Callable[[], Array]] = {
    "pca_spss": lambda: pca_spss(table("attitude"))[0],
    "independence": lambda: independence(table("attitude"))[0],
    "merec": lambda: merec(removal())[0],
    "merec_pymcdm": lambda: merec(table("random"))[0],
    "cilos": lambda: cilos(construction())[0],
    "cilos_pymcdm": lambda: cilos(table("random"))[0],
    "idocriw": idocriw_of_costs,
    "idocriw_pymcdm": lambda: idocriw(table("random"))[0],
    "entropy_scaled_shift": lambda: entropy(table("random"), shift=0.1)[0],
    "entropy_added_shift": lambda: entropy(table("random"), shift="z + 0.01")[0],
    "priority": lambda: judged("priority", scores={"a": 6.5, "b": 4.5, "c": 4.5, "d": 1.5}),
    "fuzzy_ahp": lambda: judged("fuzzy_ahp", matrices=texts("known_answers")["data"]["fuzzy"]),
    "vikor": lambda: 1 - vikor(table("random"), RANDOM_WEIGHTS),
    "grey_relation": lambda: grey_relation(suppliers(), np.full((1, 9), 1 / 9)),
    "grey_relation_weighted": lambda: grey_relation(scaled(table("random")), RANDOM_WEIGHTS),
    "grey_topsis": lambda: grey_topsis(suppliers(), SUPPLIER_WEIGHTS),
    "rsr": lambda: rsr(hospital(), HOSPITAL_WEIGHTS),
    "rsr_equal": lambda: rsr(hospital(), np.full((1, 6), 1 / 6)),
    "rsr_fractional": lambda: rsr(table("random"), RANDOM_WEIGHTS, ranks="fractional"),
    "theil": theil_parts,
    "coupling_classic": lambda: coordination(classic),
    "coupling_corrected": lambda: coordination(corrected_coupling),
    "economic_weights": lambda: row_standardised(economic_weights(table("levels"))).ravel(),
    "nested_weights": nested,
    "time_weights": lambda: time_weights(5, 0.6),
    "time_weights_recent": lambda: time_weights(5, 0.3),
    **ESTIMATES,
}


def answers() -> dict[str, Mapping[str, Any]]:
    """Id -> method, source, theirs, tolerance and its reason."""
    return {**texts("known_answers")["answers"], **texts("known_estimates")["answers"]}


@cache
def ours(id: str) -> Array:
    """Ours for an answer, which a page in each language shows beside theirs."""
    return np.asarray(OURS[id](), dtype=np.float64)


def difference(id: str) -> float:
    """The largest distance of ours from theirs."""
    theirs = np.array(answers()[id]["theirs"], dtype=np.float64)
    return float(np.abs(ours(id) - theirs).max())
