"""study.yaml: what is scored, over which years, and what may be published."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...methods.method import Share
from .record import Label, Name, Record, Span, StudyName, Version


class NamesTable(Record):
    """Where the names of units are when no official code list has them."""

    table: Name
    zh: Name
    en: Name | None = None


class GroupColumn(Record):
    """A text column of a table that puts each unit in one group (for group means and comparisons)."""

    table: Name
    column: Name


class Unit(Record):
    """What is scored: the key columns that make a unit, where its names come from, and the group it belongs to.

    `groups` names an official scheme (divisions by R&D intensity or by the factor used most, provinces by region) or a column.
    """

    by: Annotated[tuple[Name, ...], Field(min_length=1, max_length=3)] = ("industry_code",)
    names: Literal["gbt4754", "gbt2260", "code"] | NamesTable = "gbt4754"
    groups: Literal["technology", "factor", "region"] | GroupColumn | None = None


class Publish(Record):
    """What may leave the office: firm names, cells with fewer firms than `min_cell`, and rows of single firms.

    `firm_rows` exports the firm-years of the event studies for Stata and R, numbered unless `firm_names` is true.
    """

    firm_names: bool = False
    firm_rows: bool = False
    min_cell: Annotated[int, Field(ge=1)] = 3


Memory = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(MiB|GiB)$")]
Output = Literal["page", "workbook", "paper", "exports", "figures"]


class EconomicLinks(Record):
    """W of economic distance in an indicator, `economic`, or times the study's own geographic W, `nested`."""

    kind: Literal["economic", "nested"]
    by: Name


class Dynamics(Record):
    """What is reported of the scores over time and space beside the standard tables; nothing by default."""

    theil: bool = False
    coupling: dict[Name, Share] | None = None
    links: EconomicLinks | None = None
    time_degree: Annotated[float, Field(gt=0, lt=1)] | None = None


class Spark(Record):
    """The cluster of `engine: spark`: its master, Spark's own settings, and a folder that driver and workers share.

    A setting `env:NAME` is read from the environment variable NAME: passwords and keys belong there.
    """

    master: Annotated[str, Field(pattern=r"^(local|spark://|yarn|k8s://)")] = "local[*]"
    conf: dict[str, str] = {}
    folder: str | None = None


class StudyFile(Record):
    """study.yaml: name, unit, years, engine, language, seed, and what is made besides tables and README.

    outputs: the page (report.html), the workbook (results.xlsx), the tables and methods section for a paper, exports to Stata and
    R, the figures as files. memory: what the engine may take; beyond it, it uses the disk.
    """

    version: Version
    name: StudyName
    label: Label
    synthetic: bool = False
    unit: Unit = Unit()
    years: Span
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark: Spark = Spark()
    memory: Memory | None = None
    language: Literal["zh", "en"] = "zh"
    seed: Annotated[int, Field(ge=0)] = 20240101
    min_firms: Annotated[int, Field(ge=1)] = 10
    publish: Publish = Publish()
    outputs: tuple[Output, ...] = ("page", "workbook", "paper", "exports", "figures")
    dynamics: Dynamics = Dynamics()
