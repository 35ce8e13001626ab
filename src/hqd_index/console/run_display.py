"""What a run shows while it lasts and at its end."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from ..provenance import digest_file

if TYPE_CHECKING:
    from ..pipeline import Event, Outcome

RELATIVE_PATH = re.compile(r"(?<=[ :：])(?:latest|quick)/")
"""What summary.txt, the same in every folder, calls a place below the study's folder of results."""


class Console:
    """Progress: a live line when the output is a terminal, plain lines otherwise."""

    def __init__(self, language: str, *, explain: bool = False) -> None:
        self.zh = language == "zh"
        self.explain = explain
        self.status = None
        if sys.stdout.isatty():
            from rich.console import Console as Rich

            self.status = Rich().status("", spinner="line")
            self.status.start()

    def event(self, event: Event) -> None:
        """One stage started, ended, or taken from the cache."""
        if event.state == "line":
            self._print_line(event.text)
            return
        name = f"{event.zh} {event.stage}" if self.zh else event.stage
        if event.state == "started":
            if self.status:
                self.status.update(name)
            return
        if event.state == "cached":
            self._print_line(f"[{name}] " + ("无变化,沿用缓存" if self.zh else "up to date"))
        else:
            row_count_text = f"{event.rows:,} 行" if self.zh else f"{event.rows:,} rows"
            self._print_line(f"[{name}] {row_count_text}  {event.seconds:.1f} s")
        if self.explain and event.text:
            self._print_line(f"    {event.text}")

    def _print_line(self, line: str) -> None:
        if self.status:
            self.status.console.print(line, highlight=False, markup=False)
        else:
            print(line, flush=True)

    def close(self, outcome: Outcome) -> None:
        """Notices, the ten closing lines, and the SHA-256 of the manifest, which covers every file."""
        if self.status:
            self.status.stop()
        for notice in outcome.notices[:12]:
            print(notice)
        if not outcome.fresh:
            print("各阶段均为最新,无需重跑" if self.zh else "every stage is up to date")
        summary = (outcome.folder / "summary.txt").read_text("utf-8").rstrip()
        print(RELATIVE_PATH.sub(lambda match: f"{outcome.results}/{match[0]}", summary))
        print(("清单   " if self.zh else "manifest  ") + digest_file(outcome.folder / "manifest.json"))
