"""A minute of what `make attack` does for hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..faults.small_firms import write_small_study
from ..small import examples
from .hostile_text import SEEDS, faults_of, formula_fault
from .leaks import Holdings, leak, own_temporary_folder, runs


def test_formulas_and_configuration_changed_at_random_are_refused_or_bind(tmp_path: Path) -> None:
    assert faults_of(examples(60), 16, tmp_path) == []
    assert {formula_fault(text) for text in SEEDS} == {""}


def test_growth_is_seen() -> None:
    flat = [Holdings(1000 + n % 3, 20, 1, 4) for n in range(50)]
    assert leak(flat) == ""
    assert leak([Holdings(one.kilobytes + 1500 * n, 20, 1, 4) for n, one in enumerate(flat)]) == "1500 kB a study"
    assert leak([Holdings(1000, 20 + n, n, 4) for n in range(50)]) == "open_files: 40, then 60; temporary_files: 20, then 40"
    assert leak([Holdings(1000, 20 + (n > 30), 1, 4 + n % 2) for n in range(50)]) == ""


@pytest.mark.slow
def test_studies_in_a_row_leave_nothing_behind(tmp_path: Path) -> None:
    with own_temporary_folder(tmp_path / "temporary"):
        course = list(runs(write_small_study(tmp_path / "study"), examples(20)))
    assert leak(course) == ""
