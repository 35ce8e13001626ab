"""How estimates are laid out for a paper: columns of coefficients with errors and p below, or one line per coefficient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..bilingual import Bilingual
from ..key_labels import effect_names, key_label
from ..number_format import integer, is_missing, number, stars
from ..regression_labels import EXTENSIONS, FIRMS, MECHANISM, SPLITTABLE, sample_heading, spec_label, term_label
from ..regression_rows import headline_spec
from ..results import Results

Cell = Bilingual | str
TableParts = tuple[Any, ...]  # header lines, body lines, then note, rule_before and widths as far as they are needed

STARS_NOTE = Bilingual(
    "注：***、**、* 分别表示在 1%、5%、10% 的水平上显著；圆括号内为聚类到单位层面的标准误（CV3，刀切法），"
    "方括号内为 Wild 聚类自助法 p 值（施加原假设）。密度的星号按自助法 p 值，控制变量按 CV3 的 t(G−1)。"
    "被解释变量为得分（0–100）；regressions.csv 与脚本用得分/100，系数为此处的百分之一。",
    "Notes: ***, **, * mark significance at 1%, 5%, 10%. Standard errors clustered by unit (CV3, jackknife) in parentheses, "
    "restricted wild cluster bootstrap p in brackets. Stars of the density follow the bootstrap p, those of controls CV3 with "
    "t(G-1). Outcomes are scores 0-100; regressions.csv and the scripts use scores/100, so coefficients there are a hundredth.",
)
FIRM_NOTE = Bilingual(
    "企业行为专精特新密度对从未被认定企业的影响，企业-年样本，控制企业与年份固定效应，标准化列以企业-年的组内标准差计；"
    "龙头为基年行业内营业收入前 10% 的企业，分组固定。",
    "Lines of firms: SRDI density on firms never recognised, firm-years, firm and year effects, in SDs of firm-years within "
    "effects; leaders are the top tenth of their industry by base-year revenue, a fixed group.",
)
MEDIATOR_NOTE = Bilingual(
    "机制变量行为上年密度对当年机制变量的影响，单位-年样本，控制变量与固定效应同主设定，机制变量不是指数的成分。",
    "Lines of mediators: density of the year before on the mediator, unit-years, controls and effects of the headline; no "
    "mediator is an ingredient of the index.",
)
MECHANISM_NOTE = Bilingual(
    "系数按结果变量自身的单位。***、**、* 分别表示在 1%、5%、10% 的水平上显著（自助法 p）；区间为聚类到单位层面的 CV3。"
    "按江艇（2022）只估计密度对机制变量的影响，不作三步中介检验。",
    "Coefficients in the outcome's own unit. ***, **, * mark significance at 1%, 5%, 10% (bootstrap p); intervals are CV3, "
    "clustered by unit. Only the effect on the mechanism is estimated, no three-step mediation (Jiang 2022).",
)
YES, NO = Bilingual("是", "Yes"), Bilingual("否", "No")
POINTS = 100.0
"""Scores are estimated as score/100; a table for people has points of 0-100."""
SCALED_COLUMNS = ("estimate", "se_cv1", "se_cv3", "ci_low", "ci_high")
LISTING_HEADER = (
    Bilingual("设定", "Specification"), Bilingual("样本", "Sample"), Bilingual("系数", "Estimate"), Bilingual("标准化", "In SDs"),
    Bilingual("95% 区间（CV3）", "95% interval (CV3)"), Bilingual("自助法 p", "Bootstrap p"), Bilingual("样本量", "N"),
)  # fmt: skip


def rows_in_points(results: Results, estimate_rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with coefficients, errors and intervals on scores turned into points of 0-100; other outcomes stay as they are."""
    if estimate_rows.empty:
        return estimate_rows
    factor = estimate_rows["outcome"].isin({*results.tree.order, "splittable"}).map({True: POINTS, False: 1.0})
    return estimate_rows.assign(**{column: estimate_rows[column] * factor for column in SCALED_COLUMNS})


def p_in_brackets(p: Any) -> str:
    """`[0.034]`, `[<0.001]`; empty where there is no p."""
    return "" if is_missing(p) else "[<0.001]" if p < 0.001 else f"[{number(p, 3)}]"


def regression_table(
    results: Results,
    term_blocks: list[pd.DataFrame],
    header_lines: list[list[Bilingual]],
    *,
    extra_lines: Iterable[tuple[Cell, ...]] = (),
    omitted_terms: Iterable[str] = (),
) -> TableParts:
    """Columns (1), (2) ...: coefficient with stars, (SE), [bootstrap p], then controls, effects, N, G and R2.

    `heads` are header lines under the numbers, the first the outcomes; `without` are regressors that get no lines.
    """
    digits = digits_for([float(term_block["estimate"].get("density", float("nan"))) for term_block in term_blocks])
    controls = list(
        dict.fromkeys(term for term_block in term_blocks for term in term_block.index if term not in ("density", *omitted_terms))
    )
    table_body: list[tuple[Cell, ...]] = []
    for term in ["density", *controls]:
        table_body.extend(_term_lines(results, term, term_blocks, digits))
    rule = len(table_body)
    table_body.extend(extra_lines)
    table_body.append(
        (Bilingual("控制变量", "Controls"), *[YES if _first_text(term_block, "controls") else NO for term_block in term_blocks])
    )
    block_effects = [_first_text(term_block, "fixed_effects").split("+") for term_block in term_blocks]
    for effect, label in effect_names(results).items():
        if effect != "group_year" or any(effect in effects for effects in block_effects):
            table_body.append((label, *[YES if effect in effects else NO for effects in block_effects]))
    statistics = {"n_obs": (Bilingual("样本量 N", "N"), 0), "n_clusters": (Bilingual("聚类数 G", "Clusters G"), 0)}
    for column, (label, decimal_places) in (statistics | {"r2_within": (Bilingual("组内 R²", "Within R²"), 3)}).items():
        table_body.append((label, *[number(term_block[column].iloc[0], decimal_places) for term_block in term_blocks]))
    numbers = ("", *[f"({k})" for k in range(1, len(term_blocks) + 1)])
    outcome_label = Bilingual("被解释变量", "Outcome")
    lines = [("" if k else outcome_label, *header_line) for k, header_line in enumerate(header_lines)]
    return (numbers, *lines), table_body, STARS_NOTE, (rule,), (2.0 if len(term_blocks) < 6 else 1.6, *[1.3] * len(term_blocks))


