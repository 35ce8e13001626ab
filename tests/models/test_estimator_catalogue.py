"""`hqd methods` lists what is estimated and what is not."""

from hqd_index.console import methods_lines
from hqd_index.models.estimator_catalogue import ESTIMATORS, OMITTED_ESTIMATORS
from hqd_index.models.firms.event_rows import NOTES
from hqd_index.models.firms.firm_tables import EVENT_ESTIMATORS


def test_every_estimator_has_a_known_answer_and_every_other_a_reason() -> None:
    assert all(estimator.known_answer for estimator in ESTIMATORS.values()) and not set(ESTIMATORS) & set(OMITTED_ESTIMATORS)
    assert all(estimator.reason_en and estimator.reason_zh for estimator in OMITTED_ESTIMATORS.values())
    for language, text in (("en", "full enumeration"), ("zh", "约束 wild 聚类自助法")):
        lines = methods_lines("estimators", language)
        assert len(lines) == 1 + 2 * len(ESTIMATORS) and any(text in line for line in lines)
        assert any("xtabond2" in line for line in methods_lines(None, language))


def test_every_estimator_has_a_label_in_both_languages() -> None:
    assert all(estimator.zh and estimator.en for estimator in [*ESTIMATORS.values(), *OMITTED_ESTIMATORS.values()])  # type: ignore[attr-defined]
    assert set(NOTES) == {*EVENT_ESTIMATORS, "bacon", "dcdh", "dcdh_dynamic", "entropy_balance", "psm", "iv"} <= set(ESTIMATORS)
