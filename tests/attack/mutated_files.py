"""Files of every format, damaged at random, read in a watched process: python -m tests.attack.mutated_files [seconds] [seed]."""

from __future__ import annotations

import gzip
import io
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd

from ..intake.file_writers import WRITERS
from .reading_child import Ending, ReadingChild

SECONDS, MEGABYTES = 10.0, 512.0
CASES = (
    "utf-8", "gb18030", "utf-16", "xlsx", "ods", "dta 117", "dta 118", "dta 119", "sav", "parquet", "feather", "sqlite", "duckdb",
    "csv.gz", "csv in zip",
)  # fmt: skip
ENDED_WELL = (0, 2, 3)
ROWS = 60
LARGE = (b"\xff\xff\xff\x7f", b"\x00\x00\x00\x10", b"\xff\xff\x00\x00", b"\x00\x10\x00\x00")


@dataclass(frozen=True)
class Trial:
    """A damaged file, what was done to it, and how reading it ended."""

    case: str
    damage: str
    content: bytes
    ending: Ending
    lines: int | None  # rows below the header by an independent count, where there is one and the file was read

    @property
    def fault(self) -> str:
        """What is wrong with the ending, '' when nothing is."""
        end = self.ending
        if end.code not in ENDED_WELL:
            return f"exit {end.code} {end.rule} {end.message}"
        if end.seconds > SECONDS or end.megabytes > MEGABYTES:
            return f"{end.seconds:.1f} s, {end.megabytes:.0f} MB"
        if end.rows_in != end.accounted:
            return f"{end.rows_in} rows came in, {end.accounted} went out"
        if self.lines is not None and end.rows_in and end.rows_in != self.lines:
            return f"the file has {self.lines} lines below the header, {end.rows_in} came in"
        return ""


def table() -> list[list[object]]:
    """A small table with text in two alphabets, quotes, a line break, whole numbers, fractions, dates and gaps."""
    rows: list[list[object]] = [["代码", "年份", "名称", "数值", "日期"]]
    for n in range(ROWS):
        name = ("甲公司", "a, b", 'the "one"', "两\n行", "plain", "")[n % 6]
        rows.append([f"{n // 5:06d}", 2015 + n % 5, name, None if n % 7 == 3 else n * 1.25, date(2015 + n % 5, 12, 31)])
    return rows


def originals(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Case -> (file name, content) of a sound file of each format."""
    made = {}
    for case in CASES:
        _, name, write = WRITERS[case]
        write(folder / name, table())
        made[case] = (name, (folder / name).read_bytes())
        (folder / name).unlink()
    return made


def damaged(content: bytes, draw: random.Random) -> tuple[str, bytes]:
    """The content with one to four kinds of damage, and what was done."""
    if content.startswith(b"PK") and draw.random() < 0.5:
        return _damaged_member(content, draw)
    done = []
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        name, change = draw.choice(DAMAGES)
        content = change(content, draw)
        done.append(name)
    return "+".join(done), content


def _damaged_member(content: bytes, draw: random.Random) -> tuple[str, bytes]:
    """The same inside an archive, packed again so that only the member is wrong."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(content)
        with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
            members = before.infolist()
            chosen = draw.randrange(len(members))
            for place, member in enumerate(members):
                inside = before.read(member)
                if place == chosen:
                    name, change = draw.choice(DAMAGES)
                    inside = change(inside, draw)
                after.writestr(member.filename, inside)
        target.seek(0)
        return f"{members[chosen].filename}: {name}", target.read()


def _flipped(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 3, 20))):
        if changed:
            changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def _marked(content: bytes, draw: random.Random) -> bytes:
    """A mark put in that means something in one format or another."""
    marks = (b'"', b",", b"\n", b"\r", b"\x00", b"<", b"&", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b'""', b"\t", b"9" * 40)
    place = draw.randrange(len(content) + 1)
    return content[:place] + draw.choice(marks) + content[place:]


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def _removed(content: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(content) + 1)
    return content[:start] + content[start + draw.choice((1, 4, 16, 256)) :]


def _doubled(content: bytes, draw: random.Random) -> bytes:
    start = draw.randrange(len(content) + 1)
    part = content[start : start + draw.choice((1, 16, 256, 4096))]
    return content[:start] + part * draw.choice((2, 2, 50)) + content[start:]


