"""Figures: charts from tidy frames, drawn as SVG, PNG and PDF."""
