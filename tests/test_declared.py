"""What pyproject declares, what the code imports and what the cache key names agree; deptry (`make lint`) does the rest."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hqd_index import __version__
from hqd_index.provenance import NUMERIC

from .test_floors import modules

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DECLARED = {canonicalize_name(Requirement(text).name) for text in PROJECT["project"]["dependencies"]}
MODULES = {"scikit-learn": "sklearn"}


def pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / lock).read_text("utf-8"), re.MULTILINE))


def test_the_cache_key_names_libraries_that_stages_import():
    assert set(NUMERIC) <= DECLARED
    sources = "\n".join((ROOT / "src/hqd_index" / name).read_text("utf-8") for name in modules() if "upkeep" not in name)
    for library in NUMERIC:
        module = MODULES.get(library, library)
        assert re.search(rf"^\s*(import|from) {module}\b", sources, re.MULTILINE), library


def test_locks_hold_what_is_declared_and_no_address():
    groups = PROJECT["dependency-groups"]
    build, dev = ({Requirement(text).name for text in groups[name]} for name in ("build", "dev"))
    run_time = pinned("requirements.lock")
    assert DECLARED | build <= run_time and dev <= pinned("requirements-dev.lock")
    assert not {"linearmodels", "pyfixest"} & run_time
    assert not any("://" in (ROOT / lock).read_text("utf-8") for lock in ("requirements.lock", "requirements-dev.lock"))


def test_the_version_has_one_place():
    assert "version" in PROJECT["project"]["dynamic"] and PROJECT["tool"]["hatch"]["version"]["path"].endswith("__init__.py")
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", __version__)
