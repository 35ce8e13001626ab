"""The terminal summary says file, counts, row, column with both names, value, mend and where the list is; ids are documented."""

from __future__ import annotations

import re
from pathlib import Path

from hqd_index.engines import Engine
from hqd_index.intake import intake, intake_lines
from hqd_index.intake.rules.rule_catalogue import RULES
from hqd_index.study.study_folder import load_study

from .conftest import build


def test_the_summary_says_what_a_person_needs(folder: Path, engine: Engine):
    lines = ["企业代码,年份,行业代码,营业收入"] + [f"{n:06d},2020,C35,{n + 1}" for n in range(998)]
    lines[2] = lines[2].replace("C35", "Z99")
    lines[5] = lines[5].replace("C35", "Z99")
    (folder / "data" / "firms.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    got = intake(build(), engine, folder / "data", folder / "configs")
    said = intake_lines(got, "zh", "latest/quarantine.xlsx")
    assert said == [
        "[校验] firms.csv  998 行 → 采用 996，隔离 2（0.2%），范围外 0",
        '  E09 行业代码不在所声明版本中   2 行  例：第 3 行 industry_code（行业代码） = "Z99"；另见第 6 行',
        "      应为：所声明版本中的制造业代码，C13-C43   改法：对照行业代码表修改   处理：整行隔离",
        "      全部明细：latest/quarantine.xlsx",
    ]
    english = "\n".join(intake_lines(got, "en"))
    assert english.isascii() and "998 rows" in english and "industry_code (industry code)" in english
    "\n".join(said).encode("gbk")


def test_every_id_in_the_code_is_documented(root: Path):
    """Ids written in the sources are in RULES, in the shipped rules, or belong to another part of the domain reference."""
    paths = [path for path in (root / "src/hqd_index/intake").rglob("*.py") if path.name != "industry_names.py"]
    sources = "\n".join(path.read_text("utf-8") for path in paths)
    used = set(re.findall(r'"((?:S|E|W|SL|LK|TR|IO)\d{2}|C0\d)"', sources))
    shipped = {rule.id for rule in load_study(root / "configs").study.rules.rules}
    undocumented = used - shipped - set(RULES)
    assert len(used) > 30 and not undocumented, f"no text in rule_catalogue.py of {sorted(undocumented)}"
    for ruling in RULES.values():
        assert all((ruling.text.zh, ruling.text.en, ruling.mend.zh, ruling.mend.en))


def test_ids_are_those_of_the_domain_reference(shared: Path, root: Path):
    """No id here that the reference does not know (letters after an id mark a variant of it)."""
    text = (shared / "domain" / "data.md").read_text("utf-8")
    shipped = {rule.id for rule in load_study(root / "configs").study.rules.rules}
    own = {"TR04"}  # processing exports within exports: the reference has no rule for the trade table by industry
    assert {id for id in {*RULES, *shipped} - own if id[: 4 if id[1].isalpha() else 3] not in text} == set()
