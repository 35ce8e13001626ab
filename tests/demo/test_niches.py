"""What a firm says of its niche, its energy and its cash: plausible, tied to the industry, and no draw of another part moved."""

import numpy as np

from hqd_index.demo import Demo, generate
from hqd_index.demo.planting import STRENGTHS
from tests.demo.measured import KEY

FLAGS = ["weak_link_subclass", "chokepoint_product", "import_substitution"]


def test_energy_has_the_intensity_of_the_industry(demo: Demo):
    """Firms' intensity lies around that of their industry, at prices of the first year."""
    level = demo.industry.set_index(KEY)
    price = level.groupby("industry_code")["ppi"].transform(lambda ppi: np.r_[1, np.cumprod(ppi.to_numpy()[1:] / 100)])
    real = level["revenue"] / price
    firms = demo.firms.merge(price.rename("price").reset_index(), on=KEY)
    firms = firms.merge((level["energy_use"] / real).rename("intensity").reset_index(), on=KEY)
    ratio = firms["energy_use"] / (firms["revenue"] / 1e4 / firms["price"]) / firms["intensity"]
    assert abs(np.log(ratio).mean()) < 0.02 and ratio.mean() < 1.15


def test_listed_products_are_in_weak_subclasses_and_the_recognised_have_more(demo: Demo):
    firms = demo.firms[demo.firms["year"] == 2018]
    assert firms.groupby("subclass_code")["weak_link_subclass"].nunique().eq(1).all()
    assert firms["subclass_code"].str[:3].eq(firms["industry_code"]).all()
    share = firms.groupby("weak_link_subclass")["chokepoint_product"].mean()
    assert share[True] > 5 * share[False]
    assert (firms[firms["srdi_any"]][FLAGS].mean() > firms[~firms["srdi_any"]][FLAGS].mean()).sum() >= 2
    assert firms["market_share"].between(0, 90).all()


def test_cash_adds_up_to_little_and_has_every_stage_of_life(demo: Demo):
    flows = demo.firms[["op_cashflow", "inv_cashflow", "fin_cashflow"]]
    change = flows.sum(axis=1) / demo.firms["revenue"]
    assert change.abs().quantile(0.99) < 0.1
    assert flows.gt(0).value_counts(normalize=True).iloc[0] < 0.6 and len(flows.gt(0).drop_duplicates()) == 8


def test_planting_moves_modes_and_no_target_of_the_index():
    """Modes tilt firms inside their industry, so sums hit the same targets; trade and input-output tables have their states."""
    plain, planted = generate(5, 1500), generate(5, 1500, planting=STRENGTHS["strong"])
    tech = dict(zip(planted.planted.firm_id, planted.planted.sides.tech[:, 0]))
    ratio = planted.firms["rd_exp"] / plain.firms["rd_exp"].replace(0, np.nan)
    on_first_side = planted.firms["firm_id"].map(tech).gt(0) & planted.firms["year"].le(2016)
    assert ratio[on_first_side].median() > 1.2 > 0.8 > ratio[~on_first_side & planted.firms["year"].le(2016)].median()
    before = planted.firms["year"] < 2018
    sums = [demo.firms[before].groupby(KEY)["rd_exp"].sum() for demo in (plain, planted)]
    assert (sums[1] / sums[0] - 1).abs().max() < 1e-5
    assert generate(5, 1500).firms.equals(plain.firms)
