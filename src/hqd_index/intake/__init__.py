"""Messy files in, clean typed tables out, and every row accounted for."""

from .run import GateError, Intake, intake

__all__ = ["GateError", "Intake", "intake"]
