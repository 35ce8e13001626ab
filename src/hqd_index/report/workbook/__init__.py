"""Workbooks: results.xlsx and quarantine.xlsx."""
