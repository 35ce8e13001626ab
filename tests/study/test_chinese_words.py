"""Words of the field in place of ids: directions and methods in Chinese, shares as percentages, one optimum as a band."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hqd_index.errors import ConfigError, Faults
from hqd_index.methods import FAMILIES
from hqd_index.methods.choice import Choice, bind
from hqd_index.methods.normalise import moderate
from hqd_index.study.records import Band
from hqd_index.study.study_folder import load_study

Broken = Callable[..., Path]


@pytest.mark.parametrize(
    ("word", "direction"), [("正向", 1), ("正", 1), ('"+"', 1), ("负向", -1), ("逆向指标", -1), ('"-"', -1), ("-1", -1)]
)
def test_a_direction_is_written_in_chinese(broken: Broken, word: str, direction: int) -> None:
    study = load_study(broken("indicators.yaml", "direction: -1", f"direction: {word}")).study
    assert study.indicators.indicators["upg3"].direction == direction


@pytest.mark.parametrize(
    ("word", "mend"), [("负项", "您是不是想写 '负向'"), ("适度", "{band: [40, 60]}"), ("foo", "请写 1, -1, 正向, 负向")]
)
def test_a_word_that_is_no_direction_is_refused_with_the_nearest(broken: Broken, word: str, mend: str) -> None:
    with pytest.raises(Faults) as caught:
        load_study(broken("indicators.yaml", "direction: -1", f"direction: {word}"))
    (fault,) = caught.value.faults
    assert mend in fault.zh and word in fault.zh
    assert fault.location.startswith("configs/indicators.yaml:15:")


def test_a_single_optimum_is_a_band() -> None:
    assert Band(band=(3, 3)).band == (3, 3)
    values = np.array([[1.0], [3.0], [5.0], [4.0]])
    bind(Choice(method="moderate", band=[3, 3]), "normalise")  # type: ignore[call-arg]
    assert moderate(values, reference=values, band=(3, 3)).ravel().tolist() == [0, 1, 0, 0.5]
    with pytest.raises(ConfigError, match="must rise"):
        bind(Choice(method="moderate", band=[4, 3]), "normalise")  # type: ignore[call-arg]


def test_a_study_with_a_single_optimum_loads(broken: Broken) -> None:
    assert load_study(broken("indicators.yaml", "direction: -1", "direction: {band: [3, 3]}"))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_method_answers_to_its_labels(family: str) -> None:
    for id, method in FAMILIES[family].items():
        for name in (method.label_zh, method.label_en, method.label_zh.replace(" ", "")):
            options = {name: "stop" for name, option in method.options.items() if option.default is option.empty}
            try:
                assert bind(Choice(method=name, **options), family).method == id
            except ConfigError as fault:  # the method was found; the options given here are none
                assert "unknown" not in fault.en and f"'{id}'" in fault.en, (name, fault.en)


def test_methods_by_label_make_the_study_of_their_ids(broken: Broken) -> None:
    by_id = load_study(broken()).study
    written = {"{method: entropy}": "{method: 熵权法}", "{method: minmax, over: all_years}": "{method: 极差标准化}"}
    folder = broken()
    text = (folder / "weighting.yaml").read_text("utf-8")
    for id, label in written.items():
        text = text.replace(id, label)
    (folder / "weighting.yaml").write_text(text.replace("{method: arithmetic}", "{method: 算术平均}"), "utf-8")
    (folder / "uncertainty.yaml").write_text(
        "version: 1\nalternatives:\n  weighting.normalise: [{method: Z-score标准化}]\n", "utf-8"
    )
    scenario = "label: {zh: 等权, en: Equal weights}\nchanges:\n  weighting.weight.indicators: {method: 等权}\n"
    (folder / "scenarios" / "equal.yaml").write_text(scenario, "utf-8")
    by_label = load_study(folder, overrides=["weighting.aggregate.dimensions={method: 算术平均}"]).study
    assert by_label.weighting == by_id.weighting


def test_a_wrong_label_is_refused_with_the_nearest(broken: Broken) -> None:
    with pytest.raises(Faults) as caught:
        load_study(broken("weighting.yaml", "{method: entropy}", "{method: 熵直法}"))
    assert "您是不是想写 '熵值法'" in caught.value.faults[0].zh


def test_shares_are_percentages_when_they_say_so(broken: Broken) -> None:
    study = load_study(broken("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: 40%, safety: 60%}")).study
    assert study.weighting.weight["dimensions"].options["shares"] == {"quality": 0.4, "safety": 0.6}
    study = load_study(broken("weighting.yaml", "branches:", "coverage: {rank_from: 60%}\nbranches:")).study
    assert study.weighting.coverage.rank_from == 0.6
    rules = "version: 1\ngates: {max_quarantine_share: 2.5％}\n"
    assert load_study(broken(**{"rules.yaml": rules})).study.rules.gates.max_quarantine_share == 0.025
    with pytest.raises(Faults) as caught:
        load_study(broken("weighting.yaml", "{quality: 0.5, safety: 0.5}", "{quality: 40, safety: 60}"))
    assert "若为百分数请写成 30%" in caught.value.faults[0].zh
    with pytest.raises(Faults) as caught:
        load_study(broken(**{"rules.yaml": "version: 1\ngates: {max_quarantine_share: 250%}\n"}))
    assert caught.value.faults[0].location == "configs/rules.yaml:2:9"
