"""What made each output: fingerprints, the stage cache, the manifest, CSV that spreadsheets cannot execute, atomic publishing."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import SetupError

if TYPE_CHECKING:
    import pandas as pd

NUMERIC = ("numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "networkx", "duckdb", "sqlglot", "pandera")
"""Libraries that stages compute numbers with."""
KEEP_RUNS = 5
CACHE_BYTES = 2 * 1024**3
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # by which a spreadsheet knows UTF-8


def digest_text(content: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def digest_file(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical_json(content: Any) -> str:
    """One text per value: sorted keys, no blanks."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


@cache
def package_digest() -> str:
    """Digest of every source file of this package."""
    cache_root = Path(__file__).parent
    files = sorted(p for p in cache_root.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return digest_text("".join(f"{p.relative_to(cache_root).as_posix()}:{digest_file(p)}" for p in files))


@cache
def versions() -> dict[str, str]:
    """Versions of the libraries that numbers depend on."""
    return {library: version(library) for library in NUMERIC}


def stage_key(stage: str, config: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """What a stage's output depends on, as one digest (design 5.9)."""
    return digest_text(canonical_json([stage, package_digest(), versions(), config, dict(inputs)]))


# the cache of stage outputs: <root>/<stage>/<key>/{*.parquet, digests.json, notices.json, facts.json}
NOTICES = "notices.json"
FACTS = "facts.json"


def cached(cache_root: Path, stage: str, entry_key: str) -> dict[str, str] | None:
    """name -> digest of a stage's stored tables; None when absent; a damaged entry is removed and reported as absent."""
    folder = cache_root / stage / entry_key
    try:
        digest_by_table: dict[str, str] = json.loads((folder / "digests.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return digest_by_table


def write_notices(entry: Path, notices: Sequence[str]) -> None:
    """The notices of a stage, put beside the tables it made."""
    (entry / NOTICES).write_text(json.dumps(list(notices), ensure_ascii=False), "utf-8")


def stored_notices(cache_root: Path, stage: str, entry_key: str) -> list[str]:
    """The notices of a stage when it made the tables that are stored; a run that takes them repeats them."""
    try:
        notices: list[str] = json.loads((cache_root / stage / entry_key / NOTICES).read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return notices


def write_facts(entry: Path, stage_facts: Mapping[str, Any]) -> None:
    """What a stage leaves for the manifest, put beside the tables it made."""
    (entry / FACTS).write_text(json.dumps(stage_facts, ensure_ascii=False, sort_keys=True), "utf-8")


def stored_facts(cache_root: Path, stage: str, entry_key: str) -> dict[str, Any]:
    """What a stage left for the manifest; nothing where it left nothing."""
    try:
        stage_facts: dict[str, Any] = json.loads((cache_root / stage / entry_key / FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stage_facts


def damaged(cache_root: Path, stage: str, entry_key: str, table_name: str, digest: str) -> bool:
    """Whether a stored table's bytes are no longer those that were written."""
    path = table_path(cache_root, stage, entry_key, table_name)
    return not path.is_file() or digest_file(path) != digest


def table_path(cache_root: Path, stage: str, entry_key: str, table_name: str) -> Path:
    """Where the cache keeps a table of a stage."""
    return cache_root / stage / entry_key / f"{table_name}.parquet"


def store(cache_root: Path, stage: str, entry_key: str, entry: Path) -> dict[str, str]:
    """Move a folder of finished parquet files into the cache; name -> digest. What a crash tears shows by its digest."""
    digests = {path.stem: digest_file(path) for path in sorted(entry.glob("*.parquet"))}
    (entry / "digests.json").write_text(canonical_json(digests), "utf-8")
    target = cache_root / stage / entry_key
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    entry.rename(target)
    return digests


def trim_cache(cache_root: Path, current_entries: Sequence[Path], limit: int = CACHE_BYTES) -> None:
    """Drop the entries longest unread until the cache fits; entries of this run stay."""
    entries = [path for path in cache_root.glob("*/*") if path.is_dir()]
    sizes = {entry: sum(entry_file.stat().st_size for entry_file in entry.iterdir()) for entry in entries}
    total = sum(sizes.values())
    for entry in sorted(entries, key=lambda dated_entry: dated_entry.stat().st_mtime):
        if total <= limit:
            return
        if entry not in current_entries:
            total -= sizes[entry]
            shutil.rmtree(entry)


# publishing: a run folder is complete or absent


def write_csv(content: pd.DataFrame, path: Path) -> int:
    """UTF-8 with BOM, CRLF, full precision; text that a spreadsheet would run is prefixed with '; returns cells so touched."""
    from pandas.api.types import is_string_dtype

    columns, edited_count = [], 0
    for column_name in content.columns:
        column_values = content[column_name].astype(object).where(content[column_name].notna(), None).tolist()
        distinct_texts = set(column_values) - {None} if is_string_dtype(content[column_name]) else ()
        risky = {cell_text for cell_text in distinct_texts if cell_text.startswith(FORMULA_STARTS)}
        if risky:
            edited_count += sum(cell in risky for cell in column_values)
            column_values = [f"'{cell}" if cell in risky else cell for cell in column_values]
        columns.append(column_values)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(BOM)
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(content.columns)
        writer.writerows(zip(*columns))
    return edited_count


def sync_folder(folder: Path) -> None:
    """Force a folder's files to disk, so that a rename after it never points at torn content."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())


def publish(temporary: Path, runs: Path, run_id: str, manifest: Mapping[str, Any]) -> Path:
    """Write the manifest last, rename the run into place, point `latest` at it."""
    (temporary / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True), "utf-8")
    sync_folder(temporary)
    target = runs / run_id
    if target.exists():
        shutil.rmtree(target)
    temporary.rename(target)
    point_latest(runs.parent, run_id)
    for old_run in sorted(runs.iterdir(), key=lambda p: p.stat().st_mtime)[:-KEEP_RUNS]:
        if old_run != target and not old_run.name.startswith("."):
            shutil.rmtree(old_run)
    return target


def publish_in_place(temporary: Path, target: Path, manifest: Mapping[str, Any]) -> Path:
    """Write the manifest last and put the folder in the place of the one before, which is gone only when this one is whole."""
    (temporary / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False, sort_keys=True), "utf-8")
    sync_folder(temporary)
    if target.exists():
        target.rename(temporary.with_name("before"))  # removed with the temporary folder
    temporary.rename(target)
    return target


def point_latest(study_folder: Path, run_id: str) -> None:
    """`latest` -> runs/<run>: a relative symlink replaced at once, or a copy where links are not allowed."""
    link = study_folder / "latest"
    new_link = study_folder / ".latest.new"
    with contextlib.suppress(FileNotFoundError):
        new_link.unlink()
    try:
        new_link.symlink_to(Path("runs") / run_id)
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        new_link.replace(link)
    except (OSError, NotImplementedError):
        if link.is_dir() and not link.is_symlink():
            shutil.rmtree(link)
        shutil.copytree(study_folder / "runs" / run_id, link)
    pointer = study_folder / ".latest.txt.new"
    pointer.write_text(run_id + "\n", "utf-8")
    pointer.replace(study_folder / "latest.txt")


def intact(run_folder: Path, run_id: str | None = None) -> bool:
    """Whether a published run (of that id) still holds every file of its manifest, byte for byte."""
    try:
        manifest = json.loads((run_folder / "manifest.json").read_text("utf-8"))
        digests_of_files: dict[str, str] = manifest["files"]
    except (OSError, ValueError, KeyError):
        return False
    if run_id not in (None, manifest.get("run")):
        return False
    return all(
        (run_folder / file_name).is_file() and digest_file(run_folder / file_name) == digest
        for file_name, digest in digests_of_files.items()
    )


def file_digests(folder: Path) -> dict[str, str]:
    """Relative path -> sha256 of every file below a folder, the manifest left out."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in files}


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One run at a time: a lock file with the pid; a dead owner's lock is taken over. SetupError (exit 5) names the owner."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / ".lock"
    while True:
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            owner = lock.read_text().strip()
            if _is_alive(owner):
                raise SetupError(
                    f"another run (pid {owner}) is writing {folder}; wait for it or stop it",
                    zh=f"另一个进程(pid {owner})正在写入 {folder};请等待其结束或先停止它",
                ) from None
            lock.unlink(missing_ok=True)
    try:
        os.write(handle, str(os.getpid()).encode())
        os.close(handle)
        yield
    finally:
        lock.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
