"""Words of verdicts, sizes, splits, grades and cautions, as zh/en pairs: every output takes them from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from .bilingual import BLANK_TEXT, Bilingual
from .wording import filled_sentence, listing, wording, wordings

VERDICTS = wordings("verdicts.label")
MEANINGS = wordings("verdicts.meaning")
CONCLUSIONS = wordings("verdicts.conclusion")
"""What a verdict says of {unit}."""
SIZES, SPLITS, GRADES = wordings("verdicts.size"), wordings("verdicts.split"), wordings("verdicts.grade")
LACKS, ADDITIONS = wordings("verdicts.lacks"), wordings("verdicts.caution")


def conclusion(record: Mapping[Any, Any], *, by_industry: bool) -> Bilingual:
    """What the headline comes to, with its grade: how a sentence on it begins."""
    unit = wording(f"verdicts.units.{'industries' if by_industry else 'units'}")
    text = filled_sentence(CONCLUSIONS[record["verdict"]], unit=unit)
    return wording("verdicts.graded", conclusion=text, grade=GRADES[record["grade"]])


def judged_text(record: Mapping[Any, Any]) -> Bilingual:
    """Verdict with its size and split, then grade, what the next grade lacks and the breakdown multiple."""
    return listing([verdict_text(record), grade_text(record), *_breakdown(record)], "clauses")


def verdict_text(record: Mapping[Any, Any]) -> Bilingual:
    """The verdict with its size and split in brackets."""
    label = verdict_label(record["verdict"])
    qualifiers = [
        labels_of_values[record[field_name]]
        for field_name, labels_of_values in (("size", SIZES), ("split", SPLITS))
        if _is_given(record.get(field_name))
    ]
    return _with_qualifiers(label, listing(qualifiers, "clauses")) if qualifiers else label


def grade_text(record: Mapping[Any, Any]) -> Bilingual:
    """The grade, in brackets what the next higher one lacks."""
    label, missing_conditions = GRADES[record["grade"]], lacks_text(record.get("grade_lacks"))
    return _with_qualifiers(label, wording("verdicts.lacking", conditions=missing_conditions)) if missing_conditions.zh else label


def _breakdown(record: Mapping[Any, Any]) -> list[Bilingual]:
    breakdown_multiple = record.get("breakdown")
    if breakdown_multiple is None or pd.isna(breakdown_multiple):
        return []
    return [wording("verdicts.breakdown", multiple=breakdown_multiple)]


def _is_given(cell_value: Any) -> bool:
    return isinstance(cell_value, str) and bool(cell_value.strip())


def _with_qualifiers(label: Bilingual, qualifiers: Bilingual) -> Bilingual:
    return wording("verdicts.qualified", label=label, qualifiers=qualifiers)


def verdict_label(verdict_key: str) -> Bilingual:
    """The verdict's name; raises KeyError where it is not a verdict."""
    return VERDICTS[verdict_key]


def verdict_meaning(verdict_key: str) -> Bilingual:
    """What a verdict means, in one sentence; raises KeyError where it is not a verdict."""
    return MEANINGS[verdict_key]


def lacks_text(condition_list: Any) -> Bilingual:
    """Conditions that a higher grade lacks, joined; empty where there are none. Raises KeyError for an unknown one."""
    return _word_list(condition_list, LACKS)


def caution_text(caution_list: Any) -> Bilingual:
    """The cautions beside a verdict, joined by semicolons; empty where there are none. Raises KeyError for an unknown caution."""
    if not _is_given(caution_list):
        return BLANK_TEXT
    cautions = [ADDITIONS[caution] for caution in caution_list.split(";")]  # sentences of their own, which hold commas
    return Bilingual("；".join(caution.zh for caution in cautions), listing(cautions, "clauses").en)


def _word_list(key_list: Any, label_by_key: Mapping[str, Bilingual]) -> Bilingual:
    """Labels of keys between semicolons: in Chinese with 、, in English with semicolons, as they hold commas."""
    if not _is_given(key_list):
        return BLANK_TEXT
    labels = [label_by_key[label_key] for label_key in key_list.split(";")]
    return Bilingual(listing(labels).zh, listing(labels, "clauses").en)
