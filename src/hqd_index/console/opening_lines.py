"""What `hqd` alone shows: where this folder stands, and the commands that come next."""

from __future__ import annotations

import re
from pathlib import Path

from ..commands.command_help import ARGUMENTS, aligned_columns
from ..publishing import LATEST, pointers, run_folders

Command = tuple[str, str, str]  # the command, what it does in Chinese and in English
TITLE = ("hqd:从原始文件到高质量发展指数,以及专精特新的贡献", "hqd: from raw files to an index of high-quality development")
HELP_HINT = ("全部命令:hqd --help", "all commands: hqd --help")
NAME_LINE = re.compile(r"^name:\s*[\"']?([\w-]+)", re.MULTILINE)
SYNTHETIC_LINE = re.compile(r"^synthetic:\s*true", re.MULTILINE)
NO_STUDY: tuple[Command, ...] = (
    ("hqd init my_study --from *.xlsx", "用自己的文件写出一个可运行的研究", "a study from your own files"),
    ("hqd example provinces", "真实数据的示例:31 省创新指数", "an example of real data: innovation in 31 provinces"),
    ("hqd init my_study", "一个最小的研究,附示例数据", "a minimal study with example data"),
    ("hqd demo", "合成的演示研究(配置与数据)", "the synthetic demo study (configs and data)"),
)


def opening_lines(folder: Path, language: str) -> list[str]:
    """What to do next in this folder, and where the list of commands is."""
    index = int(language == "en")
    heading, commands = _next_steps(folder)
    steps = aligned_columns([(_in_language(command[0], index), command[1 + index]) for command in commands])
    return [TITLE[index], "", heading[index], *steps, "", HELP_HINT[index]]


def _in_language(command: str, language_index: int) -> str:
    """The command with its placeholders as usage lines call them."""
    for placeholder in ("unit", "year"):
        command = command.replace(placeholder.upper(), ARGUMENTS[placeholder][language_index])
    return command


def _next_steps(folder: Path) -> tuple[tuple[str, str], tuple[Command, ...]]:
    """A heading and commands: without a study, without data, before the first run, after it."""
    study_file = folder / "configs" / "study.yaml"
    if not study_file.is_file():
        return ("本文件夹里还没有研究。下一步任选其一:", "no study in this folder yet. Begin with one of:"), NO_STUDY
    study_text = study_file.read_text("utf-8", errors="replace")
    name_match = NAME_LINE.search(study_text)
    name = name_match[1] if name_match else ""
    results = folder / "data" / "processed" / name
    if name and LATEST in pointers(results):
        return _after_run(name, results, folder)
    if not any((folder / "data" / "raw").glob("*")):
        return _without_data(name, is_synthetic=SYNTHETIC_LINE.search(study_text) is not None)
    return (f"研究 {name}(configs)还没有运行过:", f"the study {name} (configs) has not been run:"), (
        ("hqd check --data data/raw", "检查配置与数据文件", "check configuration and files"),
        ("hqd run", "从原始数据到报告", "raw files to report"),
        ("hqd run --quick", "只算得分、权重与主回归", "scores, weights and the headline alone"),
    )


def _without_data(name: str, *, is_synthetic: bool) -> tuple[tuple[str, str], tuple[Command, ...]]:
    """Where the files come from."""
    heading = (
        f"研究 {name}(configs)还没有数据,文件应放在 data/raw:",
        f"the study {name} (configs) has no data yet; files belong in data/raw:",
    )
    demo: Command = ("hqd demo", "生成演示数据", "write the demo data")
    elsewhere: Command = ("hqd init my_study --from *.xlsx", "或按别处的文件另写一个研究", "or a study from files elsewhere")
    check: Command = ("hqd check --data data/raw", "检查配置与数据文件", "check configuration and files")
    return heading, (demo if is_synthetic else elsewhere, check)


def _after_run(name: str, results: Path, folder: Path) -> tuple[tuple[str, str], tuple[Command, ...]]:
    """What to do with results: look, take apart, try other weights, compare."""
    scenarios = sorted(path.stem for path in (folder / "configs" / "scenarios").glob("*.yaml"))
    scenario_command: list[Command] = [
        (
            f"hqd run --scenario {scenario}",
            f"换一种做法(共 {len(scenarios)} 个情景)",
            f"another design, of {len(scenarios)} scenarios",
        )
        for scenario in scenarios[:1]
    ]
    commands: list[Command] = [
        ("hqd open", "在浏览器中打开结果", "open the results in the browser"),
        ("hqd explain UNIT YEAR", "拆开一个得分", "take a score apart"),
        *scenario_command,
        ("hqd run", "改动配置或数据之后再运行", "run again after a change"),
    ]
    if len(run_folders(results)) > 1:
        commands.append(("hqd diff", "最近一次运行改变了什么", "what the last run changed"))
    commands.append(("hqd runs", "全部运行", "all runs"))
    return (f"研究 {name}(configs)已有结果:", f"the study {name} (configs) has results:"), tuple(commands)
