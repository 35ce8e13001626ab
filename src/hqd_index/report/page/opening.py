"""The page's opening: three short sentences, each with how sure it is and the numbers behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .. import key_findings
from ..bilingual import Bilingual
from ..figures.figure_labels import short_unit_name
from ..grids.uncertainty_text import interval_level
from ..key_findings import Finding
from ..number_format import integer, number, p_value, percent
from ..regression_rows import headline_rows
from ..results import Results
from ..sentences import MIN_REPRESENTED
from ..verdict_words import SPLITS, conclusion, judged_text
from ..wording import wording

MAX_SENTENCE = 40
"""Characters of a Chinese sentence of the opening at most."""
HIGH, MIDDLE = 0.95, 0.8
"""P(first above second) from which the order is sure, and from which it is likely."""
NAME_WIDTHS = (20.0, 12.0, 9.0, 7.0)
"""Ems of a unit's name, tried in turn until the sentence fits."""
MAX_ENGLISH_WIDTH = 60.0


@dataclass(frozen=True)
class Opening:
    """A sentence, its chip with the level that colours it, facts (label, value) and the long sentences behind it."""

    id: str
    text: Bilingual
    chip: Bilingual
    level: str
    facts: tuple[tuple[Bilingual, str], ...]
    findings: tuple[Finding, ...]
    sources: tuple[str, ...]


def opening(results: Results) -> tuple[Opening, Opening, Opening]:
    """Who leads, what the density goes with, what was read."""
    return _leaders(results), _link(results), _data(results)


def confidence(probability: float) -> str:
    """high, middle or low from P(first above second)."""
    return "high" if probability >= HIGH else "middle" if probability >= MIDDLE else "low"


def _leaders(results: Results) -> Opening:
    ranked = results.ranking(results.years[-1]).dropna(subset=["rank"]) if results.years else pd.DataFrame()
    findings = _present([key_findings.leading_units(results), key_findings.index_movement(results)])
    findings += _present([key_findings.rank_uncertainty(results)])
    if len(ranked) < 2:
        key = "page.opening.leader.alone" if len(ranked) else "page.opening.leader.none"
        name = results.unit_name(ranked["unit"].iloc[0]) if len(ranked) else Bilingual("", "")
        text = wording(key, first=name, year=str(results.years[-1]) if results.years else "—")
        return Opening("leaders", text, wording("page.chip.untested"), "none", (), findings, ("scores",))
    units, tied = ranked["unit"].tolist(), bool(ranked["rank"].iloc[0] == ranked["rank"].iloc[1])
    probability = _first_above_second(results)
    level = "low" if tied else "none" if probability is None else confidence(probability)
    case = "tie" if tied else "untested" if probability is None else level
    text = _fitted(f"page.opening.leader.{case}", [results.unit_name(unit) for unit in units[:2]])
    facts = [(wording("page.fact.probability"), number(probability, 2))] if probability is not None else []
    facts += [(wording("page.fact.score", name=results.unit_name(unit)), number(score, 2)) for unit, score in _scores(ranked)]
    facts += _rank_interval_facts(results, units[:2])
    sources = ("scores", "neighbours", "ranks") if probability is not None else ("scores",)
    return Opening("leaders", text, wording(f"page.chip.{case}"), level, tuple(facts), findings, sources)


def _scores(ranked: pd.DataFrame) -> list[tuple[str, float]]:
    return list(zip(ranked["unit"].head(2), ranked["score"].head(2)))


def _first_above_second(results: Results) -> float | None:
    """P(first above second) of the latest year over all draws; None where ranks were not drawn."""
    rows = results.table("neighbours")
    rows = rows[(rows["year"] == results.years[-1]) & (rows["place"] == 1)] if len(rows) else rows
    return None if rows.empty or pd.isna(rows["share"].iloc[0]) else float(rows["share"].iloc[0])


def _rank_interval_facts(results: Results, units: Sequence[str]) -> list[tuple[Bilingual, str]]:
    rows = results.table("ranks")
    rows = rows[rows["year"] == results.years[-1]].set_index("unit") if len(rows) else rows
    return [
        (
            wording("page.fact.rank_interval", name=results.unit_name(unit), level=interval_level(results)),
            f"{integer(rows['low'][unit])}–{integer(rows['high'][unit])}",
        )
        for unit in units
        if unit in rows.index
    ]


def _fitted(key: str, names: Sequence[Bilingual]) -> Bilingual:
    """The sentence with its two names, shortened until it is no longer than MAX_SENTENCE."""
    for width in NAME_WIDTHS:
        first, second = (short_unit_name(name.zh, name.en, width) for name in names)
        zh = wording(key, first=first, second=second).zh
        if len(zh) <= MAX_SENTENCE:
            break
    first, second = (short_unit_name(name.zh, name.en, MAX_ENGLISH_WIDTH) for name in names)
    return Bilingual(zh, wording(key, first=first, second=second).en)


