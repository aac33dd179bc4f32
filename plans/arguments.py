"""Arguments: what people write, turned into the one form that plans keep, and into what a tool's function takes.

In a plan a number with a unit is ``{"value": 0.5, "unit": "d"}`` in the unit that the tool declares, so that 12 h and 0.5 d
give the same plan.  People may write ``0.5 d``.
"""

from __future__ import annotations

import math
import re
from typing import Any

from gnomon.tools.errors import PlanError
from gnomon.tools.registry import Parameter, Tool

_NUMBER = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PlanError(f"{where} must be a number, and is {value!r}.", remedy="Write a plain number.")
    if not math.isfinite(value):
        raise PlanError(f"{where} must be finite, and is {value}.", remedy="Leave it out to use the default.")
    return float(value) + 0.0  # JSON does not tell -0.0 from 0.0, so nothing else may


def _quantity(value: Any, unit: str, where: str) -> dict[str, Any]:
    """``{"value", "unit"}`` in `unit`; a bare number is taken to be in `unit` already only inside that mapping."""
    if isinstance(value, str):
        match = _NUMBER.match(value)
        if not match or not match[2]:
            raise PlanError(
                f"{where} must be a number with a unit, and is {value!r}.", remedy=f"Write it like `1.5 {unit}`."
            )
        value = {"value": float(match[1]), "unit": match[2]}
    if not isinstance(value, dict) or set(value) != {"value", "unit"}:
        raise PlanError(f"{where} needs a unit.", remedy=f"Write it like `{value} {unit}`.")
    number = _number(value["value"], where)
    if value["unit"] == unit:
        return {"value": number, "unit": unit}
    from astropy.units import Unit, UnitConversionError

    from gnomon.tools.units import parse_unit

    try:
        converted = (number * parse_unit(str(value["unit"]))).to(Unit(unit))
    except ValueError as error:
        raise PlanError(
            f"{where}: {value['unit']!r} is not a unit.", remedy=f"Use {unit} or a unit that converts to it."
        ) from error
    except UnitConversionError as error:
        raise PlanError(
            f"{where} is in {value['unit']}, which does not convert to {unit}.", remedy=f"Give it in {unit}."
        ) from error
    # Fifteen digits: 12 h and 0.5 d must give the same number, whatever the last bit of the conversion.
    return {"value": float(f"{converted.value:.15g}"), "unit": unit}


def _single(value: Any, parameter: Parameter, where: str) -> Any:
    if parameter.unit:
        return _quantity(value, parameter.unit, where)
    if parameter.type == "float":
        return _number(value, where)
    if parameter.type == "int":
        number = _number(value, where)
        if number != int(number):
            raise PlanError(f"{where} must be a whole number, and is {value}.", remedy="Round it.")
        return int(number)
    if parameter.type == "bool":
        if not isinstance(value, bool):
            raise PlanError(f"{where} must be true or false, and is {value!r}.", remedy="Write true or false.")
        return value
    if not isinstance(value, str):
        raise PlanError(f"{where} must be text, and is {value!r}.", remedy="Put it in quotes.")
    if parameter.type == "weights" and not re.fullmatch(r"[0-9a-f]{64}", value):
        raise PlanError(f"{where} must be the SHA-256 of a file of weights, and is {value!r}.", remedy="Leave it out.")
    if parameter.choices and value not in parameter.choices:
        raise PlanError(
            f"{where} must be one of {', '.join(parameter.choices)}, and is {value!r}.", remedy="Choose one of them."
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
        known = ", ".join(p.name for p in tool.arguments) or "none"
        raise PlanError(f"{tool.name} has no argument {name!r}.", remedy=f"Its arguments are: {known}.")
    if value is None:
        if parameter.optional:
            return None
        raise PlanError(f"{where} may not be empty.", remedy="Give a value or leave it out.")
    if parameter.many:
        if not isinstance(value, list):
            value = [value]
        return [_single(v, parameter, f"{where}[{i}]") for i, v in enumerate(value)]
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


def python_value(value: Any) -> Any:
    """What a tool's function takes: numbers with a unit become plain floats in the declared unit."""
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return value["value"]
    if isinstance(value, list):
        return [python_value(v) for v in value]
    return value


_SPOKEN = {
    "en": {None: "not given", True: "yes", False: "no", "nothing": "none"},
    "zh": {None: "未给出", True: "是", False: "否", "nothing": "无"},
}


def spoken(value: Any, language: str = "en") -> str:
    """As a person would write it: ``0.5 d``; None is ``not given``."""
    words = _SPOKEN[language]
    if isinstance(value, dict) and set(value) == {"value", "unit"}:
        return f"{_digits(value['value'])} {value['unit']}"
    if isinstance(value, list):
        return ", ".join(spoken(v, language) for v in value) if value else words["nothing"]
    if value is None or isinstance(value, bool):
        return words[value]
    return _digits(value) if isinstance(value, float) else str(value)


def _digits(value: float) -> str:
    """A number to ten digits; a whole one in full, since JSON does not tell 1e12 from 1000000000000."""
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else f"{value:.10g}"
