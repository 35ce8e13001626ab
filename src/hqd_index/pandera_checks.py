"""pandera with its checks, as `pa`.

pandera imports hypothesis wherever that is installed, for test data which nobody asks for here: a quarter of a second in each
process.
"""

from __future__ import annotations

import importlib
import sys

TEST_LIBRARY = "hypothesis"

if TEST_LIBRARY in sys.modules:
    importlib.import_module("pandera.backends.pandas.builtin_checks")
else:
    sys.modules[TEST_LIBRARY] = None  # type: ignore[assignment] # as if it were not installed
    try:
        importlib.import_module("pandera.backends.pandas.builtin_checks")  # else loaded by the first check of a table
    finally:
        del sys.modules[TEST_LIBRARY]

import pandera.pandas as pa  # noqa: E402

__all__ = ["pa"]
