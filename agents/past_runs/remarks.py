"""Remarks: comments that a person wrote beside the arguments of a plan's file, which often say why a value is as it is."""

from __future__ import annotations

from gnomon.plans.plan import Plan
from gnomon.plans.plan_text import PlanText
from gnomon.tools.errors import PlanError


def remarks(text: str, plan: Plan) -> dict[str, str]:
    """The comment of each argument that has one.

    Parameters
    ----------
    text : str
        Of the plan's file.
    plan : Plan
        That it says.

    Returns
    -------
    dict of str to str
        By ``tool.argument``: the comment behind it on its line, else the lines of comment directly above it.
    """
    try:
        source = PlanText(text)
    except PlanError:
        return {}  # what is no YAML is told of elsewhere
    lines = text.splitlines()
    behind: dict[int, str] = {}
    alone: dict[int, str] = {}
    for start, end in source.comments:
        number, column = source.position(start)
        own = not lines[number - 1][: column - 1].strip()
        (alone if own else behind)[number] = text[start:end].lstrip("#").strip()
    found: dict[str, str] = {}
    for step in plan.steps:
        for name in step.arguments:
            place = f"steps.{step.id}.arguments.{name}"
            number, column = source.locate(place, name=True)
            if not lines[number - 1][column - 1 :].startswith(name):
                continue  # it is not stated, and the nearest part around it was found
            above: list[str] = []
            while (line := number - 1 - len(above)) in alone:
                above.insert(0, alone[line])
            said = behind.get(number) or " ".join(above)
            if said:
                found.setdefault(f"{step.tool}.{name}", said)
    return found
