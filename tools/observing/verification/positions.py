"""Where a target is in the ICRS at a time: a star with its motion, rows of an ephemeris, or an orbit of two bodies."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gnomon.tools.observing.verification.fields import Broken, Taken, listed, number, text, told
from gnomon.tools.observing.verification.findings import Ledger
from gnomon.tools.observing.verification.moments import seconds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# IAU 1976, as minor-planet elements use it: Gauss's constant [au^1.5/d], light time of 1 au [d], obliquity at J2000 [arcsec].
GAUSS = 0.01720209895
LIGHT_DAYS = 499.004783836 / 86400.0
OBLIQUITY_ARCSEC = 84381.448


@dataclass(frozen=True)
class Position:
    """Exactly one of: ``star`` (ra, dec [deg], pm_ra, pm_dec [mas/yr]), ``rows`` (seconds, ra, dec), ``orbit`` (epoch [s], a, e, i, node, peri, M)."""

    star: tuple[float, float, float, float] | None = None
    rows: tuple[tuple[float, float, float], ...] = ()
    orbit: tuple[float, float, float, float, float, float, float] | None = None

    @property
    def covers(self) -> tuple[float, float] | None:
        """From when to when an ephemeris tells the position [s]; None where it is known at every time."""
        return (self.rows[0][0], self.rows[-1][0]) if self.rows else None

    def vectors(self, seconds: NDArray[Any]) -> NDArray[Any]:
        """Unit vectors of the astrometric direction.

        Parameters
        ----------
        seconds : numpy.ndarray
            Since 1970, (n,).

        Returns
        -------
        numpy.ndarray
            (n, 3), ICRS; NaN outside of the rows of an ephemeris.
        """
        if self.star is not None:
            return _star(self.star, seconds)
        if self.orbit is not None:
            return _orbit(self.orbit, seconds)
        return _between_rows(self.rows, seconds)


def read_position(taken: Taken, ledger: Ledger) -> Position:
    """The position of a target.

    Raises
    ------
    Broken
        Where it has none, or more than one.
    """
    taken.need("name", text)
    taken.maybe("error", number(0))
    ra, dec = taken.maybe("ra", number(-360, 360)), taken.maybe("dec", number(-90, 90))
    motion = taken.get("pm_ra", number(), 0.0), taken.get("pm_dec", number(), 0.0)
    rows = taken.get("ephemeris", listed(_row), ())
    elements = taken.maybe("elements", lambda v: Taken(v, f"{taken.place}: elements", ledger))
    taken.end()
    if (ra is None) != (dec is None) or (ra is not None) + bool(rows) + (elements is not None) != 1:
        taken.fail("value", "There must be either ra and dec, or an ephemeris, or elements.")
        raise Broken(taken.place)
    if ra is not None and dec is not None:
        return Position(star=(ra, dec, *motion))
    if elements is not None:
        orbit = (
            elements.need("epoch", seconds_of),
            elements.need("a", number(0, above=True)),
            elements.need("e", number(0, 0.9999)),
            elements.need("i", number(-360, 360)),
            elements.need("node", number(-360, 360)),
            elements.need("peri", number(-360, 360)),
            elements.need("M", number(-360, 360)),
        )
        elements.end()
        return Position(orbit=orbit)
    if len(rows) < 2 or any(b[0] <= a[0] for a, b in itertools.pairwise(rows)):
        taken.fail("value", "An ephemeris must have two or more rows in order of time.")
        raise Broken(taken.place)
    return Position(rows=rows)


def _row(value: Any) -> tuple[float, float, float]:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise ValueError(f"{told(value)} is no row of time, ra, dec")
    return seconds_of(value[0]), number(-360, 360)(value[1]), number(-90, 90)(value[2])


def unit(ra: Any, dec: Any) -> NDArray[Any]:
    """Unit vectors of directions in degrees, (n, 3)."""
    import numpy as np

    a, d = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)


def angle(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Angles between vectors [deg], good at every size."""
    import numpy as np

    apart, along = np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)  # both of length one
    return np.asarray(np.degrees(2 * np.arctan2(apart, along)))


