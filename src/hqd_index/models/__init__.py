"""Regressions of the index on SRDI density, with inference that holds when few clusters carry the treatment.

What rests on the analyses and their libraries is imported when it is asked for: the headline alone needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .estimation_data import density_column, estimation_data
from .headline_regression import headline_regression
from .kernels.specification import Estimate, Specification, estimate
from .model_inputs import ModelInputs

if TYPE_CHECKING:
    from .model_results import ModelResults, regressions
    from .model_tables import design_tables, event_tables, study_tables

_MODULES = {"ModelResults": "model_results", "regressions": "model_results"}
_MODULES |= dict.fromkeys(("design_tables", "event_tables", "study_tables"), "model_tables")

__all__ = [
    "Estimate", "ModelInputs", "ModelResults", "Specification", "density_column", "design_tables", "estimate",
    "estimation_data", "event_tables", "headline_regression", "regressions", "study_tables",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
