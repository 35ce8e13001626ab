"""Sentences of report/text/*.yaml: every one is filled in both languages, and every one is used."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hqd_index.report import wording
from hqd_index.report.wording import FORMATS, PLACE, filled_sentence

TEXT = Path(str(files("hqd_index.report"))) / "text"
FILES = sorted(path.stem for path in TEXT.glob("*.yaml"))
HAN = re.compile(r"[\u4e00-\u9fff]")
SAMPLE = {"p": 0.0321, "words": 3, **dict.fromkeys(FORMATS, 0.25)}
SYMBOLS = re.compile(r"^[\W\d]*(?:\{\w+(?::\w+)?\}[\W\d]*)*$|^(?:CV3|p ≤ α)$")  # places and signs alone are no language


@pytest.mark.parametrize("file", FILES)
def test_every_sentence_is_a_pair_that_can_be_filled(file: str) -> None:
    """As YAML and by lines the same; both halves have the same places; filled, each half is of its language alone."""
    document = YAML(typ="safe").load((TEXT / f"{file}.yaml").read_text("utf-8"))
    sentences = wording._sentences(file)
    assert {name: (text.zh, text.en) for name, text in sentences.items()} == {
        name: (pair["zh"], pair["en"]) for name, pair in document.items()
    }
    for name, sentence in sentences.items():
        zh, en = ({(place[1], place[2]) for place in PLACE.finditer(text)} for text in sentence)
        assert {place for place, _ in zh} == {place for place, _ in en}, name
        places = {place: SAMPLE[form] if form else "x" for place, form in zh | en}
        text = filled_sentence(sentence, **places)
        assert not re.search(r"[{}]", text.zh + text.en), name
        assert not HAN.search(text.en), (name, text.en)
        assert file == "references" or HAN.search(text.zh) or SYMBOLS.match(sentence.zh) or sentence.zh == sentence.en, (
            name,
            text.zh,
        )


def test_every_sentence_is_used() -> None:
    """Each sentence, or its group, is named somewhere in the code or in a template."""
    package = Path(str(files("hqd_index")))
    code = "\n".join(path.read_text("utf-8") for path in package.rglob("*") if path.suffix in (".py", ".jinja"))
    named = set(re.findall(r"""["']([a-z_]+\.[\w.]*)(?=["'{])""", code))
    unused = [f"{file}.{name}" for file in FILES for name in wording._sentences(file) if not named & _fronts(f"{file}.{name}")]
    assert not unused


def _fronts(name: str) -> set[str]:
    """How code may name a sentence: whole, by its group, or up to a place in an f-string."""
    parts = name.split(".")
    groups = {".".join(parts[:k]) for k in range(2, len(parts))}
    return {name, *groups, *(f"{'.'.join(parts[:k])}." for k in range(2, len(parts)))}


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="unit"):
        wording.wording("findings.leaders.unit", score=1.0, rank=1)
