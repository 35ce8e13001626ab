"""Bounds on what is opened, and the two faults of a file that cannot be read: too big (S09) or damaged (S08)."""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import DataError, HqdError, SetupError

MAX_BYTES = 200 * 2**20
MAX_UNPACKED = 4 * 2**30
MAX_RATIO = 100
MAX_MEMBERS = 1000
SMALL_FILE_BYTES = 2**20
MAX_ROWS = 2**20  # of a sheet
MAX_COLUMNS = 2**13
MAX_CELLS = 4_000_000  # filled cells of a sheet, which is held in memory
MAX_SPREAD = 20  # cells of the rectangle around the data for each filled one, in sheets that are not small
MAX_LINE = 2**22  # bytes
MAX_BREAKS = 40  # line breaks inside one quoted cell
PROGRAMMING_ERRORS = (AttributeError, NameError, TypeError, AssertionError)
"""What no damaged file makes this program's own code raise: these are faults of the code."""
PACKAGE = Path(__file__).resolve().parents[2]
SCRATCH = re.compile(r"\S*/hqd-\w+/")
"""The engine's folder in what a library says: nobody knows it, and it is gone."""
UNCAUGHT_EXCEPTIONS = (KeyboardInterrupt, SystemExit, GeneratorExit)


def size_limit_error(location: str, en: str, zh: str | None = None) -> DataError:
    """S09: the file is refused before or while it is opened, and what would be read."""
    bounds = f"{MAX_BYTES // 2**20} MB, {MAX_RATIO}:1, {MAX_MEMBERS}, {MAX_ROWS} x {MAX_COLUMNS}, {MAX_LINE // 2**20} MB"
    return DataError(
        f"refused unread: {en} (limits: size unpacked, packing, members, rows x columns, line: {bounds}); "
        "save the part you need as a new file",
        zh=f"已拒绝读取:{zh or en}(上限依次为解压后大小、压缩比、成员数、行 x 列、单行长度:{bounds});请把需要的部分另存为新文件",
        location=location,
        rule="S09",
    )


def damaged_file_error(location: str, reason: str) -> DataError:
    """S08: the reader's own reason why a file cannot be read."""
    return DataError(
        f"cannot be read, the file is damaged or incomplete: {reason}; open it in the program it comes from and save it again",
        zh=f"无法读取,文件损坏或不完整:{reason};请用原来的程序打开后另存,或重新下载",
        location=location,
        rule="S08",
    )


def reading_error(location: str, en: str, zh: str, mend_en: str, mend_zh: str) -> DataError:
    """S08: what a file holds that cannot be read safely, and how to mend it."""
    return DataError(f"{en}; {mend_en}", zh=f"{zh};{mend_zh}", location=location, rule="S08")


MACHINE_ERRNOS = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.EPERM, errno.EROFS}
"""System errors that say something of the disk or of permissions, nothing of the file that is read."""


@contextmanager
def reading_errors(location: str) -> Iterator[None]:
    """Whatever a reader raises inside the block becomes S08 with its reason (S09 when memory ran out)."""
    try:
        yield
    except (HqdError, *UNCAUGHT_EXCEPTIONS):
        raise
    except ImportError as fault:
        raise SetupError(
            f"the package {fault.name} that reads such files is missing; install hqd-index again",
            zh=f"缺少读取该类文件的软件包 {fault.name};请重新安装 hqd-index",
            location=location,
        ) from fault
    except MemoryError as fault:
        raise size_limit_error(location, "it does not fit into memory", "内存放不下") from fault
    except OSError as fault:
        if fault.errno in MACHINE_ERRNOS:
            raise
        raise damaged_file_error(location, reason(fault)) from None
    except BaseException as fault:  # readers in Rust and C raise panics that are no Exception
        if isinstance(fault, PROGRAMMING_ERRORS) and _is_programming_error(fault):
            raise
        raise damaged_file_error(location, reason(fault)) from None


def _is_programming_error(fault: BaseException) -> bool:
    """Whether this program's own code raised it, not a library that was given a damaged file."""
    frames = traceback.extract_tb(fault.__traceback__)
    return bool(frames) and PACKAGE in Path(frames[-1].filename).parents


def reason(fault: BaseException) -> str:
    """The first line of what a reader says, with its kind where it says nothing."""
    lines = str(fault).strip().splitlines()
    first_line = SCRATCH.sub("", lines[0])[:200] if lines else ""
    return first_line if " " in first_line else f"{type(fault).__name__} {first_line}".strip()
