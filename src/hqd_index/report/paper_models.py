"""The paper's tables of estimates: baseline, channels, robustness, leave-out, contribution."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ..study.models import SpecificationChoice
from .model_pictures import headline_spec
from .results import Results
from .sentences import SAMPLES, TOTAL
from .words import Pair, missing, number, stars, whole

Cell = Pair | str
Parts = tuple[Any, ...]  # header lines, body lines, then note, rule_before and widths as far as they are needed

STARS = Pair(
    "注：***、**、* 分别表示在 1%、5%、10% 的水平上显著；圆括号内为聚类到单位层面的标准误（CV3，刀切法），"
    "方括号内为 Wild 聚类自助法 p 值（施加原假设）。密度的星号按自助法 p 值，控制变量按 CV3 的 t(G−1)。"
    "被解释变量为得分/100。",
    "Notes: ***, **, * mark significance at 1%, 5%, 10%. Standard errors clustered by unit (CV3, jackknife) in parentheses, "
    "restricted wild cluster bootstrap p in brackets. Stars of the density follow the bootstrap p, those of controls CV3 with "
    "t(G-1). Outcomes are scores/100.",
)
YES, NO = Pair("是", "Yes"), Pair("否", "No")


def baseline(results: Results) -> Parts | None:
    """The whole index on density: one column per specification, as the study lists them."""
    rows = _outcome(results, results.tree.root, "all")
    if rows.empty:
        return None
    specs = [spec for spec in stepwise(results) if spec.id in set(rows["spec"])]
    blocks = [rows[rows["spec"] == spec.id].set_index("term") for spec in specs]
    heads = [Pair(spec.label.zh, spec.label.en) for spec in specs]
    return _regression_table(results, blocks, heads)


def channels_table(results: Results) -> Parts | None:
    """Every node above the leaves on density in the headline specification."""
    chosen = headline_spec(results)
    rows = results.table("regressions")
    if chosen is None or rows.empty:
        return None
    rows = rows[(rows["spec"] == chosen) & (rows["sample"] == "all") & (rows["subset"].fillna("") == "")]
    nodes = [node for node in results.inner if node in set(rows["outcome"])]
    blocks = [rows[rows["outcome"] == node].set_index("term") for node in nodes]
    blocks = [block.loc[["density"]] for block in blocks]
    parts = results.table("channels")
    own = parts[(parts["parent"] == results.tree.root) & (parts["sample"] == "all")].set_index("node") if len(parts) else parts
    fraction: list[Cell] = [Pair("占总系数的份额（%）", "Share of the whole (%)")]
    adjusted: list[Cell] = [Pair("校正后 p（Romano-Wolf）", "Adjusted p (Romano-Wolf)")]
    for node in nodes:
        row = own.loc[node] if node in own.index else None
        fraction.append("" if row is None else number(100 * row["fraction"], 1))
        adjusted.append("" if row is None else number(row["p_adjusted"], 3))
    return _regression_table(results, blocks, [results.name(node) for node in nodes], extra=[tuple(fraction), tuple(adjusted)])


IV = {
    "first_stage": (Pair("第一阶段系数", "First stage"), 4),
    "first_stage_f": (Pair("第一阶段 F（Kleibergen-Paap）", "First-stage F (Kleibergen-Paap)"), 2),
    "effective_f": (Pair("有效 F（Montiel Olea-Pflueger）", "Effective F (Montiel Olea-Pflueger)"), 2),
    "kp_lm_p": (Pair("识别不足检验 p（KP LM）", "Underidentification p (KP LM)"), 3),
    "ar_p": (Pair("Anderson-Rubin p", "Anderson-Rubin p"), 3),
    "se_akm": (Pair("暴露稳健标准误（AKM）", "Exposure-robust SE (AKM)"), 5),
    "effective_shocks": (Pair("有效冲击数", "Effective number of shocks"), 1),
}


def leave_out(results: Results) -> Parts | None:
    """Endogeneity: the headline on all firms and on firms never recognised, then the shift-share instrument where it was run."""
    chosen = headline_spec(results)
    blocks = {sample: _headline(results, chosen, sample) for sample in SAMPLES}
    if any(block is None for block in blocks.values()):
        return None
    rows = [block for block in blocks.values() if block is not None]
    digits = _digits([float(row["estimate"]) for row in rows])
    body: list[tuple[Cell, ...]] = [
        (Pair("最小二乘（主设定）", "OLS (headline)"), *[number(row["estimate"], digits) + stars(row["p_wild"]) for row in rows]),
        ("", *[f"({number(row['se_cv3'], digits)})" for row in rows]),
        ("", *[f"[{number(row['p_wild'], 3)}]" for row in rows]),
    ]
    instrument = [_instrument(results, chosen, sample) for sample in SAMPLES]
    rule = len(body)
    if all(instrument):
        body.append(
            (Pair("移动份额工具变量（2SLS）", "Shift-share 2SLS"), *[number(facts["estimate"], digits) for facts in instrument])
        )
        body.append(("", *[f"({number(facts['se_cv1'], digits)})" for facts in instrument]))
        ends = [f"[{number(facts['ar_low'], digits)}, {number(facts['ar_high'], digits)}]" for facts in instrument]
        body.append((Pair("Anderson-Rubin 95% 区间", "Anderson-Rubin 95% interval"), *ends))
        for quantity, (label, places) in IV.items():
            body.append((label, *[number(facts.get(quantity), places) for facts in instrument]))
    body.append((Pair("样本量 N", "N"), *[whole(row["n_obs"]) for row in rows]))
    note = Pair(
        "工具变量行圆括号内为 CV1；有效 F 低于约 10 时以 Anderson-Rubin 区间为准，区间可能无界。",
        "Instrument rows give CV1 in parentheses; where the effective F is below about 10 rely on the Anderson-Rubin "
        "interval, which may be unbounded.",
    )
    whole_note = Pair(STARS.zh + note.zh, f"{STARS.en} {note.en}") if all(instrument) else STARS
    return (("", *SAMPLES.values()),), body, whole_note, (rule,) if all(instrument) else (), (2.6, 1.6, 1.6)


def _headline(results: Results, spec: str | None, sample: str) -> pd.Series | None:
    rows = _outcome(results, results.tree.root, sample)
    rows = rows[(rows["spec"] == spec) & (rows["term"] == "density")] if len(rows) else rows
    return rows.iloc[0] if len(rows) else None


def _instrument(results: Results, spec: str | None, sample: str) -> dict[str, float]:
    """quantity -> value of the shift-share instrument for the whole index; empty where it was not run."""
    rows = results.table("endogeneity")
    if rows.empty:
        return {}
    root = results.tree.root
    rows = rows[
        (rows["spec"] == spec) & (rows["sample"] == sample) & (rows["outcome"] == root) & (rows["method"] == "shift_share")
    ]
    facts = dict(zip(rows["quantity"], rows["value"].astype(float)))
    return facts if {"estimate", "se_cv1", "ar_low", "ar_high"} <= set(facts) else {}


def _outcome(results: Results, node: str, sample: str) -> pd.DataFrame:
    rows = results.table("regressions")
    if rows.empty:
        return rows
    return rows[(rows["outcome"] == node) & (rows["sample"] == sample) & (rows["subset"].fillna("") == "")]


def _regression_table(
    results: Results, blocks: list[pd.DataFrame], heads: list[Pair], extra: Iterable[tuple[Cell, ...]] = ()
) -> Parts:
    """Columns (1), (2) ...: coefficient with stars, (SE), [bootstrap p], then controls, effects, N, G and R2."""
    digits = _digits([float(block["estimate"].get("density", float("nan"))) for block in blocks])
    controls = list(dict.fromkeys(term for block in blocks for term in block.index if term != "density"))
    body: list[tuple[Cell, ...]] = []
    for term in ["density", *controls]:
        body.extend(_term(results, term, blocks, digits))
    rule = len(body)
    body.extend(extra)
    body.append((Pair("控制变量", "Controls"), *[YES if _written(block, "controls") else NO for block in blocks]))
    for effect, label in (("unit", Pair("个体固定效应", "Unit effects")), ("year", Pair("年份固定效应", "Year effects"))):
        body.append((label, *[YES if effect in _written(block, "fixed_effects") else NO for block in blocks]))
    figures = {"n_obs": (Pair("样本量 N", "N"), 0), "n_clusters": (Pair("聚类数 G", "Clusters G"), 0)}
    for column, (label, places) in (figures | {"r2_within": (Pair("组内 R²", "Within R²"), 3)}).items():
        body.append((label, *[number(block[column].iloc[0], places) for block in blocks]))
    numbers = ("", *[f"({k})" for k in range(1, len(blocks) + 1)])
    return (numbers, ("", *heads)), body, STARS, (rule,), (2.0 if len(blocks) < 6 else 1.6, *[1.3] * len(blocks))


def _written(block: pd.DataFrame, column: str) -> str:
    value = block[column].iloc[0]
    return value if isinstance(value, str) else ""


def _digits(values: list[float]) -> int:
    """Decimals that give the smallest coefficient three significant digits, from 3 to 6."""
    smallest = min((abs(value) for value in values if value == value and value), default=1.0)
    return next((places for places in range(3, 6) if smallest >= 10.0 ** (2 - places)), 6)


def _term(results: Results, term: str, blocks: list[pd.DataFrame], digits: int) -> list[tuple[Cell, ...]]:
    """Lines of one regressor: coefficient, standard error and, for the density, the bootstrap p."""
    first: list[Cell] = [term_name(results, term)]
    second: list[Cell] = [""]
    third: list[Cell] = [""]
    for block in blocks:
        if term not in block.index or missing(block["estimate"][term]):
            first, second, third = [*first, ""], [*second, ""], [*third, ""]
            continue
        row = block.loc[term]
        p = row["p_wild"] if term == "density" else row["p_cv3"]
        first.append(number(row["estimate"], digits) + stars(p))
        second.append(f"({number(row['se_cv3'], digits)})")
        third.append("" if missing(row["p_wild"]) else f"[{number(row['p_wild'], 3)}]")
    lines = [tuple(first), tuple(second)]
    return [*lines, tuple(third)] if term == "density" else lines


def _line_name(results: Results, record: Mapping[Any, Any]) -> Pair:
    """Specification, and what the line is about where that is not the density, the whole index and the whole sample."""
    listed = {spec.id for spec in results.study.regressions.specifications}
    parts = [spec_name(results, record["spec"])]
    if record["outcome"] != results.tree.root:
        parts.append(results.name(record["outcome"]))
    if record["term"] != "density":
        parts.append(term_name(results, record["term"]))
    if isinstance(record["subset"], str) and record["subset"] and record["spec"] not in listed:
        parts.append(Pair(record["subset"], record["subset"]))
    return Pair("，".join(part.zh for part in parts), ", ".join(part.en for part in parts))


def term_name(results: Results, term: str) -> Pair:
    """A regressor's name."""
    if term == "density":
        lag = results.study.regressions.density.lag
        return Pair(
            f"专精特新密度（滞后 {lag} 年）" if lag else "专精特新密度", f"SRDI density (lag {lag})" if lag else "SRDI density"
        )
    moderator = results.study.regressions.moderators.get(term.removeprefix(TIMES))
    if term.startswith(TIMES) and moderator is not None:
        return Pair(f"密度 × {moderator.label.zh}", f"density x {moderator.label.en}")
    control = results.study.regressions.controls.get(term)
    return Pair(control.label.zh, control.label.en) if control else Pair(term, term)


