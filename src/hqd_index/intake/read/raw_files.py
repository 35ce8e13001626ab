"""The files of a source in the data folder, and whether they stay the same while they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import CheckError, ConfigError, SetupError, closest
from ...provenance import digest_input
from ...study.hidden_files import is_hidden
from ...study.records import Source
from ...study.source_paths import source_paths


@dataclass(frozen=True)
class RawFile:
    """A file of a source: its place under the data root, its digest before reading."""

    path: Path
    name: str
    digest: str
    members: str | None = None  # which files inside an archive, as a pattern


def raw_files(source: Source, data_root: Path, location: str) -> list[RawFile]:
    """The files of a source in name order; ConfigError S01 (with the nearest name) or S12 when none may be read."""
    root = data_root.resolve()
    try:
        paths, members = source_paths(root, source.path)
    except (NotImplementedError, ValueError):
        raise _outside_data_folder(source.path, location) from None
    if not paths:
        if source.optional:
            return []
        raise _no_such_file(source.path, root, location)
    for path in paths:
        if not path.resolve().is_relative_to(root):
            raise _outside_data_folder(source.path, location)
    return [RawFile(path, path.relative_to(root).as_posix(), _readable_digest(path), members) for path in paths]


def _outside_data_folder(path: str, location: str) -> ConfigError:
    return ConfigError(
        f"{path} leads out of the data folder; copy the file into it and write its path from there",
        zh=f"{path} 指向数据目录之外;请把文件复制到数据目录中,并写相对路径",
        location=location,
        rule="S12",
    )


def _readable_digest(path: Path) -> str:
    try:
        return digest_input(path)
    except OSError as fault:
        raise SetupError(
            f"cannot read the file: {fault.strerror}; close it elsewhere or check its permissions",
            zh=f"无法读取文件:{fault.strerror};请关闭占用它的程序或检查权限",
            location=path.name,
            rule="S01",
        ) from fault


def _no_such_file(pattern: str, data_root: Path, location: str) -> ConfigError:
    names = file_names(data_root)
    closest_name = closest(pattern, names)
    name_list = ", ".join(names[:10]) or "-"
    return ConfigError(
        f"no file {pattern!r} in the data folder; "
        + (f"did you mean {closest_name!r}?" if closest_name else f"there are: {name_list}"),
        zh=f"数据目录中没有文件 {pattern!r};" + (f"您是不是想写 {closest_name!r}?" if closest_name else f"现有文件:{name_list}"),
        location=location,
        rule="S01",
    )


def file_names(data_root: Path) -> list[str]:
    """The files that a source may mean, by their place under the data root: none that is hidden or that a run has written."""
    result_folders = {manifest.parents[2] for manifest in data_root.glob("**/runs/*/manifest.json")} - {data_root}
    paths = [path for path in data_root.rglob("*") if path.is_file() and result_folders.isdisjoint(path.parents)]
    names = (path.relative_to(data_root) for path in sorted(paths))
    return [name.as_posix() for name in names if not any(map(is_hidden, name.parts))]


def check_files_unchanged(files: Sequence[RawFile]) -> None:
    """CheckError S11 when a file is no longer what was read."""
    changed_files = [file.name for file in files if not file.path.exists() or digest_input(file.path) != file.digest]
    if changed_files:
        raise CheckError(
            f"changed while being read: {', '.join(changed_files)}; run again when nobody writes to it",
            zh=f"读取过程中文件被改动:{', '.join(changed_files)};请在无人写入时重新运行",
            location=changed_files[0],
            rule="S11",
        )


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
