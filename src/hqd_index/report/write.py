"""Writes everything people open into a run's folder, and says in ten lines what came out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..study.models import Study
from .lab import laboratory
from .page import write_page
from .quarantine import write_quarantine
from .readme import write_readme
from .results import Results
from .sentences import closing, headline, leaders, rows_accounted, split
from .words import Pair, percent, whole
from .workbook import write_workbook


def write_report(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[Path]:
    """Page, workbook, quarantine and README in `folder`; `tables` are those of tables/*.csv by name, and `raw_rows`."""
    results = Results(study, tables, manifest)
    lab = laboratory(results)
    return [
        write_page(results, folder / "report.html", lab),
        write_workbook(results, folder / "results.xlsx", lab),
        write_quarantine(study, results.table("quarantine"), tables.get("raw_rows"), folder / "quarantine.xlsx"),
        write_readme(results, folder),
    ]


def summary(study: Study, tables: Mapping[str, pd.DataFrame], folder: Path) -> list[str]:
    """The closing lines of a run, at most ten, in the study's language."""
    results = Results(study, tables, {})
    language = study.study.language
    lines = [
        Pair(f"网页   {folder / 'report.html'}", f"page      {folder / 'report.html'}"),
        Pair(f"工作簿 {folder / 'results.xlsx'}", f"workbook  {folder / 'results.xlsx'}"),
    ]
    lines += [finding.text for finding in (leaders(results), headline(results), split(results)) if finding is not None]
    counts = rows_accounted(results)
    if counts:
        read, _, held, _ = counts
        share = percent(held / read if read else 0.0, 2)
        where = folder / "quarantine.xlsx"
        lines.append(
            Pair(
                f"隔离 {whole(held)} / {whole(read)} 行（{share}）：{where}",
                f"{whole(held)} of {whole(read)} rows quarantined ({share}): {where}",
            )
        )
    lines.append(closing(results).text)
    lines.append(
        Pair(
            "换一组权重：hqd run --scenario <名称>；逐项拆开一个得分：hqd explain 单位 年份",
            "other weights: hqd run --scenario NAME; a score taken apart: hqd explain UNIT YEAR",
        )
    )
    return [line.of(language) for line in lines]
