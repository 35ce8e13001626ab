"""What the YAML of a study says: frozen records, every default written out. Faults across files are found in check.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..methods.choice import Choice, check, one_of
from .mode_models import ModeAxes, ModeAxis, ModeItem, ModeLabels, ModeNorm, ModePath, ModePaths, Modes, PathIndicator
from .record import Label, Name, Record, Slug, Span, Version

__all__ = [
    "Label", "ModeAxes", "ModeAxis", "ModeItem", "ModeLabels", "ModeNorm", "ModePath", "ModePaths", "Modes", "Name",
    "PathIndicator", "Record", "Slug", "Version",
]  # fmt: skip


# study.yaml


class NamesTable(Record):
    """Where the names of units stand when no official code list has them."""

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
    """What may leave the office: firm names, and cells with fewer firms than `min_cell`."""

    firm_names: bool = False
    min_cell: Annotated[int, Field(ge=1)] = 3


class StudyFile(Record):
    """study.yaml: name, unit, years, engine, language, seed."""

    version: Version
    name: Slug
    label: Label
    synthetic: bool = False
    unit: Unit = Unit()
    years: Span
    engine: Literal["duckdb"] = "duckdb"
    language: Literal["zh", "en"] = "zh"
    seed: Annotated[int, Field(ge=0)] = 20240101
    min_firms: Annotated[int, Field(ge=1)] = 10
    publish: Publish = Publish()


# sources.yaml


class Origin(Record):
    """Where a raw file comes from; printed with every output that uses it."""

    producer: str
    title: str
    date: str = ""
    licence: str = ""


class Reshape(Record):
    """Long to wide: one column per name in `names`, filled from `values`; `columns` maps raw names to canonical ones."""

    names: str
    values: str
    columns: dict[str, Name]
    units: str | None = None
    drop_unlisted: bool = True


class OutOfScope(Record):
    """Rows that are right but not meant: a row expression over the raw (canonical, typed) columns, and the reason."""

    when: str
    reason: Label


class Source(Record):
    """One kind of raw file and how its headers, units and marks become a canonical table."""

    path: str
    table: Name
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    encoding: Literal["auto", "utf-8", "gb18030", "utf-16"] = "auto"
    aliases: dict[str, Name] = {}
    constants: dict[Name, str] = {}
    units: dict[Name, str] = {}
    missing: tuple[str, ...] = ("", "—", "-", "…", "..", "*", "NA")
    zero_is_missing: tuple[Name, ...] = ()
    parse_units: bool = False
    parse_separators: bool = False
    pad: dict[Name, Annotated[int, Field(ge=1, le=20)]] = {}
    values: dict[Name, dict[str, str]] = {}
    totals: tuple[str, ...] = ("合计", "总计", "全国", "Total")
    out_of_scope: tuple[OutOfScope, ...] = ()
    reshape: Reshape | None = None
    optional: bool = False
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


class SrdiList(Record):
    """How recognition records become firm status (domain: valid for three years, then reviewed)."""

    treat_from: Literal["announce_year", "next_year_if_H2"] = "announce_year"
    assume_review: Literal["none", "pass", "drop"] = "none"
    batches: str = "srdi_batches.csv"
    provinces: str | None = None
    subsidiaries: Literal["parent_only", "parent_or_subsidiary"] = "parent_only"
    national_levels: tuple[str, ...] = ("national", "key_national")


class Status(Record):
    """SRDI status by a rule where there is no list: a row expression on firm-years, true = SRDI-like in that year."""

    criteria: str
    label: Label


class Sources(Record):
    """sources.yaml"""

    version: Version
    sources: dict[Slug, Source]
    tables: dict[Name, TableSpec] = {}
    firm_industry: FirmIndustry = "reported"
    srdi_list: SrdiList | None = None
    status: Status | None = None


# rules.yaml


class Gates(Record):
    """When findings stop the run."""

    on_error: Literal["quarantine", "stop"] = "quarantine"
    max_quarantine_share: Annotated[float, Field(ge=0, le=1)] = 0.05


class Rule(Record):
    """What a valid row is. `check` is true, false or undecided (NULL passes); `columns` are those named in a finding."""

    id: Annotated[str, Field(pattern=r"^[A-Z]{1,3}\d{2}[a-z]?$")]
    table: Name
    check: str
    severity: Literal["error", "warning", "info"] = "error"
    columns: tuple[Name, ...] = ()
    text: Label
    mend: Label


class Rules(Record):
    """rules.yaml"""

    version: Version
    gates: Gates = Gates()
    ranges: dict[Name, dict[Name, tuple[float | None, float | None]]] = {}
    rules: tuple[Rule, ...] = ()


# columns.yaml


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
    control_risk_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    bloc: tuple[str, ...] = ()
    extra_bloc_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    centrality_pct: Annotated[float, Field(ge=0, le=100)] = 75.0

    @model_validator(mode="after")
    def _within_window(self) -> Chokepoint:
        if self.min_years > self.window:
            text = {"en": f"min_years is longer than window; write at most {self.window}",
                    "zh": f"min_years 大于 window;至多写 {self.window}"}  # fmt: skip
            raise PydanticCustomError("order", "{en}", text)
        return self


class Links(Record):
    """How input-output and trade tables become the columns of table `linkages`.

    `home` is the country's code in the trade flows; `industry_system` and `io_system` are names of code systems in table
    crosswalks (io_system absent: the input-output table is in industry codes); `digital` are the sectors that adv4 counts;
    `base_year` fixes the weights of io_links and PRODY (absent: the first year with a table).
    """

    home: str = "CHN"
    industry_system: str = "gbt4754"
    io_system: str | None = None
    digital: tuple[str, ...] = ("C39", "I63", "I64", "I65")
    base_year: int | None = None
    unit_value_winsor: Annotated[float, Field(ge=0, lt=0.5)] = 0.01
    chokepoint: Chokepoint = Chokepoint()


class Columns(Record):
    """columns.yaml: table -> new column -> how; and how links between industries and with the world are computed."""

    version: Version
    tables: dict[Name, dict[Name, Derived]] = {}
    links: Links = Links()


# indicators.yaml


class Band(Record):
    """A moderate indicator: best inside [low, high]."""

    band: tuple[float, float]


class Indicator(Record):
    """One leaf: an aggregate expression over ONE table."""

    table: Name
    formula: str
    unit: str = ""
    direction: Literal[1, -1] | Band = 1
    kind: Literal["input", "output", "structure"] = "output"
    nominal_growth: bool = False
    label: Label
    source: str = ""


class Indicators(Record):
    """indicators.yaml: levels from the leaves up, the tree as data, profiles, and what may not enter the index."""

    version: Version
    levels: tuple[Slug, ...] = ("indicators", "subdimensions", "dimensions")
    tree: dict[Name, Any]
    nodes: dict[Name, Label] = {}
    profile: Slug | None = None
    profiles: dict[Slug, tuple[Name, ...]] = {}
    scale: tuple[Name, ...] = ("revenue", "employees", "employees_avg", "total_assets", "n_firms")
    treatment: tuple[Name, ...] = (
        "srdi_ever", "srdi_valid", "srdi_level", "srdi_batch", "srdi_first_year", "n_srdi_national", "n_srdi_provincial",
        "srdi_revenue", "srdi_employees",
    )  # fmt: skip
    indicators: dict[Name, Indicator]


# weighting.yaml

if TYPE_CHECKING:
    Impute = Choice
    Treat = Choice
    Normalise = Choice
    Weight = Choice
    Aggregate = Choice
else:
    Impute = Annotated[one_of("impute"), WithJsonSchema({"family": "impute"})]
    Treat = Annotated[one_of("treat"), WithJsonSchema({"family": "treat"})]
    Normalise = Annotated[one_of("normalise"), WithJsonSchema({"family": "normalise"})]
    Weight = Annotated[one_of("weight"), WithJsonSchema({"family": "weight"})]
    Aggregate = Annotated[one_of("aggregate"), WithJsonSchema({"family": "aggregate"})]


class NodeChoices(Record):
    """Choices for the children of one node."""

    weight: Weight | None = None
    aggregate: Aggregate | None = None
    normalise: Normalise | None = None
    treat: Treat | None = None
    impute: Impute | None = None


class LeafChoices(Record):
    """Column-wise choices for one indicator."""

    impute: Impute | None = None
    treat: Treat | None = None
    normalise: Normalise | None = None


class Coverage(Record):
    """When a node has a score (`min_children`) and when it is ranked (`rank_from`, share of weight present)."""

    min_children: Annotated[int, Field(ge=1)] = 2
    rank_from: Annotated[float, Field(ge=0, le=1)] = 0.6


class Weighting(Record):
    """weighting.yaml: impute, treat, normalise, then weight and aggregate per level; branches and leaves override."""

    version: Version
    impute: Impute = check(Choice(method="none"), "impute")
    treat: Treat = check(Choice(method="none"), "treat")
    normalise: Normalise = check(Choice(method="minmax"), "normalise")
    weight: dict[Slug, Weight]
    aggregate: dict[Slug, Aggregate]
    coverage: Coverage = Coverage()
    branches: dict[Name, NodeChoices] = {}
    indicators: dict[Name, LeafChoices] = {}


# uncertainty.yaml


class WeightDraws(Record):
    """Dirichlet draws around the design's own weights: shares ~ Dirichlet(concentration x weight); None: flat on the simplex."""

    concentration: Annotated[float, Field(gt=0)] | None = 100


