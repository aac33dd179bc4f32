"""Edits: what changed between the plan shown first and the one approved, and the reason in the person's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from toy_steps import MEASURE, READ, TILT

from gnomon.agents.past_runs.edits import Edit, edits_along, edits_between, follows, merged, reason_in
from gnomon.plans.plan import Plan, Understood

MakePlan = Callable[..., Plan]
DRAW = ("draw", "toy_draw", {"light_curve": "tilt"}, {})


def tilted(slope: float, pause: float = 0.0) -> tuple[object, ...]:
    return ("tilt", "toy_tilt", {"light_curve": "read"}, {"slope": slope, "pause": f"{pause} s"})


def said(plan: Plan, *lines: str, used_by: str = "toy_tilt.slope") -> Plan:
    """The plan as a conversation leaves it after some sayings about one argument."""
    entry = Understood(slot="quantity", words="0.7", value=0.7, used_by=[used_by])
    return plan.model_copy(update={"question": "\n".join([plan.question, *lines]), "understood": [entry]})


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("use 10 d because longer ones are aliases", "longer ones are aliases"),
        ("use 10 d, because of the gap of 12 d.", "the gap of 12 d"),
        ("use 10 d since the window ends there", "the window ends there"),
        ("only data since 2019", ""),
        ("because the trend is long, use 2000 d", "the trend is long"),
        ("because the trend is long", "the trend is long"),
        ("use 10 d so that aliases are left out", "aliases are left out"),
        ("最长周期改成 10 天，因为更长的是混叠", "更长的是混叠"),
        ("因为趋势很长，所以最长周期用 2000 天", "趋势很长"),
        ("由于有缺口，窗口用 3 天", "有缺口"),
        ("use 10 d", ""),
    ],
)
def test_a_reason_is_the_persons_own_words(words: str, reason: str) -> None:
    assert reason_in(words) == reason


def test_values_and_steps_that_changed(make_plan: MakePlan) -> None:
    first, approved = make_plan(READ, TILT, MEASURE), make_plan(READ, tilted(0.7), MEASURE, DRAW)
    assert edits_between(first, approved) == [
        Edit("set", "toy_tilt", "slope", 0.5, 0.7),
        Edit("added", "toy_draw"),
    ]
    assert edits_between(approved, first) == [
        Edit("set", "toy_tilt", "slope", 0.7, 0.5),
        Edit("left_out", "toy_draw"),
    ]
    assert edits_between(first, first) == []


def test_along_a_conversation_the_last_words_count_and_what_was_changed_back_is_no_edit(make_plan: MakePlan) -> None:
    first = make_plan(READ, TILT, MEASURE)
    second = said(make_plan(READ, tilted(0.6), MEASURE), "a slope of 0.6")
    why = "no, 0.7 because it is steeper"
    third = said(make_plan(READ, tilted(0.7), MEASURE), "a slope of 0.6", why)
    assert [follows(a, b) for a, b in ((first, second), (second, third), (third, first))] == [True, True, False]
    assert edits_along([first, second, third]) == [
        Edit("set", "toy_tilt", "slope", 0.5, 0.7, why, "it is steeper"),
    ]
    back = said(first, "a slope of 0.6", "0.5 after all")
    assert edits_along([first, second, back]) == []
    assert edits_along([first]) == []
    assert edits_along([]) == []


def test_what_nobody_spoke_of_is_no_edit(make_plan: MakePlan) -> None:
    first = make_plan(READ, TILT, MEASURE)
    second = said(make_plan(READ, tilted(0.7, pause=1.0), MEASURE), "a slope of 0.7")
    assert [e.place for e in edits_along([first, second])] == ["toy_tilt.slope"]


def test_edits_one_after_the_other_go_from_the_first_value_to_the_last() -> None:
    one, two = Edit("set", "t", "a", 1, 2, "make it 2"), Edit("set", "t", "a", 2, 3, reason="3 fits")
    assert merged([one], [two]) == [Edit("set", "t", "a", 1, 3, reason="3 fits")]
    assert merged([one], [Edit("set", "t", "a", 2, 1)]) == []
    assert merged([Edit("added", "t")], [Edit("left_out", "t")]) == []
    assert merged([one], [Edit("added", "u")]) == [one, Edit("added", "u")]


def test_its_json_form_is_read_back() -> None:
    for edit in (Edit("set", "t", "a", None, {"value": 3.0, "unit": "d"}, "w", "r"), Edit("added", "t", words="w")):
        assert Edit.of_document(edit.document()) == edit


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        {"what": "run", "tool": "rm"},
        {"what": "set", "tool": "t"},
        {"what": "added", "tool": "t", "argument": "a"},
        {"what": "set", "tool": 1, "argument": "a"},
        {"what": "set", "tool": "t", "argument": "a", "reason": ["x"]},
    ],
)
def test_what_is_no_edit_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="no edit"):
        Edit.of_document(wrong)
