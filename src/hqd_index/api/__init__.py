"""For notebooks and scripts: frames in, frozen results of frames out, which print well in a terminal and in Jupyter."""

from __future__ import annotations

from ..models.kernels.specification import Specification
from .frame_estimates import ContributionResult, EstimateResult, contribution, estimate
from .frame_index import IndexResult, build_index
from .frame_uncertainty import UncertaintyResult, uncertainty
from .method_frame import method_table
from .study_runs import Run, load_study, read_run, run

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
