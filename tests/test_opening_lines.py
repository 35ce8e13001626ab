"""What a person reads first: what to do next, or what is wrong with the command, in one language, with nothing left behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from hqd_index.cli import app
from hqd_index.commands.command_help import ARGUMENTS
from hqd_index.commands.usage_faults import spoken_language
from hqd_index.console import Console
from hqd_index.console.command_lines import USUAL_DATA, folder_options
from hqd_index.console.run_lines import run_lines
from hqd_index.pipeline import Outcome

from .small import hqd

CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
ENGLISH_OF_THE_LIBRARY = ("Missing", "No such", "Usage", "Error", "Invalid", "unexpected", "Input should")

# arguments, what the message says in zh and in en
WRONG = [
    (["explain"], "缺少单位", "UNIT is missing"),
    (["rnu"], "您是不是想写 'run'", "did you mean 'run'"),
    (["qqq"], "可用的有:check", "known: check"),
    (["run", "--stud", "x"], "您是不是想写 '--study'", "did you mean '--study'"),
    (["run", "-x"], "不认识的选项 '-x'", "unknown option '-x'"),
    (["run", "--study"], "--study 后面要写一个值", "--study needs a value"),
    (
        ["run", "--processes", "abc"],
        "'abc' 不合法,应为不小于 1 的整数",
        "'abc' is not valid, a whole number, 1 or more",
    ),
    (["run", "--processes", "0"], "'0' 不合法", "'0' is not valid"),
    (["explain", "a", "b"], "年份:应为整数", "YEAR: a whole number is needed"),
    (["explain", "a", "2020", "x", "y"], "多出参数 y", "y is more than it takes"),
    (["explain", "a", "2020", "--sample", "al"], "应为 all、leave_out 之一", "one of all, leave_out is needed"),
    (["init"], "缺少文件夹", "FOLDER is missing"),
    (["demo", "--seed", "x"], "应为整数", "a whole number is needed"),
]


@pytest.fixture(autouse=True)
def empty(tmp_path, monkeypatch):
    """An empty working folder, and nothing chosen outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HQD_LANG", raising=False)
    return tmp_path


@pytest.mark.parametrize(("arguments", "zh", "en"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_a_wrong_command_is_told_alone_in_the_language_chosen(arguments, zh, en, capsys, empty):
    said = hqd(capsys, *arguments, "--lang", "zh") if arguments != ["run", "--study"] else hqd(capsys, *arguments)
    assert said.code == 2 and zh in said.said.splitlines()[0]
    assert not any(word in said.said for word in ENGLISH_OF_THE_LIBRARY)
    english = ["--lang", "en", *arguments] if arguments == ["run", "--study"] else [*arguments, "--lang", "en"]
    said = hqd(capsys, *english)
    assert said.code == 2 and en in said.said.splitlines()[0]
    assert not CHINESE.search(said.said)
    assert not list(empty.iterdir())


def test_hqd_alone_says_what_to_do_next(capsys, empty):
    said = hqd(capsys)
    assert said.code == 0 and "hqd init my_study --from" in said.said and "还没有研究" in said.said
    english = hqd(capsys, "--lang", "en")
    assert english.code == 0 and "no study in this folder" in english.said and not CHINESE.search(english.said)
    (empty / "configs").mkdir()
    (empty / "configs" / "study.yaml").write_text("version: 1\nlanguage: en\n")
    inside = hqd(capsys)
    assert inside.code == 0 and "hqd check" in inside.said and not CHINESE.search(inside.said)


HELPED = ("", "run", "check", "demo", "explain", "init", "runs", "open", "diff", "methods", "schema", "clean")


@pytest.mark.parametrize("command", HELPED)
def test_help_is_in_one_language(command, capsys):
    arguments = [command] if command else []
    said = hqd(capsys, *arguments, "--help")
    assert said.code == 0 and "用法:" in said.said and " / " not in said.said
    said = hqd(capsys, *arguments, "--help", "--lang", "en")
    assert said.code == 0 and "Usage:" in said.said and not CHINESE.search(said.said)


def test_a_fault_of_the_configuration_is_in_the_language_of_its_study(capsys, empty):
    (empty / "mine").mkdir()
    (empty / "mine" / "study.yaml").write_text("version: 1\nlanguage: en\nnmae: x\n")
    said = hqd(capsys, "check", "--study", "mine")
    assert said.code == 2 and "unknown key 'nmae'" in said.said and not CHINESE.search(said.said)
    said = hqd(capsys, "check", "--study", "mine", "--lang", "zh")
    assert said.code == 2 and "不认识的键 'nmae'" in said.said


def test_the_language_is_that_of_the_command_then_of_the_study_then_of_the_environment(empty, monkeypatch):
    assert spoken_language([]) == "zh"
    monkeypatch.setenv("HQD_LANG", "en")
    assert spoken_language(["run"]) == "en"
    (empty / "configs").mkdir()
    (empty / "configs" / "study.yaml").write_text("language: zh\n")
    assert spoken_language(["run"]) == "zh"
    assert spoken_language(["run", "--lang=en"]) == "en"
    assert spoken_language(["run", "--lang", "fr"]) == "zh"


def test_every_argument_of_a_command_has_its_name_in_both_languages():
    commands = get_command(app).commands.values()  # type: ignore[attr-defined]  # a group has them
    assert set(ARGUMENTS) == {
        option.name for command in commands for option in command.params if option.param_type_name == "argument"
    }


def test_commands_to_try_name_the_folders_that_the_run_was_given(empty, capsys):
    """They are of the study in configs/ otherwise, and answer about it."""
    (empty / "summary.txt").write_text("other weights: hqd run --scenario critic; apart: hqd explain B 2020\n", "utf-8")
    (empty / "manifest.json").write_text("{}", "utf-8")
    outcome = Outcome("1", empty, empty, fresh=True, notices=())
    Console("en").close(outcome, folder_options(Path("a/configs"), Path("data/raw"), Path("data/processed")))
    said = capsys.readouterr().out
    assert "hqd run --study a/configs --scenario critic; apart: hqd explain --study a/configs B 2020" in said


@pytest.mark.parametrize("name", ["latest-critic", "runs/0123456789ab"])
def test_the_comparison_to_try_names_the_folders_that_it_takes(empty, capsys, name):
    """`hqd diff` takes --study and --out, and no --data."""
    (empty / "summary.txt").write_text("\n", "utf-8")
    (empty / "manifest.json").write_text("{}", "utf-8")
    options = folder_options(Path("a/configs"), USUAL_DATA, Path("b"))
    Console("en").close(Outcome("1", empty, empty, fresh=True, notices=(), name=name), "", options)
    run = name.removeprefix("latest-").removeprefix("runs/")
    assert f"compare: hqd diff --study a/configs --out b latest {run}" in capsys.readouterr().out
    assert "hqd diff --study a/configs --out b EARLIER" in list(run_lines([], "en", options))[-1]
