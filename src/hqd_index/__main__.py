"""The command's first lines: an interrupt while the program is still being imported ends it at once, with its own code."""

from __future__ import annotations

import os
import signal
import sys

INTERRUPTED = 130


def main() -> None:
    """Import the command and run it; nothing is open before it runs, so that an interrupt needs no cleaning up."""
    from .cli import main as command

    command()


def _end_at_once(_signal_number: int, _frame: object) -> None:
    is_english = "en" in (os.environ.get("HQD_LANG"), *sys.argv[1:])
    os.write(2, ("interrupted\n" if is_english else "已中断\n").encode(errors="replace"))
    os._exit(INTERRUPTED)


signal.signal(signal.SIGINT, _end_at_once)  # before anything else is imported
if __name__ == "__main__":
    main()
