"""Intervals of numbers, as a tool declares what an argument may be: ``(0, inf)`` above zero, ``[1, 9]`` from 1 to 9."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_FORM = re.compile(r"\s*([\[(])\s*([^\s,]+)\s*,\s*([^\s,]+?)\s*([\])])\s*")

_TOLD = {
    "en": {
        "above": "above {}",
        "least": "at least {}",
        "below": "below {}",
        "most": "at most {}",
        "between": "from {} to {}",
        "without": ", without {}",
        "and": " and ",
    },
    "zh": {
        "above": "大于 {}",
        "least": "不小于 {}",
        "below": "小于 {}",
        "most": "不大于 {}",
        "between": "在 {} 到 {} 之间",
        "without": "（不含 {}）",
        "and": " 和 ",
    },
}


@dataclass(frozen=True)
class Interval:
    """The numbers between two ends; an end belongs to it or not, as in the notation of ISO 80000-2.

    Parameters
    ----------
    low, high : float
        The ends; ``inf`` where there is none.
    open_low, open_high : bool
        Whether the end itself is left out.
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read ``(0, inf)`` or ``[1, 9]``.

        Raises
        ------
        ValueError
            Where it is not written so, or holds no number.
        """
        match = _FORM.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is not an interval such as (0, inf) or [1, 9]")
        low, high = float(match[2]), float(match[3])
        if not low < high:
            raise ValueError(f"{text!r} holds no number")
        return cls(low, high, match[1] == "(", match[4] == ")")

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def __str__(self) -> str:
        return f"{'(' if self.open_low else '['}{self.low:g}, {self.high:g}{')' if self.open_high else ']'}"

    def told(self, unit: str = "", language: str = "en") -> str:
        """In words, after "must be": ``above 0 d``, ``from 1 to 9``."""
        said = _TOLD[language]
        ends = [f"{end:g} {unit}".strip() for end in (self.low, self.high)]
        if math.isinf(self.high):
            return said["above" if self.open_low else "least"].format(ends[0])
        if math.isinf(self.low):
            return said["below" if self.open_high else "most"].format(ends[1])
        left_out = [end for end, out in zip(ends, (self.open_low, self.open_high), strict=True) if out]
        return said["between"].format(*ends) + (said["without"].format(said["and"].join(left_out)) if left_out else "")

    def schema(self) -> dict[str, float]:
        """The same for a JSON schema."""
        out = {}
        if math.isfinite(self.low):
            out["exclusiveMinimum" if self.open_low else "minimum"] = self.low
        if math.isfinite(self.high):
            out["exclusiveMaximum" if self.open_high else "maximum"] = self.high
        return out
