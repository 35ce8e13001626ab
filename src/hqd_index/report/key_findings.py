"""What a run found, in sentences with numbers; each knows the tables that hold its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .bilingual import Bilingual
from .number_format import integer, number, p_value, percent
from .results import Results
from .sentences import INTERCEPT_NOTE, MIN_REPRESENTED, TOTAL, interval_text, ruled_out
from .verdict_words import caution_text, conclusion, verdict_label, verdict_text

LISTED_INDICATORS = 6


@dataclass(frozen=True)
class Finding:
    """One sentence and the tables its numbers come from."""

    text: Bilingual
    sources: tuple[str, ...]


def headline_row(results: Results, sample: str = "all") -> pd.Series | None:
    """The row of `hypotheses` that tests the whole index (H1), or None."""
    rows = results.table("hypotheses")
    if rows.empty:
        return None
    rows = rows[(rows["hypothesis"] == "H1") & (rows["sample"] == sample)]
    return rows.iloc[0] if len(rows) else None


def headline_finding(results: Results) -> Finding | None:
    """The main estimate: what it comes to and its grade, interval, p, verdict, what is ruled out, cautions."""
    row = headline_row(results)
    if row is None:
        return None
    by_industry = results.study.study.unit.by == ("industry_code",)
    record = row.to_dict()
    start, verdict_words, cautions = (
        conclusion(record, by_industry=by_industry),
        verdict_text(record),
        caution_text(row["additions"]),
    )
    smallest_p = max(1 / results.study.regressions.inference.draws, 2.0 ** (1 - row["n_clusters"]))  # 0 of so many draws
    estimate, p = number(row["estimate_sd"], 3), p_value(row["p_wild"], smallest_shown=smallest_p)
    p = p if p.startswith("<") else f"= {p}"
    bound, interval = ruled_out(row["rules_out"]), interval_text(row["ci_low"], row["ci_high"])
    zh = (
        f"{start.zh}：专精特新密度每高 1 个标准差，指数变动 {estimate} 个标准差（{interval.zh}，自助法 p {p}），"
        f"{verdict_words.zh}；{bound.zh}"
    )
    en = f"{start.en}: one SD more SRDI density goes with {estimate} SD of the index ({interval.en}, bootstrap p {p}), "
    en += f"{verdict_words.en}; {bound.en}"
    zh, en = (f"{zh}；提示：{cautions.zh}。", f"{en}. Caution: {cautions.en}.") if cautions.zh else (f"{zh}。", f"{en}.")
    return Finding(Bilingual(zh, en), ("hypotheses",))


def contribution_row(results: Results, quantity: str) -> pd.Series | None:
    """The row of `contribution` for all units together that holds this quantity, or None."""
    rows = results.table("contribution")
    if rows.empty:
        return None
    rows = rows[(rows["quantity"] == quantity) & rows["unit"].fillna(TOTAL).eq(TOTAL) & (rows["sample"] == "all")]
    rows = rows.dropna(subset=["value"])
    return rows.iloc[0] if len(rows) else None


def split_effects(results: Results) -> tuple[str, dict[str, pd.Series]] | None:
    """What is split into spillover and composition ("" the whole index, "splittable_" its part from firms), and its rows."""
    for prefix in ("", "splittable_"):
        effect_rows = {
            effect_part: contribution_row(results, f"{prefix}effect{effect_part}_sd")
            for effect_part in ("", "_spillover", "_composition")
        }
        rows_by_part = {effect_part: effect_row for effect_part, effect_row in effect_rows.items() if effect_row is not None}
        if len(rows_by_part) == len(effect_rows):
            return prefix, rows_by_part
    return None


def composition_split(results: Results) -> Finding | None:
    """Spillover and composition, which add up to the estimate on all firms; of the splittable part where the index is not."""
    split_rows = split_effects(results)
    if split_rows is None:
        return None
    prefix, rows = split_rows
    spillover, composition = rows["_spillover"], rows["_composition"]
    bounds, composition_bounds = (interval_text(part["ci_low"], part["ci_high"]) for part in (spillover, composition))
    row = headline_row(results, "leave_out")
    verdict_text = verdict_label(row["verdict"]) if row is not None else Bilingual("未检验", "not tested")
    effect = number(rows[""]["value"], 3)
    zh, en = ("其中", "Of this, ") if not prefix else (
        f"只有由企业数据算出的那部分指数可以拆分，密度对它的效应为 {effect} 个标准差，其中",
        f"Only the part of the index that is computed from firms can be split; there the effect is {effect} SD, of which ",
    )  # fmt: skip
    zh += (
        f"外溢效应（只看从未被认定的企业）{number(spillover['value'], 3)}，{bounds.zh}，"
        f"{verdict_text.zh}；"
        f"构成效应（专精特新企业自身）{number(composition['value'], 3)}，{composition_bounds.zh}。"
        + ("两者之和等于这部分的效应。" if prefix else "两者之和等于全部企业的估计。")
    )
    en += (
        f"spillover (firms never recognised) is {number(spillover['value'], 3)}, "
        f"{bounds.en}: {verdict_text.en}; "
        f"composition (recognised firms themselves) is {number(composition['value'], 3)}, "
        f"{composition_bounds.en}. " + ("They add up to the effect on that part." if prefix else "They add up to the whole.")
    )
    return Finding(Bilingual(zh, en), ("contribution", "hypotheses"))


def contribution_finding(results: Results) -> Finding | None:
    """Density's part in the change of the index between two years, with interval."""
    row = contribution_row(results, "share")
    if row is None or pd.isna(row["from_year"]):
        return None
    first_year, last_year = int(row["from_year"]), int(row["to_year"])
    low, high = percent(row["ci_low"]), percent(row["ci_high"])
    zh = (
        f"{first_year}–{last_year} 年，专精特新密度的上升在核算上对应指数平均升幅的 {percent(row['value'])}（95% "
        f"区间 {low} 至 {high}）。"
    )
    en = f"From {first_year} to {last_year} the rise of SRDI density accounts for {percent(row['value'])} of the mean change "
    en += f"(95% interval {low} to {high})."
    return Finding(Bilingual(zh + INTERCEPT_NOTE.zh, f"{en} {INTERCEPT_NOTE.en}"), ("contribution",))


