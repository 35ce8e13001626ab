"""Many small studies run one after another in one process and one folder of results: memory, open files, temporary files stay."""

from __future__ import annotations

import contextlib
import gc
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..faults.small_firms import SmallStudy, clean_rows

WARM = 0.2
"""Share of the studies after which everything is imported and every cache of a library has its size."""
KILOBYTES_PER_STUDY = 200.0
"""Growth of resident memory that is no leak: the allocator's own noise over some hundred studies."""
ALLOWANCE_KILOBYTES = 16_000.0
"""Growth that a short course may show however few its studies are: the allocator takes memory in such steps."""
ALLOWANCE_COUNT = 2
"""Files, threads that a library may open once, however late."""


@dataclass(frozen=True)
class Holdings:
    """What the process holds after a study."""

    kilobytes: int
    open_files: int
    temporary_files: int
    threads: int


def holdings() -> Holdings:
    """As the system sees them."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    status = Path("/proc/self/status").read_text()
    threads = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:"))
    return Holdings(
        pages * os.sysconf("SC_PAGE_SIZE") // 1024, len(list(Path("/proc/self/fd").iterdir())), _temporary_files(), threads
    )


def _temporary_files() -> int:
    """Of this program, in the system's folder for them."""
    return len(list(Path(tempfile.gettempdir()).glob("hqd-*")))


def runs(study: SmallStudy, count: int) -> Iterator[Holdings]:
    """What is held after each of so many studies, each with data and a name of its own."""
    for n in range(count):
        rows = clean_rows()
        rows[1 + n % (len(rows) - 1)][4] = f"{500 + n}.75"
        study.write(rows)
        code, said = study.run("--quick", "--set", f"study.name=study_{n}")
        assert code == 0, said
        yield holdings()


def leak(course: list[Holdings]) -> str:
    """What grew after the first studies, '' where nothing did, by the medians of two stretches."""
    settled = course[round(len(course) * WARM) :]
    half = len(settled) // 2

    def medians(name: str) -> tuple[int, int]:
        first, last = (sorted(getattr(one, name) for one in part)[len(part) // 2] for part in (settled[:half], settled[half:]))
        return first, last

    first, last = medians("kilobytes")
    growth = last - first
    grown = [f"{growth / half:.0f} kB a study"] if growth > ALLOWANCE_KILOBYTES + KILOBYTES_PER_STUDY * half else []
    for name in ("open_files", "temporary_files", "threads"):
        first, last = medians(name)
        grown += [f"{name}: {first}, then {last}"] if last > first + ALLOWANCE_COUNT else []
    return "; ".join(grown)


@contextlib.contextmanager
def own_temporary_folder(folder: Path) -> Iterator[None]:
    """Temporary files in a folder of its own while the block runs, so that other programs' are not counted."""
    folder.mkdir(exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
