"""Where targets are in the sky of the Earth's centre: directions in CIRS, quadratic in time over short pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gnomon.tools.observing.documents.requests import Target
from gnomon.tools.observing.visibility.earth import DAY, terrestrial_time
from gnomon.tools.observing.visibility.moving_bodies import ephemeris_directions, orbit_directions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]

# A body that moves is followed by pieces so short that the quadratic is good to 0.0002 arcsec.
_CLOSE = 1e-9
_SHORTEST = 10.0  # s


def place_of(target: Target) -> tuple[object, ...]:
    """What decides where a target is: equal for targets that are always at the same place."""
    return target.ra, target.dec, target.pm_ra, target.pm_dec, target.ephemeris, target.elements


@dataclass(frozen=True)
class SkyPath:
    """A direction in CIRS, quadratic in each piece; NaN outside of what is known.

    Attributes
    ----------
    breaks : ndarray (pieces + 1,)
        Seconds since the start of the span.
    terms : ndarray (pieces, 3, 3)
        Vectors of the terms 1, u, u², with u from -1 to 1 over the piece.
    first, last : float
        Seconds between which the direction is known; infinite for stars.
    """

    breaks: Floats
    terms: Floats
    first: float
    last: float

    def at(self, seconds: Floats) -> Floats:
        """Directions at times.

        Parameters
        ----------
        seconds : ndarray (n,)

        Returns
        -------
        ndarray (n, 3)
        """
        import numpy as np

        piece, u = place_in_pieces(self.breaks, seconds)
        terms = self.terms[piece]
        out: Floats = terms[:, 0] + u[:, None] * (terms[:, 1] + u[:, None] * terms[:, 2])
        out[(seconds < self.first) | (seconds > self.last)] = np.nan
        return out


def place_in_pieces(breaks: Floats, seconds: Floats) -> tuple[Integers, Floats]:
    """In which piece times lie, and where in it, from -1 to 1; those outside belong to the first or the last."""
    import numpy as np

    piece = np.searchsorted(breaks[1:-1], seconds, side="right")
    begin, end = breaks[piece], breaks[piece + 1]
    return piece, (2.0 * seconds - begin - end) / (end - begin)


def quadratic(begin: Floats, middle: Floats, end: Floats) -> Floats:
    """The terms 1, u, u² of what has three values at u = -1, 0, 1; a new axis before the last one."""
    import numpy as np

    return np.stack([middle, 0.5 * (end - begin), 0.5 * (end + begin) - middle], axis=-2)


def _nodes(breaks: Floats) -> Floats:
    """Begin, middle and end of each piece, those that pieces share once."""
    import numpy as np

    out = np.empty(2 * len(breaks) - 1)
    out[::2], out[1::2] = breaks, 0.5 * (breaks[:-1] + breaks[1:])
    return out


def star_terms(targets: Sequence[Target], start: float, breaks: Floats) -> Floats:
    """Directions of stars in CIRS: proper motion from J2000.0, light deflection, aberration, precession, nutation.

    Parameters
    ----------
    targets : sequence of Target
        Fixed ones; no parallax, no radial velocity.
    start : float
        MJD (UTC).
    breaks : ndarray (pieces + 1,)
        Seconds since `start`, at most a day apart: then the quadratic is good to 0.0005 arcsec.

    Returns
    -------
    ndarray (pieces, 3, targets, 3)
        The terms 1, u, u² of each.

    References
    ----------
    Routines of ERFA (apci13, atciq) after IERS Conventions 2010, 2010ITN....36....1P.
    """
    import erfa
    import numpy as np

    nodes = _nodes(breaks)
    astrom, _ = erfa.apci13(*terrestrial_time(start + nodes / DAY))
    ra, dec = (np.radians([getattr(t, name) for t in targets]) for name in ("ra", "dec"))
    year = np.radians(1.0 / 3.6e6)
    # ERFA wants the change of right ascension itself, and multiplies it by the same cosine again, which is 6e-17 at a pole and never zero.
    pm_ra = year * np.array([t.pm_ra for t in targets]) / np.cos(dec)
    pm_dec = year * np.array([t.pm_dec for t in targets])
    directions = np.asarray(erfa.s2c(*erfa.atciq(ra, dec, pm_ra, pm_dec, 0.0, 0.0, astrom[:, None])))
    at = directions[:-2:2], directions[1::2], directions[2::2]
    return np.moveaxis(quadratic(*at), -2, 1)


def apparent(icrs: Floats, mjd: Floats) -> Floats:
    """Directions in CIRS of astrometric directions.

    Parameters
    ----------
    icrs : ndarray (n, 3)
        Unit vectors, one for each time.
    mjd : ndarray (n,)
        UTC.

    Returns
    -------
    ndarray (n, 3)
    """
    import erfa
    import numpy as np

    astrom, _ = erfa.apci13(*terrestrial_time(mjd))
    ra, dec = erfa.c2s(icrs)
    return np.asarray(erfa.s2c(*erfa.atciqz(ra, dec, astrom)))


def moving_path(target: Target, start: float, seconds: float) -> SkyPath:
    """The path of a body of the solar system, in pieces as short as it needs.

    Parameters
    ----------
    target : Target
        With an ephemeris or with elements.
    start : float
        MJD (UTC).
    seconds : float
        Length of the span.

    Returns
    -------
    SkyPath
        Known from the first row of an ephemeris to its last; with elements always.
    """
    import numpy as np

    first, last, edges = -np.inf, np.inf, [0.0, seconds]
    if target.ephemeris:
        rows = (np.array([row[0] for row in target.ephemeris]) - start) * DAY
        first, last = float(rows[0]), float(rows[-1])
        # Between two rows the body goes evenly, and turns at a row.
        edges += [float(r) for r in rows if 0.0 < r < seconds]

    def direction(at: Floats) -> Floats:
        mjd = start + at / DAY
        icrs = (
            ephemeris_directions(target.ephemeris, mjd)
            if target.elements is None
            else orbit_directions(target.elements, mjd)
        )
        return apparent(icrs, mjd)

    low, high = max(first, 0.0), min(last, seconds)
    if low >= high:
        return SkyPath(np.array([0.0, seconds]), np.full((1, 3, 3), np.nan), np.inf, -np.inf)
    breaks = _fine_breaks(direction, np.unique(np.clip(edges, low, high)))
    at = direction(_nodes(breaks))
    return SkyPath(breaks, quadratic(at[:-2:2], at[1::2], at[2::2]), first, last)


def _fine_breaks(direction: Callable[[Floats], Floats], breaks: Floats) -> Floats:
    """Halve pieces until the quadratic fits half-way between its nodes."""
    import numpy as np

    while True:
        at = direction(_nodes(breaks))
        terms = quadratic(at[:-2:2], at[1::2], at[2::2])
        length = np.diff(breaks)
        wrong = np.zeros(len(length))
        for u in (-0.5, 0.5):
            fitted = terms[:, 0] + u * (terms[:, 1] + u * terms[:, 2])
            true = direction(breaks[:-1] + 0.5 * (1.0 + u) * length)
            wrong = np.maximum(wrong, np.linalg.norm(fitted - true, axis=1))
        halved = (wrong > _CLOSE) & (length > _SHORTEST)
        if not halved.any():
            return breaks
        breaks = np.sort(np.concatenate([breaks, breaks[:-1][halved] + 0.5 * length[halved]]))