class FirmDraws(Record):
    """Bootstrap of firms inside each unit."""

    draws: Annotated[int, Field(ge=0)] = 200


class SobolChoice(Record):
    """Saltelli sampling: base N (a power of two) gives N x (factors + 2) designs."""

    base: Annotated[int, Field(ge=64)] = 1024

    @field_validator("base")
    @classmethod
    def _power_of_two(cls, base: int) -> int:
        if base & (base - 1):
            text = {"en": f"{base} is no power of two; write one such as 1024", "zh": f"{base} 不是 2 的幂;请写如 1024 的数"}
            raise PydanticCustomError("order", "{en}", text)
        return base


class MultiverseChoice(Record):
    """How many designs are kept for the multiverse of regressions."""

    designs: Annotated[int, Field(ge=0)] = 10000


class Uncertainty(Record):
    """uncertainty.yaml: what is varied besides the base design, and how often."""

    version: Version = 1
    draws: Annotated[int, Field(ge=0)] = 10000
    alternatives: dict[str, tuple[Any, ...]] = {}
    weights: WeightDraws | None = WeightDraws()
    leave_out: tuple[Slug, ...] = ("indicators", "subdimensions")
    firms: FirmDraws = FirmDraws()
    sobol: SobolChoice = SobolChoice()
    multiverse: MultiverseChoice = MultiverseChoice()
    interval: tuple[float, float] = (0.05, 0.95)


