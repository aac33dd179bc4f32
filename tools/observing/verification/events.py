"""Windows of time: those that a visit names, and those of a periodic event as it is seen from the Earth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.positions import LIGHT_DAYS, Position
from gnomon.tools.observing.verification.wishes import Phases

if TYPE_CHECKING:
    from numpy.typing import NDArray

Interval = tuple[float, float]


def event_windows(phases: Phases, position: Position, span: Interval) -> list[Interval]:
    """Windows of an event that reach into a span, each as long as the event and its margins.

    Parameters
    ----------
    phases : Phases
    position : Position
        For the light time to the barycentre of the solar system; seen from the Earth's centre, which is 0.02 s from every place on it.
    span : tuple of float
        Seconds since 1970.

    Returns
    -------
    list of tuple
        In order of time, seconds since 1970 UTC.
    """
    import numpy as np

    length = phases.end - phases.start if phases.end >= phases.start else phases.end - phases.start + 1.0
    # The barycentre is within 0.006 d of the Earth in light time; a tenth of a day more costs nothing.
    first, last = (s / 86400 + 2440587.5 for s in span)
    spare = 0.1 + phases.margin / 86400
    low = math.floor((first - spare - phases.epoch) / phases.period - phases.start - length)
    high = math.ceil((last + spare - phases.epoch) / phases.period - phases.start)
    begins = phases.epoch + phases.period * (np.arange(low, high + 1) + phases.start)
    starts = _seen_at(begins, position) - phases.margin
    ends = _seen_at(begins + phases.period * length, position) + phases.margin
    return [(float(a), float(b)) for a, b in zip(starts, ends, strict=True) if b > span[0] and a < span[1]]


def _seen_at(bjd: NDArray[Any], position: Position) -> NDArray[Any]:
    """Seconds since 1970 UTC at the Earth of times BJD(TDB); NaN where the direction is not known."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import get_body_barycentric
    from astropy.time import Time

    wanted = Time(bjd, format="jd", scale="tdb")
    seen = wanted.unix
    for _ in range(3):  # each round is better by v/c, 1e-4
        times = Time(seen, format="unix", scale="utc")
        earth = get_body_barycentric("earth", times, ephemeris="builtin").xyz.to_value(u.au).T
        early = LIGHT_DAYS * 86400 * np.sum(earth * position.vectors(seen), axis=-1)
        seen = seen + (wanted - times.tdb).to_value(u.s) - early
    return np.asarray(seen)


def joined(intervals: list[Interval]) -> list[Interval]:
    """Intervals in order, those that touch or overlap as one."""
    told: list[Interval] = []
    for start, end in sorted(intervals):
        if told and start <= told[-1][1]:
            told[-1] = told[-1][0], max(told[-1][1], end)
        else:
            told.append((start, end))
    return told


def common(one: list[Interval], two: list[Interval]) -> list[Interval]:
    """What lies in an interval of the one and of the other."""
    return sorted((max(a, c), min(b, d)) for a, b in one for c, d in two if min(b, d) >= max(a, c))


def without(whole: list[Interval], cut: list[Interval]) -> list[Interval]:
    """What is left of intervals without others."""
    for start, end in cut:
        whole = [
            part
            for a, b in whole
            for part in ([(a, b)] if end <= a or start >= b else [(a, min(b, start)), (max(a, end), b)])
            if part[1] > part[0]
        ]
    return whole
