"""What `hqd runs` and `hqd open` print."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ..upkeep import ListedRun

SHOWN_DIFFERENCES = 4
ONLY_IN_RUNS = ("仅存于 runs/", "in runs/ only")


def run_lines(runs: Sequence[ListedRun], language: str, folder_options: str = "") -> Iterator[str]:
    """One line for each run (when, id, what points at it), and below it what differs from `latest`.

    `folder_options` are those of the command: `hqd diff` needs them too.
    """
    compare = f"hqd diff{folder_options}"
    index = int(language == "en")
    yield ("时间              运行          名称", "when              run           name")[index]
    for run in runs:
        yield f"{local_time(run.made_at)}  {run.run}  {_name_of(run, index)}"
        yield from (f"    {line[index]}" for line in run.differences[:SHOWN_DIFFERENCES])
        if (hidden_count := len(run.differences) - SHOWN_DIFFERENCES) > 0:
            yield (f"    另有 {hidden_count} 处,见 {compare} latest {run.run}",
                   f"    {hidden_count} more: {compare} latest {run.run}")[index]  # fmt: skip
    yield (f"缩进的各行为与 latest 的差别;两次运行的全部差别:{compare} 较早 较晚",
           f"indented: what differs from latest; all of two runs: {compare} EARLIER LATER")[index]  # fmt: skip


def local_time(made_at: str) -> str:
    """Date and time of the clock on the wall, 16 characters."""
    try:
        return datetime.fromisoformat(made_at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return f"{'?':<16}"


def _name_of(run: ListedRun, language_index: int) -> str:
    names = ", ".join(run.names) or ONLY_IN_RUNS[language_index]
    scenario = f"  {run.scenario[language_index]}" if run.scenario else ""
    return f"{names}{scenario}{'  --set' if run.is_changed else ''}"


def open_lines(page: Path, *, is_opened: bool, language: str) -> list[str]:
    """Where the page is, and whether a browser shows it."""
    if is_opened:
        return [f"已在浏览器中打开 {page}" if language == "zh" else f"opened in the browser: {page}"]
    return [str(page), "没有可用的浏览器;请在浏览器中打开上面的文件" if language == "zh" else
            "no browser was found; open the file above in one"]  # fmt: skip
