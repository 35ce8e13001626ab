"""`hqd methods` tells what is estimated and what is not."""

from hqd_index.console import methods_lines
from hqd_index.models.estimator_catalogue import NOT_OFFERED, OFFERED


def test_every_estimator_has_a_known_answer_and_every_other_a_reason() -> None:
    assert all(one.known_answer for one in OFFERED.values()) and not set(OFFERED) & set(NOT_OFFERED)
    assert all(one.why_en and one.why_zh for one in NOT_OFFERED.values())
    for language, text in (("en", "full enumeration"), ("zh", "约束 wild 聚类自助法")):
        lines = methods_lines("estimators", language)
        assert len(lines) == 1 + len(OFFERED) and any(text in line for line in lines)
        assert any("xtabond2" in line for line in methods_lines(None, language))
