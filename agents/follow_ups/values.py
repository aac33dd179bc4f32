"""Values: which arguments of a plan a follow-up gives new values, and what it says that no step can take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gnomon.agents.embedded.asking import named
from gnomon.agents.embedded.assign import Assignment, assign, role_of
from gnomon.agents.embedded.tokens import tokens
from gnomon.agents.follow_ups.options import Option, Refusal, Unclear
from gnomon.agents.follow_ups.phrases import listed, phrase, words
from gnomon.agents.understanding.grammar import whole
from gnomon.agents.understanding.slot import Slot
from gnomon.agents.understanding.understand import Understanding
from gnomon.knowledge.glossary import translate
from gnomon.plans.arguments import normal, spoken
from gnomon.plans.plan import Plan
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Parameter, Registry, Tool

# What is offered at most when a value may be several arguments.
_OFFERED = 5
# Slots that are no value of an argument by themselves.
_NO_VALUES = ("object", "file")
_NUMBERS = ("quantity", "count", "setting")


@dataclass
class Given:
    """The arguments that a follow-up gives, in the form that plans keep, with the slots they came from.

    ``arguments`` is tool to argument to value; ``sources`` is ``tool.argument`` to slots; ``added`` are tools that are not in the plan yet and
    need what was given.
    """

    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: dict[str, list[Slot]] = field(default_factory=dict)
    added: list[Tool] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The argument that was given last, as ``tool.argument``."""
        return next(reversed(self.sources), "")


def tools_of(plan: Plan, registry: Registry) -> list[Tool]:
    """The tools of a plan, each once."""
    return [registry.tool(name) for name in dict.fromkeys(s.tool for s in plan.steps)]


def values_of(understood: Understanding) -> list[Slot]:
    """The slots that are values, and so must not be lost."""
    return [slot for slot in understood.slots if slot.type not in _NO_VALUES]


def given_by(
    understood: Understanding, plan: Plan, registry: Registry, further: Sequence[Tool], language: str, focus: str = ""
) -> Given:
    """Which arguments a follow-up gives.

    Parameters
    ----------
    understood : Understanding
    plan : Plan
    registry : Registry
    further : sequence of Tool
        Tools that could be added to the plan if their values are given.
    language : {"en", "zh"}
        In which to say what cannot be taken.
    focus : str, optional
        The argument that was spoken of last, as ``tool.argument``; a value that says no more is meant for it.

    Returns
    -------
    Given

    Raises
    ------
    Unclear
        Where a value is no argument of any step, or may be several; nothing is taken then.
    """
    if understood.unread:
        raise Refusal(phrase(language, "unread", words=listed(language, understood.unread)))
    tools = tools_of(plan, registry)
    made = assign(understood, tools)
    given = Given()
    _take(given, made, tools)
    left = [slot for slot in made.unused if slot.type not in _NO_VALUES]
    if left and (more := _for_further(left, understood, further)) is not None:
        tool, assignment = more
        _take(given, assignment, [tool])
        given.added.append(tool)
        left = [slot for slot in left if slot in assignment.unused]
    for slot in left:
        _guess(slot, given, tools, plan, language, focus)
    return given


def _take(given: Given, made: Assignment, tools: Iterable[Tool]) -> None:
    known = {t.name: t for t in tools}
    for place, slots in made.sources.items():
        tool, name = place.split(".")
        if all(slot.type == "object" for slot in slots):
            continue  # which object it is about is no setting
        given.arguments.setdefault(tool, {})[name] = normal(known[tool], name, made.arguments[tool][name])
        given.sources[place] = slots


def _for_further(
    left: Sequence[Slot], understood: Understanding, further: Sequence[Tool]
) -> tuple[Tool, Assignment] | None:
    """The tool beside the plan that needs what is left, where the follow-up gives all that it needs."""
    rest = replace(understood, slots=tuple(left))
    for tool in further:
        made = assign(rest, [tool])
        required = {(tool.name, p.name) for p in tool.arguments if p.required}
        if required and required <= made.given:
            return tool, made
    return None


