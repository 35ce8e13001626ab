"""What the results say, as zh/en pairs: page, workbook, Word and terminal take their sentences from here and cannot disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from .results import Results
from .words import Pair, number, p_value, percent, whole

VERDICTS: dict[str, Pair] = {
    "supported": Pair("得到支持", "supported"),
    "opposite": Pair("方向相反", "opposite sign"),
    "not_supported": Pair("未得到支持", "not supported"),
    "underpowered": Pair("检验力不足", "underpowered"),
}

MEANINGS: dict[str, Pair] = {
    "supported": Pair(
        "在设定的显著性水平上，估计值与预期同号且不为零。",
        "At the stated level the estimate differs from zero and has the predicted sign.",
    ),
    "opposite": Pair(
        "在设定的显著性水平上，估计值不为零，但与预期符号相反。",
        "At the stated level the estimate differs from zero, with the sign opposite to the prediction.",
    ),
    "not_supported": Pair(
        "数据足以发现有意义的效应，但没有发现。", "The data could have shown an effect of interest, and did not."
    ),
    "underpowered": Pair(
        "数据不足以判断：有意义的效应即使存在，也未必能被发现。这不等于没有效应。",
        "The data cannot tell: an effect of interest could be there and go unseen. This is not evidence of no effect.",
    ),
}

ADDITIONS: dict[str, Pair] = {
    "fragile": Pair(
        "结论不稳健（换一种推断方法或剔除一个单位即改变）", "fragile (another inference method, or dropping one unit, changes it)"
    ),
    "composition_only": Pair(
        "只见构成效应（剔除专精特新企业后不再成立）", "composition only (gone once recognised firms are left out)"
    ),
    "pre_trend": Pair("认定之前已有趋势差异", "pre-trends differ before recognition"),
    "few_clusters": Pair(
        "聚类太少，任何结果都达不到设定的显著性水平", "too few clusters for any result to reach the stated level"
    ),
}

HYPOTHESES: dict[str, Pair] = {
    "H1": Pair("专精特新密度提高制造业高质量发展指数", "SRDI density raises the index"),
    "H2a": Pair("专精特新密度提高创新动力", "SRDI density raises innovation"),
    "H2b": Pair("专精特新密度提高品牌价值", "SRDI density raises brand"),
    "H2c": Pair("专精特新密度推动转型升级", "SRDI density raises upgrading"),
    "H3a": Pair("专精特新密度提高产业链完整（补链）", "SRDI density raises completeness"),
    "H3b": Pair("专精特新密度提高产业优势（强链）", "SRDI density raises advantage"),
    "H3c": Pair("专精特新密度提高产业链畅通（畅链）", "SRDI density raises smoothness"),
}

SAMPLES: dict[str, Pair] = {
    "all": Pair("全部企业", "all firms"),
    "leave_out": Pair("剔除专精特新企业", "recognised firms left out"),
}

ASSUMPTION = Pair(
    "年份固定效应吸收了各单位共同的变动，因此这一数字假定专精特新企业除此之外没有对所有单位共同的影响（缺失截距）。",
    "Year effects absorb what moves all units alike, "
    "so this figure assumes no effect of SRDI firms common to all units (missing intercept).",
)

TOTAL = "total"

MECHANICAL = Pair(
    "认定标准（研发强度、市场占有率等）本身就是指数的成分，所以“全部企业”的估计即使没有外溢也会为正；"
    "请与“剔除专精特新企业”的估计一并阅读。",
    "Recognition criteria (R&D ratio, market share ...) are ingredients of the index, "
    "so the all-firms estimate is positive even without spillover; read it beside the leave-out estimate.",
)

SYNTHETIC = Pair(
    "本研究使用程序生成的合成数据，结果只用于演示，不代表任何真实行业。",
    "This study runs on synthetic data made by the program: its results are a demonstration and describe no real industry.",
)


@dataclass(frozen=True)
class Finding:
    """One sentence and the tables its numbers come from."""

    text: Pair
    sources: tuple[str, ...]


def verdict(key: Any) -> Pair:
    """The verdict's name; the key itself where it is not a verdict."""
    return VERDICTS.get(_key(key), Pair(str(key), str(key)))


def meaning(key: Any) -> Pair:
    """What a verdict means, in one sentence."""
    return MEANINGS.get(_key(key), Pair("", ""))


def additions(keys: Any) -> Pair:
    """The cautions beside a verdict, joined; empty where there are none."""
    if not isinstance(keys, str) or not keys.strip():
        return Pair("", "")
    found = [ADDITIONS.get(_key(key), Pair(key.strip(), key.strip())) for key in keys.replace(";", ",").split(",") if key.strip()]
    return Pair("、".join(pair.zh for pair in found), "; ".join(pair.en for pair in found))


