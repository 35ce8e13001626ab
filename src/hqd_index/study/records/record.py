"""The base of every record of the configuration, and the kinds of names in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
StudyName = Annotated[str, Field(pattern=r"^[a-z\u4e00-\u9fff][a-z0-9_\u4e00-\u9fff]{0,40}$")]
"""Of the folder of the results: small letters, digits and _, or Chinese characters."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,60}$")]
Version = Literal[1]


def _ordered_years(years: tuple[int, int]) -> tuple[int, int]:
    if years[0] > years[1]:
        swapped_years = f"[{years[1]}, {years[0]}]"
        raise PydanticCustomError("order", "{en}", {"en": f"first year after last; write {swapped_years}",
                                                    "zh": f"起始年晚于结束年;请写成 {swapped_years}"})  # fmt: skip
    return years


Span = Annotated[tuple[int, int], AfterValidator(_ordered_years)]
"""First and last year."""


class Record(BaseModel):
    """A part of the configuration: unknown keys, NaN and Inf are refused, nothing changes after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Label(Record):
    """One text in both languages."""

    zh: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh
