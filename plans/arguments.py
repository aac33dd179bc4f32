"""Arguments: what people write, turned into the one form that plans keep, and into what a tool's function takes.

In a plan a number with a unit is ``{"value": 0.5, "unit": "d"}`` in the unit that the tool declares, so that 12 h and 0.5 d
give the same plan.  People may write ``0.5 d``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gnomon.plans.findings import nearest
from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Parameter, Tool

_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$", re.DOTALL)
# What people write that is no number here, and what they should write; `{unit}` is the declared one, after a space.
_NOT_A_NUMBER: tuple[tuple[str, str], ...] = (
    (r"([-+]?\d+),(\d{3})(?![\d,])(.*)", "A comma is no decimal point: write {0}.{1}{2}, or {0}{1}{2} if thousands are meant."),
    (r"([-+]?\d*),(\d+)(.*)", "A comma is no decimal point: write {0}.{1}{2}."),
    (r"([-+]?\d{1,3})[ _'’](\d{3}(?:\.\d*)?)\b(.*)", "Write the digits together: {0}{1}{2}."),
    (r"[-+]?\d+(?::\d+)+(?:\.\d*)?.*", "Sixties are not read: write one number, like `1.5{unit}`."),
    (r"(.+?)\s*(?:±|\+/-|\+-)\s*(.+)", "A value has no error here: write {0}, and the error where the tool has an argument for it."),
)  # fmt: skip


class OutOfBounds(PlanError):
    """A number that its argument may not be."""


def _number(value: Any, where: str, unit: str = "") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanError(f"{where} must be a number, and is {value!r}.", remedy=_how_to_write(value, unit))
    try:
        number = float(value) + 0.0  # JSON does not tell -0.0 from 0.0, so nothing else may
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise PlanError(f"{where} must be finite, and is {value}.", remedy="Leave it out to use the default.")
    return number


def _how_to_write(value: Any, unit: str = "") -> str:
    """What to write instead of something that is no number, or no number with a unit."""
    after = f" {unit}" if unit else ""
    if isinstance(value, str):
        for pattern, advice in _NOT_A_NUMBER:
            if match := re.fullmatch(pattern, value.strip(), re.DOTALL):
                return advice.format(*match.groups(), unit=after)
        match = _NUMBER.match(value)
        if match and re.match(r"[^\W\d]|$", match[2]):
            return (
                f"Write {match[1]}{after}, without quotes."
                if not match[2] or unit
                else f"It has no unit: write {match[1]}."
            )
    return f"Write it like `1.5{after}`." if unit else "Write a plain number."


def quantity(value: Any, unit: str, where: str) -> dict[str, Any]:
    """A number with a unit, ``12 h`` or ``{"value": 12, "unit": "h"}``, in the unit that a tool declares.

    Parameters
    ----------
    value : object
        As a person wrote it.
    unit : str
        The declared unit.
    where : str
        How messages call it.

    Returns
    -------
    dict
        ``{"value", "unit"}``.

    Raises
    ------
    PlanError
        Where it is no number, has no unit or has one that does not convert.
    """
    if isinstance(value, str):
        match = _NUMBER.match(value.replace("\N{MINUS SIGN}", "-"))
        if not match or not match[2] or re.match(r"(?!1\s*/)[-+,:.\d±]|['’]\s*\d", match[2]):
            raise PlanError(
                f"{where} must be a number with a unit, and is {value!r}.", remedy=_how_to_write(value, unit)
            )
        value = {"value": float(match[1]), "unit": match[2]}
    if not isinstance(value, dict) or set(value) != {"value", "unit"}:
        simple = isinstance(value, int | float) and not isinstance(value, bool)
        example = f"{value} {unit}" if simple else f"1.5 {unit}"
        raise PlanError(f"{where} needs a unit.", remedy=f"Write it like `{example}`.")
    number = _number(value["value"], where, unit)
    if value["unit"] == unit:
        return {"value": number, "unit": unit}
    return {"value": _converted(number, str(value["unit"]), unit, where), "unit": unit}


def _converted(number: float, given: str, unit: str, where: str) -> float:
    """The number in the declared unit; the empty one is that of a plain number."""
    from astropy.units import Unit, UnitConversionError

    from gnomon.tools.units import near_unit, parse_unit

    name = unit or "a plain number"
    try:
        converted = parse_unit(given).to(Unit(unit), number)
    except UnitConversionError as error:  # before ValueError, which it is
        found = parse_unit(given)
        physical = str(found.physical_type).partition("/")[0]
        known = f" ({found})" if str(found) != given else ""
        what = f", {'an' if physical[0] in 'aeiou' else 'a'} {physical}," if physical != "unknown" else ""
        raise PlanError(
            f"{where} is in {given}{known}{what} which does not convert to {name}.", remedy=f"Give it in {name}."
        ) from error
    except (ValueError, TypeError) as error:
        near = near_unit(given)
        hint = f"Did you mean {near}? " if near else ""
        raise PlanError(
            f"{where}: {given!r} is not a unit.", remedy=f"{hint}Use {unit or 'no unit'} or one that converts to it."
        ) from error
    # Fifteen digits: 12 h and 0.5 d must give the same number, whatever the last bit of the conversion.
    return _number(float(f"{converted:.15g}"), where)


def _plain(value: Any, where: str) -> float:
    """A number without a unit; ``10 %`` is one, too."""
    if isinstance(value, str) and (match := _NUMBER.match(value)) and re.fullmatch(r"[%％]|percent|per cent", match[2]):
        return _converted(float(match[1]), "%", "", where)
    return _number(value, where)


def _single(value: Any, parameter: Parameter, where: str) -> Any:
    """One value in the form that plans keep, within what the tool declares."""
    single = _typed(value, parameter, where)
    within = parameter.within
    if within is not None and (number := single["value"] if parameter.unit else single) not in within:
        raise OutOfBounds(
            f"{where} must be {within.told(parameter.unit)}, and is {number:g}.",
            remedy="Change it, or leave it out to use the default." if not parameter.required else "Change it.",
        )
    return single


def _typed(value: Any, parameter: Parameter, where: str) -> Any:
    if parameter.unit:
        return quantity(value, parameter.unit, where)
    if parameter.type == "float":
        return _plain(value, where)
    if parameter.type == "int":
        number = _number(value, where)
        if number != int(number):
            raise PlanError(f"{where} must be a whole number, and is {value}.", remedy="Round it.")
        if abs(number) >= 2**53:
            raise PlanError(f"{where} is beyond the whole numbers that are kept exact.", remedy="Write a smaller one.")
        return int(number)
    if parameter.type == "bool":
        if not isinstance(value, bool):
            meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(
                str(value).lower(), "true or false"
            )
            raise PlanError(f"{where} must be true or false, and is {value!r}.", remedy=f"Write {meant}.")
        return value
    if not isinstance(value, str):
        raise PlanError(f"{where} must be text, and is {value!r}.", remedy=f"Put it in quotes: {str(value)!r}.")
    if parameter.type == "weights" and not re.fullmatch(r"[0-9a-f]{64}", value):
        raise PlanError(f"{where} must be the SHA-256 of a file of weights, and is {value!r}.", remedy="Leave it out.")
    if parameter.choices and value not in parameter.choices:
        raise PlanError(
            f"{where} must be one of {', '.join(parameter.choices)}, and is {value!r}.",
            remedy=nearest(value, parameter.choices, "Choose one of them."),
        )
    return value


def normal(tool: Tool, name: str, value: Any) -> Any:
    """The form that plans keep of an argument.

    Raises
    ------
    PlanError
        Where the tool has no such argument, or the value is of the wrong type, unit or choice.
    """
    parameter = tool.parameter(name)
    where = f"{tool.name}.{name}"
    if parameter is None or parameter.role != "argument":
        known = [p.name for p in tool.arguments]
        listed = f"Its arguments are: {', '.join(known) or 'none'}."
        if parameter is not None:
            listed = f"{name} is an input: write it under inputs."
        raise PlanError(f"{tool.name} has no argument {name!r}.", remedy=nearest(name, known, listed))
    if value is None:
        if parameter.optional:
            return None
        raise PlanError(f"{where} may not be empty.", remedy="Give a value or leave it out.")
    if parameter.many:
        if not isinstance(value, list):
            value = [value]
        return [_single(v, parameter, f"{where}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, list):
        raise PlanError(f"{where} is one value, and not a list.", remedy="Write the value without brackets or dash.")
    return _single(value, parameter, where)


def default(parameter: Parameter) -> Any:
    """A parameter's default in the form that plans keep."""

    def dressed(value: Any) -> Any:
        return {"value": float(value), "unit": parameter.unit} if parameter.unit and value is not None else value

    value = parameter.default
    if parameter.many and value is not None:
        return [dressed(v) for v in value]
    return dressed(value)


