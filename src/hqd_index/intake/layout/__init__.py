"""Sheets of text cells as tables of text columns: headers, label rows, notes, long tables, several sources of a table."""
