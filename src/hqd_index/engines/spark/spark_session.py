"""The session of this process on its cluster, started when the first relation needs it."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from ...errors import SetupError
from .spark_settings import SparkSettings

JAVA_PACKAGE = "default-jre-headless"
FIXED = {
    "spark.sql.ansi.enabled": "true",  # a cast that fails is a fault, not NULL
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.legacy.parquet.nanosAsLong": "false",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
"""What results hang on; no study changes it."""
DEFAULTS = {
    "spark.app.name": "hqd-index",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "OFF",
    "spark.sql.debug.maxToStringFields": "10",
}


def spark_session(settings: SparkSettings) -> Any:
    """A session with views of its own in this process's one Spark; SetupError where pyspark or Java is missing."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise SetupError(
            f"engine: spark needs Java 17 or newer; install it, on Debian: apt-get install {JAVA_PACKAGE}",
            zh=f"engine: spark 需要 Java 17 以上版本;请安装,Debian 上执行:apt-get install {JAVA_PACKAGE}",
            location="engine: spark",
        )
    try:
        from pyspark.sql import SparkSession
    except ImportError as fault:
        raise SetupError(
            "engine: spark needs pyspark; `make spark` sets up .venv-spark with it, then run .venv-spark/bin/hqd",
            zh="engine: spark 需要 pyspark;请执行 make spark 建立 .venv-spark,然后使用 .venv-spark/bin/hqd",
            location="engine: spark",
        ) from fault
    logging.getLogger("SQLQueryContextLogger").disabled = True  # a query's fault is reported once
    builder = SparkSession.builder.master(settings.master)
    for key, value in (DEFAULTS | _local_defaults(settings.master) | settings.resolved_conf() | FIXED).items():
        builder = builder.config(key, value)
    with tempfile.TemporaryFile() as log:
        try:
            with _error_output(log):
                session = builder.getOrCreate()
        except Exception as fault:
            log.seek(0)
            reason = next((line for line in log.read().decode("utf-8", "replace").splitlines() if "rror" in line), str(fault))
            raise SetupError(
                f"cannot start a session on {settings.master}: {reason.splitlines()[0]}",
                zh=f"无法在 {settings.master} 上启动会话:{reason.splitlines()[0]}",
                location="study.yaml spark",
            ) from fault
    session.sparkContext.setLogLevel("OFF")
    return session.newSession()


@contextmanager
def _error_output(log: IO[bytes]) -> Iterator[None]:
    """What Java prints goes to a file: a process that is started inside has it as its error output for good."""
    sys.stderr.flush()
    terminal = os.dup(2)
    os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def _local_defaults(master: str) -> dict[str, str]:
    """On one machine: its own address, and as many parts of a shuffle as it has threads."""
    threads = re.fullmatch(r"local(?:\[(\d+|\*)\])?", master)
    if threads is None:
        return {}
    count = os.cpu_count() or 1 if threads[1] == "*" else int(threads[1] or 1)
    return {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.sql.shuffle.partitions": str(count)}
