"""A study made of one workbook, in a folder beside it; the workbook stays as it is."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConfigError, SetupError
from ..intake.read.workbooks.xlsx_sheets import xlsx_book
from ..provenance import digest_file
from ..starter import StudyFromFiles, write_study_from
from .template_sheets import example_words, names_in_any_language
from .workbook_parts import WorkbookParts, blank_rows, fill_merged_texts

RECORD = "workbook.json"
SUFFIX = {"zh": "_研究", "en": "_study"}


@dataclass(frozen=True)
class WorkbookStudy:
    """The folder of a study, the workbook it is made of, and lines for the terminal."""

    folder: Path
    workbook: Path
    lines: tuple[str, ...]

    @property
    def configs(self) -> Path:
        return self.folder / "configs"

    @property
    def data(self) -> Path:
        return self.folder / "data" / "raw"

    @property
    def results(self) -> Path:
        return self.folder / "data" / "processed"


def study_of_workbook(workbook: Path, language: str) -> WorkbookStudy:
    """The study of a workbook: written anew where the workbook has changed, its configs kept where a person has edited them.

    Raises ConfigError for what is no xlsx file or holds nothing to score, SetupError where its folder is something else.
    """
    if not workbook.is_file() or workbook.suffix.lower() != ".xlsx":
        raise ConfigError(
            "there is no such xlsx file; `hqd template NAME.xlsx` writes one to fill in",
            zh="没有这个 xlsx 文件;`hqd template 名称.xlsx` 会写出一个可填写的文件",
            location=str(workbook),
        )
    folder = workbook.parent / (workbook.stem + SUFFIX[language])
    record = _record(folder)
    configs = folder / "configs"
    if configs.exists() and record.get("configs") != _digests(configs):
        _copy_data(workbook, folder / "data" / "raw")
        return WorkbookStudy(folder, workbook, (_kept_line(configs, language),))
    with tempfile.TemporaryDirectory() as scratch_folder:
        scratch = Path(scratch_folder) / folder.name
        merge_count = _copy_data(workbook, Path(scratch_folder) / "raw")
        setup = _setup(scratch, Path(scratch_folder) / "raw" / workbook.name, language)
        _put_study(scratch, folder)
    _copy_data(workbook, folder / "data" / "raw")
    (folder / RECORD).write_text(
        json.dumps({"workbook": workbook.name, "digest": digest_file(workbook), "configs": _digests(configs)}, indent=1) + "\n",
        "utf-8",
    )
    return WorkbookStudy(folder, workbook, _lines(setup, folder, merge_count, language))


def _setup(scratch: Path, copy: Path, language: str) -> StudyFromFiles:
    """The study written from the copy; ConfigError that names the workbook where it holds nothing to score."""
    try:
        return write_study_from(scratch, [copy], language, title=copy.stem)
    except ConfigError as fault:
        en = "nothing is filled in that could be scored: fill in the sheet of firms or that of industries, below the example row"
        zh = "没有填写可评分的数据:请在企业表或行业表的示例行下面填写"
        raise ConfigError(f"{en}\n  {fault.en}", zh=f"{zh}\n  {fault.zh}", location=copy.name) from fault


def _record(folder: Path) -> dict[str, object]:
    """What an earlier run noted of the study; SetupError where the folder is not one of a workbook."""
    if not folder.exists():
        return {}
    try:
        record: dict[str, object] = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise SetupError(
            "the folder is there and is not the study of a workbook; rename it or the workbook",
            zh="已有同名文件夹,且不是由工作簿生成的研究;请改文件夹名或工作簿名",
            location=str(folder),
        ) from fault
    return record


def _digests(configs: Path) -> dict[str, str]:
    return {path.name: digest_file(path) for path in sorted(configs.glob("*.yaml"))}


def _put_study(scratch: Path, folder: Path) -> None:
    """The configs and the report into the folder, in place of those that an earlier workbook gave."""
    folder.mkdir(exist_ok=True)
    shutil.rmtree(folder / "configs", ignore_errors=True)
    shutil.copytree(scratch / "configs", folder / "configs")
    for report in scratch.glob("*.md"):
        shutil.copyfile(report, folder / report.name)


def _copy_data(workbook: Path, raw: Path) -> int:
    """The workbook as data: example rows and the sheets that hold no data emptied, all rows in their places.

    Merges down a column of texts are taken apart; how many there were.
    """
    raw.mkdir(parents=True, exist_ok=True)
    parts = WorkbookParts(workbook)
    blank_rows(parts, _rows_without_data(workbook))
    merge_count = sum(fill_merged_texts(parts.document(part_name)) for part_name in parts.sheets.values())
    for old_copy in raw.glob("*.xlsx"):
        old_copy.unlink()
    parts.write(raw / workbook.name)
    return merge_count


def _rows_without_data(workbook: Path) -> dict[str, set[int] | None]:
    """Sheet -> its example rows, from 1; None for a whole sheet."""
    no_data, words = {*names_in_any_language("notes"), *names_in_any_language("options")}, example_words()
    rows: dict[str, set[int] | None] = {}
    with xlsx_book(workbook, workbook.name) as book:
        for sheet in book.sheets:
            if sheet.name in no_data:
                rows[sheet.name] = None
                continue
            grid = book.grid(sheet.name)
            examples = {
                number
                for number, cells in enumerate(grid.rows, start=1)
                if next((cell for cell in cells if cell), "").strip().startswith(words)
            }
            filled = [number for number, cells in enumerate(grid.rows, start=1) if any(cells)]
            is_empty = bool(examples) and (not filled or max(filled) <= max(examples))
            rows[sheet.name] = None if is_empty else examples
    return rows


def _kept_line(configs: Path, language: str) -> str:
    if language == "zh":
        return f"{configs} 已被修改,按其运行;要按工作簿重新生成,请删除该文件夹"
    return f"{configs} has been edited and is kept; delete the folder to have it written from the workbook again"


def _lines(setup: StudyFromFiles, folder: Path, merge_count: int, language: str) -> tuple[str, ...]:
    is_chinese = language == "zh"
    lines = [f"按工作簿写出研究 {folder}:" if is_chinese else f"the study {folder} is written from the workbook:"]
    if merge_count:
        zh, en = f"纵向合并的单元格按其文字逐行补全:{merge_count} 处", f"merged cells down a column were filled in: {merge_count}"
        lines.append(f"  {zh if is_chinese else en}")
    return (*lines, *setup.lines)