def leading_units(results: Results, unit_count: int = 3) -> Finding | None:
    """The first and last units of the latest year."""
    if not results.years:
        return None
    year = results.years[-1]
    ranked_units = results.ranking(year).dropna(subset=["rank"])
    if ranked_units.empty:
        return None
    unit_count = min(unit_count, max(1, len(ranked_units) // 2))
    best_units, worst_units = _scores_listed(ranked_units.head(unit_count)), _scores_listed(ranked_units.tail(unit_count))
    return Finding(
        Bilingual(
            f"{year} 年有排名的 {len(ranked_units)} 个单位中，居前的是{best_units.zh}；居后的是{worst_units.zh}。",
            f"Of {len(ranked_units)} units ranked in {year}, first are {best_units.en}; last are {worst_units.en}.",
        ),
        ("scores",),
    )


def _scores_listed(score_rows: pd.DataFrame) -> Bilingual:
    scores = [number(score, 1) for score in score_rows["score"]]
    return Bilingual(
        "、".join(f"{unit_label}（{score}）" for unit_label, score in zip(score_rows["unit_zh"], scores)),
        ", ".join(f"{unit_label} ({score})" for unit_label, score in zip(score_rows["unit_en"], scores)),
    )


def index_movement(results: Results) -> Finding | None:
    """How the mean index moved, and who climbed and fell most since the first year."""
    if len(results.years) < 2:
        return None
    first_year, last_year = results.years[0], results.years[-1]
    mean_scores = [results.ranking(year)["score"].mean() for year in (first_year, last_year)]
    rank_gain = results.change(last_year, first_year).dropna()
    if rank_gain.empty:
        return None
    largest_climber, largest_faller = str(rank_gain.idxmax()), str(rank_gain.idxmin())
    climber_name, faller_name = results.unit_name(largest_climber), results.unit_name(largest_faller)
    return Finding(
        Bilingual(
            f"{first_year}–{last_year} 年指数均值由 {number(mean_scores[0], 1)} 变为 {number(mean_scores[1], 1)}；"
            f"名次上升最多的是{climber_name.zh}（▲{integer(rank_gain[largest_climber])}），下降最多的是{faller_name.zh}（▼{integer(-rank_gain[largest_faller])}）。",
            f"From {first_year} to {last_year} the mean index went from {number(mean_scores[0], 1)} to "
            f"{number(mean_scores[1], 1)}; "
            f"{climber_name.en} climbed most (▲{integer(rank_gain[largest_climber])}), {faller_name.en} fell most "
            f"(▼{integer(-rank_gain[largest_faller])}).",
        ),
        ("scores",),
    )


def row_accounting(results: Results) -> Finding | None:
    """Rows read = used + quarantined + out of scope, over all raw files."""
    counts = rows_accounted(results)
    if counts is None:
        return None
    rows_read, rows_used, quarantined_count, out_of_scope = counts
    share = percent(quarantined_count / rows_read if rows_read else 0.0, 2)
    return Finding(
        Bilingual(
            f"共读入 {integer(rows_read)} 行 = 采用 {integer(rows_used)} + 隔离 {integer(quarantined_count)}（{share}）+ "
            f"范围外 {integer(out_of_scope)}；"
            "隔离的每一行都列在 quarantine.xlsx。",
            f"{integer(rows_read)} rows read = {integer(rows_used)} used + {integer(quarantined_count)} quarantined "
            f"({share}) + {integer(out_of_scope)} "
            "out of scope; each quarantined row is listed in quarantine.xlsx.",
        ),
        ("ledger",),
    )


def rows_accounted(results: Results) -> tuple[int, int, int, int] | None:
    """(read, used, quarantined, out of scope) over all files: what went into the first stage and what came out of the last."""
    ledger = results.table("ledger")
    if ledger.empty:
        return None
    rows_by_file = file_flow(ledger)
    return tuple(int(rows_by_file[column].sum()) for column in ("rows_in", "used", "quarantined", "out_of_scope"))  # type: ignore[return-value]


def file_flow(ledger: pd.DataFrame) -> pd.DataFrame:
    """file, sheet, rows_in, used, quarantined, out_of_scope: one row per raw file and sheet, all stages together."""
    flows = []
    for (file, sheet), rows in ledger.groupby(["file", "sheet"], dropna=False, sort=True):
        removed_rows = {column: int(rows[column].sum()) for column in ("quarantined", "out_of_scope")}
        rows_read = int(rows.groupby("stage")["rows_in"].max().max())
        flows.append(
            {"file": file, "sheet": sheet, "rows_in": rows_read, "used": rows_read - sum(removed_rows.values()), **removed_rows}
        )
    return pd.DataFrame(flows)


def incomplete_data(results: Results) -> Finding | None:
    """Which indicators rest on incomplete data, and whether what is missing goes with SRDI status."""
    rows = results.table("diagnostics")
    rows = rows[rows["flag"].isin(("I-GAPS", "I-GAPS-STATUS", "I-GAPS-SUM"))] if len(rows) else rows
    if rows.empty:
        return None
    labels = {node: Bilingual(zh, en) for node, zh, en in rows[["node", "node_zh", "node_en"]].itertuples(index=False)}
    listed_labels = list(labels.values())[:LISTED_INDICATORS]
    ellipsis = " …" if len(labels) > LISTED_INDICATORS else ""
    uneven_count = int((rows["flag"] == "I-GAPS-STATUS").sum())
    zh = f"[I-GAPS] {len(labels)} 个指标的数据不全：{'、'.join(label.zh for label in listed_labels)}{ellipsis}。"
    en = f"[I-GAPS] {len(labels)} {'indicator rests' if len(labels) == 1 else 'indicators rest'} on incomplete data: "
    en += f"{', '.join(label.en for label in listed_labels)}{ellipsis}. "
    if uneven_count:
        zh += f"其中 {uneven_count} 个指标专精特新企业与其他企业的覆盖率相差 10 个百分点以上，两个样本不易比较。"
        en += f"In {uneven_count} the coverage of SRDI firms and of others is more than 10 points apart: "
        en += "the samples compare badly. "
    zh += "比率只用完整的行，空格不当作零；各值的企业数与覆盖率见 indicators.csv。"
    en += "Ratios use complete rows only and blanks are no zeros; firms and coverage of each value are in indicators.csv."
    return Finding(Bilingual(zh, en), ("diagnostics", "indicators"))


def indicators_left_out(results: Results) -> Finding | None:
    """Which indicators the index is without, as they have no value at all."""
    rows = results.base_weights
    nodes = [node for node in results.leaves if ((rows["node"] == node) & (rows["note"] == "I-EMPTY")).any()] if len(rows) else []
    if not nodes:
        return None
    names = [results.name(node) for node in nodes]
    zh = "、".join(f"{name.zh}（{node}）" for name, node in zip(names, nodes))
    en = ", ".join(f"{name.en} ({node})" for name, node in zip(names, nodes))
    zh = f"[I-EMPTY] 指数不含 {len(nodes)} 个没有任何取值的指标：{zh}；原因见 not_made.csv。"
    subject = "one indicator that has" if len(nodes) == 1 else f"{len(nodes)} indicators that have"
    en = f"[I-EMPTY] The index is without {subject} no value at all: {en}; not_made.csv says why."
    return Finding(Bilingual(zh, en), ("weights", "not_made"))


def sample_coverage(results: Results) -> Finding | None:
    """How much of the official totals the sample holds."""
    rows = results.table("coverage")
    rows = rows.dropna(subset=["share_revenue"]) if len(rows) else rows
    if rows.empty:
        return None
    lowest_row = rows.sort_values(["share_revenue", "unit", "year"]).iloc[0]
    name, units_below_limit = results.unit_name(str(lowest_row["unit"])), int((rows["share_revenue"] < MIN_REPRESENTED).sum())
    share, lowest_share, year = (
        percent(rows["share_revenue"].median()),
        percent(lowest_row["share_revenue"]),
        int(lowest_row["year"]),
    )
    zh = (
        f"样本营业收入占官方总量的比重：中位数 {share}，最低 {lowest_share}（{name.zh}，{year} 年）；低于 20% "
        f"的单位-年有 {units_below_limit} 个。"
    )
    en = f"The sample holds {share} of official revenue (median), at least {lowest_share} ({name.en}, {year}); "
    return Finding(Bilingual(zh, en + f"{units_below_limit} unit-years are below 20%."), ("coverage",))


def rank_uncertainty(results: Results) -> Finding | None:
    """How far ranks move over all draws of designs, weights and firms."""
    rows = results.table("uncertainty_summary")
    facts = _values_by_quantity(rows[rows["source"] == "all"]) if len(rows) else {}
    if not {"draws", "mean_shift", "mean_width"} <= set(facts):
        return None
    draws, shift, width = integer(facts["draws"]), number(facts["mean_shift"], 1), number(facts["mean_width"], 1)
    zh = f"{draws} 次抽样（算法、权重、企业）中，名次平均变动 {shift} 位，区间平均宽 {width} 位。"
    en = f"Over {draws} draws of designs, weights and firms a rank moves by {shift} places on average, "
    en += f"its interval is {width} wide"
    pairs = results.table("neighbours")
    pairs = pairs[pairs["year"] == pairs["year"].max()] if len(pairs) else pairs
    if len(pairs):
        distinct_pairs = int(pairs["apart"].sum())
        zh += f"相邻的 {len(pairs)} 对名次中有 {distinct_pairs} 对能分出先后。"
        en += f"; {distinct_pairs} of {len(pairs)} pairs of neighbours can be distinguished"
    return Finding(Bilingual(zh, f"{en}."), ("uncertainty_summary", "neighbours") if len(pairs) else ("uncertainty_summary",))


def _values_by_quantity(quantity_rows: pd.DataFrame) -> dict[str, float]:
    """quantity -> value, the first of each."""
    first_rows = quantity_rows.drop_duplicates("quantity")
    return dict(zip(first_rows["quantity"], first_rows["value"].astype(float)))


def multiverse_finding(results: Results) -> Finding | None:
    """The multiverse in a sentence for each outcome: how many ran and count, are positive, significant, the joint test."""
    rows = results.table("multiverse_summary")
    if rows.empty:
        return None
    rows = rows[rows["kind"].isna() | (rows["kind"] == "")]
    sentences = [_multiverse_sentence(_values_by_quantity(rows[rows["sample"] == sample]), sample) for sample in CURVE_OUTCOMES]
    texts = [sentence for sentence in sentences if sentence is not None]
    if not texts:
        return None
    return Finding(
        Bilingual(
            "".join(outcome_sentence.zh for outcome_sentence in texts),
            " ".join(outcome_sentence.en for outcome_sentence in texts),
        ),
        ("multiverse_summary",),
    )


CURVE_OUTCOMES = {
    "all": Bilingual("以全部企业的指数为结果", "On the index of all firms"),
    "leave_out": Bilingual("以从未认定企业的可拆分部分为结果", "On the splittable part of the index of firms never recognised"),
}


def _multiverse_sentence(curve_facts: dict[str, float], sample: str) -> Bilingual | None:
    """One outcome's sentence; None where its curve is missing."""
    if not {"run", "declared", "positive", "significant", "median"} <= set(curve_facts):
        return None
    estimated_count, median = curve_facts["declared"] - curve_facts.get("not_estimable", 0.0), number(curve_facts["median"], 3)
    declared_count, estimated_text, distinct_count = (
        integer(universe_count) for universe_count in (curve_facts["declared"], estimated_count, curve_facts["run"])
    )
    wild = curve_facts.get("significant_wild", float("nan"))
    positive_share, significant_share = (
        percent(curve_facts["positive"]),
        percent(curve_facts["significant"] if pd.isna(wild) else wild),
    )
    test = Bilingual("CV3", "CV3") if pd.isna(wild) else Bilingual("wild 聚类自助法", "wild cluster bootstrap")
    counted_once_zh, counted_once_en = "", ""
    if distinct_count != estimated_text:  # twins among the designs, see `distinct_designs`
        counted_once_zh = f"，排序几乎相同的算法只计一次后为 {distinct_count} 种"
        counted_once_en = f" ({distinct_count} with designs of the same order counted once)"
    outcome = CURVE_OUTCOMES[sample]
    zh = f"{outcome.zh}，事先声明 {declared_count} 种设定，实际估计 {estimated_text} 种{counted_once_zh}："
    zh += f"系数中位数 {median} 个标准差，"
    zh += f"{positive_share} 为正，{significant_share} 显著（{test.zh}）"
    en = f"{outcome.en}, of {declared_count} specifications declared {estimated_text} ran{counted_once_en}: median {median} SDs, "
    en += f"{positive_share} positive, {significant_share} significant ({test.en})"
    if "joint_p_median" in curve_facts and not pd.isna(curve_facts["joint_p_median"]):
        p = p_value(curve_facts["joint_p_median"])
        zh, en = f"{zh}；置换密度的联合检验 p = {p}", f"{en}; joint permutation test p = {p}"
    return Bilingual(f"{zh}。", f"{en}.")


def main_findings(results: Results) -> list[Finding]:
    """The page's opening: what the index is without, then at most five sentences in the order people ask."""
    estimate, composition_parts = headline_finding(results), composition_split(results)
    if estimate and composition_parts:
        combined_text = Bilingual(estimate.text.zh + composition_parts.text.zh, f"{estimate.text.en} {composition_parts.text.en}")
        estimate = Finding(combined_text, tuple(dict.fromkeys(estimate.sources + composition_parts.sources)))
    candidates = [
        indicators_left_out(results),
        leading_units(results),
        index_movement(results),
        estimate,
        contribution_finding(results),
        row_accounting(results),
    ]
    return [finding for finding in candidates if finding is not None]


def next_step(results: Results) -> Finding:
    """What to try next, from what this run shows."""
    if not results.has("hypotheses"):
        reason = results.absence_reason("regressions")
        return Finding(Bilingual(f"回归未生成：{reason.zh}", f"No regressions: {reason.en}"), ("not_made",))
    row = headline_row(results)
    if row is not None and row["verdict"] == "inconclusive":
        return Finding(
            Bilingual("可尝试增加年份或单位：现有数据不能判断。", "Try more years or units: these data do not decide."),
            ("hypotheses",),
        )
    if "page" not in results.study.study.outputs:
        return Finding(
            Bilingual("可换一组权重，看名次是否稳健。", "Try other weights to see how firm the ranks are."), ("weights",)
        )
    return Finding(
        Bilingual(
            "可在 report.html 的权重实验室里调整权重，看名次是否稳健。",
            "Move the weights in the lab of report.html to see how firm the ranks are.",
        ),
        ("weights",),
    )
