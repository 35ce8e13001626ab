"""Names and texts as they are written in a plan."""


def quoted(identifier: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(content: str) -> str:
    """The text as an SQL string."""
    return "'" + content.replace("'", "''") + "'"


def count_where(condition: str) -> str:
    """SQL of how many rows meet a condition, 0 where no row decides it; a filtered count would copy rows first."""
    return f"coalesce(count_if({condition}), 0)"
