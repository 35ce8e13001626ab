"""Sentences of the page from report/text/page.yaml, their places filled."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ..bilingual import Bilingual

Place = str | Bilingual


def sentence(key: str, **places: Place) -> Bilingual:
    """The sentence under `section.name`, each place filled in both languages; KeyError where it or a place is missing."""
    section, name = key.split(".")
    pair = _pairs()[section][name]
    zh, en = (
        pair[language].format(**{place: _text(content, language) for place, content in places.items()}) for language in LANGUAGES
    )
    return Bilingual(zh, en)


LANGUAGES = ("zh", "en")


def _text(content: Place, language: str) -> str:
    return content.of(language) if isinstance(content, Bilingual) else content


@cache
def _pairs() -> dict[str, Any]:
    from ruamel.yaml import YAML

    return dict(YAML(typ="safe").load((files("hqd_index.report") / "text" / "page.yaml").read_text("utf-8")))
