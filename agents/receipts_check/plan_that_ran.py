"""The plan that a run's outputs come from, whatever plan.yaml says now."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gnomon.plans.arguments import normal
from gnomon.plans.plan import Plan
from gnomon.plans.run import Run
from gnomon.tools.errors import AlteredFile, PlanError
from gnomon.tools.registry import Registry, Tool


def plan_that_ran(run: Run, registry: Registry) -> Plan:
    """The plan of a run's last start: from the journal, or for older journals from plan.yaml where it has the same hash.

    Raises
    ------
    AlteredFile
        Where plan.yaml is another plan and the journal kept none.
    """
    starts = run.events("run.started") or run.events("run.created")
    wanted = str(starts[-1]["plan"]) if starts else ""
    if starts and "document" in starts[-1]:
        plan = Plan.of_document(starts[-1]["document"])
        if plan.hash == wanted:
            return plan
    for read in (lambda: run.plan(registry), lambda: _bare_plan(run.folder / "plan.yaml", registry)):
        try:
            plan = read()
        except PlanError:
            continue
        if not wanted or plan.hash == wanted:
            return plan
    raise AlteredFile(
        f"plan.yaml in {run.folder.name} is not the plan that ran.", remedy="Put back the plan that was approved."
    )


def _bare_plan(path: Path, registry: Registry) -> Plan:
    """A plan file with its arguments in the form that plans keep and no default added, as an older tool had fewer of them."""
    from ruamel.yaml import YAML

    plan = Plan.of_document(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    steps = []
    for step in plan.steps:
        tool = registry.get(step.tool)
        arguments = {k: _as_kept(tool, k, v) for k, v in step.arguments.items()}
        steps.append(step.model_copy(update={"arguments": arguments}))
    return plan.model_copy(update={"steps": steps})


def _as_kept(tool: Tool | None, name: str, value: Any) -> Any:
    try:
        return normal(tool, name, value) if tool else value
    except PlanError:  # the tool has another argument now; the hash decides whether this reading is right
        match = re.fullmatch(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?) (\S.*)", value) if isinstance(value, str) else None
        return {"value": float(match[1]), "unit": match[2]} if match else value
