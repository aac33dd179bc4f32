"""Composition: the cheapest complete chain of steps from the data at hand to the kind wanted.

Backward over kinds: a step's inputs are made by other steps, until readers of attached files are reached.  Nothing here
knows any tool by name; a new tool takes part as soon as it is registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gnomon.plans.arguments import complete
from gnomon.plans.plan import Attachment, Ref, Step
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Kind, Parameter, Registry, Tool

# What a report shows of what was made, without being asked.
ACCOMPANIMENTS = ("Measurements", "Figure")


@dataclass
class Draft:
    """A chain under construction: tools by step, with their inputs; arguments come later."""

    steps: dict[str, tuple[Tool, dict[str, Ref | list[Ref]]]] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Cost, without regard to the size of the data."""
        return sum(tool.declaration.seconds for tool, _inputs in self.steps.values())

    def copy(self) -> Draft:
        """A draft that can grow on its own."""
        return Draft(dict(self.steps))

    def maker_of(self, kind: Kind) -> str | None:
        """The step whose output may stand for `kind`: one of exactly that kind, else the latest of a state of it."""
        exact = [name for name, (tool, _i) in self.steps.items() if tool.kind == kind]
        if exact:
            return exact[0]
        near = [name for name, (tool, _i) in self.steps.items() if kind.accepts(tool.kind)]
        return near[-1] if near else None

    def only(self, ends: set[str]) -> Draft:
        """The steps that lead to `ends`, and nothing beside them."""
        wanted, waiting = set[str](), list(ends)
        while waiting:
            name = waiting.pop()
            if name in wanted:
                continue
            wanted.add(name)
            for value in self.steps[name][1].values():
                waiting += [r.step for r in (value if isinstance(value, list) else [value]) if r.step is not None]
        return Draft({name: step for name, step in self.steps.items() if name in wanted})

    def join(self, other: Draft) -> Draft:
        """This draft with another one beside it; steps of equal names get numbers."""
        joined = self.copy()
        names: dict[str, str] = {}

        def renamed(ref: Ref) -> Ref:
            return Ref(step=names[ref.step]) if ref.step is not None else ref

        for name, (tool, inputs) in other.steps.items():
            names[name] = joined.add(
                tool, {k: [renamed(r) for r in v] if isinstance(v, list) else renamed(v) for k, v in inputs.items()}
            )
        return joined

    def add(self, tool: Tool, inputs: dict[str, Ref | list[Ref]]) -> str:
        """Add a step and return its name."""
        name, number = tool.name, 1
        while name in self.steps:
            number += 1
            name = f"{tool.name}_{number}"
        self.steps[name] = (tool, inputs)
        return name


class Composer:
    """Composes chains of tools.

    Parameters
    ----------
    registry : Registry
    without : frozenset of str
        Tools that may not be used.
    """

    def __init__(self, registry: Registry, without: frozenset[str] = frozenset()) -> None:
        self.registry = registry
        self.without = without
        self._forerunners: dict[str, tuple[Tool, ...]] = {}

    def forerunners(self, tool: Tool) -> tuple[Tool, ...]:
        """The tool and all that may stand before it in a chain."""
        if tool.name not in self._forerunners:
            found, waiting = {tool.name: tool}, [tool]
            while waiting:
                for parameter in waiting.pop().inputs:
                    assert parameter.kind is not None
                    for maker in self.registry.makers(parameter.kind):
                        if maker.name not in found:
                            found[maker.name] = maker
                            waiting.append(maker)
            self._forerunners[tool.name] = tuple(found.values())
        return self._forerunners[tool.name]

    def start(self, files: Sequence[tuple[Attachment, str]]) -> Draft:
        """A draft that reads each file with the reader that recognised it."""
        draft = Draft()
        for attachment, reader in files:
            tool = self.registry[reader]
            draft.add(tool, {tool.files[0].name: Ref(file=attachment.name)})
        return draft

    def reach(self, tool: Tool, draft: Draft) -> Draft | None:
        """The cheapest growth of `draft` that ends in `tool`, or None where its inputs cannot be had."""
        return self._with_tool(tool, draft, frozenset())

    def _with_tool(self, tool: Tool, draft: Draft, above: frozenset[str]) -> Draft | None:
        if tool.files or tool.name in above or tool.name in self.without:
            return None  # readers stand in the draft already, one for each file
        grown = draft.copy()
        inputs: dict[str, Ref | list[Ref]] = {}
        for parameter in tool.inputs:
            assert parameter.kind is not None
            found = self._with_kind(parameter.kind, grown, above | {tool.name})
            if found is None:
                if parameter.required:
                    return None
                continue
            grown, name = found
            inputs[parameter.name] = [Ref(step=name)] if parameter.many else Ref(step=name)
        grown.add(tool, inputs)
        return grown

    def _with_kind(self, kind: Kind, draft: Draft, above: frozenset[str]) -> tuple[Draft, str] | None:
        name = draft.maker_of(kind)
        if name is not None:
            return draft, name
        best: Draft | None = None
        for maker in self.registry.makers(kind):
            grown = self._with_tool(maker, draft, above)
            if grown is not None and (best is None or grown.seconds < best.seconds):
                best = grown
        if best is None:
            return None
        return best, next(reversed(best.steps))

    def accompany(self, draft: Draft, available: set[tuple[str, str]]) -> tuple[Draft, list[tuple[Tool, Parameter]]]:
        """Add every measurement and figure that can be made from the steps there are, without new steps in between.

        Parameters
        ----------
        draft : Draft
        available : set of (tool, argument)
            Required arguments that the question gives.

        Returns
        -------
        draft : Draft
        missing : list of (Tool, Parameter)
            What could also be had if that argument were given.
        """
        grown, missing = draft.copy(), []
        taken_up = {
            ref.step
            for tool, inputs in draft.steps.values()
            if tool.kind.name not in ACCOMPANIMENTS
            for given in inputs.values()
            for ref in (given if isinstance(given, list) else [given])
        }
        for tool in self.registry.values():
            if (
                tool.kind.name not in ACCOMPANIMENTS
                or not tool.inputs
                or tool.name in self.without
                or any(t is tool for t, _i in grown.steps.values())
            ):
                continue
            made: dict[str, Ref | list[Ref]] = {}
            for parameter in tool.inputs:
                assert parameter.kind is not None
                name = draft.maker_of(parameter.kind)
                if name in taken_up and tool.declaration.provisional:
                    break
                if name is not None:
                    made[parameter.name] = [Ref(step=name)] if parameter.many else Ref(step=name)
                elif parameter.required:
                    break
            else:
                lacking = [p for p in tool.arguments if p.required and (tool.name, p.name) not in available]
                if lacking:
                    missing.append((tool, lacking[0]))
                else:
                    grown.add(tool, made)
        return grown, missing


def finish(draft: Draft, arguments: dict[str, dict[str, object]], rows: int, language: str) -> list[Step]:
    """Steps with all arguments, costs and reasons; arguments not given take their defaults."""
    steps = []
    for name, (tool, inputs) in draft.steps.items():
        given = arguments.get(tool.name, {})
        try:
            completed = complete(tool, dict(given))
        except PlanError as error:
            raise PlanError(error.what, remedy=error.remedy) from error
        steps.append(
            Step(
                id=name,
                tool=tool.name,
                version=tool.version,
                arguments=completed,
                inputs=inputs,
                kind=str(tool.kind),
                effects=list(tool.effects),
                cost=tool.cost(rows),
                why=tool.declaration.summary_zh if language == "zh" else tool.summary,
                evidence=list(tool.declaration.citations),
            )
        )
    return steps
