"""The pages of faults at the door: each small file of texts/faults.yaml is read as it comes and as it is mended."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from cells import YAML, code, grid, heading, pick, plain, says, texts

from hqd_index.engines import Engine, open_engine
from hqd_index.errors import HqdError
from hqd_index.intake import intake
from hqd_index.study.study_folder import load_study

GROUPS = ("units", "numbers", "keys", "sheets")
ALIASES = {"地区": "province_code", "年份": "year", "营业收入": "revenue"}
REVENUE = {"unit": "亿元", "label": {"zh": "营业收入", "en": "revenue"}}
CONFIGS: dict[str, Any] = {
    "study": {"name": "door", "label": {"zh": "门", "en": "door"}, "unit": {"by": ["province_code"], "names": "gbt2260"}},
    "indicators": {
        "tree": {"index": ["revenue"]},
        "nodes": {"index": {"zh": "指数", "en": "Index"}},
        "levels": ["indicators"],
        "indicators": {"revenue": {"table": "provinces", "formula": "sum(revenue)", "unit": "亿元", "label": REVENUE["label"]}},
    },
    "rules": {"gates": {"max_quarantine_share": 1.0}},
    "weighting": {
        "normalise": {"method": "minmax"},
        "weight": {"indicators": {"method": "equal"}},
        "aggregate": {"indicators": {"method": "arithmetic"}},
        "coverage": {"min_children": 1},
    },
}
CONFIGS["study"]["years"] = [2015, 2024]


@dataclass(frozen=True)
class Reading:
    """What came of a file: the refusal in both languages, or rows, quarantine and repairs."""

    refusal: Mapping[str, str]
    values: pd.DataFrame
    quarantine: pd.DataFrame
    repairs: pd.DataFrame


def reading(fault: Mapping[str, Any], source: Mapping[str, Any], lines: Sequence[str] | None, engine: Engine) -> Reading:
    """A file of a fault, read by a study of one table."""
    nothing = pd.DataFrame()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_file(fault, lines, folder)
        for part, content in {**CONFIGS, "sources": {"sources": {"yearbook": source}, "tables": tables()}}.items():
            with (folder / f"{part}.yaml").open("w", encoding="utf-8") as stream:
                YAML(typ="safe").dump({"version": 1, **content}, stream)
        try:
            result = intake(load_study(folder).study, engine, folder, folder)
        except HqdError as error:
            said = {language: error.text(language).replace(f"{folder}/", "") for language in ("zh", "en")}
            return Reading(said, nothing, nothing, nothing)
        query = f"SELECT province_code, year, revenue FROM {result.tables['provinces']} ORDER BY province_code, year"
        return Reading({}, engine.collect(query), result.frames["quarantine"], result.frames["repairs"])


def tables() -> dict[str, Any]:
    return {"provinces": {"key": ["province_code", "year"], "columns": {"revenue": REVENUE}}}


def write_file(fault: Mapping[str, Any], lines: Sequence[str] | None, folder: Path) -> None:
    if "sheets" not in fault:
        (folder / "data.csv").write_text("\n".join(lines or fault["rows"]) + "\n", "utf-8")
        return
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in fault["sheets"].items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell if cell != "" else None for cell in row])
    for cells in fault.get("merged", ()):
        book.worksheets[0].merge_cells(cells)
    book.save(folder / "data.xlsx")


def source_of(fault: Mapping[str, Any], key: str) -> dict[str, Any]:
    path = "data.xlsx" if "sheets" in fault else "data.csv"
    return {"path": path, "table": "provinces", "aliases": ALIASES, **fault.get(key, {})}


@cache
def readings() -> dict[str, tuple[Reading, Reading]]:
    """Id -> the file as it comes, and mended."""
    found = {}
    with open_engine() as engine:
        for fault in texts("faults"):
            before = reading(fault, source_of(fault, "source_before"), None, engine)
            found[fault["id"]] = before, reading(fault, source_of(fault, "source"), fault.get("mended"), engine)
    return found


def faults_page(language: str) -> list[str]:
    """A section for each kind: the file, what is said of it, the mend, what is read then."""
    say = says("faults", language)
    lines = [f"# {say('title')}", "", say("intro")]
    for group in GROUPS:
        lines += heading(2, say(group), group)
        for fault in texts("faults"):
            if fault["group"] == group:
                lines += section(fault, language)
    return lines


def section(fault: Mapping[str, Any], language: str) -> list[str]:
    say, (before, after) = says("faults", language), readings()[fault["id"]]
    lines = [*heading(3, fault[language], fault["id"]), "", fault[f"why_{language}"], "", say("before")]
    lines += ["", "```text", *file_lines(fault, fault.get("rows")), "```", "", say("said"), "", "```text"]
    lines += [*said_lines(before, language), "```", "", say("mend"), ""]
    if "source" in fault:
        lines += [f"**`sources.yaml`**{pick(language, '（片段）', ' (fragment)')}", "", "```yaml", "sources:", "  yearbook:"]
        lines += [f"    {key}: {plain_yaml(value)}" for key, value in source_of(fault, "source").items()] + ["```"]
    if "mended" in fault:
        lines += ["", say("file"), "", "```text", *fault["mended"], "```"]
    return [*lines, "", say("after"), *values_grid(after, language)]


def plain_yaml(value: Any) -> str:
    """One line of YAML with texts quoted where they need it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{plain_yaml(key)}: {plain_yaml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(plain_yaml(inner) for inner in value) + "]"
    text = plain(value)
    quoted = isinstance(value, str) and (not text.strip('"') or text[0] in "*,0123456789" or any(mark in text for mark in ":,#"))
    return f'"{value}"' if quoted else text


def file_lines(fault: Mapping[str, Any], rows: Sequence[str] | None) -> list[str]:
    if rows is not None:
        return list(rows)
    return [
        line for name, cells in fault["sheets"].items() for line in (f"[{name}]", *(",".join(map(str, row)) for row in cells))
    ]


def said_lines(result: Reading, language: str) -> list[str]:
    """The refusal, or each quarantined row with what is expected and how to mend it."""
    if result.refusal:
        return result.refusal[language].splitlines()
    rows = result.quarantine.drop_duplicates(["rule", "row", "column"])
    form = "{rule}  {file} 第 {row} 行  {column} = {value}：{expected_zh}；改法：{mend_zh}"
    english = "{rule}  {file} row {row}  {column} = {value}: {expected_en}; mend: {mend_en}"
    return [pick(language, form, english).format(**row) for row in rows.to_dict("records")]


def values_grid(result: Reading, language: str) -> list[str]:
    """What is read, and what was not taken as printed."""
    say = says("faults", language)
    rows = [[code(row.province_code), row.year, f"{row.revenue:g}"] for row in result.values.itertuples()]
    repairs = [f"`{row.kind}` {row.cells}" for row in result.repairs.itertuples()]
    return [*grid(say("heads"), rows), f"{say('repairs')}{pick(language, '、', ', ').join(repairs) or '–'}"]
