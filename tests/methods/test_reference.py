"""Published entropy weights, and a whole index stage by stage against COINr 1.1.14 on its ASEM example."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hqd_index.index.competition_rank import competition
from hqd_index.methods.aggregate import arithmetic, geometric, harmonic, power
from hqd_index.methods.column_statistics import cell_counts, deviation, mean, quantile
from hqd_index.methods.impute import group_mean
from hqd_index.methods.method import ColumnError
from hqd_index.methods.normalise import borda, dist2max, fracmax, minmax, prank, rank, zscore
from hqd_index.methods.treat import skew_and_kurtosis, winsorise_skewed
from hqd_index.methods.weight import entropy
from hqd_index.methods.weight_components import pca

from ..conftest import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import known_answers

CHAIN = 1e-9  # the reference is written with 15 digits, on scales up to 100; ours differs by 2e-12 at most
RELATIVE = 1e-12  # 15 digits on raw scales
PUBLISHED = (1e-4, 1e-4, 5e-4, 5e-4, 1e-6)  # the papers round to 4, 4, 3, 3 and 6 decimals


@pytest.mark.parametrize("number", range(5))
def test_published_entropy_weights(shared: Path, number: int) -> None:
    example = json.loads((shared / "reference/entropy_published/entropy_examples.json").read_text())[number]
    weights = entropy(np.array(example["matrix"]))[0]
    assert np.abs(weights - example["real_result"]).max() < PUBLISHED[number]


WITH_FIGURES = {
    "pca_spss", "independence", "merec", "cilos", "idocriw", "entropy", "priority", "fuzzy_ahp",
    "vikor", "grey_relation", "grey_topsis", "rsr",
    "theil", "coupling", "economic_weights", "nested_weights", "time_weights",
    "threshold", "named_instrument", "entropy_balance", "psm", "dcdh_dynamic", "trend_bounds",
}  # fmt: skip


@pytest.mark.parametrize("id", known_answers.answers())
def test_known_answers_with_figures(id: str) -> None:
    """Published examples and other implementations on the same data; the page of known answers prints the differences."""
    assert known_answers.difference(id) <= known_answers.answers()[id]["tolerance"]


def test_every_known_answer_is_computed_and_no_method_is_without() -> None:
    assert known_answers.OURS.keys() == known_answers.answers().keys()
    assert {entry["method"] for entry in known_answers.answers().values()} == WITH_FIGURES


class Asem:
    """The stages of the example as COINr wrote them, units by indicators in the order of the meta data."""

    def __init__(self, shared: Path) -> None:
        self.folder = shared / "reference/coinr_asem"
        meta = pd.read_csv(shared / "data/asem/ASEM_iMeta.csv")
        units = pd.read_csv(shared / "data/asem/ASEM_iData.csv").sort_values("uCode").set_index("uCode")
        self.meta = meta[meta.Type == "Indicator"].set_index("iCode")
        self.codes = list(self.meta.index)
        self.direction = self.meta.Direction.to_numpy()
        self.groups = units["EurAsia_group"].to_numpy()
        raw = units[self.codes].copy()
        for code, denominator in self.meta.Denominator.dropna().items():
            raw[code] = raw[code] / units[denominator]
        self.raw = raw.to_numpy()
        self.lineage = pd.read_csv(self.folder / "lineage.csv")

    def stage(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{name}.csv", index_col=0)

    def matrix(self, name: str) -> np.ndarray:
        return self.stage(name)[self.codes].to_numpy(dtype=float)

    @property
    def treated(self) -> np.ndarray:
        """Raw to treated by our own functions, in full precision."""
        return winsorise_skewed(group_mean(self.raw[:, None, :], groups=self.groups)[:, 0, :])


@pytest.fixture(scope="module")
def asem(shared: Path) -> Asem:
    return Asem(shared)


def test_imputed_and_treated(asem: Asem) -> None:
    imputed = group_mean(asem.raw[:, None, :], groups=asem.groups)[:, 0, :]
    assert np.isnan(asem.raw).sum() > 60
    assert np.allclose(imputed, asem.matrix("dset_Imputed"), rtol=RELATIVE, atol=0)
    assert np.allclose(asem.treated, asem.matrix("dset_Treated"), rtol=RELATIVE, atol=0)
    details = asem.stage("treat_details").loc[asem.codes]
    skew, kurtosis = skew_and_kurtosis(imputed)
    assert np.allclose(skew[0], details["check_SkewKurt0.Skew"], atol=CHAIN)
    assert np.allclose(kurtosis[0], details["check_SkewKurt0.Kurt"], atol=CHAIN)
    moved = (asem.treated != imputed).sum(axis=0)
    assert (moved == details["winsorise.nwin"].fillna(0)).all()


NORMALISED = {
    "norm_minmax_0_100": (minmax, {"to": (0.0, 100.0)}),
    "norm_minmax_1_100": (minmax, {"to": (1.0, 100.0)}),
    "norm_zscore_0_1": (zscore, {"ddof": 1}),
    "norm_zscore_10_2": (zscore, {"ddof": 1, "mean": 10.0, "sd": 2.0}),
    "norm_rank": (rank, {"ties": "min"}),
    "norm_prank": (prank, {"ties": "min"}),
    "norm_borda": (borda, {"ties": "min"}),
    "norm_dist2max": (dist2max, {}),
}


@pytest.mark.parametrize("name", NORMALISED)
def test_normalised(asem: Asem, name: str) -> None:
    function, options = NORMALISED[name]
    values = asem.treated
    if name == "norm_rank":  # in the 15 digits of dset_Treated two near-ties of TolMin become exact, here they are not
        assert (
            rank(asem.matrix("dset_Treated"), reference=asem.matrix("dset_Treated"), direction=asem.direction, ties="min")
            != asem.matrix(name)
        ).sum() == 3
    published = options.get("to", (0, options.get("mean", 0)))[1] or 1  # type: ignore[attr-defined]  # what counts as 1
    result = published * function(values, reference=values, direction=asem.direction, **options)
    assert np.abs(result - asem.matrix(name)).max() < CHAIN


def test_fracmax_where_more_is_better_and_all_are_positive(asem: Asem) -> None:
    """COINr turns the sign first, so that less-is-better columns exceed 1 or are infinite; those are ours alone."""
    values = asem.treated
    sound = (asem.direction > 0) & (values.min(axis=0) >= 0)
    assert sound.sum() >= 30
    result = fracmax(values[:, sound], reference=values[:, sound], direction=np.ones(sound.sum()))
    assert np.abs(result - asem.matrix("norm_fracmax")[:, sound]).max() < CHAIN
    low = (asem.direction < 0) & (values.min(axis=0) >= 0)
    turned = fracmax(values[:, low], reference=values[:, low], direction=-np.ones(low.sum()))
    assert ((turned >= 0) & (turned <= 1)).all()


MEANS = {
    "dset_Aggregated": (arithmetic, {}, (0.0, 100.0)),
    "agg_norm1_100_a_amean": (arithmetic, {}, (1.0, 100.0)),
    "agg_norm1_100_a_gmean": (geometric, {}, (1.0, 100.0)),
    "agg_norm1_100_a_hmean": (harmonic, {}, (1.0, 100.0)),
    "agg_norm1_100_genmean_p0.5": (power, {"p": 0.5}, (1.0, 100.0)),
}


@pytest.mark.parametrize("name", MEANS)
def test_aggregated_at_three_levels(asem: Asem, name: str) -> None:
    function, options, to = MEANS[name]
    expected, values = asem.stage(name), asem.treated
    scaled = 100 * minmax(values, reference=values, direction=asem.direction, to=to)
    scores = dict(zip(asem.codes, scaled.T))
    for lower, upper in (("Indicator", "Pillar"), ("Pillar", "Sub-index"), ("Sub-index", "Index")):
        for node, family in asem.lineage.groupby(upper):
            children = np.stack([scores[child] for child in family[lower].unique()], axis=-1)
            scores[node] = function(children, np.full((1, children.shape[1]), 1 / children.shape[1]), **options)
            assert np.abs(scores[node] - expected[node]).max() < CHAIN, node


def test_first_component_against_another_pca(asem: Asem) -> None:
    rotation = asem.stage("pca_lev2_Conn_rotation")["PC1"]
    pillars = asem.stage("dset_Aggregated")[list(rotation.index)].to_numpy()
    assert np.allclose(pca(pillars, components="first")[0], rotation / rotation.sum(), atol=CHAIN)


def test_ranks_under_minmax_and_zscore_side_by_side(asem: Asem) -> None:
    """compare_coins: the chain with min-max, and with z-scores (10, 2) instead; ranks and their distance."""
    values, ranks = asem.treated, []
    for scaled in (
        minmax(values, reference=values, direction=asem.direction),
        zscore(values, reference=values, direction=asem.direction, ddof=1, mean=10.0, sd=2.0),
    ):
        scores = dict(zip(asem.codes, 100 * scaled.T))
        for lower, upper in (("Indicator", "Pillar"), ("Pillar", "Sub-index"), ("Sub-index", "Index")):
            for node, family in asem.lineage.groupby(upper):
                children = np.stack([scores[child] for child in family[lower].unique()], axis=-1)
                scores[node] = arithmetic(children, np.full((1, children.shape[1]), 1 / children.shape[1]))
        ranks.append(competition(scores["Index"]))
    known = asem.stage("compare_minmax_vs_zscore_ranks").sort_index()
    assert (ranks[0] == known["coin.1"]).all() and (ranks[1] == known["coin.2"]).all()
    assert (np.abs(ranks[0] - ranks[1]) == known["Abs.diff"]).all() and known["Abs.diff"].max() > 0


def test_statistics_of_the_raw_columns_and_gaps_by_unit(asem: Asem) -> None:
    raw = pd.read_csv(asem.folder / "dset_Raw.csv", index_col=0)
    known = asem.stage("stats_raw").loc[asem.codes]
    values = raw[asem.codes].to_numpy(dtype=float)
    skew, kurtosis = skew_and_kurtosis(values)
    found = {"Mean": mean(values), "Median": quantile(values, 0.5), "Std": deviation(values, ddof=1), "Skew": skew}
    for name, column in (found | {"Kurt": kurtosis, "N.Avail": cell_counts(values)}).items():
        assert np.allclose(column[0], known[name], rtol=CHAIN, atol=CHAIN), name
    gaps = np.isnan(values).sum(axis=1)
    assert (gaps == asem.stage("data_avail_units").loc[raw.index, "N_missing"]).all() and gaps.sum() == 63


def test_a_sub_index_whose_first_component_turns_a_pillar_is_refused_by_name(asem: Asem) -> None:
    """COINr writes weights .65, -.74, .15 for Environ, Social, SusEcFin; a negative weight is none here."""
    known = asem.stage("weights_pca_lev2").query("Level == 2")["Weight"]
    pillars = ["Environ", "Social", "SusEcFin"]
    assert (known[pillars] < 0).tolist() == [False, True, False]
    with pytest.raises(ColumnError) as refusal:
        pca(asem.stage("dset_Aggregated")[pillars].to_numpy(), components="first")
    assert refusal.value.columns == (1,)
    others = [node for node in known.index if node not in pillars]
    weights = pca(asem.stage("dset_Aggregated")[others].to_numpy(), components="first")[0]
    assert np.allclose(weights, known[others] / known[others].sum(), atol=CHAIN)


def test_what_is_the_same_table_under_another_name(asem: Asem) -> None:
    """Screening drops nobody; n_scaled returns the directed value; the results are the aggregated scores to 12 decimals."""
    assert np.allclose(asem.matrix("dset_Screened"), asem.matrix("dset_Imputed"), rtol=RELATIVE, atol=0)
    assert np.allclose(asem.treated * asem.direction, asem.matrix("norm_scaled"), rtol=RELATIVE, atol=0)
    results = asem.stage("results_scores").sort_index()
    assert np.allclose(asem.stage("dset_Aggregated")["Index"], results["Index"], atol=1e-11)
    assert (asem.stage("weights_original")["Weight"] == 1).all()
