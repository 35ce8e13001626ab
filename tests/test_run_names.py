"""`latest` is the study as its files say: a scenario is beside it, `--set` in runs/ only; commands find a run by its names."""

from __future__ import annotations

import json
import os
import re
import webbrowser
from pathlib import Path

import pytest

from hqd_index.commands import run_commands
from hqd_index.console.run_display import Console, RunningStage, progress_text
from hqd_index.errors import SetupError
from hqd_index.pipeline import Event
from hqd_index.progress import Counter, Progress, counted, listening
from hqd_index.publishing import KEEP_RUNS, pointers, run_folder, surplus_runs

from .faults.small_firms import SmallStudy, write_small_study
from .small import Ended, folder_once, hqd

GEOMETRIC = "weighting.aggregate.indicators={method: geometric}"


@pytest.fixture(scope="session")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> SmallStudy:
    """The small study run as it is, under a scenario, with a change of the command line, and as it is again."""

    def write(folder: Path) -> None:
        study = write_small_study(folder / "study")
        study.edit("study", "seed: 1\n", "seed: 1\noutputs: [page]\n")
        (study.configs / "scenarios").mkdir()
        (study.configs / "scenarios" / "plain.yaml").write_text(
            "label: {zh: 等权, en: equal weights}\nchanges: {weighting.weight.indicators: {method: equal}}\n", "utf-8"
        )
        for options in ((), ("--scenario", "plain"), ("--set", GEOMETRIC), ("--lang", "zh")):
            code, said = study.run(*options)
            assert code == 0, said
            (folder / f"said_{len(options)}_{options[0] if options else ''}.txt").write_text(said, "utf-8")

    return SmallStudy(folder_once(tmp_path_factory, "three-runs", write) / "study")


def asked(capsys: pytest.CaptureFixture[str], study: SmallStudy, command: str, *arguments: str) -> Ended:
    places = ["--study", str(study.configs), "--out", str(study.out)]
    return hqd(capsys, command, *arguments, *places)


def run_ids(study: SmallStudy) -> dict[str, str]:
    """What kind of run -> its id."""
    manifests = [json.loads(path.read_text("utf-8")) for path in study.home.glob("runs/*/manifest.json")]
    kinds = {"scenario": "scenario", "changes": "set"}
    return {next((kind for key, kind in kinds.items() if manifest[key]), "base"): manifest["run"] for manifest in manifests}


def test_latest_stays_the_study_as_its_files_say(three_runs: SmallStudy) -> None:
    ids = run_ids(three_runs)
    assert len(set(ids.values())) == 3
    assert pointers(three_runs.home) == {"latest": ids["base"], "latest-plain": ids["scenario"]}
    for name in ("latest", "latest-plain", f"runs/{ids['set']}"):
        manifest = json.loads((three_runs.home / name / "manifest.json").read_text("utf-8"))
        assert manifest["published_as"] == name, "a run says where it is"
        assert f"{name}/report.html" in (three_runs.home / name / "summary.txt").read_text("utf-8")
    said = {path.name: path.read_text("utf-8") for path in three_runs.folder.parent.glob("said_*.txt")}
    assert f"runs/{ids['set']} 中" in said["said_2_--set.txt"] and "发布为 latest-plain" in said["said_2_--scenario.txt"]
    assert "无需重跑" in said["said_2_--lang.txt"] and "--set" not in said["said_0_.txt"]


@pytest.mark.parametrize("trial", ["said_2_--scenario.txt", "said_2_--set.txt"])
def test_a_change_of_weights_or_means_reruns_index_and_later_stages_only(three_runs: SmallStudy, trial: str) -> None:
    said = (three_runs.folder.parent / trial).read_text("utf-8")
    for stage in ("intake", "links", "firms", "panel", "modes"):
        assert f"{stage}] 已算过" in said
    for stage in ("index", "uncertainty", "models", "multiverse", "lists", "workbook", "report"):
        assert f"{stage}] 已算过" not in said and f"{stage}] " in said


def test_every_command_finds_a_run_by_its_names(three_runs: SmallStudy, capsys: pytest.CaptureFixture[str]) -> None:
    ids = run_ids(three_runs)
    listed = asked(capsys, three_runs, "runs").said
    lines = [line for line in listed.splitlines() if re.match(r"\d{4}-", line)]
    assert [line.split()[2] for line in lines] == [ids["set"], ids["scenario"], ids["base"]], "the newest first"
    assert "仅存于 runs/" in lines[0] and "latest-plain  等权" in lines[1] and lines[2].endswith("latest")
    assert 'weighting.aggregate.indicators: {"method": "arithmetic"} -> {"method": "geometric"}' in listed
    assert "scenarios" not in listed, "what is defined and not in force is no difference"
    for names, (first, second) in {(): ("base", "set"), ("latest", "plain"): ("base", "scenario")}.items():
        compared_lines = [
            line for line in asked(capsys, three_runs, "diff", *names).said.splitlines() if line[:2] in ("较早", "较晚")
        ]
        assert [line.split()[-1] for line in compared_lines[-2:]] == [ids[first], ids[second]]
    for name in ("latest", "plain", "latest-plain", ids["set"][:6]):
        verified = asked(capsys, three_runs, "verify", name)
        assert verified.code == 0 and run_folder(three_runs.home, name).resolve().name in verified.said
    with pytest.raises(SetupError, match="did you mean 'latest-plain'"):
        run_folder(three_runs.home, "latest-plian")


