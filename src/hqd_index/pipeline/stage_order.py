"""The stages in their order: what each reads of tables and of the study, and which must be done before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import quick_steps, stages
from .stages import Stage

if TYPE_CHECKING:
    from ..study.records import Study

COMPUTED_PARTS = (
    "density", "density_source", "controls", "resilience", "moderators", "mediators", "instruments", "thresholds",
)  # fmt: skip
COMPUTED_SECTIONS = (
    "indicators",
    "scenarios",
    *(f"regressions.{part}" for part in COMPUTED_PARTS),
)
"""What of a study is computed from tables by unit and year, and so decides which columns are wanted of them."""
_BEFORE_PUBLISHING: tuple[Stage, ...] = (
    Stage("intake", "读入与校验", stages.intake, config_sections=("study", "sources", "rules")),
    Stage(
        "links",
        "产业链联系",
        stages.links,
        reads=("clean_*",),
        config_sections=("study", "sources", "columns"),
        prerequisites=frozenset({"intake"}),
    ),
    Stage(
        "firms",
        "企业特征",
        stages.firms,
        reads=("clean_*", "linkages"),
        config_sections=("study", "sources", "columns", *COMPUTED_SECTIONS, "regressions.events"),
        prerequisites=frozenset({"intake", "links"}),
    ),
    Stage(
        "panel",
        "行业面板",
        stages.panel,
        reads=("ready_*",),
        config_sections=("study", *COMPUTED_SECTIONS),
        prerequisites=frozenset({"firms"}),
    ),
    Stage(
        "modes",
        "模式与路径",
        stages.modes,
        reads=("ready_*", "io_links"),
        config_sections=("study", "sources", "modes", "regressions.density"),
        prerequisites=frozenset({"firms", "links"}),
    ),
    Stage(
        "index",
        "指数",
        stages.index,
        reads=("panel", "indicator_coverage", "status_coverage", "leader_panel", "unit_names", "density", "io_links"),
        config_sections=("study", "indicators", "weighting", "scenarios"),
        prerequisites=frozenset({"panel", "links"}),
    ),
    Stage(
        "events",
        "企业事件与冲击",
        stages.events,
        reads=("ready_firms", "shocks", "density", "leader_marks"),
        config_sections=("study", "regressions"),
        prerequisites=frozenset({"firms", "panel"}),
    ),
    Stage(
        "uncertainty",
        "不确定性",
        stages.uncertainty,
        reads=("panel", "unit_names", "ready_firms"),
        config_sections=("study", "indicators", "weighting", "uncertainty"),
        prerequisites=frozenset({"firms", "panel"}),
    ),
    Stage(
        "models",
        "回归与贡献",
        stages.models,
        reads=(*stages.ESTIMATED_FROM, "weights"),
        config_sections=("study", "indicators", "weighting", "regressions", "modes"),
        prerequisites=frozenset({"links", "panel", "modes", "index", "events"}),
    ),
    Stage(
        "multiverse",
        "多元设定",
        stages.multiverse,
        reads=(*stages.CROSSED_WITH, *stages.DESIGNS),
        config_sections=("study", "indicators", "weighting", "regressions"),
        prerequisites=frozenset({"panel", "index", "uncertainty"}),
    ),
    Stage(
        "lists",
        "清单",
        stages.lists,
        reads=(*stages.LISTED_FROM, "ready_*"),
        config_sections=("study", "indicators", "columns", "regressions", "lists"),
        prerequisites=frozenset({"intake", "links", "firms", "panel", "modes", "index", "models"}),
    ),
)
_ALL = frozenset(stage.name for stage in _BEFORE_PUBLISHING)
STAGES: tuple[Stage, ...] = (
    *_BEFORE_PUBLISHING,
    Stage("workbook", "工作簿", stages.workbook, reads=("*",), config_sections=("",), prerequisites=_ALL, publishes=True),
    Stage("report", "报告", stages.report, reads=("*",), config_sections=("",), prerequisites=_ALL, publishes=True),
)

LINKED_TABLES = ("io", "trade_hs6")
"""Tables from which links are computed."""
_SCORES = Stage(
    "quick_scores",
    "得分",
    quick_steps.quick_scores,
    reads=("panel", "indicator_coverage", "status_coverage", "unit_names"),
    config_sections=("study", "indicators", "weighting"),
    prerequisites=frozenset({"panel"}),
)
_HEADLINE = Stage(
    "quick_headline",
    "主回归",
    quick_steps.quick_headline,
    reads=quick_steps.HEADLINE_FROM,
    config_sections=("study", "indicators", "weighting", "regressions"),
    prerequisites=frozenset({"panel", "quick_scores"}),
)
_SUMMARY = Stage("quick_summary", "小结", quick_steps.quick_summary, reads=("*",), config_sections=("",), publishes=True)
QUICK_ONLY: tuple[Stage, ...] = (_SCORES, _HEADLINE, _SUMMARY)
"""Stages of `hqd run --quick` that a whole run has not: the first two are parts of its stages index and models."""


def quick_stages(study: Study) -> tuple[Stage, ...]:
    """What a quick run does of a study: scores, weights and the headline; a stage with nothing to do is left out."""
    by_name = {stage.name: stage for stage in STAGES}
    feeds_links = any(source.table in LINKED_TABLES for source in study.sources.sources.values())
    reading = [by_name["intake"], *([by_name["links"]] if feeds_links else [])]
    scoring = [by_name["panel"], _SCORES, *([_HEADLINE] if study.regressions.specifications else [])]
    done_stages = frozenset(stage.name for stage in (*reading, by_name["firms"], *scoring))
    firms = replace(by_name["firms"], prerequisites=by_name["firms"].prerequisites & done_stages)
    return (*reading, firms, *scoring, replace(_SUMMARY, prerequisites=done_stages))
