"""The shape of a plan: which fields there are, which are needed, and of what form each is.

The shape is the model's (`gnomon.plans.plan`); here its faults become findings, all of them at once, and a plan with faults is
filled in far enough that the other checks can look at the rest of it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from gnomon.plans.findings import Finding, nearest
from gnomon.plans.plan import BESIDE, Attachment, Plan, Step
from gnomon.tools.registry import Registry, Tool

# What stands in for a field that is needed, where it is missing or of the wrong form, so that the rest can be checked.
_STAND_INS: dict[str, Any] = {
    "format": 1, "question": "", "language": "en", "goal": "", "steps": [],
    "tool": "", "version": "", "kind": "", "effects": [], "cost": {},
    "sha256": "0" * 64, "size": 0, "found": "",
}  # fmt: skip
_WORDS = {
    "string_type": ("must be text", "Put it in quotes."),
    "list_type": ("must be a list", "Write it like `[one, two]`."),
    "dict_type": ("must be a mapping of names to values", "Write `name: value` on lines below it."),
    "model_type": ("must be a mapping of names to values", "Write `name: value` on lines below it."),
    "int_type": ("must be a whole number", "Write one."),
    "int_parsing": ("must be a whole number", "Write one."),
    "int_from_float": ("must be a whole number", "Round it."),
    "float_type": ("must be a plain number", "Write one, without a unit."),
    "float_parsing": ("must be a plain number", "Write one, without a unit."),
    "greater_than_equal": ("must not be negative", "Write 0 or more."),
    "string_too_short": ("must not be empty", "Write it."),
}
_FORMS = {
    "id": ("is no name of a step", "Begin with a small letter; use small letters, digits and _, 64 at most."),
    "sha256": ("is no SHA-256", "Write its 64 hexadecimal digits; `sha256sum FILE` says them."),
    "language": ("must be en or zh", "Write the language of the question."),
    "format": ("must be 1", "Write 1; another Gnomon made this plan, if it says more."),
}
_MOST_ROUNDS = 6


def read_structure(document: Any, registry: Registry) -> tuple[Plan | None, list[Finding]]:
    """The plan that a JSON value says, and what is wrong with its shape.

    Parameters
    ----------
    document : object
        As YAML or JSON gives it; a stated hash is not believed.
    registry : Registry
        Knows what a step of its tools must state.

    Returns
    -------
    tuple
        With findings, the plan is one in which something else stands where they point; None where not even that can be had.
    """
    if not isinstance(document, dict):
        what = "A plan must be a mapping with question, language, goal and steps."
        return None, [Finding("no-plan", "plan", what, "`gnomon plan` writes one to start from.")]
    mended = copy.deepcopy({k: v for k, v in document.items() if k not in BESIDE})
    findings = []
    for location, rule, what, remedy in list(_unwritable(mended, ())):
        findings.append(Finding(rule, place_of(document, location), what, remedy))
        if rule == "number":
            _holder(mended, location)[location[-1]] = 0
    for turn in range(_MOST_ROUNDS):
        try:
            return Plan.model_validate(mended), list(dict.fromkeys(findings))
        except ValidationError as error:
            for fault in error.errors():
                if turn == 0:  # later ones are faults of what stands in
                    findings.append(_finding(fault, document, registry))
                _mend(mended, tuple(fault["loc"]), str(fault["type"]), turn)
    return None, list(dict.fromkeys(findings))


def place_of(document: Any, location: tuple[int | str, ...]) -> str:
    """A path into the plan as findings have it: steps by their identifiers, where these are there and tell them apart."""
    out = ""
    for depth, part in enumerate(location):
        if not isinstance(part, int):
            out += f".{part}" if out else part
        elif depth == 1 and location[0] == "steps" and (name := _name(document["steps"], part)):
            out += f".{name}"
        else:
            out += f"[{part}]"
    return out or "plan"


def _name(steps: list[Any], number: int) -> str:
    names = [s.get("id") if isinstance(s, dict) else None for s in steps]
    name = names[number] if number < len(names) else None
    return name if isinstance(name, str) and name and names.count(name) == 1 else ""


# --------------------------------------------------------------------------- faults in words


def _finding(fault: Any, document: dict[str, Any], registry: Registry) -> Finding:
    location = tuple(fault["loc"])
    step = _raw_step(document, location)
    if step is not None and location[2:3] == ("inputs",) and len(location) > 3:
        return _input(document, location[:4], step["inputs"][location[3]])
    place, name = place_of(document, location), str(location[-1]) if location else "plan"
    if isinstance(location[-1], int):
        name = {"steps": "This step", "files": "This file"}.get(str(location[-2]), "This")
    if fault["type"] == "missing":
        return Finding("missing-field", place, f"{name} is missing.", _to_state(name, step, registry))
    if fault["type"] == "extra_forbidden":
        fields = _fields(location)
        return Finding(
            "unknown-field", place, f"There is no field {name!r} here.", nearest(name, fields, _listed(fields))
        )
    if fault["type"] == "value_error":
        return Finding("form", place, f"{fault['msg'].removeprefix('Value error, ').capitalize()}.", "Mend it.")
    if name in _FORMS and fault["type"] in ("string_pattern_mismatch", "literal_error"):
        what, remedy = _FORMS[name]
    else:
        what, remedy = _WORDS.get(fault["type"], (f"is of the wrong form ({fault['msg']})", "Mend it."))
    found = fault["input"]
    if fault["type"] == "string_type" and isinstance(found, int | float):
        remedy = f"Put it in quotes: '{found}'."
    elif found is None or fault["type"] in ("list_type", "dict_type"):
        remedy = _to_state(name, step, registry, remedy)
    return Finding("form", place, f"{name} {what}, and is {_shown(found)}.", remedy)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = "empty" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _listed(names: list[str]) -> str:
    return f"There are: {', '.join(names)}."


def _fields(location: tuple[int | str, ...]) -> list[str]:
    """The fields of the mapping in which a place lies."""
    if location[0] == "steps" and len(location) > 1:
        return list(Step.model_fields)
    if location[0] == "files" and len(location) > 1:
        return list(Attachment.model_fields)
    return [*Plan.model_fields, *BESIDE]


def _raw_step(document: dict[str, Any], location: tuple[int | str, ...]) -> dict[str, Any] | None:
    if len(location) < 2 or location[0] != "steps" or not isinstance(location[1], int):
        return None
    step = document["steps"][location[1]]
    return step if isinstance(step, dict) else None


def _to_state(name: str, step: dict[str, Any] | None, registry: Registry, otherwise: str = "") -> str:
    """What to write for a field; for a step of a known tool, word by word."""
    tool: Tool | None = registry.get(str(step.get("tool"))) if step is not None else None
    words = {
        "language": "`language: en` or `language: zh`",
        "steps": "`steps:`, and each step below it, beginning with `- id: NAME`",
        "tool": "the name of a tool; `gnomon tools` lists them",
        "id": "`id: NAME`, a name of its own",
    }
    if tool is not None:
        words |= {
            "version": f"`version: '{tool.version}'`",
            "kind": f"`kind: {tool.kind}`",
            "effects": f"`effects: [{', '.join(tool.effects)}]`",
            "cost": f"`cost: {{seconds: {tool.cost()['seconds']:g}}}`",
        }
    if name not in words and otherwise:
        return otherwise
    return f"Write {words.get(name, f'`{name}: ...`')}."


def _input(document: dict[str, Any], location: tuple[int | str, ...], value: Any) -> Finding:
    """A reference that is none."""
    place = place_of(document, location)
    remedy = "Write {step: NAME} or {file: NAME}, or a list of these."
    for number, one in enumerate(value if isinstance(value, list) else [value]):
        where = f"{place}[{number}]" if isinstance(value, list) else place
        if isinstance(one, str):
            return Finding(
                "form", where, "A reference says whether it is to a step or to a file.", f"Write {{step: {one}}}."
            )
        if isinstance(one, dict) and (extra := [k for k in one if k not in ("step", "file")]):
            what = f"A reference has no field {extra[0]!r}."
            return Finding("unknown-field", f"{where}.{extra[0]}", what, nearest(extra[0], ("step", "file"), remedy))
        if isinstance(one, dict) and len([k for k in one if one[k] is not None]) != 1:
            return Finding("form", where, "A reference names either a step or a file.", remedy)
    return Finding("form", place, "This is no reference.", remedy)


def _unwritable(value: Any, location: tuple[int | str, ...]) -> Iterator[tuple[Any, ...]]:
    """Values that JSON does not keep, each with where, rule, what and remedy; numbers in arguments are looked at by their tools."""
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" for c in value):
            yield location, "text", "Half a character is no text.", "Write the character itself."
    elif isinstance(value, int | float) and location[2:3] != ("arguments",):
        if not math.isfinite(value):
            yield location, "number", f"A number must be finite, and this is {value}.", "Write a finite one."
        elif isinstance(value, int) and abs(value) >= 2**53:
            yield location, "number", "A whole number of this size is not kept exact.", "Write a smaller one."
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unwritable(inner, (*location, key))


# --------------------------------------------------------------------------- what stands in


def _holder(document: dict[str, Any], location: tuple[int | str, ...]) -> Any:
    """The mapping or list in which a place lies."""
    holder: Any = document
    for part in location[:-1]:
        holder = holder[part]
    return holder


def _mend(document: dict[str, Any], location: tuple[int | str, ...], fault: str, turn: int) -> None:
    """Put something else where a fault is, or take it out; after some turns, all of the field around it."""
    if location[2:3] == ("inputs",):
        location = location[:4]
    location = location[: 1 if turn > 2 else None] or ("plan",)
    last, holder = location[-1], _holder(document, location)
    if isinstance(last, int):
        holder[last] = {} if location[0] in ("steps", "files") and len(location) == 2 else ""
    elif last in ("id", "name") and location[0] in ("steps", "files"):
        holder[last] = f"unnamed_{location[1]}"
    elif last in _STAND_INS and fault != "extra_forbidden":
        holder[last] = copy.deepcopy(_STAND_INS[last])
    else:
        holder.pop(last, None)
