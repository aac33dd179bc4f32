"""Our results beside stated values: converted, told apart in standard deviations, or refused with the reason."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.knowledge.literature.published import comparable, deviations
from gnomon.knowledge.literature.stated_values import StatedValue, stated_values
from gnomon.tools.errors import InputError


def stated(text: str) -> StatedValue:
    return stated_values(text)[0]


def test_the_sides_that_lie_between_both_values_count() -> None:
    mass = stated("a mass of 13.0 +1.5/−2.0 M_earth")

    above = comparable(mass, 15.0, "Mearth", plus=9.0, minus=0.5)
    below = comparable(mass, 11.0, "Mearth", plus=0.5, minus=9.0)

    assert above.verdict == below.verdict == "apart"
    assert above.sigma == pytest.approx(2.0 / math.hypot(0.5, 1.5))
    assert below.sigma == pytest.approx(2.0 / math.hypot(0.5, 2.0))
    assert (above.difference, below.difference) == (pytest.approx(2.0), pytest.approx(-2.0))


def test_units_are_converted() -> None:
    day = comparable(stated("a period of 2.0 ± 0.1 d"), 50.0, "h", 2.4, 2.4)
    assert day.difference == pytest.approx(50 / 24 - 2) and day.sigma == pytest.approx(
        (50 / 24 - 2) / math.hypot(0.1, 0.1)
    )

    depth = comparable(stated("a depth of 0.60 % ± 0.02 %"), 6100.0, "ppm", 200.0, 200.0)
    assert depth.difference == pytest.approx(0.01) and depth.unit == "%"

    warm = comparable(stated("T = 20 °C ± 1 °C"), 294.15, "K", 1.0, 1.0)
    assert warm.difference == pytest.approx(1.0) and warm.sigma == pytest.approx(1 / math.sqrt(2))


@pytest.mark.parametrize(
    ("text", "value", "error", "verdict"),
    [
        ("an eccentricity < 0.37", 0.2, 0.01, "consistent"),
        ("an eccentricity < 0.37", 0.40, 0.05, "consistent"),
        ("an eccentricity < 0.37", 0.90, 0.05, "beyond limit"),
        ("an eccentricity < 0.37", 0.90, None, "beyond limit"),
        ("an eccentricity > 0.37", 0.90, 0.05, "consistent"),
        ("an eccentricity > 0.37", 0.10, 0.05, "beyond limit"),
        ("an eccentricity between 0.1 and 0.3", 0.2, None, "inside"),
        ("an eccentricity between 0.1 and 0.3", 0.5, 0.1, "outside"),
    ],
)
def test_limits_and_ranges(text: str, value: float, error: float | None, verdict: str) -> None:
    assert comparable(stated(text), value, "", error, error).verdict == verdict


def test_how_far_outside_of_a_range() -> None:
    found = comparable(stated("an eccentricity between 0.1 and 0.3"), 0.5, "", 9.0, 0.1)

    assert found.difference == pytest.approx(0.2) and found.sigma == pytest.approx(2.0)


def test_a_level_of_confidence_makes_the_uncertainty_smaller() -> None:
    at_two = comparable(stated("a mass of 10 ± 2 kg (2σ)"), 13.0, "kg", 0.0, 0.0)
    assert at_two.sigma == pytest.approx(3.0)
    assert deviations("") == 1 and deviations("95%") == pytest.approx(1.95996, abs=1e-4) and deviations("3σ") == 3

    for wrong in ("100%", "0σ", "much"):
        with pytest.raises(InputError, match="no level"):
            deviations(wrong)


def test_what_cannot_be_compared_says_why() -> None:
    period = stated("a period of 3.0 ± 0.1 d")

    assert "cannot be turned" in comparable(period, 3.0, "Msun", 0.1).reason
    assert "cannot be turned" in comparable(period, 3.0, "", 0.1).reason
    assert "Neither" in comparable(stated("a period of 3 d"), 3.1, "d").reason
    assert "ours alone" in comparable(stated("a period of 3 d"), 3.1, "d", 0.1).reason
    assert "stated value alone" in comparable(period, 3.1, "d").reason

    recall, snr = stated_values("a recall of 0.84 ± 0.02 for S/N > 20")
    assert "condition of another number" in comparable(snr, 25.0, "", 1.0).reason
    other = comparable(recall, 0.8, "", 0.02, condition="for S/N > 10")
    assert other.verdict == "not comparable" and "S/N > 10" in other.reason
    assert comparable(recall, 0.8, "", 0.02, condition="when S/N > 20").verdict == "apart"
    assert "no condition is given" in comparable(recall, 0.8, "", 0.02).reason


@pytest.mark.parametrize(
    ("value", "unit", "plus"), [(math.nan, "d", 0.1), (1.0, "d", -0.1), (1.0, "d", math.inf), (1.0, "parrots", 0.1)]
)
def test_bad_input_is_refused(value: float, unit: str, plus: float) -> None:
    with pytest.raises(InputError):
        comparable(stated("a period of 3.0 ± 0.1 d"), value, unit, plus)


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e3), st.floats(-1e6, 1e6), st.floats(0.01, 1e3))
def test_the_distance_is_the_same_in_another_unit(ours: float, error: float, theirs: float, spread: float) -> None:
    read = StatedValue(0, 1, "", value=theirs, plus=spread, minus=spread, unit="km", unit_text="km")

    one, other = comparable(read, ours, "km", error), comparable(read, ours * 1000, "m", error * 1000)

    assert one.sigma == pytest.approx(abs(ours - theirs) / math.hypot(error, spread), rel=1e-6, abs=1e-9)
    assert other.sigma == pytest.approx(one.sigma, rel=1e-6, abs=1e-6)
