"""Raw cells as text, with the row each stood in: what every reader gives back."""

from __future__ import annotations

from dataclasses import dataclass

from ..records.intake_notice import Notice

BLANKS = " \t\r\n\u00a0\u3000\ufeff\u200b"


@dataclass(frozen=True)
class SetAside:
    """A row that reading does not pass on: quarantined under `rule`, or (rule empty) out of scope for `reason`."""

    row: int
    cells: tuple[str, ...]
    reason: str
    rule: str = ""


@dataclass(frozen=True)
class SheetCells:
    """One sheet: its labels, an engine table of `row`, c0, c1 ... ('' where empty) and its rows, (place, unit) of unit rows.

    `padded`: whether a cell may have blanks around it.
    """

    file: str
    sheet: str
    digest: str
    labels: tuple[str, ...]
    header_row: int
    table: str
    rows: int
    set_aside: tuple[SetAside, ...] = ()
    notices: tuple[Notice, ...] = ()
    units: tuple[tuple[int, str], ...] = ()
    padded: bool = True
