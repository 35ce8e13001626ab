"""Files for other programs, and the README that says what each file of a run holds."""
