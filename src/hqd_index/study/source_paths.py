"""Which files in the data folder the path of a source means."""

from __future__ import annotations

from pathlib import Path

from .hidden_files import is_hidden

DATABASE_PREFIX = "postgresql:"
CATALOGUE_PREFIX = "spark:"


def database_name(path: str) -> str | None:
    """NAME of a source `postgresql:NAME`, which lies on a server; None for a file."""
    return path.removeprefix(DATABASE_PREFIX) if path.startswith(DATABASE_PREFIX) else None


def catalogue_table(path: str) -> str | None:
    """NAME of a source `spark:NAME`, a table that the cluster knows by name; None for another."""
    return path.removeprefix(CATALOGUE_PREFIX) if path.startswith(CATALOGUE_PREFIX) else None


def is_stored_elsewhere(path: str) -> bool:
    """Whether a source is a table of a server or cluster and no file of the data folder."""
    return path.startswith((DATABASE_PREFIX, CATALOGUE_PREFIX))


def source_paths(root: Path, pattern: str) -> tuple[list[Path], str | None]:
    """The files under a folder that the path of a source fits, in name order, and the pattern of files inside archives.

    A folder stands for the files in it; what follows `.zip/` is meant inside the archive. ValueError for paths that lead out.
    """
    archive_pattern, members = _split_archive(pattern)
    paths: list[Path] = []
    for path in sorted(root.glob(archive_pattern)):
        if path.is_dir():
            paths += sorted(
                child_path for child_path in path.iterdir() if not child_path.is_dir() and not is_hidden(child_path.name)
            )
        else:
            paths.append(path)
    return paths, members


def _split_archive(pattern: str) -> tuple[str, str | None]:
    for position, path_segment in enumerate(path_segments := pattern.split("/")):
        if path_segment.lower().endswith(".zip") and position + 1 < len(path_segments):
            return "/".join(path_segments[: position + 1]), "/".join(path_segments[position + 1 :])
    return pattern, None
