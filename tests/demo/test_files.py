"""The raw files hold the clean panel and the listed broken rows, and nothing else; their bytes depend on the seed alone."""

import csv
import hashlib
import io
import json
from collections import Counter

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from hqd_index.demo import write_demo
from hqd_index.demo.files import FIRM_FILES, LABELS, YEARBOOK
from hqd_index.demo.planted_faults import DRAWN_FAULTS, STANDING_FAULTS
from hqd_index.demo.registry import PROVINCES
from hqd_index.demo.world import MONEY
from hqd_index.intake.meaning.official_codes import divisions

# batch totals depend on the number of firms; codes, incomes and names on nothing
FIXED = {"synthetic_srdi_batches.csv", "synthetic_crosswalks.csv", "synthetic_countries.csv", "synthetic_products.csv"}


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def rows_of(path, encoding):
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding))))


def test_bytes_depend_on_the_seed_alone(tmp_path):
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        write_demo(tmp_path / name, seed=seed, firms=1500)
    first, again, other = (digests(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert {name for name in first if first[name] == other[name]} <= FIXED
    assert all(name.startswith("synthetic_") or name == "truth.json" for name in first)


def test_what_is_not_listed_as_broken_is_the_clean_panel(raw, demo):
    """Read with the csv module alone: every unlisted row, back in canonical units, is a row of the panel, and none is missing."""
    listed = json.loads((raw / "truth.json").read_text(encoding="utf-8"))["broken_rows"]
    broken = {(entry["file"], entry["row"]) for entry in listed}
    parts = []
    for file, (_, _, labels) in FIRM_FILES.items():
        header, *rows = rows_of(raw / file, "gb18030")
        names = {label: name for name, label in (LABELS | labels).items()}
        kept = [row for number, row in enumerate(rows, 2) if (file, number) not in broken]
        parts.append(pd.DataFrame(kept, columns=[names[label] for label in header])[list(LABELS)])
    found = pd.concat(parts, ignore_index=True)
    codes = {name: code for code, short, full, _ in PROVINCES for name in (short, full)}
    found["province_code"] = found["province_code"].map(codes)
    for name in LABELS:
        clean = demo.firms[name]
        if name in MONEY:
            # 万元 with two decimals: exact in hundreds of yuan
            assert found[name].str.replace(".", "").astype("int64").sum() * 100 == clean.sum(), name
            found[name] = (found[name].astype(float) * 1e4).round()
        elif clean.dtype.kind in "if":
            found[name] = found[name].astype(clean.dtype)
        elif clean.dtype.kind == "b":
            found[name] = found[name] == "是"
    found["ownership"] = found["ownership"].map({"国有": "soe", "民营": "private", "外资": "foreign", "其他": "other"})
    ordered = found.sort_values(["firm_id", "year"], ignore_index=True)
    pd.testing.assert_frame_equal(ordered, demo.firms[list(LABELS)], check_dtype=False)


def test_about_one_percent_is_broken_in_ten_ways_and_three_by_lot(raw, demo):
    truth = json.loads((raw / "truth.json").read_text(encoding="utf-8"))
    kinds = Counter(entry["fault"] for entry in truth["broken_rows"])
    assert dict(kinds) == truth["faults"]
    assert len(kinds) >= 10
    assert set(kinds) >= set(STANDING_FAULTS)
    assert len(set(kinds) & set(DRAWN_FAULTS)) == 3
    assert 0.009 < sum(kinds.values()) / (len(demo.firms) + sum(kinds.values())) < 0.011


def test_each_fault_breaks_rows_as_it_says(every_fault):
    """Ragged rows are ragged, doubled keys are doubled, and no other row is either."""
    truth = json.loads((every_fault / "truth.json").read_text(encoding="utf-8"))
    assert set(truth["faults"]) == set(STANDING_FAULTS) | set(DRAWN_FAULTS)
    text = {file: rows_of(every_fault / file, "gb18030") for file in FIRM_FILES}
    keys = Counter((row[0], row[2]) for rows in text.values() for row in rows)
    for entry in truth["broken_rows"]:
        row, width = text[entry["file"]][entry["row"] - 1], len(LABELS)
        assert row[0] == entry["firm_id"]
        assert len(row) == {"F06": width + 1, "F07": width - 3}.get(entry["fault"], width), entry
        if entry["fault"] in ("F25", "M13", "M14"):
            assert keys[row[0], row[2]] == 2
        elif entry["firm_id"].startswith("91"):
            assert keys[row[0], row[2]] == 1


def test_names_of_invented_firms_are_nobody_elses(raw, demo):
    """Else a name on the recognition list would no longer be unique, and its firm's status would be lost."""
    listed = json.loads((raw / "truth.json").read_text(encoding="utf-8"))["broken_rows"]
    broken = {(entry["file"], entry["row"]) for entry in listed if entry["fault"] not in ("M13", "M14")}
    real = set(demo.firms["firm_name"]) | set(demo.srdi_list["name"])
    for file in FIRM_FILES:
        rows = rows_of(raw / file, "gb18030")
        assert not real & {rows[row - 1][1] for name, row in broken if name == file}


def test_yearbook_is_laid_out_as_yearbooks_are(raw):
    rows = CalamineWorkbook.from_path(raw / "synthetic_industry_yearbook.xlsx").get_sheet_by_name("分行业").to_python()
    assert rows[1] == [label for label, _ in YEARBOOK.values()]
    names = {str(row[0]).replace("\n", "") for row in rows[3:]}
    assert set(divisions()["zh"]) <= names
    assert any("\n" in str(row[0]) for row in rows[3:])
    assert sum(row[0] == "合计" for row in rows) == 13
    assert str(rows[-1][0]).startswith("资料来源")


def test_recognition_list_shows_codes_on_seven_rows_of_ten(raw):
    rows = rows_of(raw / "synthetic_srdi_list.csv", "utf-8-sig")[1:]
    assert sum(bool(row[1]) for row in rows) / len(rows) == pytest.approx(0.7, abs=0.06)  # three binomial sd of 500 rows


def test_every_traded_product_has_a_name_of_its_own_in_both_languages(raw):
    _, *names = rows_of(raw / "synthetic_products.csv", "utf-8-sig")
    header, *flows = rows_of(raw / "synthetic_trade_hs6.csv", "utf-8")
    assert {row[0] for row in names} == {row[header.index("HS6")] for row in flows}
    for column in (1, 2):
        assert len({row[column] for row in names}) == len(names)
        assert all(row[column] for row in names)
