"""modes.yaml: what firms are strong in, which of four modes that makes, and how industries place their SRDI firms."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from .record import Label, Name, Record, Slug, Span, Version

Signed = Annotated[str, Field(pattern=r"^-?[a-z][a-z0-9_]{0,40}$")]


class ModeItem(Record):
    """One measure of a firm: a row expression over the firms, or over a table keyed by what firms carry (their industry).

    `fixed`: every year takes the industry's value of that year.
    """

    formula: str
    label: Label
    table: Name = "firms"
    fixed: int | None = None


class ModeAxis(Record):
    """A score: the mean of standardised items, `-item` counting against it; missing below `min_items`.

    `shown_only` are items that the modes shown use, and those that feed H4 do not: ingredients of the index by industry.
    """

    items: tuple[Signed, ...] = ()
    shown_only: tuple[Signed, ...] = ()
    min_items: Annotated[int, Field(ge=1)] = 2
    norm: Literal["industry", "pooled"] = "industry"


class ModeAxes(Record):
    """The four scores."""

    tech: ModeAxis = ModeAxis()
    market: ModeAxis = ModeAxis()
    safety: ModeAxis = ModeAxis(norm="pooled")
    efficiency: ModeAxis = ModeAxis()


class ModeNorm(Record):
    """Mean and standard deviation are those of the base years; values beyond the `winsor` quantiles of a year are drawn in."""

    base_years: Span = (2016, 2018)
    winsor: Annotated[float, Field(ge=0, lt=0.5)] = 0.01


class ModeLabels(Record):
    """Names of the four modes."""

    tech_safety: Label = Label(zh="技术引领的产业安全保障模式", en="technology-led safeguarding of the chain")
    market_safety: Label = Label(zh="市场驱动的产业安全保障模式", en="market-driven safeguarding of the chain")
    tech_efficiency: Label = Label(zh="技术引领的效率增强模式", en="technology-led gain in efficiency")
    market_efficiency: Label = Label(zh="市场驱动的效率优化模式", en="market-driven gain in efficiency")


class PathIndicator(Record):
    """A value of the industry's SRDI firms in force.

    `of` names items, several meaning the mean of their standardised values, or one axis. mean: their mean; change: mean change
    over `modes.window` years; frontier: mean distance to the industry's 90th percentile of all firms; coverage: share of the
    values of column `within` where the item is true, that have such a firm.
    """

    of: Annotated[tuple[Slug, ...], Field(min_length=1)]
    measure: Literal["mean", "change", "frontier", "coverage"] = "mean"
    within: Name | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    label: Label

    @model_validator(mode="after")
    def _column_of_coverage(self) -> PathIndicator:
        if (self.measure == "coverage") != (self.within is not None):
            raise PydanticCustomError("order", "{en}", {"en": "within belongs to measure: coverage, which needs it",
                                                        "zh": "within 与 measure: coverage 须同时写"})  # fmt: skip
        return self


class ModePath(Record):
    """One of the three paths: its name and indicators."""

    label: Label
    indicators: dict[Slug, PathIndicator] = {}


class ModePaths(Record):
    """The three paths."""

    focus: ModePath = ModePath(label=Label(zh="聚焦关键细分领域", en="key-niche focus"))
    capability: ModePath = ModePath(label=Label(zh="能力提升", en="capability"))
    integration: ModePath = ModePath(label=Label(zh="大中小企业融通", en="integration of large and small firms"))


class Modes(Record):
    """The file modes.yaml.

    rule relative: by the difference of two scores, with dead band and hysteresis; absolute: strong in one and not in the
    other, strong meaning the base years' quantile `strong_from`.
    """

    version: Version = 1
    items: dict[Slug, ModeItem] = {}
    axes: ModeAxes = ModeAxes()
    norm: ModeNorm = ModeNorm()
    rule: Literal["relative", "absolute"] = "relative"
    strong_from: Annotated[float, Field(gt=0, lt=1)] = 0.6
    window: Annotated[int, Field(ge=1, le=10)] = 3
    dead_band: Annotated[float, Field(ge=0)] = 0.25
    hysteresis: Annotated[float, Field(ge=0)] = 0.50
    tau: Annotated[float, Field(gt=0)] = 0.5
    dominant: Annotated[float, Field(gt=0, lt=1)] = 0.4
    min_srdi: Annotated[int, Field(ge=1)] = 5
    labels: ModeLabels = ModeLabels()
    paths: ModePaths = ModePaths()

    @model_validator(mode="after")
    def _band_inside_hysteresis(self) -> Modes:
        if self.hysteresis < self.dead_band:
            bilingual_message = {"en": f"hysteresis is below dead_band; write at least {self.dead_band}",
                    "zh": f"hysteresis 小于 dead_band;至少写 {self.dead_band}"}  # fmt: skip
            raise PydanticCustomError("order", "{en}", bilingual_message)
        return self

    def axis_items(self) -> set[str]:
        """Every item that some axis names, without its sign."""
        axes = (self.axes.tech, self.axes.market, self.axes.safety, self.axes.efficiency)
        return {item.removeprefix("-") for axis in axes for item in (*axis.items, *axis.shown_only)}