def _guess(slot: Slot, given: Given, tools: Sequence[Tool], plan: Plan, language: str, focus: str) -> None:
    """Give a value that names no argument to the one that can take it."""
    taken = set(given.sources)
    found = [(t, p, v) for t, p, v in could_take(slot, tools) if f"{t.name}.{p.name}" not in taken]
    role = _end_of(slot)
    of_its_name = [
        (t, p, v) for t, p, v in found if slot.name and set(tokens(slot.name)) <= set(tokens(p.name.replace("_", " ")))
    ]
    found = of_its_name or found
    of_its_end = [(t, p, v) for t, p, v in found if role in ("min", "max") and role_of(p) == role]
    found = of_its_end or found
    said = {place for u in plan.understood or [] for place in u.used_by}
    said_before = [(t, p, v) for t, p, v in found if f"{t.name}.{p.name}" in said]
    found = said_before if len(said_before) == 1 else found  # "100 d instead" of the one that the person set
    in_focus = [(t, p, v) for t, p, v in found if f"{t.name}.{p.name}" == focus and role in ("value", role_of(p))]
    in_focus = in_focus or _in_its_unit(slot, tools, focus)
    if in_focus or len(found) == 1:
        tool, parameter, value = (in_focus or found)[0]
        given.arguments.setdefault(tool.name, {})[parameter.name] = value
        given.sources[f"{tool.name}.{parameter.name}"] = [slot]
        return
    if not found:
        can = listed(language, _settable(tools, language))
        raise Refusal(phrase(language, "no_step_takes", words=slot.text, what=_of_what(slot, language), can=can))
    options = [
        Option(
            phrase(language, "set_to", name=named(language, p), value=spoken(v, language), tool=t.name),
            {"do": "set", "arguments": {t.name: {p.name: v}}, "words": slot.text},
        )
        for t, p, v in found
    ]
    raise Unclear(phrase(language, "which_argument", words=slot.text), options[:_OFFERED])


def _in_its_unit(slot: Slot, tools: Sequence[Tool], focus: str) -> list[tuple[Tool, Parameter, Any]]:
    """A bare number for what was spoken of last, in the unit that was spoken of: "50 days", and then "make it 12"."""
    for tool in tools:
        for parameter in tool.arguments:
            if (
                f"{tool.name}.{parameter.name}" == focus
                and parameter.unit
                and slot.number is not None
                and not slot.unit
            ):
                return could_take(replace(slot, unit=parameter.unit), [replace(tool, parameters=(parameter,))])
    return []


def _end_of(slot: Slot) -> str:
    """Which end of a range a value is, by its role or by a word before it such as "shortest"."""
    for role, key in (("min", "least"), ("max", "most")):
        if slot.role == "value" and any(re.search(whole(word), slot.before, re.I) for word in words(key)):
            return role
    return slot.role


def _as_value(slot: Slot, tool: Tool, parameter: Parameter) -> Any:
    """The slot as a value of the argument, or None where it cannot be one."""
    if slot.number is None or slot.type not in _NUMBERS or (parameter.name == "seed" and slot.name != "seed"):
        return None
    if slot.role == "error" or role_of(parameter) == "error" or parameter.type not in ("int", "float"):
        return None
    try:
        return normal(tool, parameter.name, slot.written)
    except PlanError:
        return None


def could_take(slot: Slot, tools: Iterable[Tool]) -> list[tuple[Tool, Parameter, Any]]:
    """The arguments that a value could be by its unit and form, whatever the words around it say."""
    return [(t, p, v) for t in tools for p in t.arguments if (v := _as_value(slot, t, p)) is not None]


def _of_what(slot: Slot, language: str) -> str:
    """What a value is of, such as an angle, in brackets; empty where nothing says."""
    from gnomon.tools.units import parse_unit

    name = ""
    if slot.unit:
        try:
            physical = str(parse_unit(slot.unit).physical_type).partition("/")[0]
        except ValueError:
            physical = ""
        name = translate(physical, language) if physical not in ("", "unknown", "dimensionless") else ""
    if slot.name and not name:
        name = translate(slot.name, language)
    if language == "zh" and name.isascii():
        return ""
    return phrase(language, "of_what", what=name) if name else ""


def _settable(tools: Sequence[Tool], language: str) -> list[str]:
    names = [
        f"{p.name} [{p.unit}]" if p.unit else p.name
        for t in tools
        for p in t.arguments
        if not p.name.endswith("_column")
    ]
    return list(dict.fromkeys(names))


def spoken_of(understood: Understanding, plan: Plan, registry: Registry) -> list[tuple[Tool, Parameter]]:
    """The arguments of a plan whose names the follow-up says, without a value for them."""
    said = set(tokens(understood.question))
    found = []
    for tool in tools_of(plan, registry):
        for parameter in tool.arguments:
            names = {*tokens(parameter.name.replace("_", " "))} | set(tokens(translate(parameter.name, "zh")))
            if names & said:
                found.append((tool, parameter))
    return found
