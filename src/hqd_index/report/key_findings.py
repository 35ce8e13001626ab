"""What a run found, in sentences with numbers; each knows the tables that hold its numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .bilingual import BLANK_TEXT, Bilingual
from .number_format import p_value
from .regression_rows import firm_shares
from .results import Results
from .sentences import INTERCEPT_NOTE, MIN_REPRESENTED, TOTAL, interval_text, ruled_out
from .verdict_words import caution_text, conclusion, verdict_label, verdict_text
from .wording import listing, sentences_together, together, wording, wordings

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
    cautions = caution_text(row["additions"])
    smallest_p = max(1 / results.study.regressions.inference.draws, 2.0 ** (1 - row["n_clusters"]))  # 0 of so many draws
    sentence = wording(
        "findings.headline",
        conclusion=conclusion(record, by_industry=by_industry),
        estimate=row["estimate_sd"],
        interval=interval_text(row["ci_low"], row["ci_high"]),
        p=p_value(row["p_wild"], smallest_shown=smallest_p),
        verdict=verdict_text(record),
        bound=ruled_out(row["rules_out"]),
    )
    caution = wording("findings.headline.cautions", cautions=cautions) if cautions.zh else BLANK_TEXT
    return Finding(sentences_together(sentence, caution), ("hypotheses",))


def contribution_row(results: Results, quantity: str) -> pd.Series | None:
    """The row of `contribution` for all units together that holds this quantity, or None."""
    rows = results.table("contribution")
    if rows.empty:
        return None
    rows = rows[(rows["quantity"] == quantity) & rows["unit"].fillna(TOTAL).eq(TOTAL) & (rows["sample"] == "all")]
    rows = rows.dropna(subset=["value"])
    return rows.iloc[0] if len(rows) else None


WHOLE = 1e-12
"""Weight short of which all of an index is from firms: a sum of shares in another order."""


def split_effects(results: Results) -> tuple[str, dict[str, pd.Series]] | None:
    """What is split into spillover and composition ("" the whole index, "splittable_" its part from firms), and its rows."""
    for prefix in ("", "splittable_"):
        effect_rows = {
            effect_part: contribution_row(results, f"{prefix}effect{effect_part}_points")
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
    row = headline_row(results, "leave_out")
    text = wording(
        f"findings.split.{'splittable' if prefix else 'whole'}",
        subject=_split_subject(results, prefix),
        effect=rows[""]["value"],
        spillover=spillover["value"],
        spillover_interval=interval_text(spillover["ci_low"], spillover["ci_high"]),
        verdict=verdict_label(row["verdict"]) if row is not None else wording("findings.not_tested"),
        composition=composition["value"],
        composition_interval=interval_text(composition["ci_low"], composition["ci_high"]),
    )
    return Finding(text, ("contribution", "hypotheses"))


def _split_subject(results: Results, prefix: str) -> Bilingual:
    """What is split, and why: it changes with the weights, and figures of two subjects do not compare."""
    firm_share = sum(firm_shares(results)[1].values())
    key = "splittable" if prefix else "all" if firm_share > 1 - WHOLE else "whole"
    return wording(f"findings.split.subject.{key}", share=firm_share)


def contribution_finding(results: Results) -> Finding | None:
    """Density's part in the change of the index between two years, with interval."""
    row = contribution_row(results, "share")
    if row is None or pd.isna(row["from_year"]):
        return None
    sentence = wording(
        "findings.contribution",
        first_year=int(row["from_year"]),
        last_year=int(row["to_year"]),
        share=row["value"],
        low=row["ci_low"],
        high=row["ci_high"],
    )
    return Finding(sentences_together(sentence, INTERCEPT_NOTE), ("contribution",))


def leading_units(results: Results, unit_count: int = 3) -> Finding | None:
    """The first and last units of the latest year."""
    if not results.years:
        return None
    year = results.years[-1]
    ranked_units = results.ranking(year).dropna(subset=["rank"])
    if ranked_units.empty:
        return None
    key, count = _leaders_key(ranked_units, unit_count)
    best, worst = (_scores_listed(rows, ranked_units) for rows in (ranked_units.head(count), ranked_units.tail(count)))
    return Finding(wording(key, year=year, ranked=len(ranked_units), best=best, worst=worst), ("scores",))


