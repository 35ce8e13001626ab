"""Text files of many rows: decoded in blocks, and turned once into a file of typed columns."""
