"""uncertainty.yaml: what is varied besides the base design, and how often."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from .record import Record, Slug, Version


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
    def _power_of_two(cls, base_size: int) -> int:
        if base_size & (base_size - 1):
            bilingual_message = {
                "en": f"{base_size} is no power of two; write one such as 1024",
                "zh": f"{base_size} 不是 2 的幂;请写如 1024 的数",
            }
            raise PydanticCustomError("order", "{en}", bilingual_message)
        return base_size


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
    pairs: Literal["all", "near"] | None = None  # None: all up to 200 units, beyond them those near each other
    interval: tuple[float, float] = (0.05, 0.95)
