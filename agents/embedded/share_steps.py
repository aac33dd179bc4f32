"""Steps for targets of which a question says something of their own: requests of each, and these combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.agents.embedded.assign import Assignment
from gnomon.agents.embedded.compose import Draft
from gnomon.agents.embedded.shares import Share, distributed
from gnomon.agents.embedded.words import sentence
from gnomon.agents.understanding.slot import Slot
from gnomon.plans.arguments import spoken
from gnomon.plans.plan import Ref
from gnomon.tools.registry import Parameter, Tool


@dataclass(frozen=True)
class Asked:
    """The targets of requests.

    Parameters
    ----------
    step : str
        The step that makes them.
    tool : Tool
        Its tool, and its argument that holds their names.
    parameter : Parameter
    slots : tuple of Slot
        Where each stands in the question.
    names : tuple of str
        What each is called.
    """

    step: str
    tool: Tool
    parameter: Parameter
    slots: tuple[Slot, ...]
    names: tuple[str, ...]


def combines_requests(tool: Tool) -> bool:
    """Whether a tool makes one document of observing requests of several."""
    return tool.kind.name == "ObservingRequests" and any(
        p.many and p.kind is not None and p.kind.name == "ObservingRequests" for p in tool.inputs
    )


def named_targets(draft: Draft, writer: Tool, made: Assignment) -> Asked | None:
    """The targets that requests are written of, where the question names several and one step does it; else None."""
    steps = [inputs for tool, inputs in draft.steps.values() if tool is writer]
    place = next((p.name for p in writer.inputs if p.kind is not None and p.kind.name == "Target"), "")
    given = steps[0].get(place) if len(steps) == 1 else None
    if not isinstance(given, Ref) or given.step is None:
        return None
    tool, inputs = draft.steps[given.step]
    parameter = next((p for p in tool.arguments if p.many and p.sort == "object"), None)
    if parameter is None or inputs:
        return None
    names = made.arguments.get(tool.name, {}).get(parameter.name, [])
    slots = made.sources.get(f"{tool.name}.{parameter.name}", [])
    if len(names) < 2 or len(names) != len(slots):
        return None
    return Asked(given.step, tool, parameter, tuple(slots), tuple(names))


def shared_out(
    draft: Draft,
    made: Assignment,
    by_step: dict[str, dict[str, Any]],
    asked: Asked,
    shares: Sequence[Share],
    writer: Tool,
    combiner: Tool,
    language: str,
) -> tuple[Draft, list[str]]:
    """The draft with one step of targets and one of requests for each share, and a step that combines these; and a sentence for each share.

    Parameters
    ----------
    draft : Draft
    made : Assignment
        What is said of single targets is taken out of what is said of all.
    by_step : dict
        Arguments by step; those of the new steps are put in.
    asked : Asked
    shares : sequence of Share
    writer, combiner : Tool
    language : {"en", "zh"}
    """
    own = distributed(shares)
    common = made.arguments.get(writer.name, {})
    for name in own:
        common.pop(name, None)
        made.sources.pop(f"{writer.name}.{name}", None)
    grown, names, sentences = Draft(), dict[str, str](), list[str]()
    many = next(p for p in combiner.inputs if p.many)

    def renamed(ref: Ref) -> Ref:
        return Ref(step=names[ref.step]) if ref.step is not None else ref

    for name, (tool, inputs) in draft.steps.items():
        taken = {k: [renamed(r) for r in v] if isinstance(v, list) else renamed(v) for k, v in inputs.items()}
        if tool is not writer:
            names[name] = grown.add(tool, taken)
            continue
        written: list[Ref] = []
        base = by_step.pop(name, {})
        place = next(k for k, v in inputs.items() if isinstance(v, Ref) and v.step == asked.step)
        for share in shares:
            targets = grown.add(asked.tool, {})
            by_step[targets] = {asked.parameter.name: [asked.names[n] for n in share.targets]}
            step = grown.add(writer, {**taken, place: Ref(step=targets)})
            by_step[step] = {**base, **share.arguments}
            if priorities := common.get("priorities"):
                by_step[step]["priorities"] = [priorities[n] for n in share.targets]
            if common.get("one_of"):
                by_step[step]["one_of"] = False  # one of all of them
            written.append(Ref(step=step))
            sentences.append(_told(language, asked, share))
        names[name] = grown.add(combiner, {many.name: written})
        if common.get("one_of"):
            by_step[names[name]] = {"one_of": True}
    return grown, [s for s in sentences if s]


def _told(language: str, asked: Asked, share: Share) -> str:
    if not share.arguments:
        return ""
    comma = sentence(language, "list")
    values = [f"{name} = {spoken(value, language)}" for name, value in share.arguments.items()]
    return sentence(
        language, "share", targets=comma.join(asked.names[n] for n in share.targets), values=comma.join(values)
    )