def _enlarged(content: bytes, draw: random.Random) -> bytes:
    """A number of four or eight bytes made large, as counts and lengths are stored."""
    changed = bytearray(content)
    if len(changed) > 8:
        place = draw.randrange(min(len(changed) - 8, 400)) if draw.random() < 0.7 else draw.randrange(len(changed) - 8)
        changed[place : place + 4] = draw.choice(
            (b"\xff\xff\xff\x7f", b"\x00\x00\x00\x10", b"\xff\xff\x00\x00", b"\x00\x10\x00\x00")
        )
    return bytes(changed)


DAMAGES: list[tuple[str, Callable[[bytes, random.Random], bytes]]] = [
    ("flipped", _flipped), ("mark", _marked), ("cut", _cut), ("removed", _removed), ("doubled", _doubled),
    ("enlarged", _enlarged),
]  # fmt: skip


def lines_below_header(case: str, content: bytes) -> int | None:
    """Rows below the header by a counter of its own: newlines, openpyxl, pandas, the header of the file; None where it fails."""
    counter = COUNTERS.get(case)
    try:
        return counter(content) if counter else None
    except KeyboardInterrupt:
        raise
    except BaseException:  # the file is damaged: what it holds no other reader knows either; arro3 panics
        return None


def _newlines(content: bytes) -> int | None:
    """Lines of a text file below its first, counted on its bytes alone."""
    text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text.count(b"\n") + (not text.endswith(b"\n")) - 1 if text else 0


def _newlines_in_zip(content: bytes) -> int | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return _newlines(archive.read(names[0])) if len(names) == 1 else None


def _sheet_rows(content: bytes) -> int | None:
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    while rows and not any(cell is not None for cell in rows[-1]):
        rows.pop()
    return len(rows) - 1 if len(book.worksheets) == 1 else None


def _stata_rows(content: bytes) -> int | None:
    return len(pd.read_stata(io.BytesIO(content), convert_categoricals=False, convert_dates=False, preserve_dtypes=False))


def _spss_rows(content: bytes) -> int | None:
    """The count of cases that the header of the file gives, None where it gives none."""
    count = int.from_bytes(content[80:84], "little", signed=True)
    return count if count >= 0 else None


def _parquet_rows(content: bytes) -> int | None:
    """The count of the batches that arro3 reads."""
    from arro3.io import read_parquet

    return sum(batch.num_rows for batch in read_parquet(io.BytesIO(content)))


COUNTERS: dict[str, Callable[[bytes], int | None]] = {
    "utf-8": _newlines, "gb18030": _newlines, "csv.gz": lambda content: _newlines(gzip.decompress(content)),
    "csv in zip": _newlines_in_zip, "xlsx": _sheet_rows, "dta 117": _stata_rows, "dta 118": _stata_rows, "dta 119": _stata_rows,
    "sav": _spss_rows, "parquet": _parquet_rows,
}  # fmt: skip


def trials(seconds: float, seed: int) -> Iterator[Trial]:
    """Trials until the time is over."""
    draw, end = random.Random(seed), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name, ReadingChild(limit=SECONDS) as child:
        folder = Path(name)
        sound = originals(folder)
        while time.monotonic() < end:
            case = draw.choice(CASES)
            file, content = sound[case]
            damage, content = damaged(content, draw)
            path = folder / file
            path.write_bytes(content)
            ending = child.read(path)
            path.unlink()
            lines = lines_below_header(case, content) if ending.code == 0 else None
            yield Trial(case, damage, content, ending, lines)


def main(seconds: float, seed: int) -> int:
    """Prints what was tried and every trial that ended wrongly, whose file is kept; 1 when there is one."""
    counts: Counter[str] = Counter()
    slowest, largest, faults = 0.0, 0.0, 0
    for trial in trials(seconds, seed):
        counts[f"{trial.case}: {trial.ending.code} {trial.ending.rule}".rstrip()] += 1
        slowest, largest = max(slowest, trial.ending.seconds), max(largest, trial.ending.megabytes)
        if trial.fault:
            faults += 1
            kept = Path(tempfile.gettempdir()) / f"mutated-{seed}-{faults}-{trial.case.replace(' ', '_')}"
            kept.write_bytes(trial.content)
            print(f"{trial.case} {trial.damage}: {trial.fault}\n    {kept}")
    for name in sorted(counts):
        print(f"{counts[name]:6d} {name}")
    print(f"seed {seed}: {sum(counts.values())} files, {faults} faults, slowest {slowest:.1f} s, most memory {largest:.0f} MB")
    return int(faults > 0)


if __name__ == "__main__":
    given = [float(argument) for argument in sys.argv[1:]]
    sys.exit(main(given[0] if given else 600.0, int(given[1]) if len(given) > 1 else 1))
