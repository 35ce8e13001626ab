"""The list of methods and estimators, and what is done elsewhere with the exported files, in the chosen language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import ConfigError, unknown

NEEDED = {"zh": "必填", "en": "required"}


def methods_lines(family: str | None, language: str) -> list[str]:
    """Every method by family: name, options with defaults, source; below it, what comes out, in one line."""
    from ..methods import FAMILIES
    from ..methods.choice import FAMILY_ZH

    families = (*FAMILIES, "estimators", "not_offered")
    family_by_chinese_name = {zh: name for name, zh in FAMILY_ZH.items()} | {"估计方法": "estimators", "不提供": "not_offered"}
    family = family_by_chinese_name.get(family or "", family)
    if family is not None and family not in families:
        en, zh = unknown("family of methods", family, families, kind_zh="方法类别")
        raise ConfigError(en, zh=zh, location="hqd methods")
    lines = []
    for name in FAMILIES:
        if family in (None, name):
            lines += [f"{name} {FAMILY_ZH[name]}:" if language == "zh" else f"{name}:", *_family_lines(name, language)]
    if family in (None, "estimators"):
        lines += _estimator_lines(language)
    if family in (None, "not_offered"):
        lines += [*_omission_lines(language), *_command_lines(language)]
    return lines


def _family_lines(family: str, language: str) -> Iterator[str]:
    """The methods of a family."""
    from ..methods import FAMILIES
    from ..methods.choice import options_of_method
    from ..methods.meanings import meaning

    for id, method in FAMILIES[family].items():
        label = method.label_en if language == "en" else method.label_zh
        source = "" if method.source == "-" else f"  {method.source}"
        yield f"  {id:<14} {label}  [{_options_text(options_of_method(method), language)}]{source}"
        yield f"{'':<17}{meaning(family, id, language)}"


def _options_text(defaults: Mapping[str, object], language: str) -> str:
    """Options with their defaults."""
    default_texts = {
        name: NEEDED[language] if str(default) == NEEDED["en"] else repr(default) for name, default in defaults.items()
    }
    return ", ".join(f"{name}={default_text}" for name, default_text in default_texts.items())


def _estimator_lines(language: str) -> Iterator[str]:
    """Estimators with their known answers."""
    from ..methods.meanings import known_answer
    from ..models.estimator_catalogue import ESTIMATORS

    yield "estimators:" if language == "en" else "estimators 估计方法:"
    for id, estimator in ESTIMATORS.items():
        answer = known_answer(id, estimator.known_answer, language)
        note = f"tested against: {answer}" if language == "en" else f"核对:{answer}"
        source = f"  {estimator.source}" if estimator.source else ""
        yield f"  {id:<18} {estimator.en if language == 'en' else estimator.zh}{source}"
        yield f"{'':<21}{note}"


def _omission_lines(language: str) -> Iterator[str]:
    """What is not offered, why, and what does it."""
    from ..methods.omitted_methods import OMITTED_METHODS
    from ..models.estimator_catalogue import OMITTED_ESTIMATORS

    english = language == "en"
    yield "not_offered:" if english else "not_offered 不提供:"
    for id, omission in OMITTED_ESTIMATORS.items():
        reason = omission.reason_en if english else omission.reason_zh
        commands = "; ".join(
            f"{program}: {command}" for program, command in (("Stata", omission.stata), ("R", omission.r)) if command
        )
        yield f"  {id:<18} {omission.en if english else omission.zh}"
        yield f"{'':<21}{reason}{'. ' if english else '。'}{commands}"
    for id, method in OMITTED_METHODS.items():
        reason, substitute = (method.reason_en, method.instead_en) if english else (method.reason_zh, method.instead_zh)
        yield f"  {id:<18} {method.en if english else method.zh}"
        yield f"{'':<21}{reason}{'. ' if english else '。'}{substitute}"


def _command_lines(language: str) -> Iterator[str]:
    """Lines of Stata, R and Python that do what is not offered."""
    from ..methods.omitted_methods import omitted_commands

    yield IN_RUN_FOLDER[1 if language == "en" else 0]
    for id, scripts in omitted_commands().items():
        for program, script in scripts.items():
            yield f"{id} ({PROGRAMS[program]}):"
            yield from (f"    {line}" for line in script.splitlines())


PROGRAMS = {"stata": "Stata", "r": "R", "python": "Python"}
IN_RUN_FOLDER = (
    "以下各行在一次运行的文件夹(hqd_out/<研究>/latest)中执行;变量名取自演示数据,其他研究见 stata/panel.csv:",
    "Lines that do these in the folder of a run (hqd_out/<study>/latest); names are the demo's, others are in stata/panel.csv:",
)
