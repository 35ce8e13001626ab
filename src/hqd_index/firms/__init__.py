"""Features of firms: SRDI status by rule, productivity, modes, paths."""
