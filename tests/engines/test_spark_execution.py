"""Each construct of the firm floor gives on Spark what it gives on the embedded engine: a clean transpile proves nothing."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..small import ROOT

PYTHON = ROOT / ".venv-spark" / "bin" / "python"


def answers(child: str, folder: Path) -> dict[str, str]:
    """What a script prints in its last line when Spark's own environment runs it in a folder."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Java is missing; on Debian: apt-get install default-jre-headless")
    if not PYTHON.exists():
        pytest.skip(".venv-spark is missing; make spark sets it up")
    script = Path(__file__).with_name(child)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    result = subprocess.run(
        [PYTHON, script], capture_output=True, text=True, check=False, env=environment, cwd=folder, timeout=900
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return dict(json.loads(result.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_every_construct_is_equal_on_both_engines(tmp_path: Path):
    differences = answers("spark_child.py", tmp_path)
    assert len(differences) > 50
    assert not {name: text for name, text in differences.items() if text}


@pytest.mark.slow
def test_a_table_of_the_catalogue_is_a_source(tmp_path: Path):
    """What is asked of the cluster, results of a csv and DuckDB, the same rows the same run, a wrong name named."""
    differences = answers("spark_catalogue_child.py", tmp_path)
    assert len(differences) == 7
    assert not {name: text for name, text in differences.items() if text}
