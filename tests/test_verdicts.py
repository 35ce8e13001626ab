"""From raw files to verdicts: one study that must reach each verdict and addition, and studies that lack a thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest

from hqd_index import cli
from hqd_index.upkeep.second_opinion import GOAL, second_opinion

from .models.raw_study import world, write
from .small import write_changes

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
    if options:
        write_changes(configs, ["study.outputs=[page, paper, exports]"])
    cli.main(["run", "--study", str(configs), "--data", str(raw), "--out", str(folder / "out")])  # raises unless it ends well
    return Ran(folder / "out" / "traps" / "latest" / "tables")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(tmp_path_factory.mktemp("traps"))


@pytest.mark.parametrize(
    ("hypothesis", "sample", "verdict", "split", "grade_lacks", "additions"),
    [
        ("H2a", "all", "supported", "composition_only", "no_groups", ""),
        ("H2a", "leave_out", "negligible", "", "significance", ""),
        ("H2b", "all", "opposite_sign", "", "no_groups", ""),
        ("H2c", "all", "negligible", "", "significance", ""),
        ("H3a", "all", "inconclusive", "", "significance", "too_wide"),
        ("H3b", "all", "supported", "", "exposure_trend;no_groups", "fragile"),
        ("H3c", "all", "supported", "", "pre_trend;exposure_trend;no_groups", "pre_trend_up"),
    ],
)
def test_each_verdict_split_and_addition_is_reached(
    whole: Ran, hypothesis: str, sample: str, verdict: str, split: str, grade_lacks: str, additions: str
) -> None:
    rows = whole.table("hypotheses").fillna({"additions": "", "split": "", "grade_lacks": ""})
    row = rows.set_index(["hypothesis", "sample"]).loc[(hypothesis, sample)]
    assert (row["verdict"], row["split"], row["additions"]) == (verdict, split, additions)
    assert (row["grade"], row["grade_lacks"]) == ("description", grade_lacks)
    assert row["rules_out"] == max(abs(row["ci90_low"]), abs(row["ci90_high"])) and row["n_clusters"] == 31


def test_the_summary_begins_with_the_grade(whole: Ran) -> None:
    summary = (whole.tables.parent / "summary.txt").read_text("utf-8")
    assert "\nIndustries with more SRDI density have a higher index (descriptive association): one SD more" in summary
    assert "supported (of a size that matters; composition only); effects beyond" in summary


def test_the_net_estimate_is_published_and_estimated_again_from_the_files(whole: Ran) -> None:
    rows = whole.table("regressions").query("spec == 'twfe_exposure_trend'")
    assert set(rows["term"]) == {"density", "exposure_trend", "size"} and rows["note"].str.contains("conservative.*VIF").all()
    assert rows.loc[rows["term"] == "density", "p_wild"].notna().all() and set(rows["controls"]) == {"size+size_twice"}
    comparison = second_opinion(whole.tables.parent)
    assert comparison is not None and comparison.difference < GOAL and not comparison.skip_counts


WORDS_OF_THE_FIRST_RULE = re.compile(
    "|".join(
        a + b
        for a, b in (
            ("not[ _]", "supported"), ("under", "powered"), ("gone ", "once"), ("未得到", "支持"), ("检验力", "不足"),
            ("不再", "成立"),
        )
    )
)  # fmt: skip


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every file, workbooks and Word files taken apart."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix in (".xlsx", ".docx"):
            with ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path.name}/{name}", archive.read(name).decode("utf-8", "ignore")
        elif path.suffix not in (".png", ".pdf", ".dta", ".pyc"):
            yield path.name, path.read_text("utf-8", "ignore")


def test_no_word_of_the_first_rule_is_left(whole: Ran) -> None:
    root = Path(__file__).resolve().parents[1]
    folders = [whole.tables.parent.resolve(), root / "src", root / "docs"]
    found = [name for folder in folders for name, text in texts(folder) if WORDS_OF_THE_FIRST_RULE.search(text)]
    assert not found


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
        assert found.table(name).empty and "density_lag is 150 in every row; nothing to estimate" in found.reasons(name)


def three(found: Ran) -> None:
    """Three industries are estimated and prove nothing; an outcome that never moves is named and has no row."""
    table = found.table("hypotheses")
    assert "H2b" not in set(table["hypothesis"]) and set(table["verdict"]) == {"inconclusive"}
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
