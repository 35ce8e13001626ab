"""One demo economy and one folder of its raw files for all tests of the demo."""

from pathlib import Path

import pandas as pd
import pytest

from hqd_index.demo import Demo, generate, planted_faults, write_demo
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


@pytest.fixture(scope="package")
def every_fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small demo in which no fault is left to the lot: all of them are there."""
    folder = tmp_path_factory.mktemp("dirty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planted_faults, "FAULTS_BY_LOT", len(planted_faults.DRAWN_FAULTS))
        write_demo(folder, seed=3, firms=1500)
    return folder
