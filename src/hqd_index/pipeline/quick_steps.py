"""What a quick run does instead of the stages index and models: scores and the headline alone, and what it says at its end."""

from __future__ import annotations

from pathlib import Path

from ..tables import TABLES
from .listed_findings import QUARANTINE
from .stages import Context, Table, index_notices

HEADLINE_FROM = ("scores", "weights", "indicators", "density", "controls", "moderators", "unit_names")


def quick_scores(context: Context) -> dict[str, Table]:
    """Panel -> scores with ranks, weights, indicators step by step; no scenario, no diagnostics but in the notices."""
    from ..index.diagnostics.diagnostics_table import column_diagnostics
    from ..index.index_tables import build_index

    index_result = build_index(
        context.study, context.frame("panel"), context.frame("unit_names"), context.frame("indicator_coverage")
    )
    columns = column_diagnostics(context.study, index_result, context.frame("status_coverage"))
    context.notices.extend(index_notices(context.study, index_result, columns))
    return {"scores": index_result.scores, "weights": index_result.weights, "indicators": index_result.indicators}


def quick_headline(context: Context) -> dict[str, Table]:
    """Scores and density -> the headline regression alone."""
    from ..models import ModelInputs, headline_regression
    from ..models.estimation_data import study_estimation_data

    inputs = ModelInputs(**{name: context.frame(name) for name in HEADLINE_FROM})
    return dict(headline_regression(study_estimation_data(context.study, inputs), context.study, inputs))


def quick_summary(context: Context) -> dict[str, Table]:
    """Every table -> what a quick run says at its end, as summary.txt."""
    import pandas as pd

    from ..report.quick_lines import quick_summary_lines

    frames = {name: context.frame(name) for name in context.tables if name in TABLES.keys() - {QUARANTINE}}
    reasons = [context.frame(name) for name in context.tables if name.startswith("not_made_")]
    lines = quick_summary_lines(context.study, frames, reasons, Path("quick") / "tables")
    (context.folder / "summary.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return {"not_made": pd.concat(reasons, ignore_index=True).drop_duplicates()}
