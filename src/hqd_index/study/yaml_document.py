"""One YAML file as plain values with the place of every entry, or its faults: read event by event, so that no bomb unfolds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from ..errors import ConfigError
from .yaml_slips import full_width, misspelt_key, misspelt_lines

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000
MAX_FAULTS = 50
LONGEST_INTEGER = 18
BRACKETS = re.compile(r"(?:[\[{]\s*){" + str(MAX_DEPTH + 1) + "}")

Place = tuple[str | int, ...]
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
INTEGER = re.compile(r"[-+]?[0-9]+")
WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False, ".nan": float("nan"), ".NaN": float("nan"), ".NAN": float("nan"),
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"),
}  # fmt: skip


@dataclass
class Document:
    """A file's value, the (line, column) of each entry by its path, scalars as they were written, and what is wrong."""

    name: str
    value: Any = None
    digest: str = ""
    places: dict[Place, tuple[int, int]] = field(default_factory=dict)
    raw: dict[Place, str] = field(default_factory=dict)
    faults: list[ConfigError] = field(default_factory=list)

    def line(self, path: Place = ()) -> tuple[int, int]:
        """(line, column) of an entry, or of the nearest one above it; (0, 0) when none is known."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def place(self, path: Place = ()) -> str:
        """file:line:column of an entry, or of the nearest one above it."""
        line, column = self.line(path)
        return f"{self.name}:{line}:{column}" if line else self.name

    def fault(self, en: str, zh: str, *, line_number: int | None = None, column: int = 1) -> None:
        location = self.name if line_number is None else f"{self.name}:{line_number}:{column}"
        self.faults.append(ConfigError(en, zh=zh, location=location))


@dataclass
class Frame:
    """A list or mapping that is being filled."""

    container: Any
    path: Place
    key: str | None = None


class Unreadable(Exception):
    """Reading stops here; the fault is already in the document."""


def read_document(path: Path, file_name: str) -> Document:
    """The document of a file; every fault that can be distinguished is in `faults`, and then `value` is not to be used."""
    document = Document(file_name)
    text = _decoded_text(path, document)
    if text is not None:
        read_text(text, document)
    return document


def read_text(yaml_text: str, document: Document) -> Document:
    """Fill a document from YAML text."""
    try:
        document.value = _scalar_value(yaml_text, document)
    except Unreadable:
        pass
    except MarkedYAMLError as error:
        _syntax_faults(yaml_text, error, document)
    return document


def _decoded_text(path: Path, document: Document) -> str | None:
    if path.stat().st_size > MAX_BYTES:
        document.fault(f"file of {path.stat().st_size:,} bytes; a configuration file has at most {MAX_BYTES:,}",
                       f"文件 {path.stat().st_size:,} 字节,配置文件上限 {MAX_BYTES:,} 字节")  # fmt: skip
        return None
    file_bytes = path.read_bytes()
    document.digest = hashlib.sha256(file_bytes).hexdigest()
    try:
        decoded_text = file_bytes.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_number = file_bytes[: error.start].count(b"\n") + 1
        document.fault(
            "not UTF-8 (perhaps GBK); save the file as UTF-8",
            "不是 UTF-8 编码(可能是 GBK);请在编辑器中另存为 UTF-8",
            line_number=line_number,
        )
        return None
    control = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", decoded_text)
    if control:
        line_number = decoded_text[: control.start()].count("\n") + 1
        document.fault(
            f"control character U+{ord(control[0]):04X}; delete it",
            f"含有控制字符 U+{ord(control[0]):04X};请删除",
            line_number=line_number,
        )
        return None
    return decoded_text


def _scalar_value(scalar_text: str, document: Document) -> Any:
    _refuse_brackets(scalar_text, document)
    top = Frame([], ())
    stack = [top]
    nodes = 0
    for event in _events(scalar_text, document):
        if isinstance(event, NodeEvent):
            nodes += 1
            if nodes > MAX_NODES:
                _fault_at_event(event, document, f"more than {MAX_NODES:,} entries", f"超过 {MAX_NODES:,} 个条目")
            _refuse_extras(event, document)
            _enter(event, stack, document)
        elif type(event).__name__ in ("MappingEndEvent", "SequenceEndEvent"):
            stack.pop()
    if not top.container:
        document.fault("the file is empty", "文件是空的")
        return None
    return top.container[0]


def _refuse_brackets(yaml_text: str, document: Document) -> None:
    """Brackets upon brackets are refused before the parser looks ahead through all of them."""
    heap = BRACKETS.search(yaml_text)
    if heap:
        line_number = yaml_text[: heap.start()].count("\n") + 1
        document.fault(f"nested deeper than {MAX_DEPTH} levels", f"嵌套超过 {MAX_DEPTH} 层", line_number=line_number)
        raise Unreadable


def _events(yaml_text: str, document: Document) -> Iterator[Any]:
    documents = 0
    for event in YAML(typ="safe", pure=True).parse(yaml_text):
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                _fault_at_event(
                    event,
                    document,
                    "a second document begins with ---; one file holds one",
                    "文件里有第二个以 --- 开头的文档;一个文件只能有一个",
                )
        yield event


def _refuse_extras(event: Any, document: Document) -> None:
    """Anchors, aliases and tags are no part of a study's YAML."""
    if isinstance(event, AliasEvent) or event.anchor:
        yaml_sign = "*" if isinstance(event, AliasEvent) else "&"
        _fault_at_event(event, document, f"anchors and aliases ({yaml_sign}{event.anchor}) are not allowed; write the values out",
              f"不允许使用锚点和别名({yaml_sign}{event.anchor});请把内容写全")  # fmt: skip
    if getattr(event, "tag", None):
        _fault_at_event(event, document, f"tags ({event.tag}) are not allowed; write a text in quotes, a number without",
              f"不允许使用标签({event.tag});文本请加引号,数字不加")  # fmt: skip


