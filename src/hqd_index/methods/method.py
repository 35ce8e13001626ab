"""What a method is: a plain function of arrays, what it needs of its data, and how YAML writes its options."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal, get_type_hints

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from ..errors import ConfigError, EstimationError, unknown

Array = npt.NDArray[np.float64]
Sign = Literal["any_sign", "non_negative", "positive"]
Formula = str | Callable[[Mapping[str, Any]], str]
SIGNS: tuple[Sign, ...] = ("any_sign", "non_negative", "positive")

# Keywords that the program passes and no YAML sets; `groups` are those of study.yaml (unit.groups), one per unit.
CONTEXT = frozenset({"reference", "direction", "groups", "min_children"})


class Choice(BaseModel):
    """A method's name and its options, as one line of YAML writes them."""

    model_config = ConfigDict(frozen=True, extra="allow")
    method: str

    @cached_property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @cached_property
    def canonical(self) -> str:
        """The choice as JSON with sorted keys: equal text, equal choice."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __eq__(self, compared_choice: object) -> bool:
        return isinstance(compared_choice, Choice) and self.canonical == compared_choice.canonical


@dataclass(frozen=True)
class MethodNote:
    """Something a method reports of itself on its data: a quantity, a flag of the diagnostics, the position of a child."""

    quantity: str
    value: float
    flag: str = ""
    child: int | None = None


@dataclass(frozen=True)
class Method:
    """A function with its labels, its formula, its source, the sign of the values it needs and the sign of those it gives.

    `formula` is what a paper prints: plain text with `_{..}` and `^{..}`, eight spaces between equations. It and `gives` may
    depend on the options. `batch` is False where draws are looped over inside. `timed` is False where the years looked at
    (`over`) cannot matter. `check` refuses options that are wrong together, before any data is seen; `caution` names in
    (English, Chinese) what to mind about options that are allowed; `notes(values, **options)` reports what came of them on
    a table (n, m), such as a consistency ratio, for the diagnostics.
    """

    function: Callable[..., Array]
    label_zh: str
    label_en: str
    formula: Formula
    source: str
    needs: Sign = "any_sign"
    gives: Sign | Callable[[Mapping[str, Any]], Sign] = "any_sign"
    batch: bool = True
    timed: bool = True
    check: Callable[[Mapping[str, Any]], None] | None = None
    caution: Callable[[Mapping[str, Any]], tuple[str, str] | None] | None = None
    notes: Callable[..., Iterable[MethodNote]] | None = None

    @property
    def summary(self) -> str:
        """The first line of the function's docstring: what comes out."""
        return (inspect.getdoc(self.function) or "").splitlines()[0]

    @cached_property
    def options(self) -> dict[str, inspect.Parameter]:
        """What YAML may set: the keyword-only parameters, but for those that the program alone passes."""
        hints = get_type_hints(self.function, include_extras=True)
        parameters = inspect.signature(self.function).parameters
        return {
            parameter_name: parameter.replace(annotation=hints[parameter_name])
            for parameter_name, parameter in parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter_name not in CONTEXT
        }

    @cached_property
    def context(self) -> frozenset[str]:
        """The keywords that the program passes to this method."""
        return CONTEXT & inspect.signature(self.function).parameters.keys()

    def given_sign(self, options: Mapping[str, Any]) -> Sign:
        return self.gives(options) if callable(self.gives) else self.gives

    def printed_formula(self, options: Mapping[str, Any]) -> str:
        """The formula under these options."""
        return self.formula(options) if callable(self.formula) else self.formula


def formula_by_option(option_name: str, formulas: Mapping[Any, str]) -> Callable[[Mapping[str, Any]], str]:
    """A formula for each value of one option."""
    return lambda options: formulas[options[option_name]]


@dataclass(frozen=True)
class YamlForm:
    """How YAML writes an option (`yaml_type`) that the function takes in another form (`argument`)."""

    yaml_type: Any
    argument: Callable[[Any, Sequence[str], Collection[str]], Any]


class ColumnError(EstimationError):
    """A column on which a method is not defined; `columns` are positions, named by whoever knows the names."""

    def __init__(self, columns: Sequence[int], en: str, zh: str) -> None:
        self.columns, self.why_en, self.why_zh = tuple(columns), en, zh
        place_list = ", ".join(str(column_index + 1) for column_index in self.columns)
        super().__init__(f"column {place_list}: {en}", zh=f"第 {place_list} 列:{zh}")

    def with_names(self, indicator_names: Sequence[str]) -> EstimationError:
        """The same refusal with indicators instead of positions."""
        column_list = ", ".join(indicator_names[column_index] for column_index in self.columns)
        return EstimationError(f"{column_list}: {self.why_en}", zh=f"{column_list}:{self.why_zh}")


def values_by_child(number_by_child: Mapping[str, float], children: Sequence[str], valid_ids: Collection[str]) -> Array:
    """The numbers written by child id, in the children's order (m,)."""
    for name in number_by_child:
        if name not in valid_ids:
            en, zh = unknown("child", name, valid_ids, kind_zh="子节点")
            raise ConfigError(en, zh=zh)
    missing_children = [child for child in children if child not in number_by_child]
    if missing_children:
        missing_names = ", ".join(missing_children)
        raise ConfigError(f"no number is given for {missing_names}", zh=f"没有给出 {missing_names} 的数值")
    return np.array([number_by_child[child] for child in children], dtype=np.float64)


PERCENTAGE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*[%％]\s*")
AS_PERCENTAGE = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"}


def _share_of_percentage(share_text: object) -> object:
    """30% as 0.3; anything else as it is."""
    match = PERCENTAGE.fullmatch(share_text) if isinstance(share_text, str) else None
    return float(Decimal(match[1]) / 100) if match else share_text


Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[
    float,
    BeforeValidator(_share_of_percentage),
    Field(ge=0, le=1),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, AS_PERCENTAGE]}),
]
"""A share in [0, 1], or a percentage that says so: 0.3, 30%."""
Part = Annotated[
    float,
    BeforeValidator(_share_of_percentage),
    Field(ge=0, allow_inf_nan=False),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, AS_PERCENTAGE]}),
]
"""A weight that may be written as a percentage."""
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ByChild = Annotated[Array, YamlForm(dict[str, Finite], values_by_child)]
SharesByChild = Annotated[Array, YamlForm(dict[str, Part], values_by_child)]
