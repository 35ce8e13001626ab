"""From raw files to verdicts: one study that must reach each verdict and addition, and studies that lack a thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from hqd_index import cli

from .models.raw_study import world, write

SEED = 5  # of 2-13 the one in which chance adds nothing to the six traps and the fragile one is also supported


@dataclass(frozen=True)
class Ran:
    """A published run."""

    tables: Path

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.tables / f"{name}.csv")

    def reasons(self, name: str) -> str:
        return " | ".join(self.table("not_made").query("table == @name")["reason_en"])


def ran(folder: Path, **options: object) -> Ran:
    """The study written to `folder` and run by the command."""
    made = world(SEED, **{k: v for k, v in options.items() if k in ("units", "steady")})
    configs, raw = write(folder, made, **{k: v for k, v in options.items() if k in ("years", "listed", "flat")})
    cli.main(["run", "--study", str(configs), "--data", str(raw), "--out", str(folder / "out")])  # raises unless it ends well
    return Ran(folder / "out" / "traps" / "latest" / "tables")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("traps"))


@pytest.mark.parametrize(
    ("hypothesis", "sample", "verdict", "additions"),
    [
        ("H2a", "all", "supported", "composition_only"),
        ("H2a", "leave_out", "not_supported", ""),
        ("H2b", "all", "opposite", ""),
        ("H2c", "all", "not_supported", ""),
        ("H3a", "all", "underpowered", ""),
        ("H3b", "all", "supported", "fragile"),
        ("H3c", "all", "supported", "pre_trend"),
    ],
)
def test_each_verdict_and_addition_is_reached(whole: Ran, hypothesis: str, sample: str, verdict: str, additions: str) -> None:
    found = whole.table("hypotheses").fillna({"additions": ""}).set_index(["hypothesis", "sample"]).loc[(hypothesis, sample)]
    assert (found["verdict"], found["additions"]) == (verdict, additions)


def test_a_collinear_control_is_dropped_by_name(whole: Ran) -> None:
    rows = whole.table("regressions").query("spec == 'twfe'")
    assert set(rows["term"]) == {"density", "size"} and rows["note"].str.contains("dropped: size_twice").all()


def no_density(found: Ran) -> None:
    for name in ("regressions", "channels", "contribution", "hypotheses", "endogeneity", "placebo"):
        assert found.table(name).empty and "no SRDI density" in found.reasons(name)


def one_year(found: Ran) -> None:
    for name in ("regressions", "hypotheses"):
        assert found.table(name).empty and "no SRDI density of 1 year(s) before: the study's years are 2024" in found.reasons(
            name
        )


def steady(found: Ran) -> None:
    for name in ("regressions", "hypotheses"):
        assert found.table(name).empty and "does not vary once the fixed effects are out" in found.reasons(name)


def three(found: Ran) -> None:
    """Three industries are estimated and prove nothing; an outcome that never moves is named and has no row."""
    table = found.table("hypotheses")
    assert "H2b" not in set(table["hypothesis"]) and set(table["verdict"]) == {"underpowered"}
    assert table["additions"].str.contains("few_clusters").all()
    assert "bootstrap p < 0.250" in (found.tables.parent / "summary.txt").read_text("utf-8")  # 4 sign vectors, none beyond
    assert "brand is constant once the fixed effects are out" in found.reasons("regressions")
    assert "brand" not in set(found.table("regressions")["outcome"])


@pytest.mark.parametrize(
    ("options", "must"),
    [
        pytest.param({"listed": False}, no_density, marks=pytest.mark.slow),
        ({"years": (2024, 2024)}, one_year),
        pytest.param({"steady": True, "years": (2020, 2024)}, steady, marks=pytest.mark.slow),
        ({"units": 3, "flat": "brand"}, three),
    ],
    ids=["no_list", "one_year", "constant_density", "three_industries_constant_outcome"],
)
def test_what_is_missing_is_named_and_the_rest_is_made(
    tmp_path: Path, options: dict[str, object], must: Callable[[Ran], None]
) -> None:
    found = ran(tmp_path, **options)
    assert found.table("scores")["score"].notna().any() and (found.tables.parent / "report.html").stat().st_size > 0
    must(found)