def _leaders_key(ranked_units: pd.DataFrame, unit_count: int) -> tuple[str, int]:
    """The sentence that so many ranked units allow, and how many units it lists at each end."""
    if len(ranked_units) == 1:
        return "findings.leaders.only", 1
    count = min(unit_count, len(ranked_units) // 2)
    return "findings.leaders" if count > 1 else "findings.leaders.few", count


def _scores_listed(score_rows: pd.DataFrame, ranked_units: pd.DataFrame) -> Bilingual:
    """Units with their scores; those that share a rank say so."""
    sharing = ranked_units["rank"].value_counts()
    return listing(
        wording(
            "findings.leaders.tied" if sharing[row["rank"]] > 1 else "findings.leaders.unit",
            unit=Bilingual(row["unit_zh"], row["unit_en"]),
            score=row["score"],
            rank=row["rank"],
        )
        for row in score_rows.to_dict("records")
    )


def index_movement(results: Results) -> Finding | None:
    """How the mean index moved, and who climbed and fell most since the first year."""
    if len(results.years) < 2:
        return None
    first_year, last_year = results.years[0], results.years[-1]
    first_mean, last_mean = (results.ranking(year)["score"].mean() for year in (first_year, last_year))
    rank_gain = results.change(last_year, first_year).dropna()
    if rank_gain.empty:
        return None
    mean = wording("findings.movement", first_year=first_year, last_year=last_year, first_mean=first_mean, last_mean=last_mean)
    return Finding(_rank_changes(results, mean, rank_gain), ("scores",))


def _rank_changes(results: Results, mean: Bilingual, rank_gain: pd.Series) -> Bilingual:
    """The sentence on the mean, with who climbed and fell most where anyone did."""
    if len(rank_gain) > 1 and not rank_gain.any():
        return wording("findings.movement.none", mean=mean)
    rise, fall = rank_gain.max(), -rank_gain.min()
    if not (rise > 0 and fall > 0):
        return wording("findings.movement.mean_only", mean=mean)
    climbers, fallers = (_units_listed(results, rank_gain.index[rank_gain == gain]) for gain in (rise, -fall))
    return wording("findings.movement.both", mean=mean, climber=climbers, rise=rise, faller=fallers, fall=fall)


def _units_listed(results: Results, units: pd.Index) -> Bilingual:
    """Names of the units that share a change of rank: two by name, the first of more."""
    names = [results.unit_name(str(unit)) for unit in units]
    key = {1: "one", 2: "two"}.get(len(names), "many")
    return wording(f"findings.tied.{key}", first=names[0], second=names[-1], others=len(names) - 1)


def row_accounting(results: Results) -> Finding | None:
    """Rows read = used + quarantined + out of scope, over all raw files."""
    counts = rows_accounted(results)
    if counts is None:
        return None
    rows_read, rows_used, quarantined, outside = counts
    share = quarantined / rows_read if rows_read else 0.0
    key = "findings.rows" if quarantined else "findings.rows.none_quarantined"
    text = wording(key, rows_read=rows_read, used=rows_used, quarantined=quarantined, share=share, outside=outside)
    return Finding(text, ("ledger",))


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
    listed_labels = listing(list(labels.values())[:LISTED_INDICATORS])
    more = " …" if len(labels) > LISTED_INDICATORS else ""
    indicators = Bilingual(listed_labels.zh + more, listed_labels.en + more)
    uneven_count = int((rows["flag"] == "I-GAPS-STATUS").sum())
    text = sentences_together(
        wording(f"findings.gaps.{'one' if len(labels) == 1 else 'many'}", count=len(labels), indicators=indicators),
        wording("findings.gaps.uneven", count=uneven_count) if uneven_count else BLANK_TEXT,
        wording("findings.gaps.rule"),
    )
    return Finding(text, ("diagnostics", "indicators"))


def indicators_left_out(results: Results) -> Finding | None:
    """Which indicators the index is without, as they have no value at all."""
    rows = results.base_weights
    nodes = [node for node in results.leaves if ((rows["node"] == node) & (rows["note"] == "I-EMPTY")).any()] if len(rows) else []
    if not nodes:
        return None
    indicators = listing(wording("findings.named_id", name=results.name(node), id=node) for node in nodes)
    text = wording(f"findings.without.{'one' if len(nodes) == 1 else 'many'}", count=len(nodes), indicators=indicators)
    return Finding(text, ("weights", "not_made"))


def sample_coverage(results: Results) -> Finding | None:
    """How much of the official totals the sample holds."""
    rows = results.table("coverage")
    rows = rows.dropna(subset=["share_revenue"]) if len(rows) else rows
    if rows.empty:
        return None
    lowest_row = rows.sort_values(["share_revenue", "unit", "year"]).iloc[0]
    text = wording(
        "findings.coverage",
        median=rows["share_revenue"].median(),
        lowest=lowest_row["share_revenue"],
        unit=results.unit_name(str(lowest_row["unit"])),
        year=int(lowest_row["year"]),
        below=int((rows["share_revenue"] < MIN_REPRESENTED).sum()),
    )
    return Finding(text, ("coverage",))


def rank_uncertainty(results: Results) -> Finding | None:
    """How far ranks move over all draws of designs, weights and firms."""
    rows = results.table("uncertainty_summary")
    facts = _values_by_quantity(rows[rows["source"] == "all"]) if len(rows) else {}
    if not {"draws", "mean_shift", "mean_width"} <= set(facts):
        return None
    sources = together([text for source, text in wordings("findings.ranks.source").items() if source in sources_drawn(results)])
    ranks = wording(
        "findings.ranks.drawn",
        draws=facts["draws"],
        sources=sources,
        shift=facts["mean_shift"],
        width=facts["mean_width"],
    )
    pairs = results.table("neighbours")
    pairs = pairs[pairs["year"] == pairs["year"].max()] if len(pairs) else pairs
    if pairs.empty:
        return Finding(wording("findings.ranks.alone", ranks=ranks), ("uncertainty_summary",))
    text = wording("findings.ranks.pairs", ranks=ranks, pairs=len(pairs), apart=int(pairs["apart"].sum()))
    return Finding(text, ("uncertainty_summary", "neighbours"))


def sources_drawn(results: Results) -> set[str]:
    """What the draws of this run varied: design, weights, data (firms drawn again)."""
    rows = results.table("uncertainty_summary")
    return set(rows["source"]) if len(rows) else set()


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
    return Finding(sentences_together(*texts), ("multiverse_summary",))


CURVE_OUTCOMES = ("all", "leave_out")


def _multiverse_sentence(curve_facts: dict[str, float], sample: str) -> Bilingual | None:
    """One outcome's sentence; None where its curve is missing."""
    if not {"run", "declared", "positive", "significant", "median"} <= set(curve_facts):
        return None
    estimated = curve_facts["declared"] - curve_facts.get("not_estimable", 0.0)
    wild, joint_p = (curve_facts.get(quantity, float("nan")) for quantity in ("significant_wild", "joint_p_median"))
    has_twins = curve_facts["run"] != estimated  # twins among the designs, see `distinct_designs`
    return wording(
        "findings.curve",
        outcome=wording(f"findings.curve.{sample}"),
        declared=curve_facts["declared"],
        estimated=estimated,
        counted_once=wording("findings.curve.counted_once", count=curve_facts["run"]) if has_twins else BLANK_TEXT,
        median=curve_facts["median"],
        positive=curve_facts["positive"],
        significant=curve_facts["significant"] if pd.isna(wild) else wild,
        test=wording(f"findings.curve.test.{'cv3' if pd.isna(wild) else 'wild'}"),
        joint=BLANK_TEXT if pd.isna(joint_p) else wording("findings.curve.joint", p=joint_p),
    )


def run_variant(results: Results) -> Finding | None:
    """That the run is of a scenario, or of a study changed on the command line; None where it is as its files say."""
    scenario, changes = results.manifest.get("scenario"), results.manifest.get("changes")
    texts = []
    if scenario:
        texts.append(wording("readme.scenario", scenario=Bilingual(scenario["zh"], scenario["en"]), id=scenario["id"]))
    if changes:
        texts.append(wording("readme.changes", changes="; ".join(f"{path}={value}" for path, value in changes.items())))
    return Finding(sentences_together(*texts), ()) if texts else None


def main_findings(results: Results) -> list[Finding]:
    """The page's opening: what the index is without, then at most five sentences in the order people ask."""
    estimate, composition_parts = headline_finding(results), composition_split(results)
    if estimate and composition_parts:
        combined_text = sentences_together(estimate.text, composition_parts.text)
        estimate = Finding(combined_text, tuple(dict.fromkeys(estimate.sources + composition_parts.sources)))
    candidates = [
        run_variant(results),
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
    if results.has("regressions") and not results.has("hypotheses"):
        return Finding(wording("page.opening.link.unjudged.why"), ("regressions",))
    if not results.has("hypotheses"):
        return Finding(wording("findings.next.no_regression", reason=results.absence_reason("regressions")), ("not_made",))
    row = headline_row(results)
    if row is not None and row["verdict"] == "inconclusive":
        return Finding(wording("findings.next.inconclusive"), ("hypotheses",))
    key = "findings.next.lab" if "page" in results.study.study.outputs else "findings.next.weights"
    return Finding(wording(key), ("weights",))
