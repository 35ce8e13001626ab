"""sources.yaml: raw files and how their headers, units and marks become canonical tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .record import Label, Name, Record, Slug, Version


class Origin(Record):
    """Where a raw file comes from; printed with every output that uses it."""

    producer: str
    title: str
    date: str = ""
    licence: str = ""


class Reshape(Record):
    """How a sheet that is no table of one row per key becomes one.

    Long to wide: one column per name in `names`, filled from `values`; `columns` maps raw names to canonical ones.
    Spread: `across` says what each header row holds over the value columns, from the top: a column (year, province_code ...) or
    `measure`, whose names are in `columns`. Without measures the cells belong to the one column `value`.
    """

    names: str | None = None
    values: str | None = None
    columns: dict[str, Name] = {}
    units: str | None = None
    drop_unlisted: bool = True
    across: tuple[Name, ...] = ()
    value: Name | None = None
    skip: tuple[str, ...] = ()
    also: dict[str, dict[Name, str]] = {}
    side_by_side: bool = False
    transpose: bool = False

    @property
    def spreads(self) -> bool:
        """Whether rows of the sheet are not rows of a table."""
        return bool(self.across) or self.side_by_side or self.transpose


class OutOfScope(Record):
    """Rows that are right but not meant: a row expression over the raw (canonical, typed) columns, and the reason."""

    when: str
    reason: Label


class Bounds(Record):
    """Values of a column that are read: from `min` to `max`, or `one_of` a list."""

    min: int | float | str | None = None
    max: int | float | str | None = None
    one_of: tuple[int | float | str, ...] = ()


class Source(Record):
    """One kind of raw file and how its headers, units and marks become a canonical table."""

    path: str
    table: Name
    preset: Literal["csmar", "cnrds", "wind", "nbs", "st_yearbook"] | None = None
    sheet: str | None = None
    sheet_is: Name | None = None
    block: str | None = None
    header_row: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    encoding: Literal["auto", "utf-8", "gb18030", "utf-16"] = "auto"
    aliases: dict[str, Name] = {}
    constants: dict[Name, str] = {}
    units: dict[Name, str] = {}
    missing: tuple[str, ...] = ("", "—", "-", "…", "..", "*", "NA")
    zero_is_missing: tuple[Name, ...] = ()
    fill_down: tuple[Name, ...] = ()
    blank_is_zero: tuple[Name, ...] = ()
    parse_units: bool = False
    parse_separators: bool = False
    parse_negatives: bool = False
    decimal: Literal[".", ","] = "."
    pad: dict[Name, Annotated[int, Field(ge=1, le=20)]] = {}
    values: dict[Name, dict[str, str]] = {}
    totals: tuple[str, ...] = (
        "合计", "总计", "小计", "总和", "全国", "全国总计", "全国合计", "各地区合计", "地区合计", "全省", "平均", "平均值",
        "均值", "全国平均", "Total", "TOTAL", "total", "Subtotal", "Sub-total", "Grand total", "National total", "Average",
    )  # fmt: skip
    out_of_scope: tuple[OutOfScope, ...] = ()
    reshape: Reshape | None = None
    every_year: bool = False
    optional: bool = False
    where: dict[str, Bounds] = {}
    origin: Origin | None = None


class ColumnSpec(Record):
    """A column of a study's own: type, unit and names."""

    dtype: Literal["number", "integer", "text", "flag", "date"] = "number"
    unit: str = ""
    label: Label
    categories: tuple[str, ...] = ()


class TableSpec(Record):
    """A canonical table with a study's own key and columns (added to the built-in ones of the same name)."""

    key: tuple[Name, ...] = ()
    columns: dict[Name, ColumnSpec] = {}


FirmIndustry = Literal["reported", "first", "modal"]


BATCHES_FILE = "srdi_batches.csv"
"""Recognised firms by batch, where a study does not name the file."""


class SrdiList(Record):
    """How recognition records become firm status (domain: valid for three years, then reviewed).

    `batches` absent: the totals of srdi_batches.csv where the study has that file. A list that is a sample (`sample: true`) is
    compared with no totals.
    """

    treat_from: Literal["announce_year", "next_year_if_H2"] = "announce_year"
    assume_review: Literal["none", "pass", "drop"] = "none"
    batches: str | None = None
    provinces: str | None = None
    sample: bool = False
    subsidiaries: Literal["parent_only", "parent_or_subsidiary"] = "parent_only"
    national_levels: tuple[str, ...] = ("national", "key_national")


class Status(Record):
    """SRDI status by a rule where there is no list: a row expression on firm-years, true = SRDI-like in that year."""

    criteria: str
    label: Label


class Sources(Record):
    """The file sources.yaml."""

    version: Version
    sources: dict[Slug, Source]
    tables: dict[Name, TableSpec] = {}
    firm_industry: FirmIndustry = "reported"
    srdi_list: SrdiList | None = None
    status: Status | None = None