# regressions.yaml

Effect = Literal["unit", "year", "group_year"]  # group_year: a level for each group of units (unit.groups) in each year


class Density(Record):
    """SRDI density of a unit-year: `count` per 1,000 firms, `revenue`/`employment` share in %, `ihs` = asinh(count of firms)."""

    measure: Literal["count", "revenue", "employment", "ihs"] = "count"
    status: Literal["valid", "ever"] = "valid"
    levels: tuple[str, ...] = ("national", "key_national")
    lag: Annotated[int, Field(ge=0, le=5)] = 1


class Control(Record):
    """A control variable: an aggregate expression over one table, lagged like the density."""

    table: Name
    formula: str
    label: Label


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


class FirmOutcome(Record):
    """What happens to a firm: a row expression over the firms table; a mean weighted by `size` is split into its sources."""

    formula: str
    label: Label
    size: Name = "revenue"


class Events(Record):
    """Firm event studies around the first recognition: outcomes of firms, never the index; years before and after told."""

    outcomes: dict[Slug, FirmOutcome] = {}
    window: tuple[int, int] = (-4, 3)


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
    """regressions.yaml"""

    version: Version
    density: Density = Density()
    controls: dict[Slug, Control] = {}
    moderators: dict[Slug, Control] = {}  # what units were like before: density is interacted with their base-year value
    mediators: dict[Slug, Control] = {}  # what density may move besides the index, in the year of the index
    specifications: tuple[SpecificationChoice, ...] = ()
    inference: Inference = Inference()
    hypotheses: Hypotheses | None = None
    contribution: ContributionChoice = ContributionChoice()
    events: Events = Events()
    resilience: Resilience | None = None
    multiverse: SpecificationGrid = SpecificationGrid()


# scenarios/*.yaml


class Scenario(Record):
    """A named set of changes: dotted path into the study -> new value."""

    label: Label
    changes: dict[str, Any]


class Study(Record):
    """A whole study, as checked and frozen; the folder it was read from is not part of it."""

    study: StudyFile
    sources: Sources
    rules: Rules
    columns: Columns
    indicators: Indicators
    weighting: Weighting
    uncertainty: Uncertainty = Uncertainty()
    regressions: Regressions
    modes: Modes = Modes()
    scenarios: dict[Slug, Scenario] = {}

    @property
    def name(self) -> str:
        return self.study.name
