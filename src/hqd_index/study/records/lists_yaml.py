"""lists.yaml: the rules of the lists that an office acts on, each with the value it has unless the file says otherwise."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...methods.method import Share
from .record import Record, Slug, Version

Percentile = Annotated[float, Field(gt=0, lt=100)]
Factor = Annotated[float, Field(gt=0)]


class ChainFlags(Record):
    """Thresholds of the flags of the chain map; those of a chokepoint product are in columns.yaml (links.chokepoint).

    gap: fewer domestic firms, or a lower self-sufficiency. blockage: a z over the units of the year below `blockage_z` in the
    good direction of a blockage indicator, or days at or above their percentile and rising for years. weak: NRCA below, and
    betweenness at or above its percentile. strong: NRCA at or above its percentile, and a share in the world's exports.
    """

    gap_firms: Annotated[int, Field(ge=1)] = 3
    gap_self_sufficiency: Share = 0.3
    blockage_indicators: tuple[Slug, ...] = ("smo1", "smo2")
    blockage_z: Annotated[float, Field(lt=0)] = -1.5
    blockage_days: Slug = "smo2"
    blockage_days_pct: Percentile = 90.0
    blockage_rising: Annotated[int, Field(ge=1, le=5)] = 2
    weak_nrca: float = 0.0
    weak_centrality_pct: Percentile = 75.0
    strong_nrca_pct: Percentile = 80.0
    strong_world_share: Share = 0.2


class Lists(Record):
    """The file lists.yaml.

    `target`: SRDI firms in force at which a node counts as covered. `neighbours`: factors by which each threshold is moved in
    turn, to see under how many of them a node keeps its flags.
    """

    version: Version = 1
    flags: ChainFlags = ChainFlags()
    target: Annotated[int, Field(ge=1)] = 3
    neighbours: tuple[Factor, ...] = (0.8, 0.9, 1.1, 1.2)
