"""Regressions of the index on SRDI density, with inference that holds when few clusters carry the treatment."""

from .assemble import density_column, estimation_data
from .run import ModelResults, regressions
from .specification import Estimate, Specification, estimate

__all__ = ["Estimate", "ModelResults", "Specification", "density_column", "estimate", "estimation_data", "regressions"]
