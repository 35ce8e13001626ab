"""What commands print: what to do next, what was written, checked, removed, what differs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..chinese_punctuation import journal_punctuation
from ..report.bilingual import Bilingual
from ..report.wording import listing, wording
from .run_lines import local_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..study.study_folder import LoadedStudy
    from ..upkeep import Finding, Run, Section


USUAL_DATA = Path("data/raw")
"""The folder of data that a command takes by itself; what reads no data needs no option for it."""


def init_lines(folder: Path, written_files: Sequence[Path], language: str) -> Iterator[str]:
    """What `hqd init` wrote, what it guessed of the files, whether they can be read so, and the next command."""
    from ..starter import write_starter, write_study_from

    zh = language == "zh"
    if not written_files:
        yield from (str(path) for path in write_starter(folder))
        command = f"cd {folder} && hqd check && hqd run"
        yield f"下一步:{command}" if zh else f"next: {command}"
        return
    setup = write_study_from(folder, written_files, language)
    yield (
        f"已按 {setup.count} 个文件写出研究 {folder}(文件未复制、未改动):"
        if zh
        else f"the study {folder} is written from {setup.count} file{'s' * (setup.count > 1)}; nothing in the data changes:"
    )
    yield from setup.lines
    yield from (f"  {path}" for path in setup.written_files)
    from ..study.study_folder import load_study

    yield from checked_lines(load_study(folder / "configs"), folder / "configs", setup.root)
    data = "" if setup.is_linked else f" --data {setup.root}"
    command = f"cd {folder} && hqd run{data}"
    yield f"下一步:{command}" if zh else f"next: {command}"


def demo_lines(folder: Path, configs: Path, configs_state: str, language: str) -> list[str]:
    """What `hqd demo` wrote and the next command; `configs_state`: written, kept, or other (those of another study)."""
    zh, en = [f"合成演示数据已写入 {folder}(真值见 truth.json)"], [f"synthetic demo data are in {folder} (truth in truth.json)"]
    if configs_state == "written":
        zh.append(f"演示研究的配置已写入 {configs}")
        en.append(f"the configs of the demo study are in {configs}")
    if configs_state == "other":
        zh.append(f"{configs} 是另一个研究,未改动;要运行演示研究,请用 `hqd demo --configs 新文件夹` 另写一份配置")
        en.append(f"{configs} is another study and stays as it is; `hqd demo --configs NEW_FOLDER` writes those of the demo")
        return en if language == "en" else zh
    command = f"hqd run{folder_options(configs, folder)}"
    zh.append(f"下一步:{command}")
    en.append(f"next: {command}")
    return en if language == "en" else zh


def folder_options(configs: Path, data_folder: Path, results_folder: Path = Path("data/processed")) -> str:
    """What a command is given where its folders are not those that it takes by itself."""
    usual_folders = {
        "study": ("configs", configs),
        "data": (USUAL_DATA.as_posix(), data_folder),
        "out": ("data/processed", results_folder),
    }
    return "".join(f" --{name} {folder}" for name, (usual, folder) in usual_folders.items() if folder.as_posix() != usual)


def example_lines(name: str, folder: Path, language: str) -> list[str]:
    """What `hqd example` wrote and the next command."""
    command = f"cd {folder} && hqd run"
    if language == "en":
        return [
            f"the example {name} is in {folder}; README.md says what its figures are and what they do not cover",
            f"next: {command}",
        ]
    return [f"示例 {name} 已写入 {folder};数据的来源与未覆盖的内容见 README.md", f"下一步:{command}"]


def checked_lines(loaded_study: LoadedStudy, configs: Path, data_folder: Path | None) -> Iterator[str]:
    """What `hqd check` says of a sound study, and with a data folder of the headers and first rows of its files.

    Raises what reading them raises, once the lines of the rows that do not pass are given.
    """
    language = loaded_study.study.study.language
    for notice in loaded_study.notices:
        yield notice.text(language)
    count = len(loaded_study.files)
    yield f"配置正确:{count} 个文件" if language == "zh" else f"configuration is sound: {count} files"
    if data_folder is None:
        return
    from ..engines import open_engine
    from ..firms.completed_tables import absent_columns
    from ..intake import FIRST_ROWS, GateError, checked_files, intake_lines, repair_line

    location_template = "hqd run 之后的 {}" if language == "zh" else "{} after hqd run"
    quarantine_location = location_template.format("quarantine.xlsx")
    with open_engine(memory=loaded_study.study.study.memory) as engine:
        try:
            file_check = checked_files(loaded_study.study, engine, data_folder, configs)
        except GateError as fault:
            yield from intake_lines(fault.intake, language, quarantine_location, first_rows=FIRST_ROWS)
            raise
        yield from intake_lines(file_check, language, quarantine_location, first_rows=FIRST_ROWS)
        notice_lines = (notice.text(language) for notice in file_check.notices)
        yield from (line if language == "en" else journal_punctuation(line) for line in notice_lines)
        present_columns = {name: engine.types(table) for name, table in file_check.tables.items()}
        yield from (absent.notice(language) for absent in absent_columns(loaded_study.study, present_columns))
        if repair_summary := repair_line(file_check.frames["repairs"], language, location_template.format("repairs.csv")):
            yield repair_summary
        file_count = file_check.frames["ledger"]["file"].nunique()
    yield (f"数据文件可读:{file_count} 个文件的表头与前 {FIRST_ROWS:,} 行" if language == "zh" else
           f"the files can be read: headers and first {FIRST_ROWS:,} rows of {file_count} files")  # fmt: skip


STATES = {"ok": ("正常", "ok"), "mind": ("注意", "mind"), "missing": ("缺少", "missing")}


def doctor_lines(findings: list[Finding], language: str) -> list[str]:
    """One line per finding, and what they come to."""
    language_index = 1 if language == "en" else 0
    lines = [f"[{STATES[finding.state][language_index]}] {finding.en if language_index else finding.zh}" for finding in findings]
    missing_count = sum(finding.state == "missing" for finding in findings)
    if missing_count:
        return [*lines, f"{missing_count} required item(s) missing" if language_index else f"缺少 {missing_count} 项必需的条件"]
    return [*lines, "everything needed is there" if language_index else "所需条件齐备"]


def clean_lines(freed_folders: list[tuple[Path, int]], language: str) -> list[str]:
    """What was removed and how much space that freed."""
    total_bytes = sum(freed_bytes for _, freed_bytes in freed_folders)
    lines = [f"{path}  {_size(freed_bytes)}" for path, freed_bytes in freed_folders]
    if not freed_folders:
        return ["nothing to remove" if language == "en" else "没有可删除的内容"]
    return [*lines, f"freed {_size(total_bytes)}" if language == "en" else f"共释放 {_size(total_bytes)}"]


def difference_lines(runs: tuple[Run, Run], sections: tuple[Section, ...], language: str) -> list[str]:
    """What differs between two runs, section by section."""
    language_index = 1 if language == "en" else 0
    lines = _run_headings(runs, language)
    if not sections:
        return [*lines, wording("terminal.diff.none").of(language)]
    for section in sections:
        lines += [
            "",
            f"{section.title[language_index]} ({len(section.lines)})",
            *(f"  {section_line[language_index]}" for section_line in section.lines),
        ]
    return lines


def _run_headings(runs: tuple[Run, Run], language: str) -> list[str]:
    """The study, then for each run what it is, when it was made and its id."""
    study_name = (runs[1].config or {}).get("study", {}).get("label", {}).get(language) or runs[1].manifest.get("study", "")
    lines = [wording("terminal.diff.study", study=study_name).of(language)] if study_name else []
    for place, run in zip(("earlier", "later"), runs):
        heading = wording(
            f"terminal.diff.{place}", made_of=_made_of(run), time=local_time(str(run.manifest.get("made_at", ""))), run=run.name
        )
        lines.append(heading.of(language))
    return lines


def _made_of(run: Run) -> Bilingual:
    """What a run was made of: the study as its files say, a scenario, changes on the command line."""
    if run.is_as_written:
        return wording("terminal.diff.made_of.files")
    scenario, texts = run.manifest.get("scenario"), []
    if scenario:
        name = Bilingual(scenario["zh"], scenario["en"])
        texts.append(wording("terminal.diff.made_of.scenario", scenario=name, id=scenario["id"]))
    if changes := run.manifest.get("changes"):
        changes_text = "; ".join(f"{path}={value}" for path, value in changes.items())
        texts.append(wording("terminal.diff.made_of.changes", changes=changes_text))
    return listing(texts)


def _size(byte_count: int) -> str:
    return f"{byte_count / 1024**2:,.1f} MiB" if byte_count >= 1024**2 else f"{byte_count / 1024:,.1f} KiB"