def test_a_score_of_any_run_is_taken_apart_by_any_spelling_of_its_unit(
    three_runs: SmallStudy, capsys: pytest.CaptureFixture[str]
) -> None:
    ids, data = run_ids(three_runs), ("--data", str(three_runs.data))
    shown = {
        name: asked(capsys, three_runs, "explain", "C35", "2020", "--run", name, *data)
        for name in ("latest", "plain", ids["set"])
    }
    assert all(ended.code == 0 for ended in shown.values())
    assert ["赋权 equal" in shown["plain"].said, "合成 geometric" in shown[ids["set"]].said] == [True, True]
    spellings = ("c35", "35", "专用设备制造业", "专用设备", "C35 专用设备制造业", "35 专用设备制造业", "Ｃ３５")
    answers = [asked(capsys, three_runs, "explain", spelling, "2020", *data) for spelling in spellings]
    assert {answer.said for answer in answers} == {shown["latest"].said}
    assert asked(capsys, three_runs, "explain", "C35", "2020", *data, "--set", GEOMETRIC).said == shown[ids["set"]].said
    assert asked(capsys, three_runs, "explain", "C35", "2020", *data, "--scenario", "plain").said == shown["plain"].said


def test_runs_that_something_points_at_are_no_surplus(tmp_path: Path) -> None:
    for number in range(KEEP_RUNS + 3):
        folder = tmp_path / "runs" / f"run{number}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps({"run": folder.name}), "utf-8")
    for name, run_id in (("latest", "run1"), ("latest-plain", "run0")):
        (tmp_path / name).symlink_to(tmp_path / "runs" / run_id)
    for number in range(KEEP_RUNS + 3):
        os.utime(tmp_path / "runs" / f"run{number}", (number, number))
    assert [path.name for path in surplus_runs(tmp_path / "runs")] == ["run2"]


def test_clean_all_removes_every_pointer(three_runs: SmallStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = three_runs.copy(tmp_path / "copy")
    assert hqd(capsys, "clean", "--all", "--out", str(study.out), "--data", str(study.data)).code == 0
    assert not list(study.home.iterdir())


def test_the_page_is_opened_or_its_path_is_printed(
    three_runs: SmallStudy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not opened.append(address))
    monkeypatch.setenv("DISPLAY", ":0")
    assert "已在浏览器中打开" in asked(capsys, three_runs, "open", "plain").said
    assert opened == [(three_runs.home / "latest-plain" / "report.html").resolve().as_uri()]
    monkeypatch.setattr(run_commands, "_is_opened", lambda _page: False)
    said = asked(capsys, three_runs, "open").said
    assert said.startswith(str(three_runs.home / "latest" / "report.html")) and len(opened) == 1


def test_progress_counts_parts_rows_share_and_time_left() -> None:
    messages: list[Progress] = []
    counter = Counter("文件", "files", 4, size=100.0, reported_at=0.0)
    counter.add(rows=10, size=10.0)
    with listening(messages.append):
        counter.add(rows=990, size=15.0)
        assert list(counted([1, 2, 3], "分析", "analyses")) == [1, 2, 3]
    assert messages == [Progress("文件", "files", 2, 4, 1000, 0.25)], "nobody listens, or it was told a moment ago"
    stage = RunningStage("读入与校验 intake", 0.0, 0.0, messages[0])
    stage.seconds = lambda: 10.0  # type: ignore[method-assign]
    assert progress_text(stage, "zh") == "读入与校验 intake · 文件 2/4 · 1,000 行 · 25% · 10 s,约剩 30 s"
    assert progress_text(stage, "en").endswith("files 2/4 · 1,000 rows · 25% · 10 s, ~30 s left")
    uncounted = RunningStage("models", 0.0, 40.0)
    uncounted.seconds = lambda: 10.0  # type: ignore[method-assign]
    assert progress_text(uncounted, "en") == "models · 25% · 10 s, ~30 s left", "by the time of the run before"


@pytest.mark.parametrize(("finished", "text"), [(1, "1/10 · 10% · 30 s"), (10, "10/10 · 30 s")])
def test_no_time_left_is_said_of_the_first_parts_or_of_work_that_is_not_counted(finished: int, text: str) -> None:
    stage = RunningStage("models", 0.0, 0.0, Progress("分析", "analyses", finished, 10))
    stage.seconds = lambda: 30.0  # type: ignore[method-assign]
    assert progress_text(stage, "en") == f"models · analyses {text}"
    late_stage = RunningStage("models", 0.0, 20.0)
    late_stage.seconds = lambda: 30.0  # type: ignore[method-assign]
    assert progress_text(late_stage, "en") == "models · 30 s", "longer than the run before"


def test_a_stage_without_results_has_no_count_of_rows(capsys) -> None:
    console = Console("zh")
    for rows in (72, 0):
        console.event(Event("links", "产业链联系", "done", 0.3, rows))
    console.stop()
    assert capsys.readouterr().out == "[产业链联系 links] 各表共 72 行  0.3 s\n[产业链联系 links] 0.3 s\n"
