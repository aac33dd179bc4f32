"""Arguments: what people write has one form in a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.plans.arguments import (
    LONG_LIST,
    OutOfBounds,
    complete,
    empty_ranges,
    normal,
    python_value,
    quantity,
    says_argument,
    some_of,
    spoken,
)
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Registry


@pytest.mark.parametrize(
    "written",
    ["43200 s", "12 h", "0.5 d", "0.5 days", "0.5 天", {"value": 12, "unit": "h"}, {"value": 0.5, "unit": "d"}],
)
def test_units_become_the_declared_one(toys: Registry, written: object) -> None:
    assert normal(toys["toy_tilt"], "pause", written) == {"value": 43200.0, "unit": "s"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("12 h", 43200.0),
        ("12h", 43200.0),
        (" 12  hours ", 43200.0),
        ("30 min", 1800.0),
        ("1.2e3 s", 1200.0),
        ("10 天", 864000.0),
        ("\N{MINUS SIGN}5 s", -5.0),
        ("+.5 d", 43200.0),
        ("2 周", 1209600.0),
    ],
)
def test_numbers_as_people_write_them(toys: Registry, written: str, seconds: float) -> None:
    assert normal(toys["toy_tilt"], "pause", written) == {"value": seconds, "unit": "s"}
    assert says_argument(written, {"value": seconds, "unit": "s"})


@pytest.mark.parametrize(
    ("written", "unit", "value"),
    [
        ("5'", "arcmin", 5.0),
        ("5′", "arcmin", 5.0),
        ("5 arcmin", "deg", 0.0833333333333333),
        ('30"', "arcsec", 30.0),
        ("2.5 km s^-1", "m/s", 2500.0),
        ("2.5 km s⁻¹", "m/s", 2500.0),
        ("1.2e3 m/s", "km/s", 1.2),
        ("3 kilometres per second", "km/s", 3.0),
        ("3 公里每秒", "km/s", 3.0),
        ("3 m·s-1", "m/s", 3.0),
        ("0.87 solar masses", "Msun", 0.87),
        ("0.87 倍太阳质量", "Msun", 0.87),
        ("15 mag", "mag", 15.0),
        ("15 等", "mag", 15.0),
        ("1.4 g/cm³", "g/cm3", 1.4),
        ("2 1/d", "1/d", 2.0),
    ],
)
def test_units_as_people_write_them(written: str, unit: str, value: float) -> None:
    assert quantity(written, unit, "x") == {"value": value, "unit": unit}


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("1,5 h", "write 1.5 h"),
        ("1,500 h", "1500 h if thousands"),
        ("1 000 h", "1000 h"),
        ("5 2 h", "1.5 s"),
        ("1:30", "Sixties"),
        ("1:30 h", "Sixties"),
        ("5 ± 1 h", "write 5"),
        (3, "`3 s`"),
        (True, "`1.5 s`"),
        ("3", "3 s, without quotes"),
        ("yes", "`1.5 s`"),
        ("3 mim", "Did you mean min?"),
        ("3 m", "Give it in s"),
        ("5'", "Give it in s"),
        ([3], "without brackets"),
    ],
)
def test_what_is_no_number_with_a_unit_is_told_how_to_write(toys: Registry, written: object, remedy: str) -> None:
    with pytest.raises(PlanError) as caught:
        normal(toys["toy_tilt"], "pause", written)
    assert remedy in caught.value.remedy


def test_per_cent_is_a_plain_number(toys: Registry) -> None:
    assert normal(toys["toy_tilt"], "slope", "68.27 %") == 0.6827
    assert says_argument("10%", 0.1)
    for written, remedy in (
        ("'0.5'", "plain number"), ("0.5", "without quotes"), ("1,5", "1.5"), ("0.5 d", "It has no unit: write 0.5."), ("yes", "plain"),
    ):  # fmt: skip
        with pytest.raises(PlanError) as caught:
            normal(toys["toy_tilt"], "slope", written)
        assert remedy in caught.value.remedy


@given(
    st.floats(-1e12, 1e12).map(lambda x: x + 0.0), st.sampled_from(["s", "min", "h", "d", "天", "weeks", "yr", "ms"])
)
def test_what_is_written_says_what_is_kept(toys: Registry, number: float, unit: str) -> None:
    written = f"{number!r} {unit}"
    kept = normal(toys["toy_tilt"], "pause", written)
    assert says_argument(written, kept)
    assert not says_argument(written, {**kept, "value": kept["value"] * 1.001 + 1})


@given(st.floats(1e-6, 1e6))
def test_conversion_keeps_the_value(toys: Registry, hours: float) -> None:
    value = python_value(normal(toys["toy_tilt"], "pause", {"value": hours, "unit": "h"}))
    assert value == pytest.approx(hours * 3600, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("pause", 3.0, "needs a unit"),
        ("pause", "3", "number with a unit"),
        ("pause", "3 parsecs", "a length, which does not convert to s"),
        ("pause", "3 nonsense", "not a unit"),
        ("pause", {"value": float("nan"), "unit": "s"}, "finite"),
        ("slope", "much", "number"),
        ("slope", True, "number"),
        ("slope", None, "may not be empty"),
        ("nothing", 1, "no argument"),
        ("light_curve", 1, "no argument"),
    ],
)
def test_wrong_ones_get_a_sentence(toys: Registry, name: str, value: object, word: str) -> None:
    with pytest.raises(PlanError, match=word):
        normal(toys["toy_tilt"], name, value)


@pytest.mark.parametrize(
    ("tool", "name", "value", "word"),
    [
        ("detrend_light_curve", "window", "-3 h", r"must be above 0 d, and is -0\.125"),
        ("measure_posterior", "level", 1.4, "from 0 to 1, without 0 and 1, and is 1.4"),
        ("measure_posterior", "level", "140 %", "from 0 to 1"),
        ("fit_keplerian_orbits", "max_planets", 20, "from 1 to 8, and is 20"),
        ("fit_keplerian_orbits", "known_periods", ["3 d", "0 d"], r"known_periods\[1\] must be above 0 d"),
        ("fit_transits", "seed", -1, "at least 0"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(tool: str, name: str, value: object, word: str) -> None:
    with pytest.raises(OutOfBounds, match=word):
        normal(Registry.load()[tool], name, value)


def test_ranges_without_an_inside_are_found() -> None:
    day = {"value": 1.0, "unit": "d"}
    assert list(empty_ranges({"period_min": day, "period_max": day, "seed": 1})) == [("period_min", "period_max")]
    assert not list(empty_ranges({"period_min": day, "period_max": None, "snr_min": 7.1, "false_alarm_max": 0.1}))


def test_defaults_are_stated(toys: Registry) -> None:
    assert complete(toys["toy_tilt"], {"slope": 1}) == {"slope": 1.0, "pause": {"value": 0.0, "unit": "s"}}


def test_spoken() -> None:
    assert spoken({"value": 0.5, "unit": "d"}) == "0.5 d"
    assert spoken([{"value": 1.0, "unit": "d"}, {"value": 2.5, "unit": "d"}]) == "1 d, 2.5 d"
    assert spoken({"value": 2456176.66826, "unit": "d"}) == "2456176.66826 d" and spoken(0.1 + 0.2) == "0.3"
    assert (spoken(None), spoken([]), spoken(None, "zh")) == ("not given", "none", "未给出")


def test_of_a_long_list_the_first_few_are_spoken() -> None:
    names = [f"Star {i}" for i in range(10_000)]
    assert spoken(names) == "Star 0, Star 1, Star 2 and 9,997 more"
    assert spoken(names, "zh") == "Star 0, Star 1, Star 2 等 10000 个"
    assert spoken(names[:LONG_LIST]) == ", ".join(names[:LONG_LIST])
    days = [{"value": float(i), "unit": "d"} for i in range(LONG_LIST + 1)]
    assert spoken(days) == "0 d, 1 d, 2 d and 8 more"
    assert some_of(names) == spoken(names)
