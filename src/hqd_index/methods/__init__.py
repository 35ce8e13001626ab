"""Ways to impute, treat, normalise, weight and aggregate: plain functions of arrays, chosen by name in YAML."""

from .aggregate import AGGREGATE
from .impute import IMPUTE
from .method import Method
from .normalise import NORMALISE
from .treat import TREAT
from .weight import WEIGHT

FAMILIES: dict[str, dict[str, Method]] = {
    "impute": IMPUTE,
    "treat": TREAT,
    "normalise": NORMALISE,
    "weight": WEIGHT,
    "aggregate": AGGREGATE,
}
"""Family -> name -> method: what the config check, the lists of methods and the invariant tests read."""

__all__ = ["FAMILIES", "Method"]
