"""A choice in YAML becomes a function: `check` as the file is read, `resolve` for the children of one node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from ..errors import ConfigError, unknown
from . import FAMILIES
from .column_statistics import cells
from .method import CONTEXT, SIGNS, Array, Choice, ColumnError, Method, Told
from .options import REQUIRED, Over, options, options_of, read, written
from .shares import bounded, refuse_infeasible

__all__ = [
    "FAMILY_ZH",
    "Choice",
    "batched",
    "cautions",
    "check",
    "compatible",
    "keyed",
    "named",
    "one_of",
    "options_of",
    "over",
    "resolve",
    "told",
]

FAMILY_ZH = {"impute": "插补", "treat": "异常值处理", "normalise": "标准化", "weight": "赋权", "aggregate": "合成"}


@dataclass(frozen=True)
class Bound:
    """A method with its options set; context that it does not need is not passed on."""

    method: Method
    options: Mapping[str, Any]
    children: tuple[str, ...]

    def __call__(self, *data: Array, **context: Any) -> Array:
        if strange := context.keys() - CONTEXT:
            raise TypeError(f"{sorted(strange)} is no context; options are set in the choice")
        passed = {name: value for name, value in context.items() if name in self.method.context}
        try:
            return self.method.function(*data, **self.options, **passed)
        except ColumnError as refusal:
            raise refusal.named(self.children) from None


def named(choice: Choice, family: str) -> Method:
    """The method a choice names; ConfigError with did-you-mean when the family has none of that name."""
    methods = FAMILIES[family]
    if choice.method not in methods:
        en, zh = unknown(f"{family} method", choice.method, methods, kind_zh=f"{FAMILY_ZH[family]}方法")
        raise ConfigError(en, zh=zh)
    return methods[choice.method]


def check(choice: Choice, family: str) -> Choice:
    """The choice with every default written out; ConfigError names what is unknown, missing or of the wrong type."""
    method = named(choice, family)
    known = options(method, family)
    with _Place(choice, family):
        for name in choice.options:
            if name not in known:
                en, zh = unknown("option", name, known, kind_zh="选项 ")
                raise ConfigError(en, zh=zh)
        given = {name: _option(name, choice, known[name], family) for name in known}
        if method.check and not keyed(choice, family):
            method.check(given)
    return Choice(method=choice.method, **given)


def _option(name: str, choice: Choice, declared: tuple[Any, Any], family: str) -> Any:
    kind, default = declared
    if name not in choice.options:
        if default is REQUIRED:
            raise ConfigError(f"option {name!r} must be given", zh=f"必须给出选项 {name!r}")
        return default
    with _Place(choice, "", name):
        value = read(choice.options[name], kind)
    return tuple(_part(part, choice, family) for part in value) if _nested(value) else value


def _part(part: Choice, whole: Choice, family: str) -> Choice:
    """A part of a combination, checked; it looks at the years of the whole."""
    years = whole.options.get("over", "all_years")
    if not named(part, family).timed:
        return check(part, family)
    if part.options.get("over", years) != years:
        raise ConfigError("write over at the combination, not in its parts", zh="over 应写在组合上,不写在各部分里")
    return check(Choice(method=part.method, **{**part.options, "over": years}), family)


def resolve(
    choice: Choice, children: Sequence[str], *, family: str, known: Collection[str] | None = None
) -> Callable[..., Array]:
    """The method as a function of arrays, with options keyed by child id turned into arrays in the children's order.

    `known` are all ids such an option may name (a level's choice names the children of several nodes); default the
    children. Reads no data, so a study resolves every node as it is loaded. ConfigError if an id is unknown or
    missing, or if options do not fit together.
    """
    choice = check(choice, family)
    method = named(choice, family)
    ids = known if known is not None else children
    with _Place(choice, family):
        settings = _settings(choice, children, ids, family)
        if method.check:
            method.check({**choice.options, **settings})
        call = Bound(method, settings, tuple(children))
        return _limited(call, choice, len(children)) if family == "weight" else call


def told(choice: Choice, children: Sequence[str], values: Array, *, known: Collection[str] | None = None) -> list[Told]:
    """What a weighting and its parts say of themselves on a table (n, m) of these children."""
    choice = check(choice, "weight")
    ids = known if known is not None else children
    method = named(choice, "weight")
    own = list(method.told(values, **_settings(choice, children, ids, "weight"))) if method.told else []
    parts = [part for value in choice.options.values() if _nested(value) for part in value]
    for number, part in enumerate(parts, start=1):
        inner = told(part, children, values, known=known)
        own += [replace(one, quantity=f"part_{number}_{part.method}_{one.quantity}") for one in inner]
    return own


def _settings(choice: Choice, children: Sequence[str], known: Collection[str], family: str) -> dict[str, Any]:
    """The options of a checked choice as its function takes them."""
    names = [name for name in named(choice, family).options if name not in CONTEXT]
    return {name: _setting(choice, name, children, known, family) for name in names}


def _setting(choice: Choice, name: str, children: Sequence[str], known: Collection[str], family: str) -> Any:
    value = choice.options[name]
    if _nested(value):
        return tuple(resolve(part, children, family=family, known=known) for part in value)
    mark = written(named(choice, family).options[name].annotation)
    return mark.read(value, children, known) if mark and value is not None else value


def _limited(call: Bound, choice: Choice, count: int) -> Callable[..., Array]:
    """The weights held between `floor` and `cap`, where the choice sets them."""
    floor, cap = choice.options["floor"], choice.options["cap"]
    if floor <= 0 and cap >= 1:
        return call
    refuse_infeasible(count, floor, cap)
    return lambda values: bounded(call(values), cells(values) > 0, floor=floor, cap=cap)


def compatible(normalise: Choice, choice: Choice, *, family: str) -> None:
    """ConfigError if values so normalised have a sign that the weight or aggregate choice is not defined for."""
    for part in choice.options.values():
        if _nested(part):
            for inner in part:
                compatible(normalise, inner, family=family)
    scale, method = check(normalise, "normalise"), named(choice, family)
    same_years = family == "weight" and over(scale) == over(choice)
    sign = named(scale, "normalise").given_sign({**scale.options, **({"over": "all_years"} if same_years else {})})
    if SIGNS.index(sign) < SIGNS.index(method.needs):
        _refuse_sign(scale.method, choice.method, sign, method.needs)


def _refuse_sign(scale: str, name: str, sign: str, needs: str) -> None:
    words = {"any_sign": "任意符号", "non_negative": "非负", "positive": "正"}
    raise ConfigError(
        f"{name} needs {needs} values, but {scale} as written gives {sign}; "
        "use minmax over all years, or with clip: true, or to: [1, 100]",
        zh=f"{name} 要求{words[needs]}值,而按现有写法 {scale} 给出{words[sign]}值;"
        "请改用全部年份的 minmax,或写 clip: true,或写 to: [1, 100]",
    )


def over(choice: Choice) -> Over:
    """The years a choice looks at: all_years, each_year or (first, last)."""
    years = choice.options.get("over", "all_years")
    checked: Over = read(years, Over)
    return checked


def cautions(choice: Choice, family: str) -> list[tuple[str, str]]:
    """What to mind about an allowed choice, its parts included, in (English, Chinese)."""
    method, whole = named(choice, family), check(choice, family)
    own = method.caution(whole.options) if method.caution else None
    parts = [inner for part in whole.options.values() if _nested(part) for inner in part]
    return ([own] if own else []) + [text for inner in parts for text in cautions(inner, family)]


def batched(choice: Choice, family: str) -> bool:
    """Whether all draws are worked on at once; False where something inside loops over them."""
    parts = [inner for part in choice.options.values() if _nested(part) for inner in part]
    return named(choice, family).batch and all(batched(inner, family) for inner in parts)


def keyed(choice: Choice, family: str) -> bool:
    """Whether the method has options that speak of children by id, or of other methods that may."""
    return any(written(parameter.annotation) for parameter in named(choice, family).options.values())


def _nested(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(part, Choice) for part in value)


def one_of(family: str) -> Any:
    """The type of a config field that names a method of the family; defaults are written out as the file is read.

    A fault is a pydantic error of type `choice` whose context holds the text as `en` and `zh`.
    """

    def checked(choice: Choice) -> Choice:
        try:
            return check(choice, family)
        except ConfigError as fault:
            raise PydanticCustomError("choice", "{en}", {"en": fault.en, "zh": fault.zh}) from None

    return Annotated[Choice, AfterValidator(checked)]


class _Place:
    """Puts the family, the method and the option before the text of a ConfigError raised inside."""

    def __init__(self, choice: Choice, family: str, option: str = "") -> None:
        self.en = f"option {option!r}" if option else f"{family} {choice.method!r}"
        self.zh = f"选项 {option!r}" if option else f"{FAMILY_ZH[family]} {choice.method!r}"

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        if isinstance(fault, ConfigError):
            raise ConfigError(f"{self.en}: {fault.en}", zh=f"{self.zh}:{fault.zh}") from None
