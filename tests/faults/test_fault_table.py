"""Every fault of the table put into a clean study and run: exit code, words, ledger, quarantine, `latest`, seconds."""

from __future__ import annotations

import ast
import re
import shutil
import time
from pathlib import Path

import pytest

from hqd_index import provenance
from hqd_index.file_lock import locked

from ..small import ROOT, folder_once
from .fault_table import FAULTS, HELD, HERE, Fault
from .small_firms import SmallStudy, command, write_small_study

SECONDS = 10.0
"""Of the processor, for any case; section 8 of the fault list."""
IN_THE_FAST_SUITE = {2, 3}
"""Refusals take a third of a second; what runs to the end is as slow as the program, and its door is tested by tests/intake."""


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    """The study with its `latest` and a quick run."""

    def write(folder: Path) -> None:
        study = write_small_study(folder / "study")
        study.edit("study", "seed: 1\n", "seed: 1\noutputs: []\n")
        for options in ((), ("--quick",)):
            code, said = study.run(*options)
            assert code == 0, said

    return SmallStudy(folder_once(tmp_path_factory, "small-firms", write) / "study")


@pytest.fixture
def study(clean: SmallStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallStudy:
    """A copy of it that a test may spoil, and the working folder beside it."""
    monkeypatch.chdir(tmp_path)
    return clean.copy(tmp_path / "study")


def cases() -> list[object]:
    """A case in words is the id and the first word; what takes long is marked slow."""
    turns: dict[str, int] = {}
    parameters = []
    for fault in FAULTS:
        turns[fault.id] = turns.get(fault.id, 0) + 1
        marks = () if fault.code in IN_THE_FAST_SUITE else pytest.mark.slow
        parameters.append(pytest.param(fault, id=f"{fault.id}-{turns[fault.id]}", marks=marks))
    return parameters


@pytest.mark.parametrize("fault", cases())
def test_each_fault_ends_as_the_table_says(study: SmallStudy, clean: SmallStudy, fault: Fault) -> None:
    before = (study.home / "latest").readlink()
    fault.change(study)
    begun = time.process_time()
    code, said = study.run("--quick", *fault.options)
    assert time.process_time() - begun < SECONDS
    assert code == fault.code, said
    assert [word for word in fault.words if word not in said] == [], said
    assert "Traceback" not in said and not list(study.folder.parent.rglob("canary"))
    assert (study.home / "latest").readlink() == before and provenance.intact(study.home / "latest")
    if code:
        assert f"退出码 {code}" in said and not [*study.home.rglob(".tmp-*")]
        assert provenance.intact(study.home / "quick")
        _rejected_rows_balance(study)
        return
    errors = study.table("quarantine").query("severity == 'error'")
    assert sorted(zip(errors["rule"], errors["row"].astype(int))) == sorted(fault.quarantined)
    assert (errors[["mend_zh", "mend_en", "expected_zh", "expected_en"]] != "").all(axis=None)
    ledger = study.table("ledger").astype({"rows_in": int, "used": int, "quarantined": int, "out_of_scope": int})
    assert (ledger["rows_in"] == ledger["used"] + ledger["quarantined"] + ledger["out_of_scope"]).all()
    assert ledger["quarantined"].sum() == len({row for _, row in fault.quarantined})
    assert ledger["out_of_scope"].sum() == fault.out_of_scope
    if fault.same_scores:
        assert study.table("scores").equals(clean.table("scores"))


def _rejected_rows_balance(study: SmallStudy) -> None:
    """Where data were refused row by row, what was found is kept and adds up."""
    if not (study.home / "rejected").exists():
        return
    ledger = study.table("ledger", "rejected").astype({"rows_in": int, "used": int, "quarantined": int, "out_of_scope": int})
    assert (ledger["rows_in"] == ledger["used"] + ledger["quarantined"] + ledger["out_of_scope"]).all()
    assert ledger["quarantined"].sum() == study.table("quarantine", "rejected").query("severity == 'error'")["row"].nunique()
    assert (study.home / "rejected" / "quarantine.xlsx").is_file()


def test_f51_a_second_run_names_the_first(study: SmallStudy) -> None:
    with locked(study.out):
        code, said = study.run("--quick")
    assert code == 5 and "pid" in said


def test_f52_a_damaged_entry_of_the_cache_is_computed_again(study: SmallStudy, clean: SmallStudy) -> None:
    entry = next((study.out / ".cache" / "quick_scores").rglob("scores.csv"))
    entry.write_text("tampered")
    shutil.rmtree(study.home / "quick")
    code, said = study.run("--quick")
    assert code == 0 and study.table("scores").equals(clean.table("scores")) and "scores.csv" in said, said


@pytest.mark.parametrize("spoil", ["edited", "deleted", "manifest"])
def test_f54_and_f70_verify_names_what_is_not_as_published(study: SmallStudy, spoil: str) -> None:
    path = study.home / "latest" / ("manifest.json" if spoil == "manifest" else "tables/scores.csv")
    path.unlink() if spoil == "deleted" else path.write_text("tampered")
    places = ["--study", str(study.configs), "--out", str(study.out)]
    code, said = command(["verify", *places])
    assert code == 4 and path.name in said, said
    assert study.run()[0] == 0 and command(["verify", *places])[0] == 0


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["diff"], 2), (["explain"], 2), (["rn"], 2), (["run", "--quik"], 2)])
def test_f73_a_slip_of_the_command_line_leaves_no_log(study: SmallStudy, arguments: list[str], code: int) -> None:
    ended, said = command(arguments)
    assert ended == code and said.strip() and not list(Path().glob("*.log")), said


def ids_of_the_domain(shared: Path) -> set[str]:
    """The ids of the fault list and of the real-world mess."""
    pages = "\n".join((shared / "domain" / name).read_text("utf-8") for name in ("faults.md", "data.md"))
    return set(re.findall(r"^\| ([FM]\d\d) \|", pages, re.MULTILINE)) | set(
        re.findall(r"^- \*\*([FM]\d\d)\b", pages, re.MULTILINE)
    )


def test_the_table_holds_every_id_once(shared: Path) -> None:
    tabled = {fault.id for fault in FAULTS}
    written = {*(f"F{n:02d}" for n in range(1, 75)), *(f"M{n:02d}" for n in range(1, 31))}
    assert tabled | HELD.keys() | set(HERE) == written
    assert not (tabled & HELD.keys()) | (set(HERE) & (tabled | HELD.keys()))
    assert ids_of_the_domain(shared) == written


def test_ids_in_the_code_are_those_of_the_table() -> None:
    known = {fault.id for fault in FAULTS} | HELD.keys() | set(HERE)
    sources = [path for path in (ROOT / "src").rglob("*") if path.suffix in (".py", ".yaml")]
    named = {id for path in sources for id in re.findall(r'(?<![\w#])"(F[0-7]\d|M[0-3]\d)"', path.read_text("utf-8"))}
    assert named and named <= known, named - known


def test_the_tests_that_hold_a_case_exist() -> None:
    for names in HELD.values():
        for name in names:
            file, test = name.split("::")
            tree = ast.parse((ROOT / file).read_text("utf-8"))
            assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name
