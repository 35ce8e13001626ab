"""What is done between raw files and published results: one function for each stage.

A stage imports what it needs when it runs: the process that only directs the others never waits for pandas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import HqdError
from ..publishing import PUBLISHED_NAME
from ..tables import TABLES
from .listed_findings import QUARANTINE, listed_findings

if TYPE_CHECKING:
    import pandas as pd

    from ..engines import Engine
    from ..index.index_tables import Index
    from ..study.records import Study

MEDIANS, MEDIANS_BEFORE = "medians", "medians_before"
"""Medians of raw columns in the manifest, and those of the run before, which intake compares them with."""

DATABASES = "databases"
"""Rows of servers that a run reads, by source."""
QUARANTINE_LIST = "quarantine_list"
"""Where a run lists quarantined rows, below the study's folder of results."""

Table: TypeAlias = "pd.DataFrame | str"
"""A frame, or the name of a table in the engine."""


@dataclass(frozen=True)
class RunFolders:
    """Where a study is read and written."""

    configs: Path
    data: Path
    output_folder: Path


@dataclass
class Context:
    """What a stage may see: the study, the engine, and the tables it declared to read."""

    study: Study
    place: RunFolders
    engine: Engine
    tables: dict[str, str]
    folder: Path
    manifest: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    report_line: Callable[[str], None] = print

    def frame(self, table_name: str) -> pd.DataFrame:
        return self.engine.collect(self.tables[table_name])

    def matching(self, prefix: str) -> dict[str, str]:
        """Tables whose name begins with `prefix`, by the rest of the name."""
        return {
            table_name.removeprefix(prefix): table for table_name, table in self.tables.items() if table_name.startswith(prefix)
        }


@dataclass(frozen=True)
class Stage:
    """A function with the tables it reads (patterns) and the sections of the study it depends on (dotted paths).

    `prerequisites`: the stages that must be done, and whose tables it may read. `publishes`: writes into the run's folder, so
    that no cache spares it.
    """

    name: str
    zh: str
    run: Callable[[Context], Mapping[str, Table]]
    reads: tuple[str, ...] = ()
    config_sections: tuple[str, ...] = ()
    prerequisites: frozenset[str] = frozenset()
    publishes: bool = False

    def reads_table(self, table_name: str) -> bool:
        """Whether a table of that name is among those it reads."""
        return any(fnmatch(table_name, pattern) for pattern in self.reads)


# the stages


def intake(context: Context) -> dict[str, Table]:
    """Raw files -> clean tables, ledger, quarantine."""
    from ..intake import GateError, database_files, intake_lines, median_change_notices, refuse_empty_tables, repair_line
    from ..intake import intake as read_all

    language = context.study.study.language
    study_output = context.place.output_folder / context.study.name
    quarantine = study_output / context.manifest.get(QUARANTINE_LIST, "latest/quarantine.xlsx")
    try:
        snapshots = database_files(context.manifest.get(DATABASES, {}))
        intake_result = read_all(context.study, context.engine, context.place.data, context.place.configs, snapshots)
        refuse_empty_tables(context.study, intake_result, context.engine)
    except GateError as error:
        for line in intake_lines(error.intake, language, str(study_output / "rejected" / "quarantine.xlsx")):
            context.report_line(line)
        raise
    for line in intake_lines(intake_result, language, str(quarantine)):
        if line.startswith("["):  # the counts of a file; the faults of its rows are in the quarantine workbook
            context.report_line(line)
    if line := repair_line(intake_result.frames["repairs"], language):
        context.report_line(line)
    changes = median_change_notices(context.manifest.get(MEDIANS_BEFORE, {}), intake_result.medians)
    context.notices.extend(_notice(notice, language) for notice in (*intake_result.notices, *changes))
    context.facts[MEDIANS] = intake_result.medians
    clean_tables: dict[str, Table] = {f"clean_{table_name}": table for table_name, table in intake_result.tables.items()}
    frames = {**intake_result.frames, "raw_rows": intake_result.raw_rows}
    return clean_tables | frames | {**intake_result.members, **intake_result.large_lists}


def _notice(notice: Any, language: str) -> str:
    return (
        notice.text(language)
        if isinstance(notice, HqdError)
        else f"[{notice.rule}] {notice.location}: {getattr(notice, language)}"
    )


def links(context: Context) -> dict[str, Table]:
    """Input-output and trade tables -> columns by industry, the network, chokepoints, weights between industries."""
    from ..intake.meaning.official_codes import official_names
    from ..links import links as link_tables

    return dict(link_tables(context.study, context.engine, context.matching("clean_"), official_names()))


