"""Looking after results and machine: is a run still intact, what changed, what can be removed, is everything needed installed."""

from .clean import clean
from .difference import Run, Section, difference
from .doctor import Finding, doctor
from .run_list import ListedRun, run_list
from .strict_run import STRICT_VERDICT, strict_lines
from .verify import Checked, verify

__all__ = [
    "STRICT_VERDICT",
    "Checked",
    "Finding",
    "ListedRun",
    "Run",
    "Section",
    "clean",
    "difference",
    "doctor",
    "run_list",
    "strict_lines",
    "verify",
]
