"""Editing a plan's text: it says the new plan, and nothing else of it changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_plans import planned, some_steps, some_words, wide_numbers, words

from gnomon.plans import editing
from gnomon.plans.document import HEADER, of_yaml, says, to_yaml
from gnomon.plans.editing import edited
from gnomon.plans.findings import UnsoundPlan
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.plan_difference import match_steps
from gnomon.plans.plan_text import PlanText
from gnomon.tools.registry import Registry

TEXT = """\
# By hand.
question: How long is the toy?   # asked on Monday
language: en
goal: "Measurements"
assumptions: []
files:
- name: toy.txt   # from the box
  sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  size: 6
  kind: LightCurve
  found: a toy
steps:
  # First, read.
  - id: read
    tool: toy_read
    version: "1.0"
    inputs: {file: {file: toy.txt}}
    kind: LightCurve
    effects: [compute]
    cost: {seconds: 0.1}

  # Then tilt it.
  - id: tilt
    tool: toy_tilt
    version: '1.0'
    arguments:
      # Long enough.
      pause: 2 min     # long
      slope: 0.50
    inputs:
      light_curve: {step: read}
    kind: LightCurve[tilted]
    effects:
    - compute
    cost:
      seconds: 0.1
    why: |   # a reason
      Because # this is no comment
      it must be.

  - id: measure   # the end of it
    tool: toy_measure
    version: '1.0'
    inputs:
      light_curve:
        step: tilt
    kind: Measurements
    effects: [compute]
    cost: {seconds: 0.1}
