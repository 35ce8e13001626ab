"""Each construct of the firm floor gives on Spark what it gives on the embedded engine: a clean transpile proves nothing."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ..small import ROOT

PYTHON = ROOT / ".venv-spark" / "bin" / "python"


@pytest.mark.slow
def test_every_construct_is_equal_on_both_engines():
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Java is missing; on Debian: apt-get install default-jre-headless")
    if not PYTHON.exists():
        pytest.skip(".venv-spark is missing; make spark sets it up")
    child = Path(__file__).with_name("spark_child.py")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    result = subprocess.run([PYTHON, child], capture_output=True, text=True, check=False, env=environment, timeout=900)
    assert result.returncode == 0, result.stderr[-2000:]
    differences = json.loads(result.stdout.splitlines()[-1])
    assert len(differences) > 50
    assert not {name: text for name, text in differences.items() if text}
