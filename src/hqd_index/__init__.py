"""hqd-index: manufacturing high-quality development measured, and what SRDI firms contribute to it.

The names of the Python interface are here; the libraries behind one load when it is first used, and no import does more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import (
        ContributionResult,
        EstimateResult,
        IndexResult,
        Run,
        Specification,
        UncertaintyResult,
        build_index,
        contribution,
        estimate,
        load_study,
        method_table,
        read_run,
        run,
        uncertainty,
    )

__version__ = "0.2.0"

__all__ = [
    "ContributionResult",
    "EstimateResult",
    "IndexResult",
    "Run",
    "Specification",
    "UncertaintyResult",
    "build_index",
    "contribution",
    "estimate",
    "load_study",
    "method_table",
    "read_run",
    "run",
    "uncertainty",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(".api", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