def complete(tool: Tool, given: dict[str, Any]) -> dict[str, Any]:
    """All arguments of a call in the form that plans keep: the given ones normalised, the others at their defaults."""
    out = {name: normal(tool, name, value) for name, value in given.items()}
    for parameter in tool.arguments:
        if parameter.name not in out and not parameter.required:
            out[parameter.name] = default(parameter)
    return {p.name: out[p.name] for p in tool.arguments if p.name in out}


def empty_ranges(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of arguments ``..._min`` and ``..._max``, in the form that plans keep, that leave nothing between them."""
    for name, value in arguments.items():
        other = re.sub(r"(^|_)min(?=_|$)", r"\1max", name)
        if other != name and value is not None and arguments.get(other) is not None:
            low, high = python_value(value), python_value(arguments[other])
            if not low < high:
                yield name, other


def python_value(value: Any) -> Any:
    """What a tool's function takes: numbers with a unit become plain floats in the declared unit."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return value["value"]
    if isinstance(value, list):
        return [python_value(v) for v in value]
    return value


_SPOKEN = {
    "en": {None: "not given", True: "yes", False: "no", "nothing": "none", "more": "{shown} and {more:,} more"},
    "zh": {None: "未给出", True: "是", False: "否", "nothing": "无", "more": "{shown} 等 {all} 个"},
}
# Of a longer list a person is told the first few and how many there are; the plan has all of it.
LONG_LIST = 10
_SHOWN = 3


def says_argument(written: Any, kept: Any) -> bool:
    """Whether what a person wrote is an argument that a plan keeps.  No tool is asked: what is kept has the declared unit."""
    try:
        if isinstance(kept, dict) and set(kept) == {"value", "unit"}:
            return bool(quantity(written, kept["unit"], "")["value"] == kept["value"])
        if isinstance(kept, list):
            given = written if isinstance(written, list) else [written]
            return len(given) == len(kept) and all(map(says_argument, given, kept))
        if isinstance(kept, bool | str) or kept is None:
            return type(written) is type(kept) and bool(written == kept)
        return isinstance(kept, int | float) and _plain(written, "") == kept
    except PlanError:
        return False


def spoken(value: Any, language: str = "en") -> str:
    """As a person would write it: ``0.5 d``; None is ``not given``; of a long list only the first few, see `some_of`."""
    words = _SPOKEN[language]
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return f"{_digits(value['value'])} {value['unit']}"
    if isinstance(value, list):
        return some_of(value, language, lambda v: spoken(v, language)) if value else words["nothing"]
    if value is None or isinstance(value, bool):
        return words[value]
    return _digits(value) if isinstance(value, float) else str(value)


def some_of(values: Sequence[Any], language: str = "en", say: Callable[[Any], str] = str) -> str:
    """Values as a person can read them: all of a few; of more than `LONG_LIST` the first three, and how many more there are."""
    if len(values) <= LONG_LIST:
        return ", ".join(map(say, values))
    shown = ", ".join(map(say, values[:_SHOWN]))
    return _SPOKEN[language]["more"].format(shown=shown, more=len(values) - _SHOWN, all=len(values))


def _digits(value: float) -> str:
    """A number to ten digits, of a million and more to fifteen: ten leave a Julian date good to a minute; a whole one in full, since JSON does not tell 1e12 from 1000000000000."""
    digits = 15 if abs(value) >= 1e6 else 10
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else f"{value:.{digits}g}"
