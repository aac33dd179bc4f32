"""Assignment: which slot of a question is which argument of which tool, by unit, by words, by which end of a range it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from gnomon.agents.embedded.meaning import tokens
from gnomon.agents.embedded.slots import Slot
from gnomon.knowledge.glossary import load
from gnomon.tools.registry import Parameter, Tool

# A slot is an argument when their words agree at least this well; a slot whose unit only one argument can have, at any agreement.
_AGREEMENT = 0.3


@cache
def _synonyms(word: str) -> frozenset[str]:
    """The word with what the glossary says means the same, in both languages."""
    out = set(tokens(word))
    for term in load():
        names = [term.en, term.zh, *term.aliases_en, *term.aliases_zh, term.key.replace("_", " ")]
        if any(tokens(word) == tokens(name) for name in names):
            for name in names:
                out.update(tokens(name))
    return frozenset(out)


@cache
def _parameter_words(name: str, description: str) -> frozenset[str]:
    words = set(_synonyms(name.replace("_", " ")))
    for part in name.split("_"):
        words |= _synonyms(part)
    return frozenset(words | set(tokens(description.split(".")[0])))


@cache
def _dimension(unit: str) -> str:
    from astropy.units import Unit

    return str(Unit(unit).physical_type) if unit else ""


def _role_of(parameter: Parameter) -> str:
    """Which end of a range, or the error of another argument, a parameter is by its name."""
    parts = [part.rstrip("s") for part in parameter.name.split("_")]
    for role in ("min", "max", "error"):
        if role in parts:
            return role
    return "value"


def _agreement(slot: Slot, parameter: Parameter) -> float:
    """Share of the slot's neighbouring words that speak of the parameter; the words nearest before it count most."""
    names = _parameter_words(parameter.name, parameter.description)
    core: set[str] = set()
    for part in parameter.name.split("_"):
        core |= _synonyms(part)
    before = tokens(slot.before)[-6:]
    after = tokens(slot.after)[:3]
    score = 0.0
    for distance, token in enumerate(reversed(before)):
        score += (1.0 if token in core else 0.3 if token in names else 0.0) / (1 + 0.25 * distance)
    for distance, token in enumerate(after):
        score += 0.6 * (1.0 if token in core else 0.3 if token in names else 0.0) / (1 + 0.5 * distance)
    return score


def _fits(slot: Slot, parameter: Parameter) -> bool:
    if parameter.unit:
        return bool(slot.unit) and _dimension(slot.unit) == _dimension(parameter.unit)
    if slot.unit:
        return False
    if parameter.type == "int":
        return slot.number is not None and slot.number == int(slot.number)
    return parameter.type == "float" and slot.number is not None


def assign(
    slots: list[Slot], tools: Iterable[Tool]
) -> tuple[dict[str, dict[str, object]], dict[str, Slot], list[Slot]]:
    """Give slots to the arguments of tools.

    Parameters
    ----------
    slots : list of Slot
    tools : iterable of Tool
        The tools of the plan, and those that might be added to it.

    Returns
    -------
    arguments : dict
        Tool to argument to value.
    sources : dict
        ``tool.argument`` to the slot it came from.
    unused : list of Slot
        Slots that are no argument of any of the tools.
    """
    tools = list(tools)
    arguments: dict[str, dict[str, object]] = {}
    sources: dict[str, Slot] = {}
    unused: list[Slot] = []
    for slot in slots:
        by_name = {"setting": _settings, "object": _objects, "date": _dates}.get(slot.role)
        places = by_name(slot, tools) if by_name else _best(slot, tools, sources)
        for tool, parameter in places:
            value: object = slot.written if slot.role != "object" else _star(slot.text)
            if slot.role == "setting" and slot.text in ("true", "false"):
                value = slot.text == "true"
            if parameter.many:
                earlier = arguments.setdefault(tool.name, {}).get(parameter.name, [])
                assert isinstance(earlier, list)
                value = [*earlier, value]
            arguments.setdefault(tool.name, {})[parameter.name] = value
            sources[f"{tool.name}.{parameter.name}"] = slot
        if not places and slot.role != "object":
            unused.append(slot)
    return arguments, sources, unused


def _star(name: str) -> str:
    """The star of a planet: K2-131 for K2-131 b."""
    return re.sub(r"(?<=\d) [b-j]$", "", name)


def _settings(slot: Slot, tools: list[Tool]) -> list[tuple[Tool, Parameter]]:
    return [(t, p) for t in tools for p in t.arguments if p.name == slot.name]


def _objects(slot: Slot, tools: list[Tool]) -> list[tuple[Tool, Parameter]]:
    """Names of objects go to the arguments that are names of objects."""
    return [
        (t, p)
        for t in tools
        for p in t.arguments
        if p.type == "str" and {"object", "target", "star"} & set(p.name.split("_"))
    ]


def _dates(slot: Slot, tools: list[Tool]) -> list[tuple[Tool, Parameter]]:
    """Dates go to the arguments that are dates or nights."""
    return [
        (t, p) for t in tools for p in t.arguments if p.type == "str" and {"date", "night"} & set(p.name.split("_"))
    ]


def _best(slot: Slot, tools: list[Tool], taken: dict[str, Slot]) -> list[tuple[Tool, Parameter]]:
    scored: list[tuple[float, Tool, Parameter]] = []
    for tool in tools:
        for parameter in tool.arguments:
            if parameter.name == "seed" or not _fits(slot, parameter):
                continue
            role = _role_of(parameter)
            counts = parameter.type == "int" and role == "max" and slot.role == "value"  # "two planets" bounds a search
            if role != slot.role and not counts:
                continue
            if f"{tool.name}.{parameter.name}" in taken and not parameter.many:
                continue
            scored.append((_agreement(slot, parameter), tool, parameter))
    if not scored:
        return []
    best = max(score for score, _t, _p in scored)
    names = {p.name for _s, _t, p in scored}
    only_one = len(names) == 1 and bool(slot.unit) and all(p.required or _role_of(p) == "error" for _s, _t, p in scored)
    if best < _AGREEMENT and not only_one:
        return []
    top = next(p.name for s, _t, p in scored if s == best)
    # The same argument of several tools (a stellar mass) is one fact about the world.
    return [(t, p) for _s, t, p in scored if p.name == top]
