"""The demo study: a synthetic economy whose effects are known, in memory and as messy raw files with the configs for them."""

from .demo_configs import is_demo, write_demo_configs
from .files import write_demo
from .world import Demo, generate

__all__ = ["Demo", "generate", "is_demo", "write_demo", "write_demo_configs"]
