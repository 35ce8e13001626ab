"""Looking after results and machine: is a run still what it was, what can go, does everything needed stand ready."""

from .clean import clean
from .doctor import Finding, doctor
from .verify import Checked, verify

__all__ = ["Checked", "Finding", "clean", "doctor", "verify"]
