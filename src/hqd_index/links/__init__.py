"""Links between industries and with the world: input-output tables and trade flows as columns by industry and year."""

from .run import links

__all__ = ["links"]
