"""What made each output: fingerprints, the stage cache, the manifest, CSV that spreadsheets cannot execute."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import CheckError

if TYPE_CHECKING:
    import pandas as pd

NUMBER_KINDS = "iufb"
"""Kinds of columns without texts."""
NUMERIC = ("numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "networkx", "duckdb", "sqlglot", "pandera")
"""Libraries that stages compute numbers with."""
CACHE_BYTES = 2 * 1024**3
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""How a text begins that a spreadsheet runs (some take the full-width signs, too), or one that was made neutral already."""
AT_REST_NS = 5_000_000_000
"""Nanoseconds: more than the coarsest clock of a file system, which counts in twos of seconds."""
BOM = "\ufeff"  # by which a spreadsheet knows UTF-8


def digest_text(content: str) -> str:
    """SHA-256 of a text, in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def digest_file(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_input(path: Path) -> str:
    """sha256 of an input file's bytes, which are read again only where the file may have changed since it was last asked for.

    A file may have where its inode, size or one of its times is another, or where it had been written so shortly before that its
    times could not tell. That its inode changed says nothing where a link to it was made or removed: the engine makes one.
    """
    state, inode_time, link_count = _file_state(path)
    if state in _known_digests:
        digest, known_inode_time, known_link_count = _known_digests[state]
        if inode_time == known_inode_time or link_count != known_link_count:
            return digest
    started = time.time_ns()
    digest = digest_file(path)
    write_time = state[-1]
    if started - max(write_time, inode_time) > AT_REST_NS and _file_state(path)[:2] == (state, inode_time):
        _known_digests[state] = digest, inode_time, link_count
    return digest


_known_digests: dict[tuple[int, ...], tuple[str, int, int]] = {}
"""State of a file -> its digest, and when its inode changed and how many links it had at that time."""


def _file_state(path: Path) -> tuple[tuple[int, ...], int, int]:
    """What the file system says of a file, when it was written last; when its inode changed, and how many links it has."""
    status = path.stat()
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns), status.st_ctime_ns, status.st_nlink


def digest_table(path: Path) -> str:
    """sha256 of a parquet file's bytes; of a folder of them, one that stands for each file and its name."""
    if path.is_file():
        return digest_file(path)
    return digest_text("".join(f"{part.name}:{digest_file(part)}" for part in sorted(path.iterdir())))


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
DIGESTS = "digests.json"
NOTICES = "notices.json"
FACTS = "facts.json"
PARQUET = ".parquet"


def cached(cache_root: Path, stage: str, entry_key: str) -> dict[str, str] | None:
    """name -> digest of a stage's stored tables; None when the entry is absent or its list is damaged."""
    digests = _stored_digests(cache_root / stage / entry_key)
    return None if digests is None else _by_table(digests)


