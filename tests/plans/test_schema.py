"""The schema of ``plan.yaml``: it is the model's, it takes every plan that Gnomon makes, and it finds what people mistype."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from random_plans import planned, some_steps, some_words

from gnomon.plans.document import HEADER, SCHEMA_FILE, to_yaml
from gnomon.plans.plan import Attachment, Plan, Step
from gnomon.plans.plan_text import PlanText
from gnomon.plans.run import Run
from gnomon.plans.schema import SHIPPED, plan_schema, schema_text, schema_with_tools, write_beside
from gnomon.plans.store import Store
from gnomon.tools.registry import Registry


@pytest.fixture(scope="module")
def general() -> Draft7Validator:
    Draft7Validator.check_schema(plan_schema())
    return Draft7Validator(plan_schema())


@pytest.fixture(scope="module")
def rich(toys: Registry) -> Draft7Validator:
    schema = schema_with_tools(toys)
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def test_the_shipped_one_is_what_the_model_gives() -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert shipped == schema_text(plan_schema()), "write it anew: python -m gnomon.plans.schema"
    assert "/work" not in shipped
    assert "$id" not in json.loads(shipped)


def test_every_field_is_described() -> None:
    schema = plan_schema()
    for model, part in (
        (Plan, schema),
        (Step, schema["definitions"]["Step"]),
        (Attachment, schema["definitions"]["Attachment"]),
    ):
        assert set(part["properties"]) - {"hash"} == set(model.model_fields)
        for name, field in part["properties"].items():
            assert field["description"], f"{model.__name__}.{name} has no words in gnomon.plans.schema"


def test_editors_find_it_by_a_name_that_is_good_anywhere(simple_plan: Plan, store: Store, tmp_path: Path) -> None:
    assert HEADER.splitlines()[0] == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    run = Run.create(tmp_path / "runs", "a", simple_plan, store)
    assert (run.folder / "plan.yaml").read_text(encoding="utf-8").startswith(HEADER)
    assert (run.folder / SCHEMA_FILE).read_bytes() == SHIPPED.read_bytes()


def test_the_one_beside_a_plan_knows_the_tools(toys: Registry, tmp_path: Path) -> None:
    path = write_beside(tmp_path / "plan.yaml", toys)
    assert path == tmp_path / SCHEMA_FILE
    assert (
        "toy_tilt" in json.loads(path.read_text(encoding="utf-8"))["definitions"]["Step"]["properties"]["tool"]["enum"]
    )
    path.write_bytes(SHIPPED.read_bytes())  # of an earlier Gnomon, say
    assert write_beside(tmp_path / "plan.yaml", toys) == path
    assert "toy_tilt" in path.read_text(encoding="utf-8")
    for text in ('{"title": "mine"}', "no JSON", "[]"):
        path.write_text(text)
        assert write_beside(tmp_path / "plan.yaml", toys) is None
        assert path.read_text() == text


@given(steps=some_steps(runs=False, ordered=False), more=st.fixed_dictionaries(some_words))
@settings(deadline=None, max_examples=50)
def test_every_plan_satisfies_both(
    toys: Registry, general: Draft7Validator, rich: Draft7Validator, steps: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    plan = planned(toys, steps, **more)
    for document in (PlanText(to_yaml(plan)).document, plan.document()):
        assert [e.message for e in general.iter_errors(document)] == []
        assert [e.message for e in rich.iter_errors(document)] == []


def test_a_plan_of_each_tool_satisfies_the_schema_of_all_tools() -> None:
    from gnomon.plans.arguments import complete

    registry = Registry.load()
    validator = Draft7Validator(schema_with_tools(registry))
    examples: dict[str, Any] = {"int": 1, "float": 1.0, "bool": True, "str": "x", "weights": "0" * 64}
    for tool in registry.values():
        given = {
            p.name: p.choices[0] if p.choices else f"1.5 {p.unit}" if p.unit else examples[p.type]
            for p in tool.arguments
            if p.required
        }
        step = {
            "id": "x",
            "tool": tool.name,
            "version": tool.version,
            "arguments": complete(tool, given),
            "inputs": {p.name: [{"step": "y"}] if p.many else {"step": "y"} for p in tool.inputs}
            | {p.name: {"file": "f"} for p in tool.files},
            "kind": str(tool.kind),
            "effects": list(tool.effects),
            "cost": tool.cost(),
        }
        plan = Plan(question="q", language="en", goal="g", steps=[Step.model_validate(step)])
        for document in (PlanText(to_yaml(plan)).document, plan.document()):
            assert [(tool.name, e.message) for e in validator.iter_errors(document)] == []


PLAN = """\
question: How long is the toy?
language: en
goal: Measurements
steps:
  - id: tilt
    tool: toy_tilt
    version: '1.0'
    arguments:
      pause: 12 h
      slope: 0.5
    inputs: {light_curve: {step: read}}
    kind: LightCurve[tilted]
    effects: [compute]
    cost: {seconds: 0.1}
