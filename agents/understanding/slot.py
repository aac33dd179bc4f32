"""A slot: one thing that a question says, with its type, its unit and the words it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

SlotType = Literal[
    "object", "coordinates", "quantity", "count", "time", "site", "telescope", "band", "setting", "file", "choice", "adql", "address", "table",
]  # fmt: skip
Role = Literal["value", "error", "min", "max"]


@dataclass(frozen=True)
class Slot:
    """One thing that a question says.

    Parameters
    ----------
    type : str
        ``object`` (a name or designation), ``coordinates``, ``quantity`` (a number, with or without a unit), ``count`` (of things),
        ``time`` (an instant, a night or an interval), ``site``, ``telescope``, ``band`` (of a filter), ``setting`` (``name = value``),
        ``file`` (the name of one), ``adql`` (a query), ``address`` (of a service on the web), ``table`` (of VizieR).
    text : str
        The words it came from: exactly ``question[start:end]``.
    start, end : int
        Where these words stand in the question.
    value : JSON
        What was understood.  ``object``: its name in the catalogue's own spelling.  ``coordinates``: ``{"ra", "dec"}`` [deg, ICRS].
        ``quantity``, ``count``: a number in `unit`.  ``time``: ``{"start", "end"}``, ISO 8601 in UTC with a Z; equal for an instant.
        ``site``, ``telescope``: its key in ``knowledge/observatories.yaml``.  ``setting``: a number or text.
    role : {"value", "error", "min", "max"}
        Whether a number is a value, the error of the one before it, or an end of a range.
    unit : str
        As `gnomon.tools.units.parse_unit` reads it; empty where there is none.
    name : str
        What the value is of, where the words say it: the argument of a setting, the quantity of a threshold (``airmass``, ``snr``), the band of
        a magnitude, the catalogue of an object, ``night``, ``day``, ``instant`` or ``interval`` for a time.
    note : str
        What had to be taken for granted to understand it, as one plain English sentence; empty where nothing had to be.
    before, after : str
        The clause around it, by which a number finds its argument.
    """

    type: SlotType
    text: str
    start: int
    end: int
    value: Any = field(default=None, hash=False)  # may be a mapping; the place tells slots apart
    role: Role = "value"
    unit: str = ""
    name: str = ""
    note: str = ""
    before: str = ""
    after: str = ""

    @property
    def number(self) -> float | None:
        """The value where it is a number, else None."""
        return float(self.value) if isinstance(self.value, int | float) and not isinstance(self.value, bool) else None

    @property
    def written(self) -> Any:
        """The value as a person would give it to a tool: ``"0.5 d"``, a number or text."""
        if self.number is None:
            return self.value
        return f"{self.number!r} {self.unit}" if self.unit else self.number

    def document(self) -> dict[str, Any]:
        """JSON form, as a plan keeps it and ``gnomon understand`` prints it."""
        out: dict[str, Any] = {"slot": self.type, "words": self.text, "value": self.value}
        if self.role != "value":
            out["role"] = self.role
        for key in ("unit", "name", "note"):
            if getattr(self, key):
                out[key] = getattr(self, key)
        return out

    def inside(self, question: str, width: tuple[int, int] = (40, 25)) -> Slot:
        """The slot with the clause around it."""
        before, after = clause_around(question, self.start, self.end, width)
        return replace(self, before=before, after=after)


def clause_around(text: str, start: int, end: int, width: tuple[int, int] = (40, 25)) -> tuple[str, str]:
    """The words before and after a place, up to the nearest stop."""
    stop = re.compile(r"[,;.，。；?？!！、](?!\d)")
    return stop.split(text[max(0, start - width[0]) : start])[-1], stop.split(text[end : end + width[1]])[0]


class Unread:
    """The part of a question that no slot has been made of yet.

    Finders are asked one after the other; what one has taken, the next ones see as NUL characters, so that the number in HD 164922 is no
    quantity, and places in the text stay what they are.
    """

    def __init__(self, question: str) -> None:
        self.question = question
        self.text = question

    def pass_over(self, pattern: re.Pattern[str]) -> None:
        """Leave out words that are understood and that no slot is made of."""
        self.text = pattern.sub(lambda m: "\0" * len(m[0]), self.text)

    def take(self, slots: list[Slot]) -> list[Slot]:
        """Take the words of `slots` out of what is left; returns the slots with the clause around them."""
        for slot in slots:
            self.text = self.text[: slot.start] + "\0" * (slot.end - slot.start) + self.text[slot.end :]
        return [slot.inside(self.question) for slot in slots]
