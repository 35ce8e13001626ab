"""Runs that exclude each other, and what is left of those that were killed: locks, folders, manifests (F64 to F70)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from hqd_index import provenance, publishing, scratch_folder
from hqd_index.engines import open_engine
from hqd_index.errors import HqdError, SetupError
from hqd_index.file_lock import FileLock
from hqd_index.pipeline.compute import StageJob
from hqd_index.pipeline.job_queue import JobQueue
from hqd_index.scratch_folder import remove_abandoned_scratch
from hqd_index.workers import WorkerPool

from .small import ROOT

HOLD = """
import sys
from hqd_index.errors import SetupError
from hqd_index.file_lock import locked
from pathlib import Path
try:
    with locked(Path(sys.argv[1])):
        print("runs", flush=True)
        sys.stdin.read()
except SetupError as fault:
    print(fault.text("en"), flush=True)
"""


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_of_four_at_once_on_a_stale_lock_one_runs_and_names_itself(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(str(os.getpid()))  # a living process that holds nothing, as after a reused number
    processes = [python(HOLD, str(tmp_path)) for _ in range(4)]
    said = [process.stdout.readline() for process in processes if process.stdout]  # the winner waits for its input to close
    for process in processes:
        process.communicate(timeout=60)
    winners = [process.pid for process, text in zip(processes, said) if text == "runs\n"]
    assert len(winners) == 1, said
    assert sum(f"another run (pid {winners[0]})" in text for text in said) == 3, said
    assert python(HOLD, str(tmp_path)).communicate(timeout=60)[0] == "runs\n"


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_on_the_new_file(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.acquire()
    (tmp_path / "lock").unlink()
    assert second.acquire() and not FileLock(tmp_path / "lock").acquire()
    first.release()
    second.release()


def published_run(folder: Path, text: str, run_id: str = "abc") -> Path:
    """A run of one table, published below a folder."""
    temporary = folder / "runs" / ".tmp-1" / "run"
    temporary.mkdir(parents=True)
    (temporary / "scores.csv").write_text(text)
    manifest = {"run": run_id, "files": provenance.file_digests(temporary)}
    return publishing.publish(temporary, folder / "runs", run_id, manifest)


def test_a_whole_run_of_the_same_id_is_kept_and_a_broken_one_replaced(tmp_path: Path) -> None:
    run = published_run(tmp_path, "1")
    first = (run / "manifest.json").stat().st_ino
    published_run(tmp_path, "1")
    assert (run / "manifest.json").stat().st_ino == first
    (run / "scores.csv").write_text("2")
    publishing.remove_unfinished(tmp_path / "runs")
    published_run(tmp_path, "1")
    assert (tmp_path / "latest" / "scores.csv").read_text() == "1" and provenance.intact(tmp_path / "latest", "abc")


@pytest.mark.parametrize("step", range(4))
def test_killed_while_a_broken_run_is_replaced_latest_never_dangles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """F65: the run before the broken one stays published until the new one is whole."""
    published_run(tmp_path, "0", "whole")
    broken = published_run(tmp_path, "1")
    publishing.point_at(tmp_path, "whole")
    (broken / "scores.csv").write_text("2")
    publishing.remove_unfinished(tmp_path / "runs")
    calls = iter(range(100))

    def dies(act):  # the process ends before the step
        def acts(*arguments: object, **options: object) -> object:
            if next(calls) == step:
                raise SystemExit
            return act(*arguments, **options)

        return acts

    for name in ("unlink", "rename", "replace"):
        monkeypatch.setattr(Path, name, dies(getattr(Path, name)))
    with pytest.raises(SystemExit):
        published_run(tmp_path, "1")
    assert provenance.intact(tmp_path / "latest", "whole")


def end_this_process(_job: object, _line: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_stage_whose_process_is_killed_is_named_and_no_bug(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """F66."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))  # the process imports this module
    monkeypatch.setattr("hqd_index.pipeline.job_queue.compute", end_this_process)
    monkeypatch.setattr("hqd_index.pipeline.job_queue.modules_of", lambda _study: [])
    unread: Any = None  # the stage ends before it looks at a study
    job = StageJob("models", unread, unread, {}, tmp_path, "key", tmp_path, {})
    with WorkerPool(1) as workers:
        jobs = JobQueue(workers, unread)
        jobs.start(job)
        with pytest.raises(SetupError, match=r"stage models.*signal 9.*--processes 1") as told:
            jobs.next(print)
    assert told.value.exit_code == 5


