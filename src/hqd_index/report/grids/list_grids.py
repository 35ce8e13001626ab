"""Grids of the lists of firms as the page may show them: counts, never a firm."""

from __future__ import annotations

from ..bilingual import Bilingual
from ..key_labels import key_label
from ..results import Results
from .grid import Column, Grid, parse_columns

CANDIDATES = parse_columns("""
行业 | Industry | text | 34
列出企业数 | Firms listed | int | 12
其中省级专精特新 | Recognised by a province | int | 14
概率均值 | Mean probability | % | 12
最高概率 | Highest probability | % | 12
条件均已达到或不能判断 | No criterion missed | int | 16
""")
STAGE_KEYS = parse_columns("""
行业 | Industry | text | 34
类别 | Kind | text | 20
""")
STAGES = ("introduction", "growth", "mature", "shakeout", "decline", "unclassified")


def candidate_counts(results: Results) -> Grid | None:
    """By industry: candidates listed, those of the provincial list, their probabilities, those that miss no criterion."""
    rows = results.table("candidates")
    if rows.empty:
        return None
    values = []
    for unit, firms in rows.groupby("unit", sort=True):
        probability = firms["probability"].astype(float)
        values.append(
            (
                results.unit_name(str(unit)), len(firms), int(firms["provincial"].sum()),
                probability.mean() if probability.notna().any() else None,
                probability.max() if probability.notna().any() else None,
                int(firms["criteria_missed"].eq(0).sum()),
            )
        )  # fmt: skip
    year = int(rows["year"].max())
    title = Bilingual(f"候选企业（{year} 年底，按行业计数）", f"Candidates at the end of {year}, counted by industry")
    note = Bilingual(
        "概率是下一批次被认定的概率，不是资格判断：未被认定的企业中有许多可能符合条件而没有申报。逐家名单（只含代码）见工作簿。",
        "The probability is of being recognised in the next batch, not a judgement of eligibility: many firms that were not "
        "recognised may qualify and did not apply. The list by id is in the workbook.",
    )
    return Grid(title, CANDIDATES, tuple(values), ("candidates",), note)


def growth_stage_counts(results: Results) -> Grid | None:
    """SRDI firms in force and candidates by industry and stage; a cell of fewer firms than may be published is empty."""
    rows = results.table("growth_stages")
    if rows.empty:
        return None
    smallest = results.study.study.publish.min_cell
    counts = rows.groupby(["unit", "kind", "stage"]).size()
    values = []
    for kind, unit in sorted(set(zip(rows["kind"], rows["unit"]))):
        cells = [int(counts.get((unit, kind, stage), 0)) for stage in STAGES]
        shown = [None if 0 < cell < smallest else cell for cell in cells]
        values.append((results.unit_name(unit), key_label(results, "kind", kind), *shown))
    columns = [Column(key_label(results, "stage", stage), "int", 10) for stage in STAGES]
    basis = key_label(results, "basis", rows["basis"].iloc[0])
    year = int(rows["year"].max())
    title = Bilingual(f"{year} 年成长阶段（按{basis.zh}）", f"Growth stages {year} (by {basis.en})")
    note = Bilingual(
        f"不足 {smallest} 家的单元格留空。逐家名单（只含代码、行业与模式）见工作簿。",
        f"Cells of fewer than {smallest} firms are empty. The list by id, with industry and mode, is in the workbook.",
    )
    return Grid(title, (*STAGE_KEYS, *columns), tuple(values), ("growth_stages",), note)
