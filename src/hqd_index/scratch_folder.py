"""Scratch folders of engines among the system's temporary files, and the removal of those that dead processes left."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from .file_lock import FileLock

PREFIX = "hqd-"
OWNER_FILE = ".owner"
"""Locked for as long as the folder is in use."""


class ScratchFolder:
    """A folder of its own for temporary files, readable by this user alone; `remove` it when done."""

    def __init__(self) -> None:
        self.path = _new_folder()
        self._owner = FileLock(self.path / OWNER_FILE)
        while not _is_acquired(self._owner):  # another run took it for abandoned before it was locked
            self.path = _new_folder()
            self._owner = FileLock(self.path / OWNER_FILE)

    def remove(self) -> None:
        """Remove the folder with all in it; one that is gone is no fault."""
        self._owner.release()  # on Windows an open file cannot be removed
        shutil.rmtree(self.path, ignore_errors=True)


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()


def _is_acquired(owner: FileLock) -> bool:
    try:
        return owner.acquire()
    except FileNotFoundError:
        return False


def remove_abandoned_scratch() -> list[Path]:
    """Removes the scratch folders whose process has ended without doing so; what was removed."""
    abandoned_folders = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*/")):
        owner = FileLock(folder / OWNER_FILE)
        with suppress(OSError):  # another user's, or removed meanwhile
            if owner.path.is_file() and owner.acquire():
                shutil.rmtree(folder, ignore_errors=True)  # while it is locked: nobody can take it meanwhile
                owner.release()
                shutil.rmtree(folder, ignore_errors=True)  # what Windows does not remove while it is open
                abandoned_folders.append(folder)
    return abandoned_folders


def link_or_copy(source: Path, path: Path) -> None:
    """A second name of a file that nobody changes any more; a copy of it where that cannot be."""
    path.unlink(missing_ok=True)
    try:
        os.link(source, path)
    except OSError:
        shutil.copyfile(source, path)
