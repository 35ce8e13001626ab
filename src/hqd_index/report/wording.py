"""Sentences of report/text/*.yaml: zh/en pairs with named places, so that an editor mends a sentence without Python.

A file holds `name:` and beneath it `  zh: "…"` and `  en: "…"`, a short label `name: {zh: "…", en: "…"}`; a place is `{name}` or
`{name:format}`, formats are those of `FORMATS`. Files are read by lines, once in a process: a parser of YAML would take longer
than all sentences together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any

from .bilingual import Bilingual
from .number_format import integer, number, p_value, percent

PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")
SENTENCE = re.compile(r'^(?P<name>[\w.+]+):\s+\{?zh: (?P<zh>".*"),?\s+en: (?P<en>".*")\}?$', re.MULTILINE)
SEPARATORS = {"list": Bilingual("、", ", "), "commas": Bilingual("，", ", "), "clauses": Bilingual("；", "; ")}


def p_equation(probability: Any) -> str:
    """`= 0.031` or `< 0.001`."""
    text = probability if isinstance(probability, str) else p_value(probability)
    return text if text.startswith("<") else f"= {text}"


FORMATS: dict[str, Callable[[Any], str]] = {
    "int": integer,
    "p": p_equation,
    **{f"number{digits}": partial(number, digits=digits) for digits in range(5)},
    **{f"percent{digits}": partial(percent, digits=digits) for digits in range(3)},
}
"""What a place may ask for: `{share:percent1}` prints a share with one decimal; `{count:words}` a number in words up to ten."""
NUMBER_WORDS = {
    "zh": ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十"),
    "en": ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}


def wording(key: str, **places: Any) -> Bilingual:
    """The sentence `file.name` with its places filled. Raises KeyError for an unknown sentence, place or format."""
    file, _, name = key.partition(".")
    return filled_sentence(_sentences(file)[name], **places)


def wordings(key: str) -> dict[str, Bilingual]:
    """Name -> text of all that a file has under `file.group.`, in its order; places stay open. Raises KeyError for no group."""
    file, _, group = key.partition(".")
    texts = {name.removeprefix(f"{group}."): text for name, text in _sentences(file).items() if name.startswith(f"{group}.")}
    if not texts:
        raise KeyError(key)
    return texts


def filled_sentence(sentence: Bilingual, **places: Any) -> Bilingual:
    """Both halves of a sentence with their places filled."""
    return Bilingual(*(_fill(text, language, places) for text, language in zip(sentence, Bilingual._fields)))


def _fill(text: str, language: str, places: dict[str, Any]) -> str:
    def value(place: re.Match[str]) -> str:
        content = places[place[1]]
        if place[2] == "words":
            return _in_words(content, language)
        if place[2] is not None:
            return FORMATS[place[2]](content)
        return content.of(language) if isinstance(content, Bilingual) else str(content)

    return PLACE.sub(value, text)


def _in_words(count: int, language: str) -> str:
    """A count as prose has it: in words up to ten, before a measure word in Chinese."""
    if 0 <= count <= 10:
        return NUMBER_WORDS[language][count]
    return f" {integer(count)} " if language == "zh" else integer(count)


def listing(texts: Iterable[Bilingual], separator: str = "list") -> Bilingual:
    """Texts one after the other: `list` with 、, `commas` with ，, `clauses` with ；; English has commas and semicolons."""
    listed, mark = list(texts), SEPARATORS[separator]
    return Bilingual(mark.zh.join(text.zh for text in listed), mark.en.join(text.en for text in listed))


def together(texts: Sequence[Bilingual]) -> Bilingual:
    """A list in a sentence: `甲、乙、丙`, `a, b and c`."""
    if len(texts) < 2:
        return listing(texts)
    return Bilingual(listing(texts).zh, f"{listing(texts[:-1]).en} and {texts[-1].en}")


def sentences_together(*texts: Bilingual) -> Bilingual:
    """Whole sentences one after the other: English ones with a space between."""
    present = [text for text in texts if text.zh]
    return Bilingual("".join(text.zh for text in present), " ".join(text.en for text in present))


@cache
def _sentences(file: str) -> dict[str, Bilingual]:
    """Name -> pair of one file, in its order."""
    text = (files(__package__) / "text" / f"{file}.yaml").read_text("utf-8")
    return {pair["name"]: Bilingual(json.loads(pair["zh"]), json.loads(pair["en"])) for pair in SENTENCE.finditer(text)}
