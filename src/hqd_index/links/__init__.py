"""Links between industries and with the world: input-output tables and trade flows as columns by industry and year."""

from .link_tables import links

__all__ = ["links"]
