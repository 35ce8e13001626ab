"""How to cite the program, the data of a study and the methods it uses, as text and as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import __version__
from .methods import FAMILIES
from .methods.choice import FAMILY_ZH, Choice
from .study.choices import family_choice, leaf_choice
from .study.indicator_tree import tree_of
from .study.records import Study

TITLE = "hqd-index: an index of manufacturing high-quality development and the contribution of SRDI firms"
TITLE_ZH = "hqd-index:制造业高质量发展指数及专精特新企业贡献的测度程序"
COLUMN_FAMILIES = ("impute", "treat", "normalise")


@dataclass(frozen=True)
class Reference:
    """One thing to cite: BibTeX key, type (program, data or method), the text in both languages, and BibTeX fields."""

    key: str
    type: str
    zh: str
    en: str
    fields: tuple[tuple[str, str], ...]


def references(study: Study) -> list[Reference]:
    """The program, then each origin of the study's sources, then each method chosen by the study."""
    return [_program_reference(), *_origin_references(study), *_method_references(study)]


def _program_reference() -> Reference:
    fields = (("title", TITLE), ("note", f"Computer program, version {__version__}"))
    return Reference("hqdindex", "program", f"{TITLE_ZH}[CP]. 版本 {__version__}.", f"{TITLE}. Version {__version__}.", fields)


def _origin_references(study: Study) -> Iterator[Reference]:
    """One per producer and title, in the order of sources.yaml."""
    cited_origins = set()
    for id, source in study.sources.sources.items():
        origin = source.origin
        if origin is None or (origin.producer, origin.title) in cited_origins:
            continue
        cited_origins.add((origin.producer, origin.title))
        origin_text = f"{origin.producer}. {origin.title}{f', {origin.date}' if origin.date else ''}"
        zh = f"{origin_text}[DS].{f' 许可:{origin.licence}.' if origin.licence else ''}"
        en = f"{origin_text}. Data set.{f' Licence: {origin.licence}.' if origin.licence else ''}"
        fields = [("author", f"{{{origin.producer}}}"), ("title", origin.title), ("note", "Data set")]
        if origin.date:
            fields.append(("date", origin.date))
        yield Reference(f"data_{id}", "data", zh, en, tuple(fields))


def _method_references(study: Study) -> Iterator[Reference]:
    """Each method that scores something in this study and has a source."""
    for family, name in chosen_methods(study):
        method = FAMILIES[family][name]
        if not method.source.strip("-"):
            continue
        zh = f"{FAMILY_ZH[family]}:{method.label_zh}({name}). {method.source}."
        en = f"{family}: {method.label_en} ({name}). {method.source}."
        fields = (("title", method.source), ("note", f"{family}: {method.label_en}"))
        yield Reference(f"{family}_{name}", "method", zh, en, fields)


def chosen_methods(study: Study) -> list[tuple[str, str]]:
    """(family, method) of everything a study chooses, parts of combinations among them, once each and `none` left out."""
    tree, weighting = tree_of(study.indicators), study.weighting
    choices = [(part, leaf_choice(study, tree, leaf, part)[0]) for part in COLUMN_FAMILIES for leaf in tree.leaves(tree.root)]
    leaf_weighting = weighting.weight.get("leaves")
    for node in tree.inner:
        choices.append(("weight", leaf_weighting or family_choice(weighting, tree, node, "weight")[0]))
        choices.append(("aggregate", family_choice(weighting, tree, node, "aggregate")[0]))
    method_names = [
        (family, method_name) for family, choice in choices for method_name in _method_names(choice) if method_name != "none"
    ]
    family_order = list(FAMILIES)
    return sorted(dict.fromkeys(method_names), key=lambda family_and_method: family_order.index(family_and_method[0]))


def _method_names(choice: Choice) -> Iterator[str]:
    yield choice.method
    for value in choice.options.values():
        for nested_value in value if isinstance(value, list | tuple) else ():
            if isinstance(nested_value, Choice):
                yield from _method_names(nested_value)


def text_lines(study: Study, language: str) -> list[str]:
    """The references as a list of references prints them, under three headings."""
    all_references, language_index = references(study), 1 if language == "en" else 0
    lines = []
    for section, *title in SECTIONS:
        reference_texts = [
            reference.en if language_index else reference.zh for reference in all_references if reference.type == section
        ]
        lines += [
            title[language_index],
            *(f"  {reference_text}" for reference_text in reference_texts or [NO_ORIGIN[language_index]]),
        ]
    return [*lines, SYNTHETIC_NOTICE[language_index]] if study.study.synthetic else lines


NO_ORIGIN = ("sources.yaml 未写明数据来源(origin)", "sources.yaml names no origin")
SYNTHETIC_NOTICE = ("注意:合成数据,不可作为证据引用", "Note: synthetic data, not to be cited as evidence")
SECTIONS = (("program", "程序", "Program"), ("data", "数据", "Data"), ("method", "方法", "Methods"))


def bibtex(study: Study) -> list[str]:
    """The references as BibTeX entries (@software, @dataset, @misc)."""
    return [entry_line for reference in references(study) for entry_line in _bibtex_entry(reference)]


def _bibtex_entry(reference: Reference) -> list[str]:
    entry_type = {"program": "software", "data": "dataset"}.get(reference.type, "misc")
    fields = [f"  {field_name} = {{{_latex_text(field_value)}}}," for field_name, field_value in reference.fields]
    return [f"@{entry_type}{{{reference.key},", *fields, "}"]


def _latex_text(plain_text: str) -> str:
    """Characters that LaTeX would read as commands."""
    return re.sub(r"([&%#_$])", r"\\\1", plain_text)
