"""The diagnostics table: COINr's example from raw values up, and an index whose indicators are broken in every known way."""

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.diagnostics.diagnostics_table import diagnostics
from hqd_index.index.diagnostics.weight_concentration import concentration, mirrored, mirrored_shares
from hqd_index.index.index_tables import build_index
from hqd_index.tables import check

from .small import names, panel, study

EXACT = 1e-12
COINR = 1e-9
"""The reference has 15 digits on a 0-100 scale; what is left are a few roundings."""
DIVISIONS = [f"C{n}" for n in range(13, 44)]
YEARS = list(range(2015, 2020))
LEVELS = ["indicators", "parts"]
ENTROPY = {"weight": {"indicators": {"method": "entropy"}, "parts": {"method": "equal"}}, "coverage": {"min_children": 1}}


@pytest.fixture(scope="module")
def asem_study(shared):
    """The ASEM tree scored from its treated indicators, with the min-max, directions and equal weights of the reference."""
    folder = shared / "reference" / "coinr_asem"
    lineage = pd.read_csv(folder / "lineage.csv")
    meta = pd.read_csv(shared / "data" / "asem" / "ASEM_iMeta.csv").set_index("iCode")["Direction"]
    treated = pd.read_csv(folder / "dset_Treated.csv").set_index("uCode")[lineage["Indicator"]]
    tree = {
        "Index": {
            sub: {pillar: list(block["Indicator"]) for pillar, block in rows.groupby("Pillar")}
            for sub, rows in lineage.groupby("Sub-index")
        }
    }
    design = study(
        tree, levels=["indicators", "pillars", "subs"],
        weighting={"coverage": {"min_children": 1}}, directions={leaf: int(meta[leaf]) for leaf in treated},
    )  # fmt: skip
    units = list(treated.index)
    values = panel({leaf: list(treated[leaf]) for leaf in treated}, units=units, years=[2018])
    index = build_index(design, values, names(units))
    return folder, diagnostics(design, index)["diagnostics"]


@pytest.fixture(scope="module")
def asem(asem_study):
    folder, found = asem_study
    return folder, found.set_index(["item", "node", "other", "quantity"])["value"].sort_index()


@pytest.fixture(scope="module")
def asem_flags(asem_study):
    return asem_study[1]


def test_asem_correlations_of_the_levels(asem):
    folder, found = asem
    for name in ("corr_lev2_lev4", "corr_lev3_lev4"):
        for row in pd.read_csv(folder / f"{name}.csv").itertuples():
            value = found["correlation", row.Var2, row.Var1, "pearson"]
            assert value == pytest.approx(row.Correlation, abs=COINR)


def test_asem_alpha_components_and_nominal_weights(asem):
    folder, found = asem
    for row in pd.read_csv(folder / "cronbach_pillars.csv").itertuples():
        assert found["reliability", row.pillar, "children", "cronbach_alpha"] == pytest.approx(row.alpha, abs=COINR)
    for part in ("Conn", "Sust"):
        for row in pd.read_csv(folder / f"pca_lev2_{part}_sdev.csv").itertuples():
            assert found["pca_children", part, "", f"eigenvalue_{row.component}"] == pytest.approx(row.var, abs=COINR)
    for row in pd.read_csv(folder / "weights_effective.csv").query("Level < 4").itertuples():
        assert found["weight", row.iCode, "", "nominal"] == pytest.approx(row.EffWeight, abs=EXACT)


def test_asem_skewness_and_kurtosis(asem):
    folder, found = asem
    for row in pd.read_csv(folder / "stats_treated.csv").itertuples():
        if not row.iCode.startswith(("GDP", "Pop", "Area", "Energy")):
            assert found["column", row.iCode, "", "skewness"] == pytest.approx(row.Skew, rel=1e-6)