def _star(star: tuple[float, float, float, float], seconds: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    ra, dec, pm_ra, pm_dec = star
    a, d = math.radians(ra), math.radians(dec)
    east = np.array([-math.sin(a), math.cos(a), 0.0])
    north = np.array([-math.sin(d) * math.cos(a), -math.sin(d) * math.sin(a), math.cos(d)])
    # Straight in space, no radial velocity known.  J2000.0 is 2000-01-01 11:58:55.8 UTC.
    years = (seconds - 946727935.816) / (365.25 * 86400.0)
    moved = math.radians(1 / 3.6e6) * years[:, None] * (pm_ra * east + pm_dec * north)
    vectors = unit(ra, dec) + moved
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _between_rows(rows: tuple[tuple[float, float, float], ...], seconds: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    times, ra, dec = np.array(rows).T
    vectors = unit(ra, dec)
    after = np.clip(np.searchsorted(times, seconds, side="right"), 1, len(times) - 1)
    part = ((seconds - times[after - 1]) / (times[after] - times[after - 1]))[:, None]
    one, two = vectors[after - 1], vectors[after]
    arc = np.radians(angle(one, two))[:, None]
    near = arc < 1e-9  # the great circle is not defined; the straight line is as good
    sine = np.where(near, 1.0, np.sin(arc))
    first = np.where(near, 1 - part, np.sin((1 - part) * arc) / sine)
    second = np.where(near, part, np.sin(part * arc) / sine)
    told_vectors = first * one + second * two
    # Half a millisecond: what text with whole milliseconds leaves open.
    outside = (seconds < times[0] - 5e-4) | (seconds > times[-1] + 5e-4)
    told_vectors[outside] = np.nan
    return np.asarray(told_vectors)


def _orbit(orbit: tuple[float, float, float, float, float, float, float], seconds: NDArray[Any]) -> NDArray[Any]:
    """Geocentric direction with light time of a heliocentric two-body orbit (ecliptic J2000), TDB."""
    import numpy as np
    from astropy import units as u
    from astropy.coordinates import get_body_barycentric
    from astropy.time import Time

    epoch = Time(orbit[0], format="unix").tdb.jd
    times = Time(seconds, format="unix").tdb
    earth = get_body_barycentric("earth", times, ephemeris="builtin").xyz.to_value(u.au).T
    sun = get_body_barycentric("sun", times, ephemeris="builtin").xyz.to_value(u.au).T
    delay = np.zeros(len(seconds))
    for _ in range(4):  # each round is better by v/c, 1e-4
        seen = sun + _heliocentric(orbit, times.jd - epoch - delay) - earth
        distance = np.linalg.norm(seen, axis=-1)
        delay = LIGHT_DAYS * distance
    return np.asarray(seen / distance[:, None])


def _heliocentric(orbit: tuple[float, float, float, float, float, float, float], days: NDArray[Any]) -> NDArray[Any]:
    """Equatorial J2000 coordinates [au], (n, 3), by Kepler's equation (Murray & Dermott 1999, doi:10.1017/CBO9781139174817, 2.4 and 2.8)."""
    import numpy as np

    _, a, e, i, node, peri, mean = orbit
    mean_anomaly = np.radians(mean) + GAUSS * a**-1.5 * days
    mean_anomaly = np.remainder(mean_anomaly + np.pi, 2 * np.pi) - np.pi
    eccentric = mean_anomaly + 0.85 * e * np.sign(np.sin(mean_anomaly))
    for _ in range(60):
        step = (eccentric - e * np.sin(eccentric) - mean_anomaly) / (1 - e * np.cos(eccentric))
        eccentric = eccentric - step
        if np.all(np.abs(step) < 1e-13):
            break
    x, y = a * (np.cos(eccentric) - e), a * math.sqrt(1 - e * e) * np.sin(eccentric)
    ci, si = math.cos(math.radians(i)), math.sin(math.radians(i))
    cn, sn = math.cos(math.radians(node)), math.sin(math.radians(node))
    cw, sw = math.cos(math.radians(peri)), math.sin(math.radians(peri))
    ecliptic = np.stack(
        [
            (cn * cw - sn * sw * ci) * x + (-cn * sw - sn * cw * ci) * y,
            (sn * cw + cn * sw * ci) * x + (-sn * sw + cn * cw * ci) * y,
            sw * si * x + cw * si * y,
        ],
        axis=-1,
    )
    tilt = math.radians(OBLIQUITY_ARCSEC / 3600)
    turn = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    return np.asarray(ecliptic @ turn.T)