def firms(context: Context) -> dict[str, Table]:
    """Clean tables, with what links made of them -> tables with status and derived columns; the production functions behind."""
    from ..firms.completed_tables import absent_columns, completed_tables, not_made_rows
    from ..firms.derived_columns import derive
    from ..firms.tfp import elasticity_table
    from ..intake.srdi.status_columns import status_by_criterion

    link_tables = {name: context.tables[name] for name in ("linkages",) if name in context.tables}
    clean_tables = context.matching("clean_") | link_tables
    absent = absent_columns(context.study, {name: context.engine.types(table) for name, table in clean_tables.items()})
    context.notices.extend(item.notice(context.study.study.language) for item in absent)
    tables = derive(context.study, context.engine, completed_tables(context.study, context.engine, clean_tables))
    ready = status_by_criterion(context.study, context.engine, tables)
    ready_tables: dict[str, Table] = {f"ready_{table_name}": table for table_name, table in ready.items()}
    elasticities = elasticity_table(context.study, context.engine, tables)
    return ready_tables | {"elasticities": elasticities, "not_made": not_made_rows(absent)}


def modes(context: Context) -> dict[str, Table]:
    """Firms with status -> modes of SRDI firms, their densities by unit, the three paths."""
    from ..firms.mode_tables import mode_tables

    return dict(mode_tables(context.study, context.engine, context.matching("ready_"), context.frame("io_links")))


def panel(context: Context) -> dict[str, Table]:
    """Tables -> unit-years: indicators of both samples, density, controls, names of units, descriptives."""
    from ..intake.meaning.official_codes import official_names
    from ..links.chain_names import study_names
    from ..panel import (
        build_panel,
        descriptives,
        facts,
        indicator_coverage,
        leader_marks,
        leader_panel,
        small_sample_notice,
        unit_names,
    )

    unit_years = build_panel(context.study, context.engine, context.matching("ready_"))
    if masked_line := small_sample_notice(context.study, unit_years.values):
        context.notices.append(masked_line.en if context.study.study.language == "en" else masked_line.zh)
    marks = leader_marks(context.study, context.engine, context.matching("ready_"), unit_years)
    own_names = study_names(context.engine, context.matching("ready_"))
    names = unit_names(context.study, context.engine, context.matching("ready_"), unit_years.values, official_names(), own_names)
    coverage, status_coverage = indicator_coverage(context.study, context.engine, context.matching("ready_"), unit_years.values)
    return {
        "panel": unit_years.values,
        "indicator_coverage": coverage,
        "status_coverage": status_coverage,
        "density": unit_years.density,
        "controls": unit_years.controls,
        "shocks": unit_years.shocks,
        "moderators": unit_years.moderators,
        "mediator_values": unit_years.mediators,
        "leader_marks": marks,
        "leader_panel": leader_panel(context.study, context.engine, context.matching("ready_"), unit_years, marks),
        "unit_names": names,
        "descriptives": descriptives(context.study, unit_years),
        "facts": facts(context.study, context.engine, context.matching("ready_")),
    }


def index(context: Context) -> dict[str, Table]:
    """Panel -> scores, weights, indicators step by step, and the same for every scenario."""
    import pandas as pd

    from ..index.diagnostics.diagnostics_table import diagnostics
    from ..index.dynamics.dynamics_tables import dynamics
    from ..index.index_tables import build_index
    from ..index.rescoring import sample_scores
    from ..index.scenario_tables import scenarios

    names = context.frame("unit_names")
    index_result = build_index(context.study, context.frame("panel"), names, context.frame("indicator_coverage"))
    scenario_tables = scenarios(context.study, context.frame("panel"), names, index_result)
    groups = dict(zip(names["unit"].astype(str), names["group"].astype(str)))
    notes = diagnostics(context.study, index_result, study_groups=groups, status_coverage=context.frame("status_coverage"))
    context.notices.extend(index_notices(context.study, index_result, notes["diagnostics"]))
    links, density = context.frame("io_links"), context.frame("density")
    changes = dynamics(
        context.study,
        index_result,
        links if len(links) else None,
        context.study.study.seed,
        study_groups=groups,
        density=density,
        panel=context.frame("panel"),
    )
    return {
        **changes,
        **notes,
        "not_made": pd.concat([notes["not_made"], changes["not_made"]], ignore_index=True),
        "scores": index_result.scores,
        "leader_scores": sample_scores(index_result, context.frame("leader_panel")),
        "weights": pd.concat([index_result.weights, scenario_tables.weights], ignore_index=True),
        "indicators": index_result.indicators,
        "scenarios": scenario_tables.scenarios,
        "scenario_agreement": scenario_tables.agreement,
        "scenario_ranges": scenario_tables.ranges,
    }


def uncertainty(context: Context) -> dict[str, Table]:
    """The panel scored in every declared design, with weights and firms drawn again: the uncertainty of ranks."""
    from ..index.uncertainty.rank_uncertainty import FirmDraws, pair_notices, random_stream
    from ..index.uncertainty.rank_uncertainty import uncertainty as uncertainty_tables
    from ..panel import firm_draws

    study = context.study
    if study.uncertainty.draws == 0:
        return {}
    draws = firm_draws(study, context.engine, context.matching("ready_"), random_stream(study, "uncertainty.firms"))
    firms = FirmDraws(draws.values, draws.years, draws.units, draws.indicators) if draws else None
    names = context.frame("unit_names")
    tables = uncertainty_tables(study, context.frame("panel"), names, firms)
    context.notices.extend(pair_notices(study, len(names), len(tables["pairs"])))
    return dict(tables)


