"""What the index rests on: columns, correlations, reliability, components, weights, known groups."""
