"""The plan: one identity, one file form, and checks that name the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from toy_steps import READ

from gnomon.plans.check import check, require_sound
from gnomon.plans.document import of_yaml, to_yaml
from gnomon.plans.plan import Plan, Ref
from gnomon.plans.policy import Policy
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Registry


def test_yaml_keeps_the_hash(simple_plan: Plan, toys: Registry) -> None:
    assert of_yaml(to_yaml(simple_plan), toys).hash == simple_plan.hash
    assert Plan.of_document(simple_plan.document()) == simple_plan


def test_yaml_is_read_as_people_write(simple_plan: Plan, toys: Registry) -> None:
    text = to_yaml(simple_plan)
    assert "pause: 0.0 s" in text
    assert of_yaml(text.replace("pause: 0.0 s", "pause: 0 min"), toys).hash == simple_plan.hash
    assert of_yaml(text.replace("pause: 0.0 s", "pause: 1 min"), toys).hash != simple_plan.hash


def test_every_digit_counts(simple_plan: Plan) -> None:
    step = simple_plan.steps[1].model_copy(
        update={"arguments": {**simple_plan.steps[1].arguments, "slope": 0.5000000000000001}}
    )
    assert (
        simple_plan.model_copy(update={"steps": [simple_plan.steps[0], step, simple_plan.steps[2]]}).hash
        != simple_plan.hash
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: [", "plan.yaml:1:5: "),
        ("- 1", "plan.yaml:1:1: .* mapping"),
        ("question: x", "plan.yaml:1:1: steps: steps is missing"),
        ("{}", "question is missing"),
    ],
)
def test_broken_files_name_the_place(toys: Registry, text: str, word: str) -> None:
    with pytest.raises(PlanError, match=word):
        of_yaml(text, toys)


def test_sound_plan_has_no_findings(simple_plan: Plan, toys: Registry) -> None:
    assert check(simple_plan, toys, Policy()) == []


def _changed(plan: Plan, index: int, **update: object) -> Plan:
    steps = list(plan.steps)
    steps[index] = steps[index].model_copy(update=update)
    return plan.model_copy(update={"steps": steps})


CHANGES: dict[str, Callable[[Plan], Plan]] = {
    "no-steps": lambda p: p.model_copy(update={"steps": []}),
    "duplicate-id": lambda p: _changed(p, 2, id="tilt"),
    "cycle": lambda p: _changed(
        _changed(p, 1, inputs={"light_curve": Ref(step="measure")}), 2, inputs={"light_curve": Ref(step="tilt")}
    ),
    "unknown-tool": lambda p: _changed(p, 1, tool="toy_tild"),
    "tool-version": lambda p: _changed(p, 1, version="0.9"),
    "kind": lambda p: _changed(p, 1, kind="LightCurve"),
    "effects": lambda p: _changed(p, 1, effects=[]),
    "unknown-argument": lambda p: _changed(p, 1, arguments={"slop": 1.0}),
    "argument": lambda p: _changed(p, 1, arguments={"slope": "x", "pause": {"value": 0.0, "unit": "s"}}),
    "not-normal": lambda p: _changed(p, 1, arguments={"slope": 0.5, "pause": {"value": 1.0, "unit": "min"}}),
    "missing-argument": lambda p: _changed(p, 1, arguments={}),
    "unknown-input": lambda p: _changed(p, 1, inputs={"light_curve": Ref(step="read"), "other": Ref(step="read")}),
    "missing-input": lambda p: _changed(p, 1, inputs={}),
    "many": lambda p: _changed(p, 1, inputs={"light_curve": [Ref(step="read")]}),
    "unknown-step": lambda p: _changed(p, 1, inputs={"light_curve": Ref(step="red")}),
    "unknown-file": lambda p: _changed(p, 0, inputs={"file": Ref(file="other.txt")}),
    "reference": lambda p: _changed(p, 1, inputs={"light_curve": Ref(file="toy.txt")}),
    "kind-mismatch": lambda p: _changed(p, 2, inputs={"light_curve": Ref(step="read")}),
}


@pytest.mark.parametrize("rule", CHANGES)
def test_each_rule_has_a_place_and_a_remedy(simple_plan: Plan, toys: Registry, rule: str) -> None:
    plan = CHANGES[rule](simple_plan)
    findings = [f for f in check(plan, toys, Policy()) if f.rule == rule]
    assert findings
    assert all(f.place and f.what and f.remedy for f in findings)
    with pytest.raises(PlanError):
        require_sound(plan, toys, Policy())


def test_denied_effects(make_plan: Callable[..., Plan], toys: Registry) -> None:
    plan = make_plan(READ, ("send", "toy_send", {"light_curve": "read"}, {"address": "moon"}))
    denying = Policy.model_validate({"effects": {"spend": "deny"}})
    assert [f.rule for f in check(plan, toys, denying)] == ["denied"]
    assert check(plan, toys, Policy()) == []


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.csv", "a/b", "a\\b", ".hidden", "..", "", "a\0b", "x" * 256])
def test_the_name_of_a_file_leads_nowhere_else(simple_plan: Plan, name: str) -> None:
    document = simple_plan.document()
    document["files"][0]["name"] = name
    with pytest.raises(PlanError, match="name"):
        Plan.of_document(document)


def test_a_step_has_a_name_of_reasonable_length(simple_plan: Plan) -> None:
    document = simple_plan.document()
    document["steps"][0]["id"] = "s" * 65
    with pytest.raises(PlanError, match="id"):
        Plan.of_document(document)
