"""How a measured number is written: as many digits as its uncertainty bears, and no more.

The uncertainty is given to two significant digits and the value to the same place, as the Particle Data Group and the
Guide to the Expression of Uncertainty in Measurement (JCGM 100:2008, 7.2.6) advise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from gnomon.agents.results import Result

UNCERTAINTY_DIGITS = 2
# Without an uncertainty nobody knows which digits mean anything: four significant ones, or four decimals of larger numbers
# (a Julian date must keep its day).
BARE_DIGITS = 4
# Beyond these powers of ten a number is written as a multiple of one.
LARGEST, SMALLEST = 7, -4
MOST_DIGITS = 15

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Spoken:
    """A number in words for people, and what to know about it.

    ``head`` is the number itself, with a symmetric uncertainty in it; ``above`` and ``below`` are the two sides of an
    asymmetric one, with signs, or empty; ``tail`` is what follows: a power of ten, the unit, the probability of a limit.
    """

    head: str
    above: str = ""
    below: str = ""
    tail: str = ""
    bracketed: bool = False

    def __str__(self) -> str:
        number = f"{self.head} {self.above}/{self.below}" if self.above else self.head
        return (f"({number})" if self.bracketed else number) + self.tail


def say(result: Result, units: dict[str, str] | None = None) -> Spoken:
    """A result as a person would write it.

    Parameters
    ----------
    result : Result
    units : dict, optional
        How units are shown, where not as they are.

    Returns
    -------
    Spoken
        ``1199.0 ± 5.0``, ``0.1023 +0.0012/−0.0011``, ``< 0.31 d (95 %)``; where the value lies outside its interval, both ends.
    """
    unit = (units or {}).get(result.unit, result.unit)
    unit = unit if unit in ("", "°", "%") else f" {unit}"
    if result.limit:
        level = f" ({percent(result.uncertainty.level)})" if result.uncertainty and result.uncertainty.level else ""
        return Spoken(_limit(result), tail=unit + level)
    spoken = _with_uncertainty(result)
    return replace(spoken, tail=spoken.tail + unit)


def percent(level: float) -> str:
    """A probability, ``68.3 %``."""
    return f"{100 * level:.3g} %"


def bare(value: float) -> str:
    """A number about whose uncertainty nothing is known."""
    if value == 0:
        return "0"
    magnitude = _magnitude(value)
    if not SMALLEST <= magnitude < LARGEST:
        return _trimmed(_fixed(value / 10.0**magnitude, BARE_DIGITS - 1)) + _power(magnitude)
    return _trimmed(_fixed(value, max(BARE_DIGITS - 1 - magnitude, BARE_DIGITS)))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _limit(result: Result) -> str:
    ends = result.uncertainty
    end = (ends.upper if result.limit == "upper" else ends.lower) if ends else None
    sign = "<" if result.limit == "upper" else ">"
    number = result.value if end is None else end
    places = UNCERTAINTY_DIGITS - 1 - _magnitude(number)
    shown = bare(number) if not SMALLEST <= _magnitude(number) < LARGEST else _fixed(number, places)
    return f"{sign} {shown}"


def _with_uncertainty(result: Result) -> Spoken:
    ends, value = result.uncertainty, result.value
    if ends is None:
        return Spoken(bare(value))
    above = None if ends.upper is None else ends.upper - value
    below = None if ends.lower is None else value - ends.lower
    widths = [w for w in (above, below) if w is not None]
    if all(w == 0 for w in widths):
        return Spoken(f"{bare(value)} ± 0")
    if any(w < 0 for w in widths):  # a mode outside a central interval, say: only the ends themselves are honest
        return Spoken(f"{bare(value)} [{_end(ends.lower)}, {_end(ends.upper)}]")
    places = decimals(min(w for w in widths if w > 0))
    magnitude = _magnitude(max(abs(value), *widths))
    scaled = not SMALLEST <= magnitude < LARGEST and places + magnitude < MOST_DIGITS

    def shown(number: float | None) -> str:
        if number is None:
            return "?"
        if places + magnitude >= MOST_DIGITS:  # an uncertainty below what a double holds means nothing
            return bare(number)
        return _fixed(number / 10.0**magnitude, max(places + magnitude, 0)) if scaled else _fixed(number, places)

    head, plus, minus = shown(value), shown(above), shown(below)
    tail = _power(magnitude) if scaled else ""
    if plus == minus:
        return Spoken(f"{head} ± {plus}", tail=tail, bracketed=scaled)
    return Spoken(head, f"+{plus}", f"−{minus}", tail, bracketed=scaled)


def decimals(width: float) -> int:
    """To how many decimals an uncertainty of `width` bears a number; negative for tens, hundreds ..."""
    return UNCERTAINTY_DIGITS - 1 - _rounded_magnitude(width)


def _end(value: float | None) -> str:
    return "?" if value is None else bare(value)


def _magnitude(value: float) -> int:
    return 0 if value == 0 else math.floor(math.log10(abs(value)))


def _rounded_magnitude(width: float) -> int:
    """Power of ten of a width once it is rounded: 0.0998 becomes 0.10, which needs one decimal less."""
    return _magnitude(float(f"{width:.{UNCERTAINTY_DIGITS - 1}e}"))


def _fixed(value: float, places: int) -> str:
    """`value` to so many decimals; a negative number of them rounds to tens, hundreds ..."""
    rounded = round(value, places)
    text = f"{rounded:.{max(places, 0)}f}"
    return ("−" + text[1:] if text.startswith("-") else text) if float(text) != 0 else text.lstrip("-")


def _power(magnitude: int) -> str:
    return f" × 10{str(magnitude).translate(_SUPERSCRIPT)}"
