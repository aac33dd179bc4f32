"""Units: how reports write them, and how values convert."""

from __future__ import annotations

import re
from functools import cache

from gnomon.agents.receipts_check.blocks import plain
from gnomon.agents.receipts_check.words import words
from gnomon.agents.understanding.grammar import grammar


@cache
def _units() -> tuple[re.Pattern[str], dict[str, str]]:
    spellings = {s: unit for unit, group in words()["units"].items() for s in group}
    for group in grammar()["units"]:
        for spelling in group:
            spellings.setdefault(spelling, group[0])
    longest = sorted(spellings, key=len, reverse=True)
    parts = [
        re.escape(s) + (r"(?![A-Za-z0-9_])" if s[-1].isascii() and (s[-1].isalnum() or s[-1] == "}") else "")
        for s in longest
    ]
    return re.compile("|".join(parts)), {plain(s): u for s, u in spellings.items()} | spellings


def unit_at(text: str, position: int) -> tuple[str, int]:
    """The unit that starts at a position, after a space or a hyphen, and where it ends; ``("", position)`` for none."""
    pattern, spellings = _units()
    gap = re.compile(r"[ \u2009]*(?:\\[,;~])?[ \u2009]*|-(?=[A-Za-z])").match(text, position)
    for start in {gap.end() if gap else position, position + 1 if text[position : position + 1] == "-" else position}:
        if match := pattern.match(text, start):
            return spellings[match[0]], match.end()
    return "", position


@cache
def scale_of(unit: str) -> tuple[str, float] | None:
    """Physical dimension and factor to its base; None where it is no unit."""
    from astropy.units import Unit

    from gnomon.tools.units import parse_unit

    special = {
        "": ("", 1.0),
        "percent": ("", 0.01),
        "%": ("", 0.01),
        "permille": ("", 1e-3),
        "ppt": ("", 1e-3),
        "ppm": ("", 1e-6),
        "sigma": ("sigma", 1.0),
    }
    if unit in special:
        return special[unit]
    try:
        parsed = Unit(unit)
    except ValueError:
        try:
            parsed = parse_unit(unit)
        except ValueError:
            return None
    try:
        base = parsed.decompose()
        return " ".join(f"{b}{p}" for b, p in zip(base.bases, base.powers, strict=True)), float(base.scale)
    except (TypeError, ValueError, AttributeError):  # magnitudes and other units on a logarithmic scale
        return str(parsed), 1.0


def converted(value: float, unit: str, target: str) -> float | None:
    """A value in another unit, or None where the units do not convert."""
    own, other = scale_of(unit), scale_of(target)
    if own is None or other is None or own[0] != other[0]:
        return None
    return value * own[1] / other[1]
