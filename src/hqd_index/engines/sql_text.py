"""Names and texts as they are written in a plan."""


def quoted(identifier: str) -> str:
    """The name as a quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(content: str) -> str:
    """The text as an SQL string."""
    return "'" + content.replace("'", "''") + "'"
