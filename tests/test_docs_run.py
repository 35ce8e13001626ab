"""The commands and the configuration of the pages do what they are written for: they run as a reader would type them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from hqd_index.errors import HqdError
from hqd_index.study.study_folder import load_study

from .doc_pages import Block, all_blocks, blocks, pages
from .small import QUICK, ROOT, Place
from .starter.own_files import SYSTEM, book, csmar, nbs, provincial, text

IN_LINES = re.compile(r"`(hqd [a-z]+ [^`]+)`")
SKIPPED_IN_LINES = {
    "hqd run --quick --strict": "ends with 3 on the warnings of the demo",
    "hqd init my_study --from raw2/*": "run by tests/starter/test_new_user.py, on the files of the demo in disguise",
}
"""Commands in running text that are not run here, with the reason."""

RECOGNISED = (1, 2, 3, 5)
"""Firms of each of the four industries that are on the list."""


def csmar_with_research(folder: Path) -> None:
    """Statements of 60 firms, a table of research, and a list with more firms of some industries than of others."""
    *_, names = csmar(folder)
    listed = [f"某某{k:02d}科技股份有限公司" for k in range(60) if k // 4 < RECOGNISED[k % 4]]
    for path in (names, folder / "名单.csv", folder / "list.csv"):
        text(path, [["企业名称"], *([name] for name in listed)], "gb18030")
    rows = [[f"{600000 + k}", f"{year}-12-31", "1", 10 + k, 1e6 * (k + 1)] for k in range(60) for year in range(2016, 2024)]
    codes = ["Symbol", "EndDate", "StateTypeCode", "RDPerson", "RDSpendSum"]
    labels = ["股票代码", "截止日期", "报表类型编码", "研发人员数量", "研发投入金额"]
    book(folder / "PT_LCRDSPENDING.xlsx", {"s": [codes, labels, ["没有单位"] * 3 + ["人", "元"], *rows]})


def stata_firms(path: Path) -> Path:
    """Firms by year in Stata's format."""
    rows = [(600000 + k, year, f"C{26 + k % 4}", 1e6 * (k + 1) + year, 10 + k) for k in range(24) for year in range(2018, 2021)]
    frame = pd.DataFrame(rows, columns=["stkcd", "year", "industry_code", "revenue", "employees"])
    labels = {"revenue": "营业收入(元)", "employees": "员工人数(人)"}
    frame.to_stata(path, write_index=False, variable_labels=labels, version=118)
    return path


FILES: dict[str, Callable[[Path], object]] = {
    **dict.fromkeys(("provinces.xlsx", "panel.xlsx", "各省面板.xlsx", "面板.xlsx", "各省数据.xlsx"), provincial),
    **dict.fromkeys(("indicators.xlsx", "指标体系.xlsx"), lambda path: book(path, {"系统": SYSTEM})),
    "FS_Combas.xlsx": lambda path: csmar_with_research(path.parent),
    "分省年度数据*": lambda path: nbs(path.with_name("分省年度数据1.csv"), "人均地区生产总值(元)", 40000.0),
    "firms.dta": stata_firms,
}
"""Files that the pages speak of, and what makes them."""


# commands


