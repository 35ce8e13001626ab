"""How a study reaches its cluster; what is secret comes from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...errors import SetupError

FROM_ENVIRONMENT = "env:"
"""Begins a setting that is the name of an environment variable."""


@dataclass(frozen=True)
class SparkSettings:
    """The master, Spark's own settings, and the folder that driver and workers share, where it is not the scratch folder."""

    master: str = "local[*]"
    conf: Mapping[str, str] = field(default_factory=dict)
    folder: str | None = None

    def resolved_conf(self) -> dict[str, str]:
        """Spark's settings with what the environment holds; SetupError where a variable is not set."""
        return {key: _from_environment(key, value) for key, value in self.conf.items()}


def _from_environment(key: str, value: str) -> str:
    if not value.startswith(FROM_ENVIRONMENT):
        return value
    variable = value.removeprefix(FROM_ENVIRONMENT)
    if variable not in os.environ:
        raise SetupError(
            f"{key}: the environment variable {variable} is not set",
            zh=f"{key}:没有设置环境变量 {variable}",
            location="study.yaml spark.conf",
        )
    return os.environ[variable]
