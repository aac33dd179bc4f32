"""What a step is expected to cost, reckoned from its arguments before anybody is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CountQuestion:
    """The one cheap question by which a service of tables counts the rows of a step.

    Attributes
    ----------
    service : str
        Its name, or its address.
    adql : str
        A query that gives one row with one number.
    """

    service: str
    adql: str


@dataclass(frozen=True)
class Cost:
    """What a step is expected to cost.

    Attributes
    ----------
    rows, bytes, seconds : int, int, float, optional
        Rows that the step makes, bytes that it takes from services, seconds that it lasts; None where nobody can tell.  Seconds that
        are not told are those of the tool's declaration.
    at_most : bool
        Whether rows and bytes are bounds, which no reply exceeds; else they are what is expected.
    why, why_zh : str
        How they were reckoned, in a sentence without its full stop, in English and in Chinese.
    refused, remedy : str
        Where it is certain that the step would be refused when it ran: why, and what to do instead; a plan with it does not pass.
    question : CountQuestion, optional
        With which the service counts the rows itself.
    """

    rows: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    at_most: bool = False
    why: str = ""
    why_zh: str = ""
    refused: str = ""
    remedy: str = ""
    question: CountQuestion | None = None


# Given the arguments of a step as its function gets them, and the rows of its largest input.  Under the name of each input that comes
# from a step stand the arguments of that step, so that a search around a target knows a position that was written down for it.
CostFunction = Callable[[Mapping[str, Any], int], Cost]


def rounded(number: float) -> int:
    """A number that is only about right, to two digits: 12,000 and not 11,873."""
    from math import floor, isfinite, log10

    if not isfinite(number) or number < 1:
        return 0
    step = int(10 ** max(0, floor(log10(number)) - 1))
    return round(number / step) * step
