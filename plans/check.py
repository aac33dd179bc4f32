"""Static checks: what is wrong with a plan before anything runs, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from gnomon.plans.arguments import normal
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Parameter, Registry, Tool


@dataclass(frozen=True)
class Finding:
    """One thing that the checks found.

    ``rule`` is a stable name, ``place`` a path into the plan, ``remedy`` what to do; a plan with an ``error`` does not run.
    """

    rule: str
    place: str
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"

    def document(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.place}: {self.message} {self.remedy} [{self.rule}]"


def check(plan: Plan, registry: Registry, policy: Policy) -> list[Finding]:
    """All findings on a plan; none means it may be offered for approval.

    Parameters
    ----------
    plan : Plan
    registry : Registry
        The tools that are here now.
    policy : Policy
        Effects and costs are held against it.

    Returns
    -------
    list of Finding
        In the order of the plan.
    """
    findings = list(_structure(plan))
    for step in plan.steps:
        findings.extend(_step(step, plan, registry))
    verdict, reasons = policy.decide(plan)
    if verdict == "deny":
        findings.append(
            Finding(
                "denied",
                "plan",
                f"The policy denies this plan: {'; '.join(reasons)}.",
                "Change the plan, or the policy in settings.toml.",
            )
        )
    return findings


def _structure(plan: Plan) -> Iterator[Finding]:
    if not plan.steps:
        yield Finding("no-steps", "steps", "The plan has no steps.", "Add at least one.")
    seen: set[str] = set()
    for step in plan.steps:
        if step.id in seen:
            yield Finding(
                "duplicate-id", f"steps.{step.id}", f"Two steps are called {step.id!r}.", "Rename one of them."
            )
        seen.add(step.id)
    names = [f.name for f in plan.files]
    for name in {n for n in names if names.count(n) > 1}:
        yield Finding("duplicate-file", "files", f"Two files are called {name!r}.", "Rename one of them.")
    try:
        TopologicalSorter({s.id: s.needs() for s in plan.steps}).prepare()
    except CycleError as error:
        yield Finding(
            "cycle", "steps", f"Steps wait for each other: {' -> '.join(error.args[1])}.", "Break the circle."
        )


def _step(step: Step, plan: Plan, registry: Registry) -> Iterator[Finding]:
    place = f"steps.{step.id}"
    try:
        tool = registry.tool(step.tool)
    except PlanError as error:
        yield Finding("unknown-tool", f"{place}.tool", error.what, error.remedy)
        return
    if step.version != tool.version:
        yield Finding(
            "tool-version",
            f"{place}.version",
            f"The plan asks for {tool.name} {step.version}, and here is {tool.version}.",
            "Plan again with the tool that is here.",
        )
    if step.kind != str(tool.kind):
        yield Finding(
            "kind",
            f"{place}.kind",
            f"{tool.name} makes {tool.kind}, and the plan says {step.kind}.",
            f"Write {tool.kind}.",
        )
    if sorted(step.effects) != sorted(tool.effects):
        yield Finding(
            "effects",
            f"{place}.effects",
            f"{tool.name} declares the effects {', '.join(tool.effects)}, and the plan says {', '.join(step.effects) or 'none'}.",
            "State all of them.",
        )
    yield from _arguments(step, tool, place)
    yield from _inputs(step, tool, plan, registry, place)


def _arguments(step: Step, tool: Tool, place: str) -> Iterator[Finding]:
    for name, value in step.arguments.items():
        where = f"{place}.arguments.{name}"
        try:
            normalised = normal(tool, name, value)
        except PlanError as error:
            yield Finding("argument", where, error.what, error.remedy)
            continue
        if normalised != value:
            yield Finding(
                "not-normal", where, f"{value!r} is not in the form that plans keep.", f"Write {normalised!r}."
            )
    for parameter in tool.arguments:
        if parameter.name not in step.arguments:
            need = (
                "It is required."
                if parameter.required
                else "State it, so that the plan says all that decides the result."
            )
            yield Finding(
                "missing-argument",
                f"{place}.arguments",
                f"{tool.name} needs {parameter.name}: {parameter.description}",
                need,
            )


def _inputs(step: Step, tool: Tool, plan: Plan, registry: Registry, place: str) -> Iterator[Finding]:
    known = {p.name: p for p in (*tool.inputs, *tool.files)}
    for name, value in step.inputs.items():
        where = f"{place}.inputs.{name}"
        if name not in known:
            yield Finding(
                "unknown-input",
                where,
                f"{tool.name} has no input {name!r}.",
                f"Its inputs are: {', '.join(known) or 'none'}.",
            )
            continue
        parameter = known[name]
        if isinstance(value, list) != parameter.many:
            yield Finding(
                "many",
                where,
                f"{tool.name} takes {'a list' if parameter.many else 'one value'} for {name}.",
                "Write it so.",
            )
        for ref in value if isinstance(value, list) else [value]:
            yield from _reference(ref, parameter, plan, registry, where)
    for name, parameter in known.items():
        if name not in step.inputs and parameter.required:
            yield Finding(
                "missing-input",
                f"{place}.inputs",
                f"{tool.name} needs {name} ({parameter.kind or 'a file'}): {parameter.description}",
                "Refer to a step that makes it.",
            )


def _reference(ref: Ref, parameter: Parameter, plan: Plan, registry: Registry, where: str) -> Iterator[Finding]:
    if parameter.role == "file":
        if ref.file is None:
            yield Finding(
                "reference", where, f"{parameter.name} must be an attached file.", "Refer to it as {file: NAME}."
            )
        elif plan.file(ref.file) is None:
            yield Finding(
                "unknown-file",
                where,
                f"No file called {ref.file!r} came with the question.",
                f"There are: {', '.join(f.name for f in plan.files) or 'none'}.",
            )
        return
    if ref.step is None:
        yield Finding(
            "reference", where, f"{parameter.name} must come from a step.", "Read the file in a step of its own."
        )
        return
    source = next((s for s in plan.steps if s.id == ref.step), None)
    if source is None:
        yield Finding(
            "unknown-step",
            where,
            f"There is no step called {ref.step!r}.",
            f"There are: {', '.join(s.id for s in plan.steps)}.",
        )
        return
    try:
        made = registry.tool(source.tool).kind
    except PlanError:
        return  # said where that step is checked
    assert parameter.kind is not None
    if not parameter.kind.accepts(made):
        yield Finding(
            "kind-mismatch",
            where,
            f"{parameter.name} must be a {parameter.kind}, and step {ref.step} makes a {made}.",
            "Refer to another step.",
        )


def require_sound(plan: Plan, registry: Registry, policy: Policy) -> list[Finding]:
    """The warnings on a plan.

    Raises
    ------
    PlanError
        Where there is an error; the sentence lists every one.
    """
    findings = check(plan, registry, policy)
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        raise PlanError("The plan cannot run: " + " ".join(str(f) for f in errors))
    return findings
