"""The numbers behind each raised flag, with its threshold, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from ..country_names import country_name
from ..study.records import Study

Words = tuple[str, str]


def evidence(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """evidence_zh, evidence_en: for each flag a node has, value and threshold; missing where it has none."""
    texts = [_texts(study, row) for row in rows.to_dict("records")]
    columns = {
        column: [separator.join(pair[k] for pair in words) or None for words in texts]
        for k, (column, separator) in enumerate((("evidence_zh", "；"), ("evidence_en", "; ")))
    }
    return pd.DataFrame(columns, index=rows.index, dtype=object)


def _texts(study: Study, row: dict[Any, Any]) -> list[Words]:
    return [words(study, row) for flag, words in WORDS.items() if row.get(flag) == 1]


def _chokepoint(study: Study, row: dict[str, Any]) -> Words:
    rule = study.columns.links.chokepoint
    if row["kind"] == "product":
        zh, en = country_name(str(row["top_source"]))
        return (
            f"卡点:进口来源集中度 {row['import_hhi']:.2f}(阈值 {rule.hhi_import:g}),世界出口集中度 {row['hhi_world']:.2f}"
            f"(阈值 {rule.hhi_world:g}),最大来源{zh} {row['top_share']:.0%}",
            f"chokepoint: import sources {row['import_hhi']:.2f} (above {rule.hhi_import:g}), world exports "
            f"{row['hhi_world']:.2f} (above {rule.hhi_world:g}), largest source {en} {row['top_share']:.0%}",
        )
    zh, en = _weight_of_chokepoints(row)
    return f"卡点:卡脖子产品 {row['products_zh']}{zh}", f"chokepoint: products {row['products_en']}{en}"


def _weight_of_chokepoints(row: dict[str, Any]) -> Words:
    """How many of the industry's products are chokepoints, and their share of its imports where it is known."""
    n_chokepoints, n_products, share = f"{row['n_chokepoints']:.0f}", f"{row['n_products']:.0f}", row["chokepoint_import_share"]
    imports = ("", "") if pd.isna(share) else (f",占该行业进口额 {share:.1%}", f", {share:.1%} of the industry's imports")
    return f"({n_products} 种产品中 {n_chokepoints} 种{imports[0]})", f" ({n_chokepoints} of {n_products}{imports[1]})"


def _gap(study: Study, row: dict[str, Any]) -> Words:
    rules = study.lists.flags
    words = []
    if row["n_firms"] < rules.gap_firms:
        firms = f"{row['n_firms']:.0f}"
        words.append((f"国内企业 {firms} 家(少于 {rules.gap_firms})", f"{firms} domestic firms (below {rules.gap_firms})"))
    if row["self_sufficiency"] < rules.gap_self_sufficiency:
        level, limit = f"{row['self_sufficiency']:.2f}", f"{rules.gap_self_sufficiency:g}"
        words.append((f"自给率 {level}(低于 {limit})", f"self-sufficiency {level} (below {limit})"))
    return _joined("断点", "gap", words)


def _blockage(study: Study, row: dict[str, Any]) -> Words:
    rules = study.lists.flags
    words = []
    for indicator in rules.blockage_indicators:
        z = row.get(f"z_{indicator}")
        if z is not None and z < rules.blockage_z:
            label = study.indicators.indicators[indicator].label
            level, limit = f"{z:.2f}", f"{rules.blockage_z:g}"
            words.append((f"{label.zh}标准化值 {level}(低于 {limit})", f"{label.en} z {level} (below {limit})"))
    if not words:
        days, top, years = f"{row['days']:.0f}", f"{100 - rules.blockage_days_pct:g}%", rules.blockage_rising
        words.append((f"回收期 {days} 天,居前 {top},连升 {years} 年", f"{days} days, in the top {top}, rising for {years} years"))
    return _joined("堵点", "blockage", words)


def _weak(study: Study, row: dict[str, Any]) -> Words:
    rules = study.lists.flags
    nrca, limit = f"{row['nrca']:.2f}", f"{rules.weak_nrca:g}"
    central, percentile = f"{row['betweenness']:.3f}", f"P{rules.weak_centrality_pct:g}"
    return (
        f"短板:NRCA {nrca}(低于 {limit}),中介中心性 {central}({percentile} 以上)",
        f"weak: NRCA {nrca} (below {limit}), betweenness {central} (at or above {percentile})",
    )


def _strong(study: Study, row: dict[str, Any]) -> Words:
    rules = study.lists.flags
    nrca, percentile = f"{row['nrca']:.2f}", f"P{rules.strong_nrca_pct:g}"
    share, limit = f"{row['world_share']:.0%}", f"{rules.strong_world_share:.0%}"
    return (
        f"长板:NRCA {nrca}({percentile} 以上),占世界出口 {share}(不低于 {limit})",
        f"strong: NRCA {nrca} (at or above {percentile}), {share} of world exports (at least {limit})",
    )


def _joined(zh: str, en: str, words: list[Words]) -> Words:
    return f"{zh}:{'、'.join(pair[0] for pair in words)}", f"{en}: {' and '.join(pair[1] for pair in words)}"


WORDS: dict[str, Callable[[Study, dict[str, Any]], Words]] = {
    "chokepoint": _chokepoint,
    "gap": _gap,
    "blockage": _blockage,
    "weak": _weak,
    "strong": _strong,
}