def _link(results: Results) -> Opening:
    """What the density goes with, by what grade; cannot tell where the verdict is inconclusive."""
    row = key_findings.headline_row(results)
    if row is None:
        return _link_without_verdict(results)
    record = row.to_dict()
    text = conclusion(record, by_industry=results.study.study.unit.by == ("industry_code",))
    if record["split"] in SPLITS:
        text = wording("page.opening.link.split", conclusion=text, split=SPLITS[record["split"]])
    is_open = record["verdict"] == "inconclusive"
    chip, level = ("inconclusive", "none") if is_open else (record["grade"], GRADE_LEVELS[record["grade"]])
    judged = Finding(judged_text(record), ("hypotheses",))
    facts = _estimate_facts(record["estimate_sd"], record["ci_low"], record["ci_high"], record["p_wild"])
    findings = [judged, key_findings.headline_finding(results)]
    findings += [key_findings.composition_split(results), key_findings.contribution_finding(results)]
    sources = ("hypotheses", "regressions", "contribution")
    return Opening("link", text, wording(f"page.chip.{chip}"), level, facts, _present(findings), sources)


def _link_without_verdict(results: Results) -> Opening:
    """That the headline is estimated and nothing was fixed beforehand to judge it by, or that there is no estimate."""
    text, chip = wording("page.opening.link.none"), wording("page.chip.untested")
    rows = headline_rows(results)
    rows = rows[(rows["outcome"] == results.tree.root) & (rows["sample"] == "all")] if len(rows) else rows
    if rows.empty:
        reason = Finding(results.absence_reason("regressions"), ("not_made",))
        return Opening("link", text, chip, "none", (), (reason,), ("not_made",))
    row = rows.iloc[0]
    findings = [Finding(wording("page.opening.link.unjudged.why"), ("regressions",)), key_findings.composition_split(results)]
    facts = _estimate_facts(row["estimate_sd"], row["low"], row["high"], row["p_wild"])
    return Opening(
        "link", wording("page.opening.link.unjudged"), chip, "none", facts, _present(findings), ("regressions", "contribution")
    )


def _estimate_facts(estimate: float, low: float, high: float, p: float) -> tuple[tuple[Bilingual, str], ...]:
    return (
        (wording("page.fact.estimate"), number(estimate, 3)),
        (wording("page.fact.interval"), f"[{number(low, 3)}, {number(high, 3)}]"),
        (wording("page.fact.p"), p_value(p)),
    )


GRADE_LEVELS = {"credible": "high", "suggestive": "middle", "description": "low"}


def _data(results: Results) -> Opening:
    """Rows read, used and set aside; its chip is how much the sample or the indicators cover."""
    counts, (chip, level, cover) = key_findings.rows_accounted(results), _coverage(results)
    findings = _present(
        [
            key_findings.row_accounting(results),
            key_findings.sample_coverage(results),
            key_findings.incomplete_data(results),
            key_findings.indicators_left_out(results),
        ]
    )
    if counts is None:
        return Opening("data", wording("page.opening.rows.none"), chip, level, cover, findings, ("not_made",))
    rows_read, rows_used, quarantined, out_of_scope = counts
    places = {
        "read": integer(rows_read),
        "share": percent(rows_used / rows_read if rows_read else 1.0),
        "quarantined": integer(quarantined),
    }
    values = (("read", rows_read), ("used", rows_used), ("quarantined", quarantined), ("out_of_scope", out_of_scope))
    facts = tuple((wording(f"page.fact.{name}"), integer(count)) for name, count in values)
    return Opening("data", wording("page.opening.rows", **places), chip, level, facts + cover, findings, ("ledger", "quarantine"))


ENOUGH = {"revenue": (MIN_REPRESENTED, 0.5), "weight": (0.6, 0.9)}
"""Shares covered from which coverage is middling, and from which it is high."""


LEAST_SHARE = 0.01
"""Below it a share that is something is not printed as 0%."""


def _coverage(results: Results) -> tuple[Bilingual, str, tuple[tuple[Bilingual, str], ...]]:
    """Chip, level and fact: the sample's share of official revenue, else the weight of indicators with a value (medians)."""
    rows = results.table("coverage")
    revenue = rows["share_revenue"].dropna() if len(rows) else pd.Series(dtype=float)
    revenue = revenue if (revenue > 0).any() else revenue.iloc[:0]  # firms without a column of revenue add up to nothing
    rows = results.ranking(results.years[-1]) if results.years else pd.DataFrame({"coverage": []})
    kind, shares = ("revenue", revenue) if len(revenue) else ("weight", rows["coverage"].dropna())
    if shares.empty:
        return wording("page.chip.untested"), "none", ()
    share = float(shares.median())
    level = "high" if share >= ENOUGH[kind][1] else "middle" if share >= ENOUGH[kind][0] else "low"
    fact = (wording(f"page.fact.coverage.{kind}"), percent(share))
    shown = wording("page.chip.share.least") if 0 < share < LEAST_SHARE else percent(share, 0)
    return wording(f"page.chip.coverage.{kind}", share=shown), level, (fact,)


def _present(findings: Sequence[Finding | None]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding is not None)
