"""`hqd diff` on runs made by hand: it prints what changed, all of it, and nothing else."""

import json

import pandas as pd
import pytest

from hqd_index.console import difference_lines
from hqd_index.errors import ConfigError, SetupError
from hqd_index.publishing import run_folder
from hqd_index.upkeep import difference

CONFIG = {
    "weighting": {"weight": {"parts": {"method": "entropy", "over": "all_years"}}, "branches": {}},
    "study": {"years": [2019, 2020]},
}
SCORES = [  # year, unit, rank, score
    (2019, "u1", 1, 60.0), (2019, "u2", 2, 50.0), (2020, "u1", 1, 61.0), (2020, "u2", 2, 51.0),
]  # fmt: skip


def run(
    home, name, *, config=CONFIG, inputs=None, versions=None, scores=SCORES, weights=(("x", 0.4), ("y", 0.6)), slope=0.5, p=0.04
):
    folder = home / "runs" / name
    (folder / "tables").mkdir(parents=True)
    manifest = {
        "run": name,
        "files": {},
        "program": "hqd-index 0.1.0",
        "inputs": inputs or {"a.csv": "1"},
        "versions": versions or {"numpy": "2"},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    rows = [
        {"sample": sample, "level": "index", "year": y, "unit": u, "rank": r, "score": s}
        | {"unit_zh": f"甲{u}", "unit_en": f"Unit {u}"}
        for sample, place in (("all", 0), ("leave_out", 7))
        for y, u, r, s in [(y, u, r + place, s) for y, u, r, s in scores]
    ]
    shares = [
        {"scenario": scenario, "year": year, "node": node, "node_zh": f"叶{node}", "node_en": f"leaf {node}"}
        | {"share_global": share * scale if year == 2020 else 0.5}
        for scenario, scale in (("base", 1), ("other", 0.1))
        for year in (2019, 2020)
        for node, share in weights
    ]
    slopes = [
        {"spec": "main", "sample": "all", "subset": None, "outcome": "top", "term": "density", "estimate": slope, "p_wild": p}
    ]
    for table, frame in {"scores": rows, "weights": shares, "regressions": slopes}.items():
        pd.DataFrame(frame).to_csv(folder / "tables" / f"{table}.csv", index=False, encoding="utf-8-sig")
    return folder


def said(home, one="aa", other="bb", language="en"):
    before, after, sections = difference(home, one, other)
    return difference_lines((before, after), sections, language)


def test_equal_runs_do_not_differ(tmp_path):
    run(tmp_path, "aa1")
    run(tmp_path, "bb1", slope=0.5 + 1e-12)  # the last digits hang on the order of additions
    assert said(tmp_path)[2:] == ["the two runs do not differ"]
    assert said(tmp_path, language="zh")[2:] == ["两次运行没有差别"]


def test_only_what_changed_is_printed(tmp_path):
    run(tmp_path, "aa1")
    weight = {"parts": {"method": "critic", "over": "all_years"}}
    config = {
        "weighting": {"weight": weight, "branches": {"left": {"weight": {"method": "equal"}}}},
        "study": {"years": [2019, 2020]},
    }
    scores = [(2019, "u1", 1, 60.0), (2019, "u2", 2, 50.0), (2020, "u1", 2, 50.5), (2020, "u2", 1, 51.0)]
    inputs, versions = {"a.csv": "2", "b.csv": "1"}, {"numpy": "3"}
    run(
        tmp_path,
        "bb1",
        config=config,
        inputs=inputs,
        versions=versions,
        scores=scores,
        weights=(("x", 0.3), ("z", 0.7)),
        slope=0.25,
        p=0.3,
    )
    assert said(tmp_path) == [
        f"earlier  as its files say  {'?':<16}  aa1",
        f"later    as its files say  {'?':<16}  bb1",
        "", "Configuration (3)",
        "  weighting.branches: {} -> —",
        '  weighting.branches.left.weight: — -> {"method": "equal"}',
        '  weighting.weight.parts: {"method": "entropy", "over": "all_years"} -> {"method": "critic", "over": "all_years"}',
        "", "Inputs and program (3)",
        "  a.csv: changed", "  b.csv: new", "  numpy: 2 -> 3",
        "", "Weights (3)",
        "  x leaf x: 0.4 -> 0.3", "  z leaf z: — -> 0.7", "  y leaf y: 0.6 -> —",
        "", "Ranks (2)",
        "  2020 u2 Unit u2: 2 -> 1", "  2020 u1 Unit u1: 1 -> 2 (61 -> 50.5)",
        "", "Coefficients (1)",
        "  main · all · top · density: 0.5 -> 0.25 (p 0.04 -> 0.3)",
    ]  # fmt: skip
    text = "\n".join(said(tmp_path, language="zh"))
    assert "配置 (3)" in text and "a.csv: 内容有变" in text and "2020 u1 甲u1: 1 -> 2" in text and "x 叶x: 0.4 -> 0.3" in text


def test_small_differences_are_told_apart_and_other_years_counted(tmp_path):
    run(tmp_path, "aa1")
    scores = [(2019, "u1", 2, 49.0), (2019, "u2", 1, 50.0), *SCORES[2:]]
    run(tmp_path, "bb1", scores=scores, slope=0.500001)
    lines = said(tmp_path)
    assert "  other years: 2 of 2 ranks differ" in lines
    assert "  main · all · top · density: 0.5 -> 0.500001" in lines


def test_a_run_without_its_configuration_says_so(tmp_path):
    run(tmp_path, "aa1", config=None)
    run(tmp_path, "bb1")
    assert "  run aa1 did not keep its configuration: not compared" in said(tmp_path)


def test_runs_are_named_by_latest_or_by_the_beginning_of_an_id(tmp_path):
    with pytest.raises(SetupError, match="there is no whole run"):
        run_folder(tmp_path, "latest")
    folder = run(tmp_path, "ab12")
    run(tmp_path, "ab34")
    (tmp_path / "latest").symlink_to(folder)
    assert run_folder(tmp_path, "latest").resolve().name == "ab12" and run_folder(tmp_path, "ab3").name == "ab34"
    with pytest.raises(SetupError, match="begins several runs: ab12, ab34"):
        run_folder(tmp_path, "ab")
    with pytest.raises(SetupError, match="did you mean 'ab34'"):
        run_folder(tmp_path, "ab43")


def test_without_names_the_last_two_runs_are_compared(tmp_path):
    """F73: by date, whatever `latest` is; with one name the newest besides it. ConfigError (exit 2) where there are not two."""
    with pytest.raises(ConfigError, match="there are none"):
        difference(tmp_path)
    for name, day in (("aa", 1), ("bb", 3), ("cc", 2)):
        folder = run(tmp_path, name)
        manifest = json.loads((folder / "manifest.json").read_text()) | {"made_at": f"2026-01-0{day}T00:00:00+00:00"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        if name == "aa":
            (tmp_path / "latest").symlink_to(folder)
            with pytest.raises(ConfigError, match="there is 1"):
                difference(tmp_path, None, "latest")
    for names, expected in (((), ("cc", "bb")), (("latest",), ("aa", "bb")), (("bb",), ("bb", "cc"))):
        before, after, _ = difference(tmp_path, *names)
        assert (before.name, after.name) == expected


def test_without_names_a_trial_is_compared_with_the_study_and_said_by_name(tmp_path):
    """Two trials in a row are not compared with each other; a run as the files say is compared with the one before it."""
    label = {"study": {"label": {"zh": "某研究", "en": "A study"}}}
    scenario = {"id": "equal", "zh": "等权", "en": "Equal weights"}
    variants = {"aa": {}, "bb": {"changes": {"a.b": "{method: critic}"}}, "cc": {"scenario": scenario}, "dd": {}}
    for day, (name, variant) in enumerate(variants.items(), start=1):
        folder = run(tmp_path, name, config=CONFIG | label)
        manifest = json.loads((folder / "manifest.json").read_text()) | {"made_at": f"2026-01-0{day}T12:00:00+00:00"}
        (folder / "manifest.json").write_text(json.dumps(manifest | variant))
        if day > 1:
            before, after, sections = difference(tmp_path)
            assert (before.name, after.name) == ("aa", name)
            lines = difference_lines((before, after), sections, "en")
            assert lines[0] == "study    A study" and lines[1].startswith("earlier  as its files say  2026-01-01 ")
            what = {"bb": "changed a.b={method: critic} (--set)", "cc": "scenario 'Equal weights' (--scenario equal)"}
            assert lines[2].startswith(f"later    {what.get(name, 'as its files say')}  2026-01-0{day} ")
    assert difference(tmp_path, None, "cc")[0].name == "aa", "only what was before it"