# What was planned first:
hash: aaaa
# The very end.
"""


@pytest.fixture
def plan(toys: Registry) -> Plan:
    return of_yaml(TEXT, toys)


@pytest.fixture
def text(toys: Registry, plan: Plan) -> str:
    """The text with its true hash."""
    return edited(TEXT, plan, toys)


def comments(text: str) -> list[str]:
    found = PlanText(text)
    return [found.text[a:b] for a, b in found.comments]


def changed(old: str, new: str) -> tuple[list[str], list[str]]:
    """Lines that are gone and lines that are new, the hash aside."""
    one, two = ([line for line in t.splitlines() if not line.startswith("hash: ")] for t in (old, new))
    return [line for line in one if line not in two], [line for line in two if line not in one]


def step_changed(plan: Plan, number: int, **update: Any) -> Plan:
    steps = list(plan.steps)
    steps[number] = steps[number].model_copy(update=update)
    return plan.model_copy(update={"steps": steps})


def test_only_the_hash_is_brought_up_to_date(toys: Registry, plan: Plan, text: str) -> None:
    assert text == TEXT.replace("hash: aaaa", f"hash: {plan.hash}")
    assert edited(text, plan, toys) == text
    without = TEXT.replace("hash: aaaa\n", "")
    assert edited(without, plan, toys) == without


def test_an_argument_keeps_its_comment_its_place_and_its_unit(toys: Registry, plan: Plan, text: str) -> None:
    new = step_changed(plan, 1, arguments={"pause": {"value": 90.0, "unit": "s"}, "slope": 0.75})
    made = edited(text, new, toys)
    assert says(made, new)
    assert changed(text, made) == (
        ["      pause: 2 min     # long", "      slope: 0.50"],
        ["      pause: 1.5 min     # long", "      slope: 0.75"],
    )


@pytest.mark.parametrize("seconds", [0.1, 1 / 3, 86400.0, 1e-9, 123456.789])
def test_a_unit_is_kept_only_where_it_says_exactly_the_same(
    toys: Registry, plan: Plan, text: str, seconds: float
) -> None:
    new = step_changed(plan, 1, arguments={"pause": {"value": seconds, "unit": "s"}, "slope": 0.5})
    made = edited(text, new, toys)
    assert says(made, new)
    assert comments(made) == comments(text)


def test_quotes_stay(toys: Registry, plan: Plan, text: str) -> None:
    assert 'goal: "Figure"' in edited(text, plan.model_copy(update={"goal": "Figure"}), toys)
    assert 'goal: "a\\nb"' in edited(text, plan.model_copy(update={"goal": "a\nb"}), toys)


def test_lists_that_were_empty_and_lists_that_become_so(toys: Registry, plan: Plan, text: str) -> None:
    some = plan.model_copy(update={"assumptions": ["one", "b: two"]})
    made = edited(text, some, toys)
    assert changed(text, made) == (["assumptions: []"], ["assumptions:", "  - one", "  - 'b: two'"])
    commented = made.replace("  - one", "  - one   # sure")
    fewer = edited(commented, some.model_copy(update={"assumptions": ["b: two", "three"]}), toys)
    assert "  # sure\n  - 'b: two'\n  - three\n" in fewer
    assert "# sure" in edited(commented, plan, toys)
    assert says(edited(commented, plan, toys), plan)


def test_a_step_that_is_gone_takes_only_its_own_comments(toys: Registry, plan: Plan, text: str) -> None:
    new = plan.model_copy(update={"steps": [plan.steps[0], plan.steps[2]]})
    made = edited(text, new, toys)
    assert says(made, new)
    assert [c for c in comments(text) if c not in comments(made)] == ["# Long enough.", "# long", "# a reason"]
    assert changed(text, made)[1] == []


def test_a_new_step_is_written_as_the_others_are(toys: Registry, plan: Plan, text: str) -> None:
    again = plan.steps[1].model_copy(
        update={"id": "again", "arguments": {"slope": 1.0, "pause": {"value": 1.0, "unit": "s"}}}
    )
    new = plan.model_copy(update={"steps": [*plan.steps[:2], again, plan.steps[2]]})
    made = edited(text, new, toys)
    assert says(made, new)
    assert changed(text, made)[0] == []
    assert (
        "\n\n  - id: again\n    tool: toy_tilt\n    version: '1.0'\n    arguments:\n      slope: 1.0\n      pause: 1.0 s\n"
        in made
    )
    assert "\n\n  - id: measure   # the end of it\n" in made


def test_a_step_that_moves_takes_the_comment_above_it_along(toys: Registry, plan: Plan, text: str) -> None:
    new = plan.model_copy(update={"steps": [plan.steps[1], plan.steps[2], plan.steps[0]]})
    made = edited(text, new, toys)
    assert says(made, new)
    assert sorted(made.splitlines()) == sorted(
        line if not line.startswith("hash") else f"hash: {new.hash}" for line in text.splitlines()
    )
    assert "steps:\n  # Then tilt it.\n  - id: tilt\n" in made
    assert "\n\n  # First, read.\n  - id: read\n" in made


def test_a_renamed_step_stays_where_it_is(toys: Registry, plan: Plan, text: str) -> None:
    new = step_changed(step_changed(plan, 1, id="lean"), 2, inputs={"light_curve": Ref(step="lean")})
    assert changed(text, edited(text, new, toys)) == (
        ["  - id: tilt", "        step: tilt"],
        ["  - id: lean", "        step: lean"],
    )


def test_a_reference_to_a_file_instead_of_a_step(toys: Registry, plan: Plan, text: str) -> None:
    for number in (1, 2):
        new = step_changed(plan, number, inputs={"light_curve": Ref(file="toy.txt")})
        made = edited(text, new, toys)
        assert says(made, new)
        assert comments(made) == comments(text)


def test_defaults_that_were_left_out_are_stated(toys: Registry, plan: Plan) -> None:
    short = TEXT.replace("      slope: 0.50\n", "")
    assert not says(short, plan)
    made = edited(short, plan, toys)
    assert says(made, plan)
    assert "      pause: 2 min     # long\n      slope: 0.5\n    inputs:" in made
    none = re.sub(r"    arguments:\n(.*\n){3}", "", TEXT)
    assert says(edited(none, of_yaml(none, toys), toys), of_yaml(none, toys))


def test_windows_ends_of_lines_and_a_byte_order_mark_stay(toys: Registry, plan: Plan, text: str) -> None:
    windows = "\ufeff" + text.replace("\n", "\r\n")
    again = plan.steps[1].model_copy(update={"id": "again"})
    for new in (
        plan,
        step_changed(plan, 1, arguments={"pause": {"value": 90.0, "unit": "s"}, "slope": 0.75}),
        plan.model_copy(update={"steps": [*plan.steps, again]}),
        plan.model_copy(update={"steps": [plan.steps[2], plan.steps[0]], "assumptions": ["x"]}),
    ):
        made = edited(windows, new, toys)
        assert says(made, new)
        assert made.startswith("\ufeff#")
        assert "\n" not in made.replace("\r\n", "")


def test_what_cannot_be_edited_in_place_is_written_anew_with_all_comments(
    toys: Registry, plan: Plan, text: str
) -> None:
    import json

    anchored = text.replace("cost: {seconds: 0.1}", "cost: &c {seconds: 0.1}", 1).replace(
        "cost: {seconds: 0.1}", "cost: *c"
    )
    new = step_changed(plan, 0, cost={"seconds": 2.0})
    made = edited(anchored, new, toys)
    assert says(made, new)
    assert comments(made) == [*HEADER.splitlines(), *comments(text)]
    assert edited(json.dumps(plan.document()), plan, toys) == to_yaml(plan)


def test_a_text_that_cannot_be_read_is_refused(toys: Registry, plan: Plan) -> None:
    with pytest.raises(UnsoundPlan, match=r"plan.yaml:28:7: .* Did you mean pause"):
        edited(TEXT.replace("pause: 2 min", "paus: 2 min"), plan, toys)


# --------------------------------------------------------------------------- laws

REMARKS = ["#", "# a remark", "#- id: x", "# a: b", "# '", '# "', "# 星等 # 😀", "#hash: 0", "# [", "# &a *a !a"]


@st.composite
def commented(draw: st.DrawFn, text: str) -> str:
    """The text with comments at random places where YAML allows one."""
    opaque = list(PlanText(text)._opaque())
    out, position = [], 0
    for line in text.splitlines(keepends=True):
        start, end = position, position + len(line) - 1
        position += len(line)
        if draw(st.integers(0, 5)) == 0 and not any(a < start < b for a, b in opaque):
            out.append(" " * draw(st.integers(0, 9)) + draw(st.sampled_from(REMARKS)) + "\n")
        if draw(st.integers(0, 5)) == 0 and not any(a <= end < b for a, b in opaque):
            line = f"{line[:-1]}  {draw(st.sampled_from(REMARKS))}\n"
        out.append(line)
    return "".join(out)


def changes(draw: st.DrawFn, plan: Plan, toys: Registry) -> Plan:
    """Another plan, of which nobody asks whether it could run."""
    steps = list(plan.steps)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(steps) - 1))
        kind = draw(
            st.sampled_from(["argument", "why", "rename", "remove", "add", "move", "input", "evidence", "tool"])
        )
        step = steps[at]
        if kind == "argument" and step.tool == "toy_tilt":
            seconds = {"value": draw(st.floats(0, 1e6)), "unit": "s"}
            steps[at] = step.model_copy(
                update={"arguments": {"slope": float(draw(wide_numbers)) + 0.0, "pause": seconds}}
            )
        elif kind == "why":
            steps[at] = step.model_copy(update={"why": draw(words)})
        elif kind == "evidence":
            steps[at] = step.model_copy(update={"evidence": draw(st.lists(words, max_size=3))})
        elif kind == "rename" and not any(s.id == "renamed" for s in steps):
            steps[at] = step.model_copy(update={"id": "renamed"})
            steps = [_with_input(s, step.id, "renamed") for s in steps]
        elif kind == "remove" and len(steps) > 1:
            del steps[at]
        elif kind == "add":
            new = draw(st.sampled_from(plan.steps))
            name = f"new_{len(steps)}_{draw(st.integers(0, 99))}"
            if not any(s.id == name for s in steps):
                steps.insert(at, new.model_copy(update={"id": name}))
        elif kind == "move":
            steps = list(draw(st.permutations(steps)))
        elif kind == "input" and step.inputs:
            name = next(iter(step.inputs))
            ref: Any = draw(
                st.sampled_from([Ref(step="read"), Ref(file="toy.txt"), [Ref(step="a"), Ref(file="toy.txt")], []])
            )
            steps[at] = step.model_copy(update={"inputs": {name: ref}})
        elif kind == "tool":
            other = toys["toy_wait"]
            arguments = {"pause": {"value": 1.0, "unit": "s"}, "label": draw(words)}
            steps[at] = step.model_copy(update={"tool": other.name, "arguments": arguments, "kind": str(other.kind)})
    update: dict[str, Any] = {"steps": steps}
    for name, strategy in some_words.items():
        if draw(st.integers(0, 4)) == 0:
            update[name] = draw(strategy)
    return plan.model_copy(update=update)


def _with_input(step: Step, old: str, new: str) -> Step:
    def turned(ref: Ref) -> Ref:
        return Ref(step=new) if ref.step == old else ref

    return step.model_copy(
        update={
            "inputs": {n: [turned(r) for r in v] if isinstance(v, list) else turned(v) for n, v in step.inputs.items()}
        }
    )


def outside_of_gone_steps(text: str, old: Plan, new: Plan) -> list[str]:
    """The comments that must stay: all but those from the line of a step that is gone to the last line that says something of it."""
    source, lines = PlanText(text), text.splitlines()
    starts = {i: source.locate(f"steps.{step.id}")[0] for i, step in enumerate(old.steps)}
    gone: set[int] = set()
    for i, j in match_steps(old.steps, new.steps):
        if i is not None and j is None:
            end = min([s for s in starts.values() if s > starts[i]] or [source.locate("hash", name=True)[0]])
            while not lines[end - 2].strip() or lines[end - 2].strip().startswith("#"):
                end -= 1
            gone |= set(range(starts[i], end))
    return [text[a:b].rstrip() for a, b in source.comments if source.position(a)[0] not in gone]


@given(steps=some_steps(runs=False, ordered=False), more=st.fixed_dictionaries(some_words), data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_commented_plan_is_the_same_plan(
    toys: Registry, steps: list[dict[str, Any]], more: dict[str, Any], data: st.DataObject
) -> None:
    plan = planned(toys, steps, **more)
    text = data.draw(commented(to_yaml(plan)))
    assert of_yaml(text, toys).hash == plan.hash
    assert says(text, plan)
    assert edited(text, plan, toys) == text


@given(steps=some_steps(runs=False, ordered=False), more=st.fixed_dictionaries(some_words), data=st.data())
@settings(deadline=None, max_examples=60)
def test_an_edited_text_says_the_new_plan_and_keeps_its_comments(
    toys: Registry, steps: list[dict[str, Any]], more: dict[str, Any], data: st.DataObject
) -> None:
    old = planned(toys, steps, **more)
    text = data.draw(commented(to_yaml(old)))
    new = changes(data.draw, old, toys)
    made = edited(text, new, toys)
    assert says(made, new)
    assert of_yaml(made, toys).hash == new.hash
    assert made == editing._Editor(PlanText(text), old, new).text(), "what Gnomon wrote can always be edited in place"
    left = [c.rstrip() for c in comments(made)]
    for comment in outside_of_gone_steps(text, old, new):
        assert comment in left, comment
        left.remove(comment)
    assert edited(made, new, toys) == made


@given(steps=some_steps(runs=False), data=st.data())
@settings(deadline=None, max_examples=50)
def test_lines_of_what_stays_stay(toys: Registry, steps: list[dict[str, Any]], data: st.DataObject) -> None:
    """A change of arguments touches the lines of these arguments and the hash, and no others."""
    old = planned(toys, steps)
    tilts: list[Callable[[], int]] = [lambda i=i: i for i, s in enumerate(old.steps) if s.tool == "toy_tilt"]
    if not tilts:
        return
    text = data.draw(commented(to_yaml(old)))
    at = data.draw(st.sampled_from(tilts))()
    slope = float(data.draw(wide_numbers))
    new = step_changed(old, at, arguments={**old.steps[at].arguments, "slope": slope})
    made = edited(text, new, toys)
    place = PlanText(text).locate(f"steps.{old.steps[at].id}.arguments.slope")[0]
    for number, (one, two) in enumerate(zip(text.splitlines(), made.splitlines(), strict=True), start=1):
        assert one == two or number == place or one.startswith("hash: ")
