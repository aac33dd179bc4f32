"""Intervals: what is written is what is held, and what is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.interval import Interval


@pytest.mark.parametrize(
    ("text", "inside", "outside", "told"),
    [
        ("(0, inf)", [1e-300, 5, 1e300], [0, -1], "above 0 d"),
        ("[1, inf)", [1, 2], [0.999], "at least 1 d"),
        ("(-inf, 3)", [-1e300, 2.9], [3], "below 3 d"),
        ("(-inf, 3]", [3], [3.1], "at most 3 d"),
        ("[1, 9]", [1, 9], [0.9, 9.1], "from 1 d to 9 d"),
        ("(0, 1)", [0.5], [0, 1, 1.4], "from 0 d to 1 d, without 0 d and 1 d"),
        ("(0, 1]", [1], [0], "from 0 d to 1 d, without 0 d"),
    ],
)
def test_holds_what_it_says(text: str, inside: list[float], outside: list[float], told: str) -> None:
    interval = Interval.parse(text)
    assert all(value in interval for value in inside)
    assert not any(value in interval for value in outside)
    assert interval.told("d") == told
    assert interval.told("d", "zh") != told


@pytest.mark.parametrize("text", ["0, 1", "(1, 0)", "[2, 2]", "(a, b)", "(0; 1)", ""])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"could not convert|is not an interval|holds no number"):
        Interval.parse(text)


@given(
    low=st.floats(-1e6, 1e6).map(lambda v: float(f"{v:.6g}")),
    width=st.floats(1, 1e6),
    open_low=st.booleans(),
    open_high=st.booleans(),
    value=st.floats(-3e6, 3e6),
)
def test_text_and_schema_say_the_same(low: float, width: float, open_low: bool, open_high: bool, value: float) -> None:
    high = float(f"{low + width:.6g}")
    if not low < high:
        return
    interval = Interval(low + 0.0, high, open_low, open_high)
    assert Interval.parse(str(interval)) == interval
    schema = interval.schema()
    by_schema = (
        value > schema["exclusiveMinimum"] if open_low else value >= schema["minimum"]
    ) and (value < schema["exclusiveMaximum"] if open_high else value <= schema["maximum"])  # fmt: skip
    assert (value in interval) == by_schema
