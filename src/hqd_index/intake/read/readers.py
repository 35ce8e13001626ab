"""Every format that can be read, recognised by content: messages, documentation and tests take the list from READERS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...errors import DataError
from ..records.intake_notice import Notice
from .database_reader import is_duckdb, is_sqlite, read_duckdb, read_sqlite
from .packed_reader import gzip_reader, is_gzip, is_zip, zip_reader
from .parquet_reader import is_feather, is_parquet, read_feather, read_parquet
from .reader import FileHead, Reader, SheetRequest
from .reading_limits import reading_errors
from .sheet_cells import SheetCells
from .spread_reader import is_spread, spread_table_cells, with_sheet_name
from .stata_reader import is_spss, is_stata, read_spss, read_stata
from .text_reader import is_text, read_text
from .workbook_reader import is_ods, is_xls, is_xlsx, read_ods, read_xls, read_xlsx

HEAD_BYTES = 4096  # bytes that say what a file is
UNREADABLE_SIGNATURES = {
    b"%pdf": ("PDF", "PDF"),
    b"<": ("HTML/XML", "HTML/XML"), b"\xef\xbb\xbf": ("HTML/XML", "HTML/XML"),
}  # fmt: skip


def read_sheets(request: SheetRequest) -> list[SheetCells]:
    """The sheets of a file that its source means, every cell as text.

    DataError S10 when no reader fits, S08 and S09 when the file is damaged or beyond the limits, and what the reader of the
    format refuses.
    """
    path, name = request.file.path, request.file.name
    file_format = format_of(path, name)
    reader = READERS[file_format]
    with reading_errors(name):
        sheets = reader.read_sheets(request)
        if is_spread(request):
            sheets = [
                sheet_cells if sheet_cells.record_rows is not None else spread_table_cells(request, sheet_cells)
                for sheet_cells in sheets
            ]
        if request.depth == 0:
            sheets = [with_sheet_name(request, sheet_cells) for sheet_cells in sheets]
    if path.suffix.lower() in reader.extensions:
        return sheets
    misnamed = Notice(
        "S10", name, f"read as {file_format}, whatever its extension says", f"扩展名与内容不符,已按 {file_format} 读取"
    )
    return [replace(sheet_cells, notices=(misnamed, *sheet_cells.notices)) for sheet_cells in sheets]


def format_of(path: Path, location: str) -> str:
    """The format of a file by its content; DataError S10 when no reader fits."""
    with path.open("rb") as file:
        file_head = FileHead(path, file.read(HEAD_BYTES))
    file_format = next((format_name for format_name, reader in READERS.items() if reader.recognises_format(file_head)), None)
    if file_format is None:
        content_en, content_zh = _content_of(file_head)
        raise DataError(
            f"the content ({content_en}) is none of {', '.join(READERS)}; save it again as csv or xlsx",
            zh=f"文件内容({content_zh})不是 {'、'.join(READERS)} 中的任何一种;请另存为 csv 或 xlsx",
            location=location,
            rule="S10",
        )
    return file_format


def _content_of(file_head: FileHead) -> tuple[str, str]:
    """What the content of an unreadable file seems to be, en and zh."""
    first_bytes = file_head.first_bytes.lstrip().lower()
    return next(
        (content_names for signature, content_names in UNREADABLE_SIGNATURES.items() if first_bytes.startswith(signature)),
        ("binary", "二进制"),
    )


# in the order in which files are tried: an archive that is no workbook is one of other files, what is nothing else may be text
READERS: dict[str, Reader] = {
    "xlsx": Reader((".xlsx", ".xlsm"), is_xlsx, read_xlsx),
    "ods": Reader((".ods",), is_ods, read_ods),
    "zip": Reader((".zip",), is_zip, zip_reader(read_sheets)),
    "xls": Reader((".xls",), is_xls, read_xls),
    "dta": Reader((".dta",), is_stata, read_stata),
    "sav": Reader((".sav", ".zsav"), is_spss, read_spss),
    "parquet": Reader((".parquet", ".pq"), is_parquet, read_parquet),
    "feather": Reader((".feather", ".arrow"), is_feather, read_feather),
    "sqlite": Reader((".sqlite", ".sqlite3", ".db"), is_sqlite, read_sqlite),
    "duckdb": Reader((".duckdb", ".ddb"), is_duckdb, read_duckdb),
    "gz": Reader((".gz",), is_gzip, gzip_reader(read_sheets)),
    "csv": Reader((".csv", ".txt", ".tsv"), is_text, read_text),
}
