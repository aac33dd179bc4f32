"""The schedule as the check reads it: what it claims to observe, and why it leaves the rest out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gnomon.tools.observing.verification.fields import (
    Broken,
    Taken,
    any_text,
    as_is,
    begin,
    listed,
    number,
    one_of,
    text,
    told,
    whole,
)
from gnomon.tools.observing.verification.findings import Ledger
from gnomon.tools.observing.verification.moments import seconds_of
from gnomon.tools.observing.verification.wishes import read_span

STATES = ("planned", "running", "done", "failed")
IMPOSSIBLE = ("no_instrument", "too_faint", "window", "daylight", "never_up", "moon", "relation")
REASONS = (*IMPOSSIBLE, "one_of", "hours", "lost")
DERIVED = ("airmass", "moon_separation", "sun_altitude", "slew")


@dataclass(frozen=True)
class Stay:
    """A visit that the schedule claims; times in seconds since 1970."""

    request: str
    visit: str
    telescope: str
    instrument: str
    bands: tuple[str, ...]
    start: float
    end: float
    state: str = "planned"
    derived: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Request and visit."""
        return f"{self.request}/{self.visit}"

    @property
    def place(self) -> str:
        """What findings call it."""
        return f"{self.request}/{self.visit} at {self.telescope}"


@dataclass(frozen=True)
class Excuse:
    """Why a request was left out; ``visits`` empty for all of it that is not scheduled."""

    request: str
    reason: str
    visits: tuple[str, ...]
    lost_to: tuple[str, ...]


@dataclass(frozen=True)
class Claims:
    """A schedule document; ``now`` and ``parent`` None where it replaces none."""

    telescopes: str
    requests: str
    span: tuple[float, float]
    score: float
    bound: float | None
    now: float | None
    parent: str | None
    stays: tuple[Stay, ...]
    excuses: tuple[Excuse, ...]


def read_claims(document: Any, ledger: Ledger) -> Claims:
    """A schedule.

    Parameters
    ----------
    document : object
        Plain JSON.
    ledger : Ledger
        Gets what is wrong; a visit or a reason that cannot be read is told and left out.

    Raises
    ------
    Broken
        Where the document is no schedule at all, or lacks what everything hangs on.
    """
    top = begin(document, "gnomon schedule", "schedule", ledger)
    span = read_span(top, ledger)
    telescopes, requests = top.need("telescopes", text), top.need("requests", text)
    score, bound = top.need("score", number()), top.maybe("bound", number())
    made = Taken(top.get("made", as_is, {}), "schedule: made", ledger)
    now, parent = made.maybe("now", seconds_of), made.maybe("parent", text)
    made.maybe("method", any_text)
    made.maybe("seed", whole(0))
    made.maybe("seconds", number(0))
    made.maybe("iterations", whole(0))
    stays: list[Stay] = []
    excuses: list[Excuse] = []
    for n, row in enumerate(top.get("visits", listed(as_is), ()), start=1):
        try:
            stays.append(_stay(Taken(row, f"schedule: visit {n}", ledger)))
        except Broken:
            continue  # told; the others are still checked
    for n, row in enumerate(top.get("unscheduled", listed(as_is), ()), start=1):
        try:
            excuses.append(_excuse(Taken(row, f"schedule: unscheduled {n}", ledger)))
        except Broken:
            continue  # likewise
    for part in (made, top):
        try:
            part.end()
        except Broken:
            continue  # likewise
    return Claims(telescopes, requests, span, score, bound, now, parent, tuple(stays), tuple(excuses))


def _stay(taken: Taken) -> Stay:
    request, visit = taken.need("request", text), taken.need("visit", text)
    taken.place = f"{request}/{visit}"
    stay = Stay(
        request,
        visit,
        taken.need("telescope", text),
        taken.need("instrument", text),
        taken.get("bands", listed(text), ()),
        taken.need("start", seconds_of),
        taken.need("end", seconds_of),
        taken.get("state", one_of(*STATES), "planned"),
        {name: value for name in DERIVED if (value := taken.maybe(name, _numbers)) is not None},
    )
    taken.end()
    return stay


def _excuse(taken: Taken) -> Excuse:
    request = taken.need("request", text)
    taken.place = f"unscheduled {request}"
    excuse = Excuse(
        request,
        taken.need("reason", one_of(*REASONS)),
        taken.get("visits", listed(text), ()),
        taken.get("lost_to", listed(text), ()),
    )
    taken.maybe("detail", any_text)
    taken.end()
    return excuse


def _numbers(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    if len(values) not in (1, 2):
        raise ValueError(f"{told(value)} is neither a number nor two")
    return tuple(number()(v) for v in values)
