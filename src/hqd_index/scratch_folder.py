"""Scratch folders of engines among the system's temporary files, and the removal of those that dead processes left."""

from __future__ import annotations

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
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        self._owner = FileLock(self.path / OWNER_FILE)
        self._owner.acquire()

    def remove(self) -> None:
        """Remove the folder with all in it; one that is gone is no fault."""
        self._owner.release()  # on Windows an open file cannot be removed
        shutil.rmtree(self.path, ignore_errors=True)


def remove_abandoned_scratch() -> list[Path]:
    """Removes the scratch folders whose process has ended without doing so; what was removed."""
    abandoned_folders = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*/")):
        owner = FileLock(folder / OWNER_FILE)
        with suppress(OSError):  # another user's, or removed meanwhile
            if owner.path.is_file() and owner.acquire():
                owner.release()
                shutil.rmtree(folder, ignore_errors=True)
                abandoned_folders.append(folder)
    return abandoned_folders
