"""Productivity: exact where theory says so, recovered on simulated firms, equal to another implementation."""

import numpy as np
import pandas as pd
import pytest
from linearmodels.iv import IV2SLS

from hqd_index.errors import ConfigError
from hqd_index.firms.production_function import multilateral, polynomial, previous_year_rows, wooldridge
from hqd_index.firms.tfp import Recipe, elasticities, tfp

EXACT = 1e-10
"""Sums of a few hundred logarithms."""
SAME = 1e-8
"""Two ways to solve the same normal equations with ten correlated controls."""
MONTE_CARLO = 3.5
"""Standard errors of the mean over draws; one correct test in 2,000 fails, and seeds are fixed."""

COLUMNS = {"output": "revenue", "labour": "employees", "capital": "fixed_assets", "materials": "purchases"}
PRICES = {"output": "price", "capital": "price", "materials": "price"}
COSTS = {"labour": "wages", "capital": "capital_cost", "materials": "purchases"}
TRUE_LABOUR, TRUE_CAPITAL = 0.6, 0.35


def cobb_douglas(seed=1, firms=60, years=range(2015, 2020)):
    """Cost-minimising firms with constant returns, elasticities by industry, their own input prices, and inflation."""
    rng = np.random.default_rng(seed)
    rows = []
    for f in range(firms):
        industry = f % 2
        alpha = np.array([[0.2, 0.15, 0.65], [0.35, 0.25, 0.4]][industry])
        for year in years:
            price = 100 * 1.1 ** (year - years[0]) if industry else 100.0
            omega, spent = rng.normal(0.05 * (year - years[0]), 0.4), rng.lognormal(15, 1)
            quantities = alpha * spent / rng.lognormal(1, 0.3, 3)
            made = np.exp(omega + alpha @ np.log(quantities))
            money = made * price / 100, quantities[1] * price / 100, quantities[2] * price / 100
            rows.append(
                (
                    f"f{f:03d}",
                    year,
                    f"C{13 + industry}",
                    money[0],
                    quantities[0],
                    money[1],
                    money[2],
                    price,
                    *alpha * spent,
                    omega,
                )
            )
    names = ["firm_id", "year", "industry_code", "revenue", "employees", "fixed_assets", "purchases", "price",
             "wages", "capital_cost", "material_cost", "omega"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def by_index(frame):
    return tfp(frame, **COLUMNS, deflators=PRICES, costs=COSTS | {"materials": "material_cost"})


def against_first_year(frame, column):
    """A column less its mean over the industry's firms of its first year."""
    first = frame[frame["year"] == frame["year"].min()].groupby("industry_code")[column].mean()
    return frame[column] - frame["industry_code"].map(first)


def test_index_is_exact_for_cost_minimising_firms():
    frame = cobb_douglas()
    assert by_index(frame).to_numpy() == pytest.approx(against_first_year(frame, "omega").to_numpy(), abs=EXACT)


def test_two_firms_differ_by_their_tornqvist_index():
    output, inputs = np.array([1.0, 2.0]), np.array([[0.5, 1.0], [1.5, 0.0]])
    shares = np.array([[0.3, 0.7], [0.5, 0.5]])
    found = multilateral(output, inputs, shares, np.array([2020, 2020]))
    # 1 - (0.4 x 1 + 0.6 x -1)
    assert found[1] - found[0] == pytest.approx(1.2, abs=EXACT)


def test_index_against_loops_over_its_formula():
    """The published formula, term by term, with shares that vary and years of different size."""
    rng = np.random.default_rng(8)
    years = rng.choice([2015, 2016, 2018], 40)
    y, x = rng.normal(size=40), rng.normal(size=(40, 3))
    s = rng.dirichlet([4, 2, 6], 40)
    found = multilateral(y, x, s, years)
    chained = {2015: 0.0}
    for earlier, later in ((2015, 2016), (2016, 2018)):
        a, b = years == earlier, years == later
        step = y[b].mean() - y[a].mean()
        for k in range(3):
            step -= 0.5 * (s[b, k].mean() + s[a, k].mean()) * (x[b, k].mean() - x[a, k].mean())
        chained[later] = chained[earlier] + step
    for i in range(40):
        peers = years == years[i]
        value = y[i] - y[peers].mean() + chained[years[i]]
        for k in range(3):
            value -= 0.5 * (s[i, k] + s[peers, k].mean()) * (x[i, k] - x[peers, k].mean())
        assert found[i] == pytest.approx(value, abs=EXACT)


def test_prices_are_taken_out():
    """Doubling all prices and money of one year changes nothing: quantities are the same."""
    frame = cobb_douglas()
    dear = frame.copy()
    late = dear["year"] >= 2017
    money = ["revenue", "fixed_assets", "purchases", "price", "wages", "capital_cost", "material_cost"]
    dear.loc[late, money] *= 2
    assert by_index(dear).to_numpy() == pytest.approx(by_index(frame).to_numpy(), abs=EXACT)


def test_row_order_changes_no_byte_and_index_stays():
    frame = cobb_douglas()
    shuffled = frame.sample(frac=1, random_state=2)
    pd.testing.assert_series_equal(by_index(shuffled).sort_index(), by_index(frame), check_exact=True)


def test_a_missing_or_zero_ingredient_is_missing_and_spoils_no_other():
    frame = cobb_douglas()
    holes = frame.copy()
    holes.loc[3, "employees"] = 0
    holes.loc[5, "revenue"] = np.nan
    holes.loc[7, "wages"] = -1.0
    found = by_index(holes)
    assert set(found.index[found.isna()]) == {3, 5, 7}
    rest = by_index(frame.drop(index=[3, 5, 7]))
    assert found.dropna().to_numpy() == pytest.approx(rest.to_numpy(), abs=0)


def simulated(rng, firms=300, years=8, before=20):
    """Firms whose labour follows productivity and own wages, capital last year's productivity, materials both: OLS is biased."""
    wage = rng.normal(0, 0.2 / np.sqrt(1 - 0.8**2), firms)
    omega = rng.normal(0, 0.15 / np.sqrt(1 - 0.7**2), firms)
    capital, rows = rng.normal(0, 1, firms), []
    for year in range(years + before):
        labour = (np.log(TRUE_LABOUR) + omega + TRUE_CAPITAL * capital - wage) / (1 - TRUE_LABOUR)
        output = TRUE_LABOUR * labour + TRUE_CAPITAL * capital + omega + rng.normal(0, 0.1, firms)
        if year >= before:
            rows.append((np.arange(firms), np.full(firms, year), output, labour, capital, 0.5 * capital + 1.5 * omega, omega))
        invested = np.exp(-2 + 0.5 * capital + 0.8 * omega + rng.normal(0, 1, firms))
        capital = np.log(0.9 * np.exp(capital) + invested)
        wage = 0.8 * wage + rng.normal(0, 0.2, firms)
        omega = 0.7 * omega + rng.normal(0, 0.15, firms)
    return [np.concatenate(part) for part in zip(*rows)]


def test_elasticities_are_recovered():
    """Mean over 40 panels within Monte-Carlo error of the truth, errors of the right size; least squares is far off."""
    found, errors, naive = [], [], []
    for seed in range(40):
        firm, year, y, l, k, m, _ = simulated(np.random.default_rng(seed))
        one = wooldridge(y, l, k, m, firm, year)
        found.append((one.labour, one.capital))
        errors.append((one.se_labour, one.se_capital))
        naive.append(np.linalg.lstsq(np.column_stack([np.ones_like(y), l, k]), y, rcond=None)[0][1:])
    spread = np.std(found, axis=0, ddof=1)
    off = np.abs(np.mean(found, axis=0) - [TRUE_LABOUR, TRUE_CAPITAL])
    assert (off < MONTE_CARLO * spread / np.sqrt(len(found))).all()
    assert np.mean(errors, axis=0) == pytest.approx(spread, rel=0.25)  # the sd of 40 draws has an error of 11%
    assert (np.abs(np.mean(naive, axis=0) - [TRUE_LABOUR, TRUE_CAPITAL]) > 0.05).all()


def test_productivity_follows_the_true_one():
    firm, year, y, l, k, m, omega = simulated(np.random.default_rng(3))
    quantities = {"revenue": np.exp(y), "employees": np.exp(l), "fixed_assets": np.exp(k), "purchases": np.exp(m)}
    frame = pd.DataFrame(
        quantities | {"firm_id": firm.astype(str), "year": year, "industry_code": "C13", "price": 100.0, "omega": omega}
    )
    found = tfp(frame, **COLUMNS, deflators=PRICES, method="wlp")
    truth = against_first_year(frame, "omega")
    assert found[year == year.min()].mean() == pytest.approx(0, abs=EXACT)
    assert np.corrcoef(found, truth)[0, 1] > 0.88  # noise of output 0.1 on productivity 0.21: sqrt(.21^2/(.21^2+.1^2)) = .90


def test_gmm_against_another_implementation():
    """The same moments given to linearmodels' IV2SLS: coefficients and clustered errors."""
    firm, year, y, l, k, m, _ = simulated(np.random.default_rng(4), firms=120, years=6)
    kept = np.random.default_rng(1).random(len(y)) < 0.85  # gaps, so that lags are by calendar year
    firm, year, y, l, k, m = (part[kept] for part in (firm, year, y, l, k, m))
    ours = wooldridge(y, l, k, m, firm, year)
    table = pd.DataFrame({"firm": firm, "year": year, "y": y, "l": l, "k": k, "m": m})
    pairs = table.merge(table.assign(year=table["year"] + 1), on=["firm", "year"], suffixes=("", "_1"))
    powers = {f"p{a}{b}": pairs["k_1"] ** a * pairs["m_1"] ** b for a in range(4) for b in range(4 - a)}
    exogenous = pd.DataFrame(powers | {"k": pairs["k"]}).join(pd.get_dummies(pairs["year"], drop_first=True, dtype=float))
    theirs = IV2SLS(pairs["y"], exogenous, pairs["l"], pairs["l_1"]).fit(cov_type="clustered", clusters=pairs["firm"])
    assert ours.n == len(pairs)
    assert (ours.labour, ours.capital) == pytest.approx((theirs.params["l"], theirs.params["k"]), abs=SAME)
    assert (ours.se_labour, ours.se_capital) == pytest.approx((theirs.std_errors["l"], theirs.std_errors["k"]), rel=1e-6)


def test_lags_are_calendar_years():
    firm, year = np.array([0, 0, 0, 1, 1]), np.array([2018, 2019, 2021, 2019, 2018])
    assert previous_year_rows(firm, year).tolist() == [-1, 0, -1, 4, -1]


def test_polynomial_has_all_terms_up_to_the_third_degree():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    plain = np.column_stack([a**i * b**j for i in range(4) for j in range(4 - i)])
    ours = polynomial(a, b)
    assert ours.shape == plain.shape == (50, 10)
    joint = np.linalg.matrix_rank(np.column_stack([ours, plain]))
    assert joint == 10  # one span


def test_too_few_rows_are_missing_not_guessed():
    firm, year, y, l, k, m, _ = simulated(np.random.default_rng(5), firms=8, years=6)
    assert np.isnan(wooldridge(y, l, k, m, firm, year).labour)


def test_elasticities_table_shows_cost_shares():
    recipe = Recipe(**COLUMNS, deflators=PRICES, costs=COSTS | {"materials": "material_cost"})
    found = elasticities(cobb_douglas(), recipe).set_index(["industry", "input"])
    assert found["estimate"].to_numpy() == pytest.approx([0.2, 0.15, 0.65, 0.35, 0.25, 0.4], abs=EXACT)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"deflators": {"output": "price"}}, "deflators must name a column for each of output, capital, materials"),
        ({"costs": None}, "costs must name a column"),
        ({"method": "wpl"}, "did you mean 'wlp'"),
        ({"labour": "employes"}, "did you mean 'employees'"),
    ],
)
def test_faulty_options_are_named(changed, text):
    with pytest.raises(ConfigError, match=text):
        tfp(cobb_douglas(), **(COLUMNS | {"deflators": PRICES, "costs": COSTS} | changed))
