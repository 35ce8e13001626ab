"""Gelbach's decomposition and density on mediators: another implementation, refits, a truth that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hqd_index.errors import EstimationError
from hqd_index.models import ModelInputs, regressions
from hqd_index.models.analyses.mediators import gelbach
from hqd_index.models.kernels.specification import Specification, estimate
from hqd_index.study.records import Control
from hqd_index.tables import check

from .known_panels import NAME, index_panel, study, weights

EXACT = 1e-10  # identities of least squares, and its solvers against each other
ITERATED = 1e-8  # pyfixest solves the regressions of mediators by lsqr, to its default tolerance
REACHED, HELD = 0.5, 0.02  # talent rises by .5 with density, and the outcome by .02 with talent: it accounts for .01
SPEC = Specification("base", ("y", "twice"), "density_lag", ("size",))
COLUMNS = ("via:talent", "via:noise")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """Talent carries half of what density does; noise nothing."""
    rng = np.random.default_rng(5)
    data = index_panel(2).query("sample == 'all'").reset_index(drop=True)
    talent = REACHED * data["density_lag"] + 0.3 * data["size"] + rng.normal(size=len(data))
    y = 0.01 * data["density_lag"] + HELD * talent + 0.01 * data["size"] + 0.03 * rng.normal(size=len(data))
    return data.assign(**{"via:talent": talent, "via:noise": rng.normal(size=len(data)), "y": y, "twice": 2 * y})


def by_dummies(rows: pd.DataFrame, outcome: str, terms: list[str]) -> np.ndarray:
    """Coefficients of the terms with a dummy for each unit and year."""
    dummies = pd.get_dummies(rows[["unit", "year"]].astype(str), dtype=float).to_numpy()
    return np.linalg.lstsq(np.column_stack([rows[terms], dummies]), rows[outcome], rcond=None)[0][: len(terms)]


def test_equal_to_another_implementation(panel: pd.DataFrame) -> None:
    """pyfixest's decompose on the same regressions."""
    pf = pytest.importorskip("pyfixest")
    data = panel.rename(columns={"via:talent": "talent", "via:noise": "noise"})
    fit = pf.feols("y ~ density_lag + size + talent + noise + C(unit) + C(year)", data)
    fixed = [name for name in fit._coefnames if name.startswith("C(")]
    theirs = fit.decompose(decomp_var="density_lag", x1_vars=["size", *fixed], only_coef=True).results.absolute
    found, idle = gelbach(panel, SPEC, COLUMNS)
    assert not idle
    ours = dict(zip(("direct_effect", "full_effect", "explained_effect", "talent", "noise"), found.value[:, 0]))
    assert ours == {name: pytest.approx(float(np.squeeze(theirs[name])), abs=ITERATED) for name in ours}


def test_parts_add_up_and_errors_are_refits_without_each_unit(panel: pd.DataFrame) -> None:
    found, _ = gelbach(panel, SPEC, COLUMNS)
    assert found.value[2] == pytest.approx(found.value[3:].sum(axis=0), abs=EXACT)
    assert found.value[:, 1] == pytest.approx(2 * found.value[:, 0], abs=EXACT)

    def part(rows: pd.DataFrame) -> float:
        reached = by_dummies(rows, "via:talent", ["density_lag", "size"])[0]
        return float(reached * by_dummies(rows, "y", ["density_lag", "size", *COLUMNS])[2])

    units = panel["unit"].unique()
    without = np.array([part(panel[panel["unit"] != unit]) for unit in units])
    error = np.sqrt((len(units) - 1) / len(units) * ((without - part(panel)) ** 2).sum())
    assert (found.value[3, 0], found.error[3, 0]) == (pytest.approx(part(panel), abs=EXACT), pytest.approx(error, rel=1e-8))


def test_what_mediators_account_for_is_found(panel: pd.DataFrame) -> None:
    found, _ = gelbach(panel, SPEC, COLUMNS)
    truth = [0.01 + REACHED * HELD, 0.01, REACHED * HELD, REACHED * HELD, 0.0]
    assert (np.abs(found.value[:, 0] - truth) < 3.5 * found.error[:, 0]).all()
    assert found.density_slopes[0] == pytest.approx(REACHED, abs=0.1)
    assert found.conditional_slopes[0, 0] == pytest.approx(HELD, abs=0.005)


