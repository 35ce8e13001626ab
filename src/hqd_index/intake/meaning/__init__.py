"""What a printed text means (units, codes, dates, notes, numbers): pure functions that see neither files nor the engine."""