MODERATED, TIMES = "_by_", "density_x_"
"""Marks of a specification with a moderator, and of its interaction term."""
EXTENSIONS = {
    "_slx_direct": Pair("含关联行业密度（直接）", "linked density (direct)"),
    "_slx_complete": Pair("含关联行业密度（完全）", "linked density (complete)"),
    "_long_difference": Pair("长差分", "long difference"),
}


def spec_name(results: Results, id: str) -> Pair:
    """A specification's label; one that extends another says by what."""
    labels = {spec.id: Pair(spec.label.zh, spec.label.en) for spec in results.study.regressions.specifications}
    if id in labels:
        return labels[id]
    base, _, moderator = id.partition(MODERATED)
    if base in labels and moderator in results.study.regressions.moderators:
        label = results.study.regressions.moderators[moderator].label
        return Pair(f"{labels[base].zh} × {label.zh}", f"{labels[base].en} x {label.en}")
    for ending, more in EXTENSIONS.items():
        base = id.removesuffix(ending)
        if id.endswith(ending) and base in labels:
            return Pair(f"{labels[base].zh}，{more.zh}", f"{labels[base].en}, {more.en}")
    return Pair(id, id)


def stepwise(results: Results) -> list[SpecificationChoice]:
    """Specifications that differ in controls and effects only: the columns of the baseline table."""
    return [
        spec
        for spec in results.study.regressions.specifications
        if spec.density is None and spec.weights is None and spec.years is None and not spec.drop_units
    ]


