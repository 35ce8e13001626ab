"""weighting.yaml: how indicators are imputed, treated, normalised, weighed and aggregated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, WithJsonSchema

from ...methods.choice import BoundChoice, Choice, bind, choice_among
from ...methods.method import Share
from .record import Name, Record, Slug, Version

if TYPE_CHECKING:
    Impute = BoundChoice
    Treat = BoundChoice
    Normalise = BoundChoice
    Weight = BoundChoice
    Aggregate = BoundChoice
else:
    Impute = Annotated[choice_among("impute"), WithJsonSchema({"family": "impute"})]
    Treat = Annotated[choice_among("treat"), WithJsonSchema({"family": "treat"})]
    Normalise = Annotated[choice_among("normalise"), WithJsonSchema({"family": "normalise"})]
    Weight = Annotated[choice_among("weight"), WithJsonSchema({"family": "weight"})]
    Aggregate = Annotated[choice_among("aggregate"), WithJsonSchema({"family": "aggregate"})]


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
    rank_from: Share = 0.6


class Weighting(Record):
    """weighting.yaml: impute, treat, normalise, then weight and aggregate per level; branches and leaves override."""

    version: Version
    impute: Impute = bind(Choice(method="none"), "impute")
    treat: Treat = bind(Choice(method="none"), "treat")
    normalise: Normalise = bind(Choice(method="minmax"), "normalise")
    weight: dict[Slug, Weight]
    aggregate: dict[Slug, Aggregate]
    coverage: Coverage = Coverage()
    branches: dict[Name, NodeChoices] = {}
    indicators: dict[Name, LeafChoices] = {}
