"""Small mistakes put into a module, one at a time: another comparison, sign, connective, number; a statement left out."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "any": "all", "all": "any", "nanmin": "nanmax", "nanmax": "nanmin", "minimum": "maximum",
    "maximum": "minimum", "floor": "ceil", "ceil": "floor", "lstrip": "rstrip", "rstrip": "lstrip", "startswith": "endswith",
    "argmin": "argmax", "argmax": "argmin", "first": "last", "last": "first", "ffill": "bfill", "bfill": "ffill",
}  # fmt: skip

Change = tuple[str, Callable[[], None], Callable[[], None]]
"""What is changed, the change in place and its undoing."""


@dataclass(frozen=True)
class Mutant:
    """A module with one mistake in it."""

    module: str  # below src/hqd_index
    number: int  # in the order of the module's mutants
    line: int
    change: str
    code: str = ""  # the line of the source

    @property
    def key(self) -> str:
        return f"{self.module}:{self.line} #{self.number} {self.change}"


def mutants(module: str, source: str) -> list[Mutant]:
    """All mutants of a module."""
    lines = ["", *(line.strip() for line in source.splitlines())]
    changes = enumerate(_changes(ast.parse(source)))
    return [Mutant(module, number, line, text, lines[line]) for number, (line, (text, _, _)) in changes]


def mutated(source: str, number: int) -> ast.Module:
    """The source with the mistake of that number, parsed; its lines keep their numbers."""
    tree = ast.parse(source)
    for place, (_, (_, change, _)) in enumerate(_changes(tree)):
        if place == number:
            change()
            return ast.fix_missing_locations(tree)
    raise IndexError(number)


def _changes(tree: ast.Module) -> Iterator[tuple[int, Change]]:
    for node in _sites(tree):
        for change in [*_of_node(node), *_of_statements(node)]:
            yield getattr(node, "lineno", 0), change


def _sites(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of what is computed: no text of a fault, no annotation, no decorator, no import for types alone."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, (ast.Raise, ast.JoinedStr)) and not _for_types(child):
                yield from _sites(child)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _of_node(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            if type(operator) in COMPARISONS:
                yield _put(node.ops, place, COMPARISONS[type(operator)](), ast.unparse(node))
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in OPERATIONS:
        yield _set(node, "op", OPERATIONS[type(node.op)](), ast.unparse(node))
    elif isinstance(node, ast.BoolOp):
        yield _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And(), ast.unparse(node))
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        other = not node.value if isinstance(node.value, bool) else node.value + 1
        yield _set(node, "value", other, f"{node.value} -> {other}")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        yield _set(node, "op", ast.UAdd(), f"sign of {ast.unparse(node)}")
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        yield _set(node, "test", ast.UnaryOp(ast.Not(), node.test), f"condition {ast.unparse(node.test)} turned round")
    elif isinstance(node, ast.comprehension):
        for place, condition in enumerate(node.ifs):
            yield _put(node.ifs, place, ast.UnaryOp(ast.Not(), condition), f"filter {ast.unparse(condition)}")
    elif isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield _set(node, "id", NAMES[node.id], f"{node.id} -> {NAMES[node.id]}")
    elif isinstance(node, ast.Attribute) and node.attr in NAMES and isinstance(node.ctx, ast.Load):
        yield _set(node, "attr", NAMES[node.attr], f".{node.attr} -> .{NAMES[node.attr]}")


def _of_statements(node: ast.AST) -> Iterator[Change]:
    """A statement of a block left out: a fault not raised, a call not made, a cell not set."""
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        if not isinstance(block, list):
            continue
        for place, statement in enumerate(block):
            if _removable(statement):
                yield _put(block, place, ast.Pass(), f"line {statement.lineno} left out: {ast.unparse(statement)[:60]}")


def _removable(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign):
        return any(isinstance(target, (ast.Subscript, ast.Attribute)) for target in statement.targets)
    return isinstance(statement, (ast.Raise, ast.AugAssign, ast.Continue, ast.Break))


def _set(node: ast.AST, name: str, other: object, text: str) -> Change:
    before = getattr(node, name)
    kind = type(other).__name__ if isinstance(other, ast.AST) else ""
    return f"{kind} {text}".strip()[:110], lambda: setattr(node, name, other), lambda: setattr(node, name, before)


def _put(items: list, place: int, other: ast.AST, text: str) -> Change:
    before = items[place]
    kind = type(other).__name__ if not isinstance(other, (ast.Pass, ast.UnaryOp)) else ""
    return f"{kind} {text}".strip()[:110], lambda: items.__setitem__(place, other), lambda: items.__setitem__(place, before)
