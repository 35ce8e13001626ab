"""What the terminal shows."""

from .command_lines import (
    checked_lines,
    clean_lines,
    demo_lines,
    difference_lines,
    doctor_lines,
    example_lines,
    init_lines,
)
from .method_lines import methods_lines
from .opening_lines import opening_lines
from .run_display import Console
from .run_lines import open_lines, run_lines
from .text_width import fitted_lines, terminal_width

__all__ = [
    "Console",
    "checked_lines",
    "clean_lines",
    "demo_lines",
    "difference_lines",
    "doctor_lines",
    "example_lines",
    "fitted_lines",
    "init_lines",
    "methods_lines",
    "open_lines",
    "opening_lines",
    "run_lines",
    "terminal_width",
]
