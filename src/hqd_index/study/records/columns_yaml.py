"""columns.yaml: derived columns, and how links between industries and with the world are computed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ...methods.method import Share
from .record import Label, Name, Record, Version


class Derived(Record):
    """A column computed from others: by a row expression (with lag(x) within the table's unit by year), or a named function."""

    formula: str | None = None
    function: Name | None = None
    options: dict[str, Any] = {}
    unit: str = ""
    label: Label


class Chokepoint(Record):
    """Which imported products are chokepoints: thresholds of the yearly rule and how long it must hold.

    geodep: concentrated import sources, concentrated world exports, imports above exports. eu2021: concentrated import
    sources, most of them outside `bloc`, imports above exports (a proxy of production).
    """

    variant: Literal["geodep", "eu2021"] = "geodep"
    hhi_import: Annotated[float, Field(ge=0, le=1)] = 0.4
    hhi_world: Annotated[float, Field(ge=0, le=1)] = 0.4
    import_export_ratio: Annotated[float, Field(ge=0)] = 1.0
    zero_export_ratio: Annotated[float, Field(gt=0)] = 9999.0
    window: Annotated[int, Field(ge=1, le=20)] = 3
    min_years: Annotated[int, Field(ge=1, le=20)] = 2
    control_risk_countries: tuple[str, ...] = ()
    control_risk_share: Share = 0.5
    bloc: tuple[str, ...] = ()
    extra_bloc_share: Share = 0.5
    centrality_pct: Annotated[float, Field(ge=0, le=100)] = 75.0

    @model_validator(mode="after")
    def _within_window(self) -> Chokepoint:
        if self.min_years > self.window:
            bilingual_message = {"en": f"min_years is longer than window; write at most {self.window}",
                    "zh": f"min_years 大于 window;至多写 {self.window}"}  # fmt: skip
            raise PydanticCustomError("order", "{en}", bilingual_message)
        return self


class Links(Record):
    """How input-output and trade tables become the columns of table `linkages`.

    `home` is the country's code in the trade flows; `industry_system` and `io_system` are names of code systems in table
    crosswalks (io_system absent: the input-output table is in industry codes); `digital` are the sectors that adv4 counts;
    `base_year` fixes the weights of io_links and PRODY (absent: the first year with a table); `shock` is the share of a supply
    that table extraction takes away.
    """

    home: str = "CHN"
    industry_system: str = "gbt4754"
    io_system: str | None = None
    digital: tuple[str, ...] = ("C39", "I63", "I64", "I65")
    base_year: int | None = None
    unit_value_winsor: Annotated[float, Field(ge=0, lt=0.5)] = 0.01
    shock: Annotated[float, Field(gt=0, le=1)] = 0.1
    chokepoint: Chokepoint = Chokepoint()


class Columns(Record):
    """columns.yaml: table -> new column -> how; and how links between industries and with the world are computed."""

    version: Version
    tables: dict[Name, dict[Name, Derived]] = {}
    links: Links = Links()
