"""Static checks: what is wrong with a plan before anything runs, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

from gnomon.plans.arguments import complete, empty_ranges, normal, spoken
from gnomon.plans.costs import cost_fields, reckoned, spoken_cost, understated, with_costs
from gnomon.plans.findings import Finding, UnsoundPlan, nearest
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.plans.policy import Policy
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Parameter, Registry, Tool

__all__ = ["Finding", "argument_findings", "check", "require_sound"]


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
    for step, place in zip(plan.steps, places(plan), strict=True):
        findings.extend(_step(step, plan, registry, place))
    findings.extend(_costs(plan, registry, policy, known=not findings))
    return findings


def _costs(plan: Plan, registry: Registry, policy: Policy, *, known: bool) -> Iterator[Finding]:
    """Whether the policy lets the plan cost what it costs: by what it states, and where nothing else is wrong also by what is expected now."""
    stated, reasons = policy.decide(plan)
    costs = reckoned(plan, registry) if known else {}
    expected, more = policy.decide(with_costs(plan, registry, costs))
    for step, place in zip(plan.steps, places(plan), strict=True):
        cost = costs.get(step.id)
        if cost is None:
            continue
        if cost.refused:
            yield Finding("would-be-refused", f"{place}.arguments", cost.refused, cost.remedy)
        elif understated(step, cost):
            fields = cost_fields(cost, "en")
            said = spoken_cost(fields["cost"], at_most=cost.at_most)
            numbers = ", ".join(f"{name}: {amount:.10g}" for name, amount in fields["cost"].items())
            yield Finding(
                "cost",
                f"{place}.cost",
                f"The plan says {spoken_cost(step.cost, at_most=bool(step.cost_at_most))}, and with these arguments it is {said}.",
                f"Write `{{{numbers}}}`.",
                # Where the policy would ask about the true cost and not about the stated one, nobody would be asked.
                "error" if stated == "automatic" != expected else "warning",
            )
    if "deny" in (stated, expected):
        yield Finding(
            "denied",
            "plan",
            f"The policy denies this plan: {'; '.join(reasons if stated == 'deny' else more)}.",
            "Change the plan, or the policy in settings.toml."
            if stated == "deny" and not any("fetch" in r for r in reasons)
            else "Ask for fewer rows (a smaller region, TOP, an aggregate), or raise rows_limit or bytes_limit under [policy] in settings.toml.",
        )


def places(plan: Plan) -> list[str]:
    """How findings call each step: by its identifier, or by its number where another one has the same."""
    names = [s.id for s in plan.steps]
    return [f"steps.{n}" if names.count(n) == 1 else f"steps[{i}]" for i, n in enumerate(names)]


def _structure(plan: Plan) -> Iterator[Finding]:
    if not plan.steps:
        yield Finding("no-steps", "steps", "The plan has no steps.", "Add at least one.")
    seen: set[str] = set()
    for number, step in enumerate(plan.steps):
        if step.id in seen:
            yield Finding(
                "duplicate-id", f"steps[{number}].id", f"Two steps are called {step.id!r}.", "Rename one of them."
            )
        seen.add(step.id)
    names = [f.name for f in plan.files]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield Finding(
                "duplicate-file", f"files[{number}].name", f"Two files are called {name!r}.", "Rename one of them."
            )
    if len(seen) < len(plan.steps):
        return  # nobody can tell which of two steps of one name is waited for
    try:
        TopologicalSorter({s.id: s.needs() for s in plan.steps}).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))  # each waits for the next
        what = (
            f"{circle[0]} waits for itself" if len(circle) == 2 else f"Steps wait for each other: {' -> '.join(circle)}"
        )
        remedy = f"Let one of them refer to a step outside this circle; {circle[0]} is the first."
        yield Finding(
            "cycle", f"steps.{circle[0]}.inputs", f"{what}.", remedy if len(circle) > 2 else "Refer to another step."
        )


def _step(step: Step, plan: Plan, registry: Registry, place: str) -> Iterator[Finding]:
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
            f"Write '{tool.version}', and expect other results; or plan again.",
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
            f"Write [{', '.join(tool.effects)}].",
        )
    yield from _arguments(step, tool, place)
    yield from _inputs(step, tool, plan, registry, place)


def argument_findings(step: Step, tool: Tool, place: str) -> Iterator[Finding]:
    """What is wrong with the arguments that a step states."""
    for name, value in step.arguments.items():
        where = f"{place}.arguments.{name}"
        parameter = tool.parameter(name)
        try:
            normal(tool, name, value)
        except PlanError as error:
            unknown = parameter is None or parameter.role != "argument"
            several = parameter is not None and parameter.many and isinstance(value, list)
            item = _culprit(tool, name, value) if several and not unknown else ""
            yield Finding("unknown-argument" if unknown else "argument", where + item, error.what, error.remedy)


def _culprit(tool: Tool, name: str, values: list[Any]) -> str:
    """Which of several values is the wrong one."""
    for number, value in enumerate(values):
        try:
            normal(tool, name, [value])
        except PlanError:
            return f"[{number}]"
    return ""


def _arguments(step: Step, tool: Tool, place: str) -> Iterator[Finding]:
    wrong = list(argument_findings(step, tool, place))
    yield from wrong
    for name, value in step.arguments.items():
        where = f"{place}.arguments.{name}"
        if any(f.place == where or f.place.startswith(f"{where}[") for f in wrong):
            continue
        if (normalised := normal(tool, name, value)) != value:
            yield Finding(
                "not-normal", where, f"{value!r} is not in the form that plans keep.", f"Write {normalised!r}."
            )
    if not wrong:
        kept = complete(tool, step.arguments)
        for low, high in empty_ranges(kept):
            yield Finding(
                "empty-range",
                f"{place}.arguments.{low}",
                f"{low} is {spoken(kept[low])} and {high} is {spoken(kept[high])}, with nothing between them.",
                "Change one of them.",
            )
    for parameter in tool.arguments:
        if parameter.name not in step.arguments:
            example = f"`{parameter.name}: {_example(parameter)}`"
            need = (
                f"Write {example}."
                if parameter.required
                else f"State it, so that the plan says all that decides the result: {example}."
            )
            yield Finding(
                "missing-argument",
                f"{place}.arguments.{parameter.name}",
                f"{tool.name} needs {parameter.name}: {parameter.description}",
                need,
            )


def _example(parameter: Parameter) -> str:
    """How an argument is written, for a person who does not know it."""
    if parameter.choices:
        return str(parameter.choices[0])
    examples = {"int": "1", "float": "1.0", "bool": "true", "weights": "SHA-256"}
    return f"1.5 {parameter.unit}" if parameter.unit else examples.get(parameter.type, "TEXT")


def _inputs(step: Step, tool: Tool, plan: Plan, registry: Registry, place: str) -> Iterator[Finding]:
    known = {p.name: p for p in (*tool.inputs, *tool.files)}
    for name, value in step.inputs.items():
        where = f"{place}.inputs.{name}"
        if name not in known:
            yield Finding(
                "unknown-input",
                where,
                f"{tool.name} has no input {name!r}.",
                nearest(name, known, f"Its inputs are: {', '.join(known) or 'none'}."),
            )
            continue
        parameter = known[name]
        if isinstance(value, list) != parameter.many:
            yield Finding(
                "many",
                where,
                f"{tool.name} takes {'a list' if parameter.many else 'one value'} for {name}.",
                "Write [{step: NAME}]." if parameter.many else "Write {step: NAME}.",
            )
        for number, ref in enumerate(value if isinstance(value, list) else [value]):
            at = f"{where}[{number}]" if isinstance(value, list) else where
            yield from _reference(ref, parameter, plan, registry, at)
    for name, parameter in known.items():
        if name not in step.inputs and parameter.required:
            yield Finding(
                "missing-input",
                f"{place}.inputs.{name}",
                f"{tool.name} needs {name} ({parameter.kind or 'a file'}): {parameter.description}",
                f"Write `{name}: {{file: NAME}}`."
                if parameter.kind is None
                else _makers(parameter, plan, registry, name),
            )


def _makers(parameter: Parameter, plan: Plan, registry: Registry, name: str) -> str:
    """Which steps of the plan, or which tools, make what an input asks for."""
    assert parameter.kind is not None
    makers = [s.id for s in plan.steps if s.tool in registry and parameter.kind.accepts(registry[s.tool].kind)]
    if makers:
        return f"Write `{name}: {{step: {makers[0]}}}`." if len(makers) == 1 else f"These make it: {', '.join(makers)}."
    tools = [t.name for t in registry.makers(parameter.kind)]
    return f"Add a step that makes it: {', '.join(tools[:5])}." if tools else "No tool that is here makes it."


def _reference(ref: Ref, parameter: Parameter, plan: Plan, registry: Registry, where: str) -> Iterator[Finding]:
    if parameter.role == "file":
        if ref.file is None:
            yield Finding(
                "reference", where, f"{parameter.name} must be an attached file.", "Refer to it as {file: NAME}."
            )
        elif plan.file(ref.file) is None:
            yield Finding(
                "unknown-file",
                f"{where}.file",
                f"No file called {ref.file!r} came with the question.",
                nearest(ref.file, names := [f.name for f in plan.files], f"There are: {', '.join(names) or 'none'}."),
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
            f"{where}.step",
            f"There is no step called {ref.step!r}.",
            nearest(ref.step, names := [s.id for s in plan.steps], f"There are: {', '.join(names)}."),
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
            f"{where}.step",
            f"{parameter.name} must be a {parameter.kind}, and step {ref.step} makes a {made}.",
            _makers(parameter, plan, registry, parameter.name),
        )


def require_sound(plan: Plan, registry: Registry, policy: Policy) -> list[Finding]:
    """The warnings on a plan.

    Raises
    ------
    UnsoundPlan
        Where there is an error; the sentence lists every one.
    """
    findings = check(plan, registry, policy)
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        raise UnsoundPlan(errors)
    return findings
