"""Indicator formulas as people write them: column ids become their names, sums become Σ."""

from __future__ import annotations

import re

from ..canonical import CANONICAL
from ..study.records import Study
from .bilingual import Bilingual
from .wording import wording, wordings

WORDS = wordings("paper.formula_word")  # fmt: skip


def formula_in_words(study: Study, indicator: str) -> Bilingual:
    """The formula of an indicator in both languages; the exact expression is in the codebook."""
    leaf = study.indicators.indicators[indicator]
    names = column_names(study, leaf.table)
    return Bilingual(_formula_in_words(leaf.formula, names, "zh"), _formula_in_words(leaf.formula, names, "en"))


def column_names(study: Study, table: str) -> dict[str, Bilingual]:
    """column -> its names: canonical ones, then the study's own and derived ones."""
    labels_of_columns: dict[str, Bilingual] = {}
    if table in CANONICAL:
        labels_of_columns = {id: Bilingual(column.zh, column.en) for id, column in CANONICAL[table].columns.items()}
    if table in study.sources.tables:
        labels_of_columns |= {
            id: Bilingual(column_spec.label.zh, column_spec.label.en)
            for id, column_spec in study.sources.tables[table].columns.items()
        }
    labels_of_columns |= {
        id: Bilingual(derived_column.label.zh, derived_column.label.en)
        for id, derived_column in study.columns.tables.get(table, {}).items()
    }
    return labels_of_columns


def _formula_in_words(formula: str, labels_of_columns: dict[str, Bilingual], language: str) -> str:
    """Sums as Σ, filters in brackets, identifiers outside quotes by name."""
    text = " ".join(formula.split())
    text = re.sub(r"^sum\((\w+)\)$", r"\1", text)  # of one row per unit and year: the value itself
    text = re.sub(r"\b(\d{4,})\b", lambda digits: f"{int(digits[1]):,}", text)
    text = text.replace("is not null", wording("paper.formula.given").of(language))
    text = re.sub(r"count\(\s*\*\s*\)", wording("paper.formula.number").of(language), text)
    text = re.sub(r"\s*filter\s*\(\s*where\s+([^()]*)\)", r" [\1]", text)
    text = re.sub(r"\bsum\(([^()]*)\)", r"Σ\1", text)
    text = re.sub(r"Σ([^Σ\[\]/*+-]*[*+-][^Σ\[\]/]*?)(?=$| /|\))", r"Σ(\1)", text)
    quoted_parts = re.split(r"('[^']*')", text)
    return "".join(
        quoted_part if k % 2 else _identifiers_named(quoted_part, labels_of_columns, language)
        for k, quoted_part in enumerate(quoted_parts)
    ).replace("*", "×")


def _identifiers_named(formula_text: str, labels_of_columns: dict[str, Bilingual], language: str) -> str:
    def name(identifier: re.Match[str]) -> str:
        pair = labels_of_columns.get(identifier[0]) or WORDS.get(identifier[0])
        return pair.of(language) if pair else identifier[0]

    return re.sub(r"[A-Za-z_][A-Za-z0-9_]*", name, formula_text)
