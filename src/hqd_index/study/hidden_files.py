"""Files that nobody means when a folder or an archive is named."""

from __future__ import annotations

from pathlib import PurePosixPath

HIDDEN_FOLDERS = ("__MACOSX/",)
"""Folders that packing programs add."""


def is_hidden(file_name: str) -> bool:
    """Whether a file's name says that it is none to be read: hidden, a program's own, or a lock of an open document."""
    return file_name.startswith(HIDDEN_FOLDERS) or PurePosixPath(file_name).name.startswith((".", "_", "~$"))
