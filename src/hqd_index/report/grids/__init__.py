"""Tables as people read them: grids that page and workbook share."""