def test_mediators_that_add_nothing_are_told(panel: pd.DataFrame) -> None:
    """One that the controls span, one that is constant, one twice; the others keep their parts."""
    idle = {"via:flat": 1.0, "via:size": 3 * panel["size"], "via:again": panel["via:talent"] + panel["size"]}
    data = panel.assign(**idle)
    found, told = gelbach(data, SPEC, (*COLUMNS, *idle))
    assert told == tuple(idle) and found.mediators == COLUMNS
    assert found.value == pytest.approx(gelbach(panel, SPEC, COLUMNS)[0].value, abs=EXACT)
    with pytest.raises(EstimationError, match="no mediator varies"):
        gelbach(data, SPEC, ("via:flat", "via:size"))


def test_tables_of_a_study() -> None:
    """Density on a mediator is the regression with the mediator as outcome; a year without it is left out of all."""
    data = index_panel()
    mine = data.query("sample == 'all'")[["unit", "year", "density_lag", "size"]]
    rng = np.random.default_rng(0)
    values = mine[["unit", "year"]].assign(talent=mine["density_lag"] + rng.normal(size=len(mine)), empty=np.nan)
    values.loc[values["year"] == 2013, "talent"] = np.nan
    chosen = {name: Control(table="industry", formula="sum(revenue)", label=NAME) for name in ("talent", "empty")}
    found = regressions(data, study(draws=199, mediators=chosen), ModelInputs(weights=weights(), mediator_values=values)).frames
    check("mediators", found["mediators"])
    check("regressions", found["regressions"])
    told = found["not_made"].query("table == 'mediators'")["reason_en"].tolist()
    assert told == ["mediator empty: has no value in the sample"]
    row = found["regressions"].query("spec == 'mechanism' and term == 'density'").iloc[0]
    joined = mine.merge(values, on=["unit", "year"]).query("year > 2013")
    alone = estimate(joined, Specification("mechanism", ("talent",), "density_lag", ("size",)), draws=199)
    assert (row["outcome"], row["n_obs"]) == ("talent", 31 * 11)
    assert row["estimate"] == pytest.approx(alone.coefficient[0, 0], abs=EXACT) and row["se_cv3"] == pytest.approx(
        alone.se_cv3[0, 0]
    )
    lines = found["mediators"].query("sample == 'leave_out' and outcome == 'hqd'").set_index("quantity")
    assert lines.at["part", "reached"] == pytest.approx(row["estimate"], abs=EXACT)
    assert lines.at["base", "estimate"] == pytest.approx(lines.at["full", "estimate"] + lines.at["part", "estimate"], abs=EXACT)


def test_without_mediators_or_their_values_the_reason_is_told() -> None:
    chosen = {"talent": Control(table="industry", formula="sum(revenue)", label=NAME)}
    for more, reason in (({}, "regressions.yaml lists no mediator"), ({"mediators": chosen}, "no mediator has a value: talent")):
        found = regressions(index_panel(), study(draws=199, **more), ModelInputs(weights=weights())).frames
        assert found["mediators"].empty and "mechanism" not in set(found["regressions"]["spec"])
        assert found["not_made"].query("table == 'mediators'")["reason_en"].tolist() == [reason]


def test_weights_of_the_headline_are_used(panel: pd.DataFrame) -> None:
    """A unit that weighs twice counts as two units alike do in the values."""
    first = panel["unit"].unique()[:5]
    heavy = panel.assign(mass=1.0 + panel["unit"].isin(first))
    copies = panel[panel["unit"].isin(first)].assign(unit=lambda rows: rows["unit"] + "b")
    weighted, _ = gelbach(heavy, replace(SPEC, weights="mass"), COLUMNS)
    assert weighted.value == pytest.approx(gelbach(pd.concat([panel, copies]), SPEC, COLUMNS)[0].value, abs=EXACT)
