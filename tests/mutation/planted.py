"""A mistake planted in a package that is imported already: its functions get the code of the mutant, whoever holds them."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType

from .mutants import Mutant, mutated

Functions = Mapping[str, Sequence[FunctionType]]


def functions_by_file(folder: Path) -> Functions:
    """All functions of files below a folder that are alive, nested ones and lambdas included."""
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(f"{folder}/"):
            found[one.__code__.co_filename].append(one)
    return found


def plant(mutant: Mutant, path: Path, functions: Functions) -> bool:
    """Whether the mistake is in place; False where it is outside functions that are alive: the module must be imported anew."""
    source = path.read_text("utf-8")
    sound = compile(source, path, "exec", dont_inherit=True)
    spoiled = compile(mutated(source, mutant.number), path, "exec", dont_inherit=True)
    codes = _changed_codes(sound, spoiled)
    is_planted = False
    for function in functions.get(str(path), ()):
        code = codes.get(function.__code__)
        if code is None:
            continue
        if len(code.co_freevars) != len(function.__code__.co_freevars):
            return False
        function.__code__ = code
        is_planted = True
    return is_planted and not _differs_outside(sound, spoiled)


def _changed_codes(sound: CodeType, spoiled: CodeType) -> dict[CodeType, CodeType]:
    """Code of each function that differs -> its code in the mutant."""
    before, after = _codes_by_place(sound), _codes_by_place(spoiled)
    return {
        old: new
        for place, olds in before.items()
        if len(olds) == len(after.get(place, ()))
        for old, new in zip(olds, after[place], strict=True)
        if old != new
    }


def _codes_by_place(module: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    places: dict[tuple[str, int], list[CodeType]] = defaultdict(list)
    for code in _nested(module):
        places[code.co_qualname, code.co_firstlineno].append(code)
    return places


def _nested(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _nested(constant)


def _differs_outside(sound: CodeType, spoiled: CodeType) -> bool:
    """Whether the statements of the module itself, or of a class in it, are other ones."""

    def statements(code: CodeType) -> list[object]:
        constants = [constant for constant in code.co_consts if not isinstance(constant, CodeType)]
        inside = [part for one in code.co_consts if _is_class_body(one) for part in statements(one)]
        return [code.co_code, code.co_names, constants, *inside]

    return statements(sound) != statements(spoiled)


def _is_class_body(code: object) -> bool:
    """Code without the flag of optimised locals, which functions have."""
    return isinstance(code, CodeType) and not code.co_flags & 0x1
