"""Candidates: criteria by hand, a model held to scikit-learn, foresight that uses nothing of the future."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from hqd_index.engines import Engine, open_engine
from hqd_index.lists.candidate_foresight import foresight_rows, wilson
from hqd_index.lists.candidates import candidates, patent_classes, patent_similarity, pools
from hqd_index.lists.firm_frame import FirmFrame, firm_frame
from hqd_index.lists.recognition_model import auc, brier, foresee, logistic, training_rows, with_expected_number
from hqd_index.report.disclosure import publishable_results
from hqd_index.report.grids.list_grids import candidate_counts
from hqd_index.report.results import Results
from hqd_index.study.srdi_levels import level_bits
from hqd_index.tables import check, empty, of_rows

from .frames import UNITS, frames, study

EXACT = 1e-9
SOLVERS = 1e-5
"""Two solvers of one maximum, each stopped by its own rule."""


@pytest.fixture
def engine() -> Iterator[Engine]:
    with open_engine() as opened:
        yield opened


def firms(seed: int = 3, number: int = 1200, strength: float = 1.0) -> pd.DataFrame:
    """Firms of four industries, 2018-2022; from 2019 one in forty a year, rather those with more R&D, is recognised."""
    generator = np.random.default_rng(seed)
    quality = generator.normal(size=number)
    rows, recognised = [], np.zeros(number, dtype=int)
    for year in range(2018, 2023):
        rows.append(pd.DataFrame({
            "firm_id": [f"F{k:05d}" for k in range(number)], "year": year,
            "industry_code": np.array(UNITS)[np.arange(number) % 4],
            "revenue": 2e8, "rd_exp": 2e8 * (4 + quality + generator.normal(0, 0.3, number)) / 100, "employees": 200,
            "rd_staff": 30, "niche_years": 8, "main_product_rev_share": 80.0, "total_liab": 1e8, "total_assets": 2e8,
            "trademarks_valid": 1, "inv_patents_valid": 5, "certified_intl": True, "digital_invest": 1e6, "found_year": 2000,
            "national": recognised > 0,
        }))  # fmt: skip
        appeal = strength * 2.5 * quality + generator.gumbel(size=number) - 1e9 * (recognised > 0)
        recognised[np.argsort(-appeal)[: number // 40]] = 1
    table = pd.concat(rows, ignore_index=True)
    levels = table.pop("national").astype(int) * level_bits(["national"])
    return table.assign(srdi_levels_to_date=levels, srdi_levels_valid=levels)


def priorities() -> pd.DataFrame:
    return pd.DataFrame({"kind": "industry", "node": UNITS, "year": 2022, "problem": [1, 1, 0, 1]})


def made(engine: Engine, table: pd.DataFrame):
    return candidates(study(), firm_frame(study(), engine, engine.scan(table)), priorities(), frames()["unit_names"])


def test_criteria_by_hand(engine):
    """4% of 200 million is met, 4% of 90 million missed (6%); without a column unknown; growth is 10% a year from 1 to 1.21."""
    table = firms(number=4).query("year >= 2020").assign(main_product_rev_share=[60.0, 80.0, np.nan, 80.0] * 3)
    table["revenue"] = table["revenue"].mask(table["firm_id"] == "F00001", 9e7)
    table["rd_exp"] = 0.04 * table["revenue"]
    table.loc[table["year"] == 2022, "revenue"] *= 1.21
    table.loc[table["year"] == 2022, "rd_exp"] *= 1.21
    rows = firm_frame(study(), engine, engine.scan(table)).rows.query("year == 2022").set_index("firm_id")
    assert rows["c_research"].tolist() == [1, 1, 1, 1]  # 90 million became 108.9 million
    assert rows["c_main_product"].tolist()[:2] == [0, 1] and np.isnan(rows["c_main_product"].iloc[2])
    assert rows["x_growth"].to_numpy() == pytest.approx(10.0, abs=EXACT) and rows["c_growth"].eq(1).all()
    assert rows["c_market_share"].isna().all()
    before = firm_frame(study(), engine, engine.scan(table.query("year < 2022"))).rows.query("year == 2021")
    assert before["c_research"].tolist() == [1, 0, 1, 1] and before["c_growth"].isna().all()


def test_below_fifty_million_one_failed_part_is_enough(engine):
    table = firms(number=2).query("year == 2018").assign(revenue=4e7, rd_exp=[1e6, 4e7], rd_staff=150)
    assert firm_frame(study(), engine, engine.scan(table)).rows["c_research"].tolist()[0] == 0
    assert np.isnan(firm_frame(study(), engine, engine.scan(table)).rows["c_research"].iloc[1])  # financing is not known


def test_model_is_that_of_scikit_learn():
    generator = np.random.default_rng(5)
    features = generator.normal(size=(400, 3)) * [1, 10, 0.1] + [0, 5, 1]
    outcome = generator.random(400) < 1 / (1 + np.exp(-features[:, 0] + 2))
    own = logistic(features, outcome, penalty=2.0)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    oracle = LogisticRegression(C=0.5, tol=1e-12, max_iter=10_000).fit(scaled, outcome)
    assert own.coefficients == pytest.approx(oracle.coef_[0], abs=SOLVERS)
    assert own.intercept == pytest.approx(oracle.intercept_[0], abs=SOLVERS)
    assert np.isfinite(logistic(features, features[:, 0] > 2.5, penalty=1.0).coefficients).all()  # separated


def test_scores_by_hand():
    """Pairs of recognised .8, .3 with others .3, .1: won, won, tied, won = 3.5 of 4."""
    probability, outcome = np.array([0.8, 0.3, 0.3, 0.1]), np.array([True, True, False, False])
    assert auc(probability, outcome) == 3.5 / 4
    assert brier(probability, outcome) == pytest.approx((0.04 + 0.49 + 0.09 + 0.01) / 4, abs=EXACT)
    assert with_expected_number(np.array([-5.0, 0, 3, 9]), 1.25).sum() == pytest.approx(1.25, abs=EXACT)
    assert wilson(0.1, 100) == pytest.approx((0.0552, 0.1744), abs=5e-5)  # Newcombe 1998, method 3, of 10 in 100


def test_nothing_of_the_future_or_of_the_own_firm_is_used(engine):
    """What becomes of firms in the last two batches changes no prediction before; a firm's own past changes none of its own."""
    learnt = pools(firm_frame(study(), engine, engine.scan(firms())))

    def predicted(outcome, features):
        generator = np.random.default_rng(1)
        return foresee(features, outcome, learnt.batch, learnt.firm, penalty=1.0, folds=3, generator=generator).probability

    base = predicted(learnt.outcome, learnt.features)
    late = learnt.batch >= 2022
    changed = predicted(np.where(late, ~learnt.outcome, learnt.outcome), np.where(late[:, None], 99.0, learnt.features))
    early = (learnt.batch < 2022) & ~np.isnan(base)
    assert early.any() and np.array_equal(base[early], changed[early])
    own = (learnt.firm == 0) & (learnt.batch < 2022)
    shifted = predicted(learnt.outcome, learnt.features + 50.0 * own[:, None])
    assert np.array_equal(base[(learnt.firm == 3) & early], base[(learnt.firm == 3) & early])
    assert base[(learnt.firm == 0) & late] == pytest.approx(shifted[(learnt.firm == 0) & late], rel=1e-6)


