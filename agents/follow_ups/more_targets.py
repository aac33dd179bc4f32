"""A target more in a plan of observations, asked for as the others are, or with what is said of it by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gnomon.agents.coordinator.telescopes_named import words
from gnomon.agents.embedded.assign import assign
from gnomon.agents.embedded.compose import Draft, finish
from gnomon.agents.embedded.named_values import find_named
from gnomon.agents.embedded.observing import add_images, only_requests
from gnomon.agents.embedded.share_steps import combines_requests
from gnomon.agents.embedded.telescopes_meant import places_of, telescopes_meant
from gnomon.agents.follow_ups.revise import Revision
from gnomon.agents.understanding.understand import Understanding
from gnomon.plans.plan import Plan, Ref, Step
from gnomon.tools.registry import Parameter, Tool

if TYPE_CHECKING:
    from gnomon.agents.dialogue import Dialogue


# What is said of a target alone: where it may be, how bright it is, when its events come.
_OF_ONE = (
    "radius",
    "magnitude",
    "priorities",
    "period",
    "epoch",
    "duration",
    "phase",
    "phase_from",
    "phase_to",
    "margin",
    "period_change",
    "events",
)


def with_target(talk: Dialogue, plan: Plan, understood: Understanding) -> Revision | None:
    """The plan with the targets that a text names beside those it has; None where it names none, or the plan writes no requests of targets.

    They are asked for as the last ones are, but for what the text says of them; then they have a step of requests of their own.
    """
    writers = [s for s in plan.steps if s.tool in talk.registry and only_requests(talk.registry.tool(s.tool))]
    if not writers:
        return None
    model = writers[-1]
    writer = talk.registry.tool(model.tool)
    place = next(p.name for p in writer.inputs if p.kind is not None and p.kind.name == "Target")
    source = model.inputs[place]
    if not isinstance(source, Ref) or source.step is None:
        return None
    finder = plan.step(source.step)
    tool = talk.registry.tool(finder.tool)
    parameter = next((p for p in tool.arguments if p.many and p.sort == "object"), None)
    if parameter is None:
        return None
    there = [n for s in plan.steps if s.tool == finder.tool for n in s.arguments.get(parameter.name, [])]
    names = [str(value) for _slot, value in find_named(understood, parameter) if value not in there]
    if not names:
        return None
    given = _own(understood, writer)
    alone = any(model.arguments.get(name) is not None for name in ("radius", "magnitude", "period"))
    if given or alone or len(writers) > 1:
        steps = _apart(talk, plan, model, (finder, tool, parameter), names, given, place)
    else:
        steps = _joined(plan, finder, parameter, names)
    revision = talk.reviser.with_steps(plan, steps, understood, talk.language)
    comma = "、" if talk.language == "zh" else ", "
    note = words()[talk.language]["added_note"].format(targets=comma.join(names))
    return replace(revision, notes=(*revision.notes, note))


def _own(understood: Understanding, writer: Tool) -> dict[str, Any]:
    """What a text says of the targets that it adds."""
    made = assign(understood, [writer])
    add_images(made, writer, understood)
    given = dict(made.arguments.get(writer.name, {}))
    if "telescopes" not in given and (meant := telescopes_meant(places_of(understood))):
        given["telescopes"] = [key for _slot, key in meant]
    if "bands" in given:
        given.setdefault("modes", ["imaging"])
    return given


def _joined(plan: Plan, finder: Step, parameter: Parameter, names: Sequence[str]) -> list[Step]:
    """The same steps with more targets: those of the step that requests are written of, and of what else takes the same ones."""
    old = finder.arguments[parameter.name]
    out = []
    for step in plan.steps:
        if step.tool == finder.tool and step.arguments.get(parameter.name) == old:
            step = step.model_copy(update={"arguments": {**step.arguments, parameter.name: [*old, *names]}})
        if step.arguments.get("priorities"):
            worth = [*step.arguments["priorities"], *[step.arguments.get("priority", 100.0)] * len(names)]
            step = step.model_copy(update={"arguments": {**step.arguments, "priorities": worth}})
        out.append(step)
    return out


def _apart(
    talk: Dialogue,
    plan: Plan,
    model: Step,
    finding: tuple[Step, Tool, Parameter],
    names: Sequence[str],
    given: dict[str, Any],
    place: str,
) -> list[Step]:
    """The steps with requests of the new targets by themselves, combined with those that are there."""
    finder, tool, parameter = finding
    writer = talk.registry.tool(model.tool)
    combiner = next(t for t in talk.registry.values() if combines_requests(t))
    many = next(p.name for p in combiner.inputs if p.many)
    there = next((s for s in plan.steps if s.tool == combiner.name), None)
    ends = list(there.inputs[many]) if there is not None else [Ref(step=model.id)]  # type: ignore[arg-type]
    draft, by_step = Draft(), dict[str, dict[str, Any]]()
    used = {s.id for s in plan.steps}

    def fresh(name: str) -> str:
        number, out = 1, name
        while out in used:
            number += 1
            out = f"{name}_{number}"
        used.add(out)
        return out

    targets, wished = fresh(tool.name), fresh(writer.name)
    union = there.id if there is not None else fresh(combiner.name)
    for step in plan.steps:
        if there is not None and step.id == there.id:
            continue
        inputs = dict(step.inputs)
        if there is None and step.id != model.id:
            inputs = {k: Ref(step=union) if isinstance(v, Ref) and v.step == model.id else v for k, v in inputs.items()}
        draft.steps[step.id] = (talk.registry.tool(step.tool), inputs)
        by_step[step.id] = dict(step.arguments)
        if step.id == model.id:
            draft.steps[targets] = (tool, dict(finder.inputs))
            by_step[targets] = {**finder.arguments, parameter.name: list(names)}
            draft.steps[wished] = (writer, {**model.inputs, place: Ref(step=targets)})
            shared = {name: value for name, value in model.arguments.items() if name not in _OF_ONE}
            by_step[wished] = {**shared, **given}
            if there is None:
                draft.steps[union] = (combiner, {many: [*ends, Ref(step=wished)]})
        if there is not None and step.id == model.id:
            draft.steps[union] = (combiner, {many: [*ends, Ref(step=wished)]})
            by_step[union] = dict(there.arguments)
    rows = max((f.rows for f in plan.files), default=0)
    return finish(draft, {}, rows, talk.language, by_step)
