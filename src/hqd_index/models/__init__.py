"""Regressions of the index on SRDI density, with inference that holds when few clusters carry the treatment."""

from .estimation_data import density_column, estimation_data
from .kernels.specification import Estimate, Specification, estimate
from .model_inputs import ModelInputs
from .model_results import ModelResults, regressions
from .model_tables import design_tables, event_tables, study_tables

__all__ = [
    "Estimate", "ModelInputs", "ModelResults", "Specification", "density_column", "design_tables", "estimate",
    "estimation_data", "event_tables", "regressions", "study_tables",
]  # fmt: skip
