"""Regressions of the index on SRDI density, with inference that holds when few clusters carry the treatment."""

from .assemble import density_column, estimation_data
from .run import ModelResults, regressions
from .specification import Estimate, Specification, estimate
from .study_tables import Inputs, design_tables, event_tables, study_tables
from .theory import Theory

__all__ = [
    "Estimate", "Inputs", "ModelResults", "Specification", "Theory", "density_column", "design_tables", "estimate", 
    "estimation_data", "event_tables", "regressions", "study_tables",
]  # fmt: skip
