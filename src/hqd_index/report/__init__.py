"""What people open: page, workbook, quarantine, README. Sees results and tables; never estimates."""

from .outputs import summary, write_report, write_workbooks
from .workbook.quarantine_workbook import write_quarantine

__all__ = ["summary", "write_quarantine", "write_report", "write_workbooks"]