def broken():
    """Ten indicators in two parts: constant, empty, mostly missing, one cell of 1e6, negative, a twin, and the rest plain."""
    rng = np.random.default_rng(7)
    n = len(DIVISIONS) * len(YEARS)
    sheet = {leaf: rng.gamma(4, size=n) for leaf in ("plain", "spike", "twin", "negative", "sparse", "other", "base")}
    sheet["spike"][DIVISIONS.index("C20")] = 1e6
    sheet["twin"] = 10 - 3 * sheet["base"]
    sheet["negative"] = -sheet["negative"]
    sheet["sparse"][np.arange(n) % 5 > 1] = np.nan
    sheet |= {"constant": np.ones(n), "empty": np.full(n, np.nan)}
    tree = {"top": {"left": ["plain", "spike", "constant", "empty", "base"], "right": ["negative", "sparse", "other", "twin"]}}
    design = study(tree, levels=LEVELS, weighting=ENTROPY)
    values = panel({leaf: list(column) for leaf, column in sheet.items()}, units=DIVISIONS, years=YEARS)
    return design, build_index(design, values, names(DIVISIONS))


@pytest.fixture(scope="module")
def told():
    design, index = broken()
    made = diagnostics(design, index)
    check("not_made", made["not_made"])
    return check("diagnostics", made["diagnostics"])


@pytest.mark.parametrize(
    ("leaf", "flag", "words"),
    [
        ("constant", "I-CONST", "weighs nothing"),
        ("empty", "I-EMPTY", "no cell"),
        ("sparse", "I-SPARSE", "half"),
        ("spike", "I-SPIKE", "C20 2015"),
        ("spike", "I-SKEW", "C20 2015"),
        ("negative", "I-NEGATIVE", "155"),
        ("twin", "I-COLLINEAR", "base"),
        ("base", "I-COLLINEAR", "twin"),
        ("spike", "I-RECODE", "turned"),
    ],
)
def test_every_broken_indicator_is_told(told, leaf, flag, words):
    rows = told[(told["node"] == leaf) & (told["flag"] == flag) & ~told["other"].isin(["left", "right"])]
    assert len(rows) == 1 and words in rows["note_en"].item() and rows["note_zh"].item()


def test_imputed_and_treated_cells_are_counted():
    """Of 4 units x 3 years, x misses one inner year (1/12) and y's 1% tails hold one cell each."""
    sheet = {"x": [1.0, 2, 3, 5, 2, np.nan, 4, 6, 3, 4, 5, 7], "y": [float(k) for k in range(12)]}
    weighting = {"impute": {"method": "linear"}}
    design = study({"top": ["x", "y"]}, levels=["indicators"], weighting=weighting | {"treat": {"method": "winsorise"}})
    index = build_index(design, panel(sheet, units=list("abcd"), years=[1, 2, 3]), names(list("abcd")))
    rows = diagnostics(design, index)["diagnostics"].query("item == 'column'").set_index(["node", "quantity"])
    assert rows.loc[("x", "imputed_share"), "value"] == pytest.approx(1 / 12, abs=EXACT)
    assert rows.loc[("x", "imputed_share"), "flag"] == "I-IMPUTED" and rows.loc[("y", "imputed_share"), "flag"] == ""
    assert rows.loc[("y", "treated_cells"), "value"] == 2


def test_plain_indicators_are_not_accused(told):
    rows = told[told["item"].isin(["column", "collinearity"]) & told["node"].isin(["plain", "other"])]
    assert not rows["flag"].astype(bool).any()


def test_broken_indicators_leave_no_score_missing():
    _, index = broken()
    assert index.scores["score"].notna().all()


