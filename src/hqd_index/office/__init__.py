"""For offices without Python: a workbook to fill in, a study made of it, and its faults marked in a copy of it."""

from __future__ import annotations

from .marked_workbook import mark_findings, mark_refused, marked_name
from .template_workbook import write_template
from .workbook_study import WorkbookStudy, study_of_workbook

__all__ = ["WorkbookStudy", "mark_findings", "mark_refused", "marked_name", "study_of_workbook", "write_template"]