def events(context: Context) -> dict[str, Table]:
    """Firms and shocks -> event studies, sources of change, falls and recovery: what does not rest on the index."""
    from ..models import event_tables

    firms = context.matching("ready_").get("firms")
    shocks, density, marks = (context.frame(table_name) for table_name in ("shocks", "density", "leader_marks"))
    return dict(event_tables(context.study, context.engine, firms, shocks, density, marks))


ESTIMATED_FROM = (
    "scores", "indicators", "density", "controls", "io_links", "moderators", "sources", "firm_cells", "chokepoints", "scenarios",
    "unit_names", "mediator_values", "mode_densities", "banded_densities", "paths", "leader_scores", "leader_firms",
)  # fmt: skip
DESIGNS = ("design_scores", "splittable_scores", "designs")
CROSSED_WITH = ("scores", "indicators", "density", "controls", "unit_names")


def models(context: Context) -> dict[str, Table]:
    """Scores and density -> regressions, channels, contribution, verdicts."""
    from ..models import ModelInputs, study_tables

    frames = {table_name: context.frame(table_name) for table_name in ESTIMATED_FROM} | {
        "weights": context.frame("weights").query("scenario == 'base'")
    }
    return dict(study_tables(context.study, ModelInputs(**frames)))


def multiverse(context: Context) -> dict[str, Table]:
    """Every design of the index with every specification of the regressions: the specification curve and what it comes to."""
    from ..models import ModelInputs, design_tables

    frames = {table_name: context.frame(table_name) for table_name in CROSSED_WITH}
    designs = {table_name: context.frame(table_name) for table_name in DESIGNS if table_name in context.tables}
    return dict(design_tables(context.study, ModelInputs(**frames, **designs)))


LISTED_FROM = (
    "linkages", "chokepoints", "export_shares", "density", "coverage", "indicators", "unit_names", "scores", "regressions",
    "hypotheses", "modes", "chain_names",
)  # fmt: skip


def lists(context: Context) -> dict[str, Table]:
    """What the stages before made -> lists that an office acts on: nodes of the chain in order of priority."""
    from ..lists import contradictions, list_tables

    frames = {table_name: context.frame(table_name) for table_name in LISTED_FROM}
    tables = list_tables(context.study, context.engine, frames, context.matching("ready_"))
    context.notices.extend(contradictions(tables["priority"], context.study.study.language))
    return dict(tables)


def workbook(context: Context) -> dict[str, Table]:
    """Every table -> the workbooks of results and of quarantined rows."""
    from ..report.outputs import write_workbooks

    write_workbooks(context.study, _published(context, WORKBOOK_SOURCES), context.manifest, context.folder)
    return {}


def report(context: Context) -> dict[str, Table]:
    """Every table -> page, paper, scripts, figures, README; and the codebook of what was written."""
    from ..report.closing_lines import summary
    from ..report.outputs import write_report

    frames = _published(context, UNPUBLISHED)
    write_report(context.study, frames, context.manifest, context.folder)
    lines = summary(context.study, frames, context.manifest, Path(context.manifest[PUBLISHED_NAME]))
    (context.folder / "summary.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return {"codebook": frames["codebook"], "not_made": frames["not_made"]}


def index_notices(study: Study, index_result: Index, diagnostics: pd.DataFrame) -> list[str]:
    """What the terminal says about an index: indicators left out or with holes, families without scores, methods off 0-100."""
    from ..index.diagnostics.column_notices import column_notices
    from ..index.diagnostics.score_notices import score_notices
    from ..study.checks.score_checks import cautions

    language = study.study.language
    method_cautions = [caution.en if language == "en" else caution.zh for caution in cautions(study)]
    return [*column_notices(diagnostics, language), *score_notices(index_result, language), *method_cautions]


UNPUBLISHED = (
    "controls", "unit_names", "moderators", "mediator_values", "leader_scores", "leader_firms", "firm_cells",
    "firm_years", "chain_names",
)  # fmt: skip
"""Tables that the report reads and no CSV holds."""
WORKBOOK_SOURCES = ("raw_rows", "chain_names")
"""Those that the workbooks read."""


def _published(context: Context, unpublished: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables that people see and some others, with the codebook and the reasons of all stages for what is missing."""
    import pandas as pd

    from ..codebook import codebook

    names = {table_name for table_name in context.tables if table_name in TABLES or table_name in unpublished} - {QUARANTINE}
    frames = {table_name: context.frame(table_name) for table_name in context.tables if table_name in names}
    frames |= listed_findings(context.tables[QUARANTINE], context.engine)
    reasons = [context.frame(table_name) for table_name in context.tables if table_name.startswith("not_made_")]
    frames["not_made"] = pd.concat(reasons, ignore_index=True).drop_duplicates()
    return frames | {"codebook": codebook(context.study, frames)}
