"""Every fault of a configuration: exit code 2, its place, what is wrong and how to mend it, in both languages."""

from __future__ import annotations

import inspect
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from small_study import FILES

from hqd_index.errors import Faults
from hqd_index.firms.derived_columns import COLUMN_FUNCTIONS, lookup
from hqd_index.report.bilingual import split_bilingual
from hqd_index.report.label_catalogue import unit_name
from hqd_index.study.checks.score_checks import cautions
from hqd_index.study.column_facts import FUNCTION_OPTIONS
from hqd_index.study.study_folder import load_study
from hqd_index.study.varied_study import vary

Broken = Callable[..., Path]

MEMORY = 100 * 2**20  # F37: a bomb may cost at most 100 MB beyond what the imports take
SECONDS = 1.0  # F37; of the processor, as the machine may be busy


def faults(folder: Path, **options: object) -> list[tuple[str, str, str]]:
    """(place, English, Chinese) of every fault."""
    with pytest.raises(Faults) as caught:
        load_study(folder, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    return [(fault.location, fault.en, fault.zh) for fault in caught.value.faults]


def test_the_sound_study_loads_with_defaults_written_out(broken: Broken) -> None:
    loaded = load_study(broken())
    assert loaded.study.weighting.impute.method == "none"
    assert loaded.study.weighting.weight["indicators"].options["over"] == "all_years"
    assert [notice.en.split(":")[1].strip() for notice in loaded.notices] == ["quality, safety"]  # families of two
    assert set(loaded.files) == set(FILES)
    assert all(len(digest) == 64 for digest in loaded.files.values())
    assert loaded.place("weighting.branches.quality") == "configs/weighting.yaml:10:3"
    assert loaded.place("scenarios.equal.label.en") == "configs/scenarios/equal.yaml:1:17"
    assert loaded.place("study.seed") == "configs/study.yaml:1:1"


def test_the_shipped_study_has_no_notice_and_speaks_both_languages(root: Path) -> None:
    """No leaf outside tree or profile; a unit in Chinese is one that `UNITS` translates, a source is `中文 / English`."""
    loaded = load_study(root / "configs")
    assert not loaded.notices, [notice.en for notice in loaded.notices]
    indicators = loaded.study.indicators.indicators.items()
    texts = {id: (unit_name(leaf.unit).en, split_bilingual(leaf.source).en) for id, leaf in indicators}
    assert not [(id, text) for id, pair in texts.items() for text in pair if not text.isascii() or not text.strip()]


def test_scores_that_leave_their_scale_or_rest_on_few_firms_are_noticed(broken: Broken) -> None:
    study = vary(load_study(broken()).study, {"weighting.normalise": {"method": "borda"}, "study.min_firms": 3})
    texts = "; ".join(caution.en for caution in cautions(study))
    assert "borda does not give values between 0 and 1" in texts and "no confidence interval" in texts


def test_columns_rules_and_regressions_may_be_absent(broken: Broken) -> None:
    folder = broken("indicators.yaml", "sum(inventory_avg)", "sum(inventory)")
    text = (folder / "indicators.yaml").read_text("utf-8").replace("real_revenue", "revenue")
    (folder / "indicators.yaml").write_text(text, "utf-8")
    for name in ("columns.yaml", "rules.yaml", "regressions.yaml"):
        (folder / name).unlink()
    assert load_study(folder).study.regressions.density.lag == 1


TOPICS = YAML(typ="safe").load((Path(__file__).parent / "faults_of_one_file.yaml").read_text("utf-8"))
ONE_FILE = [pytest.param(*row, id=f"{topic}-{row[3]}") for topic, rows in TOPICS.items() for row in rows]


@pytest.mark.parametrize(("file", "old", "new", "place", "english", "chinese"), ONE_FILE)
def test_each_fault_has_its_place_and_mend(
    broken: Broken, file: str, old: str, new: str, place: str, english: str, chinese: str
) -> None:
    found = faults(broken(file, old, new))
    places = [location for location, _, _ in found]
    assert f"configs/{place}" in places, found
    at_place = [fault for fault in found if fault[0] == f"configs/{place}"]
    assert any(english in en for _, en, _ in at_place), at_place
    assert any(chinese in zh for _, _, zh in at_place), at_place


def test_all_faults_of_all_files_are_told_at_once(broken: Broken) -> None:
    folder = broken("study.yaml", "name: small", "nmae: small")
    for file, old, new in [
        ("weighting.yaml", "entropy", "entropi"),
        ("indicators.yaml", "sum(cogs)", "sum(cogz)"),
        ("sources.yaml", "firms_*.csv", "/firms.csv"),
        ("scenarios/equal.yaml", "label:", "lable:"),
    ]:
        path = folder / file
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    told = {location.split(":")[0].removeprefix("configs/") for location, _, _ in faults(folder)}
    # indicators.yaml and sources.yaml need study.yaml to be bound, so their faults come with the next try
    assert told == {"study.yaml", "weighting.yaml", "scenarios/equal.yaml"}
    (folder / "study.yaml").write_text(FILES["study.yaml"], "utf-8")
    told = {location.split(":")[0].removeprefix("configs/") for location, _, _ in faults(folder)}
    assert told == {"weighting.yaml", "scenarios/equal.yaml", "indicators.yaml", "sources.yaml"}


def test_missing_and_stray_files_are_named(broken: Broken) -> None:
    folder = broken()
    (folder / "weighting.yaml").rename(folder / "wieghting.yaml")
    told = {location: en for location, en, _ in faults(folder)}
    assert "did you mean 'weighting.yaml'?" in told["configs/wieghting.yaml"]
    assert "missing" in told["configs/weighting.yaml"]


def test_gbk_is_named_with_its_line(broken: Broken) -> None:
    folder = broken()
    (folder / "study.yaml").write_bytes(FILES["study.yaml"].encode("gbk"))
    ((place, en, zh),) = faults(folder)
    assert (place, "not UTF-8 (perhaps GBK)" in en, "可能是 GBK" in zh) == ("configs/study.yaml:3:1", True, True)


def test_weights_within_tolerance_pass_and_are_not_rescaled(broken: Broken) -> None:
    loaded = load_study(broken("weighting.yaml", "safety: 0.5}", "safety: 0.4999999}"))
    assert loaded.study.weighting.weight["dimensions"].options["shares"] == {"quality": 0.5, "safety": 0.4999999}


def test_what_is_deflated_or_declared_is_no_nominal_growth(broken: Broken) -> None:
    real = "sum(real_revenue) / sum(lag(real_revenue))"
    load_study(broken("indicators.yaml", "sum(energy_use) / sum(real_revenue)", real))
    ratio = "(sum(rd_exp) / sum(revenue)) / (sum(lag(rd_exp)) / sum(lag(revenue)))"
    load_study(broken("indicators.yaml", "sum(cogs) / sum(inventory_avg)", ratio))
    declared = "sum(cogs) / sum(lag(cogs)), nominal_growth: true"
    loaded = load_study(broken("indicators.yaml", "sum(cogs) / sum(inventory_avg)", declared))
    assert [notice.location for notice in loaded.notices if "min_children" not in notice.en] == ["configs/indicators.yaml:14:24"]


def test_an_indicator_outside_the_tree_is_a_notice(broken: Broken) -> None:
    extra = "indicators:\n  brd2: {table: firms, formula: avg(certified_intl), label: {zh: 认证, en: Certified}}\n  inn1:"
    loaded = load_study(broken("indicators.yaml", "indicators:\n  inn1:", extra))
    assert ("configs/indicators.yaml:12:3", True) in [(notice.location, "in no branch" in notice.en) for notice in loaded.notices]


def test_an_indicator_in_no_profile_is_a_notice(broken: Broken) -> None:
    leaf = "indicators:\n  brd2: {table: firms, formula: avg(certified_intl), label: {zh: 认证, en: Certified}}\n  inn1:"
    text = FILES["indicators.yaml"].replace("indicators:\n  inn1:", leaf).replace("[smo1, upg3]", "[smo1, upg3, brd2]")
    slim = "profile: slim\nprofiles: {slim: [inn1, inn2, smo1, upg3]}\nlevels:"
    loaded = load_study(broken(**{"indicators.yaml": text.replace("levels:", slim)}))
    assert sum("'brd2' is in no profile" in notice.en for notice in loaded.notices) == 1


def test_same_label_twice_is_named(broken: Broken) -> None:
    found = faults(broken(**{"scenarios/again.yaml": FILES["scenarios/equal.yaml"].replace("等权", "再等权")}))
    assert found[0][0] == "configs/scenarios/equal.yaml:1:17"
    assert "has the label 'Equal weights' of 'again'" in found[0][1]


def test_scenario_and_overrides_are_applied_and_checked(broken: Broken, tmp_path: Path) -> None:
    folder = broken()
    loaded = load_study(folder, scenario="equal", overrides=["study.years=[2014, 2020]", "weighting.normalise={method: rank}"])
    assert loaded.study.weighting.weight["indicators"].method == "equal"
    assert loaded.study.study.years == (2014, 2020)
    assert loaded.study.weighting.normalise.method == "rank"
    elsewhere = tmp_path / "mine.yaml"
    elsewhere.write_text(FILES["scenarios/equal.yaml"].replace("equal}", "critic}"), "utf-8")
    loaded = load_study(folder, scenario=str(elsewhere))
    assert loaded.study.weighting.weight["indicators"].method == "critic"
    assert faults(folder, scenario="eqal")[0][1] == "unknown scenario 'eqal'; did you mean 'equal'?"
    assert "unknown entry 'yeers'" in faults(folder, overrides=["study.yeers=3"])[0][1]
    assert faults(folder, overrides=["weighting.normalise={method: zscore}"])[0][0] == "--set weighting.normalise"


def test_vary_replaces_whole_and_leaves_the_study_alone(broken: Broken) -> None:
    study = load_study(broken()).study
    varied = vary(study, {"weighting.weight": {"leaves": {"method": "equal"}}, "regressions.density.lag": 2})
    assert list(varied.weighting.weight) == ["leaves"]
    assert varied.regressions.density.lag == 2
    assert list(study.weighting.weight) == ["indicators", "dimensions"]
    assert vary(study, {}) == study


def test_column_functions_are_those_that_derive_columns() -> None:
    functions = {**COLUMN_FUNCTIONS, "lookup": lookup}
    code = {name: inspect.signature(function).parameters.values() for name, function in functions.items()}
    options = {name: [p for p in parameters if p.kind is p.KEYWORD_ONLY] for name, parameters in code.items()}
    needed = {name: tuple(p.name for p in each if p.default is p.empty) for name, each in options.items()}
    assert {name: needs for name, (needs, _) in FUNCTION_OPTIONS.items()} == needed
    assert {name: takes for name, (_, takes) in FUNCTION_OPTIONS.items()} == {
        n: tuple(p.name for p in o) for n, o in options.items()
    }


BOMBS = {
    "megabyte": "a: " + "x" * 2**20,
    "deep flow": "[" * 5000,
    "deep mapping": "{a: " * 5000,
    "deep block": "\n".join(" " * depth + "a:" for depth in range(700)),
    "aliases": "a: &a [x, x]\n" + "\n".join(f"b{i}: &b{i} [*a, *a, *a]" for i in range(500)),
    "wide": "{" + "a," * 120_000,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused_quickly(broken: Broken, bomb: str) -> None:
    folder = broken(**{"study.yaml": bomb})
    started = time.process_time()
    found = faults(folder)
    assert time.process_time() - started < SECONDS
    assert found[0][0].startswith("configs/study.yaml")


def test_bombs_are_refused_in_little_memory(broken: Broken) -> None:
    folder = broken(**{"study.yaml": BOMBS["wide"]})
    code = (
        "import resource, sys; from pathlib import Path; from hqd_index.errors import Faults\n"
        "from hqd_index.study.study_folder import load_study\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: load_study(Path(sys.argv[1]))\nexcept Faults: pass\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)"
    )
    result = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert int(result.stdout) < MEMORY


MODES = """\
version: 1
items:
  rd: {formula: 100 * rd_exp / revenue, label: {zh: 研发, en: R&D}}
  staff: {formula: rd_staff / employees, label: {zh: 人员, en: staff}}
  central: {table: linkages, formula: betweenness, label: {zh: 中介, en: betweenness}}
axes:
  tech: {items: [rd, staff]}
  market: {items: [rd, -staff]}
  safety: {items: [rd, central], norm: pooled}
  efficiency: {items: [rd, staff]}
dead_band: 0.25
hysteresis: 0.5
paths:
  focus:
    label: {zh: 聚焦, en: focus}
    indicators:
      rd: {of: [tech], measure: change, label: {zh: 技术, en: technology}}
"""


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("rd_exp / revenue", "rd_expp / revenue", "did you mean 'rd_exp'"),
        ("[rd, -staff]", "[rd, -stuff]", "did you mean 'staff'"),
        ("items: [rd, staff]}\n  market", "items: [rd]}\n  market", "min_items asks for 2"),
        ("dead_band: 0.25", "dead_band: 0.75", "hysteresis is below dead_band; write at least 0.75"),
        ("of: [tech]", "of: [tecc]", "did you mean 'tech'"),
        ("measure: change", "measure: coverage", "within belongs to measure: coverage"),
        ("dead_band: 0.25", "norm: {base_years: [2009, 2011]}", "does not lie inside the study's years 2012-2024"),
        ("table: linkages, formula: betweenness", "table: trade_hs6, formula: value", "firms carry no"),
    ],
)
def test_faults_of_modes_have_their_place(broken: Broken, old: str, new: str, text: str) -> None:
    load_study(broken(**{"modes.yaml": MODES}))
    found = faults(broken(**{"modes.yaml": MODES.replace(old, new, 1)}))
    assert len(found) == 1 and found[0][0].startswith("configs/modes.yaml:") and text in found[0][1], found
