"""Estimators and inference on plain arrays and frames: they know neither the study nor its tables."""
