"""The whole: raw files in, published run out; what reruns when what changes; the same bytes whatever the order."""

from __future__ import annotations

import csv
import io
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.intake import GateError
from hqd_index.pipeline import STAGES
from hqd_index.tables import ON_REQUEST, TABLES
from hqd_index.upkeep.second_opinion import FIRM_ROWS, GOAL, second_opinion

from .small import DemoRun, Place, run, run_arguments

EXACT = 1e-10
"""The bound the channels and the all = composition + spillover split are asserted to."""


@pytest.fixture(scope="module")
def place(demo_run: DemoRun) -> Place:
    """What is shared by the tests below is read only."""
    return demo_run.place


def test_everything_is_published(demo_run, place):
    ended = demo_run.ended
    assert ended.code == 0, ended.said
    names = {path.relative_to(place.latest).as_posix() for path in place.latest.rglob("*") if path.is_file()}
    assert {"manifest.json", "report.html", "results.xlsx", "quarantine.xlsx", "README.md"} <= names
    tables = {Path(name).stem for name in names if name.startswith("tables/")}
    assert set(TABLES) - ON_REQUEST == tables & set(TABLES), f"no stage makes {sorted(set(TABLES) - ON_REQUEST - tables)}"
    closing = [line for line in ended.said.splitlines() if line.strip()]
    assert "report.html" in ended.said and len(closing) >= 10


def test_quarantine_is_exactly_the_broken_rows(place):
    listed = {(row["file"], row["row"]) for row in place.truth["broken_rows"]}
    found = place.table("quarantine").query("severity == 'error'")
    assert set(zip(found["file"], found["row"])) == listed


def test_ledger_balances_and_counts_every_row_of_every_file(place):
    ledger = place.table("ledger")
    assert (ledger["rows_in"] == ledger[["used", "quarantined", "out_of_scope"]].sum(axis=1)).all()
    lines = (place.data / "synthetic_srdi_list.csv").read_bytes().count(b"\n") - 1
    assert ledger.query("file == 'synthetic_srdi_list.csv' and stage == 'read'")["rows_in"].item() == lines


def test_composition_and_spillover_add_up(place):
    table = place.table("regressions").query("term == 'density' and spec == 'twfe'")
    both = table.pivot(index="outcome", columns="sample", values="estimate")
    channels = place.table("channels").query("sample == 'all' and parent == 'hqd' and spec == 'twfe'")
    assert channels["gap"].abs().max() <= EXACT
    parts = channels[channels["node"].isin(["quality", "safety"])]["part"].sum()
    assert parts == pytest.approx(both.loc["hqd", "all"], abs=EXACT)


def test_verdicts_and_grades_follow_from_the_published_numbers(place):
    """Every line of `hypotheses` judged again from its own columns and from what the diagnostics say of its outcome."""
    lines = place.table("hypotheses").fillna({"split": "", "grade_lacks": ""})
    diagnostics = place.table("regression_diagnostics").query("spec == 'twfe'")
    known = diagnostics.set_index(["sample", "outcome", "quantity"])["value"]
    verdicts = lines.set_index(["hypothesis", "spec", "sample"])["verdict"]
    for line in lines.to_dict("records"):
        evidence = max(line["p_adjusted"], 0.0)
        inside = -line["sesoi"] < line["ci90_low"] and line["ci90_high"] < line["sesoi"]
        by_p = "supported" if line["estimate_sd"] > 0 else "opposite_sign"
        wanted = by_p if evidence <= line["alpha"] else "negligible" if inside else "inconclusive"
        if line["hypothesis"] == "H4":
            wanted = "supported" if wanted == "supported" else "inconclusive"
        assert line["verdict"] == wanted, line
        if line["sample"] == "all" and wanted == "supported":
            leave_out = verdicts.get((line["hypothesis"], line["spec"], "leave_out"))
            words = {"supported": "spillover_supported", "negligible": "composition_only", "inconclusive": "spillover_open"}
            assert line["split"] == words.get(leave_out, "")
        if line["spec"] != "twfe":
            assert line["grade"] == "description"
            continue
        values = known[line["sample"]][line["outcome"]]
        sign = np.sign(line["estimate_sd"])
        suggestive = (
            evidence <= line["alpha"]
            and values["pre_trend_p"] > line["alpha"]
            and min(sign * values["exposure_trend_ci90_low"], sign * values["exposure_trend_ci90_high"]) > 0
            and sign * values["group_year_sd"] > 0
            and values["group_year_p"] <= 0.10
        )
        assert (line["grade"] != "description") == suggestive, line
    h1 = verdicts.loc[("H1", "twfe", "all")]
    words = {
        "supported": "密度高的行业指数更高（",
        "inconclusive": "不能判断密度高的行业指数是否更高",
        "negligible": "相差可忽略",
    }
    assert words[h1] in (place.latest / "summary.txt").read_text("utf-8")


