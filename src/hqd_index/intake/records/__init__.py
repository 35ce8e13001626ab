"""Where every row went, and what is reported about it."""
