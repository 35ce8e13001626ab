"""The demo study: a synthetic economy whose effects are known, in memory and as messy raw files."""

from .files import write_demo
from .world import Demo, generate

__all__ = ["Demo", "generate", "write_demo"]
