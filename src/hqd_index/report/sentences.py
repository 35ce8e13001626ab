"""What the results say, as zh/en pairs: page, workbook, Word and terminal take their sentences from here and cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .bilingual import BLANK_TEXT, Bilingual
from .number_format import is_missing, number
from .verdict_words import caution_text, judged_text, verdict_meaning
from .wording import sentences_together, wording, wordings

HYPOTHESES = wordings("hypotheses.statement")
SAMPLES = wordings("hypotheses.sample")
GROUPS = wordings("hypotheses.group")
QUANTITIES = wordings("hypotheses.quantity")
"""What a hypothesis measures, where that is not the effect of density."""
OTHER_FIRMS_STATEMENT, DENSITY_EFFECT = wording("hypotheses.other_firms"), wording("hypotheses.density_effect")  # the first: H6b
INTERCEPT_NOTE, MECHANICAL_PART_NOTE, SYNTHETIC_NOTICE = wordings("hypotheses.note").values()

TOTAL = "total"
MIN_REPRESENTED = 0.2
"""Share of official revenue below which a unit-year is flagged."""


def sample_label(sample_key: str) -> Bilingual:
    """The name of a sample or of a group of firms; raises KeyError where it is neither."""
    return (SAMPLES | GROUPS)[sample_key]


def verdict_sentence(record: Mapping[Any, Any], statement: Bilingual, sample: Bilingual) -> Bilingual:
    """One line of `hypotheses` as a sentence for a paper: what was asked, the numbers, the verdict, what it means, cautions."""
    quantity = DENSITY_EFFECT if record["hypothesis"] == "H6b" else QUANTITIES.get(str(record["hypothesis"])[:2], DENSITY_EFFECT)
    bound, cautions = ruled_out(record["rules_out"]), caution_text(record["additions"])
    sentence = wording(
        "hypotheses.sentence",
        statement=statement,
        sample=sample,
        quantity=quantity,
        numbers=_statistics_text(record),
        verdict=judged_text(record),
        meaning=verdict_meaning(record["verdict"]),
        bound=Bilingual(bound.zh, f"{bound.en[0].upper()}{bound.en[1:]}"),
    )
    caution = wording("hypotheses.sentence.cautions", cautions=cautions) if cautions.zh else BLANK_TEXT
    return sentences_together(sentence, caution)


def ruled_out(bound: float) -> Bilingual:
    """Which effects the 90% interval excludes: `bound` is its larger absolute end, missing or infinite where it excludes none."""
    if is_missing(bound) or math.isinf(bound):
        return wording("hypotheses.rules_out.none")
    return wording("hypotheses.rules_out", bound=bound)


def interval_text(low: float, high: float) -> Bilingual:
    """`95% interval [low, high]`, or that there is none."""
    if is_missing(low) and is_missing(high):
        return wording("hypotheses.interval.none")
    return wording("hypotheses.interval", interval=f"[{number(low, 3)}, {number(high, 3)}]")


def _statistics_text(record: Mapping[Any, Any]) -> Bilingual:
    """`0.250 SD (95% interval ..., bootstrap p ..., adjusted p ..., N, G, MDE, SESOI)`."""
    return wording(
        "hypotheses.numbers",
        estimate=record["estimate_sd"],
        interval=interval_text(record["ci_low"], record["ci_high"]),
        p=record["p_wild"],
        p_adjusted=record["p_adjusted"],
        n=record["n_obs"],
        g=record["n_clusters"],
        mde=record["mde"],
        sesoi=record["sesoi"],
    )
