"""The mode matrix as a figure, hypotheses as sentences, and what of modes and paths may leave the office."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.models.analyses.interactions import CHANNELS
from hqd_index.models.analyses.leading_firms import GROUPS as FIRM_GROUPS
from hqd_index.models.analyses.mode_matrix import MODES, PREDICTED_NODES
from hqd_index.report.bilingual import Bilingual
from hqd_index.report.disclosure import publishable_results
from hqd_index.report.figures import model_figures as model_pictures
from hqd_index.report.figures.figure_labels import FigureLabels
from hqd_index.report.grids import model_grids
from hqd_index.report.results import Results
from hqd_index.report.sentences import GROUPS, HYPOTHESES, sample_label, verdict_sentence
from hqd_index.report.verdict_words import ADDITIONS
from hqd_index.study.records import ModeLabels

NODES = ("innovation", "brand", "upgrading", "completeness", "advantage", "smoothness")
LINE = {
    "hypothesis": "H5a", "sample": "leave_out", "outcome": "safety", "estimate_sd": -0.25, "ci_low": -0.4, "ci_high": -0.1,
    "p_wild": 0.0, "p_adjusted": 0.0312, "n_obs": 1372, "n_clusters": 31, "mde": 0.2, "sesoi": 0.1, "verdict": "opposite_sign",
    "rules_out": 0.375, "size": None, "split": None, "grade": "description", "grade_lacks": None, "breakdown": np.nan,
    "additions": "fragile;partly_split",
}  # fmt: skip


def test_a_line_becomes_a_sentence_with_its_numbers_and_cautions() -> None:
    said = verdict_sentence(LINE, HYPOTHESES["H5a"], sample_label("leave_out"))
    for text in said:
        assert all(
            part in text
            for part in ("−0.250", "[−0.400, −0.100]", "< 0.001", "= 0.031", "1,372", "MDE 0.200", "SESOI 0.100", "0.375")
        )
    assert (
        "opposite sign; descriptive association" in said.en
        and ADDITIONS["partly_split"].en in said.en
        and "interaction" in said.en
    )
    assert "方向相反" in said.zh and ADDITIONS["fragile"].zh in said.zh and "剔除专精特新企业" in said.zh
    plain = verdict_sentence(
        LINE | {"hypothesis": "H6b", "sample": "leaders", "additions": None}, HYPOTHESES["H6b"], GROUPS["leaders"]
    )
    assert "Caution" not in plain.en and GROUPS["leaders"].zh in plain.zh


def test_every_key_of_the_models_has_words() -> None:
    assert {h for lines in CHANNELS.values() for h, _ in lines} <= set(HYPOTHESES)
    assert set(FIRM_GROUPS) == set(GROUPS) and {"partly_split", "firm_level"} <= set(ADDITIONS)
    assert set(MODES) == set(ModeLabels.model_fields)


@pytest.fixture
def matrix(results: Results) -> Results:
    rows = [(mode, node, node in PREDICTED_NODES[mode], 0.01 * i - 0.04 * k, 0.02 if k == i else 0.5)
            for i, mode in enumerate(MODES) for k, node in enumerate(NODES)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["mode", "outcome", "predicted", "estimate_sd", "p_wild"])
    return replace(results, tables=results.tables | {"mode_matrix": frame})


def test_the_figure_frames_what_is_predicted_and_stars_what_is_found(matrix: Results, results: Results) -> None:
    chart = model_pictures.mode_matrix(matrix, FigureLabels("en"))
    drawn = json.dumps(chart.to_dict(), ensure_ascii=False)
    assert drawn.count('"marked": true') >= 7 and "−0.03*" in drawn
    assert model_pictures.mode_matrix(results, FigureLabels("en")) is None


def test_small_cells_of_modes_and_paths_are_withheld_and_firms_stay_unnamed(results: Results) -> None:
    keys = {"unit": ["C13", "C14"], "year": [2020, 2020], "n_srdi": [2, 4]}
    paths = pd.DataFrame(keys | {"value": [1.0, 2.0], "z": [1.0, 2.0]})
    base = keys | {"version": "base", "mode": "tech_safety", "flag": None}
    density = pd.DataFrame(base | {"density": [1.0, 2.0], "soft": [1.0, 2.0], "share": [0.1, 0.2], "diversity": [1.0, 1.0]})
    modes = pd.DataFrame({"firm_id": ["f1"], "mode": ["tech_safety"]})
    shown = publishable_results(
        replace(results, tables=results.tables | {"paths": paths, "mode_densities": density, "modes": modes})
    ).tables
    assert shown["paths"]["value"].isna().tolist() == [True, False] and shown["modes"]["firm_id"].isna().all()
    assert shown["mode_densities"]["density"].isna().tolist() == [True, False]


def test_leaders_name_their_outcome_and_others_are_no_leaders(results: Results) -> None:
    leaders, others = (
        model_grids.statement(results, {"hypothesis": "H6b", "outcome": "splittable", "sample": sample})
        for sample in ("leaders", "others")
    )
    assert leaders.en.startswith(f"{HYPOTHESES['H6b'].en} (") and others.en.startswith("for comparison: ")
    plain = model_grids.statement(results, {"hypothesis": "H5a", "outcome": "safety", "sample": "all"})
    assert plain == HYPOTHESES["H5a"] != Bilingual("", "")
