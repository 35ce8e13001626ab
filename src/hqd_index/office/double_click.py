"""Files that run a workbook by a double click: .bat for Windows, .command for macOS and Linux."""

from __future__ import annotations

from pathlib import Path

from ..study.yaml_document import Document, read_text

TEXTS = Path(__file__).parent / "double_click.yaml"
CODE_PAGES = {"zh": "gbk", "en": "ascii"}
"""What the console of a Windows in that language reads a batch file as."""


def write_starters(workbook: Path, language: str) -> list[Path]:
    """`NAME.bat` and `NAME.command` beside `NAME.xlsx`, which they find by their own name; the files written."""
    texts = read_text(TEXTS.read_text("utf-8"), Document(TEXTS.name)).value[language]
    batch, shell = workbook.with_suffix(".bat"), workbook.with_suffix(".command")
    batch.write_bytes(_lines(BATCH, texts, "\r\n").encode(CODE_PAGES[language]))
    shell.write_bytes(_lines(SHELL, texts, "\n").encode("utf-8"))
    shell.chmod(0o755)
    return [batch, shell]


def _lines(script: str, texts: dict[str, str], line_end: str) -> str:
    for name, text in texts.items():
        script = script.replace(f"<{name}>", text)
    return script.replace("\n", line_end)


BATCH = """@echo off
setlocal
set "WORKBOOK=%~dpn0.xlsx"
if not "%~1"=="" set "WORKBOOK=%~1"
set "HQD=hqd"
where hqd >nul 2>nul || set "HQD=py -m hqd_index"
%HQD% --help >nul 2>nul || goto missing
%HQD% run --from "%WORKBOOK%" --show
goto end
:missing
echo <missing>
:end
echo.
echo <close>
pause >nul
"""
SHELL = """#!/bin/sh
workbook="${1:-${0%.command}.xlsx}"
if command -v hqd >/dev/null 2>&1; then
  hqd run --from "$workbook" --show
elif python3 -c "import hqd_index" >/dev/null 2>&1; then
  python3 -m hqd_index run --from "$workbook" --show
else
  echo "<missing>"
fi
echo
echo "<close>"
read -r answer
"""
