"""What a run found, in sentences with numbers; each knows the tables its numbers stand in."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .bilingual import Bilingual
from .number_format import number, p_value, percent, whole
from .results import Results
from .sentences import ASSUMPTION, REPRESENTED, TOTAL, additions, verdict


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


def interval(row: pd.Series, digits: int = 3) -> str:
    """`[low, high]`."""
    return f"[{number(row['ci_low'], digits)}, {number(row['ci_high'], digits)}]"


def headline(results: Results) -> Finding | None:
    """The main estimate with interval, p and verdict."""
    row = headline_row(results)
    if row is None:
        return None
    said, extra = verdict(row["verdict"]), additions(row["additions"])
    least = max(1 / results.study.regressions.inference.draws, 2.0 ** (1 - row["n_clusters"]))  # 0 of so many draws
    estimate, p = number(row["estimate_sd"], 3), p_value(row["p_wild"], least=least)
    p = p if p.startswith("<") else f"= {p}"
    zh = f"专精特新密度每高 1 个标准差，指数变动 {estimate} 个标准差（95% 区间 {interval(row)}，自助法 p {p}）：{said.zh}"
    en = f"One SD more SRDI density goes with {estimate} SD of the index "
    en += f"(95% interval {interval(row)}, bootstrap p {p}): {said.en}"
    zh, en = (f"{zh}；提示：{extra.zh}。", f"{en}. Caution: {extra.en}.") if extra.zh else (f"{zh}。", f"{en}.")
    return Finding(Bilingual(zh, en), ("hypotheses",))


def quantity(results: Results, name: str) -> pd.Series | None:
    """The row of `contribution` for all units together that holds this quantity, or None."""
    rows = results.table("contribution")
    if rows.empty:
        return None
    rows = rows[(rows["quantity"] == name) & rows["unit"].fillna(TOTAL).eq(TOTAL) & (rows["sample"] == "all")]
    rows = rows.dropna(subset=["value"])
    return rows.iloc[0] if len(rows) else None


def divided(results: Results) -> tuple[str, dict[str, pd.Series]] | None:
    """What is split into spillover and composition ("" the whole index, "splittable_" its part from firms), and its rows."""
    for front in ("", "splittable_"):
        rows = {part: quantity(results, f"{front}effect{part}_sd") for part in ("", "_spillover", "_composition")}
        found = {part: row for part, row in rows.items() if row is not None}
        if len(found) == len(rows):
            return front, found
    return None


def split(results: Results) -> Finding | None:
    """Spillover and composition, which add up to the estimate on all firms; of the splittable part where the index is not."""
    found = divided(results)
    if found is None:
        return None
    front, rows = found
    spill, own = rows["_spillover"], rows["_composition"]
    row = headline_row(results, "leave_out")
    said = verdict(row["verdict"]) if row is not None else Bilingual("未检验", "not tested")
    effect = number(rows[""]["value"], 3)
    zh, en = ("其中", "Of this, ") if not front else (
        f"只有由企业数据算出的那部分指数可以拆分，密度对它的效应为 {effect} 个标准差，其中",
        f"Only the part of the index that is computed from firms can be split; there the effect is {effect} SD, of which ",
    )  # fmt: skip
    zh += (
        f"外溢效应（只看从未被认定的企业）{number(spill['value'], 3)}，95% 区间 {interval(spill)}，{said.zh}；"
        f"构成效应（专精特新企业自身）{number(own['value'], 3)}，95% 区间 {interval(own)}。"
        + ("两者之和等于这部分的效应。" if front else "两者之和等于全部企业的估计。")
    )
    en += (
        f"spillover (firms never recognised) is {number(spill['value'], 3)}, 95% interval {interval(spill)}: {said.en}; "
        f"composition (recognised firms themselves) is {number(own['value'], 3)}, 95% interval {interval(own)}. "
        + ("They add up to the effect on that part." if front else "They add up to the whole.")
    )
    return Finding(Bilingual(zh, en), ("contribution", "hypotheses"))


def contribution(results: Results) -> Finding | None:
    """Density's part in the change of the index between two years, with interval."""
    row = quantity(results, "share")
    if row is None or pd.isna(row["from_year"]):
        return None
    first, last = int(row["from_year"]), int(row["to_year"])
    low, high = percent(row["ci_low"]), percent(row["ci_high"])
    zh = f"{first}–{last} 年，专精特新密度的上升在核算上对应指数平均升幅的 {percent(row['value'])}（95% 区间 {low} 至 {high}）。"
    en = f"From {first} to {last} the rise of SRDI density accounts for {percent(row['value'])} of the mean change "
    en += f"(95% interval {low} to {high})."
    return Finding(Bilingual(zh + ASSUMPTION.zh, f"{en} {ASSUMPTION.en}"), ("contribution",))


