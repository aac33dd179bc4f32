"""Remarks: the comments of a plan's file, by the argument that they stand beside."""

from __future__ import annotations

from gnomon.agents.past_runs.remarks import remarks
from gnomon.plans.document import to_yaml
from gnomon.plans.plan import Plan


def test_a_comment_belongs_to_its_argument(simple_plan: Plan) -> None:
    text = to_yaml(simple_plan)
    assert remarks(text, simple_plan) == {}
    behind = text.replace("slope: 0.5", "slope: 0.5  # because it is steep")
    assert remarks(behind, simple_plan) == {"toy_tilt.slope": "because it is steep"}
    line = next(line for line in text.splitlines() if "slope: 0.5" in line)
    gap = line[: len(line) - len(line.lstrip())]
    above = text.replace(line, f"{gap}# it is\n{gap}# steep\n{line}")
    assert remarks(above, simple_plan) == {"toy_tilt.slope": "it is steep"}


def test_what_is_not_stated_or_no_yaml_has_none(simple_plan: Plan) -> None:
    text = to_yaml(simple_plan)
    line = next(line for line in text.splitlines(keepends=True) if "slope: 0.5" in line)
    assert remarks(text.replace(line, ""), simple_plan) == {}
    assert remarks("{", simple_plan) == {}
