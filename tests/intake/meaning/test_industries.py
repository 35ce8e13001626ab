"""Industries by code and name of the declared edition, in vendors' forms; what is right but not manufacturing is known."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from hqd_index.intake.meaning.industries import industry
from hqd_index.intake.meaning.industry_names import DIVISIONS_OF_2002, OTHER_DIVISIONS, SECTION_NAMES, SECTIONS

# data.md section 7: 2002 -> 2011/2017; 37 and 42 are split and need three digits
CARRIED_OVER = {
    **{str(n): f"C{n}" for n in (*range(13, 30),)}, "30": "C29", "31": "C30", "32": "C31", "33": "C32", "34": "C33", "35": "C34",
    "36": "C35", "39": "C38", "40": "C39", "41": "C40", "43": "C42", "37": "C36+C37", "42": "C24+C41",
}  # fmt: skip


@pytest.mark.parametrize(("code", "name"), DIVISIONS_OF_2002.items())
def test_names_of_2002_are_carried_over_by_their_own_code(code: str, name: str):
    match = industry(name, "2002")
    assert (match.code, match.edition_code) == (CARRIED_OVER[code], f"C{code}")
    assert industry(code, "2002").code == CARRIED_OVER[code]


@pytest.mark.parametrize("edition", ["2011", "2017"])
def test_codes_and_names_of_every_division_are_known(shared: Path, edition: str):
    tree = pd.read_csv(shared / f"data/gbt4754_2017/gbt4754_{edition}_tree.csv", dtype=str)
    divisions = tree[tree["code"].str.fullmatch(r"[A-T](\d{2})?")]
    assert {row.code: industry(row.code, edition).code for row in divisions.itertuples()} == {
        code: code for code in divisions["code"]
    }
    named = divisions[divisions["code"] < "S"]
    names = {row.code: industry(row.name_zh, edition).code or "" for row in named.itertuples()}
    assert {code: match for code, match in names.items() if match not in (code, code[0])} == {}


FORMS = [
    "制造业-计算机、通信和其他电子设备制造业", "制造业--计算机、通信和其他电子设备制造业",
    "计算机、通信和其他电子设备制造业(C39)",
    "计算机、通信和其他电子设备制造业（C39）", "C39计算机、通信和其他电子设备制造业", "C39-计算机、通信和其他电子设备制造业",
    "C39 计算机、通信和其他电子设备制造业", "[C39]计算机、通信和其他电子设备制造业",
    "C制造业-C39计算机、通信和其他电子设备制造业",
    "39 计算机、通信和其他电子设备制造业", "C 39", "39.0", "C3911", "3911", "c39", "(十)计算机、通信和其他电子设备制造业",
    "15、计算机、通信和其他电子设备制造业", "其中:计算机、通信和其他电子设备制造业", "#计算机、通信和其他电子设备制造业",
    "计算机、通信及其他电子设备制造业", "  计算机、通信和 其他电子设备制造业", "制造业|计算机、通信和其他电子设备制造业",
    "制造业-计算机、通信和其他电子设备制造业-计算机制造", "制造业\n计算机、通信和其他电子设备制造业",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_forms_of_vendors(text: str):
    assert (industry(text, "2017").code, industry(text, "2017").scope) == ("C39", "manufacturing")


@pytest.mark.parametrize(
    ("text", "edition", "code", "scope"),
    [("B", "2017", "B", "other"), ("B06", "2017", "B06", "other"), ("F51", "2017", "F51", "other"), ("K70", "2017", "K70",
    "other"),
     ("D44", "2011", "D44", "other"), ("44", "2017", "D44", "other"), ("S90", "2017", "S90", "other"), ("F52", "2002", "F52",
     "other"),
     ("采矿业", "2017", "B", "other"), ("煤炭开采和洗选业", "2017", "B06", "other"), ("其他采矿业", "2002", "B11", "other"),
     ("电力、热力的生产和供应业", "2002", "D44", "other"), ("电力、热力生产和供应业", "2002", "D44", "other"), ("房地产业",
     "2017", "K", "other"),
     ("金融业-货币金融服务", "2011", "J66", "other"), ("制造业", "2017", "C", "section"), ("总计", "2017", "C", "total"),
     ("工业", "2017", "C", "total"),
     ("汽车制造业", "2002", "C36", "manufacturing"), ("专用设备制造业", "2002", "C35", "manufacturing"), ("C36专用设备制造业",
     "2002", "C35", "manufacturing")],
)  # fmt: skip
def test_what_is_not_manufacturing_keeps_its_code(text: str, edition: str, code: str, scope: str):
    assert (industry(text, edition).code, industry(text, edition).scope) == (code, scope)


@pytest.mark.parametrize(
    "text",
    [
        "C44",
        "Z99",
        "C12",
        "38",
        "设备",
        "C35 汽车制造业",
        "C27-C39",
        "15医药制造业",
        "制造业-房地产业",
        "39110",
        "医药",
        "",
        "2",
        "公司",
    ],
)
def test_what_is_none_or_contradicts_itself_is_refused(text: str):
    assert industry(text, "2002" if text == "38" else "2017").scope == ("manufacturing" if text == "医药" else "none")


def test_a_proposal_is_near_or_none():
    assert industry("医药制造", "2017").suggestion == "医药制造业"
    assert industry("制造", "2017").suggestion is None and industry("设备", "2017").suggestion is None


def test_editions_are_whole():
    """Each division of an edition belongs to one section, and every name's code to its range."""
    for edition, sections in SECTIONS.items():
        bounds = sorted(sections.values())
        gaps = [low - 1 for (_, high), (low, _) in pairwise(bounds) if low != high + 1]
        assert bounds[0][0] == 1 and gaps == ([12] if edition == "2002" else [])
        assert set(SECTION_NAMES[edition]) == set(sections)
        assert all(sections[code[0]][0] <= int(code[1:]) <= sections[code[0]][1] for code in OTHER_DIVISIONS[edition])


def test_sections_of_an_edition_follow_each_other_without_gap():
    """GB/T 4754: A from 01, then division after division; C ends at 43 in all three; 2002 has no 12."""
    for edition, sections in SECTIONS.items():
        firsts, lasts = zip(*sections.values())
        unused = {12} if edition == "2002" else set()
        numbers = [number for first, last in sections.values() for number in range(first, last + 1)]
        assert numbers == [number for number in range(1, lasts[-1] + 1) if number not in unused], edition
        assert "".join(sections) == "ABCDEFGHIJKLMNOPQRST"[: len(sections)] and sections["C"] == (13, 43)
        assert len(firsts) == 20