"""


@pytest.mark.parametrize(
    "pause", ["30 min", "1.2e3 s", "0.5 天", "12h", "-5 s", "{value: 12, unit: h}", "2 fortnights", "3 1/Hz"]
)
def test_units_as_people_write_them_are_good(rich: Draft7Validator, pause: str) -> None:
    assert list(rich.iter_errors(PlanText(PLAN.replace("12 h", pause)).document)) == []


# a change, and whether already the general schema finds it
MISTAKES = [
    ("question:", "questoin:", True),
    ("language: en", "language: fr", True),
    ("goal: Measurements\n", "", True),
    ("steps:\n", "setps:\n", True),
    ("id: tilt", "id: Tilt", True),
    ("version: '1.0'", "version: 1.0", True),
    ("inputs: {light_curve: {step: read}}", "inputs: {light_curve: read}", True),
    ("{step: read}", "{stp: read}", True),
    ("{step: read}", "{step: read, file: x}", True),
    ("{step: read}", "{}", True),
    ("effects: [compute]", "effects: compute", True),
    ("effects: [compute]", "effects: [computes]", True),
    ("cost: {seconds: 0.1}", "cost: 0.1 s", True),
    ("    kind: LightCurve[tilted]\n", "", True),
    ("12 h", "{value: 12, units: h}", True),
    ("tool: toy_tilt", "tool: toy_tlit", False),
    ("version: '1.0'", "version: '0.9'", False),
    ("kind: LightCurve[tilted]", "kind: LightCurve", False),
    ("effects: [compute]", "effects: []", False),
    ("effects: [compute]", "effects: [submit]", False),
    ("pause: 12 h", "puase: 12 h", False),
    ("pause: 12 h", "pause: 12", False),
    ("pause: 12 h", "pause: '12'", False),
    ("pause: 12 h", "pause: 12 arcmin", False),
    ("pause: 12 h", "pause: 12 太阳质量", False),
    ("pause: 12 h", "pause: 1,5 h", False),
    ("pause: 12 h", "pause: 1:30", False),
    ("pause: 12 h", "pause: yes", False),
    ("slope: 0.5", "slope: much", False),
    ("slope: 0.5", "slope: '0.5'", False),
    ("slope: 0.5", "slope: yes", False),
    ("slope: 0.5", "slope: 0.5 d", False),
    ("light_curve:", "lightcurve:", False),
    ("{light_curve: {step: read}}", "{light_curve: [{step: read}]}", False),
]


@pytest.mark.parametrize(("old", "new", "simple"), MISTAKES, ids=[f"{new.strip() or old}" for old, new, _ in MISTAKES])
def test_what_people_mistype_is_found(
    general: Draft7Validator, rich: Draft7Validator, old: str, new: str, simple: bool
) -> None:
    document = PlanText(PLAN.replace(old, new, 1)).document
    assert list(rich.iter_errors(document))
    assert bool(list(general.iter_errors(document))) == simple
