"""Messy files in, clean typed tables out, and every row accounted for."""

from .records.intake_lines import intake_lines, repair_line
from .study_intake import GateError, Intake, intake

__all__ = ["GateError", "Intake", "intake", "intake_lines", "repair_line"]
