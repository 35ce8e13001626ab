"""What comes in stays data: no formula in a CSV, no code from a file, no network, no file that others can read, no entity."""

from __future__ import annotations

import ast
import csv
import os
import socket
import stat
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.engines import open_engine
from hqd_index.provenance import neutral_text, write_csv
from hqd_index.report.exports.replication_files import write_stata
from hqd_index.report.results import Results

from ..intake.file_writers import WRITERS
from ..report.conftest import MANIFEST, UNITS, invented, study
from ..small import ROOT, DemoRun, without_network
from .mutated_files import table
from .reading_child import ending_of

PACKAGE = ROOT / "src" / "hqd_index"
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
FORMULAS = [f"{start}cmd|' /C calc'!A0" for start in STARTS]
OF_ANY_OBJECT = ["constructor", "__proto__", "toString"]


def cells_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [cell for line in csv.reader(stream) for cell in line]


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_texts_that_a_spreadsheet_would_run_are_neutral_and_no_two_become_the_same(tmp_path: Path) -> None:
    """F69: =1+1 and '=1+1 are two keys, and stay two."""
    texts = [f"{quotes}{text}" for text in [*FORMULAS, "=1+1", "-5", "甲", "'70s", ""] for quotes in ("", "'", "''")]
    write_csv(pd.DataFrame({"=column": texts, "value": [-1.5] * len(texts), "mixed": [-1, *texts[1:]]}), tmp_path / "a.csv")
    lines = cells_of(tmp_path / "a.csv")
    columns = [lines[place::3] for place in range(3)]
    assert columns[0] == ["'=column", *map(neutral_text, texts)] and columns[1][1] == "-1.5" and columns[2][1] == "-1"
    assert len(set(columns[0])) == len(texts) + 1
    assert [text for text in columns[0][1:] if text.startswith(STARTS)] == []
    assert {text: neutral_text(text) for text in ("甲", "'70s", "")} == {"甲": "甲", "'70s": "'70s", "": ""}


def test_every_csv_of_the_replication_files_is_neutral(tmp_path: Path) -> None:
    """F69 and F68: names of units in stata/panel.csv, whose writer was another."""
    bad = dict(zip(UNITS, [*FORMULAS[:9], *OF_ANY_OBJECT]))
    tables = {name: frame.replace(bad) for name, frame in invented().items()}
    tables["scores"] = tables["scores"].assign(unit_zh=tables["scores"]["unit"], unit_en=tables["scores"]["unit"])
    write_stata(Results(study(), tables, MANIFEST), tmp_path)
    cells = [cell for path in tmp_path.rglob("*.csv") for cell in cells_of(path)]
    assert not [cell for cell in cells if cell.startswith(STARTS) and not is_number(cell)]
    assert {*OF_ANY_OBJECT, *map(neutral_text, FORMULAS[:9])} <= set(cells)


WRITES_CSV = {"provenance.py", "demo/files.py", "intake/read/delimited_text.py"}
"""What people open, invented input that names nothing, and text on its way into the engine."""
DOUBLE_CLICK = "office/double_click.py"
"""Makes the script that an office starts by double click executable, by its owner's wish."""
FORK_SERVER = "workers/fork_server.py"
"""Holds one end of a pair without a name, whose other end has its own child: nobody else can reach it."""
PICKLES = {"workers/worker_pool.py", "workers/worker_process.py"}
CODE_FROM_DATA = {
    "pickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "read_pickle",
    "to_pickle",
    "allow_pickle",
    "eval",
    "exec",
}
NETWORK = {"socket", "urllib.request", "http.client", "requests", "httpx", "urllib3", "ftplib", "smtplib", "aiohttp"}


def names_in(tree: ast.Module) -> set[str]:
    """Modules imported, names and attributes used, keyword arguments given."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names |= {node.attr, ast.unparse(node)}
        elif isinstance(node, ast.keyword) and node.arg:
            names.add(node.arg)
    return names


def test_no_module_runs_data_writes_csv_by_itself_or_knows_a_network() -> None:
    named = {path.relative_to(PACKAGE).as_posix(): names_in(ast.parse(path.read_text("utf-8"))) for path in PACKAGE.rglob("*.py")}
    assert {name for name, names in named.items() if names & CODE_FROM_DATA} == PICKLES
    assert {name for name, names in named.items() if names & {"to_csv", "csv.writer", "DictWriter"}} == WRITES_CSV
    assert {name: names & NETWORK for name, names in named.items() if names & NETWORK} == {FORK_SERVER: {"socket"}}
    assert not named[FORK_SERVER] & {"connect", "bind", "listen", "accept", "AF_INET", "AF_INET6", "create_connection"}
    assert {name for name, names in named.items() if names & {"mktemp", "chmod", "umask"}} == {DOUBLE_CLICK}


def test_a_whole_run_asks_nothing_of_a_network(demo_run: DemoRun) -> None:
    """Sockets are blocked while the demo runs; the engine loads no extension by itself, which no hook of Python would see."""
    assert demo_run.ended.code == 0 and demo_run.network == ""
    with without_network() as attempts, pytest.raises(OSError, match="socket"):
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    assert len(attempts) == 1
    with open_engine() as engine:
        names = "'autoinstall_known_extensions', 'autoload_known_extensions'"
        settings = engine.collect(f"SELECT name, value FROM duckdb_settings() WHERE name IN ({names}) ORDER BY name")
    assert settings["value"].tolist() == ["false", "false"]


def test_temporary_files_are_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system's default: an unpacked raw file lies in a folder that nobody else can enter."""
    before = os.umask(0)
    try:
        with open_engine() as engine:
            assert stat.S_IMODE(engine.folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)


BOMB = "<!DOCTYPE a [<!ENTITY a 'x'>" + "".join(f"<!ENTITY a{n} '{'&a;' * 10}'>" for n in range(9)) + "]><a>&a8;</a>"
PARTS = {
    "xlsx": ("xl/media/logo.svg", "xl/embeddings/a.bin", "word/document.xml", "docProps/custom.xml", "[trash]/0.dat"),
    "ods": ("Pictures/logo.svg", "META-INF/manifest.rdf", "Object 1/content.xml"),
}


@pytest.mark.parametrize(("format", "part"), [(format, part) for format, parts in PARTS.items() for part in parts])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_bomb_anywhere_in_a_package_is_refused(tmp_path: Path, format: str, part: str, encoding: str) -> None:
    """F60, in a picture, an embedded document or a part that nothing names."""
    _, name, write = WRITERS[format]
    write(tmp_path / name, table())
    with zipfile.ZipFile(tmp_path / name, "a") as archive:
        archive.writestr(part, f'<?xml version="1.0" encoding="{encoding}"?><!-- x -->{BOMB}'.encode(encoding))
    ending = ending_of(tmp_path / name)
    assert (ending["code"], ending["rule"]) == (3, "S09") and part in ending["message"], ending
