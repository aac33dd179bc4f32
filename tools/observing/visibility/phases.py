"""Windows of periodic events: transits, eclipses, passages of the periastron, from an ephemeris in BJD (TDB)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gnomon.tools.errors import InputError
from gnomon.tools.observing.documents.requests import Phases
from gnomon.tools.observing.visibility.earth import DAY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST = 100_000  # events in a span, above which the period is a mistake


def barycentric_days(direction: Floats, mjd: Floats) -> Floats:
    """BJD (TDB) at which light that reaches the Earth's centre passes the barycentre of the solar system.

    Parameters
    ----------
    direction : ndarray (3,)
        Unit vector toward the target, ICRS.
    mjd : ndarray (n,)
        UTC.

    Returns
    -------
    ndarray (n,)
        BJD (TDB) less 2,400,000.5, good to 0.1 ms; an observer on the ground differs by at most 21 ms.

    References
    ----------
    Eastman, Siverd & Gaudi 2010, PASP, 122, 935, doi:10.1086/655938
    """
    import erfa
    import numpy as np

    from gnomon.tools.observing.visibility.earth import terrestrial_time

    whole, part = terrestrial_time(mjd)
    tdb = part + erfa.dtdb(whole, part, 0.0, 0.0, 0.0, 0.0) / DAY
    _, earth = erfa.epv00(whole, tdb)
    light = (earth["p"] @ direction) * erfa.AULT / DAY
    return np.asarray((whole - 2400000.5) + tdb + light)


def phase_windows(phases: Phases, direction: Floats, span: tuple[float, float]) -> Floats:
    """The windows of a visit's phases that touch a span, whole, also where they reach beyond it.

    Parameters
    ----------
    phases : Phases
        From ``start`` to ``end`` in cycles, each window ``margin`` seconds wider at both ends.
    direction : ndarray (3,)
        Unit vector toward the target, ICRS.
    span : (float, float)
        MJD (UTC).

    Returns
    -------
    ndarray (n, 2)
        Seconds since the start of the span, in order, to a millisecond.

    Raises
    ------
    InputError
        Where the period is so short that there are more than 100,000 windows.
    """
    import numpy as np

    margin = phases.margin / DAY
    length = phases.end - phases.start
    # From 0.9 to 0.1 is a fifth of a cycle, from 0.5 to 0.5 nothing but its margins; from 0 to 1, or further, is all of it.
    length = min(length, 1.0) if length >= 0.0 else length - math.floor(length)
    # Light needs 8.3 min to cross half of the Earth's orbit; a day is ample.
    low, high = (float(b) for b in barycentric_days(direction, np.array(span)))
    zero = phases.epoch - 2400000.5
    first = math.floor((low - margin - zero) / phases.period - phases.start - length)
    last = math.ceil((high + margin - zero) / phases.period - phases.start)
    if last - first > _MOST:
        raise InputError(
            f"A period of {phases.period:g} d has {last - first} events in the span.", remedy="Give the period in days."
        )
    cycles = np.arange(first, last + 1)
    begin = zero + (cycles + phases.start) * phases.period
    edges = np.stack([begin, begin + length * phases.period], -1)
    seconds = (_utc(direction, edges.ravel()).reshape(-1, 2) - span[0]) * DAY
    seconds += np.array([-1.0, 1.0]) * phases.margin
    seconds = seconds[(seconds[:, 1] > 0.0) & (seconds[:, 0] < (span[1] - span[0]) * DAY)]
    return np.asarray(seconds[seconds[:, 1] > seconds[:, 0]])


def _utc(direction: Floats, barycentric: Floats) -> Floats:
    """MJD (UTC) at the Earth of times at the barycentre."""
    mjd = barycentric - 69.184 / DAY
    for _ in range(4):  # each round takes a factor of 1e-4, the Earth's speed over light's
        mjd = mjd + (barycentric - barycentric_days(direction, mjd))
    return mjd
