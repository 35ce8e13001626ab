"""What study.yaml says of its cluster: secrets belong to no file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..records import Study
from ..study_findings import Finding

SPARK = ("study", "spark")
SECRET = re.compile(r"password|passwd|secret|token|credential|access\.key", re.IGNORECASE)
FROM_ENVIRONMENT = "env:"


def check(study: Study) -> Iterator[Finding]:
    """Secrets written out among Spark's settings."""
    for setting, content in study.study.spark.conf.items():
        if SECRET.search(setting) and not content.startswith(FROM_ENVIRONMENT):
            yield Finding(
                (*SPARK, "conf", setting),
                "a secret does not belong in a file; write env:NAME and set the environment variable NAME",
                "密钥不应写在文件里;请写 env:NAME,并设置环境变量 NAME",
            )
