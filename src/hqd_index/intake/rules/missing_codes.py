"""C09 (notice): numbers that look like codes for missing, such as -99 or 9999; they stay numbers until they are declared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ...canonical import CanonicalTable
from ...engines import Engine, quoted
from ..records.intake_notice import Notice

NEGATIVE_CODES = tuple(
    Decimal(code) for code in (-77, -88, -97, -98, -99, -777, -888, -997, -998, -999, -1000, -7777, -8888, -9999, -99999)
)
HIGH_CODES = tuple(Decimal(code) for code in (999, 9999, 99999, 999999, 9999999, 99999999))
HIGH_CODE_RATIO = 2  # of a high code to the largest other number
MOST_CODES = 4  # different ones in a column
FIRST_ROWS = 100_000


@dataclass(frozen=True)
class MissingCode:
    """A number of a column that looks like a code, in how many cells; the first row of them by its id and by its key."""

    column: str
    code: Decimal
    cells: int
    first_rid: int
    first_key: str


def missing_codes(
    typed_rows: str,
    all_rows: str,
    columns: Sequence[str],
    table: CanonicalTable,
    shifts: Mapping[str, Mapping[int, int]],
    engine: Engine,
) -> list[MissingCode]:
    """The codes of each column: negative where all other numbers are 0 or more, or high above every other number.

    `all_rows`: a relation that `typed_rows` are of; `shifts`: column -> sheet -> the power of ten between the printed unit and
    the column's.
    """
    powers = {column: set(shifts.get(column, {}).values()) or {0} for column in columns}
    negatives = {column: _in_unit(NEGATIVE_CODES, powers[column]) for column in columns}
    highs = {column: _in_unit(HIGH_CODES, powers[column]) for column in columns}
    some_columns = _columns_that_may_have_codes(typed_rows, all_rows, highs, engine)
    codes = []
    for column, (low, high) in _extremes(typed_rows, some_columns, engine).items():
        if _number(low) in negatives[column]:
            codes += _negative_codes(typed_rows, column, negatives[column], table, engine)
        if _number(high) in highs[column]:
            codes += _high_code(typed_rows, column, highs[column], table, engine)
    return codes


def _columns_that_may_have_codes(
    typed_rows: str, all_rows: str, highs: Mapping[str, Mapping[Decimal, Decimal]], engine: Engine
) -> list[str]:
    """Those with a number below 0, or a largest number that may be a high code.

    A file knows its extremes, and most columns have numbers near the largest among their first.
    """
    extremes = _extremes(all_rows, list(highs), engine)
    first_extremes = _extremes(f"(SELECT * FROM {typed_rows} LIMIT {FIRST_ROWS})", list(highs), engine)
    return [
        column
        for column, codes in highs.items()
        if _double(extremes[column][0]) < 0
        or any(
            not _double(first_extremes[column][1]) > code and _double(extremes[column][1]) >= code for code in map(float, codes)
        )
    ]


def _double(number: object) -> float:
    return float(_number(number))


def _extremes(rows: str, columns: Sequence[str], engine: Engine) -> dict[str, tuple[object, object]]:
    """The smallest and the largest number of each column."""
    if not columns:
        return {}
    ends = ", ".join(f"min({quoted(column)}), max({quoted(column)})" for column in columns)
    values = engine.collect(f"SELECT {ends} FROM {rows}").iloc[0].tolist()
    return {column: (values[2 * place], values[2 * place + 1]) for place, column in enumerate(columns)}


def missing_code_notices(
    codes: Sequence[MissingCode], texts: Sequence[str], table: CanonicalTable, marks: Sequence[str], location: str
) -> list[Notice]:
    """What the codes are and the line that declares them.

    `texts`: the codes as the first cell of each prints them; `marks`: what the sources of the table have under `missing` already.
    """
    if not codes:
        return []
    zh_cells = "、".join(
        f"{code.column}({table.columns[code.column].zh})的 {text}({code.cells:,} 格,首见于 {code.first_key})"
        for code, text in zip(codes, texts)
    )
    en_cells = ", ".join(
        f"{text} in {code.column} ({code.cells:,} {'cell' if code.cells == 1 else 'cells'}, first: {code.first_key})"
        for code, text in zip(codes, texts)
    )
    declared = ", ".join(f'"{mark}"' for mark in dict.fromkeys((*marks, *texts)))
    en = (
        f"unlike the other numbers of their columns, these look like codes for missing: {en_cells}; they are still used as "
        f"numbers. If they mean missing, write missing: [{declared}] at the source in sources.yaml"
    )
    zh = (
        f"与同列其余数值相去甚远,像是表示缺失的代码:{zh_cells};现仍按数值使用。"
        f"如确为缺失,请在 sources.yaml 的该数据源写 `missing: [{declared}]`"
    )
    return [Notice("C09", location, en, zh)]


def _in_unit(codes: Sequence[Decimal], powers: Collection[int]) -> dict[Decimal, Decimal]:
    """Number in the unit of the column -> the code in the printed unit."""
    return {_number(code.scaleb(power)): code for code in codes for power in powers}


def _number(number: object) -> Decimal:
    """An exact number to nine significant digits, so that a code that was scaled as a double is found."""
    return Decimal(f"{float(str(number)):.9g}") if number is not None and number == number else Decimal("nan")


def _negative_codes(
    typed_rows: str, column: str, codes: Mapping[Decimal, Decimal], table: CanonicalTable, engine: Engine
) -> list[MissingCode]:
    """Those below 0; none where another number is below 0, or none is above."""
    name = quoted(column)
    counts = engine.collect(
        f"SELECT {name} AS number, count(*) AS cells, min(rid) AS first_rid, {_first_key(table)} AS first_key FROM {typed_rows} "
        f"WHERE {name} < 0 "
        f"GROUP BY 1 ORDER BY 1 LIMIT {MOST_CODES + 1}"
    )
    has_others = bool(engine.collect(f"SELECT count(*) AS n FROM {typed_rows} WHERE {name} > 0")["n"][0])
    if len(counts) > MOST_CODES or not has_others or any(_number(number) not in codes for number in counts["number"]):
        return []
    return [
        MissingCode(column, codes[_number(number)], int(cells), int(first_rid), str(first_key))
        for number, cells, first_rid, first_key in counts.itertuples(index=False)
    ]


def _high_code(
    typed_rows: str, column: str, codes: Mapping[Decimal, Decimal], table: CanonicalTable, engine: Engine
) -> list[MissingCode]:
    """The largest number, where the next is far below it."""
    name = quoted(column)
    counts = engine.collect(
        f"SELECT {name} AS number, count(*) AS cells, min(rid) AS first_rid, {_first_key(table)} AS first_key FROM {typed_rows} "
        f"WHERE {name} > 0 "
        "GROUP BY 1 ORDER BY 1 DESC LIMIT 2"
    )
    largest_number = float(counts["number"][0])
    if len(counts) < 2 or float(counts["number"][1]) * HIGH_CODE_RATIO > largest_number:
        return []
    first_row = counts.iloc[0]
    return [
        MissingCode(
            column,
            codes[_number(largest_number)],
            int(first_row["cells"]),
            int(first_row["first_rid"]),
            str(first_row["first_key"]),
        )
    ]


def _first_key(table: CanonicalTable) -> str:
    """SQL of the smallest key among rows, as a text."""
    if not table.key:
        return "''"
    texts = [f"CAST({f'CAST({column} AS INTEGER)' if column == 'year' else quoted(column)} AS VARCHAR)" for column in table.key]
    return f"min(concat_ws(' ', {', '.join(texts)}))"
