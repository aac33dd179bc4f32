"""Our result beside a value that a text states: how many standard deviations apart, within a limit or a range or not, or why that cannot be said."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Literal

from gnomon.knowledge.literature.stated_values import StatedValue
from gnomon.knowledge.literature.written_units import as_unit
from gnomon.tools.errors import InputError

Verdict = Literal["apart", "consistent", "beyond limit", "inside", "outside", "not comparable"]
# Beyond a limit or a range by fewer standard deviations than this is no contradiction.
_STILL = 3.0


@dataclass(frozen=True)
class Comparison:
    """What came of a comparison.

    Parameters
    ----------
    verdict : {"apart", "consistent", "beyond limit", "inside", "outside", "not comparable"}
        ``apart``: both are values, and `sigma` says by how much they differ.  ``consistent``: on the right side of a limit, or beyond it by less than
        three standard deviations of ours.
    difference : float, optional
        Ours less the stated one, or less the limit or the nearest end of the range, in `unit`; None where it cannot be told.
    sigma : float, optional
        The difference over the uncertainties that point towards each other, added in quadrature; 0 inside of a limit or a range.
    unit : str
        That of the stated value.
    reason : str
        One sentence: why nothing can be said, or what was taken for granted; empty for nothing.
    """

    verdict: Verdict
    difference: float | None = None
    sigma: float | None = None
    unit: str = ""
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """JSON form, without what is not known."""
        return {k: v for k, v in asdict(self).items() if v is not None and v != ""}


def deviations(level: str) -> float:
    """How many standard deviations of a normal distribution a level of confidence is.

    Parameters
    ----------
    level : str
        ``"3σ"``, ``"95%"`` (two-sided) or empty for one.

    Returns
    -------
    float
        Above zero.

    Raises
    ------
    InputError
        Where it is none.
    """
    if not level:
        return 1.0
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(σ|%)\s*", level)
    number = float(match[1]) if match else 0.0
    if match is None or number <= 0 or (match[2] == "%" and number >= 100):
        raise InputError(f"{level!r} is no level of confidence.", remedy="Write it like 3σ or 95%.")
    return number if match[2] == "σ" else NormalDist().inv_cdf(0.5 + number / 200)


def comparable(
    stated: StatedValue,
    value: float,
    unit: str = "",
    plus: float | None = None,
    minus: float | None = None,
    condition: str = "",
) -> Comparison:
    """Compare a result of ours with a stated value of the same quantity.

    Parameters
    ----------
    stated : StatedValue
    value : float
        Ours; finite.
    unit : str
        Of ours, and of its uncertainty; empty for none.
    plus, minus : float, optional
        Our uncertainty (one standard deviation) upwards and downwards, both zero or more; None where there is none.  One of both
        counts for the other, too.
    condition : str
        Under which ours holds, in the words of a text; empty for none, or where it is not known.

    Returns
    -------
    Comparison
        ``not comparable`` with a reason where the units do not measure the same, neither has an uncertainty, conditions differ, or
        the number is a part of a condition and no result.

    Raises
    ------
    InputError
        Where our value or uncertainty is no finite number, an uncertainty is negative, or our unit is none.
    """
    plus, minus = (minus if plus is None else plus), (plus if minus is None else minus)
    for number in (value, plus, minus):
        if number is not None and not math.isfinite(number):
            raise InputError(
                "Our value and its uncertainty must be finite numbers.", remedy="Leave out what is not known."
            )
    if min(plus or 0.0, minus or 0.0) < 0:
        raise InputError("An uncertainty is zero or more.", remedy="Give both sides as positive numbers.")
    try:
        ours = as_unit(unit)
    except ValueError as error:
        raise InputError(f"{unit!r} is no unit.", remedy="Write it like km/s, or leave it out.") from error
    if stated.in_condition:
        return Comparison("not comparable", reason=f"{stated.text} is a condition of another number, not a result.")
    if stated.unit_text and not stated.unit and stated.unit_text != unit:
        return Comparison("not comparable", reason=f"The unit {stated.unit_text!r} is not known.")
    theirs = as_unit(stated.unit)
    if stated.condition and condition and _bare(stated.condition) != _bare(condition):
        return Comparison(
            "not comparable",
            unit=stated.unit,
            reason=f"The stated value holds {stated.condition}; ours holds {condition}.",
        )
    scale, fault = _between(ours, theirs, stated.unit)
    if scale is None:
        return Comparison("not comparable", unit=stated.unit, reason=fault)
    factor, shift = scale
    value = value * factor + shift
    up, down = (abs(factor) * (plus or 0.0), abs(factor) * (minus or 0.0))
    note = (
        f"The stated value holds {stated.condition}; of ours no condition is given."
        if stated.condition and not condition
        else ""
    )
    if stated.low is not None and stated.high is not None:
        return _with_range(stated, value, up, down, note)
    if stated.value is None:
        return Comparison("not comparable", unit=stated.unit, reason="No number was read.")
    difference = value - stated.value
    if stated.limit:
        over = difference if stated.limit == "upper" else -difference
        spread = down if stated.limit == "upper" else up
        if over <= 0:
            return Comparison("consistent", difference, 0.0, stated.unit, note)
        sigma = over / spread if spread else None
        verdict: Verdict = "consistent" if sigma is not None and sigma < _STILL else "beyond limit"
        return Comparison(
            verdict, difference, sigma, stated.unit, _joined(note, "" if spread else "Our uncertainty is not known.")
        )
    level = deviations(stated.level)
    their_plus = (stated.plus or 0.0) / level
    their_minus = (stated.minus or 0.0) / level
    # Ours above theirs: our lower side and their upper side lie between both.
    spread = math.hypot(down, their_plus) if difference >= 0 else math.hypot(up, their_minus)
    if spread == 0:
        return Comparison(
            "not comparable", difference, None, stated.unit, _joined("Neither value has an uncertainty.", note)
        )
    lacking = "" if stated.plus is not None else "The stated value has no uncertainty; ours alone counts."
    if plus is None:
        lacking = "Ours has no uncertainty; that of the stated value alone counts."
    return Comparison("apart", difference, abs(difference) / spread, stated.unit, _joined(lacking, note))


def _with_range(stated: StatedValue, value: float, up: float, down: float, note: str) -> Comparison:
    low, high = stated.low or 0.0, stated.high or 0.0
    if low <= value <= high:
        return Comparison("inside", 0.0, 0.0, stated.unit, note)
    difference = value - high if value > high else value - low
    spread = down if value > high else up
    return Comparison("outside", difference, abs(difference) / spread if spread else None, stated.unit, note)


def _between(ours: Any, theirs: Any, name: str) -> tuple[tuple[float, float] | None, str]:
    """What turns a number of ours into one of theirs: a factor and what is added; or why nothing does."""
    from astropy.units import UnitConversionError, deg_C, temperature
    from astropy.units.function.core import FunctionUnitBase

    if ours == theirs:
        return (1.0, 0.0), ""
    if isinstance(ours, FunctionUnitBase) or isinstance(theirs, FunctionUnitBase):
        return None, f"{ours} and {theirs} are scales of which none turns into the other."
    if deg_C in (ours, theirs):
        try:
            shift = float(ours.to(theirs, 0.0, equivalencies=temperature()))
            return (float(ours.to(theirs, 1.0, equivalencies=temperature())) - shift, shift), ""
        except UnitConversionError:
            return None, f"{ours} cannot be turned into {name or 'a number without unit'}."
    try:
        return (float(ours.to(theirs)), 0.0), ""
    except UnitConversionError:
        return None, f"{ours or 'A number without unit'} cannot be turned into {name or 'a number without unit'}."


def _bare(condition: str) -> str:
    """A condition by its words and numbers: case, marks and the first preposition aside."""
    said = re.sub(r"^\s*(?:for|at|when|where|if|with|in|under|当|对于?|在|若)\s*", "", condition.casefold())
    return re.sub(r"[\s$]+", "", said)


def _joined(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)