def _key(key: Any) -> str:
    text = str(key).strip().lower().replace(" ", "_").replace("-", "_")
    return {"opposite_sign": "opposite", "pretrend": "pre_trend"}.get(text, text)


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
    estimate, p = number(row["estimate_sd"], 3), p_value(row["p_wild"])
    p = p if p.startswith("<") else f"= {p}"
    zh = f"专精特新密度每高 1 个标准差，指数变动 {estimate} 个标准差（95% 区间 {interval(row)}，自助法 p {p}）：{said.zh}"
    en = f"One SD more SRDI density goes with {estimate} SD of the index "
    en += f"(95% interval {interval(row)}, bootstrap p {p}): {said.en}"
    zh, en = (f"{zh}；提示：{extra.zh}。", f"{en}. Caution: {extra.en}.") if extra.zh else (f"{zh}。", f"{en}.")
    return Finding(Pair(zh, en), ("hypotheses",))


def quantity(results: Results, name: str) -> pd.Series | None:
    """The row of `contribution` for all units together that holds this quantity, or None."""
    rows = results.table("contribution")
    if rows.empty:
        return None
    rows = rows[(rows["quantity"] == name) & rows["unit"].fillna(TOTAL).eq(TOTAL)].dropna(subset=["value"])
    return rows.iloc[0] if len(rows) else None


def split(results: Results) -> Finding | None:
    """Spillover and composition, which add up to the estimate on all firms."""
    spill, own = quantity(results, "effect_spillover_sd"), quantity(results, "effect_composition_sd")
    if spill is None or own is None:
        return None
    row = headline_row(results, "leave_out")
    said = verdict(row["verdict"]) if row is not None else Pair("未检验", "not tested")
    zh = (
        f"其中外溢效应（只看从未被认定的企业）{number(spill['value'], 3)}，95% 区间 {interval(spill)}，{said.zh}；"
        f"构成效应（专精特新企业自身）{number(own['value'], 3)}，95% 区间 {interval(own)}。两者之和等于全部企业的估计。"
    )
    en = (
        f"Of this, spillover (firms never recognised) is {number(spill['value'], 3)}, 95% interval {interval(spill)}: {said.en}; "
        f"composition (recognised firms themselves) is {number(own['value'], 3)}, 95% interval {interval(own)}. "
        "They add up to the whole."
    )
    return Finding(Pair(zh, en), ("contribution", "hypotheses"))


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
    return Finding(Pair(zh + ASSUMPTION.zh, f"{en} {ASSUMPTION.en}"), ("contribution",))


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
        Pair(
            f"{year} 年有排名的 {len(ranked)} 个单位中，居前的是{first.zh}；居后的是{last.zh}。",
            f"Of {len(ranked)} units ranked in {year}, first are {first.en}; last are {last.en}.",
        ),
        ("scores",),
    )


def _named(rows: pd.DataFrame) -> Pair:
    scores = [number(score, 1) for score in rows["score"]]
    return Pair(
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
        Pair(
            f"{first}–{last} 年指数均值由 {number(means[0], 1)} 变为 {number(means[1], 1)};"
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
        Pair(
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


def findings(results: Results) -> list[Finding]:
    """The page's opening: at most five sentences, in the order people ask."""
    estimate, parts = headline(results), split(results)
    if estimate and parts:
        joined = Pair(estimate.text.zh + parts.text.zh, f"{estimate.text.en} {parts.text.en}")
        estimate = Finding(joined, estimate.sources + parts.sources)
    found = [leaders(results), movement(results), estimate, contribution(results), accounting(results)]
    return [finding for finding in found if finding is not None]


def closing(results: Results) -> Finding:
    """What to try next, from what this run shows."""
    if not results.has("hypotheses"):
        why = results.why_not("regressions")
        return Finding(Pair(f"回归未生成：{why.zh}", f"No regressions: {why.en}"), ("not_made",))
    row = headline_row(results)
    if row is not None and _key(row["verdict"]) == "underpowered":
        return Finding(
            Pair("可尝试增加年份或单位以提高检验力。", "Try more years or units: the test lacks power."),
            ("hypotheses",),
        )
    return Finding(
        Pair(
            "可在 report.html 的权重实验室里调整权重，看名次是否稳健。",
            "Move the weights in the lab of report.html to see how firm the ranks are.",
        ),
        ("weights",),
    )
