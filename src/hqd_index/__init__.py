"""hqd-index: manufacturing high-quality development measured, and what SRDI firms contribute to it."""

import os

# Linear algebra on one thread: the same bytes whatever the number of processors, and small matrices do not wait for each other.
# Bytes are promised for one machine and build; across processors numbers agree to 1e-9, relative. Libraries read the variables
# as they load; `pipeline.compute` limits those that were loaded before.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

__version__ = "0.2.0.dev0"