def test_all_recognised_and_twenty_controls_each_are_trained_on():
    outcome = np.zeros(1000, dtype=bool)
    outcome[:10] = True
    rows = training_rows(outcome, np.arange(1000) < 900, np.random.default_rng(0))
    assert len(rows) == 210 and outcome[rows].sum() == 10 and rows.max() < 900


@pytest.mark.parametrize(("strength", "floor"), [(1.0, 0.85), (0.5, 0.7), (0.1, 0.0)])
def test_recovery_at_three_strengths(engine, strength, floor):
    """AUC at each strength (no floor for the weakest); where it is strong, predictions are calibrated and beat the base rate."""
    frame = firm_frame(study(), engine, engine.scan(firms(strength=strength, number=4000)))
    listed = candidates(study(), frame, priorities(), frames()["unit_names"])
    rows = check("evaluation", of_rows("evaluation", foresight_rows(frame.features, listed.pools, listed.foresight)))
    whole = rows[rows["year"].isna() & rows["node"].isna()].set_index("quantity")["value"]
    assert whole["auc"] >= floor
    if strength == 1.0:
        assert whole["brier_skill"] > 0.05
        bins = rows[rows["quantity"] == "reliability"]
        assert (bins["value"] - bins["expected"]).abs().max() < 0.15
        importance = rows[rows["quantity"] == "importance"].set_index("node")["value"]
        assert importance.idxmax() == "research"


