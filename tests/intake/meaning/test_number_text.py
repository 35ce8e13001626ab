"""Why a text is no plain number; a proposal that would change the value is worse than none (P1, F62)."""

from __future__ import annotations

import pytest

from hqd_index.intake.meaning.numbers import Diagnosis, diagnose, has_decimal_commas


@pytest.mark.parametrize(
    "text",
    ["12.3①", "45.6²", "7⑴", "8 1)", "1/2", "½", "1234①", "1234²", "1,23",
     "1,2345", "3(1)", "(12,34)", "12.3a", "约一百", "1e5万",
    "12\x0b34", "1\x0034",
     "1\u200b23", "1,234 5", "5(2)", "10⁴", "１２³", "12.3 (r)", "≥5", "<0.1", "~3"],
)  # fmt: skip
def test_no_proposal_that_changes_the_number(text: str):
    for unit in ("万元", "%", ""):
        assert (diagnose(text, unit).rule, diagnose(text, unit).proposed_number) == ("C01", None)


@pytest.mark.parametrize(
    ("text", "unit", "proposed"),
    [("1,234", "元", "1234"), ("1 234", "元", "1234"), ("1'234", "元", "1234"), ("1,234.5", "元", "1234.5"), ("12,345,678", "元",
    "12345678"),
     ("１２３", "元", "123"), ("−5", "元", "-5"), ("1234万", "元", "12340000"), ("1.5亿元", "万元", "15000"), ("12%", "%", "12"),
     ("5(人)", "人", "5"),
     ("1,234 万元", "万元", "1234"), ("1\u202f234", "元", "1234")],
)  # fmt: skip
def test_proposals_are_the_same_number(text: str, unit: str, proposed: str):
    assert (diagnose(text, unit).rule, diagnose(text, unit).proposed_number) == ("C08", proposed)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("inf", "C05"), ("不详", "C09"), ("…", "C09"), ("2020-12-31", "C07"), ("#N/A", "C09"), ("----", "C09"), ("暂缺", "C09")],
)
def test_marks_dates_and_infinity(text: str, rule: str):
    assert diagnose(text, "元").rule == rule


@pytest.mark.parametrize("text", ["(1,234)", "（1,234）", "( 1234 )", "1,234-"])
def test_brackets_and_a_minus_behind_may_mean_a_negative_number(text: str):
    assert (
        diagnose(text, "元") == Diagnosis("C08", "-1234", "negatives") and diagnose(text, "元", comma_decimal=True).rule == "C01"
    )


def test_a_column_of_decimal_commas_is_known_as_a_whole():
    assert (
        has_decimal_commas(["1,5", "12,75", "3,141", "5", "—"])
        and has_decimal_commas(["1.234,5"])
        and has_decimal_commas(["0,123"])
    )
    assert not has_decimal_commas(["1,234", "12,345"]) and not has_decimal_commas(["1,5", "约"]) and not has_decimal_commas(["5"])
    assert not has_decimal_commas(["1,250", "1 300", "900"]) and not has_decimal_commas(["1 100", "−2"])  # blanks show nothing
    slip = [f"{n},101" for n in range(2, 11)]
    assert not has_decimal_commas(["1,1", *slip]) and has_decimal_commas(["1,1", "2,25", "0,5", *slip])
    assert diagnose("1,234", "元", comma_decimal=True).proposed_number == "1.234"
    assert diagnose("1.234,5", "元", comma_decimal=True).proposed_number == "1234.5"
    assert diagnose("1.5", "元", comma_decimal=True).proposed_number is None