def robustness(results: Results) -> Parts | None:
    """The density's coefficient in every specification that the baseline does not show, after the headline."""
    rows = results.table("regressions")
    if rows.empty:
        return None
    shown = {spec.id for spec in stepwise(results)} - {headline_spec(results)}
    rows = rows[(rows["outcome"] == results.tree.root) & (rows["term"] == "density") & ~rows["spec"].isin(shown)]
    return _listing(results, rows[~rows["spec"].str.contains(MODERATED, regex=False)])


def heterogeneity(results: Results) -> Parts | None:
    """The density and its interaction with each moderator."""
    rows = results.table("regressions")
    if rows.empty:
        return None
    rows = rows[(rows["outcome"] == results.tree.root) & rows["spec"].str.contains(MODERATED, regex=False)]
    return _listing(results, rows[rows["term"].str.contains("density")])


def mechanism(results: Results) -> Parts | None:
    """The density's coefficient on outcomes that are no node of the index."""
    rows = results.table("regressions")
    known = {*results.tree.order, "splittable"}
    rows = rows[~rows["outcome"].isin(known) & (rows["term"] == "density")] if len(rows) else rows
    return _listing(results, rows)


LISTING = (
    Pair("设定", "Specification"), Pair("样本", "Sample"), Pair("系数", "Estimate"), Pair("标准化", "In SDs"),
    Pair("95% 区间（CV3）", "95% interval (CV3)"), Pair("自助法 p", "Bootstrap p"), Pair("样本量", "N"),
)  # fmt: skip