def test_list_by_hand(engine):
    """Ten SMEs of each flagged industry by falling probability, no recognised firm, why in words; an unflagged one has none."""
    table = firms()
    large = table["firm_id"] == "F00000"
    table = table.assign(employees=table["employees"].mask(large, 5000), revenue=table["revenue"].mask(large, 5e9))
    found = made(engine, table)
    rows = check("candidates", found.rows)
    assert rows.groupby("unit").size().to_dict() == {"C13": 10, "C17": 10, "C39": 10}
    assert rows.groupby("unit")["probability"].apply(lambda p: p.is_monotonic_decreasing).all()
    national = {id for id, levels in zip(table["firm_id"], table["srdi_levels_to_date"]) if levels}
    assert not national & set(rows["firm_id"]) and "F00000" not in set(rows["firm_id"])
    assert rows["why_en"].str.startswith("R&D intensity (%) ").all() and rows["unknown_en"].str.contains("niche market").all()
    assert {absence.table for absence in found.absences} == {"candidates"}


def test_without_recognitions_the_criteria_order_the_list(engine):
    table = firms().assign(srdi_levels_to_date=0)
    found = made(engine, table.assign(main_product_rev_share=np.where(table["firm_id"] < "F00010", 80.0, 10.0)))
    rows = check("candidates", found.rows)
    assert rows["probability"].isna().all() and rows.query("place == 1")["firm_id"].lt("F00010").all()
    assert any("too few national recognitions" in absence.reason[1] for absence in found.absences)


def test_the_page_counts_and_the_workbook_has_ids(engine):
    found = made(engine, firms())
    results = Results(study(), {"candidates": check("candidates", found.rows), "scores": empty("scores")}, {})
    shown = publishable_results(results)
    assert shown.table("candidates")["firm_id"].notna().all()
    grid = candidate_counts(shown)
    assert not {cell for row in grid.rows for cell in row if isinstance(cell, str) and cell.startswith("F0")}
    assert [row[1] for row in grid.rows] == [10, 10, 10]


def test_patent_similarity_by_hand():
    """The industry's SRDI firms hold 3 of H01L and 4 of G06F. A firm with H01L alone: 3/5; with C07D: 0; without any: unknown."""
    rows = pd.DataFrame({"firm_id": ["s1", "s2", "a", "b", "c"], "year": 2024, "unit": "C39"})
    rows = rows.assign(in_force=rows["firm_id"].isin(["s1", "s2"]))
    patents = pd.DataFrame({"firm_id": ["s1", "s2", "a", "b"], "ipc": ["H01L", "G06F", "H01L", "C07D"], "n": [3, 4, 7, 2]})
    made = patent_similarity(FirmFrame(rows, (), {}), rows.iloc[2:], patents, 2024)
    assert made.tolist()[:2] == pytest.approx([0.6, 0.0]) and np.isnan(made.iloc[2])
    engine = open_engine()
    table = pd.DataFrame({"firm_id": ["a", "a", "a", None], "year": [2020, 2021, 2025, 2020], "ipc": ["H01L 21/00", "h01l"] * 2})
    found = patent_classes(engine, engine.scan(table, "patents"), 2024)
    assert found.to_dict("records") == [{"firm_id": "a", "ipc": "H01L", "n": 2}] and patent_classes(engine, None, 2024) is None
