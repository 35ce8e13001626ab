"""The lines that a run ends with: where the results are, what came out, what was not made, what to try next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..study.records import Study
from .bilingual import Bilingual
from .key_findings import (
    composition_split,
    headline_finding,
    indicators_left_out,
    leading_units,
    next_step,
    rows_accounted,
    run_variant,
)
from .results import Results
from .wording import listing, wording, wordings


def summary(study: Study, tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any], folder: Path) -> list[str]:
    """What a run ends with, at most ten lines, in the study's language."""
    results = Results(study, tables, manifest)
    findings = (
        run_variant(results),
        indicators_left_out(results),
        leading_units(results),
        headline_finding(results),
        composition_split(results),
    )
    lines = [
        *_places(study, folder),
        *(finding.text for finding in findings if finding is not None),
        *_quarantine_line(results, folder / "quarantine.xlsx"),
        next_step(results).text,
        *_commands_to_try(study, results),
    ]
    return [line.of(study.study.language) for line in lines]


def _commands_to_try(study: Study, results: Results) -> list[Bilingual]:
    """Two commands as they can be typed: a scenario of the study, or equal weights where it has none, and the leading score."""
    if not results.years:
        return []
    level = study.indicators.levels[0]
    varied = next((f"--scenario {name}" for name in study.scenarios), f'--set "weighting.weight.{level}={{method: equal}}"')
    year = results.years[-1]
    unit = _as_typed(results, str(results.ranking(year)["unit"].iloc[0]))
    return [wording("terminal.next_commands", varied=varied, unit=unit, year=year)]


def _as_typed(results: Results, unit: str) -> Bilingual:
    """A unit as `hqd explain` takes it: its name, or its code where units share a name; quoted where a shell would part it."""
    names = results.unit_name(unit)
    shared = [results.units[f"unit_{language}"].eq(name).sum() > 1 for language, name in zip(("zh", "en"), names)]
    texts = [unit if is_shared else name for name, is_shared in zip(names, shared)]
    return Bilingual(*(text if text.isalnum() else f'"{text}"' for text in texts))


def _places(study: Study, folder: Path) -> list[Bilingual]:
    """Where the page and the workbook are, and the tables where there is no page; then what the study does not want."""
    outputs = study.study.outputs
    page, workbook, tables = folder / "report.html", folder / "results.xlsx", folder / "tables"
    places: dict[str, Path] = {output: path for output, path in (("page", page), ("workbook", workbook)) if output in outputs}
    lines = [wording(f"terminal.place.{output}", path=path) for output, path in (places or {"tables": tables}).items()]
    unwanted_texts = unwanted_outputs(study)
    return lines if unwanted_texts is None else [*lines, unwanted_texts]


def unwanted_outputs(study: Study) -> Bilingual | None:
    """What was not made because `outputs` leaves it out, or None."""
    unwanted_texts = [text for output, text in wordings("terminal.output").items() if output not in study.study.outputs]
    return wording("terminal.unwanted", outputs=listing(unwanted_texts)) if unwanted_texts else None


def _quarantine_line(results: Results, path: Path) -> list[Bilingual]:
    counts = rows_accounted(results)
    if not counts:
        return []
    rows_read, _, quarantined, out_of_scope = counts
    share = quarantined / rows_read if rows_read else 0.0
    lines = [wording("terminal.quarantine", quarantined=quarantined, rows_read=rows_read, share=share, path=path)]
    if out_of_scope:
        ledger = path.parent / "tables" / "ledger.csv"
        lines.append(wording("terminal.out_of_scope", out_of_scope=out_of_scope, rows_read=rows_read, path=ledger))
    return lines