@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3])
def test_an_interrupt_while_importing_is_no_traceback(delay: float, tmp_path: Path) -> None:
    """F67: from the first line of the program on; before it, Python itself is starting."""
    code = "import sys; from hqd_index.__main__ import main; sys.argv[1:] = ['doctor', '--lang', 'en']; print(flush=True); main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and said.startswith("interrupted"), said
    assert not (tmp_path / "hqd-error.log").exists()


def test_a_folder_that_another_run_takes_for_abandoned_before_it_is_locked_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs that start at once: the one that clears up may come between the folder and its lock."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    is_acquired, taken_folders = scratch_folder._is_acquired, list[Path]()

    def acquired_after_another_run(owner: FileLock) -> bool:
        if not taken_folders:
            owner.path.touch()
            taken_folders.extend(remove_abandoned_scratch())
        return is_acquired(owner)

    monkeypatch.setattr(scratch_folder, "_is_acquired", acquired_after_another_run)
    folder = scratch_folder.ScratchFolder()
    assert len(taken_folders) == 1
    assert folder.path.is_dir()
    assert remove_abandoned_scratch() == []


def test_scratch_of_a_dead_engine_is_removed_and_of_a_living_one_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # elsewhere a run of another test may remove it first
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = "import os, signal; from hqd_index.engines import open_engine; print(open_engine().folder, flush=True); "
    code += "os.kill(os.getpid(), signal.SIGKILL)"
    dead = Path(python(code).communicate(timeout=60)[0].strip())
    assert dead.is_dir()
    with open_engine() as engine:
        removed = remove_abandoned_scratch()
        assert dead in removed and not dead.exists() and engine.folder.is_dir()
    assert not engine.folder.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": {}}', '{"run": "abc", "files": []}'])
def test_a_damaged_manifest_is_a_failed_check(tmp_path: Path, text: str) -> None:
    """F70."""
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(HqdError, match="manifest is damaged") as told:
        provenance.manifest_of(tmp_path)
    assert told.value.exit_code == 4


def test_an_edited_manifest_differs_from_what_was_noted(tmp_path: Path) -> None:
    run = published_run(tmp_path, "1")
    recorded = publishing.recorded_digest(tmp_path, "abc")
    assert recorded == provenance.digest_file(run / "manifest.json")
    (run / "manifest.json").write_text(json.dumps({"run": "abc", "files": {}}))
    assert publishing.recorded_digest(tmp_path, "abc") != provenance.digest_file(run / "manifest.json")
    assert publishing.recorded_digest(tmp_path, "other") is None


@pytest.mark.parametrize("text", ["[]", '{"a.parquet": 1}', "nonsense"])
def test_a_cache_entry_with_a_damaged_list_is_computed_again(tmp_path: Path, text: str) -> None:
    """F70: digests.json of another shape."""
    entry = tmp_path / "new"
    entry.mkdir()
    (entry / "scores.parquet").write_bytes(b"1")
    (entry / "scores.csv").write_bytes(b"1")
    provenance.store(tmp_path, "index", "key", entry)
    assert provenance.cached(tmp_path, "index", "key") == {"scores": provenance.digest_text("1")}
    (tmp_path / "index" / "key" / "scores.csv").write_bytes(b"2")
    assert provenance.damaged_files(tmp_path, "index", "key") == ["scores.csv"]
    (tmp_path / "index" / "key" / "digests.json").write_text(text)
    assert provenance.cached(tmp_path, "index", "key") is None
