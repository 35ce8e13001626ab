"""Processor seconds, so that a busy machine has no say: of a call in this process, and of a process with all it started."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def least_seconds(contestants: dict[str, Callable[[], Any]], times: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Least processor seconds of each contestant over `times` rounds, twice in each, and last results."""
    seconds, results = dict.fromkeys(contestants, float("inf")), {}
    for _ in range(times):
        for name, contestant in contestants.items():
            for _ in range(2):  # the second time the caches of the processor hold what it needs
                start = time.process_time()
                results[name] = contestant()
                seconds[name] = min(seconds[name], time.process_time() - start)
    return seconds, results


def process_seconds(command: Sequence[str], folder: Path) -> float:
    """Processor seconds of a process and of those it started and waited for; SystemExit where it fails."""
    # pandera imports hypothesis where it is installed, for tests, and that its plugins: no user's environment has them
    environment = os.environ | {"HYPOTHESIS_NO_PLUGINS": "1"}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}: not measured")
    return usage.ru_utime + usage.ru_stime


def verdict(name: str, ratio: float, goal: float, alternative: str, *, is_most: bool = False) -> int:
    """Prints the last line of a benchmark; 0 where the ratio is at least the goal (with `is_most`: at most), else 1."""
    is_good = ratio <= goal if is_most else ratio >= goal
    print(f"{name}: ratio {ratio:.2f} (goal {goal:g}) against {alternative}: {'PASS' if is_good else 'SHORT'}")
    return 0 if is_good else 1
