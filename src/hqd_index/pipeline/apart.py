"""A stage in a process of its own, beside others: a pickled job in, what it did (or the fault that stopped it) out."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

from .compute import Done, Job, compute

JOB, DONE = "job.pickle", "done.pickle"


class Apart:
    """A running stage; `result` waits for it, `stop` ends it. It ends by itself when this process does."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.folder = folder
        (folder / JOB).write_bytes(pickle.dumps(job))
        command = [sys.executable, "-c", f"from {__name__} import main; main()", str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def result(self) -> Done:
        """What the stage did; raises what stopped it."""
        code = self._process.wait()
        try:
            found: Any = pickle.loads((self.folder / DONE).read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            raise RuntimeError(f"a stage in a process of its own ended with code {code} and said nothing") from None
        if isinstance(found, Done):
            return found
        raise found

    def stop(self) -> None:
        """Ends the process if it still runs."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def main() -> None:
    """Runs the job of the folder named on the command line."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job: Job = pickle.loads((folder / JOB).read_bytes())
    found: Done | Exception
    try:
        found = compute(job)
    except Exception as fault:
        fault.add_note(traceback.format_exc())
        found = fault
    (folder / DONE).write_bytes(pickle.dumps(found))


def _end_with_parent() -> NoReturn:
    """The pipe from the parent says nothing; that it closes means that the parent is gone."""
    os.read(0, 1)
    os._exit(130)
