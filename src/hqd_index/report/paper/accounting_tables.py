"""The paper's tables that describe: what mediators account for, and the gap between dense and sparse units."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ..bilingual import Bilingual
from ..key_labels import key_label
from ..number_format import integer, number
from ..results import Results
from ..sentences import SAMPLES
from .estimate_layout import POINTS, Cell, TableParts, digits_for


def mediators_table(results: Results) -> TableParts | None:
    """The density's coefficient on the whole index without and with mediators, and each one's part of the change."""
    sample_rows = _rows_of_index(results, "mediators", "mediator")
    if not sample_rows:
        return None
    header: list[Cell] = [""]
    for sample in sample_rows:
        header += [SAMPLES[sample], Bilingual("占比（%）", "Share (%)")]
    digits = digits_for([POINTS * float(mediator_rows["estimate"].loc[("base", "")]) for mediator_rows in sample_rows.values()])
    part_keys = [quantity_key for quantity_key in next(iter(sample_rows.values())).index if quantity_key[0] == "part"]
    table_body = []
    for quantity_key in [("base", ""), *part_keys, ("change", ""), ("full", "")]:
        table_line: list[Cell] = [_line_label(results, quantity_key, "mediator")]
        for mediator_rows in sample_rows.values():
            table_line += [
                _estimate_with_error(mediator_rows.loc[quantity_key], digits),
                number(100 * mediator_rows.loc[quantity_key, "fraction"], 1),
            ]
        table_body.append(tuple(table_line))
    table_body += _count_lines(sample_rows.values(), 2)
    note = Bilingual(
        "注：按 Gelbach（2016）把加入机制变量前后密度系数之差精确分到各变量：密度对机制变量的系数乘以机制变量在完整回归中的系数。"
        "这是核算，不是因果中介。圆括号内为逐一剔除单位的标准误（CV3）；占比以不含机制变量的系数为分母，该系数小于其标准误时不列。"
        "被解释变量为得分（0–100）。",
        "Notes: after Gelbach (2016) the difference of the density's coefficients without and with mediators is split exactly: "
        "the coefficient of density on the mediator times that of the mediator in the full regression. This is accounting, not "
        "causal mediation. Errors in parentheses leave out one unit at a time (CV3); shares are of the coefficient without "
        "mediators and are withheld where that is below its error. Outcomes are scores 0-100.",
    )
    return (header,), table_body, note, (len(table_body) - 2,), (3.2, *[1.8, 0.9] * len(sample_rows))


def oaxaca_table(results: Results) -> TableParts | None:
    """The gap of the whole index between units above and below the median density, and what goes with each control."""
    sample_rows = _rows_of_index(results, "oaxaca", "term")
    if not sample_rows:
        return None
    gaps = [_key_row(gap_rows, ("gap", "")) for gap_rows in sample_rows.values()]
    table_body: list[tuple[Cell, ...]] = [
        (Bilingual("高密度单位均值", "Mean, dense units"), *[number(POINTS * gap["mean_high"], 3) for gap in gaps]),
        (Bilingual("低密度单位均值", "Mean, sparse units"), *[number(POINTS * gap["mean_low"], 3) for gap in gaps]),
    ]
    part_keys = [quantity_key for quantity_key in next(iter(sample_rows.values())).index if quantity_key[0] == "part"]
    for quantity_key in [("gap", ""), ("explained", ""), *part_keys, ("unexplained", "")]:
        table_body.append(
            (
                _line_label(results, quantity_key, "term"),
                *[_estimate_with_error(_key_row(gap_rows, quantity_key), 3) for gap_rows in sample_rows.values()],
            )
        )
    table_body += _count_lines(sample_rows.values(), 1)
    return (
        (("", *(SAMPLES[sample] for sample in sample_rows)),),
        table_body,
        _group_note(gaps[0]),
        (2, len(table_body) - 2),
        (3.2, *[2.0] * len(sample_rows)),
    )


def _group_note(gap: pd.Series) -> Bilingual:
    """How the groups were made, and what the lines are."""
    years, high, low = f"{gap['from_year']:.0f}–{gap['to_year']:.0f}", integer(gap["n_high"]), integer(gap["n_low"])
    return Bilingual(
        f"注：Blinder-Oaxaca 二重分解，{years} 年。按首次认定以来密度均值的中位数分为高密度单位（{high} 个）与低密度单位"
        f"（{low} 个，含恰在中位数者）；系数取自含分组变量的合并回归（Jann 2008；Fortin 2008）。密度用于分组，不作控制变量；"
        "个体固定效应会吸收分组，故不含。圆括号内为逐一剔除单位的标准误（分组不变）。这是描述，不是效应。"
        "被解释变量为得分（0–100）。",
        f"Notes: twofold Blinder-Oaxaca decomposition, {years}. Units are split at the median of their mean density since the "
        f"first recognition: {high} dense, {low} sparse (one at the median is sparse); coefficients are pooled, with the group "
        "in the regression (Jann 2008; Fortin 2008). Density makes the groups and is no control; unit effects would absorb them "
        "and are left out. Errors in parentheses leave out one unit at a time, groups held. A description, not an effect. "
        "Outcomes are scores 0-100.",
    )


def _rows_of_index(results: Results, table_name: str, index_name: str) -> dict[str, pd.DataFrame]:
    """Sample -> rows of the whole index by (quantity, what it is about)."""
    rows = results.table(table_name)
    rows = rows[rows["outcome"] == results.tree.root] if len(rows) else rows
    return {
        sample: rows[rows["sample"] == sample].fillna({index_name: ""}).set_index(["quantity", index_name]).sort_index()
        for sample in SAMPLES
        if len(rows) and (rows["sample"] == sample).any()
    }


def _key_row(quantity_rows: pd.DataFrame, quantity_key: tuple[str, str]) -> pd.Series:
    return pd.Series(quantity_rows.loc[quantity_key])


def _line_label(results: Results, quantity_key: tuple[str, str], column: str) -> Bilingual:
    """A line's name; that of a part is what it is about."""
    quantity, subject = quantity_key
    return key_label(results, column, subject) if subject else key_label(results, "quantity", quantity)


def _estimate_with_error(estimate_row: pd.Series, digits: int) -> str:
    return f"{number(POINTS * estimate_row['estimate'], digits)} ({number(POINTS * estimate_row['se_cv3'], digits)})"


def _count_lines(samples: Iterable[pd.DataFrame], span: int) -> list[tuple[Cell, ...]]:
    """Lines of N and G; each sample spans `wide` columns."""
    lines = []
    for column, label in (("n_obs", Bilingual("样本量 N", "N")), ("n_clusters", Bilingual("聚类数 G", "Clusters G"))):
        count_cells: list[Cell] = [
            cell for sample_rows in samples for cell in (integer(sample_rows[column].iloc[0]), *[""] * (span - 1))
        ]
        lines.append((label, *count_cells))
    return lines
