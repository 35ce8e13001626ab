"""Faults that no single entry shows: what one part of a study says about another."""
