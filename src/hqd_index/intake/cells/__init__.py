"""Text cells as typed values: numbers, units, codes, names, dates."""
