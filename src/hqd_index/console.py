"""What the terminal shows: progress per stage, the closing lines, the list of methods."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pipeline import Event, Outcome
    from .study.models import Study


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
        name = f"{event.zh} {event.stage}" if self.zh else event.stage
        if event.state == "started":
            if self.status:
                self.status.update(name)
            return
        if event.state == "cached":
            self._say(f"[{name}] " + ("无变化,沿用缓存" if self.zh else "up to date"))
        else:
            rows = f"{event.rows:,} 行" if self.zh else f"{event.rows:,} rows"
            self._say(f"[{name}] {rows}  {event.seconds:.1f} s")
        if self.explain and event.why:
            self._say(f"    {event.why}")

    def _say(self, line: str) -> None:
        if self.status:
            self.status.console.print(line, highlight=False, markup=False)
        else:
            print(line, flush=True)

    def close(self, study: Study, outcome: Outcome) -> None:
        """Notices and the ten closing lines."""
        if self.status:
            self.status.stop()
        for notice in outcome.notices[:12]:
            print(notice)
        if not outcome.fresh:
            print("各阶段均为最新,无需重跑" if self.zh else "every stage is up to date")
        summary = outcome.folder / "summary.txt"
        print(summary.read_text("utf-8").rstrip())


def methods_lines(family: str | None, language: str) -> list[str]:
    """Every method by family: name, what it is, options with defaults, source."""
    from .methods import FAMILIES
    from .methods.choice import options_of

    lines = []
    for name, table in FAMILIES.items():
        if family and name != family:
            continue
        lines.append(f"{name}:")
        for id, method in table.items():
            label = method.label_en if language == "en" else method.label_zh
            options = ", ".join(f"{key}={value!r}" for key, value in options_of(method).items())
            lines.append(f"  {id:<14} {label}  [{options}]  {method.source}")
    return lines
