"""Numbers in questions: units, errors, ranges, lists, thresholds, magnitudes, counts, and numbers in words, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.quantities import find_quantities, value_of
from gnomon.agents.understanding.releases import find_releases
from gnomon.agents.understanding.understand import understand


def said(question: str) -> list[tuple[str, str, float, str]]:
    return [(s.type, s.role, s.value, s.unit) for s in find_quantities(normalised(question))]


def quantity(role: str, value: float, unit: str = "") -> tuple[str, str, float, str]:
    return ("quantity", role, value, unit)


def count(role: str, value: int) -> tuple[str, str, float, str]:
    return ("count", role, value, "")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("The star has 0.874 solar masses", [quantity("value", 0.874, "Msun")]),
        ("mass 0.874 ± 0.012 Msun", [quantity("value", 0.874, "Msun"), quantity("error", 0.012, "Msun")]),
        ("mass 0.874+/-0.012 M_sun.", [quantity("value", 0.874, "Msun"), quantity("error", 0.012, "Msun")]),
        ("0.78 solar masses with an error of 0.04", [quantity("value", 0.78, "Msun"), quantity("error", 0.04, "Msun")]),
        ("恒星取1.11个太阳质量，误差0.06", [quantity("value", 1.11, "Msun"), quantity("error", 0.06, "Msun")]),
        ("恒星质量是太阳的 0.45 倍", [quantity("value", 0.45, "Msun")]),
        ("0.21 of the sun's mass", [quantity("value", 0.21, "Msun")]),
        ("P = 0.3693038(91) d", [quantity("value", 0.3693038, "d"), quantity("error", 9.1e-06, "d")]),
        ("K = 5.4 +0.3/-0.2 m/s", [quantity("value", 5.4, "m/s"), quantity("error", 0.3, "m/s")]),
        ("periods between 1 and 10 days", [quantity("min", 1.0, "d"), quantity("max", 10.0, "d")]),
        ("P anywhere between 10 and 1 days", [quantity("min", 1.0, "d"), quantity("max", 10.0, "d")]),
        ("periods from 12 h to 3 d", [quantity("min", 12.0, "h"), quantity("max", 3.0, "d")]),
        ("between a week and 100 days", [quantity("min", 1.0, "wk"), quantity("max", 100.0, "d")]),
        ("周期在 1 到 30 天之间", [quantity("min", 1.0, "d"), quantity("max", 30.0, "d")]),
        ("周期1-30天", [quantity("min", 1.0, "d"), quantity("max", 30.0, "d")]),
        ("在零点四天到九天之间", [quantity("min", 0.4, "d"), quantity("max", 9.0, "d")]),
        ("1.5d..2000d", [quantity("min", 1.5, "d"), quantity("max", 2000.0, "d")]),
        ("1 d < P < 10 d", [quantity("min", 1.0, "d"), quantity("max", 10.0, "d")]),
        ("period shorter than 5 d", [quantity("max", 5.0, "d")]),
        ("not shorter than 5 d", [quantity("min", 5.0, "d")]),
        ("Don't search beyond 50 d", [quantity("max", 50.0, "d")]),
        ("Longest period 400 hours", [quantity("max", 400.0, "h")]),
        ("最短周期 10 小时", [quantity("min", 10.0, "h")]),
        ("周期不超过两周", [quantity("max", 2.0, "wk")]),
        ("信噪比低于8的不要", [quantity("min", 8.0)]),
        ("airmass below 1.5", [quantity("max", 1.5)]),
        ("S/N over 20", [quantity("min", 20.0)]),
        ("seeing better than 1.5 arcsec", [quantity("max", 1.5, "arcsec")]),
        ("only stars brighter than G = 15", [quantity("max", 15.0, "mag")]),
        ("比 15 等亮的星", [quantity("max", 15.0, "mag")]),
        ("planets at 20.0, 49.4 and 636 days", [quantity("value", v, "d") for v in (20.0, 49.4, 636.0)]),
        ("95% intervals", [quantity("value", 95.0, "%")]),
        ("百分之九十的区间", [quantity("value", 90.0, "%")]),
        ("虚警概率小于万分之一", [quantity("max", 0.01, "%")]),
        ("3σ intervals", [quantity("value", 3.0, "sigma")]),
        ("every 2 hours", [quantity("value", 2.0, "h")]),
        ("three quarters of a day", [quantity("value", 0.75, "d")]),
        ("twenty-five days", [quantity("value", 25.0, "d")]),
        ("一天半", [quantity("value", 1.5, "d")]),
        ("恒星半径70万公里", [quantity("value", 700000.0, "km")]),
        ("BJD 2459012.345±0.002", [quantity("value", 2459012.345, "d"), quantity("error", 0.002, "d")]),
        ("at most three planets", [count("max", 3)]),
        ("six planets at most", [count("max", 6)]),
        ("最多找五颗", [count("max", 5)]),
        ("两颗以内", [count("max", 2)]),
        ("with 8000 steps", [quantity("value", 8000.0)]),
        ("3,000 ppm", [quantity("value", 3000.0, "ppm")]),
        (r"$\rho_\star = 8.2 \pm 0.6$ g cm$^{-3}$", [quantity("value", 8.2, "g/cm3"), quantity("error", 0.6, "g/cm3")]),
        ("周期、偏心率十分重要，统一处理，万一不行再说", []),
        ("两两散点", []),
        ("the second planet of a third star", []),
        ("Is there a planet?", []),
    ],
)
def test_what_is_read(question: str, expected: list[tuple[str, str, float, str]]) -> None:
    found = said(question)
    assert [f[1:] for f in found] == [e[1:] for e in expected]


@given(
    st.floats(1e-3, 1e6).map(lambda x: float(f"{x:.5g}")),
    st.sampled_from(["d", "h", "m/s", "km/s", "Msun", "arcmin", "mag", "au"]),
    st.sampled_from(["It is {} now", "取 {}，", "({})", "值为{}。"]),
)
def test_any_quantity_is_read_back(value: float, unit: str, around: str) -> None:
    found = find_quantities(normalised(around.format(f"{value:.5f} {unit}")))
    assert [s.unit for s in found] == [unit]
    assert found[0].value == pytest.approx(value, abs=1e-5)


@given(st.text(max_size=80))
def test_any_text_is_read_without_harm(text: str) -> None:
    plain = normalised(text)
    assert len(plain) == len(text)
    for slot in find_quantities(plain):
        assert 0 <= slot.start < slot.end <= len(plain)
        assert slot.text == plain[slot.start : slot.end]
        assert slot.number is not None


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,200", 1200.0), ("1e-3", 1e-3), ("2×10^5", 2e5), ("10^8", 1e8), ("-3.5", -3.5), (".5", 0.5)],
)
def test_value_of(written: str, value: float) -> None:
    assert value_of(written) == value


def only_one(question: str) -> tuple[str, float, str, str]:
    """Role, value, unit and name of the one number of a question, errors aside."""
    (slot,) = find_quantities(normalised(question))
    return slot.role, slot.value, slot.unit, slot.name


@pytest.mark.parametrize(
    ("question", "role", "value"),
    [
        # run together, or spelled as people do
        ("periods upto 25 days", "max", 25.0),
        ("periods of atleast 25 days", "min", 25.0),
        ("search outto 40 d", "max", 40.0),
        ("periods shorter then 5 d", "max", 5.0),
        ("bellow 10 d", "max", 10.0),
        # where a search begins and ends
        ("let the search begin at 0.6 d", "min", 0.6),
        ("start from 0.6 d", "min", 0.6),
        ("from 0.6 d on", "min", 0.6),
        ("start the search at 0.6 d", "min", 0.6),
        ("beginning with 0.6 d", "min", 0.6),
        ("periods of 0.6 d and up", "min", 0.6),
        ("periods of 0.6 d onwards", "min", 0.6),
        ("ending at 20 d", "max", 20.0),
        ("stop the search at 20 d", "max", 20.0),
        ("search until 20 d", "max", 20.0),
        ("cap the period at 20 d", "max", 20.0),
        ("go up to 20 d", "max", 20.0),
        ("从 0.6 天开始搜", "min", 0.6),
        ("搜索从 0.6 天起", "min", 0.6),
        ("起始周期 0.6 天", "min", 0.6),
        ("起码 0.6 天", "min", 0.6),
        ("周期大于等于 0.6 天", "min", 0.6),
        ("到 30 天为止", "max", 30.0),
        ("在 30 天处截止", "max", 30.0),
        ("30 天封顶", "max", 30.0),
        ("30 天内的周期", "max", 30.0),
        ("顶多 30 天", "max", 30.0),
        ("周期不到 6 天", "max", 6.0),
        ("周期不足 6 天", "max", 6.0),
        # denied
        ("the period should not exceed 30 d", "max", 30.0),
        ("periods must not be above 30 d", "max", 30.0),
        ("no periods above 30 d", "max", 30.0),
        ("nothing longer than 30 d", "max", 30.0),
        ("the window cannot be longer than 2 d", "max", 2.0),
        ("don't go below 1 d", "min", 1.0),
        ("avoid periods below 1 d", "min", 1.0),
        ("anything below 1 d can be ignored", "min", 1.0),
        ("below 1 d, drop it", "min", 1.0),
        ("no trend and at most 3 d", "max", 3.0),
        ("do not detrend and search above 2 d", "min", 2.0),
        ("周期不会超过 30 天", "max", 30.0),
        ("周期不能超过 30 天", "max", 30.0),
        ("周期不应该长于 30 天", "max", 30.0),
        ("周期不得低于 2 天", "min", 2.0),
        ("不要搜超过 30 天的周期", "max", 30.0),
        ("不考虑周期大于 30 天的信号", "max", 30.0),
        ("别看 2 天以下的", "min", 2.0),
        ("有没有超过 30 天的周期", "min", 30.0),
        ("找不到 30 天的周期", "value", 30.0),
        ("周期来自 30 天的数据", "value", 30.0),
        ("in the past 30 d", "value", 30.0),
    ],
)
def test_ends_of_ranges(question: str, role: str, value: float) -> None:
    assert only_one(question)[:2] == (role, value)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("do not consider periods under 4 days or over 3000", [("min", 4.0, "d"), ("max", 3000.0, "d")]),
        ("ignore anything shorter than 1 d or longer than 30 d", [("min", 1.0, "d"), ("max", 30.0, "d")]),
        ("no periods below 4 d, or above 30", [("min", 4.0, "d"), ("max", 30.0, "d")]),
        ("don't go below 1 d, or up to 30 d", [("min", 1.0, "d"), ("max", 30.0, "d")]),
        ("at least 4 d and at most 30", [("min", 4.0, "d"), ("max", 30.0, "d")]),
        ("longer than 1 d and shorter than 3", [("min", 1.0, "d"), ("max", 3.0, "d")]),
        ("starting at 0.5 d and ending at 20", [("min", 0.5, "d"), ("max", 20.0, "d")]),
        ("不考虑 4 天以下或 3000 天以上的周期", [("min", 4.0, "d"), ("max", 3000.0, "d")]),
        ("排除短于 1 天或长于 30 天的周期", [("min", 1.0, "d"), ("max", 30.0, "d")]),
        ("不少于 4 天且不超过 30 天", [("min", 4.0, "d"), ("max", 30.0, "d")]),
    ],
)
def test_what_joined_comparatives_share(question: str, expected: list[tuple[str, float, str]]) -> None:
    assert [(s.role, s.value, s.unit) for s in find_quantities(normalised(question))] == expected


@pytest.mark.parametrize(
    "question",
    [
        "fit whatever passes S/N 10",
        "S/N cut at 10",
        "set the S/N threshold to 10",
        "lower the signal-to-noise to 10",
        "a detection needs an SNR of 10",
        "accept only what reaches SNR 10",
        "Count nothing below an SNR of 10",
        "above a signal-to-noise ratio of 10",
        "with a minimum S/N of 10",
        "signals below SNR = 10 are not wanted",
        "My own cut is SNR=10",
        "no signals with S/N below 10",
        "S/N limit of 10",
        "S/N of 10 or better",
        "S/N 10+",
        "信噪比门限定为 10",
        "信噪比降到 10",
        "信噪比门槛提到 10",
        "信噪比阈值 10",
        "信噪比要求达到 10",
        "信噪比卡在 10",
        "信噪比放宽到 10",
        "把信噪比门槛设在 10",
        "信噪比不得低于 10",
        "信噪比至少 10",
        "信噪比低于 10 的都不要",
        "信噪比大于等于 10",
        "信噪比 10 以上",
        "SNR 超过 10",
        "不考虑信噪比小于 10 的信号",
        "信噪比不足 10 的剔除",
    ],
)
def test_thresholds_of_signals_are_minima(question: str) -> None:
    assert only_one(question) == ("min", 10.0, "", "signal_to_noise")


@pytest.mark.parametrize(
    "question",
    [
        "FAP limit 0.01",
        "false-alarm threshold of 0.01",
        "require a FAP of 0.01",
        "false alarm probability must be under 0.01",
        "FAP no higher than 0.01",
        "the FAP must not exceed 0.01",
        "set the false alarm probability to 0.01",
        "虚警概率不得超过 0.01",
        "虚警概率门限 0.01",
        "误报率要求 0.01",
        "虚警率低于 0.01",
        "虚警概率不能高于 0.01",
        "虚警概率设为 0.01",
    ],
)
def test_thresholds_of_false_alarms_are_maxima(question: str) -> None:
    assert only_one(question) == ("max", 0.01, "", "false_alarm_probability")


def test_what_was_measured_is_no_threshold() -> None:
    assert only_one("I found an SNR of 8.2")[0] == "value"
    assert only_one("信噪比是 8.2")[0] == "value"


@pytest.mark.parametrize(
    ("question", "value", "unit", "name"),
    [
        ("the dip is 0.9 ppt deep", 0.9, "ppt", "depth"),
        ("a dip 350 ppm deep", 350.0, "ppm", "depth"),
        ("the eclipse is 2 mmag deep", 2.0, "mmag", "depth"),
        ("transits 1% deep", 1.0, "%", "depth"),
        ("1.2 ppt dips", 1.2, "ppt", "depth"),
        ("a dip of 0.9 parts per thousand", 0.9, "ppt", "depth"),
        ("transit depth 400 parts per million", 400.0, "ppm", "depth"),
        ("the transit is 3 h long", 3.0, "h", "duration"),
        ("dips 40 min wide", 40.0, "min", "duration"),
        ("凌星深 0.9 ppt", 0.9, "ppt", "depth"),
        ("凌星深度约 900 ppm", 900.0, "ppm", "depth"),
        ("深度千分之一", 0.1, "%", "depth"),
        ("百万分之 80 的深度", 0.008, "%", "depth"),
        ("只剔除高出趋势 3 倍 sigma 的点", 3.0, "sigma", "upper_sigma"),
        ("剔除 5 个 sigma 以外的点", 5.0, "sigma", "upper_sigma"),
        ("用 4 倍标准差剔除", 4.0, "sigma", "upper_sigma"),
        ("用 4 倍 σ 剔除", 4.0, "sigma", "upper_sigma"),
        ("clip at 3 times sigma", 3.0, "sigma", "upper_sigma"),
        ("a planet at 3.09 d", 3.09, "d", "period"),
        ("the one at 3.09 d", 3.09, "d", "period"),
        ("Tmag 11.8", 11.8, "mag", "T"),
        ("Tmag = 11.8", 11.8, "mag", "T"),
        ("Gmag: 11.8", 11.8, "mag", "G"),
        ("Vmag of 11.8", 11.8, "mag", "V"),
        ("R about 11.3", 11.3, "mag", "R"),
        ("G 约 12", 12.0, "mag", "G"),
        ("T 星等 11.8", 11.8, "mag", "T"),
        ("视星等 11.8", 11.8, "mag", "magnitude"),
        ("a 60 cm telescope", 60.0, "cm", ""),
        ("口径 60 厘米的望远镜", 60.0, "cm", ""),
        ("2-minute cadence", 2.0, "min", "cadence"),
        ("cadence of 20 s", 20.0, "s", "cadence"),
        ("half-hour cadence", 0.5, "h", "cadence"),
        ("one point every 2 minutes", 2.0, "min", "cadence"),
        ("20-second data", 20.0, "s", "cadence"),
        ("每 30 分钟一次", 30.0, "min", "cadence"),
        ("30 分钟一个点", 30.0, "min", "cadence"),
        ("每半小时一个点", 0.5, "h", "cadence"),
        ("采样间隔 2 分钟", 2.0, "min", "cadence"),
    ],
)
def test_what_a_number_is_of(question: str, value: float, unit: str, name: str) -> None:
    assert only_one(question)[1:] == (value, unit, name)


@pytest.mark.parametrize(
    ("question", "role", "value", "name"),
    [
        ("max seven planets", "max", 7, "planets"),
        ("maximum is seven planets", "max", 7, "planets"),
        ("no more than seven", "max", 7, ""),
        ("Don't try more than two", "max", 2, ""),
        ("the maximum number of planets is six", "max", 6, "planet"),
        ("not more than four, please", "max", 4, ""),
        ("up to five", "max", 5, ""),
        ("at most 2 small planets", "max", 2, "planets"),
        ("two passes at most", "max", 2, "passes"),
        ("one planet only", "max", 1, "planet"),
        ("only two planets", "max", 2, "planets"),
        ("just one signal", "max", 1, "signal"),
        ("only fit one planet", "max", 1, "planet"),
        ("fit the two known planets, no others", "max", 2, "planets"),
        ("there are only two known planets", "value", 2, "planets"),
        ("the two transiting planets", "value", 2, "planets"),
        ("five small rocky planets", "value", 5, "planets"),
        ("three successive rounds", "value", 3, "rounds"),
        ("two planets are known from transits", "value", 2, "planets"),
        ("最多五颗行星", "max", 5, "planet"),
        ("最多允许找五颗行星", "max", 5, "planet"),
        ("行星最多 5 颗", "max", 5, "planet"),
        ("不超过六颗", "max", 6, ""),
        ("顶多三颗", "max", 3, ""),
        ("只要一个信号", "max", 1, "signal"),
        ("只拟合一颗行星", "max", 1, "planet"),
        ("一颗就够了", "max", 1, ""),
        ("仅一颗", "max", 1, ""),
        ("两颗行星，不要再加行星", "max", 2, "planet"),
        ("已知只有两颗行星", "value", 2, "planet"),
        ("最多搜三轮", "max", 3, "passes"),
        ("最多做六轮", "max", 6, "passes"),
        ("最多两遍", "max", 2, "passes"),
        ("最多一遍", "max", 1, "passes"),
        ("搜三轮", "value", 3, "passes"),
        ("4 颗行星", "value", 4, "planet"),
    ],
)
def test_counts(question: str, role: str, value: int, name: str) -> None:
    (slot,) = find_quantities(normalised(question))
    assert (slot.type, slot.role, slot.value, slot.name) == ("count", role, value, name)


@pytest.mark.parametrize(
    "question", ["再说一遍", "搜一遍就好", "第 2 颗行星", "第二颗行星", "跑一次", "只画一个图", "no one knows"]
)
def test_what_counts_nothing(question: str) -> None:
    assert said(question) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "the two transiting planets have P = 0.83749 d and 45.2943 d",
            [(2, "planets"), (0.83749, "period"), (45.2943, "period")],
        ),
        (
            "two planets are known from transits, at 4.2345 ± 0.0003 d and 9.871 ± 0.001 d",
            [(2, "planets"), (4.2345, "period"), (0.0003, "period"), (9.871, "period"), (0.001, "period")],
        ),
        ("two planets are known, at 4.2 d and at 9.8 d", [(2, "planets"), (4.2, "period"), (9.8, "period")]),
        ("signals at 4.2 d, 6.1 d and 9.8 d", [(4.2, "period"), (6.1, "period"), (9.8, "period")]),
        ("one or two planets? Don't try more than two", [(1, "planet"), (2, "planets"), (2, "planets")]),
        ("行星在 4.2 天和 9.8 天", [(4.2, "period"), (9.8, "period")]),
    ],
)
def test_names_are_shared(question: str, expected: list[tuple[float, str]]) -> None:
    assert [(s.value, s.name) for s in find_quantities(normalised(question))] == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("sector 27", [("sector", 27)]),
        ("TESS Sector #5", [("sector", 5)]),
        ("sectors 14 and 15", [("sector", 14), ("sector", 15)]),
        ("sectors 1, 2 and 3", [("sector", 1), ("sector", 2), ("sector", 3)]),
        ("sectors 1-13", [("sector", "1-13")]),
        ("Quarter 9", [("quarter", 9)]),
        ("campaign 5", [("campaign", 5)]),
        ("camera 2, CCD 3", [("camera", 2), ("ccd", 3)]),
        ("第 27 扇区", [("sector", 27)]),
        ("第27、28扇区", [("sector", 27), ("sector", 28)]),
        ("第十四扇区", [("sector", 14)]),
        ("扇区 27", [("sector", 27)]),
        ("27 号扇区", [("sector", 27)]),
        ("第 9 季度", [("quarter", 9)]),
        ("第 5 观测季", [("campaign", 5)]),
        ("two sectors", []),
        ("3 个扇区", []),
        ("each sector 27 d long", []),
        ("three quarters of a day", []),
    ],
)
def test_releases_are_no_counts(question: str, expected: list[tuple[str, object]]) -> None:
    assert [(s.name, s.value) for s in find_releases(normalised(question))] == expected
    if expected:
        understood = understand(question)
        assert {s.type for s in understood.slots} <= {"setting", "telescope"}
        assert not understood.unread
