"""indicators.yaml: indicators, the tree over them, and what may not enter the index."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ...errors import closest
from .record import Label, Name, Record, Slug, Version

DIRECTIONS: dict[str, Literal[1, -1]] = {
    **dict.fromkeys(("1", "+1", "+", "正向", "正", "正向指标", "正指标", "效益型", "positive"), 1),
    **dict.fromkeys(("-1", "-", "－", "−", "负向", "负", "负向指标", "负指标", "逆向", "逆向指标", "逆指标", "反向", "成本型",
                     "negative"), -1),
}  # fmt: skip
SHOWN_DIRECTIONS = ("1", "-1", "正向", "负向")


class Band(Record):
    """A moderate indicator: best inside [low, high]; [x, x] is a single optimum."""

    band: tuple[float, float]


def _direction(setting: object) -> object:
    """The direction a word stands for; a word, list or flag that stands for none is refused with the right form."""
    if isinstance(setting, list | bool):
        raise _no_direction(setting)
    if str(setting).strip().lower() in ("yes", "no", "on", "off"):
        raise _no_direction(str(setting).strip().lower())
    if not isinstance(setting, str):
        return setting
    word = "".join(setting.split()).lower()
    if word in DIRECTIONS:
        return DIRECTIONS[word]
    moderate = "适度" in word or "区间" in word
    closest_direction = (
        "正向" if "正" in word else "负向" if any(character in word for character in "负逆反") else closest(word, DIRECTIONS)
    )
    name_list = ", ".join(SHOWN_DIRECTIONS)
    hint_en, hint_zh = (
        (f"did you mean {closest_direction!r}?", f"您是不是想写 {closest_direction!r}?")
        if closest_direction
        else (f"write one of {name_list}", f"请写 {name_list}")
    )
    if moderate:
        hint_en, hint_zh = "write where it is best, as {band: [40, 60]}", "适度指标请写最优区间,如 {band: [40, 60]}"
    raise PydanticCustomError("order", "{en}", {"en": f"{setting!r} is no direction; {hint_en}",
                                                "zh": f"{setting!r} 不是方向;{hint_zh}"})  # fmt: skip


def _no_direction(setting: list[object] | bool | str) -> PydanticCustomError:
    """A list is meant as a band; a flag (yes, no, true) as a sign."""
    shown_setting = setting if isinstance(setting, list) else str(setting).lower()
    if isinstance(setting, list) and setting and set(map(str, setting)) <= DIRECTIONS.keys():
        en, zh = "an indicator has one direction each: write 1 or -1", "每个指标只有一个方向:请写 1 或 -1"
    elif isinstance(setting, list):
        limits = ", ".join(str(limit) for limit in (setting * 2)[:2]) if setting else "40, 60"
        en, zh = f"write where it is best, as {{band: [{limits}]}}", f"适度指标请写最优区间,如 {{band: [{limits}]}}"
    else:
        en, zh = "write 1 where more is better, -1 where less is", "越大越好请写 1,越小越好请写 -1"
    return PydanticCustomError(
        "order", "{en}", {"en": f"{shown_setting} is no direction; {en}", "zh": f"{shown_setting} 不是方向;{zh}"}
    )


Sign = Annotated[Literal[1, -1], BeforeValidator(_direction), WithJsonSchema({"enum": [1, -1, "正向", "负向"]})]
"""1 or 正向: more is better; -1 or 负向: less is better."""


class Indicator(Record):
    """One leaf: an aggregate expression over ONE table."""

    table: Name
    formula: str
    unit: str = ""
    direction: Sign | Band = 1
    kind: Literal["input", "output", "structure"] = "output"
    nominal_growth: bool = False
    partial_sum: bool = False
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