def _first_text(term_block: pd.DataFrame, column: str) -> str:
    value = term_block[column].iloc[0]
    return value if isinstance(value, str) else ""


def digits_for(coefficients: list[float]) -> int:
    """Decimals that give the smallest coefficient two significant digits, from 4 to 6."""
    smallest_value = min(
        (abs(coefficient) for coefficient in coefficients if coefficient == coefficient and coefficient), default=1.0
    )
    return next((decimal_places for decimal_places in range(4, 6) if smallest_value >= 10.0 ** (1 - decimal_places)), 6)


def _term_lines(results: Results, term: str, term_blocks: list[pd.DataFrame], digits: int) -> list[tuple[Cell, ...]]:
    """Lines of one regressor: coefficient, standard error and, for the density, the bootstrap p."""
    estimate_line: list[Cell] = [term_label(results, term)]
    error_line: list[Cell] = [""]
    p_line: list[Cell] = [""]
    for block in term_blocks:
        if term not in block.index or is_missing(block["estimate"][term]):
            estimate_line, error_line, p_line = [*estimate_line, ""], [*error_line, ""], [*p_line, ""]
            continue
        term_row = block.loc[term]
        p = term_row["p_cv3"] if is_missing(term_row["p_wild"]) else term_row["p_wild"]
        estimate_line.append(number(term_row["estimate"], digits) + stars(p))
        error_line.append(f"({number(term_row['se_cv3'], digits)})")
        p_line.append(p_in_brackets(term_row["p_wild"]))
    lines = [tuple(estimate_line), tuple(error_line)]
    return [*lines, tuple(p_line)] if any(p_line) else lines


def coefficient_listing(
    results: Results, coefficient_rows: pd.DataFrame, note: Bilingual = STARS_NOTE, first_header: Bilingual = LISTING_HEADER[0]
) -> TableParts | None:
    """One line per coefficient: specification (or what `first` says), sample, estimate, in SDs, interval, bootstrap p, N."""
    if coefficient_rows.empty:
        return None
    order = {spec.id: k for k, spec in enumerate(results.study.regressions.specifications)} | {MECHANISM: -1}
    coefficient_rows = rows_in_points(results, coefficient_rows)
    coefficient_rows = coefficient_rows.assign(at=coefficient_rows["spec"].map(order).fillna(len(order))).sort_values(
        ["at", "spec", "sample", "outcome"], kind="stable"
    )
    digits, previous_label = digits_for([float(coefficient) for coefficient in coefficient_rows["estimate"]]), None
    table_body: list[tuple[Cell, ...]] = []
    for record in coefficient_rows.to_dict("records"):
        label = _listing_label(results, record)
        number_texts = (
            number(record["estimate"], digits) + stars(record["p_wild"]),
            number(record["estimate_sd"], 3),
            f"[{number(record['ci_low'], digits)}, {number(record['ci_high'], digits)}]",
            p_in_brackets(record["p_wild"]).strip("[]"),
            integer(record["n_obs"]),
        )
        sample = sample_heading(results, record["sample"], record["outcome"])
        table_body.append(("" if label == previous_label else label, sample, *number_texts))
        previous_label = label
    return ((first_header, *LISTING_HEADER[1:]),), table_body, note, (), (2.4, 1.8, 1.3, 0.9, 2.3, 1, 0.8)


def _listing_label(results: Results, record: Mapping[Any, Any]) -> Bilingual:
    """Specification, and what the line is about where that is not the density, the whole index and the whole sample."""
    listed_specs = {spec.id for spec in results.study.regressions.specifications}
    named_by_outcome = record["spec"] in (MECHANISM, f"{FIRMS}{record['outcome']}")
    label_parts = [] if named_by_outcome else [_short_spec_label(results, record["spec"])]
    if record["outcome"] not in (results.tree.root, SPLITTABLE):
        label_parts.append(key_label(results, "outcome", record["outcome"]))
    if record["term"] != "density":
        label_parts.append(term_label(results, record["term"]))
    if isinstance(record["subset"], str) and record["subset"] and record["spec"] not in listed_specs:
        label_parts.append(Bilingual(record["subset"], record["subset"]))
    return Bilingual(
        "，".join(label_part.zh for label_part in label_parts), ", ".join(label_part.en for label_part in label_parts)
    )


def _short_spec_label(results: Results, id: str) -> Bilingual:
    """A specification's name; of one that extends the headline only by what."""
    base = headline_spec(results) or ""
    return next((addition for suffix, addition in EXTENSIONS.items() if id == base + suffix), spec_label(results, id))
