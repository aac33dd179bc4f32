"""Numbers in questions: units, errors, ranges, lists, thresholds, magnitudes, counts, and numbers in words, in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.agents.understanding.grammar import normalised
from gnomon.agents.understanding.quantities import find_quantities, value_of


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
