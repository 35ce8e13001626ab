"""How sure the ranks are: designs, draws, rank intervals and confidence sets, Sobol' indices."""