def test_row_order_changes_nothing():
    design = study({"top": {"l": ["x", "y"], "r": ["z"]}}, levels=LEVELS, weighting=ENTROPY)
    rng = np.random.default_rng(1)
    values = panel({leaf: list(rng.random(40)) for leaf in "xyz"}, units=list("abcdefghij"), years=[1, 2, 3, 4])
    tables = [
        diagnostics(design, build_index(design, rows, names(list("abcdefghij"))))["diagnostics"]
        for rows in (values, values.sample(frac=1, random_state=1))
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_inflation_is_not_judged_on_too_few_rows(asem_flags):
    """ASEM has 51 rows for 49 indicators: every one is inflated over all leaves; within the eight pillars few are."""
    rows = asem_flags.query("item == 'collinearity' and quantity == 'vif'")
    assert set(rows.loc[rows["other"] == "Index", "flag"]) == {"I-FEW"}
    assert (rows.loc[rows["other"] == "Environ", "flag"] == "").all()


def test_known_groups_find_a_planted_gap_and_its_absence():
    """Divisions 27, 39, 40 are raised by 5: all 3 x 16 pairs are won (delta 1, p = 1/969); lowered: delta -1, told as failure."""
    high = np.isin(np.tile(DIVISIONS, len(YEARS)), ["C27", "C39", "C40"])
    design = study({"top": ["x", "y"]}, levels=["indicators"])
    for sign, delta, flag in ((5, 1, ""), (-5, -1, "I-GROUPS")):
        rng = np.random.default_rng(2)
        sheet = {leaf: list(rng.random(high.size) + sign * high) for leaf in "xy"}
        index = build_index(design, panel(sheet, units=DIVISIONS, years=YEARS), names(DIVISIONS))
        rows = diagnostics(design, index)["diagnostics"].query("item == 'known_groups' and other == 'high > low'")
        found = rows.set_index("quantity")["value"]
        assert found["cliff_delta"] == delta and (found["n_first"], found["n_second"]) == (3, 16)
        assert found["p"] == pytest.approx(1 / 969 if sign > 0 else 1, abs=EXACT)
        assert rows.loc[rows["quantity"] == "cliff_delta", "flag"].item() == flag


def test_units_that_are_not_divisions_have_no_known_groups():
    design = study({"top": ["x", "y"]}, levels=["indicators"])
    sheet = {"x": [1.0, 2, 3, 5], "y": [2.0, 1, 3, 4]}
    index = build_index(design, panel(sheet, units=list("abcd"), years=[2020]), names(list("abcd")))
    assert not (diagnostics(design, index)["diagnostics"]["item"] == "known_groups").any()


def test_concentration_by_hand():
    """w = .5, .3, .2: 1/sum w^2 = 1/.38; the second column is skewed."""
    found = concentration(np.array([0.5, 0.3, 0.2]), np.array([0.1, -2.0, np.nan]))
    assert found.effective_number == pytest.approx(1 / 0.38, abs=EXACT)
    assert (found.top_five_share, found.skewed_columns, found.skewed_count) == (pytest.approx(1), 0.3, 1)


def test_recoding_turns_a_column_about_its_range():
    assert mirrored(np.array([2.0, 5, np.nan, 4])) == pytest.approx([5, 2, np.nan, 3], abs=EXACT, nan_ok=True)


def test_recoding_one_spiked_indicator_by_hand():
    """x = 0 0 1 has e = 0, turned to 1 1 0 it has e = ln 2 / ln 3; y = 0 .5 1 has e of (1/3, 2/3)."""
    design = study({"top": ["x", "y"]}, levels=["indicators"], weighting={"weight": {"indicators": {"method": "entropy"}}})
    sheet = {"x": [3.0, 3, 8], "y": [0.0, 1, 2]}
    index = build_index(design, panel(sheet, units=list("abc"), years=[2020]), names(list("abc")))
    d_y = 1 + (np.log(1 / 3) / 3 + 2 * np.log(2 / 3) / 3) / np.log(3)
    d_x = 1 - np.log(2) / np.log(3)
    found = mirrored_shares(index.design, index.arrays_by_sample["all"])
    assert found == pytest.approx({"x": d_x / (d_x + d_y), "y": d_y / (1 + d_y)}, abs=EXACT)


def test_recoding_in_a_base_window_looks_at_its_years_alone():
    """The years beside the window lie below its worst: a column turned about the range of all years would be negative in it."""
    weighting = {
        "normalise": {"method": "minmax", "over": [2020, 2020]},
        "weight": {"indicators": {"method": "entropy", "over": [2020, 2020]}},
    }
    design = study({"top": ["x", "y"]}, levels=["indicators"], weighting=weighting)
    window, later = {"x": [3.0, 3, 8], "y": [0.0, 1, 2]}, {"x": [-9.0, 0, 1], "y": [5.0, 7, 9]}
    both_years = {leaf: window[leaf] + later[leaf] for leaf in window}
    one, two = (
        build_index(design, panel(sheet, units=list("abc"), years=years), names(list("abc")))
        for sheet, years in ((window, [2020]), (both_years, [2020, 2021]))
    )
    shares = [mirrored_shares(index.design, index.arrays_by_sample["all"]) for index in (one, two)]
    assert shares[1] == pytest.approx(shares[0], abs=EXACT)
