"""Every format that can be read, told by content: messages, documentation and tests take the list from READERS."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

from ...errors import DataError
from ..records.intake_notice import Notice
from .parquet_reader import is_parquet, read_parquet
from .reader import FileHead, Reader, SheetRequest
from .sheet_cells import SheetCells
from .stata_reader import is_stata, read_stata
from .text_reader import is_gzip, is_text, read_gzip, read_text
from .workbook_reader import is_xls, is_xlsx, read_xls, read_xlsx

HEAD_BYTES = 4096  # bytes that say what a file is
OTHER_CONTENTS = {
    b"%pdf": ("PDF", "PDF"), b"$fl": ("SPSS .sav", "SPSS .sav"), b"pk": ("a zip of other files", "装着其他文件的 zip"),
    b"<": ("HTML/XML", "HTML/XML"), b"\xef\xbb\xbf": ("HTML/XML", "HTML/XML"),
}  # fmt: skip


def read_sheet(request: SheetRequest) -> SheetCells:
    """The sheet of a file that its source means, every cell as text.

    DataError S10 when no reader fits, and what the reader of the format refuses.
    """
    path, name = request.file.path, request.file.name
    file_format = format_of(path, name)
    reader = READERS[file_format]
    cells = reader.read(request)
    if path.suffix.lower() in reader.extensions:
        return cells
    misnamed = Notice(
        "S10", name, f"read as {file_format}, whatever its extension says", f"扩展名与内容不符,已按 {file_format} 读取"
    )
    return replace(cells, notices=(misnamed, *cells.notices))


def format_of(path: Path, where: str) -> str:
    """The format of a file by its content; DataError S10 when no reader fits."""
    with path.open("rb") as file:
        head = FileHead(path, file.read(HEAD_BYTES))
    file_format = next((name for name, reader in READERS.items() if reader.recognises(head)), None)
    if file_format is None:
        content, content_zh = _content_of(head)
        raise DataError(
            f"the content ({content}) is none of {', '.join(READERS)}; save it again as csv or xlsx",
            zh=f"文件内容({content_zh})不是 {'、'.join(READERS)} 中的任何一种;请另存为 csv 或 xlsx",
            where=where,
            rule="S10",
        )
    return file_format


def _content_of(head: FileHead) -> tuple[str, str]:
    """What the content of an unreadable file seems to be, en and zh."""
    start = head.start.lstrip().lower()
    if start.startswith(b"pk") and not zipfile.is_zipfile(head.path):
        return "a damaged or incomplete workbook", "损坏或不完整的工作簿"
    return next((names for mark, names in OTHER_CONTENTS.items() if start.startswith(mark)), ("binary", "二进制"))


# in the order in which files are tried: what is nothing else may be text
READERS: dict[str, Reader] = {
    "xlsx": Reader((".xlsx", ".xlsm"), is_xlsx, read_xlsx),
    "xls": Reader((".xls",), is_xls, read_xls),
    "dta": Reader((".dta",), is_stata, read_stata),
    "parquet": Reader((".parquet",), is_parquet, read_parquet),
    "csv.gz": Reader((".gz",), is_gzip, read_gzip),
    "csv": Reader((".csv", ".txt", ".tsv"), is_text, read_text),
}
