"""What differs between two plans: everything, each thing once, in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_plans import planned, some_steps, some_words

from gnomon.plans.plan import Plan, Ref, Understood
from gnomon.plans.plan_difference import compare_plans, match_steps
from gnomon.tools.registry import Registry

STEPS: list[dict[str, Any]] = [
    {"id": "read", "tool": "toy_read", "inputs": {"file": "toy.txt"}, "arguments": {}},
    {"id": "tilt", "tool": "toy_tilt", "inputs": {"light_curve": "read"}, "arguments": {"pause": "12 h"}},
    {"id": "measure", "tool": "toy_measure", "inputs": {"light_curve": "tilt"}, "arguments": {}},
]


@pytest.fixture
def plan(toys: Registry) -> Plan:
    return planned(toys, STEPS)


def changed(plan: Plan, number: int, **update: Any) -> Plan:
    steps = list(plan.steps)
    steps[number] = steps[number].model_copy(update=update)
    return plan.model_copy(update={"steps": steps})


def told(old: Plan, new: Plan, language: Any = "en") -> list[str]:
    found = compare_plans(old, new)
    json.dumps(found.document())
    head, *lines = found.page(language).splitlines()
    assert old.hash[:12] in head
    assert new.hash[:12] in head
    return lines


def test_the_same_plan(plan: Plan) -> None:
    found = compare_plans(plan, plan.model_copy())
    assert found.same
    assert found.page() == f"The same plan: {plan.hash}\n"
    assert found.page("zh") == f"同一个计划：{plan.hash}\n"
    assert found.document()["changes"] == found.document()["steps"] == found.document()["totals"] == []


def test_arguments_in_units_that_people_read(plan: Plan) -> None:
    new = changed(plan, 1, arguments={"pause": {"value": 60.0, "unit": "s"}, "slope": 0.5, "extra": True})
    new = changed(new, 2, version="1.1", cost={"seconds": 2.0}, why="Because.")
    assert told(plan, new) == [
        "~ step tilt (toy_tilt 1.0)",
        "    ~ pause: 43200 s -> 60 s",
        "    + extra: yes",
        "~ step measure (toy_measure 1.1)",
        "    ~ version: 1.0 -> 1.1",
        "    ~ expected cost: 0.1 seconds -> 2 seconds (+1.9 seconds)",
        "    ~ why: none -> Because.",
        "~ expected cost: 0.3 seconds -> 2.2 seconds (+1.9 seconds)",
    ]
    assert told(plan, new, "zh")[:3] == [
        "~ 步骤 tilt (toy_tilt 1.0)",
        "    ~ pause：43200 s -> 60 s",
        "    + extra：是",
    ]


def test_steps_that_come_and_go(plan: Plan, toys: Registry) -> None:
    draw = {"id": "draw", "tool": "toy_draw", "inputs": {"light_curve": "tilt"}, "arguments": {}}
    send = {"id": "send", "tool": "toy_send", "inputs": {"light_curve": "read"}, "arguments": {"address": "moon"}}
    new = planned(toys, [STEPS[0], STEPS[1], draw, send])
    assert told(plan, new) == [
        "- step measure (toy_measure 1.0): light_curve from tilt",
        "+ step draw (toy_draw 1.0): light_curve from tilt",
        "+ step send (toy_send 1.0): light_curve from read",
        "+ effect: spend",
        "~ expected cost: 0.3 seconds -> 0.4 seconds (+0.1 seconds)",
    ]
    found = compare_plans(plan, new).document()
    assert [s["step"] for s in found["steps"] if s["change"] == "added"] == ["draw", "send"]
    assert [s["step"] for s in found["steps"] if s["change"] == "removed"] == ["measure"]
    assert found["totals"][0] == {"change": "added", "what": "effects", "new": "spend"}


def test_a_renamed_step_is_the_same_step(plan: Plan, toys: Registry) -> None:
    new = planned(
        toys,
        [
            {**STEPS[0], "id": "load"},
            {**STEPS[1], "id": "lean", "inputs": {"light_curve": "load"}, "arguments": {}},
            {**STEPS[2], "inputs": {"light_curve": "lean"}},
        ],
    )
    assert match_steps(plan.steps, new.steps) == [(0, 0), (1, 1), (2, 2)]
    assert told(plan, new) == [
        "~ step load (toy_read 1.0)",
        "    ~ renamed: read -> load",
        "~ step lean (toy_tilt 1.0)",
        "    ~ renamed: tilt -> lean",
        "    ~ pause: 43200 s -> 0 s",
        "  expected cost 0.3 seconds, effects compute: as before",
    ]


def test_files_words_and_order(plan: Plan) -> None:
    other = plan.files[0].model_copy(update={"sha256": "b" * 64, "size": 7})
    more = plan.files[0].model_copy(update={"name": "more.txt"})
    new = plan.model_copy(
        update={
            "question": "How long is the toy, and how is it called by those who play with it?",
            "assumptions": ["It is a toy."],
            "files": [other, more],
            "steps": [plan.steps[0], plan.steps[2], plan.steps[1]],
        }
    )
    lines = told(plan, new)
    assert lines[:3] == [
        "- question: How long is the toy?",
        "+ question: How long is the toy, and how is it called by those who play with it?",
        "+ assumption: It is a toy.",
    ]
    assert lines[3].startswith("~ file toy.txt: a toy (6 bytes, sha256 ")
    assert lines[3].endswith("…) -> a toy (7 bytes, sha256 bbbbbbbbbbbb…)")
    assert lines[4].startswith("+ file more.txt: a toy (6 bytes")
    assert lines[5] == "~ order of the steps: read, tilt, measure -> read, measure, tilt"


def test_inputs(plan: Plan) -> None:
    new = changed(plan, 2, inputs={"light_curve": Ref(step="read"), "other": [Ref(file="toy.txt"), Ref(step="tilt")]})
    assert told(plan, new)[1:3] == ["    ~ light_curve: tilt -> read", "    + other: file toy.txt, tilt"]


def test_a_difference_below_the_digits_that_are_told_is_told_in_full(plan: Plan) -> None:
    new = changed(plan, 1, arguments={**plan.steps[1].arguments, "slope": 0.5000000000000001})
    assert told(plan, new)[1] == "    ~ slope: 0.5 -> 0.5000000000000001"


def test_of_long_lists_the_place_is_told_where_they_differ(plan: Plan) -> None:
    names = [f"Star {i}" for i in range(10_000)]
    old = changed(plan, 1, arguments={"names": names})
    one = changed(plan, 1, arguments={"names": [*names[:5000], "Vega", *names[5001:]]})
    assert told(old, one)[1].strip() == "~ names: … Star 5000 -> … Vega"
    fewer = changed(plan, 1, arguments={"names": names[:-1]})
    assert told(old, fewer)[1].strip() == "~ names: … Star 9999 -> … none"
    none_alike = changed(plan, 1, arguments={"names": names[::-1]})
    assert [line.strip() for line in told(old, none_alike)[1:3]] == [
        "- names: Star 0, Star 1, Star 2 and 9,997 more",
        "+ names: Star 9999, Star 9998, Star 9997 and 9,997 more",
    ]


def test_a_difference_that_does_not_show_is_spelt_out(plan: Plan) -> None:
    old = plan.model_copy(update={"goal": "a\nb"})
    assert told(old, plan.model_copy(update={"goal": "a\r\nb"}))[0] == "~ goal: a\\nb -> a\\r\\nb"


def test_fields_that_only_some_plans_have(plan: Plan) -> None:
    piece = Understood(slot="quantity", words="two days", value=2.0, unit="d")
    new = plan.model_copy(update={"understood": [piece], "not_understood": ["purple"]})
    assert told(plan, new)[:2] == ["+ understood: “two days” = 2.0 d", "+ not understood: purple"]
    assert len(told(plan, plan.model_copy(update={"understood": []}))) == 2


def test_no_line_of_another_is_forged(plan: Plan) -> None:
    new = plan.model_copy(update={"goal": "x\n+ step evil\x1b[31m"})
    assert told(plan, new)[0] == "~ goal: Measurements -> x + step evil [31m"


specs = some_steps(runs=False, ordered=False)
fields = st.fixed_dictionaries({}, optional=some_words)


@given(one=specs, other=specs, more=fields, less=fields, data=st.data())
@settings(deadline=None, max_examples=100)
def test_there_is_a_change_if_and_only_if_the_hashes_differ(
    toys: Registry, one: Any, other: Any, more: dict[str, Any], less: dict[str, Any], data: st.DataObject
) -> None:
    old = planned(toys, one, **more)
    new = planned(
        toys,
        data.draw(st.sampled_from([one, other]) | st.permutations(one)),
        **data.draw(st.sampled_from([more, less])),
    )
    found = compare_plans(old, new)
    assert found.same == (old.hash == new.hash) == (not found.changes and not found.steps)
    document = found.document()
    assert found.same == (not document["changes"] and not document["steps"])
    for language in ("en", "zh"):
        lines = found.page(language).splitlines()
        assert (len(lines) == 1) == found.same
        assert all(
            line.strip()[0] in "+-~"
            for line in lines[1:]
            if not line.startswith("  expected") and not line.startswith("  预计")
        )
    pairs = match_steps(old.steps, new.steps)
    assert sorted(i for i, _ in pairs if i is not None) == list(range(len(old.steps)))
    assert [j for _, j in pairs if j is not None] == list(range(len(new.steps)))
