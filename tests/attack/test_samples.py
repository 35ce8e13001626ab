"""A minute of what `make attack` does for hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..faults import test_killed_runs as killed_runs
from ..faults.small_firms import CONFIGS, write_small_study
from ..small import examples
from . import __main__ as attack
from .hostile_text import SEEDS, SoundFolder, faults_of, formula_fault, other_shapes
from .leaks import Holdings, leak, own_temporary_folder, runs


def test_formulas_and_configuration_changed_at_random_are_refused_or_bind(tmp_path: Path) -> None:
    assert faults_of(examples(60), 16, tmp_path) == []
    assert {formula_fault(text) for text in SEEDS} == {""}


@pytest.mark.parametrize("part", [pytest.param(name, marks=() if name == "indicators" else pytest.mark.slow) for name in CONFIGS])
def test_values_of_another_shape_are_refused_with_their_place(tmp_path: Path, part: str) -> None:
    """A mapping, list, number, text or nothing in the place of each value; an entry of the tree that is a mapping was a bug."""
    study = SoundFolder(tmp_path / "study")
    wrong = [(text, fault) for text in other_shapes(f"version: 1\n{CONFIGS[part]}") if (fault := study.fault_with(part, text))]
    assert wrong == []


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


def test_an_attack_prints_its_seed_and_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same pieces come out when one is done again; no other is; another seed is refused."""
    monkeypatch.setattr(attack, "TEXT_PIECES", 3)
    seeds: list[int] = []
    monkeypatch.setattr(attack, "faults_of", lambda count, seed, folder: (seeds.append(seed), faults_of(count, seed, folder))[1])
    arguments = ["--state", str(tmp_path), "--seed", "7", "--scale", "0.004", "texts"]
    assert attack.main(arguments) == 0 and capsys.readouterr().out == "texts, seed 7\ntexts: no fault\n"
    log = tmp_path / "attack.jsonl"
    whole = log.read_text("utf-8").splitlines()
    log.write_text("\n".join(whole[:2]) + "\n", "utf-8")
    assert attack.main(arguments) == 0 and log.read_text("utf-8").splitlines() == whole
    assert seeds == [7000, 7001, 7002, 7002]
    with pytest.raises(SystemExit):
        attack.main(["--state", str(tmp_path), "--seed", "8", "texts"])
    assert "was begun with --seed 7" in capsys.readouterr().err


def test_kills_go_on_where_they_were(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    monkeypatch.setattr(killed_runs, "trial", lambda study, kill, seed: tried.append(seed) or "")
    monkeypatch.setattr(killed_runs, "recovered", lambda study, seed: "")
    (tmp_path / "study").mkdir()
    for count in (3, 5):
        assert killed_runs.main(tmp_path, count, 16) == 0
    assert tried == [16000, 16001, 16002, 16003, 16004]
    assert capsys.readouterr().out == "seed 16: 3 kills, 0 left a fault\nseed 16: 5 kills, 0 left a fault\n"
