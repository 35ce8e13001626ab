"""What goes wrong on the cluster, as a fault of this program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import HqdError, SetupError

FAULT_LINES = 3


@contextmanager
def spark_faults() -> Iterator[None]:
    """SetupError with the first lines of what Spark reports."""
    try:
        yield
    except HqdError:
        raise
    except Exception as fault:
        if not type(fault).__module__.startswith(("pyspark", "py4j")):
            raise
        lines = [line for line in str(fault).splitlines() if line.strip()]
        report = " ".join(lines[:FAULT_LINES])
        raise SetupError(f"Spark reports: {report}", zh=f"Spark 报告:{report}", location="engine: spark") from fault
