"""PostgreSQL as a source, against a real server that this file starts: rows, what is asked of the server, what goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.starter import write_starter

from ..small import hqd

pytest.importorskip("adbc_driver_postgresql", reason="the extra postgresql (adbc-driver-postgresql) is not installed")

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
ROWS = 20_000
LABEL = "label: {zh: 一, en: one}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of this machine's PostgreSQL in a folder of its own, run by a user who is not root."""
    initdb = BINARIES[-1] if BINARIES else Path(shutil.which("initdb") or "")
    if not initdb.is_file():
        pytest.skip("PostgreSQL's server programs are not installed")
    user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    folder, port = Path(tempfile.mkdtemp(prefix="hqd-pg-", dir="/tmp")), free_port()
    if user:
        shutil.chown(folder, "nobody")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    control = [str(initdb.with_name("pg_ctl")), "-D", str(folder / "data"), "-w"]
    options = f"-k {folder} -c listen_addresses=127.0.0.1 -p {port} -c fsync=off"
    try:
        subprocess.run([str(initdb), "-D", str(folder / "data"), "-A", "trust", "-U", "stats", "--no-sync"], check=True, **quiet)
        subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, **quiet)
        yield f"postgresql://stats:secret@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def executed(address: str, *statements: str) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="module")
def filled(server: str) -> str:
    executed(
        server,
        "CREATE TABLE regions (地区 text, 年份 int, rd numeric(12, 4), gdp float8, note json, day date, "
        "PRIMARY KEY (地区, 年份))",
        "INSERT INTO regions SELECT 'R' || lpad(u::text, 2, '0'), y, u * 0.1 + y * 0.0001, u + y / 3.0, '{}', '2020-01-01' "
        "FROM generate_series(1, 6) u, generate_series(2008, 2014) y ORDER BY random()",
        f"CREATE TABLE wide AS SELECT i AS id, repeat(md5(i::text), 20) AS cell FROM generate_series(1, {ROWS}) i",
    )
    return server


