"""A choice in YAML becomes a function: bound to its method as the file is read, then to the children of a node."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, PrivateAttr
from pydantic_core import PydanticCustomError

from ..errors import ConfigError, closest, unknown
from . import FAMILIES
from .column_statistics import cell_counts
from .method import CONTEXT, SIGNS, Array, Choice, ColumnError, Method, MethodNote
from .options import REQUIRED, Over, options, options_of_method, read_option, yaml_form
from .shares import bounded_shares, refuse_infeasible

__all__ = ["FAMILY_ZH", "BoundChoice", "Choice", "bind", "choice_among", "options_of_method", "refuse_sign"]

# names in use besides the labels
OTHER_NAMES = {
    "weight": {"熵权法": "entropy", "等权重": "equal", "AHP法": "ahp", "主成分分析": "pca", "主成分分析法": "pca"},
    "normalise": {"极差法": "minmax", "极值法": "minmax", "标准差标准化": "zscore", "Z-score法": "zscore"},
    "aggregate": {"线性加权": "arithmetic", "加权算术平均": "arithmetic", "加权几何平均": "geometric"},
}  # fmt: skip
FAMILY_ZH = {"impute": "插补", "treat": "异常值处理", "normalise": "标准化", "weight": "赋权", "aggregate": "合成"}


class BoundChoice(Choice):
    """A method of one family with every option checked and written out: made once, as the YAML is read (`bind`)."""

    _family: str = PrivateAttr()

    @property
    def family(self) -> str:
        return self._family

    @property
    def definition(self) -> Method:
        """The method that is chosen: its function, labels, formula and source."""
        return FAMILIES[self._family][self.method]

    @property
    def formula(self) -> str:
        """What a paper prints of the method with these options."""
        return self.definition.printed_formula(self.options)

    @property
    def parts(self) -> tuple[BoundChoice, ...]:
        """The choices that this one combines; empty where it combines none."""
        lists = [option_value for option_value in self.options.values() if isinstance(option_value, tuple)]
        return tuple(
            nested_choice for option_value in lists for nested_choice in option_value if isinstance(nested_choice, BoundChoice)
        )

    @property
    def over(self) -> Over:
        """The years that statistics are taken over: all_years, each_year or (first, last)."""
        years: Over = self.options.get("over", "all_years")
        return years

    @property
    def batched(self) -> bool:
        """Whether all draws are worked on at once; False where the method or a part of it loops over them."""
        return self.definition.batch and all(nested_choice.batched for nested_choice in self.parts)

    @property
    def ignores_values(self) -> bool:
        """Whether weights read no values: the method looks at no years, and no part of it does."""
        return all(nested_choice.ignores_values for nested_choice in self.parts) if self.parts else not self.definition.timed

    @property
    def names_children(self) -> bool:
        """Whether the method has options that name children by id, or other methods that may."""
        return any(yaml_form(parameter.annotation) for parameter in self.definition.options.values())

    @property
    def cautions(self) -> list[tuple[str, str]]:
        """What to mind about this allowed choice, its parts included, in (English, Chinese)."""
        caution = self.definition.caution(self.options) if self.definition.caution else None
        return ([caution] if caution else []) + [text for nested_choice in self.parts for text in nested_choice.cautions]

    def for_children(self, children: Sequence[str], *, valid_ids: Collection[str] | None = None) -> Callable[..., Array]:
        """The method as a function of arrays, options keyed by child id turned into arrays in the children's order.

        `valid_ids` are all ids that such an option may name (a level's choice names the children of several nodes); default
        the children. Reads no data, so a study binds every node as it is loaded. ConfigError if an id is unknown or
        missing, or if options do not fit together.
        """
        with _ChoicePlace(self, self.family):
            arguments = self._arguments(children, children if valid_ids is None else valid_ids)
            if self.definition.check:
                self.definition.check({**self.options, **arguments})
            method = BoundMethod(self.definition, arguments, tuple(children))
            return _with_limits(method, self, len(children)) if self.family == "weight" else method

    def notes(self, children: Sequence[str], values: Array, *, valid_ids: Collection[str] | None = None) -> list[MethodNote]:
        """What the method and its parts report of themselves on a table (n, m) of these children."""
        report, ids = self.definition.notes, children if valid_ids is None else valid_ids
        notes = list(report(values, **self._arguments(children, ids))) if report else []
        for number, part in enumerate(self.parts, start=1):
            notes_of_method = part.notes(children, values, valid_ids=valid_ids)
            notes += [replace(note, quantity=f"part_{number}_{part.method}_{note.quantity}") for note in notes_of_method]
        return notes

    def _arguments(self, children: Sequence[str], valid_ids: Collection[str]) -> dict[str, Any]:
        """The options as the method's function takes them."""
        return {option_name: self._argument(option_name, children, valid_ids) for option_name in self.definition.options}

    def _argument(self, option_name: str, children: Sequence[str], valid_ids: Collection[str]) -> Any:
        value = self.options[option_name]
        if _is_nested(value):
            return tuple(nested_choice.for_children(children, valid_ids=valid_ids) for nested_choice in value)
        form = yaml_form(self.definition.options[option_name].annotation)
        return form.argument(value, children, valid_ids) if form and value is not None else value


@dataclass(frozen=True)
class BoundMethod:
    """A method with its options set for some children; context that it does not need is not passed on."""

    method: Method
    arguments: Mapping[str, Any]
    children: tuple[str, ...]

    def __call__(self, *indicator_values: Array, **context: Any) -> Array:
        if unknown_keys := context.keys() - CONTEXT:
            raise TypeError(f"{sorted(unknown_keys)} is no context; options are set in the choice")
        needed_arguments = {
            context_name: context_value for context_name, context_value in context.items() if context_name in self.method.context
        }
        try:
            return self.method.function(*indicator_values, **self.arguments, **needed_arguments)
        except ColumnError as refusal:
            raise refusal.with_names(self.children) from None


def bind(choice: Choice, family: str) -> BoundChoice:
    """The choice with its method and every default; ConfigError names what is unknown, missing or of the wrong type."""
    if isinstance(choice, BoundChoice) and choice.family == family:
        return choice
    if (id := _method_id(choice, family)) != choice.method:
        choice = Choice(method=id, **choice.options)
    declared = options(_method(choice, family), family)
    with _ChoicePlace(choice, family):
        for option_name in choice.options:
            if option_name not in declared:
                en, zh = unknown("option", option_name, declared, kind_zh="选项 ")
                raise ConfigError(en, zh=zh)
        checked = {option_name: _checked_option(option_name, choice, *declared[option_name], family) for option_name in declared}
        bound_choice = BoundChoice(method=choice.method, **checked)
        bound_choice._family = family
        if bound_choice.definition.check and not bound_choice.names_children:
            bound_choice.definition.check(checked)
    return bound_choice


def _method(choice: Choice, family: str) -> Method:
    return FAMILIES[family][_method_id(choice, family)]


def _method_id(choice: Choice, family: str) -> str:
    """The id of the method a choice names by id or label; ConfigError with did-you-mean when the family has none of that name."""
    methods = FAMILIES[family]
    if choice.method in methods:
        return choice.method
    labels = _ids_by_label(family)
    id = labels.get(_plain_name(choice.method))
    if id is None:
        suggested_id = closest(choice.method, [*methods, *(method.label_zh for method in methods.values())])
        candidates = [suggested_id] if suggested_id else methods
        en, zh = unknown(f"{family} method", choice.method, candidates, kind_zh=f"{FAMILY_ZH[family]}方法")
        raise ConfigError(en, zh=zh)
    return id


@cache
def _ids_by_label(family: str) -> dict[str, str]:
    """Label, in either language and without the 法 at its end, and other common name -> id of a method."""
    labels = {
        _plain_name(label): method_id
        for method_id, m in FAMILIES[family].items()
        for label in (method_id, m.label_en, m.label_zh)
    }
    short_labels = {label.removesuffix("法"): method_id for label, method_id in labels.items()}
    return {
        **short_labels,
        **labels,
        **{_plain_name(other_name): method_id for other_name, method_id in OTHER_NAMES.get(family, {}).items()},
    }


def _plain_name(method_label: str) -> str:
    return "".join(unicodedata.normalize("NFKC", str(method_label)).split()).lower()


def _checked_option(option_name: str, choice: Choice, option_type: Any, default: Any, family: str) -> Any:
    if option_name not in choice.options:
        if default is REQUIRED:
            raise ConfigError(f"option {option_name!r} must be given", zh=f"必须给出选项 {option_name!r}")
        return default
    with _ChoicePlace(choice, "", option_name):
        option_value = read_option(choice.options[option_name], option_type)
    return (
        tuple(_bound_part(nested_choice, choice, family) for nested_choice in option_value)
        if _is_nested(option_value)
        else option_value
    )


def _bound_part(nested_choice: Choice, combination: Choice, family: str) -> BoundChoice:
    """A part of a combination, bound; it looks at the years of the combination."""
    years = combination.options.get("over", "all_years")
    if not _method(nested_choice, family).timed:
        return bind(nested_choice, family)
    if nested_choice.options.get("over", years) != years:
        raise ConfigError("write over at the combination, not in its parts", zh="over 应写在组合上,不写在各部分里")
    return bind(Choice(method=nested_choice.method, **{**nested_choice.options, "over": years}), family)


def _is_nested(option_value: Any) -> bool:
    return (
        isinstance(option_value, list | tuple)
        and bool(option_value)
        and all(isinstance(nested_value, Choice) for nested_value in option_value)
    )


def _with_limits(method: BoundMethod, choice: BoundChoice, child_count: int) -> Callable[..., Array]:
    """The weights held between `floor` and `cap`, where the choice sets them."""
    floor, cap = choice.options["floor"], choice.options["cap"]
    if floor <= 0 and cap >= 1:
        return method
    refuse_infeasible(child_count, floor, cap)
    return lambda values: bounded_shares(method(values), cell_counts(values) > 0, floor=floor, cap=cap)


def refuse_sign(normalise: BoundChoice, choice: BoundChoice) -> None:
    """ConfigError if values so normalised have a sign that the weight or aggregate choice is not defined for."""
    for part in choice.parts:
        refuse_sign(normalise, part)
    same_years = choice.family == "weight" and normalise.over == choice.over
    years = {"over": "all_years"} if same_years else {}
    sign, needs = normalise.definition.given_sign({**normalise.options, **years}), choice.definition.needs
    if SIGNS.index(sign) >= SIGNS.index(needs):
        return
    words = {"any_sign": "任意符号", "non_negative": "非负", "positive": "正"}
    raise ConfigError(
        f"{choice.method} needs {needs} values, but {normalise.method} as written gives {sign}; "
        "use minmax over all years, or with clip: true, or to: [1, 100]",
        zh=f"{choice.method} 要求{words[needs]}值,而按现有写法 {normalise.method} 给出{words[sign]}值;"
        "请改用全部年份的 minmax,或写 clip: true,或写 to: [1, 100]",
    )


def choice_among(family: str) -> Any:
    """The type of a config field that names a method of the family; the choice is bound as the file is read.

    A fault is a pydantic error of type `choice` whose context holds the text as `en` and `zh`.
    """

    def bound(choice: Choice) -> BoundChoice:
        try:
            return bind(choice, family)
        except ConfigError as fault:
            raise PydanticCustomError("choice", "{en}", {"en": fault.en, "zh": fault.zh}) from None

    return Annotated[Choice, AfterValidator(bound)]


class _ChoicePlace:
    """Puts the family, the method and the option before the text of a ConfigError raised inside."""

    def __init__(self, choice: Choice, family: str, option: str = "") -> None:
        self.en = f"option {option!r}" if option else f"{family} {choice.method!r}"
        self.zh = f"选项 {option!r}" if option else f"{FAMILY_ZH[family]} {choice.method!r}"

    def __enter__(self) -> None: ...

    def __exit__(self, error_type: Any, fault: BaseException | None, trace: Any) -> None:
        if isinstance(fault, ConfigError):
            raise ConfigError(f"{self.en}: {fault.en}", zh=f"{self.zh}:{fault.zh}") from None
