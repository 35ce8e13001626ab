"""A newcomer finds the way: small folders, short files, names that say what they hold, file names that occur once."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "hqd_index"
FILES_PER_FOLDER = 22
LINES_PER_FILE = 400
VAGUE_PER_THOUSAND = 2.0
VAGUE_WORDS = """
    after apart asked back barred before behind beside both broken brought built called came caught changed
    chosen counted cut done drawn each ever every filled found gathered given gone got held here how it joined
    kept known laid left looked lost made meant mine more most moved named near now offered one other others own
    printed put raised read rest said same seen sent shown sought split stood stuff such taken that thing things
    this thrown told took tried used wanted what where which whole why without worked written wrong
"""
"""Participles, pronouns and particles: alone, they say that something happened, not what a name holds."""
VAGUE = frozenset(VAGUE_WORDS.split())


def bound_names(tree: ast.Module) -> Iterator[str]:
    """Every name that a module binds: functions, classes, arguments, variables, attributes, aliases of imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_a_folder_is_a_room_not_a_hall():
    counts = Counter(path.parent for path in modules())
    crowded = {str(folder.relative_to(PACKAGE)): n for folder, n in counts.items() if n > FILES_PER_FOLDER}
    assert not crowded, f"more than {FILES_PER_FOLDER} Python files: {crowded}"


def test_a_file_holds_one_idea():
    long = {str(p.relative_to(PACKAGE)): n for p in modules() if (n := len(p.read_text("utf-8").splitlines())) > LINES_PER_FILE}
    assert not long, f"more than {LINES_PER_FILE} lines: {long}"


def test_names_say_what_they_hold():
    names = [(name.strip("_"), path) for path in modules() for name in bound_names(ast.parse(path.read_text("utf-8")))]
    vague = Counter((name, str(path.relative_to(PACKAGE))) for name, path in names if name in VAGUE)
    share = 1000 * sum(vague.values()) / len(names)
    assert share <= VAGUE_PER_THOUSAND, f"{share:.1f} vague names per 1,000: {vague.most_common(20)}"


SAME_THING = {"__init__": "the public names of a package"}
"""File names that occur in several packages, and the one thing that each of them holds everywhere."""


def test_a_file_name_occurs_once():
    counts = Counter(path.stem for path in modules())
    twice = {name for name, n in counts.items() if n > 1} - SAME_THING.keys()
    assert not twice, sorted(twice)
