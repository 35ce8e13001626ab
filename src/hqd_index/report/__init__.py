"""What people open: page, workbook, quarantine, README. Sees results and tables; never estimates."""

from .quarantine import write_quarantine
from .write import summary, write_report, write_workbooks

__all__ = ["summary", "write_quarantine", "write_report", "write_workbooks"]
