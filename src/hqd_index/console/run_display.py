"""What a run shows while it lasts and at its end."""

from __future__ import annotations

import math
import re
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..chinese_punctuation import journal_punctuation
from ..provenance import digest_file
from .text_width import fitted_lines, shortened, terminal_width

if TYPE_CHECKING:
    from ..pipeline import Event, Outcome
    from ..progress import Progress

RELATIVE_PATH = re.compile(r"(?<=[ :：])(?:latest(?:-[^/\n]+)?|quick|runs/[0-9a-f]{12})/")
"""What summary.txt, the same in every folder, calls a place below the study's folder of results."""
RUN_COMMAND = re.compile(r"hqd (?:run(?= --)|explain)\b")
"""One to be typed; a sentence may name `hqd run` as such."""
LONG = 5.0
"""Seconds after which work says how far it is, where the output is no terminal; after each line twice as many."""
FAIR_SHARE = 0.2
"""The share of work from which the time left is estimated: that of the first rows and files says little about the others."""


@dataclass
class RunningStage:
    """A stage at work: its name, when it began, how long it took in the run before (0: not known), how far it says it is."""

    name: str
    began: float
    expected: float
    progress: Progress | None = None
    next_line: float = LONG

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def fraction(self) -> float | None:
        """The share that is done, as counted, or by the time of the run before; None where neither is known.

        None as well where all that is counted is done, or the time is over, and the stage still works: how long, nothing says.
        """
        if self.progress is not None:
            fraction = self.progress.fraction
        else:
            fraction = self.seconds() / self.expected if self.expected else 1.0
        return fraction if fraction < 1 else None


def progress_text(stage: RunningStage, language: str) -> str:
    """Name, parts of all parts, rows, share, time so far and left: `intake · files 3/10 · 1,200 rows · 31% · 8 s, ~18 s left`.

    No time left is said before a fair share of the work is done.
    """
    zh, seconds, fraction, progress = language == "zh", stage.seconds(), stage.fraction(), stage.progress
    parts = [stage.name]
    if progress is not None:
        parts.append(f"{progress.zh if zh else progress.en} {progress.finished:,}/{progress.total:,}")
        if progress.rows:
            parts.append(f"{progress.rows:,} 行" if zh else f"{progress.rows:,} rows")
    if fraction is not None:
        parts.append(f"{math.floor(100 * fraction)}%")
    parts.append(f"{seconds:.0f} s")
    if fraction is not None and fraction >= FAIR_SHARE and seconds >= 1:
        remaining = max(1.0, seconds * (1 - fraction) / fraction)
        parts[-1] += f",约剩 {_duration(remaining)}" if zh else f", ~{_duration(remaining)} left"
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


class LiveLine:
    """The line that moves: every stage at work, written anew at each look."""

    def __init__(self, stages: dict[str, RunningStage], language: str) -> None:
        self.stages, self.language = stages, language

    def __rich__(self) -> Any:
        from rich.text import Text

        text = "  |  ".join(progress_text(stage, self.language) for stage in list(self.stages.values()))
        return Text(shortened(text, (terminal_width() or 80) - 4), no_wrap=True)


class Console:
    """Progress: a live line when the output is a terminal, plain lines otherwise."""

    def __init__(self, language: str, *, explain: bool = False) -> None:
        self.language, self.zh = language, language == "zh"
        self.explain = explain
        self.stages: dict[str, RunningStage] = {}
        self.status: Any = None
        self._is_closed = threading.Event()
        if sys.stdout.isatty():
            from rich.console import Console as Rich

            self.status = Rich().status(LiveLine(self.stages, language), spinner="line")
            self.status.start()
        else:
            threading.Thread(target=self._print_progress, daemon=True).start()

    def event(self, event: Event) -> None:
        """One stage started, got on, ended, or was taken from the cache."""
        if event.state == "line":
            self._print_line(event.text)
            return
        name = f"{event.zh} {event.stage}" if self.zh else event.stage
        if event.state == "started":
            self.stages[event.stage] = RunningStage(name, time.monotonic(), event.seconds)
            return
        if event.state == "progress":
            if event.stage in self.stages:
                self.stages[event.stage].progress = event.progress
            return
        self.stages.pop(event.stage, None)
        if event.state == "cached":
            self._print_line(f"[{name}] " + ("已算过,沿用缓存" if self.zh else "up to date"))
        else:
            row_count_text = f"各表共 {event.rows:,} 行  " if self.zh else f"{event.rows:,} rows in its tables  "
            self._print_line(f"[{name}] {row_count_text if event.rows else ''}{event.seconds:.1f} s")
        if self.explain and event.text:
            self._print_line(f"    {event.text}")

    def _print_progress(self) -> None:
        """A line of each stage that has worked long, until the run ends."""
        while not self._is_closed.wait(1.0):
            for stage in list(self.stages.values()):
                if stage.seconds() >= stage.next_line:
                    stage.next_line *= 2
                    self._print_line(f"  {progress_text(stage, self.language)}")

    def _print_line(self, line: str) -> None:
        for fitted_line in fitted_lines([line], terminal_width()):
            if self.status:
                self.status.console.print(fitted_line, highlight=False, markup=False)
            else:
                print(fitted_line, flush=True)

    def stop(self) -> None:
        """No more progress is shown."""
        self._is_closed.set()
        if self.status:
            self.status.stop()

    def close(self, outcome: Outcome, folder_options: str = "", comparison_options: str = "") -> None:
        """Notices, the closing lines, where the run is, and the SHA-256 of the manifest, which covers every file.

        `folder_options` are those of the command (--study ..., --data ...): the commands that the lines name need them too;
        `comparison_options` those that `hqd diff` takes of them, which reads no data.
        """
        self.stop()
        notices = [journal_punctuation(notice) if self.zh else notice for notice in outcome.notices[:12]]
        for notice in fitted_lines(notices, terminal_width()):
            print(notice)
        if not outcome.fresh:
            print("各阶段均为最新,无需重跑" if self.zh else "every stage is up to date")
        summary = (outcome.folder / "summary.txt").read_text("utf-8").rstrip()
        summary = RELATIVE_PATH.sub(lambda match: f"{outcome.results}/{match[0]}", summary)
        print(RUN_COMMAND.sub(lambda match: f"{match[0]}{folder_options}", summary))
        if place := place_text(outcome.name, comparison_options):
            print(place[0] if self.zh else place[1])
        print(("指纹   " if self.zh else "manifest  ") + digest_file(outcome.folder / "manifest.json"))


def place_text(published_name: str, comparison_options: str = "") -> tuple[str, str] | None:
    """What a run that is not `latest` says of where it is, in both languages."""
    compare = f"hqd diff{comparison_options} latest"
    if published_name.startswith("runs/"):
        run = published_name.removeprefix("runs/")
        return (f"配置由 --set 改动,结果只在 {published_name} 中,latest 未变;与之比较:{compare} {run}",
                f"--set changed the study: results are in {published_name} only and latest is as it was; "
                f"compare: {compare} {run}")  # fmt: skip
    if published_name.startswith("latest-"):
        scenario = published_name.removeprefix("latest-")
        return (f"情景 {scenario} 发布为 {published_name},latest 未变;与之比较:{compare} {scenario}",
                f"scenario {scenario} is published as {published_name} and latest is as it was; "
                f"compare: {compare} {scenario}")  # fmt: skip
    return None
