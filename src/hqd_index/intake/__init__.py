"""Messy files in, clean typed tables out, and every row accounted for."""

from .messages import intake_lines
from .run import GateError, Intake, intake

__all__ = ["GateError", "Intake", "intake", "intake_lines"]
