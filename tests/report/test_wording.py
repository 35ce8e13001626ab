"""Sentences of report/text/*.yaml: each one is filled in both languages and used, and each one that code names is there."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hqd_index.report import wording
from hqd_index.report.wording import FORMATS, PLACE, filled_sentence

PACKAGE = Path(str(files("hqd_index")))
TEXT = PACKAGE / "report" / "text"
FILES = sorted(path.stem for path in TEXT.glob("*.yaml"))
HAN = re.compile(r"[\u4e00-\u9fff]")
SAMPLE = {"p": 0.0321, "words": 3, **dict.fromkeys(FORMATS, 0.25)}
SYMBOLS = re.compile(r"^[\W\d]*(?:\{\w+(?::\w+)?\}[\W\d]*)*$|^(?:CV3|p ≤ α|Oster δ)$")  # places and signs alone are no language
PUNCTUATION = str.maketrans({"（": " (", "）": ")", "：": ": "})
KEY = re.compile(rf"(?:{'|'.join(FILES)})\.[\w.+\0]+")
ASSETS = {"page.css", "page.js", "page.html.jinja", "workbook.xml", "workbook.json"}
"""Names of files that look like keys."""


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
        same = sentence.zh.translate(PUNCTUATION) == sentence.en
        assert file == "references" or same or HAN.search(text.zh) or SYMBOLS.match(sentence.zh), (name, text.zh)


def test_every_sentence_is_used_and_every_one_used_is_there() -> None:
    """A key in code or template is a sentence, a group of them, or, with a part left open, matches at least one."""
    names = [f"{file}.{name}" for file in FILES for name in wording._sentences(file)]
    used = {name for key in set(_keys()) for name in _matches(key, names)}
    unused = sorted(set(names) - used)
    assert not unused


def _matches(key: str, names: list[str]) -> list[str]:
    """The sentence, or the group of sentences, that a key names; a part left open may be anything."""
    if key in names:
        return [key]
    pattern = re.compile(re.escape(key).replace("\0", r"[\w.+]*"))
    matches = [name for name in names if pattern.fullmatch(name)] or [name for name in names if name.startswith(f"{key}.")]
    assert matches, f"the code names {key!r}, report/text/ has no such sentence"
    return matches


def _keys() -> Iterator[str]:
    """Keys as code and templates name them, parts that are filled at run time as NUL; headers of grids by their lines."""
    for path in PACKAGE.rglob("*.jinja"):
        code = path.read_text("utf-8")
        yield from (key + "\0" * bool(open_end) for key, open_end in re.findall(r'wordings?\("([\w.+]+)"( ~)?', code))
        yield from (
            f"page.text.{key}" + "\0" * bool(open_end) for key, open_end in re.findall(r'(?:say|both)\("([\w.]+)"( ~)?', code)
        )
    for path in PACKAGE.rglob("*.py"):
        code = path.read_text("utf-8")
        if "wording" not in code and "_columns(" not in code:
            continue
        tree = ast.parse(code)
        pieces = {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
        for node in ast.walk(tree):
            text = _text(node)
            if text is not None and id(node) not in pieces and text not in ASSETS and KEY.fullmatch(text):
                yield text
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "parse_columns":
                grid, lines = (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))
                yield from (f"headers.{grid}.{line.split('|')[0].strip()}" for line in lines.strip().splitlines())


def _text(node: ast.AST) -> str | None:
    """A string, or an f-string with NUL for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(piece.value) if isinstance(piece, ast.Constant) else "\0" for piece in node.values)
    return None


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="unit"):
        wording.wording("findings.leaders.unit", score=1.0, rank=1)
