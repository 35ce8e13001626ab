"""Raw files as sheets of text cells: one reader per format."""
