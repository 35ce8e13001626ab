"""hqd-index: manufacturing high-quality development measured, and what SRDI firms contribute to it."""

__version__ = "0.1.0"
