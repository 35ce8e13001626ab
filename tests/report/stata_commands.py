"""Stata commands read as their parts, and the documented refusals (refusals.yaml) as functions of a command and a session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
ESTIMATORS = ("regress", "reghdfe", "ivreghdfe", "ivreg2", "csdid")
DRAWN_WEIGHTS = ("rademacher", "mammen", "normal", "webb", "gamma")
BOOTTEST_AFTER = ("regress", "reghdfe", "ivreghdfe", "ivreg2")
ENTRIES: dict[str, dict[str, Any]] = YAML(typ="safe").load((Path(__file__).parent / "refusals.yaml").read_text("utf-8"))
NUMBERS = re.compile(r"^\d*\.?\d+$")


@dataclass(frozen=True)
class Command:
    """`variables` before `if`, weights and the comma; `options` name -> text in brackets (empty where it has none)."""

    line: str
    name: str
    body: str
    options: Mapping[str, str]

    @property
    def weight(self) -> tuple[str, str] | None:
        found = re.search(r"\[(\w+)\s*=\s*([^\]]+)\]", self.body)
        return (found[1], found[2].strip()) if found else None

    @property
    def terms(self) -> list[str]:
        """What the body lists, without `if`, weights, `using` and brackets."""
        text = re.split(r"\bif\b|\busing\b|\[\w+\s*=", self.body)[0]
        return re.sub(r"[()=]", " ", text).split()

    @property
    def words(self) -> set[str]:
        """Names of variables in body and options that name variables."""
        text = re.sub(r'"[^"]*"|\[\w+ *=', " ", self.body)
        text += "".join(f" {self.options.get(option, '')}" for option in ("absorb", "cluster", "vce", "ivar", "time", "gvar"))
        text = re.sub(rf"\b({NAME})\(", "(", text)  # functions
        return set(re.findall(rf"(?<![\w.]){NAME}(?![\w.])", text.replace("i.", " ").replace("c.", " ").replace("#", " ")))


@dataclass
class Session:
    """The data in memory, other files, what was estimated and stored so far."""

    data: pd.DataFrame
    files: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    last: Command | None = None
    stored: dict[str, Command] = field(default_factory=dict)
    kept: pd.DataFrame | None = None


Refusal = Callable[[Command, Session], bool]


def command_of(line: str) -> Command:
    text = re.sub(r"^\s*(quietly|bysort [^:]*:)\s*", "", line).strip()
    name, _, rest = text.partition(" ")
    depth, comma = 0, len(rest)
    for position, sign in enumerate(rest):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            comma = position
            break
    options = {
        found[1]: found[2] or "" for found in re.finditer(rf"({NAME})(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?", rest[comma + 1 :])
    }
    return Command(line, name, rest[:comma], options)


def commands(script: str) -> Iterator[Command]:
    """Every command of a do-file, comments and braces left out."""
    for line in script.splitlines():
        if line.strip() and not line.startswith("*") and line.strip() != "}":
            yield command_of(line)


def absorbed(command: Command | None) -> list[str]:
    return command.options.get("absorb", "").split() if command else []


def tested(command: Command) -> list[str]:
    return command.body.split()


def outcome_and_terms(command: Command) -> list[str]:
    return [term for term in command.terms if not NUMBERS.match(term)]


def is_text(session: Session, name: str) -> bool:
    return name in session.data and not pd.api.types.is_numeric_dtype(session.data[name])


def merge_keys(command: Command) -> tuple[list[str], str]:
    """Keys of `merge m:1 keys using "file"`, and the file."""
    return re.split(r"\busing\b", command.body)[0].split()[1:], re.findall(r'"([^"]*)"', command.line)[0]


def new_names(command: Command) -> list[str]:
    """Variables that a command makes."""
    if command.name not in ("generate", "egen"):
        return []
    return [re.sub(r"^(byte|int|long|float|double)\s+", "", command.body).split("=")[0].split()[0]]


def _cohorts(session: Session, command: Command) -> list[float]:
    values = session.data.get(command.options.get("gvar", ""), pd.Series(dtype=float))
    return sorted(set(pd.to_numeric(values, errors="coerce").dropna()) - {0.0})


def _unknown_options(name: str) -> Refusal:
    return lambda command, session: bool(set(command.options) - set(ENTRIES[f"{name}_options"]["allowed"]))


def _after(condition: Callable[[Command], bool]) -> Refusal:
    """Refused when the last estimation is so."""
    return lambda command, session: session.last is not None and condition(session.last)


def _untested_term(command: Command, session: Session) -> bool:
    return not set(tested(command)) - {"_cons"} <= set(session.last.terms[1:] if session.last else ())


def _weights(command: Command, session: Session) -> bool:
    kind, expression = command.weight or ("aweight", "w")
    return kind not in ("fweight", "aweight", "pweight") or not re.fullmatch(NAME, expression)


def _under_identified(command: Command, session: Session) -> bool:
    sides = re.search(r"\(([^=]+)=([^)]+)\)", command.body)
    return sides is None or len(sides[1].split()) > len(sides[2].split())


def _cohorts_outside(command: Command, session: Session) -> bool:
    cohorts, years = _cohorts(session, command), session.data[command.options["time"]]
    return not set(cohorts) <= set(years) or max(cohorts, default=0) <= years.min()


def _csdid_choices(command: Command, session: Session) -> bool:
    aggregations, methods = ["attgt", "simple", "group", "calendar", "event"], ["drimp", "dripw", "reg", "ipw", "stdipw"]
    return command.options.get("agg", "event") not in aggregations or command.options.get("method", "reg") not in methods


def _stars(command: Command, session: Session) -> bool:
    levels = [float(word) for word in command.options.get("star", "").split() if NUMBERS.match(word)]
    return any(not 0 < level <= 1 for level in levels) or levels != sorted(levels, reverse=True)


def _absent_coefficients(command: Command, session: Session) -> bool:
    stored_terms = {term for name in command.terms if name in session.stored for term in session.stored[name].terms[1:]}
    return not set(command.options.get("keep", "").split()) <= stored_terms


def _bad_names(command: Command, session: Session) -> bool:
    names = [*new_names(command), *session.data.columns]
    reserved = ENTRIES["variable_names"]["reserved"]
    return any(not re.fullmatch(NAME, name) or len(name) > 32 or name in reserved for name in names)


def _repeated_keys(command: Command, session: Session) -> bool:
    keys = command.body.split()
    return bool(session.data.duplicated(keys).any()) or is_text(session, keys[0])


def _repeated_merge_keys(command: Command, session: Session) -> bool:
    keys, using = merge_keys(command)
    return bool(session.files[using].duplicated(keys).any())


def _levels(session: Session, term: str) -> int:
    factors = [name for name in re.findall(rf"i\.({NAME})", term) if name in session.data]
    return len(session.data[factors].drop_duplicates()) if factors else 1


ANY = ""
REFUSALS: dict[str, tuple[str, Refusal]] = {
    "boottest_two_effects": ("boottest", _after(lambda last: len(absorbed(last)) > 1)),
    "boottest_slopes": ("boottest", _after(lambda last: any("c." in effect for effect in absorbed(last)))),
    "boottest_first": ("boottest", lambda c, s: s.last is None or s.last.name not in BOOTTEST_AFTER),
    "boottest_gmm": ("boottest", _after(lambda last: "gmm2s" in last.options)),
    "boottest_options": ("boottest", _unknown_options("boottest")),
    "boottest_weights": ("boottest", lambda c, s: c.options.get("weighttype", "webb") not in DRAWN_WEIGHTS),
    "boottest_term": ("boottest", _untested_term),
    "boottest_constant": ("boottest", lambda c, s: "_cons" in tested(c) and bool(absorbed(s.last))),
    "seed_range": (ANY, lambda c, s: not 0 <= int(c.options.get("seed", "0")) < 2**31),
    "reghdfe_options": ("reghdfe", _unknown_options("reghdfe")),
    "reghdfe_weights": ("reghdfe", _weights),
    "reghdfe_two_clusters": ("reghdfe", lambda c, s: {"vce", "cluster"} <= set(c.options)),
    "reghdfe_outcome": ("reghdfe", lambda c, s: c.terms[0].startswith("i.")),
    "ivreghdfe_vce": ("ivreghdfe", lambda c, s: "vce" in c.options),
    "ivreghdfe_order": ("ivreghdfe", _under_identified),
    "ivreghdfe_cue": ("ivreghdfe", lambda c, s: {"cue", "absorb"} <= set(c.options)),
    "ivreghdfe_options": ("ivreghdfe", _unknown_options("ivreghdfe")),
    "csdid_identifiers": ("csdid", lambda c, s: any(is_text(s, c.options[option]) for option in ("ivar", "time", "gvar"))),
    "csdid_never": ("csdid", lambda c, s: bool(s.data[c.options["gvar"]].isna().any())),
    "csdid_cohorts": ("csdid", _cohorts_outside),
    "csdid_choices": ("csdid", _csdid_choices),
    "esttab_stars": ("esttab", _stars),
    "esttab_two_errors": ("esttab", lambda c, s: len({"z", "se", "p", "ci", "aux"} & set(c.options)) > 1),
    "esttab_keep": ("esttab", _absent_coefficients),
    "esttab_names": ("esttab", lambda c, s: not set(c.terms) <= set(s.stored)),
    "esttab_file": ("esttab", lambda c, s: '."' in c.body or "replace" not in c.options),
    "stored_name": ("estimates", lambda c, s: len(c.body.split()[1]) > 27),
    "variable_names": (ANY, _bad_names),
    "variable_absent": (ANY, lambda c, s: c.name in ESTIMATORS and not c.words <= set(s.data.columns) | {"if", "cluster"}),
    "variable_new": (ANY, lambda c, s: any(name in s.data for name in new_names(c))),
    "text_regressor": (ANY, lambda c, s: c.name in ESTIMATORS[:4] and any(is_text(s, term) for term in c.terms)),
    "labels": ("label", lambda c, s: len(re.findall(r'"([^"]*)"', c.line)[0]) > 80),
    "panel_keys": ("xtset", _repeated_keys),
    "merge_keys": ("merge", _repeated_merge_keys),
    "command_length": (ANY, lambda c, s: len(c.line) > 264_408),
    "regressors": (ANY, lambda c, s: c.name in ESTIMATORS and sum(_levels(s, term) for term in c.terms[1:]) > 800),
}
"""Entry of refusals.yaml -> the command it is about (any), and whether it is refused."""


def refusals(lines: Iterable[Command], session: Session) -> Iterator[tuple[str, str]]:
    """(entry, line) of every refusal in a do-file, its effect on data and estimates followed."""
    for command in lines:
        about = [(entry, refused) for entry, (name, refused) in REFUSALS.items() if name in (ANY, command.name)]
        yield from ((entry, command.line) for entry, refused in about if refused(command, session))
        _follow(command, session)


def _follow(command: Command, session: Session) -> None:
    """What a command leaves behind, as far as later ones depend on it."""
    if command.name in ESTIMATORS:
        session.last = command
    elif command.line.startswith("estimates store") and session.last:
        session.stored[command.body.split()[1]] = session.last
    elif command.name == "use":
        session.data = session.files[re.findall(r'"([^"]*)"', command.line)[0]].copy()
    elif command.name == "preserve":
        session.kept = session.data.copy()
    elif command.name == "restore" and session.kept is not None:
        session.data = session.kept
    elif command.name == "drop" and not command.body.startswith("if "):
        session.data = session.data.drop(columns=command.body.split())
    elif command.name == "merge":
        keys, using = merge_keys(command)
        session.data = session.data.merge(session.files[using][[*keys, *command.options["keepusing"].split()]], on=keys)
    elif command.name in ("generate", "egen"):
        _generate(command, session)


def _generate(command: Command, session: Session) -> None:
    (name,) = new_names(command)
    expression = command.body.split("=", 1)[1].strip()
    first_or_zero = re.fullmatch(rf"cond\(missing\(({NAME})\), 0, \1\)", expression)
    copied = session.data.get(expression)
    values = session.data[first_or_zero[1]].fillna(0) if first_or_zero else 1.0 if copied is None else copied
    session.data = session.data.assign(**{name: values})
