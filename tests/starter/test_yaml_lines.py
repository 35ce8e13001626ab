"""What init writes as YAML is read back as it was meant, whatever is in it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hqd_index.starter.yaml_lines import YamlLines, flow_style
from hqd_index.study.yaml_document import Document, read_text

TEXTS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff\ufeff\u2028\u2029\x85"), max_size=20
)
SCALARS = TEXTS | st.integers(-(10**9), 10**9) | st.booleans() | st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 4))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXTS.filter(bool), SCALARS | st.lists(SCALARS, max_size=4), max_size=5))
def test_values_come_back(values):
    document = read_text("value: " + flow_style(values) + "\n", Document("x"))
    assert not document.faults and document.value == {"value": values}


def test_texts_that_look_like_something_else_are_quoted():
    for text in ("yes", "no", "null", "010000", "1e5", "-", "a: b", "# x", "R&D经费(%)", "{x}", "[A]", "a,b", "2019年", "a #b"):
        assert read_text(f"value: {flow_style(text)}\n", Document("x")).value == {"value": text}, text


def test_a_long_mapping_has_a_line_for_each_entry_and_its_comment():
    lines = YamlLines("heading")
    lines.add_pairs("aliases", {"地区": "province_code", "年份": "year"}, indent=4, comments={"年份": "猜测"})
    assert lines.content().splitlines()[2:] == ["    aliases:", "      地区: province_code", "      年份: year  # 猜测"]
