"""Composition: the cheapest complete chain of steps from the data at hand to the kind wanted.

Backward over kinds: a step's inputs are made by other steps, until readers of attached files are reached, or tools that need nothing but
what the question says.  Nothing here knows any tool by name; a new tool takes part as soon as it is registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from types import MappingProxyType

from gnomon.plans.arguments import complete
from gnomon.plans.costs import Reckoning
from gnomon.plans.plan import Attachment, Ref, Step
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Kind, Parameter, Registry, Tool

# What a report shows of what was made, without being asked.
ACCOMPANIMENTS = ("Measurements", "Figure", "Visibility", "Verification")
# Of these, what the others are made from in turn: a schedule is verified, and its targets are drawn, without being asked.
_MADE_FIRST = ("Visibility", "Verification")
# What an answer shows as it is, so that a figure of it is drawn only where one is asked for.
TOLD_AS_TABLES = ("SourceTable",)


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

    def maker_of(self, kind: Kind, taken: frozenset[str] = frozenset()) -> str | None:
        """The step whose output may stand for `kind`, out of those not `taken`: one of exactly that kind, else the latest of a state of it."""
        free = {name: tool for name, (tool, _i) in self.steps.items() if name not in taken}
        exact = [name for name, tool in free.items() if tool.kind == kind]
        if exact:
            return exact[0]
        near = [name for name, tool in free.items() if kind.accepts(tool.kind)]
        return near[-1] if near else None

    def all_like(self, name: str) -> list[Ref]:
        """A step, or where it reads a file every step that reads one of the same kind."""
        tool = self.steps[name][0]
        alike = [n for n, (t, _i) in self.steps.items() if t.files and t.kind == tool.kind] if tool.files else [name]
        return [Ref(step=n) for n in alike]

    def taken_up(self) -> set[str | None]:
        """The steps whose outputs others work on, but for what only measures or draws them."""
        return {
            ref.step
            for tool, inputs in self.steps.values()
            if tool.kind.name not in ACCOMPANIMENTS
            for given in inputs.values()
            for ref in (given if isinstance(given, list) else [given])
        }

    def led_to(self, kind: Kind) -> str | None:
        """What several steps of one kind lead to, which is what is shown of them."""
        taken_up = self.taken_up()
        last = [n for n, (t, _i) in self.steps.items() if t.kind == kind and n not in taken_up]
        return last[-1] if last else None

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

    def join(self, other: Draft) -> tuple[Draft, dict[str, str]]:
        """This draft with another one beside it, and what its steps are called now; steps of equal names get numbers."""
        joined = self.copy()
        names: dict[str, str] = {}

        def renamed(ref: Ref) -> Ref:
            return Ref(step=names[ref.step]) if ref.step is not None else ref

        for name, (tool, inputs) in other.steps.items():
            names[name] = joined.add(
                tool, {k: [renamed(r) for r in v] if isinstance(v, list) else renamed(v) for k, v in inputs.items()}
            )
        return joined, names

    def add(self, tool: Tool, inputs: dict[str, Ref | list[Ref]]) -> str:
        """Add a step and return its name."""
        name, number = tool.name, 1
        while name in self.steps:
            number += 1
            name = f"{tool.name}_{number}"
        self.steps[name] = (tool, inputs)
        return name


@dataclass(frozen=True)
class Said:
    """What a question says that steps need.

    Parameters
    ----------
    lacking : frozenset of str
        Tools with a required argument that the question does not give.
    sources : mapping of str to frozenset of int
        For each tool, where in the question its arguments stand.
    """

    lacking: frozenset[str] = frozenset()
    sources: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def offers(self, maker: Tool, to: Tool) -> bool:
        """Whether the question says something for `maker` that `to` does not take, so that its result is worth making."""
        mine = self.sources.get(maker.name, frozenset())
        return (
            not maker.inputs and maker.name not in self.lacking and bool(mine - self.sources.get(to.name, frozenset()))
        )


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
        self._led: dict[tuple[str, str], bool] = {}
        self._before: dict[Kind, frozenset[str]] = {}
        self._last: _Search | None = None
        self._from_readers: dict[str, _Search] = {}

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

    def before(self, kind: Kind) -> frozenset[str]:
        """The names of all tools that may stand in a chain to a kind."""
        if kind not in self._before:
            chains = (self.forerunners(maker) for maker in self.registry.makers(kind))
            self._before[kind] = frozenset(tool.name for chain in chains for tool in chain)
        return self._before[kind]

    def start(self, files: Sequence[tuple[Attachment, str]]) -> Draft:
        """A draft that reads each file with the reader that recognised it."""
        draft = Draft()
        for attachment, reader in files:
            tool = self.registry[reader]
            draft.add(tool, {tool.files[0].name: Ref(file=attachment.name)})
        return draft

    def reach(self, tool: Tool, draft: Draft, said: Said = Said()) -> Draft | None:
        """The cheapest growth of `draft` that ends in `tool`, or None where its inputs cannot be had.

        Steps of which the question does not give what they need stand in it only where there is no other way.  What a tool could
        also take is joined where it is there, or where the question says something that is for it alone.
        """
        last = self._last
        if last is None or not last.is_from(draft, said):
            last = self._last = _Search(self, draft, said)
        return last.with_tool(tool, draft, frozenset())

    def leads(self, reader: Tool, tool: Tool) -> bool:
        """Whether what a reader gives is taken up on the way to a tool."""
        pair = reader.name, tool.name
        if pair not in self._led:
            draft = Draft()
            name = draft.add(reader, {})
            search = self._from_readers.setdefault(reader.name, _Search(self, draft, Said()))
            grown = None if tool is reader else search.with_tool(tool, draft, frozenset())
            self._led[pair] = tool is reader or (
                grown is not None and name in grown.only({next(reversed(grown.steps))}).steps
            )
        return self._led[pair]

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
        taken_up = draft.taken_up()
        for tool in sorted(self.registry.values(), key=lambda t: t.kind.name not in _MADE_FIRST):
            if (
                tool.kind.name not in ACCOMPANIMENTS
                or not tool.inputs
                or tool.name in self.without
                or (tool.kind.name == "Figure" and any(p.kind and p.kind.name in TOLD_AS_TABLES for p in tool.inputs))
                or any(t is tool for t, _i in grown.steps.values())
            ):
                continue
            made: dict[str, Ref | list[Ref]] = {}
            for parameter in tool.inputs:
                assert parameter.kind is not None
                there = grown if parameter.kind.name in _MADE_FIRST else draft
                name = draft.led_to(parameter.kind) or there.maker_of(parameter.kind)
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


class _Search:
    """The search from one draft, under what one question says, for the chains to any number of tools.

    Most chains lead through the same few kinds, so the way to a kind is looked for once from the draft as it was given, and once from
    nothing.  Of the tools that stand further on, those alone matter to it that could stand in it.
    """

    def __init__(self, composer: Composer, start: Draft, said: Said) -> None:
        self.composer = composer
        self.said = said
        self._start = list(start.steps.items())
        self._ways: dict[tuple[Kind, str, frozenset[str], bool], Draft | None] = {}

    def is_from(self, draft: Draft, said: Said) -> bool:
        """Whether it is of that draft and that question."""
        return said is self.said and list(draft.steps.items()) == self._start

    def _origin(self, draft: Draft) -> str:
        """Which beginning a draft still is; empty where it has grown."""
        if not draft.steps:
            return "nothing"
        if len(draft.steps) == len(self._start) and list(draft.steps.items()) == self._start:
            return "start"
        return ""

    def with_tool(self, tool: Tool, draft: Draft, above: frozenset[str]) -> Draft | None:
        if tool.files or tool.name in above or tool.name in self.composer.without:
            return None  # readers stand in the draft already, one for each file
        grown = draft.copy()
        inputs: dict[str, Ref | list[Ref]] = {}
        taken: frozenset[str] = frozenset()
        for parameter in tool.inputs:
            assert parameter.kind is not None
            twin = any(p is not parameter and p.required and p.kind == parameter.kind for p in tool.inputs)
            here = grown.led_to(parameter.kind) if tool.kind.name in ACCOMPANIMENTS else None
            here = here or grown.maker_of(parameter.kind, taken)
            found: tuple[Draft, str] | None = None
            if here is not None:
                found = grown, here
            elif parameter.required:
                if not twin:
                    found = self._made(parameter.kind, grown, above | {tool.name})
                else:
                    # What is compared is not made from the other, and has to be asked for in full.
                    found = self._made(parameter.kind, Draft(), above | {tool.name}, in_full=True)
                    if found is not None:
                        grown, names = grown.join(found[0])
                        found = grown, names[found[1]]
            else:
                found = self._offered(parameter.kind, grown, tool, above)
            if found is None:
                if parameter.required:
                    return None
                continue
            grown, name = found
            taken |= {name}
            inputs[parameter.name] = grown.all_like(name) if parameter.many else Ref(step=name)
        shown = [p for p in tool.inputs if p.kind is not None and p.name not in inputs]
        if shown and inputs and tool.kind.name == "Figure" and self._only_places(tool, inputs):
            found = self._made_there(shown, grown, above | {tool.name})
            if found is not None:
                grown, name, parameter = found
                inputs[parameter.name] = Ref(step=name)
        grown.add(tool, inputs)
        return grown

    @staticmethod
    def _only_places(tool: Tool, inputs: Mapping[str, object]) -> bool:
        """Whether a figure would have places in the sky and nothing that is there."""
        return all(p.kind is not None and p.kind.name == "Target" for p in tool.inputs if p.name in inputs)

    def _made_there(
        self, wanted: Sequence[Parameter], draft: Draft, above: frozenset[str]
    ) -> tuple[Draft, str, Parameter] | None:
        """The first of these inputs that can be had of the places themselves: the stars around a target."""
        for parameter in wanted:
            assert parameter.kind is not None
            makers = [
                m
                for m in self.composer.registry.makers(parameter.kind)
                if m.name not in self.said.lacking and any(p.kind and p.kind.name == "Target" for p in m.inputs)
            ]
            ways = [w for m in makers if (w := self.with_tool(m, draft, above)) is not None]
            if ways:
                best = min(ways, key=lambda w: w.seconds)
                return best, next(reversed(best.steps)), parameter
        return None

    def _made(
        self, kind: Kind, draft: Draft, above: frozenset[str], *, in_full: bool = False
    ) -> tuple[Draft, str] | None:
        """The cheapest way to a kind by further steps; `in_full`, by such alone of which the question says all that they need."""
        origin = self._origin(draft)
        key = kind, origin, above & self.composer.before(kind), in_full
        if origin and key in self._ways:
            known = self._ways[key]
            return None if known is None else (known.copy(), next(reversed(known.steps)))
        best: Draft | None = None
        least = (inf, inf)
        for maker in self.composer.registry.makers(kind):
            grown = self.with_tool(maker, draft, above)
            if grown is None:
                continue
            lacking = sum(tool.name in self.said.lacking for tool, _i in grown.steps.values())
            if (lacking, grown.seconds) < least and not (in_full and lacking):
                best, least = grown, (lacking, grown.seconds)
        if origin:
            self._ways[key] = None if best is None else best.copy()
        return (best, next(reversed(best.steps))) if best is not None else None

    def _offered(self, kind: Kind, draft: Draft, tool: Tool, above: frozenset[str]) -> tuple[Draft, str] | None:
        for maker in self.composer.registry.makers(kind):
            if self.said.offers(maker, tool):
                grown = self.with_tool(maker, draft, above | {tool.name})
                if grown is not None:
                    return grown, next(reversed(grown.steps))
        return None


def compared_with_itself(steps: Sequence[Step]) -> Step | None:
    """The first step that compares a thing with the same thing, since the question names but one."""
    for step in steps:
        given = [v.step for v in step.inputs.values() if isinstance(v, Ref) and v.step is not None]
        if len(set(given)) < len(given):
            return step
    return None


def evidence(tool: Tool) -> list[str]:
    """What the choice of a tool rests on: the notes on its method that come with Gnomon, and the sources of its method."""
    from gnomon.knowledge.literature.method_notes import notes_on

    return [*notes_on(tool.name), *tool.declaration.citations]


def finish(
    draft: Draft,
    arguments: dict[str, dict[str, object]],
    rows: int,
    language: str,
    by_step: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
) -> list[Step]:
    """Steps with all arguments, costs and reasons; arguments not given take their defaults.

    What ``by_step`` says of a step goes before what is said of its tool; of steps that would do the same the first one stands for all.
    """
    steps: list[Step] = []
    reckoning = Reckoning(otherwise=rows, language=language)
    done: dict[str, str] = {}

    def first(ref: Ref) -> Ref:
        return Ref(step=done.get(ref.step, ref.step)) if ref.step is not None else ref

    for name, (tool, needs) in draft.steps.items():
        given = {**arguments.get(tool.name, {}), **by_step.get(name, {})}
        inputs = {k: [first(r) for r in v] if isinstance(v, list) else first(v) for k, v in needs.items()}
        try:
            completed = complete(tool, dict(given))
        except PlanError as error:
            raise PlanError(error.what, remedy=error.remedy) from error
        same = [s.id for s in steps if (s.tool, s.arguments, s.inputs) == (tool.name, completed, inputs)]
        done[name] = same[0] if same else name
        if done[name] != name:
            continue
        steps.append(
            Step(
                id=name,
                tool=tool.name,
                version=tool.version,
                arguments=completed,
                inputs=inputs,
                kind=str(tool.kind),
                effects=list(tool.effects),
                **reckoning.fields(name, tool, completed, inputs),
                why=tool.declaration.summary_zh if language == "zh" else tool.summary,
                evidence=evidence(tool),
            )
        )
    return steps
