"""What looks after results and machine: verify names what differs, clean frees only what can be made again."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from hqd_index import provenance, publishing
from hqd_index.upkeep import clean, doctor
from hqd_index.upkeep.doctor import locked_versions

from .small import ROOT, Ended, hqd


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """The starter study, written and run as a beginner would: with no option but where it stands."""
    folder = tmp_path_factory.mktemp("starter") / "mine"
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        hqd_alone("init", str(folder))
        patch.chdir(folder)
        assert hqd_alone("check") == 0
        assert hqd_alone("run") == 0
    assert Path.cwd() == here
    return folder


def hqd_alone(*arguments: str) -> int:
    from hqd_index import cli

    try:
        cli.main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.fixture
def mine(published, monkeypatch) -> Path:
    """The starter study as the working folder."""
    monkeypatch.chdir(published)
    return published


def latest(folder: Path) -> Path:
    return folder / "data" / "processed" / "my_study" / "latest"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_starter_scores_every_row_of_its_table(mine):
    lines = rows(mine / "data" / "raw" / "regions.csv")
    scores = [row for row in rows(latest(mine) / "tables" / "scores.csv") if row["node"] == "index"]
    assert {(row["unit"], row["year"]) for row in scores} == {(row["地区"], row["年份"]) for row in lines}
    assert all(0 <= float(row["score"]) <= 100 for row in scores)


def test_the_starter_is_explained_down_to_its_rows(mine, capsys):
    said = hqd(capsys, "explain", "甲地", "2021", "rd")
    first = rows(mine / "data" / "raw" / "regions.csv")[0]
    assert said.code == 0 and "regions.csv  1 行  第 2 行" in said.said
    assert f"sum(rd_exp) = {float(first['研发经费(亿元)']):,g}" in said.said


def test_init_leaves_what_stands_alone(mine, capsys):
    said = hqd(capsys, "init", str(mine))
    assert said.code == 5 and "不是空的" in said.said


def test_a_whole_run_is_verified(mine, capsys):
    manifest = json.loads((latest(mine) / "manifest.json").read_text("utf-8"))
    said = hqd(capsys, "verify")
    cells = len(rows(latest(mine) / "tables" / "scores.csv"))
    assert said.code == 0 and f"{len(manifest['files'])} 个文件" in said.said and f"{cells} 个得分" in said.said


def changed(folder: Path, table: str, column: str, value: str) -> None:
    """One cell of a published table changed, and the manifest made to agree: only computing again can find it."""
    path = latest(folder) / "tables" / f"{table}.csv"
    lines = rows(path)
    target = next(line for line in lines if line[column] and line.get("scenario", "base") == "base")
    target[column] = value
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    listed = latest(folder) / "manifest.json"
    manifest = json.loads(listed.read_text("utf-8"))
    manifest["files"][f"tables/{table}.csv"] = provenance.digest_file(path)
    listed.write_text(json.dumps(manifest), "utf-8")
    pointer = folder / "data/processed/my_study/latest.txt"
    pointer.write_text(f"{manifest['run']}\n{provenance.digest_file(listed)}\n", "utf-8")


@pytest.fixture
def spoilt(mine, tmp_path, monkeypatch) -> Path:
    """A copy of the published study that a test may spoil, as the working folder."""
    folder = tmp_path / "mine"
    shutil.copytree(mine, folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def test_f54_an_edited_and_a_deleted_file_are_named_and_rebuilt(spoilt, capsys):
    mine = spoilt
    (latest(mine) / "tables" / "scores.csv").write_text("tampered")
    (latest(mine) / "README.md").unlink()
    said = hqd(capsys, "verify", "--lang", "zh")
    assert said.code == 4 and "scores.csv: 文件写成后被改动过" in said.said and "README.md: 文件已不存在" in said.said
    assert hqd(capsys, "run").code == 0 and hqd(capsys, "verify").code == 0


def test_clean_all_leaves_what_was_not_made_here(spoilt, capsys):
    before = {path.relative_to(spoilt) for path in spoilt.rglob("*") if "processed" not in path.parts}
    assert hqd(capsys, "clean", "--all").code == 0
    left = {path.relative_to(spoilt) for path in spoilt.rglob("*") if path.is_file() and "processed" in path.parts}
    assert not left and before == {path.relative_to(spoilt) for path in spoilt.rglob("*") if "processed" not in path.parts}
    assert hqd(capsys, "explain", "甲地", "2021").code == 5


@pytest.mark.parametrize(("table", "column", "value"), [("weights", "share_local", "0.75"), ("scores", "score", "12.5")])
def test_a_wrong_share_or_score_is_found_though_the_digests_agree(spoilt, capsys, table, column, value):
    changed(spoilt, table, column, value)
    said = hqd(capsys, "verify")
    assert said.code == 4 and f"{table}.csv" in said.said


def test_verify_says_when_the_configuration_is_another(mine, capsys):
    said = hqd(capsys, "verify", "--set", "weighting.weight.indicators={method: equal}")
    assert said.code == 0 and "得分未重算" in said.said
    assert hqd(capsys, "verify", "no_such_run").code == 5


def test_clean_keeps_the_published_run_and_raw_data(tmp_path):
    home = tmp_path / "out" / "one"
    for number in range(8):
        run = home / "runs" / f"run{number}"
        run.mkdir(parents=True)
        (run / "table.csv").write_bytes(b"x" * 1000)
        os.utime(run, (number, number))
    (home / "runs" / ".tmp-torn").mkdir()
    (home / "latest").symlink_to(Path("runs") / "run0")
    (home / "notes.txt").write_text("of the user")
    removed = clean(tmp_path / "out")
    left = {path.name for path in (home / "runs").iterdir()}
    assert left == {"run0", *(f"run{number}" for number in range(3, 8))} and publishing.KEEP_RUNS == 5
    assert sum(size for _, size in removed) == 2000
    clean(tmp_path / "out", everything=True, raw=tmp_path / "raw")
    assert {path.name for path in home.iterdir()} == {"notes.txt"}


def test_clean_refuses_where_raw_data_would_go(tmp_path, capsys):
    raw = tmp_path / "out" / "one" / "runs" / "raw"
    raw.mkdir(parents=True)
    said = hqd(capsys, "clean", "--all", "--out", str(tmp_path / "out"), "--data", str(raw))
    assert said.code == 5 and raw.is_dir()


def test_doctor_names_what_is_missing(tmp_path, monkeypatch, capsys):
    assert hqd(capsys, "doctor", "--out", str(tmp_path)).code == 0
    (tmp_path / "requirements.lock").write_text("no-such-library==1.0 \\\n    --hash=sha256:00\nnumpy==0.1\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    said = hqd(capsys, "doctor", "--out", str(tmp_path), "--lang", "en")
    assert said.code == 5 and "no-such-library" in said.said and "(0.1)" in said.said
    states = {finding.state for finding in doctor(tmp_path)}
    assert {"ok", "missing", "mind"} >= states


def test_lock_markers_are_read():
    text = "one==1.0 \\\n    --hash=sha256:00\ntwo==2.0 ; sys_platform == 'no_such_system' \\\n    --hash=sha256:00\n"
    assert locked_versions(text) == {"one": "1.0"}
    whole = locked_versions((ROOT / "requirements.lock").read_text("utf-8"))
    assert {"numpy", "duckdb", "sqlglot"} <= whole.keys()


def cited(capsys, *more: str) -> Ended:
    return hqd(capsys, "cite", "--study", str(ROOT / "configs"), *more)


def test_cite_names_program_data_and_chosen_methods(capsys):
    chinese, english, entries = cited(capsys), cited(capsys, "--lang", "en"), cited(capsys, "--bibtex")
    assert chinese.code == english.code == entries.code == 0
    assert "熵" in chinese.said and "synthetic firm panel" in english.said and "Shannon" in english.said
    assert "CRITIC" not in english.said
    assert entries.said.count("{") == entries.said.count("}") and entries.said.startswith("@software{hqdindex,")
