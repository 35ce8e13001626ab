"""regressions.yaml: density, controls, specifications, hypotheses and the grid of the multiverse."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .record import Label, Name, Record, Slug, Span, Version

Effect = Literal["unit", "year", "group_year"]  # group_year: a level for each group of units (unit.groups) in each year


class Density(Record):
    """SRDI density of a unit-year: `count` per 1,000 firms, `revenue`/`employment` share in %, `ihs` = asinh(count of firms)."""

    measure: Literal["count", "revenue", "employment", "ihs"] = "count"
    status: Literal["valid", "ever"] = "valid"
    levels: tuple[str, ...] = ("national", "key_national")
    lag: Annotated[int, Field(ge=0, le=5)] = 1


class DensitySource(Record):
    """SRDI density given as data: aggregates of one table in place of the firms' status.

    `n_srdi` and `n_firms` (counts) give count and ihs; `count` (per 1,000 firms), `revenue` and `employment` (%) may be given
    as they are.
    """

    table: Name
    n_srdi: str | None = None
    n_firms: str | None = None
    count: str | None = None
    revenue: str | None = None
    employment: str | None = None

    @property
    def formulas(self) -> dict[str, str]:
        """What is given: name -> formula."""
        return {column_name: formula for column_name, formula in self if column_name != "table" and formula is not None}

    @property
    def measures(self) -> set[str]:
        """The measures of density that it gives."""
        given_columns = set(self.formulas)
        needed_columns = {"ihs": {"n_srdi"}, "count": {"n_srdi", "n_firms"}}
        return given_columns & {"count", "revenue", "employment"} | {
            measure_name for measure_name, column_names in needed_columns.items() if column_names <= given_columns
        }


class Control(Record):
    """A control variable: an aggregate expression over one table, lagged like the density."""

    table: Name
    formula: str
    partial_sum: bool = False
    label: Label


Argument = Annotated[str, Field(min_length=20, max_length=2000)]  # prose of the author, printed as it is written


class Instrument(Control):
    """An instrument for density, lagged like it; `exclusion` argues why it moves the outcome through density alone."""

    exclusion: Argument


class ThresholdVariable(Control):
    """What may change the slope of density where it passes a threshold; lagged like density."""

    trim: Annotated[float, Field(ge=0.01, le=0.4)] = 0.1
    draws: Annotated[int, Field(ge=99)] = 499


class SpecificationChoice(Record):
    """One column of a regression table."""

    id: Slug
    label: Label
    outcomes: tuple[Name, ...] = ()  # empty: every node above the leaves
    controls: tuple[Slug, ...] | Literal["none", "all"] = "none"
    fixed_effects: tuple[Effect, ...] = ("unit", "year")
    density: Density | None = None
    weights: Slug | None = None  # a moderator whose base-year value weighs the units
    years: Span | None = None
    drop_years: tuple[int, ...] = ()
    drop_units: tuple[str, ...] = ()
    scenario: Slug | None = None  # the outcome is the index of this scenario, over all firms
    headline: bool = False


class Inference(Record):
    """Wild cluster bootstrap draws and weights."""

    draws: Annotated[int, Field(ge=99)] = 9999
    weights: Literal["rademacher", "webb"] = "rademacher"
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95


class Hypotheses(Record):
    """Smallest effect of interest (in within-SDs) and test size; no default in code, the study must say them.

    `moderators` are those that H8 says strengthen the effect, among the moderators of regressions.yaml.
    """

    sesoi: Annotated[float, Field(gt=0)]
    alpha: Annotated[float, Field(gt=0, lt=1)]
    moderators: tuple[Slug, ...] = ()


class ContributionChoice(Record):
    """Accounting of density's part in the index's change between two years (None: last year before any density, to last year)."""

    from_year: int | None = None
    to_year: int | None = None
    min_change: float = 0.02


class FirmVariable(Record):
    """What a firm is like: a row expression over the firms table."""

    formula: str
    label: Label


class FirmOutcome(FirmVariable):
    """What happens to a firm; a mean weighted by `size` is split into its sources."""

    size: Name = "revenue"


class FirmInstrument(FirmVariable):
    """An instrument for the status of firms; `exclusion` argues why it moves outcomes through it alone."""

    exclusion: Argument


class Balancing(Record):
    """Controls made like the treated on covariates of the year before recognition; `caliper` in SDs of the log odds."""

    covariates: Annotated[dict[Slug, FirmVariable], Field(min_length=1)]
    methods: Annotated[tuple[Literal["entropy_balance", "psm"], ...], Field(min_length=1)] = ("entropy_balance", "psm")
    neighbours: Annotated[int, Field(ge=1, le=50)] = 1
    caliper: Annotated[float, Field(gt=0)] = 0.2


Multiple = Annotated[float, Field(ge=0)]


class TrendBounds(Record):
    """Robust intervals of event studies: `relative_magnitudes` are multiples of the largest change of trend before the event.

    `smoothness` are changes of the slope in units of the outcome.
    """

    estimators: Annotated[tuple[Literal["sun_abraham", "twfe"], ...], Field(min_length=1)] = ("sun_abraham",)
    relative_magnitudes: tuple[Multiple, ...] = (0.5, 1.0, 1.5, 2.0)
    smoothness: tuple[Multiple, ...] = (0.0,)


class Events(Record):
    """Firm event studies around the first recognition: outcomes of firms, never the index; years before and after."""

    outcomes: dict[Slug, FirmOutcome] = {}
    window: tuple[int, int] = (-4, 3)
    dynamic: bool = False
    instrument: FirmInstrument | None = None
    balancing: Balancing | None = None
    trend_bounds: TrendBounds | None = None


class Resilience(Record):
    """How far `level` of a unit fell in each shock and when it was back, by density before and by `exposure` (base year)."""

    level: Control
    exposure: Control
    shocks: tuple[int, ...] = (2018, 2020, 2022)


class SpecificationGrid(Record):
    """The specifications of the multiverse: every combination of these, declared before the run; `years` empty: all."""

    density: Annotated[tuple[Literal["count", "revenue", "employment", "ihs"], ...], Field(min_length=1)] = (
        "count", "revenue", "employment", "ihs",
    )  # fmt: skip
    lag: Annotated[tuple[Annotated[int, Field(ge=0, le=5)], ...], Field(min_length=1)] = (1, 2)
    controls: Annotated[tuple[Literal["none", "all"], ...], Field(min_length=1)] = ("none", "all")
    fixed_effects: Annotated[tuple[tuple[Effect, ...], ...], Field(min_length=1)] = (("unit", "year"), ("unit",))
    years: tuple[tuple[int, int], ...] = ()
    draws: Annotated[int, Field(ge=0)] = 199


class Regressions(Record):
    """The file regressions.yaml."""

    version: Version
    density: Density = Density()
    density_source: DensitySource | None = None
    controls: dict[Slug, Control] = {}
    moderators: dict[Slug, Control] = {}  # what units were like before: density is interacted with their base-year value
    mediators: dict[Slug, Control] = {}  # what density may move besides the index, in the year of the index
    instruments: dict[Slug, Instrument] = {}  # each on its own, beside the headline
    thresholds: dict[Slug, ThresholdVariable] = {}  # each on its own
    specifications: tuple[SpecificationChoice, ...] = ()
    inference: Inference = Inference()
    hypotheses: Hypotheses | None = None
    contribution: ContributionChoice = ContributionChoice()
    events: Events = Events()
    resilience: Resilience | None = None
    multiverse: SpecificationGrid = SpecificationGrid()

    @property
    def lagged_variables(self) -> dict[str, Control]:
        """Controls, and what else is lagged like the density."""
        return {**self.controls, **self.instruments, **self.thresholds}
