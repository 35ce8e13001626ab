"""What a row, a column or a table must satisfy, and what breaks it."""