def _listing(results: Results, rows: pd.DataFrame) -> Parts | None:
    """One line per coefficient: specification, sample, estimate with stars, in SDs, interval, bootstrap p, N."""
    if rows.empty:
        return None
    order = {spec.id: k for k, spec in enumerate(results.study.regressions.specifications)}
    rows = rows.assign(at=rows["spec"].map(order).fillna(len(order))).sort_values(["at", "spec", "sample"], kind="stable")
    digits, body = _digits([float(value) for value in rows["estimate"]]), []
    for record in rows.to_dict("records"):
        label = _line_name(results, record)
        figures = (
            number(record["estimate"], digits) + stars(record["p_wild"]),
            number(record["estimate_sd"], 3),
            f"[{number(record['ci_low'], digits)}, {number(record['ci_high'], digits)}]",
            number(record["p_wild"], 3),
            whole(record["n_obs"]),
        )
        body.append((label, SAMPLES.get(record["sample"], record["sample"]), *figures))
    return (LISTING,), body, STARS, (), (2.4, 1.8, 1.3, 0.9, 2.3, 1, 0.8)


def contribution_table(results: Results) -> Parts | None:
    """Composition, spillover, accounting share, and the fractions of dimensions and channels."""
    rows = results.table("contribution")
    rows = rows[(rows["unit"].fillna(TOTAL) == TOTAL) & (rows["sample"] == "all")] if len(rows) else rows
    if rows.empty:
        return None
    names = {
        "effect_sd": Pair("全部企业的效应（标准差）", "Effect on all firms (SDs)"),
        "effect_spillover_sd": Pair("其中：外溢", "of which spillover"),
        "effect_composition_sd": Pair("其中：构成", "of which composition"),
        "splittable_effect_sd": Pair("可拆分部分的效应（标准差）", "Effect on the splittable part (SDs)"),
        "splittable_effect_spillover_sd": Pair("其中：外溢", "of which spillover"),
        "splittable_effect_composition_sd": Pair("其中：构成", "of which composition"),
        "share": Pair("占指数升幅的核算份额", "Accounting share of the change"),
        "share_spillover": Pair("其中：外溢", "of which spillover"),
        "share_composition": Pair("其中：构成", "of which composition"),
    }
    for node in results.inner:
        name = results.name(node)
        names[f"fraction_{node}"] = Pair(f"{name.zh}占系数的份额", f"{name.en}, share of the coefficient")
    found = rows.drop_duplicates("quantity").set_index("quantity")
    body = []
    for quantity, label in names.items():
        if quantity not in found.index:
            continue
        row = found.loc[quantity]
        span = "" if missing(row["from_year"]) else f"{row['from_year']:.0f}–{row['to_year']:.0f}"
        body.append((label, span, number(row["value"], 3), f"[{number(row['ci_low'], 3)}, {number(row['ci_high'], 3)}]"))
    header = (Pair("项目", "Item"), Pair("年份", "Years"), Pair("估计", "Estimate"), Pair("95% 区间", "95% interval"))
    note = Pair(
        "注：外溢取自从未被认定的企业，构成为全部企业与之差，同一样本上两者之和恒等于全部企业的效应。"
        "年份固定效应吸收共同变动，份额假定除此之外没有对所有单位共同的影响（缺失截距）。",
        "Notes: spillover is estimated on firms never recognised, composition is the rest; on the same rows they add up exactly. "
        "Year effects absorb common movements, so shares assume no effect common to all units (missing intercept).",
    )
    return (header,), body, note, (), (3.2, 1.2, 1, 1.8)
