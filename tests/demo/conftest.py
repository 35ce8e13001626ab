"""One demo economy and one folder of its raw files for all tests of the demo."""

from pathlib import Path

import pandas as pd
import pytest

from hqd_index.demo import Demo, generate, write_demo
from tests.demo.measured import indicators


@pytest.fixture(scope="package")
def demo() -> Demo:
    return generate(1)


@pytest.fixture(scope="package")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, seed=1)
    return folder


@pytest.fixture(scope="package")
def everyone(demo: Demo) -> pd.DataFrame:
    return indicators(demo, "all")


@pytest.fixture(scope="package")
def others(demo: Demo) -> pd.DataFrame:
    """Indicators of the firms never recognised."""
    return indicators(demo, "leave_out")
