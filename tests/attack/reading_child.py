"""A process that reads one file after another, watched from outside: how each ended, how long it took, how much memory."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

MEGABYTE = 2**20
POLL = 0.02
PATIENCE = 6.0
"""How many times its limit a file may take before it counts as hanging: other programs use the machine too."""

STUDY_SOURCE = {"table": "t", "aliases": {"代码": "id", "年份": "year", "名称": "name", "数值": "x", "日期": "d"}}


@dataclass(frozen=True)
class Ending:
    """How reading a file ended: the exit code its fault would give (0 without), rule, message, rows by outcome, time, memory."""

    code: int
    rule: str
    message: str
    rows_in: int
    accounted: int
    used: int
    seconds: float  # by the clock, or of the processor where that is less: others may keep it waiting
    megabytes: float  # above what the process held before


class ReadingChild:
    """The child process; one that dies or hangs is replaced."""

    def __init__(self, *, limit: float) -> None:
        self.limit = limit
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, path: Path) -> Ending:
        """Read the only file of a folder."""
        process = self._started()
        assert process.stdin and process.stdout
        before, most, begun, spent = _memory(process.pid), 0.0, time.monotonic(), _processor_seconds(process.pid)
        process.stdin.write(json.dumps(str(path)).encode() + b"\n")
        process.stdin.flush()
        while not select.select([process.stdout], [], [], POLL)[0]:
            most = max(most, _memory(process.pid) - before)
            if (
                time.monotonic() - begun > PATIENCE * self.limit
                or _processor_seconds(process.pid) - spent > PATIENCE * self.limit
            ):
                self._end()
                return Ending(-9, "hang", "", 0, 0, 0, time.monotonic() - begun, most)
        most = max(most, _memory(process.pid) - before)
        seconds = min(time.monotonic() - begun, _processor_seconds(process.pid) - spent)
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            self._end()
            return Ending(code, "crash", f"the process ended with {code}", 0, 0, 0, seconds, most)
        return Ending(**json.loads(line), seconds=seconds, megabytes=most)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-c", f"from {__name__} import serve; serve()"]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
            assert self._process.stdout
            self._process.stdout.readline()  # everything is imported
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if stream:
                        stream.close()
            self._process = None


def _memory(pid: int) -> float:
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    return 0.0


def _processor_seconds(pid: int) -> float:
    """Of the process, all its threads; infinite for one that has ended."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return float("inf")


def serve() -> None:
    """Reads the files named on the input; one line of JSON for each."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _preload()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(ending_of(Path(json.loads(line)))), file=answers, flush=True)


def _preload() -> None:
    import arro3.io  # noqa: F401
    import openpyxl  # noqa: F401
    import pyreadstat  # noqa: F401
    import xlrd  # noqa: F401

    from hqd_index.intake import intake  # noqa: F401


def ending_of(path: Path) -> dict[str, Any]:
    """What becomes of a file when its folder is read as the data of a small study."""
    from hqd_index.engines import open_engine
    from hqd_index.errors import HqdError
    from hqd_index.intake import intake

    try:
        with open_engine() as engine:
            result = intake(_study(path.name), engine, path.parent, path.parent)
            return {"code": 0, "rule": "", "message": "", **_rows([result.frames["ledger"]])}
    except HqdError as fault:
        held = getattr(fault, "intake", None)
        rows = _rows([held.frames["ledger"]]) if held is not None else {"rows_in": 0, "accounted": 0, "used": 0}
        return {"code": fault.exit_code, "rule": fault.rule or "", "message": fault.text("en"), **rows}
    except BaseException as fault:
        return {"code": 1, "rule": type(fault).__name__, "message": repr(fault)[:500], "rows_in": 0, "accounted": 0, "used": 0}


def _rows(ledgers: Sequence[Any]) -> dict[str, int]:
    first = [ledger[ledger["stage"] == "read"] for ledger in ledgers]
    last = [ledger[ledger["stage"] == "validate"] for ledger in ledgers]
    used = sum(int(ledger["used"].sum()) for ledger in last)
    gone = sum(int(ledger[["quarantined", "out_of_scope"]].to_numpy().sum()) for ledger in ledgers)
    return {"rows_in": sum(int(ledger["rows_in"].sum()) for ledger in first), "accounted": used + gone, "used": used}


def _study(name: str) -> Any:
    from tests.intake.conftest import LABEL, build

    columns = {
        "id": {"dtype": "text", "label": LABEL}, "name": {"dtype": "text", "label": LABEL},
        "x": {"dtype": "number", "label": LABEL}, "d": {"dtype": "date", "label": LABEL},
    }  # fmt: skip
    tables = {"t": {"key": ["id", "year"], "columns": columns}}
    study = build({"a": {"path": name, **STUDY_SOURCE}}, {"gates": {"max_quarantine_share": 1.0}}, tables=tables)
    leaf = study.indicators.indicators["one"].model_copy(update={"formula": "sum(x)"})
    return study.model_copy(update={"indicators": study.indicators.model_copy(update={"indicators": {"one": leaf}})})
