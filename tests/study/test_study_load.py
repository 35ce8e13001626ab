"""Every fault of a configuration: exit code 2, its place, what is wrong and how to mend it, in both languages."""

from __future__ import annotations

import inspect
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_study import FILES

from hqd_index.errors import Faults
from hqd_index.firms.derived_columns import COLUMN_FUNCTIONS, lookup
from hqd_index.report.bilingual import split_bilingual, unit_name
from hqd_index.study.checks.score_checks import cautions
from hqd_index.study.column_facts import FUNCTION_OPTIONS
from hqd_index.study.study_folder import load_study
from hqd_index.study.varied_study import vary

Broken = Callable[..., Path]

MEMORY = 100 * 2**20  # F37: a bomb may cost at most 100 MB beyond what the imports take
MEDIATOR = "mediators:\n  {}: {{table: firms, formula: {}, label: {{zh: 人才, en: Talent}}}}\nspecifications:"
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


ONE_FILE = [
    # F31 mistyped keys and words
    ("study.yaml", "years:", "yeers:", "study.yaml:4:1", "unknown key 'yeers'; did you mean 'years'?", "您是不是想写 'years'?"),
    ("study.yaml", "years: [2012, 2024]", "years: [2024, 2012]", "study.yaml:4:1", "write [2012, 2024]", "请写成 [2012, 2024]"),
    ("study.yaml", "years: [2012, 2024]", "years: [2012]", "study.yaml:4:1", "item 2 of the list is missing", "缺少第 2 项"),
    ("study.yaml", "years: [2012, 2024]", "years: [2012，2024]", "study.yaml:4:9", "write '，' as ','", "改为半角 ','"),
    ("study.yaml", "name: small", 'name: "Small study"', "study.yaml:2:1", "is no id", "不能作标识"),
    ("study.yaml", "name: small", "name: small\nengine: dukdb", "study.yaml:3:1",
     "did you mean 'duckdb'?", "您是不是想写 'duckdb'?"),
    ("study.yaml", "name: small", "name: small\nseed: '7'", "study.yaml:3:1", "a whole number, without quotes", "整数,不加引号"),
    ("study.yaml", "name: small", "name: small\nmin_firms: 0", "study.yaml:3:1", "must be >= 1", ">= 1"),
    ("study.yaml", "name: small", "name: small\nunit: {names: gbt4755}", "study.yaml:3:8", "did you mean 'gbt4754'?", "gbt4754"),
    ("study.yaml", "name: small", "name: small\nunit: {names: {tabel: a}}", "study.yaml:3:16",
     "'tabel'; did you mean 'table'?", "table"),
    ("study.yaml", "en: Small study", "en: Small, study", "study.yaml:3:29", "put the text in quotes", "请给文本加引号"),
    ("sources.yaml", "out_of_scope:", "missing: [-99]\n    out_of_scope:", "sources.yaml:9:15",
     'in quotes: "-99"', '请加引号:"-99"'),
    ("regressions.yaml", "sesoi: 0.1, ", "", "regressions.yaml:7:1", "sesoi is missing; write the smallest effect", "缺少 sesoi"),
    # F32
    ("weighting.yaml", "  dimensions: {method: arithmetic}", "  indicators: {method: arithmetic}", "weighting.yaml:8:3",
     "written twice (first in line 7)", "写了两次(第一次在第 7 行)"),
    # F33
    ("study.yaml", "name: small", "name：small", "study.yaml:2:1", "full-width colon after 'name'", "'name' 后面用了全角冒号"),
    ("weighting.yaml", "  indicators: {method: entropy}", "  indicators：entropy", "weighting.yaml:4:1",
     "full-width colon", "全角冒号"),
    ("weighting.yaml", "normalise: {method: minmax", "normalise: {method:minmax", "weighting.yaml:2:13",
     "no blank after the colon of 'method'", "'method' 的冒号后面缺少空格"),
    ("study.yaml", "name: small", "name:small", "study.yaml:2:1",
     "no blank after the colon of 'name'", "'name' 的冒号后面缺少空格"),
    ("weighting.yaml", "  indicators: {method: entropy}", "\tindicators: {method: entropy}", "weighting.yaml:4:1", "Tab", "Tab"),
    # F34 - F36
    ("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: 0.5, safety: 0.48}", "weighting.yaml:5:3", "0.98", "0.98"),
    ("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: -0.5, safety: 1.5}", "weighting.yaml:5:3",
     "number >= 0", ">= 0"),
    ("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: .nan, safety: 0.5}", "weighting.yaml:5:3", "number", "数值"),
    ("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: .inf, safety: 0.5}", "weighting.yaml:5:3", "number", "数值"),
    ("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: half, safety: 0.5}", "weighting.yaml:5:3", "number", "数值"),
    ("weighting.yaml", "{inn1: 0.25, inn2: 0.75}", "{inn1: 0.25, inn9: 0.75}", "weighting.yaml:10:13",
     "no such child: inn9; without a share: inn2", "没有这样的下级:inn9;缺少份额:inn2"),
    # F37, F38
    ("study.yaml", "name: small", "name: &a small", "study.yaml:2:7", "anchors", "锚点"),
    ("study.yaml", "name: small", "name: !!python/object/apply:os.system [echo]", "study.yaml:2:7", "tags", "标签"),
    ("study.yaml", "name: small", "name: " + "[" * 5000, "study.yaml:2:1", "nested deeper than 20", "嵌套超过 20 层"),
    # F39
    ("sources.yaml", "firms_*.csv", "../../secret.csv", "sources.yaml:4:5", "leaves the data folder", "数据文件夹之外"),
    ("sources.yaml", "firms_*.csv", "/etc/passwd", "sources.yaml:4:5", "leaves the data folder", "数据文件夹之外"),
    ("sources.yaml", "firms_*.csv", "C:/secret.csv", "sources.yaml:4:5", "leaves the data folder", "数据文件夹之外"),
    ("sources.yaml", "firms_*.csv", r"\\server\share\x.csv", "sources.yaml:4:5", "leaves the data folder", "数据文件夹之外"),
    ("sources.yaml", "assume_review: none", "batches: ../batches.csv", "sources.yaml:14:13", "leaves the data folder", "之外"),
    # F40
    ("indicators.yaml", "sum(cogs) / sum(inventory_avg)", "sum(cogz) / sum(inventory_avg)", "indicators.yaml:14:24",
     "unknown column 'cogz'; did you mean 'cogs'?", "您是不是想写 'cogs'?"),
    ("indicators.yaml", "sum(cogs) / sum(inventory_avg)", "read_csv('x')", "indicators.yaml:14:24",
     "not allowed", "公式里不能用"),
    ("indicators.yaml", "sum(cogs) / sum(inventory_avg)", "cogs / inventory_avg", "indicators.yaml:14:24",
     "sums nothing", "没有汇总"),
    ("indicators.yaml", "sum(energy_use)", "sum(employees)", "indicators.yaml:15:27", "is in table firms", "在数据表 firms 中"),
    ("indicators.yaml", "sum(cogs) / sum(inventory_avg)", "max(firm_id)", "indicators.yaml:14:24",
     "gives a text where a number is needed", "是文本,应为数值"),
    ("sources.yaml", "when: employees < 8", "when: employees < 'a'", "sources.yaml:10:10",
     "cannot be compared", "不能放在一起比较"),
    ("rules.yaml", "rd_staff <= employees", "rd_staff + employees", "rules.yaml:4:29", "a condition is needed", "应为条件"),
    ("rules.yaml", "rd_staff <= employees", "rd_staf <= employees", "rules.yaml:4:29", "did you mean 'rd_staff'?", "'rd_staff'"),
    ("columns.yaml", "(inventory + lag(inventory)) / 2", "(select 1)", "columns.yaml:4:21", "not allowed", "公式里不能用"),
    ("regressions.yaml", "sum(total_liab)", "sum(copy)", "regressions.yaml:4:31", "unknown column 'copy'", "不认识的列"),
    # F41
    ("scenarios/equal.yaml", "weighting.weight.indicators", "weighting.wieght.indicators", "scenarios/equal.yaml:3:3",
     "unknown entry 'wieght'; did you mean 'weight'?", "您是不是想写 'weight'?"),
    ("scenarios/equal.yaml", "weighting.weight.indicators", "weighting.weight.indicator", "scenarios/equal.yaml:3:3",
     "unknown level 'indicator'; did you mean 'indicators'?", "'indicators'"),
    ("scenarios/equal.yaml", "{method: equal}", "{method: eqal}", "scenarios/equal.yaml:3:3", "did you mean 'equal'?", "'equal'"),
    ("scenarios/equal.yaml", "weighting.weight.indicators: {method: equal}", "weighting.normalise.method: zscore",
     "scenarios/equal.yaml:3:3", "a method is replaced whole", "整体替换"),
    ("scenarios/equal.yaml", "weighting.weight.indicators: {method: equal}", "weighting.normalise: {method: zscore}",
     "scenarios/equal.yaml:3:3", "entropy needs non_negative values", "要求非负值"),
    ("uncertainty.yaml", "weighting.normalise:", "weighting.normalize:", "uncertainty.yaml:3:3",
     "did you mean 'normalise'?", "'normalise'"),
    ("uncertainty.yaml", "{method: zscore}", "{method: zscor}", "uncertainty.yaml:3:25", "did you mean 'zscore'?", "'zscore'"),
    # F42
    ("study.yaml", "version: 1", "version: 0", "study.yaml:1:1", "of version 0, this program reads version 1", "文件版本为 0"),
    # methods
    ("weighting.yaml", "{method: entropy}", "{method: entropi}", "weighting.yaml:4:3", "did you mean 'entropy'?", "'entropy'"),
    ("weighting.yaml", "{method: minmax, over: all_years}", "{method: minmax, ovr: all_years}", "weighting.yaml:2:1",
     "'over'", "'over'"),
    ("weighting.yaml", "{method: minmax, over: all_years}", "{method: zscore}", "weighting.yaml:4:3", "zscore", "zscore"),
    ("weighting.yaml", "over: all_years", "over: [1990, 2000]", "weighting.yaml:2:1", "holds no year of the study", "没有重合"),
    ("weighting.yaml", "  indicators: {method: entropy}", "  leaves: {method: entropy}", "weighting.yaml:5:3",
     "excludes every other", "不能与"),
    ("weighting.yaml", "branches:\n  quality:", "branches:\n  qualty:", "weighting.yaml:10:3",
     "did you mean 'quality'?", "'quality'"),
    ("weighting.yaml", "inn1: {treat", "inn7: {treat", "weighting.yaml:12:3", "unknown indicator 'inn7'", "不认识的指标"),
    ("weighting.yaml", "branches:", "coverage: {min_children: 3}\nbranches:", "weighting.yaml:9:1",
     "would never have a score", "永远没有得分"),
    # tree
    ("indicators.yaml", "[smo1, upg3]", "[smo1, upg4]", "indicators.yaml:6:20", "unknown indicator 'upg4'; did you mean", "upg3"),
    ("indicators.yaml", "[smo1, upg3]", "[smo1, inn1]", "indicators.yaml:6:20", "appears twice", "出现两次"),
    ("indicators.yaml", "levels: [indicators, dimensions]", "levels: [indicators, subdimensions, dimensions]",
     "indicators.yaml:5:5",
     "below quality are the levels subdimensions, indicators", "以下各层为"),
    ("indicators.yaml", "  safety: {zh: 安全", "  savety: {zh: 安全", "indicators.yaml:10:3",
     "did you mean 'safety'?", "'safety'"),
    ("indicators.yaml", "levels:", "profile: slim\nprofiles: {slim: [inn1, inn2]}\nlevels:", "indicators.yaml:8:5",
     "leaves 'safety' without an indicator", "'safety' 没有任何指标"),
    ("indicators.yaml", "direction: -1", "direction: {band: [83, 79]}", "indicators.yaml:15:73", "write [79, 83]", "[79, 83]"),
    ("indicators.yaml", "direction: -1", "direction: 2", "indicators.yaml:15:73", "not one of 1, -1", "1, -1"),
    # what may not enter the index or stand among the controls
    ("indicators.yaml", "sum(rd_staff)", "count(*) filter (where srdi_valid)", "indicators.yaml:13:24",
     "indicator inn2: srdi_valid is a column of the treatment", "指标 inn2:srdi_valid 是处理变量"),
    ("columns.yaml", "(inventory + lag(inventory)) / 2", "inventory * srdi_ever", "indicators.yaml:14:24",
     "srdi_ever is a column of the treatment", "srdi_ever 是处理变量"),
    ("regressions.yaml", "sum(total_liab) / sum(total_assets)", "sum(rd_exp) / sum(revenue)", "regressions.yaml:4:31",
     "control leverage uses rd_exp, an ingredient of indicator inn1", "控制变量 leverage 用到了 rd_exp,而它是指标 inn1"),
    ("regressions.yaml", "specifications:", MEDIATOR.format("talent", "sum(rd_exp) / sum(revenue)"), "regressions.yaml:6:26",
     "mediator talent uses rd_exp, an ingredient of indicator inn1; take another mediator", "机制变量 talent 用到了 rd_exp"),
    ("regressions.yaml", "specifications:", MEDIATOR.format("talent", "count(*) filter (where srdi_valid)"),
     "regressions.yaml:6:26", "srdi_valid is a column of the treatment, which does not pass on its own effect",
     "机制变量 talent:srdi_valid 是处理变量"),
    ("regressions.yaml", "specifications:", MEDIATOR.format("leverage", "sum(fixed_assets)"), "regressions.yaml:6:3",
     "leverage is the name of a control too", "leverage 同时是控制变量的名称"),
    ("regressions.yaml", "specifications:", MEDIATOR.format("inn2", "sum(fixed_assets)"), "regressions.yaml:6:3",
     "inn2 is the name of a node too", "inn2 同时是指标树节点的名称"),
    # growth of nominal money
    ("indicators.yaml", "sum(cogs) / sum(inventory_avg)", "sum(revenue) / sum(lag(revenue)) - 1", "indicators.yaml:14:24",
     "growth of nominal money", "名义金额的增长"),
    ("columns.yaml", "(inventory + lag(inventory)) / 2", "ln(inventory) - ln(lag(inventory))", "columns.yaml:4:21",
     "growth of nominal money", "名义金额的增长"),
    # columns
    ("columns.yaml", "revenue / (price / 100)", "real_revenue * 2", "columns.yaml:7:20", "is defined by itself", "用到了它自己"),
    ("columns.yaml", "function: chain", "function: chian", "columns.yaml:6:13", "did you mean 'chain'?", "'chain'"),
    ("columns.yaml", "of: ppi, base: 2012", "of: ppi", "columns.yaml:6:30", "needs the option base", "必须给出选项 base"),
    ("columns.yaml", "real_revenue: {formula", "revenue: {formula", "columns.yaml:7:15", "is defined by itself", "用到了它自己"),
    ("columns.yaml", "inventory_avg: {formula: (inventory + lag(inventory)) / 2", "revenue: {formula: cogs * 1",
     "columns.yaml:4:5", "is read from a file already", "已从文件读入"),
    ("columns.yaml", "of: ppi", "of: pppi", "columns.yaml:6:40", "did you mean 'ppi'?", "'ppi'"),
    # sources
    ("sources.yaml", "营业收入: revenue", "营业收入: revenu", "sources.yaml:6:40", "did you mean 'revenue'?", "'revenue'"),
    ("sources.yaml", "table: industry", "table: linkages", "sources.yaml:13:5", "is computed", "由程序计算"),
    ("sources.yaml", "table: industry", "table: industri", "sources.yaml:13:5", "did you mean 'industry'?", "'industry'"),
    ("sources.yaml", '"true"', '"yes"', "sources.yaml:8:31", "unknown category 'yes'", "不认识的类别"),
    # C4: what `values` gives a column can be read in it
    ("sources.yaml", '{certified_intl: {是: "true", 否: "false"}}', '{revenue: {无: "零"}}', "sources.yaml:8:24",
    "'零' is no number", "不是数字"),
    ("sources.yaml", '{certified_intl: {是: "true", 否: "false"}}', '{employees: {数十: "30.5"}}', "sources.yaml:8:26",
     "is no whole number", "不是整数"),
    ("sources.yaml", '{certified_intl: {是: "true", 否: "false"}}', '{disclose_date: {期末: "2020"}}', "sources.yaml:8:30",
     "is no date; write it as 2023-12-31", "不是日期"),
    ("sources.yaml", "units: {revenue: 万元}", "fill_down: [yaer]", "sources.yaml:7:17", "did you mean 'year'?", "year"),
    ("sources.yaml", "  industry:\n    path: industry.xlsx\n    table: industry\n", "", "indicators.yaml:15:10",
     "no source feeds", "没有任何来源"),
    # regressions
    ("regressions.yaml", "controls: [leverage]", "controls: [leverge]", "regressions.yaml:6:57",
     "did you mean 'leverage'?", "'leverage'"),
    ("regressions.yaml", "density: {lag: 1}", "density: {levels: [nationl]}", "regressions.yaml:2:20",
     "'national'", "'national'"),
    ("regressions.yaml", "headline: true", "years: [2010, 2020]", "regressions.yaml:6:68", "does not lie inside", "不在研究年份"),
    ("regressions.yaml", "headline: true", "scenario: equall", "regressions.yaml:6:68", "did you mean 'equal'?", "'equal'"),
    ("regressions.yaml", "headline: true", "headline: true, scenario: equal", "regressions.yaml:6:68",
     "the study's own index", "自己的指数"),
    ("regressions.yaml", "headline: true", "fixed_effects: [unit, group_year]", "regressions.yaml:6:90",
     "in study.yaml write under unit: groups", "请在 study.yaml 的 unit 下写 groups"),
    ("regressions.yaml", "headline: true", "fixed_effects: [group_year, year]", "regressions.yaml:6:84",
     "take year out", "请去掉 year"),
    ("regressions.yaml", "density: {lag: 1}", "multiverse: {fixed_effects: [[unit, group_year]]}", "regressions.yaml:2:37",
     "in study.yaml write under unit: groups", "请在 study.yaml 的 unit 下写 groups"),
    ("study.yaml", "years:", "unit: {groups: region}\nyears:", "study.yaml:4:8",
     "region groups province_code, which no unit is made of; write technology or factor", "请写 technology、factor"),
    ("rules.yaml", "[0, 5.0e+12]", "[5, 1]", "rules.yaml:2:18", "write [1", "[1"),
]  # fmt: skip


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
