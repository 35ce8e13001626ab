"""pandera with its checks, as `pa`.

pandera imports hypothesis wherever that is installed, for test data which nobody asks for here: a quarter of a second in each
process; and pyspark, for frames which nobody has, with a warning each time.
"""

from __future__ import annotations

import importlib
import sys
import warnings

NEEDLESS = [library for library in ("hypothesis", "pyspark") if library not in sys.modules]

for _library in NEEDLESS:
    sys.modules[_library] = None  # type: ignore[assignment] # as if it were not installed
try:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        importlib.import_module("pandera.backends.pandas.builtin_checks")  # else loaded by the first check of a table
        import pandera.pandas as pa
finally:
    for _library in NEEDLESS:
        del sys.modules[_library]

__all__ = ["pa"]
