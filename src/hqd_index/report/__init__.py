"""What people open: page, workbook, quarantine, README. Sees results and tables; never estimates."""
