"""The engine that a study asks for; its library is imported when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .contract import Catalogue, Engine

if TYPE_CHECKING:
    from ..study.records import StudyFile
    from .spark.spark_settings import SparkSettings


def open_engine(study: StudyFile | None = None, *, threads: int | None = None, memory: str | None = None) -> Engine:
    """The engine of a study, or the embedded one, opened with relations of its own.

    `threads`, and `memory` (1.5GiB) in the place of the study's, limit the embedded one.
    """
    if study is not None and study.engine == "spark":
        from .spark.spark_engine import SparkEngine

        return SparkEngine(_spark_settings(study), threads=threads)
    from .duckdb import DuckDBEngine

    return DuckDBEngine(threads=threads, memory=memory or (study.memory if study is not None else None))


def open_catalogue(study: StudyFile) -> Catalogue:
    """The catalogue of the cluster that a study with `engine: spark` names."""
    from .spark.catalogue import SparkCatalogue

    return SparkCatalogue(_spark_settings(study))


def _spark_settings(study: StudyFile) -> SparkSettings:
    from .spark.spark_settings import SparkSettings

    return SparkSettings(study.spark.master, dict(study.spark.conf), study.spark.folder)