@pytest.fixture
def study(tmp_path: Path, filled: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HQD_DSN_STATS", filled)
    write_starter(tmp_path / "study")
    files = {
        "study": f"name: pg\n{LABEL}\nunit: {{by: [region], names: code}}\nyears: [2010, 2012]\nlanguage: en\n",
        "sources": "sources:\n  regions:\n    path: postgresql:STATS\n    table: regions\n    sheet: regions\n"
        "    aliases: {地区: region, 年份: year}\n"
        "    where: {年份: {min: 2010, max: 2012}, 地区: {one_of: [R01, R02, R03, R04]}}\n"
        f"tables:\n  regions:\n    key: [region, year]\n    columns:\n      region: {{dtype: text, {LABEL}}}\n"
        f"      year: {{dtype: integer, {LABEL}}}\n      rd: {{{LABEL}}}\n      gdp: {{{LABEL}}}\n",
        "indicators": "levels: [indicators]\ntree: {index: [rd, gdp]}\nindicators:\n"
        f"  rd: {{table: regions, formula: sum(rd), {LABEL}}}\n  gdp: {{table: regions, formula: sum(gdp), {LABEL}}}\n",
        "weighting": "weight: {indicators: {method: equal}}\naggregate: {indicators: {method: arithmetic}}\n",
    }
    for name, text in files.items():
        (tmp_path / "study" / "configs" / f"{name}.yaml").write_text(f"version: 1\n{text}", "utf-8")
    return tmp_path / "study"


def run(capsys, study: Path, *more: str):
    places = {"--study": study / "configs", "--data": study / "data" / "raw", "--out": study / "out"}
    arguments = [part for option, path in places.items() for part in (option, str(path))]
    return hqd(capsys, "run", "--quick", *arguments, *more)


def quick(study: Path) -> Path:
    return study / "out" / "pg" / "quick"


def left_behind(study: Path) -> list[str]:
    folder = study / "out" / ".cache" / "postgresql"
    return [path.name for path in folder.rglob("*")] if folder.is_dir() else []


def test_rows_are_those_of_the_server_and_the_manifest_says_how_they_were_asked_for(study, capsys):
    said = run(capsys, study)
    assert said.code == 0, said.said
    raw = pd.read_csv(quick(study) / "tables" / "indicators.csv").query("sample == 'all'")
    values = raw.pivot(index=["unit", "year"], columns="indicator", values="raw").sort_index()
    assert list(values.index) == [(f"R0{u}", y) for u in range(1, 5) for y in range(2010, 2013)]
    assert values["rd"].tolist() == [round(u * 0.1 + y * 0.0001, 4) for u in range(1, 5) for y in range(2010, 2013)]
    assert values["gdp"].tolist() == [u + y / 3.0 for u in range(1, 5) for y in range(2010, 2013)]
    manifest = json.loads((quick(study) / "manifest.json").read_text("utf-8"))
    origin = manifest["databases"]["postgresql:STATS/public.regions"]
    assert manifest["inputs"]["postgresql:STATS/public.regions"] == origin["digest"] and origin["rows"] == 12
    assert '"note"' not in origin["query"] and '"day"' not in origin["query"], "columns of no use are not read"
    assert """WHERE "年份" >= '2010' AND "年份" <= '2012'""" in origin["query"] and 'ORDER BY "地区", "年份"' in origin["query"]
    assert origin["snapshot"].count(":") == 2 and origin["database"] == "postgres"
    whole = "".join(path.read_text("utf-8", "replace") for path in quick(study).rglob("*") if path.is_file())
    assert "secret" not in whole + said.said, "the address holds a password"
    assert "every stage is up to date" in run(capsys, study).said
    with_more = run(capsys, study, "--set", "sources.sources.regions.where={年份: {min: 2010, max: 2012}}")
    assert " 18 rows " in with_more.said and "[intake] up to date" not in with_more.said, with_more.said


def test_a_check_reads_the_first_rows_alone(study, capsys):
    said = hqd(capsys, "check", "--study", str(study / "configs"), "--data", str(study / "data" / "raw"))
    assert said.code == 0 and "12 rows" in said.said, said.said


def test_what_the_server_lacks_is_named_with_what_it_has(study, capsys):
    said = run(capsys, study, "--set", "sources.sources.regions.sheet=region")
    assert said.code == 2 and "public.regions" in said.said
    said = run(capsys, study, "--set", "sources.sources.regions.where={月: {min: 1}}")
    assert said.code == 2 and "月" in said.said and "年份" in said.said
    said = run(capsys, study, "--set", "sources.sources.regions.path=postgresql://me:secret@host/db")
    assert said.code == 2 and "HQD_DSN_NAME" in said.said and not left_behind(study)


def test_without_address_or_server_it_says_which_variable(study, capsys, monkeypatch):
    monkeypatch.setenv("HQD_DSN_STATS", f"postgresql://me:secret@127.0.0.1:{free_port()}/db")
    said = run(capsys, study)
    assert said.code == 5 and "cannot connect" in said.said and "secret" not in said.said
    monkeypatch.delenv("HQD_DSN_STATS")
    said = run(capsys, study)
    assert said.code == 5 and "HQD_DSN_STATS" in said.said


CUT_LINE = """
import socket, sys, threading
server_port, most = int(sys.argv[1]), int(sys.argv[2])

def forward(source, target, most):
    passed = 0
    try:
        while (most is None or passed < most) and (block := source.recv(4096)):
            target.sendall(block)
            passed += len(block)
        for end in (source, target):
            end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", server_port))
    threading.Thread(target=forward, args=(client, server, None), daemon=True).start()
    threading.Thread(target=forward, args=(server, client, most), daemon=True).start()
"""
"""A line to the server that is cut after so many bytes; a process of its own, as reading holds Python's lock."""


@contextlib.contextmanager
def cut_line(port: int, most: int) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", CUT_LINE, str(port), str(most)], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def test_a_connection_lost_in_the_middle_leaves_nothing_half_read(study, filled, capsys, monkeypatch):
    assert run(capsys, study).code == 0
    before = {path: path.read_bytes() for path in quick(study).rglob("*") if path.is_file()}
    kept = left_behind(study)
    port = int(filled.rpartition(":")[2].partition("/")[0])
    sources = "sources.sources.regions"
    changes = [f"{sources}.sheet=wide", f"{sources}.where={{}}", f"{sources}.aliases={{id: year, cell: region}}"]
    wide = [part for change in changes for part in ("--set", change)]
    with cut_line(port, 3_000_000) as cut:
        monkeypatch.setenv("HQD_DSN_STATS", filled.replace(str(port), str(cut)))
        said = run(capsys, study, *wide)
    assert said.code == 5 and "reading failed" in said.said and "nothing of it was kept" in said.said, said.said
    assert left_behind(study) == kept and before == {path: path.read_bytes() for path in before}


def test_the_sources_of_a_server_are_of_one_moment(study, filled, monkeypatch):
    """A row that another client commits between two reads of one transaction is in neither."""
    from hqd_index.intake.read import postgresql_reader
    from hqd_index.study.study_folder import load_study

    executed(filled, "CREATE TABLE IF NOT EXISTS twins (region text, year int, rd float8)", "TRUNCATE twins")
    executed(filled, "INSERT INTO twins VALUES ('R01', 2010, 1)")
    config = study / "configs" / "sources.yaml"
    text = config.read_text("utf-8")
    second = "  second:\n    path: postgresql:STATS\n    table: regions\n    sheet: twins\n"
    where = next(line for line in text.splitlines(keepends=True) if "where:" in line)
    config.write_text(text.replace("sheet: regions", "sheet: twins").replace(where, second), "utf-8")
    snapshot = postgresql_reader._Transaction.snapshot

    def and_then_a_row(self, *arguments):
        result = snapshot(self, *arguments)
        executed(filled, "INSERT INTO twins VALUES ('R02', 2010, 1)")
        return result

    monkeypatch.setattr(postgresql_reader._Transaction, "snapshot", and_then_a_row)
    read = postgresql_reader.server_snapshots(load_study(study / "configs").study, study / "scratch")
    assert [one.rows for one in read.values()] == [1, 1] and len({one.snapshot for one in read.values()}) == 1


def test_without_the_driver_the_extra_is_named(study, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    said = run(capsys, study)
    assert said.code == 5 and "hqd-index[postgresql]" in said.said
