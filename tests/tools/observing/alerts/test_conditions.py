"""Conditions: three answers, units, and why."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnomon.tools.errors import InputError
from gnomon.tools.observing.alerts.conditions import check_conditions, evaluate, separation

FIELDS: dict[str, Any] = {
    "source": "lvk",
    "distance": 143.0,
    "far": 1e-9,
    "area": None,
    "instruments": ["H1", "L1"],
    "flags": (),
    "is_test": False,
    "ra": 10.0,
    "dec": 0.0,
    "classification": {"BNS": 0.95},
    "age": 7200.0,
}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"field": "source", "is": "LVK"}, True),
        ({"field": "source", "is_not": "lvk"}, False),
        ({"field": "source", "in": ["fermi", "lvk"]}, True),
        ({"field": "source", "not_in": ["fermi", "lvk"]}, False),
        ({"field": "kind", "is": "initial"}, None),
        ({"field": "kind", "is_not": "initial"}, None),
        ({"field": "kind", "known": False}, True),
        ({"field": "distance", "known": True}, True),
        ({"field": "distance", "below": 143, "unit": "Mpc"}, False),
        ({"field": "distance", "at_most": 143, "unit": "Mpc"}, True),
        ({"field": "distance", "below": 0.2, "unit": "Gpc"}, True),
        ({"field": "distance", "above": 142999, "unit": "kpc"}, True),
        ({"field": "distance", "between": [100, 150], "unit": "Mpc"}, True),
        ({"field": "area", "below": 200, "unit": "deg2"}, None),
        ({"field": "far", "below": 1, "unit": "1/yr"}, True),
        ({"field": "far", "below": 0.03, "unit": "1/yr"}, False),
        ({"field": "age", "at_most": 2, "unit": "h"}, True),
        ({"field": "classification.BNS", "at_least": 0.5}, True),
        ({"field": "classification.NSBH", "at_least": 0.5}, None),
        ({"field": "properties.HasNS", "at_least": 0.5}, None),
        ({"field": "instruments", "has": "l1"}, True),
        ({"field": "instruments", "lacks": "V1"}, True),
        ({"field": "flags", "lacks": "Def_NOT_a_GRB"}, True),
        ({"field": "names", "has": "x"}, None),
        ({"field": "is_test", "is": False}, True),
        ({"field": "significant", "is": True}, None),
        ({"within": {"ra": 10, "dec": 1, "radius": 61, "unit": "arcmin"}}, True),
        ({"within": {"ra": 10, "dec": 1, "radius": 59, "unit": "arcmin"}}, False),
        ({"observable": {"telescopes": ["a"], "during": 12, "least": 1, "unit": "h"}}, None),
    ],
)
def test_each_comparison(condition: dict[str, Any], answer: bool | None) -> None:
    verdict = evaluate(condition, FIELDS)

    assert verdict.answer is answer and verdict.matches is (answer is True)
    assert len(verdict.lines()) == 1 and verdict.finding.found


LEAVES = {
    True: {"field": "source", "is": "lvk"},
    False: {"field": "source", "is": "fermi"},
    None: {"field": "kind", "is": "initial"},
}


def kleene(tree: Any) -> bool | None:
    """The same by numbers: no 0, unknown 1, yes 2; all is the least, any the greatest, not the mirror."""
    number = {False: 0, None: 1, True: 2}

    def value(part: Any) -> int:
        if not isinstance(part, tuple):
            return number[part]
        joint, inner = part
        if joint == "not":
            return 2 - value(inner)
        return (min if joint == "all" else max)(value(p) for p in inner)

    return {0: False, 1: None, 2: True}[value(tree)]


def written(tree: Any) -> dict[str, Any]:
    if not isinstance(tree, tuple):
        return LEAVES[tree]
    joint, inner = tree
    return {"not": written(inner)} if joint == "not" else {joint: [written(p) for p in inner]}


TREES = st.recursive(
    st.sampled_from([True, False, None]),
    lambda inner: (
        st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=4))
    ),
    max_leaves=12,
)


@given(TREES)
def test_joints_are_those_of_kleene(tree: Any) -> None:
    assert evaluate(written(tree), FIELDS).answer is kleene(tree)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"field": "distance", "below": 200}, "needs a unit"),
        ({"field": "distance", "below": 200, "unit": "s"}, "is none of its"),
        ({"field": "snr", "above": 5, "unit": "s"}, "has no unit"),
        ({"field": "source", "is": "lvk", "unit": "s"}, "takes no unit"),
        ({"field": "distanse", "below": 200, "unit": "Mpc"}, "Is distance meant"),
        ({"field": "classification", "below": 1}, "no field 'classification'"),
        ({"field": "source", "below": 3}, "cannot be compared by 'below'"),
        ({"field": "snr", "is": "high"}, "makes no sense"),
        ({"field": "snr", "above": math.nan}, "makes no sense"),
        ({"field": "snr", "above": True}, "makes no sense"),
        ({"field": "snr", "between": [2, 1]}, "makes no sense"),
        ({"field": "source", "in": []}, "makes no sense"),
        ({"field": "source", "in": "lvk"}, "makes no sense"),
        ({"field": "snr", "above": 5, "below": 9}, "one comparison, and has 2"),
        ({"field": "snr"}, "one comparison, and has 0"),
        ({"all": []}, "must be a list"),
        ({"all": [{"field": "snr", "above": 5}], "any": []}, "says 'any' beside all"),
        ({"when": 1}, "says none of all"),
        ([], "must be a mapping"),
        ({}, "must be a mapping"),
        ({"within": {"ra": 10, "dec": 95, "radius": 1, "unit": "deg"}}, "needs dec"),
        ({"within": {"ra": 10, "dec": 5, "radius": 1}}, "needs a unit"),
        ({"observable": {"telescopes": [], "during": 1, "least": 1, "unit": "h"}}, "list of telescopes"),
        ({"not": {"all": [{"field": "nope", "is": "x"}]}}, "The condition, not, all 1"),
    ],
)
def test_what_is_not_well_formed_is_told(condition: Any, said: str) -> None:
    with pytest.raises(InputError) as told:
        evaluate(condition, FIELDS)
    assert said in told.value.what and told.value.remedy


def test_what_is_too_deep_is_refused() -> None:
    condition: dict[str, Any] = {"field": "snr", "above": 5}
    for _ in range(30):
        condition = {"not": condition}
    with pytest.raises(InputError, match="flatter"):
        check_conditions(condition)


def test_observable_is_asked_in_seconds() -> None:
    asked: list[Any] = []

    def answer(keys: tuple[str, ...], seconds: float) -> float:
        asked.append((keys, seconds))
        return 5400.0

    told = {"telescopes": ["a", "b"], "during": 12, "least": 1.5, "unit": "h"}
    assert evaluate({"observable": told}, FIELDS, answer).answer is True
    assert evaluate({"observable": {**told, "least": 1.6}}, FIELDS, answer).answer is False
    assert evaluate({"observable": told}, FIELDS, lambda k, s: "no telescope is called a").answer is None
    assert asked == [(("a", "b"), 43200.0)] * 2


@given(st.floats(0, 360), st.floats(-90, 90), st.floats(0, 360), st.floats(-90, 90))
def test_the_angle_is_that_of_vectors(ra1: float, dec1: float, ra2: float, dec2: float) -> None:
    def vector(ra: float, dec: float) -> tuple[float, float, float]:
        a, d = math.radians(ra), math.radians(dec)
        return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)

    one, other = vector(ra1, dec1), vector(ra2, dec2)
    chord = math.dist(one, other)
    assert separation(ra1, dec1, ra2, dec2) == pytest.approx(math.degrees(2 * math.asin(min(1.0, chord / 2))), abs=2e-6)