@pytest.mark.slow
def test_statsmodels_agrees_with_every_unit_year_row_of_the_regressions(place):
    """Every specification that the program derives is rebuilt from the published files; only rows of firms cannot be."""
    comparison = second_opinion(place.latest)
    firm_rows = place.table("regressions")["fixed_effects"].eq("firm+year").sum()
    assert comparison.difference < GOAL and dict(comparison.skip_counts) == {FIRM_ROWS: firm_rows}


def test_second_run_is_up_to_date(place, capsys, tmp_path):
    again = run(capsys, place.copy_run(tmp_path))
    assert again.code == 0 and "无需重跑" in again.said


@pytest.mark.slow
def test_missing_or_edited_outputs_are_rebuilt_from_the_cache(place, capsys, tmp_path):
    here = place.copy_run(tmp_path)
    before = (here.latest / "tables" / "scores.csv").read_bytes()
    (here.latest / "tables" / "scores.csv").write_text("tampered")
    said = run(capsys, here).said
    assert (here.latest / "tables" / "scores.csv").read_bytes() == before
    assert "intake] 已算过" in said
    entry = next((here.out / ".cache" / "index").glob("*/scores.parquet"))
    entry.write_bytes(entry.read_bytes()[:-10])
    (here.latest / "report.html").unlink()
    again = run(capsys, here)
    assert again.code == 0 and (here.latest / "tables" / "scores.csv").read_bytes() == before


def tables(place: Place) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((place.latest / "tables").glob("*.csv"))}


def shuffled(path: Path, encoding: str, stream: random.Random) -> None:
    """The file's rows and columns in another order."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode(encoding))))
    width = len(rows[0])
    order = stream.sample(range(width), width)
    body = rows[1:]
    stream.shuffle(body)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in [rows[0], *body]:
        writer.writerow([row[k] for k in order] if len(row) == width else row)
    path.write_bytes(out.getvalue().encode(encoding))


@pytest.mark.slow
def test_row_and_column_order_hash_seed_and_processes_change_no_byte(place, tmp_path):
    """All tables but `row` in quarantine.csv (design: exactness); ragged rows keep their cells, which no order can change."""
    here = place.copy(tmp_path)
    stream = random.Random(5)
    for name in ("synthetic_srdi_list.csv", "synthetic_io_table.csv", "synthetic_trade.csv"):
        shuffled(here.data / name, "utf-8-sig", stream)
    for path in here.data.glob("synthetic_firms_*.csv"):
        shuffled(path, "gb18030", stream)
    command = [str(Path(sys.executable).parent / "hqd"), *run_arguments(here, "--processes", "2")]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    one, other = tables(place), tables(here)
    assert one.keys() == other.keys()
    different = [name for name in one if one[name] != other[name] and name != "quarantine.csv"]
    assert not different
    keys = ["rule", "file", "key", "column", "value"]
    held = [p.table("quarantine")[keys].fillna("").sort_values(keys, ignore_index=True) for p in (place, here)]
    pd.testing.assert_frame_equal(*held)


def test_scores_are_on_0_100_and_ranked_before_rounding(place):
    scores = place.table("scores").query("sample == 'all'")
    assert scores["score"].between(0, 100).all()
    last = scores.query("node == 'hqd' and year == 2024").sort_values("rank")
    assert (np.diff(last["score"]) <= 1e-9).all()


def test_a_stage_waits_for_all_it_reads(place):
    """Every table of an earlier stage that a stage's patterns name comes from a stage that it waits for."""
    made = {stage.name: set() for stage in STAGES}
    for folder in (place.out / ".cache").glob("*/*"):
        made[folder.parent.name] |= {path.stem for path in folder.glob("*.parquet")}
    for at, stage in enumerate(STAGES):
        for earlier in STAGES[:at]:
            strays = (
                [name for name in made[earlier.name] if stage.reads_table(name)]
                if earlier.name not in stage.prerequisites
                else []
            )
            assert not strays, (stage.name, earlier.name)
        assert stage.prerequisites <= {one.name for one in STAGES[:at]}, stage.name


def test_a_fault_in_another_process_arrives_whole():
    """A fault with what its constructor asks for, its texts and what it carries, as a pickle brings it back."""
    fault = GateError("held", "too many", zh="过多", location="rules.yaml", rule="G01")
    again = pickle.loads(pickle.dumps(fault))
    assert (
        type(again) is GateError and again.intake == "held" and again.text("zh") == fault.text("zh") and str(again) == str(fault)
    )
