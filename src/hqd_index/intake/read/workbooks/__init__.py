"""Sheets of xlsx, xls and ods workbooks as grids of the texts they show."""
