"""Visits that wait for a phase: those that fill an event from beginning to end, and those that fall anywhere between two phases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from gnomon.tools.errors import EmptyResult, InputError
from gnomon.tools.observing.documents.requests import Phases
from gnomon.tools.observing.documents.times import text_of
from gnomon.tools.observing.events.ephemerides import Occurrences, RecurringEvent, occurrences

_DAY = 86400.0  # s
_MOST = 200  # events of a span that may each be a visit


@dataclass(frozen=True)
class PhaseWish:
    """At which phase of which ephemeris visits are to be made.

    Parameters
    ----------
    event : RecurringEvent
    between : (float, float) or None
        Two phases between which a visit may lie; None where it fills the event.
    margin : float
        Seconds more at both ends.
    """

    event: RecurringEvent
    between: tuple[float, float] | None
    margin: float

    @property
    def cover(self) -> bool:
        """Whether exposures fill the event."""
        return self.between is None

    @property
    def apart(self) -> float:
        """Seconds by which the starts of visits at different events differ at least."""
        return 0.5 * self.event.period * _DAY

    def phases(self, span: tuple[float, float]) -> dict[str, float]:
        """The ``phases`` of a requests document for a span [MJD UTC]; of a period that changes, the one that it has then."""
        near = self.event.near(2400000.5 + 0.5 * (span[0] + span[1]))
        told = near.phases() if self.between is None else Phases(near.epoch, near.period, *self.between)
        phases = {"epoch": told.epoch, "period": told.period, "from": told.start, "to": told.end}
        return phases | ({"margin": self.margin} if self.margin else {})

    def applied(self, visit: dict[str, Any], span: tuple[float, float]) -> dict[str, Any]:
        """A visit of a document that waits for the phase; its exposures fill the event where there is one to be covered.

        Raises
        ------
        InputError
            Where one visit would fill an event in several bands, or a number of exposures is asked for.
        """
        waiting = {**visit, "phases": self.phases(span)}
        if not self.cover:
            return waiting
        ((count, seconds),) = waiting.pop("exposures")
        if len(visit.get("bands", [])) > 1:
            raise InputError(
                f"An event cannot be filled with exposures in {len(visit['bands'])} bands.",
                remedy="Name one band, or ask for simultaneous bands on different telescopes.",
            )
        if count != 1:
            raise InputError(
                f"Exposures fill the event, and {count} of them are asked for.",
                remedy="Leave the number of exposures out.",
            )
        return {**waiting, "cover": True, "exposure": seconds}

    def each(
        self, visit: dict[str, Any], place: tuple[float, float], span: tuple[float, float]
    ) -> list[dict[str, Any]]:
        """A visit for each event that can lie in a span.

        Parameters
        ----------
        visit : dict
            Of a document, as `applied` makes it.
        place : (float, float)
            Right ascension and declination [deg, ICRS].
        span : (float, float)
            MJD (UTC).

        Returns
        -------
        list of dict
            With windows in which no other event lies whole, and the number of the event in their keys.

        Raises
        ------
        EmptyResult
            Where no event lies in the span.
        InputError
            Where there are more than 200.
        """
        import erfa
        import numpy as np

        found = occurrences(self.event, np.asarray(erfa.s2c(*np.radians(place))), span)
        inside = np.flatnonzero(self._inside(found, (span[1] - span[0]) * _DAY))
        if not len(inside):
            raise EmptyResult(
                f"No event with a period of {self.event.period:g} d lies between {text_of(span[0])} and {text_of(span[1])}.",
                remedy="Ask for a longer time.",
            )
        if len(inside) > _MOST:
            raise InputError(
                f"{len(inside)} events lie in that time.", remedy="Ask for a shorter time, or for one event."
            )
        # Of its neighbours at most one half lies in the window of one that is covered, and nothing of one that is not.
        reach = self.event.period * (1.0 if self.cover else 0.5)
        out = []
        for n in inside:
            middle = span[0] + float(found.windows[n].mean()) / _DAY
            window = [text_of(middle - reach), text_of(middle + reach)]
            out.append({**visit, "key": f"{visit['key']}_{int(found.cycles[n])}", "windows": [window]})
        return out

    def _inside(self, found: Occurrences, seconds: float) -> Any:
        begin, end = found.windows[:, 0] - self.margin, found.windows[:, 1] + self.margin
        return (begin >= 0) & (end <= seconds) if self.cover else (end > 0) & (begin < seconds)


def phase_wish(
    period: float | None,
    epoch: float | None,
    duration: float | None,
    phase: float,
    between: tuple[float | None, float | None],
    margin: float,
    period_change: float,
    events: Literal["one", "every"],
) -> PhaseWish | None:
    """What was asked for of phases, or None where nothing was.

    Parameters
    ----------
    period, epoch : float or None
        [d], BJD (TDB).
    duration : float or None
        Of an event that is to be filled [h].
    phase : float
        Of the event's middle.
    between : tuple of float or None
        The phases between which a visit may lie.
    margin : float
        [min]
    period_change : float
        [ms/yr]
    events : {"one", "every"}

    Returns
    -------
    PhaseWish or None

    Raises
    ------
    InputError
        Where the wish is not whole, or contradicts itself.
    """
    first, last = between
    if period is None and epoch is None:
        if duration is not None or first is not None or last is not None or events == "every":
            raise InputError(
                "An event is asked for, and not when it comes.",
                remedy="Give the period in days and the epoch in BJD (TDB).",
                zh="申请要等某个相位，却没有给出周期和历元。",
            )
        return None
    if period is None or epoch is None:
        missing = "period" if period is None else "epoch"
        raise InputError(f"The ephemeris has no {missing}.", remedy="Give the period in days and the epoch in BJD (TDB).")  # fmt: skip
    if duration is not None and (first is not None or last is not None):
        raise InputError(
            "Both the length of an event and phases between which to observe are asked for.", remedy="Give one of them."
        )
    if duration is not None:
        event = RecurringEvent(period, epoch, duration / 24, phase, period_change=period_change)
        return PhaseWish(event, None, margin * 60)
    if first is None or last is None:
        raise InputError(
            "The ephemeris is given, and not which part of the period is to be observed.",
            remedy="Give the duration of the event in hours, or the phases from which to which.",
        )
    length = (last - first) % 1.0
    event = RecurringEvent(period, epoch, length * period, first + 0.5 * length, period_change=period_change)
    return PhaseWish(event, (first, last), margin * 60)