def _stored_digests(entry: Path) -> dict[str, str] | None:
    """File -> digest of a cache entry; None where there is none, or its list is damaged."""
    try:
        digests = json.loads((entry / DIGESTS).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    is_list_of_digests = isinstance(digests, dict) and all(isinstance(digest, str) for digest in digests.values())
    return digests if is_list_of_digests else None


def _by_table(digests: Mapping[str, str]) -> dict[str, str]:
    return {name.removesuffix(PARQUET): digest for name, digest in digests.items() if name.endswith(PARQUET)}


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


def damaged_files(cache_root: Path, stage: str, entry_key: str) -> list[str]:
    """The files of an entry whose bytes are no longer those that were written."""
    entry = cache_root / stage / entry_key
    digests = _stored_digests(entry) or {}
    return [name for name, digest in digests.items() if not (entry / name).exists() or digest_table(entry / name) != digest]


def table_path(cache_root: Path, stage: str, entry_key: str, table_name: str) -> Path:
    """Where the cache keeps a table of a stage."""
    return cache_root / stage / entry_key / f"{table_name}.parquet"


def store(cache_root: Path, stage: str, entry_key: str, entry: Path) -> dict[str, str]:
    """Move a folder of finished files into the cache; table -> digest. What a crash tears shows by its digest."""
    digests = {path.name: digest_table(path) for path in sorted(entry.iterdir())}
    (entry / DIGESTS).write_text(canonical_json(digests), "utf-8")
    target = cache_root / stage / entry_key
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    entry.rename(target)
    return _by_table(digests)


def trim_cache(cache_root: Path, current_entries: Sequence[Path], limit: int = CACHE_BYTES) -> None:
    """Drop the entries longest unread until the cache fits; entries of this run stay."""
    entries = [path for path in cache_root.glob("*/*") if path.is_dir()]
    sizes = {entry: sum(file.stat().st_size for file in entry.rglob("*") if file.is_file()) for entry in entries}
    total = sum(sizes.values())
    for entry in sorted(entries, key=lambda dated_entry: dated_entry.stat().st_mtime):
        if total <= limit:
            return
        if entry not in current_entries:
            total -= sizes[entry]
            shutil.rmtree(entry)


def neutral_text(cell_text: str) -> str:
    """The text behind one ' more where a spreadsheet would run it, or where it looks like such a text made neutral.

    So that two texts never become the same: =1 gives '=1, and '=1 gives ''=1.
    """
    return f"'{cell_text}" if FORMULA.match(cell_text) else cell_text


def write_csv(content: pd.DataFrame, path: Path) -> int:
    """UTF-8 with BOM, CRLF, full precision; texts as `neutral_text` gives them; returns the cells that it changed."""
    return write_csv_blocks([content], path)


def write_csv_blocks(blocks: Iterable[pd.DataFrame], path: Path) -> int:
    """The same of a table that is too large for memory, from its rows some at a time; one block at least has its header."""
    edited_count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(BOM)
        writer = csv.writer(stream, lineterminator="\r\n")
        for place, block in enumerate(blocks):
            if place == 0:
                writer.writerow([neutral_text(str(column_name)) for column_name in block.columns])
            columns, edited_in_block = _neutral_columns(block)
            edited_count += edited_in_block
            writer.writerows(zip(*columns))
    return edited_count


def _neutral_columns(content: pd.DataFrame) -> tuple[list[list[Any]], int]:
    """The cells column by column, no text of which a spreadsheet would run, and how many were changed."""
    columns, edited_count = [], 0
    for column_name in content.columns:
        column_values, is_number = _csv_values(content[column_name]), content[column_name].dtype.kind in NUMBER_KINDS
        distinct_texts = set() if is_number else {cell for cell in column_values if isinstance(cell, str)}
        neutral_texts = {cell_text: neutral_text(cell_text) for cell_text in distinct_texts if FORMULA.match(cell_text)}
        if neutral_texts:
            edited_count += sum(isinstance(cell, str) and cell in neutral_texts for cell in column_values)
            column_values = [neutral_texts.get(cell, cell) if isinstance(cell, str) else cell for cell in column_values]
        columns.append(column_values)
    return columns, edited_count


def _csv_values(column: pd.Series) -> list[Any]:
    """Python's own values, None where one is missing."""
    is_missing = column.isna()
    if is_missing.any():
        return list(column.astype(object).where(~is_missing, None))
    return list(column.to_numpy().tolist())


def sync_folder(folder: Path) -> None:
    """Force a folder's files to disk, so that a rename after it never points at torn content."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())


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


def manifest_of(run_folder: Path) -> dict[str, Any]:
    """The manifest of a run; CheckError (exit 4) where it cannot be read or lacks what every manifest has."""
    path = run_folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        manifest = None
    if isinstance(manifest, dict) and isinstance(manifest.get("files"), dict) and isinstance(manifest.get("run"), str):
        return manifest
    raise CheckError(
        "the manifest is damaged, so that nothing of this run can be trusted; hqd run makes it again",
        zh="清单已损坏,该次运行的内容均无从核对;执行 hqd run 可重新生成",
        location=str(path),
    )
