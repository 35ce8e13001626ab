"""Messy files in, clean typed tables out, and every row accounted for."""

from .database_snapshot import DatabaseSnapshot
from .records.intake_lines import intake_lines, repair_line
from .rules.unit_jumps import median_change_notices
from .server_rows import database_files, database_snapshots
from .study_intake import FIRST_ROWS, GateError, Intake, checked_files, intake, refuse_empty_tables

__all__ = [
    "FIRST_ROWS",
    "DatabaseSnapshot",
    "GateError",
    "Intake",
    "checked_files",
    "database_files",
    "database_snapshots",
    "intake",
    "intake_lines",
    "median_change_notices",
    "refuse_empty_tables",
    "repair_line",
]