def leaders(results: Results, count: int = 3) -> Finding | None:
    """The first and last units of the latest year."""
    if not results.years:
        return None
    year = results.years[-1]
    ranked = results.ranking(year).dropna(subset=["rank"])
    if ranked.empty:
        return None
    count = min(count, max(1, len(ranked) // 2))
    first, last = _named(ranked.head(count)), _named(ranked.tail(count))
    return Finding(
        Bilingual(
            f"{year} 年有排名的 {len(ranked)} 个单位中，居前的是{first.zh}；居后的是{last.zh}。",
            f"Of {len(ranked)} units ranked in {year}, first are {first.en}; last are {last.en}.",
        ),
        ("scores",),
    )


def _named(rows: pd.DataFrame) -> Bilingual:
    scores = [number(score, 1) for score in rows["score"]]
    return Bilingual(
        "、".join(f"{name}（{score}）" for name, score in zip(rows["unit_zh"], scores)),
        ", ".join(f"{name} ({score})" for name, score in zip(rows["unit_en"], scores)),
    )


def movement(results: Results) -> Finding | None:
    """How the mean index moved, and who climbed and fell most since the first year."""
    if len(results.years) < 2:
        return None
    first, last = results.years[0], results.years[-1]
    means = [results.ranking(year)["score"].mean() for year in (first, last)]
    moved = results.change(last, first).dropna()
    if moved.empty:
        return None
    up, down = str(moved.idxmax()), str(moved.idxmin())
    up_name, down_name = results.unit_name(up), results.unit_name(down)
    return Finding(
        Bilingual(
            f"{first}–{last} 年指数均值由 {number(means[0], 1)} 变为 {number(means[1], 1)}；"
            f"名次上升最多的是{up_name.zh}（▲{whole(moved[up])}），下降最多的是{down_name.zh}（▼{whole(-moved[down])}）。",
            f"From {first} to {last} the mean index went from {number(means[0], 1)} to {number(means[1], 1)}; "
            f"{up_name.en} climbed most (▲{whole(moved[up])}), {down_name.en} fell most (▼{whole(-moved[down])}).",
        ),
        ("scores",),
    )


def accounting(results: Results) -> Finding | None:
    """Rows read = used + quarantined + out of scope, over all raw files."""
    counts = rows_accounted(results)
    if counts is None:
        return None
    read, used, held, outside = counts
    share = percent(held / read if read else 0.0, 2)
    return Finding(
        Bilingual(
            f"共读入 {whole(read)} 行 = 采用 {whole(used)} + 隔离 {whole(held)}（{share}）+ 范围外 {whole(outside)}；"
            "隔离的每一行都列在 quarantine.xlsx。",
            f"{whole(read)} rows read = {whole(used)} used + {whole(held)} quarantined ({share}) + {whole(outside)} "
            "out of scope; each quarantined row is listed in quarantine.xlsx.",
        ),
        ("ledger",),
    )


def rows_accounted(results: Results) -> tuple[int, int, int, int] | None:
    """(read, used, quarantined, out of scope) over all files: what went into the first stage and what came out of the last."""
    ledger = results.table("ledger")
    if ledger.empty:
        return None
    by_file = file_flow(ledger)
    return tuple(int(by_file[column].sum()) for column in ("rows_in", "used", "quarantined", "out_of_scope"))  # type: ignore[return-value]


def file_flow(ledger: pd.DataFrame) -> pd.DataFrame:
    """file, sheet, rows_in, used, quarantined, out_of_scope: one row per raw file and sheet, all stages together."""
    flows = []
    for (file, sheet), rows in ledger.groupby(["file", "sheet"], dropna=False, sort=True):
        lost = {column: int(rows[column].sum()) for column in ("quarantined", "out_of_scope")}
        read = int(rows.groupby("stage")["rows_in"].max().max())
        flows.append({"file": file, "sheet": sheet, "rows_in": read, "used": read - sum(lost.values()), **lost})
    return pd.DataFrame(flows)


def represented(results: Results) -> Finding | None:
    """How much of the official totals the sample holds."""
    rows = results.table("coverage")
    rows = rows.dropna(subset=["share_revenue"]) if len(rows) else rows
    if rows.empty:
        return None
    least = rows.sort_values(["share_revenue", "unit", "year"]).iloc[0]
    name, low = results.unit_name(str(least["unit"])), int((rows["share_revenue"] < REPRESENTED).sum())
    share, floor, year = percent(rows["share_revenue"].median()), percent(least["share_revenue"]), int(least["year"])
    zh = f"样本营业收入占官方总量的比重：中位数 {share}，最低 {floor}（{name.zh}，{year} 年）；低于 20% 的单位-年有 {low} 个。"
    en = f"The sample holds {share} of official revenue (median), at least {floor} ({name.en}, {year}); "
    return Finding(Bilingual(zh, en + f"{low} unit-years are below 20%."), ("coverage",))


def uncertain(results: Results) -> Finding | None:
    """How far ranks move over all draws of designs, weights and firms."""
    rows = results.table("uncertainty_summary")
    facts = _facts(rows[rows["source"] == "all"]) if len(rows) else {}
    if not {"draws", "mean_shift", "mean_width"} <= set(facts):
        return None
    draws, shift, width = whole(facts["draws"]), number(facts["mean_shift"], 1), number(facts["mean_width"], 1)
    zh = f"{draws} 次抽样（算法、权重、企业）中，名次平均变动 {shift} 位，区间平均宽 {width} 位。"
    en = f"Over {draws} draws of designs, weights and firms a rank moves by {shift} places on average, "
    en += f"its interval is {width} wide"
    pairs = results.table("neighbours")
    pairs = pairs[pairs["year"] == pairs["year"].max()] if len(pairs) else pairs
    if len(pairs):
        apart = int(pairs["apart"].sum())
        zh += f"相邻的 {len(pairs)} 对名次中有 {apart} 对能分出先后。"
        en += f"; {apart} of {len(pairs)} pairs of neighbours can be told apart"
    return Finding(Bilingual(zh, f"{en}."), ("uncertainty_summary", "neighbours") if len(pairs) else ("uncertainty_summary",))


def _facts(rows: pd.DataFrame) -> dict[str, float]:
    """quantity -> value, the first of each."""
    named = rows.drop_duplicates("quantity")
    return dict(zip(named["quantity"], named["value"].astype(float)))


def universe(results: Results) -> Finding | None:
    """The multiverse in one sentence: how many ran and count, how many are positive, significant, and the joint test."""
    rows = results.table("multiverse_summary")
    facts = _facts(rows[rows["kind"].isna()]) if len(rows) else {}
    if not {"run", "declared", "positive", "significant", "median"} <= set(facts):
        return None
    ran, median = facts["declared"] - facts.get("not_estimable", 0.0), number(facts["median"], 3)
    declared, run, distinct = (whole(count) for count in (facts["declared"], ran, facts["run"]))
    positive, significant = percent(facts["positive"]), percent(facts["significant"])
    once, once_en = "", ""
    if distinct != run:  # twins among the designs, see `distinct_designs`
        once = f"，排序几乎相同的算法只计一次后为 {distinct} 种"
        once_en = f" ({distinct} with designs of the same order counted once)"
    zh = f"事先声明 {declared} 种设定，实际估计 {run} 种{once}：系数中位数 {median} 个标准差，"
    zh += f"{positive} 为正，{significant} 显著"
    en = f"Of {declared} specifications declared, {run} ran{once_en}: median {median} SDs, "
    en += f"{positive} positive, {significant} significant"
    if "joint_p_median" in facts:
        p = p_value(facts["joint_p_median"])
        zh, en = f"{zh}；置换密度的联合检验 p = {p}", f"{en}; joint permutation test p = {p}"
    return Finding(Bilingual(f"{zh}。", f"{en}."), ("multiverse_summary",))


def findings(results: Results) -> list[Finding]:
    """The page's opening: at most five sentences, in the order people ask."""
    estimate, parts = headline(results), split(results)
    if estimate and parts:
        joined = Bilingual(estimate.text.zh + parts.text.zh, f"{estimate.text.en} {parts.text.en}")
        estimate = Finding(joined, tuple(dict.fromkeys(estimate.sources + parts.sources)))
    found = [leaders(results), movement(results), estimate, contribution(results), accounting(results)]
    return [finding for finding in found if finding is not None]


def closing(results: Results) -> Finding:
    """What to try next, from what this run shows."""
    if not results.has("hypotheses"):
        why = results.why_not("regressions")
        return Finding(Bilingual(f"回归未生成：{why.zh}", f"No regressions: {why.en}"), ("not_made",))
    row = headline_row(results)
    if row is not None and row["verdict"] == "underpowered":
        return Finding(
            Bilingual("可尝试增加年份或单位以提高检验力。", "Try more years or units: the test lacks power."),
            ("hypotheses",),
        )
    return Finding(
        Bilingual(
            "可在 report.html 的权重实验室里调整权重，看名次是否稳健。",
            "Move the weights in the lab of report.html to see how firm the ranks are.",
        ),
        ("weights",),
    )
