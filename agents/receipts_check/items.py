"""What a report can claim: the things that are found in its blocks, and numbers as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal[
    "number", "object", "figure", "count", "compared", "hash", "time", "name", "version",
    "doi", "bibcode", "work", "mark", "label",
]  # fmt: skip


@dataclass
class Number:
    """A number as it is written.

    Parameters
    ----------
    value : float
        With its sign, power of ten and words such as 万.
    place : int
        Power of ten of its last digit.
    digits : int
        Significant digits; zeros at the end count.
    zeros : int
        How many zeros end a number without a decimal point.
    unit : str
        As astropy reads it; empty for none.
    role : {"value", "error", "above", "below", "level"}
        What it is in its group: ``7.19 +0.28/−0.27 m/s (68 %)`` is a value, above, below and a level.
    main : Item or None
        For all but values: the value that it belongs to.
    limit : {"", "upper", "lower"}
        Whether ``<`` or ``>`` stands before it.
    label : str
        The receipt that is marked behind its group.
    ranged : bool
        Whether it is one end of ``a–b``.
    """

    value: float
    place: int
    digits: int
    zeros: int = 0
    unit: str = ""
    role: Literal["value", "error", "above", "below", "level"] = "value"
    main: Item | None = None
    limit: str = ""
    label: str = ""
    ranged: bool = False
    signed: bool = False


@dataclass
class Item:
    """One claim of a block: what it is, and the plain characters where it stands."""

    form: Form
    start: int
    end: int
    text: str
    number: Number | None = None
    name: str = ""
    year: str = ""

    @property
    def kind(self) -> Literal["number", "citation", "receipt"]:
        """What a person would call it."""
        if self.form in ("doi", "bibcode", "work", "mark"):
            return "citation"
        return "receipt" if self.form == "label" else "number"
