"""Columns of firms that need a function: prices brought from the industry table, productivity beside them, types kept."""

import pytest

from hqd_index.engines import open_engine
from hqd_index.errors import ConfigError
from hqd_index.firms.derived_columns import derive
from hqd_index.firms.tfp import elasticity_table
from hqd_index.study.records import Study
from hqd_index.tables import check

from .test_tfp import COLUMNS, PRICES, against_first_year, cobb_douglas

L = {"zh": "一", "en": "one"}
COSTS = {"labour": "wages", "capital": "capital_cost", "materials": "material_cost"}
TFP = {"function": "tfp", "options": COLUMNS | {"deflators": PRICES, "costs": COSTS}, "label": L}
PRICE = {"function": "lookup", "options": {"table": "industry", "column": "ppi_chain"}, "label": L}


def study(columns):
    return Study.model_validate(
        {
            "study": {"version": 1, "name": "small", "label": L, "years": [2015, 2019]},
            "sources": {"version": 1, "sources": {}},
            "rules": {"version": 1},
            "columns": {"version": 1, "tables": columns},
            "indicators": {"version": 1, "levels": ["indicators"], "tree": {"x": ["a"]}, "indicators": {}},
            "weighting": {"version": 1, "weight": {"indicators": {"method": "equal"}}, "aggregate": {}},
            "regressions": {"version": 1},
        }
    )


@pytest.fixture
def tables():
    frame = cobb_douglas()
    prices = frame[["industry_code", "year", "price"]].drop_duplicates().rename(columns={"price": "ppi_chain"})
    with open_engine() as engine:
        exact = "* EXCLUDE (price) REPLACE (CAST(revenue AS DECIMAL(28, 8)) AS revenue), ['national'] AS levels"
        firms = engine.query(f"SELECT {exact} FROM {engine.scan(frame)} WHERE firm_id <> 'f001' OR year < 2018")
        yield engine, {"firms": firms, "industry": engine.scan(prices[prices["year"] < 2019])}, frame


def test_productivity_through_columns_yaml(tables):
    engine, clean, frame = tables
    design = study({"firms": {"price": PRICE, "tfp": TFP}})
    made = derive(design, engine, clean)["firms"]
    assert engine.types(made) == engine.types(clean["firms"]) | {"price": "double", "tfp": "double"}
    found = engine.collect(f"SELECT firm_id, year, price, tfp FROM {made} ORDER BY firm_id, year").set_index(["firm_id", "year"])
    frame["truth"] = against_first_year(frame, "omega")
    truth = frame.set_index(["firm_id", "year"])["truth"].reindex(found.index)
    assert len(found) == engine.count(clean["firms"])
    late = found.index.get_level_values("year") == 2019  # no price index, so no productivity; never another year's
    assert found.loc[late].isna().to_numpy().all()
    assert found.loc[~late, "tfp"].to_numpy() == pytest.approx(truth[~late].to_numpy(), abs=1e-7)  # revenue to 8 decimals


def test_rows_stand_in_the_order_of_the_key(tables):
    """Lags leave rows in an order that threads choose, and a stored table's digest holds its order."""
    engine, clean, _ = tables
    shuffled = engine.query(f"SELECT * FROM {clean['firms']} ORDER BY hash(firm_id, year)")
    grown = {"formula": "revenue / lag(revenue, 1)", "label": L}
    made = derive(study({"firms": {"growth": grown}}), engine, clean | {"firms": shuffled})["firms"]
    keys = engine.collect(f"SELECT firm_id, year FROM {made}")
    assert keys.equals(keys.sort_values(["firm_id", "year"], ignore_index=True))


def test_elasticities_are_published(tables):
    engine, clean, _ = tables
    design = study({"firms": {"price": PRICE, "tfp": TFP}})
    made = elasticity_table(design, engine, derive(design, engine, clean))
    assert check("elasticities", made)["estimate"].tolist() == pytest.approx([0.15, 0.2, 0.65, 0.25, 0.35, 0.4])
    assert check("elasticities", elasticity_table(study({}), engine, clean)).empty


def test_a_lookup_that_finds_nothing_is_named(tables):
    engine, clean, _ = tables
    for options, missing in (({"table": "prices", "column": "x"}, "prices"), ({"table": "industry", "column": "ppi"}, "ppi")):
        with pytest.raises(ConfigError, match=missing):
            derive(study({"firms": {"p": {"function": "lookup", "options": options, "label": L}}}), engine, clean)


def test_summing_after_a_function_is_exact(tables):
    """The sum of decimals does not depend on the order of rows: a function column leaves them decimals."""
    engine, clean, _ = tables
    design = study({"firms": {"price": PRICE, "tfp": TFP}})
    sums = set()
    for order in ("firm_id, year", "revenue DESC", "year, revenue"):
        shuffled = engine.query(f"SELECT * FROM {clean['firms']} ORDER BY {order}")
        made = derive(design, engine, clean | {"firms": shuffled})["firms"]
        total = "CAST(sum(revenue) AS DOUBLE) AS r, sum(tfp * CAST(revenue AS DOUBLE) ORDER BY firm_id, year) AS t"
        sums.add(tuple(engine.collect(f"SELECT {total} FROM {made}").iloc[0]))
    assert len(sums) == 1
    assert not any(value != value for each in sums for value in each)
