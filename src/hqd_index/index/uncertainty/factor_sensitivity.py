"""Which choice moves the ranks most: Sobol' indices of every factor that goes with every other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...methods.choice import FAMILY_ZH
from ...study.records import Study
from ..competition_rank import competition
from .design_draws import NO_FIRM_DRAW, DrawSource, DrawTable, Numbers, root_scores
from .draw_tables import random_stream, table_of
from .index_designs import LEAVE_OUT, Designs, short_path
from .rank_acceptability import mean_shift
from .sobol_indices import CONSTANT_TOLERANCE, SobolIndices, saltelli, sobol_indices

Array = NDArray[np.float64]
MEAN_SHIFT = "mean_shift"
COLUMNS = ["first", "first_low", "first_high", "total", "total_low", "total_high"]
NAMES = {
    "impute": ("插补", "imputation"),
    "treat": ("异常值处理", "treatment of outliers"),
    "normalise": ("标准化", "normalisation"),
    LEAVE_OUT: ("剔除一项指标或分维度", "leaving one indicator or part out"),
    "weights": ("权重扰动", "weights drawn anew"),
    "data": ("企业重抽样", "firms drawn again"),
    "indicators.tree": ("指标树", "the tree"),
}


def sensitivity(study: Study, designs: Designs, source: DrawSource, base_ranks: Array, year: int) -> pd.DataFrame:
    """First-order and total index of each factor on the mean absolute rank shift and on each unit's rank in one year.

    `base_ranks (U,)`: published ranks; units without one have no row. `place` orders the factors of an output by total index.
    """
    options, dropped_options = product_subset(designs)
    factors = _factors(designs, source, options)
    if not factors:
        return pd.DataFrame(columns=["output", "factor", "factor_zh", "factor_en", *COLUMNS, "place", "note_zh", "note_en"])
    rng = random_stream(study, "uncertainty.sobol")
    points = saltelli(study.uncertainty.sobol.base, len(factors), rng).all
    option_numbers = {
        factor_name: np.minimum((points[:, k] * option_count).astype(np.intp), option_count - 1)
        for k, (factor_name, option_count) in enumerate(factors.items())
    }
    scores = root_scores(source, _sampled_designs(designs, options, option_numbers, len(points)), year=year)[:, 0]
    ranks = competition(np.where(np.isnan(base_ranks), np.nan, scores))
    ranked_columns = np.flatnonzero(~np.isnan(base_ranks))
    outputs = {MEAN_SHIFT: mean_shift(ranks, base_ranks)} | {
        f"rank:{source.units[unit_index]}": ranks[:, unit_index] for unit_index in ranked_columns
    }
    complete_outputs = {
        factor_name: output_values for factor_name, output_values in outputs.items() if not np.isnan(output_values).any()
    }
    sobol = sobol_indices(np.stack(list(complete_outputs.values())), len(factors), rng) if complete_outputs else None
    frames = [_index_rows(output, list(factors), sobol, k) for k, output in enumerate(complete_outputs)]
    frames += [_index_rows(output, list(factors), None, 0) for output in outputs if output not in complete_outputs]
    return pd.concat(frames, ignore_index=True).pipe(_with_notes, dropped_options, set(complete_outputs))


def product_subset(designs: Designs) -> tuple[list[list[int]], list[str]]:
    """Options per factor of which every combination is valid (Sobol' indices need independent factors), and those dropped.

    The option that takes part in fewest valid combinations, for its factor, goes first; the study's own choice always stays.
    """
    options = [list(range(len(factor))) for factor in designs.factors]
    dropped_options = []
    valid_combinations = designs.combinations
    while len(valid_combinations) < np.prod([len(factor_options) for factor_options in options], dtype=int):
        shares = [
            (
                (valid_combinations[:, factor_index] == option_number).sum() * len(options[factor_index]),
                factor_index,
                option_number,
            )
            for factor_index in range(len(options))
            for option_number in options[factor_index]
            if option_number > 0
        ]
        _, factor, option = min(shares)
        options[factor].remove(option)
        dropped_options.append(f"{short_path(designs.factors[factor].name)}={designs.factors[factor].labels[option]}")
        valid_combinations = valid_combinations[valid_combinations[:, factor] != option]
    return options, dropped_options


def _factors(designs: Designs, source: DrawSource, options: list[list[int]]) -> dict[str, int]:
    """Factor -> number of options, for those with several."""
    sizes = {short_path(factor.name): len(factor_options) for factor, factor_options in zip(designs.factors, options)}
    sizes |= {"weights": len(source.uniform), "data": source.firm_draws}
    return {factor_name: option_count for factor_name, option_count in sizes.items() if option_count > 1}


def _sampled_designs(
    designs: Designs, options: list[list[int]], option_numbers: Mapping[str, Numbers], sample_size: int
) -> DrawTable:
    design_table = np.zeros((sample_size, len(designs.factors)), dtype=np.intp)
    for factor_position, (factor, factor_options) in enumerate(zip(designs.factors, options)):
        if short_path(factor.name) in option_numbers:
            design_table[:, factor_position] = np.array(factor_options)[option_numbers[short_path(factor.name)]]
    row_by_combination = designs.design_numbers()
    rows = np.array([row_by_combination[tuple(design_row)] for design_row in design_table.tolist()])
    return table_of(rows, option_numbers.get("data", NO_FIRM_DRAW), option_numbers.get("weights", NO_FIRM_DRAW))


def _index_rows(output: str, factors: list[str], sobol: SobolIndices | None, output_index: int) -> pd.DataFrame:
    """One output's index of every factor; missing where it could not be found."""
    values = {
        column_name: getattr(sobol, column_name)[output_index] if sobol else np.full(len(factors), np.nan)
        for column_name in COLUMNS
    }
    total_rank = pd.Series(values["total"]).rank(ascending=False, method="first").astype("Int64")
    zh, en = zip(*(factor_label(factor) for factor in factors))
    return pd.DataFrame({"output": output, "factor": factors, "factor_zh": zh, "factor_en": en} | values).assign(place=total_rank)


def factor_label(factor: str) -> tuple[str, str]:
    """(Chinese, English) of a factor as people call it; the level or node in brackets."""
    step_name, _, target = factor.partition(".")
    if step_name in ("weight", "aggregate"):
        zh, en = FAMILY_ZH[step_name], {"weight": "weighting", "aggregate": "aggregation"}[step_name]
    else:
        zh, en = NAMES.get(factor, NAMES.get(step_name, (factor, factor)))
        target = "" if factor in NAMES else target
    return (f"{zh}({target})", f"{en} ({target})") if target else (zh, en)


def _with_notes(sensitivity_table: pd.DataFrame, dropped_options: list[str], scored_outputs: set[str]) -> pd.DataFrame:
    """Which options took no part, and why an output has no index."""
    option_list = ", ".join(dropped_options)
    zh = f"未参与(与其他选择不能任意组合):{option_list}" if dropped_options else ""
    en = f"not varied here, as they do not go with every other choice: {option_list}" if dropped_options else ""
    is_scored, is_varying = sensitivity_table["output"].isin(scored_outputs), sensitivity_table["total"].notna()
    rows_with_notes = sensitivity_table.assign(
        note_zh=np.select([~is_scored, ~is_varying], ["有的设计得不到名次", "名次始终不变"], zh).astype(object),
        note_en=np.select([~is_scored, ~is_varying], ["some design gives no rank", "the rank never changes"], en).astype(object),
    )
    return _with_prefix(rows_with_notes, *_negative_notes(rows_with_notes)).pipe(_with_prefix, *_headline_note(rows_with_notes))


def _with_prefix(sensitivity_table: pd.DataFrame, is_noted: pd.Series, zh: pd.Series, en: pd.Series) -> pd.DataFrame:
    """The texts put before the notes of some rows."""
    prefixed = sensitivity_table.copy()
    for column, text, sentence_end in (("note_zh", zh, "。"), ("note_en", en, ". ")):
        notes = prefixed.loc[is_noted, column]
        prefixed.loc[is_noted, column] = text[is_noted] + np.where(notes == "", "", sentence_end) + notes
    return prefixed


def _negative_notes(sensitivity_table: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """A note at each first-order index below 0: the sample shows no effect of its own."""
    is_negative = (sensitivity_table["first"] < -CONSTANT_TOLERANCE) & (sensitivity_table["first_high"] >= 0)
    zh = "一阶指数为负而区间含 0,属抽样误差:未见独立影响"
    en = "a first-order index below 0 whose interval holds 0 is sampling error: no effect of its own"
    return is_negative, pd.Series(zh, sensitivity_table.index, dtype=object), pd.Series(en, sensitivity_table.index, dtype=object)


def _headline_note(sensitivity_table: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Which choice moves ranks most, in one sentence at its row of the mean shift."""
    is_largest = (
        (sensitivity_table["output"] == MEAN_SHIFT) & (sensitivity_table["place"] == 1) & sensitivity_table["total"].notna()
    )
    figures = [
        f"{t:.2f} ({low:.2f}-{high:.2f})"
        for t, low, high in sensitivity_table[["total", "total_low", "total_high"]].to_numpy(float)
    ]
    ranges = pd.Series(figures, sensitivity_table.index)
    return (
        is_largest,
        "对名次影响最大的选择是" + sensitivity_table["factor_zh"] + ":总效应指数(95% 区间)为 " + ranges,
        "the choice that moves ranks most is " + sensitivity_table["factor_en"] + ": total index (95% interval) " + ranges,
    )
