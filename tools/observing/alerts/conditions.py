"""Conditions on the fields of an alert, written as data and judged with three answers: yes, no, and unknown where a field is missing.

A condition is a mapping of one of these forms::

    {all: [...]}   {any: [...]}   {not: ...}
    {field: source, is: lvk}      also is_not, in: [...], not_in: [...]           of text, whichever case; of true and false
    {field: distance, below: 200, unit: Mpc}   also above, at_most, at_least, between: [a, b], is     of numbers
    {field: instruments, has: L1}              also lacks                          of lists
    {field: redshift, known: true}                                                 of anything; never unknown
    {within: {ra: 10, dec: -5, radius: 30, unit: arcmin}}                          the position, without its error
    {observable: {telescopes: [xinglong_216], during: 12, least: 0.5, unit: h}}    an uninterrupted half hour in the next twelve

A number that has a unit is compared only with one that says its own.  ``all`` is no where a part is no, else unknown where a part is
unknown; ``any`` the other way round; ``not`` leaves unknown unknown (Kleene's logic).  Only yes matches.

References
----------
Kleene 1952, Introduction to Metamathematics, section 64 (the strong three-valued connectives).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from gnomon.tools.errors import InputError

Answer = bool | None
Type = Literal["text", "texts", "truth", "number"]
# (keys of telescopes, seconds from now) -> the longest uninterrupted stretch, in seconds, in which one of them can observe, or why nobody can tell
Observable = Callable[[tuple[str, ...], float], float | str]

_YEAR = 365.25 * 86400.0  # s, Julian
UNITS: dict[str, dict[str, float]] = {
    "deg": {"deg": 1.0, "arcmin": 1 / 60, "arcsec": 1 / 3600, "rad": math.degrees(1.0)},
    "deg2": {"deg2": 1.0, "arcmin2": 1 / 3600, "sr": math.degrees(1.0) ** 2},
    "s": {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0},
    "Hz": {"Hz": 1.0, "1/s": 1.0, "1/h": 1 / 3600, "1/d": 1 / 86400, "1/yr": 1 / _YEAR},
    "Mpc": {"Mpc": 1.0, "pc": 1e-6, "kpc": 1e-3, "Gpc": 1e3},
    "mag": {"mag": 1.0},
    "": {},
}
# Type and unit of each field; classification.NAME and properties.NAME are numbers without one.
_TEXTS = "identifier event source form kind instrument messenger stage trigger_type tense object_class band flux_unit"
FIELDS: dict[str, tuple[Type, str]] = {
    **dict.fromkeys(_TEXTS.split(), ("text", "")),
    **dict.fromkeys(("names", "instruments", "follows", "flags"), ("texts", "")),
    **dict.fromkeys(("is_test", "significant", "has_skymap"), ("truth", "")),
    **dict.fromkeys(("version", "error_probability", "redshift", "snr", "flux"), ("number", "")),
    **dict.fromkeys(("ra", "dec", "error", "galactic_latitude"), ("number", "deg")),
    **dict.fromkeys(("age", "notice_age", "duration"), ("number", "s")),
    **dict.fromkeys(("distance", "distance_error"), ("number", "Mpc")),
    "area": ("number", "deg2"),
    "far": ("number", "Hz"),
    "magnitude": ("number", "mag"),
}
_MAPPINGS = ("classification", "properties")
_OF_NUMBERS = ("below", "above", "at_most", "at_least", "between", "is")
_OF_TEXT = ("is", "is_not", "in", "not_in")
_OPERATORS: dict[Type, tuple[str, ...]] = {
    "text": (*_OF_TEXT, "known"),
    "truth": ("is", "is_not", "known"),
    "texts": ("has", "lacks", "known"),
    "number": (*_OF_NUMBERS, "known"),
}
_SIGNS = {"below": "<", "above": ">", "at_most": "≤", "at_least": "≥", "is": "=", "is_not": "≠"}
_DEEPEST = 20
_REMEDY = "docs/how-to/watch-alerts.md lists what a condition may say."


@dataclass(frozen=True)
class Finding:
    """What became of one condition: its text, the answer, what was found, and the findings of its parts."""

    condition: str
    answer: Answer
    found: str
    parts: tuple[Finding, ...] = ()

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        told: dict[str, Any] = {"condition": self.condition, "answer": word(self.answer), "found": self.found}
        return told | ({"parts": [p.document() for p in self.parts]} if self.parts else {})

    def lines(self, depth: int = 0) -> list[str]:
        """One line a condition: ``yes``, ``no`` or ``?``, what was asked, what was found."""
        mark = {True: "yes", False: "no ", None: "?  "}[self.answer]
        found = f": {self.found}" if self.found else ""
        return [f"{'  ' * depth}{mark} {self.condition}{found}"] + [
            line for part in self.parts for line in part.lines(depth + 1)
        ]


@dataclass(frozen=True)
class Verdict:
    """Whether an alert matches, and why."""

    answer: Answer
    finding: Finding

    @property
    def matches(self) -> bool:
        """Whether the answer is a plain yes."""
        return self.answer is True

    def lines(self) -> list[str]:
        """Why, one line a condition."""
        return self.finding.lines()

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"answer": word(self.answer), "why": self.finding.document()}


def word(answer: Answer) -> str:
    """An answer as a word: ``yes``, ``no``, ``unknown``."""
    return {True: "yes", False: "no", None: "unknown"}[answer]


def evaluate(conditions: Any, fields: Mapping[str, Any], observable: Observable | None = None) -> Verdict:
    """Judge conditions by the fields of an alert.

    Parameters
    ----------
    conditions : dict
        As the top of this module says.
    fields : mapping
        Values by the names of `FIELDS`, in their units there, ``classification`` and ``properties`` as mappings; missing or None
        where there is none.  `gnomon.tools.observing.alerts.alert_fields.fields_of` makes them of an alert.
    observable : callable, optional
        What answers ``observable``; without it the answer is unknown.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        Where the conditions are not well formed, whatever the fields.
    """
    check_conditions(conditions)
    finding = _judge(conditions, fields, observable)
    return Verdict(finding.answer, finding)


def check_conditions(conditions: Any, where: str = "The condition", depth: int = 0) -> None:
    """Say whether conditions are well formed.

    Raises
    ------
    InputError
        Naming what is not: an unknown field, operator or unit, a value of the wrong type, a number without its unit.
    """
    if depth > _DEEPEST:
        raise InputError(f"{where} lies in more than {_DEEPEST} others.", remedy="Write it flatter.")
    if not isinstance(conditions, dict) or not conditions:
        raise InputError(f"{where} must be a mapping, and is {_shown(conditions)}.", remedy=_REMEDY)
    for joint in ("all", "any"):
        if joint in conditions:
            _only(conditions, (joint,), where)
            parts = conditions[joint]
            if not isinstance(parts, list) or not parts:
                raise InputError(f"{where}: {joint} must be a list of conditions.", remedy=_REMEDY)
            for number, part in enumerate(parts, 1):
                check_conditions(part, f"{where}, {joint} {number}", depth + 1)
            return
    if "not" in conditions:
        _only(conditions, ("not",), where)
        check_conditions(conditions["not"], f"{where}, not", depth + 1)
    elif "within" in conditions:
        _only(conditions, ("within",), where)
        _check_region(conditions["within"], where)
    elif "observable" in conditions:
        _only(conditions, ("observable",), where)
        _check_observable(conditions["observable"], where)
    else:
        _check_comparison(conditions, where)


def _judge(condition: Mapping[str, Any], fields: Mapping[str, Any], observable: Observable | None) -> Finding:
    if "all" in condition or "any" in condition:
        joint = "all" if "all" in condition else "any"
        decisive = joint == "any"  # one yes decides any, one no decides all
        found: dict[int, Finding] = {}
        # What asks the sky costs a thousand times more than the rest, so it comes last, and only where the rest does not decide.
        for number, part in sorted(enumerate(condition[joint]), key=lambda p: _asks_the_sky(p[1])):
            decided = any(f.answer is decisive for f in found.values())
            found[number] = _judge(part, fields, _not_needed if decided and observable else observable)
        parts = tuple(found[number] for number in sorted(found))
        answers = [p.answer for p in parts]
        answer = decisive if decisive in answers else None if None in answers else not decisive
        return Finding(f"{joint} of {len(parts)}", answer, "", parts)
    if "not" in condition:
        part = _judge(condition["not"], fields, observable)
        return Finding("not", None if part.answer is None else not part.answer, "", (part,))
    if "within" in condition:
        return _judge_region(condition["within"], fields)
    if "observable" in condition:
        return _judge_observable(condition["observable"], observable)
    return _judge_comparison(condition, fields)


def _asks_the_sky(condition: Mapping[str, Any]) -> bool:
    if "not" in condition:
        return _asks_the_sky(condition["not"])
    return "observable" in condition or any(map(_asks_the_sky, condition.get("all") or condition.get("any") or ()))


def _not_needed(_keys: tuple[str, ...], _seconds: float) -> str:
    return "it was not looked at, since the others decide"


# ------------------------------------------------------------------ comparisons


def _check_comparison(condition: Mapping[str, Any], where: str) -> None:
    name = condition.get("field")
    if not isinstance(name, str):
        raise InputError(
            f"{where} says none of all, any, not, field, within, observable: it is {_shown(dict(condition))}.",
            remedy=_REMEDY,
        )
    type_, unit = _told_of(name, where)
    operators = [k for k in condition if k not in ("field", "unit")]
    if len(operators) != 1:
        raise InputError(f"{where} on {name} must have one comparison, and has {len(operators)}.", remedy=_REMEDY)
    operator = operators[0]
    if operator not in _OPERATORS[type_]:
        raise InputError(
            f"{where}: {name} cannot be compared by {operator!r}.", remedy=f"Use {', '.join(_OPERATORS[type_])}."
        )
    value = condition[operator]
    if not _fits(operator, value, type_):
        raise InputError(f"{where}: {name} {operator} {_shown(value)} makes no sense.", remedy=_REMEDY)
    if type_ == "number" and operator != "known":
        _check_unit(condition.get("unit"), unit, f"{where}: {name}")
    elif "unit" in condition:
        raise InputError(f"{where}: {name} {operator} takes no unit.", remedy="Leave it out.")


def _told_of(name: str, where: str) -> tuple[Type, str]:
    if name in FIELDS:
        return FIELDS[name]
    family, _, key = name.partition(".")
    if family in _MAPPINGS and key:
        return "number", ""
    near = get_close_matches(name, FIELDS, 1)
    raise InputError(
        f"{where}: an alert has no field {name!r}." + (f" Is {near[0]} meant?" if near else ""),
        remedy=f"The fields are {', '.join(FIELDS)}, classification.NAME and properties.NAME.",
    )


def _fits(operator: str, value: Any, type_: Type) -> bool:
    if operator == "known":
        return isinstance(value, bool)
    if operator in ("in", "not_in"):
        return isinstance(value, list) and bool(value) and all(isinstance(v, str) and v for v in value)
    if operator == "between":
        return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value)) and value[0] <= value[1]
    if type_ == "truth":
        return isinstance(value, bool)
    return _is_number(value) if type_ == "number" else isinstance(value, str) and bool(value)


def _judge_comparison(condition: Mapping[str, Any], fields: Mapping[str, Any]) -> Finding:
    name = str(condition["field"])
    type_, unit = _told_of(name, "The condition")
    operator = next(k for k in condition if k not in ("field", "unit"))
    wanted, said = condition[operator], condition.get("unit", "")
    family, _, key = name.partition(".")
    value = (fields.get(family) or {}).get(key) if family in _MAPPINGS else fields.get(name)
    if operator == "known":
        text = f"{name} is {'known' if wanted else 'not known'}"
        return Finding(text, (value is not None) is wanted, "it is given" if value is not None else "it is not given")
    text = f"{name} {_SIGNS.get(operator, operator.replace('_', ' '))} {_shown(wanted)}{' ' + said if said else ''}"
    if value is None:
        return Finding(text, None, f"the alert gives no {name}")
    if type_ == "number":
        factor = UNITS[unit].get(said, 1.0)
        found = f"it is {value / factor:.6g}{' ' + said if said else ''}"
        return Finding(text, _number_is(operator, float(value), wanted, factor), found)
    if type_ == "truth":
        return Finding(text, (value is wanted) is (operator == "is"), f"it is {_shown(value)}")
    if type_ == "texts":
        there = str(wanted).casefold() in {str(v).casefold() for v in value}
        return Finding(text, there is (operator == "has"), f"it has {', '.join(map(str, value)) or 'none'}"[:200])
    wished = {str(v).casefold() for v in (wanted if isinstance(wanted, list) else [wanted])}
    return Finding(text, (str(value).casefold() in wished) is (operator in ("is", "in")), f"it is {value}"[:200])


def _number_is(operator: str, value: float, wanted: Any, factor: float) -> bool:
    if operator == "between":
        return bool(wanted[0] * factor <= value <= wanted[1] * factor)
    bound = wanted * factor
    return bool(
        {
            "below": value < bound,
            "above": value > bound,
            "at_most": value <= bound,
            "at_least": value >= bound,
            "is": math.isclose(value, bound, rel_tol=1e-12),
        }[operator]
    )


# ------------------------------------------------------------------ the place, and whether it can be observed


def _check_region(region: Any, where: str) -> None:
    if not isinstance(region, dict):
        raise InputError(f"{where}: within must say ra, dec, radius and unit.", remedy=_REMEDY)
    _only(region, ("ra", "dec", "radius", "unit"), f"{where}: within")
    for key, least, most in (("ra", 0.0, 360.0), ("dec", -90.0, 90.0), ("radius", 0.0, math.inf)):
        value: Any = region.get(key)
        if not _is_number(value) or not least <= value <= most:
            raise InputError(f"{where}: within needs {key}, and it is {_shown(value)}.", remedy=_REMEDY)
    _check_unit(region.get("unit"), "deg", f"{where}: within")


def _judge_region(region: Mapping[str, Any], fields: Mapping[str, Any]) -> Finding:
    unit = str(region["unit"])
    text = f"within {region['radius']:g} {unit} of {region['ra']:g} {region['dec']:+g} deg"
    ra, dec = fields.get("ra"), fields.get("dec")
    if ra is None or dec is None:
        return Finding(text, None, "the alert gives no position")
    away = separation(float(ra), float(dec), float(region["ra"]), float(region["dec"]))
    radius = float(region["radius"]) * UNITS["deg"][unit]
    return Finding(text, away <= radius, f"it is {away / UNITS['deg'][unit]:.6g} {unit} away")


def separation(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """The angle between two directions, degrees in and out (the half-versed sine, good at small angles)."""
    a1, d1, a2, d2 = map(math.radians, (ra1, dec1, ra2, dec2))
    half = math.sin((d2 - d1) / 2) ** 2 + math.cos(d1) * math.cos(d2) * math.sin((a2 - a1) / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(half))))


def _check_observable(told: Any, where: str) -> None:
    if not isinstance(told, dict):
        raise InputError(f"{where}: observable must say telescopes, during, least and unit.", remedy=_REMEDY)
    _only(told, ("telescopes", "during", "least", "unit"), f"{where}: observable")
    keys = told.get("telescopes")
    if not isinstance(keys, list) or not keys or not all(isinstance(k, str) and k for k in keys):
        raise InputError(f"{where}: observable needs a list of telescopes.", remedy="Name them by their keys.")
    for key in ("during", "least"):
        if not _is_number(told.get(key)) or told[key] <= 0:
            raise InputError(f"{where}: observable needs {key}, a time.", remedy=_REMEDY)
    _check_unit(told.get("unit"), "s", f"{where}: observable")


def _judge_observable(told: Mapping[str, Any], observable: Observable | None) -> Finding:
    unit, keys = str(told["unit"]), tuple(told["telescopes"])
    text = f"observable for {told['least']:g} {unit} in the next {told['during']:g} {unit} from {' or '.join(keys)}"
    if observable is None:
        return Finding(text, None, "no telescopes were given with which to tell")
    found = observable(keys, told["during"] * UNITS["s"][unit])
    if isinstance(found, str):
        return Finding(text, None, found)
    answer = found >= told["least"] * UNITS["s"][unit]
    return Finding(text, answer, f"the longest stretch is {found / UNITS['s'][unit]:.3g} {unit}")


# ------------------------------------------------------------------ small checks


def _only(told: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    if extra := [k for k in told if k not in keys]:
        raise InputError(f"{where} says {extra[0]!r} beside {' and '.join(keys)}.", remedy=_REMEDY)


def _check_unit(given: Any, unit: str, where: str) -> None:
    known = UNITS[unit]
    if not unit and given is not None:
        raise InputError(f"{where} has no unit, and {_shown(given)} was given.", remedy="Leave it out.")
    if unit and given not in known:
        said = "none was given" if given is None else f"{_shown(given)} is none of its"
        raise InputError(f"{where} needs a unit, and {said}.", remedy=f"Say unit: {', '.join(known)}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"[:120]
    return ("nothing" if value is None else f"{value:g}" if _is_number(value) else str(value))[:120]
