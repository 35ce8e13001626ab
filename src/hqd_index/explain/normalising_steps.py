"""How an indicator was normalised, written with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckError
from ..methods.choice import BoundChoice
from ..study.records import Band

Array = NDArray[np.float64]
WrittenStep = tuple[str, float]
TOLERANCE = 1e-9
"""Between the formula as written out and the value that the method gave: only rounding may differ."""


def normalising(
    choice: BoundChoice,
    treated_value: float,
    normalised: float,
    reference: Array,
    years: Sequence[int],
    year_index: int,
    direction: int | Band,
) -> str:
    """The normalising of one value as a formula with its numbers; of a method not written out here, what it computes.

    `reference` is the treated indicator (T, U) of sample all. CheckError where the formula does not give the value.
    """
    if np.isnan(normalised):
        return ""
    reference_values = _reference_values(choice, reference, years, year_index)
    write = STEP_WRITERS.get(choice.method)
    if write is None or reference_values.size == 0:
        return choice.definition.summary
    text, result = write(choice, treated_value, reference_values, 1 if isinstance(direction, Band) else direction)
    if abs(result - normalised) > TOLERANCE * max(1.0, abs(normalised)):
        raise CheckError(f"{choice.method}: {text} gives {result!r}, not {normalised!r}")
    return f"{text} = {short_number(normalised)}"


def _reference_values(choice: BoundChoice, reference: Array, years: Sequence[int], year_index: int) -> Array:
    """The cells that bounds and means are taken from."""
    span = choice.over
    if span == "each_year":
        reference_rows = reference[year_index : year_index + 1]
    elif isinstance(span, str):
        reference_rows = reference
    else:
        reference_rows = reference[[span[0] <= year <= span[1] for year in years]]
    return reference_rows[~np.isnan(reference_rows)]


def short_number(number: float) -> str:
    """Seven digits: enough to see, the CSV has all."""
    return f"{number:,.7g}".replace("e+0", "e").replace("e-0", "e-")


def _signed_number(number: float) -> str:
    return f"({short_number(number)})" if number < 0 else short_number(number)


def _minmax(choice: BoundChoice, treated_value: float, reference_values: Array, direction: int) -> WrittenStep:
    low, high = float(reference_values.min()), float(reference_values.max())
    if direction > 0:
        formula_text, result = (
            f"(x - min) / (max - min) = ({short_number(treated_value)} - {_signed_number(low)})",
            (treated_value - low) / (high - low),
        )
    else:
        formula_text, result = (
            f"(max - x) / (max - min) = ({short_number(high)} - {_signed_number(treated_value)})",
            (high - treated_value) / (high - low),
        )
    formula_text += f" / ({short_number(high)} - {_signed_number(low)})"
    lower_end, upper_end = choice.options.get("to", (0.0, 1.0))
    if lower_end != 0:
        formula_text, result = (
            f"{short_number(lower_end)} + ({short_number(upper_end)} - {_signed_number(lower_end)}) * [{formula_text}]",
            lower_end + (upper_end - lower_end) * result,
        )
        formula_text, result = (
            (f"({formula_text}) / {short_number(upper_end)}", result / upper_end) if upper_end != 1 else (formula_text, result)
        )
    else:
        upper_end = 1.0
    if choice.options.get("clip", False) and not lower_end / upper_end <= result <= 1:
        formula_text, result = (
            f"{formula_text}, held within [{short_number(lower_end / upper_end)}, 1]",
            float(np.clip(result, lower_end / upper_end, 1)),
        )
    return formula_text, result


def _zscore(choice: BoundChoice, treated_value: float, reference_values: Array, direction: int) -> WrittenStep:
    options = choice.options
    mean, sd = float(reference_values.mean()), float(reference_values.std(ddof=options.get("ddof", 0)))
    centre, spread = options.get("mean", 0.0), options.get("sd", 1.0)
    unit = centre or 1.0
    result = (centre + direction * spread * (treated_value - mean) / sd) / unit
    ends = "" if (centre, spread) == (0.0, 1.0) else f"{short_number(centre / unit)} + {short_number(spread / unit)} * "
    sign = "-" if direction < 0 else ""
    numerator = f"({short_number(treated_value)} - {_signed_number(mean)})"
    return f"{ends}{sign}(x - mean) / sd = {ends}{sign}{numerator} / {short_number(sd)}", result


def _fractional_of_max(choice: BoundChoice, treated_value: float, reference_values: Array, direction: int) -> WrittenStep:
    high = float(reference_values.max())
    share = treated_value / high
    if direction > 0:
        return f"x / max = {short_number(treated_value)} / {short_number(high)}", share
    return f"1 - x / max = 1 - {short_number(treated_value)} / {short_number(high)}", 1 - share


STEP_WRITERS: dict[str, Callable[[BoundChoice, float, Array, int], WrittenStep]] = {
    "minmax": _minmax,
    "dist2max": _minmax,
    "zscore": _zscore,
    "fracmax": _fractional_of_max,
}
