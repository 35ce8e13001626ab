"""Lists that an office acts on: which nodes of the chain come first, and on what evidence."""

from .list_tables import list_tables
from .priority import contradictions

__all__ = ["contradictions", "list_tables"]
