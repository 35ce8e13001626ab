"""Linear algebra on one thread while something is computed: the same bytes whatever the number of processors.

Bytes are promised for one machine and build; across processors numbers agree to 1e-9, relative.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Libraries read them as they load, and so do the processes that are started meanwhile."""


def keep_to_one_thread() -> None:
    """For a process of this program's own, before any library loads."""
    os.environ.update(dict.fromkeys(VARIABLES, "1"))


@contextmanager
def one_thread_variables() -> Iterator[None]:
    """Libraries that load inside the block, and processes that start in it, use one thread; the variables are then as before."""
    values_before = {variable: os.environ.get(variable) for variable in VARIABLES}
    keep_to_one_thread()
    try:
        yield
    finally:
        for variable, value in values_before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value


@contextmanager
def one_thread() -> Iterator[None]:
    """The same, and libraries that were loaded before are limited: sums of products depend on how threads share them."""
    from threadpoolctl import threadpool_limits

    with one_thread_variables(), threadpool_limits(limits=1):
        yield