@pytest.fixture(scope="session")
def project(demo_files: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder as a reader has it after the setup, with a small demo and few draws, run once."""
    folder = tmp_path_factory.mktemp("reader") / "project"
    shutil.copytree(demo_files.configs, folder / "configs")
    shutil.copytree(demo_files.data, folder / "data" / "raw")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for change in QUICK:
        path, _, value = change.partition("=")
        file, *keys = path.split(".")
        piece = yaml(value)
        for key in reversed(keys):
            piece = {key: piece}
        merge(folder / "configs" / f"{file}.yaml", piece)
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, folder / name)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, call in (("hqd", '-c "from hqd_index.__main__ import main; main()"'), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" {call} "$@"\n')
        (programs / name).chmod(0o755)
    (programs / "activate").write_text('PATH="$PWD/.venv/bin:$PATH"\n')
    for stamp in (".run", ".dev"):
        (folder / ".venv" / stamp).touch()
    typed("make pipeline", folder)
    return folder


def typed(lines: str, folder: Path) -> Path:
    """The folder in which a shell ends that was given these lines; the first line that fails ends it."""
    environment = os.environ | {"PATH": f"{folder_of_programs(folder)}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    for name in ("MAKEFLAGS", "MAKEOVERRIDES"):  # of `make test`
        environment.pop(name, None)
    script = f"set -eu\n{lines}\npwd >&3"
    read, write = os.pipe()
    call = ["bash", "-c", f"exec 3>&{write}; {script}"]
    ended = subprocess.run(call, cwd=folder, env=environment, pass_fds=[write], capture_output=True, text=True)
    os.close(write)
    with os.fdopen(read) as stream:
        place = stream.read().strip()
    assert ended.returncode == 0, f"{lines}\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}"
    return Path(place)


def folder_of_programs(folder: Path) -> Path:
    return next(parent / ".venv" / "bin" for parent in (folder, *folder.parents) if (parent / ".venv").is_dir())


def files_for(line: str, folder: Path) -> None:
    for word in line.split():
        if word in FILES and not (folder / word).exists():
            FILES[word](folder / word)


SEQUENCES = {
    "".join(block.title + block.body for block in steps): (page, steps)
    for page in pages()
    if (steps := [block for block in blocks(page) if block.language == "sh" or (block.title and not block.fragment)])
    and any(block.language == "sh" and not block.reason for block in steps)
}
"""What a reader of a page writes and types, once for pages that have the same."""


@pytest.mark.slow
@pytest.mark.parametrize(("page", "steps"), SEQUENCES.values(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_page_says_to_type_runs(page: str, steps: list[Block], project: Path, tmp_path: Path) -> None:
    """From the top of the page to its end, in the folder where the step before ended."""
    folder = Path(shutil.copytree(project, tmp_path / "project", symlinks=True))
    for step in steps:
        if step.language != "sh":
            (folder / step.title).parent.mkdir(parents=True, exist_ok=True)
            (folder / step.title).write_text(step.body, "utf-8")
        elif not step.reason and not ("Rscript" in step.body and shutil.which("Rscript") is None):
            files_for(step.body, folder)
            folder = typed(step.body, folder)


def lines_in_text() -> list[str]:
    """Commands with arguments in the running text of the pages; the history of changes names, it does not instruct."""
    named = {line for page in pages() if page != "CHANGELOG.md" for line in IN_LINES.findall(pages()[page])}
    return sorted(line for line in named if line not in SKIPPED_IN_LINES)


@pytest.mark.slow
def test_the_commands_in_running_text_run(project: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(project, tmp_path / "project", symlinks=True))
    for number, line in enumerate(lines_in_text()):
        place = folder / f"new{number}" if line.startswith(("hqd init", "hqd example", "hqd demo")) else folder
        place.mkdir(exist_ok=True)
        files_for(line, place)
        typed(line, place)


# configuration


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The shipped study with a table of provinces, and the study of four provinces: what fragments are pieces of."""
    folder = tmp_path_factory.mktemp("bases")
    shutil.copytree(ROOT / "configs", folder / "demo")
    (folder / "four").mkdir()
    for block in blocks("docs/en/bring-your-data.md"):
        if block.language == "yaml" and not block.fragment:
            (folder / "four" / f"{block.file}.yaml").write_text(block.body, "utf-8")
    tables = yaml(folder / "four" / "sources.yaml")["tables"]
    merge(folder / "demo" / "sources.yaml", {"tables": tables})
    return [folder / "four", folder / "demo"]  # the small one first


def yaml(source: Path | str) -> dict:
    return parsed(source if isinstance(source, str) else source.read_text("utf-8"))


@cache
def parsed(yaml_text: str) -> dict:
    """Not to be changed."""
    return YAML(typ="safe").load(yaml_text) or {}


def merge(path: Path, piece: dict) -> None:
    """The file with the piece in it: mappings are joined, a source and lists are replaced."""
    whole = joined(yaml(path) if path.is_file() else {"version": 1}, piece, depth=0)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1), "utf-8")  # which is YAML, written and read faster


def joined(old: object, new: object, depth: int) -> object:
    if not (isinstance(old, dict) and isinstance(new, dict)) or (depth == 2 and "path" in new):
        return new
    return old | {key: joined(old.get(key), value, depth + 1) for key, value in new.items()}


def faults(base: Path, pieces: Sequence[Block], folder: Path) -> str:
    """What is wrong with a base when the blocks are part of it, nothing when the study loads."""
    shutil.copytree(base, folder)
    for block in pieces:
        merge(folder / f"{block.file}.yaml", yaml(block.body))
    try:
        load_study(folder)
    except HqdError as error:
        return error.text("en")
    return ""


CONFIGURATION = [(block, blocks(block.page)) for block in {block.body: block for block in all_blocks("yaml")}.values()]


@pytest.mark.parametrize(("block", "others"), CONFIGURATION, ids=lambda value: getattr(value, "page", ""))
def test_configuration_of_the_pages_is_part_of_a_study_that_loads(
    block: Block, others: list[Block], bases: list[Path], tmp_path: Path
) -> None:
    """Alone or with the piece before or after it on its page."""
    if block.reason:
        pytest.skip(block.reason)
    at = others.index(block)
    near = [[block], [block, *others[at + 1 : at + 2]], [*others[max(0, at - 1) : at], block]]
    tried = [(base, pieces) for base in bases for pieces in near if all(piece.language == "yaml" for piece in pieces)]
    said = (faults(base, pieces, tmp_path / f"{k}") for k, (base, pieces) in enumerate(tried))
    heard = []
    assert any(not text or heard.append(text) for text in said), "\n".join(heard)
