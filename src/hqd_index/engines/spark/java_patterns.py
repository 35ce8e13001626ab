"""Regular expressions of the embedded engine (RE2) as those of Java that match the same texts; others are refused."""

from __future__ import annotations

from .plan_error import plan_error

SPACES = r"\t\n\f\r "
"""What a blank is in RE2; in Java it is the vertical tab, too."""
PLAIN_ESCAPES = frozenset("dDwW.+*?()[]{}|^$\\/-_'\" ,;:=<>&~#%@!`nrtfA")
"""Escapes that mean one thing in both."""


def java_pattern(pattern: str) -> str:
    """The pattern in Java's grammar, `.` and `$` as RE2 has them; refuses what Java has in another sense."""
    parts: list[str] = []
    position, in_class = 0, False
    while position < len(pattern):
        character = pattern[position]
        if character == "\\":
            parts.append(_escape(pattern[position + 1 : position + 2], in_class, pattern))
            position += 2
            continue
        if in_class:
            in_class = character != "]"
            parts.append("\\" + character if character in "[&" else character)
        elif character == "[":
            if pattern.startswith("[[:", position):
                raise _refused(pattern)
            in_class, first_members = True, pattern[position + 1 : position + 3]
            opening = "[^" if first_members.startswith("^") else "["
            position += len(opening) - 1
            if pattern[position + 1 : position + 2] == "]":  # a bracket at the beginning is a member
                opening += "\\]"
                position += 1
            parts.append(opening)
        else:
            parts.append(_outside_class(pattern, position))
        position += 1
    return "(?d)" + "".join(parts)


def _outside_class(pattern: str, position: int) -> str:
    character = pattern[position]
    if character == "$":
        return r"\z"
    if character == "(" and pattern.startswith("(?", position) and not pattern.startswith(("(?:", "(?i)"), position):
        raise _refused(pattern)
    if character in "*+?}" and pattern[position + 1 : position + 2] == "+":  # possessive in Java
        raise _refused(pattern)
    return character


def _escape(character: str, in_class: bool, pattern: str) -> str:
    if character == "s":
        return SPACES if in_class else f"[{SPACES}]"
    if character == "S" and not in_class:
        return f"[^{SPACES}]"
    if character == "z":
        return r"\z"
    if character not in PLAIN_ESCAPES or not character:
        raise _refused(pattern)
    return "\\" + character


def _refused(pattern: str) -> Exception:
    return plan_error(f"regular expression {pattern!r}", f"正则表达式 {pattern!r}")
