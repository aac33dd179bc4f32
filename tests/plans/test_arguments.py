"""Arguments: what people write has one form in a plan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.plans.arguments import complete, normal, python_value, spoken
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Registry


@pytest.mark.parametrize(
    "written",
    ["43200 s", "12 h", "0.5 d", "0.5 days", "0.5 天", {"value": 12, "unit": "h"}, {"value": 0.5, "unit": "d"}],
)
def test_units_become_the_declared_one(toys: Registry, written: object) -> None:
    assert normal(toys["toy_tilt"], "pause", written) == {"value": 43200.0, "unit": "s"}


@given(st.floats(1e-6, 1e6))
def test_conversion_keeps_the_value(toys: Registry, hours: float) -> None:
    value = python_value(normal(toys["toy_tilt"], "pause", {"value": hours, "unit": "h"}))
    assert value == pytest.approx(hours * 3600, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("pause", 3.0, "needs a unit"),
        ("pause", "3", "number with a unit"),
        ("pause", "3 parsecs", "convert"),
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


def test_defaults_are_stated(toys: Registry) -> None:
    assert complete(toys["toy_tilt"], {"slope": 1}) == {"slope": 1.0, "pause": {"value": 0.0, "unit": "s"}}


def test_spoken() -> None:
    assert spoken({"value": 0.5, "unit": "d"}) == "0.5 d"
    assert spoken([{"value": 1.0, "unit": "d"}, {"value": 2.5, "unit": "d"}]) == "1 d, 2.5 d"
    assert (spoken(None), spoken([]), spoken(None, "zh")) == ("not given", "none", "未给出")
