"""The index: built, diagnosed, compared, and how sure it is."""
