"""The lines that a run ends with: where the results are, what came out, what was not made, what to try next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ..study.records import Study
from .bilingual import Bilingual
from .key_findings import composition_split, headline_finding, indicators_left_out, leading_units, next_step, rows_accounted
from .number_format import integer, percent
from .results import Results

OUTPUT_FILES = {
    "page": Bilingual("网页 report.html", "the page report.html"),
    "workbook": Bilingual("工作簿 results.xlsx", "the workbook results.xlsx"),
    "paper": Bilingual("论文表与方法 paper/", "tables and methods for a paper (paper/)"),
    "exports": Bilingual("Stata 与 R 文件 stata/、r/", "exports to Stata and R (stata/, r/)"),
    "figures": Bilingual("图文件 figures/", "figures as files (figures/)"),
}


def summary(study: Study, tables: Mapping[str, pd.DataFrame], folder: Path) -> list[str]:
    """What a run ends with, at most ten lines, in the study's language."""
    results = Results(study, tables, {})
    findings = (indicators_left_out(results), leading_units(results), headline_finding(results), composition_split(results))
    lines = [
        *_places(study, folder),
        *(finding.text for finding in findings if finding is not None),
        *_quarantine_line(results, folder / "quarantine.xlsx"),
        next_step(results).text,
        _commands_to_try(study, results),
    ]
    return [line.of(study.study.language) for line in lines]


def _commands_to_try(study: Study, results: Results) -> Bilingual:
    """Two commands as they can be typed: a scenario of the study, or equal weights where it has none, and the leading score."""
    level = study.indicators.levels[0]
    varied = next((f"--scenario {name}" for name in study.scenarios), f'--set "weighting.weight.{level}={{method: equal}}"')
    year = results.years[-1]
    unit = str(results.ranking(year)["unit"].iloc[0])
    leading_unit = unit if unit.isalnum() else f'"{unit}"'  # a key of two columns has a bar, which a shell would take
    return Bilingual(
        f"换一组权重：hqd run {varied}；逐项拆开一个得分：hqd explain {leading_unit} {year}",
        f"other weights: hqd run {varied}; a score taken apart: hqd explain {leading_unit} {year}",
    )


def _places(study: Study, folder: Path) -> list[Bilingual]:
    """Where the page and the workbook are, and the tables where there is no page; then what the study does not want."""
    outputs = study.study.outputs
    page, workbook, tables = folder / "report.html", folder / "results.xlsx", folder / "tables"
    lines = [Bilingual(f"网页   {page}", f"page      {page}")] if "page" in outputs else []
    lines += [Bilingual(f"工作簿 {workbook}", f"workbook  {workbook}")] if "workbook" in outputs else []
    lines += [] if lines else [Bilingual(f"结果表 {tables}", f"tables    {tables}")]
    unwanted_texts = unwanted_outputs(study)
    return lines if unwanted_texts is None else [*lines, unwanted_texts]


def unwanted_outputs(study: Study) -> Bilingual | None:
    """What was not made because `outputs` leaves it out, or None."""
    unwanted_texts = [text for output, text in OUTPUT_FILES.items() if output not in study.study.outputs]
    if not unwanted_texts:
        return None
    zh, en = "、".join(text.zh for text in unwanted_texts), ", ".join(text.en for text in unwanted_texts)
    return Bilingual(f"study.yaml 的 outputs 未列出，故未生成：{zh}", f"not made, as outputs in study.yaml leaves them out: {en}")


def _quarantine_line(results: Results, path: Path) -> list[Bilingual]:
    counts = rows_accounted(results)
    if not counts:
        return []
    rows_read, _, quarantined_count, _ = counts
    share = percent(quarantined_count / rows_read if rows_read else 0.0, 2)
    zh = f"隔离 {integer(quarantined_count)} / {integer(rows_read)} 行（{share}）：{path}"
    return [Bilingual(zh, f"{integer(quarantined_count)} of {integer(rows_read)} rows quarantined ({share}): {path}")]
