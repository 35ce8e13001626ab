"""Imports only point down (docs/architecture.md), and no modules import each other in a circle."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from hqd_index import engines

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "hqd_index"

FLOORS = {
    "cli": 8, "console": 7, "pipeline": 7, "explain": 7, "upkeep": 7, "starter": 7, "citing": 7, "report": 6, "codebook": 6,
    "intake": 5, "links": 5, "firms": 5, "panel": 5, "index": 5, "models": 5, "lists": 5, "demo": 5,
    "engines": 4, "study": 3, "provenance": 3, "methods": 2, "tables": 2, "canonical": 2, "canonical_types": 2, "expressions": 2,
    "commands": 7, "office": 7, "example_studies": 5, "linear_algebra": 2, "workers": 1, "renderer": 1, "errors": 1,
    "pandera_checks": 1, "api": 7, "one_thread": 1, "__main__": 9,
    "progress": 1, "file_lock": 2, "scratch_folder": 2, "publishing": 4, "interrupts": 1, "country_names": 1,
    "chinese_punctuation": 1,
}  # fmt: skip
WINGS = {name for name, floor in FLOORS.items() if floor == 5}
HOMES = {
    "duckdb": {"engines/duckdb.py", "engines/database_files.py"},
    "altair": {"report/figures/charts.py"},
    "docx": {"report/paper/word.py"},
    "pandera": {"pandera_checks.py", "tables.py"},
    "statsmodels": {"upkeep/second_opinion.py", "models/kernels/multiple_testing.py"},
}


@cache
def modules() -> dict[str, ast.Module]:
    return {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports(name: str, tree: ast.Module) -> set[str]:
    """Dotted paths inside the package that a module imports, relative imports resolved."""
    parts = ["hqd_index", *Path(name).with_suffix("").parts]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = parts[: len(parts) - node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            # `from . import codes` needs the module codes, not what the package's __init__ gathers
            found |= {f"{base}.{alias.name}" for alias in node.names} | ({base} if node.module else set())
    return {path.removeprefix("hqd_index.") for path in found if path.startswith("hqd_index.")}


def part(path: str) -> str:
    return path.split(".")[0].split("/")[0].removesuffix(".py")


def test_every_part_has_a_floor():
    assert {part(name) for name in modules()} - {"__init__"} <= set(FLOORS)


def test_imports_point_down_and_wings_do_not_meet():
    wrong = []
    for name, tree in modules().items():
        here = part(name)
        if here == "__init__":
            continue
        for path in imports(name, tree):
            there = part(path)
            if there in FLOORS and there != here and (FLOORS[there] > FLOORS[here] or {here, there} <= WINGS):
                wrong.append(f"{name} imports {path}")
    assert not wrong, wrong


def test_heavy_libraries_have_one_home():
    wrong = []
    for name, tree in modules().items():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            wrong += [f"{name} imports {n}" for n in names if name not in HOMES.get(n.split(".")[0], {name})]
    assert not wrong, wrong


def test_no_module_outside_engines_imports_a_concrete_engine():
    contract = {"engines", "engines.database_files"} | {f"engines.{name}" for name in engines.__all__}
    wrong = [
        f"{name} imports {path}"
        for name, tree in modules().items()
        for path in imports(name, tree)
        if part(name) != "engines" and part(path) == "engines" and path not in contract and "database_files." not in path
    ]
    assert not wrong, wrong


def test_no_import_circle():
    known = modules()
    ids = {name.removesuffix("/__init__.py").removesuffix(".py").replace("/", "."): name for name in known}
    graph = {module: {p for p in imports(name, known[name]) if p in ids and p != module} for module, name in ids.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        raise AssertionError(f"import circle: {circle.args[1]}") from circle


def test_the_process_that_directs_a_run_waits_for_no_numeric_library() -> None:
    code = "import sys, hqd_index.cli, hqd_index.pipeline, hqd_index.study; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "duckdb", "scipy"} & set(modules)


def test_a_process_that_checks_tables_imports_no_test_library() -> None:
    code = "import sys, hqd_index.pandera_checks as checks; checks.pa.Check.gt(0); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"hypothesis", "pytest"} & set(modules)
