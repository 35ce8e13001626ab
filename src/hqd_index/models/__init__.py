"""Regressions of the index on SRDI density, with inference that holds when few clusters carry the treatment."""

from .analyses.theory import Theory
from .estimation_data import density_column, estimation_data
from .kernels.specification import Estimate, Specification, estimate
from .model_results import ModelResults, regressions
from .model_tables import Inputs, design_tables, event_tables, study_tables

__all__ = [
    "Estimate", "Inputs", "ModelResults", "Specification", "Theory", "density_column", "design_tables", "estimate", 
    "estimation_data", "event_tables", "regressions", "study_tables",
]  # fmt: skip