def _fault_at_event(event: Any, document: Document, en: str, zh: str) -> None:
    document.fault(en, zh, line_number=event.start_mark.line + 1, column=event.start_mark.column + 1)
    raise Unreadable


def _enter(event: Any, open_nodes: list[Frame], document: Document) -> None:
    open_node = open_nodes[-1]
    if isinstance(open_node.container, dict) and open_node.key is None:
        _take_key(event, open_node, document)
        return
    path_step = open_node.key if open_node.key is not None else len(open_node.container)
    path = () if open_node is open_nodes[0] else (*open_node.path, path_step)
    if isinstance(open_node.container, list):
        document.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
    node_value: Any
    if isinstance(event, ScalarEvent):
        node_value = _scalar(event)
        document.raw[path] = event.value
    else:
        node_value = {} if isinstance(event, MappingStartEvent) else []
        open_nodes.append(Frame(node_value, path))
        if len(open_nodes) > MAX_DEPTH + 1:
            _fault_at_event(event, document, f"nested deeper than {MAX_DEPTH} levels", f"嵌套超过 {MAX_DEPTH} 层")
    if isinstance(open_node.container, list):
        open_node.container.append(node_value)
    else:
        if node_value is None:
            _tight_colon(path, open_node.key or "", document)
        open_node.container[open_node.key] = node_value
        open_node.key = None


def _take_key(event: Any, open_node: Frame, document: Document) -> None:
    if isinstance(event, MappingStartEvent | SequenceStartEvent):
        _fault_at_event(event, document, "a key must be a single word", "键只能是一个词")
    open_node.key = event.value
    path = (*open_node.path, event.value)
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if path in document.places:
        first_place = document.places[path][0]
        document.fault(
            f"key {event.value!r} is written twice (first in line {first_place}); keep one",
            f"键 {event.value!r} 写了两次(第一次在第 {first_place} 行);请只保留一个",
            line_number=line,
            column=column,
        )
        if len(document.faults) >= MAX_FAULTS:
            raise Unreadable
    document.places.setdefault(path, (line, column))


def _tight_colon(path: Place, key_text: str, document: Document) -> None:
    """`{method:entropy}` is a key without a value: the blank after the colon is missing."""
    slip = misspelt_key(key_text) if key_text.isascii() or "：" in key_text else None
    if slip:
        line_number, column = document.line(path)
        document.fault(*slip, line_number=line_number, column=column)


def _scalar(event: ScalarEvent) -> Any:
    """YAML 1.2 core types; a day, `yes` and `1_000` are texts. Quoted is always text."""
    text = event.value
    if not event.implicit[0]:
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) and len(text) <= LONGEST_INTEGER:
        return int(text)
    return float(text) if NUMBER.fullmatch(text) and not INTEGER.fullmatch(text) else text


def _syntax_faults(yaml_text: str, error: MarkedYAMLError, document: Document) -> None:
    """The usual slips by name, else what the parser says with the two places it knows."""
    line_faults = misspelt_lines(yaml_text)
    for line, en, zh in line_faults[:MAX_FAULTS]:
        document.fault(en, zh, line_number=line)
    if line_faults:
        return
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    context = f" ({error.context}, line {error.context_mark.line + 1})" if error.context and error.context_mark else ""
    context_zh = f",从第 {error.context_mark.line + 1} 行开始的内容没有写完" if context else ""
    wide_marks = full_width(yaml_text.splitlines()[line - 1]) if line <= len(yaml_text.splitlines()) else None
    hint_en = (
        f"; {wide_marks[0]!r} may be meant as {wide_marks[1]!r}" if wide_marks else "; check indentation, quotes and brackets"
    )
    hint_zh = f";{wide_marks[0]!r} 可能应为半角 {wide_marks[1]!r}" if wide_marks else ";请检查缩进、引号和括号"
    document.fault(f"YAML does not read here: {error.problem}{context}{hint_en}",
                   f"此处不是合法的 YAML({error.problem}){context_zh}{hint_zh}", line_number=line, column=column)  # fmt: skip
